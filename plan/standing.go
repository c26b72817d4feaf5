package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// The classes of differences. An acceptance names one in the place of a rule.
const (
	ClassChanged    = "changed"
	ClassMissing    = "missing"
	ClassUnexpected = "unexpected"
	ClassExpired    = "expired"
)

// Classes returns the classes of differences.
func Classes() []string { return []string{ClassChanged, ClassMissing, ClassUnexpected, ClassExpired} }

// ClassNeedsSeen reports whether an acceptance of differences of a class must say what was seen: where something is live.
func ClassNeedsSeen(class string) bool { return class != ClassMissing }

// ClassMayWant reports whether an acceptance of differences of a class may say what was wanted: where the manifest wants something.
func ClassMayWant(class string) bool { return class == ClassChanged || class == ClassMissing }

// class returns the class of the difference that a change ends.
func (c *Change) class() string {
	switch {
	case c.Before == nil:
		return ClassMissing
	case c.After == nil:
		return ClassUnexpected
	}
	return ClassChanged
}

// State says how a difference stands to the acceptances of the manifest. Nothing else is remembered from one run to the next.
type State string

// The states. Only an accepted difference does not count.
const (
	// StateNew: no acceptance covers the difference in the state that is live.
	StateNew State = "new"
	// StateWorsened: the root is as an acceptance saw it, but for children that were added since. The difference is one of these, or
	// one that the acceptance covers.
	StateWorsened State = "worsened"
	// StateAccepted: an acceptance holds.
	StateAccepted State = "accepted"
	// StateOverdue: an acceptance would hold, had its day not passed.
	StateOverdue State = "overdue"
)

// standing is the state of a difference, with the acceptance that it follows from.
type standing struct {
	state State
	// why says why no acceptance holds, where one covers the difference; empty otherwise.
	why string
	// accepted is set for an accepted difference, and added are the children that worsened one.
	accepted Accepted
	added    []addr.Address
}

// standingOf returns how a difference stands to the acceptances, and notes those that cover it as used. Wanted is what the manifest wants
// instead; see [Difference.Wanted].
func (a *acceptor) standingOf(class string, about addr.Address, wanted string) standing {
	if len(a.acceptances.all) == 0 {
		return standing{state: StateNew}
	}
	root := a.seen.view.rootOf(about)
	now, stands := a.seen.of(root), standing{state: StateNew}
	var covering, fitting []*Acceptance // fitting are those for what is wanted
	var ended Position
	for _, k := range a.acceptances.about(class, about.String()) {
		acceptance := &a.acceptances.all[k]
		if !acceptance.Address.Match(about) {
			continue
		}
		a.used[k] = true
		if covering = append(covering, acceptance); acceptance.Wanted != "" && acceptance.Wanted != wanted {
			continue
		}
		fitting = append(fitting, acceptance)
		isAsSeen := acceptance.Seen == now || acceptance.Seen == "" && !ClassNeedsSeen(class)
		switch {
		case stands.state == StateAccepted || !isAsSeen:
		case !a.isOver(acceptance):
			stands = standing{state: StateAccepted, accepted: acceptance.Accepted}
		case stands.state == StateNew:
			stands = standing{state: StateOverdue, why: acceptance.over()}
			ended = acceptance.At
		}
	}
	if stands.state == StateOverdue {
		a.ended[ended] = true
	}
	if stands.state != StateNew {
		return stands
	}
	if since, added := a.addedTo(root); since != nil && (slices.Contains(added, about) || slices.ContainsFunc(fitting, since.sawTheSame)) {
		why := fmt.Sprintf("added since the state that was accepted at %s: %s", since.At, inWords(added))
		return standing{state: StateWorsened, why: why, added: added}
	}
	switch {
	case len(fitting) > 0:
		first := fitting[0]
		stands.why = fmt.Sprintf("accepted at %s, where it does not say what was seen", first.At)
		if first.Seen != "" {
			stands.why = fmt.Sprintf("accepted on another state at %s: seen %s then, %s now", first.At, brief(first.Seen),
				cmp.Or(brief(now), "nothing"))
		}
	case len(covering) > 0:
		stands.why = fmt.Sprintf("accepted at %s, where the manifest wanted something else", covering[0].At)
	}
	return stands
}

func (a *Acceptance) sawTheSame(other *Acceptance) bool { return a.Seen == other.Seen }

// isOver reports whether the day of an acceptance has passed.
func (a *acceptor) isOver(acceptance *Acceptance) bool {
	return strings.Compare(acceptance.ReviewBy, a.today) < 0
}

// maxHashed bounds how many resources are hashed to find what was added to one root.
const maxHashed = 50_000

// addedTo returns an acceptance that saw the live root as it is, but for children that were added since, and these children, sorted; nil
// where that cannot be shown. An acceptance holds no more than a digest, so children are left out until it fits: all that the manifest
// does not list, each one alone, and each two, as far as maxHashed allows. Anything else that has changed hides an addition.
func (a *acceptor) addedTo(root addr.Address) (*Acceptance, []addr.Address) {
	if known, is := a.added[root]; is {
		return known.since, known.children
	}
	var found addition
	if candidates := a.acceptancesOf(root); len(candidates) > 0 {
		found = a.additionTo(root, candidates)
	}
	a.added[root] = found
	return found.since, found.children
}

// addition is what was added to a root since an acceptance.
type addition struct {
	since    *Acceptance
	children []addr.Address
}

// acceptancesOf returns the acceptances that may be about a state of a live root, by that state.
func (a *acceptor) acceptancesOf(root addr.Address) map[string]*Acceptance {
	children := a.seen.view.children()[root]
	bySeen := map[string]*Acceptance{}
	places := slices.Concat(a.acceptances.ofAny[""], a.acceptances.ofAny[root.String()])
	for _, l := range children {
		places = append(places, a.acceptances.ofAny[l.Address.String()]...)
	}
	slices.Sort(places)
	for _, i := range places {
		acceptance := &a.acceptances.all[i]
		isChild := func(l *Live) bool { return acceptance.Address.Match(l.Address) }
		if acceptance.Seen != "" && bySeen[acceptance.Seen] == nil &&
			(acceptance.Address.Match(root) || slices.ContainsFunc(children, isChild)) {
			bySeen[acceptance.Seen] = acceptance
		}
	}
	return bySeen
}

func (a *acceptor) additionTo(root addr.Address, candidates map[string]*Acceptance) addition {
	view := a.seen.view
	var surplus []addr.Address
	for _, l := range view.children()[root] {
		if d := view.desiredAt(l.Address); d == nil || d.Absent {
			surplus = append(surplus, l.Address)
		}
	}
	slices.SortFunc(surplus, addr.Compare)
	left := maxHashed
	isSince := func(added ...addr.Address) (since *Acceptance) {
		if left -= len(view.children()[root]) + 1; left >= 0 {
			since = candidates[a.seen.digest(root, added...)]
		}
		return since
	}
	if since := isSince(surplus...); len(surplus) > 0 && since != nil {
		return addition{since, surplus}
	}
	for i := range surplus {
		if since := isSince(surplus[i]); since != nil {
			return addition{since, surplus[i : i+1]}
		}
	}
	for i := range surplus {
		for k := i + 1; k < len(surplus) && left > 0; k++ {
			if since := isSince(surplus[i], surplus[k]); since != nil {
				return addition{since, []addr.Address{surplus[i], surplus[k]}}
			}
		}
	}
	return addition{}
}

// inWords lists addresses, a few of them by name.
func inWords(all []addr.Address) string {
	const few = 3
	var names []string
	for _, a := range all[:min(few, len(all))] {
		names = append(names, a.String())
	}
	text := strings.Join(names, ", ")
	if more := len(all) - few; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// acceptedOf returns what accepts the difference that a change ends.
func (a *acceptor) acceptedOf(c *Change) Accepted {
	return a.standingOf(c.class(), c.Address, wantedOf(c.class(), c.Attributes)).accepted
}

// judgeChanges marks the changes and the unexpected roots of a plan whose differences are accepted. They stay what they are: an acceptance
// silences a look at what is live, not the manifest.
func (a *acceptor) judgeChanges(p *Plan, in *Input) {
	if !slices.ContainsFunc(Classes(), func(class string) bool { return len(a.acceptances.byRule[class]) > 0 }) {
		return
	}
	for i := range p.Changes {
		p.Changes[i].Accepted = a.acceptedOf(&p.Changes[i])
	}
	for i := range p.Unexpected {
		u := &p.Unexpected[i]
		u.Accepted = a.standingOf(ClassUnexpected, u.Address, "").accepted
	}
	if !in.Now.IsZero() {
		for _, d := range expired(p, *in, a.seen.view) {
			a.standingOf(ClassExpired, d.Address, "")
		}
	}
}
