package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// planOptions are the flags of plan.
type planOptions struct {
	detailedExit  bool
	maxDeletes    int
	sendWriteOnly bool
}

func (a *app) planCommand() *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan -f PATH",
		Short: "Show what apply would change; send no write",
		Long: `Read live state, compare it with the manifest and show the changes that would make them equal. No write is sent.

What could not be read is an error, and what was not looked at is listed: an empty plan means that nothing differs.

` + exitHelp,
		Example: "  agencyctl plan -f examples/quickstart --sim",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.document(noPlans, a.plan(cmd, o)) },
	}
	a.manifestFlags(cmd)
	a.cloudFlags(cmd)
	cmd.Flags().BoolVar(&o.detailedExit, "detailed-exitcode", false, "exit with 2 when there is something to change")
	cmd.Flags().IntVar(&o.maxDeletes, "max-deletes", 0, "allow this many deletes for this run, whatever ownership.maxDeletes says")
	cmd.Flags().BoolVar(&o.sendWriteOnly, "send-write-only", false, sendWriteOnlyHelp)
	return cmd
}

const sendWriteOnlyHelp = "send again what can be written and never read back (listed as not compared)"

func (a *app) plan(cmd *cobra.Command, o planOptions) error {
	limit, err := maxDeletes(cmd, o.maxDeletes)
	if err != nil {
		return err
	}
	ctx, s, err := a.begin(cmd)
	if err != nil {
		return err
	}
	defer s.close()
	code := exitOK
	var plans []*plan.Plan
	for _, m := range s.manifests {
		planned, run := s.planAccount(ctx, m, engine.PlanOptions{MaxDeletes: limit, SendWriteOnly: o.sendWriteOnly})
		run.close()
		code = worst(code, run.code)
		if planned == nil || planned.Plan == nil {
			continue
		}
		plans = append(plans, planned.Plan)
		if o.detailedExit && !planned.Plan.Empty() {
			code = worst(code, exitDifferences)
		}
	}
	s.progress.Close()
	if err := a.showPlans(plans); err != nil {
		return err
	}
	return exit(code)
}

// planAccount connects to one account and plans. Planned is nil where that failed; what there is to tell has been told,
// and the run's code says how it ended. The run must be closed.
func (s *session) planAccount(ctx context.Context, m *plan.Manifest, o engine.PlanOptions, sinks ...engine.Sink) (*engine.Planned, *accountRun) {
	run, err := s.connect(ctx, m, sinks...)
	if err != nil {
		s.tellFailure(m, err)
		return nil, &accountRun{manifest: m, code: exitRefused}
	}
	planned, err := run.engine.Plan(ctx, m, o)
	if err != nil {
		s.tellFailure(m, err)
		run.code = exitRefused
		return nil, run
	}
	s.tellPlanProblems(planned.Problems)
	if planned.Refused() {
		run.code = exitRefused
	}
	return planned, run
}

// tellPlanProblems tells what refuses a plan; warnings stand in the plan itself.
func (s *session) tellPlanProblems(problems []plan.Problem) {
	s.progress.Close()
	if err := s.app.tellProblems(plan.Fatal(problems)); err != nil {
		s.app.fail(err)
	}
}

func (r *accountRun) close() {
	if r.connection != nil {
		r.connection.Close()
	}
}

func (a *app) showPlans(plans []*plan.Plan) error {
	if a.json() {
		return render.PlanJSON(a.env.Stdout, plans)
	}
	if len(plans) == 0 {
		return nil
	}
	return render.Plan(a.env.Stdout, plans, a.view(a.env.StdoutTerminal))
}

// maxDeletes returns the value of --max-deletes where it was given.
func maxDeletes(cmd *cobra.Command, value int) (*int, error) {
	switch {
	case !cmd.Flags().Changed("max-deletes"):
		return nil, nil
	case value < 0:
		return nil, fmt.Errorf("--max-deletes %d: it must not be negative", value)
	}
	return &value, nil
}
