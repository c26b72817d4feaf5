package plan

import (
	"testing"

	"github.com/agext/levenshtein"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWithinIsTheDistanceOfLevenshtein(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[abcö]{0,8}`)
		x, y := word.Draw(t, "x"), word.Draw(t, "y")
		most := rapid.IntRange(0, 2).Draw(t, "most")
		require.Equal(t, levenshtein.Distance(x, y, levenshtein.NewParams()) <= most, within([]rune(x), []rune(y), most))
	})
}

func TestWhatLooksTheSameIsMistakenForTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[aоօνНhгr0oил\x{200b}Ηı1l -]{1,6}`)
		x, y := word.Draw(t, "x"), word.Draw(t, "y")
		if LooksLike(x, []string{y}) != "" {
			require.Equal(t, y, newKnownNames([]string{y}).resembled(x))
		}
	})
}
