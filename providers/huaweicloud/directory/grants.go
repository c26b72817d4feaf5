package directory

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
)

// GrantsRequest says which grants to read.
type GrantsRequest struct {
	// Scopes are those to read; none means all.
	Scopes []Scope
	// Agencies returns those to read for one by one, where there is no bulk read. It may be called several times.
	Agencies func(context.Context) ([]Agency, error)
	// Each reads agency by agency even where one read could bring the grants of all: cheaper for a few.
	Each bool
	// SkipEnterpriseProjects leaves them unread, by the manifest's wish.
	SkipEnterpriseProjects bool
	// EnterpriseProjectsWanted is set when somebody wants grants there, so that they must be readable.
	EnterpriseProjectsWanted bool
}

// Gap is a part of the grants that was not read, and why.
type Gap struct{ Subject, Reason string }

// The subjects of gaps.
const (
	GapEnterpriseProjects = "grants in enterprise projects"
	GapObjectStorage      = "grants in the project " + objectStorageProject
)

// Grants are the grants of an account as far as they were read.
type Grants struct {
	// Assignments are sorted, each once.
	Assignments []Assignment
	// Read are the scopes that were read in full, in fixed order. Where only some projects could be read, Projects are
	// those instead, and each other one is a gap.
	Read     []Scope
	Projects []Project
	Gaps     []Gap
	Warnings []string
}

// ReadGrants reads the grants in all scopes, side by side, by the fewest calls that the account allows.
//
// Where the bulk read of a scope is refused (403) or does not exist (404), the calls made for that scope take its place,
// one for each agency, or for each agency and project. Enterprise projects have no such calls: refused, they are an
// error; where the API does not exist and nobody wants grants there, they are a gap with a warning.
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
		all.Read = append(all.Read, part.Read...)
		all.Gaps = append(all.Gaps, part.Gaps...)
		all.Warnings = append(all.Warnings, part.Warnings...)
	}
	all.Assignments = unique(all.Assignments)
	return all, nil
}

func (d *Directory) readScope(ctx context.Context, scope Scope, request GrantsRequest, into *Grants) error {
	if scope == EnterpriseProject && request.SkipEnterpriseProjects {
		into.Gaps = append(into.Gaps, Gap{GapEnterpriseProjects, "cloud.notRead leaves them out"})
		return nil
	}
	err := d.readBulk(ctx, scope, request, into)
	refused, missing := hasStatus(err, http.StatusForbidden), hasStatus(err, http.StatusNotFound)
	if err == nil {
		into.Read = append(into.Read, scope)
		return nil
	}
	if !refused && !missing {
		return err
	}
	into.Assignments = nil
	if scope != EnterpriseProject {
		if fallback := d.readEach(ctx, scope, request, into); fallback != nil {
			return fmt.Errorf("%w (and the bulk read was refused before: %v)", fallback, err)
		}
		if len(into.Gaps) == 0 {
			into.Read = append(into.Read, scope)
		}
		return nil
	}
	if refused || request.EnterpriseProjectsWanted {
		return fmt.Errorf("%w; grants in enterprise projects can be read in no other way, "+
			"so either allow this call or write cloud.notRead: [enterprise-projects] in the manifest", err)
	}
	into.Gaps = append(into.Gaps, Gap{GapEnterpriseProjects, "the cloud has no call to list them here"})
	into.Warnings = append(into.Warnings,
		"grants in enterprise projects cannot be listed here; the manifest wants none, and others would go unseen")
	return nil
}

func (d *Directory) readBulk(ctx context.Context, scope Scope, request GrantsRequest, into *Grants) (err error) {
	if !request.Each {
		into.Assignments, err = d.Assignments(ctx, scope, "")
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
			into.Assignments = append(into.Assignments, found...)
			return err
		})
	}
	return Together(ctx, reads...)
}

// readEach reads a scope agency by agency.
func (d *Directory) readEach(ctx context.Context, scope Scope, request GrantsRequest, into *Grants) error {
	agencies, err := request.Agencies(ctx)
	if err != nil {
		return err
	}
	targets := []Project{{}}
	if scope == OneProject {
		if targets, err = d.Projects(ctx); err != nil {
			return err
		}
	}
	var mu sync.Mutex
	var reads []func(context.Context) error
	for _, agency := range agencies {
		for _, target := range targets {
			reads = append(reads, func(ctx context.Context) error {
				found, err := d.ListGrants(ctx, agency.ID, scope, target.ID)
				mu.Lock()
				defer mu.Unlock()
				if target.Name == objectStorageProject && (hasStatus(err, http.StatusForbidden) || hasStatus(err, http.StatusNotFound)) {
					gap := Gap{GapObjectStorage, "the cloud does not let them be listed one by one"}
					if !slices.Contains(into.Gaps, gap) {
						into.Gaps = append(into.Gaps, gap)
					}
					return nil
				}
				into.Assignments = append(into.Assignments, found...)
				return err
			})
		}
	}
	if err := Together(ctx, reads...); err != nil {
		return err
	}
	if len(into.Gaps) > 0 {
		into.Projects = slices.DeleteFunc(slices.Clone(targets), func(p Project) bool { return p.Name == objectStorageProject })
	}
	return nil
}
