package engine

import (
	"context"
	"errors"
	"maps"
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
	// observed and view are what the plan was made from, with what is owned and desired.
	observed Observed
	view     *plan.View
	owned    plan.Ownership
	desired  []plan.Desired
	plan     *plan.Plan
	options  ApplyOptions

	index map[addr.Address]int
	// inRoot are the changes of each root and its children.
	inRoot map[addr.Address][]int
	// byID are the live roots, by id.
	byID map[string]addr.Address
	// reads are shared by the changes that look at live state at the same time.
	reads *sharedReads
	// stop are the results of changes that must not be attempted.
	stop map[int]Result
	// others are the changes by somebody else, by address.
	others map[addr.Address]Difference
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
	// finishedWrites and writes count the changes that are sent: those that are over, and all.
	finishedWrites, writes int
	// running counts the changes that run, a batch as one; looking are those of them that look at live state before they are sent.
	running, looking int
	looksFirst       map[int]bool
	// kinds are those of all changes.
	kinds []batchKind
	// sent are the outcomes of batches that failed, for the changes that are sent alone then.
	sent map[int]Result
}

type dependent struct {
	change int
	hard   bool
}

// sending is a change on its way, with all that its goroutine needs. Before is what an earlier sending has come to.
type sending struct {
	plan.Change
	change int
	ids    providers.IDs
	before Result
}

// finished is what a sending has come to. Alone says that the change failed with others, and is now to be sent alone.
type finished struct {
	change int
	id     string
	result Result
	others []Difference
	alone  bool
}

func newRun(e *Engine, planned *Planned, owned plan.Ownership, desired []plan.Desired, options ApplyOptions) *run {
	p := planned.Plan
	r := &run{
		engine: e, observed: planned.Observed, view: plan.NewView(planned.Snapshot, owned, desired), owned: owned, desired: desired, plan: p,
		options: options.withDefaults(),
		index:   make(map[addr.Address]int, len(p.Changes)), inRoot: map[addr.Address][]int{}, byID: map[string]addr.Address{},
		reads: newSharedReads(), stop: map[int]Result{}, others: map[addr.Address]Difference{},
		waiting:    make([]int, len(p.Changes)),
		dependents: make([][]dependent, len(p.Changes)),
		cause:      make([]addr.Address, len(p.Changes)),
		ids:        providers.IDs{},
		results:    make([]Result, len(p.Changes)),
		looksFirst: map[int]bool{}, sent: map[int]Result{},
	}
	for i, c := range p.Changes {
		r.index[c.Address] = i
		r.kinds = append(r.kinds, r.kindOf(&c))
		if c.Action.Writes() {
			r.writes++
		}
		r.inRoot[c.Root()] = append(r.inRoot[c.Root()], i)
		if c.ID != "" {
			r.ids[c.Address] = c.ID
		}
		if c.ParentID != "" {
			r.ids[c.Parent] = c.ParentID
		}
	}
	for i := range planned.Snapshot.Resources {
		if l := &planned.Snapshot.Resources[i]; l.Parent.IsZero() && l.ID != "" {
			r.byID[l.ID] = l.Address
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
		grace := time.NewTimer(r.options.Grace)
		defer grace.Stop()
		select {
		case <-grace.C:
		case <-r.options.StopNow:
		case <-calls.Done():
		}
		stop()
	})
	defer graceless()

	answers := make(chan []finished)
	for r.done < len(r.plan.Changes) {
		r.start(ctx, calls, answers)
		if r.running == 0 {
			break // every change is over, or waits for itself: a plan that Build made has no circle
		}
		over := <-answers
		r.count(over[0].change, -1)
		for _, f := range over {
			if f.alone {
				r.sendAlone(f)
			} else {
				r.finish(f)
			}
		}
	}
	for i := range r.results {
		if r.results[i].Outcome == 0 {
			r.finish(finished{change: i, result: Result{Outcome: Failed, Err: errors.New("the plan's order has a circle here")}})
		}
	}
}

// start sends the changes that are ready, as far as they may run, and finishes those that are not attempted.
func (r *run) start(ctx, calls context.Context, answers chan<- []finished) {
	var open []int
	for len(r.ready) > 0 {
		i := r.ready[0]
		r.ready = r.ready[1:]
		if result, decided := r.withoutRunning(ctx, i); decided {
			r.finish(finished{change: i, result: result})
		} else {
			open = append(open, i)
		}
	}
	slices.Sort(open)
	for _, batch := range r.batches(open) {
		if !r.mayStart(batch[0]) {
			r.ready = append(r.ready, batch...)
			continue
		}
		r.count(batch[0], 1)
		sends := make([]sending, 0, len(batch))
		for _, i := range batch {
			before, again := r.sent[i]
			s := sending{Change: r.plan.Changes[i], change: i, ids: r.idsFor(i), before: before}
			if !again {
				r.engine.emit(Event{
					Kind: ChangeStarted, Account: r.plan.Account, Change: &s.Change, Done: r.finishedWrites, Total: r.writes,
				})
			}
			sends = append(sends, s)
		}
		go func() { answers <- r.engine.perform(ctx, calls, r, sends) }()
	}
	slices.Sort(r.ready)
}

// lookingAtOnce is how many changes at once look at live state before they are sent. What they have seen must not be old by the time
// that their turn comes.
const lookingAtOnce = 10

// mayStart reports whether one more change, or a batch that it begins, may run.
func (r *run) mayStart(i int) bool {
	most := r.options.Parallelism
	return (most <= 0 || r.running < most) && (!r.looks(i) || r.looking < lookingAtOnce)
}

func (r *run) count(i, by int) {
	r.running += by
	if r.looks(i) {
		r.looking += by
	}
}

// looks reports whether a change looks at live state before it is sent.
func (r *run) looks(i int) bool {
	looks, known := r.looksFirst[i]
	if !known {
		c := &r.plan.Changes[i]
		looks = len(c.Confirms) > 0 || r.changesHands(c)
		r.looksFirst[i] = looks
	}
	return looks
}

// withoutRunning decides changes that are not attempted.
func (r *run) withoutRunning(ctx context.Context, i int) (result Result, decided bool) {
	c := &r.plan.Changes[i]
	stopped, stops := r.stop[i]
	failed, sent := r.sent[i]
	switch {
	case c.Action == plan.ByHand:
		return Result{Outcome: ByHand}, true
	case c.Action == plan.Blocked:
		return Result{Outcome: Blocked}, true
	case stops:
		return stopped, true
	case ctx.Err() != nil && sent:
		return failed, true
	case ctx.Err() != nil:
		return Result{Outcome: Cancelled}, true
	case !r.cause[i].IsZero():
		return Result{Outcome: Skipped, Cause: r.cause[i]}, true
	}
	return Result{}, false
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
	if c.Action.Writes() {
		r.finishedWrites++
	}
	r.noteAll(f.others)
	if f.id != "" {
		r.ids[c.Address] = f.id
	}
	for _, d := range r.dependents[f.change] {
		// What waits for a resource that is left to a person, and is not blocked for it, has all that it needs.
		if d.hard && f.result.Outcome != Applied && f.result.Outcome != ByHand && r.cause[d.change].IsZero() {
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
		Kind: ChangeFinished, Account: r.plan.Account, Change: c, Result: &result, Done: r.finishedWrites, Total: r.writes,
		Elapsed: result.Elapsed,
	})
}

// expectation is about the roots of the changes that touches says yes to, and the roots that these refer to.
func (r *run) expectation(touches func(change int) (standing, bool)) *expectation {
	x := &expectation{run: r, standings: make(map[addr.Address]standing, len(r.plan.Changes))}
	roots := map[addr.Address]bool{}
	for i := range r.plan.Changes {
		c := &r.plan.Changes[i]
		standing, touched := touches(i)
		x.standings[c.Address] = standing
		if touched {
			roots[c.Root()] = true
		}
	}
	x.touched = slices.SortedFunc(maps.Keys(roots), addr.Compare)
	for _, root := range x.touched {
		for _, other := range r.refersTo(root) {
			roots[other] = true
		}
	}
	x.roots = slices.SortedFunc(maps.Keys(roots), addr.Compare)
	return x
}

// refersTo returns the other live roots that the children of a root use, or will be bound to by their ids.
func (r *run) refersTo(root addr.Address) []addr.Address {
	others := map[addr.Address]bool{}
	for _, child := range r.view.Children(root) {
		for _, use := range child.Uses {
			others[use] = true
		}
	}
	for _, i := range r.inRoot[root] {
		if c := &r.plan.Changes[i]; c.After != nil {
			for _, id := range c.After.Bindings {
				if other, is := r.byID[id]; is && other != root {
					others[other] = true
				}
			}
		}
	}
	return slices.SortedFunc(maps.Keys(others), addr.Compare)
}

// rootOf returns the root of a resource that was read, or that the plan makes.
func (r *run) rootOf(a addr.Address) addr.Address {
	if i, changes := r.index[a]; changes {
		return r.plan.Changes[i].Root()
	}
	if live := r.view.Live(a); live != nil {
		return live.Root()
	}
	return a
}

// changesHands reports whether a change lets another principal act as its root.
func (r *run) changesHands(c *plan.Change) bool {
	live := r.view.Live(c.Address)
	if c.Action != plan.Update || !c.Parent.IsZero() || live == nil {
		return false
	}
	effects := r.engine.registry.Effects(r.view.Catalogue())
	return c.Renew || plan.ChangesHands(live, effects(*c.Before), effects(*c.After))
}

// noteAll keeps what somebody else has changed.
func (r *run) noteAll(others []Difference) {
	for _, d := range others {
		r.others[d.Address] = d
	}
}

// byOthers returns, sorted, what somebody else has changed.
func (r *run) byOthers() []Difference {
	return slices.SortedFunc(maps.Values(r.others), compareDifferences)
}
