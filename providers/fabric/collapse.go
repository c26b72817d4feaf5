package fabric

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Collapse implements [providers.Provider]: one entry for each region, sorted, with its region and all its policies, also
// those that the service requires today.
func (Provider) Collapse(live []plan.Live, _ *plan.Catalogue) map[string][]*plan.Node {
	sorted := slices.Clone(live)
	slices.SortFunc(sorted, func(a, b plan.Live) int { return addr.Compare(a.Address, b.Address) })
	var entries []*plan.Node
	for _, l := range sorted {
		name, ok := regionOf(l.Address)
		if !ok {
			continue
		}
		list := &plan.Node{Kind: plan.List}
		for _, policy := range policiesOf(l.Resource) {
			list.Items = append(list.Items, plan.NewText(policy))
		}
		entries = append(entries, &plan.Node{Kind: plan.Map, Entries: []plan.Pair{
			{Key: "service", Value: plan.NewText(service)}, {Key: "region", Value: plan.NewText(name)}, {Key: policies, Value: list},
		}})
	}
	if entries == nil {
		return nil
	}
	return map[string][]*plan.Node{section: entries}
}
