// Package permission holds the names of the actions in the cloud's policies, and collects which of them a service needs for a
// manifest. Calls for which the vendor documents no action are collected too: a policy that looks complete and is not would
// fail in the middle of an apply.
//
// It makes no call. Start reading at [Needs].
package permission

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

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

	// ListRoleAssignments is the bulk read of grants. The page of that call names no action; this name is from the guides of
	// other services that make the call.
	ListRoleAssignments = "iam:permissions:listRoleAssignments"
	// CheckRoleOnProject is the read of one grant. Services that make agencies call it in the caller's name.
	CheckRoleOnProject = "iam:permissions:checkRoleForAgencyOnProject"
	// ListTraces is the list of what was done, of Cloud Trace.
	ListTraces = "cts:trace:list"
	// PublishMessage is what Simple Message Notification wants of who publishes to a topic.
	PublishMessage = "smn:topic:publish"
)

// SecurityAdministrator is the predefined role that allows everything in IAM. For Open Telekom Cloud nothing else is documented.
const SecurityAdministrator = "Security Administrator"

// grantActions are the actions on the grants of one scope.
type grantActions struct{ list, grant, revoke string }

// grantsIn are the actions by scope. Enterprise projects have no list of their own.
var grantsIn = map[directory.Scope]grantActions{
	directory.Domain: {
		list:   "iam:permissions:listRolesForAgencyOnDomain",
		grant:  "iam:permissions:grantRoleToAgencyOnDomain",
		revoke: "iam:permissions:revokeRoleFromAgencyOnDomain",
	},
	directory.AllProjects: {
		list:   "iam:permissions:listRolesForAgency",
		grant:  "iam:permissions:grantRoleToAgency",
		revoke: "iam:permissions:revokeRoleFromAgency",
	},
	directory.OneProject: {
		list:   "iam:permissions:listRolesForAgencyOnProject",
		grant:  "iam:permissions:grantRoleToAgencyOnProject",
		revoke: "iam:permissions:revokeRoleFromAgencyOnProject",
	},
	directory.EnterpriseProject: {
		grant:  "iam:permissions:grantRoleToAgencyOnEnterpriseProject",
		revoke: "iam:permissions:revokeRoleFromAgencyOnEnterpriseProject",
	},
}

// Grant returns the action that grants an agency a role in the scope, "" for no scope.
func Grant(scope directory.Scope) string { return grantsIn[scope].grant }

// Revoke returns the action that revokes a role from an agency in the scope, "" for no scope.
func Revoke(scope directory.Scope) string { return grantsIn[scope].revoke }

// Needs collects the permissions that one service needs for one manifest. [For] makes it. Not safe for concurrent use.
type Needs struct {
	cloud string
	// skipped is set where the manifest excludes grants in enterprise projects.
	skipped bool
	all     providers.Permissions
}

// For returns an empty collection.
func For(m *plan.Manifest) *Needs {
	return &Needs{cloud: m.Cloud.Kind, skipped: slices.Contains(m.NotRead, huaweicloud.PartEnterpriseProjects)}
}

// Read adds actions of account-wide services that an observation needs, and why.
func (n *Needs) Read(why string, actions ...string) {
	n.all.Read = append(n.all.Read, with(providers.GlobalScope, why, actions)...)
}

// Write adds actions of account-wide services that an apply needs, and why.
func (n *Needs) Write(why string, actions ...string) {
	n.all.Write = append(n.all.Write, with(providers.GlobalScope, why, actions)...)
}

// ReadRegional is [Needs.Read] for a service that is called in a region.
func (n *Needs) ReadRegional(why string, actions ...string) {
	n.all.Read = append(n.all.Read, with(providers.ProjectScope, why, actions)...)
}

// WriteRegional is [Needs.Write] for a service that is called in a region.
func (n *Needs) WriteRegional(why string, actions ...string) {
	n.all.Write = append(n.all.Write, with(providers.ProjectScope, why, actions)...)
}

func with(scope providers.PermissionScope, why string, actions []string) []providers.Permission {
	var all []providers.Permission
	for _, action := range actions {
		all = append(all, providers.Permission{Action: action, Scope: scope, Why: why})
	}
	return all
}

// ReadUndocumented adds a read for which the vendor documents no action. role is the predefined role that allows it, "" where
// none is documented either.
func (n *Needs) ReadUndocumented(scope providers.PermissionScope, role, why string) {
	n.all.Read = append(n.all.Read, providers.Permission{Role: role, Scope: scope, Why: why})
}

// WriteUndocumented is [Needs.ReadUndocumented] for a write.
func (n *Needs) WriteUndocumented(scope providers.PermissionScope, role, why string) {
	n.all.Write = append(n.all.Write, providers.Permission{Role: role, Scope: scope, Why: why})
}

// ReadGrants adds the calls of [directory.Directory.ReadGrants]: the bulk read, and the reads agency by agency that replace it
// where it is refused.
func (n *Needs) ReadGrants() {
	n.Read("read grants in few calls", ListRoleAssignments)
	for _, scope := range directory.Scopes() {
		if action := grantsIn[scope].list; action != "" {
			n.Read("read grants agency by agency, where the bulk read is refused", action)
		}
	}
	why := "bulk read of grants (GET /v3.0/OS-PERMISSION/role-assignments), only where " + ListRoleAssignments + " is not enough"
	if !n.skipped {
		why += ": enterprise projects have no other read, unless cloud.notRead has enterprise-projects"
	}
	n.ReadUndocumented(providers.GlobalScope, SecurityAdministrator, why)
}

// ReadAccount adds the read of the account that the credentials belong to.
func (n *Needs) ReadAccount() {
	n.ReadUndocumented(providers.GlobalScope, "",
		"name of the account (GET /v3/auth/domains): everybody may ask, but callers that may not read users (iam:users:getUser) "+
			"can get an empty answer")
}

// ManagesEnterpriseProjects reports whether the manifest is responsible for grants in enterprise projects.
func (n *Needs) ManagesEnterpriseProjects() bool { return !n.skipped }

// Permissions returns everything that was added, in canonical form. On Open Telekom Cloud it returns one predefined role
// instead: no actions are documented there for these calls.
func (n *Needs) Permissions() providers.Permissions {
	if n.cloud != huaweicloud.OpenTelekomCloud {
		return n.all.Canonical()
	}
	role := providers.Permission{
		Role: SecurityAdministrator, Scope: providers.GlobalScope,
		Why: "call IAM on Open Telekom Cloud: its pages ask for this role, and name no actions",
	}
	var all providers.Permissions
	if len(n.all.Read) > 0 {
		all.Read = []providers.Permission{role}
	}
	if len(n.all.Write) > 0 {
		all.Write = []providers.Permission{role}
	}
	return all
}
