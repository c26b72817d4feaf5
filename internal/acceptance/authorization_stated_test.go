package acceptance

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// TestAStatedSetIsExact revokes and grants what an entry states, and only that.
func TestAStatedSetIsExact(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	const entry = `authorizations:
  - service: fabric
    policies: [FABRIC_COMMON_POLICY]
    agencies:
      fabric_admin_trust:
`
	f.succeeds(t, "apply", "-f", file(t, strings.Split(entry, "    agencies:")[0]), "--auto-approve")
	granted := func() (grants []string) {
		w := f.server.World()
		for _, g := range w.AccountNamed("").Agencies {
			for _, grant := range g.Grants {
				if g.Name == "fabric_admin_trust" {
					grants = append(grants, strings.TrimSuffix(grant.Scope+":"+grant.TargetName, ":")+" "+grant.RoleName)
				}
			}
		}
		slices.Sort(grants)
		return grants
	}
	own := granted()
	require.Equal(t, []string{"project:cn-north-4 FABRIC_COMMON_POLICY"}, own[:1], "%v", own)
	f.edit(t, "grant", "fabric_admin_trust", "all-projects", "Tenant Administrator")
	f.edit(t, "grant", "fabric_admin_trust", "domain", "EVS ReadOnlyAccess")

	// grantsAbsent revokes one, and the other stays a person's.
	absent := file(t, entry+"        grantsAbsent: {allProjects: [Tenant Administrator]}\n")
	_, instruction := f.told(t, 2, "plan", "-f", absent, "--detailed-exitcode").Accounts[0].Changes[0].valuesOf("agencies")
	assert.Empty(t, instruction, "nobody offers to keep what the entry says must go")
	applied := f.told(t, 0, "apply", "-f", absent, "--auto-approve").Accounts[0]
	assert.True(t, applied.Verified)
	assert.NotContains(t, granted(), "all-projects Tenant Administrator")
	assert.Contains(t, granted(), "domain EVS ReadOnlyAccess")
	left := f.told(t, 2, "drift", "-f", absent).Accounts[0]
	assert.Equal(t, []string{"grant/fabric_admin_trust/domain/EVS ReadOnlyAccess"}, unexplainedIn(left.Changed))

	// An exact set takes the foreign one, and gives what is missing.
	var roles []string
	for _, g := range own {
		roles = append(roles, strings.TrimPrefix(g, "project:cn-north-4 "))
	}
	exact := file(t, entry+"        grants: {domain: [OBS ReadOnlyAccess], projects: {cn-north-4: ["+strings.Join(roles, ", ")+"]}}\n")
	applied = f.told(t, 0, "apply", "-f", exact, "--auto-approve").Accounts[0]
	assert.True(t, applied.Verified)
	want := append([]string{"domain OBS ReadOnlyAccess"}, own...)
	assert.Equal(t, want, granted())
	f.told(t, 0, "drift", "-f", exact)

	// {} is a set, too.
	none := file(t, entry+"        grants: {}\n")
	plan := f.told(t, 2, "plan", "-f", none, "--detailed-exitcode").Accounts[0]
	assert.Equal(t, "update", at(t, plan.Changes, "authorization/fabric/cn-north-4").Action)
	assert.Empty(t, unexplainedIn(plan.Changes))

	// A stranger who is trusted is put right before anything is granted.
	f.edit(t, "set", "fabric_admin_trust", "trust", "partner-co")
	f.edit(t, "revoke", "fabric_admin_trust", "domain", "OBS ReadOnlyAccess")
	f.edit(t, "grant", "fabric_admin_trust", "domain", "EVS ReadOnlyAccess")
	pinned := file(t, entry+"        trust: {service: op_svc_fabric}\n        grants: {domain: [OBS ReadOnlyAccess], projects: {cn-north-4: ["+
		strings.Join(roles, ", ")+"]}}\n")
	writes := f.writesIn(func() {
		assert.True(t, f.told(t, 0, "apply", "-f", pinned, "--auto-approve").Accounts[0].Verified)
	})
	require.Len(t, writes, 3)
	for i, method := range []string{"DELETE /v3.0/OS-AGENCY/domains", "PUT /v3.0/OS-AGENCY/agencies", "PUT /v3.0/OS-AGENCY/domains"} {
		assert.Contains(t, writes[i], method)
	}
	assert.Equal(t, want, granted())
	assert.Equal(t, "op_svc_fabric", f.trusts("fabric_admin_trust"))
}

// TestAStatedSetIsNotAllThatAServiceGives makes an authorization anew whose service gives more by now: it is made, and the next plan is
// about the rest.
func TestAStatedSetIsNotAllThatAServiceGives(t *testing.T) {
	f := newFront(t, cloudsim.Options{Seed: seededWorld("more")})
	f.succeeds(t, "apply", "-f", file(t, "authorizations:\n  - {service: fabric, policies: [FABRIC_COMMON_POLICY]}\n"), "--auto-approve")
	f.edit(t, "delete", "fabric_admin_trust")
	manifest := file(t, `authorizations:
  - service: fabric
    policies: [FABRIC_COMMON_POLICY]
    agencies: {fabric_admin_trust: {grants: {projects: {cn-north-4: [FABRIC_COMMON_POLICY, FABRIC_LTS_POLICY]}}}}
`)
	applied := f.told(t, 0, "apply", "-f", manifest, "--auto-approve").Accounts[0]
	assert.True(t, applied.Verified)
	require.Len(t, applied.Besides, 1)
	assert.NotEmpty(t, applied.Besides[0].Grants)
	left := f.told(t, 2, "plan", "-f", manifest, "--detailed-exitcode").Accounts[0]
	assert.Equal(t, "update", at(t, left.Changes, "authorization/fabric/cn-north-4").Action)
}

// TestWhatCannotBeStated refuses each block with its places, before anything is written.
func TestWhatCannotBeStated(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	for name, c := range map[string]struct {
		text  string
		words []string
	}{
		"two trusts": {`authorizations:
  - service: csms
    secretTypes: [RDS-FG]
    agencies: {CSMSAccessFunctionGraph: {trust: {service: op_svc_kms}}}
  - service: csms
    secretTypes: [GaussDB-FG]
    agencies: {CSMSAccessFunctionGraph: {trust: {service: op_svc_cff}}}
`, []string{"m.yaml:7:16", "m.yaml:10:16", "another trust"}},
		"two sets in the account": {`authorizations:
  - service: fabric
    policies: []
    agencies: {fabric_admin_trust: {grants: {domain: [OBS ReadOnlyAccess]}}}
  - service: fabric
    region: cn-southwest-2
    policies: []
    agencies: {fabric_admin_trust: {grants: {domain: [EVS ReadOnlyAccess]}}}
`, []string{"m.yaml:7:16", "m.yaml:11:16", "another set of grants in the account"}},
		"the project of another entry": {`authorizations:
  - service: secmaster
    roles: [CTS ReadOnlyAccess]
    agencies: {SecMaster_Agency: {grants: {projects: {cn-east-3: [CTS ReadOnlyAccess]}}}}
  - service: secmaster
    region: cn-east-3
    roles: [CTS ReadOnlyAccess]
`, []string{"m.yaml:7:67", "m.yaml:8:5", "project of another authorization"}},
		"an agency of another service": {`authorizations:
  - service: fabric
    policies: []
    agencies: {fabric_admin_trusts: {grants: {}}}
`, []string{"m.yaml:7:16", "agency of another service", "fabric_admin_trust"}},
		"a role that nobody has": {`authorizations:
  - service: fabric
    policies: []
    agencies: {fabric_admin_trust: {grants: {domain: [OBS ReadOnlyAcces]}}}
`, []string{"m.yaml:7:", "OBS ReadOnlyAccess"}},
		"a role that is listed and absent": {`authorizations:
  - service: fabric
    policies: []
    agencies: {fabric_admin_trust: {grants: {domain: [OBS ReadOnlyAccess]}, grantsAbsent: {domain: [OBS ReadOnlyAccess]}}}
`, []string{"m.yaml:7:", "listed and absent"}},
		"a forbidden role": {`guardrails: {forbiddenRoles: [Tenant Administrator]}
authorizations:
  - service: fabric
    policies: []
    agencies: {fabric_admin_trust: {grants: {allProjects: [Tenant Administrator]}}}
`, []string{"m.yaml:8:", "forbidden-roles"}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Empty(t, f.writesIn(func() { f.refused(t, c.words, "apply", "-f", file(t, c.text), "--auto-approve") }))
		})
	}
}

// TestARemovalTakesWhatNobodyExplains takes the region's grants along, explained or not; what holds in the whole account keeps the
// agency until somebody explains it.
func TestARemovalTakesWhatNobodyExplains(t *testing.T) {
	const present = "authorizations:\n  - {service: fabric, policies: []}\n"
	gone := "authorizations:\n  - {service: fabric, state: absent}\n"
	t.Run("in the region", func(t *testing.T) {
		f := newFront(t, cloudsim.Options{})
		f.succeeds(t, "apply", "-f", file(t, present), "--auto-approve")
		f.edit(t, "grant", "fabric_admin_trust", "project:cn-north-4", "ECS FullAccess")
		applied := f.told(t, 0, "apply", "-f", file(t, gone), "--auto-approve").Accounts[0]
		assert.True(t, applied.Verified)
		w := f.server.World()
		assert.False(t, slices.ContainsFunc(w.AccountNamed("").Agencies, func(g cloudsim.Agency) bool { return g.Name == "fabric_admin_trust" }))
	})
	t.Run("in the account", func(t *testing.T) {
		f := newFront(t, cloudsim.Options{})
		f.succeeds(t, "apply", "-f", file(t, present), "--auto-approve")
		f.edit(t, "grant", "fabric_admin_trust", "domain", "EVS ReadOnlyAccess")
		plan := f.told(t, 2, "plan", "-f", file(t, gone), "--detailed-exitcode").Accounts[0]
		c := at(t, plan.Changes, "authorization/fabric/cn-north-4")
		assert.Equal(t, "manual", c.Action)
		assert.Contains(t, c.Manual[0].Instruction, "grant/fabric_admin_trust/domain/EVS ReadOnlyAccess")
		assert.Empty(t, f.writesIn(func() { f.succeeds(t, "apply", "-f", file(t, gone), "--auto-approve") }))

		explained := "authorizations:\n  - service: fabric\n    state: absent\n    agencies: {fabric_admin_trust: {grants: {domain: [EVS ReadOnlyAccess]}}}\n"
		assert.True(t, f.told(t, 0, "apply", "-f", file(t, explained), "--auto-approve").Accounts[0].Verified)
		f.told(t, 0, "drift", "-f", file(t, gone))
	})
	t.Run("after the plan was made", func(t *testing.T) {
		f := newFront(t, cloudsim.Options{})
		f.succeeds(t, "apply", "-f", file(t, present), "--auto-approve")
		saved := filepath.Join(t.TempDir(), "plan.json")
		f.succeeds(t, "plan", "-f", file(t, gone), "--out", saved)
		f.edit(t, "grant", "fabric_admin_trust", "domain", "EVS ReadOnlyAccess")
		assert.Empty(t, f.writesIn(func() { assert.NotZero(t, f.run(t, "apply", saved).code) }))
	})
}

// TestForbiddenRolesAreHeldAgainstServicesAgencies has an agency that an entry answers for: its service needs no line in
// trustedServices and it may last for ever, and a forbidden role is a breach.
func TestForbiddenRolesAreHeldAgainstServicesAgencies(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	manifest := file(t, `guardrails: {trustedServices: [], maxDuration: 30d, forbiddenRoles: [Tenant Administrator]}
authorizations:
  - {service: fabric, policies: []}
`)
	f.succeeds(t, "apply", "-f", manifest, "--auto-approve")
	about := func(findings []toldFinding) (rules []string) {
		for _, finding := range findings {
			if strings.Contains(finding.Address, "fabric") {
				rules = append(rules, finding.Rule)
			}
		}
		slices.Sort(rules)
		return slices.Compact(rules)
	}
	assert.Empty(t, about(f.told(t, 2, "drift", "-f", manifest).Accounts[0].Findings), "the findings are about other agencies")
	f.edit(t, "grant", "fabric_admin_trust", "all-projects", "Tenant Administrator")
	assert.Equal(t, []string{"administrator-role", "forbidden-roles", "unexplained-grant"},
		about(f.told(t, 2, "drift", "-f", manifest).Accounts[0].Findings))
}

// TestASavedPlanPutsATrustRight applies a reviewed plan, and refuses it when somebody has granted the agency more since: the service
// would gain it.
func TestASavedPlanPutsATrustRight(t *testing.T) {
	const entry = "authorizations:\n  - {service: csms, secretTypes: [RDS-FG]}\n"
	taken := func() (f *front, saved string) {
		f, saved = newFront(t, cloudsim.Options{}), filepath.Join(t.TempDir(), "plan.json")
		f.succeeds(t, "apply", "-f", file(t, entry), "--auto-approve")
		f.edit(t, "set", "CSMSAccessFunctionGraph", "trust", "partner-co")
		f.edit(t, "grant", "CSMSAccessFunctionGraph", "domain", "EVS ReadOnlyAccess")
		f.succeeds(t, "plan", "-f", file(t, entry), "--out", saved)
		return f, saved
	}
	f, saved := taken()
	applied := f.told(t, 0, "apply", saved).Accounts[0]
	assert.True(t, applied.Verified)
	assert.Equal(t, "op_svc_kms", f.trusts("CSMSAccessFunctionGraph"))
	require.Len(t, applied.Besides, 1)
	assert.Equal(t, []string{"grant/CSMSAccessFunctionGraph/domain/EVS ReadOnlyAccess"}, applied.Besides[0].Grants)

	f, saved = taken()
	f.edit(t, "grant", "CSMSAccessFunctionGraph", "all-projects", "Tenant Administrator")
	assert.Empty(t, f.writesIn(func() { assert.Equal(t, 1, f.run(t, "apply", saved).code) }))
}
