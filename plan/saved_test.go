package plan_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
)

// save makes a saved plan of an input that has no problems.
func save(t require.TestingT, in plan.Input) *plan.Saved {
	p, problems := plan.Build(in)
	require.Empty(t, problems)
	return plan.Save(p, in)
}

// reread returns the saved plan as it comes back from its file.
func reread(t require.TestingT, s *plan.Saved) *plan.Saved {
	text, err := s.Encode()
	require.NoError(t, err)
	back, err := plan.DecodeSaved(text)
	require.NoError(t, err)
	return back
}

// sealed puts the digest that fits into an edited file, as a forger would.
func sealed(t *testing.T, edit func(file map[string]any)) []byte {
	t.Helper()
	text, err := save(t, everything()).Encode()
	require.NoError(t, err)
	var file map[string]any
	require.NoError(t, json.Unmarshal(text, &file))
	delete(file, "digest")
	edit(file)
	bare := canonicalJSON(t, file)
	file["digest"] = plan.DigestOf(bare)
	return canonicalJSON(t, file)
}

func canonicalJSON(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	require.NoError(t, e.Encode(v))
	return b.Bytes()
}

func TestSavedPlanGolden(t *testing.T) {
	in := everything()
	in.Snapshot.Catalogue = in.Snapshot.Catalogue.With(plan.CatalogueEntry{Kind: "role", Name: "reader", ID: "r1", Document: []byte(`{"b":1,"a":2}`)})
	in.Snapshot.Cloud = plan.Cloud{Kind: "huaweicloud", Region: "here"} // the published schema knows the real ones only
	liveAt(in.Snapshot, "item/trusts/scope:s1/a").Bindings = map[string]string{"role": "r1"}
	got, err := save(t, in).Encode()
	require.NoError(t, err)
	golden := filepath.Join("testdata", "saved-plan.golden.json")
	if *update {
		require.NoError(t, os.WriteFile(golden, got, 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func TestASavedPlanComesBackWhole(t *testing.T) {
	in := everything()
	limit := 9
	in.MaxDeletes = &limit
	in.Manifest.NotRead = []string{"attic"}
	for i := range in.Desired {
		in.Desired[i].Settings = plan.Attributes{"lane": plan.StringValue("fast")}
	}
	p := build(t, in)
	back := reread(t, plan.Save(p, in))
	first, err := p.MarshalJSON()
	require.NoError(t, err)
	second, err := back.Plan.MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, string(first), string(second), "what is shown of it is what was shown when it was made")
	require.Equal(t, &limit, back.MaxDeletes)
	require.Equal(t, []string{"attic"}, back.Manifest().NotRead)
	for _, d := range back.Desired() {
		require.Equal(t, in.Desired[0].Settings, d.Settings, d.Address)
	}
	for _, d := range back.Wanted() {
		require.Equal(t, in.Desired[0].Settings, d.Settings, d.Address)
	}
	require.Equal(t, in.Manifest.Ownership.Protect, back.Manifest().Ownership.Protect)
	for i := range p.Changes {
		require.Equal(t, p.Changes[i].Source, back.Plan.Changes[i].Source)
		for k := range p.Changes[i].Attributes {
			require.Equal(t, p.Changes[i].Attributes[k].At, back.Plan.Changes[i].Attributes[k].At)
		}
	}
	again, err := back.Encode()
	require.NoError(t, err)
	whole, err := plan.Save(p, in).Encode()
	require.NoError(t, err)
	require.Equal(t, string(whole), string(again))
}

func TestSavingIsDeterministic(t *testing.T) {
	first, err := save(t, everything()).Encode()
	require.NoError(t, err)
	in := everything()
	slices.Reverse(in.Snapshot.Resources)
	slices.Reverse(in.Desired)
	slices.Reverse(in.Snapshot.Coverage)
	second, err := save(t, in).Encode()
	require.NoError(t, err)
	require.Equal(t, string(first), string(second))
}

func TestKeysOfASavedPlanAreSorted(t *testing.T) {
	// Going through a map sorts all keys; would the file not be sorted, the bytes would be refused.
	_, err := plan.DecodeSaved(sealed(t, func(map[string]any) {}))
	require.NoError(t, err)
}

func TestAnyFlippedByteIsNoticed(t *testing.T) {
	in := world{boxes: boxes("one", openBox("outside:p", "s1/a"))}.input(
		wish{boxes: wants("one", openBox("outside:q", "s1/a"), "two", openBox("outside:p"))}, plan.Ownership{})
	text, err := save(t, in).Encode()
	require.NoError(t, err)
	for i := range text {
		for _, mask := range []byte{0x01, 0x20, 0x80} {
			flipped := bytes.Clone(text)
			flipped[i] ^= mask
			_, err := plan.DecodeSaved(flipped)
			require.ErrorIs(t, err, plan.ErrBadSaved, "byte %d of %q", i, text[i])
		}
	}
	for cut := range len(text) {
		_, err := plan.DecodeSaved(text[:cut])
		require.ErrorIs(t, err, plan.ErrBadSaved)
	}
}

func TestDecodingIsStrict(t *testing.T) {
	whole, err := save(t, everything()).Encode()
	require.NoError(t, err)
	change := func(file map[string]any, i int) map[string]any { return file["changes"].([]any)[i].(map[string]any) }
	deep := strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200)
	for name, c := range map[string]struct {
		text []byte
		says string
	}{
		"nothing":              {nil, "not the JSON"},
		"no JSON":              {[]byte("plan"), "not the JSON"},
		"a list":               {[]byte("[]"), "not the JSON"},
		"another document":     {[]byte("{}"), "no formatVersion"},
		"trailing bytes":       {append(bytes.Clone(whole), '\n'), "formatted or edited"},
		"a second document":    {append(bytes.Clone(whole), "{}"...), "not the JSON"},
		"indented":             {indented(t, whole), "formatted or edited"},
		"a key in other case":  {bytes.Replace(whole, []byte(`"warnings":`), []byte(`"Warnings":`), 1), "formatted or edited"},
		"a key given twice":    {bytes.Replace(whole, []byte(`{"account":`), []byte(`{"account":{"id":"x","name":"x"},"account":`), 1), "formatted or edited"},
		"an escape":            {bytes.Replace(whole, []byte(`"tiny.yaml"`), []byte(`"\u0074iny.yaml"`), 1), "formatted or edited"},
		"too deep":             {[]byte(deep), "levels deep"},
		"too large":            {bytes.Repeat([]byte(" "), plan.MaxSavedBytes+1), "larger than 64 MiB"},
		"a version to come":    {[]byte(`{"formatVersion":"2","new":true}`), "upgrade agencyctl"},
		"a version that is no": {[]byte(`{"formatVersion":"old"}`), "not known"},
		"an unknown key":       {sealed(t, func(f map[string]any) { f["extra"] = 1 }), "unknown field"},
		"an unknown action":    {sealed(t, func(f map[string]any) { change(f, 0)["action"] = "replace" }), "no action"},
		"an action that does not fit": {sealed(t, func(f map[string]any) {
			change(f, 0)["before"] = nil
			change(f, 0)["after"] = nil
		}), "does not fit"},
		"a bad address":       {sealed(t, func(f map[string]any) { change(f, 0)["address"] = "nowhere" }), "bad address"},
		"another count":       {sealed(t, func(f map[string]any) { f["summary"].(map[string]any)["create"] = 77 }), "does not count"},
		"a limit too low":     {sealed(t, func(f map[string]any) { f["limits"].(map[string]any)["maxDeletes"] = 0 }), "its own limit is 0"},
		"an edge to nowhere":  {sealed(t, func(f map[string]any) { change(f, 0)["dependsOn"] = []any{"box/nowhere"} }), "does not change"},
		"a circle":            {sealed(t, func(f map[string]any) { change(f, 0)["runsAfter"] = []any{change(f, 0)["address"]} }), "waits for itself"},
		"nothing relied upon": {sealed(t, func(f map[string]any) { f["reliance"].(map[string]any)["trees"] = []any{} }), "without relying"},
		"a change twice": {sealed(t, func(f map[string]any) {
			f["changes"] = append(f["changes"].([]any), change(f, 0))
		}), "changes twice"},
		"a bad pattern": {sealed(t, func(f map[string]any) {
			f["reading"].(map[string]any)["ownership"].(map[string]any)["protect"] = []any{"*"}
		}), "bad address"},
		"a protected change": {sealed(t, func(f map[string]any) {
			f["reading"].(map[string]any)["ownership"].(map[string]any)["protect"] = []any{"box/*", "doc/*"}
		}), "is protected"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := plan.DecodeSaved(c.text)
			require.Nil(t, s)
			require.ErrorIs(t, err, plan.ErrBadSaved)
			require.ErrorContains(t, err, c.says)
			require.Equal(t, name == "a version to come", strings.Contains(err.Error(), plan.ErrNewerSaved.Error()))
		})
	}
}

func indented(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, json.Indent(&b, text, "", "  "))
	return b.Bytes()
}

func FuzzDecodeSaved(f *testing.F) {
	whole, err := save(f, everything()).Encode()
	require.NoError(f, err)
	f.Add(whole)
	f.Add([]byte(`{"formatVersion":"2"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		// Most changed inputs fail at the digest; with one that fits, the checks behind it are reached too.
		for _, candidate := range [][]byte{text, plan.Reseal(text)} {
			s, err := plan.DecodeSaved(candidate)
			if err != nil {
				require.ErrorIs(t, err, plan.ErrBadSaved)
				continue
			}
			again, err := s.Encode()
			require.NoError(t, err)
			require.Equal(t, string(candidate), string(again))
			now := plan.Now{Snapshot: &plan.Snapshot{Account: s.Plan.Account, Cloud: s.Plan.Cloud}, Wanted: s.Wanted(), Knowledge: tinyCloud{}}
			plan.Recheck(s, now)
		}
	})
}
