package render_test

import (
	"bytes"
	"flag"
	"io"
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
	hint := func(err error) string { return "check the credentials" }
	second := emptyPlan()
	second.Account, second.Cloud = plan.Account{ID: "22223333"}, plan.Cloud{Kind: "opentelekomcloud", Region: "eu-de"}
	for name, write := range map[string]func(io.Writer) error{
		"plan.txt": func(w io.Writer) error { return render.Plan(w, []*plan.Plan{p}, render.Options{}) },
		"plan-color.txt": func(w io.Writer) error {
			return render.Plan(w, []*plan.Plan{p}, render.Options{Color: true, Width: 120})
		},
		"plan-quiet.txt": func(w io.Writer) error {
			return render.Plan(w, []*plan.Plan{p}, render.Options{Quiet: true, Width: 60})
		},
		"plan-empty.txt": func(w io.Writer) error { return render.Plan(w, []*plan.Plan{emptyPlan(), second}, render.Options{}) },
		"plan.json":      func(w io.Writer) error { return render.PlanJSON(w, []*plan.Plan{p, second}) },
		"drift.txt":      func(w io.Writer) error { return render.Drift(w, []*plan.Drift{d}, render.Options{ShowNow: true}) },
		"drift-none.txt": func(w io.Writer) error {
			return render.Drift(w, []*plan.Drift{{Account: account, Cloud: cloud}}, render.Options{})
		},
		"drift.json":   func(w io.Writer) error { return render.DriftJSON(w, []*plan.Drift{d}, render.Options{ShowNow: true}) },
		"apply.txt":    func(w io.Writer) error { return render.Report(w, []*engine.Report{r}, render.Options{Hint: hint}) },
		"apply.json":   func(w io.Writer) error { return render.ReportJSON(w, []*engine.Report{r}) },
		"whoami.txt":   func(w io.Writer) error { return render.Callers(w, sampleCallers(), render.Options{}) },
		"whoami.json":  func(w io.Writer) error { return render.CallersJSON(w, sampleCallers()) },
		"validate.txt": func(w io.Writer) error { return render.Problems(w, sampleProblems(), render.Options{}) },
		"validate.json": func(w io.Writer) error {
			return render.ProblemsJSON(w, sampleProblems())
		},
	} {
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
