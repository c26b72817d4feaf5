package huaweicloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/providers"
)

// maxAnswerBytes bounds an answer, and maxFailureBytes one that is no success; nothing is read beyond.
const (
	maxAnswerBytes  = 16 << 20
	maxFailureBytes = 1 << 20
)

// Do makes the call, repeats it where that is safe and promising, and decodes a JSON answer into out (nil: the answer
// is not looked at). It waits for the service's rate limit before each attempt.
//
// A failure is a [*providers.CallError] of the fitting kind. When ctx ends, the error wraps the context's own and no
// kind. 401 and 403 are never repeated: a few wrong signatures in a row lock the key. Only where a token is refused that
// we got ourselves is the call made once more, with a new one.
func (c *Connection) Do(ctx context.Context, call Call, out any) error {
	_, err := c.doWith(ctx, c.access.of(call.ProjectID), call, out)
	return err
}

// doWith is Do with passes of from; it returns the answer too.
func (c *Connection) doWith(ctx context.Context, from *issuer, call Call, out any) (answer, error) {
	path, err := call.path()
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", call.Operation, err)
	}
	body, err := call.encode()
	if err != nil {
		return answer{}, fmt.Errorf("%s: encode: %w", call.Operation, err)
	}
	base, err := c.endpoints.of(call.Service, call.Region)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", call.Operation, err)
	}
	o := outgoing{method: call.Method, base: base, path: path, query: call.Query, body: body, project: call.ProjectID, domain: from.domain}
	a, err := c.admitted(ctx, from, call, o)
	if err != nil || out == nil {
		return a, err
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		return answer{}, c.undecodable(call, a, err)
	}
	return a, nil
}

// admitted makes the call with a pass of from. A token that is refused is renewed once and the call made again, whatever
// it does: a call that is turned away at the door has done nothing. No code is asked for, because each gateway has its
// own for a token that is over. Tokens, unlike keys, are not locked by wrong attempts.
func (c *Connection) admitted(ctx context.Context, from *issuer, call Call, o outgoing) (answer, error) {
	if err := from.door.accepted(call); err != nil {
		return answer{}, err
	}
	p, err := from.get(ctx)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", call.Operation, err)
	}
	o.pass = p
	renewable := func(err error) bool { return refuses(err) && !p.token.IsZero() && from.renews() }
	a, err := c.persist(ctx, from.door, call, o, renewable)
	if refusal := err; renewable(refusal) && from.door.accepted(call) == nil {
		if o.pass, err = from.renewed(ctx, p); err != nil {
			if final(err) {
				from.door.remember(refusal)
			}
			return answer{}, fmt.Errorf("%s: renew the credentials: %w", call.Operation, err)
		}
		a, err = c.persist(ctx, from.door, call, o, func(error) bool { return false })
	}
	if err != nil {
		return answer{}, err
	}
	return a, nil
}

// outgoing is one attempt of a call, before it is signed.
type outgoing struct {
	method string
	base   *url.URL
	path   string // unescaped, beginning with a slash
	query  url.Values
	body   []byte
	// project is the id of the project to act in; "" acts in the account.
	project string
	// domain is the id of the account to act in, "" when it is not known yet: the key then says it.
	domain string
	pass   *pass
}

// answer is a success of the server.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// attempt sends once. After is how long the server asks us to wait, 0 when it does not say.
func (c *Connection) attempt(ctx context.Context, call Call, o outgoing) (a answer, after time.Duration, err error) {
	bounded, cancel := context.WithTimeout(ctx, c.retry.AttemptTimeout)
	defer cancel()
	request, err := c.request(bounded, call, o)
	if err != nil {
		return answer{}, 0, fmt.Errorf("%s: %w", call.Operation, err)
	}
	if call.Method != http.MethodGet && call.Method != http.MethodHead && !call.entrance {
		providers.Attempt(ctx)
	}
	response, err := c.client.Do(request)
	if err != nil {
		return answer{}, 0, c.noAnswer(ctx, bounded, call, err)
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		body, err := io.ReadAll(io.LimitReader(response.Body, maxFailureBytes+1))
		if ctx.Err() != nil {
			return answer{}, 0, c.noAnswer(ctx, bounded, call, err)
		}
		if err != nil || len(body) > maxFailureBytes {
			body = nil // the status decides: a refusal that breaks off must not be taken for bad luck, and repeated
		}
		after = retryAfter(response.Header, c.now())
		failed := c.secrets.failure(call, response.StatusCode, response.Header, body)
		advise(failed, response.Header, o.pass, c.now())
		return answer{}, after, failed
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	if err != nil {
		return answer{}, 0, c.noAnswer(ctx, bounded, call, fmt.Errorf("the answer breaks off: %w", err))
	}
	if len(body) > maxAnswerBytes {
		return answer{}, 0, c.endless(call, response)
	}
	return answer{status: response.StatusCode, header: response.Header, body: body}, 0, nil
}

// request builds and signs one attempt.
func (c *Connection) request(ctx context.Context, call Call, o outgoing) (*http.Request, error) {
	u := &url.URL{Scheme: o.base.Scheme, Host: o.base.Host, Path: o.path, RawPath: escapePath(o.path), RawQuery: encodeQuery(o.query)}
	request, err := http.NewRequestWithContext(ctx, o.method, u.String(), bytes.NewReader(o.body))
	if err != nil {
		return nil, err
	}
	if len(o.body) == 0 {
		request.Body, request.GetBody = nil, nil
	}
	if err := o.pass.authenticate(request, o, c.now()); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	maps.Copy(request.Header, call.header)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", c.userAgent)
	if call.Language != "" {
		request.Header.Set("X-Language", call.Language)
	}
	return request, nil
}

// noAnswer is the error of an attempt whose outcome is unknown.
func (c *Connection) noAnswer(ctx, bounded context.Context, call Call, err error) error {
	switch {
	case ctx.Err() != nil:
		return &providers.CallError{Operation: call.Operation, Service: call.Service, Cause: contextCause(ctx, ctx.Err())}
	case bounded.Err() != nil:
		// Not the caller's deadline, so it must not look like one to errors.Is.
		return &providers.CallError{
			Operation: call.Operation, Service: call.Service, Kind: providers.ErrUnavailable,
			Message: fmt.Sprintf("no answer within %s", c.retry.AttemptTimeout),
		}
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err // without the URL, which is known from the operation
	}
	return c.unreachable(call, err)
}

// contextCause keeps both why the context ended and the sentinel that callers test for.
func contextCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, err) {
		return fmt.Errorf("%w: %w", err, cause)
	}
	return err
}

// endless is the error of a success with more in it than the service ever sends. Like an answer that breaks off it does
// not tell what was done.
func (c *Connection) endless(call Call, response *http.Response) *providers.CallError {
	return &providers.CallError{
		Kind: providers.ErrUnavailable, Operation: call.Operation, Service: call.Service, Status: response.StatusCode,
		Message: fmt.Sprintf("the answer is larger than %d MB", maxAnswerBytes>>20), Hint: hintNotTheService,
		RequestID: c.secrets.requestID(response.Header),
	}
}

// undecodable is the error of a success that does not hold what was asked for.
func (c *Connection) undecodable(call Call, a answer, err error) error {
	message, hint := "the answer cannot be read: "+c.secrets.presentable(err.Error()), ""
	var noJSON *json.SyntaxError
	if errors.As(err, &noJSON) {
		hint = hintNotTheService
	}
	switch {
	case len(bytes.TrimSpace(a.body)) == 0:
		message = "the answer is empty"
	case looksLikeHTML(bytes.TrimSpace(a.body)):
		message = htmlPage + ", not data"
	}
	return &providers.CallError{
		Operation: call.Operation, Service: call.Service, Status: a.status, Message: message, Hint: hint,
		RequestID: c.secrets.requestID(a.header),
	}
}

// trace logs one attempt: how long it waited for its turn, and how long the server took. Queries and bodies are left
// out: they are long, and the operation says what it was.
func (c *Connection) trace(ctx context.Context, call Call, path string, number int, a answer, err error, waited, elapsed time.Duration) {
	if !c.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attributes := []slog.Attr{
		slog.String("service", call.Service), slog.String("operation", call.Operation), slog.String("method", call.Method),
		slog.String("path", path), slog.Int("attempt", number), slog.Duration("waited", waited), slog.Duration("elapsed", elapsed),
	}
	var failed *providers.CallError
	switch {
	case errors.As(err, &failed):
		attributes = append(attributes, slog.Int("status", failed.Status), slog.String("requestId", failed.RequestID), slog.String("error", failed.Error()))
	case err != nil:
		attributes = append(attributes, slog.String("error", err.Error()))
	default:
		attributes = append(attributes, slog.Int("status", a.status), slog.String("requestId", c.secrets.requestID(a.header)))
	}
	c.logger.LogAttrs(ctx, slog.LevelDebug, "call", attributes...)
}

func splitPath(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }
