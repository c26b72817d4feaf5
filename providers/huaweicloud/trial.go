package huaweicloud

import (
	"context"
	"sync"
)

// trial lets one call out at a time until the first has come back with anything but a refusal of the credentials. Reads
// start side by side, and a few wrong signatures in a row lock the key: were all of them sent at once, one mistake would
// count many times. Safe for concurrent use.
type trial struct {
	turn chan struct{} // holds one while somebody tries
	over chan struct{} // closed when the credentials need no trial any more
	once sync.Once
}

func newTrial() *trial { return &trial{turn: make(chan struct{}, 1), over: make(chan struct{})} }

// enter returns when a call may be sent, and what must be called when its outcome is known. The error says that ctx has
// ended.
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
