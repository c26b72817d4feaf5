package acceptance

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/schema"
)

// guards say by which action, or in brackets by which role, the cloud guards a call: METHOD PATH, the first that matches.
// "" is a call that everybody may make, or for which nothing is documented.
var guards = []struct{ call, permission string }{
	{`GET /v3/auth/domains`, ""},
	{`GET /v3.0/OS-QUOTA/domains/[^/]+`, ""},
	{`GET /v3/projects`, "iam:projects:listProjects"},
	{`GET /v3/roles`, "iam:roles:listRoles"},
	{`GET /v3/roles/[^/]+`, "iam:roles:getRole"},
	{`GET /v1.0/enterprise-projects`, "eps:enterpriseProjects:list"},
	{`GET /v3.0/OS-PERMISSION/role-assignments`, "iam:permissions:listRoleAssignments"},
	{`GET /v3.0/OS-AGENCY/agencies`, "iam:agencies:listAgencies"},
	{`POST /v3.0/OS-AGENCY/agencies`, "iam:agencies:createAgency"},
	{`PUT /v3.0/OS-AGENCY/agencies/[^/]+`, "iam:agencies:updateAgency"},
	{`DELETE /v3.0/OS-AGENCY/agencies/[^/]+`, "iam:agencies:deleteAgency"},
	{`POST /v3.0/OS-ROLE/roles`, "iam:roles:createRole"},
	{`PATCH /v3.0/OS-ROLE/roles/[^/]+`, "iam:roles:updateRole"},
	{`DELETE /v3.0/OS-ROLE/roles/[^/]+`, "iam:roles:deleteRole"},
	{`GET /v3.0/OS-AGENCY/domains/.*/roles`, "iam:permissions:listRolesForAgencyOnDomain"},
	{`PUT /v3.0/OS-AGENCY/domains/.*`, "iam:permissions:grantRoleToAgencyOnDomain"},
	{`DELETE /v3.0/OS-AGENCY/domains/.*`, "iam:permissions:revokeRoleFromAgencyOnDomain"},
	{`GET /v3.0/OS-AGENCY/projects/.*/roles`, "iam:permissions:listRolesForAgencyOnProject"},
	{`PUT /v3.0/OS-AGENCY/projects/.*`, "iam:permissions:grantRoleToAgencyOnProject"},
	{`DELETE /v3.0/OS-AGENCY/projects/.*`, "iam:permissions:revokeRoleFromAgencyOnProject"},
	{`GET /v3.0/OS-INHERIT/.*`, "iam:permissions:listRolesForAgency"},
	{`PUT /v3.0/OS-INHERIT/.*`, "iam:permissions:grantRoleToAgency"},
	{`DELETE /v3.0/OS-INHERIT/.*`, "iam:permissions:revokeRoleFromAgency"},
	{`PUT /v3.0/OS-PERMISSION/subjects/.*`, "iam:permissions:grantRoleToAgencyOnEnterpriseProject"},
	{`DELETE /v3.0/OS-PERMISSION/subjects/.*`, "iam:permissions:revokeRoleFromAgencyOnEnterpriseProject"},
	{`GET /v1/csms/agencies`, ""},
	{`POST /v1/csms/agencies`, "iam:agencies:createAgency"},
	{`GET /v2/agency`, "lakeformation:agency:describe"},
	{`POST /v2/agency`, "lakeformation:agency:create"},
	{`DELETE /v2/agency`, "lakeformation:agency:drop"},
	{`(GET|POST|DELETE) /v1/agency`, "[te_admin]"},
	{`GET /v1/[0-9a-f]{32}/agency`, "iam:agencies:getAgency"},
	{`POST /v1/[0-9a-f]{32}/agency`, "iam:agencies:createAgency"},
}

// guardOf returns what guards a call. A call that the table does not know fails the test: it must be added there, and to the
// permissions of its service.
func guardOf(t *testing.T, call cloudsim.Call) string {
	t.Helper()
	for _, g := range guards {
		if regexp.MustCompile(`^` + g.call + `$`).MatchString(call.Method + " " + call.Path) {
			return g.permission
		}
	}
	t.Fatalf("nothing is known about what guards %s %s", call.Method, call.Path)
	return ""
}

const permissionsManifest = `apiVersion: agencyctl/v1
account: {name: example-co}
cloud: {kind: huaweicloud, region: cn-north-4CLOUD}
policies:
  - {name: ops-read, STATE scope: project, statements: [{effect: Allow, actions: ["ecs:servers:get"]}]}
agencies:
  - {name: ops-gone, state: absent}
  - name: ops
    trust: {account: partner-co}
    grants: {domain: [OBS ReadOnlyAccess], allProjects: [Tenant Guest], projects: {cn-north-4: [ECS ReadOnlyAccess]}ENTERPRISE}
authorizations:
  - {service: csms, STATE secretTypes: [RDS-FG, GaussDB-FG]}
  - {service: secmaster, STATE roles: [RMS ReadOnlyAccess]}
  - {service: lakeformation, STATE agencyTypes: [ADMIN_TRUST, JOB_TRUST]}
  - {service: fabric, STATE policies: [FABRIC_COMMON_POLICY, FABRIC_OBS_POLICY]}
`

// TestPermissionsCoverEveryCall plans and applies on the simulated cloud, and holds every call that it got against what
// whoami --permissions lists: one that is not covered would be refused in the middle of an apply.
func TestPermissionsCoverEveryCall(t *testing.T) {
	full := strings.NewReplacer("STATE ", "", "CLOUD", "", "ENTERPRISE", ", enterpriseProjects: {staging: [EVS ReadOnlyAccess]}").Replace(permissionsManifest)
	gone := strings.NewReplacer(
		"STATE scope: project, statements: [{effect: Allow, actions: [\"ecs:servers:get\"]}]", "state: absent", "STATE ", "state: absent, ", "CLOUD", "",
		"ENTERPRISE", "",
	).Replace(permissionsManifest)
	skipped := strings.NewReplacer("STATE ", "", "CLOUD", ", enterpriseProjects: unmanaged", "ENTERPRISE", "").Replace(permissionsManifest)
	byHand := [][]string{
		{"grant", "ops", "domain", "OBS Administrator"}, {"grant", "ops", "all-projects", "Tenant Administrator"},
		{"grant", "ops", "project:cn-east-3", "ECS FullAccess"}, {"grant", "ops", "enterprise-project:production", "ECS FullAccess"},
		{"set", "ops", "description", "by hand"},
	}
	for name, c := range map[string]struct {
		// before are manifests that are applied first, byHand what somebody changes after that.
		before []string
		byHand [][]string
		text   string
		faults cloudsim.Faults
		// reads and writes are permissions that this run must have used.
		reads, writes []string
	}{
		"everything is made": {text: full, reads: []string{"iam:permissions:listRoleAssignments", "eps:enterpriseProjects:list", "[te_admin]"},
			writes: []string{"iam:roles:createRole", "iam:permissions:grantRoleToAgencyOnEnterpriseProject", "lakeformation:agency:create"}},
		"everything by hand is put right": {before: []string{full}, byHand: byHand, text: full, writes: []string{
			"iam:agencies:updateAgency", "iam:permissions:revokeRoleFromAgency", "iam:permissions:revokeRoleFromAgencyOnDomain",
			"iam:permissions:revokeRoleFromAgencyOnEnterpriseProject", "iam:permissions:revokeRoleFromAgencyOnProject",
		}},
		"authorizations and policies go": {before: []string{full}, text: gone,
			writes: []string{"iam:agencies:deleteAgency", "iam:roles:deleteRole", "lakeformation:agency:drop", "[te_admin]"}},
		"the bulk read is refused": {text: skipped, reads: []string{
			"iam:permissions:listRolesForAgency", "iam:permissions:listRolesForAgencyOnDomain", "iam:permissions:listRolesForAgencyOnProject",
		}, faults: cloudsim.Faults{Targets: []cloudsim.Fault{{Method: "GET", Path: "/v3.0/OS-PERMISSION/role-assignments", Status: 403}}}},
	} {
		t.Run(name, func(t *testing.T) {
			server, err := cloudsim.New(cloudsim.Options{Switches: cloudsim.Switches{OnlyPublishedRoles: true}})
			require.NoError(t, err)
			url, stop, err := cloudsim.Start(t.Context(), server, "")
			require.NoError(t, err)
			defer func() { require.NoError(t, stop()) }()
			path := filepath.Join(t.TempDir(), "m.yaml")
			command := func(text string, args ...string) {
				require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
				var out bytes.Buffer
				keys := map[string]string{
					"HUAWEICLOUD_SDK_AK": cloudsim.DemoAccessKey, "HUAWEICLOUD_SDK_SK": cloudsim.DemoSecretKey, "HUAWEICLOUD_SDK_DOMAIN_ID": server.World().Home,
				}
				code := cli.Run(t.Context(), cli.Env{
					Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Registry: services.Registry(), Connect: connect,
					Getenv: func(name string) string { return keys[name] },
				}, append(args, "-f", path, "--endpoint", "iam="+url, "--rate", "100000"))
				require.Zero(t, code, out.String())
			}
			for _, text := range c.before {
				command(text, "apply", "--auto-approve")
			}
			for _, words := range c.byHand {
				edit, err := cloudsim.ParseEdit(words)
				require.NoError(t, err)
				require.NoError(t, server.Edit("", edit))
			}
			require.NoError(t, server.SetFaults(c.faults))
			start := len(server.Calls())
			command(c.text, "plan")
			middle := len(server.Calls())
			command(c.text, "apply", "--auto-approve")
			calls := server.Calls()

			sources, err := schema.Load([]string{path}, nil)
			require.NoError(t, err)
			manifests, _, problems := schema.Parse(sources)
			require.Empty(t, problems)
			desired, _ := engine.Validate(services.Registry(), manifests[0])
			all := services.Registry().Permissions(desired, manifests[0])
			planned := covered(t, calls[start:middle], all.ForPlan())
			applied := covered(t, calls[middle:], all.ForApply())
			assert.Subset(t, planned, c.reads)
			assert.Subset(t, applied, c.writes)
		})
	}
}

// covered requires that every call is allowed, and returns what allowed them.
func covered(t *testing.T, calls []cloudsim.Call, allowed []providers.Permission) (used []string) {
	t.Helper()
	require.NotEmpty(t, calls)
	for _, call := range calls {
		guard := guardOf(t, call)
		if guard == "" || slices.Contains(used, guard) {
			continue
		}
		assert.True(t, slices.ContainsFunc(allowed, func(p providers.Permission) bool { return p.Action == guard || "["+p.Role+"]" == guard }),
			"%s %s needs %s, which is not listed", call.Method, call.Path, guard)
		used = append(used, guard)
	}
	return used
}
