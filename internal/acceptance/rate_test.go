package acceptance

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
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
// long that took as a share of what the limit allows for these calls. More calls turned away than it takes to learn from is a failure.
//
//	go test -run '^$' -bench Apply200 -benchtime 1x ./internal/acceptance
func BenchmarkApply200(b *testing.B) {
	for _, c := range []struct {
		name, rate   string
		noRetryAfter bool
	}{
		{name: "default"},
		{name: "rate-20", rate: "20"},
		{name: "rate-20-without-Retry-After", rate: "20", noRetryAfter: true},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "m.yaml")
			require.NoError(b, os.WriteFile(path, []byte(fortyAgencies()), 0o600))
			for b.Loop() {
				f := newFront(b, cloudsim.Options{Faults: cloudsim.Faults{RatePerSecond: 10, NoRetryAfter: c.noRetryAfter}})
				f.rate, f.connect = c.rate, connect
				started := time.Now()
				f.succeeds(b, "apply", "-f", path, "--auto-approve")
				took := time.Since(started)
				let, turnedAway := map[string]int{}, 0
				for _, call := range f.server.Calls() {
					if call.Status == http.StatusTooManyRequests {
						turnedAway++
						continue
					}
					let[call.Service]++
				}
				require.Equal(b, 200, written(f.server)-writesTurnedAway(f.server))
				allowed := float64(let["iam"]) / 10
				b.ReportMetric(float64(turnedAway), "429s")
				b.ReportMetric(float64(let["iam"]), "calls")
				b.ReportMetric(took.Seconds(), "s")
				b.ReportMetric(took.Seconds()/allowed, "of-allowed")
				if turnedAway > 25 || c.rate == "" && turnedAway > 1 {
					b.Fatalf("%d calls were turned away", turnedAway)
				}
			}
		})
	}
}

func writesTurnedAway(server *cloudsim.Server) (n int) {
	for _, c := range server.Calls() {
		if c.Write && c.Status == http.StatusTooManyRequests {
			n++
		}
	}
	return n
}

// TestTheDefaultRateIsNotTurnedAway applies an example with production's patience to a cloud that allows 10 calls a second:
// our own pace keeps us below it.
func TestTheDefaultRateIsNotTurnedAway(t *testing.T) {
	f := newFront(t, cloudsim.Options{Faults: cloudsim.Faults{RatePerSecond: 10}})
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
