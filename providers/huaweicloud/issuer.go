package huaweicloud

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/agencyctl/agencyctl/providers"
)

// renewPause is how long a pass that could not be renewed in time is used on before the next try.
const renewPause = 30 * time.Second

// issuer hands out one pass to all who ask, and makes a new one when it is due: once for all who wait. It starts no
// goroutine: the first who needs a new pass makes it, with its own context, and the others wait for that as long as
// theirs allow. Safe for concurrent use.
type issuer struct {
	// domain is the account that calls with these passes are signed for, "" when it is not known.
	domain string
	// door is where calls with these passes go in.
	door *door
	now  func() time.Time
	// make gets a new pass; nil is a pass that never changes.
	make func(context.Context) (*pass, error)

	mu      sync.Mutex
	current *pass
	making  *making
	// refused is why the cloud would not make one. Asking again would only count against us.
	refused error
	// pause is until when no renewal is tried after one that failed.
	pause time.Time
}

// making is one attempt to get a pass, for all who wait for it.
type making struct {
	done chan struct{}
	pass *pass
	err  error
}

// fixed is an issuer of one pass that cannot be renewed.
func fixed(p *pass, domain string, d *door) *issuer {
	return &issuer{current: p, domain: domain, door: d}
}

// renews reports whether a pass that is over can be replaced.
func (i *issuer) renews() bool { return i.make != nil }

// seen returns the current pass, nil when none was made yet.
func (i *issuer) seen() *pass {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.current
}

// get returns the current pass, or a new one where it is due. A pass that could not be renewed is used while it lasts.
func (i *issuer) get(ctx context.Context) (*pass, error) {
	if !i.renews() {
		return i.current, nil
	}
	return i.other(ctx, nil)
}

// renewed returns another pass than old, which the cloud does not take any more.
func (i *issuer) renewed(ctx context.Context, old *pass) (*pass, error) { return i.other(ctx, old) }

func (i *issuer) other(ctx context.Context, old *pass) (*pass, error) {
	for {
		m, mine := i.join(old)
		if mine {
			p, err := i.make(ctx)
			i.settle(m, old, p, err)
			return m.pass, m.err
		}
		select {
		case <-m.done:
		case <-ctx.Done():
			return nil, contextCause(ctx, ctx.Err())
		}
		if !contextEnded(m.err) {
			return m.pass, m.err
		}
		// Whoever made it gave up; we did not.
	}
}

// join returns the attempt whose outcome will do, which may be over already; mine says that the caller is to make it.
func (i *issuer) join(old *pass) (m *making, mine bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now()
	usable := i.current != nil && i.current != old
	over := make(chan struct{})
	close(over)
	switch {
	case usable && (!i.current.due(now) || i.refused != nil && !i.current.over(now) || now.Before(i.pause)):
		return &making{done: over, pass: i.current}, false
	case i.refused != nil:
		return &making{done: over, err: i.refused}, false
	case i.making != nil:
		return i.making, false
	}
	i.making = &making{done: make(chan struct{})}
	return i.making, true
}

// settle ends an attempt and lets all who wait go on.
func (i *issuer) settle(m *making, old, p *pass, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	m.pass, m.err = p, err
	switch {
	case err == nil:
		i.current = p
	case contextEnded(err):
	default:
		if final(err) {
			i.refused = err
		}
		if now := i.now(); i.current != nil && i.current != old && !i.current.over(now) {
			m.pass, m.err = i.current, nil
			i.pause = now.Add(min(renewPause, i.current.end.Sub(now)))
		}
	}
	i.making = nil
	close(m.done)
}

// final reports whether the cloud has said no, and would say it again.
func final(err error) bool {
	for _, kind := range []error{providers.ErrDenied, providers.ErrNotFound, providers.ErrInvalid} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

func contextEnded(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
