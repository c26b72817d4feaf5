package schema

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
)

// TestShapesKnowEverySection: a keyword that shapes do not understand would make a section slow, and nothing else.
func TestShapesKnowEverySection(t *testing.T) {
	c := compiled()
	require.NotEmpty(t, c.entries)
	for section := range c.entries {
		require.Contains(t, c.shapes, section)
	}
}

// agree holds the answer of a shape against that of the validator.
func agree(t *testing.T, s *shape, judge *jsonschema.Schema, n *plan.Node) {
	t.Helper()
	var f fitting
	fits, valid := f.fits(s, n), judge.Validate(plain(n)) == nil
	if s.accepts(n) && !valid || !f.unsure && fits != valid {
		t.Fatalf("the shape says %t (unsure: %t) and the validator %t of %s", fits, f.unsure, valid, n.AppendJSON(nil))
	}
}

func TestShapeKeywords(t *testing.T) {
	values := nodesOf(t, `[null, true, false, 0, 1, 5, -3, 1.5, 1.0, "", a, b, ab, "äö", abc, 2031-06-30, 2031-02-30, "5",
		[], [a], [a, b], [a, a], [1, 1], [a, 1], [[a], [a]], [null], [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r],
		[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, a],
		{}, {a: 1}, {a: x}, {b: x}, {a: 1, b: x}, {abc: 1}, {a: {a: 1}}, {a: {a: x}}, {a: [a, a]}]`)
	for _, text := range []string{
		`{}`, `{"type":"string"}`, `{"type":["string","null"]}`, `{"type":"integer"}`, `{"type":"number"}`, `{"type":"boolean"}`, `{"type":"array"}`, `{"type":"object"}`,
		`{"enum":["a","ab","5"]}`, `{"const":"a"}`, `{"pattern":"^[a-z]{1,2}$"}`, `{"pattern":"^[^a]*$"}`, `{"pattern":"^[äb]+$"}`, `{"pattern":"b"}`, `{"format":"date"}`,
		`{"minLength":2}`, `{"maxLength":1}`, `{"minItems":2}`, `{"maxItems":1}`, `{"minProperties":1}`, `{"maxProperties":1}`, `{"minimum":1}`, `{"maximum":1}`,
		`{"uniqueItems":true}`, `{"uniqueItems":false}`, `{"items":{"type":"string"}}`, `{"required":["a"]}`, `{"properties":{"a":{"type":"integer"}}}`,
		`{"additionalProperties":false,"properties":{"a":{}}}`, `{"additionalProperties":{"type":"string"},"properties":{"a":{}}}`, `{"additionalProperties":true}`,
		`{"propertyNames":{"maxLength":2}}`, `{"not":{}}`, `{"not":{"type":"string"}}`, `{"not":{"maximum":1}}`, `{"allOf":[{"minLength":1},{"maxLength":1}]}`, `{"$ref":"#/$defs/d"}`,
		`{"$ref":"#/$defs/d","minLength":2}`, `{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"type":"string"}}`, `{"if":{"type":"string"},"then":{"minLength":2}}`,
		`{"if":{"type":"string"},"else":{"type":"array"}}`, `{"then":{"type":"string"}}`, `{"properties":{"a":{"uniqueItems":true}},"title":"t","description":"d","x-hint":"h"}`,
	} {
		t.Run(text, func(t *testing.T) {
			document := `{"$defs":{"d":{"type":"string"},"it":` + text + `}}`
			s, err := shapeOf(t, document)
			require.NoError(t, err)
			judge := judgeOf(t, document)
			for _, value := range values {
				agree(t, s, judge, value)
			}
		})
	}
}

func TestShapeOfWhatIsNotUnderstood(t *testing.T) {
	for _, text := range []string{
		`{"anyOf":[{}]}`, `{"properties":{"a":{"contains":{}}}}`, `{"not":{"multipleOf":2}}`, `{"enum":[1]}`, `{"const":null}`, `{"format":"no-such-format"}`,
		`{"minimum":0.5}`, `{"$ref":"#/$defs/it"}`, `{"$ref":"#/properties/it"}`, `{"items":true}`, `{"enum":["a"],"const":"a"}`,
	} {
		_, err := shapeOf(t, `{"$defs":{"it":`+text+`}}`)
		require.Error(t, err, text)
	}
}

// TestShapesAgreeOnDamagedEntries puts every kind of value into every place of every entry of the examples.
func TestShapesAgreeOnDamagedEntries(t *testing.T) {
	c := compiled()
	damage := nodesOf(t, `[null, true, 7, 1.5, "", "a:b/c", "id:x", 2031-06-30, absent, forever, 20d, csms, "`+strings.Repeat("ö", 300)+`", [], [a, a], [a, b], {}, {a: b}, {name: x}]`)
	checked := map[string]int{}
	for _, root := range exampleTrees(t) {
		for _, pair := range root.Pairs() {
			if !c.isSection(pair.Key) {
				continue
			}
			for _, entry := range pair.Value.Elements() {
				agree(t, c.shapes[pair.Key], c.entries[pair.Key], entry)
				damaged(entry, damage, func(n *plan.Node) {
					agree(t, c.shapes[pair.Key], c.entries[pair.Key], n)
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

// FuzzShape: what a shape says of an entry is what the validator says.
func FuzzShape(f *testing.F) {
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
					if s := c.shapes[pair.Key]; s != nil {
						agree(t, s, c.entries[pair.Key], entry)
					}
				}
			}
		}
	})
}

// FuzzCharRun: a run matches what the regular expression matches.
func FuzzCharRun(f *testing.F) {
	f.Add("^[^\\x00-\\x1f\\x7f-\\x9f]{1,64}$", "a b")
	f.Add("^[A-Za-z0-9_-]{2,3}$", "ab\xff")
	f.Add("^[äöü]+$", "äö")
	f.Add("(?i)^[a-k]*$", "\u212a")
	f.Add("^[^a]{2,}$", "xé\n")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		run, ok := runOf(pattern)
		form, err := regexp.Compile(pattern)
		if !ok || err != nil {
			return
		}
		require.Equal(t, form.MatchString(text), run.match(text))
	})
}

func TestCharRunKnowsThePatternsOfNames(t *testing.T) {
	for pattern, known := range map[string]bool{
		`^[^\x00-\x1f\x7f-\x9f]{1,64}$`: true, `^[A-Za-z0-9_-]{1,64}$`: true, `^[^a]*$`: true, `^[a-z]+$`: true,
		`^op_svc_[A-Za-z]+$`: false, `[a-z]+`: false, `^[a-z]+`: false, `^.*$`: false, `^(a|bc)+$`: false, `(?m)^[a-z]+$`: false, `(`: false,
	} {
		_, ok := runOf(pattern)
		require.Equal(t, known, ok, pattern)
	}
}

func shapeOf(t *testing.T, document string) (*shape, error) {
	root, err := parseObject([]byte(document))
	require.NoError(t, err)
	s := shaper{root: root, byRef: map[string]*shape{}}
	return s.shapeAt("#/$defs/it")
}

func judgeOf(t *testing.T, document string) *jsonschema.Schema {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat = true
	require.NoError(t, compiler.AddResource("https://example.com/s", bytes.NewReader([]byte(document))))
	judge, err := compiler.Compile("https://example.com/s#/$defs/it")
	require.NoError(t, err)
	return judge
}

func nodesOf(t *testing.T, list string) []*plan.Node {
	documents, found, _ := decode(Source{Name: "a.yaml", Data: []byte(list)}, newBudget())
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
