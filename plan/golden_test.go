package plan_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// everything is a plan input in which every feature of a plan occurs once.
func everything() plan.Input {
	w := world{
		boxes: boxes(
			"kept", openBox("outside:p", "s1/a"),
			"trusts", openBox("outside:p", "s1/a", "s1/b", "s2/c"),
			"extra", openBox("outside:p", "s1/a", "s1/c"),
			"retired", openBox("outside:p", "s1/doc-old"),
			"glass", openBox("outside:p", "s1/a"),
			"swap", openBox("outside:p", "s1/doc-x", "s1/doc-y"),
			"ours-old", openBox("outside:p"),
			"ours-service", openBox("outside:p"),
			"theirs", openBox("outside:p", "s1/a")),
		docs: map[string]string{"old": "a", "x": "a", "y": "b"},
	}
	want := wish{
		boxes: wants(
			"kept", openBox("outside:p", "s1/a"),
			"trusts", openBox("outside:q", "s1/a", "s1/<d&e>"),
			"extra", wishedBox{box: box{opens: "outside:q", lasts: "long", items: items("s1/a")}, additive: true},
			"retired", wishedBox{absent: true},
			"glass", openBox("outside:q", "s1/a"),
			"swap", openBox("outside:p", "s1/doc-x", "s1/doc-y"),
			"new", after(openBox("outside:p", "s1/doc-new", "s2/ab"), "box/kept"),
			"byhand", openBox("outside:p", "s1/a")),
		docs: wantsDocs("old", "", "x", "b", "y", "a", "new", "c"),
	}
	in := w.input(want, plan.Ownership{Include: patterns("box/ours-*"), Prune: true, Protect: patterns("box/glass")})
	in.Knowledge = tinyCloud{byHand: "box/byhand", partly: "box/new"}
	in.Snapshot.NotRead = []plan.NotRead{{Subject: "the attic", Reason: "the manifest does not mention it"}}
	in.Snapshot.Warnings = []string{"the clock of the tiny cloud runs late"}
	for i := range in.Snapshot.Resources {
		l := &in.Snapshot.Resources[i]
		switch l.Address {
		case boxAt("ours-service"):
			l.ServiceMade = true
		case boxAt("kept"):
			l.Unreadable = []string{"lasts"}
		}
	}
	for i := range in.Desired {
		if d := &in.Desired[i]; d.Address == boxAt("new") {
			d.Notes = plan.Notes{Owner: "platform", Reason: "nightly copies", Ticket: "OPS-1", ReviewBy: "2027-01-31"}
			d.Attributes["policy"] = document(`{"z": [1], "a": null}`)
			d.Attributes["open"] = plan.BoolValue(true)
			d.Attributes["tags"] = plan.SetValue("b", "a")
			d.Bindings = map[string]string{"role": "r1"}
		}
	}
	return in
}

func TestPlanGolden(t *testing.T) {
	p := build(t, everything())
	var got bytes.Buffer
	e := json.NewEncoder(&got)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	require.NoError(t, e.Encode(p))
	golden := filepath.Join("testdata", "plan.golden.json")
	if *update {
		require.NoError(t, os.WriteFile(golden, got.Bytes(), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got.String())
}

func TestAnEmptyPlanHasNoNullList(t *testing.T) {
	text := encode(t, build(t, world{}.input(wish{}, plan.Ownership{})))
	require.JSONEq(t, `{"account":{"name":"example-co","id":"acc1"},"cloud":{"kind":"tiny","region":"here"},"manifest":{"digest":"sha256:0"},
		"summary":{"create":0,"update":0,"delete":0,"manual":0,"blocked":0,"unchanged":0,"unmanaged":0},
		"changes":[],"findings":[],"privileges":{"principals":[],"chains":[]},"unmanaged":[],"unexpected":[],"leftOut":[],"notRead":[],"notCompared":[],
		"warnings":[]}`, text)
}

func TestDriftSortsTheDifferences(t *testing.T) {
	in := everything()
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for i := range in.Snapshot.Resources {
		switch l := &in.Snapshot.Resources[i]; l.Address {
		case boxAt("kept"), boxAt("theirs"), boxAt("retired"):
			l.Expires = now
		case boxAt("swap"):
			l.Expires = now.Add(time.Nanosecond)
		}
	}
	finding := plan.Finding{Rule: "r", Severity: plan.High, Address: boxAt("theirs"), Message: "m"}
	in.Findings = []plan.Finding{finding, finding}
	d := plan.DriftOf(build(t, in), in, now)
	names := func(list []plan.Difference) []string {
		var all []string
		for _, difference := range list {
			all = append(all, difference.Address.String())
		}
		return all
	}
	require.True(t, d.Drifted())
	require.Equal(t, []string{"box/extra", "box/glass", "box/trusts", "doc/x", "doc/y"}, names(d.Changed))
	require.Equal(t, []string{"box/byhand", "box/new", "doc/new", "item/byhand/scope:s1/a", "item/new/scope:s1/doc-new", "item/new/scope:s2/ab", "item/trusts/scope:s1/<d&e>"}, names(d.Missing))
	require.Equal(t, []string{"box/ours-old", "box/ours-service", "box/retired", "doc/old", "item/trusts/scope:s1/b", "item/trusts/scope:s2/c"}, names(d.Unexpected))
	require.Equal(t, []string{"box/kept"}, names(d.Expired), "what is unmanaged, goes, or still works is not expired drift")
	require.Equal(t, "expired at 2026-06-01T00:00:00Z", d.Expired[0].Reason)
	require.True(t, d.Changed[1].Protected)
	require.Equal(t, []plan.Finding{finding}, d.Findings)
	require.Equal(t, []addr.Address{boxAt("theirs")}, d.Unmanaged)

	quiet := world{boxes: boxes("one", openBox("p"))}.input(wish{boxes: wants("one", openBox("p"))}, plan.Ownership{})
	require.False(t, plan.DriftOf(build(t, quiet), quiet, now).Drifted())
}
