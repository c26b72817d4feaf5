package csms

import (
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/permission"
)

// Permissions implements [providers.Provider]. The service makes its agencies in the caller's name, so the caller needs the
// actions of IAM that its user guide lists. Source: DEW user guide, "Creating an agency".
func (p Provider) Permissions(desired []plan.Desired, m *plan.Manifest) providers.Permissions {
	needs := permission.For(m)
	if !providers.MayRead(desired, m, p.Prefix()) {
		return needs.Permissions()
	}
	needs.ReadUndocumented(providers.ProjectScope, "",
		"state of CSMS (GET /v1/csms/agencies): its page asks for no identity policy, and names no action of a custom policy")
	needs.Read("find the project of a region", permission.ListProjects)
	needs.Read("find the agencies of CSMS", permission.ListAgencies)
	needs.ReadGrants()
	if len(providers.Makeable(desired, p.Prefix())) > 0 {
		needs.Write("CSMS makes its agencies and policies in the caller's name",
			permission.ListAgencies, permission.CreateAgency, permission.ListRoles, permission.CreateRole,
			permission.CheckRoleOnProject, permission.Grant(directory.OneProject))
	}
	if providers.MayDelete(desired, m, p.Prefix()) {
		needs.Write("take an authorization of CSMS back, which is done in IAM", permission.DeleteAgency, permission.Revoke(directory.OneProject))
	}
	return needs.Permissions()
}
