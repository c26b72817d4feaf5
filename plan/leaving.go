package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Leaving is a resource that the base lists and the manifest does not, and that is live or may be. Of an entry with exact
// children only the root is listed, because they are part of it.
type Leaving struct {
	Address addr.Address `json:"address"`
	Fate    Fate         `json:"fate"`
	// Source is where the base lists it.
	Source Position `json:"source,omitzero"`
	// Principals are those who may act as a root that stays, and With are its children, sorted. Both are live state.
	Principals []string       `json:"principals,omitempty"`
	With       []addr.Address `json:"with,omitempty"`
	// Reason says why it stays; empty where it does not.
	Reason string `json:"reason,omitempty"`
	// Findings are about what is still there after the plan, its children and what it answered for in the base: nobody manages these any
	// more. Some are also among Plan.Findings or Unexpected, which say the same without a base.
	Findings []Finding `json:"findings,omitempty"`
}

// Fate is what becomes of a resource that leaves the manifest.
type Fate string

// The fates. The zero Fate is invalid. The first three are the action of a change that the plan has for the resource.
const (
	FateDeleted Fate = "delete"
	FateByHand  Fate = "manual"
	FateBlocked Fate = "blocked"
	// FateStays: the plan does not touch it.
	FateStays Fate = "stays"
	// FateNotRead: the plan does not touch it, and whether it is there was not read.
	FateNotRead Fate = "notRead"
)

// UnmarshalText implements [encoding.TextUnmarshaler].
func (f *Fate) UnmarshalText(text []byte) error {
	switch fate := Fate(text); fate {
	case FateDeleted, FateByHand, FateBlocked, FateStays, FateNotRead:
		*f = fate
		return nil
	}
	return fmt.Errorf("%.20q is no fate", text)
}

// remains reports whether the resource is there after the plan: what is blocked, or left to a person, is until somebody does it.
func (l *Leaving) remains() bool {
	return l.Fate == FateStays || l.Fate == FateBlocked || l.Fate == FateByHand
}

// Untouched reports whether the plan has no change for the resource.
func (l *Leaving) Untouched() bool { return l.Fate == FateStays || l.Fate == FateNotRead }

// BesideAdditive is why a child of an additive entry stays.
const BesideAdditive = "nothing takes away what is beside an additive entry"

// NoBase is the warning of a plan against a base that does not have the account: nothing that leaves, and no rule that is weaker, can be
// told.
const NoBase = "the base does not have this account, and counts as empty"

// findLeaving lists what the base lists and the manifest does not. Tombstones count: where the resource is still live, nobody asks
// for its delete any more. It needs the final actions.
func (b *builder) findLeaving() {
	if b.in.Base == nil {
		return
	}
	if b.in.Base.Missing {
		b.plan.Warnings = append(b.plan.Warnings, NoBase)
	}
	changes := map[addr.Address]*Change{}
	for i := range b.changes {
		changes[b.changes[i].Address] = &b.changes[i]
	}
	additive := map[addr.Address]bool{}
	for i := range b.in.Base.Desired {
		if d := &b.in.Base.Desired[i]; d.Additive {
			additive[d.Address] = true
		}
	}
	renamed, was := map[addr.Address]addr.Address{}, map[addr.Address]addr.Address{}
	for i := range b.in.Snapshot.Resources {
		if l := &b.in.Snapshot.Resources[i]; !l.Was.IsZero() {
			renamed[l.Was] = l.Address
		}
	}
	if b.in.Base.Snapshot != nil {
		for i := range b.in.Base.Snapshot.Resources {
			if l := &b.in.Base.Snapshot.Resources[i]; !l.Was.IsZero() { // the base renames it too
				was[l.Address] = l.Was
			}
		}
	}
	for i := range b.in.Base.Desired {
		d := &b.in.Base.Desired[i]
		a := cmp.Or(was[d.Address], d.Address)
		a = cmp.Or(renamed[a], a)
		if b.entry(a) != nil || !d.Parent.IsZero() && b.goesWithRoot(a, d.Parent, changes, additive) {
			continue
		}
		l := Leaving{Address: a, Fate: FateStays, Source: d.Source}
		switch c := changes[a]; {
		case c != nil:
			l.Fate = Fate(c.Action.String())
		case !b.in.Snapshot.Covers(a):
			l.Fate = FateNotRead
		case b.liveAt(a) == nil:
			continue // it left the account too
		default:
			b.describeStaying(&l)
		}
		b.plan.Leaving = append(b.plan.Leaving, l)
	}
	slices.SortFunc(b.plan.Leaving, func(x, y Leaving) int { return addr.Compare(x.Address, y.Address) })
}

// describeStaying says of a resource that stays who may act as it, what it has, and why it stays.
func (b *builder) describeStaying(l *Leaving) {
	a, owned := l.Address, &b.in.Manifest.Ownership
	is := b.liveAt(a)
	switch {
	case !is.Parent.IsZero():
		l.Reason = BesideAdditive
		return
	case b.isLeftOut(a):
		l.Reason = "its delete is left out"
	case !addr.MatchAny(owned.Include, a):
		l.Reason = "no pattern of ownership.include owns it"
	case addr.MatchAny(owned.Exclude, a):
		l.Reason = "ownership.exclude leaves it alone"
	case is.ServiceMade:
		l.Reason = "a cloud service made it"
	case !owned.Prune:
		l.Reason = "ownership.prune is off"
	default:
		l.Reason = "it is part of what the manifest keeps"
	}
	l.Principals = b.principals(a, nil)
	for _, child := range b.view.children()[a] {
		l.With = append(l.With, child.Address)
	}
}

// judgeLeaving sets the findings about what leaves the manifest and stays, but for those that a change brings. It needs the changes with
// their findings, and what these add to the catalogue. Made has the changes by what they write.
func (b *builder) judgeLeaving(entries []CatalogueEntry, made map[addr.Address]int, accept *acceptor) {
	about := b.judgedLeaving(made)
	if len(about) == 0 {
		return
	}
	var resources []*Resource
	roots := map[addr.Address]bool{}
	for i := range b.in.Snapshot.Resources {
		l := &b.in.Snapshot.Resources[i]
		if _, judged := about[l.Address]; !judged {
			continue
		}
		resources = append(resources, &l.Resource)
		if _, judged := about[l.Parent]; l.Parent.IsZero() || judged || roots[l.Parent] {
			continue
		}
		roots[l.Parent] = true
		if k, changes := made[l.Parent]; changes && b.plan.Changes[k].After != nil {
			resources = append(resources, b.plan.Changes[k].made())
		} else if root := b.liveAt(l.Parent); root != nil {
			resources = append(resources, &root.Resource)
		}
	}
	brought := map[Finding]bool{}
	for i := range b.plan.Changes {
		for _, f := range b.plan.Changes[i].Findings {
			brought[f] = true
		}
	}
	all := b.in.Knowledge.Assess(resources, b.in.Manifest, b.in.Snapshot.Catalogue.With(entries...))
	for _, f := range slices.Concat(all, b.in.Findings) {
		if i, judged := about[f.Address]; judged && !brought[f] {
			b.plan.Leaving[i].Findings = append(b.plan.Leaving[i].Findings, f)
		}
	}
	for i := range b.plan.Leaving {
		l := &b.plan.Leaving[i]
		l.Findings = SortFindings(accept.label(accept.mark(l.Findings, true)))
	}
}

// judgedLeaving returns, for each live resource that leaves the manifest and stays, the place of what is said of it in Plan.Leaving: that
// of its root where this leaves too.
func (b *builder) judgedLeaving(made map[addr.Address]int) map[addr.Address]int {
	about := map[addr.Address]int{}
	note := func(a addr.Address, i int) {
		_, known := about[a]
		if k, written := made[a]; known || written && b.plan.Changes[k].After == nil {
			return
		}
		about[a] = i
	}
	whole := func(root addr.Address, i int) {
		note(root, i)
		for _, child := range b.view.children()[root] {
			note(child.Address, i)
		}
	}
	places := map[addr.Address]int{}
	for i := range b.plan.Leaving {
		l := &b.plan.Leaving[i]
		if is := b.liveAt(l.Address); l.remains() && !b.isLeftOut(l.Address) && is != nil && is.Parent.IsZero() {
			places[l.Address] = i
			whole(l.Address, i)
		}
	}
	for i := range b.plan.Leaving {
		if l := &b.plan.Leaving[i]; l.remains() && !b.isLeftOut(l.Address) {
			note(l.Address, i)
		}
	}
	if b.in.Base == nil || b.in.Base.Snapshot == nil {
		return about
	}
	for i := range b.in.Base.Snapshot.Resources {
		l := &b.in.Base.Snapshot.Resources[i]
		if k, leaves := places[l.AnsweredBy]; leaves && b.liveAt(l.Address) != nil && b.entry(l.Address) == nil {
			whole(l.Address, k)
		}
	}
	return about
}

// goesWithRoot reports whether the child of a root needs no word of its own: it is revoked by a change, also by one that is left
// out, or its root leaves with all of it.
func (b *builder) goesWithRoot(child, parent addr.Address, changes map[addr.Address]*Change, additive map[addr.Address]bool) bool {
	if changes[child] != nil || b.isLeftOut(child) {
		return true
	}
	if root := changes[parent]; root != nil && root.After == nil {
		return true
	}
	return b.entry(parent) == nil && !additive[parent]
}

// Remark is something in the manifest that can go, because it has no effect any more. It is no difference.
type Remark struct {
	Kind RemarkKind `json:"kind"`
	// Address is that of a resource; of an acceptance, its pattern.
	Address addr.Pattern `json:"address"`
	// Rule is the rule of an acceptance.
	Rule   string   `json:"rule,omitempty"`
	Source Position `json:"source,omitzero"`
}

// RemarkKind says what can go.
type RemarkKind string

// The kinds. The zero RemarkKind is invalid.
const (
	// RemarkTombstone: the entry says that the resource is to be absent, and it is.
	RemarkTombstone RemarkKind = "done-tombstone"
	// RemarkRename: the entry names what it was called before, and nothing of that name is there.
	RemarkRename RemarkKind = "done-rename"
	// RemarkAcceptance: the acceptance covers no finding. It would hide a risk that comes later.
	RemarkAcceptance RemarkKind = "unused-acceptance"
)

// UnmarshalText implements [encoding.TextUnmarshaler].
func (k *RemarkKind) UnmarshalText(text []byte) error {
	switch kind := RemarkKind(text); kind {
	case RemarkTombstone, RemarkRename, RemarkAcceptance:
		*k = kind
		return nil
	}
	return fmt.Errorf("%.20q is no kind of remark", text)
}

// remarkDone says of a tombstone whose resource is gone that it can go. One of a child is a lasting rule about its root.
func (b *builder) remarkDone(d *Desired) {
	if !d.Parent.IsZero() {
		return
	}
	kind := RemarkTombstone
	if !d.ReplacedBy.IsZero() {
		kind = RemarkRename
	}
	b.remark(kind, d.Address, d.Source)
}

func (b *builder) remark(kind RemarkKind, about addr.Address, at Position) {
	b.plan.Remarks = append(b.plan.Remarks, Remark{Kind: kind, Address: addr.Exactly(about), Source: at})
}

// sortRemarks sorts by place in the manifest, then by what it is about.
func sortRemarks(all []Remark) {
	slices.SortFunc(all, func(x, y Remark) int {
		return cmp.Or(ComparePositions(x.Source, y.Source), strings.Compare(x.Address.String(), y.Address.String()),
			strings.Compare(x.Rule, y.Rule))
	})
}
