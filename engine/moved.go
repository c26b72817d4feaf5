package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
)

// movedFindings returns a warning for each finding of a change that is there only when planned, or only now.
func movedFindings(c *plan.Change, now []plan.Finding) (warnings []string) {
	without := func(findings, others []plan.Finding) []plan.Finding {
		return slices.DeleteFunc(slices.Clone(findings), func(f plan.Finding) bool { return slices.Contains(others, f) })
	}
	gone, come := without(c.Findings, now), without(now, c.Findings)
	if len(gone)+len(come) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s: findings have moved: %s when planned, %s now",
		c.Address, plan.FindingsInWords(gone), plan.FindingsInWords(come))}
}

// privilegesOfNow gives a plan of which nothing is done yet the privileges that follow from what is live now, and returns a warning for
// each principal of which the saved plan says something else. Privileges rest on more of the account than the changes do, which may have
// moved, and which a file may tell untruly.
func (j *savedJob) privilegesOfNow(again *Planned, rest *plan.Plan) (warnings []string) {
	isWhole := func(left, planned plan.Change) bool { return jsonOf(left.Before) == jsonOf(planned.Before) }
	if !slices.EqualFunc(rest.Changes, j.saved.Plan.Changes, isWhole) {
		return nil // the saved plan tells them of the whole, and now only the rest is left
	}
	planned := rest.Privileges.Published()
	rest.Privileges = plan.Privileges(rest, again.input)
	now := rest.Privileges.Published()
	said, is := powersOf(planned), powersOf(now)
	all := maps.Clone(said)
	maps.Copy(all, is)
	for _, principal := range slices.Sorted(maps.Keys(all)) {
		if said[principal] != is[principal] {
			warnings = append(warnings, fmt.Sprintf("privileges of %s have moved: %s when planned, %s now",
				principal, cmp.Or(said[principal], "no change"), cmp.Or(is[principal], "no change")))
		}
	}
	if said, is := waysOf(planned), waysOf(now); said != is {
		warnings = append(warnings, fmt.Sprintf("new ways to everything have moved: %s when planned, %s now", said, is))
	}
	return warnings
}

// powersOf returns in words what each principal gains and loses.
func powersOf(d access.Delta) map[string]string {
	all := map[string]string{}
	for _, p := range d.Principals {
		var texts []string
		for _, power := range p.Gained {
			texts = append(texts, "gains "+inWords(power))
		}
		for _, power := range p.Lost {
			texts = append(texts, "loses "+inWords(power))
		}
		all[p.Principal] = strings.Join(texts, "; ")
	}
	return all
}

func inWords(p access.Power) string {
	text := fmt.Sprintf("%s in %s", strings.Join(p.Actions, ", "), p.Scope)
	if len(p.Except) > 0 {
		text += ", but not " + strings.Join(p.Except, ", ")
	}
	for _, a := range p.Unknown {
		text += fmt.Sprintf(", and what nobody knows by %s", a)
	}
	switch {
	case p.LimitUnsure:
		text += ", under a limit that may be none"
	case p.Limited:
		text += ", on some resources or conditions only"
	}
	return text
}

// waysOf returns in words the new ways to everything.
func waysOf(d access.Delta) string {
	texts := make([]string, len(d.Chains))
	for i, c := range d.Chains {
		texts[i] = fmt.Sprintf("%s → %s", strings.Join(c.Path, " → "), c.Through)
	}
	if d.MoreChains > 0 {
		texts = append(texts, fmt.Sprintf("%d more", d.MoreChains))
	}
	return cmp.Or(strings.Join(texts, "; "), "none")
}
