package plan_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// danger is a breach of the tiny cloud's guardrail.
func danger(a addr.Address, attribute string) plan.Finding {
	return plan.Finding{Rule: tiny.RuleDanger, Severity: plan.High, Address: a, Attribute: attribute, Message: "is not allowed"}
}

// seenOf returns the digest of a live box of the input.
func seenOf(in plan.Input, box string) string {
	return plan.NewView(in.Snapshot, in.Manifest.Ownership, in.Desired).Seen(tiny.BoxAt(box))
}

func acceptingSeen(rule, pattern, seen string) plan.Acceptance {
	a := accepting(rule, pattern, "2031-06-30")
	a.Seen = seen
	return a
}

var theDay = time.Date(2031, 6, 30, 23, 59, 59, 0, time.UTC)

func TestABreachByWhatIsNotListedIsAcceptedAsItWasSeen(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("theirs", tiny.OpenBox("p", "s1/a"))}
	drift := func(w tiny.World, change func(in *plan.Input)) *plan.Drift {
		in := w.Input(tiny.Wish{}, plan.Ownership{})
		in.Now, in.Findings = theDay, []plan.Finding{danger(tiny.BoxAt("theirs"), "opens")}
		change(&in)
		return plan.DriftOf(build(t, in), in, nil)
	}
	var seen string
	d := drift(w, func(in *plan.Input) { seen = seenOf(*in, "theirs") })
	require.True(t, d.Drifted())
	require.Equal(t, seen, d.Findings[0].Seen)
	require.Equal(t, "take it away, or list the resource and have it put right; or accept it as it is: {rule: danger, address: \"box/theirs\", reason: WHY, reviewBy: YYYY-MM-DD, seen: "+seen+"}",
		d.Findings[0].Hint)

	accept := func(all ...plan.Acceptance) func(in *plan.Input) {
		return func(in *plan.Input) { in.Manifest.Acceptances = all }
	}
	d = drift(w, accept(acceptingSeen(tiny.RuleDanger, "box/theirs", seen)))
	require.False(t, d.Drifted())
	require.Len(t, d.Findings, 1, "it stays in sight")
	require.Equal(t, plan.Accepted{Reason: "known", ReviewBy: "2031-06-30"}, d.Findings[0].Accepted)
	require.Empty(t, d.Findings[0].Hint)
	require.Empty(t, d.Remarks, "the acceptance is needed")

	const other = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for behaviour, c := range map[string]struct {
		world  tiny.World
		change func(in *plan.Input)
		says   string
	}{
		"another state was seen": {w, accept(acceptingSeen(tiny.RuleDanger, "box/theirs", other)),
			"is not allowed; accepted on another state at tiny.yaml:9:1: seen sha256:0123456789ab then, " + seen[:19] + " now"},
		"a part came since": {tiny.World{Boxes: tiny.Boxes("theirs", tiny.OpenBox("p", "s1/a", "s1/b"))},
			accept(acceptingSeen(tiny.RuleDanger, "box/theirs", seen)), "accepted on another state"},
		"an attribute changed since": {tiny.World{Boxes: tiny.Boxes("theirs", tiny.OpenBox("q", "s1/a"))},
			accept(acceptingSeen(tiny.RuleDanger, "box/theirs", seen)), "accepted on another state"},
		"nothing was seen": {w, accept(acceptingSeen(tiny.RuleDanger, "box/theirs", "")), "does not say what was seen"},
		"the day has passed": {w, func(in *plan.Input) {
			in.Manifest.Acceptances = []plan.Acceptance{acceptingSeen(tiny.RuleDanger, "box/theirs", seen)}
			in.Now = theDay.Add(time.Second)
		}, "is not allowed; accepted until 2031-06-30 at tiny.yaml:9:1"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			d := drift(c.world, c.change)
			require.True(t, d.Drifted())
			i := slices.IndexFunc(d.Findings, func(f plan.Finding) bool { return f.Rule == tiny.RuleDanger })
			require.Contains(t, d.Findings[i].Message, c.says)
			require.True(t, d.Findings[i].Accepted.IsZero())
			require.Equal(t, d.Findings[i:i+1], plan.AtLeast(d.Findings[i:i+1], plan.High), "as loud as before")
			require.Empty(t, d.Remarks, "it is not unused")
		})
	}
}

func TestNoAcceptanceSilencesABreachOfWhatTheManifestLists(t *testing.T) {
	one, item := tiny.BoxAt("one"), tiny.ItemAt("one", "s1", "a")
	open, other := tiny.Want(tiny.OpenBox("p", "s1/a")), tiny.OpenBox("q", "s1/b")
	beside := tiny.WantedBox{Box: tiny.Box{Opens: "p", Lasts: "long"}, Additive: true}
	listed := beside
	listed.Items = tiny.Items("s1/a")
	refused := beside
	refused.Without = tiny.Items("s1/a")
	for behaviour, c := range map[string]struct {
		want    tiny.WantedBox
		own     plan.Ownership
		breach  plan.Finding
		accepts bool
	}{
		"as it is listed":              {open, plan.Ownership{}, danger(one, "opens"), false},
		"a listed part":                {open, plan.Ownership{}, danger(item, ""), false},
		"live is not as listed":        {tiny.Want(other), plan.Ownership{}, danger(one, "opens"), false},
		"a part that is to go":         {tiny.Want(other), plan.Ownership{}, danger(item, ""), false},
		"what is protected":            {tiny.Want(other), plan.Ownership{Protect: tiny.Patterns("box/one")}, danger(item, ""), false},
		"a tombstone":                  {tiny.WantedBox{Absent: true}, plan.Ownership{}, danger(one, "opens"), false},
		"a part that is listed beside": {listed, plan.Ownership{}, danger(item, ""), false},
		"a part that must not be":      {refused, plan.Ownership{}, danger(item, ""), false},
		"what additive says":           {beside, plan.Ownership{}, danger(one, "opens"), false},
		"what additive leaves alone":   {beside, plan.Ownership{}, danger(item, ""), true},
		"an attribute left as it is":   {beside, plan.Ownership{}, danger(one, "unsaid"), true},
	} {
		t.Run(behaviour, func(t *testing.T) {
			w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a"))}
			in := w.Input(tiny.Wish{Boxes: tiny.Wants("one", c.want)}, c.own)
			in.Now, in.Findings = theDay, []plan.Finding{c.breach}
			in.Manifest.Acceptances = []plan.Acceptance{
				acceptingSeen(tiny.RuleDanger, "box/one", seenOf(in, "one")), acceptingSeen(tiny.RuleDanger, "item/one/**", seenOf(in, "one")),
			}
			told := plan.DriftOf(build(t, in), in, nil).Findings
			require.Len(t, told, 1)
			require.Equal(t, c.accepts, !told[0].Accepted.IsZero())
			if !c.accepts {
				require.Contains(t, told[0].Message, "does not hold: the manifest itself lists it")
				require.NotContains(t, told[0].Hint, "seen")
			}
		})
	}
}

func TestARiskIsAcceptedWithOrWithoutWhatWasSeen(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("kept", tiny.OpenBox("p", "s1/x"))}
	in := w.Input(tiny.Wish{Boxes: tiny.Wants("kept", tiny.OpenBox("p", "s1/x"))}, plan.Ownership{})
	for seen, accepted := range map[string]bool{"": true, seenOf(in, "kept"): true, "sha256:other": false} {
		in.Manifest.Acceptances = []plan.Acceptance{acceptingSeen("does-x", "item/kept/**", seen)}
		found := build(t, in).Findings
		require.Len(t, found, 1)
		require.Equal(t, accepted, !found[0].Accepted.IsZero(), seen)
		require.Equal(t, seenOf(in, "kept"), found[0].Seen)
	}

	in = w.Input(tiny.Wish{Boxes: tiny.Wants("kept", tiny.OpenBox("p", "s1/x", "s2/x"))}, plan.Ownership{})
	in.Manifest.Acceptances = []plan.Acceptance{acceptingSeen("does-x", "item/kept/**", seenOf(in, "kept"))}
	raised := build(t, in).Raised()
	require.Len(t, raised, 1)
	require.True(t, raised[0].Accepted.IsZero(), "what a change brings was not seen")
	require.Contains(t, raised[0].Message, "and a change makes another")
	require.Empty(t, raised[0].Seen)
}

func TestAPlanJudgesTheDaysOfAcceptancesWhereItKnowsTheDay(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"))}
	in := w.Input(tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/x"))}, plan.Ownership{})
	in.Manifest.Acceptances = []plan.Acceptance{accepting("does-x", "item/one/**", "2031-06-30")}
	require.Empty(t, plan.AtLeast(build(t, in).Raised(), plan.Low), "no day")
	in.Now = theDay
	require.Empty(t, plan.AtLeast(build(t, in).Raised(), plan.Low))
	in.Now = theDay.Add(time.Second)
	require.Len(t, plan.AtLeast(build(t, in).Raised(), plan.Low), 1)
}

func TestEveryDifferenceTellsWhatWasSeen(t *testing.T) {
	in := tiny.Everything()
	in.Now = theDay
	d := plan.DriftOf(build(t, in), in, nil)
	view := plan.NewView(in.Snapshot, in.Manifest.Ownership, in.Desired)
	live := map[addr.Address]addr.Address{}
	for i := range in.Snapshot.Resources {
		live[in.Snapshot.Resources[i].Address] = in.Snapshot.Resources[i].Root()
	}
	told := 0
	for _, list := range [][]plan.Difference{d.Changed, d.Missing, d.Unexpected, d.Expired} {
		for _, difference := range list {
			root, is := live[difference.Address]
			if !is {
				continue // of what is missing, only a part has a live root
			}
			told++
			require.Equal(t, view.Seen(root), difference.Seen, difference.Address)
			require.Regexp(t, "^sha256:[0-9a-f]{64}$", difference.Seen)
		}
	}
	require.Positive(t, told)
	for _, f := range d.Findings {
		require.Equal(t, live[f.Address].IsZero(), f.Seen == "", f)
	}
}

func TestWhatIsSeenStaysTheSameFromReleaseToRelease(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a", "s2/<b&c>"))}
	in := w.Input(tiny.Wish{}, plan.Ownership{})
	canonical := `[{"address":"box/one","attributes":{"lasts":"long","opens":"p"}},{"address":"item/one/scope:s1/a","attributes":{}},` +
		`{"address":"item/one/scope:s2/<b&c>","attributes":{}}]`
	require.Equal(t, fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(canonical))), seenOf(in, "one"))
	require.Empty(t, seenOf(in, "none"), "nothing is live there")
}

func TestWhatIsSeenIsTheRootAsAWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, _, in := drawInput(t, 2)
		view := plan.NewView(in.Snapshot, plan.Ownership{}, nil)
		shuffled := *in.Snapshot
		shuffled.Resources = rapid.Permutation(shuffled.Resources).Draw(t, "order")
		for i := range shuffled.Resources {
			l := &shuffled.Resources[i]
			l.ID, l.Bindings, l.ServiceMade = "another", map[string]string{"role": "another"}, !l.ServiceMade
		}
		again := plan.NewView(&shuffled, plan.Ownership{}, nil)
		for _, l := range in.Snapshot.Resources {
			require.Equal(t, view.Seen(l.Root()), again.Seen(l.Root()), "neither ids nor the order count")
		}

		i := rapid.IntRange(0, max(0, len(shuffled.Resources)-1)).Draw(t, "which")
		if len(shuffled.Resources) == 0 {
			return
		}
		changed := shuffled
		changed.Resources = slices.Clone(shuffled.Resources)
		l := &changed.Resources[i]
		l.Attributes = maps.Clone(l.Attributes)
		l.Attributes["more"] = plan.StringValue("x")
		after := plan.NewView(&changed, plan.Ownership{}, nil)
		for _, other := range shuffled.Resources {
			require.Equal(t, other.Root() != l.Root(), again.Seen(other.Root()) == after.Seen(other.Root()), "%s", other.Address)
		}
	})
}

// TestWhatIsSeenHoldsTheDocumentsOfWhatItUses: a custom role with other content is another state, and one of the cloud's own is not.
func TestWhatIsSeenHoldsTheDocumentsOfWhatItUses(t *testing.T) {
	seen := func(document, own string) string {
		in := tiny.World{
			Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-d", "s1/a")), Docs: map[string]string{"d": "a"},
		}.Input(tiny.Wish{}, plan.Ownership{})
		in.Snapshot.Catalogue = in.Snapshot.Catalogue.With(
			plan.CatalogueEntry{Kind: "role", Name: "custom", ID: "r1", Document: []byte(document)},
			plan.CatalogueEntry{Kind: "role", Name: "system", ID: "r2", Document: []byte(own)})
		tiny.LiveAt(in.Snapshot, "item/one/scope:s1/doc-d").Bindings = map[string]string{"role": "r1"}
		tiny.LiveAt(in.Snapshot, "item/one/scope:s1/a").Bindings = map[string]string{"role": "r2"}
		return seenOf(in, "one")
	}
	require.Equal(t, seen(`{"a":1,"b":2}`, `{}`), seen(`{"b":2, "a":1}`, `{"x":1}`))
	require.NotEqual(t, seen(`{"a":1}`, `{}`), seen(`{"a":2}`, `{}`))
}

func TestBroadAndLongAcceptancesAreFindings(t *testing.T) {
	in := tiny.World{}.Input(tiny.Wish{}, plan.Ownership{})
	in.Manifest.Acceptances = []plan.Acceptance{
		accepting("does-x", "item/*/**", "2032-06-30"), accepting("does-x", "box/one", "2032-07-01"),
	}
	rules := func(found []plan.Finding) []string {
		var all []string
		for _, f := range found {
			all = append(all, f.Rule)
		}
		return all
	}
	p := build(t, in)
	require.Equal(t, []string{plan.RuleAcceptanceBroad}, rules(p.Findings), "without a day, no day is judged")
	require.False(t, p.Differs())
	in.Now = theDay
	found := build(t, in).Findings
	require.Equal(t, []string{plan.RuleAcceptanceBroad, plan.RuleAcceptanceLong}, rules(found))
	require.Contains(t, found[1].Message, "for more than a year")
	require.Equal(t, "give tiny.yaml:9:1 a reviewBy of 2032-06-30 at the latest", found[1].Hint)
	for i, f := range found {
		require.Equal(t, in.Manifest.Acceptances[i].At, f.Source)
	}
	in.Manifest.Acceptances[0].Seen = "sha256:aa"
	require.Equal(t, []string{plan.RuleAcceptanceLong}, rules(build(t, in).Findings), "one state is not broad, whatever its pattern")
	in.Manifest.Acceptances[0].Seen = ""
	require.True(t, plan.DriftOf(build(t, in), in, nil).Drifted())
	require.Len(t, plan.ReviewWarnings(in.Manifest, nil, in.Knowledge, theDay), 2)
	require.Len(t, plan.ReviewWarnings(in.Manifest, nil, in.Knowledge, time.Time{}), 1)

	in.Manifest.Acceptances = append(in.Manifest.Acceptances, accepting(plan.RuleAcceptanceBroad, "box/*", "2031-06-30"))
	for _, f := range build(t, in).Findings {
		require.True(t, f.Accepted.IsZero(), "no acceptance of acceptances")
	}
}
