package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
)

func boxes(pairs ...any) map[string]box {
	all := map[string]box{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i].(string)] = pairs[i+1].(box)
	}
	return all
}

func wants(pairs ...any) map[string]wishedBox {
	all := map[string]wishedBox{}
	for i := 0; i < len(pairs); i += 2 {
		switch b := pairs[i+1].(type) {
		case box:
			all[pairs[i].(string)] = wished(b)
		case wishedBox:
			all[pairs[i].(string)] = b
		}
	}
	return all
}

func wantsDocs(pairs ...string) map[string]wishedDoc {
	all := map[string]wishedDoc{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = wishedDoc{word: pairs[i+1], absent: pairs[i+1] == ""}
	}
	return all
}

func ending(b box) box {
	b.expires = true
	return b
}

func lasting(b box) box {
	b.lasts = "longer"
	return b
}

func after(b box, on ...string) wishedBox { return wishedBox{box: b, dependsOn: on} }

func TestOrderOfChanges(t *testing.T) {
	for behaviour, c := range map[string]struct {
		live     world
		want     wish
		owned    plan.Ownership
		knows    tinyCloud
		plan     string
		warnings []string
	}{
		"a trust changes between confirmed revokes and new grants": {
			live: world{boxes: boxes("one", openBox("p", "s1/a", "s1/b"))},
			want: wish{boxes: wants("one", openBox("q", "s1/a", "s1/c"))},
			plan: lines(
				"delete item/one/scope:s1/b",
				"update box/one needs item/one/scope:s1/b confirms item/one/scope:s1/b",
				"create item/one/scope:s1/c needs box/one"),
		},
		"what is revoked and regranted across a trust change is no gap": {
			live: world{boxes: boxes("one", openBox("p", "s1/ab"))},
			want: wish{boxes: wants("one", openBox("q", "s1/a"))},
			plan: lines(
				"delete item/one/scope:s1/ab",
				"update box/one needs item/one/scope:s1/ab confirms item/one/scope:s1/ab",
				"create item/one/scope:s1/a needs box/one"),
		},
		"a longer life of what may have expired is a trust change, and a gap while it has not": {
			live: world{boxes: boxes("one", ending(openBox("p", "s1/ab")))},
			want: wish{boxes: wants("one", lasting(openBox("p", "s1/a")))},
			plan: lines(
				"delete item/one/scope:s1/ab",
				"update box/one needs item/one/scope:s1/ab confirms item/one/scope:s1/ab",
				"create item/one/scope:s1/a needs box/one"),
			warnings: []string{"access gap in box/one: item/one/scope:s1/ab must be over before item/one/scope:s1/a; what the one takes and the other gives is missing in between"},
		},
		"a longer life of what never ends is no trust change": {
			live: world{boxes: boxes("one", openBox("p", "s1/b"))},
			want: wish{boxes: wants("one", lasting(openBox("p", "s1/a")))},
			plan: lines("update box/one", "create item/one/scope:s1/a", "delete item/one/scope:s1/b after item/one/scope:s1/a"),
		},
		"a protected revoke blocks the trust change and its grants": {
			live:  world{boxes: boxes("one", openBox("p", "s1/a"))},
			want:  wish{boxes: wants("one", openBox("q", "s1/b"))},
			owned: plan.Ownership{Protect: patterns("item/one/scope:s1/a")},
			plan: lines(
				"blocked item/one/scope:s1/a",
				"blocked box/one needs item/one/scope:s1/a confirms item/one/scope:s1/a",
				"blocked item/one/scope:s1/b needs box/one"),
		},
		"a manual revoke blocks the trust change": {
			live:  world{boxes: boxes("one", openBox("p", "s1/a"))},
			want:  wish{boxes: wants("one", openBox("q"))},
			knows: tinyCloud{byHand: "item/**"},
			plan: lines(
				"manual item/one/scope:s1/a",
				"blocked box/one needs item/one/scope:s1/a confirms item/one/scope:s1/a"),
		},
		"a new denial is confirmed before the trust changes, an old one is lifted after": {
			live: world{boxes: boxes("one", openBox("p", "s1/ab", "s1/-a"))},
			want: wish{boxes: wants("one", openBox("q", "s1/ab", "s1/-b"))},
			plan: lines(
				"create item/one/scope:s1/-b",
				"update box/one needs item/one/scope:s1/-b confirms item/one/scope:s1/-b",
				"delete item/one/scope:s1/-a needs box/one after item/one/scope:s1/-b"),
		},
		"a scope that ends in a star takes in those that begin like it": {
			live: world{boxes: boxes("one", openBox("p", "s1/a", "t1/a"))},
			want: wish{boxes: wants("one", openBox("p", "s*/a"))},
			plan: lines(
				"create item/one/scope:s*/a",
				"delete item/one/scope:s1/a needs item/one/scope:s*/a",
				"delete item/one/scope:t1/a after item/one/scope:s*/a"),
		},
		"while the trust stays, a revoke needs the grant that shares its actions": {
			live: world{boxes: boxes("one", openBox("p", "s1/ab"))},
			want: wish{boxes: wants("one", openBox("p", "s1/a"))},
			plan: lines("create item/one/scope:s1/a", "delete item/one/scope:s1/ab needs item/one/scope:s1/a"),
		},
		"in another scope it only waits its turn": {
			live: world{boxes: boxes("one", openBox("p", "s1/ab"))},
			want: wish{boxes: wants("one", openBox("p", "s2/a"))},
			plan: lines("create item/one/scope:s2/a", "delete item/one/scope:s1/ab after item/one/scope:s2/a"),
		},
		"denials come first and are lifted last": {
			live: world{boxes: boxes("one", openBox("p", "s1/b", "s1/-b"))},
			want: wish{boxes: wants("one", openBox("p", "s1/a", "s1/-a"))},
			plan: lines(
				"create item/one/scope:s1/-a",
				"create item/one/scope:s1/a needs item/one/scope:s1/-a",
				"delete item/one/scope:s1/b after item/one/scope:s1/-a, item/one/scope:s1/a",
				"delete item/one/scope:s1/-b needs item/one/scope:s1/b after item/one/scope:s1/-a, item/one/scope:s1/a"),
		},
		"a denial that hides nothing of a grant is only first": {
			live: world{boxes: boxes("one", openBox("p"))},
			want: wish{boxes: wants("one", openBox("p", "s1/a", "s2/-a"))},
			plan: lines("create item/one/scope:s2/-a", "create item/one/scope:s1/a after item/one/scope:s2/-a"),
		},
		"two new children that deny the same of their own take nothing from each other": {
			live: world{boxes: boxes("one", openBox("p"))},
			want: wish{boxes: wants("one", openBox("p", "*/ab-c", "*/b-c"))},
			plan: lines("create item/one/scope:*/ab-c", "create item/one/scope:*/b-c"),
		},
		"two children that hide what the other gives by themselves go in any order": {
			live: world{boxes: boxes("one", openBox("p", "*/ab-a", "s1/a-ab"))},
			want: wish{boxes: wants("one", openBox("p"))},
			plan: lines("delete item/one/scope:*/ab-a", "delete item/one/scope:s1/a-ab needs item/one/scope:*/ab-a"),
		},
		"a limited denial comes before what it limits, and goes after it": {
			live: world{boxes: boxes("one", openBox("p"), "two", openBox("p", "s1/a", "s1/-a1"))},
			want: wish{boxes: wants("one", openBox("p", "s1/a", "s1/-a1"), "two", openBox("p"))},
			plan: lines(
				"create item/one/scope:s1/-a1",
				"delete item/two/scope:s1/a",
				"create item/one/scope:s1/a needs item/one/scope:s1/-a1",
				"delete item/two/scope:s1/-a1 needs item/two/scope:s1/a"),
		},
		"one denial takes the place of another without a moment between": {
			live: world{boxes: boxes("one", openBox("p", "s1/ab", "s1/-a"))},
			want: wish{boxes: wants("one", openBox("p", "s1/ab", "s1/-ab"))},
			plan: lines("create item/one/scope:s1/-ab", "delete item/one/scope:s1/-a needs item/one/scope:s1/-ab"),
		},
		"a document changes between the revokes and the grants that use it": {
			live: world{boxes: boxes("one", openBox("p", "s1/doc-x"), "two", openBox("p")), docs: map[string]string{"x": "a"}},
			want: wish{boxes: wants("one", openBox("p"), "two", openBox("p", "s1/doc-x")), docs: wantsDocs("x", "b")},
			plan: lines(
				"delete item/one/scope:s1/doc-x",
				"update doc/x needs item/one/scope:s1/doc-x",
				"create item/two/scope:s1/doc-x needs doc/x"),
		},
		"a new document comes before its uses": {
			live: world{boxes: boxes("one", openBox("p"))},
			want: wish{boxes: wants("one", openBox("p", "s1/doc-x")), docs: wantsDocs("x", "b")},
			plan: lines("create doc/x", "create item/one/scope:s1/doc-x needs doc/x"),
		},
		"a document goes after all its uses, those that go with their root too": {
			live: world{boxes: boxes("one", openBox("p", "s1/doc-x"), "two", openBox("p", "s1/doc-x")), docs: map[string]string{"x": "a"}},
			want: wish{boxes: wants("one", openBox("p"), "two", wishedBox{absent: true}), docs: wantsDocs("x", "")},
			plan: lines(
				"delete box/two with item/two/scope:s1/doc-x",
				"delete item/one/scope:s1/doc-x",
				"delete doc/x needs box/two, item/one/scope:s1/doc-x"),
		},
		"a document that a kept child uses gives before another child is revoked": {
			live: world{boxes: boxes("one", openBox("p", "s1/doc-x", "s1/b")), docs: map[string]string{"x": "a"}},
			want: wish{boxes: wants("one", openBox("p", "s1/doc-x")), docs: wantsDocs("x", "ab")},
			plan: lines("update doc/x", "delete item/one/scope:s1/b needs doc/x"),
		},
		"a document that a kept child uses takes only after a new grant": {
			live: world{boxes: boxes("one", openBox("p", "s1/doc-x")), docs: map[string]string{"x": "a"}},
			want: wish{boxes: wants("one", openBox("p", "s1/doc-x", "s1/a")), docs: wantsDocs("x", "c")},
			plan: lines("create item/one/scope:s1/a", "update doc/x needs item/one/scope:s1/a"),
		},
		"a document lifts a denial only when what it hid is gone": {
			live: world{boxes: boxes("one", openBox("p", "s1/doc-x", "s1/a")), docs: map[string]string{"x": "-a"}},
			want: wish{boxes: wants("one", openBox("p", "s1/doc-x")), docs: wantsDocs("x", "c")},
			plan: lines("delete item/one/scope:s1/a", "update doc/x needs item/one/scope:s1/a"),
		},
		"dependsOn waits for the other and all its children": {
			live: world{boxes: boxes("two", openBox("p"))},
			want: wish{boxes: wants("one", openBox("p", "s1/a"), "two", after(lasting(openBox("p", "s1/b")), "box/one"))},
			plan: lines(
				"create box/one",
				"create item/one/scope:s1/a needs box/one",
				"update box/two needs box/one, item/one/scope:s1/a",
				"create item/two/scope:s1/b needs box/one, item/one/scope:s1/a"),
		},
		"deletes run dependsOn backwards": {
			live: world{boxes: boxes("one", openBox("p"), "two", openBox("p"))},
			want: wish{boxes: wants("one", wishedBox{absent: true}, "two", wishedBox{absent: true, dependsOn: []string{"box/one"}})},
			plan: lines("delete box/two", "delete box/one needs box/two"),
		},
		"a revoke does not wait for a dependsOn": {
			live: world{boxes: boxes("two", openBox("p", "s1/b"))},
			want: wish{boxes: wants("one", openBox("p"), "two", after(openBox("p", "s1/a"), "box/one"))},
			plan: lines("create box/one", "delete item/two/scope:s1/b", "create item/two/scope:s1/a needs box/one"),
		},
		"a revoke does not wait for the dependsOn of what a grant uses": {
			live: world{boxes: boxes("two", openBox("p", "s1/b"))},
			want: wish{
				boxes: wants("one", openBox("p"), "two", openBox("p", "s1/doc-x")),
				docs:  map[string]wishedDoc{"x": {word: "a", dependsOn: []string{"box/one"}}},
			},
			plan: lines("create box/one", "delete item/two/scope:s1/b", "create doc/x needs box/one", "create item/two/scope:s1/doc-x needs doc/x"),
		},
		"two documents that change places leave a gap that is named": {
			live:     world{boxes: boxes("one", openBox("p", "s1/doc-x", "s1/doc-y")), docs: map[string]string{"x": "a", "y": "b"}},
			want:     wish{boxes: wants("one", openBox("p", "s1/doc-x", "s1/doc-y")), docs: wantsDocs("x", "b", "y", "a")},
			plan:     lines("update doc/x", "update doc/y needs doc/x"),
			warnings: []string{"access gap in box/one: doc/x must be over before doc/y; what the one takes and the other gives is missing in between"},
		},
		"a circle across roots becomes a gap that is named": {
			live: world{
				boxes: boxes("one", openBox("p", "s1/doc-x"), "two", openBox("p", "s1/doc-y")),
				docs:  map[string]string{"x": "a", "y": "a"},
			},
			want: wish{boxes: wants("one", openBox("p", "s1/doc-y"), "two", openBox("p", "s1/doc-x")), docs: wantsDocs("x", "ab", "y", "ab")},
			plan: lines(
				"delete item/two/scope:s1/doc-y",
				"update doc/y needs item/two/scope:s1/doc-y",
				"create item/one/scope:s1/doc-y needs doc/y",
				"delete item/one/scope:s1/doc-x needs item/one/scope:s1/doc-y",
				"update doc/x needs item/one/scope:s1/doc-x",
				"create item/two/scope:s1/doc-x needs doc/x"),
			warnings: []string{"access gap in box/two: item/two/scope:s1/doc-y must be over before item/two/scope:s1/doc-x; what the one takes and the other gives is missing in between"},
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := c.live.input(c.want, c.owned)
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
		live    world
		want    wish
		summary string
		detail  string
	}{
		"a trust change with a changed document of a kept child": {
			live:    world{boxes: boxes("one", openBox("p", "s1/doc-x")), docs: map[string]string{"x": "a"}},
			want:    wish{boxes: wants("one", openBox("q", "s1/doc-x")), docs: wantsDocs("x", "b")},
			summary: "apply in two steps", detail: "box/one changes whom it trusts while doc/x changes",
		},
		"a trust change with a document of a kept child that only grows": {
			live:    world{boxes: boxes("one", openBox("p", "s1/doc-x")), docs: map[string]string{"x": "a"}},
			want:    wish{boxes: wants("one", openBox("q", "s1/doc-x")), docs: wantsDocs("x", "ab")},
			summary: "apply in two steps", detail: "box/one changes whom it trusts while doc/x changes",
		},
		"a trust change with a document of a kept child that loses its limit": {
			live:    world{boxes: boxes("one", openBox("p", "s1/doc-x")), docs: map[string]string{"x": "a1"}},
			want:    wish{boxes: wants("one", openBox("q", "s1/doc-x")), docs: wantsDocs("x", "a")},
			summary: "apply in two steps", detail: "box/one changes whom it trusts while doc/x changes",
		},
		"a trust change with a new child that gives, and denies what is kept": {
			live:    world{boxes: boxes("one", openBox("p", "s1/a"))},
			want:    wish{boxes: wants("one", openBox("q", "s1/a", "s1/b-a"))},
			summary: "apply in two steps", detail: "box/one changes whom it trusts while item/one/scope:s1/b-a changes",
		},
		"two new children that each deny what the other gives": {
			live:    world{boxes: boxes("one", openBox("p"))},
			want:    wish{boxes: wants("one", openBox("p", "s1/a-b", "s1/b-a"))},
			summary: "no safe order", detail: "item/one/scope:s1/a-b → item/one/scope:s1/b-a → item/one/scope:s1/a-b",
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			p, problems := plan.Build(c.live.input(c.want, plan.Ownership{}))
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
	w := world{boxes: boxes("one", openBox("p", "s1/a", "s1/c"))}
	p := build(t, w.input(wish{boxes: wants("one", wishedBox{box: openBox("q", "s1/a"), additive: true})}, plan.Ownership{}))
	require.Equal(t, lines("update box/one"), render(p))
	findings := p.Raised()
	require.Len(t, findings, 1)
	require.Equal(t, "trust-takes-unlisted", findings[0].Rule)
	require.Equal(t, plan.Medium, findings[0].Severity)
	require.Equal(t, "the new principal also gains what the manifest does not list: item/one/scope:s1/c", findings[0].Message)
}

func TestANewLifeOfATrustThatEndsIsAFinding(t *testing.T) {
	raised := func(live, want box) []plan.Finding {
		return build(t, world{boxes: boxes("one", live)}.input(wish{boxes: wants("one", want)}, plan.Ownership{})).Raised()
	}
	findings := raised(ending(openBox("p", "s1/a")), lasting(openBox("p", "s1/a")))
	require.Len(t, findings, 1)
	require.Equal(t, plan.RuleTrustRenewed, findings[0].Rule)
	require.Equal(t, plan.Medium, findings[0].Severity)
	require.Equal(t, boxAt("one"), findings[0].Address)
	require.Contains(t, findings[0].Message, "the trust ends at 2026-01-02T03:04:05Z and gets a new life")

	require.Empty(t, raised(openBox("p", "s1/a"), lasting(openBox("p", "s1/a"))), "what has no end is not renewed")
	require.Empty(t, raised(ending(openBox("p", "s1/a")), lasting(openBox("q", "s1/a"))), "who is new is told by the delta")
	require.Empty(t, raised(ending(openBox("p", "s1/a")), ending(openBox("p", "s1/a", "s1/b"))), "what ends as before is not renewed")
}

func TestWhatIsUnprovenIsMadeBeforeAllElseThatMayRun(t *testing.T) {
	w := world{boxes: boxes("one", openBox("p", "s1/a"))}
	in := w.input(wish{boxes: wants("one", openBox("p"), "two", openBox("q", "s1/b"), "zed", openBox("stranger", "s1/b"))}, plan.Ownership{})
	for i := range in.Desired {
		in.Desired[i].Unproven = in.Desired[i].Address == boxAt("zed") || in.Desired[i].Address == boxAt("one")
	}
	require.Equal(t, lines(
		"create box/zed",
		"create box/two",
		"delete item/one/scope:s1/a",
		"create item/two/scope:s1/b needs box/two",
		"create item/zed/scope:s1/b needs box/zed"), render(build(t, in)))
}
