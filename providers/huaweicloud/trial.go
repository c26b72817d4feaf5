package huaweicloud

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/agencyctl/agencyctl/providers"
)

// trial lets one attempt out at a time until one has come back with an answer from behind the check of the credentials.
// Reads start side by side, and a few wrong signatures in a row lock the key: were all of them sent at once, one mistake
// would count many times. Safe for concurrent use.
type trial struct {
	turn chan struct{} // holds one while somebody tries
	over chan struct{} // closed when the credentials need no trial any more
	once sync.Once

	mu sync.Mutex
	// refused is how the trial ended where it did not end well.
	refused error
}

func newTrial() *trial { return &trial{turn: make(chan struct{}, 1), over: make(chan struct{})} }

// enter returns when an attempt may be sent, and what must be called when its outcome is known. The error says that ctx
// has ended.
func (t *trial) enter(ctx context.Context) (leave func(), err error) {
	select {
	case <-t.over:
		return func() {}, nil
	default:
	}
	select {
	case <-t.over:
		return func() {}, nil
	case t.turn <- struct{}{}:
		return func() { <-t.turn }, nil
	case <-ctx.Done():
		return nil, contextCause(ctx, ctx.Err())
	}
}

// pass ends the trial, also for those who wait.
func (t *trial) pass() { t.once.Do(func() { close(t.over) }) }

// fail keeps why the credentials are refused, unless they were accepted before.
func (t *trial) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-t.over:
	default:
		if t.refused == nil {
			t.refused = err
		}
	}
}

// failure returns why the credentials are refused, nil as long as they are not.
func (t *trial) failure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.refused
}

// lookedAt reports whether the outcome of an attempt says that the credentials were looked at and found right. A server
// that fails, or sends us away before it looks, has not done so.
func lookedAt(err error) bool {
	var failed *providers.CallError
	if err == nil {
		return true
	}
	if !errors.As(err, &failed) || failed.Status < 400 || failed.Status >= 500 {
		return false
	}
	switch failed.Status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return true
}

// refuses reports whether an error says that the credentials are not accepted.
func refuses(err error) bool {
	var failed *providers.CallError
	return errors.As(err, &failed) && failed.Status == http.StatusUnauthorized
}
