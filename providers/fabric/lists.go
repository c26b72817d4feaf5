package fabric

import (
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// List implements [providers.Lister]: with the policies that are documented, and those that the service was read to offer.
func (p Provider) List(name string, s *plan.Snapshot) []plan.Listed {
	all := p.Provider.List(name, s)
	for i := range all {
		all[i].Attributes[policies] = plan.SetValue(append(s.Catalogue.Names(kindPolicy), knownPolicies...)...)
		delete(all[i].Attributes, serviceagency.AttributeNames) // there was no other
	}
	return all
}
