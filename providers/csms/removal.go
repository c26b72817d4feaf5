package csms

import (
	"context"
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// bind notes how an authorization that the manifest wants gone can be taken back. Found are all that there are.
func (o *observed) bind(ctx context.Context, live *plan.Live, found []plan.Live) error {
	t, _ := targetOf(live.Address)
	if !serviceagency.Leaves(o.request, live.Address) {
		return nil
	}
	own := o.remote.own(t.secretType)
	live.Bindings = map[string]string{}
	if _, exists := o.agencies[own.name]; own.guessed && !exists && o.unread == nil {
		live.Bindings[bindingUnknown] = "true"
		return nil
	}
	i := slices.IndexFunc(o.answers, func(a answer) bool { return a.target == t })
	projectID := o.answers[i].projectID
	removals := []serviceagency.Removal{{Agency: own.name, Role: roleOwn, Staying: o.staying(t, found, false), Leaving: o.leaving(t, found, false)}}
	if o.keepsAnotherType(t, found) {
		live.Bindings[bindingSharedHere] = "true"
	} else {
		removals = append(removals, serviceagency.Removal{Agency: SharedAgency, Role: roleShared, Staying: o.staying(t, found, true), Leaving: o.leaving(t, found, true)})
	}
	for _, removal := range removals {
		removal.ProjectID, removal.Optional = projectID, true
		removal.SkipEnterpriseProjects = serviceagency.SkipsEnterpriseProjects(o.request.Manifest)
		bindings, err := removal.Examine(ctx, o.dir, o.request.Manifest.Ownership)
		if err != nil {
			return err
		}
		maps.Copy(live.Bindings, bindings)
	}
	return nil
}

// staying returns the other regions that need an agency of t: those in which its type, or any type, is and is not to go,
// or is to come.
func (o *observed) staying(t target, found []plan.Live, anyType bool) []string {
	var regions []string
	for _, a := range o.answers {
		if a.region != t.region && (anyType || a.secretType == t.secretType) && o.stays(a.target, found) {
			regions = append(regions, a.region)
		}
	}
	slices.Sort(regions)
	return slices.Compact(regions)
}

// leaving returns the other regions in which the type, or any type, is and is to go, with the ids of their projects.
func (o *observed) leaving(t target, found []plan.Live, anyType bool) map[string]string {
	projects := map[string]string{}
	for _, a := range o.answers {
		is := slices.ContainsFunc(found, func(l plan.Live) bool { return l.Address == a.address() })
		if a.region != t.region && (anyType || a.secretType == t.secretType) && is && serviceagency.Leaves(o.request, a.address()) {
			projects[a.region] = a.projectID
		}
	}
	return projects
}

// keepsAnotherType reports whether another type stays in the region, or comes.
func (o *observed) keepsAnotherType(t target, found []plan.Live) bool {
	return slices.ContainsFunc(o.answers, func(a answer) bool {
		return a.region == t.region && a.secretType != t.secretType && o.stays(a.target, found)
	})
}

func (o *observed) stays(t target, found []plan.Live) bool {
	address := t.address()
	return serviceagency.Wanted(o.request, address) || !serviceagency.Leaves(o.request, address) &&
		slices.ContainsFunc(found, func(l plan.Live) bool { return l.Address == address })
}
