package render_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/render"
)

const words = `# Words

Not an entry.

## Big ones

### ` + "`bigWord`, `a big one`" + `

It is big.

Severity: high; low where it is small.

What *it* means
is [told](elsewhere.md#there), here. Why: because. What to do: look
at it.

| a | table |
|---|---|

More of it, for those who read the document.

### Not a word

Text.

## Others

### ` + "`small`" + `

It is small.

It means this. What to do: nothing.

More: [elsewhere](../OTHER.md#below)
`

func TestParseEntries(t *testing.T) {
	assert.Equal(t, []render.Entry{
		{
			Word: "bigWord", Also: []string{"a big one"}, Group: "Big ones", Summary: "It is big.", Severity: "high; low where it is small.",
			Meaning: "What it means is told, here.", Why: "because.", Do: "look at it.", More: "docs/words.md#bigword-a-big-one",
		},
		{
			Word: "small", Also: []string{}, Group: "Others", Summary: "It is small.", Meaning: "It means this.", Do: "nothing.",
			More: "OTHER.md#below",
		},
	}, render.ParseEntries("docs/words.md", words))
	assert.Empty(t, render.ParseEntries("docs/words.md", ""))
}

func TestFindEntries(t *testing.T) {
	all := render.ParseEntries("docs/words.md", words)
	for _, word := range []string{"bigWord", "big word", "BIG-WORD", "[big_word]", "A Big One", "bigword:"} {
		require.Len(t, render.FindEntries(all, word), 1, word)
		assert.Equal(t, "bigWord", render.FindEntries(all, word)[0].Word)
	}
	for _, word := range []string{"", "big", "bigwords", "Not a word"} {
		assert.Empty(t, render.FindEntries(all, word), word)
	}
	assert.Equal(t, "bigWord", all[0].Word, "the entries are not changed")
}

func TestWriteEntriesKeepsToTheWidth(t *testing.T) {
	var page strings.Builder
	require.NoError(t, render.WriteEntries(&page, render.ParseEntries("docs/words.md", words), render.Options{Width: 24}))
	assert.Equal(t, `bigWord, a big one (Big
ones)
  It is big.
  Severity: high; low
  where it is small.
  What it means is told,
  here.
  Why: because.
  What to do: look at
  it.
  More:
  docs/words.md#bigword-a-big-one

small (Others)
  It is small.
  It means this.
  What to do: nothing.
  More: OTHER.md#below
`, page.String())
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"one  two\nthree", []string{"one two", "three"}},
		{"longerthanallofit is", []string{"longerthanallofit", "is"}},
		{"日本語 日 日", []string{"日本語 日", "日"}}, // a character is two columns wide
	} {
		assert.Equal(t, c.want, render.Wrap(c.text, 9), c.text)
	}
}
