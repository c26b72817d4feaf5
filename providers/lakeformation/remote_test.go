package lakeformation_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/lakeformation"
)

func TestEveryTypeOfAMentionedRegionIsRead(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, wants("JOB_TRUST", "ADMIN_TRUST"), inEast("TABLE_SERVICE_TRUST"))
	o, desired := s.look(t, wants("JOB_TRUST"))
	require.Len(t, o.Resources, 2, "the one that is not listed is seen too, and what another region has is not")
	assert.NotNil(t, at(o, "ADMIN_TRUST"))
	assert.Len(t, o.Coverage, 3)
	assert.Empty(t, plan.DiffAttributes(at(o, "JOB_TRUST").Attributes, desired[0].Attributes))
	name, _ := at(o, "JOB_TRUST").Attributes["agency"].AsString()
	assert.Equal(t, "lakeformation_job_trust", name)
}

func TestMissingActionsAreDriftAndAreRepaired(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, wants("ADMIN_TRUST"))
	require.NoError(t, s.Sim.Edit("", cloudsim.Edit{
		Verb: cloudsim.EditRevoke, Agency: "lakeformation_admin_trust", Scope: "project:cn-north-4", Role: "VPCEndpoint Administrator",
	}))
	o, desired := s.look(t, wants("ADMIN_TRUST"))
	live := at(o, "ADMIN_TRUST")
	require.NotNil(t, live)
	assert.Equal(t, "[vpcep:*:*]", live.Attributes["missing"].String())
	assert.Len(t, plan.DiffAttributes(live.Attributes, desired[0].Attributes), 2)
	_, err := s.remote.Create(t.Context(), providers.Write{After: new(desired[0].Resource)})
	require.ErrorIs(t, err, providers.ErrConflict, "what is there and differs is never adopted")
	for range 2 { // the second time finds it done
		require.NoError(t, s.remote.Update(t.Context(), providers.Write{Before: new(live.Resource), After: new(desired[0].Resource)}))
	}
	assert.Equal(t, []string{`POST /v2/agency {"agency_type":"ADMIN_TRUST"}`}, s.Front.Writes())
	o, _ = s.look(t, wants("ADMIN_TRUST"))
	assert.Empty(t, plan.DiffAttributes(at(o, "ADMIN_TRUST").Attributes, desired[0].Attributes))
}

func TestARemovalSendsTheTypeInABody(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, wants("JOB_TRUST", "ADMIN_TRUST"))
	o, _ := s.look(t, gone("JOB_TRUST"))
	live := at(o, "JOB_TRUST")
	require.Empty(t, s.remote.Manual(live, nil))
	for range 2 {
		require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(live.Resource)}))
	}
	assert.Equal(t, []string{`DELETE /v2/agency {"agency_type":"JOB_TRUST"}`}, s.Front.Writes())
	o, _ = s.look(t, wants("ADMIN_TRUST"))
	assert.Nil(t, at(o, "JOB_TRUST"))
	assert.NotNil(t, at(o, "ADMIN_TRUST"))
}

func TestARegionThatStaysKeepsTheAgency(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, wants("JOB_TRUST"), inEast("JOB_TRUST"))
	o, _ := s.look(t, gone("JOB_TRUST"), inEast("JOB_TRUST"))
	require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(at(o, "JOB_TRUST").Resource)}))
	writes := s.Front.Writes()
	require.Len(t, writes, 1)
	assert.Contains(t, writes[0], "DELETE /v3.0/OS-AGENCY/projects/")
	o, _ = s.look(t, gone("JOB_TRUST"), inEast("JOB_TRUST"))
	require.Len(t, o.Resources, 1)
	assert.Equal(t, lakeformation.New().Address("cn-east-3", "JOB_TRUST"), o.Resources[0].Address)
}

func TestARegionThatIsAboutToComeKeepsTheAgency(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, wants("JOB_TRUST"))
	o, _ := s.look(t, gone("JOB_TRUST"), inEast("JOB_TRUST"))
	require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(at(o, "JOB_TRUST").Resource)}))
	for _, w := range s.Front.Writes() {
		assert.Contains(t, w, "DELETE /v3.0/OS-AGENCY/projects/")
	}
}

func TestPruningWeighsOtherRegionsToo(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, wants("JOB_TRUST", "ADMIN_TRUST"), inEast("JOB_TRUST"))
	o, err := s.remote.See(t, cloudtest.Manifest(t,
		`, "ownership": {"include": ["authorization/lakeformation/cn-north-4/*"], "prune": true}, "authorizations": [`+wants("ADMIN_TRUST")+`]`))
	require.NoError(t, err)
	pruned := at(o, "JOB_TRUST")
	require.Empty(t, s.remote.Manual(pruned, nil))
	require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(pruned.Resource)}))
	assert.NotContains(t, s.Front.Writes(), "DELETE /v2/agency", "the other region keeps the agency")
	assert.Nil(t, at(o, "ADMIN_TRUST").Bindings)
}

func TestAProtectedAgencyIsLeftToAPerson(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, wants("ADMIN_TRUST", "JOB_TRUST"))
	o, err := s.remote.See(t, cloudtest.Manifest(t,
		`, "ownership": {"protect": ["agency/lakeformation_job_trust"]}, "authorizations": [`+gone("ADMIN_TRUST", "JOB_TRUST")+`]`))
	require.NoError(t, err)
	manual := s.remote.Manual(at(o, "JOB_TRUST"), nil)
	require.Len(t, manual, 1)
	assert.Empty(t, manual[0].Attribute)
	assert.Contains(t, manual[0].Instruction, "ownership.protect holds agency lakeformation_job_trust")
	assert.Empty(t, s.remote.Manual(at(o, "ADMIN_TRUST"), nil), "its agency is another")
}

func TestATimeoutOfTheServerIsLookedInto(t *testing.T) {
	for name, test := range map[string]struct {
		fault cloudsim.Fault
		posts int
	}{
		"after the change, it is not sent again":  {cloudsim.Fault{Method: "POST", Status: 408, AfterChange: true, Times: 1}, 1},
		"before the change, it is sent once more": {cloudsim.Fault{Method: "POST", Status: 408, Times: 1}, 2},
		"a connection lost after the change":      {cloudsim.Fault{Method: "POST", Cut: true, AfterChange: true, Times: 1}, 1},
	} {
		for reading, switches := range map[string]cloudsim.Switches{"today": {}, "of old": {LakeFormationShortAnswer: true}} {
			t.Run(name+", "+reading, func(t *testing.T) {
				s := newStage(t, switches)
				_, desired := s.look(t, wants("JOB_TRUST"))
				require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{test.fault}}))
				_, err := s.remote.Create(t.Context(), providers.Write{After: new(desired[0].Resource)})
				require.NoError(t, err)
				assert.Len(t, s.Front.Writes(), test.posts)
			})
		}
	}
	t.Run("a removal is looked into too", func(t *testing.T) {
		s := newStage(t, cloudsim.Switches{})
		s.have(t, wants("JOB_TRUST"))
		o, _ := s.look(t, gone("JOB_TRUST"))
		require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Method: "DELETE", Status: 408, AfterChange: true, Times: 1}}}))
		require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(at(o, "JOB_TRUST").Resource)}))
		assert.Len(t, s.Front.Writes(), 1)
	})
}

func TestARefusalNamesThePermission(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, wants("JOB_TRUST"))
	o, _ := s.look(t, gone("JOB_TRUST"))
	for method, permission := range map[string]string{
		"GET": "lakeformation:agency:describe", "POST": "lakeformation:agency:create", "DELETE": "lakeformation:agency:drop",
	} {
		require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Method: method, Path: "/v2/agency", Status: 403}}}))
		var err error
		switch desired, _ := expand(t, wants("ADMIN_TRUST")); method {
		case "GET":
			_, err = s.remote.See(t, cloudtest.Authorizations(t, wants("ADMIN_TRUST")))
		case "POST":
			_, err = s.remote.Create(t.Context(), providers.Write{After: new(desired[0].Resource)})
		case "DELETE":
			err = s.remote.Delete(t.Context(), providers.Write{Before: new(at(o, "JOB_TRUST").Resource)})
		}
		require.ErrorIs(t, err, providers.ErrDenied, method)
		assert.Contains(t, err.Error(), permission)
		assert.Contains(t, err.Error(), "cn-north-4")
	}
}

func TestAnswersThatCannotBeTrustedAreErrors(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
	}{
		"nothing":                           {200, ""},
		"another type":                      {200, `{"agency_type":"OTHER","authorized":true,"missing_action":[]}`},
		"no type":                           {200, `{"authorized":true}`},
		"an empty action":                   {200, `{"agency_type":"JOB_TRUST","authorized":false,"missing_action":[""]}`},
		"a gateway that knows no such call": {404, `{"error_code":"APIGW.0101","error_msg":"The API does not exist"}`},
		"an empty not found":                {404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Switches{})
			s.answer("GET", test.status, test.body)
			_, err := s.remote.Observe(t.Context(), providers.ObserveRequest{
				Only: []addr.Address{lakeformation.New().Address("cn-north-4", "JOB_TRUST")},
			})
			require.Error(t, err)
			assert.Contains(t, err.Error(), "cn-north-4")
		})
	}
}

func TestNotFoundByTheServiceItselfIsNothing(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.answer("GET", 404, `{"error_code":"common.01000001","error_msg":"no agency","common_error_code":"CMM.1008"}`)
	o, _ := s.look(t, wants("JOB_TRUST"))
	assert.Empty(t, o.Resources)
	assert.Len(t, o.Coverage, 3)
}

func TestATypeThatTheServiceDoesNotHaveIsNeverSent(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	for _, a := range []string{"authorization/lakeformation/cn-north-4/OTHER", "authorization/lakeformation/cn-north-4"} {
		_, err := s.remote.Create(t.Context(), providers.Write{After: new(plan.Resource{Address: cloudtest.Address(t, a)})})
		require.ErrorIs(t, err, providers.ErrInvalid)
		require.ErrorIs(t, s.remote.Delete(t.Context(), providers.Write{Before: new(plan.Resource{Address: cloudtest.Address(t, a)})}), providers.ErrInvalid)
	}
	assert.Empty(t, s.Front.Writes())
}
