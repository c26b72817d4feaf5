package providers

import (
	"context"
	"sync/atomic"
)

type attemptsKey struct{}

// CountAttempts returns a context in which every [Attempt] is counted, and a function that tells the count so far. The
// function is safe for concurrent use.
func CountAttempts(ctx context.Context) (context.Context, func() int) {
	var n atomic.Int64
	return context.WithValue(ctx, attemptsKey{}, &n), func() int { return int(n.Load()) }
}

// Attempt records that a write is being sent to the cloud. A Remote calls it once for each attempt, repeats included,
// right before the bytes leave; a look that precedes a write is none.
func Attempt(ctx context.Context) {
	if n, ok := ctx.Value(attemptsKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
}
