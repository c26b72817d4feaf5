package render

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/plan"
)

func TestCleanTextShowsWhatItIs(t *testing.T) {
	for sentence, c := range map[string]struct{ text, want string }{
		"plain text stays":                       {"Tenant Guest (über 漢字) → é", "Tenant Guest (über 漢字) → é"},
		"line ends and tabs become letters":      {"a\r\n\tb", `a\r\n\tb`},
		"escape sequences lose their power":      {"\x1b[31mred\x07", `\x1b[31mred\x07`},
		"the eight-bit control characters too":   {"\u009b31m\u0085", `\u009b31m\u0085`},
		"the direction of writing cannot change": {"\u202egnp\u2066\u200f", `\u202egnp\u2066\u200f`},
		"invisible characters are seen":          {"a\u200b\u00a0\u2800\u3164\ufe0f\u034f\ufeff", `a\u200b\u00a0\u2800\u3164\ufe0f\u034f\ufeff`},
		"line separators are no line ends":       {"\u2028\u2029", `\u2028\u2029`},
		"tags beyond the first plane are seen":   {"\U000e0041", `\U000e0041`},
		"bytes that are no text are seen":        {"a\xff\xc3(", `a\xff\xc3(`},
		"a real replacement character stays":     {"\ufffd\n", "\ufffd" + `\n`},
	} {
		t.Run(sentence, func(t *testing.T) {
			assert.Equal(t, c.want, Clean(c.text))
			assert.Equal(t, c.want, Clean(c.want), "a clean text must stay as it is")
		})
	}
}

func TestQuotedTextsCannotEndTheirQuotes(t *testing.T) {
	assert.Equal(t, `"a\\\" → \"b"`, quote(`a\" → "b`))
	assert.Equal(t, `""`, quote(""))
}

func TestSpellKeepsTheMeaningOfJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{`\u003c`, `\\u003c`, "<&>", "\u202e\u009b\x7f", "\U000e0041", `\`})).Draw(t, "text")
		escaped, err := json.Marshal(text)
		require.NoError(t, err)
		spelled := spelling(t, string(escaped), "")
		var back string
		require.NoError(t, json.Unmarshal([]byte(spelled), &back))
		require.Equal(t, text, back)
		for _, r := range strings.TrimSuffix(spelled, "\n") {
			require.True(t, plan.Visible(r), "%q", spelled)
		}
	})
	assert.Equal(t, `"<a> & \\u003c \\<"`+"\n", spelling(t, `"\u003ca\u003E \u0026 \\u003c \\\u003c"`, ""))
	assert.Equal(t, `"\ufffd\u202e"`+"\n", spelling(t, "\"\xff\u202e\"", ""))
}

func TestSpellIndentsAsTheLibraryDoes(t *testing.T) {
	text := rapid.SampledFrom([]string{`{}`, `[]`, `""`, `"a\"{[,:]}"`, `-1.5`, `null`, "true"})
	value := rapid.OneOf(text, rapid.Map(rapid.SliceOfN(text, 1, 3), func(all []string) string { return "[" + strings.Join(all, ",") + "]" }))
	rapid.Check(t, func(t *rapid.T) {
		compact := `{"a":` + value.Draw(t, "a") + `,"b":[{"c":` + value.Draw(t, "c") + `}],"d":[` + value.Draw(t, "d") + `]}`
		var want bytes.Buffer
		require.NoError(t, json.Indent(&want, []byte(compact), "", "  "))
		require.Equal(t, want.String()+"\n", spelling(t, compact, "  "))
		require.Equal(t, compact+"\n", spelling(t, compact, ""))
	})
}

func spelling(t require.TestingT, text, indent string) string {
	var out bytes.Buffer
	s := newSpeller(&out, indent)
	_, err := s.Write([]byte(text))
	require.NoError(t, s.finish(err))
	return out.String()
}

// TestPiecesAreWhatTheEncoderWrites holds the way by elements and fields against the encoder's own.
func TestPiecesAreWhatTheEncoderWrites(t *testing.T) {
	type inner struct {
		Texts []string `json:"texts"`
		Empty []inner  `json:"empty,omitempty"`
		Lists []inner  `json:"lists,omitempty"`
	}
	type outer struct {
		inner
		Gone   string          `json:"gone,omitempty"`
		Raw    json.RawMessage `json:"raw"`
		Nil    []inner         `json:"nil"`
		None   []inner         `json:"none"`
		Hidden []inner         `json:"-"`
		Any    []any           `json:"any,omitzero"`
		Action plan.Action     `json:"action"`
		Last   *inner          `json:"last"`
	}
	leaf := inner{Texts: []string{"<a>", "\u202e"}, Lists: []inner{{}, {Lists: []inner{{}}}}}
	for _, v := range []any{
		struct{}{}, leaf, []any{}, []any{nil, 1, leaf}, map[string]any{"a": 1},
		outer{}, outer{Raw: json.RawMessage(`{"b":[]}`), Action: plan.Create},
		outer{
			inner: leaf, Gone: "no", Raw: json.RawMessage(`1`), None: []inner{}, Hidden: []inner{{}}, Action: plan.Delete, Last: &leaf,
			Any: []any{nil, leaf, &leaf, []inner{leaf}, outer{Action: plan.Update}, "text", struct{}{}},
		},
	} {
		compact, err := json.Marshal(v)
		if err != nil {
			require.Error(t, writeIndented(io.Discard, v))
			continue
		}
		var got bytes.Buffer
		require.NoError(t, writeIndented(&got, v))
		require.Equal(t, spelling(t, string(compact), "  "), got.String())
	}
}
