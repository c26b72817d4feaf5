package directory

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

const assignmentsPerPage = 50

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
	AgencyID string `json:"agencyId"`
	RoleID   string `json:"roleId"`
	Scope    Scope  `json:"scope"`
	// TargetID is the id of the project or enterprise project; empty in the other scopes.
	TargetID string `json:"targetId,omitempty"`
}

// usable implements [kept].
func (a Assignment) usable() bool {
	inPlace := a.Scope == OneProject || a.Scope == EnterpriseProject
	return huaweicloud.ValidID(a.AgencyID) && huaweicloud.ValidID(a.RoleID) && inPlace == (a.TargetID != "") &&
		(!inPlace || huaweicloud.ValidID(a.TargetID)) && slices.Contains(Scopes(), a.Scope)
}

// scopeWords are the scopes as addresses and recordings write them.
var scopeWords = map[Scope]string{
	Domain: segmentDomain, AllProjects: segmentAllProjects, OneProject: segmentProject, EnterpriseProject: segmentEnterpriseProject,
}

// MarshalText implements [encoding.TextMarshaler].
func (s Scope) MarshalText() ([]byte, error) { return []byte(scopeWords[s]), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Scope) UnmarshalText(text []byte) error {
	for scope, word := range scopeWords {
		if word == string(text) {
			*s = scope
			return nil
		}
	}
	return fmt.Errorf("%.40q is no scope", text)
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
func (c *Client) Assignments(ctx context.Context, scope Scope, agencyID string) (Listed[Assignment], error) {
	return c.assignments(ctx, scope, agencyID, nil)
}

// assignments is [Client.Assignments]. Began, where set, is called as soon as the first page shows a grant; maybe more than once. With a
// recording, the grants of one agency are taken out of those of all.
func (c *Client) assignments(ctx context.Context, scope Scope, agencyID string, began func()) (Listed[Assignment], error) {
	if c.conn.Recording() == nil {
		return c.readAssignments(ctx, scope, agencyID, began)
	}
	all, err := asked(ctx, c, "grants", scopeWords[scope], func(ctx context.Context) (Listed[Assignment], error) {
		return c.readAssignments(ctx, scope, "", nil)
	})
	if agencyID != "" {
		all.All = slices.DeleteFunc(all.All, func(a Assignment) bool { return a.AgencyID != agencyID })
		all.Odd = slices.DeleteFunc(all.Odd, func(odd huaweicloud.Odd) bool { return odd.Of != agencyID })
	}
	return all, err
}

func (c *Client) readAssignments(ctx context.Context, scope Scope, agencyID string, began func()) (Listed[Assignment], error) {
	l := list[Assignment]{
		client: c, operation: "list " + scope.String() + " grants", path: []string{"v3.0", "OS-PERMISSION", "role-assignments"},
		query: url.Values{"domain_id": {c.domain}}, size: assignmentsPerPage, id: Assignment.key,
	}
	if agencyID == "" {
		l.query.Set("subject", "agency")
	} else {
		l.query.Set("subject.agency_id", agencyID)
	}
	switch scope {
	case Domain, AllProjects:
		l.query.Set("scope", "domain")
		l.query.Set("is_inherited", map[Scope]string{Domain: "false", AllProjects: "true"}[scope])
	case OneProject:
		l.query.Set("scope", "project")
	case EnterpriseProject:
		l.query.Set("scope", "enterprise_project")
	}
	l.page = func(ctx context.Context, path []string, query url.Values) (page[Assignment], error) {
		var answer struct {
			Assignments huaweicloud.List[wireAssignment] `json:"role_assignments"`
			Total       count                            `json:"total_num"`
		}
		call := get(l.operation, query, path...)
		if err := c.conn.Do(ctx, call, &answer); err != nil {
			return page[Assignment]{}, err
		}
		items, err := answer.Assignments.Items(call, "grants")
		p := page[Assignment]{total: int(answer.Total)}
		for _, item := range items {
			grant := huaweicloud.Item[Assignment]{Odd: item.Odd}
			if item.Odd == nil {
				a, ours, err := item.Value.assignment(l.operation, scope)
				switch {
				case err != nil:
					odd := item.Value.odd(err)
					grant.Odd = &odd
				case !ours:
					p.others++
					continue
				}
				grant.Value = a
			}
			p.items = append(p.items, grant)
		}
		return p, err
	}
	if began != nil {
		l.began = func(first page[Assignment]) {
			if len(first.items) > 0 {
				began()
			}
		}
	}
	all, err := l.numbered(ctx)
	for i := range all.Odd {
		all.Odd[i].Of = cmp.Or(all.Odd[i].Of, agencyID)
	}
	all.Odd = uniqueOdd(all.Odd)
	return all, err
}

// key tells the grant from all others.
func (a Assignment) key() string {
	return strings.Join([]string{a.AgencyID, a.RoleID, a.Scope.String(), a.TargetID}, " ")
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
	at := strings.TrimSuffix(agencyID+" "+scopeWords[scope]+" "+targetID, " ")
	return asked(ctx, c, "grants of an agency", at, func(ctx context.Context) (Listed[Assignment], error) {
		return c.listGrants(ctx, agencyID, scope, targetID)
	})
}

func (c *Client) listGrants(ctx context.Context, agencyID string, scope Scope, targetID string) (Listed[Assignment], error) {
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
