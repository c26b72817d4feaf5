package cloudsim_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

func TestStartAndStop(t *testing.T) {
	sim, err := cloudsim.New(cloudsim.Options{NoSignatures: true})
	require.NoError(t, err)
	url, stop, err := cloudsim.Start(t.Context(), sim, "")
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	answer, err := client.Get(url + "/v3/projects")
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, 200, answer.StatusCode)

	require.NoError(t, sim.SetFaults(cloudsim.Faults{CutAfter: 1}))
	_, err = client.Post(url+agenciesPath, "application/json", strings.NewReader("{}"))
	require.Error(t, err, "the connection is cut")
	require.NoError(t, stop())
	require.NoError(t, stop(), "twice is fine")
	_, err = client.Get(url + "/v3/projects")
	require.Error(t, err)

	_, _, err = cloudsim.Start(t.Context(), sim, "0.0.0.0:0")
	require.ErrorContains(t, err, "not a loopback address")
	_, _, err = cloudsim.Start(t.Context(), sim, "nonsense")
	require.Error(t, err)
}

func TestStopClosesWhatDoesNotEnd(t *testing.T) {
	t.Parallel() // it waits the five seconds
	sim, err := cloudsim.New(cloudsim.Options{})
	require.NoError(t, err)
	url, stop, err := cloudsim.Start(t.Context(), sim, "")
	require.NoError(t, err)
	var dialer net.Dialer
	half, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	defer half.Close()
	_, err = half.Write([]byte("GET /v3/projects HTTP/1.1\r\n"))
	require.NoError(t, err)
	require.NoError(t, stop())
}

func TestServeEndsWithItsContext(t *testing.T) {
	sim, err := cloudsim.New(cloudsim.Options{})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, cloudsim.Serve(ctx, sim, listener))
	require.Error(t, cloudsim.Serve(t.Context(), sim, listener), "a closed listener")
}

func TestLatencyEndsWhenTheCallerHangsUp(t *testing.T) {
	s := newStage(t, cloudsim.Options{Faults: cloudsim.Faults{Latency: time.Hour}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() {
		s.sim.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/v3/projects", nil))
	})
}

// Many callers at once: every change is answered once, kept, and in the file.
func TestConcurrentCallers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	s := newStage(t, cloudsim.Options{State: path, Faults: cloudsim.Faults{LaggedReads: 2}})
	role := s.role("ReadOnlyAccess")
	const callers, each = 8, 5
	var wait sync.WaitGroup
	for c := range callers {
		wait.Go(func() {
			call := func(method, target, body string) *httptest.ResponseRecorder {
				w := httptest.NewRecorder()
				r := httptest.NewRequest(method, target, strings.NewReader(body))
				r.Header.Set("Content-Type", "application/json")
				s.sim.ServeHTTP(w, r)
				return w
			}
			for i := range each {
				name := fmt.Sprintf("agency-%d-%d", c, i)
				body := `{"agency":{"name":"` + name + `","domain_id":"` + s.home + `","trust_domain_name":"partner-co"}}`
				assert.Equal(t, 201, call(http.MethodPost, agenciesPath, body).Code)
				w := s.sim.World()
				id := w.AccountNamed("").AgencyNamed(name).ID
				assert.Equal(t, 204, call(http.MethodPut, s.domainGrants(id)+"/"+role, "").Code)
				assert.Equal(t, 200, call(http.MethodGet, assignmentsPath+"?domain_id="+s.home, "").Code)
				assert.NoError(t, s.sim.Edit("", cloudsim.Edit{Verb: cloudsim.EditSet, Agency: name, Attribute: "description", Value: name}))
				assert.NoError(t, s.sim.SetFaults(cloudsim.Faults{LaggedReads: i}))
				s.sim.Calls()
			}
		})
	}
	wait.Wait()
	w, err := cloudsim.LoadState(path)
	require.NoError(t, err)
	assert.Equal(t, s.sim.World(), w)
	assert.Len(t, w.AccountNamed("").Agencies, 3+callers*each)
	for _, g := range w.AccountNamed("").Agencies {
		if strings.HasPrefix(g.Name, "agency-") {
			assert.Len(t, g.Grants, 1)
			assert.Equal(t, g.Name, g.Description)
		}
	}
}

// FuzzRequests holds that every request is answered: no panic, a status, a request id, and a state that still holds together.
func FuzzRequests(f *testing.F) {
	home := cloudsim.DemoWorld(cloudsim.HuaweiCloud).Home
	agency := cloudsim.DemoWorld(cloudsim.HuaweiCloud).Accounts[1].Agencies[0].ID
	role := cloudsim.DemoWorld(cloudsim.HuaweiCloud).Roles[0].ID
	for _, seed := range [][3]string{
		{"GET", agenciesPath + "?domain_id=" + home + "&page=1&per_page=2", ""},
		{"POST", agenciesPath, `{"agency":{"name":"a","domain_id":"` + home + `","trust_domain_name":"partner-co","duration":"20","description":null}}`},
		{"PUT", agenciesPath + "/" + agency, `{"agency":{"duration":1e2,"trust_domain_id":[]}}`},
		{"DELETE", agenciesPath + "/" + agency, ""},
		{"PUT", "/v3.0/OS-AGENCY/domains/" + home + "/agencies/" + agency + "/roles/" + role, ""},
		{"HEAD", "/v3.0/OS-INHERIT/domains/" + home + "/agencies/" + agency + "/roles/" + role + "/inherited_to_projects", ""},
		{"PUT", batchPath, `{"role_assignments":[{"agency_id":"` + agency + `","enterprise_project_id":"0","role_id":"` + role + `"}]}`},
		{"GET", assignmentsPath + "?domain_id=" + home + "&scope=domain&is_inherited=true&page=1&per_page=50", ""},
		{"POST", policiesPath, policyBody("p", "AX", `["obs:object:GetObject"]`)},
		{"GET", "/v3/roles?display_name=%41&page=2&per_page=300", ""},
		{"GET", "/v1.0/enterprise-projects?offset=1&limit=1&sort_key=created_at", ""},
		{"POST", tokensPath + "?nocatalog=1", passwordBody(demoUser, `,"scope":{"project":{"name":"cn-north-4"}}`)},
		{"POST", tokensPath, assumeBody(`"domain_name":"partner-co","xrole_name":"example-operators"`, "")},
		{"GET", tokensPath, ""},
		{"POST", "/v3.0/OS-CREDENTIAL/securitytokens", assumeBody(`"domain_name":"partner-co","agency_name":"example-operators","duration_seconds":900`, "")},
		{"POST", "/v5/agencies/assume", `{"agency_urn":"iam::` + home + `:agency:a/b","agency_session_name":"ops"}`},
		{"GET", "/v3/projects/%2f?;=", "{"},
	} {
		f.Add(seed[0], seed[1], seed[2], "SDK-HMAC-SHA256 Access=a, SignedHeaders=host;x-sdk-date, Signature=0")
	}
	f.Fuzz(func(t *testing.T, method, target, body, authorization string) {
		path, query, _ := strings.Cut(target, "?")
		for _, open := range []bool{true, false} {
			sim, err := cloudsim.New(cloudsim.Options{NoSignatures: open})
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(body))
			r.Method, r.URL.Path, r.URL.RawQuery = method, path, query
			r.Header["Authorization"] = []string{authorization}
			w := httptest.NewRecorder()
			sim.ServeHTTP(w, r)
			if w.Code < 200 || w.Code > 599 || w.Header().Get("X-Request-Id") == "" {
				t.Fatalf("answered %d %v", w.Code, w.Header())
			}
			if w.Code == http.StatusInternalServerError {
				t.Fatalf("an internal error: %s", w.Body)
			}
			if _, err := cloudsim.New(cloudsim.Options{Seed: sim.World()}); err != nil {
				t.Fatal("the state does not hold together:", err)
			}
		}
	})
}
