package iam

import (
	"context"
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

const (
	// maxRoleLookups bounds how many roles that no list shows are looked up one by one.
	maxRoleLookups = 100
	// callsWithoutHistory is how many calls a full reading of agencies and grants is taken to cost before the first one.
	callsWithoutHistory = 8
)

// observed is what one observation read, before it is made into resources.
type observed struct {
	dir         *directory.Directory
	account     directory.Account
	agencies    []directory.Agency
	grants      directory.Grants
	system      []directory.Role
	custom      []directory.Role
	projects    []directory.Project
	enterprises []directory.Project
	// strays are roles that grants name and no list shows; missing are those of them that do not exist any more.
	strays  []directory.Role
	missing []string
	// odd are the elements of lists that are not as documented.
	odd oddThings
	// names narrows the reading to these agencies; nil means all. Agencies that are gone are among names only.
	names []string
	// only are the roots that a narrow reading asks for.
	only []addr.Address
	// policies says that custom is read now. Else it is what the run began with, and gives names only.
	policies bool
	warnings []string
	// quotasNotRead are the quotas that the cloud did not tell.
	quotas        []plan.Quota
	quotasNotRead []plan.NotRead
	// namesNotRead are the names that the cloud does not tell.
	namesNotRead []plan.NotRead
	// byID are accounts to be spelled by id although their name is known by now: a plan that was made when it was not
	// is being read back, and must find what it wrote.
	byID map[string]bool
	// trusting are the agencies whose trust gives accounts their names.
	trusting []directory.Agency
	// agencyNames are the names of agencies by id, by which policies are read: those of the run too, which this reading may not
	// show.
	agencyNames map[string]string
}

// Observe implements [providers.Remote].
func (r *remote) Observe(ctx context.Context, request providers.ObserveRequest) (*providers.Observation, error) {
	run := runOf(request.Run)
	began := run.began
	o := &observed{dir: directory.Of(request.Lists, r.client), names: narrow(request.Only, began), only: request.Only}
	o.policies = request.Only == nil || began == nil || slices.ContainsFunc(request.Only, isPolicy)
	if request.Only != nil && began != nil {
		o.dir.Remember(began.dir, !o.policies)
	}
	run.mu.Lock()
	o.byID, o.agencyNames = maps.Clone(run.byID), maps.Clone(run.agencies)
	run.mu.Unlock()
	if began != nil {
		maps.Copy(o.agencyNames, began.agencyNames)
	}
	skip := request.Coverage.LeavesOut(huaweicloud.PartEnterpriseProjects)
	if err := o.read(ctx, request, directory.GrantsRequest{
		Agencies:                 func(ctx context.Context) ([]directory.Agency, error) { return o.dir.AgenciesFor(ctx, nil) },
		Each:                     o.names != nil,
		SkipEnterpriseProjects:   skip,
		SkipAllProjects:          request.Coverage.LeavesOut(huaweicloud.PartAllProjects),
		SkipProjects:             named(request.Coverage, huaweicloud.PartProject),
		EnterpriseProjectsWanted: slices.Contains(request.Coverage.Names, directory.KindEnterpriseProject),
	}); err != nil {
		return nil, err
	}
	o.trusting = o.agencies
	if o.names != nil && began != nil { // so that trust is spelled the same way in both
		o.trusting = slices.Concat(o.agencies, began.agencies)
	}
	if request.Run == nil {
		run.began, run.skipEnterpriseProjects, run.leftOut = o, skip, request.Coverage.NotRead
	}
	result, err := o.observation(request.Coverage, r)
	if err == nil {
		result.Run = run
	}
	return result, err
}

func isPolicy(a addr.Address) bool { return a.Type() == directory.TypePolicy }

// narrow returns the names of the agencies that are enough to read, nil when reading all is as cheap or is asked for.
func narrow(only []addr.Address, began *observed) []string {
	if only == nil {
		return nil
	}
	names := []string{}
	for _, a := range only {
		if isPolicy(a) {
			continue
		}
		name := directory.NameOf(a)
		if strings.ContainsAny(name, "*?") {
			return nil // such a name would cover others as a pattern
		}
		names = append(names, name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if all := fullCost(began); len(names)*(1+len(directory.Scopes())) >= all {
		return nil
	}
	return names
}

// fullCost is about how many calls it takes to read all agencies and grants, as far as the full observation tells.
func fullCost(began *observed) int {
	if began == nil || began.names != nil {
		return callsWithoutHistory
	}
	perScope := map[directory.Scope]int{}
	for _, a := range began.grants.Assignments {
		perScope[a.Scope]++
	}
	calls := 1 + len(began.agencies)/500
	for _, scope := range directory.Scopes() {
		calls += 1 + perScope[scope]/50
	}
	return calls
}

// read makes all calls, side by side as far as one does not need another. The first goes alone: with a wrong key, many at
// once would be enough failed signatures to lock it.
func (o *observed) read(ctx context.Context, request providers.ObserveRequest, grants directory.GrantsRequest) (err error) {
	if o.account, err = o.dir.Account(ctx); err != nil {
		return err
	}
	if o.names != nil {
		if err := o.readNamed(ctx, request.Coverage.NotRead); err != nil {
			return err
		}
		named := o.agencies
		grants.Agencies = func(context.Context) ([]directory.Agency, error) { return named, nil }
	}
	if err := directory.Together(ctx,
		func(ctx context.Context) (err error) {
			if o.names != nil {
				return nil // they are read
			}
			o.agencies, o.odd.agencies, err = taken(ctx, o.dir.Agencies)
			return err
		},
		func(ctx context.Context) (err error) {
			o.system, o.odd.roles, err = taken(ctx, o.dir.SystemRoles)
			return err
		},
		func(ctx context.Context) (err error) {
			o.custom, o.odd.policies, err = taken(ctx, o.dir.CustomPolicies)
			return err
		},
		func(ctx context.Context) (err error) {
			o.projects, o.odd.projects, err = taken(ctx, o.dir.Projects)
			return err
		},
		func(ctx context.Context) (err error) {
			o.grants, err = o.dir.ReadGrants(ctx, grants)
			return err
		},
	); err != nil {
		return err
	}
	for _, a := range o.agencies {
		o.agencyNames[a.ID] = a.Name
	}
	return directory.Together(ctx,
		func(ctx context.Context) error { return o.readEnterpriseProjects(ctx, grants) },
		o.readStrays,
		o.readAgencyNames,
		func(ctx context.Context) error {
			if request.Only != nil {
				return nil // somebody looks after what was made, and no more will be
			}
			return o.readQuotas(ctx, request.Coverage)
		},
	)
}

// readNamed looks up the agencies of a narrow reading.
func (o *observed) readNamed(ctx context.Context, leftOut []string) error {
	var mu sync.Mutex
	var reads []func(context.Context) error
	for _, name := range o.names {
		reads = append(reads, func(ctx context.Context) error {
			agency, found, err := o.dir.AgencyNamed(ctx, name, leftOut...)
			if err != nil || !found {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			o.agencies = append(o.agencies, agency)
			return nil
		})
	}
	return directory.Together(ctx, reads...)
}

// readEnterpriseProjects reads names of enterprise projects where grants or the manifest refer to them.
func (o *observed) readEnterpriseProjects(ctx context.Context, grants directory.GrantsRequest) (err error) {
	used := slices.ContainsFunc(o.grants.Assignments, func(a directory.Assignment) bool { return a.Scope == directory.EnterpriseProject })
	if grants.SkipEnterpriseProjects || !used && !grants.EnterpriseProjectsWanted {
		return nil
	}
	o.enterprises, o.odd.enterprises, err = taken(ctx, o.dir.EnterpriseProjects)
	if isForbidden(err) && !grants.EnterpriseProjectsWanted {
		o.namesNotRead = []plan.NotRead{{
			Subject: "names of enterprise projects", Reason: "the cloud does not let them be listed, and grants in them show ids",
		}}
		return nil
	}
	if isNotFound(err) && !grants.EnterpriseProjectsWanted {
		o.warnings = append(o.warnings, "the names of enterprise projects cannot be listed here; grants in them show ids")
		return nil
	}
	return err
}

// readAgencyNames lists all agencies in a narrow reading, where a policy names one that is not known: it must read as in a full one.
func (o *observed) readAgencyNames(ctx context.Context) error {
	unknown := func(id string) bool { return o.agencyNames[id] == "" }
	if o.names == nil || !o.policies || !slices.ContainsFunc(o.custom, func(role directory.Role) bool {
		return slices.ContainsFunc(agenciesNamed(role.Policy), unknown)
	}) {
		return nil
	}
	agencies, err := o.dir.Agencies(ctx)
	for _, a := range agencies.All {
		o.agencyNames[a.ID] = a.Name
	}
	return err
}

// readStrays looks up the roles that grants name and no list shows: hidden ones, and deleted ones.
func (o *observed) readStrays(ctx context.Context) error {
	known := map[string]bool{}
	for _, role := range slices.Concat(o.system, o.custom) {
		known[role.ID] = true
	}
	for _, odd := range slices.Concat(o.odd.roles, o.odd.policies) {
		known[odd.ID] = odd.Name != "" // it is in the catalogue by that name
	}
	var mu sync.Mutex
	var reads []func(context.Context) error
	for _, a := range o.grants.Assignments {
		if known[a.RoleID] {
			continue
		}
		known[a.RoleID] = true
		if len(reads) == maxRoleLookups {
			o.missing = append(o.missing, a.RoleID)
			continue
		}
		reads = append(reads, func(ctx context.Context) error {
			role, err := o.dir.Role(ctx, a.RoleID)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case isNotFound(err):
				o.missing = append(o.missing, a.RoleID)
				return nil
			case directory.IsOdd(err), isForbidden(err):
				o.missing = append(o.missing, a.RoleID)
				fault := directory.FaultOf(err)
				if isForbidden(err) {
					fault = "the cloud does not let it be read (HTTP 403)"
				}
				if !slices.ContainsFunc(o.odd.roles, func(odd huaweicloud.Odd) bool { return odd.ID == a.RoleID }) {
					o.odd.roles = append(o.odd.roles, huaweicloud.Odd{ID: a.RoleID, Fault: fault})
				}
				return nil
			case err != nil:
				return err
			}
			o.strays = append(o.strays, role)
			return nil
		})
	}
	return directory.Together(ctx, reads...)
}

// observation makes resources, entries and coverage of what was read.
func (o *observed) observation(covered providers.Coverage, r *remote) (*providers.Observation, error) {
	result := &providers.Observation{
		Account:  plan.Account{Name: o.account.Name, ID: o.account.ID},
		NotRead:  slices.Concat(notRead(o.grants.Gaps, covered, r.cloud), o.quotasNotRead, o.namesNotRead),
		Warnings: slices.Clone(o.grants.Warnings),
	}
	if o.account.Name == "" {
		result.Warnings = append(result.Warnings, "the cloud does not tell the name of this account; only its id could be checked")
	}
	l := newLister(o, covered, r.known)
	byID := l.list()
	odd, err := o.judgeOdd(covered, byID, l.resources)
	if err != nil {
		return nil, err
	}
	result.NotRead = append(result.NotRead, odd...)
	result.Coverage = l.coverage()
	result.Gaps = o.gaps(byID, covered)
	result.Entries, result.Resources, result.Quotas = l.entries, l.resources, o.quotas
	result.Warnings = slices.Concat(result.Warnings, o.warnings, l.warnings)
	slices.Sort(result.Warnings)
	result.Warnings = slices.Compact(result.Warnings)
	return result, nil
}

// coverage is what was read, but for gaps.
func (l *lister) coverage() []addr.Pattern {
	o := l.observed
	agencies := []string{"*"}
	if o.names != nil {
		agencies = nil
		for _, name := range o.names {
			agencies = append(agencies, addr.Plain(name).String())
		}
	}
	var texts []string
	if o.policies {
		texts = append(texts, directory.TypePolicy+"/*")
	}
	for _, agency := range agencies {
		texts = append(texts, directory.TypeAgency+"/"+agency)
		if len(o.grants.Read) == len(directory.Scopes()) {
			texts = append(texts, directory.TypeGrant+"/"+agency+"/**")
			continue
		}
		for _, scope := range o.grants.Read {
			place := directory.Place{Scope: scope, Name: "*"}
			texts = append(texts, directory.TypeGrant+"/"+agency+"/"+place.Segment().String()+"/*")
		}
		for _, project := range o.grants.Projects {
			place := directory.Place{Scope: directory.OneProject, Name: l.catalogue.Spell(l.project(project.ID)).String()}
			texts = append(texts, directory.TypeGrant+"/"+agency+"/"+place.Segment().String()+"/*")
		}
	}
	slices.Sort(texts)
	patterns := make([]addr.Pattern, 0, len(texts))
	for _, text := range texts {
		pattern, err := addr.ParsePattern(text)
		if err != nil {
			continue // a name too long to be a pattern: then it is not covered, and the planner says so
		}
		patterns = append(patterns, pattern)
	}
	return patterns
}

func notRead(gaps []directory.Gap, covered providers.Coverage, cloud plan.Cloud) []plan.NotRead {
	var all []plan.NotRead
	for _, gap := range gaps {
		all = append(all, plan.NotRead{Subject: gap.Subject, Reason: gap.Reason, Addresses: grantsIn(gap.Subject)})
	}
	if huaweicloud.TraitsOf(cloud.Kind).IdentityV5 {
		reason := "reading identity policies and trust agencies is not supported yet"
		if covered.LeavesOut(huaweicloud.PartIAMv5) {
			reason = directory.ReasonLeftOut
		}
		all = append(all, plan.NotRead{Subject: huaweicloud.PartIAMv5, Reason: reason})
	}
	return all
}

// grantsIn returns the addresses of the grants in a part.
func grantsIn(part string) []addr.Pattern {
	place := directory.Place{Scope: directory.AllProjects}
	switch project, is := strings.CutPrefix(part, huaweicloud.PartProject); {
	case is:
		place = directory.Place{Scope: directory.OneProject, Name: project}
	case part == huaweicloud.PartEnterpriseProjects:
		place = directory.Place{Scope: directory.EnterpriseProject, Name: "*"}
	}
	pattern, err := addr.ParsePattern(directory.TypeGrant + "/*/" + place.Segment().String() + "/*")
	if err != nil {
		return nil // a name too long to be a pattern
	}
	return []addr.Pattern{pattern}
}

// named returns the names behind a word in what the manifest leaves unread.
func named(covered providers.Coverage, part string) (names []string) {
	for _, word := range covered.NotRead {
		if name, is := strings.CutPrefix(word, part); is {
			names = append(names, name)
		}
	}
	return names
}
