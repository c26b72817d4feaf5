package plan

import (
	"maps"
	"slices"
	"sort"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// risks is what the rules say of what the manifest manages, by address: before the changes, and after all of them of the roots that
// differ then. What a rule says rests on a resource, its root and the catalogue, so it says the same of the other roots as before.
type risks struct {
	before, after *findingsAbout
	differs       map[addr.Address]bool
}

// of returns what the rules say of a live resource before the changes and after them.
func (r *risks) of(l *Live) (was, is []Finding) {
	was = r.before.at(l.Address)
	if r.differs[l.Root()] {
		return was, r.after.at(l.Address)
	}
	return was, was
}

// assessRisks asks the rules about live resources before and after the changes, and sets what each change resolves: the order
// of changes depends on that.
func (b *builder) assessRisks() *risks {
	live, wanted, differs := b.sides(b.in.Entries)
	for i := range b.plan.Unexpected {
		u := &b.plan.Unexpected[i]
		live = append(live, &u.Resource)
		for _, child := range u.With {
			live = append(live, &b.liveAt(child).Resource)
		}
	}
	r := &risks{b.assess(live, b.in.Snapshot.Catalogue), b.assess(wanted, b.after), differs}
	breaches := about(slices.Clone(b.in.Findings))
	for i := range b.changes {
		b.changes[i].setResolved(r.before, r.after, breaches)
	}
	return r
}

// sides returns what is weighed: the managed resources, those that change and those that use them, before the changes; and those of them
// whose root or catalogue differs, after the changes that are not blocked. Entries are what the changes add to the catalogue.
func (b *builder) sides(entries []CatalogueEntry) (live, wanted []*Resource, differs map[addr.Address]bool) {
	live = make([]*Resource, 0, len(b.changes)+len(b.in.Snapshot.Resources))
	changed := make(map[addr.Address]bool, len(b.changes))
	differs = make(map[addr.Address]bool, len(b.changes))
	foreign := map[addr.Address]bool{} // roots that are weighed only because what is said of their children rests on them
	for _, changes := range [][]Change{b.changes, b.dropped} {
		for i := range changes {
			c := &changes[i]
			before := len(live)
			changed[c.Address], differs[c.Root()] = true, true
			if c.Before != nil {
				live = append(live, c.Before)
			}
			for _, child := range c.With {
				changed[child], differs[b.liveAt(child).Root()] = true, true
				live = append(live, &b.liveAt(child).Resource)
			}
			switch {
			case c.Action == Blocked:
				wanted = append(wanted, live[before:]...)
			case c.After != nil:
				wanted = append(wanted, c.made())
			}
		}
	}
	for _, u := range b.plan.Unexpected {
		differs[u.Address] = true // nothing is said of it after
	}
	isUser := func(l *Live) bool {
		return slices.ContainsFunc(l.Uses, func(use addr.Address) bool { return changed[use] })
	}
	for i := range b.in.Snapshot.Resources {
		if l := &b.in.Snapshot.Resources[i]; len(entries) > 0 || isUser(l) {
			differs[l.Root()] = true
		}
	}
	weigh := func(l *Live) {
		live = append(live, &l.Resource)
		if differs[l.Root()] {
			wanted = append(wanted, &l.Resource)
		}
	}
	for i := range b.in.Snapshot.Resources {
		l := &b.in.Snapshot.Resources[i]
		switch {
		case changed[l.Address]:
		case b.manages(i) || isUser(l):
			weigh(l)
		default:
			continue
		}
		if !b.manages(i) && !l.Parent.IsZero() {
			foreign[l.Parent] = true
		}
	}
	for root := range foreign {
		if !changed[root] && b.liveAt(root) != nil {
			weigh(b.liveAt(root))
		}
	}
	return live, wanted, differs
}

// made returns what the change makes of its resource: members of sets that it leaves to a person are as they were.
func (c *Change) made() *Resource {
	if c.Before == nil {
		return c.After
	}
	made := *c.After
	for _, m := range c.Manual {
		was, _ := c.Before.Attributes[m.Attribute].AsSet()
		wanted, isSet := c.After.Attributes[m.Attribute].AsSet()
		if !isSet || len(m.Values) == 0 {
			continue
		}
		left := func(member string) bool { return slices.Contains(m.Values, member) }
		kept := slices.DeleteFunc(was, func(member string) bool { return !left(member) })
		made.Attributes = maps.Clone(made.Attributes)
		made.Attributes[m.Attribute] = SetValue(slices.Concat(slices.DeleteFunc(wanted, left), kept)...)
	}
	return &made
}

// manages reports whether the manifest wants the root of the live resource at a place in the snapshot to be there.
func (b *builder) manages(i int) bool { return b.managing[i] != nil && !b.managing[i].Absent }

func (b *builder) assess(resources []*Resource, catalogue *Catalogue) *findingsAbout {
	if len(resources) == 0 {
		return &findingsAbout{}
	}
	return about(b.in.Knowledge.Assess(resources, b.in.Manifest, catalogue))
}

// findingsAbout are findings to be looked up by what they are about, mostly in the order of addresses. One goroutine uses them at a time.
type findingsAbout struct {
	sorted []Finding
	next   int // behind those that were found last
}

// about sorts the findings in place.
func about(findings []Finding) *findingsAbout { return &findingsAbout{sorted: SortFindings(findings)} }

// at returns the findings about a resource. They are not the caller's to change.
func (f *findingsAbout) at(a addr.Address) []Finding {
	from := func(i int) bool { return addr.Compare(f.sorted[i].Address, a) >= 0 }
	start := f.next
	if start < len(f.sorted) && !from(start) || start > 0 && from(start-1) {
		start = sort.Search(len(f.sorted), from)
	}
	end := start
	for end < len(f.sorted) && f.sorted[end].Address == a {
		end++
	}
	f.next = end
	return f.sorted[start:end:end]
}

// subtractFindings returns the findings that are not among others.
func subtractFindings(findings, others []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return slices.Contains(others, f) })
}

// setResolved sets what the change ends of the findings about what it writes, breaches of guardrails among them. An update ends no
// breach by an attribute that it does not change.
func (c *Change) setResolved(before, after, breaches *findingsAbout) {
	c.Resolves = nil
	if c.Before == nil {
		return
	}
	for _, a := range append([]addr.Address{c.Address}, c.With...) {
		for _, f := range breaches.at(a) {
			if c.After == nil || !c.isLeft(f) && (f.Attribute == "" ||
				slices.ContainsFunc(c.Attributes, func(changed AttributeChange) bool { return changed.Name == f.Attribute })) {
				c.Resolves = append(c.Resolves, f)
			}
		}
		c.Resolves = append(c.Resolves, subtractFindings(before.at(a), after.at(a))...)
	}
}

// isLeft reports whether a finding is about what the change leaves to a person.
func (c *Change) isLeft(f Finding) bool {
	return c.After != nil && slices.ContainsFunc(c.Manual, func(m Manual) bool { return m.Attribute == "" || m.Attribute == f.Attribute })
}

// leftOf returns the breaches about what the change leaves to a person, and those that stand in the way of what is to be made.
func (c *Change) leftOf(breaches *findingsAbout) []Finding {
	return slices.DeleteFunc(slices.Clone(breaches.at(c.Address)), func(f Finding) bool { return c.Before != nil && !c.isLeft(f) })
}

// graveLeft returns a finding of high severity about what the change leaves to a person, nil where there is none.
func (b *builder) graveLeft(c *Change) *Finding {
	i := slices.IndexFunc(b.in.Findings, func(f Finding) bool { return f.Address == c.Address && f.Severity == High && c.isLeft(f) })
	if i < 0 {
		return nil
	}
	return &b.in.Findings[i]
}

// placeFindings puts each finding where it belongs, once it is known which changes are blocked or left out: findings that a change
// brings or ends go to the change that causes it, all others to the plan. A change that is not made brings nothing and ends nothing.
func (b *builder) placeFindings(r *risks) {
	p, accept := b.plan, newAcceptor(&b.in, b.view)
	r, entries := b.afterWrites(r, accept)
	breaches, made := about(slices.Clone(b.in.Findings)), make(map[addr.Address]int, len(p.Changes))
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.Action == Blocked {
			accept.mark(c.Findings, false)
			c.setResolved(&findingsAbout{}, &findingsAbout{}, breaches)
			p.Findings = append(p.Findings, c.Resolves...) // breaches: the rest is told of what no change writes
			p.Findings = append(p.Findings, c.leftOf(breaches)...)
			c.Findings, c.Resolves = nil, nil
			continue
		}
		made[c.Address] = i
		for _, child := range c.With {
			made[child] = i
		}
		was, is := r.before.at(c.Address), r.after.at(c.Address)
		c.Findings = append(c.Findings, subtractFindings(is, was)...)
		c.setResolved(r.before, r.after, breaches)
		p.Findings = append(p.Findings, subtractFindings(was, c.Resolves)...)
		p.Findings = append(p.Findings, c.leftOf(breaches)...)
		if f, ends := b.endedWays[c.Address]; ends {
			c.Resolves = append(c.Resolves, f)
		}
	}
	unexpected := make(map[addr.Address]bool, len(p.Unexpected))
	for i := range p.Unexpected {
		u := &p.Unexpected[i]
		for _, a := range append([]addr.Address{u.Address}, u.With...) {
			unexpected[a] = true
			u.Findings = append(u.Findings, r.before.at(a)...)
		}
		u.Findings = SortFindings(accept.label(accept.mark(u.Findings, true)))
	}
	b.placeUnwritten(r, entries, made, unexpected)
	b.judgeLeaving(entries, made, accept)
	for i := range p.Changes {
		c := &p.Changes[i]
		c.Findings, c.Resolves = SortFindings(accept.mark(c.Findings, false)), SortFindings(accept.mark(c.Resolves, true))
	}
	accept.mark(slices.Clone(b.in.Findings), true) // of what is not managed, too: drift tells it
	p.Findings = append(accept.mark(p.Findings, true), reviewFindings(b.in.Manifest, b.in.Desired, b.in.Knowledge, b.in.Now)...)
	p.Findings = SortFindings(accept.label(p.Findings))
	accept.judgeChanges(p, &b.in)
	if b.in.Options.Select.IsZero() { // else an acceptance may be about a change that is left out
		p.Remarks = append(p.Remarks, accept.unused()...)
	}
	p.Findings = withoutIdle(p.Findings, p.Remarks, nil)
	sortRemarks(p.Remarks)
}

// afterWrites returns what the rules say after the changes that are not blocked or left out, and what these add to the catalogue.
// What others would bring may be accepted all the same: it comes with a later plan.
func (b *builder) afterWrites(r *risks, accept *acceptor) (*risks, []CatalogueEntry) {
	blocked, held := false, map[string]bool{}
	for _, changes := range [][]Change{b.changes, b.dropped} {
		for i := range changes {
			if c := &changes[i]; c.Action == Blocked {
				blocked = true
				held[c.ID] = c.ID != ""
			}
		}
	}
	if !blocked {
		return r, b.in.Entries
	}
	accept.mark(slices.Clone(r.after.sorted), false)
	entries := slices.DeleteFunc(slices.Clone(b.in.Entries), func(e CatalogueEntry) bool { return held[e.ID] })
	_, wanted, differs := b.sides(entries)
	return &risks{r.before, b.assess(wanted, b.in.Snapshot.Catalogue.With(entries...)), differs}, entries
}

// placeUnwritten puts the findings about resources that no change writes. What differs of them is caused by a change of the root, or
// of what they use: of that without which the rules would say something else.
func (b *builder) placeUnwritten(r *risks, entries []CatalogueEntry, made map[addr.Address]int, unexpected map[addr.Address]bool) {
	p, changing := b.plan, map[addr.Address]bool{}
	for _, changes := range [][]Change{b.changes, b.dropped} {
		for i := range changes {
			changing[changes[i].Address] = true
			for _, child := range changes[i].With {
				changing[child] = true
			}
		}
	}
	// What uses a resource that changes, and is not ours, is told only where that makes a difference. What is unexpected has its findings.
	ours := func(i int, l *Live) bool { return !unexpected[l.Address] && (b.manages(i) || changing[l.Address]) }
	var altered []int
	room := len(r.before.sorted) // most of what is said before stays
	for i := range b.in.Snapshot.Resources {
		l := &b.in.Snapshot.Resources[i]
		was, is := r.of(l)
		if len(was)+len(is) == 0 {
			continue
		}
		if unexpected[l.Address] {
			if _, uses := b.causesOf(l, made); len(uses) == 0 {
				continue
			}
		}
		switch _, written := made[l.Address]; {
		case written:
		case slices.Equal(was, is):
			if ours(i, l) {
				p.Findings = append(slices.Grow(p.Findings, room), was...)
				room -= len(was)
			}
		default:
			altered = append(altered, i)
		}
	}
	withoutRoot, withoutUses := b.assessApart(altered, entries, made)
	for _, i := range altered {
		l := &b.in.Snapshot.Resources[i]
		a := l.Address
		was, is := r.of(l)
		root, uses := b.causesOf(l, made)
		place := func(f Finding, found bool, put func(c *Change)) {
			var causes []*Change
			if root != nil && slices.Contains(withoutRoot.at(a), f) != found {
				causes = append(causes, root)
			}
			if slices.Contains(withoutUses.at(a), f) != found {
				causes = append(causes, uses...)
			}
			if len(causes) == 0 { // only one changes, or either of them does it alone
				if causes = append(causes, uses...); root != nil {
					causes = append(causes, root)
				}
			}
			for _, c := range causes {
				put(c)
			}
			if len(causes) == 0 {
				p.Findings = append(p.Findings, f)
			}
		}
		gone := subtractFindings(was, is)
		for _, f := range subtractFindings(is, was) {
			place(f, true, func(c *Change) { c.Findings = append(c.Findings, f) })
		}
		for _, f := range gone {
			place(f, false, func(c *Change) { c.Resolves = append(c.Resolves, f) })
		}
		if ours(i, l) {
			p.Findings = append(p.Findings, subtractFindings(was, gone)...)
		}
	}
}

// assessApart asks the rules about those of the resources whose root and what they use both change: what they would say without the
// change of the root, and without the changes of what they use.
func (b *builder) assessApart(altered []int, entries []CatalogueEntry, made map[addr.Address]int) (withoutRoot,
	withoutUses *findingsAbout) {
	var old, now []*Resource
	for _, i := range altered {
		l := &b.in.Snapshot.Resources[i]
		if root, uses := b.causesOf(l, made); root != nil && len(uses) > 0 {
			old, now = append(old, &l.Resource, root.Before), append(now, &l.Resource, root.After)
		}
	}
	return b.assess(old, b.in.Snapshot.Catalogue.With(entries...)), b.assess(now, b.in.Snapshot.Catalogue)
}

// causesOf returns the changes by which the meaning of a resource that no change writes may differ: that of its root, nil where the root
// stays as it is, and those of what it uses.
func (b *builder) causesOf(l *Live, made map[addr.Address]int) (root *Change, uses []*Change) {
	if i, changes := made[l.Parent]; changes {
		root = &b.plan.Changes[i]
	}
	for _, use := range l.Uses {
		if i, changes := made[use]; changes {
			uses = append(uses, &b.plan.Changes[i])
		}
	}
	return root, uses
}
