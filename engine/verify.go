package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// ErrMoved is wrapped by the error of a change that was not sent because somebody else has changed what it is about.
var ErrMoved = errors.New("live state has moved")

// recheck reads the roots that the run touches once more, before the first write. Where one is neither as the plan found it nor on
// the way to what the plan makes of it, its changes fail, and nothing is sent.
func (e *Engine) recheck(ctx context.Context, r *run) {
	x := r.expectation(func(i int) (standing, bool) { return isEither, r.plan.Changes[i].Action.Writes() })
	if len(x.roots) == 0 || ctx.Err() != nil {
		return
	}
	started := time.Now()
	e.emit(Event{Kind: ObserveStarted, Account: r.plan.Account})
	found, err := e.look(ctx, x, nil)
	e.emit(Event{Kind: ObserveFinished, Account: r.plan.Account, Elapsed: time.Since(started)})
	switch {
	case err != nil && ctx.Err() != nil: // interrupted: nothing starts anyway
	case err != nil:
		told := false
		r.stopWrites(func(*plan.Change) error {
			if told {
				return nil
			}
			told = true
			return fmt.Errorf("not sent, because what it is about could not be read once more: %w", err)
		})
	default:
		r.noteAll((&awaited{found: found}).byOthers())
		if len(found.deviations) > 0 {
			moved := map[addr.Address]*deviation{}
			for i := range found.deviations {
				if d := &found.deviations[i]; moved[d.root] == nil {
					moved[d.root] = d
				}
			}
			r.stopWrites(func(c *plan.Change) error { return r.movedIn(moved, c) })
		}
	}
}

// stopWrites lets no change be sent: those that why tells an error of fail, and all others are skipped because of the first of them.
func (r *run) stopWrites(why func(*plan.Change) error) {
	var cause addr.Address
	for i := range r.plan.Changes {
		c := &r.plan.Changes[i]
		if !c.Action.Writes() {
			continue
		}
		if err := why(c); err != nil {
			r.stop[i] = Result{Outcome: Failed, Err: fmt.Errorf("%s %s: %w", c.Action, c.Address, err)}
			if cause.IsZero() {
				cause = c.Address
			}
		}
	}
	for i := range r.plan.Changes {
		if _, fails := r.stop[i]; !fails && r.plan.Changes[i].Action.Writes() {
			r.stop[i] = Result{Outcome: Skipped, Cause: cause}
		}
	}
}

// movedIn returns the error of a change that is about a root which has moved, or about one that refers to it; nil for any other.
func (r *run) movedIn(moved map[addr.Address]*deviation, c *plan.Change) error {
	for _, root := range append([]addr.Address{c.Root()}, r.refersTo(c.Root())...) {
		if d := moved[root]; d != nil {
			return movedError(d)
		}
	}
	return nil
}

func movedError(d *deviation) error {
	return fmt.Errorf("%w: not sent, because %s was %s; plan again", ErrMoved, d.Address, d.passive())
}

// passive is the reason as it follows "was".
func (d *deviation) passive() string {
	if len(d.Attributes) > 0 && d.Attributes[0].Name != "id" {
		return "changed by somebody else: " + d.Attributes[0].Name + " reads " + d.Attributes[0].After.String()
	}
	if d.Reason == notRead {
		return "not read once more"
	}
	return d.Reason
}

// confirm waits until the changes that c must see, if any, have become visible. Where c changes who may act as its root, it also
// looks whether the root is as expected as a whole: what somebody else has added would be the new principal's.
func (e *Engine) confirm(ctx context.Context, r *run, c *plan.Change, ids providers.IDs) (others []Difference, err error) {
	hands := r.changesHands(c)
	if len(c.Confirms) == 0 && !hands {
		return nil, nil
	}
	e.emit(Event{Kind: ConfirmStarted, Account: r.plan.Account, Change: c, Total: len(c.Confirms)})
	roots := map[addr.Address]bool{c.Root(): hands}
	for _, a := range c.Confirms {
		roots[r.rootOf(a)] = true
	}
	x := r.expectation(func(i int) (standing, bool) {
		other := &r.plan.Changes[i]
		if slices.Contains(c.Confirms, other.Address) {
			return isAfter, true
		}
		return isEither, roots[other.Root()]
	})
	x.ids, x.exact = ids, hands
	seen := e.await(ctx, r, x, nil)
	if ctx.Err() != nil {
		return nil, providers.ContextError(ctx, ctx.Err())
	}
	others = seen.byOthers()
	for i := range seen.found.deviations {
		if d := &seen.found.deviations[i]; d.foreign {
			return others, movedError(d)
		}
	}
	switch {
	case seen.failure != "":
		return others, fmt.Errorf("not sent, because it could not be read whether it may be: %s", seen.failure)
	case len(seen.found.deviations) > 0:
		first := seen.found.deviations[0]
		return others, fmt.Errorf("not sent, because %s was not seen to be done: %s", first.Address, first.Reason)
	}
	return others, nil
}

// verify reads back every root that the run has touched, as a whole, and fills the report.
func (e *Engine) verify(ctx context.Context, r *run, report *Report) {
	var applied []addr.Address
	x := r.expectation(func(i int) (standing, bool) {
		switch result := &r.results[i]; {
		case result.Outcome == Applied:
			applied = append(applied, result.Address)
			return isAfter, true
		case result.Outcome == ByHand:
			return isEither, false // a person may do it at any time
		case result.Attempts > 0:
			return isCutShort, true
		}
		return isBefore, false
	})
	x.ids = r.ids
	if len(x.roots) == 0 {
		report.Verified, report.ChangedByOthers = true, r.byOthers()
		return
	}
	started := time.Now()
	e.emit(Event{Kind: VerifyStarted, Account: r.plan.Account, Total: len(applied)})
	seen := e.await(ctx, r, x, func(now *awaited) {
		e.emit(Event{Kind: VerifyWaiting, Account: r.plan.Account, Done: now.count(applied), Total: len(applied), Elapsed: time.Since(started)})
	})
	r.noteAll(seen.byOthers())
	report.Unverified = seen.unverified(applied, x.touched)
	report.Verified = len(report.Unverified) == 0
	report.Besides = seen.besides()
	report.ChangedByOthers = r.byOthers()
	e.emit(Event{
		Kind: VerifyFinished, Account: r.plan.Account, Done: seen.count(applied), Total: len(applied), Elapsed: time.Since(started),
	})
}

// awaited is what was seen in the end.
type awaited struct {
	// found is what the last look that came to its end has shown; nil where none did.
	found *comparison
	// failure says why the last look did not come to its end; "" where it did. Broken says that it is an error of reading.
	failure string
	broken  bool
}

// await looks at live state until all roots are as expected, what is not can change no more, or the time is up. Reads of a cloud lag
// behind its writes, so what is missing is waited for, and what somebody else has done counts when two looks have shown it.
func (e *Engine) await(ctx context.Context, r *run, x *expectation, waiting func(*awaited)) *awaited {
	deadline, cancel := context.WithTimeout(ctx, r.options.VerifyTimeout)
	defer cancel()
	pause, longest := r.options.PollInterval, 8*r.options.PollInterval
	seen := map[addr.Address]bool{}
	now := &awaited{found: &comparison{}, failure: "it was not read back in time"}
	for {
		found, err := e.look(deadline, x, seen)
		settled := false
		switch {
		case err != nil && deadline.Err() != nil: // the last known answer stands
		case err != nil:
			// Joined errors stand on lines of their own. No patience mends a refusal.
			now.failure, now.broken = strings.Join(strings.Split(providers.Words(err), "\n"), "; "), true
			settled = errors.Is(err, providers.ErrDenied)
		default:
			settled = found.settled(now.found)
			now = &awaited{found: found}
			maps.Copy(seen, found.made)
		}
		if settled || deadline.Err() != nil {
			return now.end(ctx, !settled && ctx.Err() == nil)
		}
		if waiting != nil {
			waiting(now)
		}
		select {
		case <-deadline.Done():
			return now.end(ctx, ctx.Err() == nil)
		case <-time.After(pause):
		}
		pause = min(2*pause, longest)
	}
}

// end returns what was seen in the end. Late says that the time was up: what reads as before the run may then have been undone.
func (a *awaited) end(ctx context.Context, late bool) *awaited {
	if ctx.Err() != nil && a.failure != "" {
		stopped := "interrupted before it was read back"
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			stopped = "the time of the run was over before it was read back"
		}
		if a.broken {
			stopped += "; the last look failed: " + a.failure
		}
		a.failure = stopped
	}
	for i := range a.found.deviations {
		if d := &a.found.deviations[i]; late && !d.foreign {
			d.Reason += undone
		}
	}
	return a
}

// undone follows the reason of a difference that did not go away.
const undone = " (reads show it late, or somebody else has undone it)"

// settled reports whether a further look would say the same: nothing is missing, and what somebody else has done was there in the
// look before too, or counts at once.
func (c *comparison) settled(before *comparison) bool {
	for i := range c.deviations {
		if d := &c.deviations[i]; !d.foreign || !d.atOnce && !before.has(d) {
			return false
		}
	}
	return true
}

func (c *comparison) has(d *deviation) bool {
	return slices.ContainsFunc(c.deviations, func(other deviation) bool {
		return other.foreign && other.Address == d.Address && other.Reason == d.Reason
	})
}

// look reads the roots once, each as a whole, and compares them.
func (e *Engine) look(ctx context.Context, x *expectation, seen map[addr.Address]bool) (*comparison, error) {
	back, err := x.run.reads.read(ctx, x.roots, func(ctx context.Context, roots []addr.Address) (*readBack, error) {
		return e.readBack(ctx, x.run.observed, roots, x.run.owned, x.run.desired)
	})
	if err != nil {
		return nil, err
	}
	return x.compare(back, seen), nil
}

// count returns how many of the changes at these addresses were seen to be made.
func (a *awaited) count(applied []addr.Address) int {
	if a.failure != "" {
		return 0
	}
	open := map[addr.Address]bool{}
	for i := range a.found.deviations {
		open[a.found.deviations[i].Address] = true
	}
	done := 0
	for _, address := range applied {
		if !open[address] {
			done++
		}
	}
	return done
}

// byOthers are the changes by somebody else.
func (a *awaited) byOthers() []Difference {
	all := slices.Clone(a.found.others)
	for _, d := range a.found.deviations {
		if d.foreign {
			all = append(all, d.Difference)
		}
	}
	return all
}

// unverified returns, sorted, what was not seen as expected. Where nothing was seen, these are the applied changes, or where there is
// none the touched roots.
func (a *awaited) unverified(applied, touched []addr.Address) []Difference {
	var all []Difference
	for _, d := range a.found.deviations {
		all = append(all, d.Difference)
	}
	if a.failure != "" {
		all = nil
		if len(applied) == 0 {
			applied = touched
		}
		for _, address := range applied {
			all = append(all, Difference{Address: address, Reason: a.failure, Unread: !a.broken})
		}
	}
	slices.SortStableFunc(all, compareDifferences)
	return all
}

func compareDifferences(a, b Difference) int {
	return cmp.Or(addr.Compare(a.Address, b.Address), strings.Compare(a.Reason, b.Reason))
}

// besides returns, sorted, what is beside the manifest.
func (a *awaited) besides() []plan.Beside {
	var all []plan.Beside
	for _, root := range slices.SortedFunc(maps.Keys(a.found.beside), addr.Compare) {
		children := slices.SortedFunc(slices.Values(a.found.beside[root]), addr.Compare)
		all = append(all, plan.Beside{Address: root, Children: children})
	}
	return all
}
