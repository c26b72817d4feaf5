package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/saved"
)

// applyOptions are the flags of apply.
type applyOptions struct {
	scopeFlags
	autoApprove   bool
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

When a change fails, those that depend on it are skipped and all others go on. It is safe to run apply again: what is
done is not done twice. With --target or --exclude only a part is executed; what needs more than that is blocked, and the
report says at the end what was left out. On an interrupt nothing new starts, and what runs is given a moment to end.

Several accounts are planned side by side, shown together, approved with one answer, and executed side by side. Nothing is
applied to an account that cannot be planned; the others go on, and the exit code tells.

With FILE, a plan that plan --out has saved is executed as it was reviewed. It is held against live state first, and again
after the question: what is done already is left out, and where anything that it relies on has moved, it is refused before
the first write, with what moved and both values. Off a terminal a saved plan is not asked about. With -f as well, the
manifest there must be the one that the plan was made from. Addresses of services are not saved: they come from -f,
--endpoint or the environment. With --verify-key, FILE.sig is checked before FILE is read.

` + exitHelp,
		Example: `  agencyctl apply -f examples/quickstart --sim --auto-approve
  agencyctl apply plan.json --verify-key reviewers.pub`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return a.document(noReports, a.apply(cmd, o, args)) },
	}
	a.manifestFlags(cmd)
	a.cloudFlags(cmd)
	a.selfFlag(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.autoApprove, "auto-approve", false, "do not ask")
	f.IntVar(&o.parallelism, "parallelism", engine.DefaultParallelism, "most changes that run at once in each account")
	o.add(cmd)
	f.StringVar(&o.logFile, "log", "", "append one JSON line for each event to this file")
	f.DurationVar(&o.verifyTimeout, "verify-timeout", engine.DefaultVerifyTimeout, "how long to wait until what was written can be read")
	f.StringArrayVar(&o.verifyKeys, "verify-key", nil, verifyKeyHelp)
	o.failOn.flag(cmd)
	return cmd
}

func (o applyOptions) check() error {
	switch {
	case o.parallelism < 1:
		return fmt.Errorf("--parallelism %d: it must be at least 1", o.parallelism)
	case o.verifyTimeout <= 0:
		return fmt.Errorf("--verify-timeout %s: it must be longer than nothing", o.verifyTimeout)
	}
	return nil
}

// apply applies the manifests of --file, or the saved plan that args name.
func (a *app) apply(cmd *cobra.Command, o applyOptions, args []string) error {
	if err := errors.Join(o.check(), checkSaved(cmd, args)); err != nil {
		return err
	}
	options, err := o.options(cmd)
	if err != nil {
		return err
	}
	var saved *saved.Plan
	load := a.loadValid
	if len(args) > 0 {
		load = func() (manifests []*plan.Manifest, err error) {
			saved, manifests, err = a.loadSaved(args[0], o.verifyKeys)
			return manifests, err
		}
	}
	ctx, s, err := a.beginWith(cmd, load)
	if err != nil {
		return err
	}
	defer s.close()
	log, err := openEventLog(o.logFile)
	if err != nil {
		return err
	}
	runs := s.open(ctx, log.sink)
	defer runs.close()
	if saved != nil {
		s.recheck(ctx, runs, saved)
	} else {
		options.Caller.IsToRun = true
		s.plan(ctx, runs, options)
	}
	o.failOn.refuse(runs)
	s.showWhatIsAsked(runs)
	s.tell(runs)
	// A saved plan was approved by its review; who sits at a terminal is asked all the same.
	if err := s.approve(ctx, runs, o.autoApprove || saved != nil && !a.env.StdinTerminal); err != nil {
		return errors.Join(err, a.showNothingDone(ctx, runs), log.close())
	}
	runs.sideBySide(func(r *accountRun) {
		if r.plan == nil {
			return
		}
		r.report = r.execute(ctx, engine.ApplyOptions{Parallelism: o.parallelism, VerifyTimeout: o.verifyTimeout})
		r.code = codeOfReport(r.report)
	})
	s.progress.Close()
	code := runs.code()
	// Whatever goes wrong from here on goes wrong after the writes, and must not look as if there were none.
	if err := errors.Join(a.showReports(runs), log.close()); err != nil {
		a.fail(err)
		code = worst(code, exitRefused)
		if slices.ContainsFunc(runs, func(r *accountRun) bool { return r.report != nil && r.report.Sent() }) {
			code = worst(code, exitIncomplete)
		}
	}
	return exit(code)
}

// showWhatIsAsked shows the plans before the question. With JSON they are no result, but whoever is asked must see what
// he is asked.
func (s *session) showWhatIsAsked(runs accountRuns) {
	env := s.app.env
	out, terminal := env.Stdout, env.StdoutTerminal
	if s.app.json() {
		if !env.StdinTerminal {
			return
		}
		out, terminal = env.Stderr, env.StderrTerminal
	}
	if err := s.app.showPlansAsText(out, terminal, runs); err != nil {
		s.app.fail(err)
	}
}

func (a *app) showReports(runs accountRuns) error {
	reports := make([]*engine.Report, len(runs))
	for i, r := range runs {
		reports[i] = r.report
	}
	if a.json() {
		return render.ReportJSON(a.env.Stdout, reports, runs.failures()...)
	}
	told := slices.DeleteFunc(reports, func(r *engine.Report) bool {
		return r == nil || len(r.Results)+len(r.LeftOut) == 0 // an empty plan has said already that there is nothing to do
	})
	if len(told) == 0 {
		return nil
	}
	return render.Report(a.env.Stdout, told, a.view(a.env.StdoutTerminal))
}

// showNothingDone shows for every account that nothing was done in it, to scripts only: whoever was asked knows.
func (a *app) showNothingDone(ctx context.Context, runs accountRuns) error {
	if !a.json() {
		return nil
	}
	for _, r := range runs {
		if !r.failed() {
			r.fail(ctx, errNothingDone)
		}
	}
	return a.showReports(runs)
}

// codeOfReport is the exit code of one account's execution.
func codeOfReport(r *engine.Report) int {
	switch {
	case r.Interrupted:
		return exitInterrupted
	case r.OK():
		return exitOK
	case r.Sent():
		return exitIncomplete
	}
	return exitRefused
}
