package engine

import "github.com/agencyctl/agencyctl/plan"

// readBase makes the base of a plan ready: its names are resolved against the same live state. A base with fatal problems
// does not stop the plan; its problems are kept apart, and nothing is traced.
func (e *Engine) readBase(planned *Planned, base *plan.Manifest) {
	if base == nil {
		return
	}
	desired, problems := Validate(e.registry, base)
	if planned.BaseProblems = plan.Fatal(problems); len(planned.BaseProblems) > 0 {
		return
	}
	resolution, problems := e.registry.Resolve(readable(desired, planned.Snapshot), base, planned.Snapshot.Catalogue)
	if planned.BaseProblems = plan.Fatal(problems); len(planned.BaseProblems) > 0 {
		return
	}
	planned.input.Base = &plan.Base{Manifest: base, Desired: resolution.Desired}
}

// readable leaves out what lies outside the snapshot. The manifest does not mention it, so that no change can be about
// it, and its names may be missing from the catalogue.
func readable(desired []plan.Desired, snapshot *plan.Snapshot) []plan.Desired {
	var inside []plan.Desired
	for _, d := range desired {
		if snapshot.Covers(d.Address) {
			inside = append(inside, d)
		}
	}
	return inside
}
