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
	"github.com/agencyctl/agencyctl/providers"
)

var now = time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)

func differing(list []plan.Difference) []string {
	texts := []string{}
	for _, d := range list {
		texts = append(texts, d.Address.String())
	}
	return texts
}

func TestDriftSortsTheDifferences(t *testing.T) {
	r := setUp(t, memory.Seed{
		Boxes: []memory.Box{
			{Name: "same", Owner: "pat", Expires: now.Add(time.Hour)},
			{Name: "changed", Owner: "eve"},
			{Name: "held", Owner: "eve"},
			{Name: "old", Owner: "pat", Expires: now.Add(-time.Hour)},
			{Name: "retired", Owner: "pat", Expires: now.Add(-time.Hour)},
			{Name: "ops-stray", Owner: "pat"},
			{Name: "ops-made", Owner: "svc", ServiceMade: true},
			{Name: "theirs", Owner: "eve", Expires: now.Add(-time.Hour)},
		},
		Items: []memory.Item{{Box: "same", Scope: "north", Kind: "writer"}, {Box: "theirs", Scope: "north", Kind: "writer"}},
	})
	m := manifest(t, `{
		"boxes": [
			{"name": "same", "ownedBy": "pat", "items": {"south": ["reader"]}},
			{"name": "changed", "ownedBy": "pat"},
			{"name": "held", "ownedBy": "pat"},
			{"name": "old", "ownedBy": "pat"},
			{"name": "retired", "state": "absent"},
			{"name": "gone", "ownedBy": "pat"}],
		"guardrails": {"trustedOwners": ["pat"], "forbiddenKinds": ["writer"]}}`)
	none := 0
	m.Ownership = plan.Ownership{Include: []addr.Pattern{pattern(t, "box/ops-*")}, Protect: []addr.Pattern{pattern(t, "box/held")}, MaxDeletes: plan.DeleteLimit{Count: &none}}
	d, planned, err := r.engine.Drift(t.Context(), m, engine.DriftOptions{Now: now})
	require.NoError(t, err)
	assert.Empty(t, planned.Problems, "a limit on deletes says nothing about looking")
	require.NotNil(t, d)
	assert.True(t, d.Drifted())
	assert.Equal(t, now, d.Now)
	assert.Equal(t, []string{"box/changed", "box/held"}, differing(d.Changed))
	assert.False(t, d.Changed[0].Protected)
	assert.True(t, d.Changed[1].Protected)
	assert.Equal(t, []string{"box/gone", "item/same/south/reader"}, differing(d.Missing))
	assert.Equal(t, []string{"box/ops-made", "box/ops-stray", "box/retired", "item/same/north/writer"}, differing(d.Unexpected))
	assert.Equal(t, []string{"box/old"}, differing(d.Expired), "neither what lives, nor what is to go, nor what is not ours")
	assert.Equal(t, []addr.Address{memory.BoxAddress("theirs")}, d.Unmanaged)
	var findings []string
	for _, f := range d.Findings {
		findings = append(findings, f.Rule+" "+f.Address.String())
	}
	assert.ElementsMatch(t, []string{
		"trustedOwners box/changed", "trustedOwners box/held", "trustedOwners box/ops-made", "trustedOwners box/theirs",
		"forbiddenKinds item/same/north/writer", "forbiddenKinds item/theirs/north/writer",
	}, findings, "unmanaged ones too")
	assert.Empty(t, r.world.Writes())
}

func TestNoDifferenceIsNoDrift(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}, {Name: "theirs", Owner: "eve"}}})
	d, planned, err := r.engine.Drift(t.Context(), manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat"}]}`), engine.DriftOptions{Now: now})
	require.NoError(t, err)
	assert.Empty(t, planned.Problems)
	assert.False(t, d.Drifted())
}

func TestWhatCannotBeReadIsNoDriftButAnError(t *testing.T) {
	r := setUp(t, memory.Seed{})
	r.world.SetFaults(memory.Fault{Operation: memory.Observe, Err: providers.ErrUnavailable})
	d, _, err := r.engine.Drift(t.Context(), manifest(t, `{}`), engine.DriftOptions{Now: now})
	assert.Nil(t, d)
	assert.ErrorIs(t, err, engine.ErrUnreadable)
}

func TestAManifestThatIsWrongHasNoDrift(t *testing.T) {
	r := setUp(t, memory.Seed{})
	d, planned, err := r.engine.Drift(t.Context(), manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat", "items": {"north": ["nothing"]}}]}`), engine.DriftOptions{Now: now})
	require.NoError(t, err)
	assert.Nil(t, d)
	assert.Len(t, plan.Fatal(planned.Problems), 1)
}

func TestWhatOnlyStopsAnApplyIsAWarningInDrift(t *testing.T) {
	r := setUp(t, memory.Seed{
		Docs:  []memory.Doc{{Name: "own", Allow: []string{"read"}}},
		Boxes: []memory.Box{{Name: "a", Owner: "eve"}},
		Items: []memory.Item{{Box: "a", Scope: "north", Kind: "own"}},
	})
	m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat", "items": {"north": ["own"]}}], "docs": [{"name": "own", "allow": ["write"]}]}`)
	planned, err := r.engine.Plan(t.Context(), m, engine.PlanOptions{})
	require.NoError(t, err)
	require.True(t, planned.Refused(), "it must be applied in two steps")
	d, drifted, err := r.engine.Drift(t.Context(), m, engine.DriftOptions{Now: now})
	require.NoError(t, err)
	require.NotNil(t, d)
	assert.Equal(t, []string{"box/a", "doc/own"}, differing(d.Changed))
	require.Len(t, drifted.Problems, 1)
	assert.True(t, drifted.Problems[0].Warning)
}
