package engine_test

import (
	"context"
	"slices"
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

// busyWorld needs a change of every sort to become what busyManifest asks for.
func busyWorld() memory.Seed {
	return memory.Seed{
		Docs: []memory.Doc{{Name: "kept", Allow: []string{"x"}}, {Name: "spare", Allow: []string{"y"}}},
		Boxes: []memory.Box{
			{Name: "stays", Owner: "pat", Label: "old"}, {Name: "handed", Owner: "pat"}, {Name: "retired", Owner: "pat"}, {Name: "theirs", Owner: "eve"},
		},
		Items: []memory.Item{
			{Box: "stays", Scope: "north", Kind: "reader"}, {Box: "stays", Scope: "south", Kind: "spare"}, {Box: "handed", Scope: "north", Kind: "writer"},
			{Box: "retired", Scope: "north", Kind: "spare"}, {Box: "stays", Scope: "north", Kind: "kept"},
		},
	}
}

const busyManifest = `{
	"boxes": [
		{"name": "stays", "ownedBy": "pat", "label": "new", "note": "told once", "items": {"north": ["writer", "kept"]}},
		{"name": "handed", "ownedBy": "eve", "items": {"north": ["reader"]}},
		{"name": "retired", "state": "absent"},
		{"name": "first", "ownedBy": "pat", "config": {"a": 1}, "items": {"north": ["made"], "south": ["stopper", "reader"]}},
		{"name": "second", "ownedBy": "pat", "dependsOn": ["box/first"]}],
	"docs": [
		{"name": "kept", "allow": ["x", "z"]}, {"name": "spare", "state": "absent"}, {"name": "made", "allow": ["q"]}]}`

func TestApplyThenPlanAgainIsEmpty(t *testing.T) {
	r := setUp(t, busyWorld())
	m := manifest(t, busyManifest)
	p := r.plan(t, m)
	require.Positive(t, p.Summary.Create)
	require.Positive(t, p.Summary.Update)
	require.Positive(t, p.Summary.Delete)
	report := r.apply(t.Context(), p, engine.ApplyOptions{})
	assert.True(t, report.OK(), "%v %v", outcomes(report), report.Unverified)
	assert.True(t, report.Verified)
	assert.True(t, report.Sent())
	assert.Equal(t, account, report.Account)
	assert.Equal(t, len(p.Changes), report.Count(engine.Applied))
	for i, result := range report.Results {
		assert.Equal(t, p.Changes[i].Address, result.Address, "results stand in plan order")
		assert.Equal(t, p.Changes[i].Action, result.Action)
		assert.Equal(t, 1, result.Attempts)
	}
	again := r.plan(t, m)
	assert.True(t, again.Empty(), "%v", changeAddresses(again.Changes))
	r.world.ForgetCalls()
	report = r.apply(t.Context(), again, engine.ApplyOptions{})
	assert.True(t, report.OK())
	assert.False(t, report.Sent())
	assert.Empty(t, r.world.Calls(), "nothing to do, nothing to verify")
}

func TestEveryWriteWaitsForWhatItRunsAfter(t *testing.T) {
	r := setUp(t, busyWorld())
	m := manifest(t, busyManifest)
	p := r.plan(t, m)
	require.True(t, r.apply(t.Context(), p, engine.ApplyOptions{Parallelism: 8}).OK())
	edges := requireOrder(t, r.world, p)
	assert.Greater(t, edges, 5, "the plan is not trivial")
}

// requireOrder checks by the world's clock that every call began after the ones it waits for had ended, and returns how
// many edges that were.
func requireOrder(t require.TestingT, w *memory.World, p *plan.Plan) (edges int) {
	calls := map[addr.Address]memory.Call{}
	for _, c := range w.Writes() {
		calls[c.Address] = c
	}
	for _, c := range p.Changes {
		for _, a := range slices.Concat(c.DependsOn, c.RunsAfter) {
			later, sent := calls[c.Address]
			earlier, sentToo := calls[a]
			if sent && sentToo {
				require.Less(t, earlier.Finished, later.Started, "%s runs after %s", c.Address, a)
				edges++
			}
		}
	}
	return edges
}

func TestOneAtATimeIsPlanOrder(t *testing.T) {
	r := setUp(t, memory.Seed{})
	m := manifest(t, `{"boxes": [
		{"name": "a", "ownedBy": "p"}, {"name": "b", "ownedBy": "p"}, {"name": "c", "ownedBy": "p", "dependsOn": ["box/b"]}, {"name": "d", "ownedBy": "p", "dependsOn": ["box/a"]}]}`)
	require.True(t, r.apply(t.Context(), r.plan(t, m), engine.ApplyOptions{Parallelism: 1}).OK())
	var started []string
	for _, c := range r.world.Writes() {
		started = append(started, c.Address.String())
	}
	assert.Equal(t, []string{"box/a", "box/b", "box/c", "box/d"}, started, "box/d was free before box/c, and still comes after it")
}

func TestEveryChangeHasItsEventsOneAtATime(t *testing.T) {
	r := setUp(t, busyWorld())
	m := manifest(t, busyManifest)
	m.Ownership.Protect = []addr.Pattern{pattern(t, "box/retired")}
	p := r.plan(t, m)
	r.world.SetFaults(memory.Fault{Address: pattern(t, "box/first")})
	report := r.apply(t.Context(), p, engine.ApplyOptions{Parallelism: 8})
	require.Positive(t, report.Count(engine.Failed))
	require.Positive(t, report.Count(engine.Skipped))
	require.Positive(t, report.Count(engine.Blocked))
	requireEvents(t, r.events, p, report)
	sent := r.events.of(engine.ChangeStarted)
	assert.Len(t, sent, report.Count(engine.Applied)+report.Count(engine.Failed))
	assert.Len(t, r.events.of(engine.ObserveStarted), 2, "for the plan, and before the first write")
	assert.Len(t, r.events.of(engine.ObserveFinished), 2)
	assert.Len(t, r.events.of(engine.ConfirmStarted), 1, "one change of trust")
	require.Len(t, r.events.of(engine.VerifyStarted), 1)
	assert.Equal(t, report.Count(engine.Applied), r.events.of(engine.VerifyStarted)[0].Total)
	require.Len(t, r.events.of(engine.VerifyFinished), 1)
	assert.Equal(t, report.Count(engine.Applied), r.events.of(engine.VerifyFinished)[0].Done)
}

// requireEvents checks that each change finished exactly once, with the result of the report, and never concurrently.
func requireEvents(t require.TestingT, events *recorder, p *plan.Plan, report *engine.Report) {
	require.False(t, events.overlapped.Load(), "events came concurrently")
	finished := events.of(engine.ChangeFinished)
	require.Len(t, finished, len(p.Changes))
	byAddress := map[addr.Address]engine.Result{}
	done := 0
	for _, e := range finished {
		if e.Change.Action.Writes() {
			done++
		}
		require.Equal(t, done, e.Done)
		require.Equal(t, p.Writes(), e.Total)
		require.Equal(t, e.Change.Address, e.Result.Address)
		require.NotContains(t, byAddress, e.Change.Address)
		byAddress[e.Change.Address] = *e.Result
	}
	for _, result := range report.Results {
		require.Equal(t, result, byAddress[result.Address])
	}
}

func TestParallelismBoundsWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{})
		m := manifest(t, `{"boxes": [
			{"name": "a", "ownedBy": "p"}, {"name": "b", "ownedBy": "p"}, {"name": "c", "ownedBy": "p"}, {"name": "d", "ownedBy": "p"}, {"name": "e", "ownedBy": "p"}]}`)
		p := r.plan(t, m)
		gate, reports := make(chan struct{}), make(chan *engine.Report, 1)
		r.world.SetHook(writesWaitFor(gate))
		go func() { reports <- r.apply(t.Context(), p, engine.ApplyOptions{Parallelism: 2}) }()
		for done := range 5 {
			synctest.Wait()
			assert.Len(t, r.world.Writes(), min(done+2, 5), "two run while any are left")
			gate <- struct{}{}
		}
		assert.True(t, (<-reports).OK())
	})
}

// writesWaitFor lets one write pass for each value that gate gives, and ends with the context.
func writesWaitFor(gate <-chan struct{}) memory.Hook {
	return func(ctx context.Context, c memory.Call) error {
		if !c.Operation.Writes() {
			return nil
		}
		select {
		case <-gate:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func TestAFailureIsContained(t *testing.T) {
	r := setUp(t, memory.Seed{})
	m := manifest(t, `{"boxes": [
		{"name": "a", "ownedBy": "p", "items": {"north": ["reader"]}},
		{"name": "b", "ownedBy": "p", "dependsOn": ["box/a"], "items": {"north": ["reader"]}},
		{"name": "c", "ownedBy": "p", "dependsOn": ["box/b"]},
		{"name": "free", "ownedBy": "p", "items": {"south": ["reader"]}}]}`)
	p := r.plan(t, m)
	r.world.SetFaults(memory.Fault{Address: pattern(t, "box/a"), Err: providers.ErrDenied})
	report := r.apply(t.Context(), p, engine.ApplyOptions{})
	assert.Equal(t, []string{
		"box/a failed",
		"box/b skipped because of box/a",
		"box/c skipped because of box/a",
		"box/free applied",
		"item/a/north/reader skipped because of box/a",
		"item/b/north/reader skipped because of box/a",
		"item/free/south/reader applied",
	}, outcomes(report))
	failed := resultOf(t, report, "box/a")
	require.ErrorIs(t, failed.Err, providers.ErrDenied)
	assert.ErrorContains(t, failed.Err, "create box/a: create box/a: access denied")
	assert.False(t, report.OK())
	assert.True(t, report.Verified, "what was applied was seen")
	assert.False(t, report.Interrupted)
	require.Len(t, r.world.Writes(), 3, "skipped changes are never sent")
	r.world.SetFaults()
	assert.True(t, r.apply(t.Context(), r.plan(t, m), engine.ApplyOptions{}).OK())
	assert.True(t, r.plan(t, m).Empty())
}

func TestAChangeThatTookEffectBeforeItFailedConvergesOnTheNextRun(t *testing.T) {
	r := setUp(t, busyWorld())
	m := manifest(t, busyManifest)
	p := r.plan(t, m)
	r.world.SetFaults(memory.Fault{Operation: memory.Create, After: true, Err: providers.ErrUnavailable}, memory.Fault{Operation: memory.Delete, After: true})
	report := r.apply(t.Context(), p, engine.ApplyOptions{})
	require.Positive(t, report.Count(engine.Failed))
	r.world.SetFaults()
	assert.True(t, r.apply(t.Context(), r.plan(t, m), engine.ApplyOptions{}).OK())
	assert.True(t, r.plan(t, m).Empty())
}

func TestOrderAloneDoesNotSkip(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "p"}}, Items: []memory.Item{{Box: "a", Scope: "south", Kind: "reader"}}})
	m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p", "items": {"north": ["writer"]}}]}`)
	p := r.plan(t, m)
	i := slices.IndexFunc(p.Changes, func(c plan.Change) bool { return c.Action == plan.Delete })
	require.Len(t, p.Changes[i].RunsAfter, 1, "the revoke waits its turn")
	require.Empty(t, p.Changes[i].DependsOn)
	r.world.SetFaults(memory.Fault{Operation: memory.Create})
	report := r.apply(t.Context(), p, engine.ApplyOptions{})
	assert.Equal(t, []string{"item/a/north/writer failed", "item/a/south/reader applied"}, outcomes(report))
	assert.Less(t, callOn(t, r.world, "item/a/north/writer").Finished, callOn(t, r.world, "item/a/south/reader").Started)
}

func TestARevokeThatSharesActionsIsHeldBackByAFailedGrant(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "p"}}, Items: []memory.Item{{Box: "a", Scope: "north", Kind: "reader"}}})
	m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p", "items": {"north": ["writer"]}}]}`)
	p := r.plan(t, m)
	r.world.SetFaults(memory.Fault{Operation: memory.Create})
	report := r.apply(t.Context(), p, engine.ApplyOptions{})
	assert.Equal(t, []string{"item/a/north/reader skipped because of item/a/north/writer", "item/a/north/writer failed"}, outcomes(report))
}

func TestIDsOfWhatWasJustMadeReachWhatBuildsOnIt(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "old", Owner: "p"}}})
	m := manifest(t, `{
		"boxes": [{"name": "new", "ownedBy": "p", "items": {"north": ["made"]}}, {"name": "old", "ownedBy": "p", "items": {"north": ["reader"]}}],
		"docs": [{"name": "made", "allow": ["x"]}]}`)
	r.world.SetLag(3)
	p := r.plan(t, m)
	report := r.apply(t.Context(), p, engine.ApplyOptions{PollInterval: 1})
	require.True(t, report.OK(), "%+v", report)
	ids := map[string]string{}
	for _, l := range r.world.Live() {
		ids[l.Address.String()] = l.ID
	}
	assert.Equal(t, providers.IDs{
		memory.BoxAddress("new"): ids["box/new"], memory.DocAddress("made"): ids["doc/made"],
	}, callOn(t, r.world, "item/new/north/made").IDs)
	assert.Equal(t, providers.IDs{memory.BoxAddress("old"): ids["box/old"]}, callOn(t, r.world, "item/old/north/reader").IDs)
}

func TestWhatIsLeftToAPersonOrHeldBackIsNoFailure(t *testing.T) {
	r := setUp(t, memory.Seed{
		Boxes: []memory.Box{{Name: "glued", Owner: "p", Tags: []string{"locked"}}, {Name: "holy", Owner: "eve"}, {Name: "part", Owner: "p", Tags: []string{"locked", "a"}}},
		Items: []memory.Item{{Box: "holy", Scope: "north", Kind: "writer"}},
	})
	m := manifest(t, `{"boxes": [
		{"name": "glued", "state": "absent"}, {"name": "holy", "ownedBy": "p"}, {"name": "part", "ownedBy": "p", "tags": ["b"], "label": "l"}]}`)
	m.Ownership.Protect = []addr.Pattern{pattern(t, "box/holy")}
	report := r.apply(t.Context(), r.plan(t, m), engine.ApplyOptions{})
	assert.Equal(t, []string{"box/glued manual", "box/holy blocked", "box/part applied", "item/holy/north/writer blocked"}, outcomes(report))
	assert.True(t, report.OK(), "%v", report.Unverified)
	assert.True(t, report.Verified, "the tag that a person must take off does not count")
	require.Len(t, r.world.Writes(), 1)
	again := r.plan(t, m)
	assert.Equal(t, 0, again.Writes(), "%v", changeAddresses(again.Changes))
	assert.Len(t, again.Changes, 4)
}

func TestATagThatAPersonMustTakeOffDoesNotHideAnotherDifference(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "p", Tags: []string{"locked", "x"}}}})
		m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p", "tags": ["y"]}]}`)
		p := r.plan(t, m)
		r.world.SetLag(1000)
		report := r.apply(t.Context(), p, engine.ApplyOptions{})
		assert.Equal(t, []engine.Difference{{
			Address: memory.BoxAddress("a"), Reason: "tags still reads [locked, x]" + undone,
			Attributes: []plan.AttributeChange{{Name: "tags", Before: plan.SetValue("y"), After: plan.SetValue("locked", "x")}},
		}}, report.Unverified)
	})
}

func TestAChangeThatNoConnectionTakesFails(t *testing.T) {
	r := setUp(t, memory.Seed{})
	m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p"}], "shelves": [{"name": "s"}]}`)
	e := r.withShelves(t, seen{observation: &providers.Observation{Coverage: []addr.Pattern{pattern(t, "shelf/*")}}})
	planned, err := e.Plan(t.Context(), m, engine.PlanOptions{})
	require.NoError(t, err)
	report := r.engine.Apply(t.Context(), planned, engine.ApplyOptions{})
	assert.Equal(t, []string{"box/a applied", "shelf/s failed"}, outcomes(report))
	assert.ErrorContains(t, resultOf(t, report, "shelf/s").Err, "the shelves service")
	report = e.Apply(t.Context(), planned, engine.ApplyOptions{})
	assert.ErrorIs(t, resultOf(t, report, "shelf/s").Err, errNoWrites)
}

func TestSilenceIsASink(t *testing.T) {
	r := setUp(t, busyWorld())
	registry, err := providers.NewRegistry(memory.Provider{})
	require.NoError(t, err)
	e := engine.New(registry, providers.Remotes{"memory": memory.NewRemote(r.world)}, nil)
	m := manifest(t, busyManifest)
	assert.True(t, e.Apply(t.Context(), r.planned[r.plan(t, m)], engine.ApplyOptions{}).OK())
}

func TestOutcomesAndEventsHaveTheirOwnWords(t *testing.T) {
	words := map[string]bool{}
	for o := engine.Applied; o <= engine.Blocked; o++ {
		words[o.String()] = true
	}
	for k := engine.ObserveStarted; k <= engine.ApplyFinished; k++ {
		words[k.String()] = true
	}
	assert.Len(t, words, 7+9)
	assert.NotContains(t, words, "invalid")
	assert.Equal(t, "invalid", engine.Outcome(0).String())
	assert.Equal(t, "invalid", engine.EventKind(0).String())
}

func TestASavedPlanWithACircleFailsInsteadOfHanging(t *testing.T) {
	r := setUp(t, memory.Seed{})
	m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "p"}, {"name": "b", "ownedBy": "p"}, {"name": "c", "ownedBy": "p"}]}`)
	p := r.plan(t, m)
	p.Changes[0].DependsOn, p.Changes[1].RunsAfter = []addr.Address{p.Changes[1].Address}, []addr.Address{p.Changes[0].Address}
	report := r.apply(t.Context(), p, engine.ApplyOptions{})
	assert.Equal(t, []string{"box/a failed", "box/b failed", "box/c applied"}, outcomes(report))
	requireEvents(t, r.events, p, report)
}
