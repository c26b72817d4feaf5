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

func (s *stage) secMaster(region string) string { return "/v1/" + s.project(region) + "/agency" }

// secMasterBody asks for a role, described like on the wire.
func (s *stage) secMasterBody(role, scope string) string {
	data, err := json.Marshal(map[string]any{"role_descriptions": []map[string]string{
		{"id": s.role(role), "display_name": role, "role_description": "what it allows", "description": "why", "scope": scope}}})
	require.NoError(s.t, err)
	return string(data)
}

func displays(r result) []string {
	out := []string{}
	for _, role := range r.list("role_descriptions") {
		out = append(out, role["display_name"].(string))
	}
	return out
}

func TestSecMasterAddsRoles(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	r := s.call(http.MethodPost, s.secMaster(north), s.secMasterBody("RMS ReadOnlyAccess", "DOMAIN"))
	assert.Equal(t, http.StatusCreated, r.status)
	assert.Empty(t, r.text)
	r = s.call(http.MethodPost, s.secMaster(north), s.secMasterBody("ECS ReadOnlyAccess", "PROJECT"))
	require.Equal(t, http.StatusCreated, r.status)
	r = s.call(http.MethodPost, s.secMaster("cn-north-4_data"), s.secMasterBody("ECS ReadOnlyAccess", "PROJECT"))
	require.Equal(t, http.StatusCreated, r.status)
	assert.Equal(t, []string{"domain  RMS ReadOnlyAccess", "project cn-north-4 ECS ReadOnlyAccess", "project cn-north-4_data ECS ReadOnlyAccess"}, s.grants("SecMaster_Agency"))
	assert.Equal(t, "op_svc_secmaster", s.agency("SecMaster_Agency").Trust.Name)
}

func TestSecMasterListsWhatItNeeds(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	r := s.call(http.MethodGet, s.secMaster(north), "")
	assert.Equal(t, false, r.body["create_agency"])
	needs := displays(r)
	assert.Contains(t, needs, "RMS ReadOnlyAccess")
	for _, role := range r.list("role_descriptions") {
		assert.Equal(t, s.role(role["display_name"].(string)), role["id"])
		assert.Contains(t, []string{"DOMAIN", "PROJECT"}, role["scope"])
		assert.GreaterOrEqual(t, len(role["role_description"].(string)), 2)
	}
	s.call(http.MethodPost, s.secMaster(north), s.secMasterBody("VPC FullAccess", "PROJECT"))
	r = s.call(http.MethodGet, s.secMaster(north), "")
	assert.Equal(t, true, r.body["create_agency"])
	assert.Equal(t, needs, displays(r), "whatever is granted")
	first := r.list("role_descriptions")[0]
	r = s.call(http.MethodGet, s.secMaster(north), "", "X-Language", "zh-cn")
	assert.NotEqual(t, first["description"], r.list("role_descriptions")[0]["description"])

	// What is listed can be posted back as it is.
	body, err := json.Marshal(map[string]any{"role_descriptions": r.body["role_descriptions"]})
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, s.call(http.MethodPost, s.secMaster(north), string(body)).status)
	assert.Len(t, s.grants("SecMaster_Agency"), len(needs)+1)
}

func TestSecMasterMayListWhatIsGranted(t *testing.T) {
	s := newStage(t, cloudsim.Options{Switches: cloudsim.Switches{SecMasterListsGranted: true}, SecMasterAgency: "soc"})
	assert.Empty(t, displays(s.call(http.MethodGet, s.secMaster(north), "")))
	s.call(http.MethodPost, s.secMaster(north), s.secMasterBody("RMS ReadOnlyAccess", "DOMAIN"))
	s.call(http.MethodPost, s.secMaster(north), s.secMasterBody("ECS ReadOnlyAccess", "PROJECT"))
	s.edit("grant", "soc", "project:"+east, "VPC FullAccess")
	s.edit("grant", "soc", "all-projects", "ECS ReadOnlyAccess")
	s.edit("grant", "soc", "enterprise-project:staging", "EVS FullAccess")
	assert.Equal(t, []string{"ECS ReadOnlyAccess", "RMS ReadOnlyAccess"}, displays(s.call(http.MethodGet, s.secMaster(north), "")))
	assert.Equal(t, []string{"ECS ReadOnlyAccess", "RMS ReadOnlyAccess", "VPC FullAccess"}, displays(s.call(http.MethodGet, s.secMaster(east), "")))
	s.edit("revoke", "soc", "domain", "RMS ReadOnlyAccess")
	assert.Equal(t, []string{"ECS ReadOnlyAccess"}, displays(s.call(http.MethodGet, s.secMaster(north), "")))
}

func TestSecMasterOrganizationsAreKeptAndNeverShown(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	post := func(organization string) {
		body := `{"organizations":[{"account_id":"aaaabbbbccccddddeeeeffff00001111","organization_id":"` + organization + `"}]}`
		require.Equal(t, http.StatusCreated, s.call(http.MethodPost, s.secMaster(north), body).status)
	}
	post("o-exampleorg02")
	post("o-exampleorg01")
	post("o-exampleorg02")
	w := s.sim.World()
	assert.JSONEq(t, `[{"account_id":"aaaabbbbccccddddeeeeffff00001111","organization_id":"o-exampleorg01"},
		{"account_id":"aaaabbbbccccddddeeeeffff00001111","organization_id":"o-exampleorg02"}]`,
		string(w.AccountNamed("").Documents[cloudsim.SecMasterOrganizations]))
	assert.NotContains(t, s.call(http.MethodGet, s.secMaster(north), "").text, "exampleorg")
}

func TestSecMasterRefusals(t *testing.T) {
	good := `"id":"78ce0000000000000000000000000222","display_name":"RMS ReadOnlyAccess","role_description":"r1","description":"d1","scope":"DOMAIN"`
	for name, body := range map[string]string{
		"an unknown role":       `{"role_descriptions":[{` + good + `}]}`,
		"a short id":            `{"role_descriptions":[{` + strings.Replace(good, "78ce", "", 1) + `}]}`,
		"a missing field":       `{"role_descriptions":[{"id":"78ce0000000000000000000000000222"}]}`,
		"no list":               `{"role_descriptions":{}}`,
		"numbers":               `{"role_descriptions":[1]}`,
		"too many":              `{"role_descriptions":[{}` + strings.Repeat(",{}", 1000) + `]}`,
		"a short account":       `{"organizations":[{"account_id":"a","organization_id":"o-exampleorg01"}]}`,
		"a short organization":  `{"organizations":[{"account_id":"aaaabbbbccccddddeeeeffff00001111","organization_id":"o"}]}`,
		"too many of those too": `{"organizations":[{}` + strings.Repeat(",{}", 1000) + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{})
			r := s.call(http.MethodPost, s.secMaster(north), body)
			assert.Equal(t, http.StatusBadRequest, r.status)
			assert.Equal(t, "SecMaster.20040001", r.body["error_code"])
			assert.Nil(t, s.agency("SecMaster_Agency"), "nothing is made")
		})
	}
	s := newStage(t, cloudsim.Options{})
	for name, r := range map[string]result{
		"an unknown scope": s.call(http.MethodPost, s.secMaster(north), s.secMasterBody("ECS ReadOnlyAccess", "REGION")),
		"a forbidden role": s.call(http.MethodPost, s.secMaster(north), s.secMasterBody("Agent Operator", "DOMAIN")),
		"a short project":  s.call(http.MethodGet, "/v1/0123/agency", ""),
		"a short language": s.call(http.MethodGet, s.secMaster(north), "", "X-Language", "z"),
	} {
		assert.Equal(t, http.StatusBadRequest, r.status, name)
	}
	assert.Equal(t, http.StatusForbidden, s.call(http.MethodGet, "/v1/0123456789abcdef0123456789abcdef/agency", "").status)
	assert.Equal(t, http.StatusForbidden, s.call(http.MethodGet, s.secMaster(north), "", "X-Project-Id", s.project(east)).status, "two projects in one call")
}

func TestSecMasterShapes(t *testing.T) {
	for name, tc := range map[string]struct {
		switches cloudsim.Switches
		code     string
	}{"of the examples": {cloudsim.Switches{}, "error_code"}, "of the schema": {cloudsim.Switches{SecMasterShapeE2: true}, "code"}} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{Switches: tc.switches})
			require.NoError(t, s.sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{
				{Path: "/v1/*/agency", Status: 403, Times: 2}, {Path: "/v1/*/agency", Status: 500, Times: 1}}}))
			assert.Equal(t, "csb.00180004", s.call(http.MethodGet, s.secMaster(north), "").body[tc.code], "reading")
			assert.Equal(t, "csb.00180005", s.call(http.MethodPost, s.secMaster(north), "{}").body[tc.code], "creating")
			assert.Equal(t, "csb.00180001", s.call(http.MethodPost, s.secMaster(north), "{}").body[tc.code], "busy")
			assert.Equal(t, http.StatusCreated, s.call(http.MethodPost, s.secMaster(north), "{}").status)
			assert.Equal(t, "SecMaster.20040001", s.call(http.MethodPost, s.secMaster(north), "[]").body[tc.code])
		})
	}
}
