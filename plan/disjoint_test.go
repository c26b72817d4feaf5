package plan_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// side is one of two manifests for one account: its things have names that begin with its letter. What begins with x is
// nobody's.
type side struct {
	letter string
	want   tiny.Wish
	owned  plan.Ownership
}

var others = map[string]string{"a": "b", "b": "a"}

// Input plans the side against a world. A box "-new" has the box "-old" as its previous self where both are wished for so.
func (s side) input(w tiny.World) plan.Input {
	in := w.Input(s.want, s.owned)
	for i := range in.Desired {
		d := &in.Desired[i]
		if fresh := tiny.BoxAt(s.letter + "-new"); d.Address == tiny.BoxAt(s.letter+"-old") && d.Absent &&
			len(s.want.Boxes[s.letter+"-new"].Items) > 0 {
			d.ReplacedBy = fresh
		}
	}
	return in
}

// mine reports whether something belongs to the side by its name.
func (s side) mine(a addr.Address) bool { return strings.HasPrefix(a.Segments()[0].Text, s.letter+"-") }

var sideNames = []string{"one", "two", "old", "new"}

// drawShared makes a world of both sides' things and a stranger's.
func drawShared(t *rapid.T) tiny.World {
	w := tiny.World{Boxes: map[string]tiny.Box{}, Docs: map[string]string{}}
	for _, letter := range []string{"a", "b", "x"} {
		if rapid.Bool().Draw(t, "live doc "+letter) {
			w.Docs[letter+"-doc"] = rapid.SampledFrom(words).Draw(t, "word")
		}
		for _, name := range sideNames {
			if rapid.Bool().Draw(t, "live "+letter+name) {
				w.Boxes[letter+"-"+name] = tiny.Box{Opens: rapid.SampledFrom(principals).Draw(t, "opens"), Lasts: "long",
					Items: drawOwnItems(t, w, letter)}
			}
		}
	}
	return w
}

// drawOwnItems uses docs of the own side only: to share one is no disjoint ownership.
func drawOwnItems(t *rapid.T, w tiny.World, letter string) map[tiny.Item]bool {
	roles := words
	if _, live := w.Docs[letter+"-doc"]; live {
		roles = append([]string{"doc-" + letter + "-doc"}, words...)
	}
	all := map[tiny.Item]bool{}
	for range rapid.IntRange(0, 3).Draw(t, "items") {
		scope := rapid.SampledFrom([]string{"s1", "s2"}).Draw(t, "scope")
		all[tiny.Item{Scope: scope, Role: rapid.SampledFrom(roles).Draw(t, "role")}] = true
	}
	return all
}

func drawSide(t *rapid.T, w tiny.World, letter string) side {
	s := side{letter: letter, want: tiny.Wish{Boxes: map[string]tiny.WantedBox{}, Docs: map[string]tiny.WantedDoc{}}}
	if _, live := w.Docs[letter+"-doc"]; live {
		s.want.Docs[letter+"-doc"] = tiny.WantedDoc{Word: rapid.SampledFrom(words).Draw(t, "word")}
	}
	for _, name := range sideNames {
		switch rapid.IntRange(0, 4).Draw(t, "fate of "+letter+name) {
		case 0, 1:
		case 2:
			s.want.Boxes[letter+"-"+name] = tiny.WantedBox{Absent: true}
		default:
			s.want.Boxes[letter+"-"+name] = tiny.WantedBox{
				Box:      tiny.Box{Opens: rapid.SampledFrom(principals).Draw(t, "opens"), Lasts: "long", Items: drawOwnItems(t, w, letter)},
				Additive: rapid.IntRange(0, 3).Draw(t, "additive") == 0,
			}
		}
	}
	own, other := letter+"-*", others[letter]+"-*"
	switch rapid.IntRange(0, 3).Draw(t, "owns") {
	case 0:
	case 1:
		s.owned.Include = tiny.Patterns("box/" + own)
	case 2:
		s.owned.Include = tiny.Patterns("box/"+letter+"-o*", "box/?-new", "doc/"+own)
		s.owned.Exclude = tiny.Patterns("box/"+other, "box/x*")
	default:
		s.owned.Include, s.owned.Exclude = tiny.Patterns("box/*", "doc/*"), tiny.Patterns("box/"+other, "doc/"+other, "box/x-*", "doc/x-*")
	}
	s.owned.Prune = len(s.owned.Include) > 0 && rapid.Bool().Draw(t, "prune")
	if rapid.IntRange(0, 2).Draw(t, "protects") == 0 {
		s.owned.Protect = tiny.Patterns(rapid.SampledFrom([]string{"box/" + letter + "-one", "box/*", "item/*/*/a", "item/" + own + "/**",
			"box/" + other, "doc/*"}).Draw(t, "protect"))
	}
	return s
}

// TestManifestsWithDisjointOwnershipNeverTouchEachOther plans two manifests on one account: every change is of the
// planning side's own things, also of those that go with a delete, and none of the others' differs afterwards; so
// neither changes what the other has left to do, and their order does not count.
func TestManifestsWithDisjointOwnershipNeverTouchEachOther(t *testing.T) {
	deletes := 0
	rapid.Check(t, func(t *rapid.T) {
		w := drawShared(t)
		a, b := drawSide(t, w, "a"), drawSide(t, w, "b")
		apply := func(w tiny.World, s side) tiny.World {
			p, problems := plan.Build(s.input(w))
			if len(problems) > 0 {
				return w
			}
			for _, c := range p.Changes {
				for _, address := range append(c.With, c.Address) {
					require.True(t, s.mine(address), "%s is none of %s's", address, s.letter)
				}
			}
			for _, u := range p.Unexpected {
				require.True(t, s.mine(u.Address), "%s is none of %s's", u.Address, s.letter)
			}
			deletes += p.Summary.Delete
			after := w.ExecuteAll(p)
			require.Equal(t, s.notMine(w), s.notMine(after))
			return after
		}
		require.Equal(t, planText(a, w), planText(a, apply(w, b)), "what the other does changes nothing of a plan")
		require.Equal(t, apply(apply(w, a), b), apply(apply(w, b), a))
	})
	require.NotZero(t, deletes)
}

// notMine is what of a world is not the side's.
func (s side) notMine(w tiny.World) []plan.Live {
	var all []plan.Live
	for _, l := range w.Snapshot().Resources {
		if !s.mine(l.Address) {
			all = append(all, l)
		}
	}
	return all
}

// planText is what a side would do to a world, in words.
func planText(s side, w tiny.World) string {
	p, problems := plan.Build(s.input(w))
	if p == nil {
		return problems[0].String()
	}
	return render(p)
}
