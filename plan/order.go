package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// The order of changes.
//
// Two bounds hold for what a principal may do in every state that an execution can reach, also one that stops half-way:
// never more than before ∪ after (the upper bound), and, for principals that survive, never less than before ∩ after (the
// lower bound). Edges for what resources are, and for the upper bound, are added first. Edges for the lower bound follow,
// each only where it closes no circle. Where it would, the upper bound wins and the plan names the gap.
//
// An edge is hard when the later change may run only if the earlier one succeeded. Any other edge is order only.

// orderer adds the edges of one plan.
type orderer struct {
	b       *builder
	changes []Change
	byAddr  map[addr.Address]int
	// children are the changes of a root's children, by root, in address order.
	children map[addr.Address][]int
	// hard and all hold the edges: all has the hard and the order-only ones.
	hard, all *graph
	confirms  map[int][]int
	// delayed marks the changes that wait for an explicit dependsOn.
	delayed map[int]bool
	// before and after are the catalogues of the two sides.
	before, after *Catalogue
	// unchanged are the live resources that do not change, by root, in snapshot order.
	unchanged map[addr.Address][]*Live
	deltas    map[addr.Address][]effectDelta
}

func (b *builder) order() {
	slices.SortFunc(b.changes, func(x, y Change) int { return addr.Compare(x.Address, y.Address) })
	o := &orderer{
		b: b, changes: b.changes,
		byAddr:   make(map[addr.Address]int, len(b.changes)),
		children: map[addr.Address][]int{},
		hard:     newGraph(len(b.changes)), all: newGraph(len(b.changes)),
		confirms: map[int][]int{}, delayed: map[int]bool{}, unchanged: map[addr.Address][]*Live{}, deltas: map[addr.Address][]effectDelta{},
		before: b.in.Snapshot.Catalogue, after: b.after,
	}
	for i, c := range b.changes {
		o.byAddr[c.Address] = i
		if !c.Parent.IsZero() {
			o.children[c.Parent] = append(o.children[c.Parent], i)
		}
	}
	o.structure()
	o.explicit()
	o.replacements()
	roots := o.roots()
	o.findUnchanged(roots)
	for _, root := range roots {
		o.deltas[root] = o.deltasOf(root)
		o.upperBound(root)
	}
	for _, root := range roots {
		o.lowerBound(root)
	}
	o.startLate()
	o.finish()
}

// roots returns, sorted, every root that changes, has a changing child, or has a child that refers to a resource whose content
// changes.
func (o *orderer) roots() []addr.Address {
	found := map[addr.Address]bool{}
	for _, c := range o.changes {
		found[c.Root()] = true
	}
	for i := range o.b.in.Snapshot.Resources {
		l := &o.b.in.Snapshot.Resources[i]
		for _, use := range l.Uses {
			if used, changes := o.byAddr[use]; changes && o.updates(used) {
				found[l.Root()] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(found), addr.Compare)
}

// need adds a hard edge: later runs only if earlier succeeded.
func (o *orderer) need(later, earlier int) {
	if later == earlier {
		return
	}
	o.hard.connect(later, earlier)
	o.all.connect(later, earlier)
}

func (o *orderer) adds(i int) bool    { return o.changes[i].Before == nil }
func (o *orderer) removes(i int) bool { return o.changes[i].After == nil }
func (o *orderer) updates(i int) bool { return !o.adds(i) && !o.removes(i) }

// structure adds the edges that follow from what resources are. A child comes after the creation of its parent. A resource that
// uses another comes after the creation or update of that one, and is removed before that one is updated or removed. A delete
// waits until these removals were read back: it would take along what is still there.
func (o *orderer) structure() {
	for i, c := range o.changes {
		if p, ok := o.byAddr[c.Parent]; ok && o.adds(p) {
			o.need(i, p)
		}
		if d := o.b.entry(c.Address); d != nil && !o.removes(i) {
			for _, dep := range d.DependsOn {
				if used, ok := o.byAddr[dep.On]; ok && dep.Implied && !o.removes(used) {
					o.need(i, used)
				}
			}
		}
		if !o.removes(i) {
			continue
		}
		for _, gone := range append([]addr.Address{c.Address}, c.With...) {
			live := o.b.liveAt(gone)
			for _, use := range live.Uses {
				if used, ok := o.byAddr[use]; ok && !o.adds(used) {
					o.need(used, i)
					if o.removes(used) && !slices.Contains(o.confirms[used], i) {
						o.confirms[used] = append(o.confirms[used], i)
					}
				}
			}
		}
	}
}

// explicit adds the edges of dependsOn. Creates and updates of a resource and its children come after those of the resource it
// depends on; its delete comes before the other's delete. No other delete waits.
func (o *orderer) explicit() {
	for i := range o.b.in.Desired {
		d := &o.b.in.Desired[i]
		for _, dep := range d.DependsOn {
			if dep.Implied {
				continue
			}
			mine, theirs := o.tree(d.Address), o.tree(dep.On)
			if len(mine) > 0 && o.adds(mine[0]) && o.changes[mine[0]].Parent.IsZero() {
				for _, m := range mine[1:] {
					o.delayed[m] = true
				}
				mine = mine[:1] // the children wait for their parent anyway
			}
			for _, m := range mine {
				for _, t := range theirs {
					switch {
					case !o.removes(m) && !o.removes(t):
						o.need(m, t)
						o.delayed[m] = true
					case o.removes(m) && o.removes(t) && o.changes[m].Parent.IsZero() && o.changes[t].Parent.IsZero():
						o.need(t, m)
					}
				}
			}
		}
	}
}

// tree returns the changes of the resource at a and of its children.
func (o *orderer) tree(a addr.Address) []int {
	var tree []int
	if i, ok := o.byAddr[a]; ok {
		tree = append(tree, i)
	}
	return append(tree, o.children[a]...)
}

// finish refuses circles, blocks the dependents of blocked changes, and writes the edges into the changes. It sorts the changes
// by step; within a step unproven creates come first, then by address.
func (o *orderer) finish() {
	for i := range o.changes {
		if o.b.isLeftOut(o.changes[i].Address) { // it will not run: it waits for nothing and closes no circle
			o.all.after[i], o.hard.after[i] = nil, nil
		}
	}
	for _, after := range o.all.after {
		slices.Sort(after) // the circle that is reported must not depend on the order of the input
	}
	levels, cycle := o.all.levels()
	if cycle != nil {
		path := make([]addr.Address, 0, len(cycle)+1)
		for _, i := range cycle {
			path = append(path, o.changes[i].Address)
		}
		path = append(path, path[0])
		o.b.problems = append(o.b.problems, Problem{
			At:      o.changes[cycle[0]].Source,
			Summary: "no safe order",
			Detail:  "each of these changes must wait for the next: " + arrows(path),
			Hint:    "apply the change in two steps, or remove a dependsOn",
		})
		levels = make([]int, len(o.changes))
	}
	for o.blockDependents(levels); o.blockWholes(); {
		o.blockDependents(levels)
	}
	if cycle == nil {
		levels = o.applyQuotas(o.b.in.Snapshot.Quotas, levels)
	}
	for i := range o.changes {
		c := &o.changes[i]
		for _, j := range o.all.after[i] {
			other := &o.changes[j]
			switch {
			case o.hard.has(i, j):
				c.DependsOn = append(c.DependsOn, other.Address)
			case other.Action.Writes() && c.Action.Writes():
				c.RunsAfter = append(c.RunsAfter, other.Address)
			}
		}
		for _, j := range o.confirms[i] {
			c.Confirms = append(c.Confirms, o.changes[j].Address)
		}
		slices.SortFunc(c.DependsOn, addr.Compare)
		slices.SortFunc(c.RunsAfter, addr.Compare)
		slices.SortFunc(c.Confirms, addr.Compare)
	}
	rank := make(map[addr.Address]int, len(o.changes))
	for i := range o.changes {
		c := &o.changes[i]
		rank[c.Address] = 2*levels[i] + 1
		if d := o.b.entry(c.Address); c.Before == nil && d.Unproven {
			rank[c.Address]-- // before the others of its step
		}
	}
	slices.SortFunc(o.changes, func(x, y Change) int {
		return cmp.Or(rank[x.Address]-rank[y.Address], addr.Compare(x.Address, y.Address))
	})
}

// blockDependents blocks every change that depends on a blocked, manual or left-out one.
func (o *orderer) blockDependents(levels []int) {
	sorted := make([]int, len(o.changes))
	for i := range sorted {
		sorted[i] = i
	}
	slices.SortStableFunc(sorted, func(x, y int) int { return levels[x] - levels[y] })
	missing := map[int]addr.Address{} // the left-out change behind a blocked one
	for o.blockDependentsOnce(sorted, missing); o.blockTaken(); {
		o.blockDependentsOnce(sorted, missing)
	}
}

func (o *orderer) blockDependentsOnce(sorted []int, missing map[int]addr.Address) {
	for _, i := range sorted {
		c := &o.changes[i]
		if !c.Action.Writes() {
			continue
		}
		held := slices.Clone(o.hard.after[i])
		slices.Sort(held)
		for _, j := range held {
			other := o.changes[j]
			if other.Action.Writes() || o.b.hasAll(&other) {
				continue
			}
			c.Action = Blocked
			left, indirect := missing[j]
			switch {
			case o.b.isLeftOut(other.Address):
				missing[i] = other.Address
				c.Reason = fmt.Sprintf("needs %s, which is %s", other.Address, o.b.leftOutBy(other.Address))
			case indirect:
				missing[i] = left
				c.Reason = fmt.Sprintf("needs %s, which is blocked: %s is %s", other.Address, left, o.b.leftOutBy(left))
			default:
				c.Reason = fmt.Sprintf("needs %s, which is %s", other.Address, other.Action)
			}
			break
		}
	}
}

// hasAll reports whether a resource that is left to a person has all that is wanted of it: it has more, and none of that is grave.
func (b *builder) hasAll(c *Change) bool {
	return c.Action == ByHand && c.Before != nil && c.After != nil && b.graveLeft(c) == nil &&
		!slices.ContainsFunc(c.Manual, func(m Manual) bool { return m.Attribute == "" }) &&
		!slices.ContainsFunc(c.Attributes, func(d AttributeChange) bool {
			was, _ := d.Before.AsSet()
			wanted, isSet := d.After.AsSet()
			return !isSet || len(subtract(wanted, was)) > 0
		})
}

// applyQuotas adds the edges that the quotas need, and returns the levels.
func (o *orderer) applyQuotas(quotas []Quota, levels []int) []int {
	changed := false
	for _, q := range quotas {
		changed = o.applyQuota(q) || changed
	}
	if changed {
		levels, _ = o.all.levels() // the new edges close no circle
	}
	return levels
}

// A renamed resource is two resources to the cloud: one to create, and a tombstone with ReplacedBy.

// renames returns the live resources that are replaced, by the address of the new one.
func (b *builder) renames() map[addr.Address]addr.Address {
	old := map[addr.Address]addr.Address{}
	for i := range b.in.Desired {
		if d := &b.in.Desired[i]; d.Absent && !d.ReplacedBy.IsZero() && b.liveAt(d.Address) != nil {
			old[d.ReplacedBy] = d.Address
		}
	}
	return old
}

// renameReason says what a rename in place keeps, "" where live is not renamed.
func renameReason(live *Live) string {
	if live.Was.IsZero() {
		return ""
	}
	return fmt.Sprintf("renamed in place from %s: it keeps its id and its grants", live.Was)
}

// tombstoneReason says why a tombstone's resource is deleted.
func tombstoneReason(d *Desired) string {
	switch {
	case !d.Parent.IsZero():
		return "must be absent by grantsAbsent"
	case d.ReplacedBy.IsZero():
		return "state: absent"
	}
	return fmt.Sprintf("renamed to %s, but the API cannot rename: deleted when the new one is seen to be complete", d.ReplacedBy)
}

// creationReason says why a resource is made that replaces old, "" where it replaces none.
func (b *builder) creationReason(old addr.Address) string {
	switch {
	case old.IsZero():
		return ""
	case b.in.Manifest.Ownership.Protects(old, old):
		return fmt.Sprintf("renamed from %s, which is protected: made anew beside it", old)
	}
	return fmt.Sprintf("renamed from %s, but the API cannot rename: made anew with another id, and the old one deleted last", old)
}

// replacements adds the edges of renames: the old resource is deleted after all changes of the new one were made and read back.
func (o *orderer) replacements() {
	for i := range o.b.in.Desired {
		d := &o.b.in.Desired[i]
		if !d.Absent || d.ReplacedBy.IsZero() {
			continue
		}
		old, changes := o.byAddr[d.Address]
		if !changes {
			continue
		}
		for _, made := range o.tree(d.ReplacedBy) {
			o.need(old, made)
			o.confirms[old] = append(o.confirms[old], made)
		}
	}
}
