package cloudsim_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

const (
	fabricPath = "/v1/agency"
	fabricName = "fabric_admin_trust"
)

// fabricEnabled lists the policy types that are switched on, in the order of the answer.
func (s *stage) fabricEnabled(region string) []string {
	s.t.Helper()
	enabled := []string{}
	for _, p := range s.must(200, region, http.MethodGet, fabricPath, "").list("agency_policies") {
		if p["is_enable"].(bool) {
			enabled = append(enabled, strings.TrimSuffix(strings.TrimPrefix(p["policy_type"].(string), "FABRIC_"), "_POLICY"))
		}
	}
	return enabled
}

func (s *stage) fabricCreate(kinds ...string) result {
	s.t.Helper()
	body, err := json.Marshal(map[string][]string{"policy_types": kinds})
	require.NoError(s.t, err)
	return s.must(200, north, http.MethodPost, fabricPath, string(body))
}

func TestFabricPolicies(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	r := s.must(200, north, http.MethodGet, fabricPath, "")
	assert.Equal(t, fabricName, r.body["agency_name"])
	assert.Equal(t, false, r.body["authorized"])
	require.Len(t, r.list("agency_policies"), 10)
	required := []any{}
	for _, p := range r.list("agency_policies") {
		assert.Len(t, p, 5, "every field is there")
		assert.Equal(t, false, p["is_enable"])
		assert.NotEmpty(t, p["actions"])
		if p["is_required"].(bool) {
			required = append(required, p["policy_type"])
		}
	}
	assert.Equal(t, []any{"FABRIC_COMMON_POLICY", "FABRIC_LTS_POLICY"}, required)

	r = s.must(200, north, http.MethodPost, fabricPath, `{}`)
	assert.JSONEq(t, `{}`, r.text)
	assert.Equal(t, []string{"COMMON", "LTS"}, s.fabricEnabled(north), "the required ones come without asking")
	s.fabricCreate("FABRIC_SMN_POLICY")
	s.fabricCreate("FABRIC_OBS_POLICY")
	assert.Equal(t, []string{"COMMON", "LTS", "SMN", "OBS"}, s.fabricEnabled(north), "a call adds")
	assert.Contains(t, s.grants(fabricName), "project cn-north-4 FABRIC_SMN_POLICY")

	s.edit("revoke", fabricName, "project:"+north, "FABRIC_SMN_POLICY")
	r = s.must(200, north, http.MethodGet, fabricPath, "")
	assert.Equal(t, true, r.body["authorized"], "an optional one does not count")
	s.edit("revoke", fabricName, "project:"+north, "FABRIC_LTS_POLICY")
	r = s.must(200, north, http.MethodGet, fabricPath+"?policy_type=SMN", "")
	assert.Equal(t, false, r.body["authorized"], "a required one does, also behind a filter")
	require.Len(t, r.list("agency_policies"), 1)
}

func TestFabricFilter(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	for part, count := range map[string]int{"": 10, "FABRIC_SMN_POLICY": 1, "S": 6, "POLICY": 10, "smn": 0} {
		assert.Len(t, s.must(200, north, http.MethodGet, fabricPath+"?policy_type="+part, "").list("agency_policies"), count, part)
	}
	assert.Equal(t, http.StatusBadRequest, s.in(north, http.MethodGet, fabricPath+"?policy_type="+strings.Repeat("x", 65), "").status)
}

func TestFabricDelete(t *testing.T) {
	all := []string{"FABRIC_SMN_POLICY", "FABRIC_AOM_POLICY", "FABRIC_SWR_POLICY", "FABRIC_OBS_POLICY"}
	inUse := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
	inUse.AccountNamed("").Documents = map[string]json.RawMessage{cloudsim.FabricInUse: json.RawMessage(`["FABRIC_SMN_POLICY"]`)}
	for name, tc := range map[string]struct {
		seed   cloudsim.World
		query  string
		status int
		left   []string
	}{
		"one by its whole name":           {query: "?policy_type=FABRIC_SMN_POLICY", status: 200, left: []string{"COMMON", "LTS", "AOM", "SWR", "OBS"}},
		"several by a part of their name": {query: "?policy_type=_S", status: 200, left: []string{"COMMON", "LTS", "AOM", "OBS"}},
		"all optional ones by a prefix":   {query: "?policy_type=FABRIC_", status: 200, left: []string{"COMMON", "LTS"}},
		"a mandatory one":                 {query: "?policy_type=FABRIC_LTS_POLICY", status: 400, left: []string{"COMMON", "LTS", "SMN", "AOM", "SWR", "OBS"}},
		"one that is not granted":         {query: "?policy_type=FABRIC_DNS_POLICY", status: 404, left: []string{"COMMON", "LTS", "SMN", "AOM", "SWR", "OBS"}},
		"one that is too long":            {query: "?policy_type=" + strings.Repeat("x", 129), status: 400, left: []string{"COMMON", "LTS", "SMN", "AOM", "SWR", "OBS"}},
		"one in use":                      {seed: inUse, query: "?policy_type=_S", status: 400, left: []string{"COMMON", "LTS", "SMN", "AOM", "SWR", "OBS"}},
		"another than the one in use":     {seed: inUse, query: "?policy_type=SWR", status: 200, left: []string{"COMMON", "LTS", "SMN", "AOM", "OBS"}},
		"everything while one is in use":  {seed: inUse, query: "", status: 400, left: []string{"COMMON", "LTS", "SMN", "AOM", "SWR", "OBS"}},
		"everything":                      {query: "", status: 200, left: []string{}},
		"everything by mistake":           {query: "?policy_type=", status: 200, left: []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{Seed: tc.seed})
			s.fabricCreate(all...)
			r := s.in(north, http.MethodDelete, fabricPath+tc.query, "")
			assert.Equal(t, tc.status, r.status, r.text)
			assert.Equal(t, tc.left, s.fabricEnabled(north))
			assert.Equal(t, len(tc.left) == 0, s.agency(fabricName) == nil)
		})
	}
}

func TestFabricDeleteOfNothing(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	r := s.in(north, http.MethodDelete, fabricPath, "")
	assert.Equal(t, http.StatusNotFound, r.status)
	assert.Equal(t, "common.01000001", r.body["error_code"])
	calls := s.sim.Calls()
	assert.Equal(t, cloudsim.Call{Method: http.MethodDelete, Path: fabricPath, Service: "fabric", Operation: "DeleteAgency", Status: 404, Write: true}, calls[len(calls)-1],
		"that no policy type was sent can be seen")
}

func TestFabricDeleteAcrossRegions(t *testing.T) {
	for name, spares := range map[string]bool{"the agency goes": false, "the other region stays": true} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{Switches: cloudsim.Switches{ServiceDeleteSparesRegions: spares}})
			s.must(200, north, http.MethodPost, fabricPath, `{}`)
			s.must(200, east, http.MethodPost, fabricPath, `{}`)
			s.must(200, north, http.MethodDelete, fabricPath, "")
			assert.Empty(t, s.fabricEnabled(north))
			assert.Equal(t, spares, len(s.fabricEnabled(east)) == 2)
			if spares {
				s.must(200, east, http.MethodDelete, fabricPath, "")
			}
			assert.Nil(t, s.agency(fabricName))
		})
	}
}

func TestFabricSwitches(t *testing.T) {
	s := newStage(t, cloudsim.Options{Switches: cloudsim.Switches{FabricEmptyAnswer: true, FabricAbsent404: true}})
	r := s.in(north, http.MethodGet, fabricPath, "")
	assert.Equal(t, http.StatusNotFound, r.status)
	assert.Equal(t, "common.01000001", r.body["error_code"])
	assert.Empty(t, s.fabricCreate("FABRIC_AOM_POLICY").text)
	assert.Equal(t, []string{"COMMON", "LTS", "AOM"}, s.fabricEnabled(north))
}

func TestFabricTimeoutAfterTheChange(t *testing.T) {
	s := newStage(t, cloudsim.Options{Faults: cloudsim.Faults{Targets: []cloudsim.Fault{{Method: http.MethodPost, Path: fabricPath, Status: 408, AfterChange: true, Times: 1}}}})
	r := s.in(north, http.MethodPost, fabricPath, `{}`)
	assert.Equal(t, http.StatusRequestTimeout, r.status)
	assert.Equal(t, "common.00000408", r.body["error_code"])
	assert.Equal(t, []string{"COMMON", "LTS"}, s.fabricEnabled(north), "the change was made all the same")
}

func TestFabricRefusals(t *testing.T) {
	for name, body := range map[string]string{
		"an unknown type": `{"policy_types":["FABRIC_SMN"]}`,
		"no list":         `{"policy_types":"FABRIC_SMN_POLICY"}`,
		"numbers":         `{"policy_types":[1]}`,
		"too many":        `{"policy_types":["FABRIC_SMN_POLICY"` + strings.Repeat(`,"FABRIC_SMN_POLICY"`, 100) + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{})
			r := s.in(north, http.MethodPost, fabricPath, body)
			assert.Equal(t, http.StatusBadRequest, r.status)
			assert.Equal(t, "common.01000001", r.body["error_code"])
			assert.NotContains(t, r.body, "solution_msg", "no example has it")
			assert.Nil(t, s.agency(fabricName))
		})
	}
}
