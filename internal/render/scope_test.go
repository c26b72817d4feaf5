package render_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// narrowed is the sample plan, traced to a base, with n changes left out.
func narrowed(t testing.TB, n int) *plan.Plan {
	p := samplePlan(t)
	for i, o := range []plan.Origin{plan.Yours, plan.Drifted, plan.Pending, plan.Conflict, plan.Yours} {
		p.Changes[i].Origin = o
	}
	p.Changes[3].Attributes[0].Origin = plan.Drifted
	for i := range n {
		p.LeftOut = append(p.LeftOut, plan.LeftOut{Address: address(t, fmt.Sprintf("agency/ops-%03d", i)), Action: plan.Delete})
	}
	return p
}

func TestWhatIsLeftOutIsToldBeforeTheCounts(t *testing.T) {
	text := planText(t, narrowed(t, 2), render.Options{Width: 200})
	require.Contains(t, text, "\nLeft out by --target/--exclude: 2 changes\n  - agency/ops-000\n  - agency/ops-001\n\n")
	require.Contains(t, text, "1 blocked. 2 left out, 12 unchanged, ")
	require.NotContains(t, text, "agency/ops-001\n  and")

	text = planText(t, narrowed(t, 23), render.Options{Width: 200})
	require.Contains(t, text, "Left out by --target/--exclude: 23 changes\n")
	require.Contains(t, text, "agency/ops-022\n\n", "no delete is counted")

	rest := emptyPlan()
	rest.LeftOut = narrowed(t, 1).LeftOut
	text = planText(t, rest, render.Options{Width: 200})
	require.Contains(t, text, "Left out by --target/--exclude: 1 change\n")
	require.Contains(t, text, "\nNothing to do in what is selected: 1 change left out. 3 unmanaged. Not read: IAM v5. ")
	require.NotContains(t, text, "as the manifest says")
}

func TestNoDeleteIsInTheCountedRestOfWhatIsLeftOut(t *testing.T) {
	p := emptyPlan()
	for i := range 60 {
		p.LeftOut = append(p.LeftOut, plan.LeftOut{Address: address(t, fmt.Sprintf("agency/aa-%02d", i)), Action: plan.Create})
	}
	p.LeftOut = append(p.LeftOut, plan.LeftOut{Address: address(t, "agency/zx"), Action: plan.Blocked},
		plan.LeftOut{Address: address(t, "agency/zy"), Action: plan.Update}, plan.LeftOut{Address: address(t, "agency/zz"), Action: plan.Delete})
	text := planText(t, p, render.Options{Width: 200})
	require.Contains(t, text, "63 changes\n  - agency/zz\n  × agency/zx\n  ~ agency/zy\n  + agency/aa-00\n")
	require.Contains(t, text, "  + agency/aa-16\n  and 43 more changes (--verbose)\n")
}

func TestOriginsStandBesideTheChangesAndAreCounted(t *testing.T) {
	text := planText(t, narrowed(t, 0), render.Options{Width: 200})
	for _, line := range []string{"~ policy/backup-read  [yours]", "[drift]", "- domain: Tenant Administrator  [pending]  (not listed", "nightly copies  [conflict]"} {
		require.Contains(t, text, line)
	}
	require.Contains(t, text, "\n  against the base: 4 yours, 1 drift, 1 pending, 1 conflict\n")
	require.NotContains(t, planText(t, emptyPlan(), render.Options{Width: 200}), "against the base")
	told := planText(t, narrowed(t, 0), render.Options{Width: 200, FromFile: true})
	require.Contains(t, told, "\nNo longer managed, as told by whoever made the plan (`state: absent` deletes what stays):\n")
	require.Contains(t, told, "\n  against the base, as told by whoever made the plan: 4 yours, ")
}

func TestWhatLeavesTheManifestIsNoSilence(t *testing.T) {
	p := emptyPlan()
	p.Leaving, p.Summary.Leaving = []plan.Leaving{{Address: address(t, "agency/a"), Fate: plan.FateStays}}, 1
	text := planText(t, p, render.Options{Width: 200})
	require.Contains(t, text, "No longer managed (`state: absent` deletes what stays): agency/a  stays\n")
	require.Contains(t, text, "Nothing to do in example-co: 14 resources are as the manifest says. 1 no longer managed, 3 unmanaged. Not read: ")
	require.Contains(t, text, "  against the base: 1 yours\n")

	// What stays is told with whom it trusts, what it has, and why; and once.
	gone := address(t, "agency/a")
	p.Leaving[0].Principals, p.Leaving[0].Reason = []string{"service:op_svc_ecs"}, "ownership.prune is off"
	p.Leaving[0].With = []addr.Address{address(t, "grant/a/domain/A"), address(t, "grant/a/domain/B"), address(t, "grant/a/project:p/C")}
	p.Leaving[0].Source = plan.Position{File: "base.yaml", Line: 7}
	p.Unexpected = []plan.Unexpected{{Live: plan.Live{Resource: plan.Resource{Address: gone}}}}
	text = planText(t, p, render.Options{Width: 200})
	require.Contains(t, text, ": agency/a  stays: ownership.prune is off; trusts service op_svc_ecs; 3 grants (domain: A, B; project:p: C)  base.yaml:7\n")
	require.Equal(t, 1, strings.Count(text, "agency/a"), "not under Unexpected too")
}

func TestAnAdministratorWhoStaysIsInNoCountedRest(t *testing.T) {
	p := emptyPlan()
	admin, medium := address(t, "grant/a/project:zz/Tenant Administrator"), address(t, "grant/a/project:zz/A")
	l := plan.Leaving{Address: address(t, "agency/a"), Fate: plan.FateStays, Findings: []plan.Finding{
		{Rule: "wide-scope", Severity: plan.Medium, Address: medium, Message: "reaches much"},
		{Rule: "administrator-role", Severity: plan.High, Address: admin, Message: "allows everything", Hint: "take it away"},
	}}
	for i := range 20 {
		l.With = append(l.With, address(t, fmt.Sprintf("grant/a/project:p%02d/A", i)))
	}
	l.With = append(l.With, medium, admin)
	p.Leaving, p.Summary.Leaving = []plan.Leaving{{Address: address(t, "agency/0"), Fate: plan.FateStays}, l}, 2
	p.Unexpected = []plan.Unexpected{{Live: plan.Live{Resource: plan.Resource{Address: l.Address}}, Findings: l.Findings}}
	text := planText(t, p, render.Options{})
	require.Contains(t, text, "  risks that nobody manages any more: 1 high, 1 medium")
	require.Contains(t, text, "agency/a  stays: 22 grants (project:zz: Tenant Administrator, A; project:p00: A; project:p01: A; project:p02: A; "+
		"project:p03: A; project:p04: A) and 15 places more (--verbose)\n")
	require.Contains(t, text, "\nRisks that nobody manages any more: 1 high, 1 medium\n"+
		"  high    grant/a/project:zz/Tenant Administrator: allows everything  [administrator-role]\n\n")
	require.NotContains(t, text, "Left in place", "it is told once")
	verbose := planText(t, p, render.Options{Verbose: true})
	require.Contains(t, verbose, "project:p19: A)\n")
	require.Contains(t, verbose, "  medium  grant/a/project:zz/A: reaches much  [wide-scope]\n")
	for _, format := range []string{"markdown", "html"} {
		page := written(t, format, plans(p))
		require.Contains(t, page, "project:p19: A)", format)
		require.Contains(t, page, "no longer managed, high", format)
		require.Less(t, strings.Index(page, "agency/a"), strings.Index(page, "agency/0"), format)
	}
	for _, format := range []string{"sarif", "junit", "gitlab-codequality", "json"} {
		require.Contains(t, written(t, format, plans(p)), "grant/a/project:zz/Tenant Administrator", format)
	}
	require.Contains(t, written(t, "textfile", plans(p)), `severity="high"} 1`)
}

func TestAnApplyOfAPartSaysSo(t *testing.T) {
	for n, want := range map[int]string{1: "1 change was left out", 2: "2 changes were left out"} {
		var b bytes.Buffer
		r := &engine.Report{Account: account, Verified: true, LeftOut: narrowed(t, n).LeftOut}
		require.NoError(t, asText(reports(r), render.Options{Width: 200})(&b))
		require.True(t, strings.HasSuffix(b.String(), "\nThe account is not yet as the manifest says: "+want+" by --target/--exclude.\n"), b.String())
	}
}

func TestNarrowedOutputsKeepTheirSchemas(t *testing.T) {
	p := narrowed(t, 3)
	report := sampleReport(t)
	report.LeftOut = p.LeftOut
	var planned, applied bytes.Buffer
	require.NoError(t, asJSON(plans(p), render.Options{Width: 200})(&planned))
	require.NoError(t, asJSON(reports(report), render.Options{Width: 200})(&applied))
	for name, b := range map[string]*bytes.Buffer{"plan": &planned, "apply": &applied} {
		require.Equal(t, 3, strings.Count(b.String(), `"agency/ops-00`))
		var document any
		require.NoError(t, json.Unmarshal(b.Bytes(), &document))
		require.NoError(t, compileSchema(t, name).Validate(document))
	}
	require.Equal(t, 6, strings.Count(planned.String(), `"origin"`), "five changes, and one attribute")
}
