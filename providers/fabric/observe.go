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
	// offered: the service answered.
	offered bool
}

// Observe implements [providers.Remote]. It reads the regions that are covered, one call each.
func (r *remote) Observe(ctx context.Context, request providers.ObserveRequest) (*providers.Observation, error) {
	run, dir := runOf(request.Run, request.Coverage), directory.Of(request.Lists, r.Client)
	owned, err := r.Owned(ctx, run.Run, dir, r.known.Provider, request.Coverage)
	if err != nil {
		return nil, err
	}
	addresses := slices.Concat(r.known.ToRead(request, serviceagency.RootAlone), owned.Addresses(request))
	regions := make([]region, len(addresses))
	reads := make([]func(context.Context) error, len(addresses))
	for i, address := range addresses {
		reads[i] = func(ctx context.Context) error {
			atRoot := func(err error) error {
				return serviceagency.AtRoots(err, request.Coverage.Roots, func(a addr.Address) bool { return a == address })
			}
			name, _ := r.known.PlaceOf(address)
			project, err := run.RegionProject(ctx, dir, name)
			if err != nil {
				return atRoot(err)
			}
			regions[i].at = site{name, project}
			regions[i].state, err = r.read(ctx, regions[i].at)
			regions[i].offered, err = owned.Judge(name, atRoot(err))
			return err
		}
	}
	if err := directory.Together(ctx, reads...); err != nil {
		return nil, err
	}
	if err := owned.Err(); err != nil {
		return nil, err
	}
	observation := &providers.Observation{Run: run, NotRead: owned.NotRead()}
	for _, read := range regions {
		if !read.offered {
			continue
		}
		observation.Coverage = append(observation.Coverage, addr.Exactly(r.known.Address(read.at.region)))
		observation.Entries = append(observation.Entries, read.entries()...)
		if read.state.isThere() {
			observation.Resources = append(observation.Resources, r.live(read, run))
		}
	}
	return observation, nil
}

// live is the canonical form of what a region reads.
func (r *remote) live(read region, run *run) plan.Live {
	enabled := run.visible(read.at.region, read.state)
	live := plan.Live{Resource: plan.Resource{
		Address:    r.known.Address(read.at.region),
		Attributes: plan.Attributes{policies: plan.SetValue(enabled...), authorized: plan.BoolValue(read.state.authorized)},
		Settings:   plan.Attributes{serviceagency.SettingAgency: plan.StringValue(read.state.agency)},
	}}
	if read.state.unclear {
		live.Unreadable = []string{authorized}
		delete(live.Attributes, authorized)
	}
	return live
}

// entries are the catalogue's entries of a region.
func (read region) entries() []plan.CatalogueEntry {
	entries := []plan.CatalogueEntry{{Kind: kindAgency, Name: read.at.region, ID: read.at.region, InternalName: read.state.agency}}
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
