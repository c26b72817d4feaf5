package cloudsim

import "net/http"

const maxAssignmentPage = 50

// assignmentFilter is the query of a role assignment list. An empty field matches everything.
type assignmentFilter struct {
	role, agency, scope, target string
	// nothing is set for users and groups, of which the simulator has none.
	nothing bool
	// inherited has a meaning with the scope domain alone, and is accepted everywhere.
	inherited bool
}

func listAssignments(x *exchange) (answer, error) {
	domain := x.query.Get("domain_id")
	if domain == "" {
		return answer{}, x.fail(http.StatusBadRequest, "'domain_id' is a required property")
	}
	if err := x.ownDomain(domain); err != nil {
		return answer{}, err
	}
	f, err := x.assignmentFilter()
	if err != nil {
		return answer{}, err
	}
	wanted, err := x.paging(maxAssignmentPage)
	if err != nil {
		return answer{}, err
	}
	type record struct {
		key   string
		grant *Grant
	}
	var found []record
	prefix := ""
	if f.agency != "" {
		prefix = f.agency + "/"
	}
	if !f.nothing {
		x.account.grants.each(prefix, x.view, func(key string, g *Grant) {
			if x.selects(f, g) {
				found = append(found, record{key, g})
			}
		})
	}
	part := pageOf(found, wanted)
	records := make([]map[string]any, 0, len(part))
	for _, r := range part {
		records = append(records, x.assignment(agencyOfGrant(r.key), r.grant))
	}
	total := len(found)
	if x.switches.TotalCountsPage {
		total = len(records)
	}
	return answer{http.StatusOK, map[string]any{"total_num": total, "role_assignments": records}}, nil
}

func (x *exchange) selects(f assignmentFilter, g *Grant) bool {
	if f.role != "" && g.Role != f.role || f.target != "" && g.Target != f.target {
		return false
	}
	switch f.scope {
	case "":
		return g.Scope != ScopeAllProjects || !x.switches.UnscopedWithoutInherited
	case ScopeDomain:
		return g.Scope == ScopeDomain && !f.inherited || g.Scope == ScopeAllProjects && f.inherited
	}
	return g.Scope == f.scope
}

func (x *exchange) assignment(agency string, g *Grant) map[string]any {
	id := func(v string) map[string]string { return map[string]string{"id": v} }
	scope := map[string]any{}
	switch g.Scope {
	case ScopeProject:
		scope["project"] = id(g.Target)
	case ScopeEnterpriseProject:
		scope["enterprise_project"] = id(g.Target)
	default:
		scope["domain"] = id(x.account.ID)
	}
	return map[string]any{"agency": id(agency), "role": id(g.Role), "scope": scope, "is_inherited": g.Scope == ScopeAllProjects}
}

// only returns the parameter that is sent of an exclusive group, "" for none.
func (x *exchange) only(names ...string) (string, error) {
	sent := ""
	for _, name := range names {
		if x.query.Get(name) == "" {
			continue
		}
		if sent != "" {
			return "", x.fail(http.StatusBadRequest, "'%s' and '%s' exclude each other", sent, name)
		}
		sent = name
	}
	return sent, nil
}

func (x *exchange) assignmentFilter() (assignmentFilter, error) {
	f := assignmentFilter{role: x.query.Get("role_id")}
	subject, err := x.only("subject", "subject.user_id", "subject.group_id", "subject.agency_id")
	if err != nil {
		return f, err
	}
	switch subject {
	case "subject":
		kind := x.query.Get("subject")
		if kind != "user" && kind != "group" && kind != "agency" {
			return f, x.fail(http.StatusBadRequest, "'subject' is none of user, group and agency")
		}
		f.nothing = kind != "agency"
	case "subject.user_id", "subject.group_id":
		f.nothing = true
	case "subject.agency_id":
		f.agency = x.query.Get(subject)
	}
	// It has a meaning for users alone, and is accepted everywhere.
	if _, _, err := x.queryBool("include_group"); err != nil {
		return f, err
	}
	return x.assignmentScope(f)
}

// assignmentScope reads the scope. The documentation spells the last parameter in two ways.
func (x *exchange) assignmentScope(f assignmentFilter) (assignmentFilter, error) {
	scope, err := x.only("scope", "scope.project_id", "scope.domain_id", "scope.enterprise_projects_id", "scope.enterprise_project_id")
	if err != nil {
		return f, err
	}
	switch scope {
	case "scope":
		f.scope = map[string]string{
			"project": ScopeProject, "domain": ScopeDomain, "enterprise_project": ScopeEnterpriseProject,
		}[x.query.Get("scope")]
		if f.scope == "" {
			return f, x.fail(http.StatusBadRequest, "'scope' is none of project, domain and enterprise_project")
		}
	case "scope.project_id":
		f.scope, f.target = ScopeProject, x.query.Get(scope)
	case "scope.enterprise_projects_id", "scope.enterprise_project_id":
		f.scope, f.target = ScopeEnterpriseProject, x.query.Get(scope)
	case "scope.domain_id":
		f.scope = ScopeDomain
		if err := x.ownDomain(x.query.Get(scope)); err != nil {
			return f, err
		}
	}
	f.inherited, _, err = x.queryBool("is_inherited")
	return f, err
}
