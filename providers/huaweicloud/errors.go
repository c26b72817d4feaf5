package huaweicloud

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"syscall"
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

// noAnswer is the error of an attempt whose outcome is unknown.
func (c *Connection) noAnswer(ctx, bounded context.Context, call Call, err error) error {
	switch {
	case ctx.Err() != nil:
		return &providers.CallError{Operation: call.Operation, Service: call.Service, Cause: providers.ContextError(ctx, ctx.Err())}
	case bounded.Err() != nil:
		// Not the caller's deadline, so it must not look like one to errors.Is.
		return &providers.CallError{
			Operation: call.Operation, Service: call.Service, Kind: providers.ErrUnavailable,
			Message: fmt.Sprintf("no answer within %s", c.retry.AttemptTimeout),
		}
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err // leaves out the URL, which the operation implies
	}
	return c.unreachable(call, err)
}

// permanentError is the cause of a call without an answer that a retry would not get either.
type permanentError struct {
	text string
	// noHost: the vendor's host of the service does not exist.
	noHost bool
}

// Error returns the text.
func (p permanentError) Error() string { return p.text }

// unreachable is the error of a call that broke off on its way, with a hint.
func (c *Connection) unreachable(call Call, err error) *providers.CallError {
	e := &providers.CallError{Kind: providers.ErrUnavailable, Operation: call.Operation, Service: call.Service}
	e.Message = c.redactor.line(brokenOff(err))
	var refusal proxyRefusal
	var operation *net.OpError
	var host *net.DNSError
	var certificate *tls.CertificateVerificationError
	var timeout net.Error
	var noTLS tls.RecordHeaderError
	var noAgreement tls.AlertError
	switch {
	case errors.As(err, &refusal):
		e.Hint = "the proxy does not let the call through: check user, password and rules of HTTPS_PROXY, or except the host in NO_PROXY"
		if refusal == http.StatusProxyAuthRequired || refusal == http.StatusForbidden {
			e.Message, e.Cause = "", permanentError{text: e.Message}
		}
	case errors.As(err, &operation) && operation.Op == "proxyconnect":
		e.Hint = "the proxy of HTTPS_PROXY cannot be reached: check its address, or except the host in NO_PROXY"
	case errors.As(err, &host):
		c.unknownHost(e, call, host)
	case errors.As(err, &certificate):
		e.Message, e.Cause, e.Hint = "", permanentError{text: e.Message}, certificateHint(certificate.Err)
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &noTLS), errors.As(err, &noAgreement):
		e.Hint = "check the endpoint, its port, and what answers there: calls are made by https"
	case errors.Is(err, syscall.ECONNREFUSED) && operation != nil && isOwn(operation.Addr):
		e.Hint = "nothing listens there, on this machine: check the endpoint and its port, and start what serves it"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Hint = "nothing listens there: check the endpoint, and whether a proxy (HTTPS_PROXY) is needed"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		e.Hint = "there is no route to the service: check the network, and whether a proxy (HTTPS_PROXY) is needed"
	case errors.As(err, &timeout) && timeout.Timeout():
		e.Hint = "the service does not answer: check the network, its firewall, and whether a proxy (HTTPS_PROXY) is needed"
	}
	return e
}

// isOwn reports whether an address is one of this machine's, which is reached without a proxy.
func isOwn(at net.Addr) bool {
	tcp, is := at.(*net.TCPAddr)
	return is && tcp.IP.IsLoopback()
}

// brokenOff says in plain words why a call got no answer, or not a whole one.
func brokenOff(err error) string {
	if err == io.EOF {
		return "the connection was closed before an answer came"
	}
	text := providers.Words(err)
	for _, library := range []string{"http:", "http2:", "tls:", "x509:"} { // many of their errors have no type
		if strings.Contains(text, library) {
			return "the connection broke off, or what answers there does not speak HTTP"
		}
	}
	return text
}

// unknownHost completes the error of a failed look-up. The likeliest reason is a region that does not exist.
func (c *Connection) unknownHost(e *providers.CallError, call Call, host *net.DNSError) {
	e.Message = fmt.Sprintf("the host %s cannot be looked up", c.redactor.line(host.Name))
	e.Hint = "check the network, its name servers, and whether a proxy (HTTPS_PROXY) is needed"
	region := call.Region
	if region == "" {
		region = c.cloud.Region
	}
	found, err := c.endpoints.find(call.Service, region)
	vendor := err == nil && found.source == sourceVendor
	if vendor && c.endpoints.unknownRegion(region) {
		e.Message += fmt.Sprintf("; %s is no region of %s that we know of", region, c.Traits().Title)
		e.Hint = fmt.Sprintf("check the region; if it is new, say where the service is: --endpoint %s.%s=URL", call.Service, region)
	} else if err == nil && !vendor {
		e.Hint = "check the host, which was given by " + found.source
	}
	if host.IsNotFound {
		e.Message, e.Cause = "", permanentError{text: e.Message, noHost: vendor}
	}
}

func certificateHint(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return "if a proxy or a private cloud signs with a CA of its own, name its file: AGENCYCTL_CACERT=FILE"
	case errors.As(err, &name):
		return "the certificate is another host's: check the endpoint, or who answers in its place"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate is not valid at this time: check this machine's clock; if it is right, the server must renew it"
	}
	return "the server's certificate is refused: check the endpoint, or who answers in its place"
}

// tooLarge is the error of a success whose answer is larger than the service ever sends. As after an answer that breaks off,
// nobody knows what was done.
func (c *Connection) tooLarge(call Call, response *http.Response) *providers.CallError {
	return &providers.CallError{
		Kind: providers.ErrUnavailable, Operation: call.Operation, Service: call.Service, Status: response.StatusCode,
		Message: fmt.Sprintf("the answer is larger than %d MB", maxAnswerBytes>>20), Hint: hintNotTheService,
		RequestID: c.redactor.requestID(response.Header),
	}
}

// undecodable is the error of a success whose answer is not of the form of out. It names the call, the field and what was expected there.
func (c *Connection) undecodable(call Call, a answer, out any) error {
	path, _ := call.path()
	message, hint := fmt.Sprintf("the answer of %s %s is not as documented: ", call.Method, path), ""
	switch body := bytes.TrimSpace(a.body); {
	case len(body) == 0:
		message = "the answer is empty"
	case looksLikeHTML(body):
		message, hint = htmlPage+", not data", hintNotTheService
	case !json.Valid(body):
		message, hint = message+"it is not JSON, or it breaks off", hintNotTheService
	default:
		message += c.redactor.line(misfit(body, reflect.TypeOf(out)))
	}
	return &providers.CallError{
		Operation: call.Operation, Service: call.Service, Status: a.status, Message: message, Hint: cmp.Or(hint, hintUndocumented),
		RequestID: c.redactor.requestID(a.header),
	}
}
