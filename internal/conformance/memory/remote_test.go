package memory_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

func item(t testing.TB, text string, bindings map[string]string) plan.Resource {
	a := address(t, text)
	return plan.Resource{Address: a, Parent: memory.BoxAddress(a.Segments()[0].Text), Attributes: plan.Attributes{}, Bindings: bindings}
}

func TestCreateIsSafeToRepeatAndNeverAdopts(t *testing.T) {
	w := world(t, memory.Seed{})
	r := memory.NewRemote(w)
	id, err := r.Create(t.Context(), providers.Write{After: new(box("b", "pat"))})
	require.NoError(t, err)
	again, err := r.Create(t.Context(), providers.Write{After: new(box("b", "pat"))})
	require.NoError(t, err)
	assert.Equal(t, id, again)
	_, err = r.Create(t.Context(), providers.Write{After: new(box("b", "eve"))})
	assert.ErrorIs(t, err, providers.ErrConflict)
	require.NoError(t, w.PutItem(memory.Item{"b", "north", "reader"}))
	_, err = r.Create(t.Context(), providers.Write{After: new(box("b", "pat"))})
	assert.ErrorIs(t, err, providers.ErrConflict, "a box with items that nobody planned is not ours")
	assert.Equal(t, []string{"box/b", "item/b/north/reader"}, liveAddresses(w.Live()))
}

func TestItemsNeedTheIDsOfWhatTheyBuildOn(t *testing.T) {
	w := world(t, memory.Seed{})
	r := memory.NewRemote(w)
	boxID, err := r.Create(t.Context(), providers.Write{After: new(box("b", "pat"))})
	require.NoError(t, err)
	docID, err := r.Create(t.Context(), providers.Write{After: new(plan.Resource{Address: memory.DocAddress("own")})})
	require.NoError(t, err)
	it := item(t, "item/b/north/own", nil)
	_, err = r.Create(t.Context(), providers.Write{After: new(it), IDs: providers.IDs{memory.DocAddress("own"): docID}})
	assert.ErrorIs(t, err, providers.ErrInvalid)
	_, err = r.Create(t.Context(), providers.Write{After: new(it), IDs: providers.IDs{memory.BoxAddress("b"): "box-9999", memory.DocAddress("own"): docID}})
	assert.ErrorIs(t, err, providers.ErrNotFound)
	_, err = r.Create(t.Context(), providers.Write{After: new(it), IDs: providers.IDs{memory.BoxAddress("b"): boxID}})
	assert.ErrorIs(t, err, providers.ErrNotFound)
	_, err = r.Create(t.Context(), providers.Write{After: new(it), IDs: providers.IDs{memory.BoxAddress("b"): boxID, memory.DocAddress("own"): docID}})
	require.NoError(t, err)
	live := w.Live()
	require.Len(t, live, 3)
	assert.Equal(t, []addr.Address{memory.DocAddress("own")}, live[2].Uses)
	assert.ErrorIs(t, r.Delete(t.Context(), providers.Write{ID: docID, Before: new(plan.Resource{Address: memory.DocAddress("own")})}), providers.ErrConflict, "in use")
}

func TestUpdateSendsOnlyWhatDiffers(t *testing.T) {
	w := world(t, memory.Seed{Boxes: []memory.Box{{Name: "b", Owner: "pat", Label: "old", Tags: []string{"locked", "x"}}}})
	r := memory.NewRemote(w)
	before := w.Live()[0]
	after := plan.Resource{Address: before.Address, Attributes: plan.Attributes{
		"owner": plan.StringValue("pat"), "label": plan.StringValue("new"), "tags": plan.SetValue("y"),
	}}
	require.NoError(t, r.Update(t.Context(), providers.Write{ID: before.ID, Before: new(before.Resource), After: new(after)}))
	assert.Equal(t, []string{"label", "tags"}, w.Writes()[0].Attributes)
	now := w.Live()[0]
	assert.Equal(t, plan.StringValue("new"), now.Attributes["label"])
	assert.Equal(t, plan.SetValue("locked", "y"), now.Attributes["tags"])
	assert.ErrorIs(t, r.Update(t.Context(), providers.Write{ID: "box-9999", Before: new(before.Resource), After: new(after)}), providers.ErrNotFound)
	assert.ErrorIs(t, r.Delete(t.Context(), providers.Write{ID: before.ID, Before: new(before.Resource)}), providers.ErrConflict, "locked")
}

func TestDeleteOfWhatIsGoneIsDone(t *testing.T) {
	w := world(t, memory.Seed{Boxes: []memory.Box{{Name: "b", Owner: "pat"}}, Items: []memory.Item{{"b", "north", "reader"}, {"b", "south", "reader"}}})
	r := memory.NewRemote(w)
	live := w.Live()
	ids := providers.IDs{live[0].Address: live[0].ID}
	for range 2 {
		require.NoError(t, r.Delete(t.Context(), providers.Write{Before: new(live[1].Resource), IDs: ids}))
		assert.Equal(t, []string{"box/b", "item/b/south/reader"}, liveAddresses(w.Live()))
	}
	assert.ErrorIs(t, r.Delete(t.Context(), providers.Write{Before: new(live[2].Resource)}), providers.ErrInvalid, "the id of the box is missing")
	for range 2 {
		require.NoError(t, r.Delete(t.Context(), providers.Write{ID: live[0].ID, Before: new(live[0].Resource)}))
		assert.Empty(t, w.Live(), "items go with their box")
	}
	require.NoError(t, w.PutBox(memory.Box{Name: "b", Owner: "eve"}))
	require.NoError(t, r.Delete(t.Context(), providers.Write{ID: live[0].ID, Before: new(live[0].Resource)}))
	assert.Equal(t, []string{"box/b"}, liveAddresses(w.Live()), "a box of that name that is another one stays")
}

func TestObserveShowsWritesAfterTheLag(t *testing.T) {
	w := world(t, memory.Seed{Boxes: []memory.Box{{Name: "old", Owner: "pat"}}})
	r := memory.NewRemote(w)
	w.SetLag(2)
	_, err := r.Create(t.Context(), providers.Write{After: new(box("new", "pat"))})
	require.NoError(t, err)
	old := w.Live()[1]
	require.NoError(t, r.Delete(t.Context(), providers.Write{ID: old.ID, Before: new(old.Resource)}))
	assert.Equal(t, []string{"box/new"}, liveAddresses(w.Live()))
	assert.Equal(t, []string{"box/old"}, liveAddresses(observe(t, w).Resources))
	assert.Equal(t, []string{"box/old"}, liveAddresses(observe(t, w).Resources))
	assert.Equal(t, []string{"box/new"}, liveAddresses(observe(t, w).Resources))
}

func TestObserveOnlyCoversWhatWasAskedFor(t *testing.T) {
	w := world(t, memory.Seed{
		Boxes: []memory.Box{{Name: "a", Owner: "pat", Unreadable: []string{"label"}}, {Name: "b", Owner: "pat"}},
		Items: []memory.Item{{"a", "north", "reader"}, {"b", "north", "reader"}}, NotRead: []plan.NotRead{{Subject: "lids", Reason: "no call for them"}},
	})
	only := []addr.Address{memory.BoxAddress("a"), memory.BoxAddress("gone")}
	o, err := memory.NewRemote(w).Observe(t.Context(), providers.ObserveRequest{Only: only})
	require.NoError(t, err)
	assert.Equal(t, []string{"box/a", "item/a/north/reader"}, liveAddresses(o.Resources), "a root is read with its items")
	assert.Equal(t, []addr.Pattern{pattern(t, "box/a"), pattern(t, "item/a/**"), pattern(t, "box/gone"), pattern(t, "item/gone/**")}, o.Coverage)
	assert.NotContains(t, o.Resources[0].Attributes, "label")
	assert.Equal(t, w.Account(), o.Account)
	assert.Len(t, o.NotRead, 1)
	o, err = memory.NewRemote(w).Observe(t.Context(), providers.ObserveRequest{Only: []addr.Address{}})
	require.NoError(t, err)
	assert.Empty(t, o.Resources, "an empty list is not nil")
	full := &plan.Snapshot{Coverage: observe(t, w).Coverage}
	for _, l := range w.Live() {
		assert.True(t, full.Covers(l.Address), l.Address)
	}
	assert.Equal(t, only, w.Calls()[0].Only)
}

func TestFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		fault memory.Fault
		fails []bool // of three creates: x, y, z
		live  []string
	}{
		"the second create":            {memory.Fault{Operation: memory.Create, Nth: 2, Err: providers.ErrThrottled}, []bool{false, true, false}, []string{"box/x", "box/z"}},
		"one address":                  {memory.Fault{Address: pattern(t, "box/z")}, []bool{false, false, true}, []string{"box/x", "box/y"}},
		"every call":                   {memory.Fault{Err: providers.ErrUnavailable}, []bool{true, true, true}, []string{}},
		"after the change took effect": {memory.Fault{Address: pattern(t, "box/y"), Err: providers.ErrUnavailable, After: true}, []bool{false, true, false}, []string{"box/x", "box/y", "box/z"}},
		"another operation":            {memory.Fault{Operation: memory.Delete}, []bool{false, false, false}, []string{"box/x", "box/y", "box/z"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t, memory.Seed{})
			w.SetFaults(tc.fault)
			for i, n := range []string{"x", "y", "z"} {
				id, err := memory.NewRemote(w).Create(t.Context(), providers.Write{After: new(box(n, "pat"))})
				if !tc.fails[i] {
					require.NoError(t, err)
					continue
				}
				require.Error(t, err)
				assert.Empty(t, id)
				if tc.fault.Err != nil {
					assert.ErrorIs(t, err, tc.fault.Err)
				}
				var call *providers.CallError
				require.ErrorAs(t, err, &call)
				assert.Equal(t, "create box/"+n, call.Operation)
				assert.NotEmpty(t, call.RequestID)
			}
			assert.Equal(t, tc.live, liveAddresses(w.Live()))
		})
	}
}

func TestAFailedObservationGivesNothing(t *testing.T) {
	w := world(t, memory.Seed{})
	w.SetFaults(memory.Fault{Operation: memory.Observe, Nth: 1, Err: providers.ErrDenied})
	o, err := memory.NewRemote(w).Observe(t.Context(), providers.ObserveRequest{})
	assert.Nil(t, o)
	assert.ErrorIs(t, err, providers.ErrDenied)
	observe(t, w)
}

func TestAHookDecidesWhatRunsTogetherAndEndsWithTheContext(t *testing.T) {
	w := world(t, memory.Seed{})
	r := memory.NewRemote(w)
	var both sync.WaitGroup
	both.Add(2)
	w.SetHook(func(context.Context, memory.Call) error { both.Done(); both.Wait(); return nil })
	var wg sync.WaitGroup
	for _, name := range []string{"x", "y"} {
		wg.Go(func() { _, _ = r.Create(t.Context(), providers.Write{After: new(box(name, "pat"))}) })
	}
	wg.Wait()
	calls := w.Calls()
	require.Len(t, calls, 2)
	assert.Less(t, calls[1].Started, calls[0].Finished, "both ran at once")
	assert.Less(t, calls[0].Started, calls[1].Finished, "both ran at once")

	ctx, cancel := context.WithCancel(t.Context())
	w.SetHook(func(ctx context.Context, _ memory.Call) error { cancel(); <-ctx.Done(); return ctx.Err() })
	_, err := r.Create(ctx, providers.Write{After: new(box("z", "pat"))})
	require.ErrorIs(t, err, context.Canceled)
	w.SetHook(nil)
	_, err = r.Create(ctx, providers.Write{After: new(box("z", "pat"))})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []string{"box/x", "box/y"}, liveAddresses(w.Live()))
	assert.False(t, w.Writes()[2].Changed)
}

func TestCallsCountAttempts(t *testing.T) {
	w := world(t, memory.Seed{})
	attempts, x := &providers.Attempts{}, box("x", "pat")
	_, err := memory.NewRemote(w).Create(t.Context(), providers.Write{After: &x, Attempts: attempts})
	require.NoError(t, err)
	assert.Equal(t, 1, attempts.Count())
}

func TestASeedThatCannotExistIsRefused(t *testing.T) {
	for name, seed := range map[string]memory.Seed{
		"a box without an owner":      {Boxes: []memory.Box{{Name: "a"}}},
		"a box with a star":           {Boxes: []memory.Box{{Name: "*", Owner: "pat"}}},
		"a config that is no mapping": {Boxes: []memory.Box{{Name: "a", Owner: "pat", Config: "[]"}}},
		"an item of an unknown kind":  {Scopes: []string{"s"}, Boxes: []memory.Box{{Name: "a", Owner: "pat"}}, Items: []memory.Item{{"a", "s", "k"}}},
		"an item of no box":           {Scopes: []string{"s"}, Kinds: []memory.Kind{{ID: "k", Name: "k"}}, Items: []memory.Item{{"a", "s", "k"}}},
		"a doc with a kind's name":    {Kinds: []memory.Kind{{ID: "k", Name: "k"}}, Docs: []memory.Doc{{Name: "k"}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := memory.NewWorld(seed)
			assert.True(t, errors.Is(err, memory.ErrBadSeed), "%v", err)
		})
	}
}

func TestChangesByHandAreSeenAtOnce(t *testing.T) {
	w := world(t, memory.Seed{
		Docs:  []memory.Doc{{Name: "own"}, {Name: "other"}},
		Boxes: []memory.Box{{Name: "a", Owner: "pat"}, {Name: "b", Owner: "pat"}},
		Items: []memory.Item{{"a", "north", "own"}, {"a", "north", "reader"}, {"b", "north", "own"}, {"b", "south", "other"}},
	})
	w.SetLag(9)
	require.NoError(t, w.RemoveItem(memory.Item{"a", "north", "reader"}))
	assert.NotContains(t, liveAddresses(observe(t, w).Resources), "item/a/north/reader")
	w.RemoveDoc("own")
	assert.Equal(t, []string{"box/a", "box/b", "doc/other", "item/b/south/other"}, liveAddresses(observe(t, w).Resources))
	w.RemoveBox("b")
	w.RemoveBox("b")
	w.RemoveDoc("own")
	assert.ErrorIs(t, w.RemoveItem(memory.Item{"a", "north", "own"}), memory.ErrBadSeed, "its kind is gone")
	require.NoError(t, w.PutBox(memory.Box{Name: "a", Owner: "eve"}))
	require.NoError(t, w.PutDoc(memory.Doc{Name: "other", Deny: []string{"x"}}))
	o := observe(t, w)
	assert.Equal(t, []string{"box/a", "doc/other"}, liveAddresses(o.Resources))
	assert.Equal(t, plan.StringValue("eve"), o.Resources[0].Attributes["owner"])
	assert.Equal(t, plan.SetValue("x"), o.Resources[1].Attributes["deny"])
	assert.Len(t, w.Calls(), 3, "only observations are calls")
}
