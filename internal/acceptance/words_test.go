package acceptance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// libraryWords are those by which Go's own libraries, and those that we use, tell errors. No user knows them.
var libraryWords = regexp.MustCompile(`strconv|invalid syntax|context canceled|context deadline|missing unit|unmarshal|Go (struct|value)|` +
	`JSON input|invalid character|\bEOF\b|\b(open|stat|lstat|readlink|mkdir) [^ ]+: |read [^ ]+: is a directory|\bdial |\blookup |no such host|` +
	`x509|tls:|connection reset by peer|connection refused|broken pipe|\bhttp: |net/http|http2: |malformed HTTP|i/o timeout|` +
	`flag needs|invalid argument|for "[^"]*" flag|unknown shorthand|too many levels|panic|goroutine|<nil>|%!`)

// runWith runs the program in an environment. It fails the test where a word of a library is printed.
func runWith(ctx context.Context, t *testing.T, env map[string]string, args ...string) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	code := cli.Run(ctx, cli.Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Registry: services.Registry(), Version: "test",
		Docs:   documents,
		Getenv: func(name string) string { return env[name] },
		Environ: func() (all []string) {
			for name, value := range env {
				all = append(all, name+"="+value)
			}
			return all
		},
		Connect: connector(huaweicloud.Lag{}, huaweicloud.WithRetry(huaweicloud.Retry{MaxAttempts: 1, AttemptTimeout: 2 * time.Second})),
	}, args)
	assert.NotRegexp(t, libraryWords, out.String()+errs.String(), strings.Join(args, " "))
	return outcome{code, out.String(), errs.String()}
}

const wordsManifest = "examples/quickstart"

// demoKeys are good with every simulated cloud.
func demoKeys() map[string]string {
	return map[string]string{
		"HUAWEICLOUD_SDK_AK": cloudsim.DemoAccessKey, "HUAWEICLOUD_SDK_SK": cloudsim.DemoSecretKey,
		"HUAWEICLOUD_SDK_DOMAIN_ID": cloudsim.DemoWorld(cloudsim.HuaweiCloud).Home,
	}
}

// raw serves connections by a function that closes them.
func raw(t *testing.T, serve func(net.Conn)) (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var held []net.Conn // the collector would close one that nobody holds
	ended := make(chan struct{})
	t.Cleanup(func() {
		require.NoError(t, listener.Close())
		<-ended
		for _, conn := range held {
			_ = conn.Close()
		}
	})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			held = append(held, conn)
			serve(conn)
		}
	}()
	return listener.Addr().String()
}

func answers(status int, header http.Header, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), header)
		w.Header().Set("X-Request-Id", "r-1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func TestAFailedCallIsToldInPlainWords(t *testing.T) {
	closed := raw(t, func(c net.Conn) { _ = c.Close() })
	plainHTTP := func(handler http.Handler) func(*testing.T) string {
		return func(t *testing.T) string {
			server := httptest.NewServer(handler)
			t.Cleanup(server.Close)
			return server.URL
		}
	}
	for name, endpoint := range map[string]func(*testing.T) string{
		"nothing listens":  func(*testing.T) string { return "http://127.0.0.1:1" },
		"an unknown host":  func(*testing.T) string { return "https://nothing.invalid" },
		"an end":           func(*testing.T) string { return "http://" + closed },
		"an end of TLS":    func(*testing.T) string { return "https://" + closed },
		"another protocol": func(t *testing.T) string { return "http://" + raw(t, speak("SSH-2.0-x\r\n\r\n")) },
		"no TLS": func(t *testing.T) string {
			return strings.Replace(plainHTTP(answers(200, nil, "{}"))(t), "http:", "https:", 1)
		},
		"another TLS":        func(t *testing.T) string { return "https://" + raw(t, speak("\x15\x03\x01\x00\x02\x02\x28")) },
		"a reset":            func(t *testing.T) string { return "http://" + raw(t, reset) },
		"a strange CA":       strangeCA,
		"a body cut off":     plainHTTP(answers(200, http.Header{"Content-Length": {"1000"}}, `{"agencies":[`)),
		"JSON cut off":       plainHTTP(answers(200, nil, `{"agencies":[`)),
		"a page":             plainHTTP(answers(200, nil, `<html><body>log in</body></html>`)),
		"no body":            plainHTTP(answers(200, nil, ``)),
		"a list":             plainHTTP(answers(200, nil, `[]`)),
		"a text":             plainHTTP(answers(200, nil, `"x"`)),
		"other lists":        plainHTTP(answers(200, nil, `{"domains":[],"roles":7,"agencies":"x","projects":{},"role_assignments":1,"auth_domains":[{"id":1}]}`)),
		"a redirect":         plainHTTP(answers(302, http.Header{"Location": {"http://127.0.0.1:1/"}}, ``)),
		"a refusal":          plainHTTP(answers(401, nil, `{"error_code":"APIGW.0301","error_msg":"no"}`)),
		"no permission":      plainHTTP(answers(403, nil, `{"error":{"code":403,"message":"no"}}`)),
		"a refusing page":    plainHTTP(answers(403, nil, `<html>no</html>`)),
		"nothing there":      plainHTTP(answers(404, nil, `{"error_code":"APIGW.0101","error_msg":"no"}`)),
		"too much":           plainHTTP(answers(429, nil, `{"error_code":"APIGW.0308","error_msg":"no"}`)),
		"a failure":          plainHTTP(answers(500, nil, `{"error_code":"IAM.0006","error_msg":"no"}`)),
		"a page of failure":  plainHTTP(answers(502, nil, `<html>no</html>`)),
		"an error in a body": plainHTTP(answers(200, nil, `{"error_code":"X.1","error_msg":"no","solution_msg":"do x"}`)),
		"silence":            func(t *testing.T) string { return "http://" + raw(t, func(net.Conn) {}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := "iam=" + endpoint(t)
			for _, command := range []string{"plan -f " + wordsManifest, "drift -f " + wordsManifest + " -o json"} {
				o := runWith(t.Context(), t, demoKeys(), append(strings.Fields(command), "--endpoint", at)...)
				assert.Equal(t, 1, o.code, command)
				assert.Contains(t, o.stderr, "hint: ", command)
			}
			o := runWith(t.Context(), t, demoKeys(), "whoami", "--region", "cn-north-4", "--endpoint", at)
			assert.Equal(t, 1, o.code)
			assert.NotEmpty(t, o.stdout+o.stderr, "it tells what it could find out")
		})
	}
}

func speak(text string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		_, _ = io.WriteString(c, text)
		_ = c.Close()
	}
}

func reset(c net.Conn) {
	_, _ = c.Read(make([]byte, 1))
	_ = c.(*net.TCPConn).SetLinger(0)
	_ = c.Close()
}

func strangeCA(t *testing.T) string {
	server := httptest.NewUnstartedServer(answers(200, nil, "{}"))
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// TestAValueOfAnotherTypeIsNamed turns each value that the cloud answers into one of another type, one after the other. A plan goes on
// without it, or says which value of which answer it is.
func TestAValueOfAnotherTypeIsNamed(t *testing.T) {
	server, err := cloudsim.New(cloudsim.Options{Cloud: cloudsim.HuaweiCloud})
	require.NoError(t, err)
	var mu sync.Mutex
	seen := map[string]bool{} // path and place
	spoilt, done := "", false
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, r)
		maps.Copy(w.Header(), recorder.Header())
		body := recorder.Body.Bytes()
		var value any
		if recorder.Code == http.StatusOK && json.Unmarshal(body, &value) == nil {
			mu.Lock()
			value = spoil(value, r.URL.Path, func(place string) bool {
				seen[place] = true
				hit := place == spoilt && !done
				done = done || hit
				return hit
			})
			mu.Unlock()
			var wrong error
			body, wrong = json.Marshal(value)
			assert.NoError(t, wrong)
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		}
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(body)
	}))
	defer listening.Close()
	run := func() outcome {
		return runWith(t.Context(), t, demoKeys(), "plan", "-f", wordsManifest, "--endpoint", "iam="+listening.URL, "--rate", "1000")
	}
	require.Zero(t, run().code)
	mu.Lock()
	places := slices.Sorted(maps.Keys(seen))
	mu.Unlock()
	require.Greater(t, len(places), 20)
	named := 0
	for _, place := range thinned(places) {
		mu.Lock()
		spoilt, done = place, false
		mu.Unlock()
		o := run()
		if o.code == 0 {
			continue
		}
		assert.Equal(t, 1, o.code, place)
		if strings.Contains(o.stderr, "is not as documented") {
			named++
			assert.Regexp(t, `the answer of GET /v[\w./-]+ is not as documented: [\w.\[\] ]+ is .+ is expected \(\w+, HTTP 200, request id`, o.stderr, place)
			assert.Contains(t, o.stderr, "hint: ", place)
		}
	}
	require.Greater(t, named, 5/every)
}

// spoil returns a value in which what hit chooses has another type. Places are told with the path of the call, and without the indexes.
func spoil(value any, place string, hit func(place string) bool) any {
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			value[key] = spoil(value[key], place+" ."+key, hit)
		}
	case []any:
		for i := range value {
			value[i] = spoil(value[i], place+"[]", hit)
		}
	case string:
		if hit(place) {
			return 7
		}
		return value
	}
	if hit(place) {
		return "odd"
	}
	return value
}

// TestABadVariableIsToldInPlainWords gives each variable that the program asks for, and that another one has brought about, bad values.
func TestABadVariableIsToldInPlainWords(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{}
	for _, env := range []map[string]string{
		nil, demoKeys(), {"OS_CLOUD": "x", "HOME": "/nowhere"}, {"OS_AUTH_TOKEN": "x"}, {"OS_USERNAME": "x", "OS_PASSWORD": "y"}, {"HW_AUTH_TOKEN": "x"},
	} {
		var mu sync.Mutex
		cli.Run(t.Context(), cli.Env{
			Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Registry: services.Registry(),
			Getenv: func(name string) string {
				mu.Lock()
				defer mu.Unlock()
				asked[name] = true
				return maps.Collect(maps.All(env))[name]
			},
			Connect: connector(huaweicloud.Lag{}, huaweicloud.WithRetry(huaweicloud.Retry{MaxAttempts: 1, AttemptTimeout: 2 * time.Second})),
		}, strings.Fields("whoami --region cn-north-4 --endpoint iam=http://127.0.0.1:1"))
	}
	require.Greater(t, len(asked), 40)
	for _, name := range thinned(slices.Sorted(maps.Keys(asked))) {
		for _, value := range []string{"?!", "a b\x01", "https://[::1"} {
			for _, env := range []map[string]string{demoKeys(), {"OS_USERNAME": "x", "OS_PASSWORD": "y"}} {
				env[name] = value
				env["AGENCYCTL_METADATA"] = "off"
				o := runWith(t.Context(), t, env, "whoami", "--region", "cn-north-4", "--endpoint", "iam=http://127.0.0.1:1")
				assert.Equal(t, 1, o.code, "%s=%q", name, value)
				assert.NotEmpty(t, o.stderr, "%s=%q", name, value)
			}
		}
	}
}

func TestAnEndOfTheRunIsToldInPlainWords(t *testing.T) {
	t.Parallel()
	silent := raw(t, func(net.Conn) {})
	args := strings.Fields("plan -f " + wordsManifest + " --endpoint iam=http://" + silent)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := runWith(ctx, t, demoKeys(), args...)
	assert.Equal(t, 130, o.code)
	assert.Contains(t, o.stderr, "interrupted")
	o = runWith(t.Context(), t, demoKeys(), append(args, "--timeout", "50ms")...)
	assert.Equal(t, 1, o.code)
	assert.Contains(t, o.stderr, "--timeout 50ms is over")
	assert.Contains(t, o.stderr, "hint: raise --timeout")

	// Many calls run at once: why they end is told once. What was not applied for want of time says so too.
	server, err := cloudsim.New(cloudsim.Options{Cloud: cloudsim.HuaweiCloud})
	require.NoError(t, err)
	var silence atomic.Pointer[func(*http.Request) bool]
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if (*silence.Load())(r) {
			_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice that the client has gone
			<-r.Context().Done()
			return
		}
		server.ServeHTTP(w, r)
	}))
	defer listening.Close()
	args = strings.Fields("apply --auto-approve --rate 1000 -f " + wordsManifest + " --endpoint iam=" + listening.URL + " --timeout")
	reads := func(r *http.Request) bool { return r.URL.Path != "/v3/auth/domains" }
	silence.Store(&reads)
	o = runWith(t.Context(), t, demoKeys(), append(args, "1s")...)
	assert.Equal(t, 1, o.code)
	assert.Equal(t, 1, strings.Count(o.stderr, "--timeout 1s is over"), o.stderr)
	var wrote atomic.Bool
	writes := func(r *http.Request) bool {
		if r.Method == http.MethodGet {
			return false
		}
		wrote.Store(true)
		return true
	}
	silence.Store(&writes)
	limit := time.Second
	for ; !wrote.Load(); limit *= 2 { // on a busy machine, the reads alone may take as long
		o = runWith(t.Context(), t, demoKeys(), append(args, limit.String())...)
	}
	assert.Equal(t, 3, o.code)
	assert.Contains(t, o.stderr, fmt.Sprintf("agencyctl: --timeout %s is over\nhint: raise --timeout", limit/2), o.stdout)
	assert.Regexp(t, `(?m)^Stopping: the time is over\. [0-9]+ calls? (is|are) still running\. Press Ctrl-C to stop at once\.$`, o.stderr)
}
