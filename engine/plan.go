package engine

import (
	"context"
	"fmt"

	"github.com/agencyctl/agencyctl/plan"
)

// Planned is the outcome of planning.
type Planned struct {
	// Plan is nil when a problem left nothing to show.
	Plan *plan.Plan
	// Problems are sorted, warnings among them. A plan with a fatal problem must not be executed.
	Problems []plan.Problem
	Desired  []plan.Desired
	// Snapshot is what the plan was made from; nil when the manifest already had fatal problems.
	Snapshot *plan.Snapshot

	// MissedTargets and MissedExcludes are the patterns of the selection that select nothing in this account.
	MissedTargets, MissedExcludes []plan.Miss
	// BaseProblems are the fatal problems of the base. The changes of the plan then have no origin.
	BaseProblems []plan.Problem

	// input is what the plan was built from.
	input plan.Input
}

// Refused reports whether a fatal problem forbids to execute the plan.
func (p *Planned) Refused() bool { return len(plan.Fatal(p.Problems)) > 0 }

// PlanOptions change how a plan is made.
type PlanOptions struct {
	plan.Options
	// Caller is whose credentials run: what they came through is never changed.
	Caller plan.Caller
	// Base, when set, is the manifest that every change is traced to.
	Base *plan.Manifest
}

// Plan validates the manifest, reads live state, resolves all names and compares. It sends no write. What is wrong with
// the manifest is told as problems; the error is for what could not be read.
func (e *Engine) Plan(ctx context.Context, m *plan.Manifest, options PlanOptions) (*Planned, error) {
	desired, problems := Validate(e.registry, m)
	planned := &Planned{Desired: desired, Problems: problems}
	if planned.Refused() {
		return planned, nil
	}
	snapshot, err := e.Observe(ctx, m, desired)
	if err != nil {
		return nil, err
	}
	e.planFrom(planned, m, snapshot, options)
	return planned, nil
}

// planFrom finishes a plan from a snapshot; it is pure.
func (e *Engine) planFrom(planned *Planned, m *plan.Manifest, snapshot *plan.Snapshot, options PlanOptions) {
	planned.Snapshot = snapshot
	if problem, wrong := wrongAccount(m, snapshot.Account); wrong {
		planned.Problems = plan.SortProblems(append(planned.Problems, problem))
		return
	}
	resolution, problems := e.registry.Resolve(planned.Desired, m, snapshot.Catalogue)
	planned.Problems = plan.SortProblems(append(planned.Problems, problems...))
	if planned.Refused() {
		return
	}
	planned.Desired = resolution.Desired
	live := make([]plan.Resource, len(snapshot.Resources))
	for i, l := range snapshot.Resources {
		live[i] = l.Resource
	}
	planned.input = plan.Input{
		Manifest: m, Desired: resolution.Desired, Snapshot: snapshot, Entries: resolution.Entries,
		Knowledge: e.registry, Findings: e.registry.Guard(live, m), Problems: planned.Problems,
		Options: options.Options, Caller: options.Caller,
	}
	planned.MissedTargets, planned.MissedExcludes = planned.input.Misses()
	e.readBase(planned, options.Base)
	planned.Plan, problems = plan.Build(planned.input)
	planned.Problems = plan.SortProblems(append(planned.Problems, problems...))
}

// wrongAccount compares the account that the manifest is for with the one the credentials belong to. A name that is not
// told cannot be compared: the id is then enough, and without one nothing is known.
func wrongAccount(m *plan.Manifest, live plan.Account) (plan.Problem, bool) {
	key, wrote, is := "", "", ""
	switch {
	case m.Account.ID != "" && m.Account.ID != live.ID:
		key, wrote, is = "id", m.Account.ID, live.ID
	case m.Account.Name != "" && live.Name == "" && m.Account.ID == "":
		return plan.Problem{
			At:      m.AccountAt,
			Summary: "account not known",
			Detail:  fmt.Sprintf("the manifest names the account %q, and of the account that the credentials belong to only the id %q is told", m.Account.Name, live.ID),
			Hint:    "write the account's id in the manifest too",
		}, true
	case m.Account.Name != "" && live.Name != "" && m.Account.Name != live.Name:
		key, wrote, is = "name", m.Account.Name, live.Name
	default:
		return plan.Problem{}, false
	}
	hint := plan.DidYouMean(wrote, []string{is})
	if hint == "" {
		hint = "use credentials of the account that the manifest is for"
	}
	return plan.Problem{
		At:      m.AccountAt,
		Summary: "wrong account",
		Detail:  fmt.Sprintf("the manifest is for the account with %s %q, and the credentials belong to %q", key, wrote, is),
		Hint:    hint,
	}, true
}
