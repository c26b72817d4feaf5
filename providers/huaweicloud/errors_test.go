package huaweicloud

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// known makes a redactor that knows secrets.
func known(texts ...string) *redactor {
	r := new(redactor)
	for _, text := range texts {
		r.learn(auth.NewSecret(text))
	}
	return r
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
			e := new(redactor).failure(Call{Operation: "o", Service: "iam"}, 400, http.Header{}, []byte(test.body))
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
		assert.Equal(t, want, parseRetryAfter(http.Header{"Retry-After": {text}}, now), text)
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

func TestWhatToDoAboutAnswers(t *testing.T) {
	now := time.Date(2031, 4, 5, 6, 7, 8, 0, time.UTC)
	for name, test := range map[string]struct {
		service    string
		status     int
		body, date string
		hint, text string
	}{
		"our clock is behind":      {"iam", 401, `{"error_code":"APIGW.0301","error_msg":"bad date"}`, "Sat, 05 Apr 2031 06:54:08 GMT", "set this machine's clock", "bad date; this machine's clock is 47m0s behind the server's"},
		"our clock is ahead":       {"iam", 401, ``, "Sat, 05 Apr 2031 05:07:08 GMT", "set this machine's clock", "denied: this machine's clock is 1h0m0s ahead of the server's"},
		"a clock that is good":     {"iam", 401, `{"error_code":"APIGW.0301","error_msg":"no"}`, "Sat, 05 Apr 2031 06:12:08 GMT", "check access key and secret key", "denied: no ("},
		"a clock is not a right":   {"iam", 403, `{"error_code":"IAM.0002","error_msg":"no"}`, "Sat, 05 Apr 2031 09:12:08 GMT", "lack the permission", "denied: no ("},
		"a locked key":             {"kms", 401, `{"error_code":"APIGW.0301","error_msg":"AK access failed to reach the limit,forbidden"}`, "", "wait five minutes", ""},
		"a locked user":            {"iam", 401, `{"error_code":"IAM.0061","error_msg":"no"}`, "", "wait five minutes", ""},
		"an expired token":         {"iam", 401, `{"error_code":"IAM.0066","error_msg":"no"}`, "", "the token has expired", ""},
		"a token of somebody else": {"iam", 401, `{"error":{"code":401,"message":"The X-Auth-Token is invalid!","title":"Unauthorized"}}`, "", "made for another account", ""},
		"an expired temporary key": {"iam", 400, `{"error_code":"IAM.1107","error_msg":"The security token has expired."}`, "", "the temporary key has expired", ""},
		"an access key in a 400":   {"iam", 400, `{"error_code":"IAM.1102","error_msg":"the access key is in the blacklist"}`, "", "switched off", ""},
		"no permission":            {"iam", 403, `{"error":{"code":403,"message":"You are not authorized to perform the requested action: identity:list_agencies"}}`, "", "and check X", ""},
		"no permission elsewhere":  {"fabric", 403, `{"error":{"code":"403","message":"no","title":"Forbidden"},"error_code":403,"error_msg":"no","title":"Forbidden"}`, "", "check the credentials", ""},
		"throttled":                {"iam", 429, `{"error_code":"IAM.0012","error_msg":"10 in 1s"}`, "", "lower --rate", ""},
		"throttled by the gateway": {"iam", 429, `{"error_code":"APIGW.0308","error_msg":"no"}`, "", "lower --rate", ""},
		"no such call":             {"fabric", 404, `{"error_code":"APIGW.0101","error_msg":"The API does not exist"}`, "", "the region and the endpoint", ""},
		"a redirect":               {"kms", 302, ``, "", "--endpoint kms=URL", ""},
		"a proxy's page":           {"kms", 502, `<html>`, "", "a log-in page", ""},
		"a conflict":               {"iam", 409, `{"error_msg":"the description may say: security token expired"}`, "", "run plan again", ""},
		"a failure of theirs":      {"iam", 500, `{"error_code":"IAM.0006","error_msg":"no"}`, "", "run again", ""},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"Date": {test.date}}
			e := new(redactor).failure(Call{Operation: "o", Service: test.service}, test.status, header, []byte(test.body))
			advise(e, header, auth.SchemeSignature, "check X", false, now)
			assert.Contains(t, providers.Hint(e), test.hint)
			assert.ErrorContains(t, e, test.text)
		})
	}
}

func TestWhatToDoAboutOtherCredentialsThanKeys(t *testing.T) {
	now := time.Date(2031, 4, 5, 6, 7, 8, 0, time.UTC)
	header := http.Header{"Date": {"Sat, 05 Apr 2031 12:00:00 GMT"}} // which a token and a password know nothing of
	for name, test := range map[string]struct {
		scheme auth.Scheme
		hint   string
	}{
		"a token":    {auth.SchemeToken, "get a new one"},
		"a password": {auth.SchemeNone, "check user, password and account"},
	} {
		t.Run(name, func(t *testing.T) {
			e := new(redactor).failure(Call{Operation: "o", Service: "iam"}, 401, header, []byte(`{"error_msg":"no"}`))
			advise(e, header, test.scheme, "", false, now)
			assert.Contains(t, providers.Hint(e), test.hint)
			assert.NotContains(t, e.Error(), "clock")
		})
	}
}

func TestWhatToDoWithoutAnAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		err        error
		region     string
		endpoints  map[string]string
		text, hint string
		attempts   int
	}{
		"an unknown region":           {&net.DNSError{Name: "kms.xx-new-1.myhuaweicloud.com", IsNotFound: true}, "xx-new-1", nil, "xx-new-1 is no region of Huawei Cloud that we know of", "--endpoint kms.xx-new-1=URL", 1},
		"a known region":              {&net.DNSError{Name: "kms.cn-north-4.myhuaweicloud.com", IsNotFound: true}, "", nil, "the host kms.cn-north-4.myhuaweicloud.com cannot be looked up", "name servers", 1},
		"a name server that is down":  {&net.DNSError{Name: "h", IsTemporary: true}, "", nil, "the host h cannot be looked up", "name servers", 3},
		"a host that was given":       {&net.DNSError{Name: "own.test", IsNotFound: true}, "", map[string]string{"kms": "https://own.test"}, "own.test", "which was given by --endpoint", 1},
		"no route":                    {&net.OpError{Op: "dial", Err: syscall.ENETUNREACH}, "", nil, "", "there is no route", 3},
		"no route to the host":        {&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, "", nil, "", "there is no route", 3},
		"refused":                     {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, "", nil, "", "nothing listens", 3},
		"silence":                     {&net.OpError{Op: "dial", Err: context.DeadlineExceeded}, "", nil, "", "does not answer", 3},
		"a strange authority":         {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "", nil, "signed by an authority that this machine does not trust", "AGENCYCTL_CACERT", 1},
		"a certificate out of date":   {&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, "", nil, "has expired or is not valid yet", "this machine's clock", 1},
		"a certificate for other use": {&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.IncompatibleUsage}}, "", nil, "is not valid for this use", "is refused", 1},
		"no TLS":                      {http.ErrSchemeMismatch, "", nil, "does not answer by TLS", "check the endpoint, its port", 3},
		"no agreement":                {tls.AlertError(40), "", nil, "agree on no way to encrypt", "check the endpoint, its port", 3},
		"a reset":                     {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, "", nil, "the connection was cut", "run again", 3},
		"an end":                      {io.EOF, "", nil, "closed before an answer came", "run again", 3},
		"an error without a type":     {errors.New("net/http: HTTP/1.x transport connection broken"), "", nil, "does not speak HTTP", "run again", 3},
		"a cut":                       {errors.New("connection reset"), "", nil, "connection reset", "run again", 3},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{auth.EnvAccessKey: "TESTAK", auth.EnvSecretKey: "TESTSECRET", auth.EnvDomainID: "d"}
			conn, err := Connect(t.Context(), providers.Target{
				Cloud: plan.Cloud{Kind: HuaweiCloud, Region: "cn-north-4"}, Endpoints: test.endpoints, Rate: -1,
				Getenv: func(name string) string { return env[name] },
			}, WithRetry(Retry{BaseDelay: 1, MaxDelay: 1, MaxAttempts: 3, MaxElapsed: time.Minute, AttemptTimeout: time.Minute}), WithServices(testServices()))
			require.NoError(t, err)
			defer conn.Close()
			attempts := 0
			conn.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
				attempts++
				return nil, test.err
			}
			call := Get("kms", "read", nil, "v1")
			call.Region = test.region
			err = conn.Do(t.Context(), call, nil)
			require.ErrorIs(t, err, providers.ErrUnavailable)
			assert.ErrorContains(t, err, test.text)
			assert.Contains(t, providers.Hint(err), test.hint)
			assert.Equal(t, test.attempts, attempts)
			assert.Equal(t, name == "an unknown region" || name == "a known region", IsNotOffered(err),
				"only a host of the vendor's that does not exist says so")
		})
	}
}
