package cloudtest

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// Session is a service within one run, as the engine uses it: an observation of everything begins a run, which the writes and
// narrow observations after it are given, with what was seen.
type Session struct {
	providers.Remote
	Run  providers.Run
	View *plan.View

	provider providers.Provider
	// beside are the services by whose resources the service judges its own.
	beside  huaweicloud.Services
	remotes providers.Remotes
}

// Open connects a service in a run that has read nothing yet, for one that reads nothing where nothing is covered. Beside are
// services by whose resources it judges its own.
func Open(t testing.TB, conn *huaweicloud.Connection, lag huaweicloud.Lag, service huaweicloud.Service,
	beside ...huaweicloud.Service) *Session {
	t.Helper()
	s := &Session{Remote: service.Connect(conn, lag), View: plan.NewView(&plan.Snapshot{}, plan.Ownership{}, nil), provider: service.Provider,
		beside: beside}
	s.remotes = s.beside.Remotes(conn, lag)
	_, err := s.Observe(context.Background(), providers.ObserveRequest{})
	require.NoError(t, err)
	return s
}

// Observe implements [providers.Remote].
func (s *Session) Observe(ctx context.Context, request providers.ObserveRequest) (*providers.Observation, error) {
	if request.Only != nil && request.Run == nil {
		request.Run = s.Run
	}
	o, err := s.Remote.Observe(ctx, request)
	if err == nil && request.Only == nil {
		s.Run = o.Run
	}
	return o, err
}

// Create implements [providers.Remote].
func (s *Session) Create(ctx context.Context, w providers.Write) (string, error) {
	return s.Remote.Create(ctx, s.given(w))
}

// Update implements [providers.Remote].
func (s *Session) Update(ctx context.Context, w providers.Write) error {
	return s.Remote.Update(ctx, s.given(w))
}

// Delete implements [providers.Remote].
func (s *Session) Delete(ctx context.Context, w providers.Write) error {
	return s.Remote.Delete(ctx, s.given(w))
}

// given adds the run and what was seen.
func (s *Session) given(w providers.Write) providers.Write {
	if w.Run == nil {
		w.Run = s.Run
	}
	if w.View == nil {
		w.View = s.View
	}
	return w
}

// See reads for a manifest, which begins a run, and what it can of the services beside. The observation is the service's own,
// without what is gone.
func (s *Session) See(t testing.TB, m *plan.Manifest) (*providers.Observation, error) {
	t.Helper()
	desired, problems := s.provider.Expand(m)
	require.Empty(t, plan.Fatal(problems))
	registry := append(huaweicloud.Services{{Provider: s.provider}}, s.beside...).Registry()
	request := providers.ObserveRequest{Coverage: registry.Cover(desired, m)}
	o, err := s.Observe(context.Background(), request)
	if err != nil {
		return nil, err
	}
	all := []*providers.Observation{o}
	for _, remote := range s.remotes {
		if seen, err := remote.Observe(context.Background(), request); err == nil { // else the credentials may not read it
			all = append(all, seen)
		}
	}
	snapshot := &plan.Snapshot{}
	var entries []plan.CatalogueEntry
	for _, seen := range all {
		snapshot.Resources, entries = append(snapshot.Resources, seen.Resources...), append(entries, seen.Entries...)
		snapshot.Coverage, snapshot.Gaps = append(snapshot.Coverage, seen.Coverage...), append(snapshot.Gaps, seen.Gaps...)
	}
	snapshot.Catalogue = plan.NewCatalogue(entries...)
	whole := registry.Complete(snapshot, m.Ownership, desired)
	s.View = plan.NewView(whole.Snapshot, m.Ownership, whole.Desired)
	seen := *o
	seen.Resources = slices.DeleteFunc(slices.Clone(o.Resources), func(l plan.Live) bool { return s.View.Live(l.Address) == nil })
	return &seen, nil
}

// Only is [Session.See] of what must be one resource.
func (s *Session) Only(t testing.TB, m *plan.Manifest) plan.Live {
	t.Helper()
	o, err := s.See(t, m)
	require.NoError(t, err)
	require.Len(t, o.Resources, 1)
	return o.Resources[0]
}

// Look is [Session.See] for entries of [Authorizations]; it returns with that what is desired once names are resolved.
func (s *Session) Look(t testing.TB, entries ...string) (*providers.Observation, []plan.Desired) {
	t.Helper()
	m := Authorizations(t, entries...)
	o, err := s.See(t, m)
	require.NoError(t, err)
	desired, _ := s.provider.Expand(m)
	resolution, problems := s.provider.Resolve(desired, m, s.View.Catalogue())
	require.Empty(t, plan.Fatal(problems))
	return o, resolution.Desired
}

// Manual tells which parts of a change are left to a person, by what was seen last.
func (s *Session) Manual(before *plan.Live, after *plan.Desired) []plan.Manual {
	return s.provider.Manual(before, after, s.View)
}

// Cover is what a service has to read for a manifest.
func Cover(t testing.TB, provider providers.Provider, desired []plan.Desired, m *plan.Manifest) providers.Coverage {
	t.Helper()
	registry, err := providers.NewRegistry(provider)
	require.NoError(t, err)
	return registry.Cover(desired, m)
}
