package plan

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// privilegeDelta compares what principals may do before p and after all its writes. It also returns every new chain to
// everything. The input must be the one that p was built from.
func privilegeDelta(p *Plan, in Input) (access.Delta, []access.Chain) {
	if p.Writes() == 0 {
		return access.Delta{}, nil
	}
	return access.Compare(graphsOf(p, in))
}

// graphsOf returns the access before and after the writes of p, and the principals whose effects p touches.
func graphsOf(p *Plan, in Input) (before, after *access.Graph, touched map[string]bool) {
	catalogue, later := in.Snapshot.Catalogue, in.Snapshot.Catalogue.With(in.Entries...)
	effectsNow, effectsLater := in.Knowledge.Effects(catalogue), in.Knowledge.Effects(later)
	touched = map[string]bool{}
	touch := func(effects []access.Effect) []access.Effect {
		for _, e := range effects {
			touched[e.Principal] = true
		}
		return effects
	}
	gone, changed, made := map[addr.Address]bool{}, map[addr.Address]bool{}, map[addr.Address][]access.Effect{}
	for i := range p.Changes {
		c := &p.Changes[i]
		if !c.Action.Writes() {
			continue
		}
		changed[c.Address] = true
		gone[c.Address] = true
		for _, child := range c.With {
			gone[child] = true
		}
		if c.After != nil {
			made[c.Address] = touch(effectsLater(*c.After))
		}
	}
	before = access.NewGraph()
	kept := make([][]access.Effect, len(in.Snapshot.Resources)) // nil for deleted resources
	for i := range in.Snapshot.Resources {
		l := &in.Snapshot.Resources[i]
		effects := effectsNow(l.Resource)
		before.Add(l.Address, effects)
		switch {
		case gone[l.Address]:
			touch(effects)
		case slices.ContainsFunc(l.Uses, func(use addr.Address) bool { return changed[use] }):
			touch(effects)
			kept[i] = touch(effectsLater(l.Resource))
		default:
			kept[i] = effects
		}
	}
	before.Finish()
	after = access.NewOverlay(before, touched)
	for a, effects := range made {
		after.Add(a, effects)
	}
	for i, effects := range kept {
		if slices.ContainsFunc(effects, func(e access.Effect) bool { return touched[e.Principal] }) {
			after.Add(in.Snapshot.Resources[i].Address, effects)
		}
	}
	return before, after.Finish(), touched
}
