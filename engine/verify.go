package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// confirm waits until the changes that c must see, if any, have become visible.
func (e *Engine) confirm(ctx context.Context, r *run, c *plan.Change) error {
	if len(c.Confirms) == 0 {
		return nil
	}
	e.emit(Event{Kind: ConfirmStarted, Account: r.plan.Account, Change: c, Total: len(c.Confirms)})
	var changes []*plan.Change
	for _, a := range c.Confirms {
		if i, ok := r.index[a]; ok {
			changes = append(changes, &r.plan.Changes[i])
		}
	}
	missing := e.await(ctx, r, changes, nil)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("not sent, because %s was not seen to be done: %s", missing[0].Address, missing[0].Reason)
}

// verify reads back what was applied and fills the report's Verified and Unverified.
func (e *Engine) verify(ctx context.Context, r *run, report *Report) {
	var applied []*plan.Change
	for i, result := range r.results {
		if result.Outcome == Applied {
			applied = append(applied, &r.plan.Changes[i])
		}
	}
	if len(applied) == 0 {
		report.Verified = true
		return
	}
	started := time.Now()
	e.emit(Event{Kind: VerifyStarted, Account: r.plan.Account, Total: len(applied)})
	report.Unverified = e.await(ctx, r, applied, func(missing int) {
		e.emit(Event{Kind: VerifyWaiting, Account: r.plan.Account, Done: len(applied) - missing, Total: len(applied),
			Elapsed: time.Since(started)})
	})
	report.Verified = len(report.Unverified) == 0
	e.emit(Event{
		Kind: VerifyFinished, Account: r.plan.Account, Done: len(applied) - len(report.Unverified), Total: len(applied),
		Elapsed: time.Since(started),
	})
}

// await looks at live state until every change is visible or the time is up, and returns those that are not, sorted by
// address. Reads of a cloud lag behind its writes, so one look proves nothing.
func (e *Engine) await(ctx context.Context, r *run, changes []*plan.Change, waiting func(missing int)) []Unverified {
	deadline, cancel := context.WithTimeout(ctx, r.options.VerifyTimeout)
	defer cancel()
	pause, longest := r.options.PollInterval, 8*r.options.PollInterval
	missing := make([]Unverified, 0, len(changes))
	for _, c := range changes {
		missing = append(missing, Unverified{Address: c.Address})
	}
	slices.SortFunc(missing, func(a, b Unverified) int { return addr.Compare(a.Address, b.Address) })
	for {
		var refused bool
		if deadline.Err() == nil {
			changes, missing, refused = e.look(deadline, r, changes, missing)
		}
		if len(missing) == 0 || refused || deadline.Err() != nil {
			return unseen(ctx, missing)
		}
		if waiting != nil {
			waiting(len(missing))
		}
		select {
		case <-deadline.Done():
			return unseen(ctx, missing)
		case <-time.After(pause):
		}
		pause = min(2*pause, longest)
	}
}

// unseen fills in the reason where no look came to its end.
func unseen(ctx context.Context, missing []Unverified) []Unverified {
	reason := "it was not read back in time"
	if ctx.Err() != nil {
		reason = "interrupted before it was read back"
	}
	for i := range missing {
		missing[i].Reason = cmp.Or(missing[i].Reason, reason)
	}
	return missing
}

// look reads the changes' resources once and returns those not yet in their planned state. When the reading itself is
// cut short by the end of ctx, the last known answer stands. Refused says that the credentials may not read, which no
// patience mends.
func (e *Engine) look(ctx context.Context, r *run, changes []*plan.Change,
	last []Unverified) (still []*plan.Change, missing []Unverified, refused bool) {
	single := make([]addr.Address, 0, len(changes))
	for _, c := range changes {
		single = append(single, c.Address)
	}
	slices.SortFunc(single, addr.Compare)
	now, err := e.read(ctx, r.observed, single)
	snapshot := now.Snapshot
	if err != nil && ctx.Err() != nil {
		return changes, last, false
	}
	live := map[addr.Address]*plan.Live{}
	if err == nil {
		for i := range snapshot.Resources {
			live[snapshot.Resources[i].Address] = &snapshot.Resources[i]
		}
	}
	for _, c := range changes {
		reason := ""
		switch {
		case err != nil:
			reason = strings.Join(strings.Split(err.Error(), "\n"), "; ") // joined errors stand on lines of their own
		case !snapshot.Covers(c.Address):
			reason = "it was not read"
		default:
			reason = r.differs(c, live[c.Address])
		}
		if reason != "" {
			still = append(still, c)
			missing = append(missing, Unverified{Address: c.Address, Reason: reason})
		}
	}
	slices.SortFunc(missing, func(a, b Unverified) int { return addr.Compare(a.Address, b.Address) })
	return still, missing, errors.Is(err, providers.ErrDenied)
}

// differs says in words how live is not what the change planned; "" when it is.
func (r *run) differs(c *plan.Change, live *plan.Live) string {
	switch {
	case c.After == nil && live == nil:
		return ""
	case c.After == nil:
		return "it is still there"
	case live == nil:
		return "it is not there yet"
	}
	if left := r.plan.Outstanding(c, live); len(left) > 0 {
		return fmt.Sprintf("%s still reads %s", left[0].Name, left[0].Before)
	}
	if was := r.view.Live(c.Address); was != nil && !c.Renewed(was, live) {
		return "it still expires at " + live.Expires.UTC().Format(time.RFC3339)
	}
	return ""
}
