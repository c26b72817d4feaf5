package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
)

// renamed makes the tombstone of box "old" one that is replaced by box "new".
func renamed(w world, want wish, owned plan.Ownership) plan.Input {
	in := w.input(want, owned)
	for i := range in.Desired {
		if d := &in.Desired[i]; d.Address == boxAt("old") {
			d.ReplacedBy = boxAt("new")
		}
	}
	return in
}

func TestARenameMakesTheNewBeforeItDeletesTheOld(t *testing.T) {
	old, fresh := openBox("p", "s1/a", "s1/b"), openBox("p", "s1/a", "s1/b")
	want := wish{boxes: map[string]wishedBox{"new": wished(fresh), "old": {absent: true}}}
	for behaviour, c := range map[string]struct {
		live  map[string]box
		owned plan.Ownership
		knows tinyCloud
		plan  string
	}{
		"the old one goes when all of the new one is there and seen": {
			live: boxes("old", old), plan: lines(
				"create box/new", "create item/new/scope:s1/a needs box/new", "create item/new/scope:s1/b needs box/new",
				"delete box/old needs box/new, item/new/scope:s1/a, item/new/scope:s1/b confirms box/new, item/new/scope:s1/a, item/new/scope:s1/b "+
					"with item/old/scope:s1/a, item/old/scope:s1/b"),
		},
		"the old one was never there": {
			plan: lines("create box/new", "create item/new/scope:s1/a needs box/new", "create item/new/scope:s1/b needs box/new"),
		},
		"it is done already": {live: boxes("new", fresh)},
		"stopped half-way": {
			live: boxes("old", old, "new", openBox("p", "s1/a")),
			plan: lines("create item/new/scope:s1/b", "delete box/old needs item/new/scope:s1/b confirms item/new/scope:s1/b with item/old/scope:s1/a, item/old/scope:s1/b"),
		},
		"only the old one is left to do": {
			live: boxes("old", old, "new", fresh), plan: lines("delete box/old with item/old/scope:s1/a, item/old/scope:s1/b"),
		},
		"a protected old one stays": {
			live: boxes("old", openBox("p"), "new", fresh), owned: plan.Ownership{Protect: patterns("box/old")}, plan: lines("blocked box/old"),
		},
		"a new one that cannot be made keeps the old one": {
			live: boxes("old", openBox("p"), "new", openBox("p", "s1/a")), knows: tinyCloud{byHand: "item/new/**"},
			plan: lines("manual item/new/scope:s1/b", "blocked box/old needs item/new/scope:s1/b confirms item/new/scope:s1/b"),
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			w := world{boxes: c.live}
			in := renamed(w, want, c.owned)
			in.Knowledge = c.knows
			p := build(t, in)
			require.Equal(t, c.plan, render(p))
			if p.Summary.Manual+p.Summary.Blocked == 0 {
				require.True(t, build(t, renamed(w.executeAll(p), want, c.owned)).Empty(), "a second plan holds nothing")
			}
		})
	}
}

func TestARenameSaysThatItIsNone(t *testing.T) {
	w := world{boxes: boxes("old", openBox("p"))}
	in := renamed(w, wish{boxes: map[string]wishedBox{"new": wished(openBox("p")), "old": {absent: true}}}, plan.Ownership{})
	p := build(t, in)
	require.Equal(t, "renamed from box/old, but the API cannot rename: made anew with another id, and the old one deleted last",
		reasonOf(t, p, boxAt("new")))
	require.Equal(t, "renamed to box/new, but the API cannot rename: deleted when the new one is seen to be complete",
		reasonOf(t, p, boxAt("old")))
	require.Equal(t, 1, p.Summary.Delete)

	protected := renamed(w, wish{boxes: map[string]wishedBox{"new": wished(openBox("p")), "old": {absent: true}}}, plan.Ownership{Protect: patterns("box/old")})
	require.Equal(t, "renamed from box/old, which is protected: made anew beside it", reasonOf(t, build(t, protected), boxAt("new")))

	in.Select.Target = patterns("box/old")
	require.Equal(t, lines("blocked box/old"), render(build(t, in)), "the old one never goes alone")
}

func TestWhatDependsOnTheOldNameIsToldTheNewOne(t *testing.T) {
	want := wish{boxes: map[string]wishedBox{
		"new": wished(openBox("p")), "old": {absent: true}, "user": {box: openBox("p"), dependsOn: []string{"box/old"}},
	}}
	_, problems := plan.Build(renamed(world{boxes: boxes("old", openBox("p"))}, want, plan.Ownership{}))
	require.Len(t, problems, 1)
	require.Equal(t, "depend on box/new, which takes its place", problems[0].Hint)
}

// TestARenameBesideAChangeOfWhatBothUseIsRefused: what the old one uses is not changed under it, and the new one waits for
// that change.
func TestARenameBesideAChangeOfWhatBothUseIsRefused(t *testing.T) {
	w := world{boxes: boxes("old", openBox("p", "s1/doc-x")), docs: map[string]string{"x": "a"}}
	want := wish{
		boxes: map[string]wishedBox{"new": wished(openBox("p", "s1/doc-x")), "old": {absent: true}}, docs: map[string]wishedDoc{"x": {word: "b"}},
	}
	_, problems := plan.Build(renamed(w, want, plan.Ownership{}))
	require.Len(t, problems, 1)
	require.Equal(t, "no safe order", problems[0].Summary)
	require.Contains(t, problems[0].Hint, "in two steps")

	want.docs["x"] = wishedDoc{word: "a"}
	_, problems = plan.Build(renamed(w, want, plan.Ownership{}))
	require.Empty(t, problems, "the first step: only the rename")
}
