package cloudsim

import (
	"fmt"
	"net/http"
	"slices"
)

// trouble is why a service could not make its agency. It counts as a refusal where there is no better place to tell it.
type trouble struct {
	status  int
	message string
}

func (t *trouble) refusal() error { return &refusal{status: t.status, message: t.message} }

// establish makes the agency and grants its roles in the project; what is there already stays as it is, with the same
// ids. Trouble leaves everything as it was.
func (x *exchange) establish(spec serviceAgency, project string) (*Agency, *trouble, error) {
	if message := x.faults.agency(spec.name); message != "" {
		return nil, &trouble{http.StatusInternalServerError, message}, nil
	}
	g := x.account.agencyNamed(spec.name, x.view)
	policies := 0
	for _, r := range spec.roles {
		switch known := x.roleOf(r) != nil; {
		case !known && r.actions == nil:
			return nil, nil, fmt.Errorf("the catalogue has no role %q, which the agency %s needs", r.display, spec.name)
		case !known:
			policies++
		}
	}
	switch {
	case g == nil && !x.hasRoom("agency", 1):
		return nil, &trouble{http.StatusBadRequest, "iam: agency quota exceeded"}, nil
	case !x.hasRoom("policy", policies):
		return nil, &trouble{http.StatusBadRequest, "iam: policy quota exceeded"}, nil
	case g != nil && !x.serves(g, spec) && x.switches.ServicesRefuseForeignAgency:
		return nil, &trouble{http.StatusBadRequest, "iam: the agency " + spec.name + " exists and cannot be used"}, nil
	}
	g, err := x.takeAgency(g, spec)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range spec.roles {
		role, err := x.takeRole(r, spec)
		if err != nil {
			return nil, nil, err
		}
		x.giveRole(g.ID, role.ID, r.scope, project)
	}
	return g, nil, nil
}

// hasRoom says whether so many more fit into the quota.
func (x *exchange) hasRoom(name string, more int) bool {
	for _, t := range quotaTypes() {
		if t.name == name && more > 0 {
			return x.used(name)+more <= x.quota(t)
		}
	}
	return true
}

// takeAgency makes the agency where g is nil, and takes it back where it has become useless to the service.
func (x *exchange) takeAgency(g *Agency, spec serviceAgency) (*Agency, error) {
	if g != nil && x.serves(g, spec) {
		return g, nil
	}
	taken := Agency{Name: spec.name, Description: spec.description, Created: x.now}
	if g != nil {
		taken = *g
	} else {
		id, err := x.newID()
		if err != nil {
			return nil, err
		}
		taken.ID = id
	}
	taken.Trust, taken.Hours, taken.Expires = x.service(spec.trusts), 0, nil
	x.setAgency(taken.ID, &taken)
	return &taken, nil
}

// takeRole returns the role; a custom policy is made, or gets its actions back.
func (x *exchange) takeRole(r serviceRole, spec serviceAgency) (*Role, error) {
	role := x.roleOf(r)
	if r.actions == nil {
		return role, nil
	}
	if role != nil {
		allowed := role.Policy.actions()
		if !slices.ContainsFunc(r.actions, func(a string) bool { return !allowed[a] }) {
			return role, nil
		}
	}
	p := Role{Catalog: customCatalog, DisplayName: r.display, Description: "made for " + spec.name, Created: x.now, Type: "XA"}
	if r.scope == ScopeDomain {
		p.Type = "AX"
	}
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
	p.Policy = Policy{Version: "1.1", Statement: []Statement{{Effect: "Allow", Action: slices.Clone(r.actions)}}}
	x.setPolicy(p.ID, &p)
	return &p, nil
}

// giveRole grants the role unless the agency has it.
func (x *exchange) giveRole(agency, role, scope, project string) {
	if !x.hasRole(agency, role, scope, project) {
		x.setGrant(agency, grantIn(role, scope, project), true)
	}
}

// takeAway revokes the role in the project. A grant on all projects, which no service makes, stays.
func (x *exchange) takeAway(agency, role, project string) {
	g := grantIn(role, ScopeProject, project)
	if x.account.grants.get(grantKey(agency, g), x.view) != nil {
		x.setGrant(agency, g, false)
	}
}

// dismiss deletes the agency with its grants, as the service's own revocation does.
func (x *exchange) dismiss(g *Agency, project string) {
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

// removeAgency deletes an agency and with it its grants.
func (x *exchange) removeAgency(g *Agency) {
	var grants []Grant
	x.account.grants.each(g.ID+"/", x.view, func(_ string, grant *Grant) { grants = append(grants, *grant) })
	for _, grant := range grants {
		x.setGrant(g.ID, grant, false)
	}
	x.setAgency(g.ID, nil)
}
