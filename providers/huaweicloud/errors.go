package huaweicloud

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

const (
	// htmlPage is the message in place of an HTML page.
	htmlPage = auth.HTMLPage
	// maxCodeBytes bounds an error code: a longer text is no code.
	maxCodeBytes = 64
	// maxSkew is how far our clock may be off the server's before a refusal is explained by it. The cloud refuses a date that
	// is about fifteen minutes off, and the answer was some seconds on its way.
	maxSkew = 14 * time.Minute

	// codeNoSuchAPI is the gateway's: no service answers there, or it has no such call.
	codeNoSuchAPI = "APIGW.0101"
	// codeDeniedByPolicy is that of the policy-based IAM (v5).
	codeDeniedByPolicy = "PAP5.0001"

	hintToken         = "the token has expired or was made for another account or region: get a new one"
	hintUndocumented  = "the service has changed, or another answers in its place: check the endpoint, and report this with the request id"
	hintNotTheService = "a proxy or a log-in page answers in the service's place: check the endpoint and HTTPS_PROXY"
)

// failure turns an answer that is no success into an error. Only this function and its helpers know the vendors' error bodies.
func (r *redactor) failure(call Call, status int, header http.Header, body []byte) *providers.CallError {
	e := &providers.CallError{
		Kind:      kindOf(status),
		Operation: call.Operation,
		Service:   call.Service,
		Status:    status,
		RequestID: r.requestID(header),
	}
	e.Code, e.Message = decodeFailure(body)
	e.Code = r.line(e.Code)
	e.Message = r.line(e.Message)
	if status >= 300 && status < 400 {
		e.Message = "the server redirects elsewhere, which is not followed"
	}
	return e
}

// kindOf returns the kind of error that an HTTP status means.
func kindOf(status int) error {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return providers.ErrDenied
	case status == http.StatusNotFound:
		return providers.ErrNotFound
	case status == http.StatusConflict:
		return providers.ErrConflict
	case status == http.StatusTooManyRequests:
		return providers.ErrThrottled
	case status == http.StatusRequestTimeout || status == http.StatusGone || status >= 500:
		// IAM answers 410 during a fail-over of its own; it does not mean that something is gone. 408 comes from a server that
		// gave up: like after 5xx nobody knows what was done.
		return providers.ErrUnavailable
	case status >= 400:
		return providers.ErrInvalid
	}
	return nil
}

// decodeFailure finds code and message in an error body of any known form:
//
//	{"error":{"message":"...","code":404,"title":"Not Found"}}     code a number or a text
//	{"error":{"code":409,"error_code":null,"error_msg":null,"message":"..."}}
//	{"error_code":"IAM.0004","error_msg":"..."}
//	{"code":"...","message":"..."}
//	{"error_code":"...","error_description":"..."}
//	{"error_id":"CS.24002","error_name":"...","error_cause":"..."}
//	{"details":[{"error_code":"...","error_msg":"..."}]}            alone or beside one of the others, which then win
//
// A body of another form is the message itself; HTML is replaced by a short text.
func decodeFailure(body []byte) (code, message string) {
	trimmed := bytes.TrimSpace(body)
	if len(trimmed) == 0 {
		return "", ""
	}
	var outer map[string]json.RawMessage
	if json.Unmarshal(trimmed, &outer) != nil {
		if looksLikeHTML(trimmed) {
			return "", htmlPage
		}
		return "", string(trimmed)
	}
	code = firstText(outer, "error_code", "errCode", "code", "error_id")
	message = firstText(outer,
		"error_msg", "errMsg", "message", "error_description", "description", "error_cause", "error_name", "error_detail")
	var inner map[string]json.RawMessage
	if json.Unmarshal(outer["error"], &inner) == nil {
		if c := firstText(inner, "error_code", "code"); code == "" || isNumber(code) && !isNumber(c) && c != "" {
			code = c
		}
		if message == "" {
			message = firstText(inner, "message", "error_msg", "title")
		}
	} else if message == "" {
		message = firstText(outer, "error")
	}
	var details []map[string]json.RawMessage
	if json.Unmarshal(outer["details"], &details) == nil && len(details) > 0 {
		if code == "" {
			code = firstText(details[0], "error_code", "code")
		}
		if message == "" {
			message = firstText(details[0], "error_msg", "message")
		}
	}
	if message == "" && code == "" {
		message = string(trimmed)
	}
	if len(code) > maxCodeBytes {
		code = ""
	}
	return code, message
}

// failureInside returns the error that the body of a success tells, nil for none: beside an empty list it would else pass for
// "nothing is there". It has no kind, so that no code in it can mean "not found".
func (r *redactor) failureInside(call Call, a answer) *providers.CallError {
	var outer map[string]json.RawMessage
	if !bytes.Contains(a.body, []byte(`"err`)) && !bytes.Contains(a.body, []byte(`"code"`)) || json.Unmarshal(a.body, &outer) != nil {
		return nil
	}
	told := slices.ContainsFunc(errorKeys, func(key string) bool { return tellsFailure(outer[key]) })
	if !told && !(tellsFailure(outer["code"]) && firstText(outer, "message") != "") {
		return nil
	}
	e := r.failure(call, a.status, a.header, a.body)
	e.Kind = nil
	e.Message = strings.TrimSuffix("the answer holds an error: "+e.Message, ": ")
	advice, _ := adviceIn(a.body)
	e.Hint = r.line(advice)
	return e
}

// errorKeys are those that only an error has, in every form that decodeFailure knows.
var errorKeys = []string{"error", "errors", "error_code", "error_msg", "errCode", "errMsg", "error_id", "error_description"}

// tellsFailure reports whether the value of such a key means an error. Empty values, zero and the codes of successes do not.
func tellsFailure(raw json.RawMessage) bool {
	switch text := strings.ToLower(strings.Trim(string(raw), `"`)); text {
	case "", "null", "false", "{}", "[]", "ok", "success":
		return false
	default:
		return strings.Trim(text, "0.") != "" && (len(text) != 3 || text[0] != '2' || !isNumber(text))
	}
}

// firstText returns the first value of the keys that is a text or a number, "" for none.
func firstText(object map[string]json.RawMessage, keys ...string) string {
	for _, key := range keys {
		raw, ok := object[key]
		if !ok {
			continue
		}
		var text string
		if json.Unmarshal(raw, &text) == nil && text != "" {
			return text
		}
		var number json.Number
		if json.Unmarshal(raw, &number) == nil && number != "" {
			return number.String()
		}
	}
	return ""
}

func isNumber(code string) bool { return code != "" && strings.Trim(code, "0123456789") == "" }

func looksLikeHTML(body []byte) bool {
	start := bytes.ToLower(body[:min(len(body), 256)])
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.Contains(start, []byte("<html"))
}

// requestID returns the id by which the vendor finds the call, "" for none.
func (r *redactor) requestID(header http.Header) string {
	for _, name := range []string{"X-Request-Id", "X-Iam-Trace-Id"} {
		if id := r.line(header.Get(name)); id != "" {
			if len(id) > maxCodeBytes {
				id = strings.ToValidUTF8(id[:maxCodeBytes], "")
			}
			return id
		}
	}
	return ""
}

// advise adds a hint to a failure, and a wrong clock to its message. One code has several reasons, so the vendor's words
// count too: a wrong guess costs a misleading hint. scheme is that of the call's credential, and check what its source says is to be
// checked, "" for nothing. placed says that a refusal by 401 is about what the call reads; see [RefusesPlace].
func advise(e *providers.CallError, header http.Header, scheme auth.Scheme, check string, placed bool, now time.Time) {
	words := strings.ToLower(e.Message)
	has := func(all ...string) bool {
		if e.Status != http.StatusBadRequest && kindOf(e.Status) != providers.ErrDenied {
			return false // the words are not about the credential
		}
		for _, word := range all {
			if !strings.Contains(words, word) {
				return false
			}
		}
		return true
	}
	skew, off := clockSkew(header, now)
	signed := scheme == auth.SchemeSignature // only signatures carry our time
	switch {
	case e.Status == http.StatusUnauthorized && signed && off:
		e.Message = strings.TrimPrefix(fmt.Sprintf("%s; this machine's clock is %s the server's", e.Message, skew), "; ")
		e.Hint = "set this machine's clock right: requests carry their time, and one that is 15 minutes off is refused"
	case has("reach the limit"), e.Code == "IAM.0061", has(" locked"):
		e.Hint = "the access key or user is locked after wrong attempts: wait five minutes, and check the secret before trying again"
	case has("expire", "security", "token"), has("expire", "securitytoken"):
		e.Hint = "the temporary key has expired: get a new one, and set access key, secret key and security token together"
	case e.Code == "IAM.0066", e.Code == "IAM.0067", has("token", "expire"), has("x-auth-token", "invalid"):
		e.Hint = hintToken
	case has("access key", "expire"), has("access key", "inactive"), has("access key", "blacklist"):
		e.Hint = "the access key is switched off: enable it or make a new one in the console"
	case e.Status == http.StatusUnauthorized && placed:
		e.Cause, e.Hint = errPlace, hintPlace
	case e.Status == http.StatusUnauthorized && scheme == auth.SchemeToken:
		e.Hint = hintToken
	case e.Status == http.StatusUnauthorized && !signed:
		e.Hint = "check user, password and account: a few wrong passwords in a row lock the user"
	case e.Status == http.StatusUnauthorized:
		e.Hint = "check access key and secret key, and with a temporary key also its security token"
	case scheme == auth.SchemeNone && check != "" && (e.Status == http.StatusForbidden || e.Status == http.StatusNotFound):
		e.Hint = check // a token was asked for, in an account that is wrong
	case e.Status == http.StatusForbidden && e.Service == ServiceIAM:
		e.Hint = "the credentials are good and lack the permission: grant it (or Security Administrator)"
		if check != "" {
			e.Hint += ", and " + check
		}
	case e.Code == codeNoSuchAPI:
		e.Hint = "the service is not there, or has no such call there: check cloud.kind, the region and the endpoint"
	case e.Status >= 300 && e.Status < 400:
		e.Hint = "give the address that serves the calls: --endpoint " + e.Service + "=URL"
	case e.Message == htmlPage:
		e.Hint = hintNotTheService
	case e.Status == http.StatusTooManyRequests:
		e.Hint = "the requests that the account has in a second are used up, by this run or by others: run again later, or lower --rate for good"
	}
}

// clockSkew returns how far our clock is from the answer's date, in words that go before "the server's". off is false where
// the difference is too small for a refusal, or the answer has no date.
func clockSkew(header http.Header, now time.Time) (words string, off bool) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return "", false
	}
	ahead := now.Sub(date).Round(time.Second)
	if ahead.Abs() < maxSkew {
		return "", false
	}
	if ahead > 0 {
		return ahead.String() + " ahead of", true
	}
	return (-ahead).String() + " behind", true
}
