package fabric_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/providers/fabric"
)

func TestResolveAddsWhatTheServiceRequires(t *testing.T) {
	o, _ := newStage(t, cloudsim.Switches{}).look(t, wants())
	catalogue := plan.NewCatalogue(slices.DeleteFunc(o.Entries, func(e plan.CatalogueEntry) bool { return e.Name == "FABRIC_DNS_POLICY" })...)
	desired, warned := expand(t, wants("FABRIC_DNS_POLICY", "FABRIC_SNM_POLICY"), goneEast)
	require.Len(t, warned, 1)
	assert.Contains(t, warned[0].Detail, "FABRIC_SNM_POLICY")
	before, err := json.Marshal(desired)
	require.NoError(t, err)
	resolution, problems := fabric.New().Resolve(desired, &plan.Manifest{}, catalogue)
	assert.Equal(t, "[FABRIC_COMMON_POLICY, FABRIC_DNS_POLICY, FABRIC_LTS_POLICY, FABRIC_SNM_POLICY]", resolution.Desired[0].Attributes["policies"].String())
	assert.Nil(t, resolution.Desired[1].Attributes, "a tombstone wants nothing")
	require.Len(t, problems, 1, "one that is not even documented is warned of once, by Expand")
	assert.True(t, problems[0].Warning)
	assert.Equal(t, "policy not on offer", problems[0].Summary)
	assert.Contains(t, problems[0].Detail, "FABRIC_DNS_POLICY")
	assert.NotEmpty(t, problems[0].Hint)
	after, err := json.Marshal(desired)
	require.NoError(t, err)
	assert.JSONEq(t, string(before), string(after), "arguments stay as they are")
}

func TestEffectsAreTheActionsOfThePolicies(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, "FABRIC_SMN_POLICY")
	o, _ := s.look(t, wants("FABRIC_SMN_POLICY"))
	effects := fabric.New().Effects(plan.NewCatalogue(o.Entries...))(o.Resources[0].Resource)
	require.Len(t, effects, 3)
	assert.Equal(t, access.Effect{Principal: "service:fabric", Scope: "project:cn-north-4", Actions: []string{"smn:topic:list", "smn:topic:publish"}}, effects[2])
	for _, e := range fabric.New().Effects(nil)(o.Resources[0].Resource) {
		assert.Nil(t, e.Actions, "what is not known is not known to be nothing")
	}
}

func TestPoliciesAreJudgedByTheirActions(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, "FABRIC_SMN_POLICY")
	o, _ := s.look(t, wants("FABRIC_SMN_POLICY"))
	resources := []*plan.Resource{&o.Resources[0].Resource}
	assert.Empty(t, fabric.New().Assess(resources, &plan.Manifest{}, plan.NewCatalogue(o.Entries...)))
	for i := range o.Entries {
		if o.Entries[i].Name == "FABRIC_SMN_POLICY" {
			o.Entries[i].Document = json.RawMessage(`{"actions":["iam:agencies:assume"]}`)
		}
	}
	findings := fabric.New().Assess(resources, &plan.Manifest{}, plan.NewCatalogue(o.Entries...))
	require.Len(t, findings, 1)
	assert.Equal(t, "assumes-identity", findings[0].Rule)
	assert.Equal(t, "policies", findings[0].Attribute)
	for _, f := range fabric.New().Assess(resources, &plan.Manifest{}, nil) {
		assert.Equal(t, "unknown-content", f.Rule, "what the service does not tell is said")
	}
}

func TestCollapseWritesOneEntryForEachRegion(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.haveBoth(t)
	o, _ := s.look(t, wants(), inEast())
	sections := fabric.New().Collapse(o.Resources, nil)
	require.Len(t, sections["authorizations"], 2)
	assert.Equal(t, `{"policies":["FABRIC_COMMON_POLICY","FABRIC_LTS_POLICY","FABRIC_SMN_POLICY"],"region":"cn-east-3","service":"fabric"}`,
		string(sections["authorizations"][0].AppendJSON(nil)))
	assert.Nil(t, fabric.New().Collapse(nil, nil))
}
