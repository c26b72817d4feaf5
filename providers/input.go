package providers

import (
	"github.com/agencyctl/agencyctl/plan"
)

// Input returns what a plan of desired resources is built from, but for the settings of the run: with names resolved in the
// snapshot's catalogue, with what entries leave as it is live, completed by what the services know, and with every breach of a
// guardrail by a live resource. With a fatal problem the input is of no use.
func (r *Registry) Input(m *plan.Manifest, desired []plan.Desired, s *plan.Snapshot) (plan.Input, []plan.Problem) {
	resolution, problems := r.Resolve(desired, m, s.Catalogue)
	if len(plan.Fatal(problems)) > 0 {
		return plan.Input{}, problems
	}
	desired, made, missing := plan.AsLive(resolution.Desired, s)
	problems = append(append(problems, missing...), r.breaches(made, m)...)
	if len(plan.Fatal(problems)) > 0 {
		return plan.Input{}, problems
	}
	whole := r.Complete(s, m.Ownership, desired)
	live := func(yield func(*plan.Resource) bool) {
		for i := range whole.Snapshot.Resources {
			if !yield(&whole.Snapshot.Resources[i].Resource) {
				return
			}
		}
	}
	return plan.Input{
		Manifest: m, Desired: whole.Desired, Snapshot: whole.Snapshot, Entries: resolution.Entries, Knowledge: r,
		NotCompared: whole.NotCompared, Findings: append(r.guardEach(live, m), whole.Findings...), Answers: whole.Answers,
		Given: plan.Given{Desired: resolution.Desired, Snapshot: s}, Together: whole.Together,
	}, problems
}
