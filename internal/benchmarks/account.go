package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

const (
	// systemRoles is how many roles the catalogue has, which real ones list on several pages.
	systemRoles = 850
	// grantsOfEach is how many grants an agency has: one in each of three scopes, and two in projects.
	grantsOfEach = 5
	// enterpriseProjects is how many enterprise projects there are beside those of the demo world.
	enterpriseProjects = 40
)

// agency is an entry of the manifest, and what is in the account already.
type agency struct {
	name, trust, description string
	// projects is how many of the account's further enterprise projects it has a grant in.
	projects int
}

// agencies are n of them, all alike.
func agencies(n int) []agency {
	all := make([]agency, n)
	for i := range all {
		all[i] = agency{name: fmt.Sprintf("ops-%05d", i), trust: "partner-co"}
	}
	return all
}

// manifest lists agencies with their grants.
func manifest(all []agency) string {
	var b strings.Builder
	b.WriteString("apiVersion: agencyctl/v1\naccount: {name: example-co}\ncloud: {kind: huaweicloud, region: cn-north-4}\nagencies:\n")
	for _, a := range all {
		fmt.Fprintf(&b, "  - name: %s\n    trust: {account: %s}\n    description: %q\n    grants:\n", a.name, a.trust, a.description)
		b.WriteString("      domain: [OBS ReadOnlyAccess]\n      allProjects: [CES ReadOnlyAccess]\n")
		b.WriteString("      projects: {cn-north-4: [ECS ReadOnlyAccess, EVS ReadOnlyAccess]}\n")
		b.WriteString("      enterpriseProjects:\n        production: [ECS ReadOnlyAccess]\n")
		for i := range a.projects {
			fmt.Fprintf(&b, "        team-%02d: [ECS ReadOnlyAccess]\n", i)
		}
	}
	return b.String()
}

// world is an account that has agencies with their grants as a manifest of them says.
func world(all []agency) cloudsim.World {
	w := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
	for i := range systemRoles - len(w.Roles) {
		name := fmt.Sprintf("Service %03d ReadOnlyAccess", i)
		w.Roles = append(w.Roles, cloudsim.Role{
			ID: id("role", name), Name: fmt.Sprintf("system_all_%d", 1000+i), DisplayName: name, Catalog: "OTHER", Type: "XA", Flag: "fine_grained",
			Policy: cloudsim.Policy{Version: "1.1", Statement: []cloudsim.Statement{{
				Effect: "Allow", Action: []string{fmt.Sprintf("service%d:*:get*", i), fmt.Sprintf("service%d:*:list*", i)},
			}}},
		})
	}
	home := w.AccountNamed("")
	home.Agencies, home.Quotas = nil, map[string]int{"agency": 10_000}
	for i := range enterpriseProjects {
		name := fmt.Sprintf("team-%02d", i)
		home.EnterpriseProjects = append(home.EnterpriseProjects, cloudsim.EnterpriseProject{ID: id("project", name), Name: name, Type: "prod"})
	}
	for _, a := range all {
		trusted := w.AccountNamed(a.trust)
		home.Agencies = append(home.Agencies, cloudsim.Agency{
			ID: id("agency", a.name), Name: a.name, Trust: cloudsim.Party{ID: trusted.ID, Name: trusted.Name}, Description: a.description,
			Grants: grants(&w, a),
		})
	}
	return w
}

func grants(w *cloudsim.World, a agency) []cloudsim.Grant {
	role := func(name string) string {
		for _, r := range w.Roles {
			if r.DisplayName == name {
				return r.ID
			}
		}
		panic("the catalogue has no role " + name)
	}
	home := w.AccountNamed("")
	project := ""
	for _, p := range home.Projects {
		if p.Name == "cn-north-4" {
			project = p.ID
		}
	}
	given := []cloudsim.Grant{
		{Scope: cloudsim.ScopeDomain, Role: role("OBS ReadOnlyAccess")},
		{Scope: cloudsim.ScopeAllProjects, Role: role("CES ReadOnlyAccess")},
		{Scope: cloudsim.ScopeProject, Target: project, Role: role("ECS ReadOnlyAccess")},
		{Scope: cloudsim.ScopeProject, Target: project, Role: role("EVS ReadOnlyAccess")},
	}
	further := 0
	for _, p := range home.EnterpriseProjects {
		if strings.HasPrefix(p.Name, "team-") && further < a.projects || p.Name == "production" {
			given = append(given, cloudsim.Grant{Scope: cloudsim.ScopeEnterpriseProject, Target: p.ID, Role: role("ECS ReadOnlyAccess")})
		}
		if strings.HasPrefix(p.Name, "team-") {
			further++
		}
	}
	return given
}

// id is a stable id for a name: 32 hexadecimal digits, as the cloud's are.
func id(kind, name string) string {
	sum := sha256.Sum256([]byte("benchmark/" + kind + "/" + name))
	return hex.EncodeToString(sum[:16])
}
