package iam

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/permission"
)

// Permissions implements [providers.Provider]. Reading is needed whatever the manifest holds: agencies and grants that it
// does not list are looked at too.
func (Provider) Permissions(desired []plan.Desired, m *plan.Manifest) providers.Permissions {
	needs := permission.For(m)
	needs.ReadAccount()
	needs.Read("read agencies", permission.ListAgencies)
	needs.Read("resolve the names of roles, and read custom policies", permission.ListRoles)
	needs.Read("read roles that are granted and that no list shows", permission.GetRole)
	needs.Read("resolve the names of projects", permission.ListProjects)
	needs.ReadGrants()
	if needs.ManagesEnterpriseProjects() {
		needs.Read("resolve the names of enterprise projects", permission.ListEnterpriseProjects)
	}
	writePolicies(needs, desired, m)
	writeAgencies(needs, desired, m)
	all := needs.Permissions()
	all.Optional = []providers.Permission{{
		Action: permission.ListTraces, Scope: providers.ProjectScope,
		Why: "drift says who made a difference; in the region that keeps the record",
	}, {
		Action: permission.PublishMessage, Scope: providers.ProjectScope,
		Why: "drift publishes what it found to a topic; in the region and the project of the topic",
	}}
	return all
}

func writePolicies(needs *permission.Needs, desired []plan.Desired, m *plan.Manifest) {
	if len(providers.Makeable(desired, directory.TypePolicy)) > 0 {
		needs.Write("make custom policies", permission.CreateRole)
	}
	if len(providers.Changeable(desired, m, directory.TypePolicy)) > 0 {
		needs.Write("change custom policies", permission.UpdateRole)
	}
	if slices.ContainsFunc(desired, func(d plan.Desired) bool { return d.DeleteInUse && !m.Ownership.Protects(d.Address, d.Address) }) {
		revokeEverywhere(needs)
	}
	if providers.HasTombstones(desired, m, directory.TypePolicy) || providers.MayPrune(m, directory.TypePolicy) {
		needs.Write("delete custom policies", permission.DeleteRole)
	}
}

// revokeEverywhere adds what it needs to revoke a grant that is not listed, in whatever scope it is.
func revokeEverywhere(needs *permission.Needs) {
	for _, scope := range directory.Scopes() {
		if scope != directory.EnterpriseProject || needs.ManagesEnterpriseProjects() {
			needs.Write("revoke grants that are not listed", permission.Revoke(scope))
		}
	}
}

// writeAgencies adds what agencies and their grants need. An agency whose grants are exact may lose a grant in any scope,
// whatever scopes the manifest uses: somebody may have added one by hand.
func writeAgencies(needs *permission.Needs, desired []plan.Desired, m *plan.Manifest) {
	if len(providers.Makeable(desired, directory.TypeAgency)) > 0 {
		needs.Write("make agencies", permission.CreateAgency)
	}
	for _, d := range providers.Changeable(desired, m, directory.TypeAgency) {
		needs.Write("change agencies", permission.UpdateAgency)
		if d.Additive {
			continue
		}
		revokeEverywhere(needs)
	}
	for _, d := range providers.Makeable(desired, directory.TypeGrant) {
		if grant, ok := directory.GrantOf(d.Resource); ok {
			needs.Write("grant roles", permission.Grant(grant.Place.Scope))
		}
	}
	for _, d := range providers.Tombstones(desired, m, directory.TypeGrant) {
		if grant, ok := directory.GrantOf(d.Resource); ok {
			needs.Write("revoke grants that must not be there", permission.Revoke(grant.Place.Scope))
		}
	}
	if providers.HasTombstones(desired, m, directory.TypeAgency) || providers.MayPrune(m, directory.TypeAgency) {
		needs.Write("delete agencies", permission.DeleteAgency)
	}
}
