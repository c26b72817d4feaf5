package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/plan/saved"
)

// ErrRefused is wrapped by the error of saving a plan that must not be executed.
var ErrRefused = errors.New("the plan is refused")

// Job is a plan for one account, from its making to its execution. [Engine.Fresh] makes a new plan of a manifest, and
// [Engine.Saved] takes up one that was saved.
type Job interface {
	// Make reads live state and returns what is to be done. It sends no write, and reads again each time it is called. What
	// is wrong with the manifest or with the saved plan is among the problems; the error is for what could not be read, and
	// wraps [ErrUnreadable].
	//
	// Live state can move right after it: where the operator was asked, call it again as late as possible, and compare by
	// [Planned.Same].
	Make(ctx context.Context) (*Planned, error)

	// Execute carries out a plan that Make returned without a fatal problem, and reads back every root that it has touched, as a whole.
	//
	// The touched roots are read once more before the first write, in one observation, unless [ApplyOptions.LookedAgain] is set:
	// where one has moved, its changes fail with [ErrMoved] and nothing is sent.
	//
	// A change starts when everything it depends on has succeeded and everything it runs after is over. When one fails,
	// what depends on it is skipped and everything else goes on. When ctx ends, nothing new starts, running calls get a
	// grace time, and the report says what was cancelled. Failures are in the report.
	Execute(ctx context.Context, p *Planned, options ApplyOptions) *Report
}

// Planned is what [Job.Make] returns.
type Planned struct {
	// Plan is what is to be done; nil when a problem left nothing to show. Of a saved plan, it is what is left to do.
	Plan *plan.Plan
	// Problems are sorted, warnings among them. A plan with a fatal problem must not be executed.
	Problems []plan.Problem
	// Desired are the resources that the manifest asks for; nil for a saved plan.
	Desired []plan.Desired
	// Observed is what the plan was made from; empty when the manifest already had fatal problems.
	Observed

	// Done are the changes of a saved plan that need nothing any more, sorted.
	Done []addr.Address
	// MissedTargets and MissedExcludes are the patterns of the selection that select nothing in this account.
	MissedTargets, MissedExcludes []plan.Miss
	// MissedRenewals are the roots to renew that this account's manifest does not list.
	MissedRenewals []plan.Miss
	// BaseProblems are the fatal problems of the base. The changes of the plan then have no origin.
	BaseProblems []plan.Problem

	// input is what the plan was built from; of a saved plan, what the plan of now was built from that it was held against.
	input plan.Input
	// whole are the desired resources of a saved plan, as far as it holds them, completed by what is live.
	whole []plan.Desired
}

// Refused reports whether a fatal problem forbids to execute the plan.
func (p *Planned) Refused() bool { return len(plan.Fatal(p.Problems)) > 0 }

// Same reports whether both would do the same, in every detail that an output shows.
func (p *Planned) Same(q *Planned) bool {
	mine, err := json.Marshal(p.Plan)
	if err != nil {
		return false
	}
	theirs, err := json.Marshal(q.Plan)
	return err == nil && bytes.Equal(mine, theirs)
}

// Save returns a fresh plan with the input that it was built from, to be executed later by the same program or another one. The
// error wraps [ErrRefused] where a fatal problem forbids to execute the plan.
func (p *Planned) Save(program saved.Program) (*saved.Plan, error) {
	if p.Plan == nil || p.Refused() {
		return nil, fmt.Errorf("%w: mend its problems first", ErrRefused)
	}
	return saved.Save(p.Plan, p.input, program)
}

// TrustGraph returns who may act in the account before and after the plan; nil where there is no plan.
func (p *Planned) TrustGraph() *plan.TrustGraph {
	if p.Plan == nil {
		return nil
	}
	return plan.TrustGraphOf(p.Plan, p.input)
}

// DoneGraph returns who may act in the account before and after a run of the plan. A change that is not known to be applied in whole is
// not made in it.
func (p *Planned) DoneGraph(r *Report) *plan.TrustGraph {
	applied := map[addr.Address]bool{}
	for i := range r.Results {
		applied[r.Results[i].Address] = r.Results[i].Outcome == Applied
	}
	done := *p.Plan
	done.Changes = slices.DeleteFunc(slices.Clone(done.Changes), func(c plan.Change) bool { return !applied[c.Address] })
	return plan.TrustGraphOf(&done, p.input)
}

// ApplyOptions bound an execution. Zero fields mean the defaults.
type ApplyOptions struct {
	// Parallelism is the most changes that run at once. 0 bounds only those that look at live state before they are sent: all others wait
	// for nothing but the limits of the cloud, each for that of its own call.
	Parallelism int
	// VerifyTimeout is how long to wait until what was written can be read.
	VerifyTimeout time.Duration
	// Grace is how long calls that run may go on after ctx ends. It is over at once when StopNow is closed, if that is not nil.
	Grace   time.Duration
	StopNow <-chan struct{}
	// LookedAgain says that the plan was made again a moment ago, and was the same: the touched roots need not be read once more before
	// the first write.
	LookedAgain bool
	// PollInterval is the first pause between two looks at live state; it doubles up to eight times its length.
	PollInterval time.Duration
}

func (o ApplyOptions) withDefaults() ApplyOptions {
	if o.VerifyTimeout <= 0 {
		o.VerifyTimeout = DefaultVerifyTimeout
	}
	if o.Grace <= 0 {
		o.Grace = DefaultGrace
	}
	if o.PollInterval <= 0 {
		o.PollInterval = time.Second
	}
	return o
}

// apply executes a run and reads back what it did.
func (e *Engine) apply(ctx context.Context, run *run) *Report {
	started := time.Now()
	defer func() { e.emit(Event{Kind: ApplyFinished, Account: run.plan.Account, Elapsed: time.Since(started)}) }()
	if !run.options.LookedAgain {
		e.recheck(ctx, run)
	}
	run.execute(ctx)
	report := &Report{
		Account: run.plan.Account, Results: run.results, LeftOut: run.plan.LeftOut,
		NotRead: run.plan.NotRead, NotCompared: run.plan.NotCompared, Warnings: run.plan.Warnings,
		Interrupted: errors.Is(ctx.Err(), context.Canceled),
	}
	e.verify(ctx, run, report)
	if !report.Verified && errors.Is(ctx.Err(), context.Canceled) {
		report.Interrupted = true
	}
	isUnread := func(d Difference) bool { return d.Unread }
	report.TimedOut = errors.Is(ctx.Err(), context.DeadlineExceeded) &&
		(report.Count(Cancelled) > 0 || slices.ContainsFunc(report.Unverified, isUnread))
	return report
}
