package secmaster_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/secmaster"
)

func TestExpandMakesASetOfRoles(t *testing.T) {
	m := cloudtest.Authorizations(t,
		`{"service": "secmaster", "roles": ["B", "A"], "organizations": [{"accountId": "aaaa", "organizationId": "o-x"}]}`,
		`{"service": "secmaster", "project": "cn-north-4_prod", "state": "absent"}`)
	desired, problems := secmaster.New().Expand(m)
	require.Empty(t, problems)
	first, second := m.Sections["authorizations"][0], m.Sections["authorizations"][1]
	settings := plan.Attributes{"region": plan.StringValue("cn-north-4")}
	assert.Equal(t, []plan.Desired{
		{
			Resource: plan.Resource{
				Address:    cloudtest.Address(t, "authorization/secmaster/cn-north-4"),
				Attributes: plan.Attributes{"roles": plan.SetValue("A", "B"), "organizations": plan.SetValue("aaaa/o-x")},
				Settings:   settings,
			},
			WriteOnly: []string{"organizations"},
			Source:    first.At,
			Sources:   plan.Sources{{Attribute: "organizations", At: first.Get("organizations").At}, {Attribute: "roles", At: first.Get("roles").At}},
		},
		{
			Resource: plan.Resource{Address: cloudtest.Address(t, "authorization/secmaster/cn-north-4_prod"), Settings: settings},
			Absent:   true, Source: second.At,
		},
	}, desired)
}

func TestTwoProjectsMustWantTheSameRoles(t *testing.T) {
	entries := func(roles string) *plan.Manifest {
		return cloudtest.Authorizations(t, `{"service": "secmaster", "roles": ["A"]}`, `{"service": "secmaster", "project": "other", "roles": `+roles+`}`)
	}
	_, problems := secmaster.New().Expand(entries(`["A"]`))
	assert.Empty(t, problems)
	m := entries(`["B"]`)
	_, problems = secmaster.New().Expand(m)
	require.Len(t, problems, 1)
	assert.Equal(t, "contradictory authorizations", problems[0].Summary)
	assert.Contains(t, problems[0].Detail, m.Sections["authorizations"][0].Get("roles").At.String())
}

func TestRolesThatCannotBeReadAreAFinding(t *testing.T) {
	live := plan.Resource{Address: cloudtest.Address(t, "authorization/secmaster/cn-north-4"), Attributes: plan.Attributes{}}
	findings := secmaster.New().Assess([]*plan.Resource{&live, {Address: cloudtest.Address(t, "agency/x")}}, &plan.Manifest{}, nil)
	require.Len(t, findings, 1)
	assert.Equal(t, "unknown-content", findings[0].Rule)
	assert.Equal(t, plan.Medium, findings[0].Severity)
}
