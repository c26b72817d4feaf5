package cloudsim_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

func TestTargetedFaults(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	list := agenciesPath + "?domain_id=" + s.home
	page2 := assignmentsPath + "?domain_id=" + s.home + "&page=2&per_page=50"
	for name, test := range map[string]struct {
		fault   cloudsim.Fault
		target  string
		status  []int // of calls one after another
		message string
	}{
		"every time":        {cloudsim.Fault{Path: agenciesPath, Status: 403}, list, []int{403, 403, 403}, "simulated fault: Forbidden"},
		"twice":             {cloudsim.Fault{Path: agenciesPath, Status: 500, Times: 2}, list, []int{500, 500, 200}, "simulated fault: Internal Server Error"},
		"the second":        {cloudsim.Fault{Path: agenciesPath, Status: 502, Skip: 1, Times: 1}, list, []int{200, 502, 200}, ""},
		"another method":    {cloudsim.Fault{Method: http.MethodPost, Path: agenciesPath, Status: 500}, list, []int{200}, ""},
		"this method":       {cloudsim.Fault{Method: http.MethodGet, Status: 500}, list, []int{500}, ""},
		"one segment":       {cloudsim.Fault{Path: "/v3.0/*/agencies", Status: 500}, list, []int{500}, ""},
		"one segment only":  {cloudsim.Fault{Path: "/v3.0/*", Status: 500}, list, []int{200}, ""},
		"all that follows":  {cloudsim.Fault{Path: "/v3.0/**", Status: 500}, list, []int{500}, ""},
		"a query":           {cloudsim.Fault{Query: map[string]string{"page": "2"}, Status: 500}, page2, []int{500}, ""},
		"another query":     {cloudsim.Fault{Query: map[string]string{"page": "3"}, Status: 500}, page2, []int{200}, ""},
		"a body of its own": {cloudsim.Fault{Status: 503, Body: `{"error_code":"X.1","error_msg":"mine"}`}, list, []int{503}, "mine"},
		"shape B":           {cloudsim.Fault{Status: 429, Shape: cloudsim.ShapeB}, list, []int{429}, "simulated fault: Too Many Requests"},
		"shape C":           {cloudsim.Fault{Status: 400, Shape: cloudsim.ShapeC}, list, []int{400}, "simulated fault: Bad Request"},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, s.sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{test.fault}}))
			for i, want := range test.status {
				r := s.call(http.MethodGet, test.target, "")
				assert.Equal(t, want, r.status, "call %d", i+1)
				if want >= 400 && test.message != "" {
					assert.Equal(t, test.message, r.message())
				}
			}
		})
	}
	require.NoError(t, s.sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Status: 502, Shape: cloudsim.ShapeHTML, Header: map[string]string{"Retry-After": "7"}}}}))
	r := s.call(http.MethodGet, list, "")
	assert.Contains(t, r.text, "<html>")
	assert.Equal(t, "7", r.header.Get("Retry-After"))
	require.NoError(t, s.sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Status: 403, Shape: cloudsim.ShapeEmpty}}}))
	assert.Empty(t, s.call(http.MethodGet, list, "").text)
}

func TestFaultAfterTheChange(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	body := func(name string) string {
		return `{"agency":{"name":"` + name + `","domain_id":"` + s.home + `","trust_domain_name":"partner-co"}}`
	}
	exists := func(name string) bool { w := s.sim.World(); return w.AccountNamed("").AgencyNamed(name) != nil }
	for name, test := range map[string]struct {
		faults cloudsim.Faults
		cut    bool
		made   bool
	}{
		"refused-before": {cloudsim.Faults{Targets: []cloudsim.Fault{{Status: 500}}}, false, false},
		"refused-after":  {cloudsim.Faults{Targets: []cloudsim.Fault{{Status: 500, AfterChange: true}}}, false, true},
		"cut-before":     {cloudsim.Faults{CutBefore: 1}, true, false},
		"cut-after":      {cloudsim.Faults{CutAfter: 1}, true, true},
		"target-before":  {cloudsim.Faults{Targets: []cloudsim.Fault{{Cut: true}}}, true, false},
		"target-after":   {cloudsim.Faults{Targets: []cloudsim.Fault{{Cut: true, AfterChange: true}}}, true, true},
		"always-500":     {cloudsim.Faults{ErrorRate: 1, ErrorStatuses: []int{500}}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			s.sim.ResetCalls()
			require.NoError(t, s.sim.SetFaults(test.faults))
			if test.cut {
				assert.PanicsWithValue(t, http.ErrAbortHandler, func() { s.call(http.MethodPost, agenciesPath, body(name)) })
				assert.Equal(t, 0, s.sim.Calls()[0].Status)
			} else {
				assert.Equal(t, 500, s.call(http.MethodPost, agenciesPath, body(name)).status)
			}
			assert.Equal(t, test.made, exists(name))
			require.Len(t, s.sim.Calls(), 1)
		})
	}
}

func TestFaultsOutOfTheirLimits(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	for name, f := range map[string]cloudsim.Faults{
		"a share above one": {ErrorRate: 1.1}, "a share below nothing": {CutAfter: -0.1}, "time backwards": {Latency: -1}, "a rate below nothing": {RatePerSecond: -1},
		"a share of pages above one": {HTMLRate: 2}, "a share without end below nothing": {EndlessRate: -1}, "an error status that is none": {ErrorStatuses: []int{500, 200}},
		"a lag below nothing": {LaggedReads: -1}, "a status that is no error": {Targets: []cloudsim.Fault{{Status: 200}}}, "times below nothing": {Targets: []cloudsim.Fault{{Status: 500, Times: -1}}},
	} {
		assert.Error(t, s.sim.SetFaults(f), name)
		_, err := cloudsim.New(cloudsim.Options{Faults: f})
		assert.Error(t, err, name)
	}
}

func TestErrorRateIsTheSameInEveryRun(t *testing.T) {
	run := func(f cloudsim.Faults) string {
		s := newStage(t, cloudsim.Options{Faults: f})
		var out strings.Builder
		for range 200 {
			if s.call(http.MethodGet, "/v3/auth/domains", "").status >= 500 {
				out.WriteByte('x')
			} else {
				out.WriteByte('.')
			}
		}
		return out.String()
	}
	first := run(cloudsim.Faults{ErrorRate: 0.3, Seed: 7})
	assert.Equal(t, first, run(cloudsim.Faults{ErrorRate: 0.3, Seed: 7}))
	assert.NotEqual(t, first, run(cloudsim.Faults{ErrorRate: 0.3, Seed: 8}))
	assert.InDelta(t, 60, strings.Count(first, "x"), 25)
}

func TestRateLimit(t *testing.T) {
	s := newStage(t, cloudsim.Options{Faults: cloudsim.Faults{RatePerSecond: 3}})
	get := func(path string) result { return s.call(http.MethodGet, path, "") }
	for range 3 {
		assert.Equal(t, 200, get("/v3/projects").status)
	}
	r := get("/v3/projects")
	assert.Equal(t, 429, r.status)
	assert.Equal(t, "1", r.header.Get("Retry-After"))
	assert.Equal(t, "IAM.0012", r.body["error_code"])
	assert.Equal(t, 200, get("/v1.0/enterprise-projects").status, "each service has its own limit")
	s.clock.move(time.Second)
	for range 3 {
		assert.Equal(t, 200, get("/v3/projects").status)
	}
	assert.Equal(t, 429, get("/v3/projects").status)
}

func TestReadLag(t *testing.T) {
	for name, test := range map[string]struct {
		faults cloudsim.Faults
		pass   func(*stage)
	}{
		"by time": {cloudsim.Faults{ReadLag: 5 * time.Second}, func(s *stage) { s.clock.move(5 * time.Second) }},
		"by count": {cloudsim.Faults{LaggedReads: 4}, func(s *stage) {
			for range 4 {
				s.call(http.MethodGet, "/v3/projects", "")
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{})
			role := s.role("ReadOnlyAccess")
			require.NoError(t, s.sim.SetFaults(test.faults))
			id := s.create("ops")
			path := agenciesPath + "/" + id
			listed := func() int {
				return len(s.call(http.MethodGet, agenciesPath+"?domain_id="+s.home+"&name=ops", "").list("agencies"))
			}
			assert.Equal(t, 404, s.call(http.MethodGet, path, "").status, "not yet")
			assert.Zero(t, listed())
			assert.Equal(t, 204, s.call(http.MethodPut, s.domainGrants(id)+"/"+role, "").status, "writes do not lag")
			assert.Equal(t, 409, s.call(http.MethodPost, agenciesPath, `{"agency":{"name":"ops","domain_id":"`+s.home+`","trust_domain_name":"partner-co"}}`).status)
			test.pass(s)
			assert.Equal(t, 200, s.call(http.MethodGet, path, "").status)
			assert.Equal(t, 1, listed())
			assert.Equal(t, 204, s.call(http.MethodHead, s.domainGrants(id)+"/"+role, "").status)

			for _, text := range []string{"one", "two"} {
				require.Equal(t, 200, s.call(http.MethodPut, path, `{"agency":{"description":"`+text+`"}}`).status)
			}
			assert.Equal(t, "", s.call(http.MethodGet, path, "").object("agency")["description"], "the state before both changes")
			require.Equal(t, 204, s.call(http.MethodDelete, s.domainGrants(id)+"/"+role, "").status)
			assert.Equal(t, 204, s.call(http.MethodHead, s.domainGrants(id)+"/"+role, "").status)
			test.pass(s)
			assert.Equal(t, "two", s.call(http.MethodGet, path, "").object("agency")["description"])
			assert.Equal(t, 404, s.call(http.MethodHead, s.domainGrants(id)+"/"+role, "").status)

			require.Equal(t, 204, s.call(http.MethodDelete, path, "").status)
			assert.Equal(t, 200, s.call(http.MethodGet, path, "").status, "still there for a while")
			assert.Equal(t, 404, s.call(http.MethodDelete, path, "").status)
			test.pass(s)
			assert.Equal(t, 404, s.call(http.MethodGet, path, "").status)
			assert.Zero(t, listed())
		})
	}
}

func TestGrantNeedsVisibleAgency(t *testing.T) {
	s := newStage(t, cloudsim.Options{Faults: cloudsim.Faults{ReadLag: time.Second}, Switches: cloudsim.Switches{GrantNeedsVisibleAgency: true}})
	id, role := s.create("ops"), s.role("ReadOnlyAccess")
	assert.Equal(t, 404, s.call(http.MethodPut, s.domainGrants(id)+"/"+role, "").status)
	assert.Equal(t, 404, s.call(http.MethodPut, batchPath, s.batch(id, "0", role)).status)
	s.clock.move(time.Second)
	assert.Equal(t, 204, s.call(http.MethodPut, s.domainGrants(id)+"/"+role, "").status)
}

// An agency that comes and goes many times under lag must neither be lost nor pile up.
func TestLagOverManyChanges(t *testing.T) {
	s := newStage(t, cloudsim.Options{Faults: cloudsim.Faults{LaggedReads: 1}})
	for i := range 300 {
		id := s.create("ops")
		if i%2 == 0 {
			assert.Equal(t, 404, s.call(http.MethodGet, agenciesPath+"/"+id, "").status)
			assert.Equal(t, 200, s.call(http.MethodGet, agenciesPath+"/"+id, "").status)
		}
		require.Equal(t, 204, s.call(http.MethodDelete, agenciesPath+"/"+id, "").status)
	}
	s.call(http.MethodGet, "/v3/projects", "")
	assert.Len(t, s.call(http.MethodGet, agenciesPath+"?domain_id="+s.home, "").list("agencies"), 3)
}

func TestCallLog(t *testing.T) {
	var log bytes.Buffer
	s := newStage(t, cloudsim.Options{CallLog: &log})
	id := s.create("ops")
	s.call(http.MethodGet, agenciesPath+"/"+id+"?x=1", "", "Authorization", "secret-thing")
	s.call(http.MethodGet, "/nothing", "")
	s.call(http.MethodHead, s.domainGrants(id)+"/77", "")
	want := []cloudsim.Call{
		{Method: "POST", Path: agenciesPath, Service: "iam", Operation: "CreateAgency", Status: 201, Write: true},
		{Method: "GET", Path: agenciesPath + "/" + id, Query: "x=1", Service: "iam", Operation: "ShowAgency", Status: 200},
		{Method: "GET", Path: "/nothing", Status: 404},
		{Method: "HEAD", Path: s.domainGrants(id) + "/77", Service: "iam", Operation: "CheckDomainPermissionForAgency", Status: 404},
	}
	assert.Equal(t, want, s.sim.Calls())
	assert.NotContains(t, log.String(), "secret-thing")
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	require.Len(t, lines, len(want))
	for i, line := range lines {
		var got struct {
			cloudsim.Call
			Time      time.Time
			RequestID string
		}
		require.NoError(t, json.Unmarshal([]byte(line), &got))
		assert.Equal(t, want[i], got.Call)
		assert.Equal(t, s.clock.time(), got.Time)
		assert.Len(t, got.RequestID, 32)
	}
	s.sim.ResetCalls()
	assert.Empty(t, s.sim.Calls())
}
