package conformance

import (
	"context"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/saved"
)

// saving proves that a plan can be executed later, by another run, and in pieces: the changes follow from what the saved plan
// holds, the service is asked with no more than that, resolves names again that were resolved before, and sees what an earlier
// run wrote as done.
func (b *bench) saving() {
	b.around(func(from, to State) {
		s := b.in(from)
		s.restart()
		note := "from " + from.Name + " to " + to.Name
		v := s.look(to.Manifest, note)
		kept, err := saved.Save(v.plan, v.input, saved.Program{Services: s.registry, Version: "test"})
		require.NoError(b.t, err, "%s: the plan follows from the file", note)
		rest := s.recheck(kept, note)
		require.Equal(b.t, labels(v.plan), labels(rest.Plan), "%s: the plan is still true", note)
		for range v.plan.Writes() {
			i := slices.IndexFunc(rest.Plan.Changes, func(c plan.Change) bool { return c.Action.Writes() })
			if i < 0 {
				break
			}
			c := &rest.Plan.Changes[i]
			step := note + ": " + label(c)
			_, err := s.plainly(c, idsFor(c, knownIDs(rest.Plan)))
			require.NoError(b.t, err, step)
			rest = s.recheck(kept, step)
			require.False(b.t, slices.ContainsFunc(rest.Plan.Changes, func(left plan.Change) bool {
				return left.Address == c.Address && left.Action.Writes() && !b.resent(kept, left)
			}), "%s: it is not seen to be done", step)
		}
		require.Zero(b.t, s.look(to.Manifest, note).plan.Writes(), "%s: executed piece by piece", note)
	})
}

// resent reports whether a change is left only because an attribute of it cannot be read back.
func (b *bench) resent(kept *saved.Plan, c plan.Change) bool {
	return len(c.Attributes) > 0 && !slices.ContainsFunc(c.Attributes, func(a plan.AttributeChange) bool {
		return !slices.ContainsFunc(kept.Plan.NotCompared, func(n plan.NotCompared) bool {
			return n.Address == c.Address && n.Attribute == a.Name
		})
	})
}

// recheck holds a saved plan that must still be true against what a new run sees.
func (s *session) recheck(kept *saved.Plan, note string) *saved.Rest {
	s.t.Helper()
	s.restart()
	m := kept.Manifest()
	o, err := s.observe(context.Background(), m, kept.Desired(), nil)
	require.NoError(s.t, err, "%s: observe for a saved plan", note)
	snapshot := s.snapshot(m, kept.Desired(), o, note)
	snapshot = s.registry.Complete(snapshot, m.Ownership, kept.Desired()).Snapshot
	s.run, s.seen = o.Run, plan.NewView(snapshot, m.Ownership, kept.Desired())
	given := kept.Wanted()
	resolution, problems := s.suite.Provider.Resolve(given, m, snapshot.Catalogue)
	require.Empty(s.t, plan.Fatal(problems), "%s: resolve again", note)
	require.Len(s.t, resolution.Desired, len(given), "%s: resolve again", note)
	rest, problems := saved.Recheck(kept, saved.Now{Snapshot: snapshot, Wanted: resolution.Desired, Knowledge: s.registry})
	require.Empty(s.t, problems, "%s: recheck", note)
	return rest
}
