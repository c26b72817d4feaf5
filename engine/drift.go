package engine

import (
	"context"
	"time"

	"github.com/agencyctl/agencyctl/plan"
)

// Drift compares without changing anything and sorts the differences, judging expiry at now. Guardrails are held
// against every live resource, unmanaged ones included. The drift is nil when there are fatal problems. What would only
// stop an apply, such as that no order of the changes is safe, is a warning here.
func (e *Engine) Drift(ctx context.Context, m *plan.Manifest, now time.Time) (*plan.Drift, []plan.Problem, error) {
	lenient := *m
	lenient.Ownership.MaxDeletes = plan.DeleteLimit{} // a limit on deletes says nothing about looking
	planned, err := e.Plan(ctx, &lenient, PlanOptions{})
	if err != nil {
		return nil, nil, err
	}
	if planned.Plan == nil {
		return nil, planned.Problems, nil
	}
	for i := range planned.Problems {
		planned.Problems[i].Warning = true
	}
	return plan.DriftOf(planned.Plan, planned.input, planned.Problems, now), planned.Problems, nil
}
