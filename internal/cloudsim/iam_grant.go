package cloudsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

const maxBatch = 250

// securityAdministrator and agentOperator are internal names of roles that cannot be granted to agencies in every scope.
const (
	securityAdministrator = "secu_admin"
	agentOperator         = "te_agency"
)

// grantCall holds the checked parameters of a call on the grants of one agency in one scope.
type grantCall struct {
	agency, scope, target string
	role                  *Role
}

func (c grantCall) grant() Grant { return Grant{Scope: c.scope, Target: c.target, Role: c.role.ID} }

// inScope checks the path, then runs the operation.
func inScope(scope string, operation func(*exchange, grantCall) (answer, error)) handler {
	return func(x *exchange) (answer, error) {
		c := grantCall{agency: x.params["agency_id"], scope: scope, target: x.params["project_id"]}
		if scope != ScopeProject {
			if err := x.ownDomain(x.params["domain_id"]); err != nil {
				return answer{}, err
			}
		} else if err := x.usableProject(c.target); err != nil {
			return answer{}, err
		}
		if _, err := x.agency(c.agency, x.agencyView()); err != nil {
			return answer{}, err
		}
		if id, named := x.params["role_id"]; named {
			c.role = x.state.role(x.account, id, x.view)
			if c.role == nil && x.request.Method != http.MethodPut && slices.Contains(x.state.world.Lost, id) {
				c.role = &Role{ID: id}
			}
			if c.role == nil {
				return answer{}, x.fail(http.StatusNotFound, "Could not find role: %s", id)
			}
		}
		return operation(x, c)
	}
}

// usableProject returns an error where calls about grants in a project are refused.
func (x *exchange) usableProject(id string) error {
	p := x.account.project(id)
	switch {
	case p == nil, p.Name == "MOS" && x.switches.RefuseMOS, p.Disabled && x.switches.HideDisabledProjects:
		return x.fail(http.StatusNotFound, "Could not find project: %s", id)
	case p.Disabled && !x.switches.ServeDisabledProjects:
		return x.fail(http.StatusForbidden, "The project %s is disabled", id)
	}
	return nil
}

// agencyView returns the view in which a grant call looks for its agency.
func (x *exchange) agencyView() view {
	if x.switches.GrantNeedsVisibleAgency {
		return x.visible
	}
	return x.view
}

func listGrants(x *exchange, c grantCall) (answer, error) {
	roles := []object{}
	prefix := c.agency + "/" + c.scope + "/" + c.target + "/"
	x.account.grants.each(prefix, x.view, func(_ string, g *Grant) {
		r := x.state.role(x.account, g.Role, x.view)
		switch {
		case r == nil: // a new policy that reads do not show yet
		case c.scope == ScopeAllProjects:
			links := map[string]any{"self": x.link("/v3/roles/" + r.ID)}
			roles = append(roles, object{"id": encode(r.ID), "name": encode(r.Name), "links": encode(links)})
		default:
			roles = append(roles, x.roleObject(r))
		}
	})
	body := map[string]any{"roles": roles}
	if c.scope == ScopeAllProjects {
		body["links"] = map[string]any{"self": x.link(x.request.URL.EscapedPath())}
	}
	return answer{http.StatusOK, body}, nil
}

func checkGranted(x *exchange, c grantCall) (answer, error) {
	if x.account.grants.get(grantKey(c.agency, c.grant()), x.view) == nil {
		return answer{}, x.noGrant(c)
	}
	return answer{status: http.StatusNoContent}, nil
}

func (x *exchange) noGrant(c grantCall) error {
	return x.fail(http.StatusNotFound, "Could not find role assignment of agency %s with role: %s", c.agency, c.role.ID)
}

func grantRole(x *exchange, c grantCall) (answer, error) {
	if err := x.grantable(c); err != nil {
		return answer{}, err
	}
	x.setGrant(c.agency, c.grant(), true)
	return answer{status: http.StatusNoContent}, nil
}

// grantable returns an error where the role cannot be granted.
func (x *exchange) grantable(c grantCall) error {
	if x.forbidden(c.scope, c.role) || x.switches.RefuseTypeMismatch && !fits(c.scope, c.role.Type) {
		return x.example(http.StatusForbidden, "The role %s cannot be granted to an agency in this scope", c.role.ID)
	}
	if x.switches.ConflictOnRepeatedGrant && x.account.grants.get(grantKey(c.agency, c.grant()), view{current: true}) != nil {
		return x.fail(http.StatusConflict, "The role %s is granted already", c.role.ID)
	}
	return nil
}

// forbidden reports whether a role is one of the two that are documented as not for agencies. Huawei Cloud allows Security
// Administrator in the account-wide scopes. Open Telekom Cloud forbids both roles in all of its scopes.
func (x *exchange) forbidden(scope string, r *Role) bool {
	switch r.Name {
	case agentOperator:
		return true
	case securityAdministrator:
		accountWide := scope == ScopeDomain || scope == ScopeAllProjects
		return x.switches.RefuseSecurityAdministrator || !x.huawei() || !accountWide
	}
	return false
}

// fits reports whether the type of a role belongs to a scope.
func fits(scope, roleType string) bool {
	switch scope {
	case ScopeDomain:
		return roleType == "AX" || roleType == "AA"
	case ScopeProject:
		return roleType == "XA" || roleType == "AA"
	}
	return roleType != "XX"
}

func revokeRole(x *exchange, c grantCall) (answer, error) {
	if x.account.grants.get(grantKey(c.agency, c.grant()), x.view) == nil {
		if x.switches.RevokeOfMissingSucceeds {
			return answer{status: http.StatusNoContent}, nil
		}
		return answer{}, x.noGrant(c)
	}
	x.setGrant(c.agency, c.grant(), false)
	return answer{status: http.StatusNoContent}, nil
}

func grantBatch(x *exchange) (answer, error) {
	err := x.batch(x.grantable, true)
	return answer{status: http.StatusOK}, err
}

func revokeBatch(x *exchange) (answer, error) {
	err := x.batch(func(c grantCall) error {
		if x.account.grants.get(grantKey(c.agency, c.grant()), x.view) == nil && !x.switches.RevokeOfMissingSucceeds {
			return x.noGrant(c)
		}
		return nil
	}, false)
	if x.switches.BatchRevokeStatus200 {
		return answer{status: http.StatusOK}, err
	}
	return answer{status: http.StatusNoContent}, err
}

// batch grants or revokes the enterprise project grants of the body: all of them, or none where one is refused.
func (x *exchange) batch(check func(grantCall) error, granted bool) error {
	var body object
	var items []object
	if json.Unmarshal(x.body, &body) != nil || json.Unmarshal(body["role_assignments"], &items) != nil ||
		len(items) < 1 || len(items) > maxBatch {
		return x.example(http.StatusBadRequest, "Illegal request")
	}
	var calls []grantCall
	var refused error
	for _, item := range items {
		c, err := x.batchItem(item)
		if err == nil {
			err = check(c)
		}
		if err != nil {
			refused = err
			break
		}
		calls = append(calls, c)
	}
	if refused != nil && !x.switches.BatchAppliesInOrder {
		return refused
	}
	for _, c := range calls {
		x.setGrant(c.agency, c.grant(), granted)
	}
	return refused
}

func (x *exchange) batchItem(item object) (grantCall, error) {
	var ids [3]string
	for i, key := range []string{"agency_id", "enterprise_project_id", "role_id"} {
		id, present, err := x.text(item, key)
		if err != nil || !present || id == "" || strings.Contains(id, "/") {
			return grantCall{}, x.example(http.StatusBadRequest, "Illegal request")
		}
		ids[i] = id
	}
	c := grantCall{agency: ids[0], scope: ScopeEnterpriseProject, target: ids[1], role: x.state.role(x.account, ids[2], x.view)}
	status := http.StatusNotFound
	if x.switches.BatchUnknownIllegal {
		status = http.StatusBadRequest
	}
	switch {
	case x.account.agencies.get(c.agency, x.agencyView()) == nil:
		return c, x.example(status, "Could not find agency: %s", c.agency)
	case x.account.enterpriseProject(c.target) == nil:
		return c, x.example(status, "Could not find enterprise project: %s", c.target)
	case c.role == nil:
		return c, x.example(status, "Could not find role: %s", ids[2])
	}
	return c, nil
}
