package engine

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// sharedReads lets changes that look at live state at the same time share observations: those that come while one is under way
// share the next. It is safe for concurrent use.
type sharedReads struct {
	// turn is held by the caller that reads.
	turn chan struct{}

	mu sync.Mutex
	// next is what will be read next; nil where nobody waits.
	next *sharedRead
}

// sharedRead is one observation for all who have joined it before it began. Done is closed when back and err are set.
type sharedRead struct {
	roots map[addr.Address]bool
	done  chan struct{}
	back  *readBack
	err   error
}

func newSharedReads() *sharedReads { return &sharedReads{turn: make(chan struct{}, 1)} }

// read returns the roots as read back, and maybe others. It was begun after the call. The error may be that of another caller
// whose context has ended.
func (s *sharedReads) read(
	ctx context.Context, roots []addr.Address, observe func(context.Context, []addr.Address) (*readBack, error),
) (*readBack, error) {
	mine := s.join(roots)
	select {
	case <-ctx.Done():
		return nil, providers.ContextError(ctx, ctx.Err())
	case <-mine.done:
		return mine.back, mine.err
	case s.turn <- struct{}{}:
	}
	defer func() { <-s.turn }()
	select {
	case <-mine.done: // another caller has read it in the meantime
		return mine.back, mine.err
	default:
	}
	s.mu.Lock()
	s.next = nil // nobody joins any more
	s.mu.Unlock()
	mine.back, mine.err = observe(ctx, slices.SortedFunc(maps.Keys(mine.roots), addr.Compare))
	close(mine.done)
	return mine.back, mine.err
}

func (s *sharedReads) join(roots []addr.Address) *sharedRead {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next = &sharedRead{roots: map[addr.Address]bool{}, done: make(chan struct{})}
	}
	for _, root := range roots {
		s.next.roots[root] = true
	}
	return s.next
}
