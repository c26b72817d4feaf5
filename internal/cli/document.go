package cli

import (
	"io"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// results is standard output, and remembers whether anything was written to it.
type results struct {
	io.Writer
	written bool
}

func (r *results) Write(p []byte) (int, error) {
	r.written = r.written || len(p) > 0
	return r.Writer.Write(p)
}

// The documents that say that there is nothing to show.
var (
	noPlans    = func(w io.Writer) error { return render.PlanJSON(w, []*plan.Plan{}) }
	noDrifts   = func(w io.Writer) error { return render.DriftJSON(w, []*plan.Drift{}, render.Options{}) }
	noReports  = func(w io.Writer) error { return render.ReportJSON(w, []*engine.Report{}) }
	noCallers  = func(w io.Writer) error { return render.CallersJSON(w, []render.Caller{}) }
	noProblems = func(w io.Writer) error { return render.ProblemsJSON(w, []plan.Problem{}) }
)

// document keeps a promise: with -o json, stdout is always one valid document, also when a command ends before it has
// anything to show. Empty writes that document.
func (a *app) document(empty func(io.Writer) error, err error) error {
	if out, ok := a.env.Stdout.(*results); ok && a.json() && !out.written {
		if wrong := empty(out); wrong != nil {
			return wrong
		}
	}
	return err
}
