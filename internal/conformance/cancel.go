package conformance

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// Contexts and concurrency. That no goroutine is left behind is looked after by Run.

// endedContext makes every call of a tour with a context that has ended.
func (b *bench) endedContext() {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	over := errors.New("a limit of time is over")
	late, stop := context.WithTimeoutCause(context.Background(), 0, over)
	defer stop()
	b.around(func(from, to State) {
		s := b.in(from)
		note := "from " + from.Name + " to " + to.Name
		p := s.look(to.Manifest, note).plan
		s.execute(p, func(c *plan.Change, ids providers.IDs) (string, error) {
			_, err := s.send(ended, c, ids)
			require.ErrorIs(b.t, err, context.Canceled, "%s: %s", note, label(c))
			_, err = s.send(late, c, ids)
			require.ErrorIs(b.t, err, over, "%s: %s forgets which limit of time is over", note, label(c))
			require.Contains(b.t, labels(s.look(to.Manifest, note).plan), label(c), "%s: %s took effect", note, label(c))
			return s.plainly(c, ids)
		}, note)
		o, err := s.observe(ended, to.Manifest, b.expand(to.Manifest, note), nil)
		require.ErrorIs(b.t, err, context.Canceled, "%s: observe", note)
		require.Nil(b.t, o)
		_, err = s.observe(late, to.Manifest, b.expand(to.Manifest, note), nil)
		require.ErrorIs(b.t, err, over, "%s: observe forgets which limit of time is over", note)
	})
}

// cutting returns a context that ends with the n-th call to the cloud, and the hook that ends it: it then holds the call
// until the caller has hung up, so a Remote that waits for the answer all the same is found out. Fired tells whether
// there was an n-th call.
func (s *session) cutting(n int64, outcome Outcome, note string) (ctx context.Context, hook Hook, fired func() bool) {
	ctx, cancel := context.WithCancel(context.Background())
	s.t.Cleanup(cancel)
	var calls atomic.Int64
	hook = func(call context.Context, _ Call) Outcome {
		if calls.Add(1) != n {
			return Pass
		}
		cancel()
		select {
		case <-call.Done():
		case <-time.After(patience):
			s.t.Errorf("%s: the context has ended, and the call has not", note)
		}
		return outcome
	}
	return ctx, hook, func() bool { return calls.Load() >= n }
}

// cancelledReads ends the context of an observation at each of its calls in turn.
func (b *bench) cancelledReads() {
	for _, state := range b.suite.States {
		s := b.in(state)
		desired := b.expand(state.Manifest, state.Name)
		s.restart()
		s.watch.set(nil)
		whole, err := s.observe(context.Background(), state.Manifest, desired, nil)
		require.NoError(b.t, err)
		for n := range s.watch.count() {
			s.restart()
			ctx, hook, fired := s.cutting(int64(n+1), Fail, state.Name)
			s.watch.set(hook)
			o, err := s.observe(ctx, state.Manifest, desired, nil)
			if !fired() && n > 0 {
				// The count of the whole observation had a call in it that an earlier, cut one had sent and that arrived late.
				require.NoError(b.t, err)
				continue
			}
			require.ErrorIs(b.t, err, context.Canceled, "%s: observe, cut at call %d", state.Name, n+1)
			require.Nil(b.t, o)
			s.settle()
			s.watch.set(nil)
		}
		again, err := s.observe(context.Background(), state.Manifest, desired, nil)
		require.NoError(b.t, err)
		sameTruth(b.t, whole, again, state.Name+" after the cuts")
	}
}

// cancelledWrites ends the context of every write of a tour while its call is under way, which then never arrives.
func (b *bench) cancelledWrites() { b.cuttingWrites(Fail) }

// lateWrites does the same with calls that take effect after all.
func (b *bench) lateWrites() { b.cuttingWrites(Pass) }

func (b *bench) cuttingWrites(outcome Outcome) {
	b.stumbling(func(s *session, c *plan.Change, ids providers.IDs, note string) {
		ctx, hook, _ := s.cutting(1, outcome, note)
		s.watch.set(hook)
		_, err := s.send(ctx, c, ids)
		require.ErrorIs(b.t, err, context.Canceled, "%s: %s", note, label(c))
	})
}

// sideBySide makes a tour on which everything that may run together does, under constant observation. What a look at a
// moving world shows is not judged; a race detector judges the rest.
func (b *bench) sideBySide() {
	b.around(func(from, to State) {
		s := b.in(from)
		note := "from " + from.Name + " to " + to.Name
		p := s.look(to.Manifest, note).plan
		desired := b.expand(to.Manifest, note)
		written := make(chan struct{})
		var lookers sync.WaitGroup
		for range 2 {
			lookers.Go(func() {
				for over := false; !over; {
					select {
					case <-written:
						over = true // one more look, at the world as it came to rest
					default:
					}
					o, err := s.observe(context.Background(), to.Manifest, desired, nil)
					if (o == nil) == (err == nil) {
						b.t.Errorf("%s: observe gives both or neither of observation and error: %v", note, err)
					}
				}
			})
		}
		failures := s.executeTogether(p)
		close(written)
		lookers.Wait()
		require.Empty(b.t, failures, note)
		require.Zero(b.t, s.look(to.Manifest, note).plan.Writes(), note)
	})
}

// executeTogether sends the changes of a plan, each as soon as what it waits for is over. It returns the failures.
func (s *session) executeTogether(p *plan.Plan) map[string]error {
	over := make(map[addr.Address]chan struct{}, len(p.Changes))
	for _, c := range p.Changes {
		over[c.Address] = make(chan struct{})
	}
	var mu sync.Mutex
	known, failures := knownIDs(p), map[string]error{}
	var running sync.WaitGroup
	for i := range p.Changes {
		c := &p.Changes[i]
		running.Go(func() {
			defer close(over[c.Address])
			for _, list := range [][]addr.Address{c.DependsOn, c.RunsAfter} {
				for _, a := range list {
					<-over[a]
				}
			}
			if !c.Action.Writes() {
				return
			}
			mu.Lock()
			ids := idsFor(c, known)
			mu.Unlock()
			id, err := s.plainly(c, ids)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failures[label(c)] = err
			}
			if id != "" {
				known[c.Address] = id
			}
		})
	}
	running.Wait()
	return failures
}
