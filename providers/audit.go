package providers

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan"
)

// UseTeller is implemented by a [Provider] whose service makes roots of other services for itself.
type UseTeller interface {
	// Unused returns the live roots of that kind which nothing of the service goes through. Where a part of the service was not read, it
	// returns none: a use could be there. It is pure.
	Unused(s *plan.Snapshot) []plan.UnusedRoot
}

// Audit judges a snapshot of a whole account at in.Now, for a manifest that lists nothing. Beside what [Registry.Input] finds, each service
// is asked what it cannot explain of the roots that its own live resources answer for. Only the guardrails of the manifest count, and its
// Account must be that of the snapshot.
func (r *Registry) Audit(in plan.Input) *plan.Audit {
	adopted := make([]plan.Desired, len(in.Snapshot.Resources))
	for i := range adopted {
		adopted[i].Resource = in.Snapshot.Resources[i].Resource
	}
	explained := r.Complete(in.Snapshot, in.Manifest.Ownership, adopted)
	in.Findings = slices.Concat(in.Findings, explained.Findings)
	in.NotCompared = slices.Concat(in.NotCompared, explained.NotCompared)
	var unused []plan.UnusedRoot
	for _, p := range r.providers {
		if teller, is := p.(UseTeller); is {
			unused = append(unused, teller.Unused(in.Snapshot)...)
		}
	}
	return plan.AuditOf(in, plan.FromServices{Whole: explained.Snapshot, Unused: unused, CutOff: explained.CutOff})
}
