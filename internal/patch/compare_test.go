package patch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/patch"
)

// sidesOf puts edits together again.
func sidesOf(edits []patch.Edit) (before, after []string) {
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

func TestEditsHoldBothSidesWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		token := rapid.SampledFrom([]string{"a", "b", " ", "  ", "-", "c d", "\x00", "\xff", "漢字", ""})
		before := rapid.SliceOfN(token, 0, 40).Draw(t, "before")
		after := rapid.SliceOfN(token, 0, 40).Draw(t, "after")
		edits := patch.Compare(before, after)
		gotBefore, gotAfter := sidesOf(edits)
		require.True(t, slices.Equal(before, gotBefore), "%q", edits)
		require.True(t, slices.Equal(after, gotAfter), "%q", edits)
		kept := 0
		for i, e := range edits {
			require.NotEmpty(t, e.Pieces)
			require.False(t, i > 0 && edits[i-1].Kind == e.Kind, "%v: one run is two edits", edits)
			require.False(t, i > 0 && edits[i-1].Kind == patch.Added && e.Kind == patch.Removed, "%v: added before removed", edits)
			if e.Kind == patch.Kept {
				kept += len(e.Pieces)
			}
		}
		require.Equal(t, longestCommon(before, after), kept, "%q", edits)
	})
}

// longestCommon is the length of the longest common subsequence, the textbook way.
func longestCommon(before, after []string) int {
	row := make([]int, len(after)+1)
	for _, x := range before {
		diagonal := 0
		for j, y := range after {
			above := row[j+1]
			row[j+1] = max(row[j+1], row[j])
			if x == y {
				row[j+1] = diagonal + 1
			}
			diagonal = above
		}
	}
	return row[len(after)]
}

// There are more pieces than letters below those that cannot stand in a text.
func TestManyPieces(t *testing.T) {
	var before []string
	for i := range 0xE000 {
		before = append(before, fmt.Sprint(i))
	}
	after := slices.Concat([]string{"new"}, before[1:40_000], before[40_001:])
	assert.Equal(t, []patch.Edit{
		{patch.Removed, before[:1]}, {patch.Added, after[:1]}, {patch.Kept, before[1:40_000]}, {patch.Removed, before[40_000:40_001]},
		{patch.Kept, before[40_001:]},
	}, patch.Compare(before, after))

	other := strings.Split(strings.Repeat("x|", len(before)), "|")
	assert.Equal(t, []patch.Edit{{patch.Removed, before}, {patch.Added, other}}, patch.Compare(before, other))
}
