package cloudsim

import "net/http"

// identityName is the name of the identity service.
const identityName = "iam"

// identityService is IAM: the Keystone-like paths below /v3 and the vendor's below /v3.0.
func identityService() service {
	const (
		agencies  = "/v3.0/OS-AGENCY/agencies"
		agency    = agencies + "/{agency_id}"
		domain    = "/v3.0/OS-AGENCY/domains/{domain_id}/agencies/{agency_id}/roles"
		project   = "/v3.0/OS-AGENCY/projects/{project_id}/agencies/{agency_id}/roles"
		inherited = "/v3.0/OS-INHERIT/domains/{domain_id}/agencies/{agency_id}/roles"
		batch     = "/v3.0/OS-PERMISSION/subjects/agency/scopes/enterprise-project/role-assignments"
		tokens    = "/v3/auth/tokens"
		policies  = "/v3.0/OS-ROLE/roles"
		policy    = policies + "/{role_id}"
	)
	s := service{name: identityName, routes: []route{
		{method: http.MethodGet, pattern: agencies, operation: "ListAgencies", handle: listAgencies, shape: ShapeA},
		{method: http.MethodPost, pattern: agencies, operation: "CreateAgency", handle: createAgency, shape: ShapeA},
		{method: http.MethodGet, pattern: agency, operation: "ShowAgency", handle: showAgency, shape: ShapeA},
		{method: http.MethodPut, pattern: agency, operation: "UpdateAgency", handle: updateAgency, shape: ShapeA},
		{method: http.MethodDelete, pattern: agency, operation: "DeleteAgency", handle: deleteAgency, shape: ShapeA},

		{method: http.MethodPost, pattern: tokens, operation: "KeystoneCreateToken", handle: createToken, shape: ShapeA, anyScope: true, session: true},
		{method: http.MethodGet, pattern: tokens, operation: "KeystoneValidateToken", handle: showToken, shape: ShapeA, anyScope: true},
		{method: http.MethodPost, pattern: "/v3.0/OS-CREDENTIAL/securitytokens", operation: "CreateTemporaryAccessKey", handle: createTemporaryKey, shape: ShapeB, anyScope: true, session: true},

		{method: http.MethodPut, pattern: batch, operation: "AssociateRoleToAgencyOnEnterpriseProject", handle: grantBatch, shape: ShapeA},
		{method: http.MethodDelete, pattern: batch, operation: "RevokeRoleFromAgencyOnEnterpriseProject", handle: revokeBatch, shape: ShapeA},
		{method: http.MethodGet, pattern: "/v3.0/OS-PERMISSION/role-assignments", operation: "ShowDomainRoleAssignments", handle: listAssignments, shape: ShapeA},

		{method: http.MethodGet, pattern: "/v3/roles", operation: "KeystoneListPermissions", handle: listRoles, shape: ShapeA},
		{method: http.MethodGet, pattern: "/v3/roles/{role_id}", operation: "KeystoneShowPermission", handle: showRole, shape: ShapeA},
		{method: http.MethodGet, pattern: policies, operation: "ListCustomPolicies", handle: listPolicies, shape: ShapeB},
		{method: http.MethodPost, pattern: policies, operation: "CreateCustomPolicy", handle: createPolicy, shape: ShapeB},
		{method: http.MethodGet, pattern: policy, operation: "ShowCustomPolicy", handle: showPolicy, shape: ShapeB},
		{method: http.MethodPatch, pattern: policy, operation: "UpdateCustomPolicy", handle: updatePolicy, shape: ShapeB},
		{method: http.MethodDelete, pattern: policy, operation: "DeleteCustomPolicy", handle: deletePolicy, shape: ShapeB},

		{method: http.MethodGet, pattern: "/v3/projects", operation: "KeystoneListProjects", handle: listProjects, shape: ShapeA, anyScope: true},
		{method: http.MethodGet, pattern: "/v3/projects/{project_id}", operation: "KeystoneShowProject", handle: showProject, shape: ShapeA, anyScope: true},
		{method: http.MethodGet, pattern: "/v3/auth/projects", operation: "KeystoneListAuthProjects", handle: listAuthProjects, shape: ShapeA, anyScope: true},
		{method: http.MethodGet, pattern: "/v3/auth/domains", operation: "KeystoneListAuthDomains", handle: listAuthDomains, shape: ShapeA, anyScope: true},
		{method: http.MethodGet, pattern: "/v3.0/OS-QUOTA/domains/{domain_id}", operation: "ShowDomainQuota", handle: showQuota, shape: ShapeB, anyScope: true},
	}}
	s.routes = append(s.routes, grantRoutes(domain, domain, "/{role_id}", ScopeDomain, [4]string{
		"ListDomainPermissionsForAgency", "CheckDomainPermissionForAgency", "AssociateAgencyWithDomainPermission", "RemoveDomainPermissionFromAgency"})...)
	s.routes = append(s.routes, grantRoutes(project, project, "/{role_id}", ScopeProject, [4]string{
		"ListProjectPermissionsForAgency", "CheckProjectPermissionForAgency", "AssociateAgencyWithProjectPermission", "RemoveProjectPermissionFromAgency"})...)
	s.routes = append(s.routes, grantRoutes(inherited+"/inherited_to_projects", inherited, "/{role_id}/inherited_to_projects", ScopeAllProjects, [4]string{
		"ListAllProjectsPermissionsForAgency", "CheckAllProjectsPermissionForAgency", "AssociateAgencyWithAllProjectsPermission", "RemoveAllProjectsPermissionFromAgency"})...)
	return s
}

// grantRoutes are the four operations on the grants of one agency in one scope: list, check, grant, revoke.
func grantRoutes(list, base, one, scope string, operations [4]string) []route {
	return []route{
		{method: http.MethodGet, pattern: list, operation: operations[0], handle: inScope(scope, listGrants), shape: ShapeA},
		{method: http.MethodHead, pattern: base + one, operation: operations[1], handle: inScope(scope, checkGranted), shape: ShapeA},
		{method: http.MethodPut, pattern: base + one, operation: operations[2], handle: inScope(scope, grantRole), shape: ShapeA},
		{method: http.MethodDelete, pattern: base + one, operation: operations[3], handle: inScope(scope, revokeRole), shape: ShapeA},
	}
}
