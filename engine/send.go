package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// batchKind is what changes that one call can make have in common. The zero kind is that of a change which is sent alone.
type batchKind struct {
	service, batch string
	most           int
}

// kindOf asks the service of a change how it may be sent.
func (r *run) kindOf(c *plan.Change) batchKind {
	name, remote, err := r.engine.remotes.For(r.engine.registry, c.Address)
	batcher, is := remote.(providers.Batcher)
	if err != nil || !is || !c.Action.Writes() {
		return batchKind{}
	}
	batch, most := batcher.Batch(providers.Write{Before: c.Before, After: c.After})
	if batch == "" {
		return batchKind{}
	}
	return batchKind{name, batch, most}
}

// batches groups changes that are ready: those that one call can make stay together, in the plan's order, and each other one is alone.
// One that has failed with others is alone too, and so is one that looks at live state first.
func (r *run) batches(ready []int) (groups [][]int) {
	begun := map[batchKind]int{}
	for _, i := range ready {
		kind := r.kinds[i]
		if _, failed := r.sent[i]; failed || kind == (batchKind{}) || r.looks(i) {
			groups = append(groups, []int{i})
			continue
		}
		if at, open := begun[kind]; open && len(groups[at]) < kind.most {
			groups[at] = append(groups[at], i)
			continue
		}
		begun[kind] = len(groups)
		groups = append(groups, []int{i})
	}
	return groups
}

// sendAlone has a change of a batch that failed sent by itself.
func (r *run) sendAlone(f finished) {
	r.sent[f.change] = f.result
	at, _ := slices.BinarySearch(r.ready, f.change)
	r.ready = slices.Insert(r.ready, at, f.change)
}

// perform sends one change to its service, or a batch. What comes before the write ends with ctx, the write itself with calls.
func (e *Engine) perform(ctx, calls context.Context, r *run, sends []sending) (all []finished) {
	started := time.Now()
	var attempts providers.Attempts
	defer e.begin(ctx, &attempts)()
	write, cancel := context.WithCancel(calls)
	defer cancel()
	defer context.AfterFunc(ctx, func() { // what still waits for its turn is not sent any more
		if attempts.Stop() {
			cancel()
		}
	})()
	var id string
	var others []Difference
	var err error
	if len(sends) > 1 {
		err = r.sendBatch(write, sends, &attempts, ctx.Done())
	} else if others, err = e.confirm(ctx, r, &sends[0].Change, sends[0].ids); err == nil {
		id, err = r.sendRepeated(ctx, write, &sends[0], &attempts)
	}
	err = providers.Plain(err)
	sent := Result{Attempts: attempts.Count(), Elapsed: time.Since(started)}
	for i := range sends {
		all = append(all, finished{
			change: sends[i].change, id: id, result: sends[i].result(sent, err), others: others,
			alone: len(sends) > 1 && err != nil && !ended(err) && ctx.Err() == nil,
		})
	}
	return all
}

// result is the outcome of a change that was sent now and maybe before.
func (s *sending) result(sent Result, err error) Result {
	result := Result{
		Outcome: Applied, Attempts: s.before.Attempts + sent.Attempts, Elapsed: s.before.Elapsed + sent.Elapsed,
	}
	var partial *providers.PartialError
	switch {
	case errors.As(err, &partial):
		result.Outcome, result.Err = Partly, fmt.Errorf("%s %s: %w", s.Action, s.Address, err)
		result.Done, result.Open = partial.Done, partial.Open
	case ended(err) && result.Attempts == 0:
		result.Outcome, result.Err = Cancelled, fmt.Errorf("%s %s: interrupted before it was sent: %w", s.Action, s.Address, err)
	case ended(err):
		result.Outcome, result.Err = Cancelled, fmt.Errorf("%s %s: interrupted, the outcome is unknown: %w", s.Action, s.Address, err)
	case err != nil:
		result.Outcome, result.Err = Failed, fmt.Errorf("%s %s: %w", s.Action, s.Address, err)
	}
	return result
}

// ended reports whether an error only says that the run was told to stop, or that its time is over.
func ended(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// sendRepeated sends a change. A create of a protected root, or of a part of one, is repeated until it succeeds or VerifyTimeout has
// passed: once the root is there, no new plan makes what is missing. What repeating cannot mend is not repeated.
func (r *run) sendRepeated(ctx, calls context.Context, s *sending, attempts *providers.Attempts) (id string, err error) {
	deadline, cancel := context.WithTimeout(ctx, r.options.VerifyTimeout)
	defer cancel()
	repeats := s.Action == plan.Create && r.view.Protects(s.Root())
	pause, longest := r.options.PollInterval, 8*r.options.PollInterval
	for {
		id, err = r.send(calls, s, attempts, ctx.Done())
		if err == nil || !repeats || errors.Is(err, providers.ErrDenied) || errors.Is(err, providers.ErrInvalid) ||
			errors.Is(err, providers.ErrConflict) {
			return id, err
		}
		select {
		case <-deadline.Done():
			return id, err
		case <-time.After(pause):
		}
		pause = min(2*pause, longest)
	}
}

// send gives a change to its service.
func (r *run) send(ctx context.Context, s *sending, attempts *providers.Attempts, stop <-chan struct{}) (id string, err error) {
	remote, w, err := r.write(s, attempts, stop)
	if err != nil {
		return "", err
	}
	switch s.Action {
	case plan.Create:
		return remote.Create(ctx, w)
	case plan.Update:
		return s.ID, remote.Update(ctx, w)
	case plan.Delete:
		return "", remote.Delete(ctx, w)
	case plan.ByHand, plan.Blocked:
	}
	return "", fmt.Errorf("a change with action %s cannot be sent", s.Action)
}

// sendBatch gives changes of one kind to their service, in one call.
func (r *run) sendBatch(ctx context.Context, sends []sending, attempts *providers.Attempts, stop <-chan struct{}) error {
	var batcher providers.Batcher
	writes := make([]providers.Write, 0, len(sends))
	for i := range sends {
		remote, w, err := r.write(&sends[i], attempts, stop)
		if err != nil {
			return err
		}
		batcher, _ = remote.(providers.Batcher)
		writes = append(writes, w)
	}
	return batcher.WriteBatch(ctx, writes)
}

// write is what a change brings to its service.
func (r *run) write(s *sending, attempts *providers.Attempts, stop <-chan struct{}) (providers.Remote, providers.Write, error) {
	name, remote, err := r.engine.remotes.For(r.engine.registry, s.Address)
	return remote, providers.Write{
		ID: s.ID, Before: s.Before, After: s.After, Renew: s.Renew, IDs: s.ids, View: r.view, Run: r.observed.runs[name],
		Attempts: attempts, Stop: stop,
	}, err
}
