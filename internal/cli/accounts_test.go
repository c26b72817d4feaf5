package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

func permutations(names []string) [][]string {
	if len(names) == 0 {
		return [][]string{nil}
	}
	var all [][]string
	for i, name := range names {
		rest := slices.Delete(slices.Clone(names), i, i+1)
		for _, p := range permutations(rest) {
			all = append(all, append([]string{name}, p...))
		}
	}
	return all
}

var elapsed = regexp.MustCompile(`"elapsedMs": \d+`)

// progressLine is a line that tells what was done at that moment: several accounts tell it side by side.
var progressLine = regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d .*\n`)

func TestWhichAccountIsOverFirstDoesNotShow(t *testing.T) {
	names := []string{"alpha", "beta", "delta", "gamma"}
	for _, args := range [][]string{
		{"plan"}, {"plan", "-o", "json"}, {"plan", "--detailed-exitcode"}, {"drift"}, {"drift", "-o", "json"},
		{"apply", "--auto-approve"}, {"apply", "--auto-approve", "-o", "json"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			a := newAccounts(t, names...)
			var first *outcome
			for _, order := range permutations(names) {
				a.reset(t)
				a.worlds["beta"].SetFaults(memory.Fault{Operation: memory.Observe, Nth: 1, Err: providers.ErrDenied})
				a.wrap = newTurns(order).wrap
				got := a.run(limited(t), t, nil, append(args, "-f", "m")...)
				got.out = elapsed.ReplaceAllString(got.out, `"elapsedMs": 0`)
				got.errors = progressLine.ReplaceAllString(got.errors, "")
				if first == nil {
					first = &got
					assert.Equal(t, 1, got.code, "the account that failed decides")
				}
				require.Equal(t, *first, got, "%v", order)
			}
			last := 0
			for _, name := range []string{"alpha", "delta", "gamma"} {
				at := strings.Index(first.out, name)
				require.Greater(t, at, last, "%s is missing or at the wrong place in %s", name, first.out)
				last = at
			}
			assert.Contains(t, first.errors, "Account beta:\nagencyctl: live state could not be read: memory: observe boxes")
			assert.Contains(t, first.errors, "hint: check the credentials")
			assert.Equal(t, 1, strings.Count(first.errors, "Account "), first.errors)
		})
	}
}

func TestMoreAccountsThanAtOnce(t *testing.T) {
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprintf("account-%02d", i))
	}
	a := newAccounts(t, names...)
	o := a.run(limited(t), t, nil, "apply", "-f", "m", "--auto-approve")
	require.Equal(t, 0, o.code, o.errors)
	assert.Equal(t, 20, strings.Count(o.out, "Applied 2 changes, verified."))
	assert.Equal(t, 40, a.writes())
}

// document is what all outputs about accounts have in common.
type document struct {
	Accounts []struct {
		Account plan.Account
		Error   *struct{ Kind, Message, Hint string }
		// Changes and Results are lists, or the word "failed".
		Changes, Results any
	}
}

func decode(t *testing.T, text string) (d document) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &d), text)
	return d
}

func TestAnAccountThatFailedHasAnElement(t *testing.T) {
	for _, args := range [][]string{{"plan"}, {"drift"}, {"apply", "--auto-approve"}, {"apply"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			a := newAccounts(t, "alpha", "beta", "gamma")
			delete(a.worlds, "alpha")
			a.worlds["beta"].SetFaults(memory.Fault{Operation: memory.Observe, Err: providers.ErrDenied})
			o := a.run(limited(t), t, nil, append(args, "-f", "m", "-o", "json")...)
			assert.Equal(t, 1, o.code)
			d := decode(t, o.out)
			require.Len(t, d.Accounts, 3)
			require.NotNil(t, d.Accounts[0].Error)
			assert.Equal(t, plan.Account{Name: "alpha"}, d.Accounts[0].Account)
			assert.Equal(t, "failed", d.Accounts[0].Error.Kind)
			assert.Equal(t, "no keys for alpha", d.Accounts[0].Error.Message)
			require.NotNil(t, d.Accounts[1].Error)
			assert.Equal(t, "denied", d.Accounts[1].Error.Kind)
			assert.Contains(t, d.Accounts[1].Error.Hint, "check the credentials")
			if len(args) == 1 && args[0] == "apply" {
				require.NotNil(t, d.Accounts[2].Error, "it was not approved, and nothing was done anywhere")
				assert.Equal(t, "refused", d.Accounts[2].Error.Kind)
				assert.Zero(t, a.writes())
			} else {
				assert.Nil(t, d.Accounts[2].Error)
			}
		})
	}
}

func TestARefusedPlanSaysSo(t *testing.T) {
	a := newAccounts(t, "alpha", "beta")
	text, err := os.ReadFile("m/1.yaml")
	require.NoError(t, err)
	limits := strings.Replace(string(text), "agencies:", "ownership: {include: [\"box/*\"], prune: true, maxDeletes: 0}\nagencies:", 1)
	limits = strings.Replace(limits, "  - {name: one, trust: {account: someone}}\n", "", 1)
	require.NoError(t, os.WriteFile("m/1.yaml", []byte(limits), 0o600))
	o := a.run(limited(t), t, nil, "plan", "-f", "m", "-o", "json")
	assert.Equal(t, 1, o.code)
	d := decode(t, o.out)
	require.Len(t, d.Accounts, 2)
	assert.Nil(t, d.Accounts[0].Error)
	require.NotNil(t, d.Accounts[1].Error, o.out)
	assert.Equal(t, "refused", d.Accounts[1].Error.Kind)
	assert.Contains(t, d.Accounts[1].Error.Message, "delete")
	assert.Len(t, d.Accounts[1].Changes, 2, "the plan is shown all the same")

	o = a.run(limited(t), t, nil, "apply", "-f", "m", "--auto-approve", "-o", "json")
	assert.Equal(t, 1, o.code, "beta was refused, alpha is done")
	d = decode(t, o.out)
	assert.Len(t, d.Accounts[0].Results, 2)
	require.NotNil(t, d.Accounts[1].Error)
	assert.Empty(t, a.worlds["beta"].Writes())
	assert.Len(t, a.worlds["alpha"].Writes(), 2)
}

func TestOneAnswerIsForAllAccounts(t *testing.T) {
	a := newAccounts(t, "alpha", "beta", "gamma")
	a.worlds["beta"].SetFaults(memory.Fault{Operation: memory.Observe, Err: providers.ErrUnavailable})
	require.Equal(t, 0, a.run(limited(t), t, nil, "apply", "-f", "m/1.yaml", "--auto-approve").code)
	o := a.run(limited(t), t, asked("yes\n", nil), "apply", "-f", "m")
	assert.Equal(t, 1, o.code, o.errors)
	assert.Contains(t, o.errors, `
Nothing will be applied to account beta: see above.
To be applied:
  account alpha (id-of-alpha): 1 create, 1 update
  account gamma (id-of-gamma): nothing
Apply all of it? Only yes is taken: `)
	assert.Contains(t, o.out, "Applied 2 changes, verified.")
	assert.Len(t, a.worlds["alpha"].Writes(), 2)
	assert.Empty(t, a.worlds["beta"].Writes())
}

func TestWhatIsTouchedIsReadOnceMoreBeforeTheFirstWrite(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(*cli.Env)
		flags  []string
	}{
		"after a question, by making the plan again": {answer: asked("yes\n", nil)},
		"else alone": {flags: []string{"--auto-approve"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccounts(t, "alpha")
			o := a.run(limited(t), t, c.answer, append([]string{"apply", "-f", "m"}, c.flags...)...)
			require.Equal(t, 0, o.code, o.errors)
			var calls []string
			for _, call := range a.worlds["alpha"].Calls() {
				switch {
				case call.Operation.Writes():
					calls = append(calls, "write")
				case call.Only != nil:
					calls = append(calls, "read what is touched")
				default:
					calls = append(calls, "read all")
				}
			}
			again := "read all"
			if c.answer == nil {
				again = "read what is touched"
			}
			assert.Equal(t, []string{"read all", again, "write", "write", "read what is touched"}, calls)
		})
	}
}

func TestAnAnswerIsForThePlansOfAllAccounts(t *testing.T) {
	a := newAccounts(t, "alpha", "beta")
	o := a.run(limited(t), t, asked("yes\n", func() {
		a.worlds["beta"].SetFaults(memory.Fault{Operation: memory.Observe, Err: providers.ErrThrottled})
	}), "apply", "-f", "m", "-o", "json")
	assert.Equal(t, 1, o.code)
	assert.Contains(t, o.errors, "Account beta:\nagencyctl: live state could not be read")
	assert.Zero(t, a.writes(), "what was approved is not so any more, so nothing is done anywhere")
	d := decode(t, o.out)
	require.Len(t, d.Accounts, 2)
	assert.Equal(t, "refused", d.Accounts[0].Error.Kind)
	assert.Equal(t, "throttled", d.Accounts[1].Error.Kind)
}

func TestTheWorstAccountDecidesTheExitCode(t *testing.T) {
	a := newAccounts(t, "alpha", "beta", "gamma")
	require.Equal(t, 0, a.run(limited(t), t, nil, "apply", "-f", "m/3.yaml", "--auto-approve").code)
	assert.Equal(t, 2, a.run(limited(t), t, nil, "drift", "-f", "m").code)
	a.worlds["beta"].SetFaults(memory.Fault{Operation: memory.Observe})
	assert.Equal(t, 1, a.run(limited(t), t, nil, "drift", "-f", "m").code)
	a.worlds["gamma"].SetFaults(memory.Fault{Operation: memory.Create})
	assert.Equal(t, 3, a.run(limited(t), t, nil, "apply", "-f", "m", "--auto-approve").code)
}

// stopping is a standard error that closes told when the end of the run was told.
type stopping struct {
	bytes.Buffer
	told chan struct{}
}

func (s *stopping) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("Stopping")) {
		close(s.told)
	}
	return s.Buffer.Write(p)
}

func TestAnInterruptStopsAllAccounts(t *testing.T) {
	a := newAccounts(t, "alpha", "beta")
	errs := &stopping{told: make(chan struct{})}
	ctx, interrupt := context.WithCancelCause(limited(t))
	var running sync.WaitGroup
	running.Add(2)
	for _, w := range a.worlds {
		w.SetHook(func(_ context.Context, call memory.Call) error {
			if call.Operation.Writes() { // with --parallelism 1: the first write of each account waits for the interrupt
				running.Done()
				<-errs.told
			}
			return nil
		})
	}
	go func() {
		running.Wait()
		interrupt(errors.New("interrupted"))
	}()
	o := a.run(ctx, t, func(env *cli.Env) { env.Stderr = errs }, "apply", "-f", "m", "--auto-approve", "--parallelism", "1")
	o.errors = errs.String()
	assert.Equal(t, 130, o.code, o.errors)
	assert.Equal(t, 2, strings.Count(o.out, "Interrupted."), o.out)
	assert.Equal(t, 2, strings.Count(o.out, "1 applied but not read back, 1 not begun. Run the same command again: it goes on where it stopped."), o.out)
	assert.Equal(t, 2, a.writes())
	assert.Equal(t, 1, strings.Count(o.errors, "Stopping: 2 calls are still running. Press Ctrl-C again to stop at once.\n"+
		"Calls may take 10 seconds to end. "), o.errors)
}

func TestASecondInterruptStopsAtOnce(t *testing.T) {
	a := newAccounts(t, "alpha", "beta")
	ctx, interrupt := context.WithCancel(limited(t))
	errs := &stopping{told: make(chan struct{})}
	var running sync.WaitGroup
	running.Add(2)
	for _, w := range a.worlds {
		w.SetHook(func(ctx context.Context, call memory.Call) error {
			if call.Operation.Writes() {
				running.Done()
				<-ctx.Done() // the call's own context: it ends with the second interrupt, or after the grace
			}
			return nil
		})
	}
	go func() {
		running.Wait()
		interrupt()
	}()
	o := a.run(ctx, t, func(env *cli.Env) {
		env.Stderr, env.StopNow = errs, errs.told // the second press comes as soon as the answer to the first
	}, "apply", "-f", "m", "--auto-approve", "--parallelism", "1", "-q")
	o.errors = errs.String()
	assert.Equal(t, 130, o.code, o.errors)
	assert.Equal(t, 2, strings.Count(o.out, "Interrupted. Nothing was applied, 1 with unknown outcome, 1 not begun. Run"), o.out)
	assert.Equal(t, 2, strings.Count(o.out, "interrupted, the outcome is unknown"), o.out)
	assert.Contains(t, o.errors, "Stopping: 2 calls are still running.", "that is told with --quiet too")
}

func TestAnInterruptBeforeTheFirstWriteChangesNothing(t *testing.T) {
	for args, after := range map[string]string{"plan -f m": "", "apply -f m --auto-approve": "", "drift -f m": "", "apply -f m": "Only yes is taken: \n"} {
		t.Run(args, func(t *testing.T) {
			a := newAccounts(t, "alpha")
			ctx, interrupt := context.WithCancel(limited(t))
			over := make(chan struct{})
			defer close(over)
			env := func(env *cli.Env) {
				env.StdinTerminal = true
				env.Stdin = readerFunc(func([]byte) (int, error) { interrupt(); <-over; return 0, io.EOF })
			}
			if after == "" {
				env = nil
				a.worlds["alpha"].SetHook(func(ctx context.Context, _ memory.Call) error { interrupt(); <-ctx.Done(); return nil })
			}
			o := a.run(ctx, t, env, strings.Fields(args)...)
			assert.Equal(t, 130, o.code)
			assert.Contains(t, o.errors, after+"Stopping: nothing was changed.\n")
			assert.Equal(t, 1, strings.Count(o.errors, "Stopping"))
			assert.Zero(t, a.writes())
		})
	}
}

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

func TestOneAccountUnderTwoNamesIsRefused(t *testing.T) {
	for _, args := range [][]string{{"plan"}, {"drift"}, {"apply", "--auto-approve"}} {
		a := newAccounts(t, "alpha", "beta")
		text, err := os.ReadFile("m/2.yaml")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile("m/3.yaml", bytes.Replace(text, []byte("name: alpha"), []byte("id: id-of-alpha"), 1), 0o600))
		a.worlds["id-of-alpha"] = a.worlds["alpha"]
		o := a.run(limited(t), t, nil, append(args, "-f", "m")...)
		assert.Equal(t, 1, o.code)
		assert.Contains(t, o.errors, "m/2.yaml:2:10: one account twice: this manifest and the one at m/3.yaml:2:10 are for the same account")
		assert.Contains(t, o.errors, "Account id-of-alpha:\nm/3.yaml:2:10: one account twice")
		assert.Empty(t, a.worlds["alpha"].Writes())
	}
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
