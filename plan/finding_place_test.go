package plan_test

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// strict is a cloud in which nobody but one principal should be able to do one thing, "ours" and "x" where they are not given: it
// finds each item by which somebody else can.
type strict struct {
	tiny.Knowledge
	ours, action string
}

func (s strict) Assess(resources []*plan.Resource, _ *plan.Manifest, c *plan.Catalogue) []plan.Finding {
	opens := map[addr.Address]string{}
	for _, r := range resources {
		if r.Address.Type() == "box" {
			opens[r.Address], _ = r.Attributes["opens"].AsString()
		}
	}
	var found []plan.Finding
	ours, action, effects := cmp.Or(s.ours, "ours"), cmp.Or(s.action, "x"), s.Effects(c)
	for _, r := range resources {
		who := opens[r.Parent]
		for _, e := range effects(*r) {
			if who != "" && who != ours && e.AboutActions() && !e.Deny && slices.Contains(e.Actions, action) {
				found = append(found, letsX(r.Address, who))
			}
		}
	}
	return found
}

func letsX(a addr.Address, who string) plan.Finding {
	return plan.Finding{Rule: "lets-x", Severity: plan.High, Address: a, Message: who + " may do x"}
}

func TestAFindingAboutWhatStaysHangsOnWhatCausesIt(t *testing.T) {
	item, doc := tiny.ItemAt("one", "s1", "x"), tiny.ItemAt("one", "s1", "doc-d")
	box := func(opens, lasts string, items ...string) tiny.Box {
		return tiny.Box{Opens: opens, Lasts: lasts, Items: tiny.Items(items...)}
	}
	both := []addr.Address{tiny.BoxAt("one"), tiny.DocAt("d")}
	for behaviour, c := range map[string]struct {
		live, want       tiny.Box
		word, wanted     string // what the doc named d says
		protect, exclude []string
		// bring and end are the changes that the findings hang on; stays holds those of the plan.
		brings, ends         []addr.Address
		brought, ended, stay []plan.Finding
	}{
		"on the new trust of its root": {
			live: box("ours", "long", "s1/x"), want: box("friend", "long", "s1/x"),
			brings: both[:1], brought: []plan.Finding{letsX(item, "friend")},
		},
		"on the trust that goes": {
			live: box("friend", "long", "s1/x"), want: box("ours", "long", "s1/x"),
			ends: both[:1], ended: []plan.Finding{letsX(item, "friend")},
		},
		"on the trust that becomes another one": {
			live: box("friend", "long", "s1/x"), want: box("other", "long", "s1/x"),
			brings: both[:1], brought: []plan.Finding{letsX(item, "other")}, ends: both[:1], ended: []plan.Finding{letsX(item, "friend")},
		},
		"on no change of its root that has nothing to do with it": {
			live: box("friend", "long", "s1/x"), want: box("friend", "longer", "s1/x"), stay: []plan.Finding{letsX(item, "friend")},
		},
		"on the content, and not on the root that changes beside it": {
			live: box("friend", "long", "s1/doc-d"), want: box("friend", "longer", "s1/doc-d"), word: "a", wanted: "x",
			brings: both[1:], brought: []plan.Finding{letsX(doc, "friend")},
		},
		"on the content that goes, and not on the root that changes beside it": {
			live: box("friend", "long", "s1/doc-d"), want: box("friend", "longer", "s1/doc-d"), word: "x", wanted: "a",
			ends: both[1:], ended: []plan.Finding{letsX(doc, "friend")},
		},
		"on the trust, and not on the content that changes beside it": {
			live: box("ours", "long", "s1/doc-d"), want: box("friend", "long", "s1/doc-d"), word: "x", wanted: "xa",
			brings: both[:1], brought: []plan.Finding{letsX(doc, "friend")},
		},
		"on both where it needs both": {
			live: box("ours", "long", "s1/doc-d"), want: box("friend", "long", "s1/doc-d"), word: "a", wanted: "x",
			brings: both, brought: []plan.Finding{letsX(doc, "friend")},
		},
		"on both where each ends it": {
			live: box("friend", "long", "s1/doc-d"), want: box("ours", "long", "s1/doc-d"), word: "x", wanted: "a",
			ends: both, ended: []plan.Finding{letsX(doc, "friend")},
		},
		"on nothing where the new trust is held back": {
			live: box("ours", "long", "s1/x"), want: box("friend", "long", "s1/x"), protect: []string{"box/one"},
		},
		"on nothing where the end of the trust is held back": {
			live: box("friend", "long", "s1/x"), want: box("ours", "long", "s1/x"), protect: []string{"box/one"},
			stay: []plan.Finding{letsX(item, "friend")},
		},
		"on nothing where the content alone does not bring it, and the trust is held back": {
			live: box("ours", "long", "s1/doc-d"), want: box("friend", "long", "s1/doc-d"), word: "a", wanted: "x", protect: []string{"box/one"},
		},
		"on nothing where the content that would end it is held back": {
			live: box("friend", "long", "s1/doc-d"), want: box("friend", "longer", "s1/doc-d"), word: "x", wanted: "a", protect: []string{"doc/d"},
			stay: []plan.Finding{letsX(doc, "friend")},
		},
		"on nothing where the end of the trust is left out": {
			live: box("friend", "long", "s1/x"), want: box("ours", "long", "s1/x", "s1/a"), exclude: []string{"box/one"},
			stay: []plan.Finding{letsX(item, "friend")},
		},
		"on nothing where the revoke that would end it is left out": {
			live: box("friend", "long", "s1/x"), want: box("friend", "long", "s1/a"), exclude: []string{"item/one/*/x"},
			stay: []plan.Finding{letsX(item, "friend")},
		},
		"on nothing where the content that would bring it is left out": {
			live: box("friend", "long", "s1/doc-d"), want: box("friend", "longer", "s1/doc-d"), word: "a", wanted: "x", exclude: []string{"doc/d"},
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			w := tiny.World{Boxes: tiny.Boxes("one", c.live, "two", tiny.OpenBox("ours")), Docs: map[string]string{}}
			want := tiny.Wish{Boxes: tiny.Wants("one", c.want, "two", tiny.OpenBox("ours", "s1/x"))}
			if c.word != "" {
				w.Docs["d"], want.Docs = c.word, tiny.WantsDocs("d", c.wanted)
			}
			in := w.Input(want, plan.Ownership{Protect: tiny.Patterns(c.protect...)})
			in.Knowledge, in.Options.Select.Exclude = strict{}, tiny.Patterns(c.exclude...)
			p, _ := plan.Build(in) // of some it says that they are to be applied in two steps
			require.NotNil(t, p)
			for _, change := range p.Changes {
				brought, ended := []plan.Finding(nil), []plan.Finding(nil)
				if slices.Contains(c.brings, change.Address) {
					brought = c.brought
				}
				if slices.Contains(c.ends, change.Address) {
					ended = c.ended
				}
				require.Equal(t, brought, change.Findings, change.Address)
				require.Equal(t, ended, change.Resolves, change.Address)
			}
			require.Equal(t, c.stay, unseen(p.Findings))
		})
	}
}

// findings returns what is found in a world, in the order of addresses.
func (s strict) findings(w tiny.World) []plan.Finding {
	snapshot := w.Snapshot()
	var all []*plan.Resource
	for i := range snapshot.Resources {
		all = append(all, &snapshot.Resources[i].Resource)
	}
	return plan.SortFindings(s.Assess(all, nil, snapshot.Catalogue))
}

// TestNoFindingIsLostToldTwiceOrInvented plans whatever can be drawn, and compares with what is found in the worlds before and after
// the writes, and in those that leave one change out.
func TestNoFindingIsLostToldTwiceOrInvented(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, _, in := drawInput(t, 3)
		knows := strict{ours: principals[0], action: "a"}
		in.Knowledge, in.Findings, in.Snapshot.Quotas = knows, nil, nil
		if rapid.Bool().Draw(t, "some is left out") {
			exclude := rapid.SampledFrom([]string{"box/one", "item/one/**", "item/*/*/*a*", "doc/x"})
			in.Options.Select.Exclude = tiny.Patterns(exclude.Draw(t, "exclude"))
		}
		p, problems := plan.Build(in) // some is to be applied in two steps, and told all the same
		if p == nil {
			return
		}
		// Every difference is told. What stays is told of the roots that the manifest lists, and of what the plan would change.
		weighed := map[addr.Address]bool{}
		for _, d := range in.Desired {
			weighed[d.Root()] = weighed[d.Root()] || !d.Absent
		}
		all := uint(1)<<len(p.Changes) - 1
		for i, c := range p.Changes {
			for _, a := range append([]addr.Address{c.Address}, c.With...) {
				weighed[a] = true
			}
			if !c.Action.Writes() {
				all &^= 1 << i
			}
		}
		for _, l := range p.LeftOut {
			weighed[l.Address] = true
			for _, child := range plan.NewView(in.Snapshot, in.Manifest.Ownership, nil).Children(l.Address) {
				weighed[child.Address] = true
			}
		}
		stays := func(findings []plan.Finding) []plan.Finding {
			return slices.DeleteFunc(slices.Clone(findings), func(f plan.Finding) bool {
				return !weighed[f.Address] && !weighed[tiny.BoxAt(f.Address.Segments()[0].Text)]
			})
		}
		was, is := knows.findings(w), knows.findings(after(w, p.Changes, all))
		brings, ends := map[plan.Finding][]int{}, map[plan.Finding][]int{}
		for i, c := range p.Changes {
			for _, f := range c.Findings {
				if f.Rule == "lets-x" {
					brings[f] = append(brings[f], i)
				}
			}
			for _, f := range c.Resolves {
				ends[f] = append(ends[f], i)
			}
		}
		require.ElementsMatch(t, findingsWithout(is, was), slices.Collect(maps.Keys(brings)), "brought:\n%s", render(p))
		require.ElementsMatch(t, findingsWithout(was, is), slices.Collect(maps.Keys(ends)), "ended:\n%s", render(p))
		require.ElementsMatch(t, stays(findingsWithout(was, findingsWithout(was, is))), unseen(p.Findings), "left in place:\n%s", render(p))
		for there, carried := range map[bool]map[plan.Finding][]int{true: brings, false: ends} {
			for f, carriers := range carried {
				if p.Changes[carriers[0]].Address == f.Address && len(plan.Fatal(problems)) > 0 {
					continue // a change that is part of two steps does not wait for the trust that it needs
				}
				same := func(left uint) bool {
					return slices.Contains(knows.findings(after(w, p.Changes, all&^left)), f) == there
				}
				for i := range p.Changes {
					rest := withDependents(p.Changes, i)
					if slices.Contains(carriers, i) {
						require.True(t, len(carriers) > 1 || !same(rest), "%s makes no difference to %v:\n%s", p.Changes[i].Address, f, render(p))
					} else if !slices.ContainsFunc(carriers, func(k int) bool { return rest&(1<<k) != 0 }) {
						require.True(t, same(rest), "%s makes the difference to %v:\n%s", p.Changes[i].Address, f, render(p))
					}
				}
			}
		}
	})
}

// findingsWithout returns the findings that are not among others.
func findingsWithout(findings, others []plan.Finding) []plan.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f plan.Finding) bool { return slices.Contains(others, f) })
}

func TestAChangeThatIsNotMadeBringsNothing(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"), "two", tiny.OpenBox("p"))}
	in := w.Input(tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/x"), "two", tiny.OpenBox("p", "s1/x"))},
		plan.Ownership{Protect: tiny.Patterns("box/one")})
	in.Options.Select.Exclude = tiny.Patterns("box/two")
	in.Manifest.Acceptances = []plan.Acceptance{
		accepting("does-x", "item/one/**", "2031-01-01"), accepting("does-x", "item/two/**", "2031-01-01"),
	}
	p, problems := plan.Build(in)
	require.Empty(t, problems, "what is accepted may come with a later plan")
	require.Equal(t, plan.Blocked, p.Changes[0].Action)
	require.Empty(t, p.Changes[0].Findings)
	require.Empty(t, p.Raised())
}

func TestARootThatIsLeftOutKeepsItsFindings(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/x"), "two", tiny.OpenBox("p", "s1/x"))}
	gone := tiny.Wish{Boxes: tiny.Wants("one", tiny.WantedBox{Absent: true}, "two", tiny.WantedBox{Absent: true})}
	for behaviour, c := range map[string]struct {
		want tiny.Wish
		own  plan.Ownership
	}{
		"a tombstone":           {want: gone},
		"one that is pruned":    {own: plan.Ownership{Include: tiny.Patterns("box/*"), Prune: true}},
		"a protected tombstone": {want: gone, own: plan.Ownership{Protect: tiny.Patterns("box/one")}},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := w.Input(c.want, c.own)
			if len(c.own.Protect) == 0 {
				in.Options.Select.Exclude = tiny.Patterns("box/one")
			}
			p := build(t, in)
			require.Equal(t, []plan.Finding{doesX(tiny.ItemAt("one", "s1", "x"))}, unseen(p.Findings))
			require.Equal(t, []plan.Finding{doesX(tiny.ItemAt("two", "s1", "x"))}, change(t, p, tiny.BoxAt("two")).Resolves)
		})
	}
}

func TestABreachEndsWithTheChangeThatEndsIt(t *testing.T) {
	breach := func(a addr.Address, attribute string) plan.Finding {
		return plan.Finding{Rule: "danger", Severity: plan.High, Address: a, Attribute: attribute, Message: "is not allowed"}
	}
	one, item := tiny.BoxAt("one"), tiny.ItemAt("one", "s1", "a")
	longer := tiny.OpenBox("p", "s1/a")
	longer.Lasts = "longer"
	for behaviour, c := range map[string]struct {
		want    tiny.WantedBox
		at      addr.Address
		resolve []plan.Finding
	}{
		"the attribute changes":             {tiny.Want(tiny.OpenBox("q", "s1/a")), one, []plan.Finding{breach(one, "opens")}},
		"another attribute changes":         {tiny.Want(longer), one, nil},
		"the root goes, and what it breaks": {tiny.WantedBox{Absent: true}, one, []plan.Finding{breach(one, "opens"), breach(item, "")}},
		"a part goes":                       {tiny.Want(tiny.OpenBox("p")), item, []plan.Finding{breach(item, "")}},
	} {
		t.Run(behaviour, func(t *testing.T) {
			w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a"))}
			in := w.Input(tiny.Wish{Boxes: tiny.Wants("one", c.want)}, plan.Ownership{})
			in.Findings = []plan.Finding{breach(one, "opens"), breach(item, "")}
			require.Equal(t, c.resolve, change(t, build(t, in), c.at).Resolves)
		})
	}
}

func TestOnlyANewPrincipalTakesWhatIsUnlisted(t *testing.T) {
	live := tiny.OpenBox("outside:p", "s1/a")
	live.Expires = true
	w := tiny.World{Boxes: tiny.Boxes("one", live)}
	rules := func(opens, lasts string, own plan.Ownership) []string {
		want := tiny.WantedBox{Box: tiny.Box{Opens: opens, Lasts: lasts}, Additive: true}
		var found []string
		for _, f := range change(t, build(t, w.Input(tiny.Wish{Boxes: tiny.Wants("one", want)}, own)), tiny.BoxAt("one")).Findings {
			found = append(found, f.Rule)
		}
		return found
	}
	require.Equal(t, []string{plan.RuleTakesUnlisted}, rules("outside:q", "long", plan.Ownership{}))
	require.Equal(t, []string{plan.RuleTrustRenewed}, rules("outside:p", "longer", plan.Ownership{}), "the principal is not new")
	require.Empty(t, rules("outside:q", "long", plan.Ownership{Protect: tiny.Patterns("box/one")}), "nobody takes what is held")
}

func TestAnUpdateBringsARiskToWhatIsUnexpected(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("theirs", tiny.OpenBox("friend", "s1/doc-d")), Docs: map[string]string{"d": "a"}}
	in := w.Input(tiny.Wish{Docs: tiny.WantsDocs("d", "x")}, plan.Ownership{Include: tiny.Patterns("box/*")})
	in.Knowledge = strict{}
	p := build(t, in)
	require.Contains(t, change(t, p, tiny.Address("doc/d")).Findings, letsX(tiny.ItemAt("theirs", "s1", "doc-d"), "friend"))
}

func TestDriftTellsWhatAHeldTrustMeans(t *testing.T) {
	in := tiny.World{Boxes: tiny.Boxes("glass", tiny.OpenBox("friend", "s1/x"))}.Input(
		tiny.Wish{Boxes: tiny.Wants("glass", tiny.OpenBox("ours", "s1/x"))}, plan.Ownership{Protect: tiny.Patterns("box/glass")})
	in.Knowledge = strict{}
	p := build(t, in)
	require.Equal(t, []plan.Finding{letsX(tiny.ItemAt("glass", "s1", "x"), "friend")}, unseen(plan.DriftOf(p, in, nil).Findings))
}
