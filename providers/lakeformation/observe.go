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

// observing is one observation under way.
type observing struct {
	*remote
	request providers.ObserveRequest
	run     *serviceagency.Run
	dir     *directory.Directory
	owned   *serviceagency.Owned
}

// found is what was read of one type in one region.
type found struct {
	address addr.Address
	at      site
	state   state
	exists  existence
	// refused is why an unlisted type could not be read: the region does not know it.
	refused error
	// offered: the service answered in the region.
	offered bool
}

// Observe implements [providers.Remote]. It reads every type in the regions that are covered, one call each, and
// looks into IAM where the service does not tell all.
func (r *remote) Observe(ctx context.Context, request providers.ObserveRequest) (*providers.Observation, error) {
	o := observing{remote: r, request: request, run: runOf(request.Run, request.Coverage), dir: directory.Of(request.Lists, r.Client)}
	var err error
	if o.owned, err = r.Owned(ctx, o.run, o.dir, r.known.Provider, request.Coverage); err != nil {
		return nil, err
	}
	addresses := slices.Concat(o.addresses(), o.owned.Addresses(request))
	all := make([]found, len(addresses))
	reads := make([]func(context.Context) error, len(addresses))
	for i, a := range addresses {
		reads[i] = func(ctx context.Context) (err error) {
			all[i], err = o.find(ctx, a)
			return err
		}
	}
	if err := directory.Together(ctx, reads...); err != nil {
		return nil, err
	}
	if err := o.owned.Err(); err != nil {
		return nil, err
	}
	observation := &providers.Observation{Run: o.run, NotRead: o.owned.NotRead()}
	for _, f := range all {
		if !f.offered {
			continue
		}
		o.add(observation, f)
	}
	return observation, nil
}

// addresses returns what is to be read: all types of the regions that are covered.
func (o observing) addresses() []addr.Address {
	return o.known.ToRead(o.request, func(root addr.Address) (all []addr.Address) {
		if region, _, ok := o.known.parts(root); ok {
			for _, t := range agencyTypes {
				all = append(all, o.known.Address(region, t.name))
			}
		}
		return all
	})
}

// find reads one type. One that nobody lists and that the region does not know is no failure, but it is told.
func (o observing) find(ctx context.Context, a addr.Address) (f found, err error) {
	region, agencyType, ok := o.known.parts(a)
	if !ok {
		return found{}, fmt.Errorf("%w: %s is no authorization of LakeFormation", providers.ErrInvalid, a)
	}
	atRegion := func(err error) error {
		return serviceagency.AtRoots(err, o.request.Coverage.Roots, func(other addr.Address) bool {
			its, _, ok := o.known.parts(other)
			return ok && its == region
		})
	}
	project, err := o.run.RegionProject(ctx, o.dir, region)
	if err != nil {
		return found{}, atRegion(err)
	}
	f = found{address: a, at: site{region, project, agencyType}}
	f.state, err = o.read(ctx, f.at)
	switch {
	case errors.Is(err, providers.ErrInvalid) && o.isUnasked(a):
		f.refused, f.exists, f.offered = err, isUnknown, true
		return f, nil
	case err != nil:
		f.offered, err = o.owned.Judge(region, atRegion(err))
		return f, err
	}
	f.offered = true
	f.exists, err = o.exists(ctx, o.run, o.dir, f.state, f.at)
	if f.exists == isBare && o.owned.IsApart(region) {
		f.exists = isNotThere
	}
	return f, err
}

// isUnasked reports whether a type is read only because another one of the region is listed.
func (o observing) isUnasked(a addr.Address) bool {
	return o.request.Only == nil && !o.request.Coverage.Has(a)
}

// add puts what was found into the observation.
func (o observing) add(into *providers.Observation, f found) {
	if f.exists == isUnknown || f.exists == isAssumed {
		into.NotRead = append(into.NotRead, plan.NotRead{Subject: f.address.String(), Reason: f.reason()})
	}
	if f.state.agency != "" {
		into.Entries = append(into.Entries, agencyEntry(f.at, f.state.agency))
	}
	if f.exists == isUnknown && o.isUnasked(f.address) {
		return // not covered: nothing can be said about it
	}
	into.Coverage = append(into.Coverage, addr.Exactly(f.address))
	if f.exists != isNotThere {
		into.Resources = append(into.Resources, f.live())
	}
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
func (f found) live() plan.Live {
	live := plan.Live{Resource: plan.Resource{Address: f.address, Attributes: plan.Attributes{}}}
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
	return live
}
