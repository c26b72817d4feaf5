package serviceagency

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Owned are the places that no entry mentions and that an observation reads because the manifest owns what is there. A service
// need not be offered in such a place. Nil has none. It is safe for concurrent use.
type Owned struct {
	provider Provider
	ownedPlaces
	// lenient tells places that the service refuses to be read in, and fails nothing.
	lenient bool

	mu         sync.Mutex
	notOffered map[string]bool
	refused    map[string]error
}

// Owned finds the places for an observation: those for which the vendor publishes the service, and those in whose project an agency
// of the service holds a grant, as far as the account has their projects. Where nothing of the service is owned, it makes no call;
// else it needs the list of projects, and grants only where a project is of no published region.
func (r Remote) Owned(ctx context.Context, run *Run, dir *directory.Directory, p Provider, covered providers.Coverage) (*Owned, error) {
	if !providers.MayOwn(covered.Owned, p.Prefix()) || covered.LeavesOut(p.Service) {
		return nil, nil
	}
	run.mu.Lock()
	found := run.owned
	run.mu.Unlock()
	if found == nil {
		var err error
		if found, err = r.findOwned(ctx, dir, p, covered); err != nil {
			return nil, err
		}
		run.mu.Lock()
		run.owned = found
		run.mu.Unlock()
	}
	return &Owned{
		provider: p, ownedPlaces: *found, lenient: covered.Lenient, notOffered: map[string]bool{}, refused: map[string]error{},
	}, nil
}

// ownedPlaces are the names of places, sorted. They do not change while a run lasts.
type ownedPlaces struct {
	places, disabled []string
	// first is where the facts of the whole account are told; "" where an entry tells them.
	first string
}

func (r Remote) findOwned(ctx context.Context, dir *directory.Directory, p Provider, covered providers.Coverage) (*ownedPlaces, error) {
	mentioned := map[string]bool{}
	for _, root := range covered.Within(p.Prefix()) {
		mentioned[p.placeIn(root.Address)] = true
	}
	projects, err := dir.Projects(ctx)
	if err != nil {
		return nil, err
	}
	var published, others []directory.Project
	for _, project := range projects.All {
		place := project.Name
		if !p.isPlace(place) || mentioned[place] || p.leavesOut(covered, place) ||
			!slices.ContainsFunc(p.authorizations(place), covered.Owned.Owns) {
			continue
		}
		if p.Host.Publishes(covered.Cloud.Kind, regionOf(place)) {
			published = append(published, project)
		} else {
			others = append(others, project)
		}
	}
	granted, err := r.granted(ctx, dir, directory.LeftUnread(covered), p.agencies(covered), others)
	if err != nil {
		return nil, err
	}
	found := &ownedPlaces{}
	for _, project := range slices.Concat(published, granted) {
		if project.Disabled {
			found.disabled = append(found.disabled, project.Name)
		} else {
			found.places = append(found.places, project.Name)
		}
	}
	slices.Sort(found.places)
	slices.Sort(found.disabled)
	switch own := covered.Cloud.Region; {
	case len(mentioned) > 0, len(found.places) == 0:
	case slices.Contains(found.places, own):
		found.first = own
	default:
		found.first = found.places[0]
	}
	return found, nil
}

// granted returns those of projects in which one of the agencies holds a grant. Credentials that may not list agencies find none.
func (r Remote) granted(
	ctx context.Context, dir *directory.Directory, leftOut, names []string, projects []directory.Project,
) ([]directory.Project, error) {
	if len(projects) == 0 {
		return nil, nil
	}
	all, err := dir.AgenciesFor(ctx, leftOut, names...)
	if errors.Is(err, providers.ErrDenied) {
		return nil, nil // NotCovered says that IAM does not tell
	}
	if err != nil {
		return nil, err
	}
	agencies := slices.DeleteFunc(slices.Clone(all), func(a directory.Agency) bool { return !slices.Contains(names, a.Name) })
	if len(agencies) == 0 {
		return nil, nil
	}
	grants, err := dir.ReadGrants(ctx, directory.GrantsRequest{
		Agencies: func(context.Context) ([]directory.Agency, error) { return agencies, nil },
		Each:     true, Scopes: []directory.Scope{directory.OneProject},
	})
	if err != nil {
		return nil, err
	}
	for _, agency := range agencies {
		if err := NewUse(agency, grants).CheckOdd(); err != nil { // it may hold in a project that would not be looked at
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(projects), func(project directory.Project) bool {
		return !slices.ContainsFunc(grants.Assignments, func(g directory.Assignment) bool { return g.TargetID == project.ID })
	}), nil
}

// Addresses are the authorizations that the service has in the places, for a request that reads all; none for a narrow one.
func (o *Owned) Addresses(request providers.ObserveRequest) []addr.Address {
	if o == nil || request.Only != nil {
		return nil
	}
	var all []addr.Address
	for _, place := range o.places {
		all = append(all, o.provider.authorizations(place)...)
	}
	return all
}

// Has reports whether the place is read only because what is there is owned.
func (o *Owned) Has(place string) bool {
	if o == nil {
		return false
	}
	_, found := slices.BinarySearch(o.places, place)
	return found
}

// IsApart reports whether what the service says of the whole account is told elsewhere than in the place: at the entries, and
// without one at a single place, that of the cloud's own region or the first one. Otherwise one fact would be told in each region.
func (o *Owned) IsApart(place string) bool { return o.Has(place) && place != o.first }

// Judge judges the failure of a read in a place: offered is false where there is nothing to be read, or nothing may be. An error is
// for the caller to return.
func (o *Owned) Judge(place string, err error) (offered bool, _ error) {
	if err == nil || !o.Has(place) {
		return err == nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case huaweicloud.IsNotOffered(err):
		o.notOffered[place] = true
	case errors.Is(err, providers.ErrDenied), errors.Is(err, providers.ErrNotFound):
		o.refused[place] = err
	default:
		return false, err
	}
	return false, nil
}

// Err is the error of all places that the service refuses to be read in: what is owned cannot be passed over, unless nothing is planned
// of it.
func (o *Owned) Err() error {
	if o == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.refused) == 0 || o.lenient {
		return nil
	}
	var parts []string
	places := slices.Sorted(maps.Keys(o.refused))
	for _, place := range places {
		parts = append(parts, fmt.Sprintf("%q", o.provider.part(place)))
	}
	return fmt.Errorf("%w; no entry mentions %s, but ownership.include covers it: allow the call, or leave it unread by cloud.notRead: [%s]",
		o.refused[places[0]], strings.Join(parts, ", "), strings.Join(parts, ", "))
}

// NotRead names the places that could not be read, with one element for each reason.
func (o *Owned) NotRead() []plan.NotRead {
	if o == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []plan.NotRead
	if len(o.notOffered) > 0 {
		all = append(all, o.provider.unread(reasonNotOffered, slices.Collect(maps.Keys(o.notOffered))...))
	}
	if len(o.refused) > 0 {
		all = append(all, o.provider.unread(reasonRefused, slices.Collect(maps.Keys(o.refused))...))
	}
	if len(o.disabled) > 0 {
		all = append(all, o.provider.unread(reasonDisabled, o.disabled...))
	}
	return all
}
