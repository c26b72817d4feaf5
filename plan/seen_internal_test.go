package plan

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// What acceptances have seen stays the same, so the text that is digested is that of the encoder, which wrote it first.
func TestTheCanonicalFormIsThatOfTheEncoder(t *testing.T) {
	document, err := DocumentValue([]byte(`{"Statement":[{"Action":["<&>","\u2028","é"],"Effect":"Allow"}],"b":1.50}`))
	require.NoError(t, err)
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "<a> & \"b\"\\", "\u2028\u202e\x7f\x01", "é", "\xff", "plain"}))
	values := rapid.OneOf(
		rapid.Map(text, StringValue), rapid.Map(rapid.Bool(), BoolValue), rapid.Just(document), rapid.Just(Value{}),
		rapid.Map(rapid.SliceOfN(text, 0, 3), func(members []string) Value { return SetValue(members...) }))
	content := func(actions string) CatalogueEntry {
		return CatalogueEntry{Kind: "role", Name: actions, ID: actions, Document: []byte(`{"b":["<","\u2028"],"a":{"d":1,"c":null}}`)}
	}
	view := NewView(&Snapshot{Catalogue: NewCatalogue(content("one"), content("two"))}, Ownership{}, nil)
	rapid.Check(t, func(t *rapid.T) {
		type part struct {
			Address    addr.Address `json:"address"`
			Attributes Attributes   `json:"attributes"`
			Documents  []any        `json:"documents,omitempty"`
		}
		var live []*Live
		var parts []part
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			a := addr.New("box", addr.Plain(text.Filter(func(s string) bool { return s != "" }).Draw(t, "name")))
			l := &Live{Resource: Resource{Address: a, Attributes: rapid.MapOfN(text, values, 0, 3).Draw(t, "attributes")}}
			if rapid.Bool().Draw(t, "uses") {
				l.Uses, l.Bindings = []addr.Address{a}, map[string]string{"role": "one"}
			}
			canonical := part{a, Attributes{}, view.documentsOf(l)}
			for name, value := range l.Attributes {
				if !value.IsZero() {
					canonical.Attributes[name] = value
				}
			}
			live, parts = append(live, l), append(parts, canonical)
		}
		want, err := marshal(parts)
		require.NoError(t, err)
		require.Equal(t, string(want), string(newDigests(view).canonical(nil, live)))
	})
}
