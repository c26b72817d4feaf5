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

// leftOut gives "ACTION ADDRESS" for everything that a plan leaves out.
func leftOut(p *plan.Plan) []string {
	var texts []string
	for _, l := range p.LeftOut {
		texts = append(texts, l.Action.String()+" "+l.Address.String())
	}
	return texts
}

func reasonOf(t *testing.T, p *plan.Plan, a addr.Address) string {
	t.Helper()
	for _, c := range p.Changes {
		if c.Address == a {
			return c.Reason
		}
	}
	t.Fatalf("%s does not change", a)
	return ""
}

func TestASelectionKeepsWhatItNames(t *testing.T) {
	w := tiny.World{
		Boxes: map[string]tiny.Box{"one": tiny.OpenBox("p", "s1/a", "s1/b"), "old": tiny.OpenBox("p", "s1/a"), "two": tiny.OpenBox("p", "s1/b")},
		Docs:  map[string]string{"x": "a"},
	}
	want := tiny.Wish{
		Boxes: map[string]tiny.WantedBox{
			"one": {Box: tiny.OpenBox("q", "s1/a", "s2/c")}, "old": {Absent: true}, "two": tiny.Want(tiny.OpenBox("p", "s1/b", "s2/doc-x")),
			"new": tiny.Want(tiny.OpenBox("p", "s1/a")),
		},
		Docs: map[string]tiny.WantedDoc{"x": {Word: "c"}},
	}
	everything := []string{
		"delete box/old", "create box/new", "create item/new/scope:s1/a", "update doc/x", "create item/two/scope:s2/doc-x", "update box/one",
		"delete item/one/scope:s1/b", "create item/one/scope:s2/c",
	}
	for behaviour, c := range map[string]struct {
		target, exclude []string
		plan            string
		left            []string
	}{
		"a root, and what is part of it": {
			target: []string{"box/new"}, plan: lines("create box/new", "create item/new/scope:s1/a needs box/new"),
		},
		"a delete, with its children": {
			target: []string{"box/old"}, plan: lines("delete box/old with item/old/scope:s1/a"),
		},
		"several patterns": {
			target: []string{"box/ol?", "doc/**"}, plan: lines("delete box/old with item/old/scope:s1/a", "update doc/x"),
		},
		"a child whose root is left out is blocked": {
			target: []string{"item/new/**"}, plan: lines("blocked item/new/scope:s1/a"),
		},
		"a child whose root is there needs nothing": {
			target: []string{"item/one/*/b"}, plan: lines("delete item/one/scope:s1/b"),
		},
		"a change of trust whose revoke is left out is blocked, and what waits for the trust too": {
			exclude: []string{"item/one/*/b", "box/old", "box/new", "box/two", "doc/*"},
			plan:    lines("blocked box/one", "blocked item/one/scope:s2/c needs box/one"),
		},
		"what would use something left out is blocked": {
			target: []string{"box/two"}, plan: lines("blocked item/two/scope:s2/doc-x"),
		},
		"a delete that takes an excluded child with it is left out": {
			target: []string{"box/old"}, exclude: []string{"item/old/**"}, plan: "",
		},
		"exclude wins over target": {
			target: []string{"box/*"}, exclude: []string{"box/o*", "box/two"},
			plan: lines("create box/new", "create item/new/scope:s1/a needs box/new"),
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := w.Input(want, plan.Ownership{})
			in.Options.Select = plan.Selection{Target: tiny.Patterns(c.target...), Exclude: tiny.Patterns(c.exclude...)}
			p := build(t, in)
			require.Equal(t, c.plan, render(p))
			require.True(t, p.Differs())
			kept := map[string]bool{}
			for _, change := range p.Changes {
				kept[change.Address.String()] = true
			}
			var rest []string
			for _, text := range everything {
				if !kept[text[len("create "):]] {
					rest = append(rest, text)
				}
			}
			require.ElementsMatch(t, rest, leftOut(p))
			target, exclude := in.Misses()
			require.Empty(t, target)
			require.Empty(t, exclude)
		})
	}
}

func TestABlockedChangeNamesWhatWasLeftOut(t *testing.T) {
	w := tiny.World{Boxes: map[string]tiny.Box{"one": tiny.OpenBox("p", "s1/b")}}
	in := w.Input(tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": tiny.Want(tiny.OpenBox("q", "s2/c"))}}, plan.Ownership{})
	in.Options.Select.Exclude = tiny.Patterns("item/one/*/b")
	in.Options.Names.Select = "--target or --exclude"
	p := build(t, in)
	require.Equal(t, "needs item/one/scope:s1/b, which is left out by --target or --exclude", reasonOf(t, p, tiny.BoxAt("one")))
	require.Equal(t, "needs box/one, which is blocked: item/one/scope:s1/b is left out by --target or --exclude",
		reasonOf(t, p, tiny.ItemAt("one", "s2", "c")))
	require.Equal(t, plan.Summary{Blocked: 2}, p.Summary, "what is left out is not counted among the changes")
}

func TestAnAlteredDocIsNotHandedOverWithATrust(t *testing.T) {
	w := tiny.World{Boxes: map[string]tiny.Box{"one": tiny.OpenBox("p", "s1/doc-x")}, Docs: map[string]string{"x": "ab"}}
	want := tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": tiny.Want(tiny.OpenBox("q", "s1/doc-x"))},
		Docs: map[string]tiny.WantedDoc{"x": {Word: "a"}}}
	in := w.Input(want, plan.Ownership{})
	_, problems := plan.Build(in)
	require.Equal(t, "apply in two steps", problems[0].Summary)

	in.Options.Select.Target = tiny.Patterns("box/one")
	require.Equal(t, lines("blocked box/one"), render(build(t, in)), "the new principal would get what the doc still allows")
	in.Options.Select.Target = tiny.Patterns("doc/x")
	require.Equal(t, lines("update doc/x"), render(build(t, in)), "the first of the two steps")
}

func TestAPatternThatSelectsNothingIsAMiss(t *testing.T) {
	w := tiny.World{Boxes: map[string]tiny.Box{"kept": tiny.OpenBox("p", "s1/a"), "theirs": tiny.OpenBox("p"), "ours-old": tiny.OpenBox("p")}}
	in := w.Input(tiny.Wish{Boxes: map[string]tiny.WantedBox{"kept": tiny.Want(tiny.OpenBox("p", "s1/a"))}},
		plan.Ownership{Include: tiny.Patterns("box/ours-*")})
	in.Options.Select = plan.Selection{Target: tiny.Patterns("box/kapt", "box/kept", "item/kept/**", "box/theirs", "box/ours-*", "nothing/x",
		"box/kapt"), Exclude: tiny.Patterns("box/theirs", "box/thairs")}
	target, exclude := in.Misses()
	require.Equal(t, []plan.Miss{
		{Pattern: tiny.Patterns("box/kapt")[0], Hint: `did you mean "box/kept"?`},
		{Pattern: tiny.Patterns("box/theirs")[0], Unmanaged: true},
		{Pattern: tiny.Patterns("nothing/x")[0], Hint: "addresses begin with box, doc, item"},
	}, target)
	require.Equal(t, []plan.Miss{{Pattern: tiny.Patterns("box/thairs")[0]}}, exclude,
		"to exclude what is not managed is needless, and no mistake")
	require.Equal(t, plan.Problem{
		Summary: "nothing selected", Detail: `--target "box/kapt" matches no resource, live or listed`, Hint: `did you mean "box/kept"?`,
	}, target[0].Problem("--target"))
	require.Contains(t, target[1].Problem("--target").Detail, "neither lists nor owns")
	require.NotEmpty(t, target[2].Problem("--target").Hint)
}

func drawSelection(t *rapid.T) plan.Selection {
	all := []string{"box/one", "box/two", "box/*", "item/one/**", "item/two/**", "item/*/*/a*", "item/*/*/*b", "item/*/scope:s1/*", "doc/x",
		"doc/*"}
	draw := func(label string) []addr.Pattern {
		return tiny.Patterns(rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, 3, rapid.ID).Draw(t, label)...)
	}
	return plan.Selection{Target: draw("target"), Exclude: draw("exclude")}
}

// TestSelectionsPartThePlan holds any selection against the whole plan: every change is either kept or left out, a kept
// one is as in the whole plan or blocked, and nothing that runs needs, in the whole plan, what does not run.
func TestSelectionsPartThePlan(t *testing.T) {
	blocked := 0
	rapid.Check(t, func(t *rapid.T) {
		_, _, in := drawInput(t, 4)
		whole, problems := plan.Build(in)
		if len(problems) > 0 {
			return
		}
		in.Options.Select = drawSelection(t)
		p, problems := plan.Build(in)
		if slices.ContainsFunc(problems, func(p plan.Problem) bool { return p.Summary == "quota too small" }) {
			return // what made room is left out
		}
		require.Empty(t, problems)
		changes := map[addr.Address]plan.Change{}
		for _, c := range p.Changes {
			changes[c.Address] = c
		}
		left := map[addr.Address]plan.Action{}
		for _, l := range p.LeftOut {
			left[l.Address] = l.Action
		}
		require.Len(t, whole.Changes, len(changes)+len(left))
		for _, c := range whole.Changes {
			kept, is := changes[c.Address]
			if !is {
				require.NotZero(t, left[c.Address], c.Address)
				continue
			}
			for _, a := range slices.Concat(kept.DependsOn, kept.RunsAfter, kept.Confirms) {
				require.Contains(t, changes, a, "a change waits for what is not in the plan")
			}
			if kept.Action == c.Action {
				if c.Action.Writes() {
					for _, a := range c.DependsOn {
						require.True(t, changes[a].Action.Writes(), "%s runs and needs %s, which does not", c.Address, a)
					}
					require.Equal(t, c.Confirms, kept.Confirms, "no confirmation is lost")
				}
				continue
			}
			require.Equal(t, plan.Blocked, kept.Action)
			blocked++
		}
	})
	require.NotZero(t, blocked)
}

func TestEveryReachableStateOfASelectionKeepsBothBounds(t *testing.T) {
	walked := 0
	rapid.Check(t, func(t *rapid.T) {
		w, _, in := drawInput(t, 3)
		in.Options.Select = drawSelection(t)
		p, problems := plan.Build(in)
		if len(problems) > 0 || len(p.LeftOut) == 0 || len(p.Changes) == 0 || len(p.Changes) > 9 {
			return
		}
		walked++
		checkBounds(t, w, p, rapid.Bool().Draw(t, "expired"))
	})
	require.NotZero(t, walked)
}

// What the manifest accepts on a day is left out by itself: a root without its children, and only in the state and for the wish that it was
// accepted in.
func TestWhatIsAcceptedOnADayIsLeftOut(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a", "s1/b"))}
	want := tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q", "s1/a", "s2/c"), "new", tiny.OpenBox("p", "s1/a"))}
	in := w.Input(want, plan.Ownership{})
	whole := render(build(t, in))
	accepted := []plan.Acceptance{acceptingSeen("changed", "box/one", seenOf(in, "one")), accepting("missing", "box/new", "2031-06-30")}
	for behaviour, c := range map[string]struct {
		on       string
		accepted []plan.Acceptance
		plan     string
	}{
		"a root that is left keeps its children, and what waits for it is blocked": {"2031-06-30", accepted,
			lines("delete item/one/scope:s1/b", "blocked item/new/scope:s1/a", "blocked item/one/scope:s2/c")},
		"nothing is left from the day after":  {"2031-07-01", accepted, whole},
		"nothing is left on no day":           {"", accepted, whole},
		"nothing is left that nobody accepts": {"2031-06-30", nil, whole},
		"nothing is left of another state":    {"2031-06-30", []plan.Acceptance{acceptingSeen("changed", "box/one", "sha256:0")}, whole},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := in
			manifest := *in.Manifest
			manifest.Acceptances = c.accepted
			in.Manifest, in.Options.Select.AcceptedOn = &manifest, c.on
			p := build(t, in)
			require.Equal(t, c.plan, render(p))
			for _, l := range p.LeftOut {
				require.False(t, l.Accepted.IsZero())
			}
			if c.plan != whole {
				require.Equal(t, []string{"create box/new", "update box/one"}, leftOut(p))
				require.Equal(t, "needs box/one, which is left out, as guardrails.accept accepts it", reasonOf(t, p, tiny.ItemAt("one", "s2", "c")))
			}
		})
	}
}

func TestADeleteAndABlockedChangeAreLeftOutWhereTheyAreAccepted(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("old", tiny.OpenBox("p", "s1/a"), "glass", tiny.OpenBox("p"))}
	in := w.Input(tiny.Wish{Boxes: tiny.Wants("glass", tiny.OpenBox("q"))},
		plan.Ownership{Include: tiny.Patterns("box/*"), Prune: true, Protect: tiny.Patterns("box/glass")})
	in.Options.Select.AcceptedOn = "2031-06-30"
	require.Equal(t, lines("blocked box/glass", "delete box/old with item/old/scope:s1/a"), render(build(t, in)))
	in.Manifest.Acceptances = []plan.Acceptance{
		acceptingSeen("unexpected", "box/old", seenOf(in, "old")), acceptingSeen("changed", "box/glass", seenOf(in, "glass")),
	}
	p := build(t, in)
	require.Empty(t, p.Changes)
	require.Equal(t, []string{"blocked box/glass", "delete box/old"}, leftOut(p))
	require.True(t, p.Differs())
}
