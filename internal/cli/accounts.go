package cli

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/saved"
)

// maxAccountsAtOnce bounds how many accounts are worked on side by side. Each has a connection and limits of its own.
const maxAccountsAtOnce = 8

// accountRun is one account's part of a command. While the accounts run side by side, each run is touched by one
// goroutine only.
type accountRun struct {
	manifest   *plan.Manifest
	engine     *engine.Engine
	connection *Connection // nil where connecting failed

	// shown is the plan as it was made, also one that is refused; plan is what may be executed, nil for nothing, and
	// options how it was made.
	shown, plan *plan.Plan
	options     engine.PlanOptions
	// missedTargets and missedExcludes are the patterns that selected nothing in this account.
	missedTargets, missedExcludes []plan.Miss
	// planned is how the plan was made; nil for a saved plan, which is in saved.
	planned *engine.Planned
	saved   *saved.Plan
	drift   *plan.Drift
	report  *engine.Report

	// err or problems say why the account's part ended early; told is set when they have been told.
	err      error
	problems []plan.Problem
	kind     string
	told     bool
	// code is the exit code that this account alone would give.
	code int
}

// open connects to every account, in the order of the manifests. A run that could not be connected has failed. Close
// them when done.
func (s *session) open(ctx context.Context, sinks ...engine.Sink) accountRuns {
	runs := make(accountRuns, len(s.manifests))
	for i, m := range s.manifests {
		runs[i] = &accountRun{manifest: m}
	}
	runs.sideBySide(func(r *accountRun) {
		connected, err := s.connect(ctx, r.manifest, sinks...)
		if err != nil {
			r.fail(ctx, err)
			return
		}
		*r = *connected
	})
	return runs
}

// accountRuns are the runs of all accounts, in the order in which they are shown.
type accountRuns []*accountRun

// sideBySide does something in every account that has not failed yet, several at once, and returns when all are over. A
// failure in one account stops no other.
func (runs accountRuns) sideBySide(do func(*accountRun)) {
	var group errgroup.Group
	group.SetLimit(maxAccountsAtOnce)
	for _, r := range runs {
		if r.failed() {
			continue
		}
		group.Go(func() error {
			do(r)
			return nil
		})
	}
	_ = group.Wait() // what goes wrong is in the runs
}

// close closes the connections.
func (runs accountRuns) close() {
	for _, r := range runs {
		if r.connection != nil {
			r.connection.Close()
		}
	}
}

// code returns the exit code of the whole command.
func (runs accountRuns) code() int {
	code := exitOK
	for _, r := range runs {
		code = worst(code, r.code)
	}
	return code
}

// failures returns for each account why it failed, nil where it did not.
func (runs accountRuns) failures() []*render.Failure {
	all := make([]*render.Failure, len(runs))
	for i, r := range runs {
		all[i] = r.failure()
	}
	return all
}

// refuseTwins refuses manifests that turn out to be for one and the same account, one by its name and one by its id:
// side by side, each would take the other's resources for somebody else's. Account tells which account a run has read.
func (runs accountRuns) refuseTwins(account func(*accountRun) plan.Account) {
	byID := map[string]accountRuns{}
	for _, r := range runs {
		if id := account(r).ID; id != "" {
			byID[id] = append(byID[id], r)
		}
	}
	for _, twins := range byID {
		if len(twins) < 2 {
			continue
		}
		for i, r := range twins {
			other := twins[(i+1)%len(twins)]
			r.refuse([]plan.Problem{{
				At:      r.manifest.AccountAt,
				Summary: "one account twice",
				Detail:  fmt.Sprintf("this manifest and the one at %s are for the same account", other.manifest.AccountAt),
				Hint:    "name the account in the same way in all of its files",
			}})
		}
	}
}

// The kinds of failure beside those that failureKinds lists, as JSON outputs name them.
const (
	kindRefused     = "refused"     // by us, before anything was sent
	kindInterrupted = "interrupted" // by the user
	kindTimeout     = "timeout"     // by --timeout
	kindFailed      = "failed"      // anything else
)

// fail ends the account's part with an error. The context is the one that the work was done under.
func (r *accountRun) fail(ctx context.Context, err error) {
	r.err, r.kind, r.told, r.code = err, failureKind(ctx, err), false, exitRefused
	r.plan = nil
}

// refuse ends the account's part where one of the problems is fatal.
func (r *accountRun) refuse(problems []plan.Problem) {
	fatal := plan.Fatal(problems)
	if len(fatal) == 0 {
		return
	}
	r.problems, r.kind, r.told, r.code = slices.Concat(r.problems, fatal), kindRefused, false, exitRefused
	r.plan = nil
}

func (r *accountRun) failed() bool { return r.err != nil || len(r.problems) > 0 }

// tell tells on stderr, in the order of the accounts and each under its name, why accounts failed. Nothing is told
// twice.
func (s *session) tell(runs accountRuns) {
	s.progress.Close()
	for _, r := range runs {
		if !r.failed() || r.told {
			continue
		}
		r.told = true
		err := r.err
		if s.app.several {
			fmt.Fprintf(s.app.env.Stderr, "Account %s:\n", render.Clean(r.manifest.Account.String()))
		} else if err != nil && r.manifest.Account != (plan.Account{}) {
			err = fmt.Errorf("account %s: %w", r.manifest.Account, err)
		}
		if err != nil {
			s.app.fail(err)
		}
		if err := s.app.tellProblems(r.problems); err != nil {
			s.app.fail(err)
		}
	}
}
