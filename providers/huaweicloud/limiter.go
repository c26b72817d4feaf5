package huaweicloud

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How a pace is learned: after a refusal the rate is multiplied by slowBy, at most once for all calls that were sent
// within slowWindow of the last time; after every raiseEvery without one it rises by raiseShare of the configured rate.
// It never falls below floorShare of that.
const (
	slowBy     = 0.5
	slowWindow = time.Second
	raiseEvery = time.Second
	raiseShare = 0.05
	floorShare = 0.05
)

// pace says when the next call to one service may be sent, and learns from the service's refusals. It has no clock and
// no lock of its own: whoever asks says what time it is, and time does not go back.
type pace struct {
	most    rate.Limit // as configured; rate.Inf learns nothing, and only pauses
	current rate.Limit
	bucket  *rate.Limiter
	// paused is until when the service asked everybody to stay away.
	paused time.Time
	// slowed is when the rate last fell, moved when it last fell or rose.
	slowed, moved time.Time
}

// newPace starts at the configured rate. The burst is a quarter of a second's worth: enough to start several reads at
// once, too little to overrun a server's own bucket, which holds a second's worth, in its first second.
func newPace(most rate.Limit) *pace {
	burst := 1
	if most != rate.Inf {
		burst = max(1, int(min(float64(most)/4, 100)))
	}
	return &pace{most: most, current: most, bucket: rate.NewLimiter(most, burst)}
}

// take takes the right to send one call now, and returns 0; or takes nothing and returns how long to wait before asking
// again.
func (p *pace) take(now time.Time) time.Duration {
	if wait := p.paused.Sub(now); wait > 0 {
		return wait
	}
	r := p.bucket.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// refused learns that a call sent at that time was turned away for coming too fast. Pause is for how long the service
// asks to stay away, 0 when it does not say. Of calls that were under way while the rate fell, nothing is learned about
// the new rate.
func (p *pace) refused(sent, now time.Time, pause time.Duration) {
	if until := now.Add(pause); pause > 0 && until.After(p.paused) {
		p.paused = until
	}
	if p.most == rate.Inf || !p.slowed.IsZero() && sent.Before(p.slowed.Add(slowWindow)) {
		return
	}
	p.slowed = now
	p.set(now, max(p.current*slowBy, p.most*floorShare))
}

// answered learns that a call was let through.
func (p *pace) answered(now time.Time) {
	if p.current < p.most && now.Sub(p.moved) >= raiseEvery {
		p.set(now, min(p.current+p.most*raiseShare, p.most))
	}
}

func (p *pace) set(now time.Time, to rate.Limit) {
	p.current, p.moved = to, now
	p.bucket.SetLimitAt(now, to)
}

// lane is where all calls to one service queue up, first come, first served. Only the first in the queue looks at the
// pace, so that a pause or a new rate holds for everybody behind it, and one that leaves takes nothing with it. Safe for
// concurrent use.
type lane struct {
	turn chan struct{} // holds one while somebody is at the head of the queue

	mu   sync.Mutex
	pace *pace
}

func newLane(most rate.Limit) *lane {
	return &lane{turn: make(chan struct{}, 1), pace: newPace(most)}
}

// wait returns when a call may be sent. The error is that of a context that has ended, or context.DeadlineExceeded at
// once when the context is known to end before.
func (l *lane) wait(ctx context.Context) error {
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
		if !pause(ctx, wait) {
			return ctx.Err()
		}
	}
}

func (l *lane) take() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pace.take(time.Now())
}

// refused is [pace.refused] of a call that was sent at that time.
func (l *lane) refused(sent time.Time, pause time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pace.refused(sent, time.Now(), pause)
}

// answered is [pace.answered].
func (l *lane) answered() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pace.answered(time.Now())
}
