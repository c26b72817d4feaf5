package directory

import (
	"cmp"
	"context"
	"net/url"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

const (
	assignmentsPerPage = 50
	// maxPages bounds the list: far more than any account has, and an end for a server that never stops.
	maxPages = 2000
	// pagesAhead is how many pages of one list are read side by side.
	pagesAhead = 8
	// unstableReads is how often a list that changes while it is read is read again.
	unstableReads = 3
)

// Scope is where a grant holds.
type Scope uint8

// The scopes. The zero Scope is invalid.
const (
	// Domain is the account's global services.
	Domain Scope = iota + 1
	// AllProjects is every project, present and future.
	AllProjects
	// OneProject is one project.
	OneProject
	// EnterpriseProject is one enterprise project.
	EnterpriseProject
)

// Scopes are all scopes in a fixed order.
func Scopes() []Scope { return []Scope{Domain, AllProjects, OneProject, EnterpriseProject} }

// String returns the scope in words.
func (s Scope) String() string {
	switch s {
	case Domain:
		return "domain"
	case AllProjects:
		return "all projects"
	case OneProject:
		return "project"
	case EnterpriseProject:
		return "enterprise project"
	}
	return "invalid scope"
}

// Assignment is one grant: an agency has a role in a scope. It is comparable.
type Assignment struct {
	AgencyID, RoleID string
	Scope            Scope
	// TargetID is the id of the project or enterprise project; empty in the other scopes.
	TargetID string
}

type wireAssignment struct {
	Agency *reference `json:"agency"`
	User   *reference `json:"user"`
	Group  *reference `json:"group"`
	Role   *reference `json:"role"`
	Scope  struct {
		Domain             *reference `json:"domain"`
		Project            *reference `json:"project"`
		EnterpriseProject  *reference `json:"enterprise_project"`
		EnterpriseProjects *reference `json:"enterprise_projects"`
	} `json:"scope"`
	Inherited *bool `json:"is_inherited"`
}

// assignment reads a record of the pass over a scope. The record itself says where it holds, because a server may
// ignore a filter; only what it leaves out is taken from the pass. ok is false for a grant to a user or a group.
func (w wireAssignment) assignment(operation string, pass Scope) (a Assignment, ok bool, err error) {
	switch {
	case w.Agency == nil && (w.User != nil || w.Group != nil):
		return Assignment{}, false, nil
	case w.Agency == nil:
		return Assignment{}, false, incomplete(operation, "the answer holds a grant of nobody")
	}
	if w.Role == nil {
		return Assignment{}, false, incomplete(operation, "the answer holds a grant without a role")
	}
	a = Assignment{AgencyID: w.Agency.ID, RoleID: w.Role.ID}
	target := cmp.Or(w.Scope.EnterpriseProject, w.Scope.EnterpriseProjects)
	switch {
	case target != nil:
		a.Scope, a.TargetID = EnterpriseProject, target.ID
	case w.Scope.Project != nil:
		a.Scope, a.TargetID = OneProject, w.Scope.Project.ID
	case w.Scope.Domain != nil && w.Inherited != nil && *w.Inherited, w.Scope.Domain != nil && w.Inherited == nil && pass == AllProjects:
		a.Scope = AllProjects
	case w.Scope.Domain != nil:
		a.Scope = Domain
	default:
		return Assignment{}, false, incomplete(operation, "the answer holds a grant without a scope")
	}
	ids := []string{a.AgencyID, a.RoleID}
	if a.TargetID != "" || target != nil || w.Scope.Project != nil {
		ids = append(ids, a.TargetID)
	}
	for _, id := range ids {
		if err := checkID(operation, "a grant", id); err != nil {
			return Assignment{}, false, err
		}
	}
	return a, true, nil
}

// Assignments reads the grants of all agencies in one scope, or of the agency with the given id. It is the bulk read:
// fifty records a call. A grant that does not show whose it is counts as one of the agency that was asked for.
//
// The total that the cloud gives is a hint. It may count the page instead of the list, so it only proves an end when it
// is larger than a page; otherwise the end is a short page.
func (c *Client) Assignments(ctx context.Context, scope Scope, agencyID string) (Listed[Assignment], error) {
	r := assignmentReader{client: c, scope: scope, operation: "list " + scope.String() + " grants", query: url.Values{"domain_id": {c.domain}}}
	if agencyID == "" {
		r.query.Set("subject", "agency")
	} else {
		r.query.Set("subject.agency_id", agencyID)
	}
	switch scope {
	case Domain, AllProjects:
		r.query.Set("scope", "domain")
		r.query.Set("is_inherited", map[Scope]string{Domain: "false", AllProjects: "true"}[scope])
	case OneProject:
		r.query.Set("scope", "project")
	case EnterpriseProject:
		r.query.Set("scope", "enterprise_project")
	}
	for range unstableReads {
		r.odd = nil
		all, stable, err := r.read(ctx)
		for i := range r.odd {
			r.odd[i].Of = cmp.Or(r.odd[i].Of, agencyID)
		}
		if err != nil || stable {
			for i := range r.odd {
				r.odd[i].Of = cmp.Or(r.odd[i].Of, agencyID)
			}
			return Listed[Assignment]{all, uniqueOdd(r.odd)}, err
		}
	}
	return Listed[Assignment]{}, incomplete(r.operation, "the pages do not add up to what the cloud counts, or change while they are read")
}

type assignmentReader struct {
	client    *Client
	scope     Scope
	operation string
	query     url.Values
	// odd are the records that are not as documented.
	odd []huaweicloud.Odd
}

type assignmentPage struct {
	items []Assignment
	odd   []huaweicloud.Odd
	// records counts all records of the page, also those that are not ours.
	records, total int
}

// read collects all pages once. Stable is false when the list changed meanwhile, so that a record may have slipped from
// one page to another unseen.
func (r *assignmentReader) read(ctx context.Context) (all []Assignment, stable bool, err error) {
	first, err := r.page(ctx, 1)
	if err != nil {
		return nil, false, err
	}
	seen := map[Assignment]bool{}
	add := func(p assignmentPage) (fresh int) {
		r.odd = append(r.odd, p.odd...)
		for _, a := range p.items {
			if !seen[a] {
				seen[a] = true
				all = append(all, a)
				fresh++
			}
		}
		return fresh
	}
	add(first)
	records, pages := first.records, 1
	// Only a total that no single page can hold is surely one of the whole list.
	whole := first.total > max(first.records, assignmentsPerPage) || first.total > first.records && first.records < assignmentsPerPage
	if first.records != assignmentsPerPage && !whole {
		return all, true, nil
	}
	for pages < maxPages && !(whole && records >= first.total) {
		ahead := 1
		if whole && first.records == assignmentsPerPage {
			ahead = min((first.total-1)/assignmentsPerPage+1-pages, pagesAhead)
		}
		batch, err := r.pages(ctx, pages+1, max(ahead, 1))
		if err != nil {
			return nil, false, err
		}
		for _, p := range batch {
			pages++
			records += p.records
			fresh := add(p)
			switch {
			case whole && p.total != first.total && p.records > 0:
				return nil, false, nil
			case !whole && fresh == 0 && len(p.items) > 0 && p.records >= assignmentsPerPage:
				return nil, false, incomplete(r.operation, "page %d repeats earlier ones, so that the rest of the list cannot be read", pages)
			case p.records == 0:
				return all, !whole || records >= first.total, nil
			case fresh == 0 && len(p.items) > 0:
				return all, !whole, nil
			case !whole && p.records < assignmentsPerPage:
				return all, true, nil
			}
		}
	}
	if pages >= maxPages {
		return nil, false, incomplete(r.operation, "more than %d pages", maxPages)
	}
	return all, true, nil
}

// pages reads n pages side by side, in order.
func (r *assignmentReader) pages(ctx context.Context, from, n int) ([]assignmentPage, error) {
	batch := make([]assignmentPage, n)
	group, ctx := errgroup.WithContext(ctx)
	for i := range batch {
		group.Go(func() (err error) {
			batch[i], err = r.page(ctx, from+i)
			return err
		})
	}
	return batch, group.Wait()
}

func (r *assignmentReader) page(ctx context.Context, number int) (assignmentPage, error) {
	var answer struct {
		Assignments huaweicloud.List[wireAssignment] `json:"role_assignments"`
		Total       count                            `json:"total_num"`
	}
	call := get(r.operation, paged(r.query, number, assignmentsPerPage), "v3.0", "OS-PERMISSION", "role-assignments")
	if err := r.client.conn.Do(ctx, call, &answer); err != nil {
		return assignmentPage{}, err
	}
	items, err := answer.Assignments.Items(call, "grants")
	if err != nil {
		return assignmentPage{}, err
	}
	p := assignmentPage{records: len(items), total: int(answer.Total)}
	for _, item := range items {
		if item.Odd != nil {
			p.odd = append(p.odd, *item.Odd)
			continue
		}
		a, ours, err := item.Value.assignment(r.operation, r.scope)
		switch {
		case err != nil:
			p.odd = append(p.odd, item.Value.odd(err))
		case ours:
			p.items = append(p.items, a)
		}
	}
	return p, nil
}

// odd returns what can be told of a grant that cannot be used.
func (w wireAssignment) odd(err error) huaweicloud.Odd {
	o := huaweicloud.Odd{Fault: FaultOf(err)}
	if w.Agency != nil && huaweicloud.ValidID(w.Agency.ID) {
		o.Of = w.Agency.ID
	}
	return o
}

// uniqueOdd sorts and drops repeats.
func uniqueOdd(all []huaweicloud.Odd) []huaweicloud.Odd {
	slices.SortFunc(all, func(a, b huaweicloud.Odd) int {
		return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Fault, b.Fault))
	})
	return slices.Compact(all)
}

// ListGrants reads the grants of one agency in one scope by the call made for that scope. Enterprise projects have
// none. TargetID is the project, and empty in the other scopes.
func (c *Client) ListGrants(ctx context.Context, agencyID string, scope Scope, targetID string) (Listed[Assignment], error) {
	operation := "list " + scope.String() + " grants of an agency"
	var path []string
	switch scope {
	case Domain:
		path = []string{"v3.0", "OS-AGENCY", "domains", c.domain, "agencies", agencyID, "roles"}
	case OneProject:
		path = []string{"v3.0", "OS-AGENCY", "projects", targetID, "agencies", agencyID, "roles"}
	case AllProjects:
		path = []string{"v3.0", "OS-INHERIT", "domains", c.domain, "agencies", agencyID, "roles", "inherited_to_projects"}
	default:
		return Listed[Assignment]{}, incomplete(operation, "there is no such call")
	}
	var answer struct {
		Roles huaweicloud.List[reference] `json:"roles"`
	}
	call := get(operation, nil, path...)
	if err := c.conn.Do(ctx, call, &answer); err != nil {
		return Listed[Assignment]{}, err
	}
	roles, err := answer.Roles.Items(call, "roles")
	if err != nil {
		return Listed[Assignment]{}, err
	}
	all := split(readItems(roles, func(r reference) (id, name string) { return r.ID, "" }, func(role reference) (Assignment, error) {
		return Assignment{AgencyID: agencyID, RoleID: role.ID, Scope: scope, TargetID: targetID}, checkID(operation, "a role", role.ID)
	}))
	for i := range all.Odd {
		all.Odd[i] = huaweicloud.Odd{Of: agencyID, Fault: all.Odd[i].Fault}
	}
	return all, nil
}

// compareAssignments orders by agency, scope, target and role.
func compareAssignments(a, b Assignment) int {
	return cmp.Or(cmp.Compare(a.AgencyID, b.AgencyID), cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.TargetID, b.TargetID),
		cmp.Compare(a.RoleID, b.RoleID))
}

// unique sorts and drops repeats.
func unique(all []Assignment) []Assignment {
	slices.SortFunc(all, compareAssignments)
	return slices.Compact(all)
}
