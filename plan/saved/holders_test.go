package saved_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/plan/saved"
)

// inUse is a cloud with a doc that box "theirs" holds and nobody lists, beside uses that no snapshot shows. The wish deletes it
// wherever it is held, or gives it another word, and changes box "other".
func inUse(word string) (tiny.World, plan.Input) {
	w := tiny.World{
		Boxes: tiny.Boxes("theirs", tiny.OpenBox("outside:p", "s1/doc-d"), "other", tiny.OpenBox("outside:p")),
		Docs:  map[string]string{"d": "a"}, Unseen: map[string]int{"d": 2},
	}
	want := tiny.Wish{
		Boxes: tiny.Wants("other", tiny.OpenBox("outside:q")),
		Docs:  map[string]tiny.WantedDoc{"d": {Word: word, Absent: word == "", InUse: word == ""}},
	}
	return w, w.Input(want, plan.Ownership{})
}

func TestAPlanOfWhatIsInUseFollowsFromItsBasis(t *testing.T) {
	for name, change := range map[string]func(*plan.Input){
		"taken from all":   func(*plan.Input) {},
		"held by a holder": func(in *plan.Input) { in.Desired[len(in.Desired)-1].DeleteInUse = false },
		"held by protect":  func(in *plan.Input) { in.Manifest.Ownership.Protect = tiny.Patterns("box/theirs") },
		"a new content":    func(in *plan.Input) { _, *in = inUse("b") },
		"a new content that protect holds": func(in *plan.Input) {
			_, *in = inUse("b")
			in.Manifest.Ownership.Protect = tiny.Patterns("box/theirs")
		},
		"nobody tells": func(in *plan.Input) { tiny.LiveAt(in.Snapshot, "doc/d").Unseen = plan.Unseen{Unknown: true} },
		"named by what stays": func(in *plan.Input) {
			in.Desired[0].Absent = true
			tiny.LiveAt(in.Snapshot, "box/theirs").Names = []addr.Address{tiny.BoxAt("other")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, in := inUse("")
			change(&in)
			p, _ := plan.Build(in)
			require.Equal(t, p.Published(), save(t, in).Plan.Published())
		})
	}
}

func TestANewHolderRefusesASavedPlan(t *testing.T) {
	for name, c := range map[string]struct {
		word string
		move func(*tiny.World)
		says string
	}{
		"nothing moved, delete": {"", func(*tiny.World) {}, ""},
		"nothing moved, update": {"b", func(*tiny.World) {}, ""},
		"another box, delete": {"", func(w *tiny.World) { w.Boxes["new"] = tiny.OpenBox("outside:p", "s1/doc-d") },
			"item/new/scope:s1/doc-d refers to doc/d now, and did not when planned"},
		"another box, update": {"b", func(w *tiny.World) { w.Boxes["new"] = tiny.OpenBox("outside:p", "s1/doc-d") },
			"item/new/scope:s1/doc-d refers to doc/d now, and did not when planned"},
		"one more item of the same box": {"", func(w *tiny.World) { w.Boxes["theirs"] = tiny.OpenBox("outside:p", "s1/doc-d", "s2/doc-d") },
			"item/theirs/scope:s2/doc-d: it was not there when planned, and now is"},
		"one more that nobody sees, delete": {"", func(w *tiny.World) { w.Unseen = map[string]int{"d": 3} },
			"doc/d: it had 2 grants that agencyctl cannot see when planned and has 3 grants that agencyctl cannot see now"},
		"one more that nobody sees, update": {"b", func(w *tiny.World) { w.Unseen = map[string]int{"d": 3} }, "doc/d: it had 2 grants"},
		"fewer that nobody sees":            {"", func(w *tiny.World) { w.Unseen = nil }, ""},
		"the item is gone":                  {"", func(w *tiny.World) { w.Boxes["theirs"] = tiny.OpenBox("outside:p") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w, in := inUse(c.word)
			s := save(t, in)
			w = w.Clone()
			c.move(&w)
			rest, problems := saved.Recheck(s, saved.Now{Snapshot: w.Snapshot(), Wanted: s.Wanted(), Knowledge: in.Knowledge})
			if c.says == "" {
				require.Empty(t, problems)
				require.NotNil(t, rest)
				return
			}
			require.Nil(t, rest)
			require.NotEmpty(t, problems)
			require.Contains(t, problems[0].Detail, c.says)
		})
	}
	_, in := inUse("")
	s := save(t, in)
	tiny.LiveAt(in.Snapshot, "doc/d").Unseen = plan.Unseen{Unknown: true}
	_, problems := saved.Recheck(s, saved.Now{Snapshot: in.Snapshot, Wanted: s.Wanted(), Knowledge: in.Knowledge})
	require.Len(t, problems, 1)
	require.Contains(t, problems[0].Detail, "has grants that nobody can count now")
}
