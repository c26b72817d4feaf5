package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// needsOf returns [Role.Needs]: what the entry of r depends on, and what that depends on. One that the catalogue does not have is judged
// by its name alone. A custom role has no member Depends.
//
// API: "Querying the Role List" (roles[].policy.Depends: catalog, display_name).
func needsOf(r Role, e plan.CatalogueEntry, catalogue *plan.Catalogue) (needs []Role) {
	known := map[string]bool{strings.ToLower(e.Name): true}
	for queue := DependsOn(e.Document); len(queue) > 0; queue = queue[1:] {
		name := queue[0]
		if known[strings.ToLower(name)] {
			continue
		}
		known[strings.ToLower(name)] = true
		need := Role{Title: fmt.Sprintf("%q, which %s needs beside it,", name, r.Title), System: true, DisplayName: name}
		found := slices.DeleteFunc(slices.Clone(catalogue.Named(e.Kind, name)), func(e plan.CatalogueEntry) bool { return e.Qualifier != System })
		if len(found) == 0 {
			needs = append(needs, need)
		}
		for _, entry := range found {
			need.Name, need.Document = entry.InternalName, entry.Document
			needs, queue = append(needs, need), append(queue, DependsOn(entry.Document)...)
		}
	}
	slices.SortStableFunc(needs, func(x, y Role) int { return strings.Compare(x.Title, y.Title) })
	return needs
}

// DependsOn returns the display names of the roles that a document depends on, in its order. The cloud does not grant them along.
func DependsOn(document []byte) (names []string) {
	if !json.Valid(document) {
		return nil
	}
	members, _ := membersOf(document)
	lists, _ := named(members, "Depends")
	for _, list := range lists {
		items, _ := elements(list)
		for _, item := range items {
			fields, _ := membersOf(item)
			values, _ := named(fields, "display_name")
			for _, value := range values {
				var name string
				if json.Unmarshal(value, &name) == nil && name != "" {
					names = append(names, name)
				}
			}
		}
	}
	return names
}
