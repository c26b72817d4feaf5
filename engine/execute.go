package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// run is one execution of a plan. Its fields belong to the goroutine that calls execute; workers get copies of what
// they need and answer over a channel.
type run struct {
	engine *Engine
	// observed and view are what the plan was made from.
	observed Observed
	view     *plan.View
	plan     *plan.Plan
	options  ApplyOptions

	index map[addr.Address]int
	// waiting counts what a change still waits for; dependents are the changes that wait for it, and hard tells which
	// of them need its success.
	waiting    []int
	dependents [][]dependent
	// cause is set for a change that must be skipped.
	cause   []addr.Address
	ready   []int // sorted
	ids     providers.IDs
	results []Result
	done    int
}

type dependent struct {
	change int
	hard   bool
}

type finished struct {
	change int
	id     string
	result Result
}

func newRun(e *Engine, planned *Planned, owned plan.Ownership, desired []plan.Desired, options ApplyOptions) *run {
	p := planned.Plan
	r := &run{
		engine: e, observed: planned.Observed, view: plan.NewView(planned.Snapshot, owned, desired), plan: p,
		options:    options.withDefaults(),
		index:      make(map[addr.Address]int, len(p.Changes)),
		waiting:    make([]int, len(p.Changes)),
		dependents: make([][]dependent, len(p.Changes)),
		cause:      make([]addr.Address, len(p.Changes)),
		ids:        providers.IDs{},
		results:    make([]Result, len(p.Changes)),
	}
	for i, c := range p.Changes {
		r.index[c.Address] = i
		if c.ID != "" {
			r.ids[c.Address] = c.ID
		}
		if c.ParentID != "" {
			r.ids[c.Parent] = c.ParentID
		}
	}
	for i, c := range p.Changes {
		for _, a := range c.DependsOn {
			r.wait(i, a, true)
		}
		for _, a := range c.RunsAfter {
			r.wait(i, a, false)
		}
		if r.waiting[i] == 0 {
			r.ready = append(r.ready, i)
		}
	}
	return r
}

func (r *run) wait(i int, on addr.Address, hard bool) {
	j, ok := r.index[on]
	if !ok {
		return
	}
	r.waiting[i]++
	r.dependents[j] = append(r.dependents[j], dependent{i, hard})
}

// execute runs every change to its outcome.
func (r *run) execute(ctx context.Context) {
	// Calls that run when ctx ends are given a grace time of their own, so that their outcome is known.
	calls, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	graceless := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(r.options.Grace, stop)
		context.AfterFunc(calls, func() { timer.Stop() })
	})
	defer graceless()

	answers := make(chan finished)
	running := 0
	for r.done < len(r.plan.Changes) {
		for len(r.ready) > 0 {
			i := r.ready[0]
			if outcome, cause, decided := r.withoutRunning(ctx, i); decided {
				r.ready = r.ready[1:]
				r.finish(finished{change: i, result: Result{Outcome: outcome, Cause: cause}})
				continue
			}
			if running >= r.options.Parallelism {
				break
			}
			r.ready = r.ready[1:]
			running++
			c, ids := r.plan.Changes[i], r.idsFor(i)
			r.engine.emit(Event{Kind: ChangeStarted, Account: r.plan.Account, Change: &c, Done: r.done, Total: len(r.plan.Changes)})
			go func() { answers <- r.engine.perform(ctx, calls, r, i, c, ids) }()
		}
		if running == 0 {
			break // every change is over, or waits for itself: a plan that Build made has no circle
		}
		r.finish(<-answers)
		running--
	}
	for i := range r.results {
		if r.results[i].Outcome == 0 {
			r.finish(finished{change: i, result: Result{Outcome: Failed, Err: errors.New("the plan's order has a circle here")}})
		}
	}
}

// withoutRunning decides changes that are not attempted.
func (r *run) withoutRunning(ctx context.Context, i int) (outcome Outcome, cause addr.Address, decided bool) {
	c := &r.plan.Changes[i]
	switch {
	case c.Action == plan.ByHand:
		return ByHand, addr.Address{}, true
	case c.Action == plan.Blocked:
		return Blocked, addr.Address{}, true
	case ctx.Err() != nil:
		return Cancelled, addr.Address{}, true
	case !r.cause[i].IsZero():
		return Skipped, r.cause[i], true
	}
	return 0, addr.Address{}, false
}

// idsFor collects the ids that change i builds on.
func (r *run) idsFor(i int) providers.IDs {
	c := &r.plan.Changes[i]
	ids := providers.IDs{}
	for _, a := range append([]addr.Address{c.Parent}, c.DependsOn...) {
		if id, ok := r.ids[a]; ok {
			ids[a] = id
		}
	}
	return ids
}

// finish records an outcome and frees what waited for it.
func (r *run) finish(f finished) {
	c := &r.plan.Changes[f.change]
	f.result.Address, f.result.Action = c.Address, c.Action
	r.results[f.change] = f.result
	r.done++
	if f.id != "" {
		r.ids[c.Address] = f.id
	}
	for _, d := range r.dependents[f.change] {
		if d.hard && f.result.Outcome != Applied && r.cause[d.change].IsZero() {
			r.cause[d.change] = c.Address
			if !f.result.Cause.IsZero() {
				r.cause[d.change] = f.result.Cause
			}
		}
		if r.waiting[d.change]--; r.waiting[d.change] == 0 {
			at, _ := slices.BinarySearch(r.ready, d.change)
			r.ready = slices.Insert(r.ready, at, d.change)
		}
	}
	result := f.result
	r.engine.emit(Event{
		Kind: ChangeFinished, Account: r.plan.Account, Change: c, Result: &result, Done: r.done, Total: len(r.plan.Changes),
		Elapsed: result.Elapsed,
	})
}

// perform sends one change to its service. What comes before the write ends with ctx, the write itself with calls.
func (e *Engine) perform(ctx, calls context.Context, r *run, i int, c plan.Change, ids providers.IDs) finished {
	started := time.Now()
	var attempts providers.Attempts
	id, err := "", e.confirm(ctx, r, &c)
	if err == nil {
		id, err = r.sendRepeated(ctx, calls, &c, providers.Write{ID: c.ID, IDs: ids, View: r.view, Attempts: &attempts, Stop: ctx.Done()})
	}
	result := Result{Outcome: Applied, Attempts: attempts.Count(), Elapsed: time.Since(started)}
	switch {
	case ended(err) && result.Attempts == 0:
		result.Outcome, result.Err = Cancelled, fmt.Errorf("%s %s: interrupted before it was sent: %w", c.Action, c.Address, err)
	case ended(err):
		result.Outcome, result.Err = Cancelled, fmt.Errorf("%s %s: interrupted, the outcome is unknown: %w", c.Action, c.Address, err)
	case err != nil:
		result.Outcome, result.Err = Failed, fmt.Errorf("%s %s: %w", c.Action, c.Address, err)
	}
	return finished{change: i, id: id, result: result}
}

// ended reports whether an error only says that the run was told to stop, or that its time is over.
func ended(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// sendRepeated sends a change. A create of a protected root, or of a part of one, is repeated until it succeeds or VerifyTimeout has
// passed: once the root is there, no new plan makes what is missing. What repeating cannot mend is not repeated.
func (r *run) sendRepeated(ctx, calls context.Context, c *plan.Change, w providers.Write) (id string, err error) {
	deadline, cancel := context.WithTimeout(ctx, r.options.VerifyTimeout)
	defer cancel()
	repeats := c.Action == plan.Create && r.view.Protects(c.Root())
	pause, longest := r.options.PollInterval, 8*r.options.PollInterval
	for {
		id, err = r.send(calls, c, w)
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

// send gives a change to its service, with what the write brings.
func (r *run) send(ctx context.Context, c *plan.Change, w providers.Write) (id string, err error) {
	name, remote, err := r.engine.remotes.For(r.engine.registry, c.Address)
	if err != nil {
		return "", err
	}
	w.Before, w.After, w.Renew, w.Run = c.Before, c.After, c.Renew, r.observed.runs[name]
	switch c.Action {
	case plan.Create:
		return remote.Create(ctx, w)
	case plan.Update:
		return c.ID, remote.Update(ctx, w)
	case plan.Delete:
		return "", remote.Delete(ctx, w)
	case plan.ByHand, plan.Blocked:
	}
	return "", fmt.Errorf("a change with action %s cannot be sent", c.Action)
}
