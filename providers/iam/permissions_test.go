package iam_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/iam"
)

// actions returns what a manifest needs, without reasons; a role stands in brackets.
func actions(all []providers.Permission) (names []string) {
	for _, p := range all {
		name := p.Action
		if name == "" {
			name = "[" + p.Role + "]"
		}
		names = append(names, name)
	}
	return names
}

const hw = `"cloud": {"kind": "huaweicloud", "region": "cn-north-4"}`

func TestPermissionsAreThoseOfWhatTheManifestHolds(t *testing.T) {
	agency := `"agencies": [{"name": "a", "trust": {"account": "partner-co"}`
	change := []string{"iam:agencies:createAgency", "iam:agencies:updateAgency"}
	revoke := []string{
		"iam:permissions:revokeRoleFromAgency", "iam:permissions:revokeRoleFromAgencyOnDomain",
		"iam:permissions:revokeRoleFromAgencyOnEnterpriseProject", "iam:permissions:revokeRoleFromAgencyOnProject",
	}
	for name, c := range map[string]struct {
		manifest string
		write    []string
	}{
		"nothing is wanted":                {`{` + hw + `}`, nil},
		"an agency, whose grants are none": {`{` + hw + `, ` + agency + `}]}`, append(change, revoke...)},
		"an agency that others may grant more to": {`{` + hw + `, ` + agency + `, "grantsMode": "additive", "grants": {"domain": ["R"]}}]}`,
			append(change, "iam:permissions:grantRoleToAgencyOnDomain")},
		"a grant that must be absent": {`{` + hw + `, ` + agency + `, "grantsMode": "additive", "grantsAbsent": {"allProjects": ["R"]}}]}`,
			append(change, "iam:permissions:revokeRoleFromAgency")},
		"a grant in each scope": {
			`{` + hw + `, ` + agency + `, "grantsMode": "additive", "grants": {"domain": ["R"], "allProjects": ["R"], "projects": {"p": ["R"]}, "enterpriseProjects": {"e": ["R"]}}}]}`,
			append(change, "iam:permissions:grantRoleToAgency", "iam:permissions:grantRoleToAgencyOnDomain",
				"iam:permissions:grantRoleToAgencyOnEnterpriseProject", "iam:permissions:grantRoleToAgencyOnProject"),
		},
		"enterprise projects are left alone": {`{"cloud": {"kind": "huaweicloud", "notRead": ["enterprise-projects"]}, ` + agency + `}]}`,
			append(change, revoke[0], revoke[1], revoke[3])},
		"a tombstone": {`{` + hw + `, "agencies": [{"name": "a", "state": "absent"}]}`, []string{"iam:agencies:deleteAgency"}},
		"a protected agency": {`{` + hw + `, "ownership": {"protect": ["agency/a"]}, ` + agency + `, "grants": {"domain": ["R"]}}]}`,
			[]string{"iam:agencies:createAgency", "iam:permissions:grantRoleToAgencyOnDomain"}},
		"a protected tombstone": {`{` + hw + `, "ownership": {"protect": ["agency/a"]}, "agencies": [{"name": "a", "state": "absent"}]}`, nil},
		"agencies are pruned":   {`{` + hw + `, "ownership": {"include": ["agency/*"], "prune": true}}`, []string{"iam:agencies:deleteAgency"}},
		"policies are pruned":   {`{` + hw + `, "ownership": {"include": ["policy/x"], "prune": true}}`, []string{"iam:roles:deleteRole"}},
		"owned but not pruned":  {`{` + hw + `, "ownership": {"include": ["agency/*"]}}`, nil},
		"a custom policy": {`{` + hw + `, "policies": [{"name": "p", "scope": "project", "statements": [{"effect": "Allow", "actions": ["a:b:c"]}]}]}`,
			[]string{"iam:roles:createRole", "iam:roles:updateRole"}},
		"a policy that is taken from all": {`{` + hw + `, "policies": [{"name": "p", "state": "absent", "inUse": "delete"}]}`,
			append(revoke, "iam:roles:deleteRole")},
		"a policy that goes": {`{` + hw + `, "policies": [{"name": "p", "state": "absent"}]}`, []string{"iam:roles:deleteRole"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := conformance.Manifest(t, c.manifest)
			desired, problems := iam.Provider{}.Expand(m)
			require.Empty(t, problems)
			assert.Equal(t, c.write, actions(iam.Provider{}.Permissions(desired, m).Write))
		})
	}
}

func TestReadingNeedsTheSameWhateverTheManifestHolds(t *testing.T) {
	m := conformance.Manifest(t, `{`+hw+`}`)
	all := iam.Provider{}.Permissions(nil, m).Read
	assert.Equal(t, []string{
		"[]", "[Security Administrator]", "eps:enterpriseProjects:list", "iam:agencies:listAgencies",
		"iam:permissions:listRoleAssignments", "iam:permissions:listRolesForAgency", "iam:permissions:listRolesForAgencyOnDomain",
		"iam:permissions:listRolesForAgencyOnProject", "iam:projects:listProjects", "iam:roles:getRole", "iam:roles:listRoles",
	}, actions(all))
	assert.Contains(t, all[1].Why, "unless cloud.notRead has enterprise-projects")
	m = conformance.Manifest(t, `{"cloud": {"kind": "huaweicloud", "notRead": ["enterprise-projects"]}}`)
	all = iam.Provider{}.Permissions(nil, m).Read
	assert.NotContains(t, actions(all), "eps:enterpriseProjects:list")
	assert.NotContains(t, all[1].Why, "enterprise")
}

func TestOpenTelekomCloudKnowsOneRoleOnly(t *testing.T) {
	m := conformance.Manifest(t, `{"cloud": {"kind": "opentelekomcloud", "region": "eu-de"}, "agencies": [{"name": "a", "trust": {"account": "partner-co"}}]}`)
	desired, _ := iam.Provider{}.Expand(m)
	all := iam.Provider{}.Permissions(desired, m)
	assert.Equal(t, []string{"[Security Administrator]"}, actions(all.Read))
	assert.Equal(t, all.Read, all.Write)
	assert.Len(t, all.ForApply(), 1)
	assert.Empty(t, iam.Provider{}.Permissions(nil, m).Write)
}
