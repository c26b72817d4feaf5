package cli

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// accountRun is one account's part of a command. While the accounts run side by side, each run is touched by one
// goroutine only.
type accountRun struct {
	manifest *plan.Manifest
	base     *plan.Manifest // nil without --base
	// bases are all manifests of the base.
	bases      []*plan.Manifest
	connection *Connection // nil where connecting failed
	engine     *engine.Engine
	// job makes and executes the plan, and planned is the plan that it made last; both are nil for commands without a plan.
	job     engine.Job
	planned *engine.Planned
	// compared is what the drift follows from; nil for commands without one.
	compared *engine.Compared
	// lookedAgain is set when the plan was made again after the question, and was the same.
	lookedAgain bool
	// result is the account's part of the report. A refused plan stays in it.
	result render.Account
	// printed is set when the failure stands on standard error.
	printed bool
}

// tellPlaces adds to the result where its resources stand in the manifest.
func (r *accountRun) tellPlaces() {
	r.result.At = r.manifest.AccountAt
	switch {
	case r.planned != nil:
		r.result.Desired = r.planned.Desired
	case r.compared != nil:
		r.result.Desired = r.compared.Desired
	}
}

// fail ends a run with an error. The context is the one that the work was done under.
func (r *accountRun) fail(ctx context.Context, err error) {
	r.result.Failure, r.printed = failureOf(ctx, err), false
}

// refuse ends a run if one of the problems is fatal.
func (r *accountRun) refuse(problems []plan.Problem) {
	fatal := plan.Fatal(problems)
	if len(fatal) == 0 {
		return
	}
	if r.result.Failure == nil {
		r.result.Failure = &render.Failure{Kind: render.Refused}
	}
	r.result.Failure.Problems = append(r.result.Failure.Problems, fatal...)
	r.printed = false
}

func (r *accountRun) failed() bool { return r.result.Failure != nil }

// maxAccountsAtOnce bounds how many accounts are worked on side by side. Each has a connection and limits of its own.
const maxAccountsAtOnce = 8

// accountRuns are the runs of all accounts, in the order in which they are shown.
type accountRuns []*accountRun

// of returns a text on an account, which is named where there are several.
func (runs accountRuns) of(account plan.Account, text string) string {
	if len(runs) > 1 {
		return account.String() + ": " + text
	}
	return text
}

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
	_ = group.Wait() // errors are in the runs
}

// close closes the connections.
func (runs accountRuns) close() {
	for _, r := range runs {
		if r.connection != nil {
			r.connection.Close()
		}
	}
}

// refuseTwins refuses manifests that turn out to be for one and the same account, one by its name and one by its id:
// side by side, each would take the other's resources for somebody else's.
func (runs accountRuns) refuseTwins() {
	byID := map[string]accountRuns{}
	for _, r := range runs {
		var read plan.Account
		switch {
		case r.result.Plan != nil:
			read = r.result.Plan.Account
		case r.result.Drift != nil:
			read = r.result.Drift.Account
		}
		if read.ID != "" {
			byID[read.ID] = append(byID[read.ID], r)
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

// refuseMisses refuses all plans when a pattern selects nothing in any account: a misspelt --target would leave out the
// changes that are meant, a misspelt --exclude would make them, and a misspelt --renew would renew nothing.
func (runs accountRuns) refuseMisses() {
	planned := slices.DeleteFunc(slices.Clone(runs), func(r *accountRun) bool { return r.result.Plan == nil })
	var targets, excludes, renewals [][]plan.Miss
	for _, r := range planned {
		targets, excludes = append(targets, r.planned.MissedTargets), append(excludes, r.planned.MissedExcludes)
		renewals = append(renewals, r.planned.MissedRenewals)
	}
	problems := slices.Concat(missedByAll(flagTarget, targets), missedByAll(flagExclude, excludes), missedByAll(flagRenew, renewals))
	if len(problems) == 0 {
		return
	}
	for _, r := range planned {
		r.result.Plan = nil // a plan of a wrong selection is of no interest
		r.refuse(problems)
	}
}
