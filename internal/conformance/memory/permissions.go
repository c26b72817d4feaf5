package memory

import (
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// Permissions implements [providers.Provider]. The actions are "memory:TYPE:VERB", and all are global. Boxes that list their
// items exactly may lose any.
func (Provider) Permissions(desired []plan.Desired, m *plan.Manifest) providers.Permissions {
	var all providers.Permissions
	for _, typ := range []string{typeBox, typeDoc, typeItem} {
		all.Read = append(all.Read, need("read what is there", typ+":list"))
		if len(providers.Makeable(desired, typ)) > 0 {
			all.Write = append(all.Write, need("make", typ+":create"))
		}
		for _, d := range providers.Changeable(desired, m, typ) {
			if typ != typeItem {
				all.Write = append(all.Write, need("change", typ+":update"))
			}
			if typ == typeBox && !d.Additive {
				all.Write = append(all.Write, need("remove items that are not listed", typeItem+":delete"))
			}
		}
		if providers.HasTombstones(desired, m, typ) || providers.MayPrune(m, typ) {
			all.Write = append(all.Write, need("delete", typ+":delete"))
		}
	}
	return all.Canonical()
}

func need(why, action string) providers.Permission {
	return providers.Permission{Action: "memory:" + action, Scope: providers.GlobalScope, Why: why}
}
