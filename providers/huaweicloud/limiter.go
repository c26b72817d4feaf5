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

// defaultRate is how many requests a second the clouds allow an account, for each API or service.
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
	slowBy      = 1.05
	slowMost    = 2
	slowest     = 20
	raiseBy     = 1.02
	raiseEvery  = 5 * time.Second
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
	p.clean(now)
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

// force takes the right to send one call, whether there is one or not.
func (p *pace) force(now time.Time) *slot {
	taken := &slot{taken: now}
	if p.most > 0 {
		p.clean(now.Add(-2 * p.window)) // a refusal may come that long after its call
		p.slots = append(p.slots, taken)
	}
	return taken
}

// crowded reports whether more calls than allowed were sent in the window before a call, it included.
func (p *pace) crowded(s *slot) bool {
	within := 0
	for _, other := range p.slots {
		if !other.taken.After(s.taken) && s.taken.Sub(other.taken) < p.window {
			within++
		}
	}
	return p.most > 0 && within > p.most
}

func (p *pace) clean(now time.Time) {
	p.slots = slices.DeleteFunc(p.slots, func(s *slot) bool { return !s.written.IsZero() && !s.written.Add(p.window).After(now) })
}

// pause holds all calls back for as long as the service asks for, else for a window: calls that were refused may count too.
func (p *pace) pause(now time.Time, pause time.Duration) {
	if pause == 0 {
		pause = p.least
	}
	if until := now.Add(pause); until.After(p.pausedUntil) {
		p.pausedUntil = until
	}
}

// giveBack frees the slot of a call that was never written.
func (p *pace) giveBack(s *slot) {
	p.slots = slices.DeleteFunc(p.slots, func(other *slot) bool { return other == s })
}

// throttled learns from a throttled call. pause is the wait that the service asks for, 0 for none.
func (p *pace) throttled(s *slot, now time.Time, pause time.Duration) {
	p.pause(now, pause)
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

// limiter lets the calls to one service go. Clients say that the vendor counts the calls of each API, and no page does: so each API has a
// lane with a pace of its own, first come, first served. Where a call comes too fast that only all lanes together can have made so, the
// account has a pace too, above the lanes, for the rest of the run. Safe for concurrent use.
type limiter struct {
	perSecond float64

	mu    sync.Mutex
	lanes map[API]*lane
	// account counts the calls of all lanes. It holds them back once shared is set, at that time.
	account *pace
	shared  time.Time
	// changed is closed, and made anew, when a call may be let go sooner than was told.
	changed chan struct{}
}

// lane queues the calls of one API. Only the first in the queue asks for the pace, so that a pause or a new pace holds for all behind
// it, and a call that leaves the queue takes nothing with it.
type lane struct {
	turn chan struct{} // holds one element while a call is at the head of the queue
	pace *pace
}

// permit is the right to send one call.
type permit struct {
	lane        *lane
	own, shared *slot
}

func newLimiter(perSecond float64) *limiter {
	return &limiter{perSecond: perSecond, lanes: map[API]*lane{}, account: newPace(perSecond), changed: make(chan struct{})}
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

func (l *limiter) lane(api API) *lane {
	l.mu.Lock()
	defer l.mu.Unlock()
	queue, ok := l.lanes[api]
	if !ok {
		queue = &lane{turn: make(chan struct{}, 1), pace: newPace(l.perSecond)}
		l.lanes[api] = queue
	}
	return queue
}

// wait returns when a call may be sent, which the caller then reports. The error is the one of a context that has ended, or
// context.DeadlineExceeded at once where the context will end before.
func (l *limiter) wait(ctx context.Context, api API) (*permit, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	queue := l.lane(api)
	select {
	case queue.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-queue.turn }()
	for {
		taken, wait, changed := l.take(queue)
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
		case <-changed:
		case <-ctx.Done():
		}
		timer.Stop()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

// take takes the right to send a call now. Or it takes nothing, and returns how long to wait before asking again, and what is closed
// when that may be sooner; 0 means not before.
func (l *limiter) take(queue *lane) (*permit, time.Duration, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	own, wait := queue.pace.take(now)
	if own == nil {
		return nil, wait, l.changed
	}
	if l.shared.IsZero() {
		return &permit{queue, own, l.account.force(now)}, 0, nil
	}
	shared, wait := l.account.take(now)
	if shared == nil {
		queue.pace.giveBack(own)
		return nil, wait, l.changed
	}
	return &permit{queue, own, shared}, 0, nil
}

// wrote notes that the call of a permit was written.
func (l *limiter) wrote(p *permit) {
	l.change(func(now time.Time) { p.own.written, p.shared.written = now, now })
}

// report learns from the outcome of a call. pause is the wait that the service asks for, 0 for none.
func (l *limiter) report(p *permit, pause time.Duration, err error) {
	var failed *providers.CallError
	answered := err == nil || errors.As(err, &failed) && failed.Status != 0
	l.change(func(now time.Time) {
		switch {
		case !p.own.written.IsZero():
		case answered:
			p.own.written, p.shared.written = now, now
		default:
			p.lane.pace.giveBack(p.own)
			l.account.giveBack(p.shared)
		}
		switch {
		case errors.Is(err, providers.ErrThrottled):
			l.throttled(p, now, pause)
		case err == nil, answered && failed.Status < http.StatusInternalServerError:
			p.lane.pace.succeeded(now)
			l.account.succeeded(now)
		}
	})
}

// throttled learns from a throttled call.
func (l *limiter) throttled(p *permit, now time.Time, pause time.Duration) {
	switch {
	case !l.shared.IsZero() && !p.own.taken.After(l.shared): // under way when the account's pace began to hold
		l.account.pause(now, pause)
	case !l.shared.IsZero():
		l.account.throttled(p.shared, now, pause)
	case l.account.crowded(p.shared):
		l.shared = now
		l.account.pause(now, pause)
	default:
		p.lane.pace.throttled(p.own, now, pause)
	}
}

func (l *limiter) change(by func(now time.Time)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	by(time.Now())
	close(l.changed)
	l.changed = make(chan struct{})
}
