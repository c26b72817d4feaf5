package saved_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/plan/saved"
)

// honest is a saved plan with what it was made from.
type honest struct {
	in    plan.Input
	saved *saved.Plan
	// shows and writes are those of the plan, and of what is left to do of it.
	shows  string
	writes []string
	// respelled is the file as a forger who changes nothing spells it.
	respelled string
}

func newHonest(t require.TestingT, in plan.Input) honest {
	h := honest{in: in, saved: save(t, in)}
	rest, problems := h.recheck(h.saved)
	require.Empty(t, problems)
	h.shows, h.writes = shown(t, h.saved), writes(t, rest.Plan)
	require.NotEmpty(t, h.writes)
	var file map[string]any
	require.NoError(t, json.Unmarshal(h.saved.Text(), &file))
	h.respelled = string(saved.Respell([]byte(jsonOf(file))))
	return h
}

// recheck holds a saved plan against the live state that the honest one was made from.
func (h honest) recheck(s *saved.Plan) (*saved.Rest, []plan.Problem) {
	now, _ := tiny.Renamed(h.in.Snapshot, s.Desired())
	return saved.Recheck(s, saved.Now{Snapshot: now, Wanted: s.Wanted(), Knowledge: h.in.Knowledge})
}

// shown is all that is printed of a saved plan.
func shown(t require.TestingT, s *saved.Plan) string {
	text, err := s.Plan.MarshalJSON()
	require.NoError(t, err)
	return s.Tool + string(text)
}

// writes are the changes of a plan that are executed, in whole.
func writes(t require.TestingT, p *plan.Plan) []string {
	var all []string
	for _, c := range p.Published().Changes {
		if c.Action.Writes() {
			all = append(all, jsonOf(c))
		}
	}
	return all
}

// planned returns what a plan of all that the file wants would be, from live state alone.
func (h honest) planned(t require.TestingT, s *saved.Plan) []plan.Change {
	m, basis := s.Manifest(), s.Basis
	m.Ownership.Exclude = slices.Clone(m.Ownership.Exclude)
	for _, l := range basis.Listed {
		m.Ownership.Exclude = append(m.Ownership.Exclude, addr.Exactly(l.Address))
	}
	in, problems := program(h.in).Services.Input(m, basis.Desired, h.in.Snapshot)
	require.Empty(t, plan.Fatal(problems))
	in.Options, in.Caller = basis.Options.Options, plan.Caller{Self: basis.Options.Self}
	p, problems := plan.Build(in)
	require.Empty(t, plan.Fatal(problems))
	return p.Published().Changes
}

// held returns the changes that write, without what only the file tells, what apply finds anew, and what was done before, by address.
func held(changes []plan.Change, left map[addr.Address]bool) map[addr.Address]string {
	all := map[addr.Address]string{}
	for _, c := range changes {
		if !c.Action.Writes() {
			continue
		}
		c.Origin, c.Findings, c.Resolves, c.Unseen, c.Attributes = "", nil, nil, plan.Unseen{}, slices.Clone(c.Attributes)
		for i := range c.Attributes {
			c.Attributes[i].Origin = ""
		}
		for _, edges := range []*[]addr.Address{&c.DependsOn, &c.RunsAfter, &c.Confirms} {
			*edges = slices.DeleteFunc(slices.Clone(*edges), func(a addr.Address) bool { return !left[a] })
		}
		all[c.Address] = jsonOf(c)
	}
	return all
}

// judge reports whether a forged file is refused before the first write. What is left to do of one that is not must be part of what it
// shows, and follow from live state.
func (h honest) judge(t require.TestingT, name string, text []byte) (refused bool) {
	if text == nil || string(text) == h.respelled {
		return true
	}
	s, err := saved.Decode(text, program(h.in))
	if err != nil {
		require.ErrorIs(t, err, saved.ErrBad, name)
		return true
	}
	rest, problems := h.recheck(s)
	if len(problems) > 0 {
		return true
	}
	for _, c := range rest.Plan.Changes {
		requirePart(t, name, s.Plan, c)
	}
	if shown(t, s) == h.shows {
		require.Equal(t, h.writes, writes(t, rest.Plan), "%s: it shows the same and does something else", name)
	}
	left := map[addr.Address]bool{}
	for i := range rest.Plan.Changes {
		left[rest.Plan.Changes[i].Address] = true
	}
	follows := held(h.planned(t, s), left)
	for address, change := range held(rest.Plan.Published().Changes, left) {
		require.Equal(t, follows[address], change, "%s: it does what does not follow from live state", name)
	}
	return false
}

// requirePart requires that a change which is left to do is a change that was shown, or what is left of it.
func requirePart(t require.TestingT, name string, shows *plan.Plan, c plan.Change) {
	i := slices.IndexFunc(shows.Changes, func(shown plan.Change) bool { return shown.Address == c.Address })
	require.GreaterOrEqual(t, i, 0, "%s: %s is not shown", name, c.Address)
	shown := shows.Changes[i]
	if !c.Action.Writes() {
		return
	}
	require.Equal(t, shown.Action, c.Action, "%s: %s is shown as something else", name, c.Address)
	require.Equal(t, jsonOf(shown.After), jsonOf(c.After), "%s: %s is shown to become something else", name, c.Address)
	require.Equal(t, shown.Parent, c.Parent, name)
	require.Equal(t, shown.With, c.With, name)
	for _, a := range c.Attributes {
		require.True(t, slices.ContainsFunc(shown.Attributes, func(b plan.AttributeChange) bool {
			return a.Name == b.Name && a.After.Equal(b.After)
		}), "%s: %s of %s is not shown", name, a.Name, c.Address)
	}
}

func TestAForgedPlanIsRefusedOrDoesWhatItShows(t *testing.T) {
	all, forged := publishedFields(t), map[string]bool{}
	tried := 0
	for _, in := range []plan.Input{selected(t), golden()} {
		h := newHonest(t, in)
		f := newForger(t, all, h.saved.Text())
		refused, accepted := 0, 0
		for _, p := range f.places {
			if forged[p.path] {
				continue // in the file before
			}
			forged[p.path] = true
			for _, one := range f.at(p) {
				if tried++; tried%every != 0 {
					continue
				}
				for _, text := range f.spelled(in, one) {
					if h.judge(t, one.name, text) {
						refused++
					} else {
						accepted++
					}
				}
			}
		}
		require.Greater(t, refused, 50/every)
		require.Greater(t, accepted, 10/every, "what a plan was made for may be anything that is shown")
	}
}

func TestTwoForgeriesAtOnceAreNoBetter(t *testing.T) {
	in := selected(t)
	h := newHonest(t, in)
	f := newForger(t, publishedFields(t), h.saved.Text(), save(t, golden()).Text())
	var all []forgery
	for _, p := range f.places {
		all = append(all, f.at(p)...)
	}
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.SampledFrom(all).Draw(t, "one")
		other := rapid.SampledFrom(all).Draw(t, "other")
		for _, text := range f.spelled(in, one, other) {
			h.judge(t, one.name+", "+other.name, text)
		}
	})
}
