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
	into.Single[scope]++
	var mu sync.Mutex
	read := func(agency Agency) func(context.Context) error {
		return func(ctx context.Context) error {
			found, err := d.ListGrants(ctx, agency.ID, scope, "")
			mu.Lock()
			defer mu.Unlock()
			into.Calls++
			into.Assignments, into.Odd = append(into.Assignments, found.All...), append(into.Odd, found.Odd...)
			return err
		}
	}
	if scope == AllProjects && len(agencies) > 0 {
		switch err := read(agencies[0])(ctx); {
		case refusal(err) != 0 && !huaweicloud.IsAbsent(err):
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
	into.Single[OneProject] += len(wanted)
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
			into.Calls++
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
