package plan

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Remaining is what is left of a drift: a difference that a plan leaves as it is or mends in part, or what cannot be accepted.
type Remaining struct {
	Address addr.Address
	// Why says in words what holds it back.
	Why string
}

// RemainingAfter returns the differences that are there still when p is carried out, in the order of the drift's lists. The plan must be
// one of the same state.
func (d *Drift) RemainingAfter(p *Plan) (left []Remaining) {
	changes := make(map[addr.Address]*Change, len(p.Changes))
	for i := range p.Changes {
		changes[p.Changes[i].Address] = &p.Changes[i]
	}
	for _, list := range [][]Difference{d.Changed, d.Missing, d.Unexpected} {
		for i := range list {
			if why := remains(&list[i], changes[list[i].Address], p.LeftOut); why != "" {
				left = append(left, Remaining{list[i].Address, why})
			}
		}
	}
	for i := range d.Expired {
		if c := changes[d.Expired[i].Address]; c == nil || !c.Renew {
			left = append(left, Remaining{d.Expired[i].Address, d.Expired[i].Reason + ": only a renewal gives it a new end"})
		}
	}
	return left
}

// remains says why the change leaves a difference; "" where it does not. The change is nil where the plan has none.
func remains(d *Difference, c *Change, leftOut []LeftOut) string {
	switch {
	case c == nil && slices.ContainsFunc(leftOut, func(l LeftOut) bool { return l.Address == d.Address }):
		return "left out of the plan"
	case c == nil:
		return withReason("unexpected", d.Reason)
	case c.Action == Blocked:
		return withReason("blocked", c.Reason)
	}
	var parts []string
	for _, m := range c.Manual {
		part := m.Attribute
		if part == "" { // it is about the change as a whole
			part, _, _ = strings.Cut(m.Instruction, "\n")
		}
		if (c.Action == ByHand || len(m.Values) > 0) && !slices.Contains(parts, part) { // else it is about what the change does
			parts = append(parts, part)
		}
	}
	if c.Action.Writes() && len(parts) == 0 {
		return ""
	}
	return withReason("manual", strings.Join(parts, ", "))
}

func withReason(word, reason string) string {
	if reason == "" {
		return word
	}
	return word + ": " + reason
}
