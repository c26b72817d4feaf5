package cloudsim_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

const lakePath = "/v2/agency"

func lakeBody(agencyType string) string { return `{"agency_type":"` + agencyType + `"}` }

func TestLakeFormationTypes(t *testing.T) {
	for agencyType, want := range map[string]struct {
		agency string
		grants []string
	}{
		"ADMIN_TRUST": {"lakeformation_admin_trust", []string{"domain  lakeformation_admin_additional_domain",
			"project cn-north-4 ReadOnlyAccess", "project cn-north-4 VPCEndpoint Administrator"}},
		"JOB_TRUST":           {"lakeformation_job_trust", []string{"project cn-north-4 lakeformation_job_trust"}},
		"TABLE_SERVICE_TRUST": {"lakeformation_table_service_trust", []string{"project cn-north-4 lakeformation_table_service_trust"}},
	} {
		t.Run(agencyType, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{})
			read := func() map[string]any {
				return s.must(200, north, http.MethodGet, lakePath+"?agency_type="+agencyType, "").body
			}
			state := func(authorized bool, missing ...any) map[string]any {
				return map[string]any{"agency_type": agencyType, "agency_name": want.agency, "authorized": authorized, "missing_action": append([]any{}, missing...)}
			}
			assert.Equal(t, state(false), read(), "no agency misses no actions")
			r := s.must(201, north, http.MethodPost, lakePath, lakeBody(agencyType))
			assert.Empty(t, r.text)
			assert.Equal(t, state(true), read())
			assert.Equal(t, want.grants, s.grants(want.agency))
			assert.Equal(t, "op_svc_lakeformation", s.agency(want.agency).Trust.Name)

			r = s.must(200, north, http.MethodDelete, lakePath, lakeBody(agencyType))
			assert.Empty(t, r.text)
			assert.NotEmpty(t, r.header.Get("X-request-id"))
			assert.Equal(t, state(false), read())
			assert.Nil(t, s.agency(want.agency))
			assert.Equal(t, http.StatusNotFound, s.in(north, http.MethodDelete, lakePath, lakeBody(agencyType)).status, "once more")
		})
	}
}

func TestLakeFormationMissingActions(t *testing.T) {
	for name, tc := range map[string]struct {
		agencyType string
		edit       []string
		missing    []any
	}{
		"of a custom policy": {"JOB_TRUST", []string{"revoke", "lakeformation_job_trust", "project:cn-north-4", "lakeformation_job_trust"},
			[]any{"obs:bucket:ListBucket", "obs:object:DeleteObject", "obs:object:GetObject", "obs:object:PutObject"}},
		"of a system role": {"ADMIN_TRUST", []string{"revoke", "lakeformation_admin_trust", "project:cn-north-4", "VPCEndpoint Administrator"}, []any{"vpcep:*:*"}},
		"of the account": {"ADMIN_TRUST", []string{"revoke", "lakeformation_admin_trust", "domain", "lakeformation_admin_additional_domain"},
			[]any{"obs:bucket:GetBucketLocation", "obs:bucket:ListBucket"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{})
			s.must(201, north, http.MethodPost, lakePath, lakeBody(tc.agencyType))
			s.edit(tc.edit...)
			read := func() map[string]any {
				return s.must(200, north, http.MethodGet, lakePath+"?agency_type="+tc.agencyType, "").body
			}
			assert.Equal(t, false, read()["authorized"])
			assert.Equal(t, tc.missing, read()["missing_action"])
			s.must(201, north, http.MethodPost, lakePath, lakeBody(tc.agencyType))
			assert.Equal(t, true, read()["authorized"], "a POST repairs")
		})
	}
}

func TestLakeFormationDeleteSparesRegions(t *testing.T) {
	s := newStage(t, cloudsim.Options{Switches: cloudsim.Switches{ServiceDeleteSparesRegions: true}})
	authorized := func(region string) any {
		return s.must(200, region, http.MethodGet, lakePath+"?agency_type=ADMIN_TRUST", "").body["authorized"]
	}
	s.must(201, north, http.MethodPost, lakePath, lakeBody("ADMIN_TRUST"))
	s.must(201, east, http.MethodPost, lakePath, lakeBody("ADMIN_TRUST"))
	s.must(200, north, http.MethodDelete, lakePath, lakeBody("ADMIN_TRUST"))
	assert.Equal(t, false, authorized(north))
	assert.Equal(t, true, authorized(east), "with what is granted in the account")
	s.must(200, east, http.MethodDelete, lakePath, lakeBody("ADMIN_TRUST"))
	assert.Nil(t, s.agency("lakeformation_admin_trust"), "its grant in the account goes with it")
}

func TestLakeFormationShortAnswer(t *testing.T) {
	s := newStage(t, cloudsim.Options{Switches: cloudsim.Switches{LakeFormationShortAnswer: true}})
	assert.Equal(t, map[string]any{"agency_type": "JOB_TRUST"}, s.must(200, north, http.MethodGet, lakePath+"?agency_type=JOB_TRUST", "").body)
}

func TestLakeFormationRefusals(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	for name, r := range map[string]result{
		"no type":                 s.in(north, http.MethodGet, lakePath, ""),
		"an unknown type":         s.in(north, http.MethodGet, lakePath+"?agency_type=job_trust", ""),
		"an unknown type to make": s.in(north, http.MethodPost, lakePath, lakeBody("ANY")),
		"a number":                s.in(north, http.MethodPost, lakePath, `{"agency_type":1}`),
		"a delete without a body": s.in(north, http.MethodDelete, lakePath+"?agency_type=JOB_TRUST", ""),
	} {
		assert.Equal(t, http.StatusBadRequest, r.status, name)
		assert.Equal(t, "common.01000001", r.body["error_code"], name)
		assert.Contains(t, r.body, "common_error_code", name)
	}
}

func TestServiceRoleThatTheWorldLacks(t *testing.T) {
	w := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
	kept := w.Roles[:0]
	for _, r := range w.Roles {
		if r.DisplayName != "VPCEndpoint Administrator" {
			kept = append(kept, r)
		}
	}
	w.Roles = kept
	s := newStage(t, cloudsim.Options{Seed: w})
	r := s.in(north, http.MethodPost, lakePath, lakeBody("ADMIN_TRUST"))
	require.Equal(t, http.StatusInternalServerError, r.status)
	assert.Contains(t, r.message(), `no role "VPCEndpoint Administrator"`)
	assert.Nil(t, s.agency("lakeformation_admin_trust"))
}
