package lakeformation

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Collapse implements [providers.Provider]: one entry for each region, sorted, with its region and the types that are
// there.
func (Provider) Collapse(live []plan.Live, _ *plan.Catalogue) map[string][]*plan.Node {
	sorted := slices.Clone(live)
	slices.SortFunc(sorted, func(a, b plan.Live) int { return addr.Compare(a.Address, b.Address) })
	var entries []*plan.Node
	latest := ""
	for _, l := range sorted {
		region, agencyType, ok := parts(l.Address)
		if !ok {
			continue
		}
		if region != latest {
			latest = region
			entries = append(entries, &plan.Node{Kind: plan.Map, Entries: []plan.Pair{
				{Key: "service", Value: plan.NewText(service)}, {Key: "region", Value: plan.NewText(region)}, {Key: keyTypes, Value: &plan.Node{Kind: plan.List}},
			}})
		}
		types := entries[len(entries)-1].Get(keyTypes)
		types.Items = append(types.Items, plan.NewText(agencyType))
	}
	if entries == nil {
		return nil
	}
	return map[string][]*plan.Node{section: entries}
}
