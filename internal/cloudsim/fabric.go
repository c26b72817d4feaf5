package cloudsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// FabricInUse is the key of a document of an account: a JSON list of the policy types that Fabric refuses to remove, because
// they are in use.
const FabricInUse = "fabric/in-use"

const (
	fabricAgency         = "fabric_admin_trust"
	maxFabricTypes       = 100
	maxFabricType        = 64
	maxFabricDeletedType = 128
)

// fabricService is DataArts Fabric.
func fabricService() service {
	const agency = "/v1/agency"
	return service{name: "fabric", routes: route{
		errors: fabricErrors, anyScope: true, badToken: fabricBadToken(ShapeE3), examples: map[int]string{
			http.StatusBadRequest: "failed to read http request, please check your input, code: 400, " +
				"reason: Type mismatch., cause: TypeMismatchException",
			http.StatusUnauthorized:        unreadableToken,
			http.StatusForbidden:           invalidToken,
			http.StatusNotFound:            "response status exception, code: 404",
			http.StatusRequestTimeout:      "timeout exception occurred",
			http.StatusInternalServerError: "internal error",
		},
	}.with(
		operation{http.MethodGet, agency, "ListAgency", inRegion(listFabricAgency)},
		operation{http.MethodPost, agency, "CreateAgency", inRegion(createFabricAgency)},
		operation{http.MethodDelete, agency, "DeleteAgency", inRegion(deleteFabricAgency)},
	)}
}

func fabricErrors(_ Switches, status int) (Shape, string) {
	codes := map[int]string{
		http.StatusBadRequest: "common.01000001", http.StatusNotFound: "common.01000001", http.StatusRequestTimeout: "common.00000408",
		http.StatusInternalServerError: "common.00000500",
	}
	if status == http.StatusForbidden {
		return ShapeE3, ""
	}
	return ShapeE1s, codes[status]
}

// The texts of the examples about tokens.
const (
	unreadableToken = "Incorrect token or token resolution failed"
	invalidToken    = "X-Auth-Token is invalid in the request"
)

// fabricBadToken returns the answers to bad tokens. That a token which has expired can be read, and so is answered 403, is ours.
func fabricBadToken(shape Shape) func(expired bool) *refusal {
	return func(expired bool) *refusal {
		if expired {
			return &refusal{shape: shape, status: http.StatusForbidden, message: invalidToken}
		}
		return &refusal{shape: ShapeB, status: http.StatusUnauthorized, code: gatewayCodes[http.StatusUnauthorized], message: unreadableToken}
	}
}

// fabricPolicy is a set of permissions of Fabric that is granted and revoked as a whole.
type fabricPolicy struct {
	kind        string
	required    bool
	description string
	actions     []string
}

func fabricPolicies() []fabricPolicy {
	return []fabricPolicy{
		{"FABRIC_COMMON_POLICY", true, "basic permissions", []string{
			"iam:agencies:listAgencies", "iam:permissions:listRolesForAgency", "iam:roles:getRole",
			"obs:bucket:ListAllMyBuckets", "obs:bucket:ListBucket", "obs:object:GetObject", "obs:object:GetObjectVersion",
		}},
		{"FABRIC_LTS_POLICY", true, "logs", []string{
			"lts:groups:create", "lts:groups:get", "lts:groups:list", "lts:topics:create", "lts:topics:get", "lts:topics:list",
		}},
		{"FABRIC_SELF_POLICY", false, "resources of Fabric itself", []string{"DataArtsFabric:workspace:list"}},
		{"FABRIC_SMN_POLICY", false, "notifications", []string{"smn:topic:list", "smn:topic:publish"}},
		{"FABRIC_LAKEFORMATION_POLICY", false, "metadata of LakeFormation", []string{
			"lakeformation:database:describe", "lakeformation:table:describe",
		}},
		{"FABRIC_AOM_POLICY", false, "monitoring", []string{"aom:metric:get", "aom:metric:put"}},
		{"FABRIC_SWR_POLICY", false, "registration of images", []string{"swr:repo:download", "swr:repo:list"}},
		{"FABRIC_VPCEP_POLICY", false, "network connections", []string{
			"vpcep:endpoints:create", "vpcep:endpoints:delete", "vpcep:endpoints:get",
		}},
		{"FABRIC_DNS_POLICY", false, "names", []string{"dns:recordset:create", "dns:zone:list"}},
		{"FABRIC_OBS_POLICY", false, "object storage", []string{"obs:bucket:GetBucketLocation", "obs:object:PutObject"}},
	}
}

func (p fabricPolicy) role() serviceRole {
	return serviceRole{display: p.kind, scope: ScopeProject, actions: p.actions}
}

// fabricSpec returns Fabric's agency with these policies.
func fabricSpec(policies ...fabricPolicy) serviceAgency {
	spec := serviceAgency{name: fabricAgency, trusts: "op_svc_fabric", description: "made by DataArts Fabric"}
	for _, p := range policies {
		spec.roles = append(spec.roles, p.role())
	}
	return spec
}

// listFabricAgency filters by a part of the policy type, as documented.
func listFabricAgency(x *exchange, p *Project) (answer, error) {
	part := x.query.Get("policy_type")
	if len(part) > maxFabricType {
		return answer{}, x.fail(http.StatusBadRequest, "policy_type is longer than %d characters", maxFabricType)
	}
	if a, is, err := x.said("fabric", p.Name, p.ID, fabricAgency); is && part == "" {
		return a, err
	}
	g := x.seenAgency(fabricSpec())
	if g == nil && x.switches.FabricAbsent404 {
		return answer{}, x.example(http.StatusNotFound, "the agency %s does not exist", fabricAgency)
	}
	authorized, policies := g != nil, []map[string]any{}
	for _, policy := range fabricPolicies() {
		enabled := g != nil && len(x.missingActions(g, []serviceRole{policy.role()}, p.ID)) == 0
		authorized = authorized && (enabled || !policy.required)
		if strings.Contains(policy.kind, part) {
			policies = append(policies, map[string]any{
				"policy_type": policy.kind, "is_required": policy.required, "is_enable": enabled,
				"actions": policy.actions, "description": policy.description,
			})
		}
	}
	return answer{http.StatusOK, map[string]any{"agency_name": fabricAgency, "authorized": authorized, "agency_policies": policies}}, nil
}

// createFabricAgency adds the policies of the body, and the required ones in any case. Earlier policies stay.
func createFabricAgency(x *exchange, p *Project) (answer, error) {
	in, err := x.readBody()
	if err != nil {
		return answer{}, err
	}
	var kinds []string
	if raw, sent := in["policy_types"]; sent && json.Unmarshal(raw, &kinds) != nil {
		return answer{}, x.example(http.StatusBadRequest, "policy_types is not a list of texts")
	}
	if len(kinds) > maxFabricTypes {
		return answer{}, x.fail(http.StatusBadRequest, "policy_types has more than %d items", maxFabricTypes)
	}
	all := fabricPolicies()
	for _, kind := range kinds {
		if !slices.ContainsFunc(all, func(p fabricPolicy) bool { return p.kind == kind }) {
			return answer{}, x.fail(http.StatusBadRequest, "the policy type %q is not known", kind)
		}
	}
	wanted := slices.DeleteFunc(all, func(p fabricPolicy) bool { return !p.required && !slices.Contains(kinds, p.kind) })
	if _, failed, err := x.ensureAgency(fabricSpec(wanted...), p.ID); err != nil {
		return answer{}, err
	} else if failed != nil {
		return answer{}, failed.refusal()
	}
	if x.switches.FabricEmptyAnswer {
		return answer{status: http.StatusOK}, nil
	}
	return answer{http.StatusOK, in}, nil
}

// deleteFabricAgency deletes the whole agency. With a part of policy types it revokes every optional policy that matches.
func deleteFabricAgency(x *exchange, p *Project) (answer, error) {
	part := x.query.Get("policy_type")
	if len(part) > maxFabricDeletedType {
		return answer{}, x.fail(http.StatusBadRequest, "policy_type is longer than %d characters", maxFabricDeletedType)
	}
	g := x.account.agencyNamed(fabricAgency, x.view)
	if g == nil {
		return answer{}, x.example(http.StatusNotFound, "the agency %s does not exist", fabricAgency)
	}
	var matched []fabricPolicy
	for _, policy := range fabricPolicies() {
		role := x.roleOf(policy.role())
		if strings.Contains(policy.kind, part) && role != nil && x.hasRole(g.ID, role.ID, ScopeProject, p.ID) {
			matched = append(matched, policy)
		}
	}
	if err := x.fabricFree(matched); err != nil {
		return answer{}, err
	}
	if part == "" {
		x.withdraw(g, p.ID)
		return answer{status: http.StatusOK}, nil
	}
	optional := slices.DeleteFunc(slices.Clone(matched), func(p fabricPolicy) bool { return p.required })
	switch {
	case len(matched) == 0:
		return answer{}, x.example(http.StatusNotFound, "no policy like %q is granted", part)
	case len(optional) == 0:
		return answer{}, x.fail(http.StatusBadRequest, "the policy %s is mandatory", matched[0].kind)
	}
	for _, policy := range optional {
		x.revokeInProject(g.ID, x.roleOf(policy.role()).ID, p.ID)
	}
	return answer{status: http.StatusOK}, nil
}

// fabricFree refuses to remove policies that are in use.
func (x *exchange) fabricFree(policies []fabricPolicy) error {
	var used []string
	if _, err := x.document(FabricInUse, &used); err != nil {
		return fmt.Errorf("policies in use: %w", err)
	}
	for _, p := range policies {
		if slices.Contains(used, p.kind) {
			return x.fail(http.StatusBadRequest, "the policy %s is in use", p.kind)
		}
	}
	return nil
}
