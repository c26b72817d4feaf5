package plan

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// weighed is what the rules say of the two sides of a plan, by address.
type weighed struct {
	before, after map[addr.Address][]Finding
	// kept are the addresses that the plan manages and does not change, sorted.
	kept []addr.Address
	// through are kept resources whose meaning a change alters, by the address of that change.
	through map[addr.Address][]addr.Address
}

// weigh asks what the rules say of live resources and of what the changes make of them, and notes with each change what
// it would end. The order of changes depends on that.
func (b *builder) weigh() *weighed {
	changed := make(map[addr.Address]bool, len(b.changes))
	w := &weighed{through: map[addr.Address][]addr.Address{}}
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
			w.kept = append(w.kept, l.Address)
			live, wanted = append(live, l.Resource), append(wanted, l.Resource)
			for _, use := range l.Uses {
				if changed[use] {
					w.through[use] = append(w.through[use], l.Address)
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
	w.before = b.assess(live, b.in.Snapshot.Catalogue)
	if w.after = w.before; len(b.changes)+len(b.plan.Unexpected)+len(b.in.Entries) > 0 { // else both sides are the same
		w.after = b.assess(wanted, b.in.Snapshot.Catalogue.With(b.in.Entries...))
	}
	breaches := byAddress(b.in.Findings)
	for i := range b.changes {
		if c := &b.changes[i]; c.Before != nil {
			c.Resolves = slices.Clone(breaches[c.Address])
			for _, a := range append([]addr.Address{c.Address}, c.With...) {
				c.Resolves = append(c.Resolves, beyond(w.before[a], w.after[a])...)
			}
		}
	}
	return w
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

// beyond returns those of findings that others have not.
func beyond(findings, others []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return slices.Contains(others, f) })
}

// findings puts each finding where it belongs, now that it is known which changes are held back: what a change brings or
// ends stands with the change, what stays as it is with the plan.
func (b *builder) findings(w *weighed) {
	p, accept := b.plan, newAcceptor(b.in.Manifest.Acceptances)
	for _, a := range w.kept {
		p.Findings = append(p.Findings, w.before[a]...)
	}
	ended := map[Finding]bool{}
	for i := range p.Changes {
		c := &p.Changes[i]
		c.Findings = append(c.Findings, beyond(w.after[c.Address], w.before[c.Address])...)
		// What a change does to the meaning of kept resources is told with the change.
		for _, a := range w.through[c.Address] {
			c.Findings = append(c.Findings, beyond(w.after[a], w.before[a])...)
			c.Resolves = append(c.Resolves, beyond(w.before[a], w.after[a])...)
		}
		for _, f := range w.before[c.Address] {
			if slices.Contains(w.after[c.Address], f) {
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
			u.Findings = append(u.Findings, w.before[a]...)
		}
		u.Findings = SortFindings(accept.mark(u.Findings))
	}
	b.problems = append(b.problems, accept.unused()...)
}
