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
	"github.com/agencyctl/agencyctl/providers"
)

const fourBoxes = `{"boxes": [
	{"name": "a", "ownedBy": "p"}, {"name": "b", "ownedBy": "p", "items": {"north": ["reader"]}}, {"name": "c", "ownedBy": "p"}, {"name": "d", "ownedBy": "p"}]}`

func TestAnInterruptStartsNothingNewAndLetsRunningCallsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{})
		m := manifest(t, fourBoxes)
		p := r.plan(t, m)
		ctx, cancel := context.WithCancel(t.Context())
		gate, reports := make(chan struct{}), make(chan *engine.Report, 1)
		r.world.SetHook(writesWaitFor(gate))
		go func() { reports <- r.apply(ctx, p, engine.ApplyOptions{Parallelism: 2}) }()
		synctest.Wait()
		cancel()
		time.Sleep(engine.DefaultGrace / 2)
		gate <- struct{}{}
		gate <- struct{}{}
		report := <-reports
		assert.Equal(t, []string{"box/a applied", "box/b applied", "box/c cancelled", "box/d cancelled", "item/b/north/reader cancelled"}, outcomes(report))
		assert.NoError(t, resultOf(t, report, "box/c").Err, "it was never attempted")
		assert.True(t, report.Interrupted)
		assert.False(t, report.Verified)
		assert.False(t, report.OK())
		require.Len(t, report.Unverified, 2)
		assert.Equal(t, memory.BoxAddress("a"), report.Unverified[0].Address)
		assert.Contains(t, report.Unverified[0].Reason, "interrupted")
		assert.Len(t, r.world.Writes(), 2)
		requireEvents(t, r.events, p, report)
	})
}

// The time of a run may be over while it sends, while it reads back, or when all is done.
func TestTheEndOfTheTimeIsSaidWhereItCutsAnythingOff(t *testing.T) {
	for name, test := range map[string]struct {
		slow     func(memory.Call) bool
		timedOut bool
		outcome  engine.Outcome
	}{
		"while sending":      {func(call memory.Call) bool { return call.Operation.Writes() }, true, engine.Cancelled},
		"while reading back": {func(call memory.Call) bool { return !call.Operation.Writes() }, true, engine.Applied},
		"when all is done":   {func(memory.Call) bool { return false }, false, engine.Applied},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := setUp(t, memory.Seed{})
				p := r.plan(t, manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p"}]}`))
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				r.world.SetHook(func(ctx context.Context, call memory.Call) error {
					if test.slow(call) {
						<-ctx.Done()
					}
					return ctx.Err()
				})
				report := r.apply(ctx, p, engine.ApplyOptions{LookedAgain: true, VerifyTimeout: time.Hour})
				assert.Equal(t, test.outcome, resultOf(t, report, "box/a").Outcome)
				assert.Equal(t, test.timedOut, report.TimedOut)
				assert.False(t, report.Interrupted, "nobody has")
				for _, d := range report.Unverified {
					assert.Equal(t, "the time of the run was over before it was read back", d.Reason)
				}
			})
		})
	}
}

func TestACallThatOutlivesTheGraceIsCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{})
		m := manifest(t, fourBoxes)
		p := r.plan(t, m)
		ctx, cancel := context.WithCancel(t.Context())
		reports := make(chan *engine.Report, 1)
		r.world.SetHook(writesWaitFor(nil))
		go func() {
			reports <- r.apply(ctx, p, engine.ApplyOptions{Parallelism: 1, Grace: 7 * time.Second})
		}()
		synctest.Wait()
		interrupted := time.Now()
		cancel()
		report := <-reports
		assert.Equal(t, 7*time.Second, time.Since(interrupted))
		cut := resultOf(t, report, "box/a")
		assert.Equal(t, engine.Cancelled, cut.Outcome)
		require.ErrorIs(t, cut.Err, context.Canceled)
		assert.ErrorContains(t, cut.Err, "create box/a: interrupted, the outcome is unknown")
		assert.Equal(t, len(p.Changes), report.Count(engine.Cancelled))
		assert.True(t, report.Interrupted)
		assert.True(t, report.Sent())
		assert.Len(t, r.world.Writes(), 1)
		requireEvents(t, r.events, p, report)
	})
}

func TestAnInterruptBeforeTheStartSendsNothing(t *testing.T) {
	r := setUp(t, memory.Seed{})
	m := manifest(t, fourBoxes)
	p := r.plan(t, m)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	report := r.apply(ctx, p, engine.ApplyOptions{})
	assert.Equal(t, len(p.Changes), report.Count(engine.Cancelled))
	assert.True(t, report.Interrupted)
	assert.False(t, report.OK())
	assert.False(t, report.Sent())
	assert.Empty(t, r.world.Writes())
}

func TestAnInterruptedRunIsNotOKEvenWithNothingToSend(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "p", Tags: []string{memory.LockedTag}}}})
	m := manifest(t, `{"boxes": [{"name": "a", "state": "absent"}]}`)
	p := r.plan(t, m)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	report := r.apply(ctx, p, engine.ApplyOptions{})
	assert.Equal(t, []string{"box/a manual"}, outcomes(report))
	assert.True(t, report.Interrupted)
	assert.False(t, report.OK())
}

func TestAnInterruptEndsTheWaitForARevokeBeforeTheTrustIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, p := handOver(t)
		r.world.SetLag(1000)
		ctx, cancel := context.WithCancel(t.Context())
		reports := make(chan *engine.Report, 1)
		go func() { reports <- r.apply(ctx, p, engine.ApplyOptions{}) }()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		require.Len(t, r.events.of(engine.ConfirmStarted), 1)
		assert.Zero(t, r.engine.Running(), "what waits is not on its way")
		interrupted := time.Now()
		cancel()
		report := <-reports
		assert.Equal(t, time.Duration(0), time.Since(interrupted), "looking is no running call that needs a grace time")
		waited := resultOf(t, report, "box/a")
		assert.Equal(t, engine.Cancelled, waited.Outcome)
		assert.ErrorContains(t, waited.Err, "update box/a: interrupted before it was sent")
		for _, c := range r.world.Writes() {
			assert.NotEqual(t, memory.Update, c.Operation)
		}
		assert.True(t, report.Interrupted)
	})
}

func TestAnInterruptWhileReadingBackIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{})
		m := manifest(t, fourBoxes)
		p := r.plan(t, m)
		r.world.SetLag(1000)
		ctx, cancel := context.WithCancel(t.Context())
		reports := make(chan *engine.Report, 1)
		go func() { reports <- r.apply(ctx, p, engine.ApplyOptions{}) }()
		time.Sleep(5 * time.Second)
		cancel()
		report := <-reports
		assert.Equal(t, len(p.Changes), report.Count(engine.Applied))
		assert.True(t, report.Interrupted)
		assert.Len(t, report.Unverified, len(p.Changes))
		assert.False(t, report.OK())
	})
}

func TestAnInterruptHidesNoReadThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{})
		p := r.plan(t, manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p"}]}`))
		r.world.SetFaults(memory.Fault{Operation: memory.Observe, Err: providers.ErrThrottled})
		ctx, cancel := context.WithCancel(t.Context())
		reports := make(chan *engine.Report, 1)
		go func() { reports <- r.apply(ctx, p, lookedAgain) }()
		time.Sleep(5 * time.Second)
		cancel()
		report := <-reports
		assert.True(t, report.Interrupted)
		require.Len(t, report.Unverified, 1)
		assert.Regexp(t, "^interrupted before it was read back; the last look failed: .*throttled", report.Unverified[0].Reason)
		assert.False(t, report.Unverified[0].Unread, "more than time was missing")
	})
}

func TestAnInterruptWhileObservingIsAnError(t *testing.T) {
	r := setUp(t, memory.Seed{})
	ctx, cancel := context.WithCancel(t.Context())
	r.world.SetHook(func(ctx context.Context, _ memory.Call) error { cancel(); <-ctx.Done(); return ctx.Err() })
	planned, err := r.engine.Plan(ctx, manifest(t, fourBoxes), engine.PlanOptions{})
	assert.Nil(t, planned)
	require.ErrorIs(t, err, engine.ErrUnreadable)
	assert.ErrorIs(t, err, context.Canceled)
}

// late is a remote whose writes wait for a gate before they are sent.
type late struct {
	providers.Remote
	gate <-chan struct{}
}

func (l late) Create(ctx context.Context, w providers.Write) (string, error) {
	<-l.gate
	return l.Remote.Create(ctx, w)
}

func TestWhatIsHeldBackIsNotSentLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{})
		registry, err := providers.NewRegistry(memory.Provider{})
		require.NoError(t, err)
		gate, reports := make(chan struct{}), make(chan *engine.Report, 1)
		r.engine = engine.New(registry, providers.Remotes{"memory": late{memory.NewRemote(r.world), gate}}, r.events.sink)
		p := r.plan(t, manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p"}]}`))
		go func() { reports <- r.apply(t.Context(), p, engine.ApplyOptions{}) }()
		synctest.Wait()
		assert.Zero(t, r.engine.HoldBack(), "it waits for its turn, and that is what is counted")
		close(gate)
		report := <-reports
		assert.Equal(t, []string{"box/a cancelled"}, outcomes(report))
		assert.False(t, report.Sent())
	})
}

func TestAnInterruptBetweenTheDecisionToSendAndTheSendingSendsNothing(t *testing.T) {
	r := setUp(t, memory.Seed{})
	registry, err := providers.NewRegistry(memory.Provider{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	r.engine = engine.New(registry, providers.Remotes{"memory": memory.NewRemote(r.world)}, func(e engine.Event) {
		if e.Kind == engine.ChangeStarted {
			cancel()
		}
	})
	p := r.plan(t, manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p"}]}`))
	assert.False(t, r.apply(ctx, p, engine.ApplyOptions{}).Sent())
}

func TestASecondInterruptEndsTheGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{})
		p := r.plan(t, manifest(t, fourBoxes))
		ctx, cancel := context.WithCancel(t.Context())
		again, reports := make(chan struct{}), make(chan *engine.Report, 1)
		r.world.SetHook(writesWaitFor(nil))
		go func() { reports <- r.apply(ctx, p, engine.ApplyOptions{Parallelism: 3, StopNow: again}) }()
		synctest.Wait()
		assert.Equal(t, 3, r.engine.Running())
		cancel()
		time.Sleep(engine.DefaultGrace / 2)
		assert.Equal(t, 3, r.engine.Running(), "the grace is not over")
		interrupted := time.Now()
		close(again)
		report := <-reports
		assert.Zero(t, time.Since(interrupted))
		assert.ErrorContains(t, resultOf(t, report, "box/a").Err, "the outcome is unknown")
		assert.Equal(t, len(p.Changes), report.Count(engine.Cancelled))
		assert.True(t, report.Interrupted)
		assert.Zero(t, r.engine.Running())
		requireEvents(t, r.events, p, report)
	})
}

func TestASecondInterruptAloneStopsNothing(t *testing.T) {
	r := setUp(t, memory.Seed{})
	again := make(chan struct{})
	close(again)
	assert.True(t, r.apply(t.Context(), r.plan(t, manifest(t, fourBoxes)), engine.ApplyOptions{StopNow: again}).OK())
}
