package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
)

func ending(b tiny.Box) tiny.Box {
	b.Expires = true
	return b
}

func lasting(b tiny.Box) tiny.Box {
	b.Lasts = "longer"
	return b
}

func TestOrderOfChanges(t *testing.T) {
	for behaviour, c := range map[string]struct {
		live     tiny.World
		want     tiny.Wish
		owned    plan.Ownership
		knows    tiny.Knowledge
		plan     string
		warnings []string
	}{
		"a trust changes between confirmed revokes and new grants": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a", "s1/b"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q", "s1/a", "s1/c"))},
			plan: lines(
				"delete item/one/scope:s1/b",
				"update box/one needs item/one/scope:s1/b confirms item/one/scope:s1/b",
				"create item/one/scope:s1/c needs box/one"),
		},
		"what is revoked and regranted across a trust change is no gap": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/ab"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q", "s1/a"))},
			plan: lines(
				"delete item/one/scope:s1/ab",
				"update box/one needs item/one/scope:s1/ab confirms item/one/scope:s1/ab",
				"create item/one/scope:s1/a needs box/one"),
		},
		"a longer life of what may have expired is a trust change, and a gap while it has not": {
			live: tiny.World{Boxes: tiny.Boxes("one", ending(tiny.OpenBox("p", "s1/ab")))},
			want: tiny.Wish{Boxes: tiny.Wants("one", lasting(tiny.OpenBox("p", "s1/a")))},
			plan: lines(
				"delete item/one/scope:s1/ab",
				"update box/one needs item/one/scope:s1/ab confirms item/one/scope:s1/ab",
				"create item/one/scope:s1/a needs box/one"),
			warnings: []string{"access gap in box/one: item/one/scope:s1/ab must be over before item/one/scope:s1/a; " +
				"the access that the two have in common is missing in between"},
		},
		"a longer life of what never ends is no trust change": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/b"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", lasting(tiny.OpenBox("p", "s1/a")))},
			plan: lines("update box/one", "create item/one/scope:s1/a", "delete item/one/scope:s1/b after item/one/scope:s1/a"),
		},
		"a protected revoke blocks the trust change and its grants": {
			live:  tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a"))},
			want:  tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q", "s1/b"))},
			owned: plan.Ownership{Protect: tiny.Patterns("item/one/scope:s1/a")},
			plan: lines(
				"blocked item/one/scope:s1/a",
				"blocked box/one needs item/one/scope:s1/a confirms item/one/scope:s1/a",
				"blocked item/one/scope:s1/b needs box/one"),
		},
		"a manual revoke blocks the trust change": {
			live:  tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a"))},
			want:  tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q"))},
			knows: tiny.Knowledge{ByHand: "item/**"},
			plan: lines(
				"manual item/one/scope:s1/a",
				"blocked box/one needs item/one/scope:s1/a confirms item/one/scope:s1/a"),
		},
		"a new denial is confirmed before the trust changes, an old one is lifted after": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/ab", "s1/-a"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q", "s1/ab", "s1/-b"))},
			plan: lines(
				"create item/one/scope:s1/-b",
				"update box/one needs item/one/scope:s1/-b confirms item/one/scope:s1/-b",
				"delete item/one/scope:s1/-a needs box/one after item/one/scope:s1/-b"),
		},
		"a scope that ends in a star takes in those that begin like it": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a", "t1/a"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s*/a"))},
			plan: lines(
				"create item/one/scope:s*/a",
				"delete item/one/scope:s1/a needs item/one/scope:s*/a",
				"delete item/one/scope:t1/a after item/one/scope:s*/a"),
		},
		"while the trust stays, a revoke needs the grant that shares its actions": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/ab"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/a"))},
			plan: lines("create item/one/scope:s1/a", "delete item/one/scope:s1/ab needs item/one/scope:s1/a"),
		},
		"in another scope it only waits its turn": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/ab"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s2/a"))},
			plan: lines("create item/one/scope:s2/a", "delete item/one/scope:s1/ab after item/one/scope:s2/a"),
		},
		"denials come first and are lifted last": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/b", "s1/-b"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/a", "s1/-a"))},
			plan: lines(
				"create item/one/scope:s1/-a",
				"create item/one/scope:s1/a needs item/one/scope:s1/-a",
				"delete item/one/scope:s1/b after item/one/scope:s1/-a, item/one/scope:s1/a",
				"delete item/one/scope:s1/-b needs item/one/scope:s1/b after item/one/scope:s1/-a, item/one/scope:s1/a"),
		},
		"a denial that hides nothing of a grant is only first": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/a", "s2/-a"))},
			plan: lines("create item/one/scope:s2/-a", "create item/one/scope:s1/a after item/one/scope:s2/-a"),
		},
		"two new children that deny the same of their own take nothing from each other": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "*/ab-c", "*/b-c"))},
			plan: lines("create item/one/scope:*/ab-c", "create item/one/scope:*/b-c"),
		},
		"two children that hide what the other gives by themselves go in any order": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "*/ab-a", "s1/a-ab"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p"))},
			plan: lines("delete item/one/scope:*/ab-a", "delete item/one/scope:s1/a-ab needs item/one/scope:*/ab-a"),
		},
		"a limited denial comes before what it limits, and goes after it": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"), "two", tiny.OpenBox("p", "s1/a", "s1/-a1"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/a", "s1/-a1"), "two", tiny.OpenBox("p"))},
			plan: lines(
				"create item/one/scope:s1/-a1",
				"delete item/two/scope:s1/a",
				"create item/one/scope:s1/a needs item/one/scope:s1/-a1",
				"delete item/two/scope:s1/-a1 needs item/two/scope:s1/a"),
		},
		"one denial takes the place of another without a moment between": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/ab", "s1/-a"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/ab", "s1/-ab"))},
			plan: lines("create item/one/scope:s1/-ab", "delete item/one/scope:s1/-a needs item/one/scope:s1/-ab"),
		},
		"a document changes between the revokes and the grants that use it": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-x"), "two", tiny.OpenBox("p")), Docs: map[string]string{"x": "a"}},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p"), "two", tiny.OpenBox("p", "s1/doc-x")), Docs: tiny.WantsDocs("x", "b")},
			plan: lines(
				"delete item/one/scope:s1/doc-x",
				"update doc/x needs item/one/scope:s1/doc-x",
				"create item/two/scope:s1/doc-x needs doc/x"),
		},
		"a new document comes before its uses": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/doc-x")), Docs: tiny.WantsDocs("x", "b")},
			plan: lines("create doc/x", "create item/one/scope:s1/doc-x needs doc/x"),
		},
		"a document goes after all its uses, those that go with their root too": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-x"), "two", tiny.OpenBox("p", "s1/doc-x")),
				Docs: map[string]string{"x": "a"}},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p"), "two", tiny.WantedBox{Absent: true}), Docs: tiny.WantsDocs("x", "")},
			plan: lines(
				"delete box/two with item/two/scope:s1/doc-x",
				"delete item/one/scope:s1/doc-x",
				"delete doc/x needs box/two, item/one/scope:s1/doc-x confirms box/two, item/one/scope:s1/doc-x"),
		},
		"a document that a kept child uses gives before another child is revoked": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-x", "s1/b")), Docs: map[string]string{"x": "a"}},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/doc-x")), Docs: tiny.WantsDocs("x", "ab")},
			plan: lines("update doc/x", "delete item/one/scope:s1/b needs doc/x"),
		},
		"a document that a kept child uses takes only after a new grant": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-x")), Docs: map[string]string{"x": "a"}},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/doc-x", "s1/a")), Docs: tiny.WantsDocs("x", "c")},
			plan: lines("create item/one/scope:s1/a", "update doc/x needs item/one/scope:s1/a"),
		},
		"a document lifts a denial only when what it hid is gone": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-x", "s1/a")), Docs: map[string]string{"x": "-a"}},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/doc-x")), Docs: tiny.WantsDocs("x", "c")},
			plan: lines("delete item/one/scope:s1/a", "update doc/x needs item/one/scope:s1/a"),
		},
		"dependsOn waits for the other and all its children": {
			live: tiny.World{Boxes: tiny.Boxes("two", tiny.OpenBox("p"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/a"), "two",
				tiny.DependingOn(lasting(tiny.OpenBox("p", "s1/b")), "box/one"))},
			plan: lines(
				"create box/one",
				"create item/one/scope:s1/a needs box/one",
				"update box/two needs box/one, item/one/scope:s1/a",
				"create item/two/scope:s1/b needs box/one, item/one/scope:s1/a"),
		},
		"deletes run dependsOn backwards": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"), "two", tiny.OpenBox("p"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.WantedBox{Absent: true}, "two",
				tiny.WantedBox{Absent: true, DependsOn: []string{"box/one"}})},
			plan: lines("delete box/two", "delete box/one needs box/two"),
		},
		"a revoke does not wait for a dependsOn": {
			live: tiny.World{Boxes: tiny.Boxes("two", tiny.OpenBox("p", "s1/b"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p"), "two", tiny.DependingOn(tiny.OpenBox("p", "s1/a"), "box/one"))},
			plan: lines("create box/one", "delete item/two/scope:s1/b", "create item/two/scope:s1/a needs box/one"),
		},
		"a revoke does not wait for the dependsOn of what a grant uses": {
			live: tiny.World{Boxes: tiny.Boxes("two", tiny.OpenBox("p", "s1/b"))},
			want: tiny.Wish{
				Boxes: tiny.Wants("one", tiny.OpenBox("p"), "two", tiny.OpenBox("p", "s1/doc-x")),
				Docs:  map[string]tiny.WantedDoc{"x": {Word: "a", DependsOn: []string{"box/one"}}},
			},
			plan: lines("create box/one", "delete item/two/scope:s1/b", "create doc/x needs box/one", "create item/two/scope:s1/doc-x needs doc/x"),
		},
		"two documents that change places leave a gap that is named": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-x", "s1/doc-y")), Docs: map[string]string{"x": "a", "y": "b"}},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/doc-x", "s1/doc-y")), Docs: tiny.WantsDocs("x", "b", "y", "a")},
			plan: lines("update doc/x", "update doc/y needs doc/x"),
			warnings: []string{"access gap in box/one: doc/x must be over before doc/y; " +
				"the access that the two have in common is missing in between"},
		},
		"a circle across roots becomes a gap that is named": {
			live: tiny.World{
				Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-x"), "two", tiny.OpenBox("p", "s1/doc-y")),
				Docs:  map[string]string{"x": "a", "y": "a"},
			},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/doc-y"), "two", tiny.OpenBox("p", "s1/doc-x")),
				Docs: tiny.WantsDocs("x", "ab", "y", "ab")},
			plan: lines(
				"delete item/two/scope:s1/doc-y",
				"update doc/y needs item/two/scope:s1/doc-y",
				"create item/one/scope:s1/doc-y needs doc/y",
				"delete item/one/scope:s1/doc-x needs item/one/scope:s1/doc-y",
				"update doc/x needs item/one/scope:s1/doc-x",
				"create item/two/scope:s1/doc-x needs doc/x"),
			warnings: []string{"access gap in box/two: item/two/scope:s1/doc-y must be over before item/two/scope:s1/doc-x; " +
				"the access that the two have in common is missing in between"},
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := c.live.Input(c.want, c.owned)
			in.Knowledge = c.knows
			p := build(t, in)
			require.Equal(t, c.plan, render(p))
			require.Equal(t, c.warnings, p.Warnings)
			if len(p.Changes) > 0 {
				checkBounds(t, c.live, p, false)
				checkBounds(t, c.live, p, true)
			}
		})
	}
}

func TestWhatNoOrderMakesSafeIsRefused(t *testing.T) {
	for behaviour, c := range map[string]struct {
		live    tiny.World
		want    tiny.Wish
		summary string
		detail  string
	}{
		"a trust change with a changed document of a kept child": {
			live:    tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-x")), Docs: map[string]string{"x": "a"}},
			want:    tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q", "s1/doc-x")), Docs: tiny.WantsDocs("x", "b")},
			summary: "apply in two steps", detail: "box/one changes whom it trusts while doc/x changes",
		},
		"a trust change with a document of a kept child that only grows": {
			live:    tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-x")), Docs: map[string]string{"x": "a"}},
			want:    tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q", "s1/doc-x")), Docs: tiny.WantsDocs("x", "ab")},
			summary: "apply in two steps", detail: "box/one changes whom it trusts while doc/x changes",
		},
		"a trust change with a document of a kept child that loses its limit": {
			live:    tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-x")), Docs: map[string]string{"x": "a1"}},
			want:    tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q", "s1/doc-x")), Docs: tiny.WantsDocs("x", "a")},
			summary: "apply in two steps", detail: "box/one changes whom it trusts while doc/x changes",
		},
		"a trust change with a new child that gives, and denies what is kept": {
			live:    tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a"))},
			want:    tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q", "s1/a", "s1/b-a"))},
			summary: "apply in two steps", detail: "box/one changes whom it trusts while item/one/scope:s1/b-a changes",
		},
		"two new children that each deny what the other gives": {
			live:    tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"))},
			want:    tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/a-b", "s1/b-a"))},
			summary: "no safe order", detail: "item/one/scope:s1/a-b → item/one/scope:s1/b-a → item/one/scope:s1/a-b",
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			p, problems := plan.Build(c.live.Input(c.want, plan.Ownership{}))
			require.NotNil(t, p, "a refused plan can still be read")
			require.Len(t, problems, 1)
			require.Equal(t, c.summary, problems[0].Summary)
			require.Contains(t, problems[0].Detail, c.detail)
			require.NotEmpty(t, problems[0].Hint)
			require.False(t, problems[0].At.IsZero())
		})
	}
}

func TestATrustChangeShowsWhatItHandsOverUnlisted(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a", "s1/c"))}
	p := build(t, w.Input(tiny.Wish{Boxes: tiny.Wants("one", tiny.WantedBox{Box: tiny.OpenBox("q", "s1/a"), Additive: true})},
		plan.Ownership{}))
	require.Equal(t, lines("update box/one"), render(p))
	findings := p.Raised()
	require.Len(t, findings, 1)
	require.Equal(t, "trust-takes-unlisted", findings[0].Rule)
	require.Equal(t, plan.Medium, findings[0].Severity)
	require.Equal(t, "the new principal also gains what the manifest does not list: item/one/scope:s1/c", findings[0].Message)
}

func TestANewLifeOfATrustThatEndsIsAFinding(t *testing.T) {
	raised := func(live, want tiny.Box) []plan.Finding {
		return build(t, tiny.World{Boxes: tiny.Boxes("one", live)}.Input(tiny.Wish{Boxes: tiny.Wants("one", want)}, plan.Ownership{})).Raised()
	}
	findings := raised(ending(tiny.OpenBox("p", "s1/a")), lasting(tiny.OpenBox("p", "s1/a")))
	require.Len(t, findings, 1)
	require.Equal(t, plan.RuleTrustRenewed, findings[0].Rule)
	require.Equal(t, plan.Medium, findings[0].Severity)
	require.Equal(t, tiny.BoxAt("one"), findings[0].Address)
	require.Contains(t, findings[0].Message, "the trust ends at 2026-01-02T03:04:05Z and gets a new life")

	require.Empty(t, raised(tiny.OpenBox("p", "s1/a"), lasting(tiny.OpenBox("p", "s1/a"))), "what has no end is not renewed")
	require.Empty(t, raised(ending(tiny.OpenBox("p", "s1/a")), lasting(tiny.OpenBox("q", "s1/a"))), "who is new is told by the delta")
	require.Empty(t, raised(ending(tiny.OpenBox("p", "s1/a")), ending(tiny.OpenBox("p", "s1/a", "s1/b"))),
		"what ends as before is not renewed")
}

func TestWhatIsUnprovenIsMadeBeforeAllElseThatMayRun(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a"))}
	in := w.Input(tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p"), "two", tiny.OpenBox("q", "s1/b"), "zed",
		tiny.OpenBox("stranger", "s1/b"))}, plan.Ownership{})
	for i := range in.Desired {
		in.Desired[i].Unproven = in.Desired[i].Address == tiny.BoxAt("zed") || in.Desired[i].Address == tiny.BoxAt("one")
	}
	require.Equal(t, lines(
		"create box/zed",
		"create box/two",
		"delete item/one/scope:s1/a",
		"create item/two/scope:s1/b needs box/two",
		"create item/zed/scope:s1/b needs box/zed"), render(build(t, in)))
}
