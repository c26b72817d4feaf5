package secmaster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

const (
	// agencyTitle names in errors what the service's agency is.
	agencyTitle = "the agency of SecMaster"
	// displayName is what people know the service by.
	displayName = "SecMaster"
	// maxRoleLookups bounds how many roles that no list shows are looked up one by one.
	maxRoleLookups = 100
)

// wanted is one place that is to be read, and what the manifest says of it.
type wanted struct {
	place
	absent bool
}

// answer is what was read of one place.
type answer struct {
	wanted
	projectID string
	reading
}

// observed is what one observation read, before it is made into resources.
type observed struct {
	remote  *Remote
	dir     *directory.Directory
	request providers.ObserveRequest
	answers []answer
	// kept are the projects that the manifest wants authorized.
	kept []string
	// agency is SecMaster's, found tells whether it is there and its grants were read.
	agency directory.Agency
	found  bool
	grants []directory.Assignment
	system []directory.Role
	custom []directory.Role
	// strays are roles that the agency has and no list shows.
	strays []directory.Role
	// hidden says which grants could not be read, in words.
	hidden []string
	// unread is why agencies could not be listed.
	unread   error
	warnings []string
}

// Observe implements [providers.Remote]. The projects that the manifest mentions are read; where it mentions none, no
// call is made.
func (r *Remote) Observe(ctx context.Context, request providers.ObserveRequest) (*providers.Observation, error) {
	places, kept := r.placesOf(request)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(places) == 0 {
		return &providers.Observation{}, nil
	}
	o := observed{
		remote: r, dir: directory.Of(ctx, r.client), request: request, answers: make([]answer, len(places)), kept: kept,
	}
	r.ledger.SkipEnterpriseProjects(serviceagency.SkipsEnterpriseProjects(request.Manifest))
	r.mu.Lock()
	if request.Only != nil {
		o.system = r.system
	}
	r.mu.Unlock()
	// Alone, because with a wrong key many calls at once would be enough failed signatures to lock it.
	for i, w := range places {
		id, err := r.projectID(ctx, w.place)
		if err != nil {
			return nil, serviceagency.AtEntry(err, request.Desired, func(a addr.Address) bool {
				project, ok := projectOf(a)
				return ok && project == w.project
			})
		}
		o.answers[i] = answer{wanted: w, projectID: id}
	}
	if err := o.read(ctx); err != nil {
		return nil, err
	}
	result, err := o.observation(ctx)
	if err != nil || o.unread != nil || request.Only != nil {
		return result, err
	}
	var routes []serviceagency.Route
	for _, w := range places {
		routes = append(routes, serviceagency.Route{Authorization: addr.New(typ, addr.Plain(service), addr.Plain(w.project)), Agency: r.agency()})
	}
	title := serviceagency.Service{Name: displayName, Agency: agencyTitle}
	return serviceagency.FindHolds(ctx, o.dir, request.Manifest.Ownership, title, routes, result)
}

// placesOf returns what is to be read, sorted, each project once, and the projects that the manifest wants authorized.
func (r *Remote) placesOf(request providers.ObserveRequest) (places []wanted, kept []string) {
	desired := providers.Within(request.Desired, prefix)
	if request.Only != nil && request.Desired == nil {
		desired, _ = Provider{}.Expand(request.Manifest)
	}
	names, _ := serviceagency.Names(desired, oneSort) // contradictions were told by Expand
	absent := map[string]bool{}
	r.mu.Lock()
	r.named = names[oneSort(addr.Address{})]
	for _, d := range desired {
		project, ok := projectOf(d.Address)
		if !ok {
			continue
		}
		absent[project] = d.Absent
		r.regions[project], _ = d.Settings[settingRegion].AsString()
		if !d.Absent {
			kept = append(kept, project)
		}
	}
	r.mu.Unlock()
	addresses := request.Only
	if request.Only == nil {
		for _, d := range desired {
			addresses = append(addresses, d.Address)
		}
	}
	for _, a := range addresses {
		if project, ok := projectOf(a); ok {
			places = append(places, wanted{place{project: project, region: r.regionOf(project, nil)}, absent[project]})
		}
	}
	slices.SortFunc(places, func(a, b wanted) int { return strings.Compare(a.project, b.project) })
	return slices.CompactFunc(places, func(a, b wanted) bool { return a.project == b.project }), kept
}

// read makes all calls, side by side as far as one does not need another.
func (o *observed) read(ctx context.Context) error {
	reads := []func(context.Context) error{
		o.readAgency,
		func(ctx context.Context) (err error) { o.custom, err = o.dir.CustomPolicies(ctx); return err },
	}
	if o.system == nil {
		reads = append(reads, func(ctx context.Context) (err error) { o.system, err = o.dir.SystemRoles(ctx); return err })
	}
	for i := range o.answers {
		reads = append(reads, func(ctx context.Context) (err error) {
			a := &o.answers[i]
			a.reading, err = o.remote.ask(ctx, a.place, a.projectID)
			return err
		})
	}
	if err := directory.Together(ctx, reads...); err != nil {
		return err
	}
	o.remote.mu.Lock()
	o.remote.system = o.system
	o.remote.mu.Unlock()
	if !o.found || !slices.ContainsFunc(o.answers, func(a answer) bool { return a.exists }) {
		return nil
	}
	read, err := o.remote.grantsOf(ctx, o.agency)
	if err != nil {
		return err
	}
	o.grants = read.Grants
	o.hidden = read.Unread
	return o.readStrays(ctx)
}

// readAgency looks the service's agency up in the account's list. A caller that may not read the list still gets the
// service's own answer.
func (o *observed) readAgency(ctx context.Context) error {
	all, err := o.dir.Agencies(ctx)
	if errors.Is(err, providers.ErrDenied) {
		o.unread = err
		return nil
	}
	if err != nil {
		return err
	}
	name := o.remote.agency()
	i := slices.IndexFunc(all, func(a directory.Agency) bool { return a.Name == name })
	if i < 0 {
		return nil
	}
	if serviceagency.CheckTrust(all[i], agencyTitle) == nil { // one that is somebody else's counts as not found
		o.agency, o.found = all[i], true
	}
	return nil
}

// grantsOf reads what the agency is granted that can make up roles: enterprise projects cannot.
func (r *Remote) grantsOf(ctx context.Context, agency directory.Agency) (serviceagency.Use, error) {
	grants, err := directory.New(r.client).ReadGrants(ctx, directory.GrantsRequest{
		Agencies: func(context.Context) ([]directory.Agency, error) { return []directory.Agency{agency}, nil },
		Each:     true, Scopes: []directory.Scope{directory.Domain, directory.AllProjects, directory.OneProject},
	})
	if err != nil {
		return serviceagency.Use{}, err
	}
	return serviceagency.NewUse(agency, grants), nil
}

// readStrays looks up the roles that the agency has and no list shows. One that does not exist any more stays known by
// its id.
func (o *observed) readStrays(ctx context.Context) error {
	known := map[string]bool{}
	for _, role := range slices.Concat(o.system, o.custom) {
		known[role.ID] = true
	}
	var mu sync.Mutex
	var reads []func(context.Context) error
	for _, a := range o.grants {
		if known[a.RoleID] {
			continue
		}
		if len(reads) == maxRoleLookups {
			o.warnings = append(o.warnings, fmt.Sprintf("agency %s has more than %d roles that no list shows; the rest is shown by id", o.agency.Name, maxRoleLookups))
			break
		}
		known[a.RoleID] = true
		reads = append(reads, func(ctx context.Context) error {
			role, err := o.dir.Role(ctx, a.RoleID)
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, providers.ErrNotFound) {
				o.warnings = append(o.warnings, fmt.Sprintf("agency %s has a role with id %s that does not exist any more", o.agency.Name, a.RoleID))
				return nil
			}
			if err != nil {
				return err
			}
			o.strays = append(o.strays, role)
			return nil
		})
	}
	return directory.Together(ctx, reads...)
}
