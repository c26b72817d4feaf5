package fabric

import (
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/permission"
)

// callerRole is the role that the service's published definition names for all its calls.
const callerRole = "te_admin"

// Permissions implements [providers.Provider]. For the service's own calls only a role is documented. Source: DataArts Fabric
// API reference, "CreateAgency", "ListAgency", "DeleteAgency".
func (p Provider) Permissions(desired []plan.Desired, m *plan.Manifest) providers.Permissions {
	needs := permission.For(m)
	if providers.MayRead(desired, m, p.Prefix()) {
		needs.ReadUndocumented(providers.ProjectScope, callerRole, "state of Fabric (GET /v1/agency)")
		needs.Read("find the project of a region", permission.ListProjects)
		needs.Read("see whom the agency of Fabric trusts", permission.ListAgencies)
	}
	if providers.MayOwn(m.Ownership, p.Prefix()) {
		needs.ReadGrants() // to see in which regions the agency serves that no entry mentions
	}
	if len(providers.Makeable(desired, p.Prefix())) > 0 {
		needs.WriteUndocumented(providers.ProjectScope, callerRole,
			"authorizing Fabric, and switching its policies on and off (POST and DELETE /v1/agency)")
	}
	if providers.MayDelete(desired, m, p.Prefix()) {
		needs.ReadGrants() // to see who else uses the agency
		needs.WriteUndocumented(providers.ProjectScope, callerRole, "taking the authorization of Fabric back (DELETE /v1/agency)")
		needs.Write("take the authorization of Fabric back in one region of several", permission.Revoke(directory.OneProject))
	}
	return needs.Permissions()
}
