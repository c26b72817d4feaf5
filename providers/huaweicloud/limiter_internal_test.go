package huaweicloud

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

var epoch = time.Date(2031, 4, 5, 6, 7, 8, 0, time.UTC)

// TestNoWindowHasMoreCallsThanAllowed: whatever is learned meanwhile, and however long calls take until they are written.
func TestNoWindowHasMoreCallsThanAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perSecond := rapid.Float64Range(0.1, 50).Draw(t, "per second")
		p, now := newPace(perSecond), epoch
		var under []*slot
		var written []time.Time
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "passes")))
			case 1:
				paused := p.pausedUntil
				if taken, _ := p.take(now); taken != nil {
					require.False(t, now.Before(paused), "sent during a pause")
					under = append(under, taken)
				}
			case 2:
				if len(under) > 0 {
					under[0].written = now
					written, under = append(written, now), under[1:]
				}
			case 3:
				p.throttled(&slot{taken: now}, now, time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "pause")))
			case 4:
				p.succeeded(now)
			}
			require.GreaterOrEqual(t, p.window, p.least)
			require.LessOrEqual(t, p.window, p.least*slowest)
		}
		for i := range written {
			within := 0
			for _, w := range written[i:] {
				if w.Sub(written[i]) < p.least {
					within++
				}
			}
			require.LessOrEqual(t, within, p.most)
		}
		for range 10_000 {
			now = now.Add(raiseLatest)
			p.succeeded(now)
		}
		require.Equal(t, p.least, p.window, "it recovers in full")
	})
}

func TestOneCallTooFastIsASmallStep(t *testing.T) {
	p := newPace(10)
	p.throttled(&slot{taken: epoch.Add(-time.Minute)}, epoch.Add(-time.Minute), time.Second)
	assert.Equal(t, p.least, p.window, "at first, calls are only spread")
	first, _ := p.take(epoch)
	p.throttled(first, epoch.Add(time.Millisecond), time.Second)
	assert.Equal(t, scaled(p.least, slowBy), p.window)
	_, wait := p.take(epoch.Add(500 * time.Millisecond))
	assert.Equal(t, 501*time.Millisecond, wait, "what the service asks for")
	for range 50 { // under way with the first
		p.throttled(&slot{taken: epoch}, epoch.Add(2*time.Millisecond), time.Second)
	}
	assert.Equal(t, scaled(p.least, slowMost), p.window, "a burst of them costs no more than that")
	p.succeeded(epoch.Add(raiseEvery))
	assert.Equal(t, scaled(p.least, slowMost), p.window)
	p.succeeded(epoch.Add(raiseEvery + 2*time.Millisecond))
	assert.Less(t, p.window, scaled(p.least, slowMost))
}

func TestWithoutALimitOnlyPausesAreLearned(t *testing.T) {
	p := newPace(math.Inf(1))
	p.throttled(&slot{taken: epoch}, epoch, 3*time.Second)
	_, wait := p.take(epoch.Add(time.Second))
	assert.Equal(t, 2*time.Second, wait)
	p.throttled(&slot{taken: epoch}, epoch.Add(time.Second), time.Second)
	_, wait = p.take(epoch.Add(2 * time.Second))
	assert.Equal(t, time.Second, wait, "a shorter pause does not shorten the longer")
	taken, _ := p.take(epoch.Add(3 * time.Second))
	assert.NotNil(t, taken)
}

// pass waits for the right to send a call, and sends it at once.
func (l *limiter) pass(ctx context.Context) error {
	taken, err := l.wait(ctx, "GET /")
	if err == nil {
		l.wrote(taken)
	}
	return err
}

func TestAPauseHoldsForEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1)
		first, err := l.wait(t.Context(), "GET /")
		require.NoError(t, err)
		l.wrote(first)
		began := time.Now()
		var mu sync.Mutex
		var passed []time.Duration
		var waiting sync.WaitGroup
		for range 3 {
			waiting.Go(func() {
				assert.NoError(t, l.pass(t.Context()))
				mu.Lock()
				defer mu.Unlock()
				passed = append(passed, time.Since(began))
			})
		}
		synctest.Wait()
		l.report(first, 30*time.Second, providers.ErrThrottled) // while the first is waiting for its turn already
		waiting.Wait()
		step := scaled(time.Second, margin)
		assert.Equal(t, []time.Duration{30 * time.Second, 30*time.Second + step, 30*time.Second + 2*step}, passed)
	})
}

func TestWhoLeavesTheQueueTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1)
		require.NoError(t, l.pass(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		var gone sync.WaitGroup
		for range 5 {
			gone.Go(func() { assert.ErrorIs(t, l.pass(ctx), context.Canceled) })
		}
		synctest.Wait()
		cancel()
		gone.Wait()
		began := time.Now()
		require.NoError(t, l.pass(t.Context()))
		assert.Equal(t, scaled(time.Second, margin), time.Since(began))
		short, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
		defer cancel()
		began = time.Now()
		assert.ErrorIs(t, l.pass(short), context.DeadlineExceeded)
		assert.Zero(t, time.Since(began), "what cannot be reached is not waited for")
		assert.ErrorIs(t, l.pass(ctx), context.Canceled)
	})
}

// wire carries calls to a simulator without a network, so that a bubble of synctest can hold both ends.
type wire struct {
	cloud   http.Handler
	latency time.Duration
	refused *atomic.Int32
}

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(w.latency)
	if r.Body == nil {
		r.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	w.cloud.ServeHTTP(recorder, r)
	if recorder.Code == http.StatusTooManyRequests {
		w.refused.Add(1)
	}
	return recorder.Result(), nil
}

// writes sends 200 writes, 16 at a time, to a simulator that takes so many a second. It returns how often that refused,
// and how long it took by the bubble's clock.
func writes(t *testing.T, served int) (refused int32, took time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		sim, err := cloudsim.New(cloudsim.Options{Faults: cloudsim.Faults{RatePerSecond: served}})
		require.NoError(t, err)
		world := cloudsim.DemoWorld(HuaweiCloud)
		env := map[string]string{auth.EnvAccessKey: cloudsim.DemoAccessKey, auth.EnvSecretKey: cloudsim.DemoSecretKey, auth.EnvDomainID: world.Home}
		conn, err := Connect(t.Context(), providers.Target{
			Cloud: plan.Cloud{Kind: HuaweiCloud, Region: "cn-north-4"}, Endpoints: map[string]string{"iam": "http://localhost:1"},
			Getenv: func(name string) string { return env[name] },
		})
		require.NoError(t, err)
		defer conn.Close()
		var counter atomic.Int32
		conn.client.Transport = wire{sim, 80 * time.Millisecond, &counter}
		call := Call{
			Service: ServiceIAM, Operation: "update an agency", Method: http.MethodPut,
			Path: []string{"v3.0", "OS-AGENCY", "agencies", world.AccountNamed("").Agencies[1].ID},
			Body: map[string]any{"agency": map[string]string{"description": strings.Repeat("x", 20)}}, Repeatable: true,
		}
		began := time.Now()
		group, ctx := errgroup.WithContext(t.Context())
		group.SetLimit(16)
		for range 200 {
			group.Go(func() error { return conn.Do(ctx, call, nil) })
		}
		require.NoError(t, group.Wait())
		refused, took = counter.Load(), time.Since(began)
	})
	t.Logf("server takes %d a second: %d refused, %s for 200 writes", served, refused, took)
	return refused, took
}

func TestAnApplyKeepsTheAllowedRateBusy(t *testing.T) {
	refused, took := writes(t, defaultRate)
	assert.LessOrEqual(t, refused, int32(3))
	assert.LessOrEqual(t, took, 22*time.Second)
}

func TestASlowerServerIsLearned(t *testing.T) {
	refused, took := writes(t, 4)
	assert.LessOrEqual(t, refused, int32(40))
	assert.LessOrEqual(t, took, 75*time.Second)
}

func TestNothingIsSentAfterTheKeyWasRefusedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var arrived atomic.Int32
		env := map[string]string{auth.EnvAccessKey: "a", auth.EnvSecretKey: "s", auth.EnvDomainID: "d"}
		conn, err := Connect(t.Context(), providers.Target{
			Cloud: plan.Cloud{Kind: HuaweiCloud}, Endpoints: map[string]string{"iam": "http://localhost:1"}, Rate: 1,
			Getenv: func(name string) string { return env[name] },
		})
		require.NoError(t, err)
		defer conn.Close()
		conn.client.Transport = wire{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			arrived.Add(1)
			w.WriteHeader(http.StatusUnauthorized)
		}), time.Millisecond, &atomic.Int32{}}
		var calls sync.WaitGroup
		for range 5 {
			calls.Go(func() {
				err := conn.Do(t.Context(), Get("iam", "read", nil, "v3"), nil)
				assert.True(t, errors.Is(err, providers.ErrDenied), err)
			})
		}
		calls.Wait()
		assert.Equal(t, int32(1), arrived.Load())
	})
}
