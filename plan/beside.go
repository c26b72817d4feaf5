package plan

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Beside are live children of a root that the manifest does not list and leaves alone; sorted.
type Beside struct {
	Address  addr.Address
	Children []addr.Address
}

// besides returns, sorted by root, the live children that the manifest leaves alone and that no change of the plan is about.
func besides(p *Plan, view *View, desired []Desired) []Beside {
	var all []Beside
	for i := range desired {
		d := &desired[i]
		if !d.Additive {
			continue
		}
		var children []addr.Address
		for _, l := range view.Children(d.Address) {
			isOf := func(c Change) bool { return c.Address == l.Address || slices.Contains(c.With, l.Address) }
			if view.Desired(l.Address) == nil && !slices.ContainsFunc(p.Changes, isOf) {
				children = append(children, l.Address)
			}
		}
		if len(children) > 0 {
			slices.SortFunc(children, addr.Compare)
			all = append(all, Beside{Address: d.Address, Children: children})
		}
	}
	slices.SortFunc(all, func(x, y Beside) int { return addr.Compare(x.Address, y.Address) })
	return all
}
