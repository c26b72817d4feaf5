package cli_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

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
