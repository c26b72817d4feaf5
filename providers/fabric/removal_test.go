package fabric_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/fabric"
)

// inEast is the entry of the region cn-east-3.
func inEast(policies ...string) string {
	return `{"service": "fabric", "region": "cn-east-3", "policies": ` + cloudtest.List(policies...) + `}`
}

// haveBoth grants in two regions, which then share the agency.
func (s *stage) haveBoth(t *testing.T) {
	t.Helper()
	_, desired := s.look(t, wants("FABRIC_SMN_POLICY"), inEast("FABRIC_SMN_POLICY"))
	for _, d := range desired {
		_, err := s.remote.Create(t.Context(), providers.Write{After: new(d.Resource)})
		require.NoError(t, err)
	}
	s.Front.Writes()
}

func TestTheLastRegionTakesTheAgencyWithIt(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, "FABRIC_SMN_POLICY")
	o, _ := s.look(t, gone)
	require.Len(t, o.Resources, 1)
	require.Empty(t, s.remote.Manual(&o.Resources[0], nil))
	for range 2 {
		require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(o.Resources[0].Resource)}))
	}
	assert.Equal(t, []string{"DELETE /v1/agency"}, s.Front.Writes())
	o, _ = s.look(t, gone)
	assert.Empty(t, o.Resources)
}

func TestARegionThatStaysKeepsTheAgency(t *testing.T) {
	for name, entries := range map[string][]string{
		"and the manifest lists it":           {gone, inEast("FABRIC_SMN_POLICY")},
		"and the manifest is silent":          {gone},
		"even if it should go and never does": {gone, goneEast},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Switches{})
			s.haveBoth(t)
			o, _ := s.look(t, entries...)
			north := inNorth(t, o)
			require.Empty(t, s.remote.Manual(north, nil))
			require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(north.Resource)}))
			writes := s.Front.Writes()
			after, _ := s.look(t, wants(), inEast())
			assert.Len(t, writes, 3, "one for each policy of the region's project")
			for _, w := range writes {
				assert.Contains(t, w, "DELETE /v3.0/OS-AGENCY/projects/")
			}
			require.Len(t, after.Resources, 1)
			assert.Equal(t, "authorization/fabric/cn-east-3", after.Resources[0].Address.String())
			assert.Equal(t, "["+required+", FABRIC_SMN_POLICY]", after.Resources[0].Attributes["policies"].String())
		})
	}
}

func TestRegionsThatGoTogetherTakeTheAgencyWithThem(t *testing.T) {
	for name, lag := range map[string]int{"at once": 0, "while reads lag behind": 4} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Switches{})
			s.haveBoth(t)
			o, _ := s.look(t, gone, goneEast)
			require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{LaggedReads: lag}))
			for _, region := range []string{"cn-north-4", "cn-east-3"} {
				live := inRegion(t, o, region)
				require.Empty(t, s.remote.Manual(live, nil))
				require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(live.Resource)}))
				require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(live.Resource)}), "safe to repeat")
			}
			writes := s.Front.Writes()
			assert.Equal(t, "DELETE /v1/agency", writes[len(writes)-1], "the last one")
			assert.Len(t, slices.DeleteFunc(writes, func(w string) bool { return w != "DELETE /v1/agency" }), 1)
			world := s.Sim.World()
			assert.Nil(t, world.AccountNamed("").AgencyNamed("fabric_admin_trust"))
		})
	}
}

// inNorth finds the resource of cn-north-4.
func inNorth(t *testing.T, o *providers.Observation) *plan.Live { return inRegion(t, o, "cn-north-4") }

func inRegion(t *testing.T, o *providers.Observation, region string) *plan.Live {
	t.Helper()
	i := slices.IndexFunc(o.Resources, func(l plan.Live) bool { return l.Address == fabric.New().Address(region) })
	require.GreaterOrEqual(t, i, 0)
	return &o.Resources[i]
}

func TestARegionThatCameAfterThePlanIsSpared(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, "FABRIC_SMN_POLICY")
	o, _ := s.look(t, gone)
	later := s.another(t)
	_, desired := later.Look(t, inEast("FABRIC_SMN_POLICY"))
	_, err := later.Create(t.Context(), providers.Write{After: new(desired[0].Resource)})
	require.NoError(t, err)
	require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(o.Resources[0].Resource)}))
	after, _ := s.look(t, wants(), inEast())
	require.Len(t, after.Resources, 1)
	assert.Equal(t, "authorization/fabric/cn-east-3", after.Resources[0].Address.String())
}

func TestARegionThatIsAboutToComeKeepsTheAgency(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, "FABRIC_SMN_POLICY")
	o, _ := s.look(t, gone, inEast("FABRIC_SMN_POLICY"))
	require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(inNorth(t, o).Resource)}))
	assert.NotContains(t, s.Front.Writes(), "DELETE /v1/agency")
}

func TestAProtectedRegionStays(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.haveBoth(t)
	o, err := s.remote.See(t, cloudtest.Manifest(t, `, "ownership": {"protect": ["authorization/fabric/cn-east-3"]}, "authorizations": [`+gone+`, `+goneEast+`]`))
	require.NoError(t, err)
	require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(inNorth(t, o).Resource)}))
	after, _ := s.look(t, wants(), inEast())
	require.Len(t, after.Resources, 1)
	assert.Equal(t, "authorization/fabric/cn-east-3", after.Resources[0].Address.String())
}

func TestAProtectedAgencyIsLeftToAPerson(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.haveBoth(t)
	o, err := s.remote.See(t, cloudtest.Manifest(t, `, "ownership": {"protect": ["agency/fabric_admin_trust"]}, "authorizations": [`+gone+`, `+inEast("FABRIC_SMN_POLICY")+`]`))
	require.NoError(t, err)
	manual := s.remote.Manual(inNorth(t, o), nil)
	require.Len(t, manual, 1)
	assert.Empty(t, manual[0].Attribute)
	assert.Contains(t, manual[0].Instruction, "ownership.protect holds agency fabric_admin_trust")
}

func TestARemovalThatCannotBeJudgedIsLeftToAPerson(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(t *testing.T, s *stage)
		says  string
	}{
		"IAM refuses": {func(t *testing.T, s *stage) {
			require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Path: "/v3.0/OS-AGENCY/agencies", Status: 403}}}))
		}, "may not list agencies"},
		"IAM does not list the agency": {func(t *testing.T, s *stage) {
			s.answer("GET", 200, `{"agency_name":"hidden_trust","authorized":true,"agency_policies":[`+policy("FABRIC_SMN_POLICY", "false", "true")+`]}`)
		}, "no agency hidden_trust"},
		"all that is granted is shared": {func(t *testing.T, s *stage) {
			for _, role := range []string{"FABRIC_COMMON_POLICY", "FABRIC_LTS_POLICY", "FABRIC_SMN_POLICY"} {
				require.NoError(t, s.Sim.Edit("", cloudsim.Edit{Verb: cloudsim.EditGrant, Agency: "fabric_admin_trust", Scope: "all-projects", Role: role}))
				require.NoError(t, s.Sim.Edit("", cloudsim.Edit{Verb: cloudsim.EditRevoke, Agency: "fabric_admin_trust", Scope: "project:cn-north-4", Role: role}))
			}
		}, "still needed by cn-east-3"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Switches{})
			s.haveBoth(t)
			test.spoil(t, s)
			o, _ := s.look(t, gone, inEast("FABRIC_SMN_POLICY"))
			north := inNorth(t, o)
			manual := s.remote.Manual(north, nil)
			require.Len(t, manual, 1)
			assert.Empty(t, manual[0].Attribute)
			assert.Contains(t, manual[0].Instruction, test.says)
			require.Error(t, s.remote.Delete(t.Context(), providers.Write{Before: new(north.Resource)}), "and who deletes all the same gets nowhere")
			assert.Empty(t, s.Front.Writes())
		})
	}
}

func TestTheLastOneTakesTheAgencyThoughAnotherRunTookTheFirst(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.haveBoth(t)
	o, _ := s.look(t, gone, goneEast)
	north, east := inRegion(t, o, "cn-north-4"), inRegion(t, o, "cn-east-3")
	other := s.another(t)
	require.NoError(t, other.Delete(t.Context(), providers.Write{Before: new(north.Resource), View: s.remote.View}))
	require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(north.Resource)}))
	require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(east.Resource)}))
	world := s.Sim.World()
	assert.Nil(t, world.AccountNamed("").AgencyNamed("fabric_admin_trust"), "left without any grant")
}

func TestWhatSomebodyHasJustRemovedIsDone(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, "FABRIC_SMN_POLICY")
	o, _ := s.look(t, gone)
	require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{LaggedReads: 12}))
	other := s.another(t)
	require.NoError(t, other.Delete(t.Context(), providers.Write{Before: new(o.Resources[0].Resource), View: s.remote.View}))
	assert.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(o.Resources[0].Resource)}))
}

func TestAPolicyThatSomebodyHasJustRevokedIsDone(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, "FABRIC_SMN_POLICY", "FABRIC_AOM_POLICY")
	o, d := s.look(t, wants("FABRIC_SMN_POLICY"))
	require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{LaggedReads: 12}))
	other := s.another(t)
	require.NoError(t, other.Update(t.Context(), providers.Write{Before: new(o.Resources[0].Resource), After: new(d[0].Resource)}))
	assert.NoError(t, s.remote.Update(t.Context(), providers.Write{Before: new(o.Resources[0].Resource), After: new(d[0].Resource)}))
}
