package schema

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema/internal/fast"
)

// TestTheFastValidatorKnowsEverySection: a keyword that it does not understand would make a section slow, and nothing else.
func TestTheFastValidatorKnowsEverySection(t *testing.T) {
	c := compiled()
	require.NotEmpty(t, c.entries)
	for section := range c.entries {
		require.Contains(t, c.fast, section)
	}
}

// agree compares the answer of the fast validator with that of the library.
func agree(t *testing.T, s *fast.Schema, judge *jsonschema.Schema, n *plan.Node) {
	t.Helper()
	got, sure := s.Valid(n)
	if want := judge.Validate(plain(n)) == nil; sure && got != want {
		t.Fatalf("the fast validator says %t and the library %t of %s", got, want, n.AppendJSON(nil))
	}
}

// TestTheFastValidatorAgreesOnDamagedEntries puts every kind of value into every place of every entry of the examples.
func TestTheFastValidatorAgreesOnDamagedEntries(t *testing.T) {
	c := compiled()
	damage := nodesOf(t, `[null, true, 7, 1.5, "", "a:b/c", "id:x", 2031-06-30, absent, forever, 20d, csms, "`+strings.Repeat("ö", 300)+`", [], [a, a], [a, b], {}, {a: b}, {name: x}]`)
	checked := map[string]int{}
	for _, root := range exampleTrees(t) {
		for _, pair := range root.Pairs() {
			if !c.isSection(pair.Key) {
				continue
			}
			for _, entry := range pair.Value.Elements() {
				agree(t, c.fast[pair.Key], c.entries[pair.Key], entry)
				damaged(entry, damage, func(n *plan.Node) {
					agree(t, c.fast[pair.Key], c.entries[pair.Key], n)
					checked[pair.Key]++
				})
			}
		}
	}
	for section := range c.entries {
		require.Greater(t, checked[section], 100, section)
	}
}

// damaged calls with copies of n in which one value is replaced or left out, or one key is new.
func damaged(n *plan.Node, values []*plan.Node, with func(*plan.Node)) {
	for _, v := range values {
		with(v)
	}
	for i := range n.Items {
		less := *n
		less.Items = append(append([]*plan.Node{}, n.Items[:i]...), n.Items[i+1:]...)
		with(&less)
		damaged(n.Items[i], values, func(item *plan.Node) {
			changed := *n
			changed.Items = append([]*plan.Node{}, n.Items...)
			changed.Items[i] = item
			with(&changed)
		})
	}
	for i := range n.Entries {
		less := *n
		less.Entries = append(append([]plan.Pair{}, n.Entries[:i]...), n.Entries[i+1:]...)
		with(&less)
		damaged(n.Entries[i].Value, values, func(value *plan.Node) {
			changed := *n
			changed.Entries = append([]plan.Pair{}, n.Entries...)
			changed.Entries[i].Value = value
			with(&changed)
		})
	}
	if n.Kind == plan.Map {
		more := *n
		more.Entries = append(append([]plan.Pair{}, n.Entries...), plan.Pair{Key: "no such key", Value: values[0]})
		with(&more)
	}
}

// FuzzFast: the fast validator says of an entry what the library says.
func FuzzFast(f *testing.F) {
	for _, path := range manifestPaths(f) {
		text, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<14 {
			return
		}
		documents, _, _ := decode(Source{Name: "a.yaml", Data: text}, newBudget())
		c := compiled()
		for _, d := range documents {
			for _, pair := range d.root.Pairs() {
				for _, entry := range pair.Value.Elements() {
					if s := c.fast[pair.Key]; s != nil {
						agree(t, s, c.entries[pair.Key], entry)
					}
				}
			}
		}
	})
}

func nodesOf(t *testing.T, list string) []*plan.Node {
	documents, found, _ := decode(Source{Name: "a.yaml", Data: []byte(list + " # apiVersion: agencyctl/v1")}, newBudget())
	require.Empty(t, found.all)
	require.Len(t, documents, 1)
	return documents[0].root.Elements()
}

func manifestPaths(t testing.TB) []string {
	var paths []string
	for _, pattern := range []string{"testdata/problems/*.yaml", "../examples/*/*.yaml", "../testdata/clean/*.yaml"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, found, fmt.Sprintf("no file %s", pattern))
		paths = append(paths, found...)
	}
	return paths
}

func exampleTrees(t *testing.T) []*plan.Node {
	var roots []*plan.Node
	for _, path := range manifestPaths(t) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		documents, _, _ := decode(Source{Name: path, Data: text}, newBudget())
		for _, d := range documents {
			roots = append(roots, d.root)
		}
	}
	return roots
}
