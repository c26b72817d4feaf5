package huaweicloud

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

func TestAHintFollowsFromWhatHappened(t *testing.T) {
	keys := map[string]string{auth.EnvAccessKey: "TESTAK", auth.EnvSecretKey: "TESTSECRET", auth.EnvDomainID: "d0"}
	token := map[string]string{"OS_AUTH_TOKEN": "TESTTOKEN", "OS_DOMAIN_ID": "d0"}
	list := Get("iam", "list roles", nil, "v3", "roles")
	inProject := Get("iam", "list grants", nil, "v3.0", "OS-AGENCY", "projects", "p1", "agencies", "a1", "roles")
	remove := Call{Service: "iam", Operation: "delete an agency", Method: http.MethodDelete, Path: []string{"v3.0", "OS-AGENCY", "agencies", "a1"}}
	revoke := Call{Service: "iam", Operation: "revoke", Method: http.MethodDelete, Path: []string{"v3.0", "OS-AGENCY", "domains", "d0", "agencies", "a1", "roles", "r1"}}
	grant := Call{Service: "fabric", Operation: "authorize", Method: http.MethodPost, Path: []string{"v1", "agencies"}, ProjectID: "p1"}
	const permission = "grant it"
	for name, test := range map[string]struct {
		cloud       string
		credentials map[string]string
		call        Call
		status      int
		body        string
		message     string
		hint, never string
	}{
		"a project that may be disabled, by keys": {HuaweiCloud, keys, inProject, 403, `{"error":{"code":403,"message":"You are not authorized"}}`,
			"access denied: You are not authorized (iam, HTTP 403, request id r-1)", "whether the project is disabled", permission},
		"a project that may be disabled, by a token": {OpenTelekomCloud, token, inProject, 403, `{"error":{"code":403,"message":"You are not authorized"}}`,
			"request id r-1", "whether the project is disabled", permission},
		"a token of somebody else in a project": {OpenTelekomCloud, token, inProject, 403, `{"error_msg":"X-Auth-Token is invalid in the request"}`,
			"X-Auth-Token is invalid", "get a new one", "disabled"},
		"no permission in the account": {HuaweiCloud, keys, list, 403, `{"error":{"code":403,"message":"You are not authorized"}}`,
			"You are not authorized", "lack the permission", "disabled"},
		"a policy denies, and says why in code": {HuaweiCloud, keys, list, 403,
			`{"error_code":"PAP5.0001","error_msg":"access denied: x","request_id":"r","encoded_authorization_message":"RU5DT0RFRA"}`,
			"access denied: x (iam, HTTP 403, PAP5.0001, request id r-1)", "a policy of the organization", permission},
		"an encoded message can be decoded": {HuaweiCloud, keys, grant, 403,
			`{"error_code":"PAP5.0001","error_msg":"no","encoded_authorization_message":"RU5DT0RFRA"}`,
			"no (fabric", "decode-authorization-message of IAM, from RU5DT0RFRA", ""},
		"an encoded message that is too long": {HuaweiCloud, keys, grant, 403,
			`{"error_code":"X.1","error_msg":"no","encoded_authorization_message":"` + strings.Repeat("x", 2000) + `"}`,
			"no (fabric", "", "xxx"},
		"an encoded message that is several lines": {HuaweiCloud, keys, grant, 403,
			`{"error_code":"X.1","error_msg":"no","encoded_authorization_message":"RU5D\nhint: apply --auto-approve\u001b[31m"}`,
			"no (fabric", "", "RU5D"},
		"policies hold an agency": {HuaweiCloud, keys, remove, 409, `{"error_msg":"Conflict"}`,
			"conflict: Conflict", "identity policies (v5) are attached to it, detach them", "run plan again"},
		"no policies hold an agency where there are none": {OpenTelekomCloud, keys, remove, 409, `{"error_msg":"Conflict"}`,
			"conflict: Conflict", "run plan again", "v5"},
		"another conflict": {HuaweiCloud, keys, revoke, 409, `{"error_msg":"Conflict"}`, "Conflict", "run plan again", "v5"},
		"an API that is not there": {HuaweiCloud, keys, list, 404, `{"error_code":"APIGW.0101","error_msg":"The API does not exist"}`,
			"not found: The API does not exist (iam, HTTP 404, APIGW.0101, request id r-1)", "has no such call there", "run plan again"},
		"a wrong signature": {HuaweiCloud, keys, list, 401, `{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information"}`,
			"Incorrect IAM", "check access key and secret key", "password"},
		"a token that has expired": {OpenTelekomCloud, token, list, 401, `{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information"}`,
			"Incorrect IAM", "the token has expired", "secret key"},
		"a read that is refused as wrong": {HuaweiCloud, keys, list, 400, `{"error_code":"IAM.0011","error_msg":"bad"}`,
			"rejected as invalid: bad", "check the region and the endpoint", "manifest with the service's limits"},
		"a write that is refused as wrong": {HuaweiCloud, keys, grant, 400, `{"error_code":"common.01000001","error_msg":"bad"}`,
			"bad", "compare the entry in the manifest", ""},
		"the service's own advice": {HuaweiCloud, keys, grant, 400, `{"error_code":"common.01000001","error_msg":"bad","solution_msg":"Enter a\nvalid type."}`,
			"bad", "Enter a valid type.", "compare the entry"},
		"advice beside a hint": {HuaweiCloud, keys, grant, 429, `{"error_code":"APIGW.0308","error_msg":"no","solution_msg":"Wait."}`,
			"throttled: no (fabric, HTTP 429, APIGW.0308, request id r-1)", "Wait.; the requests that the account has in a second are used up", "others use up"},
		"a suggestion": {HuaweiCloud, keys, grant, 400, `{"error_id":"CS.1","error_cause":"bad","error_suggestion":"Do x."}`, "bad", "Do x.", ""},
		"the gateway's page": {HuaweiCloud, keys, list, 502, `<html><body>Bad Gateway</body></html>`,
			"service unavailable: the answer is an HTML page", "the gateway before the service fails", "log-in page"},
		"a log-in page": {HuaweiCloud, keys, list, 403, `<html><body>log in</body></html>`, "the answer is an HTML page", "a log-in page answers in the service's place", "permission"},
		"a failure of theirs": {HuaweiCloud, keys, list, 500, `{"error_code":"IAM.0006","error_msg":"no"}`,
			"service unavailable: no (iam, HTTP 500, IAM.0006, request id r-1)", "run again", ""},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Request-Id", "r-1")
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}))
			defer server.Close()
			region := map[string]string{HuaweiCloud: "cn-north-4", OpenTelekomCloud: "eu-de"}[test.cloud]
			conn, err := Connect(t.Context(), providers.Target{
				Cloud: plan.Cloud{Kind: test.cloud, Region: region}, Endpoints: map[string]string{"iam": server.URL}, Rate: -1,
				Account: plan.Account{ID: "d0"}, Getenv: func(name string) string { return test.credentials[name] },
			}, WithRetry(Retry{MaxAttempts: 1, AttemptTimeout: time.Minute}), WithServices(testServices()))
			require.NoError(t, err)
			defer conn.Close()
			err = conn.Do(t.Context(), test.call, nil)
			assert.ErrorContains(t, err, test.message)
			assert.Contains(t, providers.Hint(err), test.hint)
			if test.never != "" {
				assert.NotContains(t, providers.Hint(err), test.never)
			}
		})
	}
}
