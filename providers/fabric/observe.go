package fabric

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// kindPolicy is the kind of the catalogue's entries for policies: one for each region and policy, qualified by the region,
// with a policyDocument.
const kindPolicy = "fabric-policy"

// region is what was read of one region.
type region struct {
	at    site
	state state
}

// Observe implements [providers.Remote]. It reads the regions that the manifest mentions, one call each, and who else
// uses the agency where it is to be withdrawn.
func (r *Remote) Observe(ctx context.Context, request providers.ObserveRequest) (*providers.Observation, error) {
	addresses := request.Only
	if addresses == nil {
		for _, d := range providers.Within(request.Desired, prefix) {
			addresses = append(addresses, d.Address)
		}
	}
	names := regionsOf(addresses)
	r.ledger.SkipEnterpriseProjects(serviceagency.SkipsEnterpriseProjects(request.Manifest))
	regions := make([]region, len(names))
	reads := make([]func(context.Context) error, len(names))
	for i, name := range names {
		reads[i] = func(ctx context.Context) (err error) {
			if regions[i].at, err = r.site(ctx, name); err != nil {
				return serviceagency.AtEntry(err, request.Desired, func(a addr.Address) bool { return a == Address(name) })
			}
			regions[i].state, err = r.read(ctx, regions[i].at)
			return err
		}
	}
	if err := directory.Together(ctx, reads...); err != nil {
		return nil, err
	}
	observation := &providers.Observation{}
	for _, read := range regions {
		pattern, err := addr.ParsePattern(Address(read.at.region).String())
		if err != nil {
			return nil, err
		}
		observation.Coverage = append(observation.Coverage, pattern)
		observation.Entries = append(observation.Entries, read.entries()...)
		if !read.state.isThere() {
			continue
		}
		live, err := r.live(ctx, request, regions, read)
		if err != nil {
			return nil, err
		}
		observation.Resources = append(observation.Resources, live)
	}
	if request.Only != nil {
		return observation, nil
	}
	var routes []serviceagency.Route
	for _, read := range regions {
		routes = append(routes, serviceagency.Route{Authorization: Address(read.at.region), Agency: read.state.agency})
	}
	title := serviceagency.Service{Name: displayName, Agency: agencyTitle}
	return serviceagency.FindHolds(ctx, directory.Of(ctx, r.client), request.Manifest.Ownership, title, routes, observation)
}

// live is the canonical form of what a region reads.
func (r *Remote) live(ctx context.Context, request providers.ObserveRequest, all []region, read region) (plan.Live, error) {
	enabled := read.state.enabled
	if request.Only != nil {
		enabled = r.visible(read.at.region, read.state)
	} else {
		r.forget(read.at.region)
	}
	live := plan.Live{Resource: plan.Resource{
		Address:    Address(read.at.region),
		Attributes: plan.Attributes{policies: plan.SetValue(enabled...), authorized: plan.BoolValue(read.state.authorized)},
	}}
	if read.state.unclear {
		live.Unreadable = []string{authorized}
		delete(live.Attributes, authorized)
	}
	if !serviceagency.Leaves(request, live.Address) {
		return live, nil
	}
	removal := serviceagency.Removal{
		Agency: read.state.agency, ProjectID: read.at.project, Leaving: map[string]string{},
		SkipEnterpriseProjects: serviceagency.SkipsEnterpriseProjects(request.Manifest),
	}
	for _, other := range all {
		switch {
		case other.at == read.at:
		case serviceagency.Leaves(request, Address(other.at.region)):
			if other.state.isThere() {
				removal.Leaving[other.at.region] = other.at.project
			}
		case other.state.isThere() || serviceagency.Wanted(request, Address(other.at.region)): // one that this very plan makes would lose its agency
			removal.Staying = append(removal.Staying, other.at.region)
		}
	}
	bindings, err := removal.Examine(ctx, directory.Of(ctx, r.client), request.Manifest.Ownership)
	live.Bindings = bindings
	return live, err
}

// entries are the catalogue's entries of a region.
func (read region) entries() []plan.CatalogueEntry {
	entries := make([]plan.CatalogueEntry, 0, len(read.state.actions))
	for name, actions := range read.state.actions {
		document, err := json.Marshal(policyDocument{actions, slices.Contains(read.state.required, name)})
		if err != nil {
			continue // texts always marshal
		}
		entries = append(entries, plan.CatalogueEntry{
			Kind: kindPolicy, Name: name, ID: read.at.region + "/" + name, Qualifier: read.at.region, Document: document,
		})
	}
	return plan.NewCatalogue(entries...).Entries()
}

// policyDocument is the document of an entry. Actions are null where the service did not tell them.
type policyDocument struct {
	Actions []string `json:"actions"`
	// Required says that the authorization cannot be had without the policy.
	Required bool `json:"required,omitempty"`
}
