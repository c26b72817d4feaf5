package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/saved"
	"github.com/agencyctl/agencyctl/providers"
)

// applyOptions are the flags of apply.
type applyOptions struct {
	scopeFlags
	base          baseFlags
	autoApprove   bool
	detailedExit  bool
	parallelism   int
	logFile       string
	verifyTimeout time.Duration
	failOn        failOn
	verifyKeys    []string
}

func (a *app) applyCommand() *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use:   "apply {-f PATH | FILE}",
		Short: "Plan, show, ask, execute, and read back what was done",
		Long: `Plan, show the plan, ask, execute it in dependency order, and read back what was done until the cloud shows it.

When a change fails, the changes that depend on it are skipped and all others go on. It is safe to run apply again: no
change is made twice. With --target or --exclude only some changes are executed. A change that needs one of the others is
blocked, and the report ends with the changes that were left out.

While it works, stderr says what is done: a line that changes on a terminal, and anywhere else one line a change with the time
and a counter. --quiet leaves them out.

On Ctrl-C or SIGTERM no further change is begun, and running calls have ` + inSeconds(engine.DefaultGrace) + ` to end. A second one stops
at once: the report then says of which changes the outcome is unknown. Run the same command again: it goes on where it stopped.

What the plan changes is read once more before the first write, and before a trust changes hands. Where somebody else has
changed it meanwhile, nothing is sent. After the last change it is read back as a whole, with every grant: it must be as it
was before the run, with the changes of the plan. What is not is listed, and what somebody else has changed is named.

Several accounts are planned side by side, shown together, approved with one answer, and executed side by side. Nothing is
applied to an account that cannot be planned; the others go on, and the exit code shows the failure.

With FILE, a plan that plan --out has saved is executed as it was reviewed. The plan is compared with live state first, and
again after the question. Changes that are done already are left out. When something that the plan relies on has moved, the
plan is refused before the first write, and both values are shown. Without a terminal, a saved plan is applied without a
question. With -f as well, every change must follow from the manifest there. Endpoints are not saved: they
come from -f, --endpoint or the environment. With --verify-key, FILE.sig is checked before FILE is read.

Exit codes:
  0    done, or nothing to do
  1    refused or failed before the first write: bad input, unreadable state, limits,
       a saved plan that is not true any more, something that has moved, --fail-on
  2    all went well, and something is left (--detailed-exitcode)
  3    a write was sent, and something failed, was applied in part, was skipped,
       or was not read back as expected in time
  130  interrupted
With several accounts the worst wins: 130, 3, 1, 2, 0.`,
		Example: `  agencyctl apply -f examples/quickstart --sim --auto-approve
  agencyctl apply plan.json --verify-key reviewers.pub`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return a.apply(cmd, o, args) },
	}
	a.outputFlags(cmd, render.Apply)
	tellDrawing(cmd)
	a.manifestFlags(cmd)
	a.cloudFlags(cmd)
	a.selfFlag(cmd)
	o.base.add(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.autoApprove, "auto-approve", false, "do not ask")
	f.BoolVar(&o.detailedExit, "detailed-exitcode", false,
		"exit with 2 when all went well and something is left: by hand, blocked, or left out")
	f.IntVar(&o.parallelism, "parallelism", 0,
		"run at most `N` changes at once in each account (default: as many as the cloud takes)")
	o.add(cmd)
	f.StringVar(&o.logFile, "log", "", "append one JSON line for each event to `FILE`")
	f.DurationVar(&o.verifyTimeout, "verify-timeout", engine.DefaultVerifyTimeout,
		"wait at most `DURATION` until the changes can be read back")
	f.StringArrayVar(&o.verifyKeys, "verify-key", nil, verifyKeyHelp)
	o.failOn.flag(cmd)
	return cmd
}

func (o applyOptions) check(cmd *cobra.Command) error {
	switch {
	case o.parallelism < 1 && cmd.Flags().Changed("parallelism"):
		return fmt.Errorf("--parallelism %d: it must be at least 1", o.parallelism)
	case o.verifyTimeout <= 0:
		return fmt.Errorf("--verify-timeout %s: it must be longer than nothing", o.verifyTimeout)
	}
	return nil
}

// apply applies the manifests of --file, or the saved plan that args name.
func (a *app) apply(cmd *cobra.Command, o applyOptions, args []string) error {
	if err := errors.Join(o.check(cmd), checkSaved(cmd, args)); err != nil {
		return err
	}
	options, err := o.options(cmd)
	if err != nil {
		return err
	}
	options.RulesFromBase = o.base.rules
	load, job := func() ([]*plan.Manifest, error) { return o.keep(a.loadValid()) }, func(r *accountRun, caller plan.Caller) engine.Job {
		o := options
		o.Caller, o.Caller.IsToRun = caller, true
		o.Base, o.Bases = r.base, r.bases
		return r.engine.Fresh(r.manifest, o)
	}
	auto := o.autoApprove
	if len(args) > 0 {
		var saved *saved.Plan
		from := engine.SavedOptions{Options: options.Options}
		load = func() (_ []*plan.Manifest, err error) {
			if saved, from.Source, err = a.loadSaved(args[0], o.verifyKeys); err != nil {
				return nil, err
			}
			return []*plan.Manifest{cmp.Or(from.Source, saved.Manifest())}, nil
		}
		job = func(r *accountRun, caller plan.Caller) engine.Job {
			from := from
			from.Caller = caller
			return r.engine.Saved(saved, from)
		}
		o.failOn.recorded = true
		// The review of a saved plan was its approval; a person at a terminal is asked all the same.
		auto = auto || !a.env.StdinTerminal
	}
	ctx, s, err := a.begin(cmd, load)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.readBase(o.base); err != nil {
		return err
	}
	log, err := openEventLog(o.logFile)
	if err != nil {
		return err
	}
	runs := s.open(ctx, log.sink)
	defer runs.close()
	s.makePlans(ctx, runs, job)
	o.failOn.refuse(runs)
	s.preview(runs, auto)
	s.printFailures(runs)
	approved, err := s.approve(ctx, runs, auto)
	if approved {
		s.notice.setSending()
		runs.sideBySide(func(r *accountRun) {
			r.result.Apply = r.job.Execute(ctx, r.planned, engine.ApplyOptions{
				Parallelism: o.parallelism, VerifyTimeout: o.verifyTimeout, LookedAgain: r.lookedAgain,
				PollInterval: a.env.PollInterval, Grace: a.grace(), StopNow: s.stopNow,
			})
		})
	} else {
		runs.nothingDone(ctx)
	}
	var failure *render.Failure
	if err = errors.Join(err, cutShort(ctx, runs), log.close()); err != nil {
		failure = failureOf(ctx, err)
	}
	code := exitOK
	isLeft := func(r *accountRun) bool { return r.result.Apply != nil && r.result.Apply.Left() }
	if o.detailedExit && (len(s.warnings) > 0 || slices.ContainsFunc(runs, isLeft)) {
		code = exitDifferences
	}
	return s.end(runs, code, failure)
}

// cutShort returns the error of a limit of time that kept changes from being made; nil where all were made, or something else did.
func cutShort(ctx context.Context, runs accountRuns) error {
	cut := func(r *accountRun) bool { return r.result.Apply != nil && !r.result.Apply.OK() }
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) || !slices.ContainsFunc(runs, cut) {
		return nil
	}
	return providers.ContextError(ctx, ctx.Err())
}

// eventLog appends events to a file, one JSON line each. The zero eventLog writes nothing. Its methods are safe for
// concurrent use: events of several accounts come at the same time, and their lines stay whole.
type eventLog struct {
	mu   sync.Mutex
	file *os.File
	w    *bufio.Writer
	err  error
}

func openEventLog(path string) (*eventLog, error) {
	if path == "" {
		return &eventLog{}, nil
	}
	f, err := openAppend(path)
	if err != nil {
		return nil, fmt.Errorf("--log: %w", err)
	}
	return &eventLog{file: f, w: bufio.NewWriter(f)}, nil
}

// sink writes an event. The line is in the file when sink returns, so that a killed run leaves its history.
func (l *eventLog) sink(e engine.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil || l.err != nil {
		return
	}
	if l.err = render.EventJSON(l.w, e); l.err == nil {
		l.err = l.w.Flush()
	}
}

// close ends the log and reports what could not be written. It may be called again.
func (l *eventLog) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	if l.err != nil {
		err = l.err
	}
	if err != nil {
		return fmt.Errorf("--log: %w", err)
	}
	return nil
}
