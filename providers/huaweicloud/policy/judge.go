package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// The rules about what a role gives. docs/rules.md explains each.
const (
	RuleAdministrator   = "administrator-role"
	RuleAssumesIdentity = "assumes-identity"
	RuleEditsIdentity   = "edits-identity"
	RuleUnknownContent  = "unknown-content"
	RuleWildcardAction  = "wildcard-action"
)

// Rules returns the rules that [Judge] and [JudgeWildcards] find, sorted.
func Rules() []plan.Rule {
	return []plan.Rule{
		{ID: RuleAdministrator, Administrator: true}, {ID: RuleAssumesIdentity}, {ID: RuleEditsIdentity}, {ID: RuleUnknownContent},
		{ID: RuleWildcardAction},
	}
}

// Role is the part of a role that is judged.
type Role struct {
	// Title is the role's name in messages.
	Title string
	// System is set for roles that the cloud itself offers: only these are known by their names. Name is the internal one,
	// DisplayName the one that people see.
	System            bool
	Name, DisplayName string
	// Document is the policy as the cloud returns it, empty where it returns none.
	Document []byte
	// Needs are the roles that it depends on, each once, sorted by title. The cloud does not grant them along with it, but it works only
	// beside them: whoever grants it grants them too.
	Needs []Role
}

// The classes of roles, which are the qualifiers of their catalogue entries.
const (
	// System roles are the cloud's own.
	System = "system"
	// Custom ones are policies that somebody made in the account.
	Custom = "custom"
)

// ParseReference reads how a manifest names a role: "system:NAME", "custom:NAME", "id:ID", or a plain name.
func ParseReference(text string) plan.Reference { return plan.ParseReference(text, System, Custom) }

// RoleOf returns the role behind a catalogue entry of the identity service. What it needs is looked up in the catalogue; without one, it
// is known by name alone.
func RoleOf(title string, e plan.CatalogueEntry, catalogue *plan.Catalogue) Role {
	r := Role{Title: title, System: e.Qualifier == System, Name: e.InternalName, DisplayName: e.Name, Document: e.Document}
	r.Needs = needsOf(r, e, catalogue)
	return r
}

// Roles that are known by their names, whatever their policies hold. Both internal and display names are listed, because each
// of them is missing in some answers.
var (
	administrators = []string{"te_admin", "secu_admin", "tenant administrator", "security administrator", "fullaccess"}
	operators      = []string{"te_agency", "agent operator"}
)

func (r Role) isOneOf(names []string) bool {
	return r.System && (slices.Contains(names, strings.ToLower(r.Name)) || slices.Contains(names, strings.ToLower(r.DisplayName)))
}

func (r Role) administrator() bool { return r.isOneOf(administrators) }

// About returns copies of the findings for an attribute of a resource; attribute may be "".
func About(a addr.Address, attribute string, findings []plan.Finding) []plan.Finding {
	about := slices.Clone(findings)
	for i := range about {
		about[i].Address, about[i].Attribute = a, attribute
	}
	return about
}

// Judge returns the risks of a role and of those that it needs, sorted by rule, of each rule the gravest. Rules about the wording of its
// policy are in [JudgeWildcards]. The findings have no address yet.
func Judge(r Role) []plan.Finding {
	found := judge(r)
	for _, need := range r.Needs {
		found = append(found, judge(need)...)
	}
	slices.SortStableFunc(found, func(x, y plan.Finding) int {
		return cmp.Or(strings.Compare(x.Rule, y.Rule), cmp.Compare(y.Severity, x.Severity))
	})
	return slices.CompactFunc(found, func(x, y plan.Finding) bool { return x.Rule == y.Rule })
}

func judge(r Role) (found []plan.Finding) {
	statements, err := Parse(r.Document)
	c := content(statements)
	add := func(rule string, severity plan.Severity, message, hint string) {
		found = append(found, plan.Finding{Rule: rule, Severity: severity, Message: message, Hint: hint})
	}
	most := c.administrator()
	switch {
	case most.action != "":
		add(RuleAdministrator, most.severity(), fmt.Sprintf("%s allows everything%s: %s", r.Title, most.but(), most.action),
			"grant roles for the services that are needed")
	case r.administrator():
		add(RuleAdministrator, plan.High, r.Title+" is an administrator of the account", "grant roles for the services that are needed")
	}
	edits := c.strongest(c.editsIdentity, Statement.limitsIdentity)
	assumes := c.strongest(c.assumesIdentity, Statement.limitsIdentity)
	switch {
	case assumes.action != "" && (edits.action == "" || edits.limited && !assumes.limited):
		hint := hintAssume
		if assumes.limited {
			hint = "see that no more agencies than are needed are meant, and accept the finding then"
		}
		add(RuleAssumesIdentity, assumes.severity(),
			fmt.Sprintf("%s lets its holder act as others%s: %s", r.Title, assumes.but(), assumes.action), hint)
	case assumes.action == "" && r.isOneOf(operators):
		add(RuleAssumesIdentity, plan.High, r.Title+" lets its holder act as others", hintAssume)
	}
	if edits.action != "" {
		add(RuleEditsIdentity, edits.severity(),
			fmt.Sprintf("%s may change who may do what, and so give itself anything%s: %s", r.Title, edits.but(), edits.action),
			"leave identities to people, or allow single operations on named resources")
	}
	if err != nil && (len(found) == 0 || len(statements) > 0) {
		add(RuleUnknownContent, plan.Medium, fmt.Sprintf("what %s allows cannot be judged: %v", r.Title, err),
			"look it up in the console, and accept the finding if it is as it should be")
	}
	return found
}

const hintAssume = "allow it for the agencies that are needed only, by resources in a policy of your own"

// JudgeWildcards returns a finding for the widest wildcard in a custom policy, nil for none. Wildcards allow operations that
// the author did not think of, and those that the cloud adds later.
func JudgeWildcards(r Role) []plan.Finding {
	statements, _ := Parse(r.Document)
	c := content(statements)
	for _, rule := range []struct {
		severity plan.Severity
		what     string
		is       func(p parts) bool
		// target is what patterns make up together that are no such wildcard each.
		target func(p parts) parts
	}{
		{plan.Medium, "every service", func(p parts) bool { return strings.Contains(p[0], "*") }, nil},
		{plan.Medium, "every operation of a service", func(p parts) bool { return p[1] == "*" && p[2] == "*" },
			func(p parts) parts { return parts{p[0], "*", "*"} }},
		{plan.Low, "every operation on a kind of resource", func(p parts) bool { return p[2] == "*" },
			func(p parts) parts { return parts{p[0], p[1], "*"} }},
	} {
		most := c.strongest(func(a allowed) bool { return rule.is(split(a.action)) }, Statement.isLimited)
		if most.action == "" && rule.target != nil {
			most.action = together(c.written(), rule.target)
		}
		if most.action == "" {
			continue
		}
		return []plan.Finding{{
			Rule: RuleWildcardAction, Severity: rule.severity, Hint: "name the operations that are needed",
			Message: fmt.Sprintf("%s allows %s, those that come later included: %s", r.Title, rule.what, most.action),
		}}
	}
	return nil
}

// grant is what a finding names: an allowed action, or several.
type grant struct {
	action  string
	limited bool
}

func (g grant) severity() plan.Severity {
	if g.limited {
		return plan.Medium
	}
	return plan.High
}

func (g grant) but() string {
	if g.limited {
		return " (on some resources or conditions only)"
	}
	return ""
}

// strongest returns the first allowed action by name for which meant returns true, an unlimited one before a limited one. The order
// of statements means nothing, so a finding must not differ by it.
func (c content) strongest(meant func(allowed) bool, limited func(Statement) bool) (found grant) {
	for _, s := range c {
		if s.Deny || limited(s) && found.action != "" && !found.limited {
			continue
		}
		i := slices.IndexFunc(s.Actions, func(action string) bool { return meant(allowed{action, s}) })
		if i < 0 {
			continue
		}
		action := s.text(s.Actions[i])
		if wider := found.limited && !limited(s); found.action == "" || wider || action < found.action {
			found = grant{action, limited(s)}
		}
	}
	return found
}

// administrator returns what allows everything: an action, or several together.
func (c content) administrator() grant {
	most := c.strongest(c.everything, Statement.isLimited)
	if most.action != "" && !most.limited {
		return most
	}
	unlimited := slices.DeleteFunc(slices.Clone(c), Statement.isLimitedAllowance)
	if actions := together(unlimited.allows(), wholeCloud); actions != "" {
		return grant{action: actions}
	}
	if actions := together(c.allows(), wholeCloud); most.action == "" && actions != "" {
		return grant{actions, true}
	}
	return most
}

func (s Statement) isLimited() bool { return s.Limited }

func (s Statement) isLimitedAllowance() bool { return s.Limited && !s.Deny }

func wholeCloud(parts) parts { return split(all) }

// together returns those of the given actions, for a finding, that together match everything of the target of one of them; "" where
// none do.
func together(given []allowed, targetOf func(parts) parts) string {
	patterns := make([]parts, len(given))
	for i, a := range given {
		patterns[i] = split(a.action)
	}
	tried := map[parts]bool{}
	for _, p := range slices.SortedFunc(slices.Values(patterns), func(x, y parts) int { return slices.Compare(x[:], y[:]) }) {
		target := targetOf(p)
		if tried[target] || !covered(target, patterns) {
			tried[target] = true
			continue
		}
		var actions []string
		for i, a := range given {
			if patterns[i].meets(target) && strings.Contains(a.action, "*") {
				actions = append(actions, a.by.text(a.action))
			}
		}
		slices.Sort(actions)
		return Listed(slices.Compact(actions))
	}
	return ""
}

// Listed names the first of some actions, and counts the others.
func Listed(actions []string) string {
	const most = 3
	if more := len(actions) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(actions[:most], ", "), more)
	}
	return strings.Join(actions, ", ")
}
