package auth

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/agencyctl/agencyctl/providers"
)

// renewPause is the wait before the next try to renew a credential that could not be renewed and still holds.
const renewPause = 30 * time.Second

// TokenSource hands out one credential, a token or keys, to all who ask. When the credential is due, the source gets a new
// one, once for all who wait. It starts no goroutine: the first caller who needs a new credential gets it with its own
// context, and the others wait for that as long as their contexts allow. Safe for concurrent use.
type TokenSource struct {
	// Guard stops calls after the cloud has refused a credential of this source.
	Guard *Guard
	// AccountID is the account that calls are signed for, "" when it is not known.
	AccountID string
	now       func() time.Time
	// obtain gets a new credential; it is nil where the credential never changes.
	obtain func(context.Context) (*Credential, error)

	mu      sync.Mutex
	current *Credential
	// advice is what [TokenSource.Advice] returns.
	advice string
	// pending is the renewal that runs now, nil for none.
	pending *renewal
	// refused is the error by which the cloud refused to make a credential. Asking again would count as a wrong attempt.
	refused error
	// paused is the time until which no renewal is tried after one that failed.
	paused time.Time
}

// renewal is one attempt to get a credential, for all who wait for it.
type renewal struct {
	done       chan struct{}
	credential *Credential
	err        error
}

// static returns a source of one credential that cannot be renewed.
func static(c *Credential, accountID string, g *Guard) *TokenSource {
	return &TokenSource{current: c, AccountID: accountID, Guard: g}
}

// Renewable reports whether a refused c can be replaced. Only tokens that we got ourselves can: unlike keys they are not
// locked by wrong attempts.
func (s *TokenSource) Renewable(c *Credential) bool {
	return s.obtain != nil && c.Scheme() == SchemeToken
}

// Advice says what to check where the cloud accepts a credential and denies the call; "" where there is nothing to check.
func (s *TokenSource) Advice() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.advice
}

func (s *TokenSource) advise(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advice = text
}

// latest returns the current credential, nil when none was made yet.
func (s *TokenSource) latest() *Credential {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// Credential returns the current credential, or a new one where it is due. One that could not be renewed is used until it
// ends.
func (s *TokenSource) Credential(ctx context.Context) (*Credential, error) {
	if s.obtain == nil {
		return s.current, nil
	}
	return s.otherThan(ctx, nil)
}

// Renew returns another credential than old, after the cloud refused old with the error refusal. Where the cloud makes
// none, the guard keeps the refusal.
func (s *TokenSource) Renew(ctx context.Context, old *Credential, refusal error) (*Credential, error) {
	c, err := s.otherThan(ctx, old)
	if final(err) {
		s.Guard.refuse(refusal)
	}
	return c, err
}

// otherThan returns a credential that is not old.
func (s *TokenSource) otherThan(ctx context.Context, old *Credential) (*Credential, error) {
	for {
		r, mine := s.join(old)
		if mine {
			c, err := s.obtain(ctx)
			s.finish(r, old, c, err)
			return r.credential, r.err
		}
		select {
		case <-r.done:
		case <-ctx.Done():
			return nil, providers.ContextError(ctx, ctx.Err())
		}
		if !contextEnded(r.err) {
			return r.credential, r.err
		}
		// The caller that ran the renewal gave up; this one did not.
	}
}

// join returns the renewal whose outcome the caller needs, which may be over already. mine means that the caller must run
// it.
func (s *TokenSource) join(old *Credential) (r *renewal, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	usable := s.current != nil && s.current != old
	over := make(chan struct{})
	close(over)
	switch {
	case usable && (!s.current.due(now) || s.refused != nil && !s.current.ended(now) || now.Before(s.paused)):
		return &renewal{done: over, credential: s.current}, false
	case s.refused != nil:
		return &renewal{done: over, err: s.refused}, false
	case s.pending != nil:
		return s.pending, false
	}
	s.pending = &renewal{done: make(chan struct{})}
	return s.pending, true
}

// finish ends a renewal and wakes all who wait for it. Where it failed and the current credential still holds, the outcome is
// that credential.
func (s *TokenSource) finish(r *renewal, old, c *Credential, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.credential, r.err = c, err
	switch {
	case err == nil:
		s.current = c
	case contextEnded(err):
	default:
		if final(err) {
			s.refused = err
		}
		if now := s.now(); s.current != nil && s.current != old && !s.current.ended(now) {
			r.credential, r.err = s.current, nil
			s.paused = now.Add(min(renewPause, s.current.end.Sub(now)))
		}
	}
	s.pending = nil
	close(r.done)
}

// final reports whether the cloud has refused to make a credential, and would refuse again.
func final(err error) bool {
	return errors.Is(err, providers.ErrDenied) || errors.Is(err, providers.ErrNotFound) || errors.Is(err, providers.ErrInvalid)
}

func contextEnded(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
