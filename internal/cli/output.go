package cli

// The rules of output:
//
//   - Standard output has the result and nothing else: one report, in the format that --output names, written when the run is
//     over. The one exception is apply as text, which shows the plan before it asks. Files have the same report (outputs.go).
//   - Standard error has all the rest: the question, remarks, progress, logs and failures. --quiet leaves out progress and
//     remarks, and changes nothing of standard output. Progress is a line that changes on a terminal, and anywhere else a line for
//     each change that is over. What an interrupt does is told in any case: the next one may cut off calls.
//   - A command ends with [app.end], or returns an error before it has a report. [app.ended] then makes a report of the error,
//     so that every run has one, whichever step failed. A failure is printed once on standard error, after the report.
//   - Strangers write names and descriptions. Package render makes control characters and invisible characters visible, in
//     every format; text that does not come from render passes through [render.Clean].
//   - Colours are for terminals only, or with CLICOLOR_FORCE, and never with --no-color or NO_COLOR. There is no pager.
//
// The commands sim, schema and version have no report and write their one text themselves.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// textFormat is the format for people, and the default.
const textFormat = "text"

// reportOf is the annotation of commands that end in a report; its value is the report's kind.
const reportOf = "report"

// end ends a command: it writes the report to standard output and to the files, and returns the exit code for cobra. An error of
// writing it is printed, and makes the code worse.
func (a *app) end(r render.Report, code int) error {
	err := a.outputs.print(a.env.Stdout, r, a.view(a.env.StdoutTerminal))
	for _, err := range append([]error{err}, a.outputs.write(r, a.viewAlone())...) {
		if err != nil {
			a.fail(err)
			code = worst(code, codeAfter(r))
		}
	}
	for i := range a.outputs.files {
		if f := &a.outputs.files[i]; len(f.left) > 0 {
			a.remark("%s holds documents of other runs: %s", render.Clean(f.path), render.Clean(strings.Join(f.left, ", ")))
		}
	}
	return exit(code)
}

// codeAfter is the exit code when something goes wrong after the work that the report is about: it must not look as if
// nothing was written.
func codeAfter(r render.Report) int {
	for _, account := range r.Accounts {
		if account.Apply != nil && account.Apply.Sent() {
			return exitIncomplete
		}
	}
	return exitRefused
}

// preview shows a report before the question, as text. With another --output it is not the result, so it goes to standard
// error, and only if a person can be asked. Who is asked on a terminal sees it there, also where standard output is a file.
func (a *app) preview(r render.Report, asks bool) {
	text := render.Formats()[textFormat]
	isText, seen := a.outputs.stdout() == textFormat, false
	var failed error
	if isText {
		failed = text(a.env.Stdout, r, a.view(a.env.StdoutTerminal))
		seen = a.env.StdoutTerminal || !asks || !a.env.StderrTerminal
	}
	if a.env.StdinTerminal && !seen {
		failed = errors.Join(failed, text(a.env.Stderr, r, a.view(a.env.StderrTerminal)))
	}
	if failed != nil {
		a.fail(failed)
	}
}

// ended returns the exit code of a command, and reports an error that came before any report.
func (a *app) ended(ctx context.Context, cmd *cobra.Command, err error) int {
	var done *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &done):
		return done.code
	}
	failure := failureOf(ctx, err)
	if !a.outputs.prepared { // the command line could not be read as a whole
		flags := cmd.Flags()
		if a.outputs.flags != nil {
			flags = a.outputs.flags
		}
		files, err := flags.GetStringArray("file")
		if err != nil { // the command has no such flag
			files = a.files
		}
		a.place = whereAmI(files, nil)
		if err := a.outputs.prepare(flags, flags.Args()); err != nil {
			a.fail(err)
		}
	}
	report := render.Report{Kind: render.Kind(cmd.Annotations[reportOf]), Failure: failure}
	if report.Kind != "" {
		_ = a.end(report, exitRefused)
	}
	a.printFailure(plan.Account{}, failure)
	_ = a.tell(ctx, report, nil, exitRefused, exit(exitRefused)) // an interrupt alone makes the code worse, and Run looks for it
	return exitRefused
}

// printFailure prints a failure on standard error. The account is the zero Account for a failure of the run as a whole.
func (a *app) printFailure(account plan.Account, f *render.Failure) {
	_ = render.WriteFailure(a.env.Stderr, account, f, a.view(a.env.StderrTerminal)) // there is nowhere else to report an error
}

// fail prints an error on standard error, with a hint.
func (a *app) fail(err error) {
	a.printFailure(plan.Account{}, &render.Failure{Err: providers.Plain(err)})
}

// remark prints a line on standard error that --quiet leaves out.
func (a *app) remark(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.env.Stderr, format+"\n", args...)
	}
}

// viewAlone returns the options of a report in a file.
func (a *app) viewAlone() render.Options {
	o := a.view(false)
	o.Alone = true
	return o
}

// view returns the options of a report on standard output or standard error.
func (a *app) view(terminal bool) render.Options {
	return render.Options{
		Verbose: a.verbose, Width: a.columns(terminal), Color: a.inColor(terminal),
		Several: len(a.manifests) > 1, ShowNow: a.showNow, FromFile: a.fromFile, Hint: a.hint, Renew: a.renewCommand,
		Directory: a.place.directory, Repository: a.place.repository, Inputs: a.place.inputs, Version: a.env.Version, Rule: a.ruleText,
	}
}

// columns returns how many columns a line may have: what COLUMNS says, else those of the terminal; 0 where nothing is known.
func (a *app) columns(terminal bool) int {
	if n, err := strconv.Atoi(a.env.Getenv("COLUMNS")); err == nil && n > 0 {
		return max(n, minColumns)
	}
	if width := a.terminalColumns(); terminal && width > 0 {
		return max(width, minColumns)
	}
	return 0
}

// terminalColumns returns how many columns the terminal has now; 0 where that is not known.
func (a *app) terminalColumns() int {
	if a.env.Width == nil {
		return 0
	}
	return a.env.Width()
}

// progressColumns returns how many columns the line of progress may have; 0 where nothing is known. A line that is wider than the
// terminal cannot be cleared, so COLUMNS only narrows it.
func (a *app) progressColumns() int {
	said, has := a.columns(false), a.terminalColumns()
	if said == 0 || has == 0 {
		return max(said, has)
	}
	return min(said, has)
}

// minColumns is the least that a page has: what COLUMNS or a terminal says below that counts as this.
const minColumns = 20

// inColor reports whether text is coloured: on a terminal that can, or where CLICOLOR_FORCE asks for it, unless anything forbids it.
func (a *app) inColor(terminal bool) bool {
	forced := a.env.Getenv("CLICOLOR_FORCE")
	return !a.noColor && a.env.Getenv("NO_COLOR") == "" &&
		(forced != "" && forced != "0" || terminal && a.env.Getenv("TERM") != dumb)
}

// dumb is the TERM of a terminal that moves no cursor and has no colours.
const dumb = "dumb"

// progress returns the view of what a run does.
func (a *app) progress() *render.Progress {
	o := render.ProgressOptions{Width: a.progressColumns, Several: len(a.manifests) > 1, Now: a.env.Now}
	if o.Now == nil {
		o.Now = time.Now
	}
	switch {
	case a.quiet:
	case a.env.StderrTerminal && a.env.Getenv("TERM") != dumb:
		o.Terminal = a.terminal
	default:
		o.Lines = a.env.Stderr
	}
	return render.NewProgress(o)
}

// lockedWriter lets several goroutines write to one writer, one call at a time: logs of several accounts and the
// progress line all go to standard error.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// refusal is the error of a command whose manifests have problems. Warnings may be among them.
type refusal struct{ problems []plan.Problem }

func (r *refusal) Error() string {
	return plan.Counted(len(plan.Fatal(r.problems)), "problem") + " in the manifests"
}

// failureOf returns the failure that an error is. The context is the one that the work was done under.
func failureOf(ctx context.Context, err error) *render.Failure {
	var refused *refusal
	if errors.As(err, &refused) {
		return &render.Failure{Kind: render.Refused, Problems: refused.problems}
	}
	return &render.Failure{Kind: failureKind(ctx, err), Err: toldOnce(ctx, providers.Plain(err))}
}

// toldOnce leaves out the lines of an error that only repeat why the context ended: all calls that were running say it.
func toldOnce(ctx context.Context, err error) error {
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	reason, told := providers.ContextError(ctx, ctx.Err()).Error(), false
	lines := slices.DeleteFunc(strings.Split(err.Error(), "\n"), func(line string) bool {
		repeats := told && strings.Contains(line, reason)
		told = told || strings.Contains(line, reason)
		return repeats
	})
	return &shortened{error: err, text: strings.Join(lines, "\n")}
}

// shortened is an error with a shorter text.
type shortened struct {
	error
	text string
}

// Error returns the shorter text.
func (s *shortened) Error() string { return s.text }

// Unwrap returns the error with its whole text.
func (s *shortened) Unwrap() error { return s.error }

// failureKinds are the kinds of errors that have a type. Of several, the first that fits is named: what to do about it
// decides the order.
var failureKinds = []struct {
	is   error
	kind render.FailureKind
}{
	{providers.ErrDenied, "denied"},
	{providers.ErrThrottled, "throttled"},
	{providers.ErrUnavailable, "unavailable"},
	{providers.ErrConflict, "conflict"},
	{providers.ErrInvalid, "invalid"},
	{providers.ErrNotFound, "notFound"},
	{engine.ErrUnreadable, "unreadable"},
	{errChanged, render.Refused},
	{errNothingDone, render.Refused},
	{errNotApproved, render.Refused},
}

// failureKind names what kind of failure an error is. When the context ended, that is why calls failed.
func failureKind(ctx context.Context, err error) render.FailureKind {
	switch ended := ctx.Err(); {
	case errors.Is(ended, context.DeadlineExceeded):
		return render.TimedOut
	case ended != nil:
		return render.Interrupted
	}
	for _, k := range failureKinds {
		if errors.Is(err, k.is) {
			return k.kind
		}
	}
	return render.Failed
}

// The exit codes of every command.
const (
	exitOK          = 0   // done, or nothing to do
	exitRefused     = 1   // refused, or failed before the first write
	exitDifferences = 2   // differences found
	exitIncomplete  = 3   // a write was sent and something failed, was applied in part, was skipped or could not be verified
	exitInterrupted = 130 // interrupted
)

// exitHelp is about all commands together. Each tells in its own help the codes that it can end with.
const exitHelp = `Exit codes:
  0    done, or nothing to do
  1    refused or failed before the first write: bad input, unreadable state, limits,
       a saved plan that is not true any more, something that has moved, --fail-on
  2    differences found (drift, plan --detailed-exitcode),
       or left (apply --detailed-exitcode)
  3    a write was sent, and something failed, was applied in part, was skipped,
       or was not read back as expected in time
  130  interrupted
With several accounts the worst wins: 130, 3, 1, 2, 0.`

// worse orders exit codes from the worst.
var worse = []int{exitInterrupted, exitIncomplete, exitRefused, exitDifferences, exitOK}

// worst returns the worse of two exit codes.
func worst(a, b int) int {
	if slices.Index(worse, a) < slices.Index(worse, b) {
		return a
	}
	return b
}

// exitError carries an exit code through cobra, after the report and the failures were written.
type exitError struct{ code int }

func (e *exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// exit returns nil for exitOK, and else an error that ends the program with that code.
func exit(code int) error {
	if code == exitOK {
		return nil
	}
	return &exitError{code}
}
