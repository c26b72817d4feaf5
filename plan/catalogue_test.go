package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/plan"
)

func roleCatalogue() *plan.Catalogue {
	return plan.NewCatalogue(
		plan.CatalogueEntry{Kind: "role", Name: "Tenant Guest", ID: "r1", Qualifier: "system"},
		plan.CatalogueEntry{Kind: "role", Name: "backup", ID: "r2", Qualifier: "custom"},
		plan.CatalogueEntry{Kind: "role", Name: "backup", ID: "r3", Qualifier: "system"},
		plan.CatalogueEntry{Kind: "role", Name: "twin", ID: "r4", Qualifier: "custom"},
		plan.CatalogueEntry{Kind: "role", Name: "twin", ID: "r5", Qualifier: "custom"},
		plan.CatalogueEntry{Kind: "role", Name: "system:odd", ID: "r6", Qualifier: "custom"},
		plan.CatalogueEntry{Kind: "project", Name: "backup", ID: "p1"},
	)
}

func TestCatalogueLookup(t *testing.T) {
	c := roleCatalogue()
	for behaviour, ref := range map[string]struct{ text, id string }{
		"a unique name":                             {"Tenant Guest", "r1"},
		"a qualified name":                          {"custom:backup", "r2"},
		"the other qualified name":                  {"system:backup", "r3"},
		"an id":                                     {"id:r5", "r5"},
		"a name that looks qualified, qualified":    {"custom:system:odd", "r6"},
		"a qualifier where the name alone would do": {"system:Tenant Guest", "r1"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			e, err := c.Lookup("role", plan.ParseReference(ref.text, "system", "custom"))
			require.NoError(t, err)
			require.Equal(t, ref.id, e.ID)
		})
	}
	for behaviour, ref := range map[string]struct {
		text    string
		nearest []string
	}{
		"another case is near":              {"tenant guest", []string{"Tenant Guest"}},
		"a slip of a letter is near":        {"backupp", []string{"backup"}},
		"the wrong qualifier is near":       {"custom:Tenant Guest", []string{"Tenant Guest"}},
		"an unknown id has nothing near":    {"id:r9", nil},
		"a name like none has nothing near": {"zzzzzz", nil},
	} {
		t.Run(behaviour, func(t *testing.T) {
			_, err := c.Lookup("role", plan.ParseReference(ref.text, "system", "custom"))
			var unknown *plan.UnknownError
			require.ErrorAs(t, err, &unknown)
			require.Equal(t, ref.nearest, unknown.Nearest)
			require.EqualError(t, err, `unknown role "`+ref.text+`"`)
		})
	}
	for behaviour, ref := range map[string]struct {
		text      string
		spellings []string
	}{
		"two qualifiers tell apart":           {"backup", []string{"custom:backup", "system:backup"}},
		"one qualifier needs the ids":         {"custom:twin", []string{"id:r4", "id:r5"}},
		"the bare twin needs the ids as well": {"twin", []string{"id:r4", "id:r5"}},
	} {
		t.Run(behaviour, func(t *testing.T) {
			_, err := c.Lookup("role", plan.ParseReference(ref.text, "system", "custom"))
			var ambiguous *plan.AmbiguousError
			require.ErrorAs(t, err, &ambiguous)
			require.Equal(t, ref.spellings, ambiguous.Spellings)
			require.Len(t, ambiguous.Candidates, 2)
			require.ErrorContains(t, err, "ambiguous")
		})
	}
}

func TestSpellMeansOneEntryOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var entries []plan.CatalogueEntry
		for i := range rapid.IntRange(1, 8).Draw(t, "entries") {
			entries = append(entries, plan.CatalogueEntry{
				Kind: rapid.SampledFrom([]string{"role", "project"}).Draw(t, "kind"), ID: string(rune('a' + i)),
				Name:      rapid.SampledFrom([]string{"x", "y", "system:x", "id:a", "custom:y"}).Draw(t, "name"),
				Qualifier: rapid.SampledFrom([]string{"", "system", "custom"}).Draw(t, "qualifier"),
			})
		}
		c := plan.NewCatalogue(entries...)
		for _, e := range c.Entries() {
			ref := plan.ParseReference(c.Spell(e).String(), "system", "custom")
			found, err := c.Lookup(e.Kind, ref)
			if err != nil || found.ID != e.ID {
				t.Fatalf("%v is spelt %q, which finds %v, %v", e, ref, found, err)
			}
		}
	})
}

func TestCatalogueWithAndJSON(t *testing.T) {
	c := roleCatalogue().With(plan.CatalogueEntry{Kind: "role", Name: "renamed", ID: "r1"}, plan.CatalogueEntry{Kind: "role", Name: "planned"})
	require.Empty(t, c.Named("role", "Tenant Guest"), "a later entry of the same id takes the place")
	require.Equal(t, "planned", c.Named("role", "planned")[0].Name)
	require.Equal(t, []string{"backup", "planned", "renamed", "system:odd", "twin"}, c.Names("role"))
	text, err := json.Marshal(c)
	require.NoError(t, err)
	var back plan.Catalogue
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, c.Entries(), back.Entries())
	require.Error(t, json.Unmarshal([]byte(`{"a":1}`), &back))

	var none *plan.Catalogue
	require.Empty(t, none.Entries())
	require.Empty(t, none.Names("role"))
	_, err = none.Lookup("role", plan.Reference{Name: "x"})
	require.Error(t, err)
	_, found := none.ByID("role", "r1")
	require.False(t, found)
	require.Len(t, none.With(plan.CatalogueEntry{Kind: "role", Name: "x"}).Entries(), 1)
}

func TestNearest(t *testing.T) {
	candidates := []string{"Tenant Guest", "Tenant Administrator", "backup", "backup", "OBS ReadOnlyAccess"}
	for behaviour, c := range map[string]struct {
		word string
		most int
		want []string
	}{
		"the same but for case comes first": {"tenant guest", 3, []string{"Tenant Guest"}},
		"equal candidates are given once":   {"backups", 3, []string{"backup"}},
		"a part of a name is near":          {"ReadOnlyAccess", 3, []string{"OBS ReadOnlyAccess"}},
		"a short part is not":               {"OB", 3, nil},
		"no more than asked for":            {"Tenant", 1, []string{"Tenant Administrator"}},
		"nothing near is nil":               {"zzz", 3, nil},
	} {
		t.Run(behaviour, func(t *testing.T) {
			require.Equal(t, c.want, plan.NewNames(candidates).Nearest(c.word, c.most))
		})
	}
	require.Empty(t, plan.DidYouMean("zzz", candidates))
	require.Equal(t, `did you mean "backup"?`, plan.DidYouMean("bakup", candidates))
	require.Equal(t, `did you mean "aab", "aac" or "aad"?`, plan.DidYouMean("aab", []string{"aad", "aac", "aab"}))
}
