package saved_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/plan/saved"
)

// stage is a saved plan that went through its file, and the input that it was made from.
type stage struct {
	saved *saved.Plan
	world tiny.World
	in    plan.Input
}

// onStage plans: box "trusts" is handed to q and swaps an item, box "more" gets an item, box "new" is made with items, box
// "gone" goes with its item, and doc "old" is changed, which box "reads" refers to. Box "same" and box "theirs" are left
// alone.
func onStage(t *testing.T) stage {
	t.Helper()
	w := tiny.World{
		Boxes: tiny.Boxes(
			"trusts", tiny.OpenBox("outside:p", "s1/a", "s1/b"),
			"more", tiny.OpenBox("outside:p", "s1/a"),
			"gone", tiny.OpenBox("outside:p", "s1/a"),
			"reads", tiny.OpenBox("outside:p", "s1/doc-old"),
			"same", tiny.OpenBox("outside:p", "s1/a"),
			"theirs", tiny.OpenBox("outside:p", "s1/a")),
		Docs: map[string]string{"old": "a", "kept": "b"},
	}
	want := tiny.Wish{
		Boxes: tiny.Wants(
			"trusts", tiny.OpenBox("outside:q", "s1/a", "s1/c"),
			"more", tiny.OpenBox("outside:p", "s1/a", "s1/doc-kept"),
			"gone", tiny.WantedBox{Absent: true},
			"new", tiny.OpenBox("outside:p", "s1/a", "s2/b"),
			"reads", tiny.OpenBox("outside:p", "s1/doc-old"),
			"same", tiny.OpenBox("outside:p", "s1/a")),
		Docs: tiny.WantsDocs("old", "ab", "kept", "b"),
	}
	in := w.Input(want, plan.Ownership{})
	return stage{save(t, in), w, in}
}

// recheck holds the saved plan against a world.
func (s stage) recheck(w tiny.World) (*saved.Rest, []plan.Problem) {
	return s.against(w.Snapshot())
}

func (s stage) against(snapshot *plan.Snapshot) (*saved.Rest, []plan.Problem) {
	return saved.Recheck(s.saved, saved.Now{Snapshot: snapshot, Wanted: s.saved.Wanted(), Knowledge: s.in.Knowledge})
}

func described(changes []plan.Change) []string {
	texts := []string{}
	for _, c := range changes {
		texts = append(texts, c.Action.String()+" "+c.Address.String())
	}
	return texts
}

func TestAPlanThatIsStillTrueIsLeftWhole(t *testing.T) {
	s := onStage(t)
	rest, problems := s.recheck(s.world)
	require.Empty(t, problems)
	require.Empty(t, rest.Done)
	want, err := s.saved.Plan.MarshalJSON()
	require.NoError(t, err)
	got, err := rest.Plan.MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

// TestWhatIsDoneIsLeftOut executes the plan change by change and holds it against each world on the way.
func TestWhatIsDoneIsLeftOut(t *testing.T) {
	s := onStage(t)
	w := s.world
	total := len(s.saved.Plan.Changes)
	require.Greater(t, total, 6)
	for n, c := range s.saved.Plan.Changes {
		rest, problems := s.recheck(w)
		require.Empty(t, problems, "after %d changes", n)
		require.Equal(t, described(s.saved.Plan.Changes[n:]), described(rest.Plan.Changes))
		require.Len(t, rest.Done, n)
		require.Equal(t, total-n, rest.Plan.Writes())
		left := map[addr.Address]bool{}
		for _, c := range rest.Plan.Changes {
			left[c.Address] = true
		}
		for _, c := range rest.Plan.Changes {
			for _, on := range append(append(c.DependsOn, c.RunsAfter...), c.Confirms...) {
				require.True(t, left[on], "%s waits for %s, which is done", c.Address, on)
			}
			if c.Parent == tiny.BoxAt("new") && !left[c.Parent] {
				require.Equal(t, "id-new", c.ParentID, "a parent that was made before has an id")
			}
		}
		w = w.Execute(c)
	}
	rest, problems := s.recheck(w)
	require.Empty(t, problems)
	require.True(t, rest.Plan.Empty(), "%v", described(rest.Plan.Changes))
	require.Len(t, rest.Done, total)
}

// TestAProtectedRootThatIsHalfMadeIsFinished: the saved plan says so, though a new plan would hold what is missing.
func TestAProtectedRootThatIsHalfMadeIsFinished(t *testing.T) {
	w := tiny.World{}
	owned := plan.Ownership{Protect: tiny.Patterns("box/glass")}
	in := w.Input(tiny.Wish{Boxes: tiny.Wants("glass", tiny.OpenBox("outside:p", "s1/a", "s1/b"))}, owned)
	s := stage{save(t, in), w, in}
	w.Boxes = tiny.Boxes("glass", tiny.OpenBox("outside:p", "s1/a"))
	rest, problems := s.recheck(w)
	require.Empty(t, problems)
	require.Equal(t, []string{"create item/glass/scope:s1/b"}, described(rest.Plan.Changes))
	require.Equal(t, "id-glass", rest.Plan.Changes[0].ParentID)

	for name, glass := range map[string]tiny.Box{
		"another trust": tiny.OpenBox("outside:q", "s1/a"), "a foreign part": tiny.OpenBox("outside:p", "s1/a", "s1/c"),
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := s.recheck(tiny.World{Boxes: tiny.Boxes("glass", glass)})
			require.Len(t, problems, 1)
			require.Contains(t, problems[0].Detail, "was not there when planned, and now is")
		})
	}
}

// TestARenewalIsDoneOnce: a later end is what the plan makes, and an earlier one is not.
func TestARenewalIsDoneOnce(t *testing.T) {
	ends := tiny.Box{Opens: "outside:p", Lasts: "long", Expires: true}
	w := tiny.World{Boxes: tiny.Boxes("ends", ends)}
	renewing := func(want tiny.Box) stage {
		in := w.Input(tiny.Wish{Boxes: tiny.Wants("ends", want)}, plan.Ownership{})
		in.Options.Renew = []addr.Address{tiny.BoxAt("ends")}
		return stage{save(t, in), w, in}
	}
	renewed := ends
	renewed.Renewed = true
	s := renewing(ends)
	rest, problems := s.recheck(w)
	require.Empty(t, problems)
	require.True(t, rest.Plan.Changes[0].Renew)
	rest, problems = s.recheck(tiny.World{Boxes: tiny.Boxes("ends", renewed)})
	require.Empty(t, problems)
	require.True(t, rest.Plan.Empty())

	earlier := w.Snapshot()
	tiny.LiveAt(earlier, "box/ends").Expires = tiny.LiveAt(earlier, "box/ends").Expires.AddDate(-1, 0, 0)
	_, problems = s.against(earlier)
	require.Len(t, problems, 1)
	require.Contains(t, problems[0].Detail, "its expiry was 2026-01-02T03:04:05Z when planned and is 2025-01-02T03:04:05Z now")

	held := w.Input(tiny.Wish{Boxes: tiny.Wants("ends", ends)}, plan.Ownership{Protect: tiny.Patterns("box/ends")})
	held.Options.Renew = []addr.Address{tiny.BoxAt("ends")}
	rest, problems = stage{save(t, held), w, held}.recheck(w)
	require.Empty(t, problems)
	require.Equal(t, []string{"blocked box/ends"}, described(rest.Plan.Changes), "what is held back is not done")

	changed := ends
	changed.Opens = "outside:q"
	s = renewing(changed)
	rest, problems = s.recheck(tiny.World{Boxes: tiny.Boxes("ends", changed)})
	require.Empty(t, problems, "somebody changed it, and did not renew it")
	require.Len(t, rest.Plan.Changes, 1)
	require.True(t, rest.Plan.Changes[0].Renew)
	rest, problems = s.recheck(tiny.World{Boxes: tiny.Boxes("ends", renewed)})
	require.Empty(t, problems, "it was renewed, and is not changed yet")
	require.Len(t, rest.Plan.Changes, 1)
	require.False(t, rest.Plan.Changes[0].Renew)
}

func TestWhatMovedIsNamed(t *testing.T) {
	put := func(name string, b tiny.Box) func(*tiny.World) {
		return func(w *tiny.World) { w.Boxes[name] = b }
	}
	for name, c := range map[string]struct {
		move func(*tiny.World)
		says []string
	}{
		"nothing": {func(*tiny.World) {}, nil},
		"a trust that is to change": {put("trusts", tiny.OpenBox("outside:eve", "s1/a", "s1/b")),
			[]string{`box/trusts: opens was "outside:p" when planned and is "outside:eve" now`}},
		"a trust that is to stay": {put("more", tiny.OpenBox("outside:eve", "s1/a")),
			[]string{`box/more: opens was "outside:p" when planned and is "outside:eve" now`}},
		"a child more": {put("more", tiny.OpenBox("outside:p", "s1/a", "s1/x")),
			[]string{"item/more/scope:s1/x: it was not there when planned, and now is"}},
		"a child less": {put("trusts", tiny.OpenBox("outside:p", "s1/b")),
			[]string{"item/trusts/scope:s1/a: it was there when planned and is gone"}},
		"a child more in what goes": {put("gone", tiny.OpenBox("outside:p", "s1/a", "s1/x")),
			[]string{"item/gone/scope:s1/x: it was not there when planned, and now is"}},
		"something there that was to be made": {put("new", tiny.OpenBox("outside:eve")),
			[]string{`box/new: it was not there when planned, and now is, with opens "outside:eve" where the plan makes it "outside:p"`}},
		"a child in what was to be made": {put("new", tiny.OpenBox("outside:p", "s1/a", "s1/x")),
			[]string{"item/new/scope:s1/x: it was not there when planned, and now is"}},
		"a parent that is gone": {func(w *tiny.World) { delete(w.Boxes, "more") },
			[]string{"box/more: it was there when planned and is gone"}},
		"something gone that was to change": {func(w *tiny.World) { delete(w.Boxes, "trusts") },
			[]string{"box/trusts: it was there when planned and is gone"}},
		"other content": {func(w *tiny.World) { w.Docs["old"] = "c" },
			[]string{`doc/old: word was "a" when planned and is "c" now`}},
		"somebody new who reads the content": {put("same", tiny.OpenBox("outside:p", "s1/a", "s1/doc-old")),
			[]string{"item/same/scope:s1/doc-old refers to doc/old now, and did not when planned"}},
		"whom the content is for": {put("reads", tiny.OpenBox("outside:eve", "s1/doc-old")),
			[]string{`box/reads: opens was "outside:p" when planned and is "outside:eve" now`}},
		"a life that was renewed": {func(w *tiny.World) { b := w.Boxes["more"]; b.Expires = true; w.Boxes["more"] = b },
			[]string{"box/more: its expiry was never when planned and is 2026-01-02T03:04:05Z now"}},
		"what the plan does not touch": {put("same", tiny.OpenBox("outside:eve")), nil},
		"what nobody manages":          {put("theirs", tiny.OpenBox("outside:eve", "s1/x")), nil},
		"something new elsewhere":      {put("another", tiny.OpenBox("outside:p", "s1/a")), nil},
		"a doc that is only listed":    {func(w *tiny.World) { w.Docs["other"] = "x" }, nil},
		"a delete done by hand":        {func(w *tiny.World) { delete(w.Boxes, "gone") }, nil},
		"an update done by hand":       {put("trusts", tiny.OpenBox("outside:q", "s1/a", "s1/b")), nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := onStage(t)
			w := s.world.Clone()
			c.move(&w)
			rest, problems := s.recheck(w)
			var details []string
			for _, p := range problems {
				details = append(details, p.Detail)
				require.NotEmpty(t, p.Hint)
				require.False(t, p.Warning)
			}
			require.Equal(t, c.says, details)
			require.Equal(t, c.says == nil, rest != nil)
		})
	}
}

func TestASnapshotMustShowWhatThePlanReliesOn(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*plan.Snapshot)
		says   string
	}{
		"another account":   {func(s *plan.Snapshot) { s.Account.ID = "acc2" }, "the plan is for the account"},
		"a renamed account": {func(s *plan.Snapshot) { s.Account.Name = "other-co" }, "the plan is for the account"},
		"another region":    {func(s *plan.Snapshot) { s.Cloud.Region = "there" }, `in region "there"`},
		"another cloud":     {func(s *plan.Snapshot) { s.Cloud.Kind = "huge" }, "live is huge"},
		"children not read": {func(s *plan.Snapshot) { s.Coverage = tiny.Patterns("box/**", "doc/**") },
			"relies on item/**, which was not read"},
		"some not read": {func(s *plan.Snapshot) { s.Coverage = tiny.Patterns("box/**", "doc/**", "item/*/*/a") },
			"relies on item/**, which was not read"},
		"roots not read": {func(s *plan.Snapshot) { s.Coverage = tiny.Patterns("box/n*", "item/**", "doc/**") },
			"box/more lies outside what was read"},
		"made anew": {func(s *plan.Snapshot) { tiny.LiveAt(s, "box/trusts").ID = "id-2" },
			`its id was "id-trusts" when planned and is "id-2" now`},
		"a parent made anew": {func(s *plan.Snapshot) { tiny.LiveAt(s, "box/more").ID = "id-2" }, `box/more: its id was "id-more"`},
		"another binding": {func(s *plan.Snapshot) {
			tiny.LiveAt(s, "box/more").Bindings = map[string]string{"owner": "7"}
		}, `owner meant "" when planned and means "7" now`},
		"not readable any more": {func(s *plan.Snapshot) {
			l := tiny.LiveAt(s, "box/more")
			l.Unreadable = []string{"opens"}
			delete(l.Attributes, "opens")
		}, `opens was "outside:p" when planned and cannot be read now`},
	} {
		t.Run(name, func(t *testing.T) {
			s := onStage(t)
			snapshot := s.world.Snapshot()
			c.change(snapshot)
			rest, problems := s.against(snapshot)
			require.Nil(t, rest)
			require.NotEmpty(t, problems)
			var all []string
			for _, p := range problems {
				all = append(all, p.Detail)
			}
			require.Contains(t, strings.Join(all, "\n"), c.says)
		})
	}
	s := onStage(t)
	snapshot := s.world.Snapshot()
	snapshot.Coverage = tiny.Patterns("box/**", "doc/**", "item/**", "shelf/*")
	_, problems := s.against(snapshot)
	require.Empty(t, problems, "more may have been read")
}

func TestContentBehindNamesIsReliedOn(t *testing.T) {
	with := func(document string) func(*plan.Snapshot) {
		return func(s *plan.Snapshot) {
			s.Catalogue = s.Catalogue.With(plan.CatalogueEntry{Kind: "role", Name: "reader", ID: "r1", Document: []byte(document)},
				plan.CatalogueEntry{Kind: "role", Name: "other", ID: "r2", Document: []byte(document)})
		}
	}
	w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("outside:p", "s1/a"), "two", tiny.OpenBox("outside:q"))}
	in := w.Input(tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("outside:p", "s1/a", "s1/b"), "two", tiny.OpenBox("outside:q"))},
		plan.Ownership{})
	bind := func(s *plan.Snapshot) {
		tiny.LiveAt(s, "item/one/scope:s1/a").Bindings = map[string]string{"role": "r1"}
		tiny.LiveAt(s, "box/two").Bindings = map[string]string{"role": "r2"}
	}
	bind(in.Snapshot)
	with(`{"x": [1, 2], "a": "b"}`)(in.Snapshot)
	s := stage{saved: save(t, in), world: w, in: in}
	require.Len(t, s.saved.Basis.Snapshot.Catalogue.Entries(), 1, "of what the plan touches only")
	for document, says := range map[string]string{
		`{"a":"b","x":[1,2]}`: "", `{"a":"b","x":[2,1]}`: `the content of the role "reader" (id r1) was sha256:`,
		``: `the role "reader" (id r1) is gone`,
	} {
		snapshot := w.Snapshot()
		bind(snapshot)
		with(document)(snapshot)
		rest, problems := s.against(snapshot)
		if says == "" {
			require.Empty(t, problems)
			require.NotNil(t, rest)
			continue
		}
		require.Len(t, problems, 1)
		require.Contains(t, problems[0].Detail, says)
	}
}

func TestNamesMustMeanWhatTheyMeant(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("outside:p"))}
	in := w.Input(tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("outside:q"))}, plan.Ownership{})
	in.Desired[0].Bindings = map[string]string{"owner": "7"}
	s := stage{saved: save(t, in), world: w, in: in}
	now := saved.Now{Snapshot: w.Snapshot(), Wanted: s.saved.Wanted(), Knowledge: tiny.Knowledge{}}
	now.Wanted[0].Bindings = map[string]string{"owner": "8"}
	_, problems := saved.Recheck(s.saved, now)
	require.Len(t, problems, 1)
	require.Equal(t, `box/one: owner meant the id "7" when planned and means "8" now`, problems[0].Detail)
	now.Wanted = s.saved.Wanted()
	now.Wanted[0].Address = tiny.BoxAt("uno")
	_, problems = saved.Recheck(s.saved, now)
	require.Len(t, problems, 1)
	require.Contains(t, problems[0].Detail, "box/one reads box/uno now")
}

func TestQuotasAreCheckedAgain(t *testing.T) {
	gone := tiny.WantedBox{Absent: true}
	w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"), "two", tiny.OpenBox("p"))}
	want := tiny.Wish{Boxes: tiny.Wants("one", gone, "two", tiny.OpenBox("p"), "new", tiny.OpenBox("p"), "newer", tiny.OpenBox("p"))}
	for behaviour, c := range map[string]struct {
		planned, now plan.Quota
		done         int
		says         string
	}{
		"room as before":                        {plan.Quota{Type: "box", Limit: 9, Used: 2}, plan.Quota{Type: "box", Limit: 9, Used: 2}, 0, ""},
		"no room as before, and a delete first": {plan.Quota{Type: "box", Limit: 3, Used: 2}, plan.Quota{Type: "box", Limit: 3, Used: 2}, 0, ""},
		"the delete is done":                    {plan.Quota{Type: "box", Limit: 3, Used: 2}, plan.Quota{Type: "box", Limit: 3, Used: 1}, 1, ""},
		"the delete is done, others took it": {plan.Quota{Type: "box", Limit: 3, Used: 2}, plan.Quota{Type: "box", Limit: 3, Used: 2}, 1,
			"may have 3 of type box and has 2; the plan makes 2 and first deletes 0, which is 1 too many"},
		"all is done, and there is no room left": {plan.Quota{Type: "box", Limit: 3, Used: 2}, plan.Quota{Type: "box", Limit: 3, Used: 3}, 3, ""},
		"others took the room": {plan.Quota{Type: "box", Limit: 9, Used: 2}, plan.Quota{Type: "box", Limit: 9, Used: 9}, 0,
			"has 9; the plan makes 2 and first deletes 0, which is 2 too many"},
		"the delete frees too little now": {plan.Quota{Type: "box", Limit: 3, Used: 2}, plan.Quota{Type: "box", Limit: 3, Used: 3}, 0,
			"has 3; the plan makes 2 and first deletes 1, which is 1 too many"},
		"no create waits for the delete": {plan.Quota{Type: "box", Limit: 9, Used: 2}, plan.Quota{Type: "box", Limit: 3, Used: 2}, 0,
			"has 2; the plan makes 2 and first deletes 0, which is 1 too many"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := tiny.WithQuota(w.Input(want, plan.Ownership{}), c.planned)
			s := stage{saved: save(t, in), world: w, in: in}
			require.Len(t, s.saved.Plan.Changes, 3)
			live := w
			for _, change := range s.saved.Plan.Changes[:c.done] {
				live = live.Execute(change)
			}
			rest, problems := s.against(tiny.WithQuota(plan.Input{Snapshot: live.Snapshot()}, c.now).Snapshot)
			if c.says == "" {
				require.Empty(t, problems)
				require.Len(t, rest.Plan.Changes, 3-c.done)
				return
			}
			require.Nil(t, rest)
			require.Len(t, problems, 1)
			require.Equal(t, "quota too small", problems[0].Summary)
			require.Contains(t, problems[0].Detail, c.says)
			require.False(t, problems[0].At.IsZero())
		})
	}
}
