package fabric

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// policyBinding begins the name of a binding to the catalogue's entry of a policy, whose content a plan relies on.
const policyBinding = "policy:"

// Resolve implements [providers.Provider]. What the service requires is part of what is desired, listed or not, because
// it cannot be had without. A policy that the service does not offer is a warning: the list is the service's own and grows.
func (p Provider) Resolve(desired []plan.Desired, m *plan.Manifest, catalogue *plan.Catalogue) (providers.Resolution, []plan.Problem) {
	own := providers.Within(desired, p.Prefix())
	problems := p.ResolveStated(own, m, catalogue)
	for i := range own {
		d := &own[i]
		region, ok := p.PlaceOf(d.Address)
		if d.Absent || !ok {
			continue
		}
		offered, required := offerOf(catalogue, region)
		wanted := policiesOf(&d.Resource)
		if len(offered) > 0 {
			for _, policy := range without(wanted, offered) {
				if !slices.Contains(knownPolicies, policy) {
					continue // Expand has warned
				}
				problems = append(problems, p.notOffered(*d, policy, region, offered))
			}
		}
		d.Attributes = maps.Clone(d.Attributes)
		d.Attributes[policies] = plan.SetValue(append(wanted, required...)...)
		d.Bindings = maps.Clone(d.Bindings)
		for _, policy := range policiesOf(&d.Resource) {
			if e, err := policyIn(catalogue, region, policy); err == nil {
				if d.Bindings == nil {
					d.Bindings = map[string]string{}
				}
				d.Bindings[policyBinding+policy] = e.ID
			}
		}
	}
	return providers.Resolution{Desired: own}, problems
}

func (p Provider) notOffered(d plan.Desired, policy, region string, offered []string) plan.Problem {
	hint := plan.DidYouMean(policy, offered)
	if hint == "" {
		hint = "leave it if the service has a policy of that name by the time of the apply"
	}
	return plan.Problem{
		At:      d.SourceOf(policies),
		Summary: "policy not on offer",
		Detail:  fmt.Sprintf("%s does not offer the policy %q in %s", p.Title, policy, region),
		Hint:    hint,
		Warning: true,
	}
}

// offerOf returns which policies the service offers in a region, and which of them it requires; sorted, and both empty
// where it did not tell.
func offerOf(catalogue *plan.Catalogue, region string) (offered, required []string) {
	for _, name := range catalogue.Names(kindPolicy) {
		e, err := policyIn(catalogue, region, name)
		if err != nil {
			continue
		}
		offered = append(offered, name)
		var document policyDocument
		if json.Unmarshal(e.Document, &document) == nil && document.Required {
			required = append(required, name)
		}
	}
	return offered, required
}

func policyIn(catalogue *plan.Catalogue, region, name string) (plan.CatalogueEntry, error) {
	return catalogue.Lookup(kindPolicy, plan.Reference{Qualifier: region, Name: name})
}
