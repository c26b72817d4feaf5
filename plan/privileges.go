package plan

import (
	"fmt"
	"slices"
	"strings"

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

// findWays adds a finding to each change that opens a new chain to everything. If the change creates the administrator grant at
// the end of the chain itself, another rule already reports it.
func (b *builder) findWays(chains []access.Chain) {
	index := make(map[string]int, len(b.plan.Changes))
	for i, c := range b.plan.Changes {
		if c.Action.Writes() {
			index[c.Address.String()] = i
		}
	}
	var alters []map[string]bool
	opened := map[int][]access.Chain{}
	for _, chain := range chains {
		if i, changes := index[chain.Through.String()]; changes && b.plan.Changes[i].Before == nil {
			continue
		}
		found := false
		for _, step := range chain.Path {
			if i, changes := index[step]; changes {
				opened[i] = append(opened[i], chain)
				found = true
			}
		}
		if found {
			continue
		}
		if alters == nil {
			alters = b.openedFor()
		}
		for i, principals := range alters {
			if slices.ContainsFunc(chain.Path, func(step string) bool { return principals[step] }) {
				opened[i] = append(opened[i], chain)
			}
		}
	}
	for i, chains := range opened {
		first := chains[0]
		message := fmt.Sprintf("opens a way to everything: %s → %s", strings.Join(first.Path, " → "), first.Through)
		if more := len(chains) - 1; more > 0 {
			message += fmt.Sprintf(", and by %d more ways", more)
		}
		c := &b.plan.Changes[i]
		c.Findings = append(c.Findings, Finding{
			Rule: RuleWayToEverything, Severity: High, Address: c.Address, Message: message,
			Hint: "take away what gives everything first, or trust somebody else with less",
		})
	}
}

// openedFor returns, for each change of the plan, the principals for whom it may open a chain: it lets them act as somebody
// else, gives them everything, or lifts a denial from them. Each new chain has such a change for one of its principals.
func (b *builder) openedFor() []map[string]bool {
	before, after := b.in.Snapshot.Catalogue, b.in.Snapshot.Catalogue.With(b.in.Entries...)
	all := make([]map[string]bool, len(b.plan.Changes))
	index := make(map[addr.Address]int, len(b.plan.Changes))
	alter := func(i int, old, now *Resource) {
		if old != nil {
			for _, e := range b.effects(*old, before) {
				all[i][e.Principal] = all[i][e.Principal] || e.Deny
			}
		}
		if now != nil {
			for _, e := range b.effects(*now, after) {
				all[i][e.Principal] = all[i][e.Principal] || !e.AboutActions() || e.Admin
			}
		}
	}
	for i := range b.plan.Changes {
		c := &b.plan.Changes[i]
		all[i] = map[string]bool{}
		if !c.Action.Writes() {
			continue
		}
		index[c.Address] = i
		alter(i, c.Before, c.After)
		for _, gone := range c.With {
			alter(i, &b.live[gone].Resource, nil)
		}
	}
	for i := range b.in.Snapshot.Resources {
		l := &b.in.Snapshot.Resources[i]
		for _, use := range l.Uses {
			if used, changes := index[use]; changes {
				alter(used, &l.Resource, &l.Resource)
			}
		}
	}
	return all
}
