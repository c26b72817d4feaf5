package huaweicloud

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// maxAnswerBytes bounds a successful answer, and maxFailureBytes any other; nothing is read beyond.
const (
	maxAnswerBytes  = 16 << 20
	maxFailureBytes = 1 << 20
)

// Do makes the call, retries it where that is safe and may help, and decodes a JSON answer into out (nil: the answer is
// ignored). It waits for the service's rate limit before each attempt.
//
// A failure is a [*providers.CallError] of the fitting kind; one without a kind is a success that tells an error, or cannot be
// read. When ctx ends, the error wraps the context's own and no kind. 401 and 403 are never retried: a few wrong signatures in a
// row lock the key. The exception is a refused token that we got ourselves: the call is made once more, with a new one.
func (c *Connection) Do(ctx context.Context, call Call, out any) error {
	if c.recorded != nil {
		return fmt.Errorf("%s: %w", call.Operation, errNoCalls)
	}
	_, err := c.do(ctx, call, c.auth.Source(call.ProjectID), out)
	return err
}

// doForAuth makes a call of the authenticator.
func (c *Connection) doForAuth(ctx context.Context, source *auth.TokenSource, r auth.Request, out any) (auth.Response, error) {
	a, err := c.do(ctx, Call{
		Service: r.Service, Operation: r.Operation, Method: r.Method, Path: r.Path, Query: r.Query, Body: r.Body,
		Repeatable: true, header: r.Header,
	}, source, out)
	return auth.Response{Status: a.status, Header: a.header}, err
}

// answer is a success of the server.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do is Do with a credential of source; it returns the answer too.
func (c *Connection) do(ctx context.Context, call Call, source *auth.TokenSource, out any) (answer, error) {
	o, err := c.encode(call)
	if err != nil {
		return answer{}, err
	}
	o.source = source
	a, err := c.doAuthenticated(ctx, o)
	if err != nil || out == nil {
		return a, err
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		return answer{}, c.undecodable(call, a, out)
	}
	return a, nil
}

// doAuthenticated makes the call with a credential of its source. A renewable token that is refused is renewed once and the
// call made again, even a write: a refused call has done nothing. The error code does not matter, because each gateway has
// its own for an expired token. Where a service has one status for that and for a missing permission, both cost a renewal.
func (c *Connection) doAuthenticated(ctx context.Context, o outgoing) (answer, error) {
	err := o.source.Guard.Check(o.Operation, o.Service)
	if err != nil {
		return answer{}, err
	}
	if o.credential, err = o.source.Credential(ctx); err != nil {
		return answer{}, fmt.Errorf("%s: %w", o.Operation, err)
	}
	o.renewable = o.source.Renewable(o.credential)
	a, err := c.doWithRetry(ctx, o)
	host, _ := c.endpoints.hosts.named(o.Service)
	refused := auth.Refused(err) || host.TokenDenied && errors.Is(err, providers.ErrDenied)
	if !o.renewable || !refused || o.source.Guard.Check(o.Operation, o.Service) != nil {
		return a, err
	}
	if o.credential, err = o.source.Renew(ctx, o.credential, err); err != nil {
		return answer{}, fmt.Errorf("%s: renew the credentials: %w", o.Operation, err)
	}
	o.renewable = false
	return c.doWithRetry(ctx, o)
}

// send sends a call once. retryAfter is the wait that the server asks for, 0 for none.
func (c *Connection) send(ctx context.Context, o outgoing) (a answer, retryAfter time.Duration, err error) {
	bounded, cancel := context.WithTimeout(ctx, c.retry.AttemptTimeout)
	defer cancel()
	request, err := c.newRequest(bounded, o)
	if err != nil {
		return answer{}, 0, fmt.Errorf("%s: %w", o.Operation, err)
	}
	if !o.reads() && !o.Attempts.Add() {
		return answer{}, 0, &providers.CallError{Operation: o.Operation, Service: o.Service, Cause: context.Canceled}
	}
	response, err := c.client.Do(request)
	if err != nil {
		return answer{}, 0, c.noAnswer(ctx, bounded, o.Call, err)
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		body, err := io.ReadAll(io.LimitReader(response.Body, maxFailureBytes+1))
		if ctx.Err() != nil {
			return answer{}, 0, c.noAnswer(ctx, bounded, o.Call, err)
		}
		if err != nil || len(body) > maxFailureBytes {
			body = nil // the status decides: a refusal whose body breaks off must not be retried as a network failure
		}
		failed := c.redactor.failure(o.Call, response.StatusCode, response.Header, body)
		advise(failed, response.Header, o.credential.Scheme(), o.source.Advice(), o.reads() && o.source.Guard.Verified(), c.now())
		c.explain(failed, o.Call, body)
		return answer{}, parseRetryAfter(response.Header, c.now()), failed
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	if err != nil {
		return answer{}, 0, c.noAnswer(ctx, bounded, o.Call, fmt.Errorf("the answer breaks off: %w", err))
	}
	if len(body) > maxAnswerBytes {
		return answer{}, 0, c.tooLarge(o.Call, response)
	}
	a = answer{status: response.StatusCode, header: response.Header, body: body}
	if failed := c.redactor.failureInside(o.Call, a); failed != nil {
		return answer{}, 0, failed
	}
	return a, 0, nil
}

// newRequest builds and signs one attempt. Each is signed afresh, because the signature holds for minutes only.
func (c *Connection) newRequest(ctx context.Context, o outgoing) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, o.Method, o.url.String(), bytes.NewReader(o.body))
	if err != nil {
		return nil, err
	}
	if len(o.body) == 0 {
		request.Body, request.GetBody = nil, nil
	}
	if err := o.credential.Authenticate(request, o.body, o.source.AccountID, o.ProjectID, c.now()); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	maps.Copy(request.Header, o.header)
	host, _ := c.endpoints.hosts.named(o.Service)
	request.Header.Set("Content-Type", cmp.Or(host.ContentType, "application/json"))
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", c.userAgent)
	if o.Language != "" {
		request.Header.Set("X-Language", o.Language)
	}
	return request, nil
}
