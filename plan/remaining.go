package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Remaining is what is left of a drift: a difference that a plan leaves as it is or mends in part, or what cannot be accepted.
type Remaining struct {
	Address addr.Address
	// Why says in words what holds it back.
	Why string
}

// Restoring selects the changes that restore all but the accepted differences.
func (d *Drift) Restoring() (s Selection) {
	isJudged := func(of *Difference) bool {
		return of.Action != 0 && (of.State == StateAccepted || of.State == StateOverdue)
	}
	if slices.ContainsFunc(d.differences(), isJudged) { // else the day would tell nothing
		s.AcceptedOn = d.Now.Format(time.DateOnly)
	}
	return s
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
			of := &list[i]
			c := changes[of.Address]
			if why := remains(of, c); why != "" {
				left = append(left, Remaining{of.Address, why})
			}
		}
	}
	for i := range d.Expired {
		of := &d.Expired[i]
		c := changes[of.Address]
		switch {
		case c != nil && c.Renew:
		case !of.Counts():
			left = append(left, Remaining{Address: of.Address, Why: acknowledgedUntil(of)})
		default:
			left = append(left, Remaining{Address: of.Address, Why: of.Reason + ": only a renewal gives it a new end"})
		}
	}
	return left
}

// remains says why the change leaves a difference; "" where it does not. The change is nil where the plan has none.
func remains(d *Difference, c *Change) string {
	switch {
	case c == nil && !d.Counts():
		return acknowledgedUntil(d)
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

func acknowledgedUntil(d *Difference) string { return "acknowledged until " + d.Accepted.ReviewBy }

func withReason(word, reason string) string {
	if reason == "" {
		return word
	}
	return word + ": " + reason
}
