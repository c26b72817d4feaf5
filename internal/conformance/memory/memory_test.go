package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/internal/conformance"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// manifest makes a manifest of JSON; see [conformance.Manifest].
func manifest(t testing.TB, text string) *plan.Manifest {
	t.Helper()
	return conformance.Manifest(t, text)
}

func world(t testing.TB, seed memory.Seed) *memory.World {
	t.Helper()
	seed.Account = plan.Account{Name: "example-co", ID: "0001"}
	seed.Scopes = append(seed.Scopes, "north", "south")
	seed.Kinds = append(seed.Kinds, memory.Kind{ID: "k-read", Name: "reader", Allow: []string{"read"}}, memory.Kind{ID: "k-write", Name: "writer", Allow: []string{"read", "write"}})
	w, err := memory.NewWorld(seed)
	require.NoError(t, err)
	return w
}

func addresses[T any](list []T, of func(T) addr.Address) []string {
	texts := []string{}
	for _, item := range list {
		texts = append(texts, of(item).String())
	}
	return texts
}

func liveAddresses(list []plan.Live) []string {
	return addresses(list, func(l plan.Live) addr.Address { return l.Address })
}

func desiredAddresses(list []plan.Desired) []string {
	return addresses(list, func(d plan.Desired) addr.Address { return d.Address })
}

func summaries(problems []plan.Problem) []string {
	var all []string
	for _, p := range problems {
		all = append(all, p.Summary)
	}
	return all
}

func address(t testing.TB, text string) addr.Address {
	t.Helper()
	a, err := addr.Parse(text)
	require.NoError(t, err)
	return a
}

func pattern(t testing.TB, text string) addr.Pattern {
	t.Helper()
	p, err := addr.ParsePattern(text)
	require.NoError(t, err)
	return p
}

func box(name, owner string) plan.Resource {
	return plan.Resource{Address: memory.BoxAddress(name), Attributes: plan.Attributes{memory.AttributeOwner: plan.StringValue(owner)}}
}

func observe(t testing.TB, w *memory.World) *providers.Observation {
	t.Helper()
	o, err := memory.NewRemote(w).Observe(t.Context(), providers.ObserveRequest{})
	require.NoError(t, err)
	return o
}
