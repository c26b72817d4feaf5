package plan

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// act is what one change does to the access that one root conveys.
type act struct {
	change int
	// gives and takes are allowed actions, denies and lifts are denied ones; each only as far as the change alters it.
	gives, takes, denies, lifts []access.Effect
}

func (a act) isNothing() bool {
	return len(a.gives)+len(a.takes)+len(a.denies)+len(a.lifts) == 0
}

// alter adds to a what the step from before to after does.
func (a *act) alter(before, after []access.Effect) {
	a.gives = append(a.gives, access.Without(after, before, false)...)
	a.takes = append(a.takes, access.Without(before, after, false)...)
	a.denies = append(a.denies, access.Without(after, before, true)...)
	a.lifts = append(a.lifts, access.Without(before, after, true)...)
}

// keep notes which live resources of the given roots stay as they are.
func (o *orderer) keep(roots []addr.Address) {
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
			o.kept[root] = append(o.kept[root], l)
		}
	}
}

// actsOf returns what the plan's changes do to the access that root conveys: those of its children, its own update, and
// those of what a child that stays refers to. Sorted by change. A root that goes has none: its children go with it.
func (o *orderer) actsOf(root addr.Address) []act {
	byChange := map[int]*act{}
	alter := func(change int, before, after []access.Effect) {
		a := byChange[change]
		if a == nil {
			a = &act{change: change}
			byChange[change] = a
		}
		a.alter(before, after)
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
	for _, l := range o.kept[root] {
		for _, use := range l.Uses {
			if used, changes := o.byAddr[use]; changes && o.updates(used) {
				alter(used, o.effects(&l.Resource, o.before), o.effects(&l.Resource, o.after))
			}
		}
	}
	var acts []act
	for _, a := range byChange {
		if !a.isNothing() {
			acts = append(acts, *a)
		}
	}
	slices.SortFunc(acts, func(x, y act) int { return x.change - y.change })
	return acts
}

func (o *orderer) effects(r *Resource, catalogue *Catalogue) []access.Effect {
	if r == nil {
		return nil
	}
	return o.b.effects(*r, catalogue)
}
