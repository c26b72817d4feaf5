package plan_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// TestScriptsKeepWorking holds a plan against the JSON that plans had when the format was first published: keys were added since,
// and none may go, or mean something else. The bytes of today are those of the saved plan's golden file.
func TestScriptsKeepWorking(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "plan.golden.json"))
	require.NoError(t, err)
	var first, today any
	require.NoError(t, json.Unmarshal(text, &first))
	require.NoError(t, json.Unmarshal([]byte(encode(t, build(t, tiny.Everything()))), &today))
	requireAll(t, "", first, today)
	require.NotContains(t, encode(t, build(t, tiny.Everything())), `\u003c`, "no escapes that only HTML needs")
}

// requireAll fails where got lacks something of want: a key of an object, or an element of a list at its place.
func requireAll(t *testing.T, path string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		require.IsType(t, want, got, path)
		for key := range want {
			require.Contains(t, got, key, path)
			requireAll(t, path+"/"+key, want[key], got.(map[string]any)[key])
		}
	case []any:
		require.IsType(t, want, got, path)
		require.Len(t, got, len(want), path)
		for i := range want {
			requireAll(t, fmt.Sprintf("%s/%d", path, i), want[i], got.([]any)[i])
		}
	default:
		require.Equal(t, want, got, path)
	}
}

func TestAnEmptyPlanHasNoNullList(t *testing.T) {
	text := encode(t, build(t, tiny.World{}.Input(tiny.Wish{}, plan.Ownership{})))
	require.JSONEq(t, `{"account":{"name":"example-co","id":"acc1"},"cloud":{"kind":"tiny","region":"here"},"manifest":{"digest":"sha256:0"},
		"summary":{"create":0,"update":0,"delete":0,"manual":0,"blocked":0,"unchanged":0,"unmanaged":0,"leaving":0,"rules":0},
		"changes":[],"findings":[],"privileges":{"principals":[],"chains":[]},"unmanaged":[],"unexpected":[],"leaving":[],"rules":[],"leftOut":[],
		"notRead":[],"notCompared":[],"remarks":[],"warnings":[]}`, text)
}

func TestDriftSortsTheDifferences(t *testing.T) {
	in := tiny.Everything()
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for i := range in.Snapshot.Resources {
		switch l := &in.Snapshot.Resources[i]; l.Address {
		case tiny.BoxAt("kept"), tiny.BoxAt("theirs"), tiny.BoxAt("retired"):
			l.Expires = now
		case tiny.BoxAt("swap"):
			l.Expires = now.Add(time.Nanosecond)
		}
	}
	finding := plan.Finding{Rule: "r", Severity: plan.High, Address: tiny.BoxAt("theirs"), Message: "m"}
	in.Findings, in.Manifest.Acceptances = []plan.Finding{finding, finding}, nil
	in.Now = now
	d := plan.DriftOf(build(t, in), in, nil)
	names := func(list []plan.Difference) []string {
		var all []string
		for _, difference := range list {
			all = append(all, difference.Address.String())
		}
		return all
	}
	require.True(t, d.Drifted())
	require.Equal(t, []string{"box/extra", "box/glass", "box/trusts", "doc/x", "doc/y"}, names(d.Changed))
	require.Equal(t, []string{"box/byhand", "box/new", "doc/new", "item/byhand/scope:s1/a", "item/new/scope:s1/doc-new",
		"item/new/scope:s2/ab", "item/trusts/scope:s1/<d&e>"}, names(d.Missing))
	require.Equal(t, []string{"box/ours-old", "box/ours-service", "box/retired", "doc/old", "item/trusts/scope:s1/b",
		"item/trusts/scope:s2/c"}, names(d.Unexpected))
	require.Equal(t, []string{"box/kept"}, names(d.Expired), "what is unmanaged, goes, or still works is not expired drift")
	require.Equal(t, "expired at 2026-06-01T00:00:00Z", d.Expired[0].Reason)
	require.True(t, d.Changed[1].Protected)
	require.Equal(t, []plan.Finding{finding}, unseen(d.Findings))
	require.Equal(t, []addr.Address{tiny.BoxAt("theirs")}, d.Unmanaged)

	quiet := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"))}.Input(tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p"))},
		plan.Ownership{})
	quiet.Now = now
	require.False(t, plan.DriftOf(build(t, quiet), quiet, nil).Drifted())
}
