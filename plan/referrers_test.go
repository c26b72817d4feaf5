package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// held is a cloud in which box "theirs", which no wish here lists, has an item that means the doc "d".
func held(word string) tiny.World {
	return tiny.World{
		Boxes: tiny.Boxes("theirs", tiny.OpenBox("outside:q", "s1/doc-d", "s1/a")),
		Docs:  map[string]string{"d": word},
	}
}

func TestADeleteWaitsForHoldersThatThePlanDoesNotTakeItFrom(t *testing.T) {
	item := tiny.ItemAt("one", "s1", "doc-d").String()
	for behaviour, c := range map[string]struct {
		boxes  map[string]tiny.Box
		want   map[string]tiny.WantedBox
		owned  plan.Ownership
		choose plan.Selection
		// pruned leaves the doc out of the wish; else the wish has a tombstone.
		pruned bool
		// holder is what the reason names; "" for a delete that is made.
		holder string
	}{
		"an unmanaged root": {
			boxes: tiny.Boxes("one", tiny.OpenBox("outside:p", "s1/doc-d")), holder: item + " (unmanaged)",
		},
		"an unmanaged root, and the doc is pruned": {
			boxes: tiny.Boxes("one", tiny.OpenBox("outside:p", "s1/doc-d")), pruned: true,
			owned: plan.Ownership{Include: tiny.Patterns("doc/*"), Prune: true}, holder: item + " (unmanaged)",
		},
		"a root that is owned, not listed and not pruned": {
			boxes: tiny.Boxes("one", tiny.OpenBox("outside:p", "s1/doc-d")),
			owned: plan.Ownership{Include: tiny.Patterns("box/*")}, holder: item + " (unmanaged)",
		},
		"a protected root": {
			boxes: tiny.Boxes("one", tiny.OpenBox("outside:p", "s1/doc-d")), want: tiny.Wants("one", tiny.OpenBox("outside:p")),
			owned: plan.Ownership{Protect: tiny.Patterns("box/one")}, holder: item + " (protected by ownership.protect)",
		},
		"a protected root that nobody lists": {
			boxes: tiny.Boxes("one", tiny.OpenBox("outside:p", "s1/doc-d")),
			owned: plan.Ownership{Protect: tiny.Patterns("box/one")}, holder: item + " (protected by ownership.protect)",
		},
		"a root that goes, and is protected": {
			boxes: tiny.Boxes("one", tiny.OpenBox("outside:p", "s1/doc-d")), want: tiny.Wants("one", tiny.WantedBox{Absent: true}),
			owned: plan.Ownership{Protect: tiny.Patterns("box/one")}, holder: item + " (protected by ownership.protect)",
		},
		"an additive root": {
			boxes:  tiny.Boxes("one", tiny.OpenBox("outside:p", "s1/doc-d")),
			want:   tiny.Wants("one", tiny.WantedBox{Box: tiny.OpenBox("outside:p"), Additive: true}),
			holder: item + " (additive)",
		},
		"a revoke that is left out": {
			boxes: tiny.Boxes("one", tiny.OpenBox("outside:p", "s1/doc-d")), want: tiny.Wants("one", tiny.OpenBox("outside:p")),
			choose: plan.Selection{Target: tiny.Patterns("doc/*")}, holder: item + " (its removal is left out)",
		},
		"a root whose delete is left out": {
			boxes: tiny.Boxes("one", tiny.OpenBox("outside:p", "s1/doc-d")), want: tiny.Wants("one", tiny.WantedBox{Absent: true}),
			choose: plan.Selection{Exclude: tiny.Patterns("box/one")}, holder: item + " (its removal is left out)",
		},
		"an exact root that the plan takes it from": {
			boxes: tiny.Boxes("one", tiny.OpenBox("outside:p", "s1/doc-d")), want: tiny.Wants("one", tiny.OpenBox("outside:p")),
		},
		"a root that goes": {
			boxes: tiny.Boxes("one", tiny.OpenBox("outside:p", "s1/doc-d")), want: tiny.Wants("one", tiny.WantedBox{Absent: true}),
		},
		"nobody": {boxes: tiny.Boxes("one", tiny.OpenBox("outside:p", "s1/a"))},
	} {
		t.Run(behaviour, func(t *testing.T) {
			want := tiny.Wish{Boxes: c.want}
			if !c.pruned {
				want.Docs = tiny.WantsDocs("d", "")
			}
			if want.Boxes == nil {
				want.Boxes = map[string]tiny.WantedBox{}
			}
			want.Boxes["new"] = tiny.Want(tiny.OpenBox("outside:p"))
			in := tiny.World{Boxes: c.boxes, Docs: map[string]string{"d": "a"}}.Input(want, c.owned)
			in.Options.Select = c.choose
			p := build(t, in)
			made := change(t, p, tiny.DocAt("d"))
			if c.holder == "" {
				require.Equal(t, plan.Delete, made.Action, render(p))
				return
			}
			require.Equal(t, plan.Blocked, made.Action, render(p))
			require.Contains(t, made.Reason, "holders: ")
			require.Contains(t, made.Reason, c.holder)
			if c.choose.IsZero() {
				require.Equal(t, plan.Create, change(t, p, tiny.BoxAt("new")).Action, "the rest goes on")
			}
		})
	}
}

// The delete of what a manifest still lists contradicts that manifest, however the delete comes about.
func TestADeleteOfWhatTheManifestStillListsIsAnError(t *testing.T) {
	live := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("outside:p", "s1/doc-d")), Docs: map[string]string{"d": "a"}}
	prune := plan.Ownership{Include: tiny.Patterns("doc/*"), Prune: true}
	protected := plan.Ownership{Include: tiny.Patterns("doc/*"), Prune: true, Protect: tiny.Patterns("doc/d")}
	for behaviour, c := range map[string]struct {
		box     tiny.WantedBox
		docs    map[string]tiny.WantedDoc
		owned   plan.Ownership
		refused bool
	}{
		"an exact root, prune":      {tiny.Want(tiny.OpenBox("outside:p", "s1/doc-d")), nil, prune, true},
		"an exact root, tombstone":  {tiny.Want(tiny.OpenBox("outside:p", "s1/doc-d")), tiny.WantsDocs("d", ""), plan.Ownership{}, true},
		"an additive root, prune":   {tiny.WantedBox{Box: tiny.OpenBox("outside:p", "s1/doc-d"), Additive: true}, nil, prune, true},
		"a new item, prune":         {tiny.Want(tiny.OpenBox("outside:p", "s1/doc-d", "s2/doc-d")), nil, prune, true},
		"a new item alone, prune":   {tiny.Want(tiny.OpenBox("outside:p", "s2/doc-d")), nil, prune, true},
		"a doc that protect holds":  {tiny.Want(tiny.OpenBox("outside:p", "s1/doc-d")), nil, protected, false},
		"an item that is not there": {tiny.Want(tiny.OpenBox("outside:p")), nil, prune, false},
	} {
		t.Run(behaviour, func(t *testing.T) {
			_, problems := plan.Build(live.Input(tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": c.box}, Docs: c.docs}, c.owned))
			fatal := plan.Fatal(problems)
			if !c.refused {
				require.Empty(t, fatal)
				return
			}
			require.NotEmpty(t, fatal)
			require.Contains(t, []string{"still listed", "dependency on an absent resource"}, fatal[0].Summary)
			require.Contains(t, fatal[0].Detail, "doc/d")
			require.Equal(t, c.docs == nil, !fatal[0].At.IsZero(), "a dependency that nobody wrote has no place")
		})
	}
}

func TestAnUpdateReachesItsHolders(t *testing.T) {
	theirs := tiny.ItemAt("theirs", "s1", "doc-d")
	update := func(w tiny.World, owned plan.Ownership, word string) (*plan.Plan, plan.Change) {
		p := build(t, w.Input(tiny.Wish{Docs: tiny.WantsDocs("d", word)}, owned))
		return p, change(t, p, tiny.DocAt("d"))
	}
	_, blocked := update(held("a"), plan.Ownership{Protect: tiny.Patterns("box/theirs")}, "ab")
	require.Equal(t, plan.Blocked, blocked.Action)
	require.Equal(t, "holders: "+theirs.String()+" (protected by ownership.protect)", blocked.Reason)

	_, made := update(held("a"), plan.Ownership{}, "ab")
	require.Equal(t, plan.Update, made.Action)
	require.Len(t, made.Findings, 1)
	require.Contains(t, made.Findings[0].Message, theirs.String())

	// What is risky in the new content is risky in the hands of whoever holds it.
	_, made = update(held("a"), plan.Ownership{}, "x")
	require.Contains(t, made.Findings, doesX(theirs))
}

// inUse asks for the delete of doc "d", whoever has it.
func inUse(boxes ...any) tiny.Wish {
	return tiny.Wish{Boxes: tiny.Wants(boxes...), Docs: map[string]tiny.WantedDoc{"d": {Absent: true, InUse: true}}}
}

func TestADeleteInUseTakesItFromAllThatHoldIt(t *testing.T) {
	item := func(box string) addr.Address { return tiny.ItemAt(box, "s1", "doc-d") }
	w := tiny.World{
		Boxes: tiny.Boxes("adds", tiny.OpenBox("outside:p", "s1/doc-d", "s1/b"), "exact", tiny.OpenBox("outside:p", "s1/doc-d"),
			"theirs", tiny.OpenBox("outside:q", "s1/doc-d", "s1/a")),
		Docs: map[string]string{"d": "b-a"}, Unseen: map[string]int{"d": 3},
	}
	want := inUse("adds", tiny.WantedBox{Box: tiny.OpenBox("outside:p"), Additive: true}, "exact", tiny.OpenBox("outside:p"))
	p := build(t, w.Input(want, plan.Ownership{}))
	made := change(t, p, tiny.DocAt("d"))
	require.Equal(t, plan.Delete, made.Action, render(p))
	require.Equal(t, []addr.Address{item("adds"), item("exact"), item("theirs")}, made.Confirms, "each is seen to be gone first")
	require.Empty(t, made.Holders)
	require.Equal(t, []plan.Finding{{
		Rule: plan.RuleDeleteInUse, Severity: plan.High, Address: tiny.DocAt("d"), Hint: made.Findings[0].Hint,
		Message: "takes from others " + item("adds").String() + ", " + item("theirs").String() +
			", and takes with it 3 grants that agencyctl cannot see",
	}}, made.Findings)
	require.Equal(t, 4, p.Summary.Delete, "the limit on deletes counts what is taken from others")
	require.Empty(t, p.Unmanaged, "it is not left alone")

	// The doc denied a: whoever held it gains that.
	gained := map[string]bool{}
	for _, d := range p.Privileges.Principals {
		gained[d.Principal] = len(d.Gained) > 0
	}
	require.Equal(t, map[string]bool{"outside:q": true}, gained)

	limit := 3
	in := w.Input(want, plan.Ownership{})
	in.Manifest.Ownership.MaxDeletes.Count = &limit
	_, problems := plan.Build(in)
	require.Len(t, plan.Fatal(problems), 1)

	// Where one holder keeps it, nothing is taken from the others either.
	p = build(t, w.Input(want, plan.Ownership{Protect: tiny.Patterns("box/adds")}))
	require.Equal(t, lines("delete item/exact/scope:s1/doc-d", "blocked item/theirs/scope:s1/doc-d",
		"blocked doc/d needs item/exact/scope:s1/doc-d, item/theirs/scope:s1/doc-d "+
			"confirms item/exact/scope:s1/doc-d, item/theirs/scope:s1/doc-d"), render(p))
	require.Equal(t, "holders: item/adds/scope:s1/doc-d (protected by ownership.protect), 3 grants that agencyctl cannot see",
		reasonOf(t, p, tiny.DocAt("d")))
	require.Equal(t, "only made for the delete of doc/d, which is not made", reasonOf(t, p, item("theirs")))

	in = w.Input(want, plan.Ownership{})
	in.Options.Select.Exclude = tiny.Patterns("box/theirs")
	p = build(t, in)
	require.Contains(t, reasonOf(t, p, tiny.DocAt("d")), item("theirs").String()+" (its removal is left out)")
	require.Equal(t, plan.Blocked, change(t, p, item("adds")).Action)
	in.Options.Select = plan.Selection{Exclude: tiny.Patterns("doc/*")}
	require.Equal(t, plan.Blocked, change(t, build(t, in), item("theirs")).Action, "the doc stays")
}

func TestWhatIsTakenFromAnUnexpectedRootStandsOnce(t *testing.T) {
	w := held("x")
	p := build(t, w.Input(inUse(), plan.Ownership{Include: tiny.Patterns("box/*")}))
	require.Len(t, p.Unexpected, 1)
	require.Equal(t, []addr.Address{tiny.ItemAt("theirs", "s1", "a")}, p.Unexpected[0].With)
	require.Empty(t, p.Unexpected[0].Findings)
	require.Equal(t, []plan.Finding{doesX(tiny.ItemAt("theirs", "s1", "doc-d"))}, change(t, p, tiny.ItemAt("theirs", "s1", "doc-d")).Resolves)
}

func TestUsesThatNobodySeesHoldADelete(t *testing.T) {
	w := tiny.World{Docs: map[string]string{"d": "a"}, Unseen: map[string]int{"d": 1}}
	in := w.Input(tiny.Wish{Docs: tiny.WantsDocs("d", "")}, plan.Ownership{})
	p := build(t, in)
	require.Equal(t, plan.Blocked, p.Changes[0].Action)
	require.Equal(t, "holders: 1 grant that agencyctl cannot see; state: absent with inUse: delete takes it from them", p.Changes[0].Reason)

	in = w.Input(tiny.Wish{Docs: tiny.WantsDocs("d", "ab")}, plan.Ownership{})
	p = build(t, in)
	require.Equal(t, plan.Update, p.Changes[0].Action)
	require.Equal(t, plan.Unseen{Count: 1}, p.Changes[0].Unseen)
	require.Contains(t, p.Changes[0].Findings[0].Message, "1 grant that agencyctl cannot see")

	// Where nobody tells, that is said of whatever is done.
	for _, wish := range []tiny.Wish{{Docs: tiny.WantsDocs("d", "")}, {Docs: tiny.WantsDocs("d", "ab")}, inUse()} {
		in := w.Input(wish, plan.Ownership{})
		tiny.LiveAt(in.Snapshot, "doc/d").Unseen = plan.Unseen{Unknown: true}
		p := build(t, in)
		require.True(t, p.Changes[0].Action.Writes())
		require.Len(t, p.Warnings, 1)
		require.Contains(t, p.Warnings[0], "doc/d: nobody tells what else uses it")
		require.Equal(t, wish.Docs["d"].InUse, len(p.Raised()) == 1)
	}
}

func TestADeleteOfWhatAnotherGoesOnNamingIsFound(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("outside:p")), Docs: map[string]string{"d": "a", "e": "a", "f": "a"}}
	want := tiny.Wish{Boxes: tiny.Wants("one", tiny.WantedBox{Absent: true}), Docs: tiny.WantsDocs("d", "a", "e", "", "f", "b")}
	in := w.Input(want, plan.Ownership{})
	for _, doc := range []string{"doc/d", "doc/e", "doc/f"} {
		tiny.LiveAt(in.Snapshot, doc).Names = []addr.Address{tiny.BoxAt("one")}
	}
	made := change(t, build(t, in), tiny.BoxAt("one"))
	require.Equal(t, plan.Delete, made.Action)
	require.Len(t, made.Findings, 1)
	require.Equal(t, "still named by doc/d, which then refers to nothing", made.Findings[0].Message)
}
