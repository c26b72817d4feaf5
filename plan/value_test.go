package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
)

func document(text string) plan.Value {
	v, err := plan.DocumentValue([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}

func TestValueJSON(t *testing.T) {
	for behaviour, c := range map[string]struct {
		value      plan.Value
		json, text string
	}{
		"no value is null":                    {plan.Value{}, `null`, "(none)"},
		"a string":                            {plan.StringValue(`a"b`), `"a\"b"`, `a"b`},
		"an empty string is a value":          {plan.StringValue(""), `""`, ""},
		"a bool":                              {plan.BoolValue(true), `true`, "true"},
		"false is a value":                    {plan.BoolValue(false), `false`, "false"},
		"a set is sorted and holds each once": {plan.SetValue("b", "a", "b"), `["a","b"]`, "[a, b]"},
		"an empty set is a value":             {plan.SetValue(), `[]`, "[]"},
		"a document keeps its order, not its blanks": {document(`{ "b": [1, 2],
			"a": null }`), `{"b":[1,2],"a":null}`, `{"b":[1,2],"a":null}`},
	} {
		t.Run(behaviour, func(t *testing.T) {
			got, err := json.Marshal(c.value)
			require.NoError(t, err)
			require.Equal(t, c.json, string(got))
			require.Equal(t, c.text, c.value.String())
			var back plan.Value
			require.NoError(t, json.Unmarshal(got, &back))
			require.True(t, back.Equal(c.value), "%s read back as %s", c.value, back)
		})
	}
}

func TestValueJSONIsAClosedSet(t *testing.T) {
	for behaviour, text := range map[string]string{
		"a number":            `1`,
		"a set of numbers":    `[1]`,
		"a set with null":     `["a",null]`,
		"a set of sets":       `[["a"]]`,
		"a broken string":     `"a`,
		"a broken bool":       `troo`,
		"a word like null":    `nothing`,
		"a broken document":   `{"a":}`,
		"nothing at all":      ``,
		"a negative number":   `-1`,
		"two values in a row": `"a" "b"`,
	} {
		t.Run(behaviour, func(t *testing.T) {
			var v plan.Value
			require.ErrorIs(t, v.UnmarshalJSON([]byte(text)), plan.ErrBadValue)
			require.True(t, v.IsZero())
		})
	}
	_, err := plan.DocumentValue([]byte(`[1]`))
	require.ErrorIs(t, err, plan.ErrBadValue)
	_, err = plan.DocumentValue([]byte(``))
	require.ErrorIs(t, err, plan.ErrBadValue)
}

func TestValuesOfDifferentKindsDiffer(t *testing.T) {
	values := []plan.Value{{}, plan.StringValue(""), plan.StringValue("true"), plan.StringValue(`{}`), plan.BoolValue(false),
		plan.BoolValue(true),
		plan.SetValue(), plan.SetValue(""), plan.SetValue("a"), document(`{}`), document(`{"a":1,"b":2}`), document(`{"b":2,"a":1}`)}
	for i, v := range values {
		for j, w := range values {
			require.Equal(t, i == j, v.Equal(w), "%s and %s", v, w)
		}
	}
}

func TestValueAccessors(t *testing.T) {
	s, isString := plan.StringValue("x").AsString()
	require.True(t, isString)
	require.Equal(t, "x", s)
	_, isString = document(`{}`).AsString()
	require.False(t, isString)
	b, isBool := plan.BoolValue(true).AsBool()
	require.True(t, isBool && b)
	text, isDocument := document(`{ }`).AsDocument()
	require.True(t, isDocument)
	require.Equal(t, "{}", text)
	_, isDocument = plan.StringValue("x").AsDocument()
	require.False(t, isDocument)
	set := plan.SetValue("a", "b")
	members, isSet := set.AsSet()
	require.True(t, isSet)
	members[0] = "z"
	require.True(t, set.Equal(plan.SetValue("a", "b")), "the caller's slice is its own")
}

func TestDiffAttributes(t *testing.T) {
	a, b, set := plan.StringValue("a"), plan.StringValue("b"), plan.SetValue("a")
	for behaviour, c := range map[string]struct {
		before, after plan.Attributes
		want          []plan.AttributeChange
	}{
		"equal sides do not differ": {plan.Attributes{"x": a}, plan.Attributes{"x": a}, nil},
		"differences are sorted by name": {plan.Attributes{"y": a, "x": a}, plan.Attributes{"y": b, "x": set},
			[]plan.AttributeChange{{Name: "x", Before: a, After: set}, {Name: "y", Before: a, After: b}}},
		"what is not desired is not managed": {plan.Attributes{"x": a, "y": b}, plan.Attributes{"x": a}, nil},
		"what is not there differs":          {plan.Attributes{}, plan.Attributes{"x": a}, []plan.AttributeChange{{Name: "x", After: a}}},
		"empty is a value": {plan.Attributes{"x": a}, plan.Attributes{"x": plan.StringValue("")},
			[]plan.AttributeChange{{Name: "x", Before: a, After: plan.StringValue("")}}},
		"without a before everything is a change":    {nil, plan.Attributes{"x": a}, []plan.AttributeChange{{Name: "x", After: a}}},
		"without an after everything is a change":    {plan.Attributes{"x": a}, nil, []plan.AttributeChange{{Name: "x", Before: a}}},
		"an empty after manages nothing, unlike nil": {plan.Attributes{"x": a}, plan.Attributes{}, nil},
	} {
		t.Run(behaviour, func(t *testing.T) {
			require.Equal(t, c.want, plan.DiffAttributes(c.before, c.after))
		})
	}
}

func TestNodeJSONIsCanonical(t *testing.T) {
	text := func(s string) *plan.Node { return &plan.Node{Kind: plan.Text, Text: s} }
	entries := []plan.Pair{
		{Key: "b", Value: &plan.Node{Kind: plan.List,
			Items: []*plan.Node{{Kind: plan.Int, Int: -7, Text: "-7"}, {Kind: plan.Float, Text: "1.5"}, nil}}},
		{Key: "a", Value: &plan.Node{Kind: plan.Bool, Bool: true}},
		{Key: "c\n", Value: text("x\"y")},
		{Key: "d", Value: &plan.Node{At: plan.Position{File: "f", Line: 3}}},
	}
	const want = `{"a":true,"b":[-7,1.5,null],"c\n":"x\"y","d":null}`
	n := &plan.Node{Kind: plan.Map, Entries: entries, At: plan.Position{File: "f", Line: 1, Column: 1}}
	require.Equal(t, want, string(n.AppendJSON(nil)))
	require.True(t, json.Valid([]byte(want)))
	require.Equal(t, "b", n.Entries[0].Key, "the tree itself stays in source order")
	turned := &plan.Node{Kind: plan.Map, Entries: []plan.Pair{entries[3], entries[2], entries[1], entries[0]}}
	require.Equal(t, want, string(turned.AppendJSON(nil)), "order and positions do not count")
	require.Equal(t, "x:", string((&plan.Node{Kind: plan.List}).AppendJSON([]byte("x:"))[:2]), "it appends")
}

func TestNodeAccessorsTakeAnyNode(t *testing.T) {
	var none *plan.Node
	list := &plan.Node{Kind: plan.List, Items: []*plan.Node{{Kind: plan.Text, Text: "x"}}}
	mapping := &plan.Node{Kind: plan.Map, Entries: []plan.Pair{{Key: "k", Value: list}}, At: plan.Position{File: "f", Line: 2, Column: 4}}
	require.Nil(t, none.Get("k"))
	require.Nil(t, list.Get("k"))
	require.Equal(t, list, mapping.Get("k"))
	require.True(t, mapping.Has("k"))
	require.False(t, mapping.Has("other"))
	require.Equal(t, "f:2:4", mapping.Position().String())
	require.True(t, none.Position().IsZero())
	require.Equal(t, "x", list.Elements()[0].String())
	require.Empty(t, list.String())
	require.Nil(t, mapping.Elements())
	require.Nil(t, none.Pairs())
	require.Len(t, mapping.Pairs(), 1)
	require.False(t, none.IsTrue())
	require.True(t, (&plan.Node{Kind: plan.Bool, Bool: true}).IsTrue())
}

func TestTextsKeepTheSignsOfHTML(t *testing.T) {
	text, err := plan.StringValue("a<b>&c").MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, `"a<b>&c"`, string(text))
	require.Equal(t, `"a<b>&c"`, string((&plan.Node{Kind: plan.Text, Text: "a<b>&c"}).AppendJSON(nil)))
}
