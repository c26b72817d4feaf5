package cli_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
)

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

// writesHang makes writes last as long as their context, and returns what waits until each account has one.
func (a *accounts) writesHang() (begun *sync.WaitGroup) {
	begun = &sync.WaitGroup{}
	begun.Add(len(a.worlds))
	for _, w := range a.worlds {
		w.SetHook(func(ctx context.Context, call memory.Call) error {
			if call.Operation.Writes() {
				begun.Done()
				<-ctx.Done()
			}
			return nil
		})
	}
	return begun
}

func TestASecondInterruptStopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccounts(t, "alpha", "beta")
		ctx, interrupt := context.WithCancel(limited(t))
		errs := &stopping{told: make(chan struct{})}
		begun := a.writesHang()
		var interrupted time.Time
		go func() {
			begun.Wait()
			interrupted = time.Now()
			interrupt()
		}()
		o := a.run(ctx, t, func(env *cli.Env) {
			env.Stderr, env.StopNow = errs, errs.told // the second press comes as soon as the answer to the first
		}, "apply", "-f", "m", "--auto-approve", "--parallelism", "1", "-q")
		o.errors = errs.String()
		assert.Zero(t, time.Since(interrupted), "nobody waits for the calls")
		assert.Equal(t, 130, o.code, o.errors)
		assert.Equal(t, 2, strings.Count(o.out, "Interrupted. Nothing is known to be applied, 1 with unknown outcome, 1 not begun. Run"), o.out)
		assert.Equal(t, 2, strings.Count(o.out, "interrupted, the outcome is unknown"), o.out)
		assert.Contains(t, o.errors, "Stopping: 2 calls are still running.", "that is told with --quiet too")
	})
}

func TestTheFirstInterruptAfterTheTimeIsOverStopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccounts(t, "alpha")
		ctx, interrupt := context.WithCancel(limited(t))
		errs := &stopping{told: make(chan struct{})}
		a.writesHang()
		var interrupted time.Time
		go func() {
			<-errs.told
			time.Sleep(time.Second)
			interrupted = time.Now()
			interrupt()
		}()
		a.run(ctx, t, func(env *cli.Env) { env.Stderr, env.StopNow = errs, make(chan struct{}) },
			"apply", "-f", "m", "--auto-approve", "--parallelism", "1", "--timeout", "20s")
		assert.Zero(t, time.Since(interrupted), "nobody waits for the call")
		assert.Contains(t, errs.String(), "Stopping: the time is over. 1 call is still running. Press Ctrl-C to stop at once.\n"+
			"Calls may take 10 seconds to end. What becomes of a call that is stopped at once is not known.\n")
	})
}

func TestTheEndOfTheTimeLeavesRunningCallsTheirGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccounts(t, "alpha")
		a.writesHang()
		started := time.Now()
		o := a.run(limited(t), t, nil, "apply", "-f", "m", "--auto-approve", "--parallelism", "1", "--timeout", "20s")
		assert.Equal(t, 30*time.Second, time.Since(started))
		assert.Equal(t, 3, o.code, o.errors)
		assert.Contains(t, o.out, "\nThe time is over. Nothing is known to be applied, 1 with unknown outcome, 1 not begun. "+
			"Run the same command again: it goes on where it stopped.\n")
	})
}

func TestAnInterruptEndsTheReadingOfStandardInput(t *testing.T) {
	for _, args := range []string{"validate -f -", "plan -f -", "plan -f m --base -", "apply -f - --auto-approve"} {
		t.Run(args, func(t *testing.T) {
			a := newAccounts(t, "alpha")
			ctx, interrupt := context.WithCancel(limited(t))
			over := make(chan struct{})
			defer close(over)
			o := a.run(ctx, t, func(env *cli.Env) {
				env.Stdin = readerFunc(func([]byte) (int, error) { interrupt(); <-over; return 0, io.EOF })
			}, append(strings.Fields(args), "-o", "json=report.json")...)
			assert.Equal(t, 130, o.code, o.errors)
			assert.Regexp(t, "(?m)^agencyctl: .*interrupted$", o.errors)
			report, err := os.ReadFile("report.json")
			require.NoError(t, err)
			assert.Contains(t, string(report), "interrupted")
		})
	}
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
