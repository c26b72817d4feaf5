package engine

import (
	"context"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/saved"
)

// The steps of jobs, so that a test can take one alone.

func (e *Engine) Plan(ctx context.Context, m *plan.Manifest, options PlanOptions) (*Planned, error) {
	return e.Fresh(m, options).Make(ctx)
}

func (e *Engine) Apply(ctx context.Context, planned *Planned, options ApplyOptions) *Report {
	return e.Fresh(planned.input.Manifest, PlanOptions{}).Execute(ctx, planned, options)
}

func (e *Engine) Recheck(ctx context.Context, saved *saved.Plan, caller plan.Caller) (*Planned, error) {
	return e.Saved(saved, SavedOptions{Caller: caller}).Make(ctx)
}

// Running returns how many changes are on their way. It stops none.
func (e *Engine) Running() (n int) {
	e.sending.Lock()
	defer e.sending.Unlock()
	for attempts := range e.sent {
		if attempts.Count() > 0 {
			n++
		}
	}
	return n
}

// Program is a program that saves and reads plans of the engine's services.
func (e *Engine) Program(version string) saved.Program {
	return saved.Program{Services: e.registry, Version: version}
}

func (e *Engine) ApplyRest(ctx context.Context, saved *saved.Plan, rest *Planned, options ApplyOptions) *Report {
	return e.Saved(saved, SavedOptions{}).Execute(ctx, rest, options)
}
