package providers

import (
	"context"
	"sync"
)

type scopeKey struct{}

// scope holds what the services share during one observation.
type scope struct {
	mu     sync.Mutex
	values map[any]any
}

// WithScope returns a context for one observation. What [Shared] makes lives as long as that context is used.
func WithScope(ctx context.Context) context.Context {
	return context.WithValue(ctx, scopeKey{}, &scope{values: map[any]any{}})
}

// Shared returns the value that all services share under key during the observation that ctx belongs to, making it on
// the first call: a list that several services need is then fetched once. Outside an observation it makes a new one.
// Key must be comparable and of a type of the caller's own. Safe for concurrent use.
func Shared[T any](ctx context.Context, key any, make func() T) T {
	s, ok := ctx.Value(scopeKey{}).(*scope)
	if !ok {
		return make()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if value, known := s.values[key].(T); known {
		return value
	}
	value := make()
	s.values[key] = value
	return value
}
