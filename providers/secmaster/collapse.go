package secmaster

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Collapse implements [providers.Provider]: one entry for each project, sorted by address. An authorization whose roles
// could not be read is left out, because an entry without roles would mean that it has none.
func (Provider) Collapse(live []plan.Live, _ *plan.Catalogue) map[string][]*plan.Node {
	var found []plan.Live
	for _, l := range live {
		if _, ok := projectOf(l.Address); ok && !l.ServiceMade && !l.Attributes[roles].IsZero() {
			found = append(found, l)
		}
	}
	slices.SortFunc(found, func(a, b plan.Live) int { return addr.Compare(a.Address, b.Address) })
	var entries []*plan.Node
	for _, l := range found {
		project, _ := projectOf(l.Address)
		region, _ := l.Settings[settingRegion].AsString()
		entry := &plan.Node{Kind: plan.Map, Entries: []plan.Pair{
			{Key: "service", Value: plan.NewText(service)}, {Key: "region", Value: plan.NewText(region)},
		}}
		if project != region {
			entry.Entries = append(entry.Entries, plan.Pair{Key: "project", Value: plan.NewText(project)})
		}
		names, _ := l.Attributes[roles].AsSet()
		list := &plan.Node{Kind: plan.List}
		for _, name := range names {
			list.Items = append(list.Items, plan.NewText(name))
		}
		entry.Entries = append(entry.Entries, plan.Pair{Key: roles, Value: list})
		entries = append(entries, entry)
	}
	if entries == nil {
		return nil
	}
	return map[string][]*plan.Node{section: entries}
}

// projectOf returns the project of an authorization; ok is false for any other address.
func projectOf(a addr.Address) (project string, ok bool) {
	if a.Type() != typ { // most are not, and the rest costs memory
		return "", false
	}
	segments := a.Segments()
	if len(segments) != 2 || segments[0] != addr.Plain(service) || segments[1].Qualifier != "" {
		return "", false
	}
	return segments[1].Text, true
}
