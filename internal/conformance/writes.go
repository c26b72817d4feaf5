package conformance

import (
	"context"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// What writes promise.

// readingBack looks at what a tour has just written as an apply does: narrowly, in the same run.
func (b *bench) readingBack() { b.carryingOut(func(*session) {}) }

// handingOver has a tour written and read back by another connection than the one that observed: a run may not hang on what
// a Remote remembers.
func (b *bench) handingOver() {
	b.carryingOut(func(s *session) { s.remote = s.world.Connect() })
}

// carryingOut observes, makes another connection ready, and writes and reads back.
func (b *bench) carryingOut(between func(*session)) {
	b.around(func(from, to State) {
		s := b.in(from)
		note := "from " + from.Name + " to " + to.Name
		v := s.look(to.Manifest, note)
		between(s)
		s.execute(v.plan, s.plainly, note)
		var only []addr.Address
		for _, c := range v.plan.Changes {
			if c.Action.Writes() {
				only = append(only, c.Address)
			}
		}
		if only == nil {
			return
		}
		o, err := s.observe(context.Background(), to.Manifest, v.expanded, only)
		require.NoError(b.t, err, note)
		seen := s.completed(to.Manifest, v, o, note)
		for i := range v.plan.Changes {
			if c := &v.plan.Changes[i]; c.Action.Writes() {
				require.True(b.t, seen.covers(c.Address), "%s: %s is not covered", note, label(c))
				b.doneAsPlanned(c, seen.live(c.Address), v.resolved, note)
			}
		}
	})
}

// completed lays what was read of single resources over all that is live, and completes it.
func (s *session) completed(m *plan.Manifest, v *view, single *providers.Observation, note string) *view {
	s.t.Helper()
	all, err := s.world.Connect().Observe(context.Background(), providers.ObserveRequest{Coverage: s.registry.Cover(v.expanded, m)})
	require.NoError(s.t, err, note)
	covered := func(l plan.Live) bool { return (&view{observation: single}).covers(l.Address) }
	over := *all
	over.Resources = append(slices.DeleteFunc(slices.Clone(all.Resources), covered), slices.DeleteFunc(slices.Clone(single.Resources),
		func(l plan.Live) bool { return !covered(l) })...)
	whole := s.registry.Complete(s.snapshot(m, v.expanded, &over, note), m.Ownership, v.resolved)
	return &view{observation: single, resources: whole.Snapshot.Resources}
}

// doneAsPlanned requires that the live resource is what the change was to make of it.
func (b *bench) doneAsPlanned(c *plan.Change, live *plan.Live, desired []plan.Desired, note string) {
	b.t.Helper()
	if c.After == nil {
		require.Nil(b.t, live, "%s: %s, and it is still there", note, label(c))
		return
	}
	require.NotNil(b.t, live, "%s: %s, and it is not there", note, label(c))
	var exempt []string
	for _, d := range desired {
		if d.Address == c.Address {
			exempt = append(exempt, d.WriteOnly...)
		}
	}
	for _, m := range c.Manual {
		exempt = append(exempt, m.Attribute)
	}
	for _, d := range plan.DiffAttributes(live.Attributes, c.After.Attributes) {
		if !slices.Contains(exempt, d.Name) && !slices.Contains(live.Unreadable, d.Name) {
			require.Equal(b.t, d.After.String(), d.Before.String(), "%s: %s: %s", note, label(c), d.Name)
		}
	}
}

// repeating sends every write of a tour through the states twice.
func (b *bench) repeating() {
	b.around(func(from, to State) {
		s := b.in(from)
		note := "from " + from.Name + " to " + to.Name
		p := s.look(to.Manifest, note).plan
		s.execute(p, func(c *plan.Change, ids providers.IDs) (string, error) {
			first, err := s.plainly(c, ids)
			require.NoError(b.t, err, "%s: %s", note, label(c))
			s.restart()
			s.look(to.Manifest, note) // no run writes before it has looked
			second, err := s.plainly(c, ids)
			require.NoError(b.t, err, "%s: %s, the second time", note, label(c))
			require.Equal(b.t, first, second, "%s: %s gave another id the second time", note, label(c))
			return first, nil
		}, note)
		require.Zero(b.t, s.look(to.Manifest, note).plan.Writes(), note)
	})
}

// together sends what one call can make by one call, in a tour through the states: twice, of which the second may fail and harms nothing,
// and then one by one, as after a failure.
func (b *bench) together() {
	if !b.suite.Batches {
		return
	}
	most := 0
	b.around(func(from, to State) {
		s := b.in(from)
		note := "from " + from.Name + " to " + to.Name
		p := s.look(to.Manifest, note).plan
		batcher, is := s.remote.(providers.Batcher)
		require.True(b.t, is)
		var waiting []providers.Write
		var changes []*plan.Change
		kind := ""
		flush := func() {
			if len(waiting) == 0 {
				return
			}
			most = max(most, len(waiting))
			require.NoError(b.t, batcher.WriteBatch(context.Background(), waiting), "%s: %s and others", note, label(changes[0]))
			_ = batcher.WriteBatch(context.Background(), waiting)
			for i, c := range changes {
				_, err := s.plainly(c, waiting[i].IDs)
				require.NoError(b.t, err, "%s: %s, once more alone", note, label(c))
			}
			waiting, changes = nil, nil
		}
		s.execute(p, func(c *plan.Change, ids providers.IDs) (string, error) {
			w := providers.Write{ID: c.ID, Before: c.Before, After: c.After, IDs: ids, View: s.seen, Run: s.run}
			of, limit := batcher.Batch(w)
			if of != kind || len(waiting) == limit {
				flush()
			}
			if kind = of; of == "" {
				return s.plainly(c, ids)
			}
			waiting, changes = append(waiting, w), append(changes, c)
			return "", nil
		}, note)
		flush()
		require.Zero(b.t, s.look(to.Manifest, note).plan.Writes(), note)
	})
	require.Greater(b.t, most, 1, "no two changes of the states go by one call")
}

// colliding creates what exists: under other attributes, and where children are that the plan does not make. With children that it
// makes too, it is done.
func (b *bench) colliding() {
	tried := 0
	for _, from := range b.suite.States {
		s := b.in(from)
		before := s.look(from.Manifest, from.Name)
		create := func(r plan.Resource, view *plan.View) (string, error) {
			s.restart()
			s.look(from.Manifest, from.Name)
			if view == nil {
				view = s.seen
			}
			return s.remote.Create(context.Background(), providers.Write{After: &r, View: view, Run: s.run})
		}
		refused := func(r plan.Resource, view *plan.View, note string) {
			_, err := create(r, view)
			require.ErrorIs(b.t, err, providers.ErrConflict, "%s: create %s, %s", from.Name, r.Address, note)
			tried++
		}
		for _, to := range b.suite.States {
			for _, c := range s.look(to.Manifest, to.Name).plan.Changes {
				if c.Action == plan.Update && c.Parent.IsZero() {
					refused(*c.After, nil, "which exists otherwise")
				}
			}
		}
		for _, l := range before.resources {
			isParent := slices.ContainsFunc(before.resources, func(child plan.Live) bool { return child.Parent == l.Address })
			if !isParent || len(l.Unreadable) > 0 {
				continue
			}
			refused(l.Resource, plan.NewView(&plan.Snapshot{}, plan.Ownership{}, nil), "which has children")
			isUnwanted := func(child plan.Live) bool { return child.Parent == l.Address && !s.seen.Wants(child.Address) }
			if s.seen.Wants(l.Address) && !slices.ContainsFunc(before.resources, isUnwanted) {
				id, err := create(l.Resource, nil)
				require.NoError(b.t, err, "%s: create %s, which exists with the children that the plan makes", from.Name, l.Address)
				require.Equal(b.t, l.ID, id, "%s: %s got another id", from.Name, l.Address)
			}
		}
		after := s.look(from.Manifest, from.Name)
		require.Equal(b.t, before.resources, after.resources, "%s: a refused create changed something", from.Name)
	}
	require.True(b.t, tried > 0 || b.suite.WithoutUpdates, "the states give nothing to collide with")
}

// failingWrites lets every write of a tour fail without effect.
func (b *bench) failingWrites() {
	for outcome, kind := range map[Outcome]error{Fail: providers.ErrUnavailable, Refuse: providers.ErrDenied} {
		b.stumbling(func(s *session, c *plan.Change, ids providers.IDs, note string) {
			s.watch.set(onWrites(outcome))
			_, err := s.plainly(c, ids)
			require.ErrorIs(b.t, err, kind, "%s: %s", note, label(c))
		})
	}
}

// lostAnswers lets every write of a tour take effect and its answer get lost. The write may find that out for itself.
func (b *bench) lostAnswers() {
	b.stumbling(func(s *session, c *plan.Change, ids providers.IDs, note string) {
		s.watch.set(onWrites(Lose))
		if _, err := s.plainly(c, ids); err != nil {
			require.ErrorIs(b.t, err, providers.ErrUnavailable, "%s: %s", note, label(c))
		}
	})
}

func onWrites(outcome Outcome) Hook {
	return func(_ context.Context, c Call) Outcome {
		if c.Write {
			return outcome
		}
		return Pass
	}
}

// stumbling makes a tour through the states on which trip sends every change once in some broken way. After it, a new
// run plans anew, and sends the change again if it is still to be made.
func (b *bench) stumbling(trip func(s *session, c *plan.Change, ids providers.IDs, note string)) {
	b.around(func(from, to State) {
		s := b.in(from)
		note := "from " + from.Name + " to " + to.Name
		tripped, sent := map[string]bool{}, map[string]bool{}
		for {
			s.restart()
			v := s.look(to.Manifest, note)
			i := slices.IndexFunc(v.plan.Changes, func(c plan.Change) bool { return c.Action.Writes() })
			if i < 0 {
				break
			}
			c := &v.plan.Changes[i]
			ids := idsFor(c, knownIDs(v.plan))
			if !tripped[label(c)] {
				tripped[label(c)] = true
				trip(s, c, ids, note)
				s.settle()
				s.watch.set(nil)
				continue
			}
			require.False(b.t, sent[label(c)], "%s: %s was sent in the next run, and is still to be made", note, label(c))
			sent[label(c)] = true
			_, err := s.plainly(c, ids)
			require.NoError(b.t, err, "%s: %s, in the next run", note, label(c))
		}
	})
}
