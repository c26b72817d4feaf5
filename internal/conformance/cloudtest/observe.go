package cloudtest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// Observe reads for a manifest, as a new run of the program.
func Observe(t testing.TB, provider providers.Provider, remote providers.Remote, m *plan.Manifest) (*providers.Observation, error) {
	t.Helper()
	desired, problems := provider.Expand(m)
	require.Empty(t, plan.Fatal(problems))
	return remote.Observe(providers.WithScope(context.Background()), providers.ObserveRequest{Manifest: m, Desired: desired})
}

// Only is [Observe] of what must be one resource.
func Only(t testing.TB, provider providers.Provider, remote providers.Remote, m *plan.Manifest) plan.Live {
	t.Helper()
	o, err := Observe(t, provider, remote, m)
	require.NoError(t, err)
	require.Len(t, o.Resources, 1)
	return o.Resources[0]
}

// Look observes for entries of [Authorizations] and returns with that what is desired once names are resolved.
func Look(t testing.TB, provider providers.Provider, remote providers.Remote, entries ...string) (*providers.Observation, []plan.Desired) {
	t.Helper()
	m := Authorizations(t, entries...)
	desired, problems := provider.Expand(m)
	require.Empty(t, plan.Fatal(problems))
	o, err := remote.Observe(t.Context(), providers.ObserveRequest{Manifest: m, Desired: desired})
	require.NoError(t, err)
	resolution, problems := provider.Resolve(desired, m, plan.NewCatalogue(o.Entries...))
	require.Empty(t, plan.Fatal(problems))
	return o, resolution.Desired
}
