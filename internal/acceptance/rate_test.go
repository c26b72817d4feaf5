package acceptance

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// fortyAgencies is a manifest of 200 writes: 40 agencies with four grants each.
func fortyAgencies() string {
	var b strings.Builder
	b.WriteString("apiVersion: agencyctl/v1\naccount: {name: example-co}\ncloud: {kind: huaweicloud, region: cn-north-4}\nagencies:\n")
	for i := range 40 {
		fmt.Fprintf(&b, "  - {name: ops-%02d, trust: {account: partner-co}, grants: {domain: [OBS ReadOnlyAccess], "+
			"allProjects: [Tenant Guest], projects: {cn-north-4: [ECS ReadOnlyAccess, EVS ReadOnlyAccess]}}}\n", i)
	}
	return b.String()
}

// BenchmarkApply200 applies 200 writes with production's patience to a cloud that allows 10 calls a second, and tells how
// long that took as a share of what the limit allows for the calls of the busiest API, or of all. More calls turned away than it takes to
// learn from is a failure.
//
//	go test -run '^$' -bench Apply200 -benchtime 1x ./internal/acceptance
func BenchmarkApply200(b *testing.B) {
	for _, c := range []struct {
		name, rate   string
		noRetryAfter bool
		each         bool
		turnedAway   int
	}{
		{name: "each-API", each: true, turnedAway: 5}, // none or one, where nothing else keeps the machine busy
		{name: "account", turnedAway: 80},
		{name: "account-rate-20", rate: "20", turnedAway: 80},
		{name: "account-rate-20-without-Retry-After", rate: "20", noRetryAfter: true, turnedAway: 120},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "m.yaml")
			require.NoError(b, os.WriteFile(path, []byte(fortyAgencies()), 0o600))
			for b.Loop() {
				f := newFront(b, cloudsim.Options{Faults: cloudsim.Faults{RatePerSecond: 10, RateEachAPI: c.each, NoRetryAfter: c.noRetryAfter}})
				f.rate, f.connect = c.rate, connect
				started := time.Now()
				f.succeeds(b, "apply", "-f", path, "--auto-approve")
				took := time.Since(started)
				let, turnedAway := map[string]int{}, 0
				for _, call := range f.server.Calls() {
					switch {
					case call.Status == http.StatusTooManyRequests:
						turnedAway++
					case c.each:
						let[call.Method+ids.ReplaceAllString(call.Path, "*")]++
					default:
						let[call.Service]++
					}
				}
				busiest := 0
				for _, calls := range let {
					busiest = max(busiest, calls)
				}
				require.Equal(b, 200, written(f.server)-writesTurnedAway(f.server))
				b.ReportMetric(float64(turnedAway), "429s")
				b.ReportMetric(float64(busiest), "calls")
				b.ReportMetric(took.Seconds(), "s")
				b.ReportMetric(took.Seconds()/(float64(busiest)/10), "of-allowed")
				if turnedAway > c.turnedAway {
					b.Fatalf("%d calls were turned away", turnedAway)
				}
			}
		})
	}
}

// ids are the parts of paths by which calls of one API differ.
var ids = regexp.MustCompile(`[0-9a-f]{32}`)

func writesTurnedAway(server *cloudsim.Server) (n int) {
	for _, c := range server.Calls() {
		if c.Write && c.Status == http.StatusTooManyRequests {
			n++
		}
	}
	return n
}

// TestTheDefaultRateIsNotTurnedAway applies an example with production's patience to a cloud that allows 10 calls a second of each API:
// our own pace keeps us below it.
func TestTheDefaultRateIsNotTurnedAway(t *testing.T) {
	f := newFront(t, cloudsim.Options{Faults: cloudsim.Faults{RatePerSecond: 10, RateEachAPI: true}})
	f.rate, f.connect = "", connect
	f.succeeds(t, "apply", "-f", "examples/quickstart", "--auto-approve")
	turnedAway := 0
	for _, call := range f.server.Calls() {
		if call.Status == http.StatusTooManyRequests {
			turnedAway++
		}
	}
	require.LessOrEqual(t, turnedAway, 2)
}

// written counts the writes that were sent, those turned away included.
func written(server *cloudsim.Server) (n int) {
	for _, c := range server.Calls() {
		if c.Write && c.Status != 0 {
			n++
		}
	}
	return n
}

// TestEveryCallIsOfAListedAPI: the calls of one API share a lane, whatever they are about.
func TestEveryCallIsOfAListedAPI(t *testing.T) {
	for example, cloud := range map[string]string{
		"quickstart": cloudsim.HuaweiCloud, "authorizations": cloudsim.HuaweiCloud, "guardrails": cloudsim.HuaweiCloud,
		"opentelekomcloud": cloudsim.OpenTelekomCloud,
	} {
		f := newFront(t, cloudsim.Options{Cloud: cloud})
		o := f.succeeds(t, "apply", "-f", filepath.Join("examples", example), "--auto-approve", "--log-level", "debug")
		apis := regexp.MustCompile(`api="([^"]+)"`).FindAllStringSubmatch(o.stderr, -1)
		require.Greater(t, len(apis), 10, example)
		for _, api := range apis {
			require.NotRegexp(t, ids, api[1], example)
		}
	}
}
