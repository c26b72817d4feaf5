package plan_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// against traces the changes of in against another wish, owned as the base says.
func against(w world, in plan.Input, base wish, owned plan.Ownership) plan.Input {
	other := w.input(base, owned)
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
	live := world{boxes: map[string]box{"one": openBox("p", "s1/a", "s1/b")}}
	is, and := wished(openBox("p", "s1/a", "s1/b")), func(b wishedBox) wish { return wish{boxes: map[string]wishedBox{"one": b}} }
	longer := wishedBox{box: box{opens: "p", lasts: "longer", items: items("s1/a", "s1/b")}}
	for behaviour, c := range map[string]struct {
		live               world
		base, head         wish
		baseOwns, headOwns plan.Ownership
		want               map[string]plan.Origin
	}{
		"an edit, where live is as the base says": {
			live: live, base: and(is), head: and(wished(openBox("q", "s1/a", "s1/c"))),
			want: map[string]plan.Origin{
				"update box/one": plan.Yours, "delete item/one/scope:s1/b": plan.Yours, "create item/one/scope:s1/c": plan.Yours,
			},
		},
		"a resource that the base does not know": {
			live: live, base: wish{}, head: and(longer), want: map[string]plan.Origin{"update box/one": plan.Yours},
		},
		"changed by hand, and both want it back": {
			live: live, base: and(wished(openBox("q", "s1/a", "s1/b"))), head: and(wished(openBox("q", "s1/a", "s1/b"))),
			want: map[string]plan.Origin{"update box/one": plan.Drifted},
		},
		"added by hand": {
			live: live, base: and(wished(openBox("p", "s1/a"))), head: and(wished(openBox("p", "s1/a"))),
			want: map[string]plan.Origin{"delete item/one/scope:s1/b": plan.Drifted},
		},
		"a whole resource added by hand": {
			live: live, baseOwns: plan.Ownership{Include: patterns("box/*"), Prune: true}, headOwns: plan.Ownership{Include: patterns("box/*"), Prune: true},
			want: map[string]plan.Origin{"delete box/one": plan.Drifted},
		},
		"to prune is an edit too": {
			live: live, baseOwns: plan.Ownership{Include: patterns("box/*")}, headOwns: plan.Ownership{Include: patterns("box/*"), Prune: true},
			want: map[string]plan.Origin{"delete box/one": plan.Yours},
		},
		"not there yet": {
			live: world{}, base: and(is), head: and(is),
			want: map[string]plan.Origin{
				"create box/one": plan.Pending, "create item/one/scope:s1/a": plan.Pending, "create item/one/scope:s1/b": plan.Pending,
			},
		},
		"a tombstone not carried out yet": {
			live: live, base: and(wishedBox{absent: true}), head: and(wishedBox{absent: true}), want: map[string]plan.Origin{"delete box/one": plan.Pending},
		},
		"an edit of what was changed by hand": {
			live: live, base: and(wished(openBox("r", "s1/a", "s1/b"))), head: and(wished(openBox("q", "s1/a", "s1/b"))),
			want: map[string]plan.Origin{"update box/one": plan.Conflict},
		},
		"an edit of one attribute beside a change by hand of another": {
			live: live, base: and(wished(openBox("q", "s1/a", "s1/b"))), head: and(wishedBox{box: box{opens: "q", lasts: "longer", items: items("s1/a", "s1/b")}}),
			want: map[string]plan.Origin{"update box/one": plan.Conflict},
		},
		"an edit of what is not there yet": {
			live: world{}, base: and(wished(openBox("p"))), head: and(wished(openBox("q"))), want: map[string]plan.Origin{"create box/one": plan.Conflict},
		},
		"a delete of what was changed by hand": {
			live: live, base: and(longer), head: and(wishedBox{absent: true}), want: map[string]plan.Origin{"delete box/one": plan.Conflict},
		},
		"a delete that takes along what was added by hand": {
			live: live, base: and(wished(openBox("p", "s1/a"))), head: and(wishedBox{absent: true}), want: map[string]plan.Origin{"delete box/one": plan.Conflict},
		},
		"a part of what the base deletes": {
			live: live, base: and(wishedBox{absent: true}), head: and(wished(openBox("p", "s1/a"))), want: map[string]plan.Origin{"delete item/one/scope:s1/b": plan.Drifted},
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			p := build(t, against(c.live, c.live.input(c.head, c.headOwns), c.base, c.baseOwns))
			require.Equal(t, c.want, origins(p))
		})
	}
}

func TestAnUpdateTellsTheOriginOfEachAttribute(t *testing.T) {
	w := world{boxes: map[string]box{"one": openBox("p")}}
	head := wish{boxes: map[string]wishedBox{"one": {box: box{opens: "q", lasts: "longer"}}}}
	base := wish{boxes: map[string]wishedBox{"one": {box: box{opens: "q", lasts: "long"}}}}
	p := build(t, against(w, w.input(head, plan.Ownership{}), base, plan.Ownership{}))
	require.Equal(t, plan.Conflict, p.Changes[0].Origin)
	got := map[string]plan.Origin{}
	for _, a := range p.Changes[0].Attributes {
		got[a.Name] = a.Origin
	}
	require.Equal(t, map[string]plan.Origin{"opens": plan.Drifted, "lasts": plan.Yours}, got)
}

func TestABaseOutsideWhatWasReadIsPassedOver(t *testing.T) {
	w := world{boxes: map[string]box{"one": openBox("p")}}
	in := against(w, w.input(wish{boxes: map[string]wishedBox{"one": wished(openBox("q"))}}, plan.Ownership{}), wish{}, plan.Ownership{})
	in.Base.Desired = append(in.Base.Desired, plan.Desired{Resource: plan.Resource{Address: address("elsewhere/x")}})
	require.Equal(t, map[string]plan.Origin{"update box/one": plan.Yours}, origins(build(t, in)))
}

// TestOriginsAgreeWithTheBasesOwnPlan: against itself nothing is yours; against a base that is live already everything
// is; the labels change nothing else; and applying only what is yours leaves all drift alone.
func TestOriginsAgreeWithTheBasesOwnPlan(t *testing.T) {
	seen := map[plan.Origin]int{}
	rapid.Check(t, func(t *rapid.T) {
		w, head, in := drawInput(t, 4)
		p, problems := plan.Build(in)
		if len(problems) > 0 {
			return
		}
		require.NotContains(t, encode(t, p), `"origin"`)

		self, _ := plan.Build(against(w, in, head, in.Manifest.Ownership))
		for what, origin := range origins(self) {
			require.Contains(t, []plan.Origin{plan.Drifted, plan.Pending}, origin, what)
		}

		base := drawWish(t, w, 4)
		traced, _ := plan.Build(against(w, in, base, in.Manifest.Ownership))
		for _, origin := range origins(traced) {
			seen[origin]++
		}
		basePlan, problems := plan.Build(w.input(base, in.Manifest.Ownership))
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
		require.Equal(t, encode(t, p), encode(t, traced), "labels are all that a base adds")
	})
	require.Len(t, seen, 4, "all four origins were met: %v", seen)
}
