package plan

import (
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
		before: b.in.Snapshot.Catalogue, after: b.in.Snapshot.Catalogue.With(b.in.Entries...),
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
// uses another comes after the creation or update of that one, and is removed before that one is updated or removed.
func (o *orderer) structure() {
	for i, c := range o.changes {
		if p, ok := o.byAddr[c.Parent]; ok && o.adds(p) {
			o.need(i, p)
		}
		if d := o.b.desired[c.Address]; d != nil && !o.removes(i) {
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
			live := o.b.live[gone]
			for _, use := range live.Uses {
				if used, ok := o.byAddr[use]; ok && !o.adds(used) {
					o.need(used, i)
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
