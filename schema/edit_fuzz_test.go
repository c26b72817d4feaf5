package schema

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/agencyctl/agencyctl/plan"
)

// FuzzEdit edits entries of any text: it never panics, what it returns can be read, says what the edits say that were not refused, and
// nothing else differently. Without edits it is the text itself.
func FuzzEdit(f *testing.F) {
	paths, err := filepath.Glob("../examples/*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, []byte{1, 2, 3, 4, 5})
	}
	for _, text := range []string{
		"a:\n- &x {k: v, l: [1, 2]} # c\n- <<: *x\n  ? m\n  : |2\n     n\n- - o\n", "{a: [{b: 'c', \"d\": [e,\n f # g\n ]}]}\n---\na: [*b]\n",
		"a:\r\n  # b\r\n  - c: >-\r\n      d\r\n\r\n      e\r\n    # f\r\n    g: {h: , i: j}\r\n\r\n  - c: k", "\ufeffa: [] # none\nb:\n- \n-\n  c: d",
	} {
		f.Add([]byte(text), []byte{3, 1, 4, 1, 5, 9, 2, 6})
		f.Add([]byte(text), []byte{2, 7, 1, 8, 2, 8})
	}
	f.Fuzz(func(t *testing.T, text, choices []byte) {
		if len(text) > 1<<14 || len(choices) > 64 {
			return
		}
		source := Source{Name: "a.yaml", Data: text}
		read, err := readForEdit(source)
		if err != nil {
			return
		}
		if same, refused := Edit(source, nil); !bytes.Equal(same, text) || len(refused) > 0 {
			t.Fatal("without edits the text is another one")
		}
		next := func(n int) int {
			if len(choices) == 0 {
				return 0
			}
			c := int(choices[0])
			choices = choices[1:]
			return c % n
		}
		var edits []EntryEdit
		for _, d := range read.documents {
			for _, pair := range d.tree.Pairs() {
				for _, item := range pair.Value.Elements() {
					switch edit := (EntryEdit{At: item.At}); next(5) {
					case 1:
						edits = append(edits, edit)
					case 2, 3:
						edit.Node = mutated(item, next)
						edits = append(edits, edit)
					case 4:
						edits = append(edits, EntryEdit{At: item.At, Section: pair.Key, Node: item, Comments: []string{"a"}})
					}
				}
			}
		}
		edited, refused := Edit(source, edits)
		again, err := readForEdit(Source{Name: "a.yaml", Data: edited})
		if err != nil {
			t.Fatalf("the edited text cannot be read: %v\n%s\n---\n%s", err, text, edited)
		}
		if len(refused) == len(edits) && !bytes.Equal(edited, text) {
			t.Fatal("all is refused, and the text is another one")
		}
		if bytes.Contains(text, []byte("\r\n")) && !bytes.Contains(bytes.ReplaceAll(text, []byte("\r\n"), nil), []byte("\n")) &&
			bytes.Contains(bytes.ReplaceAll(edited, []byte("\r\n"), nil), []byte("\n")) {
			t.Fatalf("another line end:\n%q", edited)
		}
		if len(again.documents) != len(read.documents) {
			t.Fatal("another number of documents")
		}
		for i, d := range read.documents {
			for _, pair := range d.tree.Pairs() {
				var want []string
				for _, item := range pair.Value.Elements() {
					k := slices.IndexFunc(edits, func(e EntryEdit) bool { return e.At == item.At && e.Section == "" })
					isRefused := slices.ContainsFunc(refused, func(r Refused) bool { return r.Edit == k })
					switch {
					case k < 0 || isRefused:
						want = append(want, string(item.AppendJSON(nil)))
					case edits[k].Node != nil:
						want = append(want, string(edits[k].Node.AppendJSON(nil)))
					}
				}
				for k, item := range again.documents[i].tree.Get(pair.Key).Elements() {
					if got := string(item.AppendJSON(nil)); k < len(want) && got != want[k] {
						t.Fatalf("%s is to be %s:\n%s\n---\n%s", got, want[k], text, edited)
					}
				}
			}
		}
	})
}

// mutated returns another tree.
func mutated(n *plan.Node, next func(int) int) *plan.Node {
	c := *n
	switch {
	case n.Kind == plan.Map && len(n.Entries) > 0:
		c.Entries = slices.Clone(n.Entries)
		switch k := next(len(c.Entries)); next(4) {
		case 0:
			c.Entries = slices.Delete(c.Entries, k, k+1)
		case 1:
			if !n.Has("added") {
				c.Entries = slices.Insert(c.Entries, k, plan.Pair{Key: "added", Value: plan.NewText("a: b")})
			}
		default:
			c.Entries[k].Value = mutated(c.Entries[k].Value, next)
		}
	case n.Kind == plan.List && len(n.Items) > 0:
		c.Items = slices.Clone(n.Items)
		switch k := next(len(c.Items)); next(4) {
		case 0:
			c.Items = slices.Delete(c.Items, k, k+1)
		case 1:
			c.Items = slices.Insert(c.Items, k, plan.NewText("added"))
		default:
			c.Items[k] = mutated(c.Items[k], next)
		}
	default:
		return []*plan.Node{
			plan.NewText("new"), plan.NewText("two\nlines"), {Kind: plan.List, Items: []*plan.Node{plan.NewText("x")}}, {Kind: plan.Null}, {Kind: plan.Map},
		}[next(5)]
	}
	return &c
}
