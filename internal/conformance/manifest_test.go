package conformance

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

func TestManifest(t *testing.T) {
	m := Manifest(t, `{
  "account": {"name": "n", "id": "i"},
  "cloud": {"kind": "k", "region": "r", "notRead": ["attic"]},
  "ownership": {"include": ["a/*"], "exclude": ["a/x"], "protect": ["b/**"], "prune": true},
  "guardrails": {"max": 3},
  "none": null,
  "things": [{"z": "é", "a": [true, 1.5, -7]}, "last"]
}`)
	assert.Equal(t, plan.Account{Name: "n", ID: "i"}, m.Account)
	assert.Equal(t, plan.Position{File: "m.yaml", Line: 2, Column: 14}, m.AccountAt)
	assert.Equal(t, plan.Cloud{Kind: "k", Region: "r"}, m.Cloud)
	assert.Equal(t, []string{"attic"}, m.NotRead)
	assert.True(t, m.Ownership.Prune)
	assert.True(t, m.Ownership.Owns(addr.New("a", addr.Plain("b"))))
	assert.False(t, m.Ownership.Owns(addr.New("a", addr.Plain("x"))))
	assert.Len(t, m.Ownership.Protect, 1)
	assert.Equal(t, int64(3), m.Guardrails.Get("max").Int)
	assert.Empty(t, m.Sections["none"])
	require.Len(t, m.Sections["things"], 2)
	at := func(column int) plan.Position { return plan.Position{File: "m.yaml", Line: 7, Column: column} }
	assert.Equal(t, &plan.Node{Kind: plan.Map, At: at(14), Entries: []plan.Pair{
		{Key: "z", KeyAt: at(15), Value: &plan.Node{Kind: plan.Text, Text: "é", At: at(20)}},
		{Key: "a", KeyAt: at(25), Value: &plan.Node{Kind: plan.List, At: at(30), Items: []*plan.Node{
			{Kind: plan.Bool, Bool: true, At: at(31)}, {Kind: plan.Float, Text: "1.5", At: at(37)}, {Kind: plan.Int, Int: -7, Text: "-7", At: at(42)},
		}}},
	}}, m.Sections["things"][0], "entries keep their order and their places")
	assert.Equal(t, at(48), m.Sections["things"][1].At)
	assert.Equal(t, "example-co", Manifest(t, `{}`).Account.Name)
}

func TestManifestRefusesWhatIsNone(t *testing.T) {
	for name, text := range map[string]string{
		"no object": `[]`, "a broken text": `{"a": [`, "two values": `{} {}`, "a key given twice": `{"a": [{"b": 1, "b": 2}]}`,
		"a section that is no list": `{"a": {}}`, "a bad pattern": `{"ownership": {"include": ["*"]}}`,
	} {
		w := &witness{TB: t}
		over := make(chan struct{})
		go func() {
			defer close(over)
			Manifest(w, text)
		}()
		<-over
		assert.True(t, w.failed, name)
	}
}
