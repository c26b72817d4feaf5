package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// standing tells who may act as what, and where, in a graph without what it marks as gone.
func standing(g *plan.TrustGraph) map[string]bool {
	all := map[string]bool{}
	for _, a := range g.Actors {
		for _, t := range a.Trusted {
			all[t.Principal+" as "+a.Address.String()] = t.Mark != plan.Removed
		}
		for _, grant := range a.Grants {
			all[a.Address.String()+" in "+grant.Scope+grant.As+" by "+grant.By.String()] = grant.Mark != plan.Removed
		}
	}
	for text, stands := range all {
		if !stands {
			delete(all, text)
		}
	}
	return all
}

// What is drawn after a run is what the next one reads: also where a change has failed, and others were skipped for it.
func TestWhatARunHasDoneIsDrawnAsItIsReadAfterwards(t *testing.T) {
	for name, fault := range map[string]memory.Fault{
		"all is well":       {},
		"a create fails":    {Operation: memory.Create, Address: addr.Exactly(memory.BoxAddress("first")), Err: providers.ErrDenied},
		"an update fails":   {Operation: memory.Update, Address: addr.Exactly(memory.BoxAddress("handed")), Err: providers.ErrDenied},
		"a delete fails":    {Operation: memory.Delete, Address: addr.Exactly(memory.BoxAddress("retired")), Err: providers.ErrDenied},
		"nothing gets done": {Operation: memory.Create, Err: providers.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			r := setUp(t, busyWorld())
			m := manifest(t, busyManifest)
			job := r.engine.Fresh(m, engine.PlanOptions{})
			planned, err := job.Make(t.Context())
			require.NoError(t, err)
			require.False(t, planned.Refused(), "%v", planned.Problems)
			if fault.Err != nil {
				r.world.SetFaults(fault)
			}
			report := job.Execute(t.Context(), planned, engine.ApplyOptions{})
			require.Equal(t, fault.Err == nil, report.OK())
			r.world.SetFaults()
			_, again, err := r.engine.Drift(t.Context(), m, now)
			require.NoError(t, err)
			assert.Equal(t, standing(again.LiveGraph()), standing(planned.DoneGraph(report)))
		})
	}
}
