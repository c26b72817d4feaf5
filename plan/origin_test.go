package plan_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// against traces the changes of in against another wish, owned as the base says.
func against(w tiny.World, in plan.Input, base tiny.Wish, owned plan.Ownership) plan.Input {
	other := w.Input(base, owned)
	in.Base = &plan.Base{Manifest: other.Manifest, Desired: other.Desired}
	return in
}

func origins(p *plan.Plan) map[string]plan.Origin {
	all := map[string]plan.Origin{}
	for _, c := range p.Changes {
		all[c.Action.String()+" "+c.Address.String()] = c.Origin
	}
	return all
}

func TestEveryChangeSaysWhereItComesFrom(t *testing.T) {
	live := tiny.World{Boxes: map[string]tiny.Box{"one": tiny.OpenBox("p", "s1/a", "s1/b")}}
	is, and := tiny.Want(tiny.OpenBox("p", "s1/a", "s1/b")), func(b tiny.WantedBox) tiny.Wish {
		return tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": b}}
	}
	longer := tiny.WantedBox{Box: tiny.Box{Opens: "p", Lasts: "longer", Items: tiny.Items("s1/a", "s1/b")}}
	for behaviour, c := range map[string]struct {
		live               tiny.World
		base, head         tiny.Wish
		baseOwns, headOwns plan.Ownership
		want               map[string]plan.Origin
	}{
		"an edit, where live is as the base says": {
			live: live, base: and(is), head: and(tiny.Want(tiny.OpenBox("q", "s1/a", "s1/c"))),
			want: map[string]plan.Origin{
				"update box/one": plan.Yours, "delete item/one/scope:s1/b": plan.Yours, "create item/one/scope:s1/c": plan.Yours,
			},
		},
		"a resource that the base does not know": {
			live: live, base: tiny.Wish{}, head: and(longer), want: map[string]plan.Origin{"update box/one": plan.Yours},
		},
		"changed by hand, and both want it back": {
			live: live, base: and(tiny.Want(tiny.OpenBox("q", "s1/a", "s1/b"))), head: and(tiny.Want(tiny.OpenBox("q", "s1/a", "s1/b"))),
			want: map[string]plan.Origin{"update box/one": plan.Drifted},
		},
		"added by hand": {
			live: live, base: and(tiny.Want(tiny.OpenBox("p", "s1/a"))), head: and(tiny.Want(tiny.OpenBox("p", "s1/a"))),
			want: map[string]plan.Origin{"delete item/one/scope:s1/b": plan.Drifted},
		},
		"a whole resource added by hand": {
			live: live, baseOwns: plan.Ownership{Include: tiny.Patterns("box/*"), Prune: true},
			headOwns: plan.Ownership{Include: tiny.Patterns("box/*"), Prune: true},
			want:     map[string]plan.Origin{"delete box/one": plan.Drifted},
		},
		"to prune is an edit too": {
			live: live, baseOwns: plan.Ownership{Include: tiny.Patterns("box/*")},
			headOwns: plan.Ownership{Include: tiny.Patterns("box/*"), Prune: true},
			want:     map[string]plan.Origin{"delete box/one": plan.Yours},
		},
		"not there yet": {
			live: tiny.World{}, base: and(is), head: and(is),
			want: map[string]plan.Origin{
				"create box/one": plan.Pending, "create item/one/scope:s1/a": plan.Pending, "create item/one/scope:s1/b": plan.Pending,
			},
		},
		"a tombstone not carried out yet": {
			live: live, base: and(tiny.WantedBox{Absent: true}), head: and(tiny.WantedBox{Absent: true}),
			want: map[string]plan.Origin{"delete box/one": plan.Pending},
		},
		"an edit of what was changed by hand": {
			live: live, base: and(tiny.Want(tiny.OpenBox("r", "s1/a", "s1/b"))), head: and(tiny.Want(tiny.OpenBox("q", "s1/a", "s1/b"))),
			want: map[string]plan.Origin{"update box/one": plan.Conflict},
		},
		"an edit of one attribute beside a change by hand of another": {
			live: live, base: and(tiny.Want(tiny.OpenBox("q", "s1/a", "s1/b"))),
			head: and(tiny.WantedBox{Box: tiny.Box{Opens: "q", Lasts: "longer", Items: tiny.Items("s1/a", "s1/b")}}),
			want: map[string]plan.Origin{"update box/one": plan.Conflict},
		},
		"an edit of what is not there yet": {
			live: tiny.World{}, base: and(tiny.Want(tiny.OpenBox("p"))), head: and(tiny.Want(tiny.OpenBox("q"))),
			want: map[string]plan.Origin{"create box/one": plan.Conflict},
		},
		"a delete of what was changed by hand": {
			live: live, base: and(longer), head: and(tiny.WantedBox{Absent: true}), want: map[string]plan.Origin{"delete box/one": plan.Conflict},
		},
		"a delete that takes along what was added by hand": {
			live: live, base: and(tiny.Want(tiny.OpenBox("p", "s1/a"))), head: and(tiny.WantedBox{Absent: true}),
			want: map[string]plan.Origin{"delete box/one": plan.Conflict},
		},
		"a part of what the base deletes": {
			live: live, base: and(tiny.WantedBox{Absent: true}), head: and(tiny.Want(tiny.OpenBox("p", "s1/a"))),
			want: map[string]plan.Origin{"delete item/one/scope:s1/b": plan.Drifted},
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			p := build(t, against(c.live, c.live.Input(c.head, c.headOwns), c.base, c.baseOwns))
			require.Equal(t, c.want, origins(p))
		})
	}
}

func TestAnUpdateTellsTheOriginOfEachAttribute(t *testing.T) {
	w := tiny.World{Boxes: map[string]tiny.Box{"one": tiny.OpenBox("p")}}
	head := tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": {Box: tiny.Box{Opens: "q", Lasts: "longer"}}}}
	base := tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": {Box: tiny.Box{Opens: "q", Lasts: "long"}}}}
	p := build(t, against(w, w.Input(head, plan.Ownership{}), base, plan.Ownership{}))
	require.Equal(t, plan.Conflict, p.Changes[0].Origin)
	got := map[string]plan.Origin{}
	for _, a := range p.Changes[0].Attributes {
		got[a.Name] = a.Origin
	}
	require.Equal(t, map[string]plan.Origin{"opens": plan.Drifted, "lasts": plan.Yours}, got)
}

func TestABaseOutsideWhatWasReadIsPassedOver(t *testing.T) {
	w := tiny.World{Boxes: map[string]tiny.Box{"one": tiny.OpenBox("p")}}
	in := against(w, w.Input(tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": tiny.Want(tiny.OpenBox("q"))}}, plan.Ownership{}), tiny.Wish{},
		plan.Ownership{})
	in.Base.Desired = append(in.Base.Desired, plan.Desired{Resource: plan.Resource{Address: tiny.Address("elsewhere/x")}})
	require.Equal(t, map[string]plan.Origin{"update box/one": plan.Yours}, origins(build(t, in)))
}

// TestOriginsAgreeWithTheBasesOwnPlan: against itself nothing is yours; against a base that is live already everything
// is; the labels change nothing else; and applying only what is yours leaves all drift alone.
func TestOriginsAgreeWithTheBasesOwnPlan(t *testing.T) {
	seen := map[plan.Origin]int{}
	rapid.Check(t, func(t *rapid.T) {
		w, head, in := drawInput(t, 4)
		in.Options.Renew = nil // the base of a plan renews nothing
		p, problems := plan.Build(in)
		if len(problems) > 0 {
			return
		}
		require.NotContains(t, encode(t, p), `"origin"`)

		self, _ := plan.Build(against(w, in, head, in.Manifest.Ownership))
		require.Empty(t, self.Leaving)
		require.Empty(t, self.Rules)
		for what, origin := range origins(self) {
			require.Contains(t, []plan.Origin{plan.Drifted, plan.Pending}, origin, what)
		}

		base := drawWish(t, w, 4)
		traced, _ := plan.Build(against(w, in, base, in.Manifest.Ownership))
		for _, origin := range origins(traced) {
			seen[origin]++
		}
		basePlan, problems := plan.Build(w.Input(base, in.Manifest.Ownership))
		if len(problems) > 0 {
			return
		}
		touched := map[addr.Address]plan.Change{}
		for _, c := range basePlan.Changes {
			touched[c.Address] = c
			for _, child := range c.With {
				touched[child] = c
			}
		}
		for _, c := range traced.Changes {
			fate, alone := touched[c.Address]
			alone = !alone
			for _, child := range c.With {
				if _, is := touched[child]; is {
					alone = false
				}
			}
			if !alone && c.Before != nil && c.After != nil && fate.After != nil {
				alone = !slices.ContainsFunc(c.Attributes, func(a plan.AttributeChange) bool {
					return slices.ContainsFunc(fate.Attributes, func(b plan.AttributeChange) bool { return a.Name == b.Name })
				})
			}
			require.Equal(t, alone, c.Origin == plan.Yours, "%s: %s against\n%s", c.Address, c.Origin, render(basePlan))
		}
		for i := range traced.Changes {
			traced.Changes[i].Origin = ""
			for k := range traced.Changes[i].Attributes {
				traced.Changes[i].Attributes[k].Origin = ""
			}
		}
		traced.Leaving, traced.Summary.Leaving = nil, 0
		traced.Rules, traced.Summary.Rules = nil, 0
		require.Equal(t, encode(t, p), encode(t, traced), "labels, what leaves and the rules are all that a base adds")
	})
	require.Len(t, seen, 4, "all four origins were met: %v", seen)
}

// asking is a cloud whose provider looks at live state before it says what a person must do.
type asking struct{ tiny.Knowledge }

func (asking) Manual(before *plan.Live, _ *plan.Desired, view *plan.View) []plan.Manual {
	if before != nil {
		view.Live(before.Address)
	}
	return nil
}

func TestTheBaseIsJudgedByLiveState(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"))}
	in := w.Input(tiny.Wish{Boxes: tiny.Wants("one", tiny.WantedBox{Absent: true})}, plan.Ownership{})
	in.Knowledge, in.Base = asking{}, &plan.Base{Manifest: in.Manifest, Desired: in.Desired}
	require.Equal(t, plan.Pending, build(t, in).Changes[0].Origin)
}
