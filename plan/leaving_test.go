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

// fates are the addresses that leave the manifest, and what becomes of each.
func fates(p *plan.Plan) map[string]plan.Fate {
	all := map[string]plan.Fate{}
	for _, l := range p.Leaving {
		all[l.Address.String()] = l.Fate
	}
	return all
}

func TestWhatLeavesTheManifestIsNamedWithItsFate(t *testing.T) {
	live := tiny.World{
		Boxes: tiny.Boxes("kept", tiny.OpenBox("p", "s1/a", "s1/b"), "old", tiny.OpenBox("p", "s1/a")), Docs: map[string]string{"x": "a"},
	}
	additive := func(pairs ...string) tiny.WantedBox {
		return tiny.WantedBox{Box: tiny.OpenBox("p", pairs...), Additive: true}
	}
	kept, old := tiny.Want(tiny.OpenBox("p", "s1/a", "s1/b")), tiny.Want(tiny.OpenBox("p", "s1/a"))
	base := tiny.Wish{Boxes: tiny.Wants("kept", kept, "old", old), Docs: tiny.WantsDocs("x", "a")}
	without := tiny.Wish{Boxes: tiny.Wants("kept", kept)}
	for behaviour, c := range map[string]struct {
		base, head tiny.Wish
		owned      plan.Ownership
		knows      tiny.Knowledge
		selects    plan.Selection
		want       map[string]plan.Fate
	}{
		"the same on both sides": {base: base, head: base, want: map[string]plan.Fate{}},
		"roots that nothing owns": {
			base: base, head: without, want: map[string]plan.Fate{"box/old": plan.FateStays, "doc/x": plan.FateStays},
		},
		"pruned": {
			base: base, head: without, owned: plan.Ownership{Include: tiny.Patterns("box/*"), Prune: true},
			want: map[string]plan.Fate{"box/old": plan.FateDeleted, "doc/x": plan.FateStays},
		},
		"pruned and protected": {
			base: base, head: without, owned: plan.Ownership{Include: tiny.Patterns("box/*"), Prune: true, Protect: tiny.Patterns("box/old")},
			want: map[string]plan.Fate{"box/old": plan.FateBlocked, "doc/x": plan.FateStays},
		},
		"pruned by hand": {
			base: base, head: without, owned: plan.Ownership{Include: tiny.Patterns("box/*"), Prune: true}, knows: tiny.Knowledge{ByHand: "box/old"},
			want: map[string]plan.Fate{"box/old": plan.FateByHand, "doc/x": plan.FateStays},
		},
		"pruned and not selected": {
			base: base, head: without, owned: plan.Ownership{Include: tiny.Patterns("box/*"), Prune: true},
			selects: plan.Selection{Target: tiny.Patterns("box/kept")},
			want:    map[string]plan.Fate{"box/old": plan.FateStays, "doc/x": plan.FateStays},
		},
		"a tombstone takes its place": {
			base: base, head: tiny.Wish{Boxes: tiny.Wants("kept", kept, "old", tiny.WantedBox{Absent: true}), Docs: tiny.WantsDocs("x", "a")},
			want: map[string]plan.Fate{},
		},
		"a tombstone that was not carried out": {
			base: tiny.Wish{Boxes: tiny.Wants("kept", kept, "old", tiny.WantedBox{Absent: true})}, head: without,
			want: map[string]plan.Fate{"box/old": plan.FateStays},
		},
		"what is not there any more": {
			base: tiny.Wish{Boxes: tiny.Wants("kept", kept, "dead", old)}, head: without, want: map[string]plan.Fate{},
		},
		"one child of an additive root": {
			base: tiny.Wish{Boxes: tiny.Wants("kept", additive("s1/a", "s1/b"))}, head: tiny.Wish{Boxes: tiny.Wants("kept", additive("s1/a"))},
			want: map[string]plan.Fate{"item/kept/scope:s1/b": plan.FateStays},
		},
		"an additive root with what it lists": {
			base: tiny.Wish{Boxes: tiny.Wants("kept", additive("s1/a", "s2/none"))}, head: tiny.Wish{},
			want: map[string]plan.Fate{"box/kept": plan.FateStays, "item/kept/scope:s1/a": plan.FateStays},
		},
		"an additive root that is pruned": {
			base: tiny.Wish{Boxes: tiny.Wants("kept", additive("s1/a"))}, head: tiny.Wish{Boxes: tiny.Wants("old", old)},
			owned: plan.Ownership{Include: tiny.Patterns("box/*"), Prune: true}, want: map[string]plan.Fate{"box/kept": plan.FateDeleted},
		},
		"a child of a root that becomes additive": {
			base: without, head: tiny.Wish{Boxes: tiny.Wants("kept", additive("s1/a"))},
			want: map[string]plan.Fate{"item/kept/scope:s1/b": plan.FateStays},
		},
		"a child of an exact root is revoked": {
			base: without, head: tiny.Wish{Boxes: tiny.Wants("kept", tiny.OpenBox("p", "s1/a"))}, want: map[string]plan.Fate{},
		},
		"nor is it told when its revoke is left out": {
			base: without, head: tiny.Wish{Boxes: tiny.Wants("kept", tiny.OpenBox("p", "s1/a"))},
			selects: plan.Selection{Exclude: tiny.Patterns("item/kept/**")}, want: map[string]plan.Fate{},
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := live.Input(c.head, c.owned)
			in.Knowledge, in.Options.Select = c.knows, c.selects
			require.Empty(t, build(t, in).Leaving, "without a base nobody knows")
			p := build(t, against(live, in, c.base, c.owned))
			require.Equal(t, c.want, fates(p))
			require.Equal(t, len(c.want), p.Summary.Leaving)
			require.Equal(t, len(p.Changes)+len(p.LeftOut)+len(c.want) > 0, p.Differs())
			for _, l := range p.Leaving {
				require.NotZero(t, l.Source)
			}
		})
	}
}

func TestRisksOfWhatStaysAreToldWithIt(t *testing.T) {
	live := tiny.World{
		Boxes: tiny.Boxes("kept", tiny.OpenBox("p", "s1/a", "s1/x"), "old", tiny.OpenBox("p", "s1/a", "s2/x", "s3/doc-d")), Docs: map[string]string{"d": "x"},
	}
	additive := func(pairs ...string) tiny.WantedBox {
		return tiny.WantedBox{Box: tiny.OpenBox("p", pairs...), Additive: true}
	}
	base := tiny.Wish{
		Boxes: tiny.Wants("kept", additive("s1/a", "s1/x"), "old", tiny.Want(tiny.OpenBox("p", "s1/a"))), Docs: tiny.WantsDocs("d", "x"),
	}
	head := tiny.Wish{Boxes: tiny.Wants("kept", additive("s1/a")), Docs: tiny.WantsDocs("d", "x")}
	for behaviour, c := range map[string]struct {
		head    tiny.Wish
		owned   plan.Ownership
		selects plan.Selection
		want    map[string][]string
	}{
		"with the root, and with a child that leaves alone": {
			head: head, want: map[string][]string{
				"box/old": {"item/old/scope:s2/x", "item/old/scope:s3/doc-d"}, "item/kept/scope:s1/x": {"item/kept/scope:s1/x"},
			},
		},
		"owned, too": {
			head: head, owned: plan.Ownership{Include: tiny.Patterns("box/*")}, want: map[string][]string{
				"box/old": {"item/old/scope:s2/x", "item/old/scope:s3/doc-d"}, "item/kept/scope:s1/x": {"item/kept/scope:s1/x"},
			},
		},
		"not what the plan deletes": {
			head: head, owned: plan.Ownership{Include: tiny.Patterns("box/*"), Prune: true},
			want: map[string][]string{"item/kept/scope:s1/x": {"item/kept/scope:s1/x"}},
		},
		"what is protected from its delete": {
			head: head, owned: plan.Ownership{Include: tiny.Patterns("box/*"), Prune: true, Protect: tiny.Patterns("box/old")},
			want: map[string][]string{
				"box/old": {"item/old/scope:s2/x", "item/old/scope:s3/doc-d"}, "item/kept/scope:s1/x": {"item/kept/scope:s1/x"},
			},
		},
		"nor what another run deletes": {
			head: head, owned: plan.Ownership{Include: tiny.Patterns("box/*"), Prune: true},
			selects: plan.Selection{Exclude: tiny.Patterns("box/old")}, want: map[string][]string{"item/kept/scope:s1/x": {"item/kept/scope:s1/x"}},
		},
		"nor what a change ends": {
			head: tiny.Wish{Boxes: tiny.Wants("kept", additive("s1/a", "s1/x")), Docs: tiny.WantsDocs("d", "a")},
			want: map[string][]string{"box/old": {"item/old/scope:s2/x"}},
		},
		"an additive root with all that it has": {
			head: tiny.Wish{Docs: tiny.WantsDocs("d", "x")}, want: map[string][]string{
				"box/kept": {"item/kept/scope:s1/x"}, "box/old": {"item/old/scope:s2/x", "item/old/scope:s3/doc-d"},
			},
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := live.Input(c.head, c.owned)
			in.Options.Select = c.selects
			require.Empty(t, build(t, in).RaisedByLeaving(), "without a base nobody knows")
			p := build(t, against(live, in, base, c.owned))
			told := map[string][]string{}
			for _, l := range p.Leaving {
				for _, f := range l.Findings {
					told[l.Address.String()] = append(told[l.Address.String()], f.Address.String())
				}
			}
			require.Equal(t, c.want, told)
		})
	}
}

func TestRisksOfWhatAnEntryAnsweredForLeaveWithIt(t *testing.T) {
	live := tiny.World{Boxes: tiny.Boxes("entry", tiny.OpenBox("p"), "made", tiny.OpenBox("p", "s1/x"), "other", tiny.OpenBox("p", "s1/x"))}
	in := against(live, live.Input(tiny.Wish{}, plan.Ownership{}), tiny.Wish{Boxes: tiny.Wants("entry", tiny.Want(tiny.OpenBox("p")))}, plan.Ownership{})
	seen := *in.Snapshot
	seen.Resources = slices.Clone(seen.Resources)
	for i := range seen.Resources {
		if seen.Resources[i].Address == tiny.BoxAt("made") {
			seen.Resources[i].AnsweredBy = tiny.BoxAt("entry")
		}
	}
	in.Base.Snapshot = &seen
	p := build(t, in)
	require.Len(t, p.RaisedByLeaving(), 1)
	require.Equal(t, "item/made/scope:s1/x", p.Leaving[0].Findings[0].Address.String())
}

func TestAnAcceptanceOfWhatLeavesHolds(t *testing.T) {
	live := tiny.World{Boxes: tiny.Boxes("old", tiny.OpenBox("p", "s1/x"))}
	in := against(live, live.Input(tiny.Wish{}, plan.Ownership{}), tiny.Wish{Boxes: tiny.Wants("old", tiny.Want(tiny.OpenBox("p")))}, plan.Ownership{})
	in.Manifest.Acceptances = []plan.Acceptance{{
		Rule: "does-x", Address: tiny.Patterns("item/old/**")[0], Accepted: plan.Accepted{Reason: "known", ReviewBy: "2031-06-30"},
	}}
	p := build(t, in)
	require.Equal(t, "known", p.RaisedByLeaving()[0].Accepted.Reason)
	require.Empty(t, p.Remarks, "it is used")
}

func TestWhatLeavesUnreadIsSaidToBeUnread(t *testing.T) {
	w := tiny.World{}
	in := against(w, w.Input(tiny.Wish{}, plan.Ownership{}), tiny.Wish{}, plan.Ownership{})
	in.Base.Desired = append(in.Base.Desired, plan.Desired{Resource: plan.Resource{Address: tiny.Address("elsewhere/x")}})
	p := build(t, in)
	require.Equal(t, map[string]plan.Fate{"elsewhere/x": plan.FateNotRead}, fates(p))
	require.True(t, p.Differs(), "whether it is there, nobody knows")
}

func TestABaseWithoutTheAccountIsSaid(t *testing.T) {
	in := tiny.World{}.Input(tiny.Wish{}, plan.Ownership{})
	in.Base = &plan.Base{Manifest: &plan.Manifest{}, Missing: true}
	require.Equal(t, []string{"the base does not have this account, and counts as empty"}, build(t, in).Warnings)
}

// Every live root that the base lists and the manifest does not is told, and nothing that the manifest lists is.
func TestNothingLeavesUnsaid(t *testing.T) {
	met := 0
	rapid.Check(t, func(t *rapid.T) {
		w, head, in := drawInput(t, 4)
		base := drawWish(t, w, 4)
		p, problems := plan.Build(against(w, in, base, in.Manifest.Ownership))
		if p == nil || len(problems) > 0 {
			return
		}
		told := fates(p)
		for name := range base.Boxes {
			_, live := w.Boxes[name]
			_, listed := head.Boxes[name]
			_, is := told[tiny.BoxAt(name).String()]
			require.Equal(t, live && !listed, is, name)
			if is {
				met++
			}
		}
		listed := map[addr.Address]bool{}
		for _, d := range in.Desired {
			listed[d.Address] = true
		}
		for _, l := range p.Leaving {
			require.False(t, listed[l.Address], l.Address)
		}
	})
	require.NotZero(t, met)
}

func TestWhatCanGoFromTheManifestIsRemarked(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("there", tiny.OpenBox("p"), "before", tiny.OpenBox("p"))}
	in := w.Input(tiny.Wish{Boxes: tiny.Wants("gone", tiny.WantedBox{Absent: true}, "there", tiny.WantedBox{Absent: true})}, plan.Ownership{})
	at := plan.Position{File: "tiny.yaml", Line: 9, Column: 1}
	absent := func(name string, d plan.Desired) plan.Desired {
		d.Resource, d.Absent, d.Source = tiny.Box{}.Resource(name), true, at
		return d
	}
	rule := plan.Desired{Resource: tiny.Item{Scope: "s1", Role: "a"}.Resource("there"), Absent: true, Source: at}
	in.Desired = append(in.Desired, absent("before", plan.Desired{ReplacedBy: tiny.BoxAt("gone")}),
		absent("once", plan.Desired{ReplacedBy: tiny.BoxAt("gone")}), rule)
	p := build(t, in)
	require.Equal(t, []plan.Remark{
		{Kind: plan.RemarkTombstone, Address: tiny.Patterns("box/gone")[0], Source: plan.Position{File: "tiny.yaml", Line: 1, Column: 3}},
		{Kind: plan.RemarkRename, Address: tiny.Patterns("box/once")[0], Source: at},
	}, p.Remarks, "not those that are still to be carried out, and not what must not be part of a root")
	require.Equal(t, p.Remarks, plan.DriftOf(p, in, nil).Remarks)

	done := tiny.World{}.Input(tiny.Wish{Boxes: tiny.Wants("gone", tiny.WantedBox{Absent: true})}, plan.Ownership{})
	p = build(t, done)
	require.Len(t, p.Remarks, 1)
	require.False(t, p.Differs())
	require.False(t, plan.DriftOf(p, done, nil).Drifted())
}

func TestFatesAndKindsAreReadAsTheyAreWritten(t *testing.T) {
	for _, f := range []plan.Fate{plan.FateDeleted, plan.FateByHand, plan.FateBlocked, plan.FateStays, plan.FateNotRead} {
		var back plan.Fate
		require.NoError(t, back.UnmarshalText([]byte(f)))
		require.Equal(t, f, back)
	}
	for _, k := range []plan.RemarkKind{plan.RemarkTombstone, plan.RemarkRename, plan.RemarkAcceptance} {
		var back plan.RemarkKind
		require.NoError(t, back.UnmarshalText([]byte(k)))
		require.Equal(t, k, back)
	}
	require.ErrorContains(t, new(plan.Fate).UnmarshalText([]byte("goes")), "is no fate")
	require.ErrorContains(t, new(plan.RemarkKind).UnmarshalText([]byte("x")), "is no kind of remark")
	for fate, action := range map[plan.Fate]plan.Action{plan.FateDeleted: plan.Delete, plan.FateByHand: plan.ByHand, plan.FateBlocked: plan.Blocked} {
		require.Equal(t, string(fate), action.String())
	}
}
