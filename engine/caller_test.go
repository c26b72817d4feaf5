package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

func TestWhatTheCallerCameThroughIsNeverWritten(t *testing.T) {
	seed := memory.Seed{
		Docs:  []memory.Doc{{Name: "own", Allow: []string{"read"}}, {Name: "other", Allow: []string{"read"}}},
		Boxes: []memory.Box{{Name: "way", Owner: "pat"}, {Name: "b", Owner: "pat"}},
		Items: []memory.Item{{Box: "way", Scope: "north", Kind: "own"}, {Box: "way", Scope: "north", Kind: "reader"}, {Box: "b", Scope: "north", Kind: "reader"}},
	}
	m := manifest(t, `{
		"docs": [{"name": "own", "allow": ["write"]}, {"name": "other", "allow": ["write"]}],
		"boxes": [{"name": "way", "ownedBy": "eve", "items": {"north": ["own", "writer"]}}, {"name": "b", "state": "absent"}]}`)
	for name, caller := range map[string]plan.Caller{
		"as the cloud tells": {Self: []addr.Address{memory.BoxAddress("way")}},
		"as the user says":   {Named: []addr.Address{memory.BoxAddress("way")}, IsToRun: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := setUp(t, seed)
			planned, err := r.engine.Plan(t.Context(), m, engine.PlanOptions{Caller: caller})
			require.NoError(t, err)
			require.False(t, planned.Refused(), "%v", planned.Problems)
			assert.Equal(t, 2, planned.Plan.Writes())
			assert.Equal(t, 4, planned.Plan.Summary.Blocked)
			report := r.engine.Apply(t.Context(), planned, engine.ApplyOptions{PollInterval: time.Microsecond})
			assert.True(t, report.OK())
			var written []string
			for _, w := range r.world.Writes() {
				written = append(written, w.Address.String())
			}
			assert.ElementsMatch(t, []string{"box/b", "doc/other"}, written)
		})
	}
}

func TestACallerOfUnknownOriginMayOnlyAdd(t *testing.T) {
	seed := memory.Seed{Boxes: []memory.Box{{Name: "old", Owner: "pat"}}, Items: []memory.Item{{Box: "old", Scope: "north", Kind: "reader"}}}
	for name, c := range map[string]struct {
		text    string
		changes string
	}{
		"nothing":                  {`{"boxes": [{"name": "old", "ownedBy": "pat", "items": {"north": ["reader"]}}]}`, ""},
		"a new box and its items":  {`{"boxes": [{"name": "new", "ownedBy": "pat", "items": {"north": ["reader"]}}]}`, ""},
		"an update":                {`{"boxes": [{"name": "old", "ownedBy": "eve", "items": {"north": ["reader"]}}]}`, "holds 1 change to what is there: it may"},
		"a delete":                 {`{"boxes": [{"name": "old", "state": "absent"}]}`, "holds 1 change to what is there: it may"},
		"a new part of an old box": {`{"boxes": [{"name": "old", "ownedBy": "pat", "items": {"north": ["reader", "stopper"]}}]}`, "holds 1 change to what is there: it may"},
		"an update and a new item": {`{"boxes": [{"name": "old", "ownedBy": "eve", "items": {"north": ["writer"]}}]}`, "holds 3 changes"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, toRun := range []bool{false, true} {
				r := setUp(t, seed)
				planned, err := r.engine.Plan(t.Context(), manifest(t, c.text), engine.PlanOptions{Caller: plan.Caller{Unknown: true, IsToRun: toRun, Setting: "--self"}})
				require.NoError(t, err)
				if c.changes == "" {
					assert.Empty(t, planned.Problems)
					continue
				}
				require.Len(t, planned.Problems, 1)
				assert.Contains(t, planned.Problems[0].Detail, c.changes)
				assert.Contains(t, planned.Problems[0].Hint, "--self none")
				assert.Equal(t, toRun, planned.Refused(), "a reader is warned, an apply is refused")
				assert.Equal(t, !toRun, len(planned.Plan.Warnings) == 1)
			}
		})
	}
}

func TestANamedWayInMustBeThere(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "ops-runner", Owner: "pat"}}, Items: []memory.Item{{Box: "ops-runner", Scope: "north", Kind: "reader"}}})
	m := manifest(t, `{"boxes": [{"name": "new", "ownedBy": "pat"}]}`)
	for text, says := range map[string]string{
		"box/ops-runer":                `did you mean "box/ops-runner"?`,
		"item/ops-runner/north/reader": "--self ACCOUNT=ADDRESS",
	} {
		a, err := addr.Parse(text)
		require.NoError(t, err)
		planned, err := r.engine.Plan(t.Context(), m, engine.PlanOptions{Caller: plan.Caller{Named: []addr.Address{a}, Setting: "--self"}})
		require.NoError(t, err)
		require.True(t, planned.Refused(), text)
		assert.Equal(t, "own way in not found", planned.Problems[0].Summary)
		assert.Contains(t, planned.Problems[0].Hint, says)
	}
	planned, err := r.engine.Plan(t.Context(), m, engine.PlanOptions{Caller: plan.Caller{Self: []addr.Address{memory.BoxAddress("hidden")}}})
	require.NoError(t, err)
	assert.Empty(t, planned.Problems, "what the cloud tells may be of a kind that is not listed")
}
