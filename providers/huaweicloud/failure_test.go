package huaweicloud

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// known makes secrets.
func known(texts ...string) *secrets {
	s := new(secrets)
	for _, text := range texts {
		s.learn(auth.NewSecret(text))
	}
	return s
}

func TestErrorBodiesOfAllShapes(t *testing.T) {
	for name, test := range map[string]struct{ body, code, message string }{
		"a number as code":        {`{"error":{"message":"Could not find role: 7c21","code":404,"title":"Not Found"}}`, "404", "Could not find role: 7c21"},
		"keys that are null":      {`{"error":{"code":409,"error_code":null,"error_msg":null,"message":"Duplicate entry","title":"Conflict"}}`, "409", "Duplicate entry"},
		"flat":                    {`{"error_code":"IAM.0004","error_msg":"Could not find agency: 5a1e"}`, "IAM.0004", "Could not find agency: 5a1e"},
		"a text as code":          {`{"error":{"code":"IAM.0072","message":"'name' is a required property"}}`, "IAM.0072", "'name' is a required property"},
		"code and message":        {`{"code":"SecMaster.1","message":"no"}`, "SecMaster.1", "no"},
		"both, the flat a number": {`{"error":{"code":"X.403","message":"inner","title":"F"},"error_code":403,"error_msg":"outer","title":"F"}`, "X.403", "outer"},
		"a description":           {`{"error_code":"CBH.1","error_description":"no"}`, "CBH.1", "no"},
		"a number and words":      {`{"error_code":400,"description":"bad"}`, "400", "bad"},
		"a cause":                 {`{"error_id":"CS.24002","error_name":"n","error_cause":"c","error_suggestion":"s","error_time":1574837373064}`, "CS.24002", "c"},
		"details alone":           {`{"details":[{"error_code":"WAF.1","error_msg":"no"},{}]}`, "WAF.1", "no"},
		"details beside":          {`{"error_code":"WAF.1","error_msg":"outer","details":[{"error_code":"WAF.2","error_msg":"inner"}]}`, "WAF.1", "outer"},
		"details of another form": {`{"error_code":"WAF.1","details":"text"}`, "WAF.1", ""},
		"the same number twice":   {`{"error":{"code":"403","message":"no","title":"Forbidden"},"error_code":403,"error_msg":"no","title":"Forbidden"}`, "403", "no"},
		"a title alone":           {`{"error":{"title":"Forbidden"}}`, "", "Forbidden"},
		"an error that is text":   {`{"error":"nope"}`, "", "nope"},
		"empty":                   {"", "", ""},
		"white space":             {" \n", "", ""},
		"HTML":                    {"<!DOCTYPE html><html><body>Bad Gateway</body></html>", "", "the answer is an HTML page"},
		"plain text":              {"upstream connect\nerror\x1b[31m", "", "upstream connect error [31m"},
		"a list":                  {`["x"]`, "", `["x"]`},
		"an unknown object":       {`{"x":1}`, "", `{"x":1}`},
		"long text is cut":        {strings.Repeat("é", 1000), "", strings.Repeat("é", maxMessageRunes) + "..."},
		"a code that is none":     {`{"error_code":"` + strings.Repeat("x", 100) + `","error_msg":"m"}`, "", "m"},
		"not closed":              {`{"error":{`, "", `{"error":{`},
	} {
		t.Run(name, func(t *testing.T) {
			e := new(secrets).failure(Call{Operation: "o", Service: "iam"}, 400, http.Header{}, []byte(test.body))
			assert.Equal(t, test.code, e.Code)
			assert.Equal(t, test.message, e.Message)
		})
	}
}

func TestStatusDecidesTheKind(t *testing.T) {
	for status, kind := range map[int]error{
		301: nil, 400: providers.ErrInvalid, 401: providers.ErrDenied, 403: providers.ErrDenied, 404: providers.ErrNotFound,
		405: providers.ErrInvalid, 408: providers.ErrUnavailable, 409: providers.ErrConflict, 410: providers.ErrUnavailable, 429: providers.ErrThrottled,
		500: providers.ErrUnavailable, 502: providers.ErrUnavailable, 503: providers.ErrUnavailable, 504: providers.ErrUnavailable,
	} {
		assert.Equal(t, kind, kindOf(status), status)
	}
}

func TestSecretsAreTakenOutOfTexts(t *testing.T) {
	c := known("AKAKAK", "SKSKSK", "TOKTOK")
	e := c.failure(Call{Operation: "o"}, 401, http.Header{"X-Request-Id": {"r SKSKSK"}},
		[]byte(`{"error_code":"APIGW.0301","error_msg":"Incorrect: Access=AKAKAK, Signature=0123456789abcdef, key SKSKSK, token TOKTOK"}`))
	text := e.Error()
	for _, secret := range []string{"AKAKAK", "SKSKSK", "TOKTOK", "0123456789abcdef"} {
		assert.NotContains(t, text, secret)
	}
	assert.Contains(t, text, "APIGW.0301")
	e = c.failure(Call{}, 500, http.Header{}, []byte(strings.Repeat("x", maxMessageRunes-3)+"SKSKSK"))
	assert.NotContains(t, e.Message, "SKS", "a secret at the cut leaves nothing behind")
}

func TestRetryAfterInBothForms(t *testing.T) {
	now := time.Date(2031, 4, 5, 6, 7, 8, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "3": 3 * time.Second, "-1": 0, "x": 0, "99999999999999999999": 0,
		"Sat, 05 Apr 2031 06:07:18 GMT": 10 * time.Second, "Sat, 05 Apr 2031 06:07:00 GMT": 0,
	} {
		assert.Equal(t, want, retryAfter(http.Header{"Retry-After": {text}}, now), text)
	}
}

func TestALongTokenThatIsEchoedDoesNotShow(t *testing.T) {
	token := strings.Repeat("MIIToken", 800)
	c := known("AKAKAK", "SKSKSK", token)
	for _, body := range []string{"you sent " + token, `{"x":"` + token + `"}`, `{"error_msg":"` + token + `"}`} {
		err := c.failure(Call{Operation: "read"}, http.StatusBadRequest, http.Header{}, []byte(body))
		assert.NotContains(t, err.Error(), "MIIToken")
	}
}
