package render

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/patch"
)

// bothSidesOf puts edits together again.
func bothSidesOf(edits []patch.Edit) (before, after []string) {
	for _, e := range edits {
		if e.Kind != patch.Added {
			before = append(before, e.Pieces...)
		}
		if e.Kind != patch.Removed {
			after = append(after, e.Pieces...)
		}
	}
	return before, after
}

func TestJoinedEditsHoldBothSidesWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		token := rapid.SampledFrom([]string{"a", "b", " ", "  ", "-", "c d", "\x00", "\xff", "漢字", ""})
		before := rapid.SliceOfN(token, 0, 40).Draw(t, "before")
		after := rapid.SliceOfN(token, 0, 40).Draw(t, "after")
		gotBefore, gotAfter := bothSidesOf(joinSpaces(compareTokens(before, after)))
		require.Equal(t, strings.Join(before, ""), strings.Join(gotBefore, ""))
		require.Equal(t, strings.Join(after, ""), strings.Join(gotAfter, ""))
	})
}

func TestWordsLoseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		require.Equal(t, text, strings.Join(words(text), ""))
	})
	assert.Equal(t, []string{"nightly", "  ", "cópies_2", ":", " ", "x", "\x1b", "\xff", "\xff"}, words("nightly  cópies_2: x\x1b\xff\xff"))
}

func TestVeryLongTextsAreNotComparedPieceByPiece(t *testing.T) {
	before := strings.Split(strings.Repeat("a|", maxTokens+1), "|")
	after := []string{"a"}
	assert.Equal(t, []patch.Edit{{Kind: patch.Removed, Pieces: before}, {Kind: patch.Added, Pieces: after}}, compareTokens(before, after))
	assert.Empty(t, compareTokens(nil, nil))
}

func TestDocumentLinesStayBounded(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	assert.Equal(t, []string{deep}, documentLines(deep, ","))
	assert.Equal(t, []string{`{`, `  "[{": [`, `    "a,",`, `    "\"}"`, `  ]`, `}`}, documentLines(`{"[{":["a,","\"}"]}`, ","))
	assert.Equal(t, 2, depth(`{"[{[{":["\"[[["]}`))
}
