package render

import (
	"cmp"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// gravity is how much a reader misses what a page does not name. A page that has no room for all names the gravest first.
type gravity uint8

const (
	// usual is a create that brings no high finding.
	usual gravity = iota
	// inPlace is any other change of what is there.
	inPlace
	// mustSee is a delete, a change of whom a resource is trusted by, and what brings or ends a high finding. It is in no counted rest, but
	// for what a format has no room for at all.
	mustSee
)

func gravityOf(c *plan.Change) gravity {
	switch {
	case c.Action == plan.Delete || changesTrust(c) || hasHigh(c.Findings) || hasHigh(c.Resolves):
		return mustSee
	case c.Action == plan.Create:
		return usual
	}
	return inPlace
}

// changesTrust reports whether a resource that is there, and stays, is trusted by somebody else afterwards.
func changesTrust(c *plan.Change) bool {
	return c.Before != nil && c.After != nil && tellsTrust(c.Attributes)
}

func tellsTrust(all []plan.AttributeChange) bool {
	return slices.ContainsFunc(all, func(a plan.AttributeChange) bool { return a.Name == attributeTrust })
}

// hasHigh reports whether a finding is high, accepted ones included: who makes the change may have written the acceptance too.
func hasHigh(all []plan.Finding) bool {
	return slices.ContainsFunc(all, func(f plan.Finding) bool { return f.Severity == plan.High })
}

// gravities are those of the changes of a plan, by address. All else is usual.
type gravities map[addr.Address]gravity

// gravitiesOf returns those of a plan, which may be nil.
func gravitiesOf(p *plan.Plan) gravities {
	by := gravities{}
	if p != nil {
		for i := range p.Changes {
			by[p.Changes[i].Address] = gravityOf(&p.Changes[i])
		}
	}
	return by
}

// mustSeeFirst returns a copy with what must be seen before all else, both in their order.
func mustSeeFirst[T any](all []T, must func(*T) bool) []T {
	rank := func(of *T) int {
		if must(of) {
			return 0
		}
		return 1
	}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(x, y T) int { return cmp.Compare(rank(&x), rank(&y)) })
	return sorted
}

// actingAnew are the principals who may act as what a change must be seen of, but for a delete, or who have a new way to everything.
func actingAnew(p *plan.Plan) map[string]bool {
	who := map[string]bool{}
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Action != plan.Delete && gravityOf(c) == mustSee {
			for _, principal := range c.Principals {
				who[principal] = true
			}
		}
	}
	for _, chain := range p.Privileges.Chains {
		for _, step := range chain.Path[:min(1, len(chain.Path))] {
			who[step] = true
		}
	}
	return who
}
