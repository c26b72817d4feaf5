package huaweicloud

import (
	"context"
	"errors"
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
	"golang.org/x/time/rate"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

var epoch = time.Date(2031, 4, 5, 6, 7, 8, 0, time.UTC)

func TestTheRateStaysWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rate.Limit(rapid.Float64Range(0.1, 500).Draw(t, "most"))
		p, now := newAdaptiveRate(most), epoch
		burst := p.bucket.Burst()
		var sent []time.Time
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "passes")))
			case 1:
				paused := p.pausedUntil
				if wait := p.take(now); wait <= 0 {
					require.False(t, now.Before(paused), "sent during a pause")
					sent = append(sent, now)
				}
			case 2:
				p.throttled(now, now, time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "pause")))
			case 3:
				p.succeeded(now)
			}
			require.LessOrEqual(t, p.current, most)
			require.GreaterOrEqual(t, p.current, most*floorShare)
			require.Equal(t, p.current, p.bucket.Limit())
		}
		for i := range sent {
			span := sent[len(sent)-1].Sub(sent[i]).Seconds()
			require.LessOrEqual(t, float64(len(sent)-i), float64(burst)+span*float64(most)+1e-6, "faster than configured")
		}
		for range int(1/raiseShare) + 1 {
			now = now.Add(raiseEvery)
			p.succeeded(now)
		}
		require.Equal(t, most, p.current, "it recovers in full")
	})
}

func TestABurstOfRefusalsCountsOnce(t *testing.T) {
	p := newAdaptiveRate(10)
	p.throttled(epoch, epoch.Add(time.Millisecond), 0)
	assert.Equal(t, rate.Limit(5), p.current)
	for i := range 16 { // under way when the rate fell, however late their answers come
		p.throttled(epoch.Add(time.Duration(i)*time.Millisecond), epoch.Add(5*time.Second), 0)
	}
	assert.Equal(t, rate.Limit(5), p.current)
	p.throttled(epoch.Add(2*time.Second), epoch.Add(2*time.Second), 0)
	assert.Equal(t, rate.Limit(2.5), p.current, "a call at the new rate was too fast again")
	p.succeeded(epoch.Add(2*time.Second + raiseEvery - 1))
	assert.Equal(t, rate.Limit(2.5), p.current)
	p.succeeded(epoch.Add(2*time.Second + raiseEvery))
	assert.Equal(t, rate.Limit(3), p.current)
}

func TestWithoutALimitOnlyPausesAreLearned(t *testing.T) {
	p := newAdaptiveRate(rate.Inf)
	p.throttled(epoch, epoch, 3*time.Second)
	assert.Equal(t, rate.Inf, p.current)
	assert.Equal(t, 2*time.Second, p.take(epoch.Add(time.Second)))
	p.throttled(epoch, epoch.Add(time.Second), time.Second)
	assert.Equal(t, time.Second, p.take(epoch.Add(2*time.Second)), "a shorter pause does not shorten the longer")
	assert.Zero(t, p.take(epoch.Add(3*time.Second)))
}

func TestAPauseHoldsForEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1)
		require.NoError(t, l.wait(t.Context()))
		began := time.Now()
		var mu sync.Mutex
		var passed []time.Duration
		var waiting sync.WaitGroup
		for range 3 {
			waiting.Go(func() {
				assert.NoError(t, l.wait(t.Context()))
				mu.Lock()
				defer mu.Unlock()
				passed = append(passed, time.Since(began))
			})
		}
		synctest.Wait()
		l.report(began, 30*time.Second, providers.ErrThrottled) // while the first is waiting for its turn already
		waiting.Wait()
		assert.Equal(t, []time.Duration{30 * time.Second, 32 * time.Second, 34 * time.Second}, passed)
	})
}

func TestWhoLeavesTheQueueTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1)
		require.NoError(t, l.wait(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		var gone sync.WaitGroup
		for range 5 {
			gone.Go(func() { assert.ErrorIs(t, l.wait(ctx), context.Canceled) })
		}
		synctest.Wait()
		cancel()
		gone.Wait()
		began := time.Now()
		require.NoError(t, l.wait(t.Context()))
		assert.Equal(t, time.Second, time.Since(began))
		short, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
		defer cancel()
		began = time.Now()
		assert.ErrorIs(t, l.wait(short), context.DeadlineExceeded)
		assert.Zero(t, time.Since(began), "what cannot be reached is not waited for")
		assert.ErrorIs(t, l.wait(ctx), context.Canceled)
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
