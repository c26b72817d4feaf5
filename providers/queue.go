package providers

import "context"

type queueKey struct{}

// WithQueue returns ctx, under which calls run, with the context that whatever still waits for its turn has to heed. Calls
// that run are given a grace time when a run is told to stop; what has not begun must not begin any more.
func WithQueue(ctx, queue context.Context) context.Context {
	return context.WithValue(ctx, queueKey{}, queue)
}

// Queue returns the context that ends a wait before the first call: that of [WithQueue], else ctx itself.
func Queue(ctx context.Context) context.Context {
	if queue, ok := ctx.Value(queueKey{}).(context.Context); ok {
		return queue
	}
	return ctx
}
