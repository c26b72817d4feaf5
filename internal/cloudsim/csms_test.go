package cloudsim_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

const (
	csmsPath   = "/v1/csms/agencies"
	csmsShared = "CSMSAccessFunctionGraph"
	csmsRDS    = "FunctionGraphAgencyForRotateRDSByCSMSV3"
	csmsGauss  = "FunctionGraphAgencyForRotateGaussDBByCSMSV3"
)

func (s *stage) csmsGranted(region, secretType string) any {
	s.t.Helper()
	return s.must(200, region, http.MethodGet, csmsPath+"?secret_type="+secretType, "").body["agency_granted"]
}

func (s *stage) csmsCreate(region, secretType string) []map[string]any {
	s.t.Helper()
	return s.must(200, region, http.MethodPost, csmsPath, `{"secret_type":"`+secretType+`"}`).list("agencies")
}

func TestCSMSAgencies(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	rds := s.csmsCreate(north, "RDS-FG")
	assert.Equal(t, []map[string]any{
		{"agency_name": csmsShared, "agency_id": s.agency(csmsShared).ID},
		{"agency_name": csmsRDS, "agency_id": s.agency(csmsRDS).ID},
	}, rds)
	assert.Equal(t, "true", s.csmsGranted(north, "RDS-FG"), "a text, no boolean")
	assert.Equal(t, "false", s.csmsGranted(north, "GaussDB-FG"))
	assert.Equal(t, "op_svc_kms", s.agency(csmsShared).Trust.Name)
	assert.Equal(t, "op_svc_cff", s.agency(csmsRDS).Trust.Name)
	assert.Equal(t, []string{"project cn-north-4 " + csmsShared}, s.grants(csmsShared))
	assert.Equal(t, []string{"project cn-north-4 " + csmsRDS}, s.grants(csmsRDS))

	gauss := s.csmsCreate(north, "GaussDB-FG")
	assert.Equal(t, rds[0], gauss[0], "the first agency is shared")
	assert.Equal(t, csmsGauss, gauss[1]["agency_name"])
	s.edit("delete", csmsShared)
	assert.Equal(t, "false", s.csmsGranted(north, "RDS-FG"))
	assert.Equal(t, "false", s.csmsGranted(north, "GaussDB-FG"))
	s.csmsCreate(north, "GaussDB-FG")
	assert.Equal(t, "true", s.csmsGranted(north, "RDS-FG"), "one repairs the other")
}

func TestCSMSPartialFailure(t *testing.T) {
	s := newStage(t, cloudsim.Options{Faults: cloudsim.Faults{Agencies: []cloudsim.AgencyFault{{Agency: csmsRDS, Message: "iam: try later", Times: 2}}}})
	for range 2 {
		got := s.csmsCreate(north, "RDS-FG")
		require.Len(t, got, 2)
		assert.Equal(t, map[string]any{"agency_name": csmsShared, "agency_id": s.agency(csmsShared).ID}, got[0])
		assert.Equal(t, map[string]any{"agency_name": csmsRDS, "error_msg": "iam: try later"}, got[1], "no id beside an error")
		assert.Equal(t, "false", s.csmsGranted(north, "RDS-FG"))
	}
	assert.Contains(t, s.csmsCreate(north, "RDS-FG")[1], "agency_id")
	assert.Equal(t, "true", s.csmsGranted(north, "RDS-FG"))
}

func TestCSMSPartialQuota(t *testing.T) {
	w := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
	w.AccountNamed("").Quotas = map[string]int{"agency": len(w.AccountNamed("").Agencies) + 1}
	s := newStage(t, cloudsim.Options{Seed: w})
	got := s.csmsCreate(north, "RDS-FG")
	assert.Contains(t, got[0], "agency_id")
	assert.Equal(t, map[string]any{"agency_name": csmsRDS, "error_msg": "iam: agency quota exceeded"}, got[1])
	assert.Equal(t, "false", s.csmsGranted(north, "RDS-FG"))
}

func TestCSMSRepeatFails(t *testing.T) {
	s := newStage(t, cloudsim.Options{Switches: cloudsim.Switches{CSMSRepeatFails: true}})
	s.csmsCreate(north, "RDS-FG")
	for _, item := range s.csmsCreate(north, "RDS-FG") {
		assert.Equal(t, "already exists", item["error_msg"])
		assert.NotContains(t, item, "agency_id")
	}
	s.edit("delete", csmsRDS)
	assert.Contains(t, s.csmsCreate(north, "RDS-FG")[1], "agency_id", "what is missing is made")
	assert.Contains(t, s.csmsCreate(east, "RDS-FG")[0], "agency_id", "another region still lacks its grants")
}

func TestCSMSGrantedPerAccount(t *testing.T) {
	s := newStage(t, cloudsim.Options{Switches: cloudsim.Switches{CSMSGrantedPerAccount: true}})
	assert.Equal(t, "false", s.csmsGranted(east, "RDS-FG"))
	s.csmsCreate(north, "RDS-FG")
	assert.Equal(t, "true", s.csmsGranted(east, "RDS-FG"))
}

func TestCSMSRefusals(t *testing.T) {
	for name, tc := range map[string]struct{ method, target, body, code string }{
		"no type":           {http.MethodGet, csmsPath, "", "CSMS.0002"},
		"an unknown type":   {http.MethodGet, csmsPath + "?secret_type=GaussDB", "", "CSMS.0002"},
		"an unknown body":   {http.MethodPost, csmsPath, `{"secret_type":"MySQL-FG"}`, "CSMS.0002"},
		"no type in a body": {http.MethodPost, csmsPath, `{}`, "CSMS.0002"},
		"a number":          {http.MethodPost, csmsPath, `{"secret_type":1}`, "CSMS.0002"},
		"no JSON":           {http.MethodPost, csmsPath, `{`, "CSMS.0004"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{})
			r := s.in(north, tc.method, tc.target, tc.body)
			assert.Equal(t, http.StatusBadRequest, r.status)
			assert.Equal(t, tc.code, r.body["error_code"], r.text)
			assert.NotEmpty(t, r.message())
		})
	}
}
