package huaweicloud

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/agencyctl/agencyctl/providers"
)

// defaultRate is how many requests a second the clouds allow an account for each service.
const defaultRate = 10

// How the pace is kept, and learned. Nobody documents how the cloud counts. No window of a little over a second has more calls than are
// allowed in a second, which holds for a sliding second, for the seconds of a clock and for a bucket. The margin is for a call that is
// faster on its way than those before it.
//
// After a call that came too fast all the same, calls are spread evenly, and windows become longer: by slowBy for each of the calls that
// were under way, at most by slowMost. After raiseEvery without one they become shorter by raiseBy. Each time that this proves too early,
// it takes twice as long the next time, up to raiseLatest.
const (
	margin      = 1.05
	slowBy      = 1.1
	slowMost    = 2
	slowest     = 20
	raiseBy     = 1.02
	raiseEvery  = time.Second
	raiseLatest = time.Minute
)

// limitOf reads Target.Rate: 0 is the default, a negative or infinite rate no limit.
func limitOf(perSecond float64) (float64, error) {
	switch {
	case math.IsNaN(perSecond):
		return 0, fmt.Errorf("%w: the rate is not a number", providers.ErrInvalid)
	case perSecond == 0:
		return defaultRate, nil
	case perSecond < 0:
		return math.Inf(1), nil
	}
	return perSecond, nil
}

// slot is the right to send one call. It is in use until a window after the call was written: one that must open a connection first
// arrives long after it was let go, and would meet the next.
type slot struct {
	taken   time.Time
	written time.Time // zero until then
}

// pace decides when the next call may be sent, and learns from calls that came too fast. It has no clock and no lock of its own: the
// caller passes the time, which must not go back.
type pace struct {
	// most calls are sent in any window; 0 means no limit.
	most int
	// least is the length of a window as configured, window the one that was learned, before the one before it was last learned.
	least, window, before time.Duration
	// spread is set once calls came too fast in a burst.
	spread bool
	// slots are those in use, in the order in which they were taken.
	slots []*slot
	// pausedUntil is the end of a pause that the service asked for.
	pausedUntil time.Time
	// slowed is when windows last began to become longer, changed when they last changed, and raise how long they then stay.
	slowed, changed time.Time
	raise           time.Duration
}

// newPace starts at the configured rate. Below a call a second, windows are longer.
func newPace(perSecond float64) *pace {
	if math.IsInf(perSecond, 1) {
		return &pace{}
	}
	most := max(1, int(min(perSecond, 1<<20)))
	window := time.Duration(min(float64(most)/perSecond*margin, 24*time.Hour.Seconds()) * float64(time.Second))
	return &pace{most: most, least: window, window: window, before: window, raise: raiseEvery}
}

// take takes the right to send one call now. Or it takes nothing, and returns how long to wait before asking again; 0 means until a call
// was written.
func (p *pace) take(now time.Time) (taken *slot, wait time.Duration) {
	if wait := p.pausedUntil.Sub(now); wait > 0 {
		return nil, wait
	}
	taken = &slot{taken: now}
	if p.most == 0 {
		return taken, 0
	}
	p.slots = slices.DeleteFunc(p.slots, func(s *slot) bool { return !s.written.IsZero() && !s.written.Add(p.window).After(now) })
	last := len(p.slots) - 1
	if p.spread && last >= 0 {
		if wait := p.slots[last].taken.Add(p.window / time.Duration(p.most)).Sub(now); wait > 0 {
			return nil, wait
		}
	}
	if len(p.slots) < p.most {
		p.slots = append(p.slots, taken)
		return taken, 0
	}
	for _, s := range p.slots {
		if !s.written.IsZero() && (wait == 0 || s.written.Add(p.window).Sub(now) < wait) {
			wait = s.written.Add(p.window).Sub(now)
		}
	}
	return nil, wait
}

// write notes when the call of a slot was written.
func (p *pace) write(s *slot, now time.Time) { s.written = now }

// giveBack frees the slot of a call that was never written.
func (p *pace) giveBack(s *slot) {
	p.slots = slices.DeleteFunc(p.slots, func(other *slot) bool { return other == s })
}

// throttled learns from a throttled call. pause is the wait that the service asks for, 0 for none: then it is that of a window.
func (p *pace) throttled(s *slot, now time.Time, pause time.Duration) {
	if pause == 0 {
		pause = p.least // refused calls may count too
	}
	if until := now.Add(pause); until.After(p.pausedUntil) {
		p.pausedUntil = until
	}
	if p.most == 0 {
		return
	}
	again := s.taken.After(p.slowed.Add(p.least))
	switch {
	case !p.spread:
		p.spread, p.slowed = true, now
		return
	case again && p.window > p.least:
		p.raise = min(2*p.raise, raiseLatest)
		fallthrough
	case again:
		p.slowed, p.before = now, p.window
	case p.window == p.least && p.before == p.least: // of the burst
		return
	}
	p.changed = now
	p.window = min(scaled(p.window, slowBy), scaled(p.before, slowMost), scaled(p.least, slowest))
}

// succeeded learns from a call that did not come too fast.
func (p *pace) succeeded(now time.Time) {
	if p.window > p.least && now.Sub(p.changed) >= p.raise {
		p.window, p.changed = max(scaled(p.window, 1/raiseBy), p.least), now
	}
}

func scaled(d time.Duration, by float64) time.Duration { return time.Duration(float64(d) * by) }

// limiter queues all calls to one service, first come, first served. Only the first in the queue asks for the pace, so that
// a pause or a new pace holds for all behind it, and a call that leaves the queue takes nothing with it. Safe for concurrent
// use.
type limiter struct {
	turn chan struct{} // holds one element while a call is at the head of the queue
	// freed holds an element once a slot may be free sooner than was told.
	freed chan struct{}

	mu   sync.Mutex
	pace *pace
}

func newLimiter(perSecond float64) *limiter {
	return &limiter{turn: make(chan struct{}, 1), freed: make(chan struct{}, 1), pace: newPace(perSecond)}
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

// wait returns when a call may be sent, which the caller then reports. The error is the one of a context that has ended, or
// context.DeadlineExceeded at once where the context will end before.
func (l *limiter) wait(ctx context.Context) (*slot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-l.turn }()
	for {
		taken, wait := l.take()
		if taken != nil {
			return taken, nil
		}
		if end, bounded := ctx.Deadline(); bounded && time.Until(end) < wait {
			return nil, context.DeadlineExceeded
		}
		if wait == 0 {
			wait = time.Hour // what is written frees the limiter sooner
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-l.freed:
		case <-ctx.Done():
		}
		timer.Stop()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

func (l *limiter) take() (*slot, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pace.take(time.Now())
}

// wrote notes that the call of a slot was written.
func (l *limiter) wrote(s *slot) { l.change(func(now time.Time) { l.pace.write(s, now) }) }

// report learns from the outcome of a call. pause is the wait that the service asks for, 0 for none.
func (l *limiter) report(s *slot, pause time.Duration, err error) {
	var failed *providers.CallError
	answered := err == nil || errors.As(err, &failed) && failed.Status != 0
	l.change(func(now time.Time) {
		switch {
		case !s.written.IsZero():
		case answered:
			l.pace.write(s, now)
		default:
			l.pace.giveBack(s)
		}
		switch {
		case errors.Is(err, providers.ErrThrottled):
			l.pace.throttled(s, now, pause)
		case err == nil, answered && failed.Status < http.StatusInternalServerError:
			l.pace.succeeded(now)
		}
	})
}

func (l *limiter) change(by func(now time.Time)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	by(time.Now())
	select {
	case l.freed <- struct{}{}:
	default:
	}
}
