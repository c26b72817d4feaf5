package cloudsim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// SecMasterOrganizations is the key of a document of an account: the organizations for which SecMaster was authorized. No call
// reads them back.
const SecMasterOrganizations = "secmaster/organizations"

const (
	secMasterAgency  = "SecMaster_Agency"
	secMasterProject = 32 // characters of a project id
	maxSecMasterList = 1000
)

// The scopes of a role as SecMaster spells them. Only the first is documented.
const (
	secMasterDomain = "DOMAIN"
	secMasterInside = "PROJECT"
)

// secMasterService is SecMaster's service agency. It has no delete and revokes nothing.
func secMasterService() service {
	const agency = "/v1/{project_id}/agency"
	return service{name: "secmaster", routes: slices.Concat(
		secMasterRoute("csb.00180004", "Permission iam:agencies:getAgency is required to query agency details.",
			"查询委托详情需要iam:agencies:getAgency权限。").with(
			operation{http.MethodGet, agency, "ListServiceAgency", secMasterCall(showSecMasterAgency)},
		),
		secMasterRoute("csb.00180005", "Permission iam:agencies:createAgency is required to create an agency.",
			"创建委托需要iam:agencies:createAgency权限。").with(
			operation{http.MethodPost, agency, "CreateServiceAgency", secMasterCall(createSecMasterAgency)},
		),
	)}
}

// secMasterRoute returns the properties of an operation: the code of the permission that the caller may lack, and its text.
func secMasterRoute(code, denied, deniedCN string) route {
	return route{
		errors: secMasterErrors(code), anyScope: true,
		examples: map[int]string{
			http.StatusForbidden: denied, http.StatusInternalServerError: "System busy. Try again later.",
		},
		examplesCN: map[int]string{http.StatusForbidden: deniedCN, http.StatusInternalServerError: "系统繁忙，请稍后重试。"},
	}
}

// secMasterErrors returns errors with the code of the permission that the caller may lack.
func secMasterErrors(denied string) func(Switches, int) (Shape, string) {
	return func(s Switches, status int) (Shape, string) {
		codes := map[int]string{
			http.StatusBadRequest: "SecMaster.20040001", http.StatusForbidden: denied, http.StatusNotFound: "SecMaster.20040004",
			http.StatusInternalServerError: "csb.00180001",
		}
		if s.SecMasterShapeE2 {
			return ShapeE2, codes[status]
		}
		return ShapeB, codes[status]
	}
}

// secMasterCall checks the parameters that both operations share.
func secMasterCall(operation projectHandler) handler {
	return func(x *exchange) (answer, error) {
		if len(x.params["project_id"]) != secMasterProject {
			return answer{}, x.fail(http.StatusBadRequest, "project_id has not %d characters", secMasterProject)
		}
		if language := x.request.Header.Get("X-Language"); language != "" && !lengthWithin(language, 2, 20) {
			return answer{}, x.fail(http.StatusBadRequest, "X-Language has not 2 to 20 characters")
		}
		return inProject(operation)(x)
	}
}

func lengthWithin(text string, least, most int) bool {
	n := utf8.RuneCountInString(text)
	return least <= n && n <= most
}

// secMasterNeed is a role that SecMaster needs, with the reason in two languages.
type secMasterNeed struct{ display, scope, reason, reasonCN string }

func secMasterNeeds() []secMasterNeed {
	return []secMasterNeed{
		{"RMS ReadOnlyAccess", secMasterDomain, "Collect the list of assets", "采集资产清单"},
		{"IAM ReadOnlyAccess", secMasterDomain, "Find risky identities", "发现身份风险"},
		{"OBS ReadOnlyAccess", secMasterDomain, "Find risky buckets", "发现存储桶风险"},
		{"CTS ReadOnlyAccess", secMasterInside, "Collect audit trails", "采集审计日志"},
		{"ECS ReadOnlyAccess", secMasterInside, "Read the state of servers", "读取服务器状态"},
		{"LTS ReadOnlyAccess", secMasterInside, "Collect logs", "采集日志"},
		{"VPC ReadOnlyAccess", secMasterInside, "Read the state of networks", "读取网络状态"},
	}
}

// secMasterRole is a role in the API. All fields are text, and a request needs all of them.
type secMasterRole struct {
	ID              string `json:"id"`
	DisplayName     string `json:"display_name"`
	RoleDescription string `json:"role_description"`
	Description     string `json:"description"`
	Scope           string `json:"scope"`
}

// secMasterSpec returns the agency without roles: the caller chooses them.
func (x *exchange) secMasterSpec() serviceAgency {
	return serviceAgency{name: x.secMaster, trusts: "op_svc_secmaster", description: "made by SecMaster"}
}

func showSecMasterAgency(x *exchange, p *Project) (answer, error) {
	if a, is, err := x.said("secmaster", p.Name, p.ID, secMasterAgency); is {
		return a, err
	}
	g := x.seenAgency(x.secMasterSpec())
	var roles []secMasterRole
	if x.switches.SecMasterListsGranted {
		roles = x.secMasterGranted(g, p.ID)
	} else {
		roles = x.secMasterCatalogue()
	}
	return answer{http.StatusOK, map[string]any{"create_agency": g != nil, "role_descriptions": roles}}, nil
}

// secMasterCatalogue lists the roles of this world that SecMaster needs.
func (x *exchange) secMasterCatalogue() []secMasterRole {
	roles := []secMasterRole{}
	for _, need := range secMasterNeeds() {
		if role := x.roleOf(serviceRole{display: need.display}); role != nil {
			roles = append(roles, x.secMasterRole(role, need.scope))
		}
	}
	return roles
}

// secMasterGranted lists the roles that the agency has in the account and in the project, whether SecMaster needs them or not.
func (x *exchange) secMasterGranted(g *Agency, project string) []secMasterRole {
	roles := []secMasterRole{}
	if g == nil {
		return roles
	}
	x.account.grants.each(g.ID+"/", x.view, func(_ string, grant *Grant) {
		scope := secMasterInside
		switch grant.Scope {
		case ScopeDomain:
			scope = secMasterDomain
		case ScopeProject:
			if grant.Target != project {
				return
			}
		case ScopeEnterpriseProject:
			return
		}
		if role := x.state.role(x.account, grant.Role, x.view); role != nil {
			roles = append(roles, x.secMasterRole(role, scope))
		}
	})
	slices.SortFunc(roles, func(a, b secMasterRole) int {
		return cmp.Or(cmp.Compare(a.DisplayName, b.DisplayName), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Scope, b.Scope))
	})
	return slices.Compact(roles)
}

// secMasterRole describes a role in the language of the call, by default in English.
func (x *exchange) secMasterRole(role *Role, scope string) secMasterRole {
	chinese := strings.HasPrefix(strings.ToLower(x.request.Header.Get("X-Language")), "zh")
	out := secMasterRole{
		ID: role.ID, DisplayName: role.DisplayName, RoleDescription: role.Description, Scope: scope,
		Description: "Granted beside what SecMaster needs",
	}
	if chinese {
		out.RoleDescription, out.Description = cmp.Or(role.DescriptionCN, role.Description), "额外授予的权限"
	}
	out.RoleDescription = cmp.Or(out.RoleDescription, role.DisplayName)
	for _, need := range secMasterNeeds() {
		if need.display == role.DisplayName && role.Catalog != customCatalog {
			out.Description = need.reason
			if chinese {
				out.Description = need.reasonCN
			}
		}
	}
	return out
}

// createSecMasterAgency adds roles and organizations to those of earlier calls.
func createSecMasterAgency(x *exchange, p *Project) (answer, error) {
	in, err := x.readBody()
	if err != nil {
		return answer{}, err
	}
	wanted, err := x.secMasterWanted(in["role_descriptions"], p.ID)
	if err != nil {
		return answer{}, err
	}
	organizations, err := x.secMasterOrganizations(in["organizations"])
	if err != nil {
		return answer{}, err
	}
	g, failed, err := x.ensureAgency(x.secMasterSpec(), p.ID)
	if err != nil {
		return answer{}, err
	}
	if failed != nil {
		return answer{}, failed.refusal()
	}
	for _, grant := range wanted {
		x.ensureGrant(g.ID, grant.Role, grant.Scope, p.ID)
	}
	if len(organizations) == 0 {
		return answer{status: http.StatusCreated}, nil
	}
	return answer{status: http.StatusCreated}, x.keepOrganizations(organizations)
}

// secMasterWanted reads and checks all roles of a request, before any is granted.
func (x *exchange) secMasterWanted(raw json.RawMessage, project string) ([]Grant, error) {
	roles, err := secMasterList[secMasterRole](x, "role_descriptions", raw)
	if err != nil {
		return nil, err
	}
	var grants []Grant
	for i, r := range roles {
		for _, field := range []struct {
			name, value string
			least, most int
		}{
			{"id", r.ID, 32, 36},
			{"display_name", r.DisplayName, 2, 256},
			{"role_description", r.RoleDescription, 2, 1024},
			{"description", r.Description, 2, 2048},
			{"scope", r.Scope, 2, 20},
		} {
			if !lengthWithin(field.value, field.least, field.most) {
				return nil, x.fail(http.StatusBadRequest, "role_descriptions[%d].%s has not %d to %d characters",
					i, field.name, field.least, field.most)
			}
		}
		scope, known := map[string]string{secMasterDomain: ScopeDomain, secMasterInside: ScopeProject}[r.Scope]
		role := x.state.role(x.account, r.ID, x.view)
		if !known || role == nil || x.forbidden(scope, role) {
			return nil, x.fail(http.StatusBadRequest, "role_descriptions[%d] is no role that can be granted in the scope %q", i, r.Scope)
		}
		grants = append(grants, grantIn(role.ID, scope, project))
	}
	return grants, nil
}

// secMasterOrganization is a member account, in the API and in the document.
type secMasterOrganization struct {
	AccountID      string `json:"account_id"`
	OrganizationID string `json:"organization_id"`
}

func (x *exchange) secMasterOrganizations(raw json.RawMessage) ([]secMasterOrganization, error) {
	organizations, err := secMasterList[secMasterOrganization](x, "organizations", raw)
	if err != nil {
		return nil, err
	}
	for i, o := range organizations {
		if !lengthWithin(o.AccountID, 32, 36) || !lengthWithin(o.OrganizationID, 12, 34) {
			return nil, x.fail(http.StatusBadRequest, "organizations[%d] has an id of the wrong length", i)
		}
	}
	return organizations, nil
}

// secMasterList reads a list that may be absent.
func secMasterList[T any](x *exchange, name string, raw json.RawMessage) (list []T, err error) {
	if len(raw) > 0 && json.Unmarshal(raw, &list) != nil {
		return nil, x.fail(http.StatusBadRequest, "%s is not a list of objects with text", name)
	}
	if len(list) > maxSecMasterList {
		return nil, x.fail(http.StatusBadRequest, "%s has more than %d items", name, maxSecMasterList)
	}
	return list, nil
}

// keepOrganizations adds organizations to the document, sorted and without repetition.
func (x *exchange) keepOrganizations(more []secMasterOrganization) error {
	var all []secMasterOrganization
	if _, err := x.document(SecMasterOrganizations, &all); err != nil {
		return fmt.Errorf("organizations: %w", err)
	}
	all = append(all, more...)
	slices.SortFunc(all, func(a, b secMasterOrganization) int {
		return cmp.Or(cmp.Compare(a.AccountID, b.AccountID), cmp.Compare(a.OrganizationID, b.OrganizationID))
	})
	return x.setDocument(SecMasterOrganizations, slices.Compact(all))
}
