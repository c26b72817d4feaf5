package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// limit is what a simulated cloud allows an account: 10 calls a second, or as many as come.
type limit string

const (
	limitNone    limit = "none"
	limitEachAPI limit = "each API"
	limitAccount limit = "account"
)

// allowed is how many calls a second a limit allows.
const allowed = 10

// run is one command on one simulated cloud.
type run struct {
	command string
	// live are the agencies that are in the account, wanted those of the manifest.
	live, wanted []agency
	latency      time.Duration
	limit        limit
}

// figures are what a run has cost.
type figures struct {
	cost
	// calls are those that were answered, of which refused came too fast, and trips the longest chain of calls that were sent one after the
	// other. writes are without those that came too fast.
	calls, writes, refused, trips int
	// reads are those after the first write.
	reads int
	// apis are the calls of each API, without those that came too fast.
	apis map[string]int
}

// measure runs the program once, as a process of its own. The cloud is simulated in this process.
func (r run) measure(ctx context.Context, program string) (figures, error) {
	faults := cloudsim.Faults{Latency: r.latency}
	if r.limit != limitNone {
		faults.RatePerSecond, faults.RateEachAPI = allowed, r.limit == limitEachAPI
	}
	server, err := cloudsim.New(cloudsim.Options{Seed: world(r.live), Faults: faults, NoSignatures: true})
	if err != nil {
		return figures{}, err
	}
	watch := &watch{cloud: server}
	listening := httptest.NewServer(watch)
	defer listening.Close()
	folder, err := os.MkdirTemp("", "benchmark")
	if err != nil {
		return figures{}, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "manifest.yaml")
	if err := os.WriteFile(path, []byte(manifest(r.wanted)), 0o600); err != nil {
		return figures{}, err
	}
	args := []string{r.command, "-f", path, "--endpoint", "iam=" + listening.URL}
	if r.limit == limitNone {
		args = append(args, "--rate", "1000000")
	}
	switch r.command {
	case "plan":
		args = append(args, "--detailed-exitcode") // a change that is planned is an error
	case "apply":
		args = append(args, "--auto-approve")
	}
	var f figures
	f.cost, err = execute(ctx, program, []string{
		"HUAWEICLOUD_SDK_AK=" + cloudsim.DemoAccessKey, "HUAWEICLOUD_SDK_SK=" + cloudsim.DemoSecretKey,
		"HUAWEICLOUD_SDK_DOMAIN_ID=" + server.World().Home,
	}, args...)
	if err != nil {
		return figures{}, err
	}
	f.trips = longestChain(watch.calls)
	f.count(server.Calls())
	return f, nil
}

// count counts the calls of a run.
func (f *figures) count(calls []cloudsim.Call) {
	f.calls, f.apis = len(calls), map[string]int{}
	for _, c := range calls {
		switch {
		case c.Status == http.StatusTooManyRequests:
			f.refused++
			continue
		case c.Write:
			f.writes++
		case f.writes > 0:
			f.reads++
		}
		f.apis[c.Operation]++
	}
}

// busiest is the number of calls that a limit counts together.
func (f *figures) busiest(l limit) int {
	most, all := 0, 0
	for _, calls := range f.apis {
		most, all = max(most, calls), all+calls
	}
	if l == limitAccount {
		return all
	}
	return most
}

// watch notes when calls begin and end.
type watch struct {
	cloud http.Handler

	mu    sync.Mutex
	calls []interval
}

type interval struct{ begin, end time.Time }

// ServeHTTP implements [http.Handler].
func (w *watch) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	noted := &noted{ResponseWriter: answer, watch: w, begin: time.Now()}
	w.cloud.ServeHTTP(noted, request)
}

// noted ends a call before the first byte of its answer is sent: its caller may send the next one as soon as the last byte has come.
type noted struct {
	http.ResponseWriter
	watch *watch
	begin time.Time
}

// WriteHeader implements [http.ResponseWriter].
func (n *noted) WriteHeader(status int) {
	n.watch.mu.Lock()
	n.watch.calls = append(n.watch.calls, interval{n.begin, time.Now()})
	n.watch.mu.Unlock()
	n.ResponseWriter.WriteHeader(status)
}

// longestChain is the length of the longest chain of calls in which each began after the one before had ended.
func longestChain(calls []interval) int {
	slices.SortFunc(calls, func(a, b interval) int { return a.end.Compare(b.end) })
	length, end := 0, time.Time{}
	for _, c := range calls {
		if c.begin.After(end) {
			length, end = length+1, c.end
		}
	}
	return length
}
