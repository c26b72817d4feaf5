package secmaster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// maxRoleLookups bounds how many roles that no list shows are looked up one by one.
const maxRoleLookups = 100

// answer is what was read of one place.
type answer struct {
	place
	projectID string
	// offered: the service answered in the project.
	offered bool
	reading
}

// observed is what one observation read, before it is made into resources.
type observed struct {
	remote  *remote
	run     *run
	dir     *directory.Directory
	owned   *serviceagency.Owned
	answers []answer
	// agency is SecMaster's, found tells whether it is there and its grants were read.
	agency directory.Agency
	found  bool
	grants []directory.Assignment
	system []directory.Role
	custom []directory.Role
	// strays are roles that the agency has and no list shows.
	strays []directory.Role
	// hidden are the grants that could not be read.
	hidden []directory.Gap
	// atProject marks the error of a project with the roots that need it.
	atProject func(err error, project string) error
	// unread is why agencies could not be listed.
	unread   error
	warnings []string
}

// Observe implements [providers.Remote]. The projects that are covered are read; where there is none, no call is made.
func (r *remote) Observe(ctx context.Context, request providers.ObserveRequest) (*providers.Observation, error) {
	if err := ctx.Err(); err != nil {
		return nil, providers.ContextError(ctx, err)
	}
	run, dir := r.known.runOf(request.Run, request.Coverage), directory.Of(request.Lists, r.Client)
	owned, err := r.Owned(ctx, run.Run, dir, r.known.Provider, request.Coverage)
	if err != nil {
		return nil, err
	}
	places := r.placesOf(request, run, owned)
	if len(places) == 0 {
		return &providers.Observation{Run: run, NotRead: owned.NotRead()}, nil
	}
	o := observed{remote: r, run: run, dir: dir, owned: owned, answers: make([]answer, len(places))}
	run.note(func() { o.system = run.system })
	// Alone, because with a wrong key many calls at once would be enough failed signatures to lock it.
	o.atProject = func(err error, project string) error {
		return serviceagency.AtRoots(err, request.Coverage.Roots, func(a addr.Address) bool {
			its, ok := r.known.PlaceOf(a)
			return ok && its == project
		})
	}
	for i, at := range places {
		id, err := run.projectID(ctx, o.dir, at)
		if err != nil {
			return nil, o.atProject(err, at.project)
		}
		o.answers[i] = answer{place: at, projectID: id}
	}
	if err := o.read(ctx); err != nil {
		return nil, err
	}
	result := o.observation()
	result.NotRead = append(result.NotRead, owned.NotRead()...)
	return result, nil
}

// placesOf returns what is to be read.
func (r *remote) placesOf(request providers.ObserveRequest, run *run, owned *serviceagency.Owned) []place {
	var places []place
	for _, a := range slices.Concat(r.known.ToRead(request, serviceagency.RootAlone), owned.Addresses(request)) {
		if project, ok := r.known.PlaceOf(a); ok {
			places = append(places, run.place(project, nil))
		}
	}
	return places
}

// read makes all calls, side by side as far as one does not need another: grants do not wait for the list of roles.
func (o *observed) read(ctx context.Context) error {
	err := directory.Together(ctx, o.readUse,
		func(ctx context.Context) error {
			listed, err := o.dir.CustomPolicies(ctx)
			o.custom = listed.All
			return err
		},
		func(ctx context.Context) error {
			if o.system != nil {
				return nil
			}
			listed, err := o.dir.SystemRoles(ctx)
			o.system = listed.All
			return err
		})
	if err != nil {
		return err
	}
	o.run.note(func() { o.run.system = o.system })
	return o.readStrays(ctx)
}

// readUse reads what the service says, and beside it what the agency of its name is granted, which counts where the service says that
// there is one.
func (o *observed) readUse(ctx context.Context) error {
	var read directory.Grants
	var grantsErr error
	reads := []func(context.Context) error{func(ctx context.Context) error {
		err := o.readAgency(ctx)
		if o.found {
			read, grantsErr = readGrants(ctx, o.remote.Client, o.agency)
		}
		return err
	}}
	for i := range o.answers {
		reads = append(reads, func(ctx context.Context) (err error) {
			a := &o.answers[i]
			a.reading, err = o.remote.ask(ctx, a.place, a.projectID)
			a.offered, err = o.owned.Judge(a.project, o.atProject(err, a.project))
			return err
		})
	}
	if err := directory.Together(ctx, reads...); err != nil {
		return err
	}
	if err := o.owned.Err(); err != nil {
		return err
	}
	if !o.found || !slices.ContainsFunc(o.answers, func(a answer) bool { return a.exists }) {
		return nil
	}
	if grantsErr != nil {
		return grantsErr
	}
	for _, a := range o.answers {
		if err := read.Unread.Check(a.projectID); err != nil {
			return err
		}
	}
	use := serviceagency.NewUse(o.agency, read)
	var about []addr.Address
	for _, a := range o.answers {
		about = append(about, o.remote.known.Address(a.project))
	}
	if err := use.CheckOdd(about...); err != nil {
		return err
	}
	o.grants, o.hidden = use.Grants, read.Gaps
	return nil
}

// readAgency looks the service's agency up in the account's list. A caller that may not read the list still gets the
// service's own answer.
func (o *observed) readAgency(ctx context.Context) error {
	name := o.run.agency()
	all, err := o.dir.AgenciesFor(ctx, o.run.LeftOut(), name)
	if errors.Is(err, providers.ErrDenied) {
		o.unread = err
		return nil
	}
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(a directory.Agency) bool { return a.Name == name })
	if i >= 0 {
		o.agency, o.found = all[i], true
	}
	return nil
}

// readGrants reads what the agency is granted that can make up roles: enterprise projects cannot.
func readGrants(ctx context.Context, client *directory.Client, agency directory.Agency) (directory.Grants, error) {
	return directory.New(client).ReadGrants(ctx, directory.GrantsRequest{
		Agencies: func(context.Context) ([]directory.Agency, error) { return []directory.Agency{agency}, nil },
		Each:     true, Scopes: []directory.Scope{directory.Domain, directory.AllProjects, directory.OneProject},
	})
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
			o.warnings = append(o.warnings, fmt.Sprintf("agency %s has more than %d roles that no list shows; the rest is shown by id",
				o.agency.Name, maxRoleLookups))
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

// observation makes resources, entries and coverage of what was read.
func (o *observed) observation() *providers.Observation {
	slices.Sort(o.warnings)
	catalogue, offered := o.catalogue()
	result := &providers.Observation{Warnings: o.warnings, Entries: offered, Run: o.run}
	for _, a := range o.answers {
		if !a.offered {
			continue
		}
		address := o.remote.known.Address(a.project)
		result.Coverage = append(result.Coverage, addr.Exactly(address))
		if live, there := o.live(a, address, catalogue); there {
			result.Resources = append(result.Resources, live)
		}
	}
	if o.unread != nil {
		result.NotRead = []plan.NotRead{{Subject: "the roles of secmaster's agency in IAM", Reason: "the credentials may not list agencies"}}
	}
	for _, gap := range o.hidden {
		result.NotRead = append(result.NotRead, plan.NotRead{Subject: gap.Subject, Reason: gap.Reason})
	}
	return result
}

// catalogue returns the roles by which live ones are named, and entries for what SecMaster lists.
func (o *observed) catalogue() (all *plan.Catalogue, offered []plan.CatalogueEntry) {
	entries := roleEntries(slices.Concat(o.system, o.custom, o.strays))
	known := map[string]bool{}
	for _, e := range entries {
		known[e.ID] = true
	}
	for _, a := range o.answers {
		for _, w := range a.listed {
			listed := plan.CatalogueEntry{Kind: kindListed, Name: w.ID, ID: a.project + "/" + w.ID, Type: w.Scope}
			offered = append(offered, listed)
			if w.DisplayName != "" && !known[w.ID] {
				known[w.ID] = true
				offered = append(offered, plan.CatalogueEntry{Kind: kindOffered, Name: w.DisplayName, ID: w.ID})
			}
		}
	}
	all = plan.NewCatalogue(slices.Concat(entries, offered)...)
	return all, plan.NewCatalogue(offered...).Entries()
}

// live is the canonical form of an authorization; there is false where nothing of it is. The service says only whether
// its agency exists, for the whole account: whether a project has anything of it is for [Provider.Gone]. Only what this run took
// from it is known to be gone.
func (o *observed) live(a answer, address addr.Address, catalogue *plan.Catalogue) (l plan.Live, there bool) {
	if !a.exists || o.isElsewhere(a) {
		return plan.Live{}, false
	}
	l = plan.Live{Resource: plan.Resource{
		Address: address, Attributes: plan.Attributes{}, Bindings: map[string]string{}, Settings: o.run.settings(a.place),
	}}
	if !o.found {
		l.Unreadable = []string{roles}
		return l, true
	}
	if o.run.HasWithdrawn(a.projectID, o.agency.Name) && !o.hasPart(a.projectID) {
		return plan.Live{}, false
	}
	var names []string
	for _, g := range o.grants {
		if holds(g, a.projectID) {
			name := nameOf(catalogue, g.RoleID)
			names = append(names, name)
			l.Bindings[roleBinding+name] = g.RoleID
		}
	}
	l.Attributes[roles] = plan.SetValue(names...)
	return l, true
}

// hasPart reports whether the agency has a role in the project alone.
func (o *observed) hasPart(projectID string) bool {
	return len(serviceagency.Use{Grants: o.grants}.In(projectID)) > 0
}

// isElsewhere reports whether the agency, which serves the whole account, is told at other projects than one that no entry
// mentions: it has nothing in this one.
func (o *observed) isElsewhere(a answer) bool {
	if !o.owned.Has(a.project) || o.hasPart(a.projectID) {
		return false
	}
	return o.owned.IsApart(a.project) || len(serviceagency.Use{Grants: o.grants}.Elsewhere(a.projectID)) > 0
}

// nameOf spells the role with that id, by the id where nothing else is known of it.
func nameOf(catalogue *plan.Catalogue, id string) string {
	for _, kind := range []string{directory.KindRole, kindOffered} {
		if e, ok := catalogue.ByID(kind, id); ok {
			return catalogue.Spell(e).String()
		}
	}
	return plan.Reference{Qualifier: "id", Name: id}.String()
}
