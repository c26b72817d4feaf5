package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// Why nothing was applied to an account that could have been.
var (
	errChanged     = errors.New("the account changed while you were asked, and the plan is not true any more: run apply again")
	errNothingDone = errors.New("the run ended before anything was changed")
	errNotApproved = errors.New("apply must be approved: run it on a terminal, or give --auto-approve")
)

// preview shows the plans before the question, if there is one, and says how many changes of a saved plan are done already.
func (s *session) preview(runs accountRuns, auto bool) {
	report := render.Report{Kind: render.Plan, Problems: s.warnings}
	for _, r := range runs {
		report.Accounts = append(report.Accounts, r.result)
		if p := r.planned; !r.failed() && len(p.Done) > 0 && !p.Plan.Empty() {
			s.app.remark("%d of the plan's %s done already. Only the remaining changes are shown; the Power section still covers the whole plan.",
				len(p.Done), countAre(len(p.Done)+len(p.Plan.Changes), "change"))
		}
	}
	s.progress.Close()
	s.app.preview(report, runs.ask(auto))
}

// countAre returns a number with its noun and verb: "1 change is", "3 changes are".
func countAre(n int, noun string) string { return plan.Counted(n, noun) + plan.Agree(n, " is", " are") }

// ask reports whether there is anything to write that must be approved.
func (runs accountRuns) ask(auto bool) bool {
	return !auto && slices.ContainsFunc(runs, func(r *accountRun) bool { return !r.failed() && r.planned.Plan.Writes() > 0 })
}

// approve asks for approval if there is anything to write. An answer may take its time, so every plan is made again after it,
// and must be the same. Without approval, nothing may be applied to any account; the error says why nobody could be asked.
func (s *session) approve(ctx context.Context, runs accountRuns, auto bool) (approved bool, err error) {
	if !runs.ask(auto) {
		return true, nil
	}
	env := s.app.env
	if !env.StdinTerminal {
		return false, errNotApproved
	}
	s.notice.setAsking(true)
	fmt.Fprint(env.Stderr, question(runs))
	answer, err := s.app.readLine(ctx)
	s.notice.flush()
	s.notice.setAsking(false)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	if answer != "yes" {
		fmt.Fprintln(env.Stderr, "\nNothing was changed.")
		return false, nil
	}
	asked := slices.DeleteFunc(slices.Clone(runs), (*accountRun).failed)
	asked.sideBySide(func(r *accountRun) { r.lookAgain(ctx) })
	return !slices.ContainsFunc(asked, (*accountRun).failed), nil
}

// lookAgain makes the plan again. The run fails when the plan is not the same any more.
func (r *accountRun) lookAgain(ctx context.Context) {
	now, err := r.job.Make(ctx)
	switch {
	case err != nil:
		r.fail(ctx, err)
	case now.Refused():
		r.refuse(now.Problems)
	case !now.Same(r.planned):
		r.fail(ctx, errChanged)
	default:
		r.planned, r.lookedAgain = now, true
	}
}

// nothingDone ends all runs that have not failed. It counts them as printed: whoever answered the question knows.
func (runs accountRuns) nothingDone(ctx context.Context) {
	for _, r := range runs {
		if !r.failed() {
			r.fail(ctx, errNothingDone)
			r.printed = true
		}
	}
}

// question asks about all accounts at once, and names those that will be left alone.
func question(runs accountRuns) string {
	var asks, lines, left []string
	for _, r := range runs {
		if r.failed() {
			left = append(left, "account "+render.Clean(r.manifest.Account.String()))
			continue
		}
		what, account := cmp.Or(render.Writes(r.planned.Plan), "nothing"), "account "+accountText(r.planned.Plan.Account)
		asks, lines = append(asks, what+" to "+account), append(lines, "  "+account+": "+what+"\n")
	}
	text := "\n"
	if len(left) > 0 {
		text += "Nothing will be applied to " + strings.Join(left, ", ") + ": see above.\n"
	}
	if len(asks) > 1 {
		return text + "To be applied:\n" + strings.Join(lines, "") + "Apply all of it? Only yes is taken: "
	}
	return text + "Apply " + strings.Join(asks, "") + "? Only yes is taken: "
}

// accountText is the name of an account with its id, as far as they are known.
func accountText(a plan.Account) string {
	if a.Name == "" || a.ID == "" {
		return render.Clean(a.String())
	}
	return render.Clean(a.Name + " (" + a.ID + ")")
}

// readLine reads one line of input, or returns when ctx ends.
func (a *app) readLine(ctx context.Context) (string, error) {
	line, err := bufio.NewReader(untilDone{ctx, a.env.Stdin}).ReadString('\n')
	if line = strings.TrimSpace(line); line != "" {
		return line, nil
	}
	return "", err
}
