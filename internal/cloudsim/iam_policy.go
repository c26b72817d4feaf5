package cloudsim

import (
	"net/http"
	"strconv"
	"strings"
)

const (
	customCatalog = "CUSTOMED"
	fineGrained   = "fine_grained"
)

func listPolicies(x *exchange) (answer, error) {
	wanted, err := x.paging(maxRolePage)
	if err != nil {
		return answer{}, err
	}
	var found []*Role
	x.account.policies.each("", x.view, func(_ string, p *Role) { found = append(found, p) })
	references := x.references()
	roles := []object{}
	for _, p := range cut(found, wanted) {
		roles = append(roles, x.policyObject(p, references[p.ID]))
	}
	return answer{http.StatusOK, map[string]any{"roles": roles, "links": x.links("/v3.0/OS-ROLE/roles"), "total_number": len(found)}}, nil
}

// references counts the grants of every role.
func (x *exchange) references() map[string]int {
	counts := map[string]int{}
	x.account.grants.each("", x.view, func(_ string, g *Grant) { counts[g.Role]++ })
	return counts
}

func (x *exchange) policyObject(p *Role, references int) object {
	out := x.roleObject(p)
	out["references"] = encode(references)
	return out
}

func (x *exchange) policy() (*Role, error) {
	id := x.params["role_id"]
	if p := x.account.policies.get(id, x.view); p != nil {
		return p, nil
	}
	return nil, x.fail(http.StatusNotFound, "Could not find role: %s", id)
}

func showPolicy(x *exchange) (answer, error) {
	p, err := x.policy()
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, map[string]any{"role": x.policyObject(p, x.references()[p.ID])}}, nil
}

func createPolicy(x *exchange) (answer, error) {
	p := Role{Catalog: customCatalog, Created: x.now, Updated: x.now}
	if err := x.fillPolicy(&p); err != nil {
		return answer{}, err
	}
	if err := x.roomFor("policy"); err != nil {
		return answer{}, err
	}
	var err error
	if p.ID, err = x.newID(); err != nil {
		return answer{}, err
	}
	p.Name = x.policyName()
	x.setPolicy(p.ID, &p)
	return answer{http.StatusCreated, map[string]any{"role": x.policyObject(&p, 0)}}, nil
}

// policyName is custom_DOMAIN_N with the next number that was never given to a policy that still exists.
func (x *exchange) policyName() string {
	prefix, last := "custom_"+x.account.ID+"_", -1
	x.account.policies.each("", view{current: true}, func(_ string, p *Role) {
		if n, err := strconv.Atoi(strings.TrimPrefix(p.Name, prefix)); err == nil {
			last = max(last, n)
		}
	})
	return prefix + strconv.Itoa(last+1)
}

func updatePolicy(x *exchange) (answer, error) {
	old, err := x.policy()
	if err != nil {
		return answer{}, err
	}
	p := *old
	p.Updated = x.now
	if err := x.fillPolicy(&p); err != nil {
		return answer{}, err
	}
	x.setPolicy(p.ID, &p)
	return answer{http.StatusOK, map[string]any{"role": x.policyObject(&p, x.references()[p.ID])}}, nil
}

func deletePolicy(x *exchange) (answer, error) {
	p, err := x.policy()
	if err != nil {
		return answer{}, err
	}
	type held struct {
		agency string
		grant  Grant
	}
	var grants []held
	x.account.grants.each("", x.view, func(key string, g *Grant) {
		if g.Role == p.ID {
			grants = append(grants, held{agencyOfGrant(key), *g})
		}
	})
	if len(grants) > 0 && !x.switches.DeleteGrantedPolicy {
		return answer{}, x.failCode(http.StatusBadRequest, "IAM.0007", "The policy %s is granted %d times and cannot be deleted", p.DisplayName, len(grants))
	}
	for _, h := range grants {
		x.setGrant(h.agency, h.grant, false)
	}
	x.setPolicy(p.ID, nil)
	return answer{status: http.StatusOK}, nil
}
