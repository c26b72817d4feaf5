package plan

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// effectDelta is what one change does to the access that one root conveys.
type effectDelta struct {
	change int
	// gives and takes are allowed actions, denies and lifts are denied ones. Each holds only what differs.
	gives, takes, denies, lifts []access.Effect
}

func (a effectDelta) isEmpty() bool {
	return len(a.gives)+len(a.takes)+len(a.denies)+len(a.lifts) == 0
}

// add adds the difference between before and after.
func (a *effectDelta) add(before, after []access.Effect) {
	a.gives = append(a.gives, access.Without(after, before, false)...)
	a.takes = append(a.takes, access.Without(before, after, false)...)
	a.denies = append(a.denies, access.Without(after, before, true)...)
	a.lifts = append(a.lifts, access.Without(before, after, true)...)
}

// findUnchanged collects the live resources of the given roots that do not change.
func (o *orderer) findUnchanged(roots []addr.Address) {
	wanted := make(map[addr.Address]bool, len(roots))
	for _, root := range roots {
		wanted[root] = true
	}
	for i := range o.b.in.Snapshot.Resources {
		l := &o.b.in.Snapshot.Resources[i]
		root := l.Root()
		if !wanted[root] {
			continue
		}
		if _, changes := o.byAddr[l.Address]; !changes {
			o.unchanged[root] = append(o.unchanged[root], l)
		}
	}
}

// deltasOf returns what the plan's changes do to the access that root conveys, sorted by change: the changes of its children, its
// own update, and updates of resources that an unchanged child uses. A root that is deleted has none.
func (o *orderer) deltasOf(root addr.Address) []effectDelta {
	byChange := map[int]*effectDelta{}
	alter := func(change int, before, after []access.Effect) {
		a := byChange[change]
		if a == nil {
			a = &effectDelta{change: change}
			byChange[change] = a
		}
		a.add(before, after)
	}
	if i, changes := o.byAddr[root]; changes {
		if o.removes(i) {
			return nil
		}
		if o.updates(i) {
			alter(i, o.effects(o.changes[i].Before, o.before), o.effects(o.changes[i].After, o.after))
		}
	}
	for _, i := range o.children[root] {
		alter(i, o.effects(o.changes[i].Before, o.before), o.effects(o.changes[i].After, o.after))
	}
	for _, l := range o.unchanged[root] {
		for _, use := range l.Uses {
			if used, changes := o.byAddr[use]; changes && o.updates(used) {
				alter(used, o.effects(&l.Resource, o.before), o.effects(&l.Resource, o.after))
			}
		}
	}
	var deltas []effectDelta
	for _, a := range byChange {
		if !a.isEmpty() {
			deltas = append(deltas, *a)
		}
	}
	slices.SortFunc(deltas, func(x, y effectDelta) int { return x.change - y.change })
	return deltas
}

func (o *orderer) effects(r *Resource, catalogue *Catalogue) []access.Effect {
	if r == nil {
		return nil
	}
	return o.b.effects(*r, catalogue)
}
