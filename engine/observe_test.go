package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// running is a Remote that begins a run with every observation of everything, and holds every other call to the latest one.
type running struct {
	providers.Remote
	t        *testing.T
	run      *string
	lists    []*providers.Lists
	coverage []providers.Coverage
	looks    int
}

func (r *running) Observe(ctx context.Context, request providers.ObserveRequest) (*providers.Observation, error) {
	if request.Only == nil {
		assert.Nil(r.t, request.Run)
		r.run = new("a run")
	} else {
		assert.Same(r.t, r.run, request.Run)
		r.looks++
	}
	r.lists, r.coverage = append(r.lists, request.Lists), append(r.coverage, request.Coverage)
	o, err := r.Remote.Observe(ctx, request)
	if err == nil {
		o.Run = r.run
	}
	return o, err
}

func (r *running) Create(ctx context.Context, w providers.Write) (string, error) {
	assert.Same(r.t, r.run, w.Run)
	assert.NotNil(r.t, w.View.Live(memory.BoxAddress("old")))
	assert.True(r.t, w.View.Wants(memory.BoxAddress("new")))
	assert.NotNil(r.t, w.Stop)
	return r.Remote.Create(ctx, w)
}

func (r *running) Delete(ctx context.Context, w providers.Write) error {
	assert.Same(r.t, r.run, w.Run)
	assert.True(r.t, w.View.Removes(memory.BoxAddress("old")))
	return r.Remote.Delete(ctx, w)
}

func TestARunReachesFromTheObservationToTheLastLook(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "old", Owner: "pat"}}})
	remote := &running{Remote: memory.NewRemote(r.world), t: t}
	registry, err := providers.NewRegistry(memory.Provider{})
	require.NoError(t, err)
	e := engine.New(registry, providers.Remotes{"memory": remote}, nil)
	m := manifest(t, `{"boxes": [{"name": "old", "state": "absent"}, {"name": "new", "ownedBy": "pat"}]}`)
	planned, err := e.Plan(t.Context(), m, engine.PlanOptions{})
	require.NoError(t, err)
	require.True(t, e.Apply(t.Context(), planned, engine.ApplyOptions{}).OK())
	assert.Equal(t, 2, remote.looks, "before the first write and after the last")
	assert.Len(t, r.world.Writes(), 2)

	for _, seed := range []string{"old", "new"} {
		r.world.RemoveBox(seed)
	}
	require.NoError(t, r.world.PutBox(memory.Box{Name: "old", Owner: "pat"}))
	planned, err = e.Plan(t.Context(), m, engine.PlanOptions{})
	require.NoError(t, err)
	saved, err := planned.Save(e.Program("v1.2.3"))
	require.NoError(t, err)
	checked, err := e.Recheck(t.Context(), saved, plan.Caller{})
	require.NoError(t, err)
	require.True(t, e.ApplyRest(t.Context(), saved, checked, engine.ApplyOptions{}).OK())
	assert.Equal(t, 4, remote.looks, "the second check began the run of what is left")
	for i := range remote.coverage {
		assert.Equal(t, remote.coverage[0], remote.coverage[i], "a saved plan covers what its manifest did")
		for j := range i {
			assert.NotSame(t, remote.lists[j], remote.lists[i], "lists are of one observation")
		}
	}
}

func TestTheManifestsPlacesStandBeforeWhatIsAboutTheirRootsOnce(t *testing.T) {
	r := setUp(t, memory.Seed{})
	m := manifest(t, `{"shelves": [{"name": "s"}, {"name": "t"}, {"name": "u"}]}`)
	shelf := func(name string) addr.Address { return addr.New("shelf", addr.Plain(name)) }
	about := &providers.RootError{Roots: []addr.Address{shelf("u"), shelf("t")}, Err: errors.New("no such wall")}
	again := &providers.RootError{Roots: []addr.Address{shelf("t"), shelf("u")}, Err: errors.New("no such wall")}
	at := func(i int) string { return m.Sections["shelves"][i].At.String() + ": no such wall" }
	for text, err := range map[string]error{
		"shelves: " + at(1) + "\n" + at(2):                    about,
		"shelves: " + at(1) + "\n" + at(2) + "\nno such room": errors.Join(about, again, errors.New("no such room")),
		"shelves: no such door":                               &providers.RootError{Roots: []addr.Address{shelf("x")}, Err: errors.New("no such door")},
	} {
		_, got := r.withShelves(t, seen{err: err}).Plan(t.Context(), m, engine.PlanOptions{})
		require.ErrorIs(t, got, engine.ErrUnreadable)
		require.ErrorIs(t, got, errors.Unwrap(errorIn(err)))
		assert.Equal(t, engine.ErrUnreadable.Error()+": "+text, got.Error())
	}
}

func errorIn(err error) (about *providers.RootError) {
	errors.As(err, &about)
	return about
}

// thinning is memory's provider, but that of one box nothing is its own.
type thinning struct{ memory.Provider }

func (thinning) Complete(view *plan.View) providers.Completion {
	if box := memory.BoxAddress("a"); view.Live(box) != nil && view.Removes(box) {
		return providers.Completion{Gone: []addr.Address{box}}
	}
	return providers.Completion{}
}

func TestATombstoneOfWhatIsGoneIsDone(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}, {Name: "b", Owner: "pat"}}})
	registry, err := providers.NewRegistry(thinning{})
	require.NoError(t, err)
	e := engine.New(registry, providers.Remotes{"memory": memory.NewRemote(r.world)}, nil)
	m := manifest(t, `{"boxes": [{"name": "a", "state": "absent"}, {"name": "b", "state": "absent"}]}`)
	planned, err := e.Plan(t.Context(), m, engine.PlanOptions{})
	require.NoError(t, err)
	assert.Equal(t, []string{"delete box/b"}, changeAddresses(planned.Plan.Changes))

	saved := r.saved(t, m, engine.PlanOptions{})
	require.Equal(t, []string{"delete box/a", "delete box/b"}, changeAddresses(saved.Plan.Changes))
	checked, err := e.Recheck(t.Context(), saved, plan.Caller{})
	require.NoError(t, err)
	require.Empty(t, checked.Problems)
	assert.Equal(t, []string{"delete box/b"}, changeAddresses(checked.Plan.Changes))

	planned, err = e.Plan(t.Context(), manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat"}]}`), engine.PlanOptions{})
	require.NoError(t, err)
	assert.True(t, planned.Plan.Empty(), "what is wanted is there")
}

func TestEveryServiceSaysWhatItDidNotCover(t *testing.T) {
	r := setUp(t, memory.Seed{NotRead: []plan.NotRead{{Subject: "lids", Reason: "r"}, {Subject: "lids", Reason: "r", Regions: []string{"north"}}}})
	m := manifest(t, "{}")
	observed, err := r.engine.Observe(t.Context(), m, nil)
	require.NoError(t, err)
	assert.Equal(t, []plan.NotRead{
		{Subject: "lids", Reason: "r"}, {Subject: "lids", Reason: "r", Regions: []string{"north"}}, {Subject: "shelf", Reason: "no entry mentions it"},
	}, observed.Snapshot.NotRead)
	e := r.withShelves(t, seen{observation: &providers.Observation{
		Coverage: []addr.Pattern{pattern(t, "shelf/*")}, NotRead: []plan.NotRead{{Subject: "lids", Reason: "r", Regions: []string{"north"}}},
	}})
	observed, err = e.Observe(t.Context(), m, nil)
	require.NoError(t, err)
	assert.Equal(t, []plan.NotRead{{Subject: "lids", Reason: "r"}, {Subject: "lids", Reason: "r", Regions: []string{"north"}}}, observed.Snapshot.NotRead,
		"each once")
}
