package acceptance

import (
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// skies are the examples that the weather is made over. In the first, the most calls run side by side.
var skies = []struct{ cloud, example string }{
	{cloudsim.HuaweiCloud, "authorizations"},
	{cloudsim.HuaweiCloud, "quickstart"},
	{cloudsim.OpenTelekomCloud, "opentelekomcloud"},
}

// mostRuns is how often apply is run again before a storm is said to be too much. A person would have given up long before.
const mostRuns = 8

// TestBadWeatherIsSatOut applies examples while the cloud has troubles that pass: what cannot be done ends with a kind
// of error that says so and with a hint, running again does the rest, and nothing is there twice.
func TestBadWeatherIsSatOut(t *testing.T) {
	t.Parallel()
	var storms []storm
	const tooFast = "40" // who shares an account, or has set --rate too high
	for name, weather := range map[string]struct {
		faults cloudsim.Faults
		rate   string
	}{
		"no wind":                                 {},
		"a clock that is a little slow":           {faults: cloudsim.Faults{ClockSkew: 10 * time.Minute}},
		"a clock that is a little fast":           {faults: cloudsim.Faults{ClockSkew: -10 * time.Minute}},
		"10 calls a second":                       {cloudsim.Faults{RatePerSecond: 10}, tooFast},
		"10 calls a second, and no word how long": {cloudsim.Faults{RatePerSecond: 10, NoRetryAfter: true}, tooFast},
		"a fifth of 500, 502 and 503":             {faults: cloudsim.Faults{ErrorRate: 0.2}},
		"connections cut before the change":       {faults: cloudsim.Faults{CutBefore: 0.2}},
		"connections cut after the change":        {faults: cloudsim.Faults{CutAfter: 0.2}},
		"every create cut after the change": {faults: cloudsim.Faults{ReadLag: time.Second, Targets: []cloudsim.Fault{
			{Method: http.MethodPost, Path: "/v3.0/OS-AGENCY/agencies", Cut: true, AfterChange: true},
			{Method: http.MethodPost, Path: "/v3.0/OS-ROLE/roles", Cut: true, AfterChange: true},
			{Method: http.MethodPost, Cut: true, AfterChange: true, Times: 3},
		}}},
		"every create answered 502 after the change": {faults: cloudsim.Faults{Targets: []cloudsim.Fault{
			{Method: http.MethodPost, Path: "/v3.0/OS-AGENCY/agencies", Status: 502, Shape: cloudsim.ShapeHTML, AfterChange: true},
			{Method: http.MethodPost, Path: "/v3.0/OS-ROLE/roles", Status: 502, AfterChange: true},
			{Method: http.MethodPost, Status: 502, AfterChange: true, Times: 3},
		}}},
		"reads two seconds behind":                  {faults: cloudsim.Faults{ReadLag: 2 * time.Second}},
		"HTML pages of a proxy":                     {faults: cloudsim.Faults{HTMLRate: 0.2}},
		"bodies without end":                        {faults: cloudsim.Faults{EndlessRate: 0.1}},
		"reads behind, and cut after the change":    {faults: cloudsim.Faults{ReadLag: 2 * time.Second, CutAfter: 0.2}},
		"reads behind, cut before, and a fifth bad": {faults: cloudsim.Faults{ReadLag: 500 * time.Millisecond, CutBefore: 0.1, ErrorRate: 0.2}},
		"all at once": {cloudsim.Faults{
			RatePerSecond: 10, ErrorRate: 0.2, CutBefore: 0.04, CutAfter: 0.04, HTMLRate: 0.04, EndlessRate: 0.02, ReadLag: 2 * time.Second,
			ClockSkew: 5 * time.Minute, Latency: 5 * time.Millisecond,
		}, ""},
	} {
		for _, sky := range thinned(skies) {
			for seed := range uint64(2) {
				faults := weather.faults
				faults.Seed = seed
				// Two custom policies may share a name: there, nothing but our own care keeps a second one away.
				f := newFront(t, cloudsim.Options{Cloud: sky.cloud, Faults: faults, Switches: cloudsim.Switches{DuplicatePolicyNames: true}})
				if faults.RatePerSecond > 0 {
					f.rate = weather.rate
				}
				if seed%2 == 1 {
					f.env = user // getting a token has its troubles, too
				}
				storms = append(storms, storm{fmt.Sprintf("%s/%s/%d", name, sky.example, seed), filepath.Join("examples", sky.example), f, make(chan error, 1)})
			}
		}
	}
	// Nearly all of it is waiting, so many more run at once than there are processors.
	slots := make(chan struct{}, 20)
	for _, s := range storms {
		go func() {
			slots <- struct{}{}
			s.ended <- s.front.sitOut(t, s.path)
			<-slots
		}()
	}
	for _, s := range storms {
		err := <-s.ended
		t.Run(s.name, func(t *testing.T) {
			require.NoError(t, err)
			s.front.assertNoSecret(t, map[string]string{"the output": s.front.said.String()})
		})
	}
}

// storm is one example under one weather.
type storm struct {
	name, path string
	front      *front
	ended      chan error
}

// sitOut applies an example until it is done, and looks at what came of it.
func (f *front) sitOut(t *testing.T, path string) error {
	for runs := 1; ; runs++ {
		o := f.run(t, "apply", "-f", path, "--auto-approve", "--log-level", "debug")
		if o.code == 0 {
			break
		}
		if why := impassable(o); why != "" {
			return fmt.Errorf("%s: %s", why, o)
		}
		if runs == mostRuns {
			return fmt.Errorf("it does not get done: %s", o)
		}
	}
	if err := f.server.SetFaults(cloudsim.Faults{}); err != nil {
		return err
	}
	if o := f.run(t, "plan", "-f", path, "--detailed-exitcode"); o.code != 0 {
		return fmt.Errorf("a second plan finds something left: %s", o)
	}
	if double := twice(f.server); len(double) > 0 {
		return fmt.Errorf("made twice: %s", strings.Join(double, ", "))
	}
	return nil
}

// impassable returns why a run must not end like this under troubles that pass; "" when it may: with kinds of error that
// tell of them, and a hint.
func impassable(o outcome) string {
	said := o.stdout + o.stderr
	switch {
	case o.code != 1 && o.code != 3:
		return "wrong exit code"
	case !regexp.MustCompile(`service unavailable|throttled|Not verified|not verified`).MatchString(said):
		return "the kind of error is missing"
	case strings.Contains(said, "access denied") || strings.Contains(strings.ToLower(said), "<html"):
		return "it blames what is good"
	case !regexp.MustCompile(`(?i)hint: .{10}`).MatchString(said):
		return "the hint is missing"
	}
	return ""
}

// twice returns what is in the simulated cloud more than once, by kind and name.
func twice(server *cloudsim.Server) (double []string) {
	world := server.World()
	seen := map[string]bool{}
	see := func(what ...string) {
		name := strings.Join(what, " ")
		if seen[name] {
			double = append(double, name)
		}
		seen[name] = true
	}
	home := world.AccountNamed("")
	for _, policy := range home.Policies {
		see("policy", policy.DisplayName)
	}
	for _, agency := range home.Agencies {
		see("agency", agency.Name)
		for _, g := range agency.Grants {
			see("grant", agency.Name, g.Scope, g.Target, g.Role)
		}
	}
	return double
}

// TestWeatherThatDoesNotPass holds what is wrong for good: plan and apply say what it is and what to do, nothing is
// written, and no second signature counts against the key.
func TestWeatherThatDoesNotPass(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults cloudsim.Faults
		words  []string
		// most is how many calls may be made.
		most int
	}{
		"a clock that is slow":    {cloudsim.Faults{ClockSkew: 20 * time.Minute}, []string{"access denied", "behind the server's", "hint: set this machine's clock right"}, 1},
		"a clock that is fast":    {cloudsim.Faults{ClockSkew: -20 * time.Minute}, []string{"access denied", "ahead of the server's", "hint: set this machine's clock right"}, 1},
		"a locked key":            {cloudsim.Faults{LockedKeys: []string{cloudsim.DemoAccessKey}}, []string{"access denied", "locked", "hint: the access key or user is locked", "wait five minutes"}, 1},
		"nothing but 503":         {cloudsim.Faults{ErrorRate: 1, ErrorStatuses: []int{503}}, []string{"service unavailable", "HTTP 503", "hint: run again"}, 99},
		"nothing but HTML":        {cloudsim.Faults{HTMLRate: 1}, []string{"service unavailable", "HTML page", "hint: the gateway before the service fails, or a proxy"}, 99},
		"nothing but cut lines":   {cloudsim.Faults{CutBefore: 1}, []string{"service unavailable", "hint: "}, 99},
		"nothing but long bodies": {cloudsim.Faults{EndlessRate: 1}, []string{"larger than", "hint: a proxy or a log-in page"}, 99},
		"not one call a second":   {cloudsim.Faults{ErrorRate: 1, ErrorStatuses: []int{429}}, []string{"throttled", "HTTP 429", "hint: "}, 99},
	} {
		for _, sky := range skies {
			if c.faults.EndlessRate > 0 && sky.example != "quickstart" {
				continue // one is enough: each answer is 16 MB long
			}
			t.Run(name+"/"+sky.example, func(t *testing.T) {
				t.Parallel()
				path := filepath.Join("examples", sky.example)
				for _, command := range [][]string{{"plan", "-f", path}, {"apply", "-f", path, "--auto-approve"}} {
					f := newFront(t, cloudsim.Options{Cloud: sky.cloud, Faults: c.faults})
					o := f.refused(t, c.words, command...)
					require.Empty(t, o.stdout)
					require.LessOrEqual(t, len(f.server.Calls()), c.most, "%s", o)
					require.Zero(t, written(f.server))
					require.Len(t, regexp.MustCompile(`(?m)^hint: `).FindAllString(o.stderr, -1), 1, o.stderr)
				}
			})
		}
	}
}

// TestNoWeatherLeavesAGoroutineBehind ends commands in the middle of storms.
func TestNoWeatherLeavesAGoroutineBehind(t *testing.T) {
	for name, faults := range map[string]cloudsim.Faults{
		"clear":      {},
		"broken":     {ErrorRate: 0.5, CutBefore: 0.3, CutAfter: 0.3, HTMLRate: 0.3, EndlessRate: 0.1},
		"slow":       {RatePerSecond: 1},
		"no answers": {Latency: 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			t.Run("runs", func(t *testing.T) { // its servers are closed when it has ended
				f := newFront(t, cloudsim.Options{Faults: faults})
				o := f.run(t, "apply", "-f", "examples/quickstart", "--auto-approve", "--timeout", "1500ms")
				if name != "clear" {
					require.NotZero(t, o.code)
				}
			})
			goleak.VerifyNone(t, before)
		})
	}
}
