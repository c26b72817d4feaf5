package lakeformation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// bindingUnknown marks a live resource that is only assumed to exist.
const bindingUnknown = "unknown"

// found is what was read of one type in one region.
type found struct {
	at     site
	state  state
	exists existence
	// refused is why an unlisted type could not be read: the region does not know it.
	refused error
}

// Observe implements [providers.Remote]. It reads every type in the regions that the manifest mentions, one call each, and
// looks into IAM where the service does not tell all.
func (r *Remote) Observe(ctx context.Context, request providers.ObserveRequest) (*providers.Observation, error) {
	addresses := slices.Clone(request.Only)
	if request.Only == nil {
		for _, d := range providers.Within(request.Desired, prefix) {
			addresses = append(addresses, d.Address)
		}
		addresses = everyType(addresses)
	}
	slices.SortFunc(addresses, addr.Compare)
	addresses = slices.Compact(addresses)
	r.ledger.SkipEnterpriseProjects(serviceagency.SkipsEnterpriseProjects(request.Manifest))
	all := make([]found, len(addresses))
	reads := make([]func(context.Context) error, len(addresses))
	for i, a := range addresses {
		reads[i] = func(ctx context.Context) (err error) {
			all[i], err = r.find(ctx, request, a)
			return err
		}
	}
	if err := directory.Together(ctx, reads...); err != nil {
		return nil, err
	}
	observation := &providers.Observation{}
	for _, f := range all {
		if err := r.add(ctx, observation, request, all, f); err != nil {
			return nil, err
		}
	}
	if request.Only != nil {
		return observation, nil
	}
	var routes []serviceagency.Route
	for _, f := range all {
		routes = append(routes, serviceagency.Route{Authorization: f.at.address(), Agency: f.state.agency})
	}
	title := serviceagency.Service{Name: displayName, Agency: agencyTitle}
	return serviceagency.FindHolds(ctx, directory.Of(ctx, r.client), request.Manifest.Ownership, title, routes, observation)
}

// find reads one type. One that nobody lists and that the region does not know is no failure, but it is told.
func (r *Remote) find(ctx context.Context, request providers.ObserveRequest, a addr.Address) (f found, err error) {
	if f.at, err = r.site(ctx, a); err != nil {
		region, _, _ := parts(a)
		return found{}, serviceagency.AtEntry(err, request.Desired, func(other addr.Address) bool {
			its, _, ok := parts(other)
			return ok && its == region
		})
	}
	f.state, err = r.read(ctx, f.at)
	switch {
	case errors.Is(err, providers.ErrInvalid) && request.Only == nil && !listed(request, a):
		f.refused, f.exists = err, isUnknown
		return f, nil
	case err != nil:
		return found{}, err
	}
	f.exists, err = r.exists(ctx, directory.Of(ctx, r.client), f.state, f.at)
	return f, err
}

// add puts what was found into the observation.
func (r *Remote) add(ctx context.Context, o *providers.Observation, request providers.ObserveRequest, all []found, f found) error {
	address := f.at.address()
	if f.exists == isUnknown || f.exists == isAssumed {
		o.NotRead = append(o.NotRead, plan.NotRead{Subject: address.String(), Reason: f.reason()})
	}
	if f.exists == isUnknown && request.Only == nil && !listed(request, address) {
		return nil // not covered: nothing can be said about it
	}
	pattern, err := addr.ParsePattern(address.String())
	if err != nil {
		return err
	}
	o.Coverage = append(o.Coverage, pattern)
	if f.exists == isNotThere {
		return nil
	}
	live, err := r.live(ctx, request, all, f)
	if err != nil {
		return err
	}
	o.Resources = append(o.Resources, live)
	return nil
}

// reason says why it is not known whether there is an agency.
func (f found) reason() string {
	switch {
	case f.refused != nil:
		return "the service does not know this type of agency in the region"
	case f.exists == isAssumed:
		return fmt.Sprintf("it lacks actions, and IAM does not tell whether the agency %s is this region's or another's", f.state.agency)
	case f.state.agency == "":
		return "the service tells neither whether it is authorized nor the name of its agency"
	}
	return fmt.Sprintf("the service does not tell whether it is authorized, and IAM does not let the agency %s be read", f.state.agency)
}

// live is the canonical form of what was found.
func (r *Remote) live(ctx context.Context, request providers.ObserveRequest, all []found, f found) (plan.Live, error) {
	live := plan.Live{Resource: plan.Resource{Address: f.at.address(), Attributes: plan.Attributes{}}}
	if f.state.agency != "" {
		live.Attributes[agency] = plan.StringValue(f.state.agency)
	}
	if f.state.told {
		live.Attributes[authorized] = plan.BoolValue(f.state.authorized)
	} else {
		live.Unreadable = append(live.Unreadable, authorized)
	}
	if f.state.toldMissing || f.state.told && f.state.authorized {
		live.Attributes[missing] = plan.SetValue(f.state.missing...)
	} else {
		live.Unreadable = append(live.Unreadable, missing)
	}
	if !serviceagency.Leaves(request, live.Address) {
		return live, nil
	}
	if f.exists == isUnknown || f.state.agency == "" {
		live.Bindings = map[string]string{bindingUnknown: f.at.agencyType}
		return live, nil
	}
	removal := serviceagency.Removal{
		Agency: f.state.agency, ProjectID: f.at.project, Leaving: map[string]string{},
		SkipEnterpriseProjects: serviceagency.SkipsEnterpriseProjects(request.Manifest),
	}
	for _, other := range all {
		switch {
		case other.at.agencyType != f.at.agencyType || other.at == f.at:
		case serviceagency.Leaves(request, other.at.address()):
			if other.exists == isThere {
				removal.Leaving[other.at.region] = other.at.project
			}
		case other.exists.isLikely() || serviceagency.Wanted(request, other.at.address()): // one that this very plan makes would lose its agency
			removal.Staying = append(removal.Staying, other.at.region)
		}
	}
	bindings, err := removal.Examine(ctx, directory.Of(ctx, r.client), request.Manifest.Ownership)
	live.Bindings = bindings
	return live, err
}

func listed(request providers.ObserveRequest, a addr.Address) bool {
	return slices.ContainsFunc(request.Desired, func(d plan.Desired) bool { return d.Address == a })
}
