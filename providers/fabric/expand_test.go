package fabric_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/fabric"
)

func TestExpandMakesASetOfPolicies(t *testing.T) {
	m := cloudtest.Authorizations(t, wants("FABRIC_SMN_POLICY", "FABRIC_COMMON_POLICY"), goneEast)
	desired, problems := fabric.New().Expand(m)
	require.Empty(t, problems)
	north, east := m.Sections["authorizations"][0], m.Sections["authorizations"][1]
	assert.Equal(t, []plan.Desired{
		{
			Resource: plan.Resource{
				Address: cloudtest.Address(t, "authorization/fabric/cn-north-4"),
				Attributes: plan.Attributes{
					"policies": plan.SetValue("FABRIC_COMMON_POLICY", "FABRIC_SMN_POLICY"), "authorized": plan.BoolValue(true),
				},
			},
			Source:  north.At,
			Sources: plan.Sources{{Attribute: "policies", At: north.Get("policies").At}},
		},
		{
			Resource: plan.Resource{Address: cloudtest.Address(t, "authorization/fabric/cn-east-3")},
			Absent:   true, Source: east.At,
		},
	}, desired)
}

func TestAnUnknownPolicyIsAWarning(t *testing.T) {
	m := cloudtest.Authorizations(t, wants("FABRIC_COMON_POLICY", "SOMETHING_ELSE"))
	desired, problems := fabric.New().Expand(m)
	require.Len(t, desired, 1)
	require.Len(t, problems, 2)
	assert.Empty(t, plan.Fatal(problems))
	assert.Equal(t, m.Sections["authorizations"][0].Get("policies").Items[0].At, problems[0].At)
	assert.Contains(t, problems[0].Hint, `did you mean "FABRIC_COMMON_POLICY"`)
	assert.Contains(t, problems[1].Hint, "leave it")
}

func TestTwoRegionsMustWantTheSamePolicies(t *testing.T) {
	_, problems := expand(t, wants("FABRIC_SMN_POLICY"), inEast("FABRIC_SMN_POLICY"))
	assert.Empty(t, plan.Fatal(problems))
	m := cloudtest.Authorizations(t, wants("FABRIC_SMN_POLICY"), inEast())
	_, problems = fabric.New().Expand(m)
	problems = plan.Fatal(problems)
	require.Len(t, problems, 1)
	north, east := m.Sections["authorizations"][0], m.Sections["authorizations"][1]
	assert.Equal(t, "contradictory authorizations", problems[0].Summary)
	assert.Equal(t, east.Get("policies").At, problems[0].At)
	assert.Contains(t, problems[0].Detail, north.Get("policies").At.String())
}

func TestARegionThatIsNotPublishedIsAWarning(t *testing.T) {
	m := cloudtest.Authorizations(t, wants("FABRIC_SMN_POLICY"), inEast("FABRIC_SMN_POLICY"))
	desired, problems := fabric.New().Expand(m)
	assert.Len(t, desired, 2)
	require.Len(t, problems, 1)
	assert.True(t, problems[0].Warning)
	assert.Equal(t, m.Sections["authorizations"][1].Get("region").At, problems[0].At)
	assert.Contains(t, problems[0].Detail, "cn-north-4 and cn-southwest-2, not for cn-east-3")
}
