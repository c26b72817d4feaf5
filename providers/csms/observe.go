package csms

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// Observe implements [providers.Remote]. In every region that is covered, all secret types are read; what is
// asked for singly is read singly. Where no region is covered, no call is made.
func (r *remote) Observe(ctx context.Context, request providers.ObserveRequest) (*providers.Observation, error) {
	if err := ctx.Err(); err != nil {
		return nil, providers.ContextError(ctx, err)
	}
	run, dir := r.known.runOf(request.Run, request.Coverage), directory.Of(request.Lists, r.Client)
	owned, err := r.Owned(ctx, run.Run, dir, r.known.Provider, request.Coverage)
	if err != nil {
		return nil, err
	}
	targets := r.targetsOf(request, owned)
	if len(targets) == 0 {
		return &providers.Observation{Run: run, NotRead: owned.NotRead()}, nil
	}
	o := observed{remote: r, run: run, dir: dir, owned: owned, answers: make([]answer, len(targets))}
	// Alone, because with a wrong key many calls at once would be enough failed signatures to lock it.
	atRegion := func(err error, region string) error {
		return serviceagency.AtRoots(err, request.Coverage.Roots, func(a addr.Address) bool {
			other, ok := r.known.targetOf(a)
			return ok && other.region == region
		})
	}
	for i, t := range targets {
		id, err := run.RegionProject(ctx, o.dir, t.region)
		if err != nil {
			return nil, atRegion(err, t.region)
		}
		o.answers[i] = answer{target: t, projectID: id}
	}
	needed := o.neededAgencies(request.Coverage)
	reads := []func(context.Context) error{func(ctx context.Context) error {
		if err := o.readAgencies(ctx, needed); err != nil {
			return err
		}
		return o.readGrants(ctx, request.Coverage)
	}}
	answers := make([]answer, len(o.answers)) // not in place: the reads of grants look at o.answers meanwhile
	for i, a := range o.answers {
		reads = append(reads, func(ctx context.Context) (err error) {
			a.granted, err = r.ask(ctx, a.target, a.projectID)
			a.offered, err = owned.Judge(a.region, atRegion(err, a.region))
			answers[i] = a
			return err
		})
	}
	if err := directory.Together(ctx, reads...); err != nil {
		return nil, err
	}
	o.answers = answers
	if err := owned.Err(); err != nil {
		return nil, err
	}
	result := o.observation()
	result.NotRead = append(result.NotRead, owned.NotRead()...)
	return result, nil
}

// targetsOf returns what is to be read: all types of the regions that are covered.
func (r *remote) targetsOf(request providers.ObserveRequest, owned *serviceagency.Owned) []target {
	var targets []target
	for _, a := range slices.Concat(r.known.ToRead(request, func(root addr.Address) (all []addr.Address) {
		if t, ok := r.known.targetOf(root); ok {
			for _, secretType := range types {
				all = append(all, r.known.Address(t.region, secretType))
			}
		}
		return all
	}), owned.Addresses(request)) {
		if t, ok := r.known.targetOf(a); ok {
			targets = append(targets, t)
		}
	}
	return targets
}

// answer is what was read of one target.
type answer struct {
	target
	projectID string
	// offered: the service answered in the region.
	offered, granted bool
}

type observed struct {
	remote  *remote
	run     *run
	dir     *directory.Directory
	owned   *serviceagency.Owned
	answers []answer
	// agencies are those that could be the service's own, by name; unread where the caller may not list them.
	agencies map[string]directory.Agency
	unread   error
	// grants are the ids of the projects in which each of these agencies has a role.
	grants map[string]map[string]bool
	// hidden are the grants that could not be read.
	hidden []directory.Gap
}

// neededAgencies returns the names of the agencies that entries rely on.
func (o *observed) neededAgencies(covered providers.Coverage) []string {
	needed := []string{SharedAgency}
	for _, a := range o.answers {
		if o.isNamed(a, covered) {
			needed = append(needed, o.run.own(a.secretType).name)
		}
	}
	return needed
}

// readAgencies looks the service's agencies up in the account's list. A caller that may not read the list still gets
// the service's own answer.
func (o *observed) readAgencies(ctx context.Context, needed []string) error {
	names := o.agencyNames()
	all, err := o.dir.AgenciesFor(ctx, o.run.LeftOut(), needed...)
	if errors.Is(err, providers.ErrDenied) {
		o.unread = err
		return nil
	}
	if err != nil {
		return err
	}
	o.agencies = map[string]directory.Agency{}
	for _, a := range all {
		if slices.Contains(names, a.Name) {
			o.agencies[a.Name] = a
		}
	}
	return nil
}

// isNamed reports whether an entry names what was read, or ownership covers it.
func (o *observed) isNamed(a answer, covered providers.Coverage) bool {
	return covered.Has(o.remote.known.address(a.target)) || o.owned.Has(a.region)
}

// agencyNames are those of the service's agencies.
func (o *observed) agencyNames() []string {
	names := []string{SharedAgency}
	for _, secretType := range types {
		names = append(names, o.run.own(secretType).name)
	}
	return names
}

// readGrants reads in which projects the agencies have roles, by one call for each of the few agencies. The service's own
// answer is not enough: it may hold for the account, not for the region.
func (o *observed) readGrants(ctx context.Context, covered providers.Coverage) error {
	o.grants = map[string]map[string]bool{}
	if len(o.agencies) == 0 {
		return nil
	}
	var agencies []directory.Agency
	for _, name := range slices.Sorted(maps.Keys(o.agencies)) {
		agencies = append(agencies, o.agencies[name])
	}
	read, err := o.dir.ReadGrants(ctx, directory.GrantsRequest{
		Agencies: func(context.Context) ([]directory.Agency, error) { return agencies, nil },
		Each:     true, Scopes: []directory.Scope{directory.OneProject},
	})
	if err != nil {
		return err
	}
	for _, agency := range agencies {
		if o.grants[agency.Name], err = o.granted(serviceagency.NewUse(agency, read), covered); err != nil {
			return err
		}
	}
	for _, a := range o.answers {
		if err := read.Unread.Check(a.projectID); err != nil {
			return err
		}
	}
	o.hidden = read.Gaps
	return nil
}

// granted returns the ids of the projects in which the agency has a role. One that is not as documented may be in any of them. It is an
// error where an authorization that an entry names or ownership covers goes through the agency.
func (o *observed) granted(use serviceagency.Use, covered providers.Coverage) (map[string]bool, error) {
	projects := map[string]bool{}
	for _, g := range use.Grants {
		if g.Scope == directory.OneProject {
			projects[g.TargetID] = true
		}
	}
	if len(use.Odd) == 0 {
		return projects, nil
	}
	var about []addr.Address
	for _, a := range o.answers {
		if (use.Name == SharedAgency || use.Name == o.run.own(a.secretType).name) && o.isNamed(a, covered) {
			about = append(about, o.remote.known.address(a.target))
		}
		projects[a.projectID] = true
	}
	if len(about) > 0 {
		return nil, use.CheckOdd(about...)
	}
	return projects, nil
}

// stands says how an agency serves a project.
type stands uint8

const (
	absent stands = iota
	// ungranted: it is there and has no role in any project.
	ungranted
	// elsewhere: it has roles in other projects only.
	elsewhere
	// here: it has a role in the project.
	here
)

func (o *observed) standing(name, projectID string) stands {
	switch _, exists := o.agencies[name]; {
	case !exists:
		return absent
	case o.grants[name][projectID]:
		return here
	case len(o.grants[name]) > 0:
		return elsewhere
	}
	return ungranted
}

// observation makes resources and coverage of what was read.
func (o *observed) observation() *providers.Observation {
	result := &providers.Observation{Run: o.run}
	for _, a := range o.answers {
		if !a.offered {
			continue
		}
		result.Coverage = append(result.Coverage, addr.Exactly(o.remote.known.address(a.target)))
		if live, there := o.live(a); there {
			result.Resources = append(result.Resources, live)
		}
	}
	if o.unread != nil {
		result.NotRead = []plan.NotRead{{Subject: "the agencies of csms in IAM", Reason: "the credentials may not list agencies"}}
	}
	for _, gap := range o.hidden {
		result.NotRead = append(result.NotRead, plan.NotRead{Subject: gap.Subject, Reason: gap.Reason})
	}
	return result
}

// live is the canonical form of an authorization; there is false where nothing of it is. A yes of the service does not
// count where the type's agency serves other projects only, and a no does not where the agency has a role here.
func (o *observed) live(a answer) (l plan.Live, there bool) {
	own := o.run.own(a.secretType)
	l = plan.Live{Resource: plan.Resource{
		Address: o.remote.known.address(a.target), Attributes: plan.Attributes{granted: plan.BoolValue(a.granted)},
	}}
	if named := o.run.named[a.secretType]; named != "" {
		l.Settings = plan.Attributes{serviceagency.SettingAgency: plan.StringValue(named)}
	}
	if o.unread != nil {
		l.Unreadable = []string{missing}
		return l, a.granted
	}
	ownStands, sharedStands := o.standing(own.name, a.projectID), o.standing(SharedAgency, a.projectID)
	unknown := own.guessed && ownStands == absent
	hasPart := ownStands == here || unknown && sharedStands == here
	switch {
	case !hasPart && o.owned.IsApart(a.region):
		return plan.Live{}, false
	case a.granted && (ownStands == elsewhere || unknown && sharedStands == elsewhere), !a.granted && ownStands != here:
		return plan.Live{}, false
	}
	lacks := lacking(SharedAgency, sharedStands)
	if !unknown {
		lacks = append(lacks, lacking(own.name, ownStands)...)
	} else if len(lacks) == 0 {
		l.Unreadable = []string{missing}
		return l, true
	}
	l.Attributes[missing] = plan.SetValue(lacks...)
	return l, true
}

// lacking says in words what IAM lacks of an agency.
func lacking(name string, s stands) []string {
	switch s {
	case absent:
		return []string{"agency " + name}
	case ungranted, elsewhere:
		return []string{"grants of agency " + name}
	case here:
	}
	return nil
}
