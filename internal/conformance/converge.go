package conformance

import (
	"cmp"
	"context"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// Moving between states.

// converging walks from a fresh world to every state, and from every state to every other.
func (b *bench) converging() {
	needed := map[plan.Action]bool{}
	note := func(p *plan.Plan) {
		for _, c := range p.Changes {
			needed[c.Action] = true
		}
	}
	for _, from := range b.suite.States {
		s := b.session()
		first, after := s.converge(from.Manifest, "to "+from.Name)
		note(first)
		require.Equal(b.t, append([]string{}, from.Remains...), labels(after.plan), "what is left of %s", from.Name)
		for _, to := range b.suite.States {
			if to.Name == from.Name {
				continue
			}
			s := b.in(from)
			s.restart()
			way := "from " + from.Name + " to " + to.Name
			first, after := s.converge(to.Manifest, way)
			note(first)
			for _, c := range after.plan.Changes {
				require.NotEmpty(b.t, cmp.Or(c.Reason, instructionOf(c)), "%s: %s does not say why", way, label(&c))
			}
			s.remainsSo(to, after, way)
		}
	}
	require.True(b.t, needed[plan.Create], "the states need no create")
	require.True(b.t, needed[plan.Delete], "the states need no delete")
	require.Equal(b.t, !b.suite.WithoutUpdates, needed[plan.Update], "whether the states need an update")
}

// instructionOf returns what a person is told of all that is left of a change, "" where something is left out.
func instructionOf(c plan.Change) string {
	told := map[string]string{}
	for _, m := range c.Manual {
		told[m.Attribute] = m.Instruction
	}
	if whole := told[""]; whole != "" {
		return whole
	}
	all := ""
	for _, d := range c.Attributes {
		if told[d.Name] == "" {
			return ""
		}
		all += told[d.Name]
	}
	return all
}

// remainsSo requires that applying the rest of a plan once more changes nothing.
func (s *session) remainsSo(state State, before *view, note string) {
	s.t.Helper()
	s.restart()
	_, after := s.converge(state.Manifest, note+", once more")
	require.Equal(s.t, before.resources, after.resources, "%s: running once more", note)
}

// exporting proves that Collapse is the inverse of Expand and Resolve.
func (b *bench) exporting() {
	for _, state := range b.suite.States {
		s := b.in(state)
		v := s.look(state.Manifest, state.Name)
		sections := b.suite.Provider.Collapse(v.resources, v.catalogue)
		turned := slices.Clone(v.resources)
		slices.Reverse(turned)
		require.Equal(b.t, jsonOf(sections), jsonOf(b.suite.Provider.Collapse(turned, v.catalogue)),
			"%s: the export depends on the order of what is live", state.Name)
		known := map[string]bool{}
		for _, f := range b.suite.Provider.Fragments() {
			known[f.Section] = true
		}
		for name := range sections {
			require.True(b.t, known[name], "%s: the export has a section %s that no fragment describes", state.Name, name)
		}
		exported := &plan.Manifest{Account: state.Manifest.Account, Cloud: state.Manifest.Cloud, NotRead: state.Manifest.NotRead,
			Sections: sections}
		again := s.look(exported, "export of "+state.Name)
		require.Equal(b.t, append([]string{}, state.Remains...), labels(again.plan), "export of %s", state.Name)
		var live, desired []string
		for _, l := range v.resources {
			root := v.live(cmp.Or(l.Parent, l.Address))
			if !l.ServiceMade && (root == nil || !root.ServiceMade) {
				live = append(live, l.Address.String())
			}
		}
		for _, d := range again.resolved {
			desired = append(desired, d.Address.String())
		}
		slices.Sort(desired)
		require.Equal(b.t, live, desired, "export of %s: it must hold all that no service made for itself", state.Name)
	}
}

// jsonOf is a comparable form of sections.
func jsonOf(sections map[string][]*plan.Node) map[string]string {
	texts := map[string]string{}
	for name, entries := range sections {
		texts[name] = string((&plan.Node{Kind: plan.List, Items: entries}).AppendJSON(nil))
	}
	return texts
}

// drifting proves that a change by hand is answered by the right plan, and gone after it.
func (b *bench) drifting() {
	for i, known := range b.session().world.ByHand {
		at := slices.IndexFunc(b.suite.States, func(s State) bool { return s.Name == known.In })
		require.GreaterOrEqual(b.t, at, 0, "%s: there is no state %q", known.Name, known.In)
		state := b.suite.States[at]
		s := b.in(state)
		s.world.ByHand[i].Make(b.t)
		s.restart()
		require.Equal(b.t, append([]string{}, known.Want...), labels(s.look(state.Manifest, known.Name).plan), known.Name)
		_, after := s.converge(state.Manifest, known.Name)
		s.remainsSo(state, after, known.Name)
	}
}

// unreadable proves that what could not be read has no value and makes no difference.
func (b *bench) unreadable() {
	inspect := func(s *session, state State, note string) {
		v := s.look(state.Manifest, note)
		for _, l := range v.resources {
			for _, name := range l.Unreadable {
				require.NotContains(b.t, l.Attributes, name, "%s: %s cannot be read and has a value on %s", note, name, l.Address)
				for _, c := range v.plan.Changes {
					differs := slices.ContainsFunc(c.Attributes, func(a plan.AttributeChange) bool { return a.Name == name })
					require.False(b.t, c.Action == plan.Update && c.Address == l.Address && differs, "%s: %s of %s differs and cannot be read", note, name,
						l.Address)
				}
			}
		}
	}
	for _, state := range b.suite.States {
		inspect(b.in(state), state, state.Name)
		for i, drift := range b.session().world.ByHand {
			if drift.In == state.Name {
				s := b.in(state)
				s.world.ByHand[i].Make(b.t)
				inspect(s, state, drift.Name)
			}
		}
	}
}

// lookingTwice proves that the canonical form is one.
func (b *bench) lookingTwice() {
	for _, state := range b.suite.States {
		s := b.in(state)
		desired := b.expand(state.Manifest, state.Name)
		first, err := s.observe(context.Background(), state.Manifest, desired, nil)
		require.NoError(b.t, err)
		second, err := s.observe(context.Background(), state.Manifest, desired, nil)
		require.NoError(b.t, err)
		s.restart()
		third, err := s.observe(context.Background(), state.Manifest, desired, nil)
		require.NoError(b.t, err)
		for _, later := range []*providers.Observation{second, third} {
			sameTruth(b.t, first, later, state.Name)
		}
		for _, l := range first.Resources {
			for name, value := range l.Attributes {
				require.False(b.t, value.IsZero(), "%s: %s of %s has no value", state.Name, name, l.Address)
			}
			require.True(b.t, l.ID != "" || !l.Parent.IsZero() || len(l.Attributes) > 0, "%s: %s has neither id nor parent nor attributes",
				state.Name, l.Address)
		}
	}
}

// covering proves that nothing that is desired or there lies outside what was read.
func (b *bench) covering() {
	for _, state := range b.suite.States {
		fresh := b.session().look(state.Manifest, state.Name)
		reached := b.in(state).look(state.Manifest, state.Name)
		for _, v := range []*view{fresh, reached} {
			for _, d := range v.resolved {
				require.True(b.t, v.covers(d.Address), "%s: %s is desired and not covered", state.Name, d.Address)
			}
			for _, l := range v.resources {
				require.True(b.t, v.covers(l.Address), "%s: %s is there and not covered", state.Name, l.Address)
			}
			require.False(b.t, v.covers(foreign), "%s: another service's address is covered", state.Name)
		}
		for _, d := range reached.resolved {
			there := reached.live(d.Address) != nil
			require.True(b.t, there != d.Absent || len(state.Remains) > 0, "%s: %s is there: %t", state.Name, d.Address, there)
		}
	}
}
