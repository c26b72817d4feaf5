package directory

import (
	"context"
	"fmt"
	"maps"
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
	// EnterpriseProjectsUsed, where set, is called as soon as a first page shows a grant there. It must not block, and may be called
	// several times, side by side.
	EnterpriseProjectsUsed func()
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
	// Calls is how many calls it took. Single is how many it takes for one agency in a scope that is not read in bulk.
	Calls  int
	Single map[Scope]int
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
	all := Grants{Single: map[Scope]int{}}
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
	for _, scope := range Scopes() {
		part := parts[scope]
		if part == nil {
			continue
		}
		all.Calls += part.Calls
		maps.Copy(all.Single, part.Single)
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
		into.Single = map[Scope]int{scope: 0}
		return nil
	case scope == AllProjects && request.SkipAllProjects:
		into.Gaps = append(into.Gaps, Gap{huaweicloud.PartAllProjects, ReasonLeftOut})
		into.Single = map[Scope]int{scope: 0}
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
	into.Calls++
	into.Single = map[Scope]int{scope: 1}
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
	var used func()
	if scope == EnterpriseProject {
		used = request.EnterpriseProjectsUsed
	}
	if !request.Each {
		found, err := d.assignments(ctx, scope, "", used)
		into.Assignments, into.Odd, into.Calls = found.All, found.Odd, found.Calls
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
			found, err := d.assignments(ctx, scope, agency.ID, used)
			mu.Lock()
			defer mu.Unlock()
			into.Calls += found.Calls
			into.Assignments, into.Odd = append(into.Assignments, found.All...), append(into.Odd, found.Odd...)
			return err
		})
	}
	return Together(ctx, reads...)
}
