package conformance

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// What an observation may and may not leave out.

// indifferent proves that what must be read depends on what is listed alone: not on whether that is wanted, how it is to be, or
// what ownership says.
func (b *bench) indifferent() {
	for _, state := range b.suite.States {
		desired := b.expand(state.Manifest, state.Name)
		want := b.registry.Cover(desired, state.Manifest)
		for _, d := range desired {
			require.True(b.t, !d.Parent.IsZero() || want.Has(d.Address), "%s: %s is listed, and not to be read", state.Name, d.Address)
		}
		turned := copyOf(desired)
		for i := range turned {
			turned[i].Absent, turned[i].Attributes = !turned[i].Absent, nil
		}
		require.Equal(b.t, want, b.registry.Cover(turned, state.Manifest), "%s: what is read depends on what is wanted", state.Name)
		given := copyOf(desired)
		slices.Reverse(turned)
		require.Equal(b.t, want, b.registry.Cover(turned, b.protecting(state.Manifest)), "%s: what is read depends on order or ownership",
			state.Name)
		require.Equal(b.t, given, desired, "%s: asking what to read changed the desired resources", state.Name)
	}
}

// inOrder returns an observation in a fixed order.
func inOrder(o *providers.Observation) providers.Observation {
	c := *o
	c.Resources = sorted(o.Resources)
	c.Entries = plan.NewCatalogue(o.Entries...).Entries()
	c.Coverage = slices.Clone(o.Coverage)
	slices.SortFunc(c.Coverage, func(x, y addr.Pattern) int { return strings.Compare(x.String(), y.String()) })
	c.NotRead = slices.Clone(o.NotRead)
	slices.SortFunc(c.NotRead, func(x, y plan.NotRead) int { return strings.Compare(x.Subject+"\n"+x.Reason, y.Subject+"\n"+y.Reason) })
	c.Warnings = slices.Sorted(slices.Values(o.Warnings))
	return c
}

// sameTruth requires that two observations say the same, in whatever order.
func sameTruth(t testing.TB, first, second *providers.Observation, note string) {
	t.Helper()
	a, b := inOrder(first), inOrder(second)
	require.Equal(t, a.Resources, b.Resources, "%s: resources", note)
	require.Equal(t, a.Entries, b.Entries, "%s: catalogue entries", note)
	require.Equal(t, a.Coverage, b.Coverage, "%s: coverage", note)
	require.Equal(t, a.Gaps, b.Gaps, "%s: gaps", note)
	require.Equal(t, a.NotRead, b.NotRead, "%s: not read", note)
	require.Equal(t, a.Warnings, b.Warnings, "%s: warnings", note)
	require.Equal(t, a.Account, b.Account, "%s: account", note)
}

// narrowing proves that an observation of single resources is a true part of the whole one, and that a root is read with all its
// children.
func (b *bench) narrowing() {
	var everywhere []addr.Address
	for _, state := range b.suite.States {
		for _, d := range b.in(state).look(state.Manifest, state.Name).resolved {
			everywhere = append(everywhere, d.Address)
		}
	}
	for _, state := range b.suite.States {
		s := b.in(state)
		full := s.look(state.Manifest, state.Name)
		full.resources = sorted(full.observation.Resources) // those that are gone are read too
		asked := slices.Clone(everywhere)
		for _, l := range full.resources {
			asked = append(asked, l.Address)
		}
		slices.SortFunc(asked, addr.Compare)
		asked = slices.Compact(asked)
		for i := range asked {
			s.narrow(full, state, asked[i:i+1])
		}
		s.narrow(full, state, asked)
		s.restart()
		s.narrow(full, state, asked)
		for i := range asked {
			s.restart()
			s.narrow(full, state, asked[i:i+1])
		}
	}
}

// narrow compares one narrow look with the full one, in the run of that or in none.
func (s *session) narrow(full *view, state State, only []addr.Address) {
	s.t.Helper()
	o, err := s.observe(context.Background(), state.Manifest, full.expanded, slices.Clone(only))
	require.NoError(s.t, err, "%s: %v", state.Name, only)
	part := view{observation: o, resources: sorted(o.Resources)}
	for _, a := range only {
		require.True(s.t, part.covers(a), "%s: %s was asked for and is not covered", state.Name, a)
	}
	for _, l := range full.resources {
		if slices.Contains(only, l.Parent) {
			require.True(s.t, part.covers(l.Address), "%s: %s was asked for, and its child %s is not covered", state.Name, l.Parent, l.Address)
		}
		seen := part.live(l.Address)
		require.True(s.t, seen != nil || !part.covers(l.Address), "%s: asked for %v, %s is covered and not shown", state.Name, only, l.Address)
		if seen == nil {
			continue
		}
		want, got := l, *seen
		for _, side := range []*plan.Live{&want, &got} { // what refers to what takes reading both
			side.Names, side.Unseen = nil, plan.Unseen{}
		}
		require.Equal(s.t, want, got, "%s: asked for %v: %s", state.Name, only, l.Address)
	}
	for _, l := range part.resources {
		require.NotNil(s.t, full.live(l.Address), "%s: asked for %v, a narrow look shows %s and the full one does not", state.Name, only,
			l.Address)
	}
}

// failingReads breaks every read in turn: none of them may be missed without an error.
func (b *bench) failingReads() {
	for _, state := range b.suite.States {
		s := b.in(state)
		s.eachRead(state, Fail, func(name string, whole, broken *providers.Observation, err error) {
			if b.suite.Dispensable != nil && b.suite.Dispensable(name) {
				require.NoError(b.t, err, "%s: %q failed", state.Name, name)
				require.Greater(b.t, len(broken.NotRead), len(whole.NotRead), "%s: %q failed, and nothing is said", state.Name, name)
				require.Equal(b.t, inOrder(whole).Resources, inOrder(broken).Resources, "%s: %q failed", state.Name, name)
				return
			}
			require.Error(b.t, err, "%s: %q failed, and the observation did not", state.Name, name)
			require.Nil(b.t, broken, "%s: %q failed, and there is an observation beside the error", state.Name, name)
			require.ErrorIs(b.t, err, providers.ErrUnavailable, "%s: %q", state.Name, name)
		})
	}
}

// refusedReads answers every read in turn with "denied" and "not found". A service may have another way to the same
// truth, or may do without a part of it that it then names; but it may not show less in silence.
func (b *bench) refusedReads() {
	for _, state := range b.suite.States {
		s := b.in(state)
		for _, outcome := range []Outcome{Refuse, Miss} {
			s.eachRead(state, outcome, func(name string, whole, broken *providers.Observation, err error) {
				note := state.Name + ": without " + name
				if err != nil {
					require.Nil(b.t, broken, "%s: there is an observation beside the error", note)
					return
				}
				told := len(broken.NotRead) > len(whole.NotRead)
				if outcome == Miss {
					told = told || len(broken.Warnings) > len(whole.Warnings)
				}
				if told {
					return
				}
				want, got := inOrder(whole), inOrder(broken)
				require.Equal(b.t, want.Resources, got.Resources, "%s: something is missing and nothing is said", note)
				require.Equal(b.t, want.Coverage, got.Coverage, "%s: less is covered and nothing is said", note)
			})
		}
	}
}

// eachRead breaks every read of an observation in turn, each on a connection of its own.
func (s *session) eachRead(state State, outcome Outcome, judge func(name string, whole, broken *providers.Observation, err error)) {
	s.t.Helper()
	desired := s.expand(state.Manifest, state.Name)
	s.restart()
	s.watch.set(nil)
	whole, err := s.observe(context.Background(), state.Manifest, desired, nil)
	require.NoError(s.t, err)
	reads := s.watch.reads()
	require.NotEmpty(s.t, reads, "an observation without a read: does the world call the hook?")
	for _, name := range reads {
		s.restart()
		s.watch.set(func(_ context.Context, c Call) Outcome {
			if !c.Write && c.Name == name {
				return outcome
			}
			return Pass
		})
		broken, err := s.observe(context.Background(), state.Manifest, desired, nil)
		require.Contains(s.t, s.watch.reads(), name, "%s: the second observation does not make this read", state.Name)
		judge(name, whole, broken, err)
	}
	s.watch.set(nil)
	again, err := s.observe(context.Background(), state.Manifest, desired, nil)
	require.NoError(s.t, err)
	sameTruth(s.t, whole, again, state.Name+" after the failures")
}
