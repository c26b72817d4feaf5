package iam

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
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
	// agencyCalls is how many calls the list of all agencies took.
	agencyCalls int
	// began is the observation that began the run; nil where this one does.
	began *observed
	// enterprisesErr is why the names of enterprise projects are not read, where nobody needs them.
	enterprisesErr error
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
	o := &observed{dir: directory.Of(request.Lists, r.client), names: narrow(request.Only, began), only: request.Only, began: began}
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
		run.began, run.skipEnterpriseProjects, run.leftOut = o, skip, directory.LeftUnread(request.Coverage)
	}
	result, err := o.observation(request.Coverage, r)
	if err == nil {
		result.Run = run
	}
	return result, err
}

func isPolicy(a addr.Address) bool { return a.Type() == directory.TypePolicy }

// read makes all calls, side by side as far as one does not need another. The first goes alone: with a wrong key, many at
// once would be enough failed signatures to lock it.
//
// A full reading waits for three round trips: for the caller, for the first pages of all lists, and for all further pages with the quotas
// and the names of enterprise projects. Further ones are needed by roles that no list shows, where the cloud does not count a list of
// several pages, and where it refuses the bulk read of grants.
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
	var enterprises sync.WaitGroup
	var enterprisesErr error
	readEnterprises := sync.OnceFunc(func() {
		enterprises.Go(func() { enterprisesErr = o.readEnterpriseProjects(ctx, grants.EnterpriseProjectsWanted) })
	})
	grants.EnterpriseProjectsUsed = readEnterprises
	if (grants.EnterpriseProjectsWanted || request.Coverage.Lenient) && !grants.SkipEnterpriseProjects {
		readEnterprises()
	}
	err = directory.Together(ctx,
		func(ctx context.Context) (err error) {
			o.system, o.odd.roles, err = readList(ctx, o.dir.SystemRoles)
			return err
		},
		func(ctx context.Context) (err error) {
			o.projects, o.odd.projects, err = readList(ctx, o.dir.Projects)
			return err
		},
		func(ctx context.Context) (err error) {
			o.grants, err = o.dir.ReadGrants(ctx, grants)
			return err
		},
		func(ctx context.Context) error {
			err := directory.Together(ctx, o.readAgencies, func(ctx context.Context) (err error) {
				o.custom, o.odd.policies, err = readList(ctx, o.dir.CustomPolicies)
				return err
			})
			if err != nil || request.Only != nil {
				return err // somebody looks after what was made, and no more will be
			}
			return o.readQuotas(ctx, request.Coverage)
		},
		o.dir.RecordRest,
	)
	if err == nil {
		if !grants.SkipEnterpriseProjects && slices.ContainsFunc(o.grants.Assignments, func(a directory.Assignment) bool {
			return a.Scope == directory.EnterpriseProject
		}) {
			readEnterprises()
		}
		for _, a := range o.agencies {
			o.agencyNames[a.ID] = a.Name
		}
		err = directory.Together(ctx, o.readStrays, o.readAgencyNames)
	}
	enterprises.Wait()
	return errors.Join(err, enterprisesErr)
}

// readAgencies lists all agencies, but for a narrow reading.
func (o *observed) readAgencies(ctx context.Context) error {
	if o.names != nil {
		return nil
	}
	listed, err := o.dir.Agencies(ctx)
	o.agencies, o.odd.agencies, o.agencyCalls = listed.All, listed.Odd, listed.Calls
	return err
}

// readEnterpriseProjects reads the names of enterprise projects. One that is refused is an error where somebody wants grants there.
func (o *observed) readEnterpriseProjects(ctx context.Context, wanted bool) (err error) {
	if o.began != nil && o.began.enterprisesErr != nil {
		err = o.began.enterprisesErr
	} else {
		o.enterprises, o.odd.enterprises, err = readList(ctx, o.dir.EnterpriseProjects)
	}
	switch {
	case wanted:
		return err
	case isForbidden(err):
		o.namesNotRead = []plan.NotRead{{
			Subject: "names of enterprise projects", Reason: "the cloud does not let them be listed, and grants in them show ids",
		}}
	case isNotFound(err):
		o.warnings = append(o.warnings, "the names of enterprise projects cannot be listed here; grants in them show ids")
	default:
		return err
	}
	o.enterprisesErr = err
	return nil
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
