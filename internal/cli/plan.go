package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// planOptions are the flags of plan.
type planOptions struct {
	scopeFlags
	detailedExit bool
	base         []string
}

func (a *app) planCommand() *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan -f PATH",
		Short: "Show what apply would change; send no write",
		Long: `Read live state, compare it with the manifest and show the changes that would make them equal. No write is sent.

What could not be read is an error, and what was not looked at is listed: an empty plan means that nothing differs.
With --target and --exclude, what was left out is listed too. With --base, every change says where it comes from: yours
(the manifest differs from its base), drift (both want it, and live is something else), pending (both want it, and it is
not there yet), or conflict (the manifest differs from its base, and live from both).
Several accounts are read side by side; one that cannot be planned does not hide the others.

` + exitHelp,
		Example: "  agencyctl plan -f examples/quickstart --sim",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.document(noPlans, a.plan(cmd, o)) },
	}
	a.manifestFlags(cmd)
	a.cloudFlags(cmd)
	a.selfFlag(cmd)
	cmd.Flags().BoolVar(&o.detailedExit, "detailed-exitcode", false, "exit with 2 when there is something to change")
	cmd.Flags().StringArrayVar(&o.base, "base", nil, "compare with the manifest at `PATH` as it is on the main branch, and say of each change where it comes from (repeatable, as --file)")
	o.add(cmd)
	return cmd
}

func (a *app) plan(cmd *cobra.Command, o planOptions) error {
	options, err := o.options(cmd)
	if err != nil {
		return err
	}
	ctx, s, err := a.begin(cmd)
	if err != nil {
		return err
	}
	defer s.close()
	if s.base, err = a.loadBase(o.base); err != nil {
		return err
	}
	runs := s.open(ctx)
	defer runs.close()
	s.plan(ctx, runs, options)
	if err := a.showPlans(runs); err != nil {
		return err
	}
	code := runs.code()
	for _, r := range runs {
		if o.detailedExit && r.shown != nil && r.shown.Differs() {
			code = worst(code, exitDifferences)
		}
	}
	return exit(code)
}

// plan plans every account and tells what failed. A run without a plan must not be executed.
func (s *session) plan(ctx context.Context, runs accountRuns, o engine.PlanOptions) {
	runs.sideBySide(func(r *accountRun) {
		o := o
		if err := s.identify(ctx, r, &o.Caller); err != nil {
			r.fail(ctx, err)
			return
		}
		o.Base = s.base.of(r.manifest)
		planned, err := r.engine.Plan(ctx, r.manifest, o)
		if err != nil {
			r.fail(ctx, err)
			return
		}
		r.shown, r.plan, r.options = planned.Plan, planned.Plan, o
		r.missedTargets, r.missedExcludes = planned.MissedTargets, planned.MissedExcludes
		r.refuse(planned.Problems)
		s.base.refuse(r, planned.BaseProblems)
	})
	runs.refuseMisses()
	runs.refuseTwins(func(r *accountRun) plan.Account {
		if r.shown == nil {
			return plan.Account{}
		}
		return r.shown.Account
	})
	s.tell(runs)
}

func (a *app) showPlans(runs accountRuns) error {
	if a.json() {
		return render.PlanJSON(a.env.Stdout, runs.plans(), runs.failures()...)
	}
	return a.showPlansAsText(a.env.Stdout, a.env.StdoutTerminal, runs)
}

func (a *app) showPlansAsText(w io.Writer, terminal bool, runs accountRuns) error {
	plans := present(runs.plans())
	if len(plans) == 0 {
		return nil
	}
	return render.Plan(w, plans, a.view(terminal))
}
