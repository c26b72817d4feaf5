package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

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
