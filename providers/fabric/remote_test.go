package fabric_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/fabric"
)

const required = "FABRIC_COMMON_POLICY, FABRIC_LTS_POLICY"

func TestNothingIsThereBeforeTheFirstGrant(t *testing.T) {
	for name, switches := range map[string]cloudsim.Switches{"the service answers": {}, "the service answers 404": {FabricAbsent404: true}} {
		t.Run(name, func(t *testing.T) {
			o, _ := newStage(t, switches).look(t, wants("FABRIC_SMN_POLICY"))
			assert.Empty(t, o.Resources)
			require.Len(t, o.Coverage, 1)
			assert.Equal(t, "authorization/fabric/cn-north-4", o.Coverage[0].String())
		})
	}
}

func TestRequiredPoliciesAreNeverADifference(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, "FABRIC_SMN_POLICY")
	o, desired := s.look(t, wants("FABRIC_SMN_POLICY"))
	require.Len(t, o.Resources, 1)
	assert.Equal(t, "["+required+", FABRIC_SMN_POLICY]", o.Resources[0].Attributes["policies"].String())
	assert.Empty(t, plan.DiffAttributes(o.Resources[0].Attributes, desired[0].Attributes))
}

func TestUpdateSendsOneGrantAndOneRevokeForEachSurplus(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, "FABRIC_SMN_POLICY", "FABRIC_AOM_POLICY", "FABRIC_DNS_POLICY")
	o, desired := s.look(t, wants("FABRIC_DNS_POLICY", "FABRIC_OBS_POLICY", "FABRIC_SWR_POLICY"))
	for range 2 { // the second time finds it done
		require.NoError(t, s.remote.Update(t.Context(), providers.Write{Before: new(o.Resources[0].Resource), After: new(desired[0].Resource)}))
	}
	assert.Equal(t, []string{
		`POST /v1/agency {"policy_types":["FABRIC_OBS_POLICY","FABRIC_SWR_POLICY"]}`,
		`DELETE /v1/agency?policy_type=FABRIC_AOM_POLICY`,
		`DELETE /v1/agency?policy_type=FABRIC_SMN_POLICY`,
	}, s.Front.Writes())
	o, _ = s.look(t, wants())
	assert.Equal(t, "[FABRIC_COMMON_POLICY, FABRIC_DNS_POLICY, FABRIC_LTS_POLICY, FABRIC_OBS_POLICY, FABRIC_SWR_POLICY]", o.Resources[0].Attributes["policies"].String())
}

func TestCreateNeverAdoptsWhatDiffers(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, "FABRIC_SMN_POLICY")
	_, desired := s.look(t, wants("FABRIC_OBS_POLICY"))
	_, err := s.remote.Create(t.Context(), providers.Write{After: new(desired[0].Resource)})
	require.ErrorIs(t, err, providers.ErrConflict)
	assert.Contains(t, err.Error(), "FABRIC_SMN_POLICY")
	assert.Empty(t, s.Front.Writes())
}

const agency = `{"agency_name":"fabric_admin_trust","authorized":AUTHORIZED,"agency_policies":[POLICIES]}`

func policy(name, required, enabled string) string {
	return `{"policy_type":"` + name + `","is_required":` + required + `,"is_enable":` + enabled + `,"actions":["a:b:c"],"description":""}`
}

func body(authorized string, policies ...string) string {
	return strings.NewReplacer("AUTHORIZED", authorized, "POLICIES", strings.Join(policies, ",")).Replace(agency)
}

func TestDiscontentOfTheServiceIsDrift(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.answer("GET", 200, body("false", policy("FABRIC_COMMON_POLICY", "true", "true")))
	o, desired := s.look(t, wants("FABRIC_COMMON_POLICY"))
	changes := plan.DiffAttributes(o.Resources[0].Attributes, desired[0].Attributes)
	require.Len(t, changes, 1)
	assert.Equal(t, "authorized", changes[0].Name)
	s.answer("POST", 200, `"what is answered does not matter"`)
	require.NoError(t, s.remote.Update(t.Context(), providers.Write{Before: new(o.Resources[0].Resource), After: new(desired[0].Resource)}))
	assert.Equal(t, []string{"POST /v1/agency {}"}, s.Front.Writes())
}

func TestAPolicyWhoseNameIsPartOfAnotherIsLeftToAPerson(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.answer("GET", 200, body("true", policy("FABRIC_OBS_POLICY", "false", "true"), policy("FABRIC_OBS_POLICY_V2", "false", "true"), policy("FABRIC_SMN_POLICY", "false", "true")))
	s.answer("DELETE", 200, "")
	o, desired := s.look(t, wants("FABRIC_OBS_POLICY_V2"))
	manual := s.remote.Manual(&o.Resources[0], &desired[0])
	require.Len(t, manual, 1)
	assert.Equal(t, []string{"FABRIC_OBS_POLICY"}, manual[0].Values)
	assert.Contains(t, manual[0].Instruction, "FABRIC_OBS_POLICY_V2")
	require.NoError(t, s.remote.Update(t.Context(), providers.Write{Before: new(o.Resources[0].Resource), After: new(desired[0].Resource)}))
	writes := s.Front.Writes()
	require.NotEmpty(t, writes)
	for _, w := range writes { // sent again as long as it shows, and the other one never
		assert.Equal(t, "DELETE /v1/agency?policy_type=FABRIC_SMN_POLICY", w)
	}

	t.Run("wholly, when nothing else differs", func(t *testing.T) {
		_, desired := s.look(t, wants("FABRIC_OBS_POLICY_V2", "FABRIC_SMN_POLICY"))
		manual := s.remote.Manual(&o.Resources[0], &desired[0])
		require.Len(t, manual, 1)
		assert.Equal(t, []string{"FABRIC_OBS_POLICY"}, manual[0].Values)
		planned, _ := plan.Build(plan.Input{
			Manifest: &plan.Manifest{}, Desired: desired, Knowledge: fabric.New(),
			Snapshot: &plan.Snapshot{Resources: o.Resources, Coverage: []addr.Pattern{addr.Exactly(desired[0].Address)}},
		})
		require.Len(t, planned.Changes, 1)
		assert.Equal(t, plan.ByHand, planned.Changes[0].Action)
	})
	t.Run("with an error, when the other one came after the plan", func(t *testing.T) {
		before, after := o.Resources[0].Resource, desired[0].Resource
		before.Attributes = plan.Attributes{"policies": plan.SetValue("FABRIC_OBS_POLICY")}
		after.Attributes = plan.Attributes{"policies": plan.SetValue()}
		err := s.remote.Update(t.Context(), providers.Write{Before: new(before), After: new(after)})
		require.ErrorIs(t, err, providers.ErrConflict)
		assert.Contains(t, err.Error(), "FABRIC_OBS_POLICY_V2")
		assert.Empty(t, s.Front.Writes())
	})
}

func TestATimeoutOfTheServerIsLookedInto(t *testing.T) {
	for name, test := range map[string]struct {
		fault cloudsim.Fault
		posts int
	}{
		"after the change, it is not sent again":       {cloudsim.Fault{Method: "POST", Status: 408, AfterChange: true, Times: 1}, 1},
		"before the change, it is sent once more":      {cloudsim.Fault{Method: "POST", Status: 408, Times: 1}, 2},
		"a connection lost after the change":           {cloudsim.Fault{Method: "POST", Cut: true, AfterChange: true, Times: 1}, 1},
		"a failure of the service, before the change":  {cloudsim.Fault{Method: "POST", Status: 500, Times: 1}, 2},
		"a read that times out is simply asked again":  {cloudsim.Fault{Method: "GET", Path: "/v1/agency", Status: 408, Times: 1}, 1},
		"too many requests, which is no unclear thing": {cloudsim.Fault{Method: "POST", Status: 429, Times: 1}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Switches{})
			_, desired := s.look(t, wants("FABRIC_SMN_POLICY"))
			require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{test.fault}}))
			_, err := s.remote.Create(t.Context(), providers.Write{After: new(desired[0].Resource)})
			require.NoError(t, err)
			assert.Len(t, s.Front.Writes(), test.posts)
		})
	}
	t.Run("a revoke is looked into too", func(t *testing.T) {
		s := newStage(t, cloudsim.Switches{})
		s.have(t, "FABRIC_SMN_POLICY")
		o, desired := s.look(t, wants())
		require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Method: "DELETE", Status: 408, AfterChange: true, Times: 1}}}))
		require.NoError(t, s.remote.Update(t.Context(), providers.Write{Before: new(o.Resources[0].Resource), After: new(desired[0].Resource)}))
		assert.Len(t, s.Front.Writes(), 1)
	})
	t.Run("what stays unclear is said", func(t *testing.T) {
		s := newStage(t, cloudsim.Switches{})
		_, desired := s.look(t, wants("FABRIC_SMN_POLICY"))
		require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Method: "POST", Status: 408}}}))
		_, err := s.remote.Create(t.Context(), providers.Write{After: new(desired[0].Resource)})
		require.ErrorIs(t, err, providers.ErrUnavailable)
		assert.Contains(t, err.Error(), "unknown whether the change was made")
		assert.Contains(t, err.Error(), "common.00000408")
	})
}

func TestARefusalSaysWhatIsMissing(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Path: "/v1/agency", Status: 403}}}))
	_, err := s.remote.See(t, cloudtest.Authorizations(t, wants()))
	require.ErrorIs(t, err, providers.ErrDenied)
	assert.Contains(t, err.Error(), "403")
	assert.Contains(t, err.Error(), "te_admin")
	assert.Contains(t, err.Error(), "cn-north-4")
}

func TestAPolicyInUseIsAnErrorThatSaysSo(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, "FABRIC_SMN_POLICY")
	o, desired := s.look(t, wants())
	s.answer("DELETE", 400, `{"error_code":"common.01000001","error_msg":"the policy is used","solution_msg":""}`)
	err := s.remote.Update(t.Context(), providers.Write{Before: new(o.Resources[0].Resource), After: new(desired[0].Resource)})
	require.ErrorIs(t, err, providers.ErrInvalid)
	assert.Contains(t, err.Error(), "in use")
}

func TestAnswersThatCannotBeTrustedAreErrors(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
	}{
		"nothing":                           {200, ""},
		"another object":                    {200, `{}`},
		"no list":                           {200, `{"agency_name":"x","authorized":true,"agency_policies":null}`},
		"a policy that is silent":           {200, body("true", `{"policy_type":"FABRIC_X"}`)},
		"a policy twice":                    {200, body("true", policy("FABRIC_X", "false", "true"), policy("FABRIC_X", "false", "false"))},
		"an unusable name":                  {200, body("true", policy("FABRIC/../X", "false", "true"))},
		"an empty name":                     {200, body("true", policy("", "false", "true"))},
		"a gateway that knows no such call": {404, `{"error_code":"APIGW.0101","error_msg":"The API does not exist"}`},
		"a page of somebody else":           {404, `<html>not here</html>`},
		"an empty not found":                {404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Switches{})
			s.answer("GET", test.status, test.body)
			o, err := s.remote.See(t, cloudtest.Authorizations(t, wants()))
			require.Error(t, err)
			assert.Nil(t, o)
			assert.Contains(t, err.Error(), "cn-north-4")
		})
	}
}

func TestARegionWithoutAProjectIsNamed(t *testing.T) {
	_, err := newStage(t, cloudsim.Switches{}).remote.See(t, cloudtest.Authorizations(t, `{"service": "fabric", "region": "cn-nowhere-1", "policies": []}`))
	require.Error(t, err)
	assert.Contains(t, err.Error(), "cn-nowhere-1")
}

func TestRegionsThatNobodyMentionsAreNotRead(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	o, err := s.remote.Observe(t.Context(), providers.ObserveRequest{})
	require.NoError(t, err)
	assert.Empty(t, o.Coverage)
	assert.Empty(t, s.Sim.Calls())
}
