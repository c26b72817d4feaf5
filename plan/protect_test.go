package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
)

// TestAProtectedRootIsMadeAsAWhole: once it is there it is held, so nothing of it may begin that cannot be finished.
func TestAProtectedRootIsMadeAsAWhole(t *testing.T) {
	glass := tiny.OpenBox("p", "s1/a", "s1/doc-x")
	live := tiny.World{Boxes: tiny.Boxes("other", tiny.OpenBox("p", "s1/a")), Docs: map[string]string{"x": "a"}}
	for behaviour, c := range map[string]struct {
		want    tiny.Wish
		protect []string
		sel     plan.Selection
		knows   tiny.Knowledge
		plan    string
	}{
		"it waits for all that its children use": {
			want: tiny.Wish{Boxes: tiny.Wants("glass", tiny.Want(glass)), Docs: tiny.WantsDocs("x", "ab")},
			plan: lines("update doc/x", "create box/glass needs doc/x", "create item/glass/scope:s1/a needs box/glass",
				"create item/glass/scope:s1/doc-x needs box/glass, doc/x"),
		},
		"an unprotected one does not": {
			want: tiny.Wish{Boxes: tiny.Wants("plain", tiny.Want(glass)), Docs: tiny.WantsDocs("x", "ab")},
			plan: lines("create box/plain", "update doc/x", "create item/plain/scope:s1/a needs box/plain",
				"create item/plain/scope:s1/doc-x needs box/plain, doc/x"),
		},
		"a child that is held back holds back the whole": {
			want:    tiny.Wish{Boxes: tiny.Wants("glass", tiny.Want(glass)), Docs: tiny.WantsDocs("x", "ab")},
			protect: []string{"doc/x"},
			plan: lines("blocked doc/x", "blocked box/glass needs doc/x", "blocked item/glass/scope:s1/a needs box/glass",
				"blocked item/glass/scope:s1/doc-x needs box/glass, doc/x"),
		},
		"a child that is left out leaves out the whole": {
			want: tiny.Wish{Boxes: tiny.Wants("glass", tiny.Want(glass), "user", tiny.DependingOn(tiny.OpenBox("p"), "box/glass"))},
			sel:  plan.Selection{Exclude: tiny.Patterns("item/glass/*/a")},
			plan: lines("blocked box/glass", "blocked item/glass/scope:s1/doc-x needs box/glass", "blocked box/user needs box/glass, item/glass/scope:s1/doc-x"),
		},
		"a child that no API can make holds back nothing": {
			want:  tiny.Wish{Boxes: tiny.Wants("glass", tiny.Want(tiny.OpenBox("p", "s1/a", "s1/b")))},
			knows: tiny.Knowledge{ByHand: "item/glass/*/a"},
			plan:  lines("create box/glass", "manual item/glass/scope:s1/a needs box/glass", "create item/glass/scope:s1/b needs box/glass"),
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := live.Input(c.want, plan.Ownership{Protect: tiny.Patterns(append(c.protect, "box/glass")...)})
			in.Knowledge, in.Options.Select = c.knows, c.sel
			require.Equal(t, c.plan, render(build(t, in)))
		})
	}
}

func TestAPlanSaysWhatIsMissingOfAProtectedRoot(t *testing.T) {
	half := tiny.World{Boxes: tiny.Boxes("glass", tiny.OpenBox("p", "s1/a"))}
	in := half.Input(tiny.Wish{Boxes: tiny.Wants("glass", tiny.Want(tiny.OpenBox("q", "s1/a", "s1/b")))},
		plan.Ownership{Protect: tiny.Patterns("box/glass")})
	p := build(t, in)
	require.Equal(t, lines("blocked box/glass", "blocked item/glass/scope:s1/b needs box/glass"), render(p))
	require.Equal(t, "protected by ownership.protect", reasonOf(t, p, tiny.BoxAt("glass")))
	require.Equal(t, "protected by ownership.protect: box/glass is there, and this is missing, until a reviewed change takes the protection out for one run",
		reasonOf(t, p, tiny.ItemAt("glass", "s1", "b")))

	in.Options.Select.Exclude = tiny.Patterns("item/glass/**")
	in.Snapshot = tiny.World{}.Snapshot()
	require.Equal(t, "needs item/glass/scope:s1/a, which is left out by the selection: what is protected is made as a whole, with its parts",
		reasonOf(t, build(t, in), tiny.BoxAt("glass")))
}

// TestARenameToAProtectedName: the new one is made as a whole, and one that stays half made keeps the old one.
func TestARenameToAProtectedName(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("old", tiny.OpenBox("p", "s1/a"))}
	want := tiny.Wish{Boxes: tiny.Wants("new", tiny.Want(tiny.OpenBox("p", "s1/a")), "old", tiny.WantedBox{Absent: true})}
	owned := plan.Ownership{Protect: tiny.Patterns("box/new")}
	require.Equal(t, lines("create box/new", "create item/new/scope:s1/a needs box/new",
		"delete box/old needs box/new, item/new/scope:s1/a confirms box/new, item/new/scope:s1/a with item/old/scope:s1/a"), render(build(t, renamed(w, want, owned))))
	w.Boxes["new"] = tiny.OpenBox("p")
	require.Equal(t, lines("blocked item/new/scope:s1/a",
		"blocked box/old needs item/new/scope:s1/a confirms item/new/scope:s1/a with item/old/scope:s1/a"), render(build(t, renamed(w, want, owned))))
}
