package permission

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Needs collects what one service needs for one manifest. Make it with [For]; it is not safe for concurrent use.
type Needs struct {
	cloud string
	// skipped is set where the manifest leaves grants in enterprise projects alone.
	skipped bool
	all     providers.Permissions
}

// For begins with nothing.
func For(m *plan.Manifest) *Needs {
	return &Needs{cloud: m.Cloud.Kind, skipped: slices.Contains(m.NotRead, huaweicloud.PartEnterpriseProjects)}
}

// Read adds actions of account-wide services that observing needs, and why.
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

// ReadUndocumented adds a read for which the vendor documents no action. Role is the predefined role that allows it, "" where
// none is documented either.
func (n *Needs) ReadUndocumented(scope providers.PermissionScope, role, why string) {
	n.all.Read = append(n.all.Read, providers.Permission{Role: role, Scope: scope, Why: why})
}

// WriteUndocumented is [Needs.ReadUndocumented] for a write.
func (n *Needs) WriteUndocumented(scope providers.PermissionScope, role, why string) {
	n.all.Write = append(n.all.Write, providers.Permission{Role: role, Scope: scope, Why: why})
}

// ReadGrants adds what [directory.Directory.ReadGrants] calls: the bulk read, and the reads agency by agency that take its
// place where it is refused.
func (n *Needs) ReadGrants() {
	n.Read("read grants in few calls", ListRoleAssignments)
	for _, scope := range directory.Scopes() {
		if action := grantsIn[scope].list; action != "" {
			n.Read("read grants agency by agency, where the bulk read is refused", action)
		}
	}
	why := "bulk read of grants (GET /v3.0/OS-PERMISSION/role-assignments), only where " + ListRoleAssignments + " is not enough"
	if !n.skipped {
		why += ": enterprise projects have no other read, unless cloud.enterpriseProjects is unmanaged"
	}
	n.ReadUndocumented(providers.GlobalScope, SecurityAdministrator, why)
}

// ReadAccount adds what it takes to learn whose credentials these are.
func (n *Needs) ReadAccount() {
	n.ReadUndocumented(providers.GlobalScope, "",
		"name of the account (GET /v3/auth/domains): everybody may ask, but callers that may not read users (iam:users:getUser) can get an empty answer")
}

// ManagesEnterpriseProjects reports whether the manifest is responsible for grants in enterprise projects.
func (n *Needs) ManagesEnterpriseProjects() bool { return !n.skipped }

// Permissions returns all that was added, in canonical form. On Open Telekom Cloud that is one predefined role, whatever
// was added: no actions are documented there for these calls.
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
