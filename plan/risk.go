package plan

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// risks is what the rules say of the two sides of a plan, by address.
type risks struct {
	before, after map[addr.Address][]Finding
	// unchanged are the addresses that the manifest manages and the plan does not change, sorted.
	unchanged []addr.Address
	// byChange are unchanged resources that use a changed one, by the address of the change.
	byChange map[addr.Address][]addr.Address
}

// assessRisks asks the rules about live resources before and after the changes, and sets what each change resolves: the order
// of changes depends on that.
func (b *builder) assessRisks() *risks {
	changed := make(map[addr.Address]bool, len(b.changes))
	r := &risks{byChange: map[addr.Address][]addr.Address{}}
	size := len(b.changes) + len(b.in.Snapshot.Resources)
	live, wanted := make([]Resource, 0, size), make([]Resource, 0, size)
	for i := range b.changes {
		c := &b.changes[i]
		changed[c.Address] = true
		for _, child := range c.With {
			changed[child] = true
			live = append(live, b.live[child].Resource)
		}
		if c.Before != nil {
			live = append(live, *c.Before)
		}
		if c.After != nil {
			wanted = append(wanted, *c.After)
		}
	}
	for i := range b.in.Snapshot.Resources {
		l := &b.in.Snapshot.Resources[i]
		switch {
		case changed[l.Address]:
		case b.manages(l):
			r.unchanged = append(r.unchanged, l.Address)
			live, wanted = append(live, l.Resource), append(wanted, l.Resource)
			for _, use := range l.Uses {
				if changed[use] {
					r.byChange[use] = append(r.byChange[use], l.Address)
				}
			}
		}
	}
	for _, u := range b.plan.Unexpected {
		live = append(live, u.Resource)
		for _, child := range u.With {
			live = append(live, b.live[child].Resource)
		}
	}
	r.before = b.assess(live, b.in.Snapshot.Catalogue)
	if r.after = r.before; len(b.changes)+len(b.plan.Unexpected)+len(b.in.Entries) > 0 { // else both sides are the same
		r.after = b.assess(wanted, b.in.Snapshot.Catalogue.With(b.in.Entries...))
	}
	breaches := byAddress(b.in.Findings)
	for i := range b.changes {
		if c := &b.changes[i]; c.Before != nil {
			c.Resolves = slices.Clone(breaches[c.Address])
			for _, a := range append([]addr.Address{c.Address}, c.With...) {
				c.Resolves = append(c.Resolves, subtractFindings(r.before[a], r.after[a])...)
			}
		}
	}
	return r
}

// manages reports whether the manifest lists the live resource or the root it is part of.
func (b *builder) manages(l *Live) bool {
	d := b.desired[l.Root()]
	return d != nil && !d.Absent
}

func (b *builder) assess(resources []Resource, catalogue *Catalogue) map[addr.Address][]Finding {
	if len(resources) == 0 {
		return nil
	}
	return byAddress(b.in.Knowledge.Assess(resources, b.in.Manifest, catalogue))
}

func byAddress(findings []Finding) map[addr.Address][]Finding {
	sorted := SortFindings(slices.Clone(findings))
	about := make(map[addr.Address][]Finding, len(sorted))
	for start, end := 0, 0; start < len(sorted); start = end {
		for end = start + 1; end < len(sorted) && sorted[end].Address == sorted[start].Address; end++ {
		}
		about[sorted[start].Address] = sorted[start:end:end]
	}
	return about
}

// subtractFindings returns the findings that are not among others.
func subtractFindings(findings, others []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return slices.Contains(others, f) })
}

// placeFindings puts each finding where it belongs, once it is known which changes are blocked: findings that a change brings or
// ends go to the change, all others to the plan.
func (b *builder) placeFindings(r *risks) {
	p, accept := b.plan, newAcceptor(b.in.Manifest.Acceptances)
	for _, a := range r.unchanged {
		p.Findings = append(p.Findings, r.before[a]...)
	}
	ended, breaches := map[Finding]bool{}, byAddress(b.in.Findings)
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.Before == nil { // what stands in the way of what is made stays
			p.Findings = append(p.Findings, breaches[c.Address]...)
		}
		c.Findings = append(c.Findings, subtractFindings(r.after[c.Address], r.before[c.Address])...)
		// A change may alter what an unchanged resource means.
		for _, a := range r.byChange[c.Address] {
			c.Findings = append(c.Findings, subtractFindings(r.after[a], r.before[a])...)
			c.Resolves = append(c.Resolves, subtractFindings(r.before[a], r.after[a])...)
		}
		for _, f := range r.before[c.Address] {
			if slices.Contains(r.after[c.Address], f) {
				p.Findings = append(p.Findings, f)
			}
		}
		if c.Action == Blocked {
			p.Findings, c.Resolves = append(p.Findings, c.Resolves...), nil
		}
		for _, f := range c.Resolves {
			ended[f] = true
		}
		c.Findings = SortFindings(accept.mark(c.Findings))
		c.Resolves = SortFindings(accept.mark(c.Resolves))
	}
	p.Findings = slices.DeleteFunc(p.Findings, func(f Finding) bool { return ended[f] })
	p.Findings = SortFindings(accept.mark(p.Findings))
	for i := range p.Unexpected {
		u := &p.Unexpected[i]
		for _, a := range append([]addr.Address{u.Address}, u.With...) {
			u.Findings = append(u.Findings, r.before[a]...)
		}
		u.Findings = SortFindings(accept.mark(u.Findings))
	}
	b.problems = append(b.problems, accept.unused()...)
}
