package engine_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

var ended = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func endingBox() memory.Seed {
	return memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "p", Life: "long", Expires: ended}}}
}

func renewing() engine.PlanOptions {
	return engine.PlanOptions{Options: plan.Options{Renew: []addr.Address{memory.BoxAddress("a")}}}
}

const endingManifest = `{"boxes": [{"name": "a", "ownedBy": "p", "life": "long"}]}`

func TestARenewalIsSentAndReadBack(t *testing.T) {
	r := setUp(t, endingBox())
	m := manifest(t, endingManifest)
	planned, err := r.engine.Plan(t.Context(), m, renewing())
	require.NoError(t, err)
	require.Empty(t, planned.Problems)
	require.Len(t, planned.Plan.Changes, 1)
	require.Empty(t, planned.Plan.Changes[0].Attributes)
	report := r.engine.Apply(t.Context(), planned, engine.ApplyOptions{})
	require.True(t, report.OK(), "%v %v", outcomes(report), report.Unverified)
	assert.True(t, report.Verified)
	assert.Len(t, r.world.Writes(), 1)
	assert.Equal(t, ended.Add(memory.RenewedFor), r.world.Live()[0].Expires)
	assert.True(t, r.plan(t, m).Empty())
}

// TestARenewalThatMovesNoEndIsNotVerified: nobody documents that a life which is sent again begins anew.
func TestARenewalThatMovesNoEndIsNotVerified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, endingBox())
		planned, err := r.engine.Plan(t.Context(), manifest(t, endingManifest), renewing())
		require.NoError(t, err)
		r.world.SetLag(1000)
		report := r.engine.Apply(t.Context(), planned, engine.ApplyOptions{})
		assert.False(t, report.OK())
		assert.Equal(t, []engine.Difference{{Address: memory.BoxAddress("a"), Reason: "it still expires at 2030-01-02T03:04:05Z" + undone}}, report.Unverified)
	})
}
