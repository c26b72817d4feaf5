package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// standing tells who may act as what, what that gives, and where, in a graph without what it marks as gone.
func standing(g *plan.TrustGraph) map[string]string {
	all := map[string]string{}
	for _, a := range g.Actors {
		for _, t := range a.Trusted {
			if t.Mark != plan.Removed {
				all[t.Principal+" as "+a.Address.String()] = "for " + t.Lifetime
			}
		}
		for _, grant := range a.Grants {
			if grant.Mark != plan.Removed {
				all[a.Address.String()+" in "+grant.Scope+grant.As+" by "+grant.By.String()] = fmt.Sprintf(
					"administrator %t, unknown %t, limited %t, denies %t", grant.Administrator, grant.Unknown, grant.Limited, grant.Denies)
			}
		}
	}
	return all
}

// powerWorld is [busyWorld] with documents that powerManifest makes give everything, and take away.
func powerWorld() memory.Seed {
	seed := busyWorld()
	seed.Docs = append(seed.Docs, memory.Doc{Name: "power", Allow: []string{"x"}}, memory.Doc{Name: "less", Allow: []string{"x"}})
	seed.Items = append(seed.Items, memory.Item{Box: "stays", Scope: "north", Kind: "power"}, memory.Item{Box: "theirs", Scope: "north", Kind: "less"})
	return seed
}

var powerManifest = strings.NewReplacer(
	`["writer", "kept"]`, `["writer", "kept", "power"]`, `["stopper", "reader"]`, `["stopper", "reader", "power", "less"]`,
	`"docs": [`, `"docs": [{"name": "power", "allow": ["*"]}, {"name": "less", "deny": ["x"]}, `,
).Replace(busyManifest)

// What is drawn after a run is what the next one reads: also where a change has failed, and others were skipped for it.
func TestWhatARunHasDoneIsDrawnAsItIsReadAfterwards(t *testing.T) {
	doc := func(name string) addr.Pattern { return addr.Exactly(memory.DocAddress(name)) }
	for name, fault := range map[string]memory.Fault{
		"all is well":                   {},
		"a create fails":                {Operation: memory.Create, Address: addr.Exactly(memory.BoxAddress("first")), Err: providers.ErrDenied},
		"an update fails":               {Operation: memory.Update, Address: addr.Exactly(memory.BoxAddress("handed")), Err: providers.ErrDenied},
		"a delete fails":                {Operation: memory.Delete, Address: addr.Exactly(memory.BoxAddress("retired")), Err: providers.ErrDenied},
		"a document gives no more":      {Operation: memory.Update, Address: doc("power"), Err: providers.ErrDenied},
		"a document takes nothing away": {Operation: memory.Update, Address: doc("less"), Err: providers.ErrDenied},
		"a document is not made":        {Operation: memory.Create, Address: doc("made"), Err: providers.ErrDenied},
		"nothing is created":            {Operation: memory.Create, Err: providers.ErrDenied},
		"nothing is updated":            {Operation: memory.Update, Err: providers.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			r := setUp(t, powerWorld())
			m := manifest(t, powerManifest)
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
			_, again, err := r.engine.Drift(t.Context(), m, engine.DriftOptions{Now: now})
			require.NoError(t, err)
			assert.Equal(t, standing(again.LiveGraph()), standing(planned.DoneGraph(report)))
		})
	}
}

// halfUpdated is a remote whose every update of a box is cut short.
type halfUpdated struct{ *memory.Remote }

func (r halfUpdated) Update(ctx context.Context, w providers.Write) error {
	if w.After.Address.Type() != "box" {
		return r.Remote.Update(ctx, w)
	}
	w.Attempts.Add()
	return providers.Partial([]string{"the lid"}, []string{"the bottom"}, providers.ErrDenied)
}

// Nobody knows what a change that is made in part gives.
func TestAChangeThatIsPartlyMadeIsDrawnAsBefore(t *testing.T) {
	r := setUp(t, powerWorld())
	registry, err := providers.NewRegistry(memory.Provider{})
	require.NoError(t, err)
	e := engine.New(registry, providers.Remotes{"memory": halfUpdated{memory.NewRemote(r.world)}}, nil)
	job := e.Fresh(manifest(t, powerManifest), engine.PlanOptions{})
	planned, err := job.Make(t.Context())
	require.NoError(t, err)
	report := job.Execute(t.Context(), planned, engine.ApplyOptions{})
	require.Equal(t, engine.Partly, resultOf(t, report, "box/handed").Outcome)
	drawn := standing(planned.DoneGraph(report))
	assert.Contains(t, drawn, "owner:pat as box/handed")
	assert.NotContains(t, drawn, "owner:eve as box/handed")
	assert.Contains(t, drawn["box/stays in north by item/stays/north/power"], "administrator true", "what is done in whole is drawn as done")
}
