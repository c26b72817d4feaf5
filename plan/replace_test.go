package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
)

func TestARenamedResourceStaysWithItsHolders(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("theirs", tiny.OpenBox("p", "s1/doc-old"), "ours", tiny.OpenBox("p", "s1/doc-old")), Docs: map[string]string{"old": "a"}}
	want := tiny.Wish{Boxes: tiny.Wants("ours", tiny.OpenBox("p", "s1/doc-new")), Docs: tiny.WantsDocs("old", "", "new", "a")}
	in := w.Input(want, plan.Ownership{})
	for i := range in.Desired {
		if d := &in.Desired[i]; d.Absent {
			d.ReplacedBy = tiny.DocAt("new")
		}
	}
	p := build(t, in)
	require.Equal(t, plan.Blocked, change(t, p, tiny.DocAt("old")).Action)
	require.Equal(t, "holders: item/theirs/scope:s1/doc-old (unmanaged)", reasonOf(t, p, tiny.DocAt("old")))
	require.Equal(t, plan.Create, change(t, p, tiny.DocAt("new")).Action)
}

// renamed makes the tombstone of box "old" one that is replaced by box "new".
func renamed(w tiny.World, want tiny.Wish, owned plan.Ownership) plan.Input {
	in := w.Input(want, owned)
	for i := range in.Desired {
		if d := &in.Desired[i]; d.Address == tiny.BoxAt("old") {
			d.ReplacedBy = tiny.BoxAt("new")
		}
	}
	return in
}

func TestARenameMakesTheNewBeforeItDeletesTheOld(t *testing.T) {
	old, fresh := tiny.OpenBox("p", "s1/a", "s1/b"), tiny.OpenBox("p", "s1/a", "s1/b")
	want := tiny.Wish{Boxes: map[string]tiny.WantedBox{"new": tiny.Want(fresh), "old": {Absent: true}}}
	for behaviour, c := range map[string]struct {
		live  map[string]tiny.Box
		owned plan.Ownership
		knows tiny.Knowledge
		plan  string
	}{
		"the old one goes when all of the new one is there and seen": {
			live: tiny.Boxes("old", old), plan: lines(
				"create box/new", "create item/new/scope:s1/a needs box/new", "create item/new/scope:s1/b needs box/new",
				"delete box/old needs box/new, item/new/scope:s1/a, item/new/scope:s1/b confirms box/new, item/new/scope:s1/a, item/new/scope:s1/b "+
					"with item/old/scope:s1/a, item/old/scope:s1/b"),
		},
		"the old one was never there": {
			plan: lines("create box/new", "create item/new/scope:s1/a needs box/new", "create item/new/scope:s1/b needs box/new"),
		},
		"it is done already": {live: tiny.Boxes("new", fresh)},
		"stopped half-way": {
			live: tiny.Boxes("old", old, "new", tiny.OpenBox("p", "s1/a")),
			plan: lines("create item/new/scope:s1/b",
				"delete box/old needs item/new/scope:s1/b confirms item/new/scope:s1/b with item/old/scope:s1/a, item/old/scope:s1/b"),
		},
		"only the old one is left to do": {
			live: tiny.Boxes("old", old, "new", fresh), plan: lines("delete box/old with item/old/scope:s1/a, item/old/scope:s1/b"),
		},
		"a protected old one stays": {
			live: tiny.Boxes("old", tiny.OpenBox("p"), "new", fresh), owned: plan.Ownership{Protect: tiny.Patterns("box/old")},
			plan: lines("blocked box/old"),
		},
		"a new one that cannot be made keeps the old one": {
			live: tiny.Boxes("old", tiny.OpenBox("p"), "new", tiny.OpenBox("p", "s1/a")), knows: tiny.Knowledge{ByHand: "item/new/**"},
			plan: lines("manual item/new/scope:s1/b", "blocked box/old needs item/new/scope:s1/b confirms item/new/scope:s1/b"),
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			w := tiny.World{Boxes: c.live}
			in := renamed(w, want, c.owned)
			in.Knowledge = c.knows
			p := build(t, in)
			require.Equal(t, c.plan, render(p))
			if p.Summary.Manual+p.Summary.Blocked == 0 {
				require.True(t, build(t, renamed(w.ExecuteAll(p), want, c.owned)).Empty(), "a second plan holds nothing")
			}
		})
	}
}

func TestARenameSaysThatItIsNone(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("old", tiny.OpenBox("p"))}
	in := renamed(w, tiny.Wish{Boxes: map[string]tiny.WantedBox{"new": tiny.Want(tiny.OpenBox("p")), "old": {Absent: true}}}, plan.Ownership{})
	p := build(t, in)
	require.Equal(t, "renamed from box/old, but the API cannot rename: made anew with another id, and the old one deleted last",
		reasonOf(t, p, tiny.BoxAt("new")))
	require.Equal(t, "renamed to box/new, but the API cannot rename: deleted when the new one is seen to be complete",
		reasonOf(t, p, tiny.BoxAt("old")))
	require.Equal(t, 1, p.Summary.Delete)

	protected := renamed(w, tiny.Wish{Boxes: map[string]tiny.WantedBox{"new": tiny.Want(tiny.OpenBox("p")), "old": {Absent: true}}},
		plan.Ownership{Protect: tiny.Patterns("box/old")})
	require.Equal(t, "renamed from box/old, which is protected: made anew beside it", reasonOf(t, build(t, protected), tiny.BoxAt("new")))

	in.Options.Select.Target = tiny.Patterns("box/old")
	require.Equal(t, lines("blocked box/old"), render(build(t, in)), "the old one never goes alone")
}

func TestWhatDependsOnTheOldNameIsToldTheNewOne(t *testing.T) {
	want := tiny.Wish{Boxes: map[string]tiny.WantedBox{
		"new": tiny.Want(tiny.OpenBox("p")), "old": {Absent: true}, "user": {Box: tiny.OpenBox("p"), DependsOn: []string{"box/old"}},
	}}
	_, problems := plan.Build(renamed(tiny.World{Boxes: tiny.Boxes("old", tiny.OpenBox("p"))}, want, plan.Ownership{}))
	require.Len(t, problems, 1)
	require.Equal(t, "depend on box/new, which takes its place", problems[0].Hint)
}

// TestARenameBesideAChangeOfWhatBothUseIsRefused: what the old one uses is not changed under it, and the new one waits for
// that change.
func TestARenameBesideAChangeOfWhatBothUseIsRefused(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("old", tiny.OpenBox("p", "s1/doc-x")), Docs: map[string]string{"x": "a"}}
	want := tiny.Wish{
		Boxes: map[string]tiny.WantedBox{"new": tiny.Want(tiny.OpenBox("p", "s1/doc-x")), "old": {Absent: true}},
		Docs:  map[string]tiny.WantedDoc{"x": {Word: "b"}},
	}
	_, problems := plan.Build(renamed(w, want, plan.Ownership{}))
	require.Len(t, problems, 1)
	require.Equal(t, "no safe order", problems[0].Summary)
	require.Contains(t, problems[0].Hint, "in two steps")

	want.Docs["x"] = tiny.WantedDoc{Word: "a"}
	_, problems = plan.Build(renamed(w, want, plan.Ownership{}))
	require.Empty(t, problems, "the first step: only the rename")
}
