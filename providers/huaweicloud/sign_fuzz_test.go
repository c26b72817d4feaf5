package huaweicloud

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// FuzzSignature sends whatever a service may ask for and holds the signature against the simulator's own reading of the
// documentation. The request goes through its form on the wire, so what is escaped for sending and what was signed must be
// one thing. After a change of a single byte no signature may hold.
func FuzzSignature(f *testing.F) {
	now := time.Date(2025, 3, 14, 9, 26, 53, 0, time.UTC)
	const secret = "ExampleSecret/For+Tests0000000000000000"
	world := cloudsim.DemoWorld(HuaweiCloud)
	sim, err := cloudsim.New(cloudsim.Options{
		Seed: world, Clock: func() time.Time { return now }, Keys: []cloudsim.Key{{Access: "EXAMPLEAK0000000001", Secret: secret}},
	})
	require.NoError(f, err)
	answer := func(r *http.Request) int {
		w := httptest.NewRecorder()
		sim.ServeHTTP(w, r)
		return w.Code
	}
	for _, seed := range []struct {
		method                                   uint8
		segment, key, first, second, token, body string
	}{
		{0, "agencies", "name", "ci runner", "", "", ""},
		{1, "agencies", "", "", "", "", `{"agency":{"name":"ci-runner"}}`},
		{3, "a:b@c d~!$&'()*+,;=", "k&=", "", "", "token", ""},
		{2, "Ünïcode", "ключ", "значение", "b", "", "\x00\xff"},
		{0, "%2F%", "a+b", "c+d", "c d", "", ""},
		{4, "a\nb\x7f\xff", "a[]", "\xff", "~", "t", "null"},
	} {
		f.Add(seed.method, seed.segment, seed.key, seed.first, seed.second, seed.token, []byte(seed.body), "p0", uint8(0))
	}
	f.Fuzz(func(t *testing.T, pick uint8, segment, key, first, second, token string, body []byte, project string, flip uint8) {
		method, token := methods[int(pick)%len(methods)], strings.Map(printable, token)
		if !ValidID(project) {
			project = ""
		}
		call := Call{
			Service: ServiceIAM, Operation: "fuzz", Method: method, Path: []string{"v3.0", segment},
			Query: url.Values{key: {first, second}, "z": {first}, "t": {token}}, ProjectID: project,
		}
		path, err := call.path()
		if err != nil {
			return // refused before it is sent
		}
		env := map[string]string{
			EnvAccessKey: "EXAMPLEAK0000000001", EnvSecretKey: secret, EnvDomainID: world.Home,
		}
		conn, err := Connect(t.Context(), providers.Target{
			Cloud: plan.Cloud{Kind: HuaweiCloud, Region: "cn-north-4"}, Getenv: func(name string) string { return env[name] },
		}, WithClock(func() time.Time { return now }))
		require.NoError(t, err)
		defer conn.Close()
		base, err := conn.endpoints.of(ServiceIAM, "")
		require.NoError(t, err)
		way, err := conn.access.of(project).get(t.Context())
		require.NoError(t, err)
		request, err := conn.request(t.Context(), call, outgoing{
			method: method, base: base, path: path, query: call.Query, body: body, project: project, domain: world.Home, pass: way,
		})
		require.NoError(t, err)
		var sent bytes.Buffer
		require.NoError(t, request.Write(&sent))
		arrives := func(change func(*http.Request)) *http.Request {
			r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(sent.Bytes())))
			require.NoError(t, err, "what is sent can be read: %q", sent.String())
			if change != nil {
				change(r)
			}
			return r
		}
		r := arrives(nil)
		require.Equal(t, path, r.URL.Path, "the server reads the path that was meant")
		require.Equal(t, call.Query, r.URL.Query(), "and the query")
		got, err := io.ReadAll(arrives(nil).Body)
		require.NoError(t, err)
		require.Equal(t, string(body), string(got), "and the body")
		require.NotEqual(t, http.StatusUnauthorized, answer(arrives(nil)), "the signature holds: %q", sent.String())

		changes := []func(*http.Request){
			func(r *http.Request) { r.URL.RawQuery += "&x=" },
			func(r *http.Request) { r.Method += "X" },
			func(r *http.Request) { r.Host += "x" },
			func(r *http.Request) { r.URL.Path, r.URL.RawPath = r.URL.Path+"x", "" },
			func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(string(body) + " ")) },
			func(r *http.Request) { r.Header.Set("X-Sdk-Date", "20250314T092654Z") },
			func(r *http.Request) {
				for _, scope := range []string{"X-Domain-Id", "X-Project-Id", "X-Security-Token"} {
					if r.Header.Get(scope) != "" {
						r.Header.Set(scope, r.Header.Get(scope)+"x")
					}
				}
			},
		}
		require.Equal(t, http.StatusUnauthorized, answer(arrives(changes[int(flip)%len(changes)])), "a changed request is refused")
	})
}

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch}

// printable keeps of a security token what can stand in a header.
func printable(r rune) rune {
	if r <= ' ' || r >= 0x7f {
		return -1
	}
	return r
}
