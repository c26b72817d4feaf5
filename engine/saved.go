package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/saved"
	"github.com/agencyctl/agencyctl/providers"
)

// SavedOptions change how a saved plan is taken up.
type SavedOptions struct {
	// Source, when set, is the manifest that the plan must follow from.
	Source *plan.Manifest
	// Caller may be somebody else than whoever made the plan: what would change his own way in is a problem.
	Caller plan.Caller
	// Options are those of this run. Of the recorded ones only the selection holds for the source: a limit that is raised there, or a
	// renewal, must be given again, since whoever wrote the file could write it.
	Options plan.Options
}

// Saved is the job of a saved plan: Make finds out what is left to do of it; see [saved.Recheck]. Live state is read as it
// was read for the saved plan, and its names are resolved again. There is no plan when it is not true any more, and the
// problems say why.
//
// Make also plans again: from the source, with the recorded options, or else from what the file holds. The findings of the changes
// are those of this plan, and a warning names each that the saved plan has not. With a source, every root that the saved plan
// writes must get the same changes from it; changes of other roots are among those left out.
func (e *Engine) Saved(s *saved.Plan, options SavedOptions) Job {
	options.Caller.IsToRun = true
	return &savedJob{e, s, options}
}

type savedJob struct {
	engine  *Engine
	saved   *saved.Plan
	options SavedOptions
}

func (j *savedJob) Make(ctx context.Context) (*Planned, error) {
	e, s := j.engine, j.saved
	if err := e.knows(s); err != nil {
		return nil, err
	}
	m, desired, problems := j.source()
	if len(plan.Fatal(problems)) > 0 {
		return &Planned{Problems: problems}, nil
	}
	observed, err := e.Observe(ctx, m, j.toObserve(desired))
	if err != nil {
		return nil, err
	}
	again := &Planned{Desired: desired, Problems: problems, Observed: observed}
	whole := e.registry.Complete(observed.Snapshot, s.Basis.Rules.Ownership, s.Desired())
	snapshot := whole.Snapshot
	observed.Snapshot, observed.answers = snapshot, whole.Answers
	planned := &Planned{Observed: observed, whole: whole.Desired}
	wanted, problems := e.resolveAgain(s, snapshot)
	if len(problems) == 0 {
		var rest *saved.Rest
		if rest, problems = saved.Recheck(s, saved.Now{Snapshot: snapshot, Wanted: wanted, Knowledge: e.registry}); rest != nil {
			planned.Plan, planned.Done = rest.Plan, rest.Done
			problems = append(j.holdAgainst(m, again, rest.Plan), j.options.Caller.Problems(snapshot, rest.Plan)...)
			planned.input = again.input
		}
	}
	if len(problems) > 0 {
		planned.Plan, planned.Done, planned.Problems = nil, nil, plan.SortProblems(problems)
	}
	return planned, nil
}

func (j *savedJob) Execute(ctx context.Context, p *Planned, options ApplyOptions) *Report {
	return j.engine.apply(ctx, newRun(j.engine, p, j.saved.Basis.Rules.Ownership, p.whole, options))
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
// [saved.Plan.Wanted]. Where a name is lost that only manual and blocked changes need, these keep their saved form: nothing
// that is written relies on it.
func (e *Engine) resolveAgain(saved *saved.Plan, snapshot *plan.Snapshot) (resolved []plan.Desired, problems []plan.Problem) {
	all := saved.Wanted()
	// What no change is about may have lost a name. It is left out then: nothing that is written relies on it by itself.
	for _, beside := range [][]plan.Desired{saved.Unchanged(), nil} {
		if resolved, problems = e.resolveSaved(all, beside, saved, snapshot); len(problems) == 0 {
			return resolved, nil
		}
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
	if resolved, problems = e.resolveSaved(needed, nil, saved, snapshot); len(problems) > 0 {
		return nil, problems
	}
	for k, i := range places {
		all[i] = resolved[k]
	}
	return all, nil
}

// resolveSaved resolves some of what the saved plan wants, in the same order. A service may judge it by what it wants beside.
func (e *Engine) resolveSaved(
	wanted, beside []plan.Desired, saved *saved.Plan, snapshot *plan.Snapshot,
) ([]plan.Desired, []plan.Problem) {
	manifest, whole := saved.Manifest(), slices.Concat(wanted, beside)
	resolved := make([]plan.Desired, len(wanted))
	var problems []plan.Problem
	for _, p := range e.registry.Providers() {
		var places []int
		own := 0
		for i, d := range whole {
			if owner, ok := e.registry.For(d.Address); ok && owner.Name() == p.Name() {
				if own++; i < len(wanted) {
					places = append(places, i)
				}
			}
		}
		if len(places) == 0 {
			continue
		}
		resolution, told := p.Resolve(whole, manifest, snapshot.Catalogue)
		told = plan.Fatal(told)
		problems = append(problems, told...)
		if len(told) > 0 {
			continue
		}
		if len(resolution.Desired) != own {
			problems = append(problems, lost(p, own, len(resolution.Desired)))
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
		Detail: fmt.Sprintf("%s was asked for %s of the plan and knows %d", p.Name(), plan.Counted(asked, "resource"), answered),
	}
}
