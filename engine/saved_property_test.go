package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/plan/saved"
)

// state is what is there, without ids: those of two worlds differ.
func state(t require.TestingT, w *memory.World) map[addr.Address]string {
	all := map[addr.Address]string{}
	for _, l := range w.Live() {
		text, err := json.Marshal(l.Attributes)
		require.NoError(t, err)
		all[l.Address] = string(text)
	}
	return all
}

// drawSaved draws a scene, plans it on a world and saves the plan; nil for a scene that is refused.
func drawSaved(t *rapid.T) (scene, *rig, *saved.Plan) {
	s := drawScene(t)
	r := setUp(t, s.seed)
	planned, err := r.engine.Plan(context.Background(), s.manifest, engine.PlanOptions{})
	require.NoError(t, err)
	if planned.Refused() {
		return s, r, nil
	}
	saved, err := planned.Save(r.engine.Program("test"))
	require.NoError(t, err)
	return s, r, saved
}

// TestApplyingASavedPlanIsApplyingThePlan compares the worlds that both ways lead to, and what was sent.
func TestApplyingASavedPlanIsApplyingThePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, r, saved := drawSaved(t)
		if saved == nil {
			return
		}
		direct := setUp(t, s.seed)
		want := direct.apply(context.Background(), direct.plan(t, s.manifest), quickly)
		got := r.applySaved(t, saved)
		require.Equal(t, outcomes(want), outcomes(got))
		require.Equal(t, state(t, direct.world), state(t, r.world))
		require.Equal(t, sent(direct.world), sent(r.world))
	})
}

// sent gives what was written, sorted, because changes run side by side.
func sent(w *memory.World) []string {
	var all []string
	for _, c := range w.Writes() {
		all = append(all, string(c.Operation)+" "+c.Address.String())
	}
	slices.Sort(all)
	return all
}

// TestASavedPlanCanBeRepeatedAfterACrash ends a run at any write, before or after it took effect, and applies the same
// file again: nothing that took effect is sent a second time, and the world becomes what an undisturbed run makes.
func TestASavedPlanCanBeRepeatedAfterACrash(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, r, saved := drawSaved(t)
		if saved == nil {
			return
		}
		direct := setUp(t, s.seed)
		direct.apply(context.Background(), direct.plan(t, s.manifest), quickly)

		for range rapid.IntRange(1, 2).Draw(t, "crashes") {
			crash(t, r, saved)
		}
		took := map[addr.Address]bool{}
		for _, c := range r.world.Writes() {
			took[c.Address] = took[c.Address] || c.Changed
		}
		r.world.ForgetCalls()
		report := r.applySaved(t, saved)
		require.Zero(t, report.Count(engine.Failed)+report.Count(engine.Skipped)+report.Count(engine.Cancelled), "%v", outcomes(report))
		require.True(t, report.Verified)
		for _, c := range r.world.Writes() {
			require.False(t, took[c.Address], "%s took effect before and was sent again", c.Address)
		}
		require.Equal(t, state(t, direct.world), state(t, r.world))
		require.Zero(t, r.recheck(t, saved).Plan.Writes())
	})
}

var errCrash = errors.New("the process ended")

// crash executes what is left until a random write, lets that take effect or not, and ends everything there.
func crash(t *rapid.T, r *rig, saved *saved.Plan) {
	rest := r.recheck(t, saved)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	last := rapid.IntRange(1, 1+rest.Plan.Writes()).Draw(t, "last write")
	effect := rapid.Bool().Draw(t, "takes effect")
	n := 0
	r.world.SetHook(func(_ context.Context, c memory.Call) error {
		if !c.Operation.Writes() {
			return nil
		}
		if n++; n < last || n == last && effect {
			if n == last {
				stop()
			}
			return nil
		}
		stop()
		return errCrash
	})
	r.engine.ApplyRest(ctx, saved, rest, engine.ApplyOptions{Parallelism: 1, PollInterval: quickly.PollInterval})
	r.world.SetHook(nil)
}

// TestASavedPlanIsRefusedExactlyWhenWhatItReliesOnMoved changes one thing by hand, in a way that no plan asks for.
func TestASavedPlanIsRefusedExactlyWhenWhatItReliesOnMoved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, r, saved := drawSaved(t)
		if saved == nil || saved.Plan.Writes() == 0 {
			return
		}
		before := r.world.Live()
		what := drawMove(t, r.world, before)
		relied := reliesOn(saved.Plan, before, r.world.Live())
		checked, err := r.engine.Recheck(context.Background(), saved, plan.Caller{})
		require.NoError(t, err)
		if relied {
			require.Nil(t, checked.Plan, "%s", what)
			require.NotEmpty(t, checked.Problems)
			require.Empty(t, r.world.Writes())
			return
		}
		require.Empty(t, checked.Problems, "%s", what)
		require.Equal(t, changeAddresses(writing(saved.Plan)), changeAddresses(writing(checked.Plan)))
		report := r.engine.ApplyRest(context.Background(), saved, checked, quickly)
		require.True(t, report.OK(), "%s: %v", what, outcomes(report))
	})
}

// writing returns the changes that send a write: what does not may be done by hand in the meantime.
func writing(p *plan.Plan) []plan.Change {
	return slices.DeleteFunc(slices.Clone(p.Changes), func(c plan.Change) bool { return !c.Action.Writes() })
}

// drawMove changes one thing by hand and says which.
func drawMove(t *rapid.T, w *memory.World, live []plan.Live) string {
	name := rapid.SampledFrom(append([]string{"z"}, boxNames...)).Draw(t, "moved box")
	scope := rapid.SampledFrom(scopes).Draw(t, "moved scope")
	there := slices.ContainsFunc(live, func(l plan.Live) bool { return l.Address == memory.BoxAddress(name) })
	switch move := rapid.SampledFrom([]string{"box", "remade", "item", "doc"}).Draw(t, "move"); {
	case move == "doc":
		doc := rapid.SampledFrom(docNames).Draw(t, "moved doc")
		require.NoError(t, w.PutDoc(memory.Doc{Name: doc, Allow: []string{"moved"}}))
		return "content of " + doc
	case move == "remade" && there:
		w.RemoveBox(name)
		require.NoError(t, w.PutBox(memory.Box{Name: name, Owner: "mallory"}))
		return "box made anew: " + name
	case move == "item" && there:
		require.NoError(t, w.PutItem(memory.Item{Box: name, Scope: scope, Kind: "mover"}))
		return "item in " + name
	default:
		require.NoError(t, w.PutBox(memory.Box{Name: name, Owner: "mallory", Label: "moved"}))
		return "box " + name
	}
}

// reliesOn tells, from the worlds alone, whether the plan relies on something that differs between them: a root that it
// writes in, a root with an item of a doc that it writes, or the content of a doc that an item in such a root has or gets.
func reliesOn(p *plan.Plan, before, after []plan.Live) bool {
	rootOf := func(a, parent addr.Address) addr.Address {
		if parent.IsZero() {
			return a
		}
		return parent
	}
	touched, writtenDocs := map[addr.Address]bool{}, map[addr.Address]bool{}
	for _, c := range p.Changes {
		if c.Action.Writes() {
			touched[rootOf(c.Address, c.Parent)] = true
			writtenDocs[c.Address] = true
		}
	}
	uses := func(l plan.Live, of map[addr.Address]bool) bool {
		return slices.ContainsFunc(l.Uses, func(a addr.Address) bool { return of[a] })
	}
	for _, l := range before {
		if uses(l, writtenDocs) {
			touched[rootOf(l.Address, l.Parent)] = true
		}
	}
	going := map[addr.Address]bool{}
	for _, c := range p.Changes {
		if c.Action == plan.Delete {
			going[c.Address] = true
		}
	}
	read := map[addr.Address]bool{}
	for _, l := range before {
		if touched[rootOf(l.Address, l.Parent)] && !going[l.Address] && !going[l.Parent] {
			for _, a := range l.Uses {
				read[a] = true
			}
		}
	}
	for _, c := range p.Changes {
		if c.Action == plan.Create && c.Address.Type() == "item" {
			read[memory.DocAddress(c.Address.Segments()[2].Text)] = true
		}
	}
	relevant := func(all []plan.Live) map[addr.Address]plan.Live {
		some := map[addr.Address]plan.Live{}
		for _, l := range all {
			if touched[rootOf(l.Address, l.Parent)] || read[l.Address] {
				some[l.Address] = l
			}
		}
		return some
	}
	was, is := relevant(before), relevant(after)
	if len(was) != len(is) {
		return true
	}
	for a, l := range was {
		if other, ok := is[a]; !ok || other.ID != l.ID || len(plan.DiffAttributes(l.Attributes, other.Attributes)) > 0 {
			return true
		}
	}
	return false
}
