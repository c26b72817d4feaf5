package cloudsim

import (
	"net/http"
	"slices"
)

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
	return service{name: identityName, routes: slices.Concat(
		route{shape: ShapeA}.with(
			operation{http.MethodGet, agencies, "ListAgencies", listAgencies},
			operation{http.MethodPost, agencies, "CreateAgency", createAgency},
			operation{http.MethodGet, agency, "ShowAgency", showAgency},
			operation{http.MethodPut, agency, "UpdateAgency", updateAgency},
			operation{http.MethodDelete, agency, "DeleteAgency", deleteAgency},

			operation{http.MethodGet, "/v3.0/OS-PERMISSION/role-assignments", "ShowDomainRoleAssignments", listAssignments},

			operation{http.MethodGet, "/v3/roles", "KeystoneListPermissions", listRoles},
			operation{http.MethodGet, "/v3/roles/{role_id}", "KeystoneShowPermission", showRole},
		),
		route{
			shape: ShapeA,
			examples: map[int]string{
				http.StatusBadRequest: "Illegal request", http.StatusUnauthorized: "Authentication failed",
				http.StatusForbidden: "Forbidden operation",
			},
			badToken: func(bool) *refusal {
				return &refusal{shape: ShapeA, status: http.StatusUnauthorized, message: "Authentication failed"}
			},
		}.with(
			operation{http.MethodPut, batch, "AssociateRoleToAgencyOnEnterpriseProject", grantBatch},
			operation{http.MethodDelete, batch, "RevokeRoleFromAgencyOnEnterpriseProject", revokeBatch},
		),
		route{shape: ShapeB}.with(
			operation{http.MethodGet, policies, "ListCustomPolicies", listPolicies},
			operation{http.MethodPost, policies, "CreateCustomPolicy", createPolicy},
			operation{http.MethodGet, policy, "ShowCustomPolicy", showPolicy},
			operation{http.MethodPatch, policy, "UpdateCustomPolicy", updatePolicy},
			operation{http.MethodDelete, policy, "DeleteCustomPolicy", deletePolicy},
		),
		route{shape: ShapeA, anyScope: true, session: true}.with(
			operation{http.MethodPost, tokens, "KeystoneCreateToken", createToken},
		),
		route{shape: ShapeB, anyScope: true, session: true}.with(
			operation{http.MethodPost, "/v3.0/OS-CREDENTIAL/securitytokens", "CreateTemporaryAccessKey", createTemporaryKey},
		),
		route{shape: ShapeA, anyScope: true}.with(
			operation{http.MethodGet, tokens, "KeystoneValidateToken", showToken},
			operation{http.MethodGet, "/v3/projects", "KeystoneListProjects", listProjects},
			operation{http.MethodGet, "/v3/projects/{project_id}", "KeystoneShowProject", showProject},
			operation{http.MethodGet, "/v3/auth/projects", "KeystoneListAuthProjects", listAuthProjects},
			operation{http.MethodGet, "/v3/auth/domains", "KeystoneListAuthDomains", listAuthDomains},
			operation{http.MethodGet, "/v3/auth/catalog", "KeystoneShowCatalog", showCatalog},
		),
		route{shape: ShapeB, anyScope: true}.with(
			operation{http.MethodGet, "/v3.0/OS-QUOTA/domains/{domain_id}", "ShowDomainQuota", showQuota},
		),
		grantRoutes(domain, domain+"/{role_id}", ScopeDomain, "ListDomainPermissionsForAgency",
			"CheckDomainPermissionForAgency", "AssociateAgencyWithDomainPermission", "RemoveDomainPermissionFromAgency"),
		grantRoutes(project, project+"/{role_id}", ScopeProject, "ListProjectPermissionsForAgency",
			"CheckProjectPermissionForAgency", "AssociateAgencyWithProjectPermission", "RemoveProjectPermissionFromAgency"),
		grantRoutes(inherited+"/inherited_to_projects", inherited+"/{role_id}/inherited_to_projects", ScopeAllProjects,
			"ListAllProjectsPermissionsForAgency", "CheckAllProjectsPermissionForAgency",
			"AssociateAgencyWithAllProjectsPermission", "RemoveAllProjectsPermissionFromAgency"),
	)}
}

// grantRoutes returns the four operations on the grants of one agency in one scope.
func grantRoutes(all, one, scope, list, check, grant, revoke string) []route {
	return route{shape: ShapeA}.with(
		operation{http.MethodGet, all, list, inScope(scope, listGrants)},
		operation{http.MethodHead, one, check, inScope(scope, checkGranted)},
		operation{http.MethodPut, one, grant, inScope(scope, grantRole)},
		operation{http.MethodDelete, one, revoke, inScope(scope, revokeRole)},
	)
}
