package acceptance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// TestAForeignGrantOnAServicesAgency gives every agency of every service everything: each is told, and none is taken away, because
// nobody has said what the service gives.
func TestAForeignGrantOnAServicesAgency(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	manifest := file(t, fourServices)
	f.succeeds(t, "apply", "-f", manifest, "--auto-approve")
	for _, a := range serviceAgencies {
		f.edit(t, "grant", a.agency, "all-projects", "Tenant Administrator")
	}
	drift := f.told(t, 2, "drift", "-f", manifest, "--now", "2031-01-01").Accounts[0]
	for _, a := range serviceAgencies {
		c := at(t, drift.Changed, a.address)
		assert.Equal(t, "manual", c.Action)
		values, instruction := c.valuesOf("accountGrants")
		grant := "grant/" + a.agency + "/all-projects/Tenant Administrator"
		assert.Contains(t, values, grant)
		assert.Contains(t, instruction, "\nagencies:\n")
		assert.Contains(t, instruction, "allProjects: [Tenant Administrator]")
		assert.Contains(t, severities(drift.Findings, "unexplained-grant", a.address), "high")
		assert.NotContains(t, drift.Unmanaged, "agency/"+a.agency)
	}
	assert.Empty(t, f.writesIn(func() {
		applied := f.told(t, 0, "apply", "-f", manifest, "--auto-approve").Accounts[0]
		for _, r := range applied.Results {
			assert.Equal(t, "manual", r.Outcome, "%+v", r)
		}
		assert.Len(t, applied.Results, 6)
	}), "nothing is revoked that nobody has spoken of")
}

// TestAnotherTrustOfAServicesAgency lets somebody else act as the agencies of all services.
func TestAnotherTrustOfAServicesAgency(t *testing.T) {
	for _, stranger := range []struct{ kind, name string }{{"account", "partner-co"}, {"service", "op_svc_ecs"}} {
		t.Run(stranger.kind, func(t *testing.T) {
			f := newFront(t, cloudsim.Options{})
			manifest := file(t, fourServices)
			f.succeeds(t, "apply", "-f", manifest, "--auto-approve")
			for _, a := range serviceAgencies {
				f.edit(t, "set", a.agency, "trust", stranger.name)
				f.edit(t, "grant", a.agency, "domain", "EVS ReadOnlyAccess")
			}
			drift := f.told(t, 2, "drift", "-f", manifest, "--now", "2031-01-01").Accounts[0]
			for _, a := range serviceAgencies {
				c := at(t, drift.Changed, a.address)
				assert.Contains(t, severities(drift.Findings, "unexplained-trust", a.address), "high")
				values, instruction := c.valuesOf("trust")
				member := a.agency + ": " + stranger.kind + " " + stranger.name
				if a.documented {
					assert.Equal(t, "update", c.Action)
					assert.NotContains(t, values, member)
					continue
				}
				assert.Contains(t, values, member)
				assert.Contains(t, instruction, "\n  "+a.agency+":\n    trust: {service: op_svc_", "the line to pin, in the block that states the grants")
				if a.address != serviceAgencies[0].address {
					assert.Equal(t, "manual", c.Action)
				}
			}

			// What a page says is put right; what nobody says is not written. The grants that nobody explains stay, and are told.
			writes := f.writesIn(func() {
				applied := f.told(t, 0, "apply", "-f", manifest, "--auto-approve").Accounts[0]
				assert.True(t, applied.Verified)
				i := slices.IndexFunc(applied.Results, func(r struct{ Address, Action, Outcome string }) bool { return r.Outcome == "applied" })
				assert.Equal(t, serviceAgencies[0].address, applied.Results[i].Address)
				var beside []string
				for _, b := range applied.Besides {
					beside = append(beside, b.Grants...)
				}
				assert.Contains(t, beside, "grant/CSMSAccessFunctionGraph/domain/EVS ReadOnlyAccess")
			})
			assert.Len(t, writes, 1, "the trust that a page gives")
			for _, a := range serviceAgencies {
				assert.Equal(t, map[bool]string{true: a.service, false: stranger.name}[a.documented], f.trusts(a.agency))
			}

			// The entries pin the rest.
			pinned := fourServices
			for _, a := range serviceAgencies {
				segments := strings.Split(a.address, "/")
				head := fmt.Sprintf("  - service: %s\n    region: cn-north-4\n", segments[1])
				before, after, _ := strings.Cut(pinned, head)
				line := fmt.Sprintf("      %s: {trust: {service: %s}}\n", a.agency, a.service)
				if rest, has := strings.CutPrefix(after, "    agencies:\n"); has {
					after = rest
				}
				pinned = before + head + "    agencies:\n" + line + after
			}
			manifest = file(t, pinned)
			writes = f.writesIn(func() {
				applied := f.told(t, 0, "apply", "-f", manifest, "--auto-approve").Accounts[0]
				assert.True(t, applied.Verified, "%+v", applied)
			})
			assert.Len(t, writes, len(serviceAgencies)-1)
			for _, a := range serviceAgencies {
				assert.Equal(t, a.service, f.trusts(a.agency))
			}
			drift = f.told(t, 2, "drift", "-f", manifest, "--now", "2031-01-01").Accounts[0]
			for _, c := range drift.Changed {
				assert.Equal(t, "manual", c.Action, "only the grants that nobody explains are left")
				values, _ := c.valuesOf("trust")
				assert.Empty(t, values)
			}
		})
	}
}

// TestAnAgencyThatWasPreparedBeforeTheServiceIsAuthorized has all that the service is going to gain told with the plan that authorizes it.
func TestAnAgencyThatWasPreparedBeforeTheServiceIsAuthorized(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	f.edit(t, "create", "CSMSAccessFunctionGraph", "partner-co")
	f.edit(t, "grant", "CSMSAccessFunctionGraph", "domain", "Tenant Administrator")
	const address = "authorization/csms/cn-north-4/RDS-FG"
	manifest := file(t, "authorizations:\n  - {service: csms, secretTypes: [RDS-FG]}\n")
	plan := f.told(t, 2, "plan", "-f", manifest, "--detailed-exitcode").Accounts[0]
	assert.Equal(t, "create", at(t, plan.Changes, address).Action)
	assert.Equal(t, []string{"high"}, severities(plan.Findings, "unexplained-trust", address))
	assert.Equal(t, []string{"high"}, severities(plan.Findings, "unexplained-grant", address))
	writes := f.writesIn(func() { assert.True(t, f.told(t, 0, "apply", "-f", manifest, "--auto-approve").Accounts[0].Verified) })
	require.NotEmpty(t, writes)
	assert.Contains(t, writes[0], "PUT /v3.0/OS-AGENCY/agencies/", "the stranger goes before anything is authorized")
	assert.Equal(t, "op_svc_kms", f.trusts("CSMSAccessFunctionGraph"))
}

// TestATrustThatIsTakenWhileAServiceIsAuthorized is seen by the same run.
func TestATrustThatIsTakenWhileAServiceIsAuthorized(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	manifest := file(t, "authorizations:\n  - {service: fabric, policies: []}\n")
	f.interrupts(func(before []string, call string) bool {
		return !isWrite(call) && slices.ContainsFunc(before, func(c string) bool { return strings.HasPrefix(c, "POST /v1/agency") })
	}, func() { f.edit(t, "set", "fabric_admin_trust", "trust", "partner-co") })
	applied := f.told(t, 3, "apply", "-f", manifest, "--auto-approve").Accounts[0]
	require.Len(t, applied.Unverified, 1)
	assert.Equal(t, "authorization/fabric/cn-north-4", applied.Unverified[0].Address)
}

// TestTheCaseOfATrustedServiceDoesNotCount has the right services in another case.
func TestTheCaseOfATrustedServiceDoesNotCount(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	manifest := file(t, fourServices)
	f.succeeds(t, "apply", "-f", manifest, "--auto-approve")
	before := f.told(t, 2, "drift", "-f", manifest, "--now", "2031-01-01").Accounts[0]
	for _, a := range serviceAgencies {
		f.edit(t, "set", a.agency, "trust", "op_svc_"+strings.ToUpper(strings.TrimPrefix(a.service, "op_svc_")))
	}
	after := f.told(t, 2, "drift", "-f", manifest, "--now", "2031-01-01").Accounts[0]
	assert.Equal(t, before.Findings, after.Findings)
	assert.Equal(t, unexplainedIn(before.Changed), unexplainedIn(after.Changed))
	for _, c := range after.Changed {
		values, _ := c.valuesOf("trust")
		assert.Empty(t, values)
	}
}

// strict owns everything and trusts nobody. The agencies are the account's own.
func strict(agencies int) string {
	var text strings.Builder
	text.WriteString("ownership: {include: [\"*\", \"policy/*\", \"authorization/**\"]}\n" +
		"guardrails: {trustedAccounts: [], trustedServices: [], maxDuration: 30d, forbiddenRoles: [Security Administrator]}\nagencies:\n")
	for i := range agencies {
		fmt.Fprintf(&text, "  - {name: ops-%02d, trust: {account: example-co}, duration: 20d, grants: {domain: [OBS ReadOnlyAccess], "+
			"projects: {cn-north-4: [ECS ReadOnlyAccess]}}}\n", i)
	}
	return text.String() + fourServices + `  - service: csms
    region: cn-east-3
    secretTypes: [GaussDB-FG]
  - service: secmaster
    region: cn-east-3
    roles: [RMS ReadOnlyAccess]
  - service: lakeformation
    region: cn-east-3
    agencyTypes: [JOB_TRUST]
`
}

// TestAHealthyAccountIsQuiet has the services give roles that nobody documents. Drift tells exactly these; what it prints is pasted
// and nothing else, and the nights are quiet.
func TestAHealthyAccountIsQuiet(t *testing.T) {
	f := newFront(t, cloudsim.Options{Seed: seededWorld("quiet")})
	manifest := file(t, strict(30))
	f.succeeds(t, "apply", "-f", manifest, "--auto-approve")
	f.ahead.Add(int64(time.Minute)) // the services give the rest half a minute later
	drift := f.told(t, 2, "drift", "-f", manifest).Accounts[0]
	assert.Empty(t, drift.Missing)
	assert.Empty(t, drift.Unexpected)
	assert.Equal(t, f.undocumented(), unexplainedIn(drift.Changed))
	for _, c := range drift.Changed {
		assert.Equal(t, "manual", c.Action)
		paste(t, manifest, c)
	}
	assert.Empty(t, f.writesIn(func() {
		applied := f.told(t, 0, "apply", "-f", manifest, "--auto-approve").Accounts[0]
		assert.Empty(t, applied.Results)
	}), "what is pasted is what is there")
	quiet := f.told(t, 0, "drift", "-f", manifest).Accounts[0]
	assert.False(t, quiet.Drifted)
	for _, finding := range quiet.Findings {
		assert.Equal(t, "unknown-content", finding.Rule, "%+v", finding)
	}
	assert.Empty(t, quiet.Unmanaged)

	// Without its agency the policies that its entry states are the service's all the same.
	f.edit(t, "delete", "fabric_admin_trust")
	missing := f.told(t, 2, "drift", "-f", manifest).Accounts[0]
	assert.Len(t, missing.Missing, 1)
	assert.Empty(t, missing.Unexpected)
}

// unexplainedIn returns the grants that changes leave to a person, sorted.
func unexplainedIn(changes []toldChange) (grants []string) {
	for _, c := range changes {
		for _, attribute := range []string{"grants", "accountGrants"} {
			values, _ := c.valuesOf(attribute)
			grants = append(grants, values...)
		}
	}
	slices.Sort(grants)
	return grants
}

// documented are the roles that pages or the services' answers explain.
var documented = []string{
	"CSMSAccessFunctionGraph", "FunctionGraphAgencyForRotateRDSByCSMSV3", "RMS ReadOnlyAccess", "FABRIC_COMMON_POLICY", "FABRIC_LTS_POLICY",
	"ReadOnlyAccess", "VPCEndpoint Administrator", "lakeformation_admin_additional_domain",
}

// undocumented returns the grants of the services' agencies that nobody documents, sorted.
func (f *front) undocumented() (grants []string) {
	w := f.server.World()
	for _, g := range w.AccountNamed("").Agencies {
		if !slices.ContainsFunc(serviceAgencies, func(a serviceAgency) bool { return a.agency == g.Name }) {
			continue
		}
		for _, grant := range g.Grants {
			if !slices.Contains(documented, grant.RoleName) {
				grants = append(grants, "grant/"+g.Name+"/"+strings.TrimSuffix(grant.Scope+":"+grant.TargetName, ":")+"/"+grant.RoleName)
			}
		}
	}
	slices.Sort(grants)
	return grants
}

// TestServicesMayAddAGrantLater has three nights: new versions of a service give its agency more. It is loud until it is pasted.
func TestServicesMayAddAGrantLater(t *testing.T) {
	f := newFront(t, cloudsim.Options{Seed: seededWorld("nights")})
	manifest := file(t, `authorizations:
  - service: fabric
    region: cn-north-4
    policies: [FABRIC_COMMON_POLICY]
`)
	f.succeeds(t, "apply", "-f", manifest, "--auto-approve")
	f.ahead.Add(int64(time.Minute))
	for night, action := range []string{"manual", "update", "update"} {
		loud := f.told(t, 2, "drift", "-f", manifest).Accounts[0]
		require.Len(t, loud.Changed, 1)
		c := loud.Changed[0]
		assert.Equal(t, action, c.Action, "what the entry states is exact from the second night on")
		if night == 0 {
			assert.Equal(t, f.undocumented(), unexplainedIn(loud.Changed))
		} else {
			assert.Empty(t, unexplainedIn(loud.Changed))
		}
		paste(t, manifest, c)
		assert.Empty(t, f.writesIn(func() { f.succeeds(t, "apply", "-f", manifest, "--auto-approve") }))
		assert.False(t, f.told(t, 0, "drift", "-f", manifest).Accounts[0].Drifted)
		f.edit(t, "update", "fabric_admin_trust")
	}
}

// TestTheFirstEntryAnswersForTheAccount has services authorized in two regions, of which the manifest lists one, through one or two
// types. What a service itself gives in the other region is no difference; what nobody explains is told once.
func TestTheFirstEntryAnswersForTheAccount(t *testing.T) {
	for name, c := range map[string]struct {
		all, listed, agency, role string
		// documented is set where the role of the type in the other region is known.
		first, second string
	}{
		"csms": {
			"  - {service: csms, secretTypes: [RDS-FG]}\n  - {service: csms, region: cn-east-3, secretTypes: [RDS-FG]}\n",
			"  - {service: csms, secretTypes: [RDS-FG]}\n", "CSMSAccessFunctionGraph", "CSMSAccessFunctionGraph",
			"authorization/csms/cn-north-4/RDS-FG", "",
		},
		"lakeformation": {
			"  - {service: lakeformation, agencyTypes: [ADMIN_TRUST]}\n  - {service: lakeformation, region: cn-east-3, agencyTypes: [ADMIN_TRUST]}\n",
			"  - {service: lakeformation, agencyTypes: [ADMIN_TRUST]}\n", "lakeformation_admin_trust", "ReadOnlyAccess",
			"authorization/lakeformation/cn-north-4/ADMIN_TRUST", "",
		},
		"secmaster": {
			"  - {service: secmaster, roles: [CTS ReadOnlyAccess]}\n  - {service: secmaster, region: cn-east-3, roles: [CTS ReadOnlyAccess]}\n",
			"", "SecMaster_Agency", "CTS ReadOnlyAccess", "authorization/secmaster/cn-east-3", "authorization/secmaster/cn-north-4",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t, cloudsim.Options{})
			f.succeeds(t, "apply", "-f", file(t, "authorizations:\n"+c.all), "--auto-approve")
			listed := c.listed
			if listed == "" {
				listed = c.all
			}
			manifest := file(t, "authorizations:\n"+listed)
			f.told(t, 0, "drift", "-f", manifest)

			// A foreign grant in the other region, and one in the account.
			f.edit(t, "grant", c.agency, "project:cn-east-3", "ECS FullAccess")
			f.edit(t, "grant", c.agency, "domain", "EVS ReadOnlyAccess")
			drift := f.told(t, 2, "drift", "-f", manifest).Accounts[0]
			require.Len(t, drift.Changed, 1, "told once")
			assert.Equal(t, c.first, drift.Changed[0].Address)
			assert.Equal(t, []string{"grant/" + c.agency + "/domain/EVS ReadOnlyAccess", "grant/" + c.agency + "/project:cn-east-3/ECS FullAccess"},
				unexplainedIn(drift.Changed))
			if c.second != "" {
				f.edit(t, "grant", c.agency, "project:cn-north-4", "ECS FullAccess")
				drift = f.told(t, 2, "drift", "-f", manifest).Accounts[0]
				values, _ := at(t, drift.Changed, c.second).valuesOf("grants")
				assert.Equal(t, []string{"grant/" + c.agency + "/project:cn-north-4/ECS FullAccess"}, values)
			}
		})
	}
}
