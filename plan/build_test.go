package plan_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// build plans without a problem.
func build(t *testing.T, in plan.Input) *plan.Plan {
	t.Helper()
	p, problems := plan.Build(in)
	require.Empty(t, problems)
	return p
}

func lines(texts ...string) string { return strings.Join(texts, "\n") + "\n" }

func TestBuildMakesTheRightChanges(t *testing.T) {
	live := tiny.World{
		Boxes: map[string]tiny.Box{"one": tiny.OpenBox("p", "s1/a", "s1/b"), "other": tiny.OpenBox("p", "s1/c")},
		Docs:  map[string]string{"x": "a"},
	}
	for behaviour, c := range map[string]struct {
		want  tiny.Wish
		owned plan.Ownership
		knows tiny.Knowledge
		plan  string
	}{
		"what is equal does not change": {
			want: tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": tiny.Want(tiny.OpenBox("p", "s1/a", "s1/b"))}},
		},
		"what is missing is created, children after their root": {
			want: tiny.Wish{Boxes: map[string]tiny.WantedBox{"new": tiny.Want(tiny.OpenBox("p", "s1/a"))}},
			plan: lines("create box/new", "create item/new/scope:s1/a needs box/new"),
		},
		"what differs is updated": {
			want: tiny.Wish{Docs: map[string]tiny.WantedDoc{"x": {Word: "ab"}}},
			plan: lines("update doc/x"),
		},
		"a child that is not listed is deleted": {
			want: tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": tiny.Want(tiny.OpenBox("p", "s1/a"))}},
			plan: lines("delete item/one/scope:s1/b"),
		},
		"a child that is not listed stays where the root is additive": {
			want: tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": {Box: tiny.OpenBox("p", "s1/a"), Additive: true}}},
		},
		"a tombstone deletes, and the children go with it": {
			want: tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": {Absent: true}}},
			plan: lines("delete box/one with item/one/scope:s1/a, item/one/scope:s1/b"),
		},
		"a tombstone of what is gone is nothing": {
			want: tiny.Wish{Boxes: map[string]tiny.WantedBox{"gone": {Absent: true}}},
		},
		"prune deletes what is owned and not listed": {
			owned: plan.Ownership{Include: tiny.Patterns("box/o*"), Exclude: tiny.Patterns("box/one"), Prune: true},
			plan:  lines("delete box/other with item/other/scope:s1/c"),
		},
		"prune without include deletes nothing": {owned: plan.Ownership{Prune: true}},
		"owned and not listed stays without prune": {
			owned: plan.Ownership{Include: tiny.Patterns("box/**")},
		},
		"a protected root blocks itself and its children": {
			want: tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": {Box: tiny.Box{Opens: "p", Lasts: "longer",
				Items: tiny.Items("s1/a", "s1/c")}}}},
			owned: plan.Ownership{Protect: tiny.Patterns("box/one")},
			plan:  lines("blocked box/one", "blocked item/one/scope:s1/c", "blocked item/one/scope:s1/b"),
		},
		"a protected root that is not there is made, with its children": {
			want:  tiny.Wish{Boxes: map[string]tiny.WantedBox{"new": tiny.Want(tiny.OpenBox("p", "s1/a"))}},
			owned: plan.Ownership{Protect: tiny.Patterns("box/*")},
			plan:  lines("create box/new", "create item/new/scope:s1/a needs box/new"),
		},
		"a protected child that is not there is made": {
			want:  tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": tiny.Want(tiny.OpenBox("p", "s1/a", "s1/b", "s2/c"))}},
			owned: plan.Ownership{Protect: tiny.Patterns("item/**")},
			plan:  lines("create item/one/scope:s2/c"),
		},
		"a protected doc that is not there is made": {
			want:  tiny.Wish{Docs: map[string]tiny.WantedDoc{"y": {Word: "a"}}},
			owned: plan.Ownership{Protect: tiny.Patterns("doc/*")},
			plan:  lines("create doc/y"),
		},
		"what is protected and not listed is not pruned": {
			owned: plan.Ownership{Include: tiny.Patterns("box/**"), Prune: true, Protect: tiny.Patterns("box/one")},
			plan:  lines("blocked box/one with item/one/scope:s1/a, item/one/scope:s1/b", "delete box/other with item/other/scope:s1/c"),
		},
		"a protected child blocks only itself": {
			want:  tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": tiny.Want(tiny.OpenBox("p", "s2/c"))}},
			owned: plan.Ownership{Protect: tiny.Patterns("item/one/scope:s1/a")},
			plan:  lines("create item/one/scope:s2/c", "blocked item/one/scope:s1/a", "delete item/one/scope:s1/b after item/one/scope:s2/c"),
		},
		"a protected child holds the delete of its root": {
			want:  tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": {Absent: true}}},
			owned: plan.Ownership{Protect: tiny.Patterns("item/one/scope:s1/a")},
			plan:  lines("blocked box/one with item/one/scope:s1/a, item/one/scope:s1/b"),
		},
		"what needs a blocked change is blocked": {
			want: tiny.Wish{
				Boxes: map[string]tiny.WantedBox{"other": tiny.Want(tiny.OpenBox("p", "s1/c", "s2/doc-x"))},
				Docs:  map[string]tiny.WantedDoc{"x": {Word: "b"}},
			},
			owned: plan.Ownership{Protect: tiny.Patterns("doc/x")},
			plan:  lines("blocked doc/x", "blocked item/other/scope:s2/doc-x needs doc/x"),
		},
		"what no API can do is manual, and what needs it is blocked": {
			want:  tiny.Wish{Boxes: map[string]tiny.WantedBox{"new": tiny.Want(tiny.OpenBox("p", "s1/a"))}},
			knows: tiny.Knowledge{ByHand: "box/new"},
			plan:  lines("manual box/new", "blocked item/new/scope:s1/a needs box/new"),
		},
		"what an API can do in part is still done": {
			want:  tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": tiny.Want(tiny.OpenBox("q", "s1/a", "s1/b"))}},
			knows: tiny.Knowledge{Partly: "box/one"},
			plan:  lines("update box/one"),
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := live.Input(c.want, c.owned)
			in.Knowledge = c.knows
			require.Equal(t, c.plan, render(build(t, in)))
		})
	}
}

func TestBuildTellsWhatItLeavesAlone(t *testing.T) {
	w := tiny.World{Boxes: map[string]tiny.Box{"one": tiny.OpenBox("p"), "ours": tiny.OpenBox("p", "s1/a"), "service": tiny.OpenBox("p"),
		"theirs": tiny.OpenBox("p", "s1/a")}}
	in := w.Input(tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": tiny.Want(tiny.OpenBox("p"))}},
		plan.Ownership{Include: tiny.Patterns("box/o*", "box/service"), Prune: true})
	for i := range in.Snapshot.Resources {
		l := &in.Snapshot.Resources[i]
		l.ServiceMade = l.Address == tiny.Address("box/service")
	}
	p := build(t, in)
	require.Equal(t, lines("delete box/ours with item/ours/scope:s1/a"), render(p))
	require.Equal(t, "owned by ownership.include and not listed: ownership.prune is on", p.Changes[0].Reason)
	require.Equal(t, []addr.Address{tiny.Address("box/theirs")}, p.Unmanaged)
	require.Len(t, p.Unexpected, 1)
	require.Equal(t, tiny.Address("box/service"), p.Unexpected[0].Address, "what a service made is never pruned")
	require.Equal(t, plan.Summary{Delete: 1, Unchanged: 1, Unmanaged: 1}, p.Summary)
	require.Equal(t, 1, p.Writes())
	require.False(t, p.Empty())
}

// A wide pattern takes in what a service made for itself, unseen; who writes two characters of the name means it.
func TestWhatAServiceMayHaveMadeIsPrunedOnlyByANarrowPattern(t *testing.T) {
	const blocked = "a cloud service may have made it, and no pattern of ownership.include begins with two characters of its name: " +
		"write `state: absent`, or exclude it"
	for behaviour, c := range map[string]struct {
		owned      plan.Ownership
		want       tiny.Wish
		plan       string
		reason     string
		unexpected int
	}{
		"a narrow pattern": {
			owned: plan.Ownership{Include: tiny.Patterns("box/*", "box/op*"), Prune: true},
			plan:  lines("delete box/ops with item/ops/scope:s1/a"), reason: "owned by ownership.include and not listed: ownership.prune is on",
		},
		"wide patterns alone": {
			owned: plan.Ownership{Include: tiny.Patterns("box/*", "box/o*", "box/?ps"), Prune: true},
			plan:  lines("blocked box/ops with item/ops/scope:s1/a"), reason: blocked,
		},
		"a narrow pattern of something else": {
			owned: plan.Ownership{Include: tiny.Patterns("box/*", "box/web-*"), Prune: true},
			plan:  lines("blocked box/ops with item/ops/scope:s1/a"), reason: blocked,
		},
		"a tombstone needs no pattern": {
			owned: plan.Ownership{Include: tiny.Patterns("box/*"), Prune: true},
			want:  tiny.Wish{Boxes: tiny.Wants("ops", tiny.WantedBox{Absent: true})},
			plan:  lines("delete box/ops with item/ops/scope:s1/a"), reason: "state: absent",
		},
		"without prune it is unexpected": {owned: plan.Ownership{Include: tiny.Patterns("box/*")}, unexpected: 1},
		"excluded, it is nobody's business": {
			owned: plan.Ownership{Include: tiny.Patterns("box/*"), Exclude: tiny.Patterns("box/ops"), Prune: true},
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := tiny.World{Boxes: tiny.Boxes("ops", tiny.OpenBox("p", "s1/a"))}.Input(c.want, c.owned)
			tiny.LiveAt(in.Snapshot, "box/ops").MaybeServiceMade = true
			p := build(t, in)
			require.Equal(t, c.plan, render(p))
			require.Len(t, p.Unexpected, c.unexpected, "what is blocked is told once")
			if c.plan != "" {
				require.Equal(t, c.reason, p.Changes[0].Reason)
			}
			require.Equal(t, c.plan != "" || c.unexpected > 0, plan.DriftOf(p, in, nil).Drifted())
		})
	}
}

func TestWhatABlockedRootUsesStaysWithIt(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("ops", tiny.OpenBox("p", "s1/doc-read")), Docs: map[string]string{"read": "a"}}
	in := w.Input(tiny.Wish{}, plan.Ownership{Include: tiny.Patterns("box/*", "doc/re*"), Prune: true})
	tiny.LiveAt(in.Snapshot, "box/ops").MaybeServiceMade = true
	require.Equal(t, lines("blocked box/ops with item/ops/scope:s1/doc-read", "blocked doc/read needs box/ops confirms box/ops"), render(build(t, in)))
}

func TestAnOrphanIsJudgedByItsOwnAddress(t *testing.T) {
	orphan := plan.Live{Resource: tiny.Item{Scope: "s1", Role: "a"}.Resource("gone")}
	for behaviour, c := range map[string]struct {
		owned                 plan.Ownership
		plan                  string
		unmanaged, unexpected int
	}{
		"not owned":        {plan.Ownership{Include: tiny.Patterns("box/**")}, "", 1, 0},
		"owned":            {plan.Ownership{Include: tiny.Patterns("item/gone/**")}, "", 0, 1},
		"owned and pruned": {plan.Ownership{Include: tiny.Patterns("item/**"), Prune: true}, lines("delete item/gone/scope:s1/a"), 0, 0},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := tiny.World{}.Input(tiny.Wish{}, c.owned)
			in.Snapshot.Resources = []plan.Live{orphan}
			p := build(t, in)
			require.Equal(t, c.plan, render(p))
			require.Len(t, p.Unmanaged, c.unmanaged)
			require.Len(t, p.Unexpected, c.unexpected)
		})
	}
}

func TestAttributesThatCannotBeComparedAreSaid(t *testing.T) {
	w := tiny.World{Boxes: map[string]tiny.Box{"one": tiny.OpenBox("p")}}
	in := w.Input(tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": {Box: tiny.Box{Opens: "q", Lasts: "longer"}}}}, plan.Ownership{})
	in.Desired[0].WriteOnly = []string{"opens"}
	in.Snapshot.Resources[0].Unreadable = []string{"lasts"}
	p := build(t, in)
	require.True(t, p.Empty())
	require.Equal(t, []plan.NotCompared{
		{Address: tiny.Address("box/one"), Attribute: "lasts", Reason: "could not be read"},
		{Address: tiny.Address("box/one"), Attribute: "opens", Reason: "write-only: the service does not tell it"},
	}, p.NotCompared)
	require.Equal(t, 1, p.Summary.Unchanged)
}

func TestWriteOnlyAttributesAreSentAgainOnlyWhenAsked(t *testing.T) {
	in := tiny.World{Docs: map[string]string{"x": "a"}}.Input(tiny.Wish{Docs: map[string]tiny.WantedDoc{"x": {Word: "a"}}}, plan.Ownership{})
	in.Desired[0].Attributes["secret"] = plan.StringValue("s")
	in.Desired[0].WriteOnly = []string{"secret"}
	require.True(t, build(t, in).Empty())

	in.Options.SendWriteOnly = true
	p := build(t, in)
	require.Len(t, p.Changes, 1)
	require.Equal(t, plan.Update, p.Changes[0].Action)
	require.Equal(t, []plan.AttributeChange{{Name: "secret", After: plan.StringValue("s"), At: in.Desired[0].Source}}, p.Changes[0].Attributes)

	in.Options.SendWriteOnly = false
	in.Desired[0].Attributes["word"] = plan.StringValue("b")
	p = build(t, in)
	require.Len(t, p.Changes, 1)
	require.NotContains(t, p.Changes[0].After.Attributes, "secret", "another change does not send it along unseen")
}

func TestWhatWasNotReadIsRefused(t *testing.T) {
	in := tiny.World{}.Input(tiny.Wish{Docs: map[string]tiny.WantedDoc{"x": {Word: "a"}}}, plan.Ownership{})
	in.Snapshot.Coverage = tiny.Patterns("box/**")
	p, problems := plan.Build(in)
	require.Nil(t, p)
	require.Equal(t, []plan.Problem{{
		At: plan.Position{File: "tiny.yaml", Line: 1, Column: 3}, Summary: "not observed",
		Detail: "doc/x lies outside what was read, so nothing can be said about it",
		Hint:   "plan against live state, or against a snapshot that covers it",
	}}, problems)
}

func TestTooManyDeletesAreRefusedBesideThePlan(t *testing.T) {
	w := tiny.World{Boxes: map[string]tiny.Box{"one": tiny.OpenBox("p", "s1/a", "s1/b"), "two": tiny.OpenBox("p", "s1/a", "s1/b", "s1/c")}}
	want := tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": tiny.Want(tiny.OpenBox("p")), "two": {Absent: true}}}
	limit := func(n int) *int { return &n }
	for behaviour, c := range map[string]struct {
		manifest, run *int
		detail        string
	}{
		"no limit":                        {nil, nil, ""},
		"a root and its children are one": {limit(3), nil, ""},
		"above the manifest's limit":      {limit(2), nil, "the plan deletes 3 resources, and ownership.maxDeletes: 2 allows no more"},
		"the run's limit takes its place": {limit(2), limit(3), ""},
		"above the run's limit":           {nil, limit(0), "the plan deletes 3 resources, and --most 0 allows no more"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := w.Input(want, plan.Ownership{MaxDeletes: plan.DeleteLimit{Count: c.manifest}, MaxDeletesAt: at(5)})
			in.Options.MaxDeletes.Count, in.Options.Names.MaxDeletes = c.run, "--most"
			p, problems := plan.Build(in)
			require.Equal(t, 3, p.Summary.Delete)
			if c.detail == "" {
				require.Empty(t, problems)
				return
			}
			place := at(5)
			if c.run != nil {
				place = plan.Position{}
			}
			require.Equal(t, []plan.Problem{{
				At: place, Summary: "too many deletes", Detail: c.detail,
				Hint: "if that is meant, raise the limit for one run with --most 3",
			}}, problems)
		})
	}
}

func TestAChangeIsCompleteInItself(t *testing.T) {
	w := tiny.World{Boxes: map[string]tiny.Box{"one": tiny.OpenBox("p", "s1/b")}}
	in := w.Input(tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": {Box: tiny.Box{Opens: "p", Lasts: "longer", Items: tiny.Items("s2/a")}}}},
		plan.Ownership{})
	in.Desired[0].Sources = plan.Sources{{Attribute: "lasts", At: at(40)}}
	in.Desired[0].Notes = &plan.Notes{Owner: "platform"}
	p := build(t, in)
	byAddress := map[string]plan.Change{}
	for _, c := range p.Changes {
		byAddress[c.Address.String()] = c
	}
	update := byAddress["box/one"]
	require.Equal(t, "id-one", update.ID)
	require.Equal(t, []plan.AttributeChange{{Name: "lasts", Before: plan.StringValue("long"), After: plan.StringValue("longer"), At: at(40)}},
		update.Attributes)
	require.Equal(t, at(40), update.Source, "one differing attribute is shown where it stands")
	require.Equal(t, "platform", update.Notes.Owner)
	create := byAddress["item/one/scope:s2/a"]
	require.Equal(t, "id-one", create.ParentID)
	require.Nil(t, create.Before)
	revoke := byAddress["item/one/scope:s1/b"]
	require.Nil(t, revoke.After)
	require.Equal(t, "not listed in the manifest", revoke.Reason)
	require.Equal(t, in.Desired[0].Source, revoke.Source, "an unlisted child is shown where its root is listed")
	require.Equal(t, "platform", revoke.Notes.Owner)
}
