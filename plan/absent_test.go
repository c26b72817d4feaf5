package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// TestChildrenThatMustBeAbsent: they are deleted where they are live, whatever becomes of the children that the root does not list.
func TestChildrenThatMustBeAbsent(t *testing.T) {
	live := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a", "s1/b"))}
	for behaviour, c := range map[string]struct {
		want  tiny.WantedBox
		owned plan.Ownership
		plan  string
	}{
		"of an additive root": {
			want: tiny.WantedBox{Box: tiny.OpenBox("p", "s1/c"), Additive: true}, plan: lines("create item/one/scope:s1/c", "delete item/one/scope:s1/a after item/one/scope:s1/c"),
		},
		"of an exact root": {
			want: tiny.Want(tiny.OpenBox("p", "s1/b")), plan: lines("delete item/one/scope:s1/a"),
		},
		"before another principal gets the root": {
			want: tiny.WantedBox{Box: tiny.OpenBox("q"), Additive: true},
			plan: lines("delete item/one/scope:s1/a", "update box/one needs item/one/scope:s1/a confirms item/one/scope:s1/a"),
		},
		"of a protected root": {
			want: tiny.WantedBox{Box: tiny.OpenBox("p"), Additive: true}, owned: plan.Ownership{Protect: tiny.Patterns("box/one")},
			plan: lines("blocked item/one/scope:s1/a"),
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			c.want.Without = tiny.Items("s1/a", "s2/a")
			in := live.Input(tiny.Wish{Boxes: tiny.Wants("one", c.want)}, c.owned)
			p := build(t, in)
			require.Equal(t, c.plan, render(p))
			if len(c.owned.Protect) == 0 {
				require.Equal(t, "must be absent by grantsAbsent", reasonOf(t, p, tiny.ItemAt("one", "s1", "a")))
				require.Empty(t, render(build(t, plan.Input{
					Manifest: in.Manifest, Desired: in.Desired, Snapshot: live.ExecuteAll(p).Snapshot(), Knowledge: in.Knowledge,
				})), "a second plan holds nothing")
			}
		})
	}
}

func TestWhatMustBeAbsentCountsAsADelete(t *testing.T) {
	live := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a", "s1/b"))}
	banned := tiny.WantedBox{Box: tiny.OpenBox("p"), Additive: true, Without: tiny.Items("s1/a", "s1/b")}
	in := live.Input(tiny.Wish{Boxes: tiny.Wants("one", banned)}, plan.Ownership{})
	in.Base = &plan.Base{Manifest: in.Manifest, Desired: in.Desired}
	p := build(t, in)
	require.Equal(t, plan.Summary{Delete: 2, Unchanged: 1}, p.Summary)
	require.Equal(t, plan.Drifted, p.Changes[0].Origin, "the base bans it too: somebody has added it")
	require.Len(t, p.Privileges.Principals, 1, "it is told under power")

	one, half := 1, 50
	for _, limit := range []plan.DeleteLimit{{Count: &one}, {Share: &half}} {
		in.Options.MaxDeletes = limit
		_, problems := plan.Build(in)
		require.Len(t, problems, 1)
		require.Equal(t, "too many deletes", problems[0].Summary)
	}
	in.Caller.Named = []addr.Address{tiny.BoxAt("one")}
	in.Options.MaxDeletes = plan.DeleteLimit{}
	require.Equal(t, lines("blocked item/one/scope:s1/a", "blocked item/one/scope:s1/b"), render(build(t, in)))
}
