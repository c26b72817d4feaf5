package cloudsim_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

func (s *stage) statuses(n int) map[int]int {
	s.t.Helper()
	out := map[int]int{}
	for range n {
		out[s.call(http.MethodGet, "/v3/projects", "").status]++
	}
	return out
}

func TestErrorsChangeTheirStatus(t *testing.T) {
	s := newStage(t, cloudsim.Options{Faults: cloudsim.Faults{ErrorRate: 1}})
	got := s.statuses(300)
	for _, status := range []int{500, 502, 503} {
		assert.InDelta(t, 100, got[status], 40, "status %d", status)
	}
	require.NoError(t, s.sim.SetFaults(cloudsim.Faults{ErrorRate: 1, ErrorStatuses: []int{504}}))
	assert.Equal(t, map[int]int{504: 20}, s.statuses(20))
}

func TestPagesInsteadOfAnswers(t *testing.T) {
	s := newStage(t, cloudsim.Options{Faults: cloudsim.Faults{HTMLRate: 1}})
	r := s.call(http.MethodPost, agenciesPath, `{"agency":{"name":"ops","domain_id":"`+s.home+`","trust_domain_name":"partner-co"}}`)
	assert.Equal(t, 502, r.status)
	assert.Equal(t, "text/html", r.header.Get("Content-Type"))
	assert.True(t, strings.HasPrefix(r.text, "<html>"), r.text)
	w := s.sim.World()
	assert.Nil(t, w.AccountNamed("").AgencyNamed("ops"), "nothing was changed")
}

func TestAnEndlessAnswerEndsWithItsCaller(t *testing.T) {
	s := newStage(t, cloudsim.Options{Faults: cloudsim.Faults{EndlessRate: 1}})
	url, stop, err := cloudsim.Start(t.Context(), s.sim, "")
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get(url + "/v3/projects")
	require.NoError(t, err)
	assert.Equal(t, 200, r.StatusCode)
	n, err := io.CopyN(io.Discard, r.Body, 8<<20)
	require.NoError(t, err)
	assert.EqualValues(t, 8<<20, n)
	require.NoError(t, r.Body.Close())
	head, err := http.NewRequest(http.MethodHead, url+"/v3/projects", nil)
	require.NoError(t, err)
	_, err = client.Do(head) //nolint:bodyclose // there is no answer
	require.Error(t, err, "an answer without a body is cut")
	require.NoError(t, stop(), "nobody is served any more")
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { s.call(http.MethodGet, "/v3/projects", "") }, "without a network")
}

func TestThrottling(t *testing.T) {
	s := newStage(t, cloudsim.Options{Faults: cloudsim.Faults{RatePerSecond: 2}})
	partner := s.world.AccountNamed("partner-co").ID
	for _, call := range []struct{ path, code string }{
		{"/v3/projects", "IAM.0012"}, {"/v1.0/enterprise-projects", "APIGW.0308"}, {"/v1/agency", "APIGW.0308"}, {"/nothing", "APIGW.0308"},
	} {
		header := []string{"X-Project-Id", s.project("cn-north-4")}
		for range 2 {
			assert.NotEqual(t, 429, s.call(http.MethodGet, call.path, "", header...).status)
		}
		r := s.call(http.MethodGet, call.path, "", header...)
		assert.Equal(t, 429, r.status, call.path)
		assert.Equal(t, call.code, r.body["error_code"])
		assert.Contains(t, r.body["error_msg"], "limit: 2, time: 1 second")
		assert.Equal(t, "1", r.header.Get("Retry-After"))
	}
	assert.Equal(t, 200, s.call(http.MethodGet, "/v3/projects", "", "X-Domain-Id", partner).status, "each account has its own limit")
	throttled := 0
	for _, c := range s.sim.Calls() {
		if c.Status == 429 {
			throttled++
		}
	}
	assert.Equal(t, 4, throttled, "the log tells")

	s.clock.move(500 * time.Millisecond)
	assert.Equal(t, 429, s.call(http.MethodGet, "/v3/projects", "").status, "the calls of the last second count, the refused ones too")
	s.clock.move(999 * time.Millisecond)
	assert.Equal(t, map[int]int{200: 1, 429: 1}, s.statuses(2))
	s.clock.move(time.Hour)
	assert.Equal(t, map[int]int{200: 2, 429: 3}, s.statuses(5))

	require.NoError(t, s.sim.SetFaults(cloudsim.Faults{RatePerSecond: 2, RateCounting: cloudsim.RateBucket}))
	assert.Equal(t, map[int]int{200: 2, 429: 1}, s.statuses(3))
	s.clock.move(500 * time.Millisecond)
	assert.Equal(t, map[int]int{200: 1, 429: 1}, s.statuses(2), "half a second fills half the bucket")
	s.clock.move(time.Hour)
	assert.Equal(t, map[int]int{200: 2, 429: 3}, s.statuses(5), "and no pause fills more than one")

	require.NoError(t, s.sim.SetFaults(cloudsim.Faults{RatePerSecond: 2, RateCounting: cloudsim.RateClock}))
	s.clock.move(time.Second - time.Duration(s.clock.time().Nanosecond()) - time.Millisecond)
	assert.Equal(t, map[int]int{200: 2, 429: 1}, s.statuses(3))
	s.clock.move(time.Millisecond)
	assert.Equal(t, map[int]int{200: 2, 429: 1}, s.statuses(3), "another second has begun")
	require.Error(t, s.sim.SetFaults(cloudsim.Faults{RatePerSecond: 2, RateCounting: "weekly"}))

	require.NoError(t, s.sim.SetFaults(cloudsim.Faults{RatePerSecond: 1, NoRetryAfter: true}))
	s.statuses(1)
	r := s.call(http.MethodGet, "/v3/projects", "")
	assert.Equal(t, 429, r.status)
	assert.Empty(t, r.header.Values("Retry-After"))
}
