package permission

import "github.com/agencyctl/agencyctl/providers/huaweicloud/directory"

// The actions of IAM and EPS, which are services without regions. Source: IAM API reference, "Permissions and supported
// actions"; EPS API reference, "Enterprise Project Management API Permissions".
const (
	ListAgencies = "iam:agencies:listAgencies"
	GetAgency    = "iam:agencies:getAgency"
	CreateAgency = "iam:agencies:createAgency"
	UpdateAgency = "iam:agencies:updateAgency"
	DeleteAgency = "iam:agencies:deleteAgency"

	ListRoles  = "iam:roles:listRoles"
	GetRole    = "iam:roles:getRole"
	CreateRole = "iam:roles:createRole"
	UpdateRole = "iam:roles:updateRole"
	DeleteRole = "iam:roles:deleteRole"

	ListProjects           = "iam:projects:listProjects"
	ListEnterpriseProjects = "eps:enterpriseProjects:list"

	// ListRoleAssignments is the bulk read of grants. The page of that call names no action; this name stands in the
	// guides of other services that make it.
	ListRoleAssignments = "iam:permissions:listRoleAssignments"
	// CheckRoleOnProject asks for one grant. Services that make agencies call it in the caller's name.
	CheckRoleOnProject = "iam:permissions:checkRoleForAgencyOnProject"
)

// SecurityAdministrator is the predefined role that allows everything in IAM. On Open Telekom Cloud it is the only way that
// is documented.
const SecurityAdministrator = "Security Administrator"

// grantActions are the actions on the grants of one scope.
type grantActions struct{ list, grant, revoke string }

// grantsIn are the actions by scope. Enterprise projects have no list of their own.
var grantsIn = map[directory.Scope]grantActions{
	directory.Domain: {
		"iam:permissions:listRolesForAgencyOnDomain", "iam:permissions:grantRoleToAgencyOnDomain", "iam:permissions:revokeRoleFromAgencyOnDomain",
	},
	directory.AllProjects: {
		"iam:permissions:listRolesForAgency", "iam:permissions:grantRoleToAgency", "iam:permissions:revokeRoleFromAgency",
	},
	directory.OneProject: {
		"iam:permissions:listRolesForAgencyOnProject", "iam:permissions:grantRoleToAgencyOnProject", "iam:permissions:revokeRoleFromAgencyOnProject",
	},
	directory.EnterpriseProject: {
		"", "iam:permissions:grantRoleToAgencyOnEnterpriseProject", "iam:permissions:revokeRoleFromAgencyOnEnterpriseProject",
	},
}

// Grant returns the action that gives an agency a role in the scope, "" for no scope.
func Grant(scope directory.Scope) string { return grantsIn[scope].grant }

// Revoke returns the action that takes it away, "" for no scope.
func Revoke(scope directory.Scope) string { return grantsIn[scope].revoke }
