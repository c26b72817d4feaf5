package fast

import (
	"bytes"
	"encoding/json"
	"regexp"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
)

func TestKeywords(t *testing.T) {
	values := nodesOf(t, `[null, true, false, 0, 1, 5, -3, 1.5, 1.0, "", "a", "b", "ab", "äö", "abc", "2031-06-30", "2031-02-30", "5",
		[], ["a"], ["a", "b"], ["a", "a"], [1, 1], ["a", 1], [["a"], ["a"]], [null],
		["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r"],
		["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "a"],
		{}, {"a": 1}, {"a": "x"}, {"b": "x"}, {"a": 1, "b": "x"}, {"abc": 1}, {"a": {"a": 1}}, {"a": {"a": "x"}}, {"a": ["a", "a"]}]`)
	for _, text := range []string{
		`{}`, `{"type":"string"}`, `{"type":["string","null"]}`, `{"type":"integer"}`, `{"type":"number"}`, `{"type":"boolean"}`, `{"type":"array"}`, `{"type":"object"}`,
		`{"enum":["a","ab","5"]}`, `{"const":"a"}`, `{"pattern":"^[a-z]{1,2}$"}`, `{"pattern":"^[^a]*$"}`, `{"pattern":"^[äb]+$"}`, `{"pattern":"b"}`, `{"format":"date"}`,
		`{"minLength":2}`, `{"maxLength":1}`, `{"minItems":2}`, `{"maxItems":1}`, `{"minProperties":1}`, `{"maxProperties":1}`, `{"minimum":1}`, `{"maximum":1}`,
		`{"uniqueItems":true}`, `{"uniqueItems":false}`, `{"items":{"type":"string"}}`, `{"required":["a"]}`, `{"properties":{"a":{"type":"integer"}}}`,
		`{"additionalProperties":false,"properties":{"a":{}}}`, `{"additionalProperties":{"type":"string"},"properties":{"a":{}}}`, `{"additionalProperties":true}`,
		`{"propertyNames":{"maxLength":2}}`, `{"not":{}}`, `{"not":{"type":"string"}}`, `{"not":{"maximum":1}}`, `{"allOf":[{"minLength":1},{"maxLength":1}]}`, `{"$ref":"#/$defs/d"}`,
		`{"$ref":"#/$defs/d","minLength":2}`, `{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"type":"string"}}`, `{"if":{"type":"string"},"then":{"minLength":2}}`,
		`{"if":{"type":"string"},"else":{"type":"array"}}`, `{"then":{"type":"string"}}`, `{"properties":{"a":{"uniqueItems":true}},"title":"t","description":"d","$comment":"h"}`,
	} {
		t.Run(text, func(t *testing.T) {
			document := `{"$defs":{"d":{"type":"string"},"it":` + text + `}}`
			s, err := compileIt(t, document)
			require.NoError(t, err)
			judge := judgeOf(t, document)
			for _, value := range values {
				got, sure := s.Valid(value)
				want := judge.Validate(decoded(t, value.AppendJSON(nil))) == nil
				require.True(t, !sure || got == want, "%s is valid: %t, and the library says %t", value.AppendJSON(nil), got, want)
			}
		})
	}
}

func TestUnknownKeywordsAreRefused(t *testing.T) {
	for _, text := range []string{
		`{"anyOf":[{}]}`, `{"properties":{"a":{"contains":{}}}}`, `{"not":{"multipleOf":2}}`, `{"enum":[1]}`, `{"const":null}`, `{"format":"no-such-format"}`,
		`{"minimum":0.5}`, `{"$ref":"#/$defs/it"}`, `{"$ref":"#/properties/it"}`, `{"items":true}`, `{"enum":["a"],"const":"a"}`,
	} {
		_, err := compileIt(t, `{"$defs":{"it":`+text+`}}`)
		require.Error(t, err, text)
	}
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

func compileIt(t *testing.T, document string) (*Schema, error) {
	root, ok := decoded(t, []byte(document)).(map[string]any)
	require.True(t, ok)
	return NewCompiler(root).Compile("#/$defs/it")
}

func decoded(t *testing.T, text []byte) (value any) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&value))
	return value
}

func nodesOf(t *testing.T, list string) []*plan.Node {
	root, err := plan.NodeOf([]byte(list))
	require.NoError(t, err)
	return root.Elements()
}

func judgeOf(t *testing.T, document string) *jsonschema.Schema {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat = true
	require.NoError(t, compiler.AddResource("https://example.com/s", bytes.NewReader([]byte(document))))
	judge, err := compiler.Compile("https://example.com/s#/$defs/it")
	require.NoError(t, err)
	return judge
}
