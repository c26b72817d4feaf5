package engine_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// batching connects the rig so that items go together, and returns the sizes of the batches that are sent.
func (r *rig) batching(t require.TestingT, most int) *[]int {
	sizes, mu := &[]int{}, &sync.Mutex{}
	registry, err := providers.NewRegistry(memory.Provider{}, shelves{})
	require.NoError(t, err)
	r.engine = engine.New(registry, providers.Remotes{"memory": memory.Batching{
		Remote: memory.NewRemote(r.world), Most: most, Sent: func(size int) {
			mu.Lock()
			defer mu.Unlock()
			*sizes = append(*sizes, size)
		},
	}}, r.events.sink)
	return sizes
}

const fourItems = `{"boxes": [{"name": "a", "ownedBy": "pat", "items": {"north": ["reader", "writer"], "south": ["reader", "writer"]}}]}`

func sentItems(w *memory.World) (sent []string) {
	for _, c := range w.Writes() {
		sent = append(sent, c.Address.String())
	}
	return sent
}

func TestWhatIsReadyTogetherIsSentTogether(t *testing.T) {
	for most, want := range map[int][]int{250: {4}, 3: {3}, 2: {2, 2}} {
		r := setUp(t, memory.Seed{})
		sizes := r.batching(t, most)
		m := manifest(t, fourItems)
		report := r.apply(context.Background(), r.plan(t, m), engine.ApplyOptions{Parallelism: 1})
		require.True(t, report.Verified, "%v", report.Unverified)
		require.Equal(t, want, *sizes)
		require.Len(t, r.world.Writes(), 5)
		require.Zero(t, r.plan(t, m).Writes())
	}
}

func TestABatchThatFailsIsTakenApart(t *testing.T) {
	const bad = "item/a/south/reader"
	for _, action := range []memory.Operation{memory.Create, memory.Delete} {
		seed := memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}}}
		text := fourItems
		if action == memory.Delete {
			text = `{"boxes": [{"name": "a", "ownedBy": "pat", "items": {}}]}`
			for _, scope := range scopes {
				for _, kind := range []string{"reader", "writer"} {
					seed.Items = append(seed.Items, memory.Item{Box: "a", Scope: scope, Kind: kind})
				}
			}
		}
		r := setUp(t, seed)
		sizes := r.batching(t, 250)
		p := r.plan(t, manifest(t, text))
		require.Equal(t, 4, p.Writes(), "%v", changeAddresses(p.Changes))
		r.world.SetFaults(memory.Fault{Operation: action, Address: pattern(t, bad), Err: providers.ErrDenied})
		report := r.apply(context.Background(), p, engine.ApplyOptions{})
		require.Equal(t, []int{4}, *sizes)
		require.Len(t, report.Results, len(p.Changes))
		for _, result := range report.Results {
			if result.Address.String() == bad {
				require.Equal(t, engine.Failed, result.Outcome)
				require.ErrorIs(t, result.Err, providers.ErrDenied)
				continue
			}
			require.NotEqual(t, engine.Failed, result.Outcome, "%s: %v", result.Address, result.Err)
		}
		require.Len(t, r.events.of(engine.ChangeStarted), len(p.Changes), "each begins once")
		requireEvents(t, r.events, p, report)
	}
}

// TestAnInterruptedBatchIsNotTakenApart: what may have been made is told as such, and nothing more is sent.
func TestAnInterruptedBatchIsNotTakenApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}}})
		r.batching(t, 250)
		p := r.plan(t, manifest(t, fourItems))
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		r.world.SetHook(func(_ context.Context, c memory.Call) error {
			if c.Address.String() == "item/a/north/writer" {
				stop()
				return providers.ErrUnavailable
			}
			return nil
		})
		report := r.apply(ctx, p, engine.ApplyOptions{})
		require.Len(t, report.Results, len(p.Changes))
		for _, result := range report.Results {
			if result.Action == plan.Create {
				require.Equal(t, engine.Failed, result.Outcome, result.Address)
				require.ErrorIs(t, result.Err, providers.ErrUnavailable)
				require.Positive(t, result.Attempts)
			}
		}
		require.Equal(t, []string{"item/a/north/reader", "item/a/north/writer"}, sentItems(r.world))
	})
}
