package plan_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// decisive takes "does-x" for a rule about administrators, and "z" for an effect that amounts to everything. Box "cast" lets somebody
// from outside do something directly.
type decisive struct{ tiny.Knowledge }

func (d decisive) Rules() []plan.Rule {
	rules := d.Knowledge.Rules()
	for i := range rules {
		rules[i].Administrator = rules[i].ID == "does-x"
	}
	return rules
}

func (d decisive) Effects(catalogue *plan.Catalogue) func(plan.Resource) []access.Effect {
	effects := d.Knowledge.Effects(catalogue)
	return func(r plan.Resource) []access.Effect {
		if r.Address == tiny.BoxAt("cast") {
			return []access.Effect{{Principal: "outside:caster", Scope: "s9"}, {Principal: "outside:caster", Scope: "s9", As: "outside:p"}}
		}
		all := effects(r)
		for i := range all {
			all[i].Admin = len(all[i].Actions) == 1 && all[i].Actions[0] == "z"
		}
		return all
	}
}

// drawnAs tells a graph in lines.
func drawnAs(g *plan.TrustGraph) string {
	signs := map[plan.Mark]string{plan.Kept: "  ", plan.Added: "+ ", plan.Removed: "- ", plan.Altered: "~ "}
	var told []string
	for _, a := range g.Actors {
		line := signs[a.Mark] + a.Address.String()
		if a.Unmanaged {
			line += " unmanaged"
		}
		if len(a.Unreadable) > 0 {
			line += fmt.Sprintf(" unread %v", a.Unreadable)
		}
		told = append(told, line)
		for _, t := range a.Trusted {
			told = append(told, signs[t.Mark]+"  from "+t.Principal)
		}
		for _, grant := range a.Grants {
			line := fmt.Sprintf("%s  in %s%s by %s", signs[grant.Mark], grant.Scope, grant.As, grant.By)
			for _, flag := range []struct {
				word string
				is   bool
			}{{" admin", grant.Administrator}, {" unknown", grant.Unknown}, {" denies", grant.Denies}, {" limited", grant.Limited}} {
				if flag.is {
					line += flag.word
				}
			}
			told = append(told, line)
		}
	}
	return lines(told...)
}

func TestTheTrustGraphOfAPlan(t *testing.T) {
	for behaviour, c := range map[string]struct {
		live tiny.World
		want tiny.Wish
		own  plan.Ownership
		// change is done to the input before the plan is made.
		change func(in *plan.Input)
		graph  string
	}{
		"what is there and stays has no mark": {
			live:  tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a"))},
			want:  tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/a"))},
			graph: lines("  box/one", "    from p", "    in s1 by item/one/scope:s1/a"),
		},
		"what is made and taken is marked": {
			live:  tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a"))},
			want:  tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q", "s2/b"))},
			graph: lines("  box/one", "-   from p", "+   from q", "-   in s1 by item/one/scope:s1/a", "+   in s2 by item/one/scope:s2/b"),
		},
		"what goes with a deleted root is marked too": {
			live:  tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a"))},
			want:  tiny.Wish{Boxes: tiny.Wants("one", tiny.WantedBox{Absent: true}, "two", tiny.OpenBox("q"))},
			graph: lines("- box/one", "-   from p", "-   in s1 by item/one/scope:s1/a", "+ box/two", "+   from q"),
		},
		"what is held is drawn as it is": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a"))}, own: plan.Ownership{Protect: tiny.Patterns("box/one")},
			want:  tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q"))},
			graph: lines("  box/one", "    from p", "    in s1 by item/one/scope:s1/a"),
		},
		"what nobody manages is there": {
			live:  tiny.World{Boxes: tiny.Boxes("theirs", tiny.OpenBox("p", "s1/x"))},
			graph: lines("  box/theirs unmanaged", "    from p", "    in s1 by item/theirs/scope:s1/x admin"),
		},
		"an administrator is who a rule or an effect calls so": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/x"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/z", "s2/a", "s2/-b"))},
			graph: lines("  box/one", "    from p", "-   in s1 by item/one/scope:s1/x admin", "+   in s1 by item/one/scope:s1/z admin",
				"+   in s2 by item/one/scope:s2/-b denies", "+   in s2 by item/one/scope:s2/a"),
		},
		"a new content alters what uses it": {
			live:  tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-d")), Docs: map[string]string{"d": "a"}},
			want:  tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/doc-d")), Docs: tiny.WantsDocs("d", "x")},
			graph: lines("  box/one", "    from p", "~   in s1 by item/one/scope:s1/doc-d admin"),
		},
		"a new content that must not be written alters nothing": {
			live:  tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-d")), Docs: map[string]string{"d": "a"}},
			want:  tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/doc-d")), Docs: tiny.WantsDocs("d", "x")},
			own:   plan.Ownership{Protect: tiny.Patterns("doc/d")},
			graph: lines("  box/one", "    from p", "    in s1 by item/one/scope:s1/doc-d"),
		},
		"whoever acts directly, and as whom": {
			live:  tiny.World{Boxes: tiny.Boxes("cast", tiny.OpenBox("p"))},
			graph: lines("  box/cast unmanaged", "    from outside:caster", "    in outside:p by box/cast", "    in s9 by box/cast unknown"),
		},
		"what could not be read is not left out": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"), "two", tiny.OpenBox("q"))},
			change: func(in *plan.Input) {
				l := &in.Snapshot.Resources[1]
				l.Attributes, l.Unreadable = plan.Attributes{}, []string{"opens"}
			},
			graph: lines("  box/one unmanaged", "    from p", "  box/two unmanaged unread [opens]", "    from "),
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := c.live.Input(c.want, c.own)
			in.Knowledge = decisive{}
			if c.change != nil {
				c.change(&in)
			}
			p, problems := plan.Build(in)
			require.Empty(t, plan.Fatal(problems))
			require.Equal(t, c.graph, drawnAs(plan.TrustGraphOf(p, in)))
		})
	}
}

func TestTheLiveGraphIsMarkedByHowItDiffersFromTheManifest(t *testing.T) {
	for behaviour, c := range map[string]struct {
		live  tiny.World
		want  tiny.Wish
		own   plan.Ownership
		graph string
	}{
		"what is as the manifest says has no mark": {
			live:  tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a"))},
			want:  tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/a"))},
			graph: lines("  box/one", "    from p", "    in s1 by item/one/scope:s1/a"),
		},
		"what the manifest has not is more, and what is not there is less": {
			live:  tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a"))},
			want:  tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q", "s2/b"), "two", tiny.OpenBox("q"))},
			graph: lines("  box/one", "+   from p", "-   from q", "+   in s1 by item/one/scope:s1/a", "-   in s2 by item/one/scope:s2/b", "- box/two", "-   from q"),
		},
		"what must not be written differs all the same": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"))}, own: plan.Ownership{Protect: tiny.Patterns("box/one")},
			want:  tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q"))},
			graph: lines("  box/one", "+   from p", "-   from q"),
		},
		"what is owned and not listed is not in the manifest, whether it is deleted or not": {
			live:  tiny.World{Boxes: tiny.Boxes("ours-a", tiny.OpenBox("p", "s1/a"))},
			own:   plan.Ownership{Include: tiny.Patterns("box/ours-*")},
			graph: lines("+ box/ours-a", "+   from p", "+   in s1 by item/ours-a/scope:s1/a"),
		},
		"what is altered is drawn as it is live": {
			live:  tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-d")), Docs: map[string]string{"d": "x"}},
			want:  tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/doc-d")), Docs: tiny.WantsDocs("d", "a")},
			graph: lines("  box/one", "    from p", "~   in s1 by item/one/scope:s1/doc-d admin"),
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := c.live.Input(c.want, c.own)
			in.Knowledge = decisive{}
			p, problems := plan.Build(in)
			require.Empty(t, plan.Fatal(problems))
			require.Equal(t, c.graph, drawnAs(plan.LiveGraphOf(p, in)))
		})
	}
}

// A root of which nothing is known but that it could not be read is an actor all the same.
func TestAnActorWithoutEffectsIsDrawnWhereItCouldNotBeRead(t *testing.T) {
	in := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"), "two", tiny.OpenBox("q"))}.Input(tiny.Wish{}, plan.Ownership{})
	in.Knowledge = blindTo{at: tiny.BoxAt("two")}
	p, _ := plan.Build(in)
	require.Len(t, plan.TrustGraphOf(p, in).Actors, 1, "it gives nothing")
	in.Snapshot.Resources[1].Unreadable = []string{"opens"}
	p, _ = plan.Build(in)
	actors := plan.TrustGraphOf(p, in).Actors
	require.Len(t, actors, 2)
	require.Equal(t, []string{"opens"}, actors[1].Unreadable)
}

// blindTo knows no effect of one resource.
type blindTo struct {
	decisive
	at addr.Address
}

func (b blindTo) Effects(catalogue *plan.Catalogue) func(plan.Resource) []access.Effect {
	effects := b.decisive.Effects(catalogue)
	return func(r plan.Resource) []access.Effect {
		if r.Address == b.at {
			return nil
		}
		return effects(r)
	}
}

func TestAGrantThatAHighFindingIsAboutIsMarked(t *testing.T) {
	live := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a", "s2/x"))}
	in := live.Input(tiny.Wish{Boxes: tiny.Wants("one", tiny.Want(tiny.OpenBox("p", "s1/a", "s3/x")))}, plan.Ownership{})
	high := map[string]bool{}
	for _, grant := range plan.TrustGraphOf(build(t, in), in).Actors[0].Grants {
		require.False(t, grant.Administrator, "the rule says high, and not everything")
		high[grant.By.String()] = grant.High
	}
	require.Equal(t, map[string]bool{
		"item/one/scope:s1/a": false, "item/one/scope:s2/x": true, "item/one/scope:s3/x": true,
	}, high)
}
