package engine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

const glassManifest = `{"boxes": [{"name": "glass", "ownedBy": "p", "items": {"north": ["reader"], "south": ["writer"]}}]}`

func glass(t *testing.T) *plan.Manifest {
	t.Helper()
	m := manifest(t, glassManifest)
	m.Ownership.Protect = []addr.Pattern{pattern(t, "box/glass")}
	return m
}

// TestThePartsOfAProtectedRootAreRepeated: what fails of them cannot be made by a later plan.
func TestThePartsOfAProtectedRootAreRepeated(t *testing.T) {
	for behaviour, c := range map[string]struct {
		faults   []memory.Fault
		outcomes []string
		attempts int
		elapsed  time.Duration
	}{
		"until it succeeds": {[]memory.Fault{
			{Err: providers.ErrUnavailable, Nth: 1}, {Err: providers.ErrNotFound, Nth: 2}, {Err: providers.ErrThrottled, Nth: 3}, {Nth: 4},
		}, []string{"box/glass applied", "item/glass/north/reader applied", "item/glass/south/writer applied"}, 5, 15 * time.Second},
		"until the time is over": {[]memory.Fault{{Err: providers.ErrUnavailable}}, []string{
			"box/glass applied", "item/glass/north/reader failed", "item/glass/south/writer applied",
		}, 18, 2 * time.Minute},
		"but not what is refused": {[]memory.Fault{{Err: providers.ErrDenied}}, []string{
			"box/glass applied", "item/glass/north/reader failed", "item/glass/south/writer applied",
		}, 1, 0},
	} {
		t.Run(behaviour, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := setUp(t, memory.Seed{})
				m := glass(t)
				for i := range c.faults {
					c.faults[i].Address = pattern(t, "item/glass/north/*")
				}
				r.world.SetFaults(c.faults...)
				report := r.apply(t.Context(), r.plan(t, m), engine.ApplyOptions{VerifyTimeout: 2 * time.Minute})
				require.Equal(t, c.outcomes, outcomes(report))
				result := resultOf(t, report, "item/glass/north/reader")
				assert.Equal(t, c.attempts, result.Attempts)
				assert.Equal(t, c.elapsed, result.Elapsed)
				if result.Outcome == engine.Applied {
					return
				}
				p := r.plan(t, m)
				require.Len(t, p.Changes, 1)
				assert.Equal(t, plan.Blocked, p.Changes[0].Action)
				assert.Contains(t, p.Changes[0].Reason, "box/glass is there, and this is missing, until a reviewed change takes the protection out for one run")
			})
		})
	}
}

func TestOtherCreatesAreNotRepeated(t *testing.T) {
	r := setUp(t, memory.Seed{})
	r.world.SetFaults(memory.Fault{Address: pattern(t, "item/**"), Err: providers.ErrUnavailable})
	report := r.apply(t.Context(), r.plan(t, manifest(t, glassManifest)), engine.ApplyOptions{})
	assert.Equal(t, 1, resultOf(t, report, "item/glass/north/reader").Attempts)
}

func TestAnInterruptEndsTheRepeating(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{})
		r.world.SetFaults(memory.Fault{Address: pattern(t, "item/glass/north/*"), Err: providers.ErrUnavailable})
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, stop)
		report := r.apply(ctx, r.plan(t, glass(t)), engine.ApplyOptions{})
		result := resultOf(t, report, "item/glass/north/reader")
		assert.Equal(t, engine.Failed, result.Outcome)
		assert.ErrorIs(t, result.Err, providers.ErrUnavailable)
		assert.Equal(t, 5*time.Second, result.Elapsed)
		assert.True(t, report.Interrupted)
	})
}
