package secmaster

import (
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/permission"
)

// Permissions implements [providers.Provider]. What the service itself asks for is known from its error codes alone.
// Source: SecMaster API reference, "CreateServiceAgency", codes csb.00180004 and csb.00180005.
func (p Provider) Permissions(desired []plan.Desired, m *plan.Manifest) providers.Permissions {
	needs := permission.For(m)
	if providers.MayRead(desired, m, p.Prefix()) {
		needs.Read("SecMaster looks up its agency in the caller's name", permission.GetAgency)
		needs.ReadUndocumented(providers.ProjectScope, "",
			"state of SecMaster (GET /v1/PROJECT/agency): no action of SecMaster itself is named")
		needs.Read("find the project of a region", permission.ListProjects)
		needs.Read("find the agency of SecMaster", permission.ListAgencies)
		needs.Read("resolve the names of roles", permission.ListRoles, permission.GetRole)
		needs.ReadGrants()
	}
	if len(providers.Makeable(desired, p.Prefix())) > 0 {
		needs.Write("SecMaster makes its agency in the caller's name", permission.CreateAgency)
		needs.WriteUndocumented(providers.ProjectScope, "",
			"authorizing SecMaster (POST /v1/PROJECT/agency): no action of SecMaster itself is named, nor what granting the roles takes")
	}
	if len(providers.Changeable(desired, m, p.Prefix())) > 0 {
		needs.Write("revoke roles of SecMaster that are not listed",
			permission.Revoke(directory.Domain), permission.Revoke(directory.AllProjects), permission.Revoke(directory.OneProject))
	}
	if providers.MayDelete(desired, m, p.Prefix()) {
		needs.Write("take an authorization of SecMaster back, which is done in IAM", permission.DeleteAgency,
			permission.Revoke(directory.OneProject))
	}
	return needs.Permissions()
}
