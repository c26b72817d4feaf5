package cloudsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// servicePrefix begins the names of cloud services as parties to trust.
const servicePrefix = "op_svc_"

// serviceAgency is an agency that a cloud service makes for itself in the account of its caller, with its roles. The
// authorization of the service is never stored: it follows from the agencies and grants of IAM, so that an edit there shows.
type serviceAgency struct {
	name, description string
	// trusts is the name of the service's own account.
	trusts string
	roles  []serviceRole
}

// serviceRole is one grant of a serviceAgency: a system role, or, where there are actions, a custom policy that the service
// makes in the account.
type serviceRole struct {
	display string
	// scope is ScopeDomain or ScopeProject.
	scope   string
	actions []string
	// system is set for a system policy with actions, which is added to the catalogue when it is needed.
	system bool
	// guessed is set where no page names the role; see exchange.drawn.
	guessed bool
	// late hides the grant from reads for lateRoleDelay.
	late bool
}

// projectHandler carries out an operation in a project.
type projectHandler func(*exchange, *Project) (answer, error)

// inProject returns an operation of a regional service. Its project comes from the path, from the token's scope, or from
// X-Project-Id.
func inProject(operation projectHandler) handler {
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

// inRegion is inProject for operations on a whole region: a subproject stands for the region's own project.
func inRegion(operation projectHandler) handler {
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
		return nil, x.example(http.StatusBadRequest, "the body is not a JSON object")
	}
	return in, nil
}

// service returns the account of a cloud service. A service that is new to the world is added.
func (x *exchange) service(name string) Party {
	if x.switches.UpperCaseServices {
		name = servicePrefix + strings.ToUpper(strings.TrimPrefix(name, servicePrefix))
	}
	p, known := x.state.party(func(p Party) bool { return p.Name == name })
	if !known {
		p = Party{ID: demoID("service", name), Name: name}
		x.state.world.Services = append(x.state.world.Services, p)
	}
	return p
}

// usable reports whether the agency trusts the service and has not expired.
func (x *exchange) usable(g *Agency, spec serviceAgency) bool {
	return strings.EqualFold(g.Trust.Name, spec.trusts) && (g.Expires == nil || g.Expires.After(x.now))
}

// seenAgency returns the service's agency as its reads take it, or nil. Nothing says that a service looks at trust and life.
func (x *exchange) seenAgency(spec serviceAgency) *Agency {
	if g := x.account.agencyNamed(spec.name, x.view); g != nil && (!x.switches.ServicesSeeTrust || x.usable(g, spec)) {
		return g
	}
	return nil
}

// authorizes reports whether the agency is seen and has all its roles in the project.
func (x *exchange) authorizes(spec serviceAgency, project string) bool {
	g := x.seenAgency(spec)
	return g != nil && len(x.missingActions(g, spec.roles, project)) == 0
}

// missingActions returns the actions of the roles that the agency does not have in the project, sorted.
func (x *exchange) missingActions(g *Agency, roles []serviceRole, project string) []string {
	var missing []string
	for _, wanted := range roles {
		role := x.roleOf(wanted)
		switch {
		case role == nil && wanted.actions == nil: // not in this world's catalogue, so its actions are unknown
			missing = append(missing, wanted.display)
		case role == nil:
			missing = append(missing, wanted.actions...)
		case !x.hasRole(g.ID, role.ID, wanted.scope, project):
			missing = append(missing, wanted.requiredActions(role)...)
		default:
			allowed := role.Policy.actions()
			missing = append(missing, slices.DeleteFunc(slices.Clone(wanted.requiredActions(role)), func(a string) bool { return allowed[a] })...)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// requiredActions returns the actions that the service needs from the role.
func (r serviceRole) requiredActions(role *Role) []string {
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

// actions returns the actions that a policy allows and does not deny, both by their spelling.
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
	if r.actions == nil || r.system {
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

// grantIn returns the grant of a role in the account or in the project.
func grantIn(role, scope, project string) Grant {
	if scope == ScopeProject {
		return Grant{Scope: scope, Target: project, Role: role}
	}
	return Grant{Scope: scope, Role: role}
}

// hasRole reports whether the agency has the role in the scope. A grant on all projects holds in each.
func (x *exchange) hasRole(agency, role, scope, project string) bool {
	if x.account.grants.get(grantKey(agency, grantIn(role, scope, project)), x.view) != nil {
		return true
	}
	return scope == ScopeProject && x.account.grants.get(grantKey(agency, Grant{Scope: ScopeAllProjects, Role: role}), x.view) != nil
}

// agencyFailure is the reason why a service could not make its agency. Services that have no field for it answer a refusal.
type agencyFailure struct {
	status  int
	message string
}

func (t *agencyFailure) refusal() error { return &refusal{status: t.status, message: t.message} }

// ensureAgency makes the agency and grants its roles in the project. Existing agencies, roles and grants stay, with their ids. A
// failure changes nothing.
func (x *exchange) ensureAgency(spec serviceAgency, project string) (*Agency, *agencyFailure, error) {
	if message := x.faults.agency(spec.name); message != "" {
		return nil, &agencyFailure{http.StatusInternalServerError, message}, nil
	}
	g := x.account.agencyNamed(spec.name, x.view)
	roles := append(slices.Clone(spec.roles), x.unpublished(spec.name)...)
	policies := 0
	for _, r := range roles {
		switch known := x.roleOf(r) != nil; {
		case !known && r.actions == nil:
			return nil, nil, fmt.Errorf("the catalogue has no role %q, which the agency %s needs", r.display, spec.name)
		case !known && !r.system:
			policies++
		}
	}
	_, agencyFits := x.hasRoom("agency", 1)
	_, policiesFit := x.hasRoom("policy", policies)
	switch {
	case g == nil && !agencyFits:
		return nil, &agencyFailure{http.StatusBadRequest, "iam: agency quota exceeded"}, nil
	case !policiesFit:
		return nil, &agencyFailure{http.StatusBadRequest, "iam: policy quota exceeded"}, nil
	case g != nil && !x.usable(g, spec) && x.switches.ServicesRefuseForeignAgency:
		return nil, &agencyFailure{http.StatusBadRequest, "iam: the agency " + spec.name + " exists and cannot be used"}, nil
	}
	g, err := x.createOrReclaim(g, spec)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range roles {
		if err := x.ensureRoleAndGrant(r, spec, g.ID, project); err != nil {
			return nil, nil, err
		}
	}
	return g, nil, nil
}

func (x *exchange) ensureRoleAndGrant(r serviceRole, spec serviceAgency, agency, project string) error {
	if usual := x.lag; r.late {
		x.lag = usual.atLeast(x.now.Add(lateRoleDelay))
		defer func() { x.lag = usual }()
	}
	role, err := x.ensureRole(r, spec)
	if err != nil {
		return err
	}
	x.ensureGrant(agency, role.ID, r.scope, project)
	return nil
}

// createOrReclaim makes the agency where g is nil. Where the service cannot use g, trust and life of g are set right.
func (x *exchange) createOrReclaim(g *Agency, spec serviceAgency) (*Agency, error) {
	if g != nil && (x.usable(g, spec) || x.switches.ServicesKeepForeignTrust) {
		return g, nil
	}
	result := Agency{Name: spec.name, Description: spec.description, Created: x.now}
	if g != nil {
		result = *g
	} else {
		id, err := x.newID()
		if err != nil {
			return nil, err
		}
		result.ID = id
	}
	result.Trust, result.Hours, result.Expires = x.service(spec.trusts), 0, nil
	x.setAgency(result.ID, &result)
	return &result, nil
}

// ensureRole returns the role. A custom policy is made, or gets its missing actions again.
func (x *exchange) ensureRole(r serviceRole, spec serviceAgency) (*Role, error) {
	role := x.roleOf(r)
	switch {
	case r.actions == nil, r.system && role != nil:
		return role, nil
	case r.system:
		x.changed = true
		return x.state.addRole(r.systemRole(x.now)), nil
	}
	if role != nil {
		allowed := role.Policy.actions()
		if !slices.ContainsFunc(r.actions, func(a string) bool { return !allowed[a] }) {
			return role, nil
		}
	}
	p := Role{Catalog: customCatalog, DisplayName: r.display, Description: "made for " + spec.name, Created: x.now, Type: r.roleType()}
	if role != nil {
		p = *role
	} else {
		id, err := x.newID()
		if err != nil {
			return nil, err
		}
		p.ID, p.Name = id, x.policyName()
	}
	p.Updated = x.now
	p.Policy, p.Document = r.policy(), ""
	x.setPolicy(p.ID, &p)
	return &p, nil
}

// ensureGrant grants the role unless the agency has it.
func (x *exchange) ensureGrant(agency, role, scope, project string) {
	if !x.hasRole(agency, role, scope, project) {
		x.setGrant(agency, grantIn(role, scope, project), true)
	}
}

// revokeInProject revokes the role in the project. A grant on all projects, which no service makes, stays.
func (x *exchange) revokeInProject(agency, role, project string) {
	g := grantIn(role, ScopeProject, project)
	if x.account.grants.get(grantKey(agency, g), x.view) != nil {
		x.setGrant(agency, g, false)
	}
}

// withdraw deletes the agency with its grants, as the service's own delete does.
func (x *exchange) withdraw(g *Agency, project string) {
	var here []Grant
	elsewhere := false
	x.account.grants.each(g.ID+"/", x.view, func(_ string, grant *Grant) {
		switch {
		case grant.Scope == ScopeProject && grant.Target != project:
			elsewhere = true
		case grant.Scope == ScopeProject:
			here = append(here, *grant)
		}
	})
	if !elsewhere || !x.switches.ServiceDeleteSparesRegions {
		x.removeAgency(g)
		return
	}
	for _, grant := range here {
		x.setGrant(g.ID, grant, false)
	}
}

// removeAgency deletes an agency and its grants.
func (x *exchange) removeAgency(g *Agency) {
	var grants []Grant
	x.account.grants.each(g.ID+"/", x.view, func(_ string, grant *Grant) { grants = append(grants, *grant) })
	for _, grant := range grants {
		x.setGrant(g.ID, grant, false)
	}
	x.setAgency(g.ID, nil)
}
