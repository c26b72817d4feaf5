package plan_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// TestFindingsAreSortedWhateverTheirParts sorts lists of sorted parts of any sizes, and compares with a plain sort.
func TestFindingsAreSortedWhateverTheirParts(t *testing.T) {
	compare := func(x, y plan.Finding) int {
		return cmp.Or(addr.Compare(x.Address, y.Address), cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Attribute, y.Attribute), cmp.Compare(x.Message, y.Message))
	}
	rapid.Check(t, func(t *rapid.T) {
		var all []plan.Finding
		for range rapid.IntRange(0, 12).Draw(t, "parts") {
			var part []plan.Finding
			for range rapid.SampledFrom([]int{0, 1, 1, 2, 3, 40}).Draw(t, "size") {
				part = append(part, plan.Finding{
					Address:   tiny.BoxAt(fmt.Sprint(rapid.IntRange(0, 30).Draw(t, "box"))),
					Rule:      rapid.SampledFrom([]string{"r", "s"}).Draw(t, "rule"),
					Attribute: rapid.SampledFrom([]string{"", "a"}).Draw(t, "attribute"),
					Hint:      fmt.Sprint(len(all) + len(part)), // what the order leaves open stays as it came
				})
			}
			if rapid.IntRange(0, 5).Draw(t, "sorted") > 0 {
				slices.SortFunc(part, compare)
			}
			all = append(all, part...)
		}
		want := slices.Clone(all)
		slices.SortStableFunc(want, compare)
		require.Equal(t, slices.Compact(want), plan.SortFindings(all))
	})
}
