package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// GrantsRequest says which grants to read.
type GrantsRequest struct {
	// Scopes are those to read; none means all.
	Scopes []Scope
	// Agencies returns those to read for one by one, where there is no bulk read. It may be called several times.
	Agencies func(context.Context) ([]Agency, error)
	// Each reads agency by agency even where one read could bring the grants of all: cheaper for a few.
	Each bool
	// SkipEnterpriseProjects and SkipAllProjects leave them unread, by the manifest's wish. SkipProjects are the projects that it leaves
	// unread, each by its name or as id:ID.
	SkipEnterpriseProjects, SkipAllProjects bool
	SkipProjects                            []string
	// EnterpriseProjectsWanted is set when somebody wants grants there, so that they must be readable.
	EnterpriseProjectsWanted bool
}

// skips reports whether the manifest leaves a project unread.
func (r *GrantsRequest) skips(p Project) bool {
	return slices.Contains(r.SkipProjects, p.Name) || slices.Contains(r.SkipProjects, "id:"+p.ID)
}

// Gap is a part of the grants that was not read, and why. The subject is the word by which a manifest leaves it out.
type Gap struct{ Subject, Reason string }

// Scope is where the grants would hold.
func (g Gap) Scope() Scope {
	switch g.Subject {
	case huaweicloud.PartAllProjects:
		return AllProjects
	case huaweicloud.PartEnterpriseProjects:
		return EnterpriseProject
	}
	return OneProject
}

// ReasonLeftOut is the reason of what is not read because the manifest says so.
const ReasonLeftOut = "cloud.notRead leaves it out"

// Grants are the grants of an account as far as they were read.
type Grants struct {
	// Assignments are sorted, each once.
	Assignments []Assignment
	// Odd are grants that are not as documented, sorted, each once.
	Odd []huaweicloud.Odd
	// Read are the scopes that were read in full, in fixed order. Where only some projects could be read, Projects are
	// those instead, and each other one is a gap, with its reason in Unread by its id.
	Read     []Scope
	Projects []Project
	Unread   UnreadProjects
	Gaps     []Gap
	Warnings []string
}

// UnreadProjects says of projects, by id, why the grants in them were not read.
type UnreadProjects map[string]string

// Check returns an error where the grants in a project were not read.
func (u UnreadProjects) Check(projectID string) error {
	if reason, unread := u[projectID]; unread {
		return incomplete("list project grants", "the grants in the project with id %s are not read: %s", projectID, reason)
	}
	return nil
}

// ReadGrants reads the grants in all scopes, side by side, by the fewest calls that the account allows.
//
// Where the bulk read of a scope is refused (403, or 401 that is not about the credentials) or does not exist (404), the calls made for
// that scope take its place, one for each agency, or for each agency and project. A project, or the scope of all projects, that refuses
// these too is a gap. Enterprise projects have no such calls: refused, they are an error; where the API does not exist and nobody wants
// grants there, they are a gap with a warning.
func (d *Directory) ReadGrants(ctx context.Context, request GrantsRequest) (Grants, error) {
	parts := map[Scope]*Grants{}
	var reads []func(context.Context) error
	scopes := request.Scopes
	if len(scopes) == 0 {
		scopes = Scopes()
	}
	for _, scope := range scopes {
		part := &Grants{}
		parts[scope] = part
		reads = append(reads, func(ctx context.Context) error { return d.readScope(ctx, scope, request, part) })
	}
	if err := Together(ctx, reads...); err != nil {
		return Grants{}, err
	}
	var all Grants
	for _, scope := range Scopes() {
		part := parts[scope]
		if part == nil {
			continue
		}
		all.Projects = append(all.Projects, part.Projects...)
		all.Assignments = append(all.Assignments, part.Assignments...)
		all.Odd = append(all.Odd, part.Odd...)
		if part.Unread != nil {
			all.Unread = part.Unread
		}
		all.Read = append(all.Read, part.Read...)
		all.Gaps = append(all.Gaps, part.Gaps...)
		all.Warnings = append(all.Warnings, part.Warnings...)
	}
	all.Assignments, all.Odd = unique(all.Assignments), uniqueOdd(all.Odd)
	return all, nil
}

func (d *Directory) readScope(ctx context.Context, scope Scope, request GrantsRequest, into *Grants) error {
	switch {
	case scope == EnterpriseProject && request.SkipEnterpriseProjects:
		into.Gaps = append(into.Gaps, Gap{huaweicloud.PartEnterpriseProjects, ReasonLeftOut})
		return nil
	case scope == AllProjects && request.SkipAllProjects:
		into.Gaps = append(into.Gaps, Gap{huaweicloud.PartAllProjects, ReasonLeftOut})
		return nil
	}
	err := d.readBulk(ctx, scope, request, into)
	refused, missing := hasStatus(err, http.StatusForbidden) || huaweicloud.RefusesPlace(err), hasStatus(err, http.StatusNotFound)
	if err == nil {
		if scope == OneProject && len(request.SkipProjects) > 0 {
			return d.leaveOut(ctx, request, into)
		}
		into.Read = append(into.Read, scope)
		return nil
	}
	if !refused && !missing {
		return err
	}
	into.Assignments, into.Odd = nil, nil
	switch {
	case scope == OneProject:
		if fallback := d.readProjects(ctx, request, into); fallback != nil {
			return fmt.Errorf("%w (and the bulk read was refused before: %v)", fallback, err)
		}
		return nil
	case scope != EnterpriseProject:
		if fallback := d.readEach(ctx, scope, request, into); fallback != nil {
			return fmt.Errorf("%w (and the bulk read was refused before: %v)", fallback, err)
		}
		return nil
	}
	if refused || request.EnterpriseProjectsWanted {
		return fmt.Errorf("%w; grants in enterprise projects can be read in no other way, "+
			"so either allow this call or write cloud.notRead: [enterprise-projects] in the manifest", err)
	}
	into.Gaps = append(into.Gaps, Gap{huaweicloud.PartEnterpriseProjects, "the cloud has no call to list the grants in them here"})
	into.Warnings = append(into.Warnings,
		"grants in enterprise projects cannot be listed here; the manifest wants none, and others would go unseen")
	return nil
}

func (d *Directory) readBulk(ctx context.Context, scope Scope, request GrantsRequest, into *Grants) error {
	if !request.Each {
		found, err := d.Assignments(ctx, scope, "")
		into.Assignments, into.Odd = found.All, found.Odd
		return err
	}
	agencies, err := request.Agencies(ctx)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var reads []func(context.Context) error
	for _, agency := range agencies {
		reads = append(reads, func(ctx context.Context) error {
			found, err := d.Assignments(ctx, scope, agency.ID)
			mu.Lock()
			defer mu.Unlock()
			into.Assignments, into.Odd = append(into.Assignments, found.All...), append(into.Odd, found.Odd...)
			return err
		})
	}
	return Together(ctx, reads...)
}

// targets returns all projects, also those of which nothing but the id is known.
func (d *Directory) targets(ctx context.Context) ([]Project, error) {
	listed, err := d.Projects(ctx)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(listed.All)
	for _, odd := range listed.Odd {
		if odd.ID != "" {
			all = append(all, Project{ID: odd.ID, Name: odd.Name})
		}
	}
	return all, nil
}

// leaveOut takes what is left unread out of what a bulk read has brought.
func (d *Directory) leaveOut(ctx context.Context, request GrantsRequest, into *Grants) error {
	targets, err := d.targets(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, p := range targets {
		known[p.ID] = true
	}
	for _, a := range into.Assignments {
		if !known[a.TargetID] { // no list shows the project
			known[a.TargetID] = true
			targets = append(targets, Project{ID: a.TargetID})
		}
	}
	u := unread{into: into}
	for _, target := range targets {
		if request.skips(target) {
			u.gap(target, ReasonLeftOut)
		}
	}
	u.settle(targets)
	return nil
}

// unread are the projects that cannot be read, or are not to be. It is safe for concurrent use.
type unread struct {
	mu   sync.Mutex
	into *Grants
}

// gap notes that a project is not read.
func (u *unread) gap(p Project, reason string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.into.Unread == nil {
		u.into.Unread = UnreadProjects{}
	}
	if _, told := u.into.Unread[p.ID]; told {
		return
	}
	u.into.Unread[p.ID] = reason
	u.into.Gaps = append(u.into.Gaps, Gap{huaweicloud.PartOf(huaweicloud.PartProject, p.Name, p.ID), reason})
}

// settle says what was read of the projects.
func (u *unread) settle(targets []Project) {
	is := func(id string) bool { _, is := u.into.Unread[id]; return is }
	u.into.Assignments = slices.DeleteFunc(u.into.Assignments, func(a Assignment) bool { return is(a.TargetID) })
	slices.SortFunc(u.into.Gaps, func(a, b Gap) int { return cmp.Compare(a.Subject, b.Subject) })
	if len(u.into.Unread) == 0 {
		u.into.Read = append(u.into.Read, OneProject)
		return
	}
	u.into.Projects = slices.DeleteFunc(slices.Clone(targets), func(p Project) bool { return is(p.ID) })
}

// refusal returns the status by which the cloud refuses a read in one place, which says nothing about the others; 0 for any other error.
func refusal(err error) int {
	if huaweicloud.RefusesPlace(err) {
		return http.StatusUnauthorized
	}
	for _, status := range []int{http.StatusForbidden, http.StatusNotFound} {
		if hasStatus(err, status) {
			return status
		}
	}
	return 0
}

// readEach reads an account-wide scope agency by agency. Where the first agency cannot be read in all projects, no other is asked: it
// could not be either, and refusals are counted.
func (d *Directory) readEach(ctx context.Context, scope Scope, request GrantsRequest, into *Grants) error {
	agencies, err := request.Agencies(ctx)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	read := func(agency Agency) func(context.Context) error {
		return func(ctx context.Context) error {
			found, err := d.ListGrants(ctx, agency.ID, scope, "")
			mu.Lock()
			defer mu.Unlock()
			into.Assignments, into.Odd = append(into.Assignments, found.All...), append(into.Odd, found.Odd...)
			return err
		}
	}
	if scope == AllProjects && len(agencies) > 0 {
		switch err := read(agencies[0])(ctx); {
		case refusal(err) != 0:
			return fmt.Errorf("%w; these are the widest grants of all, so either allow this call or write cloud.notRead: [all-projects] "+
				"in the manifest", err)
		case err != nil:
			return err
		}
		agencies = agencies[1:]
	}
	var reads []func(context.Context) error
	for _, agency := range agencies {
		reads = append(reads, read(agency))
	}
	if err := Together(ctx, reads...); err != nil {
		return err
	}
	into.Read = append(into.Read, scope)
	return nil
}

// readProjects reads the grants in projects agency by agency. A project that refuses the first agency is a gap, and asked no more: where
// it is known that it may refuse, and else where another project answers.
func (d *Directory) readProjects(ctx context.Context, request GrantsRequest, into *Grants) error {
	agencies, err := request.Agencies(ctx)
	if err != nil {
		return err
	}
	targets, err := d.targets(ctx)
	if err != nil {
		return err
	}
	u := unread{into: into}
	wanted := make([]Project, 0, len(targets))
	for _, target := range targets {
		if request.skips(target) {
			u.gap(target, ReasonLeftOut)
		} else {
			wanted = append(wanted, target)
		}
	}
	if len(agencies) == 0 {
		u.settle(targets)
		return nil
	}
	failures := make([]error, len(wanted))
	read := func(i int, agency Agency) func(context.Context) error {
		return func(ctx context.Context) error {
			found, err := d.ListGrants(ctx, agency.ID, OneProject, wanted[i].ID)
			u.mu.Lock()
			defer u.mu.Unlock()
			into.Assignments, into.Odd = append(into.Assignments, found.All...), append(into.Odd, found.Odd...)
			if err != nil && failures[i] == nil {
				failures[i] = err
			}
			return nil
		}
	}
	var first, others []func(context.Context) error
	for i := range wanted {
		first = append(first, read(i, agencies[0]))
	}
	if err := Together(ctx, first...); err != nil {
		return err
	}
	answers := slices.Contains(failures, nil)
	var failed []error
	for i, target := range wanted {
		if failures[i] != nil {
			failed = append(failed, u.judge(target, failures[i], answers))
			continue
		}
		for _, agency := range agencies[1:] {
			others = append(others, read(i, agency))
		}
	}
	asked := slices.Clone(failures)
	if err := Together(ctx, others...); err != nil {
		return err
	}
	for i, target := range wanted {
		if asked[i] == nil && failures[i] != nil {
			failed = append(failed, u.judge(target, failures[i], false))
		}
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	u.settle(targets)
	return nil
}

// judge makes a gap of a project that refuses to be read, and returns any other failure. Answers says that the same agency could be read
// in another project, so that the refusal is about this one.
func (u *unread) judge(p Project, err error, answers bool) error {
	status := refusal(err)
	expected := p.Disabled || p.Name == objectStorageProject
	if status == 0 || !expected && !answers {
		return err
	}
	reason := "the cloud does not let the grants in it be listed one by one"
	if p.Disabled {
		reason = "it is disabled, and " + reason
	}
	u.gap(p, fmt.Sprintf("id %s: %s (HTTP %d)", p.ID, reason, status))
	return nil
}
