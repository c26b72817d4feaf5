package cloudsim_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

const (
	invalidToken = `{"error":{"code":"403","message":"X-Auth-Token is invalid in the request","title":"Forbidden"},"error_code":403,` +
		`"error_msg":"X-Auth-Token is invalid in the request","title":"Forbidden"}`
	typeMismatch = `{"error_code":"common.01000001","error_msg":"failed to read http request, please check your input, code: 400, ` +
		`reason: Type mismatch., cause: TypeMismatchException"}`
	noFabric = `{"error_code":"common.01000001","error_msg":"response status exception, code: 404"}`
)

// Where a page has an example, it is what the simulator answers, with nothing added.
func TestErrorsAreThePagesExamples(t *testing.T) {
	shapeA := func(message, code, title string) string {
		return `{"error":{"message":"` + message + `","code":` + code + `,"title":"` + title + `"}}`
	}
	secMaster := func(s *stage) string { return "/v1/" + s.project(north) + "/agency" }
	at := func(path string) func(*stage) string { return func(*stage) string { return path } }
	for name, tc := range map[string]struct {
		method string
		path   func(*stage) string
		body   string
		fault  int // the status of an injected fault; 0 for none
		header []string
		status int
		want   string
	}{
		"IAM, no name":        {"POST", at(agenciesPath), `{"agency":{}}`, 0, nil, 400, shapeA("'name' is a required property", "400", "Bad Request")},
		"IAM, no such agency": {"GET", at(agenciesPath + "/5a1e"), "", 0, nil, 404, shapeA("Could not find agency: 5a1e", "404", "Not Found")},
		"IAM, no such role":   {"GET", at("/v3/roles/7c21"), "", 0, nil, 404, shapeA("Could not find role: 7c21", "404", "Not Found")},
		"IAM, a stranger to trust": {"PUT", func(s *stage) string { return agenciesPath + "/" + s.create("a") },
			`{"agency":{"trust_domain_name":"nobody"}}`, 0, nil, 404, shapeA("TrustDomainNotFound", "404", "Not Found")},
		"enterprise projects, malformed": {"PUT", at(batchPath), `{}`, 0, nil, 400, shapeA("Illegal request", "400", "Bad Request")},
		"enterprise projects, 400":       {"PUT", at(batchPath), `{}`, 400, nil, 400, shapeA("Illegal request", "400", "Bad Request")},
		"enterprise projects, a bad token": {"PUT", at(batchPath), `{}`, 0, []string{"X-Auth-Token", "bad"}, 401,
			shapeA("Authentication failed", "401", "Unauthorized")},
		"enterprise projects, denied": {"PUT", at(batchPath), `{}`, 0, []string{"X-Domain-Id", "77"}, 403, shapeA("Forbidden operation", "403", "Forbidden")},
		"enterprise projects, a role that no agency may have": {"PUT", at(batchPath), "administrator", 0, nil, 403,
			shapeA("Forbidden operation", "403", "Forbidden")},
		"SecMaster, reading denied": {"GET", secMaster, "", 403, nil, 403,
			`{"error_code":"csb.00180004","error_msg":"Permission iam:agencies:getAgency is required to query agency details."}`},
		"SecMaster, creating denied": {"POST", secMaster, `{}`, 403, nil, 403,
			`{"error_code":"csb.00180005","error_msg":"Permission iam:agencies:createAgency is required to create an agency."}`},
		"SecMaster, another account": {"POST", secMaster, `{}`, 0, []string{"X-Domain-Id", "77"}, 403,
			`{"error_code":"csb.00180005","error_msg":"Permission iam:agencies:createAgency is required to create an agency."}`},
		"SecMaster, busy": {"GET", secMaster, "", 500, nil, 500, `{"error_code":"csb.00180001","error_msg":"System busy. Try again later."}`},
		"SecMaster, busy when creating": {"POST", secMaster, `{}`, 500, []string{"X-Language", "en-us"}, 500,
			`{"error_code":"csb.00180001","error_msg":"System busy. Try again later."}`},
		"CSMS, a status that no page names": {"POST", at("/v1/csms/agencies"), `{}`, 409, nil, 409,
			`{"error_code":"CSMS.0409","error_msg":"simulated fault: Conflict"}`},
		"Fabric, a list that is a text": {"POST", at(fabricPath), `{"policy_types":"x"}`, 0, nil, 400, typeMismatch},
		"Fabric, a body that is a list": {"POST", at(fabricPath), `[]`, 0, nil, 400, typeMismatch},
		"Fabric, 400":                   {"POST", at(fabricPath), `{}`, 400, nil, 400, typeMismatch},
		"Fabric, an unknown policy": {"POST", at(fabricPath), `{"policy_types":["x"]}`, 0, nil, 400,
			`{"error_code":"common.01000001","error_msg":"the policy type \"x\" is not known"}`},
		"Fabric, a bad token": {"GET", at(fabricPath), "", 0, []string{"X-Auth-Token", "bad"}, 401,
			`{"error_code":"APIG.1002","error_msg":"Incorrect token or token resolution failed"}`},
		"Fabric, 401":             {"GET", at(fabricPath), "", 401, nil, 401, `{"error_code":"APIG.1002","error_msg":"Incorrect token or token resolution failed"}`},
		"Fabric, another account": {"GET", at(fabricPath), "", 0, []string{"X-Domain-Id", "77"}, 403, invalidToken},
		"Fabric, 403":             {"GET", at(fabricPath), "", 403, nil, 403, invalidToken},
		"Fabric, no agency":       {"DELETE", at(fabricPath), "", 0, nil, 404, noFabric},
		"Fabric, 404":             {"GET", at(fabricPath), "", 404, nil, 404, noFabric},
		"Fabric, 408":             {"GET", at(fabricPath), "", 408, nil, 408, `{"error_code":"common.00000408","error_msg":"timeout exception occurred"}`},
		"Fabric, 500":             {"GET", at(fabricPath), "", 500, nil, 500, `{"error_code":"common.00000500","error_msg":"internal error"}`},
		"LakeFormation, 403": {"GET", at("/v2/agency"), "", 403, nil, 403,
			`{"error":{"code":"403","message":"X-Auth-Token is invalid in the request","title":"Forbidden"},"error_code":"403",` +
				`"error_msg":"X-Auth-Token is invalid in the request","title":"Forbidden"}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{})
			path, body := tc.path(s), tc.body
			if body == "administrator" {
				body = s.batch(s.create("a"), "0", s.role("Security Administrator"))
			}
			if tc.fault != 0 {
				require.NoError(t, s.sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Status: tc.fault}}}))
			}
			header := tc.header
			if !strings.HasPrefix(path, "/v3") {
				header = append([]string{"X-Project-Id", s.project(north)}, header...)
			}
			r := s.call(tc.method, path, body, header...)
			assert.Equal(t, tc.status, r.status)
			assert.JSONEq(t, tc.want, r.text)
		})
	}
}

// Texts depend on the language; the codes do not.
func TestSecMasterSpeaksChinese(t *testing.T) {
	for status, code := range map[int]string{403: "csb.00180004", 500: "csb.00180001"} {
		s := newStage(t, cloudsim.Options{Faults: cloudsim.Faults{Targets: []cloudsim.Fault{{Status: status}}}})
		r := s.call(http.MethodGet, "/v1/"+s.project(north)+"/agency", "", "X-Language", "zh-cn")
		assert.Equal(t, code, r.body["error_code"])
		assert.Regexp(t, `\p{Han}`, r.message())
	}
}

// A token that was good once gets another answer of Fabric than one that cannot be read, and not a 401.
func TestFabricTellsAnExpiredTokenFromABadOne(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	token := s.call(http.MethodPost, tokensPath, passwordBody(demoUser, `,"scope":{"project":{"name":"`+north+`"}}`)).header.Get("X-Subject-Token")
	require.Equal(t, 200, s.call(http.MethodGet, fabricPath, "", "X-Auth-Token", token).status)
	s.clock.move(25 * time.Hour)
	r := s.call(http.MethodGet, fabricPath, "", "X-Auth-Token", token)
	assert.Equal(t, 403, r.status)
	assert.JSONEq(t, invalidToken, r.text)
}

// Advice is optional: no example has it, the page's table does.
func TestAdvice(t *testing.T) {
	const advice = "Accept the agreement first."
	s := newStage(t, cloudsim.Options{Faults: cloudsim.Faults{Targets: []cloudsim.Fault{{Path: fabricPath, Status: 400, Solution: advice}}}})
	r := s.in(north, http.MethodGet, fabricPath, "")
	assert.Equal(t, advice, r.body["solution_msg"])
	assert.Len(t, r.body, 3)

	s = newStage(t, cloudsim.Options{Switches: cloudsim.Switches{SolutionMessages: true}})
	for _, path := range []string{fabricPath, "/v2/agency?agency_type=x"} {
		method := http.MethodDelete
		if path != fabricPath {
			method = http.MethodGet
		}
		assert.NotEmpty(t, s.in(north, method, path, "").body["solution_msg"], path)
	}
}

func TestFabricEchoesTheRequest(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	assert.JSONEq(t, `{"policy_types":["FABRIC_LAKEFORMATION_POLICY"]}`, s.fabricCreate("FABRIC_LAKEFORMATION_POLICY").text)
}
