package plan_test

import (
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

// statesOf tells the state of each difference: "changed box/one: new".
func statesOf(d *plan.Drift) (all []string) {
	for _, class := range []struct {
		name string
		list []plan.Difference
	}{
		{plan.ClassChanged, d.Changed}, {plan.ClassMissing, d.Missing}, {plan.ClassUnexpected, d.Unexpected}, {plan.ClassExpired, d.Expired},
	} {
		for i := range class.list {
			all = append(all, fmt.Sprintf("%s %s: %s", class.name, class.list[i].Address, class.list[i].State))
		}
	}
	return all
}

// driftAt returns the drift at a moment, with what the manifest accepts.
func driftAt(t testing.TB, w tiny.World, want tiny.Wish, own plan.Ownership, now time.Time, accepted ...plan.Acceptance) (*plan.Drift, plan.Input) {
	in := w.Input(want, own)
	in.Now, in.Manifest.Acceptances = now, accepted
	p, _ := plan.Build(in)
	require.NotNil(t, p)
	return plan.DriftOf(p, in, nil), in
}

func TestADifferenceIsAcceptedAsItWasSeen(t *testing.T) {
	wanted := tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/a", "s1/ab"))}
	owned := plan.Ownership{Include: tiny.Patterns("box/*")}
	live := func(b tiny.Box) tiny.World { return tiny.World{Boxes: tiny.Boxes("one", b)} }
	changed := tiny.OpenBox("q", "s1/a", "s1/ab")
	seen := func(b tiny.Box) string { return seenOf(live(b).Input(wanted, owned), "one") }
	expired := tiny.Box{Opens: "p", Lasts: "long", Expires: true, Items: tiny.Items("s1/a", "s1/ab")}
	asNow, _ := driftAt(t, live(changed), wanted, owned, theDay)
	otherwise := asNow.Changed[0].Wanted
	wanting := func(wanted string, a plan.Acceptance) plan.Acceptance {
		a.Wanted = wanted
		return a
	}
	const before, after = "changed box/one: accepted", "changed box/one: new"
	for behaviour, c := range map[string]struct {
		world    tiny.World
		accepted []plan.Acceptance
		now      time.Time
		states   []string
		why      string
	}{
		"nobody accepts": {live(changed), nil, theDay, []string{after}, ""},
		"as it was seen": {live(changed), []plan.Acceptance{acceptingSeen("changed", "box/one", seen(changed))}, theDay, []string{before}, ""},
		"by a pattern":   {live(changed), []plan.Acceptance{acceptingSeen("changed", "box/*", seen(changed))}, theDay, []string{before}, ""},
		"another value since": {live(tiny.OpenBox("r", "s1/a", "s1/ab")), []plan.Acceptance{acceptingSeen("changed", "box/one", seen(changed))},
			theDay, []string{after}, "accepted on another state at tiny.yaml:9:1: seen " + seen(changed)[:19] + " then, " +
				seen(tiny.OpenBox("r", "s1/a", "s1/ab"))[:19] + " now"},
		"nothing was seen": {live(changed), []plan.Acceptance{accepting("changed", "box/one", "2031-06-30")}, theDay, []string{after},
			"accepted at tiny.yaml:9:1, where it does not say what was seen"},
		"another class": {live(changed), []plan.Acceptance{acceptingSeen("unexpected", "box/one", seen(changed))}, theDay, []string{after}, ""},
		"the day has passed": {live(changed), []plan.Acceptance{acceptingSeen("changed", "box/one", seen(changed))}, theDay.Add(time.Second),
			[]string{"changed box/one: overdue"}, "accepted until 2031-06-30 at tiny.yaml:9:1"},
		"a later acceptance holds": {live(changed), []plan.Acceptance{
			acceptingSeen("changed", "box/one", seen(changed)), {Rule: "changed", Address: tiny.Patterns("box/*")[0], Seen: seen(changed),
				Accepted: plan.Accepted{Reason: "again", ReviewBy: "2032-01-01"}},
		}, theDay.Add(time.Second), []string{before}, ""},
		"a child was added": {live(tiny.OpenBox("q", "s1/a", "s1/ab", "s2/c")),
			[]plan.Acceptance{acceptingSeen("changed", "box/one", seen(changed))}, theDay,
			[]string{"changed box/one: worsened", "unexpected item/one/scope:s2/c: worsened"},
			"added since the state that was accepted at tiny.yaml:9:1: item/one/scope:s2/c"},
		"two of three children were added": {live(tiny.OpenBox("q", "s1/a", "s1/ab", "s2/a", "s2/b", "s2/c")),
			[]plan.Acceptance{acceptingSeen("changed", "box/one", seen(tiny.OpenBox("q", "s1/a", "s1/ab", "s2/b")))}, theDay,
			[]string{"changed box/one: worsened", "unexpected item/one/scope:s2/a: worsened", "unexpected item/one/scope:s2/b: new",
				"unexpected item/one/scope:s2/c: worsened"},
			"added since the state that was accepted at tiny.yaml:9:1: item/one/scope:s2/a, item/one/scope:s2/c"},
		"all of four children were added": {live(tiny.OpenBox("q", "s1/a", "s1/ab", "s2/a", "s2/b", "s2/c", "s2/ab")),
			[]plan.Acceptance{acceptingSeen("changed", "box/one", seen(changed))}, theDay,
			[]string{"changed box/one: worsened", "unexpected item/one/scope:s2/a: worsened", "unexpected item/one/scope:s2/ab: worsened",
				"unexpected item/one/scope:s2/b: worsened", "unexpected item/one/scope:s2/c: worsened"},
			"item/one/scope:s2/a, item/one/scope:s2/ab, item/one/scope:s2/b and 1 more"},
		"three of four cannot be shown": {live(tiny.OpenBox("q", "s1/a", "s1/ab", "s2/a", "s2/b", "s2/c", "s2/ab")),
			[]plan.Acceptance{acceptingSeen("changed", "box/one", seen(tiny.OpenBox("q", "s1/a", "s1/ab", "s2/b")))}, theDay,
			[]string{after, "unexpected item/one/scope:s2/a: new", "unexpected item/one/scope:s2/ab: new",
				"unexpected item/one/scope:s2/b: new", "unexpected item/one/scope:s2/c: new"}, "accepted on another state"},
		"an addition behind another change": {live(tiny.OpenBox("r", "s1/a", "s1/ab", "s2/c")),
			[]plan.Acceptance{acceptingSeen("changed", "box/one", seen(changed))}, theDay,
			[]string{after, "unexpected item/one/scope:s2/c: new"}, "accepted on another state"},
		"a listed child came back": {live(changed),
			[]plan.Acceptance{acceptingSeen("changed", "box/one", seen(tiny.OpenBox("q", "s1/a")))}, theDay, []string{after}, "accepted on another state"},
		"what is missing has no state": {live(tiny.OpenBox("p", "s1/a")), []plan.Acceptance{accepting("missing", "item/one/scope:s1/ab", "2031-06-30")},
			theDay, []string{"missing item/one/scope:s1/ab: accepted"}, ""},
		"what is missing, too late": {live(tiny.OpenBox("p", "s1/a")), []plan.Acceptance{accepting("missing", "item/one/scope:s1/ab", "2031-06-29")},
			theDay, []string{"missing item/one/scope:s1/ab: overdue"}, "accepted until 2031-06-29 at tiny.yaml:9:1"},
		"what is gone was seen otherwise": {tiny.World{}, []plan.Acceptance{
			acceptingSeen("missing", "box/one", seen(changed)), accepting("missing", "item/**", "2031-06-30"),
		}, theDay, []string{"missing box/one: new", "missing item/one/scope:s1/a: accepted", "missing item/one/scope:s1/ab: accepted"},
			"seen " + seen(changed)[:19] + " then, nothing now"},
		"the same is wanted": {live(changed), []plan.Acceptance{wanting(otherwise, acceptingSeen("changed", "box/one", seen(changed)))}, theDay,
			[]string{before}, ""},
		"something else is wanted now": {live(changed), []plan.Acceptance{wanting("sha256:1", acceptingSeen("changed", "box/one", seen(changed)))},
			theDay, []string{after}, "accepted at tiny.yaml:9:1, where the manifest wanted something else"},
		"something else is wanted, and a child was added": {live(tiny.OpenBox("q", "s1/a", "s1/ab", "s2/c")),
			[]plan.Acceptance{wanting("sha256:1", acceptingSeen("changed", "box/one", seen(changed)))}, theDay,
			[]string{after, "unexpected item/one/scope:s2/c: worsened"}, "where the manifest wanted something else"},
		"something else is wanted of what is missing": {tiny.World{}, []plan.Acceptance{
			wanting("sha256:1", accepting("missing", "box/one", "2031-06-30")), accepting("missing", "item/**", "2031-06-30"),
		}, theDay, []string{"missing box/one: new", "missing item/one/scope:s1/a: accepted", "missing item/one/scope:s1/ab: accepted"},
			"where the manifest wanted something else"},
		"expired": {live(expired), []plan.Acceptance{acceptingSeen("expired", "box/one", seen(expired))}, theDay,
			[]string{"expired box/one: accepted"}, ""},
		"unexpected, and a child since": {tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a", "s1/ab"), "two", tiny.OpenBox("p", "s1/a", "s2/b"))},
			[]plan.Acceptance{acceptingSeen("unexpected", "box/two", seenOf(tiny.World{
				Boxes: tiny.Boxes("two", tiny.OpenBox("p", "s1/a")),
			}.Input(wanted, owned), "two"))}, theDay, []string{"unexpected box/two: worsened"}, "item/two/scope:s2/b"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			d, in := driftAt(t, c.world, wanted, owned, c.now, c.accepted...)
			require.Equal(t, c.states, statesOf(d))
			first := slices.Concat(d.Changed, d.Missing, d.Unexpected, d.Expired)[0]
			if c.why == "" {
				require.Empty(t, first.StateReason)
			} else {
				require.Contains(t, first.StateReason, c.why)
			}
			require.Equal(t, first.State == plan.StateAccepted, !first.Accepted.IsZero())
			slices.Reverse(in.Manifest.Acceptances)
			again, _ := driftAt(t, c.world, wanted, owned, c.now, in.Manifest.Acceptances...)
			require.Equal(t, c.states, statesOf(again), "the order of acceptances does not matter")
		})
	}
}

// An acceptance silences a look, and not the manifest.
func TestAPlanChangesWhatIsAccepted(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("q", "s1/a", "s1/b"), "two", tiny.OpenBox("p"))}
	want, own := tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/a"), "three", tiny.OpenBox("p"))}, plan.Ownership{Include: tiny.Patterns("box/*")}
	in := w.Input(want, own)
	without := build(t, in)
	in.Manifest.Acceptances = []plan.Acceptance{
		acceptingSeen("changed", "box/one", seenOf(in, "one")), acceptingSeen("unexpected", "item/one/**", seenOf(in, "one")),
		accepting("missing", "box/three", "2031-06-30"), acceptingSeen("unexpected", "box/two", seenOf(in, "two")),
		acceptingSeen("expired", "box/two", seenOf(in, "two")),
	}
	with := build(t, in)
	known := plan.Accepted{Reason: "known", ReviewBy: "2031-06-30"}
	require.Len(t, with.Changes, 3)
	for i := range with.Changes {
		require.Equal(t, known, with.Changes[i].Accepted)
		with.Changes[i].Accepted = plan.Accepted{}
	}
	require.Equal(t, known, with.Unexpected[0].Accepted)
	with.Unexpected[0].Accepted = plan.Accepted{}
	require.Equal(t, without, with, "nothing else differs, and without a day nobody knows what has expired")

	in.Now = theDay
	remarks := build(t, in).Remarks
	require.Len(t, remarks, 1)
	require.Equal(t, plan.ClassExpired, remarks[0].Rule)
}

// What is acknowledged is silent in the state that was seen, whatever the order of the acceptances: any other state of a root is not, and
// the day after nothing is.
func TestWhatIsAcknowledgedIsSilentAsItWasSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, 4)
		want := drawWish(t, w, 4)
		own := plan.Ownership{Include: tiny.Patterns("box/*", "doc/*"), Prune: rapid.Bool().Draw(t, "prune")}
		drift := func(w tiny.World, now time.Time, accepted ...plan.Acceptance) *plan.Drift {
			in := w.Input(want, own)
			in.Now, in.Manifest.Acceptances = now, accepted
			p, _ := plan.Build(in)
			if p == nil {
				t.Fatalf("no plan")
			}
			return plan.DriftOf(p, in, nil)
		}
		in := w.Input(want, own)
		in.Now = theDay
		d := drift(w, theDay)
		ack := plan.AcknowledgementOf(in, d, tiny.Patterns("box/**", "item/**", "doc/**"), plan.Accepted{Reason: "known", ReviewBy: "2031-06-30"})
		accepted := rapid.Permutation(ack.Acceptances).Draw(t, "order")
		for _, left := range ack.Left {
			require.Contains(t, left.Why, "the name would be taken for a pattern")
			require.Contains(t, left.Address.String(), "*")
		}

		quiet := drift(w, theDay, accepted...)
		require.Equal(t, len(ack.Left) > 0, quiet.Drifted(), "%v %v", statesOf(quiet), quiet.Findings)
		require.Len(t, quiet.Accepted(), len(statesOf(d))-len(ack.Left), "what is accepted is listed")
		require.Empty(t, slices.DeleteFunc(slices.Clone(quiet.Remarks), func(r plan.Remark) bool { return r.Kind != plan.RemarkAcceptance }), "each acceptance is needed")
		for _, state := range statesOf(drift(w, theDay.Add(time.Second), accepted...)) {
			if len(ack.Left) == 0 {
				require.Contains(t, state, ": overdue")
			}
		}

		name := rapid.SampledFrom([]string{"one", "two"}).Draw(t, "changed box")
		box, there := w.Boxes[name]
		if !there {
			return
		}
		other := tiny.World{Boxes: maps.Clone(w.Boxes), Docs: w.Docs, Unseen: w.Unseen}
		box.Opens, box.Lasts = "outside:r", "short"
		other.Boxes[name] = box
		moved := drift(other, theDay, accepted...)
		isPart := func(a addr.Address) bool { return a.Segments()[0].Text == name && a.Type() != "doc" }
		for _, list := range [][]plan.Difference{moved.Changed, moved.Unexpected, moved.Expired} {
			for _, of := range list {
				if !addr.Exactly(of.Address).HasWildcard() {
					require.Equal(t, isPart(of.Address), of.Counts(), "%v", statesOf(moved))
				}
			}
		}
	})
}

func TestAnAcknowledgementIsOfWhatCountsAboutTheRoot(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("q", "s1/b"), "two", tiny.OpenBox("p"))}
	in := w.Input(tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/a"))}, plan.Ownership{Include: tiny.Patterns("box/*")})
	in.Now, in.Findings = theDay, []plan.Finding{danger(tiny.BoxAt("one"), "opens"), danger(tiny.BoxAt("two"), "opens"), danger(tiny.BoxAt("two"), "lasts")}
	d := plan.DriftOf(build(t, in), in, nil)
	as := plan.Accepted{Reason: "known", ReviewBy: "2031-06-30"}
	of := func(patterns ...string) (all []string, left, missed int) {
		ack := plan.AcknowledgementOf(in, d, tiny.Patterns(patterns...), as)
		for _, a := range ack.Acceptances {
			require.Equal(t, as, a.Accepted)
			seen := "seen"
			if a.Seen == "" {
				seen = "not seen"
			}
			all = append(all, a.Rule+" "+a.Address.String()+" "+seen)
		}
		return all, len(ack.Left), len(ack.Missed)
	}
	all, left, missed := of("box/one")
	require.Equal(t, []string{"changed box/one seen", "missing item/one/scope:s1/a not seen", "unexpected item/one/scope:s1/b seen"}, all)
	require.Equal(t, 1, left, "a breach of what the manifest lists")
	require.Zero(t, missed)
	all, left, missed = of("item/one/scope:s1/a", "box/nine")
	require.Equal(t, []string{"missing item/one/scope:s1/a not seen"}, all)
	require.Zero(t, left)
	require.Equal(t, 1, missed)
	all, _, _ = of("box/two")
	require.Equal(t, []string{"danger box/two seen", "unexpected box/two seen"}, all, "each rule once")
}

func TestWhatExpiresSoonIsNoDifference(t *testing.T) {
	w := tiny.World{Boxes: map[string]tiny.Box{
		"one": {Opens: "p", Lasts: "long", Expires: true}, "two": {Opens: "p", Lasts: "long", Expires: true}, "three": tiny.OpenBox("p"),
	}}
	in := w.Input(tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p"), "three", tiny.OpenBox("p"))}, plan.Ownership{})
	end := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	in.ExpiringWithin = 14 * 24 * time.Hour
	for name, c := range map[string]struct {
		now               time.Time
		expiring, expired int
	}{
		"too early":      {end.Add(-in.ExpiringWithin - 1), 0, 0},
		"just soon":      {end.Add(-in.ExpiringWithin), 1, 0},
		"last moment":    {end.Add(-1), 1, 0},
		"it has expired": {end, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			in.Now = c.now
			d := plan.DriftOf(build(t, in), in, nil)
			require.Len(t, d.Expiring, c.expiring)
			require.Len(t, d.Expired, c.expired)
			require.Equal(t, c.expired > 0, d.Drifted())
			require.Equal(t, []plan.Managed{{Type: "box", Managed: 2, Live: 3}}, d.Managed)
			for _, of := range d.Expiring {
				require.Equal(t, "expires at 2026-01-02T03:04:05Z", of.Reason)
				require.Empty(t, of.State)
			}
		})
	}
}
