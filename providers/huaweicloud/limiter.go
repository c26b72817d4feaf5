package huaweicloud

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/agencyctl/agencyctl/providers"
)

// defaultRate is how many requests a second the clouds allow an account for each service.
const defaultRate = 10

// How an adaptive rate learns. After a throttled call the rate is multiplied by slowBy, at most once for all calls that were
// sent within slowWindow of the last time. After every raiseEvery without one it rises by raiseShare of the configured rate.
// It never falls below floorShare of that.
const (
	slowBy     = 0.5
	slowWindow = time.Second
	raiseEvery = time.Second
	raiseShare = 0.05
	floorShare = 0.05
)

// limitOf reads Target.Rate: 0 is the default, a negative or infinite rate no limit.
func limitOf(perSecond float64) (rate.Limit, error) {
	switch {
	case math.IsNaN(perSecond):
		return 0, fmt.Errorf("%w: the rate is not a number", providers.ErrInvalid)
	case perSecond == 0:
		return defaultRate, nil
	case perSecond < 0 || math.IsInf(perSecond, 1):
		return rate.Inf, nil
	}
	return rate.Limit(perSecond), nil
}

// adaptiveRate decides when the next call to one service may be sent, and learns from throttled calls. It has no clock and
// no lock of its own: the caller passes the time, which must not go back.
type adaptiveRate struct {
	most    rate.Limit // as configured; rate.Inf learns nothing, and only pauses
	current rate.Limit
	bucket  *rate.Limiter
	// pausedUntil is the end of a pause that the service asked for.
	pausedUntil time.Time
	// slowed is when the rate last fell, changed when it last fell or rose.
	slowed, changed time.Time
}

// newAdaptiveRate starts at the configured rate. The burst is a quarter of a second's worth: enough to start several reads
// at once, too little to overrun a server's own bucket, which holds a second's worth, in its first second.
func newAdaptiveRate(most rate.Limit) *adaptiveRate {
	burst := 1
	if most != rate.Inf {
		burst = max(1, int(min(float64(most)/4, 100)))
	}
	return &adaptiveRate{most: most, current: most, bucket: rate.NewLimiter(most, burst)}
}

// take takes the right to send one call now, and returns 0; or takes nothing and returns how long to wait before asking
// again.
func (a *adaptiveRate) take(now time.Time) time.Duration {
	if wait := a.pausedUntil.Sub(now); wait > 0 {
		return wait
	}
	r := a.bucket.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// throttled learns from a throttled call that was sent at the given time. pause is the wait that the service asks for, 0 for
// none. Calls that were under way while the rate fell say nothing about the new rate.
func (a *adaptiveRate) throttled(sent, now time.Time, pause time.Duration) {
	if until := now.Add(pause); pause > 0 && until.After(a.pausedUntil) {
		a.pausedUntil = until
	}
	if a.most == rate.Inf || !a.slowed.IsZero() && sent.Before(a.slowed.Add(slowWindow)) {
		return
	}
	a.slowed = now
	a.set(now, max(a.current*slowBy, a.most*floorShare))
}

// succeeded learns from a call that did not come too fast.
func (a *adaptiveRate) succeeded(now time.Time) {
	if a.current < a.most && now.Sub(a.changed) >= raiseEvery {
		a.set(now, min(a.current+a.most*raiseShare, a.most))
	}
}

func (a *adaptiveRate) set(now time.Time, to rate.Limit) {
	a.current, a.changed = to, now
	a.bucket.SetLimitAt(now, to)
}

// limiter queues all calls to one service, first come, first served. Only the first in the queue asks for the rate, so that
// a pause or a new rate holds for all behind it, and a call that leaves the queue takes nothing with it. Safe for concurrent
// use.
type limiter struct {
	turn chan struct{} // holds one element while a call is at the head of the queue

	mu   sync.Mutex
	rate *adaptiveRate
}

func newLimiter(most rate.Limit) *limiter {
	return &limiter{turn: make(chan struct{}, 1), rate: newAdaptiveRate(most)}
}

// limiter returns the limiter of a service.
func (c *Connection) limiter(service string) *limiter {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.limiters[service]
	if !ok {
		l = newLimiter(c.rate)
		c.limiters[service] = l
	}
	return l
}

// wait returns when a call may be sent. The error is the one of a context that has ended, or context.DeadlineExceeded at
// once where the context will end before.
func (l *limiter) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-l.turn }()
	for {
		wait := l.take()
		if wait <= 0 {
			return nil
		}
		if end, bounded := ctx.Deadline(); bounded && time.Until(end) < wait {
			return context.DeadlineExceeded
		}
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

func (l *limiter) take() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rate.take(time.Now())
}

// report learns from the outcome of a call that was sent at the given time. pause is the wait that the service asks for, 0 for
// none.
func (l *limiter) report(sent time.Time, pause time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var failed *providers.CallError
	switch {
	case errors.Is(err, providers.ErrThrottled):
		l.rate.throttled(sent, time.Now(), pause)
	case err == nil, errors.As(err, &failed) && failed.Status != 0 && failed.Status < http.StatusInternalServerError:
		l.rate.succeeded(time.Now())
	}
}
