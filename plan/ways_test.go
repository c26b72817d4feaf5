package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
)

// opening are the changes that a plan says open a way to everything, sorted.
func opening(p *plan.Plan) []string {
	var all []string
	for _, c := range p.Changes {
		for _, f := range c.Findings {
			if f.Rule == plan.RuleWayToEverything {
				all = append(all, c.Address.String())
			}
		}
	}
	slices.Sort(all)
	return all
}

func TestAWayHangsOnTheChangesThatAddItsLinks(t *testing.T) {
	inner, outer := tiny.OpenBox("home", "s/admin"), tiny.OpenBox("partner")
	longer := inner
	longer.Lasts = "longer"
	for behaviour, c := range map[string]struct {
		live, want         map[string]tiny.Box
		liveDocs, wantDocs []string
		hangs              []string
	}{
		"on no root that is made beside it": {
			live: tiny.Boxes("inner", inner, "outer", outer),
			want: tiny.Boxes("inner", inner, "outer", tiny.OpenBox("partner", "s/as-home"), "other", tiny.OpenBox("home", "s/dark"),
				"third", tiny.OpenBox("partner")),
			hangs: []string{"item/outer/scope:s/as-home"},
		},
		"on no root of the chain that changes in another way": {
			live:  tiny.Boxes("inner", inner, "outer", outer),
			want:  tiny.Boxes("inner", longer, "outer", tiny.OpenBox("partner", "s/as-home")),
			hangs: []string{"item/outer/scope:s/as-home"},
		},
		"on nothing where the chain was there before": {
			live: tiny.Boxes("inner", inner, "outer", tiny.OpenBox("partner", "s/as-home")),
			want: tiny.Boxes("inner", longer, "outer", tiny.OpenBox("partner", "s/as-home", "t/as-home"), "other", outer),
		},
		"on both changes where it needs two": {
			live:  tiny.Boxes("inner", inner, "outer", tiny.OpenBox("friend")),
			want:  tiny.Boxes("inner", inner, "outer", tiny.OpenBox("partner", "s/as-home"), "other", tiny.OpenBox("home")),
			hangs: []string{"box/outer", "item/outer/scope:s/as-home"},
		},
		"on each change of a new root that both ends of a link need": {
			live:  tiny.Boxes("inner", inner),
			want:  tiny.Boxes("inner", inner, "outer", tiny.OpenBox("partner", "s/as-home", "s/dark")),
			hangs: []string{"box/outer", "item/outer/scope:s/as-home"},
		},
		"on the change that takes over a link of the chain": {
			live:  tiny.Boxes("inner", inner, "outer", tiny.OpenBox("friend", "s/as-home")),
			want:  tiny.Boxes("inner", inner, "outer", tiny.OpenBox("partner", "t/as-home")),
			hangs: []string{"box/outer", "item/outer/scope:t/as-home"},
		},
		"not on the change that repeats a link of the chain": {
			live:  tiny.Boxes("inner", inner, "outer", tiny.OpenBox("friend", "s/as-home")),
			want:  tiny.Boxes("inner", inner, "outer", tiny.OpenBox("partner", "s/as-home", "t/as-home")),
			hangs: []string{"box/outer"},
		},
		"each on the change that opens it where there are two": {
			live: tiny.Boxes("inner", inner, "one", outer, "two", outer),
			want: tiny.Boxes("inner", inner, "one", tiny.OpenBox("partner", "s/as-home"), "two",
				tiny.OpenBox("partner", "s/as-home", "s/dark")),
			hangs: []string{"item/one/scope:s/as-home", "item/two/scope:s/as-home"},
		},
		"on each of two changes that give the same link": {
			live:  tiny.Boxes("inner", inner, "outer", outer),
			want:  tiny.Boxes("inner", inner, "outer", tiny.OpenBox("partner", "s/as-home", "t/as-home")),
			hangs: []string{"item/outer/scope:s/as-home", "item/outer/scope:t/as-home"},
		},
		"on the denial that is lifted, and on no other": {
			live:  tiny.Boxes("a", tiny.OpenBox("home", "s/admin", "s/never", "s/not-x"), "b", tiny.OpenBox("home", "s/never")),
			want:  tiny.Boxes("a", tiny.OpenBox("home", "s/admin", "s/as-other"), "b", tiny.OpenBox("home")),
			hangs: []string{"item/a/scope:s/never"},
		},
		"on both denials that held it back": {
			live:  tiny.Boxes("a", tiny.OpenBox("home", "s/admin", "s/never", "t/never")),
			want:  tiny.Boxes("a", tiny.OpenBox("home", "s/admin")),
			hangs: []string{"item/a/scope:s/never", "item/a/scope:t/never"},
		},
		"on nothing while another denial holds it back": {
			live: tiny.Boxes("a", tiny.OpenBox("home", "s/admin", "s/never", "t/never")),
			want: tiny.Boxes("a", tiny.OpenBox("home", "s/admin", "t/never")),
		},
		"on the content that lets somebody act as another": {
			live:     tiny.Boxes("inner", inner, "outer", tiny.OpenBox("partner", "s/doc-x", "s/doc-y")),
			want:     tiny.Boxes("inner", inner, "outer", tiny.OpenBox("partner", "s/doc-x", "s/doc-y"), "other", tiny.OpenBox("home")),
			liveDocs: []string{"x", "dark", "y", "dark"}, wantDocs: []string{"x", "as-home", "y", "not-x"},
			hangs: []string{"doc/x"},
		},
		"on the content that denied it": {
			live:     tiny.Boxes("a", tiny.OpenBox("home", "s/admin", "s/doc-x", "s/doc-y")),
			want:     tiny.Boxes("a", tiny.OpenBox("home", "s/admin", "s/doc-x", "s/doc-y")),
			liveDocs: []string{"x", "never", "y", "not-x"}, wantDocs: []string{"x", "dark", "y", "dark"},
			hangs: []string{"doc/x"},
		},
		"on nothing where the grant of everything is new: the rules about roles tell that": {
			live: tiny.Boxes("inner", tiny.OpenBox("friend"), "outer", outer),
			want: tiny.Boxes("inner", inner, "outer", tiny.OpenBox("partner", "s/as-home")),
		},
		"on nothing where a kept grant comes to give everything: the rules about roles tell that too": {
			live:     tiny.Boxes("a", tiny.OpenBox("home", "s/doc-x")),
			want:     tiny.Boxes("a", tiny.OpenBox("home", "s/doc-x")),
			liveDocs: []string{"x", "dark"}, wantDocs: []string{"x", "admin"},
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			w, want := tiny.World{Boxes: c.live, Docs: map[string]string{}}, tiny.Wish{Boxes: map[string]tiny.WantedBox{}}
			for name, b := range c.want {
				want.Boxes[name] = tiny.Want(b)
			}
			for i := 0; i < len(c.liveDocs); i += 2 {
				w.Docs[c.liveDocs[i]] = c.liveDocs[i+1]
			}
			want.Docs = tiny.WantsDocs(c.wantDocs...)
			in := w.Input(want, plan.Ownership{})
			in.Knowledge = ladder{}
			require.Equal(t, c.hangs, opening(build(t, in)))
		})
	}
}

// TestAWayEndsWithTheChangesThatTakeItsLinks turns each of the ways above round: what opens it there ends it here.
func TestAWayEndsWithTheChangesThatTakeItsLinks(t *testing.T) {
	inner, outer := tiny.OpenBox("home", "s/admin"), tiny.OpenBox("partner")
	longer := inner
	longer.Lasts = "longer"
	for behaviour, c := range map[string]struct {
		live, want map[string]tiny.Box
		ends       []string
	}{
		"with the trust that goes": {
			live: tiny.Boxes("inner", tiny.OpenBox("partner", "s/admin"), "other", outer), want: tiny.Boxes("inner", inner, "other", inner),
			ends: []string{"box/inner"},
		},
		"with the step that goes, and with no other change": {
			live: tiny.Boxes("inner", inner, "outer", tiny.OpenBox("partner", "s/as-home", "s/dark")),
			want: tiny.Boxes("inner", longer, "outer", outer),
			ends: []string{"item/outer/scope:s/as-home"},
		},
		"with a new denial": {
			live: tiny.Boxes("inner", inner), want: tiny.Boxes("inner", tiny.OpenBox("home", "s/admin", "s/never", "s/not-x")),
			ends: []string{"item/inner/scope:s/never"},
		},
		"with nothing where the grant of everything goes: the rules about roles tell that": {
			live: tiny.Boxes("inner", inner), want: tiny.Boxes("inner", tiny.OpenBox("home")),
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			p := climb(t, c.live, c.want)
			var ends []string
			for _, change := range p.Changes {
				for _, f := range change.Resolves {
					require.Equal(t, plan.RuleWayToEverything, f.Rule)
					ends = append(ends, change.Address.String())
				}
			}
			require.Equal(t, c.ends, ends)
		})
	}
}

func TestDriftTellsAWayThatWasOpenedByHand(t *testing.T) {
	live, want := tiny.Boxes("inner", tiny.OpenBox("partner", "s/admin")), tiny.Wants("inner", tiny.OpenBox("home", "s/admin"))
	in := tiny.World{Boxes: live}.Input(tiny.Wish{Boxes: want}, plan.Ownership{})
	in.Knowledge = ladder{}
	found := plan.DriftOf(build(t, in), in, nil).Findings
	require.Len(t, found, 1)
	require.Equal(t, "opens a way to everything: partner → box/inner → item/inner/scope:s/admin", found[0].Message)
}

// climbing is a drawn world of a ladder, and what is wanted of it.
func climbing(t *rapid.T) (tiny.World, plan.Input) {
	side := func(label string, near tiny.World) tiny.World {
		w := tiny.World{Boxes: map[string]tiny.Box{}, Docs: map[string]string{}}
		for _, doc := range []string{"x", "y"} {
			w.Docs[doc] = rapid.SampledFrom([]string{"dark", "admin", "as-home", "never", "not-x"}).Draw(t, label+" doc "+doc)
		}
		for _, name := range []string{"a", "b", "c"} {
			b, live := near.Boxes[name]
			if !live || rapid.IntRange(0, 2).Draw(t, label+" new trust of "+name) == 0 {
				b = tiny.OpenBox(rapid.SampledFrom([]string{"home", "partner", "friend"}).Draw(t, label+" opens "+name))
			}
			b.Lasts = rapid.SampledFrom([]string{"long", "longer"}).Draw(t, label+" lasts")
			items := map[tiny.Item]bool{}
			for _, i := range tiny.SortedItems(near.Boxes[name].Items) {
				if rapid.IntRange(0, 3).Draw(t, label+" keeps") > 0 {
					items[i] = true
				}
			}
			for range rapid.IntRange(0, 2).Draw(t, label+" items of "+name) {
				i := rapid.SampledFrom([]tiny.Item{
					{Scope: "s", Role: "admin"}, {Scope: "t", Role: "admin"}, {Scope: "s", Role: "as-home"}, {Scope: "t", Role: "as-home"},
					{Scope: "s", Role: "as-friend"}, {Scope: "s", Role: "never"}, {Scope: "t", Role: "never"}, {Scope: "s", Role: "not-x"},
					{Scope: "s", Role: "dark"}, {Scope: "s", Role: "doc-x"}, {Scope: "s", Role: "doc-y"}, // each doc once in a box
				}).Draw(t, label+" item")
				items[i] = true
			}
			b.Items = items
			if rapid.IntRange(0, 5).Draw(t, label+" no "+name) > 0 {
				w.Boxes[name] = b
			}
		}
		return w
	}
	live := side("live", tiny.World{})
	after := side("wanted", live)
	want := tiny.Wish{Boxes: map[string]tiny.WantedBox{}, Docs: map[string]tiny.WantedDoc{}}
	for name := range live.Boxes {
		want.Boxes[name] = tiny.WantedBox{Absent: true}
	}
	for name, b := range after.Boxes {
		want.Boxes[name] = tiny.Want(b)
	}
	for name, word := range after.Docs {
		want.Docs[name] = tiny.WantedDoc{Word: word}
	}
	in := live.Input(want, plan.Ownership{})
	in.Knowledge = ladder{}
	return live, in
}

// wordOf is what an item of a ladder says.
func wordOf(w tiny.World, role string) string {
	if doc, uses := strings.CutPrefix(role, "doc-"); uses {
		return w.Docs[doc]
	}
	return role
}

// climbs reports whether a chain is there in a world, the slow way.
func climbs(w tiny.World, c access.Chain) bool {
	says := func(box, word string) bool {
		return slices.ContainsFunc(tiny.SortedItems(w.Boxes[box].Items), func(i tiny.Item) bool { return wordOf(w, i.Role) == word })
	}
	for i, to := range c.Path[1:] {
		from, inFrom := strings.CutPrefix(c.Path[i], "box/")
		box, isBox := strings.CutPrefix(to, "box/")
		if isBox && w.Boxes[box].Opens != from || !isBox && (!inFrom || !says(from, "as-"+to)) {
			return false
		}
	}
	segments := c.Through.Segments()
	box, item := segments[0].Text, tiny.Item{Scope: segments[1].Text, Role: segments[2].Text}
	return w.Boxes[box].Items[item] && wordOf(w, item.Role) == "admin" && !says(box, "never")
}

// after is the world after some of the changes of a plan: those whose bit is set.
func after(w tiny.World, changes []plan.Change, made uint) tiny.World {
	for i, c := range changes {
		_, there := w.Boxes[c.Address.Segments()[0].Text]
		if made&(1<<i) != 0 && (there || c.Address.Type() != "item") {
			w = w.Execute(c)
		}
	}
	return w
}

// bits has the bit set of each change at one of the addresses.
func bits(changes []plan.Change, at []string) (set uint) {
	for i, c := range changes {
		if slices.Contains(at, c.Address.String()) {
			set |= 1 << i
		}
	}
	return set
}

// withDependents has the bits of a change and of all that is blocked without it.
func withDependents(changes []plan.Change, left int) uint {
	set := uint(1) << left
	for i, c := range changes { // in the order of the plan: what a change needs comes before it
		for j, needed := range changes[:i] {
			if set&(1<<j) != 0 && slices.Contains(c.DependsOn, needed.Address) {
				set |= 1 << i
			}
		}
	}
	return set
}

// TestAWayHangsOnWhatOpensIt leaves changes out, by a slow and plain search of all that could be made of a plan. To leave out a
// change that carries no finding leaves every new way open, as long as what carries one is made. A change that carries one
// makes the difference for some way.
func TestAWayHangsOnWhatOpensIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, in := climbing(t)
		p, problems := plan.Build(in)
		if len(plan.Fatal(problems)) > 0 || len(p.Changes) > 9 || p.Privileges.ChainsCut {
			return
		}
		all := uint(1)<<len(p.Changes) - 1
		var ways []access.Chain
		for _, c := range p.Privileges.Chains {
			require.True(t, climbs(after(w, p.Changes, all), c) && !climbs(w, c), "%v", c)
			through := c.Through.Segments()
			item := tiny.Item{Scope: through[1].Text, Role: through[2].Text}
			if w.Boxes[through[0].Text].Items[item] && wordOf(w, item.Role) == "admin" { // else the rules about roles tell it
				ways = append(ways, c)
			}
		}
		hangs := opening(p)
		require.Equal(t, len(ways) > 0, len(hangs) > 0, "%v hang on %v", ways, hangs)
		for i, c := range p.Changes {
			carries := slices.Contains(hangs, c.Address.String())
			rest := all &^ withDependents(p.Changes, i)
			needed := rest&bits(p.Changes, hangs) == bits(p.Changes, hangs) &&
				slices.ContainsFunc(ways, func(way access.Chain) bool { return !climbs(after(w, p.Changes, rest), way) })
			require.False(t, needed && !carries, "%s is needed for a way, which hangs on %v alone:\n%s", c.Address, hangs, render(p))
			matters := func(way access.Chain) bool {
				for others := range all + 1 {
					if others&(1<<i) == 0 && climbs(after(w, p.Changes, others|1<<i), way) && !climbs(after(w, p.Changes, others), way) {
						return true
					}
				}
				return false
			}
			require.False(t, carries && !slices.ContainsFunc(ways, matters), "%s opens nothing:\n%s", c.Address, render(p))
		}
	})
}
