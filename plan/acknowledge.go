package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Acknowledgement is what silences the drift of some resources.
type Acknowledgement struct {
	// Acceptances are those that the manifest needs, by address and rule. Each is of one address, and of the state that is live.
	Acceptances []Acceptance
	// Left is what cannot be accepted of them.
	Left []Remaining
	// Missed are the patterns that select nothing which counts.
	Missed []addr.Pattern
}

// AcknowledgementOf returns what the manifest must accept so that each difference and finding of d that counts now, and that a pattern
// selects by its own address or by that of its root, counts no longer. The input must be the one that d was made from.
func AcknowledgementOf(in Input, d *Drift, about []addr.Pattern, as Accepted) Acknowledgement {
	view := NewView(in.Snapshot, in.Manifest.Ownership, in.Desired)
	accept := newAcceptor(&in, view)
	var out Acknowledgement
	selected := make([]bool, len(about))
	selects := func(a addr.Address) bool {
		root, found := view.rootOf(a), false
		for i, pattern := range about {
			if pattern.Match(a) || pattern.Match(root) {
				selected[i], found = true, true
			}
		}
		return found
	}
	add := func(rule string, about addr.Address, seen, wanted string) {
		out.Acceptances = append(out.Acceptances,
			Acceptance{Rule: rule, Address: addr.Exactly(about), Accepted: as, Seen: seen, Wanted: wanted})
	}
	for class, list := range d.byClass() {
		for i := range list {
			of := &list[i]
			if !of.Counts() || !selects(of.Address) {
				continue
			}
			switch {
			case addr.Exactly(of.Address).HasWildcard():
				out.Left = append(out.Left, Remaining{Address: of.Address, Why: class + ", and the name would be taken for a pattern"})
			case ClassNeedsSeen(class):
				add(class, of.Address, of.Seen, of.Wanted)
			default:
				add(class, of.Address, "", of.Wanted)
			}
		}
	}
	for _, f := range AtLeast(d.Findings, Low) {
		switch {
		case f.Address.IsZero() || !selects(f.Address):
		case accept.canAccept(&f):
			add(f.Rule, f.Address, f.Seen, "")
		default:
			out.Left = append(out.Left, Remaining{Address: f.Address, Why: f.Message + " [" + f.Rule + "]"})
		}
	}
	for i, pattern := range about {
		if !selected[i] {
			out.Missed = append(out.Missed, pattern)
		}
	}
	slices.SortFunc(out.Acceptances, func(x, y Acceptance) int {
		return cmp.Or(strings.Compare(x.Address.String(), y.Address.String()), strings.Compare(x.Rule, y.Rule))
	})
	out.Acceptances = slices.Compact(out.Acceptances) // a rule may say several things of one address
	return out
}

// canAccept reports whether an acceptance of what is live now would hold for a finding of a drift.
func (a *acceptor) canAccept(f *Finding) bool {
	rule := a.rules[f.Rule]
	return !rule.Bookkeeping && f.Seen != "" && !(rule.Guardrail && a.seen.view.lists(f.Address, f.Attribute))
}
