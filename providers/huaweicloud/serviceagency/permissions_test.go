package serviceagency_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/csms"
	"github.com/agencyctl/agencyctl/providers/fabric"
	"github.com/agencyctl/agencyctl/providers/lakeformation"
	"github.com/agencyctl/agencyctl/providers/secmaster"
)

// actions returns permissions as SCOPE ACTION, without reasons; a role, or none, stands in brackets.
func actions(all []providers.Permission) (names []string) {
	for _, p := range all {
		name := p.Action
		if name == "" {
			name = "[" + p.Role + "]"
		}
		names = append(names, string(p.Scope)+" "+name)
	}
	return names
}

func TestAuthorizationsNeedWhatTheirServicesDocument(t *testing.T) {
	const grants = "global iam:permissions:listRolesForAgencyOnDomain"
	for name, c := range map[string]struct {
		provider    providers.Provider
		keys        string
		read        []string // among others
		write, back []string
	}{
		"csms": {csms.New(), `"secretTypes": ["RDS-FG"]`,
			[]string{"global iam:agencies:listAgencies", "global iam:projects:listProjects", grants, "project []"},
			[]string{
				"global iam:agencies:createAgency", "global iam:agencies:listAgencies", "global iam:permissions:checkRoleForAgencyOnProject",
				"global iam:permissions:grantRoleToAgencyOnProject", "global iam:roles:createRole", "global iam:roles:listRoles",
			},
			[]string{"global iam:agencies:deleteAgency", "global iam:permissions:revokeRoleFromAgencyOnProject"}},
		"secmaster": {secmaster.New(), `"roles": ["RMS ReadOnlyAccess"]`,
			[]string{"global iam:agencies:getAgency", "global iam:roles:listRoles", grants, "project []"},
			[]string{
				"global iam:agencies:createAgency", "global iam:permissions:revokeRoleFromAgency", "global iam:permissions:revokeRoleFromAgencyOnDomain",
				"global iam:permissions:revokeRoleFromAgencyOnProject", "project []",
			},
			[]string{"global iam:agencies:deleteAgency", "global iam:permissions:revokeRoleFromAgencyOnProject"}},
		"fabric": {fabric.New(), `"policies": ["FABRIC_COMMON_POLICY"]`,
			[]string{"global iam:agencies:listAgencies", "project [te_admin]"},
			[]string{"project [te_admin]"},
			[]string{"global iam:permissions:revokeRoleFromAgencyOnProject", "project [te_admin]"}},
		"lakeformation": {lakeformation.New(), `"agencyTypes": ["JOB_TRUST"]`,
			[]string{"global iam:agencies:listAgencies", grants, "project lakeformation:agency:describe"},
			[]string{"project lakeformation:agency:create"},
			[]string{"global iam:permissions:revokeRoleFromAgencyOnProject", "project lakeformation:agency:drop"}},
	} {
		t.Run(name, func(t *testing.T) {
			ask := func(kind, more string) providers.Permissions {
				m := conformance.Manifest(t, `{"cloud": {"kind": "`+kind+`", "region": "cn-north-4"}, "authorizations": [{"service": "`+name+`", `+c.keys+more+`}]}`)
				desired, problems := c.provider.Expand(m)
				require.Empty(t, problems)
				return c.provider.Permissions(desired, m)
			}
			wanted := ask("huaweicloud", "")
			assert.Subset(t, actions(wanted.Read), c.read)
			assert.Equal(t, c.write, actions(wanted.Write))
			gone := ask("huaweicloud", `, "state": "absent"`)
			assert.Equal(t, c.back, actions(gone.Write))
			assert.Contains(t, actions(gone.Read), grants, "who else uses the agency")
			owning := func(more string) providers.Permissions {
				return c.provider.Permissions(nil, conformance.Manifest(t,
					`{"cloud": {"kind": "huaweicloud", "region": "cn-north-4"}, "ownership": {"include": ["authorization/`+name+`/**"]`+more+`}}`))
			}
			assert.Equal(t, actions(gone.Read), actions(owning("").Read), "what is owned is read")
			assert.Empty(t, owning("").Write)
			assert.Equal(t, c.back, actions(owning(`, "prune": true`).Write))
			none := conformance.Manifest(t, `{"cloud": {"kind": "huaweicloud", "region": "cn-north-4"}}`)
			assert.Empty(t, c.provider.Permissions(nil, none), "what is not mentioned is not called")
		})
	}
}
