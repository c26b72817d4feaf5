package huaweicloud_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const domain = "d0a1b2c3d4e5f60718293a4b5c6d7e8f"

func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

var keys = map[string]string{
	auth.EnvAccessKey: "TESTAK", auth.EnvSecretKey: "TESTSECRET", auth.EnvDomainID: domain,
}

// quick repeats like production, without the waiting.
func quick() huaweicloud.Retry {
	r := huaweicloud.DefaultRetry()
	r.BaseDelay, r.MaxDelay, r.MaxRetryAfter = time.Millisecond, time.Millisecond, time.Millisecond
	return r
}

func connect(t *testing.T, handler http.Handler, options ...huaweicloud.Option) *huaweicloud.Connection {
	t.Helper()
	server := httptest.NewServer(handler)
	conn, err := huaweicloud.Connect(t.Context(), providers.Target{
		Cloud:     plan.Cloud{Kind: huaweicloud.HuaweiCloud, Region: "cn-north-4"},
		Endpoints: map[string]string{"iam": server.URL},
		Rate:      -1,
		Getenv:    environment(keys),
	}, append([]huaweicloud.Option{huaweicloud.WithRetry(quick()), huaweicloud.WithVersion("1.2.3")}, options...)...)
	require.NoError(t, err)
	t.Cleanup(func() {
		conn.Close()
		server.Close()
	})
	return conn
}

func TestCredentialsAreAskedForByName(t *testing.T) {
	for name, test := range map[string]struct {
		env     map[string]string
		account plan.Account
		want    []string
	}{
		"nothing":        {map[string]string{"AGENCYCTL_METADATA": "off"}, plan.Account{}, []string{auth.EnvAccessKey, auth.EnvSecretKey}},
		"no secret":      {map[string]string{auth.EnvAccessKey: "VALUE", auth.EnvDomainID: domain}, plan.Account{}, []string{auth.EnvSecretKey}},
		"a line feed":    {map[string]string{auth.EnvAccessKey: "VALUE", auth.EnvSecretKey: "VALUE\n", auth.EnvDomainID: domain}, plan.Account{}, []string{auth.EnvSecretKey}},
		"a bad id":       {map[string]string{auth.EnvAccessKey: "VALUE", auth.EnvSecretKey: "VALUE", auth.EnvDomainID: "VALUE/.."}, plan.Account{}, []string{auth.EnvDomainID}},
		"id by manifest": {map[string]string{auth.EnvAccessKey: "VALUE", auth.EnvSecretKey: "VALUE"}, plan.Account{ID: domain}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := huaweicloud.Connect(t.Context(), providers.Target{Account: test.account, Cloud: plan.Cloud{Kind: huaweicloud.HuaweiCloud}, Getenv: environment(test.env)})
			if test.want == nil {
				require.NoError(t, err)
				assert.Equal(t, domain, conn.DomainID())
				conn.Close()
				return
			}
			require.ErrorIs(t, err, auth.ErrNoCredentials)
			assert.NotContains(t, err.Error(), "VALUE")
			for _, variable := range test.want {
				assert.ErrorContains(t, err, variable)
			}
		})
	}
}

func TestACallCarriesWhatTheCloudNeeds(t *testing.T) {
	var got *http.Request
	var body []byte
	conn := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		fmt.Fprint(w, `{"x":1}`)
	}))
	var out struct{ X int }
	call := huaweicloud.Call{
		Service: "iam", Operation: "test", Method: http.MethodDelete, Path: []string{"v3", "a b"}, Query: url.Values{"q": {"c d"}},
		Body: map[string]string{"k": "<&>"}, Repeatable: true,
	}
	require.NoError(t, conn.Do(t.Context(), call, &out))
	assert.Equal(t, 1, out.X)
	assert.Equal(t, "/v3/a%20b?q=c%20d", got.RequestURI)
	assert.Equal(t, `{"k":"<&>"}`, string(body), "a DELETE may have a body")
	assert.Equal(t, domain, got.Header.Get("X-Domain-Id"))
	assert.Equal(t, "agencyctl/1.2.3", got.Header.Get("User-Agent"))
	assert.Equal(t, "application/json;charset=utf8", got.Header.Get("Content-Type"), "as IAM documents it")
	assert.Contains(t, got.Header.Get("Authorization"), "SDK-HMAC-SHA256 Access=TESTAK, SignedHeaders=host;x-domain-id;x-sdk-date, Signature=")
}

func TestWhatIsRepeated(t *testing.T) {
	get := huaweicloud.Get("iam", "read", nil, "v3", "x")
	post := huaweicloud.Call{Service: "iam", Operation: "create", Method: http.MethodPost, Path: []string{"v3", "x"}}
	for name, test := range map[string]struct {
		call     huaweicloud.Call
		status   int
		attempts int32
		kind     error
	}{
		"a read after 500":      {get, 500, 5, providers.ErrUnavailable},
		"a read after 502":      {get, 502, 5, providers.ErrUnavailable},
		"a read after 503":      {get, 503, 5, providers.ErrUnavailable},
		"a read after 504":      {get, 504, 5, providers.ErrUnavailable},
		"a read after 429":      {get, 429, 10, providers.ErrThrottled},
		"never after 401":       {get, 401, 1, providers.ErrDenied},
		"never after 403":       {get, 403, 1, providers.ErrDenied},
		"never after 404":       {get, 404, 1, providers.ErrNotFound},
		"never after 501":       {get, 501, 1, providers.ErrUnavailable},
		"never a redirect":      {get, 302, 1, nil},
		"no create after 500":   {post, 500, 1, providers.ErrUnavailable},
		"a create turned away":  {post, 429, 10, providers.ErrThrottled},
		"no create after a cut": {post, 0, 1, providers.ErrUnavailable},
		"a read after a cut":    {get, 0, 5, providers.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			var attempts atomic.Int32
			conn := connect(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				attempts.Add(1)
				w.Header().Set("Location", "https://elsewhere.test/")
				w.Header().Set("X-Request-Id", "req-1")
				w.Header().Set("Retry-After", "3600")
				if test.status == 0 {
					w.Header().Set("Content-Length", "100")
					fmt.Fprint(w, "{")
					return
				}
				w.WriteHeader(test.status)
			}))
			test.call.Attempts = &providers.Attempts{}
			err := conn.Do(t.Context(), test.call, &struct{}{})
			var failed *providers.CallError
			require.ErrorAs(t, err, &failed)
			assert.Equal(t, test.kind, failed.Kind)
			assert.Equal(t, test.attempts, attempts.Load())
			if test.call.Method == http.MethodGet {
				assert.Zero(t, test.call.Attempts.Count(), "only writes count as attempts of a change")
			} else {
				assert.Equal(t, int(test.attempts), test.call.Attempts.Count())
			}
			if test.status != 0 {
				assert.Equal(t, "req-1", failed.RequestID)
				assert.Equal(t, test.status, failed.Status)
			}
		})
	}
}

func TestARepeatedCallIsSignedAfresh(t *testing.T) {
	var dates []string
	now := time.Date(2031, 4, 5, 6, 7, 8, 0, time.UTC)
	conn := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dates = append(dates, r.Header.Get("X-Sdk-Date"))
		if len(dates) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "{}")
	}), huaweicloud.WithClock(func() time.Time {
		now = now.Add(time.Minute)
		return now
	}))
	require.NoError(t, conn.Do(t.Context(), huaweicloud.Get("iam", "read", nil, "v3"), &struct{}{}))
	require.Len(t, dates, 2)
	assert.NotEqual(t, dates[0], dates[1])
}

func TestAnswersThatAreNoData(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"empty":     {"", "the answer is empty"},
		"HTML":      {"<html><body>log in</body></html>", "HTML page"},
		"no JSON":   {"{", "the answer of GET /v3 is not as documented: it is not JSON, or it breaks off"},
		"too large": {`"` + strings.Repeat("x", 16<<20) + `"`, "larger than"},
		"too deep":  {strings.Repeat("[", 20000), "it is not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			conn := connect(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, test.body) }))
			var out any
			err := conn.Do(t.Context(), huaweicloud.Get("iam", "read things", nil, "v3"), &out)
			require.ErrorContains(t, err, test.want)
			assert.ErrorContains(t, err, "read things")
			var failed *providers.CallError
			assert.ErrorAs(t, err, &failed)
		})
	}
}

func TestARunningCallEndsWithItsContext(t *testing.T) {
	arrived := make(chan struct{})
	conn := connect(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	err := conn.Do(ctx, huaweicloud.Get("iam", "read", nil, "v3"), nil)
	require.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, err, providers.ErrUnavailable)
}

func TestASilentServerIsGivenUp(t *testing.T) {
	retry := quick()
	retry.AttemptTimeout, retry.MaxAttempts = 20*time.Millisecond, 2
	conn := connect(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), huaweicloud.WithRetry(retry))
	err := conn.Do(t.Context(), huaweicloud.Get("iam", "read", nil, "v3"), nil)
	require.ErrorIs(t, err, providers.ErrUnavailable)
	assert.NotErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorContains(t, err, "no answer within 20ms")
}

func TestWaitingForARepeatEndsWithTheContext(t *testing.T) {
	retry := huaweicloud.DefaultRetry()
	retry.BaseDelay, retry.MaxDelay = time.Minute, time.Minute
	arrived := make(chan struct{}, 1)
	conn := connect(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		arrived <- struct{}{}
	}), huaweicloud.WithRetry(retry))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	require.ErrorIs(t, conn.Do(ctx, huaweicloud.Get("iam", "read", nil, "v3"), nil), context.Canceled)
}

func TestPathsCannotBeForged(t *testing.T) {
	conn := connect(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a call was made") }))
	for _, id := range []string{"", ".", "..", "a/b"} {
		assert.ErrorIs(t, conn.Do(t.Context(), huaweicloud.Get("iam", "read", nil, "v3", id), nil), providers.ErrInvalid, id)
	}
}

func TestLinksStayOnTheirHost(t *testing.T) {
	var server string
	conn := connect(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { server = r.Host }))
	require.NoError(t, conn.Do(t.Context(), huaweicloud.Get("iam", "read", nil, "v3"), nil))
	path, query, err := conn.Next("iam", "http://"+server+"/v3/roles?marker=a")
	require.NoError(t, err)
	assert.Equal(t, []string{"v3", "roles"}, path)
	assert.Equal(t, url.Values{"marker": {"a"}}, query)
	for _, link := range []string{"https://evil.test/v3/roles", "http://evil@" + server + "/v3", "//evil.test/v3", ":"} {
		_, _, err := conn.Next("iam", link)
		assert.ErrorIs(t, err, providers.ErrInvalid, link)
	}
}

func TestTheLogHasNoSecrets(t *testing.T) {
	var log bytes.Buffer
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "req-7")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"error_msg":"denied %s TESTSECRET TESTTOKEN"}`, strings.TrimPrefix(r.Header.Get("Authorization"), "SDK-HMAC-SHA256 "))
	}))
	defer server.Close()
	env := map[string]string{auth.EnvSecurityToken: "TESTTOKEN"}
	for name, value := range keys {
		env[name] = value
	}
	conn, err := huaweicloud.Connect(t.Context(), providers.Target{
		Cloud: plan.Cloud{Kind: huaweicloud.HuaweiCloud}, Endpoints: map[string]string{"iam": server.URL}, Getenv: environment(env),
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(t, err)
	defer conn.Close()
	err = conn.Do(t.Context(), huaweicloud.Get("iam", "read", nil, "v3"), nil)
	require.ErrorIs(t, err, providers.ErrDenied)
	assert.Equal(t, 1, strings.Count(log.String(), "\n"), "one line a call")
	for _, part := range []string{"service=iam", "operation=read", "method=GET", "path=/v3", "attempt=1", "waited=", "elapsed=", "status=403", "requestId=req-7"} {
		assert.Contains(t, log.String(), part)
	}
	for _, header := range []string{"Authorization", "SDK-HMAC-SHA256", "X-Sdk-Date", "X-Domain-Id"} {
		assert.NotContains(t, log.String(), header)
	}
	for _, text := range []string{log.String(), err.Error()} {
		assert.Contains(t, text, "req-7")
		for _, secret := range []string{"TESTSECRET", "TESTTOKEN", "TESTAK"} {
			assert.NotContains(t, text, secret)
		}
	}
}

func TestRates(t *testing.T) {
	for rate, ok := range map[float64]bool{0: true, 0.5: true, 10: true, -1: true, math.Inf(1): true, math.NaN(): false} {
		conn, err := huaweicloud.Connect(t.Context(), providers.Target{Cloud: plan.Cloud{Kind: huaweicloud.HuaweiCloud}, Getenv: environment(keys), Rate: rate})
		assert.Equal(t, ok, err == nil, rate)
		if err == nil {
			conn.Close()
		}
	}
}

func TestWaitingForTheRateEndsWithTheContext(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	conn, err := huaweicloud.Connect(t.Context(), providers.Target{
		Cloud: plan.Cloud{Kind: huaweicloud.HuaweiCloud}, Endpoints: map[string]string{"iam": server.URL}, Getenv: environment(keys), Rate: 0.001,
	})
	require.NoError(t, err)
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, conn.Do(ctx, huaweicloud.Get("iam", "read", nil, "v3"), nil))
	err = conn.Do(ctx, huaweicloud.Get("iam", "read", nil, "v3"), nil)
	assert.True(t, errors.Is(err, context.DeadlineExceeded), err)
}

func TestARefusalThatBreaksOffIsOne(t *testing.T) {
	var sent atomic.Int32
	conn := connect(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sent.Add(1)
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(http.StatusUnauthorized)
	}))
	require.ErrorIs(t, conn.Do(t.Context(), huaweicloud.Get("iam", "read", nil, "v3"), nil), providers.ErrDenied)
	assert.EqualValues(t, 1, sent.Load())
}

func TestAnswersWithoutEnd(t *testing.T) {
	for name, test := range map[string]struct {
		method         string
		status, wanted int
		kind           error
	}{
		"a read is made again":   {http.MethodGet, 200, 5, providers.ErrUnavailable},
		"a create is not":        {http.MethodPost, 201, 1, providers.ErrUnavailable},
		"nor what is refused":    {http.MethodGet, 403, 1, providers.ErrDenied},
		"a broken service is so": {http.MethodGet, 503, 5, providers.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			var sent atomic.Int32
			conn := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sent.Add(1)
				w.WriteHeader(test.status)
				blank := make([]byte, 64<<10)
				for {
					if _, err := w.Write(blank); err != nil || r.Context().Err() != nil {
						return
					}
				}
			}))
			err := conn.Do(t.Context(), huaweicloud.Call{
				Service: "iam", Operation: "call", Method: test.method, Path: []string{"v3"}, Repeatable: test.method == http.MethodGet,
			}, nil)
			var failed *providers.CallError
			require.True(t, errors.As(err, &failed), err)
			assert.Equal(t, test.kind, failed.Kind)
			assert.Equal(t, test.status, failed.Status)
			assert.NotEmpty(t, providers.Hint(err))
			assert.EqualValues(t, test.wanted, sent.Load())
		})
	}
}
