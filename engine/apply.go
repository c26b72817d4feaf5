package engine

import (
	"context"
	"errors"
	"time"

	"github.com/agencyctl/agencyctl/plan"
)

// ApplyOptions bound an execution. Zero fields mean the defaults.
type ApplyOptions struct {
	// Parallelism is the most changes that run at once.
	Parallelism int
	// VerifyTimeout is how long to wait until what was written can be read.
	VerifyTimeout time.Duration
	// Grace is how long calls that run may go on after ctx ends.
	Grace time.Duration
	// PollInterval is the first pause between two looks at live state; it doubles up to eight times its length.
	PollInterval time.Duration
}

func (o ApplyOptions) withDefaults() ApplyOptions {
	if o.Parallelism <= 0 {
		o.Parallelism = DefaultParallelism
	}
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

// Apply executes a plan that was made for m, and reads back what it did.
//
// A change starts when everything it depends on has succeeded and everything it runs after is over. When one fails,
// what depends on it is skipped and everything else goes on. When ctx ends, nothing new starts, running calls get a
// grace time, and the report says what was cancelled. Failures are in the report; Apply itself does not fail.
func (e *Engine) Apply(ctx context.Context, m *plan.Manifest, p *plan.Plan, options ApplyOptions) *Report {
	return e.apply(ctx, newRun(e, m, nil, p, options.withDefaults()))
}

// apply executes a run and reads back what it did.
func (e *Engine) apply(ctx context.Context, run *run) *Report {
	run.execute(ctx)
	report := &Report{
		Account: run.plan.Account, Results: run.results, LeftOut: run.plan.LeftOut, Interrupted: errors.Is(ctx.Err(), context.Canceled),
	}
	e.verify(ctx, run, report)
	if !report.Verified && errors.Is(ctx.Err(), context.Canceled) {
		report.Interrupted = true
	}
	return report
}
