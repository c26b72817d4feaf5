package csms

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// Collapse implements [providers.Provider]: one entry for each region, sorted by region.
func (Provider) Collapse(live []plan.Live, _ *plan.Catalogue) map[string][]*plan.Node {
	var found []target
	for _, l := range live {
		if t, ok := targetOf(l.Address); ok && !l.ServiceMade {
			found = append(found, t)
		}
	}
	slices.SortFunc(found, func(a, b target) int {
		return cmp.Or(strings.Compare(a.region, b.region), strings.Compare(a.secretType, b.secretType))
	})
	var entries []*plan.Node
	for i, t := range found {
		if i == 0 || found[i-1].region != t.region {
			entries = append(entries, &plan.Node{Kind: plan.Map, Entries: []plan.Pair{
				{Key: "service", Value: plan.NewText(service)}, {Key: "region", Value: plan.NewText(t.region)},
				{Key: "secretTypes", Value: &plan.Node{Kind: plan.List}},
			}})
		}
		list := entries[len(entries)-1].Get("secretTypes")
		list.Items = append(list.Items, plan.NewText(t.secretType))
	}
	if entries == nil {
		return nil
	}
	return map[string][]*plan.Node{section: entries}
}
