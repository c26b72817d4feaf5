package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/plan"
)

// TestSourcesAreAMap holds the list, and its JSON, against a map of the same.
func TestSourcesAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sources plan.Sources
		model := map[string]plan.Position{}
		for range rapid.IntRange(0, 8).Draw(t, "steps") {
			attribute := rapid.SampledFrom([]string{"", "a", "b", "<&>", "é"}).Draw(t, "attribute")
			at := plan.Position{File: "<a>", Line: rapid.IntRange(0, 3).Draw(t, "line")}
			sources.Set(attribute, at)
			model[attribute] = at
		}
		for _, attribute := range []string{"", "a", "b", "<&>", "é", "never"} {
			at, known := sources.Of(attribute)
			want, is := model[attribute]
			require.Equal(t, is, known)
			require.Equal(t, want, at)
		}
		got, err := json.Marshal(sources)
		require.NoError(t, err)
		want, err := json.Marshal(model)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
		var back plan.Sources
		require.NoError(t, json.Unmarshal(got, &back))
		require.Equal(t, sources, back)
	})
}
