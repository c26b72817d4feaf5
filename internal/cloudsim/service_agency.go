package cloudsim

import (
	"encoding/json"
	"net/http"
	"slices"
)

// serviceAgency is an agency that a cloud service makes for itself in the account of its caller, with what it grants to it.
// Whether the service counts as authorized is never stored: it follows from what IAM holds, so that an edit in IAM shows.
type serviceAgency struct {
	name, description string
	// trusts is the name of the service's own account.
	trusts string
	roles  []serviceRole
}

// serviceRole is one grant of a serviceAgency: a system role, or, where there are actions, a custom policy that the
// service keeps in the account.
type serviceRole struct {
	display string
	// scope is ScopeDomain or ScopeProject.
	scope   string
	actions []string
}

// inProject runs an operation of a regional service, which acts in the project of the path, or of the token's scope, or of
// X-Project-Id.
func inProject(operation func(*exchange, *Project) (answer, error)) func(*exchange) (answer, error) {
	return func(x *exchange) (answer, error) {
		id, scope := x.params["project_id"], x.who.project
		if x.who.token && scope == "" {
			if !x.switches.AccountTokensInProjects {
				return answer{}, x.denied()
			}
			scope = x.request.Header.Get(projectHeader)
		}
		if id == "" {
			id = scope
		}
		p := x.account.project(id)
		switch {
		case id == "" && x.switches.ProjectlessStatus403:
			return answer{}, x.denied()
		case id == "":
			return answer{}, x.fail(http.StatusBadRequest, "X-Project-Id is missing")
		case p == nil, scope != "" && scope != id:
			return answer{}, x.denied()
		}
		return operation(x, p)
	}
}

// inRegion is inProject for what holds for a whole region: a subproject stands for the region's own project.
func inRegion(operation func(*exchange, *Project) (answer, error)) func(*exchange) (answer, error) {
	return inProject(func(x *exchange, p *Project) (answer, error) {
		if parent := x.account.project(p.Parent); parent != nil {
			p = parent
		}
		return operation(x, p)
	})
}

// readBody reads the body, which must be an object.
func (x *exchange) readBody() (object, error) {
	var in object
	if err := json.Unmarshal(x.body, &in); err != nil || in == nil {
		return nil, x.fail(http.StatusBadRequest, "the body is not a JSON object")
	}
	return in, nil
}

// service returns the account of a cloud service. A world that does not know it yet learns it.
func (x *exchange) service(name string) Party {
	p, known := x.state.party(func(p Party) bool { return p.Name == name })
	if !known {
		p = Party{ID: demoID("service", name), Name: name}
		x.state.world.Services = append(x.state.world.Services, p)
	}
	return p
}

// serves says whether the service can use the agency.
func (x *exchange) serves(g *Agency, spec serviceAgency) bool {
	return g.Trust.Name == spec.trusts && (g.Expires == nil || g.Expires.After(x.now))
}

// standing returns the service's agency, or nil when there is none that it can use.
func (x *exchange) standing(spec serviceAgency) *Agency {
	if g := x.account.agencyNamed(spec.name, x.view); g != nil && x.serves(g, spec) {
		return g
	}
	return nil
}

// authorizes says whether the agency stands and lacks nothing in the project.
func (x *exchange) authorizes(spec serviceAgency, project string) bool {
	g := x.standing(spec)
	return g != nil && len(x.lacking(g, spec.roles, project)) == 0
}

// lacking returns the actions of the roles that the agency does not have in the project, sorted.
func (x *exchange) lacking(g *Agency, roles []serviceRole, project string) []string {
	var missing []string
	for _, wanted := range roles {
		role := x.roleOf(wanted)
		switch {
		case role == nil && wanted.actions == nil: // not in this world's catalogue, so nothing else is known of it
			missing = append(missing, wanted.display)
		case role == nil:
			missing = append(missing, wanted.actions...)
		case !x.hasRole(g.ID, role.ID, wanted.scope, project):
			missing = append(missing, wanted.needs(role)...)
		default:
			allowed := role.Policy.actions()
			missing = append(missing, slices.DeleteFunc(slices.Clone(wanted.needs(role)), func(a string) bool { return allowed[a] })...)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// needs are the actions that the service wants to come from the role.
func (r serviceRole) needs(role *Role) []string {
	if r.actions != nil {
		return r.actions
	}
	var all []string
	for _, s := range role.Policy.Statement {
		if s.Effect == "Allow" {
			all = append(all, s.Action...)
		}
	}
	return all
}

// actions are what a policy allows, as it is spelled, without what it denies in the same spelling.
func (p Policy) actions() map[string]bool {
	allowed := map[string]bool{}
	for _, effect := range []string{"Allow", "Deny"} {
		for _, s := range p.Statement {
			for _, action := range s.Action {
				if s.Effect == effect {
					allowed[action] = effect == "Allow"
				}
			}
		}
	}
	return allowed
}

// roleOf finds the role by its display name, among system roles or among the account's own policies.
func (x *exchange) roleOf(r serviceRole) *Role {
	var found *Role
	if r.actions == nil {
		for _, role := range x.state.sorted {
			if role.DisplayName == r.display {
				return role
			}
		}
		return nil
	}
	x.account.policies.each("", x.view, func(_ string, p *Role) {
		if p.DisplayName == r.display && found == nil {
			found = p
		}
	})
	return found
}

// grantIn is the grant of a role in the account or in the project.
func grantIn(role, scope, project string) Grant {
	if scope == ScopeProject {
		return Grant{Scope: scope, Target: project, Role: role}
	}
	return Grant{Scope: scope, Role: role}
}

// hasRole says whether the agency has the role in the scope; a grant on all projects holds in each.
func (x *exchange) hasRole(agency, role, scope, project string) bool {
	if x.account.grants.get(grantKey(agency, grantIn(role, scope, project)), x.view) != nil {
		return true
	}
	return scope == ScopeProject && x.account.grants.get(grantKey(agency, Grant{Scope: ScopeAllProjects, Role: role}), x.view) != nil
}
