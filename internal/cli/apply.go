package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// applyOptions are the flags of apply.
type applyOptions struct {
	autoApprove   bool
	parallelism   int
	maxDeletes    int
	sendWriteOnly bool
	logFile       string
	verifyTimeout time.Duration
}

func (a *app) applyCommand() *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use:   "apply -f PATH",
		Short: "Plan, show, ask, execute, and read back what was done",
		Long: `Plan, show the plan, ask, execute it in dependency order, and read back what was done until the cloud shows it.

When a change fails, those that depend on it are skipped and all others go on. It is safe to run apply again: what is
done is not done twice. On an interrupt nothing new starts, and what runs is given a moment to end.

` + exitHelp,
		Example: "  agencyctl apply -f examples/quickstart --sim --auto-approve",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.document(noReports, a.apply(cmd, o)) },
	}
	a.manifestFlags(cmd)
	a.cloudFlags(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.autoApprove, "auto-approve", false, "do not ask")
	f.IntVar(&o.parallelism, "parallelism", engine.DefaultParallelism, "most changes that run at once")
	f.IntVar(&o.maxDeletes, "max-deletes", 0, "allow this many deletes for this run, whatever ownership.maxDeletes says")
	f.BoolVar(&o.sendWriteOnly, "send-write-only", false, sendWriteOnlyHelp)
	f.StringVar(&o.logFile, "log", "", "append one JSON line for each event to this file")
	f.DurationVar(&o.verifyTimeout, "verify-timeout", engine.DefaultVerifyTimeout, "how long to wait until what was written can be read")
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

func (a *app) apply(cmd *cobra.Command, o applyOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	limit, err := maxDeletes(cmd, o.maxDeletes)
	if err != nil {
		return err
	}
	ctx, s, err := a.begin(cmd)
	if err != nil {
		return err
	}
	defer s.close()
	log, err := openEventLog(o.logFile)
	if err != nil {
		return err
	}
	runs, code := s.planAll(ctx, engine.PlanOptions{MaxDeletes: limit, SendWriteOnly: o.sendWriteOnly}, log.sink)
	defer func() {
		for _, run := range runs {
			run.close()
		}
	}()
	if err := s.approve(ctx, runs, o.autoApprove); err != nil {
		return errors.Join(err, log.close())
	}
	var reports []*engine.Report
	for _, run := range runs {
		if run.plan == nil {
			continue
		}
		report := run.engine.Apply(ctx, run.manifest, run.plan, engine.ApplyOptions{Parallelism: o.parallelism, VerifyTimeout: o.verifyTimeout})
		reports = append(reports, report)
		code = worst(code, a.codeOfReport(report))
	}
	s.progress.Close()
	// Whatever goes wrong from here on goes wrong after the writes, and must not look as if there were none.
	if err := errors.Join(a.showReports(reports), log.close()); err != nil {
		a.fail(err)
		if slices.ContainsFunc(reports, (*engine.Report).Sent) {
			code = worst(code, exitIncomplete)
		} else {
			code = worst(code, exitRefused)
		}
	}
	return exit(code)
}

// planAll plans every account and shows the plans. A run without a plan must not be executed; what there is to tell of
// it has been told.
func (s *session) planAll(ctx context.Context, o engine.PlanOptions, sink engine.Sink) (runs []*accountRun, code int) {
	var shown []*plan.Plan
	for _, m := range s.manifests {
		planned, run := s.planAccount(ctx, m, o, sink)
		runs = append(runs, run)
		code = worst(code, run.code)
		if planned == nil || planned.Plan == nil {
			continue
		}
		shown = append(shown, planned.Plan)
		if !planned.Refused() {
			run.plan, run.options = planned.Plan, o
		}
	}
	s.progress.Close()
	// With JSON the plan is no result, but whoever is asked must see what he is asked.
	out, terminal := s.app.env.Stdout, s.app.env.StdoutTerminal
	if s.app.json() {
		out, terminal = s.app.env.Stderr, s.app.env.StderrTerminal
	}
	if len(shown) > 0 && !(s.app.json() && !s.app.env.StdinTerminal) {
		if err := render.Plan(out, shown, s.app.view(terminal)); err != nil {
			s.app.fail(err)
		}
	}
	return runs, code
}

func (a *app) showReports(reports []*engine.Report) error {
	if a.json() {
		return render.ReportJSON(a.env.Stdout, reports)
	}
	var told []*engine.Report
	for _, r := range reports {
		if len(r.Results) > 0 {
			told = append(told, r) // an empty plan has said already that there is nothing to do
		}
	}
	if len(told) == 0 {
		return nil
	}
	return render.Report(a.env.Stdout, told, a.view(a.env.StdoutTerminal))
}

// codeOfReport is the exit code of one account's execution.
func (a *app) codeOfReport(r *engine.Report) int {
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

// approve asks for the go-ahead where there is something to write. As an answer may take its time, what was shown is
// planned again afterwards, and must still be so.
func (s *session) approve(ctx context.Context, runs []*accountRun, auto bool) error {
	var asks []string
	for _, run := range runs {
		if run.plan != nil && run.plan.Writes() > 0 {
			asks = append(asks, fmt.Sprintf("%s to account %s", render.Count(run.plan.Writes(), "change"), render.Clean(run.plan.Account.String())))
		}
	}
	if len(asks) == 0 || auto {
		return nil
	}
	env := s.app.env
	if !env.StdinTerminal {
		return errors.New("apply must be approved: run it on a terminal, or give --auto-approve")
	}
	fmt.Fprintf(env.Stderr, "\nApply %s? Only yes is taken: ", strings.Join(asks, ", "))
	answer, err := s.app.readLine(ctx)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if answer != "yes" {
		fmt.Fprintln(env.Stderr, "\nNothing was changed.")
		return exit(exitRefused)
	}
	for _, run := range runs {
		if run.plan == nil {
			continue
		}
		if err := run.unchanged(ctx); err != nil {
			return fmt.Errorf("account %s: %w", run.manifest.Account, err)
		}
	}
	return nil
}

// unchanged plans again and compares with what was shown.
func (r *accountRun) unchanged(ctx context.Context) error {
	again, err := r.engine.Plan(ctx, r.manifest, r.options)
	if err != nil {
		return err
	}
	shown, err := json.Marshal(r.plan)
	if err != nil {
		return err
	}
	var now []byte
	if again.Plan != nil && !again.Refused() {
		if now, err = json.Marshal(again.Plan); err != nil {
			return err
		}
	}
	if !bytes.Equal(shown, now) {
		return errors.New("the account changed while you were asked, and the plan is not true any more: run apply again")
	}
	r.plan = again.Plan
	return nil
}

// readLine reads one line of input, or returns when ctx ends.
func (a *app) readLine(ctx context.Context) (string, error) {
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	go func() { // a read from a terminal cannot be cancelled; the process ends with the command
		text, err := bufio.NewReader(a.env.Stdin).ReadString('\n')
		read <- line{strings.TrimSpace(text), err}
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case l := <-read:
		if l.text != "" {
			return l.text, nil
		}
		return "", l.err
	}
}
