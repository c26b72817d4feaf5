package engine

import (
	"cmp"
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

// Observe reads live state through every service, side by side. It fails as a whole, naming all that could not be read,
// when any part fails: a snapshot never holds less than the truth in silence.
func (e *Engine) Observe(ctx context.Context, m *plan.Manifest, desired []plan.Desired) (*plan.Snapshot, error) {
	if err := e.connected(desired); err != nil {
		return nil, err
	}
	started := time.Now()
	e.emit(Event{Kind: ObserveStarted, Account: m.Account})
	snapshot, err := e.read(ctx, providers.ObserveRequest{Manifest: m, Desired: desired})
	if err == nil {
		err = e.complete(snapshot)
	}
	e.emit(Event{Kind: ObserveFinished, Account: m.Account, Elapsed: time.Since(started)})
	return snapshot, err
}

// complete refuses a snapshot of nobody knows which account, and lists the services that were not looked at.
func (e *Engine) complete(s *plan.Snapshot) error {
	if s.Account == (plan.Account{}) {
		return fmt.Errorf("%w: no service tells which account this is", ErrUnreadable)
	}
	for _, p := range e.registry.Providers() {
		for _, prefix := range p.Prefixes() {
			covered := slices.ContainsFunc(s.Coverage, func(c addr.Pattern) bool { return strings.HasPrefix(c.String(), prefix+"/") })
			if !covered {
				s.NotRead = append(s.NotRead, plan.NotRead{Subject: prefix, Reason: "the manifest does not mention it"})
			}
		}
	}
	slices.SortFunc(s.NotRead, compareNotRead)
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
		if _, err := e.remotes.For(e.registry, d.Address); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", d.Source, err))
		}
	}
	return errors.Join(errs...)
}

// read asks the services and merges what they found. A request for single resources goes to their services only.
func (e *Engine) read(ctx context.Context, request providers.ObserveRequest) (*plan.Snapshot, error) {
	only := map[string][]addr.Address{}
	for _, a := range request.Only {
		if p, ok := e.registry.For(a); ok {
			only[p.Name()] = append(only[p.Name()], a)
		}
	}
	var names []string
	for name := range e.remotes {
		if request.Only == nil || only[name] != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	ctx = providers.WithScope(ctx)
	observations := make([]*providers.Observation, len(names))
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			mine := request
			mine.Only = only[name]
			o, err := e.remotes[name].Observe(ctx, mine)
			if err != nil {
				err = fmt.Errorf("%s: %w", name, err)
			}
			observations[i], errs[i] = o, err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return merge(request.Manifest, observations)
}

func merge(m *plan.Manifest, observations []*providers.Observation) (*plan.Snapshot, error) {
	s := &plan.Snapshot{Cloud: m.Cloud}
	var entries []plan.CatalogueEntry
	for _, o := range observations {
		s.Resources = append(s.Resources, o.Resources...)
		s.Coverage = append(s.Coverage, o.Coverage...)
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
	slices.SortFunc(s.NotRead, compareNotRead)
	s.NotRead = slices.Compact(s.NotRead)
	slices.Sort(s.Warnings)
	s.Warnings = slices.Compact(s.Warnings)
	return s, nil
}

func compareNotRead(a, b plan.NotRead) int {
	return cmp.Or(strings.Compare(a.Subject, b.Subject), strings.Compare(a.Reason, b.Reason))
}
