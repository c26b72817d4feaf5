package cloudsim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

const maxRolePage = 300

func listRoles(x *exchange) (answer, error) {
	domain := x.query.Get("domain_id")
	var all []*Role
	if domain == "" {
		all = x.state.sorted
	} else {
		if err := x.ownDomain(domain); err != nil {
			return answer{}, err
		}
		x.account.policies.each("", x.view, func(_ string, p *Role) { all = append(all, p) })
	}
	keep, err := x.roleFilter(domain == "")
	if err != nil {
		return answer{}, err
	}
	var found []*Role
	for _, r := range all {
		if keep(r) {
			found = append(found, r)
		}
	}
	wanted, err := x.rolePage()
	if err != nil {
		return answer{}, err
	}
	body := map[string]any{"links": x.links("/v3/roles"), "total_number": len(found)}
	roles := []object{}
	for _, r := range pageOf(found, wanted) {
		roles = append(roles, x.roleObject(r))
	}
	body["roles"] = roles
	return answer{http.StatusOK, body}, nil
}

// rolePage returns the page that a list of roles or custom policies is asked for: the first 300 where it is asked for none.
func (x *exchange) rolePage() (page, error) {
	wanted, err := x.paging(maxRolePage)
	if err == nil && wanted == (page{}) && !x.switches.UncappedRoles {
		wanted = page{1, maxRolePage}
	} else if err == nil && wanted != (page{}) && !x.huawei() && x.switches.RefuseRolePages {
		err = x.fail(http.StatusBadRequest, "'page' is not known")
	}
	return wanted, err
}

// roleFilter reads the query. Open Telekom Cloud documents only the name.
func (x *exchange) roleFilter(system bool) (func(*Role) bool, error) {
	q := x.query
	name := q.Get("name")
	if !x.huawei() {
		return func(r *Role) bool { return name == "" || r.Name == name }, nil
	}
	kind, display, catalog := q.Get("permission_type"), q.Get("display_name"), q.Get("catalog")
	if kind != "" && kind != "policy" && kind != "role" {
		return nil, x.fail(http.StatusBadRequest, "'permission_type' is neither policy nor role")
	}
	types, known := map[string]string{"": "AA AX XA XX", "domain": "AA AX", "project": "AA XA", "all": "AA AX XA"}[q.Get("type")]
	if !known {
		return nil, x.fail(http.StatusBadRequest, "'type' is none of domain, project and all")
	}
	return func(r *Role) bool {
		kindFits := kind == "" || !system || (kind == "policy") == (r.Flag == fineGrained)
		return kindFits && (name == "" || r.Name == name) && strings.Contains(r.DisplayName, display) &&
			(catalog == "" || r.Catalog == catalog) && strings.Contains(types, r.Type)
	}, nil
}

func showRole(x *exchange) (answer, error) {
	r := x.state.role(x.account, x.params["role_id"], x.view)
	if r == nil {
		return answer{}, x.fail(http.StatusNotFound, "Could not find role: %s", x.params["role_id"])
	}
	return answer{http.StatusOK, map[string]any{"role": x.roleObject(r)}}, nil
}

// roleObject returns all of a role. Only custom policies belong to an account.
func (x *exchange) roleObject(r *Role) object {
	out := object{
		"id":             encode(r.ID),
		"name":           encode(r.Name),
		"display_name":   encode(r.DisplayName),
		"catalog":        encode(r.Catalog),
		"type":           encode(r.Type),
		"domain_id":      encode(nil),
		"description":    encode(r.Description),
		"description_cn": encode(r.DescriptionCN),
		"policy":         encode(r.Policy),
		"created_time":   encode(strconv.FormatInt(r.Created.UnixMilli(), 10)),
		"updated_time":   encode(strconv.FormatInt(r.Updated.UnixMilli(), 10)),
		"links":          encode(x.links("/v3/roles/" + r.ID)),
	}
	if r.Flag != "" {
		out["flag"] = encode(r.Flag)
	}
	if r.Catalog == customCatalog {
		if !x.switches.PoliciesAsSent {
			out["policy"] = encode(respelled(r.Policy))
		}
		out["domain_id"] = encode(x.account.ID)
	}
	if r.Document != "" {
		out["policy"] = json.RawMessage(r.Document)
	}
	return out
}
