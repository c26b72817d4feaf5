package engine_test

import (
	"context"
	"errors"
	"slices"
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

// lookedAgain leaves the reading before the first write out.
var lookedAgain = engine.ApplyOptions{LookedAgain: true}

const undone = " (reads show it late, or somebody else has undone it)"

func TestVerifyIsPatientWithReadsThatLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "p", Label: "x"}, {Name: "b", Owner: "p"}}})
		m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p", "label": "y"}, {"name": "b", "state": "absent"}, {"name": "c", "ownedBy": "p", "note": "n"}]}`)
		p := r.plan(t, m)
		r.world.SetLag(5)
		started := time.Now()
		report := r.apply(t.Context(), p, engine.ApplyOptions{PollInterval: time.Second})
		assert.True(t, report.OK(), "%v", report.Unverified)
		assert.Len(t, r.events.of(engine.VerifyWaiting), 5)
		assert.Equal(t, (1+2+4+8+8)*time.Second, time.Since(started), "the pause doubles up to eight times its length")
	})
}

func TestWhatIsNotSeenInTimeIsUnverified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "p", Label: "x"}, {Name: "b", Owner: "p"}}})
		m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p", "label": "y"}, {"name": "b", "state": "absent"}, {"name": "c", "ownedBy": "p"}]}`)
		p := r.plan(t, m)
		r.world.SetLag(1000)
		started := time.Now()
		report := r.apply(t.Context(), p, engine.ApplyOptions{VerifyTimeout: 30 * time.Second})
		assert.Equal(t, 30*time.Second, time.Since(started))
		assert.Equal(t, 3, report.Count(engine.Applied))
		assert.False(t, report.Verified)
		assert.False(t, report.OK())
		assert.False(t, report.Interrupted)
		assert.Equal(t, []engine.Difference{
			{Address: memory.BoxAddress("a"), Reason: "label still reads x" + undone, Attributes: []plan.AttributeChange{
				{Name: "label", Before: plan.StringValue("y"), After: plan.StringValue("x")},
			}},
			{Address: memory.BoxAddress("b"), Reason: "it is still there" + undone},
			{Address: memory.BoxAddress("c"), Reason: "it is not there yet" + undone},
		}, report.Unverified)
		finished := r.events.of(engine.VerifyFinished)
		require.Len(t, finished, 1)
		assert.Equal(t, 0, finished[0].Done)
		assert.Equal(t, 3, finished[0].Total)
	})
}

// TestTheLookBeforeTheFirstWriteIsNotHurried: how long a write may take to be seen says nothing about how long a read may take.
func TestTheLookBeforeTheFirstWriteIsNotHurried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "p", Label: "x"}}})
		p := r.plan(t, manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p", "label": "y"}]}`))
		reads := 0
		r.world.SetHook(func(ctx context.Context, c memory.Call) error {
			if c.Operation != memory.Observe {
				return nil
			}
			if reads++; reads > 1 {
				return nil
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Minute):
				return nil
			}
		})
		report := r.apply(t.Context(), p, engine.ApplyOptions{VerifyTimeout: time.Second})
		assert.True(t, report.OK(), "%+v", report)
	})
}

func TestEveryLookReadsAllTouchedRootsAsAWholeInOneObservation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "b", Owner: "p"}}, Items: []memory.Item{{Box: "b", Scope: "north", Kind: "reader"}}})
		m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p"}, {"name": "b", "ownedBy": "p", "items": {"north": ["reader"], "south": ["reader"]}}, {"name": "c", "ownedBy": "p"}]}`)
		p := r.plan(t, m)
		r.world.SetHook(func(_ context.Context, c memory.Call) error {
			if c.Address == memory.BoxAddress("c") {
				r.world.SetLag(1) // read after the hook: what was made before does not lag
			}
			return nil
		})
		require.True(t, r.apply(t.Context(), p, engine.ApplyOptions{Parallelism: 1}).OK())
		var looks [][]addr.Address
		for _, c := range r.world.Calls() {
			if c.Only != nil {
				looks = append(looks, c.Only)
			}
		}
		all := []addr.Address{memory.BoxAddress("a"), memory.BoxAddress("b"), memory.BoxAddress("c")}
		assert.Equal(t, [][]addr.Address{all, all, all}, looks, "before the first write, and twice after the last")
	})
}

func TestAReadThatFailsWhileVerifyingIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{})
		m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p"}]}`)
		p := r.plan(t, m)
		r.world.SetFaults(memory.Fault{Operation: memory.Observe, Nth: 1, Err: providers.ErrThrottled})
		assert.True(t, r.apply(t.Context(), p, lookedAgain).OK())

		m = manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p", "label": "l"}]}`)
		p = r.plan(t, m)
		r.world.SetFaults(memory.Fault{Operation: memory.Observe, Err: providers.ErrThrottled})
		report := r.apply(t.Context(), p, lookedAgain)
		require.Len(t, report.Unverified, 1)
		assert.Contains(t, report.Unverified[0].Reason, "throttled")
	})
}

func TestALookThatNeverEndsIsCutShortByTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{})
		m := manifest(t, `{"boxes": [{"name": "b", "ownedBy": "p", "dependsOn": ["box/z"]}, {"name": "z", "ownedBy": "p"}]}`)
		p := r.plan(t, m)
		require.Equal(t, "box/z", p.Changes[0].Address.String(), "not in address order")
		r.world.SetHook(func(ctx context.Context, c memory.Call) error {
			if c.Operation.Writes() {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		})
		report := r.apply(t.Context(), p, lookedAgain)
		assert.Equal(t, []engine.Difference{
			{Address: memory.BoxAddress("b"), Reason: "it was not read back in time", Unread: true},
			{Address: memory.BoxAddress("z"), Reason: "it was not read back in time", Unread: true},
		}, report.Unverified)
		assert.False(t, report.Interrupted)
	})
}

// handOver is a box that changes hands: what it holds must be seen to be gone before.
func handOver(t *testing.T) (*rig, *plan.Manifest, *plan.Plan) {
	r := setUp(t, memory.Seed{
		Boxes: []memory.Box{{Name: "a", Owner: "pat"}},
		Items: []memory.Item{{Box: "a", Scope: "north", Kind: "writer"}, {Box: "a", Scope: "south", Kind: "writer"}},
	})
	m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "eve", "items": {"north": ["reader"]}}, {"name": "free", "ownedBy": "p"}]}`)
	p := r.plan(t, m)
	i := slices.IndexFunc(p.Changes, func(c plan.Change) bool { return c.Action == plan.Update })
	require.Len(t, p.Changes[i].Confirms, 2)
	return r, m, p
}

func TestATrustChangesHandsOnlyWhenTheRevokesAreSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, m, p := handOver(t)
		r.world.SetLag(2)
		report := r.apply(t.Context(), p, engine.ApplyOptions{})
		require.True(t, report.OK(), "%v %v", outcomes(report), report.Unverified)
		update := callOn(t, r.world, "box/a")
		looks := 0
		for _, c := range r.world.Calls() {
			if c.Operation == memory.Observe && c.Finished < update.Started && c.Started > callOn(t, r.world, "item/a/south/writer").Finished {
				looks++
			}
		}
		assert.Equal(t, 3, looks, "two looks show the revoked items still, the third does not")
		assert.Less(t, update.Finished, callOn(t, r.world, "item/a/north/reader").Started)
		assert.Len(t, r.events.of(engine.ConfirmStarted), 1)
		assert.Equal(t, 1, resultOf(t, report, "box/a").Attempts, "looks are not attempts")
		assert.True(t, r.plan(t, m).Empty())
	})
}

func TestATrustIsNotHandedOverUnseen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, p := handOver(t)
		r.world.SetLag(1000)
		report := r.apply(t.Context(), p, engine.ApplyOptions{VerifyTimeout: time.Minute})
		assert.Equal(t, []string{
			"box/a failed", "box/free applied", "item/a/north/reader skipped because of box/a", "item/a/north/writer applied", "item/a/south/writer applied",
		}, outcomes(report))
		failed := resultOf(t, report, "box/a")
		assert.ErrorContains(t, failed.Err, "update box/a: not sent, because item/a/north/writer was not seen to be done: it is still there")
		assert.Equal(t, 0, failed.Attempts)
		for _, c := range r.world.Writes() {
			assert.NotEqual(t, memory.Update, c.Operation)
		}
	})
}

func TestAFailedRevokeKeepsTheTrustWhereItIs(t *testing.T) {
	r, _, p := handOver(t)
	r.world.SetFaults(memory.Fault{Address: pattern(t, "item/a/south/writer"), Err: providers.ErrDenied})
	report := r.apply(t.Context(), p, engine.ApplyOptions{})
	assert.Equal(t, []string{
		"box/a skipped because of item/a/south/writer", "box/free applied", "item/a/north/reader skipped because of item/a/south/writer",
		"item/a/north/writer applied", "item/a/south/writer failed",
	}, outcomes(report))
	assert.Empty(t, r.events.of(engine.ConfirmStarted))
}

func TestVerifyWaitsForNobodyWhoMayNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{})
		m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p"}]}`)
		p := r.plan(t, m)
		r.world.SetHook(func(_ context.Context, call memory.Call) error {
			if call.Operation == memory.Observe {
				return errors.Join(providers.ErrDenied, providers.ErrUnavailable)
			}
			return nil
		})
		started := time.Now()
		report := r.apply(t.Context(), p, engine.ApplyOptions{VerifyTimeout: time.Hour, LookedAgain: true})
		assert.Zero(t, time.Since(started), "no patience mends that")
		assert.False(t, report.Verified)
		require.Len(t, report.Unverified, 1)
		assert.NotContains(t, report.Unverified[0].Reason, "\n")
	})
}
