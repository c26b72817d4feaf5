package render_test

import (
	"bytes"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

func TestOutputsAreAsReviewed(t *testing.T) {
	p, d, r := samplePlan(t), sampleDrift(t), sampleReport(t)
	second := emptyPlan()
	second.Account, second.Cloud = plan.Account{ID: "22223333"}, plan.Cloud{Kind: "opentelekomcloud", Region: "eu-de"}
	problems := render.Report{Kind: render.Validate, Problems: sampleProblems()}
	goldens := map[string]func(io.Writer) error{
		"plan.txt":         asText(plans(p), render.Options{Width: 100}),
		"plan-color.txt":   asText(plans(p), render.Options{Color: true, Width: 120}),
		"plan-verbose.txt": asText(plans(p), render.Options{Width: 100, Verbose: true}),
		"plan-narrow.txt":  asText(plans(p), render.Options{Width: 60}),
		"plan-empty.txt":   asText(plans(emptyPlan(), second), render.Options{}),
		"plan.json":        asJSON(plans(p, second), render.Options{}),
		"drift.txt":        asText(drifts(d), render.Options{Width: 100, ShowNow: true, Renew: sampleRenew}),
		"drift-none.txt":   asText(drifts(&plan.Drift{Account: account, Cloud: cloud}), render.Options{}),
		"drift.json":       asJSON(drifts(d), render.Options{ShowNow: true, Renew: sampleRenew}),
		"driftstate.txt":   asText(drifts(driftInAllStates(t)), render.Options{Width: 100, Renew: sampleRenew}),
		"driftstate.json":  asJSON(drifts(driftInAllStates(t)), render.Options{}),
		"audit.txt":        asText(audits(sampleAudit(t)), render.Options{Width: 100, ShowNow: true}),
		"audit-many.txt":   asText(audits(crowded(t, 40)), render.Options{Width: 100}),
		"audit-full.txt":   asText(audits(sampleAudit(t)), render.Options{Width: 100, Verbose: true}),
		"audit-none.txt":   asText(audits(&plan.Audit{Account: account, Cloud: cloud}), render.Options{}),
		"audit.json":       asJSON(audits(sampleAudit(t)), render.Options{ShowNow: true}),
		"apply.txt":        asText(reports(r), render.Options{Hint: sampleHint}),
		"apply.json":       asJSON(reports(r), render.Options{}),
		"whoami.txt":       asText(sampleCallers(), render.Options{}),
		"whoami.json":      asJSON(sampleCallers(), render.Options{}),
		"list.txt":         asText(sampleListings(), render.Options{}),
		"list-80.txt":      asText(sampleListings(), render.Options{Width: 80, Verbose: true}),
		"list.json":        asJSON(sampleListings(), render.Options{}),
		"validate.txt":     asText(problems, render.Options{}),
		"validate.json":    asJSON(problems, render.Options{}),
	}
	maps.Copy(goldens, machineGoldens(t))
	maps.Copy(goldens, notificationGoldens(t))
	for name, write := range goldens {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			require.NoError(t, write(&b))
			golden := filepath.Join("testdata", name)
			if *update {
				require.NoError(t, os.WriteFile(golden, b.Bytes(), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), b.String())
		})
	}
}

func sampleRenew(d *plan.Difference) string {
	return "agencyctl apply -f m.yaml --renew " + d.Address.String()
}

func sampleHint(error) string { return "check the credentials" }

func asText(r render.Report, o render.Options) func(io.Writer) error {
	return func(w io.Writer) error { return render.Formats()["text"](w, r, o) }
}

func asJSON(r render.Report, o render.Options) func(io.Writer) error {
	return func(w io.Writer) error { return render.Formats()["json"](w, r, o) }
}

// The reports of plans, drifts, executions and callers.
func plans(all ...*plan.Plan) render.Report {
	r := render.Report{Kind: render.Plan}
	for _, p := range all {
		r.Accounts = append(r.Accounts, render.Account{Account: p.Account, Plan: p})
	}
	return r
}

func drifts(all ...*plan.Drift) render.Report {
	r := render.Report{Kind: render.Drift}
	for _, d := range all {
		r.Accounts = append(r.Accounts, render.Account{Account: d.Account, Drift: d})
	}
	return r
}

func reports(all ...*engine.Report) render.Report {
	r := render.Report{Kind: render.Apply}
	for _, report := range all {
		r.Accounts = append(r.Accounts, render.Account{Account: report.Account, Apply: report})
	}
	return r
}

func callers(all ...*render.Caller) render.Report {
	r := render.Report{Kind: render.Whoami}
	for _, c := range all {
		r.Accounts = append(r.Accounts, render.Account{Account: c.Account, Caller: c})
	}
	return r
}
