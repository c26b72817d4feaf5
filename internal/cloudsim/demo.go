package cloudsim

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// demoBirth is when everything in a demo world was made.
var demoBirth = time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)

// DemoWorld is a small company in a cloud: the account example-co with projects, enterprise projects and three agencies
// that nobody manages yet, the account partner-co with an agency that lets example-co in, an account and some cloud
// services that may be trusted, too, and a catalogue of system roles. Every id is a hash of what it names, so two calls
// return the same world. An unknown cloud is kept, and refused by New.
func DemoWorld(cloud string) World {
	w := World{
		FormatVersion: WorldFormat, Cloud: cloud, Home: demoID("account", "example-co"), Roles: demoRoles(),
		Accounts: []Account{demoAccount(cloud), demoPartner(cloud), {ID: demoID("account", "audit-partner"), Name: "audit-partner"}},
	}
	for _, name := range []string{"apig", "cce", "dws", "ecs", "evs", "functiongraph", "kms", "lts", "obs", "rds", "smn"} {
		w.Services = append(w.Services, demoService(name))
	}
	w.normalize()
	return w
}

// demoID is the id of a thing in a demo world: 32 hex characters that depend on its kind and name alone.
func demoID(kind, name string) string {
	sum := sha256.Sum256([]byte("agencyctl demo world/" + kind + "/" + name))
	return hex.EncodeToString(sum[:16])
}

func demoService(name string) Party {
	return Party{ID: demoID("service", "op_svc_"+name), Name: "op_svc_" + name}
}

// demoRegions are the region projects of every account.
func demoRegions(cloud string) []string {
	if cloud == OpenTelekomCloud {
		return []string{"eu-de", "eu-nl", "MOS"}
	}
	return []string{"cn-north-4", "cn-east-3", "ap-southeast-1", "MOS"}
}

func demoAccount(cloud string) Account {
	a := Account{ID: demoID("account", "example-co"), Name: "example-co", Agencies: demoAgencies()}
	sub := "cn-north-4_data"
	if cloud == OpenTelekomCloud {
		sub = "eu-de_prod"
	}
	for _, name := range demoRegions(cloud) {
		a.Projects = append(a.Projects, Project{ID: demoID("project", name), Name: name})
	}
	a.Projects = append(a.Projects, Project{ID: demoID("project", sub), Name: sub, Parent: a.Projects[0].ID})
	a.EnterpriseProjects = []EnterpriseProject{{ID: "0", Name: "default", Type: "prod", Created: demoBirth}}
	for _, name := range []string{"production", "staging"} {
		id := demoID("enterprise project", name)
		id = id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
		a.EnterpriseProjects = append(a.EnterpriseProjects, EnterpriseProject{ID: id, Name: name, Type: "prod", Created: demoBirth})
	}
	return a
}

// DemoPartnerAgency is the agency of the demo world's partner-co that example-co may assume.
const DemoPartnerAgency = "example-operators"

// demoPartner is an account that lets example-co work in it.
func demoPartner(cloud string) Account {
	const name = "partner-co"
	a := Account{ID: demoID("account", name), Name: name}
	for _, region := range demoRegions(cloud) {
		a.Projects = append(a.Projects, Project{ID: demoID("project", name+"/"+region), Name: region})
	}
	a.EnterpriseProjects = []EnterpriseProject{{ID: "0", Name: "default", Type: "prod", Created: demoBirth}}
	a.Agencies = []Agency{{
		ID: demoID("agency", name+"/"+DemoPartnerAgency), Name: DemoPartnerAgency, Created: demoBirth,
		Trust:       Party{ID: demoID("account", "example-co"), Name: "example-co"},
		Description: "example-co keeps the agencies in order",
		Grants:      []Grant{{Scope: ScopeDomain, Role: demoID("role", "Security Administrator")}},
	}}
	return a
}

// demoAgencies are what one finds in an account: one that a service made for itself, and two that somebody made by hand.
func demoAgencies() []Agency {
	agency := func(name string, trust Party, description, scope, role string) Agency {
		return Agency{ID: demoID("agency", name), Name: name, Trust: trust, Description: description, Created: demoBirth,
			Grants: []Grant{{Scope: scope, Role: demoID("role", role)}}}
	}
	partner := Party{ID: demoID("account", "partner-co"), Name: "partner-co"}
	return []Agency{
		agency("cce_admin_trust", demoService("cce"), "created by the container service", ScopeAllProjects, "Tenant Administrator"),
		agency("legacy-import", partner, "data import of 2024", ScopeDomain, "OBS OperateAccess"),
		agency("monitoring", demoService("ecs"), "", ScopeAllProjects, "CES ReadOnlyAccess"),
	}
}
