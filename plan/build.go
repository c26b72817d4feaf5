package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Build compares the desired with the live resources and returns the plan that makes live state as desired.
//
// Ownership is decided before the comparison, so what the manifest does not own can never become a change. Problems
// that refuse the plan are returned beside it, sorted, so that a reader can still see what would have been done. The plan is
// nil where the comparison itself failed. A plan with a fatal problem must not be executed.
func Build(in Input) (*Plan, []Problem) {
	p, problems := build(in)
	problems = SortProblems(append(problems, in.Caller.Problems(in.Snapshot, p)...))
	if p != nil {
		p.Warnings = withWarnings(p.Warnings, slices.Concat(in.Problems, problems))
	}
	return p, problems
}

// withWarnings adds the problems that are only warnings.
func withWarnings(warnings []string, problems []Problem) []string {
	for _, p := range problems {
		if p.Warning {
			warnings = append(warnings, p.String())
		}
	}
	slices.Sort(warnings)
	return slices.Compact(warnings)
}

func build(in Input) (*Plan, []Problem) {
	view := NewView(in.Snapshot, in.Manifest.Ownership, in.Desired)
	if problems := check(in.Desired, view.desiredPlaces()); len(Fatal(problems)) > 0 {
		return nil, problems
	}
	b := newBuilder(in, view, &Plan{
		Account:  in.Snapshot.Account,
		Cloud:    in.Snapshot.Cloud,
		Manifest: ManifestID{Digest: in.Manifest.Digest},
		NotRead:  slices.Clone(in.Snapshot.NotRead),
		Warnings: slices.Clone(in.Snapshot.Warnings),

		NotCompared: slices.Clone(in.NotCompared),
	})
	b.compareDesired()
	b.checkNames()
	if len(b.problems) > 0 {
		return nil, b.problems
	}
	b.classifyLive()
	b.takeFromHolders()
	risks := b.assessRisks()
	b.setOrigins()
	b.block()
	b.markLeftOut()
	b.holdForHolders()
	b.order()
	b.dropLeftOut()
	b.findLeaving()
	b.findRuleChanges()
	b.finish()
	b.setPrincipals()
	b.setPrivileges()
	b.findHolders()
	b.placeFindings(risks)
	return b.plan, b.problems
}

const writeOnlyReason = "write-only: the service does not tell it"

// builder carries one Build through its steps.
type builder struct {
	in   Input
	view *View
	// after is the catalogue with all that the desired resources add.
	after *Catalogue
	// managing is the entry of the root of each live resource, by its place in the snapshot; nil where the manifest lists none.
	managing []*Desired
	// listed tells of each live resource, by its place in the snapshot, whether the manifest says something of it.
	listed  []bool
	changes []Change
	// leftOut are the changes that the selection leaves out, by address.
	leftOut map[addr.Address]LeftOut
	// takenFor are the removals that are made only for a delete, and the deleted resource.
	takenFor map[addr.Address]addr.Address
	// dropped are the changes that were left out, once they are no longer among the others.
	dropped []Change
	// endedWays are the findings about chains to everything that changes end, by the address of the change.
	endedWays map[addr.Address]Finding
	plan      *Plan
	problems  []Problem
	// effectsIn tells effects under each catalogue that was asked about.
	effectsIn map[*Catalogue]func(Resource) []access.Effect
}

func newBuilder(in Input, view *View, p *Plan) *builder {
	return &builder{
		in: in, view: view, managing: view.managing(), listed: make([]bool, len(in.Snapshot.Resources)),
		after: in.Snapshot.Catalogue.With(in.Entries...), effectsIn: map[*Catalogue]func(Resource) []access.Effect{}, plan: p,
	}
}

// effects returns what a resource gives under a catalogue.
func (b *builder) effects(r Resource, catalogue *Catalogue) []access.Effect {
	effects := b.effectsIn[catalogue]
	if effects == nil {
		effects = b.in.Knowledge.Effects(catalogue)
		b.effectsIn[catalogue] = effects
	}
	return effects(r)
}

// compareDesired adds the creates, the updates, and the deletes of tombstones.
func (b *builder) compareDesired() {
	renames := b.renames()
	for i := range b.in.Desired {
		d := &b.in.Desired[i]
		if !b.in.Snapshot.Covers(d.Address) {
			b.problems = append(b.problems, Problem{
				At:      d.Source,
				Summary: "not observed",
				Detail:  fmt.Sprintf("%s lies outside what was read, so nothing can be said about it", d.Address),
				Hint:    b.unreadHint(d.Address),
			})
			continue
		}
		var live *Live
		if place, isLive := b.view.livePlaces()[d.Address]; isLive {
			live, b.listed[place] = &b.in.Snapshot.Resources[place], true
		}
		if !d.Previously.IsZero() && (live == nil || live.Was.IsZero()) {
			b.remark(RemarkRename, d.Previously, d.SourceOf(AttributeName))
		}
		switch {
		case d.Absent && live != nil:
			b.add(live, nil, d, tombstoneReason(d))
		case d.Absent:
			b.remarkDone(d)
		case live == nil:
			b.add(nil, d, d, b.creationReason(renames[d.Address]))
			for _, name := range d.WriteOnly {
				b.notCompared(d.Address, name, writeOnlyReason)
			}
		default:
			b.compare(live, d)
		}
	}
}

// unreadHint says why an address was not read.
func (b *builder) unreadHint(a addr.Address) string {
	for _, n := range b.in.Snapshot.NotRead {
		if addr.MatchAny(n.Addresses, a) {
			return fmt.Sprintf("see to it that %s can be read, or remove the entry and leave it unread; now it is not read: %s", n.Subject, n.Reason)
		}
	}
	return "plan against live state, or against a snapshot that covers it"
}

func (b *builder) compare(live *Live, d *Desired) {
	renew := b.renews(live)
	if len(d.WriteOnly)+len(live.Unreadable) == 0 && d.isAs(live) && !renew {
		b.plan.Summary.Unchanged++
		return
	}
	wanted, sent := Attributes{}, *d
	sent.Attributes = maps.Clone(d.Attributes)
	for name, value := range d.Attributes {
		switch {
		case slices.Contains(d.WriteOnly, name):
			b.notCompared(d.Address, name, writeOnlyReason)
			if b.in.Options.SendWriteOnly {
				wanted[name] = value // the live side has none, so this is a difference
			} else {
				delete(sent.Attributes, name)
			}
		case slices.Contains(live.Unreadable, name):
			b.notCompared(d.Address, name, "could not be read")
		default:
			wanted[name] = value
		}
	}
	if len(DiffAttributes(live.Attributes, wanted)) == 0 && !renew {
		b.plan.Summary.Unchanged++
		return
	}
	b.add(live, &sent, d, renameReason(live))
	c := &b.changes[len(b.changes)-1]
	if renew {
		c.Renew, c.Reason = true, renewalReason(live)
	}
	c.Attributes = DiffAttributes(live.Attributes, wanted)
	for i := range c.Attributes {
		c.Attributes[i].At = d.SourceOf(c.Attributes[i].Name)
	}
	if len(c.Attributes) == 1 {
		c.Source = c.Attributes[0].At
	}
}

// isAs reports whether live has all attributes that d manages, with the same values.
func (d *Desired) isAs(live *Live) bool {
	for name, value := range d.Attributes {
		if !value.IsZero() && !value.Equal(live.Attributes[name]) {
			return false
		}
	}
	return true
}

func (b *builder) notCompared(a addr.Address, attribute, reason string) {
	b.plan.NotCompared = append(b.plan.NotCompared, NotCompared{Address: a, Attribute: attribute, Reason: reason})
}

// add appends the change from before to after. Entry is the manifest's entry behind it, nil where there is none.
func (b *builder) add(before *Live, after, entry *Desired, reason string) {
	c := Change{Reason: reason}
	switch {
	case before == nil:
		c.Action = Create
	case after == nil:
		c.Action = Delete
	default:
		c.Action = Update
	}
	if before != nil {
		c.Address, c.Parent, c.ID, c.Before = before.Address, before.Parent, before.ID, &before.Resource
	}
	if after != nil {
		c.Address, c.Parent, c.After = after.Address, after.Parent, &after.Resource
	}
	if entry != nil {
		c.Source, c.Notes = entry.Source, entry.Noted()
	}
	if parent := b.liveAt(c.Parent); parent != nil {
		c.ParentID = parent.ID
	}
	if before == nil || after == nil {
		var from, to Attributes
		if before != nil {
			from = before.Attributes
		}
		if after != nil {
			to = after.Attributes
		}
		c.Attributes = DiffAttributes(from, to)
	}
	c.Manual = b.in.Knowledge.Manual(before, after, b.view)
	b.changes = append(b.changes, c)
}

// classifyLive decides what happens to live resources that the manifest does not list.
func (b *builder) classifyLive() {
	owned := &b.in.Manifest.Ownership
	deleted := map[addr.Address]int{}
	for i, c := range b.changes {
		if c.Action == Delete {
			deleted[c.Address] = i
		}
	}
	unexpected := map[addr.Address]int{}
	children := make([]int, 0, len(b.in.Snapshot.Resources))
	var parent addr.Address // children of one root mostly follow each other
	var isLive bool
	for i := range b.in.Snapshot.Resources {
		l := &b.in.Snapshot.Resources[i]
		if l.Parent != parent {
			parent, isLive = l.Parent, b.liveAt(l.Parent) != nil
		}
		switch {
		case isLive:
			children = append(children, i)
		case b.listed[i], !l.AnsweredBy.IsZero():
		case !owned.Owns(l.Address):
			b.plan.Unmanaged = append(b.plan.Unmanaged, l.Address)
		default:
			if prunes, unsure := owned.prunes(l); prunes || unsure {
				deleted[l.Address] = len(b.changes)
				b.add(l, nil, nil, "owned by ownership.include and not listed: ownership.prune is on")
				continue
			}
			unexpected[l.Address] = len(b.plan.Unexpected)
			b.plan.Unexpected = append(b.plan.Unexpected, Unexpected{Live: *l})
		}
	}
	for _, child := range children {
		l := &b.in.Snapshot.Resources[child]
		if i, goes := deleted[l.Parent]; goes {
			b.changes[i].With = append(b.changes[i].With, l.Address)
			continue
		}
		if i, is := unexpected[l.Parent]; is {
			b.plan.Unexpected[i].With = append(b.plan.Unexpected[i].With, l.Address)
			continue
		}
		parent := b.managing[child]
		if parent == nil || parent.Additive || b.listed[child] {
			continue
		}
		b.add(l, nil, nil, "not listed in the manifest")
		c := &b.changes[len(b.changes)-1]
		c.Source, c.Notes = parent.Source, parent.Noted()
	}
}

// block marks the changes that must not be made as blocked, and those that no call can make as manual.
func (b *builder) block() {
	reasons, named := ownWay(b.in.Caller.All(), b.in.Snapshot.Resources), b.namedByDesired()
	for i := range b.changes {
		c := &b.changes[i]
		switch forbidden := b.in.Manifest.Ownership.Forbids(c, b.liveAt); {
		case forbidden != "":
			c.Action, c.Reason = Blocked, forbidden
		case reasons[c.Root()] != "":
			c.Action, c.Reason = Blocked, reasons[c.Root()]
		case b.prunesUnsurely(c):
			c.Action, c.Reason = Blocked, unsureReason
		case c.After == nil && b.entry(c.Address) == nil && !named[c.Address].IsZero():
			c.Action, c.Reason = Blocked, fmt.Sprintf("%s names it, and the manifest keeps that", named[c.Address])
		case c.isForPerson():
			c.Action = ByHand
		}
	}
}

// namedByDesired returns, for each resource that goes and is not listed, the first of the wanted ones that are bound to it by its
// address.
func (b *builder) namedByDesired() map[addr.Address]addr.Address {
	going, named := map[string]addr.Address{}, map[addr.Address]addr.Address{}
	for i := range b.changes {
		if c := &b.changes[i]; c.After == nil && b.entry(c.Address) == nil {
			going[c.Address.String()] = c.Address
		}
	}
	if len(going) == 0 {
		return named
	}
	for i := range b.in.Desired {
		d := &b.in.Desired[i]
		for name := range d.Bindings {
			a, goes := going[name]
			if first := named[a]; goes && !d.Absent && (first.IsZero() || addr.Compare(d.Address, first) < 0) {
				named[a] = d.Address
			}
		}
	}
	return named
}

func (b *builder) liveAt(a addr.Address) *Live { return b.view.liveAt(a) }

// entry returns what the manifest says of a resource, nil where it says nothing.
func (b *builder) entry(a addr.Address) *Desired { return b.view.desiredAt(a) }

const unsureReason = "a cloud service may have made it, and no pattern of ownership.include begins with two characters of its name: " +
	"write `state: absent`, or exclude it"

// prunesUnsurely reports whether the change prunes a root that one of the cloud's services may have made.
func (b *builder) prunesUnsurely(c *Change) bool {
	l := b.liveAt(c.Address)
	if l == nil || c.After != nil || !c.Parent.IsZero() || b.entry(c.Address) != nil {
		return false
	}
	_, unsure := b.in.Manifest.Ownership.prunes(l)
	return unsure
}

// finish sorts and counts, and holds the plan against the limit on deletes.
func (b *builder) finish() {
	p := b.plan
	p.Changes = b.changes
	for i := range p.Changes {
		slices.SortFunc(p.Changes[i].With, addr.Compare)
	}
	if roots := b.takenFrom(); len(roots) > 0 {
		p.Unmanaged = slices.DeleteFunc(p.Unmanaged, func(root addr.Address) bool { return roots[root] })
	}
	unchanged := p.Summary.Unchanged
	p.Summary = Count(p.Changes)
	p.Summary.Unchanged, p.Summary.Unmanaged = unchanged, len(p.Unmanaged)
	p.Summary.Leaving, p.Summary.Rules = len(p.Leaving), len(p.Rules)
	slices.SortFunc(p.Unmanaged, addr.Compare)
	slices.SortFunc(p.Unexpected, func(x, y Unexpected) int { return addr.Compare(x.Address, y.Address) })
	for _, u := range p.Unexpected {
		slices.SortFunc(u.With, addr.Compare)
	}
	slices.SortFunc(p.NotCompared, func(x, y NotCompared) int {
		if c := addr.Compare(x.Address, y.Address); c != 0 {
			return c
		}
		return strings.Compare(x.Attribute, y.Attribute)
	})
	b.limitDeletes()
	b.checkRenewals()
}
