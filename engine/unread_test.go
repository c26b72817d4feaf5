package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// narrowing is a remote that reads no more items once something was written.
type narrowing struct {
	providers.Remote
	world *memory.World
}

func (n narrowing) Observe(ctx context.Context, request providers.ObserveRequest) (*providers.Observation, error) {
	o, err := n.Remote.Observe(ctx, request)
	if err == nil && len(n.world.Writes()) > 0 {
		o.Coverage = slices.DeleteFunc(slices.Clone(o.Coverage), func(p addr.Pattern) bool { return strings.HasPrefix(p.String(), "item/") })
		o.Resources = slices.DeleteFunc(slices.Clone(o.Resources), func(l plan.Live) bool { return l.Address.Type() == "item" })
	}
	return o, err
}

func TestWhatIsNotReadAnyMoreIsNotVerified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{
			Boxes: []memory.Box{{Name: "a", Owner: "p", Tags: []string{"x"}}},
			Items: []memory.Item{{Box: "a", Scope: "north", Kind: "reader"}},
		})
		p := r.plan(t, manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p", "tags": ["y"], "items": {"north": ["reader"]}}]}`))
		require.Equal(t, []string{"update box/a"}, changeAddresses(p.Changes))
		registry, err := providers.NewRegistry(memory.Provider{}, shelves{})
		require.NoError(t, err)
		e := engine.New(registry, providers.Remotes{"memory": narrowing{memory.NewRemote(r.world), r.world}}, r.events.sink)
		report := e.Apply(t.Context(), r.planned[p], engine.ApplyOptions{})
		require.Len(t, report.Unverified, 1)
		assert.Equal(t, "item", report.Unverified[0].Address.Type())
		assert.Equal(t, "it was not read"+undone, report.Unverified[0].Reason)
	})
}
