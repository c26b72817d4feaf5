package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// ErrUnreadable is wrapped by the error of a run that could not read all of the live state it needs. Nothing was
// written.
var ErrUnreadable = errors.New("live state could not be read")

// Observed is live state as it was read once. It begins a run: what is written upon it is written and read back with its help.
type Observed struct {
	Snapshot *plan.Snapshot
	// desired and coverage are what was asked for, and runs, by provider name, what the services share from here on.
	desired  []plan.Desired
	coverage providers.Coverage
	runs     map[string]providers.Run
	// answers are the roots that others answer for, by the root that does.
	answers map[addr.Address][]addr.Address
}

// Observe reads live state through every service, side by side. It fails as a whole, naming all that could not be read,
// when any part fails: a snapshot never holds less than the truth in silence.
func (e *Engine) Observe(ctx context.Context, m *plan.Manifest, desired []plan.Desired) (Observed, error) {
	return e.observe(ctx, m.Account, desired, e.registry.Cover(desired, m))
}

func (e *Engine) observe(ctx context.Context, account plan.Account, desired []plan.Desired, covered providers.Coverage) (Observed, error) {
	if err := e.connected(desired); err != nil {
		return Observed{}, err
	}
	started := time.Now()
	e.emit(Event{Kind: ObserveStarted, Account: account})
	observed, err := e.read(ctx, Observed{desired: desired, coverage: covered}, nil)
	if err == nil {
		err = e.addNotCovered(observed.Snapshot, observed.coverage)
	}
	e.emit(Event{Kind: ObserveFinished, Account: account, Elapsed: time.Since(started)})
	return observed, err
}

// placed puts the manifest's entries before every error that is about roots. What is wrong about one entry is told once.
func placed(err error, desired []plan.Desired) error {
	var about *providers.RootError
	if !errors.As(err, &about) {
		return err
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		parts := make([]error, 0, 2)
		for _, part := range joined.Unwrap() {
			told := placed(part, desired)
			if !slices.ContainsFunc(parts, func(other error) bool { return other.Error() == told.Error() }) {
				parts = append(parts, told)
			}
		}
		return errors.Join(parts...)
	}
	var parts []error
	told := map[plan.Position]bool{}
	for i := range desired {
		if d := &desired[i]; slices.Contains(about.Roots, d.Address) && !d.Source.IsZero() && !told[d.Source] {
			told[d.Source] = true
			parts = append(parts, fmt.Errorf("%s: %w", d.Source, err))
		}
	}
	if len(parts) == 0 {
		return err
	}
	return errors.Join(parts...)
}

// addNotCovered adds to a snapshot the parts that no service read. A snapshot without an account is refused.
func (e *Engine) addNotCovered(s *plan.Snapshot, covered providers.Coverage) error {
	if s.Account == (plan.Account{}) {
		return fmt.Errorf("%w: no service tells which account this is", ErrUnreadable)
	}
	var unread []plan.NotRead
	for _, p := range e.registry.Providers() {
		unread = append(unread, p.NotCovered(s, covered)...)
	}
	s.NotRead = append(s.NotRead, unread...)
	slices.SortFunc(s.NotRead, plan.CompareNotRead)
	return nil
}

// connected reports every desired resource's service that has no connection, once each.
func (e *Engine) connected(desired []plan.Desired) error {
	var errs []error
	told := map[string]bool{}
	for _, d := range desired {
		p, ok := e.registry.For(d.Address)
		if ok && (told[p.Name()] || e.remotes[p.Name()] != nil) {
			continue
		}
		if ok {
			told[p.Name()] = true
		}
		if _, _, err := e.remotes.For(e.registry, d.Address); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", d.Source, err))
		}
	}
	return errors.Join(errs...)
}

// readBack is live state that was read once more, completed. Coverage and resources of the snapshot are those that were read. The
// view shows for the rest what was observed before.
type readBack struct {
	snapshot *plan.Snapshot
	view     *plan.View
}

// readBack reads roots once more, with those that they answer for.
func (e *Engine) readBack(
	ctx context.Context, before Observed, roots []addr.Address, owned plan.Ownership, desired []plan.Desired,
) (*readBack, error) {
	all := slices.Clone(roots)
	for _, root := range roots {
		all = append(all, before.answers[root]...)
	}
	slices.SortFunc(all, addr.Compare)
	now, err := e.read(ctx, before, slices.Compact(all))
	if err != nil {
		return nil, err
	}
	read, over := now.Snapshot, *now.Snapshot
	over.Resources = slices.Clone(read.Resources)
	for _, l := range before.Snapshot.Resources {
		if !read.Covers(l.Address) {
			over.Resources = append(over.Resources, l)
		}
	}
	slices.SortFunc(over.Resources, func(a, b plan.Live) int { return addr.Compare(a.Address, b.Address) })
	over.Coverage = slices.Concat(read.Coverage, before.Snapshot.Coverage)
	over.Gaps = slices.Concat(read.Gaps, before.Snapshot.Gaps)
	over.Catalogue = before.Snapshot.Catalogue.With(read.Catalogue.Entries()...)
	whole := e.registry.Complete(&over, owned, desired)
	view, back := plan.NewView(whole.Snapshot, owned, whole.Desired), *whole.Snapshot
	back.Resources = slices.DeleteFunc(slices.Clone(back.Resources), func(l plan.Live) bool { return !read.Covers(l.Address) })
	back.Coverage, back.Gaps = read.Coverage, read.Gaps
	return &readBack{&back, view}, nil
}

// read asks the services, in the run of what was observed before, and merges what they found. A request for single roots
// goes to their services only.
func (e *Engine) read(ctx context.Context, before Observed, single []addr.Address) (Observed, error) {
	only := map[string][]addr.Address{}
	for _, a := range single {
		if p, ok := e.registry.For(a); ok {
			only[p.Name()] = append(only[p.Name()], a)
		}
	}
	var names []string
	for name := range e.remotes {
		if single == nil || only[name] != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var lists providers.Lists
	observations := make([]*providers.Observation, len(names))
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			o, err := e.remotes[name].Observe(ctx, providers.ObserveRequest{
				Coverage: before.coverage, Only: only[name], Run: before.runs[name], Lists: &lists,
			})
			if err != nil {
				err = fmt.Errorf("%s: %w", name, placed(err, before.desired))
			}
			observations[i], errs[i] = o, err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return Observed{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	now := Observed{desired: before.desired, coverage: before.coverage, runs: map[string]providers.Run{}}
	for i, name := range names {
		now.runs[name] = observations[i].Run
	}
	var err error
	now.Snapshot, err = merge(before.coverage.Cloud, observations)
	return now, err
}

func merge(cloud plan.Cloud, observations []*providers.Observation) (*plan.Snapshot, error) {
	s := &plan.Snapshot{Cloud: cloud}
	var entries []plan.CatalogueEntry
	for _, o := range observations {
		s.Resources = append(s.Resources, o.Resources...)
		s.Coverage, s.Gaps = append(s.Coverage, o.Coverage...), append(s.Gaps, o.Gaps...)
		s.NotRead = append(s.NotRead, o.NotRead...)
		s.Warnings = append(s.Warnings, o.Warnings...)
		entries = append(entries, o.Entries...)
		s.Quotas = append(s.Quotas, o.Quotas...)
		switch {
		case o.Account == (plan.Account{}):
		case s.Account != (plan.Account{}) && s.Account != o.Account:
			return nil, fmt.Errorf("%w: the services disagree about the account: %s, %s", ErrUnreadable, s.Account, o.Account)
		default:
			s.Account = o.Account
		}
	}
	s.Catalogue = plan.NewCatalogue(entries...)
	slices.SortFunc(s.Quotas, func(a, b plan.Quota) int { return strings.Compare(a.Type, b.Type) })
	slices.SortFunc(s.Resources, func(a, b plan.Live) int { return addr.Compare(a.Address, b.Address) })
	for i := 1; i < len(s.Resources); i++ {
		if s.Resources[i].Address == s.Resources[i-1].Address {
			return nil, fmt.Errorf("%w: two live resources have the address %s", ErrUnreadable, s.Resources[i].Address)
		}
	}
	slices.SortFunc(s.NotRead, plan.CompareNotRead)
	s.NotRead = slices.CompactFunc(s.NotRead, func(a, b plan.NotRead) bool { return plan.CompareNotRead(a, b) == 0 })
	slices.Sort(s.Warnings)
	s.Warnings = slices.Compact(s.Warnings)
	return s, nil
}
