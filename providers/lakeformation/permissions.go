package lakeformation

import (
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/permission"
)

// The service's own actions. Source: LakeFormation API reference, "CreateAgency", "ShowAgency", "DeleteAgency".
const (
	actionDescribe = "lakeformation:agency:describe"
	actionCreate   = "lakeformation:agency:create"
	actionDrop     = "lakeformation:agency:drop"
)

// Permissions implements [providers.Provider].
func (p Provider) Permissions(desired []plan.Desired, m *plan.Manifest) providers.Permissions {
	needs := permission.For(m)
	if !providers.MayRead(desired, m, p.Prefix()) {
		return needs.Permissions()
	}
	needs.ReadRegional("ask LakeFormation for its agencies", actionDescribe)
	needs.Read("find the project of a region", permission.ListProjects)
	needs.Read("see whom the agencies of LakeFormation trust", permission.ListAgencies)
	needs.ReadGrants() // an agency that lacks something may be another region's: its grants tell
	if len(providers.Makeable(desired, p.Prefix())) > 0 {
		needs.WriteRegional("authorize LakeFormation, and repair its agencies", actionCreate)
	}
	if providers.MayDelete(desired, m, p.Prefix()) {
		needs.WriteRegional("take an authorization of LakeFormation back", actionDrop)
		needs.Write("take an authorization of LakeFormation back in one region of several", permission.Revoke(directory.OneProject))
	}
	return needs.Permissions()
}
