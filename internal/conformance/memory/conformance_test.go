package memory_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// owned makes a manifest that owns all boxes and docs but what the world itself brings along.
func owned(t testing.TB, sections string) *plan.Manifest {
	t.Helper()
	return conformance.Manifest(t, `{"ownership": {"include": ["box/*", "doc/*"], "exclude": ["box/stranger*"], "prune": true},
		"guardrails": {"trustedOwners": ["pat", "eve"]}`+sections+`}`)
}

func suite(t testing.TB) conformance.Suite {
	return conformance.Suite{
		Provider: memory.Provider{},
		States: []conformance.State{
			{Name: "nothing", Manifest: owned(t, "")},
			{Name: "the least", Manifest: owned(t, `, "boxes": [{"name": "a", "ownedBy": "pat"}], "docs": [{"name": "d"}]`)},
			{Name: "everything", Manifest: owned(t, `,
				"boxes": [
					{"name": "a", "ownedBy": "pat", "life": "20d", "label": "l", "tags": ["x", "y"], "config": {"z": [1, 2.5, true, null], "a": {"b": "c"}},
						"note": "told once", "items": {"north": ["reader", "d", "custom:twin"], "south": ["system:twin", "id:k-write"]}},
					{"name": "b 1.x-y_z", "ownedBy": "eve", "dependsOn": ["box/a"], "items": {"south": ["e"]}},
					{"name": "c", "ownedBy": "eve", "items": {"south": ["stopper"]}}],
				"docs": [{"name": "d", "allow": ["x", "y*"], "deny": ["z"]}, {"name": "e"}]`)},
			{Name: "changed", Manifest: owned(t, `,
				"boxes": [
					{"name": "a", "ownedBy": "eve", "label": "", "tags": ["y"], "config": {}, "items": {"north": ["writer"], "south": ["e"]}},
					{"name": "b 1.x-y_z", "ownedBy": "eve", "label": "new", "items": {"south": ["reader"], "north": ["e"]}},
					{"name": "c", "state": "absent"}, {"name": "never there", "state": "absent"}],
				"docs": [{"name": "d", "deny": ["x"]}, {"name": "e", "allow": ["more"]}]`)},
			{Name: "locked", Manifest: owned(t, `,
				"boxes": [{"name": "a", "ownedBy": "pat", "tags": ["locked", "x"], "items": {"north": ["reader"]}}]`)},
		},
		New: newConformanceWorld,
	}
}

func TestConformance(t *testing.T) { conformance.Run(t, suite(t)) }

func newConformanceWorld(t testing.TB) conformance.World {
	w := world(t, memory.Seed{
		Kinds: []memory.Kind{
			{ID: "k-1", Name: "twin", Allow: []string{"one"}}, {ID: "k-2", Name: "twin", Qualifier: "custom"}, {ID: "k-stop", Name: "stopper", Deny: []string{"write"}},
		},
		Boxes: []memory.Box{{Name: "stranger", Owner: "eve"}, {Name: "stranger made", Owner: "eve", ServiceMade: true}},
		Items: []memory.Item{{Box: "stranger", Scope: "north", Kind: "reader"}, {Box: "stranger made", Scope: "north", Kind: "writer"}},
	})
	remote := &forgetful{Remote: memory.NewRemote(w)}
	return conformance.World{
		Connect: func() providers.Remote { return remote },
		SetHook: func(hook conformance.Hook) { w.SetHook(remote.ending(hook)) },
		ByHand: []conformance.Drift{
			{Name: "somebody adds an item", In: "everything", Want: []string{"delete item/a/south/reader"}, Make: func(t testing.TB) {
				require.NoError(t, w.PutItem(memory.Item{Box: "a", Scope: "south", Kind: "reader"}))
			}},
			{Name: "somebody removes a box", In: "everything", Want: []string{"create box/c", "create item/c/south/stopper"}, Make: func(testing.TB) {
				w.RemoveBox("c")
			}},
			{Name: "somebody hands a box over", In: "the least", Want: []string{"update box/a"}, Make: func(t testing.TB) {
				require.NoError(t, w.PutBox(memory.Box{Name: "a", Owner: "mallory"}))
			}},
			{Name: "somebody changes a doc", In: "the least", Want: []string{"update doc/d"}, Make: func(t testing.TB) {
				require.NoError(t, w.PutDoc(memory.Doc{Name: "d", Allow: []string{"all"}}))
			}},
			{Name: "somebody locks a box", In: "changed", Want: []string{"manual box/a"}, Make: func(t testing.TB) {
				require.NoError(t, w.PutBox(memory.Box{Name: "a", Owner: "eve", Tags: []string{"locked", "y"}}))
			}},
			{Name: "somebody locks a box and changes it", In: "changed", Want: []string{"update box/a"}, Make: func(t testing.TB) {
				require.NoError(t, w.PutBox(memory.Box{Name: "a", Owner: "eve", Tags: []string{"locked"}, Label: "other"}))
			}},
			{Name: "somebody changes what cannot be read", In: "changed", Make: func(t testing.TB) {
				require.NoError(t, w.PutBox(memory.Box{Name: "a", Owner: "eve", Tags: []string{"y"}, Label: "other", Unreadable: []string{"label", "config"}}))
			}},
			{Name: "somebody makes a stranger", In: "nothing", Make: func(t testing.TB) {
				require.NoError(t, w.PutBox(memory.Box{Name: "stranger too", Owner: "mallory"}))
			}},
		},
	}
}

// forgetful is a Remote whose answers can get lost.
type forgetful struct {
	providers.Remote
	mu   sync.Mutex
	lost map[addr.Address]bool
}

// ending translates the suite's hook into one of a world.
func (f *forgetful) ending(hook conformance.Hook) memory.Hook {
	return func(ctx context.Context, c memory.Call) error {
		outcome := hook(ctx, conformance.Call{Name: string(c.Operation), Write: c.Operation.Writes()})
		if err := ctx.Err(); err != nil {
			return providers.ContextError(ctx, err)
		}
		switch outcome {
		case conformance.Pass:
		case conformance.Fail:
			return providers.ErrUnavailable
		case conformance.Refuse:
			return providers.ErrDenied
		case conformance.Miss:
			return providers.ErrNotFound
		case conformance.Lose:
			f.mu.Lock()
			defer f.mu.Unlock()
			f.lost = map[addr.Address]bool{c.Address: true}
		}
		return nil
	}
}

// answer is the error that the caller sees of a call that ended with err.
func (f *forgetful) answer(a addr.Address, err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if lost := f.lost[a]; !lost || err != nil {
		return err
	}
	delete(f.lost, a)
	return &providers.CallError{Kind: providers.ErrUnavailable, Operation: "answer about " + a.String(), Service: "memory"}
}

func (f *forgetful) Create(ctx context.Context, w providers.Write) (string, error) {
	id, err := f.Remote.Create(ctx, w)
	return id, f.answer(w.After.Address, err)
}

func (f *forgetful) Update(ctx context.Context, w providers.Write) error {
	return f.answer(w.After.Address, f.Remote.Update(ctx, w))
}

func (f *forgetful) Delete(ctx context.Context, w providers.Write) error {
	return f.answer(w.Before.Address, f.Remote.Delete(ctx, w))
}
