package plan_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/plan"
)

// crowd are n names that look alike: the worst case of a search.
func crowd(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("team-%05d-backup", i)
	}
	return names
}

func TestASlipIsFoundAmongManyNames(t *testing.T) {
	names := plan.NewNames(append(crowd(20_000), "Tenant Guest", "OBS ReadOnlyAccess", "ECS ReadOnlyAccess"))
	for word, want := range map[string]string{
		"Tenant Gest": "Tenant Guest", "tenant guest": "Tenant Guest", "OBS ReadOnlyAcess": "OBS ReadOnlyAccess", "EC ReadOnlyAccess": "ECS ReadOnlyAccess",
		"team-01234-bakup": "team-01234-backup",
	} {
		require.Contains(t, names.Nearest(word, 3), want, word)
	}
	require.Empty(t, names.Nearest("zzzzzz", 3))
}

func TestNearNamesDoNotDependOnTheOrderOfTheNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := append(crowd(300), rapid.SliceOf(rapid.String()).Draw(t, "more")...)
		word := rapid.OneOf(rapid.SampledFrom(all), rapid.String(), rapid.StringMatching(`team-[0-9]{3,6}-back?up`)).Draw(t, "word")
		shuffled := rapid.Permutation(all).Draw(t, "shuffled")
		near := plan.NewNames(all).Nearest(word, 3)
		require.Equal(t, near, plan.NewNames(shuffled).Nearest(word, 3))
		require.LessOrEqual(t, len(near), 3)
		for i, name := range near {
			require.NotContains(t, near[:i], name)
			require.True(t, slices.Contains(all, name))
		}
	})
}

// The catalogue indexes its names once, however many are misspelt.
func TestUnknownNamesOfACatalogueHaveNearOnes(t *testing.T) {
	var entries []plan.CatalogueEntry
	for i, name := range crowd(1000) {
		entries = append(entries, plan.CatalogueEntry{Kind: "role", Name: name, ID: fmt.Sprint(i)}, plan.CatalogueEntry{Kind: "project", Name: "eu-de", ID: "p"})
	}
	_, err := plan.NewCatalogue(entries...).Lookup("role", plan.Reference{Name: "team-00017-bakup"})
	var unknown *plan.UnknownError
	require.ErrorAs(t, err, &unknown)
	require.Contains(t, unknown.Nearest, "team-00017-backup")
}

// BenchmarkNearNames looks up 3,000 misspelt names among 20,000: its goal is under a second for all of them.
func BenchmarkNearNames(b *testing.B) {
	entries := make([]plan.CatalogueEntry, 20_000)
	for i, name := range crowd(len(entries)) {
		entries[i] = plan.CatalogueEntry{Kind: "role", Name: name, ID: fmt.Sprint(i)}
	}
	b.ReportAllocs()
	for b.Loop() {
		catalogue := plan.NewCatalogue(entries...)
		for i := range 3000 {
			if _, err := catalogue.Lookup("role", plan.Reference{Name: fmt.Sprintf("team-%05d-bakup", 6*i)}); err == nil {
				b.Fatal("it is known")
			}
		}
	}
}
