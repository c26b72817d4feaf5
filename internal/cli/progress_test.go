package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/providers"
)

func TestProgressOffATerminalNamesAccountsAndTimes(t *testing.T) {
	at := func(env *cli.Env) {
		env.Now = func() time.Time { return time.Date(2031, 1, 31, 14, 2, 11, 0, time.UTC) }
	}
	a := newAccounts(t, "alpha", "beta")
	o := a.run(limited(t), t, at, "apply", "-f", "m", "--auto-approve")
	require.Equal(t, 0, o.code, o.errors)
	text := regexp.MustCompile(`\(\d+\.\d s\)`).ReplaceAllString(o.errors, "(0.0 s)")
	text = regexp.MustCompile(`\[\d/`).ReplaceAllString(text, "[N/")
	lines := strings.Split(strings.TrimSpace(text), "\n")
	slices.Sort(lines) // any may be over first
	assert.Equal(t, []string{
		"14:02:11 alpha: created box/two (0.0 s)  [N/2]", "14:02:11 alpha: read back: 2 of 2 changes seen (0.0 s)",
		"14:02:11 alpha: updated box/one (0.0 s)  [N/2]",
		"14:02:11 beta: created box/two (0.0 s)  [N/2]", "14:02:11 beta: read back: 2 of 2 changes seen (0.0 s)",
		"14:02:11 beta: updated box/one (0.0 s)  [N/2]",
	}, lines)

	a = newAccounts(t, "alpha")
	o = a.run(limited(t), t, nil, "apply", "-f", "m", "--auto-approve", "-q")
	assert.Empty(t, o.errors)
}

func TestAnAccountThatIsOverIsNotStillApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccounts(t, "alpha", "beta", "gamma")
		// In alpha the one change is blocked, in beta the first one fails and nothing is sent.
		text, err := os.ReadFile("m/3.yaml")
		require.NoError(t, err)
		held := strings.Replace(string(text), "  - {name: two, trust: {account: someone}}\n", "ownership: {protect: [box/one]}\n", 1)
		require.NoError(t, os.WriteFile("m/3.yaml", []byte(held), 0o600))
		a.worlds["beta"].SetFaults(memory.Fault{Operation: memory.Observe, Nth: 2, Err: providers.ErrDenied})
		a.worlds["gamma"].SetHook(func(_ context.Context, call memory.Call) error {
			if call.Operation.Writes() {
				time.Sleep(25 * time.Second)
			}
			return nil
		})
		o := a.run(limited(t), t, nil, "apply", "-f", "m", "--auto-approve")
		require.Contains(t, o.out, "1 blocked", o.errors)
		require.Contains(t, o.errors, "beta: failed to ")
		assert.Contains(t, o.errors, "gamma: still ")
		assert.NotContains(t, o.errors, "alpha: still")
		assert.NotContains(t, o.errors, "beta: still")
	})
}

func TestADumbTerminalHasLines(t *testing.T) {
	for term, live := range map[string]bool{"dumb": false, "xterm": true} {
		a := newAccounts(t, "alpha")
		o := a.run(limited(t), t, func(env *cli.Env) {
			env.StderrTerminal = true
			env.Getenv = func(name string) string { return map[string]string{"TERM": term}[name] }
		}, "apply", "-f", "m", "--auto-approve")
		assert.Equal(t, live, strings.Contains(o.errors, "\x1b["), "%q", o.errors)
		assert.Equal(t, !live, progressLine.MatchString(o.errors), "%q", o.errors)
	}
}

func TestTheLogNamesTheAccountInWholeLines(t *testing.T) {
	a := newAccounts(t, "alpha", "beta", "delta", "gamma")
	require.Equal(t, 0, a.run(limited(t), t, nil, "apply", "-f", "m", "--auto-approve", "--log", "events").code)
	text, err := os.ReadFile("events")
	require.NoError(t, err)
	finished := map[string]int{}
	for line := range strings.Lines(string(text)) {
		var event struct{ Event, Account string }
		require.NoError(t, json.Unmarshal([]byte(line), &event), line)
		require.Contains(t, a.names, event.Account, line)
		if event.Event == "changeFinished" {
			finished[event.Account]++
		}
	}
	assert.Equal(t, map[string]int{"alpha": 2, "beta": 2, "delta": 2, "gamma": 2}, finished)
}

// talker logs while it is observed, once all others have come so far.
type talker struct {
	providers.Remote
	logger *slog.Logger
	others *sync.WaitGroup
}

func (r talker) Observe(ctx context.Context, request providers.ObserveRequest) (*providers.Observation, error) {
	r.others.Done()
	r.others.Wait()
	for range 50 {
		r.logger.DebugContext(ctx, "call")
	}
	return r.Remote.Observe(ctx, request)
}

// crossing is a writer that notices when it is called while it is busy.
type crossing struct {
	busy, crossed atomic.Bool
	text          bytes.Buffer
}

func (c *crossing) Write(p []byte) (int, error) {
	if !c.busy.CompareAndSwap(false, true) {
		c.crossed.Store(true)
		return len(p), nil
	}
	defer c.busy.Store(false)
	runtime.Gosched()
	return c.text.Write(p)
}

func TestLogLinesOfSeveralAccountsStayWhole(t *testing.T) {
	a := newAccounts(t, "alpha", "beta", "delta", "gamma")
	var others sync.WaitGroup
	others.Add(len(a.names))
	a.wrap = func(account string, remote providers.Remote) providers.Remote {
		return talker{remote, a.targets[account].Logger, &others}
	}
	var errs crossing
	o := a.run(limited(t), t, func(env *cli.Env) { env.Stderr = &errs }, "plan", "-f", "m", "--log-level", "debug")
	require.Equal(t, 0, o.code)
	require.False(t, errs.crossed.Load())
	lines := map[string]int{}
	for line := range strings.Lines(errs.text.String()) {
		_, rest, _ := strings.Cut(line, " ") // the time
		lines[rest]++
	}
	assert.Equal(t, map[string]int{
		"level=DEBUG msg=call account=alpha\n": 50, "level=DEBUG msg=call account=beta\n": 50,
		"level=DEBUG msg=call account=delta\n": 50, "level=DEBUG msg=call account=gamma\n": 50,
	}, lines)
}
