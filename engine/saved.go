package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/saved"
	"github.com/agencyctl/agencyctl/providers"
)

// ErrRefused is wrapped by the error of saving a plan that must not be executed.
var ErrRefused = errors.New("the plan is refused")

// Save returns the plan with what it was built from, to be executed later. Tool is the version of the program. The error wraps [ErrRefused] where a fatal
// problem forbids to execute it.
func (p *Planned) Save(tool string) (*saved.Plan, error) {
	if p.Plan == nil || p.Refused() {
		return nil, fmt.Errorf("%w: mend its problems first", ErrRefused)
	}
	return saved.Save(p.Plan, p.input, tool), nil
}

// Rechecked is the outcome of holding a saved plan against live state.
type Rechecked struct {
	// Rest is what is left to do; nil when Problems say that the plan is not true any more.
	Rest *saved.Rest
	// Problems are sorted, and none is a warning.
	Problems []plan.Problem
	Snapshot *plan.Snapshot
}

// Recheck reads live state as it was read for the saved plan, resolves its names again, and finds out what is left to do;
// see [saved.Recheck]. It sends no write. The error is for what could not be read, and wraps [ErrUnreadable].
//
// Between a Recheck and what is done upon it, live state can move again: check as late as possible, after the operator was
// asked.
//
// The caller may be somebody else than whoever made the plan: what would change his own way in is a problem.
func (e *Engine) Recheck(ctx context.Context, s *saved.Plan, caller plan.Caller) (*Rechecked, error) {
	if err := e.knows(s); err != nil {
		return nil, err
	}
	snapshot, err := e.Observe(ctx, s.Manifest(), s.Desired())
	if err != nil {
		return nil, err
	}
	checked := &Rechecked{Snapshot: snapshot}
	wanted, problems := e.resolveAgain(s, snapshot)
	if len(problems) > 0 {
		checked.Problems = plan.SortProblems(problems)
		return checked, nil
	}
	checked.Rest, checked.Problems = saved.Recheck(s, saved.Now{Snapshot: snapshot, Wanted: wanted, Knowledge: e.registry})
	if checked.Rest != nil {
		caller.IsToRun = true
		checked.Problems = caller.Problems(snapshot, checked.Rest.Plan)
	}
	if len(checked.Problems) > 0 {
		checked.Rest, checked.Problems = nil, plan.SortProblems(checked.Problems)
	}
	return checked, nil
}

// ApplyRest executes what [Engine.Recheck] left to do of the saved plan, and reads back what it did, as [Engine.Apply]
// does.
func (e *Engine) ApplyRest(ctx context.Context, saved *saved.Plan, rest *saved.Rest, options ApplyOptions) *Report {
	return e.apply(ctx, newRun(e, saved.Manifest(), saved.Desired(), rest.Plan, options.withDefaults()))
}

// knows reports what of a plan from a file belongs to no connected service.
func (e *Engine) knows(saved *saved.Plan) error {
	listed := make([]plan.Desired, 0, len(saved.Plan.Changes))
	for _, c := range saved.Plan.Changes {
		listed = append(listed, plan.Desired{Resource: plan.Resource{Address: c.Address}, Source: c.Source})
	}
	return e.connected(listed)
}

// resolveAgain has the services look the names of the plan up in today's catalogue. The result has the order of
// [plan.Plan.Wanted]. Where a name is lost that only manual and blocked changes need, these keep their saved form: nothing
// that is written relies on it.
func (e *Engine) resolveAgain(saved *saved.Plan, snapshot *plan.Snapshot) ([]plan.Desired, []plan.Problem) {
	all := saved.Wanted()
	resolved, problems := e.resolveSaved(all, saved, snapshot)
	if len(problems) == 0 {
		return resolved, nil
	}
	touched := saved.Touched()
	var needed []plan.Desired
	var places []int
	for i, d := range all {
		if touched[d.Address] || touched[d.Parent] {
			needed, places = append(needed, d), append(places, i)
		}
	}
	if len(needed) == len(all) {
		return nil, problems
	}
	if resolved, problems = e.resolveSaved(needed, saved, snapshot); len(problems) > 0 {
		return nil, problems
	}
	for k, i := range places {
		all[i] = resolved[k]
	}
	return all, nil
}

// resolveSaved resolves some of what the saved plan wants, in the same order.
func (e *Engine) resolveSaved(wanted []plan.Desired, saved *saved.Plan, snapshot *plan.Snapshot) ([]plan.Desired, []plan.Problem) {
	manifest := saved.Manifest()
	resolved := make([]plan.Desired, len(wanted))
	var problems []plan.Problem
	for _, p := range e.registry.Providers() {
		var places []int
		for i, d := range wanted {
			if owner, ok := e.registry.For(d.Address); ok && owner.Name() == p.Name() {
				places = append(places, i)
			}
		}
		if len(places) == 0 {
			continue
		}
		resolution, told := p.Resolve(wanted, manifest, snapshot.Catalogue)
		told = plan.Fatal(told)
		problems = append(problems, told...)
		if len(told) > 0 {
			continue
		}
		if len(resolution.Desired) != len(places) {
			problems = append(problems, lost(p, len(places), len(resolution.Desired)))
			continue
		}
		for k, i := range places {
			resolved[i] = resolution.Desired[k]
		}
	}
	return resolved, problems
}

func lost(p providers.Provider, asked, answered int) plan.Problem {
	return plan.Problem{
		Summary: "names cannot be resolved again", Hint: "plan again",
		Detail: fmt.Sprintf("%s was asked for %d resources of the plan and knows %d", p.Name(), asked, answered),
	}
}
