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
	changed := map[addr.Address]bool{}
	for _, c := range p.Changes {
		changed[c.Address] = true
		for _, with := range c.With {
			changed[with] = true
		}
	}
	for i := range desired {
		d := &desired[i]
		if !d.Additive {
			continue
		}
		var children []addr.Address
		for _, l := range view.Children(d.Address) {
			if view.Desired(l.Address) == nil && !changed[l.Address] {
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
