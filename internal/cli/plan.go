package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

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
	failOn        failOn
	save          saveOptions
}

func (a *app) planCommand() *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan -f PATH",
		Short: "Show what apply would change; send no write",
		Long: `Read live state, compare it with the manifest and show the changes that would make them equal. No write is sent.

What could not be read is an error, and what was not looked at is listed: an empty plan means that nothing differs.
Several accounts are read side by side; one that cannot be planned does not hide the others.

With --out the plan is saved, to be reviewed and then executed by apply FILE as it was reviewed. FILE is written whole or
not at all, readable by its owner only; an older saved plan in it is replaced, anything else is left alone. A plan that is
refused, also by --fail-on, is not saved.

` + exitHelp,
		Example: `  agencyctl plan -f examples/quickstart --sim
  agencyctl plan -f iam/ --fail-on high --out plan.json --sign ~/.ssh/id_ed25519`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.document(noPlans, a.plan(cmd, o)) },
	}
	a.manifestFlags(cmd)
	a.cloudFlags(cmd)
	cmd.Flags().BoolVar(&o.detailedExit, "detailed-exitcode", false, "exit with 2 when there is something to change")
	cmd.Flags().IntVar(&o.maxDeletes, "max-deletes", 0, "allow this many deletes for this run, whatever ownership.maxDeletes says")
	cmd.Flags().BoolVar(&o.sendWriteOnly, "send-write-only", false, sendWriteOnlyHelp)
	o.failOn.flag(cmd)
	o.save.flags(cmd)
	return cmd
}

const sendWriteOnlyHelp = "send again what can be written and never read back (listed as not compared)"

func (a *app) plan(cmd *cobra.Command, o planOptions) error {
	limit, err := maxDeletes(cmd, o.maxDeletes)
	if err != nil {
		return err
	}
	saver, err := o.save.prepare(cmd)
	if err != nil {
		return err
	}
	ctx, s, err := a.beginWith(cmd, func() ([]*plan.Manifest, error) {
		manifests, err := a.loadValid()
		return manifests, errors.Join(err, saver.oneAccount(manifests))
	})
	if err != nil {
		return err
	}
	defer s.close()
	runs := s.open(ctx)
	defer runs.close()
	s.plan(ctx, runs, engine.PlanOptions{MaxDeletes: limit, SendWriteOnly: o.sendWriteOnly})
	o.failOn.refuse(runs)
	if err := a.showPlans(runs); err != nil {
		return err
	}
	s.tell(runs)
	for _, r := range runs {
		if err := a.save(saver, r); err != nil {
			return err
		}
	}
	code := runs.code()
	for _, r := range runs {
		if o.detailedExit && r.shown != nil && !r.shown.Empty() {
			code = worst(code, exitDifferences)
		}
	}
	return exit(code)
}

// plan plans every account and tells what failed. A run without a plan must not be executed.
func (s *session) plan(ctx context.Context, runs accountRuns, o engine.PlanOptions) {
	runs.sideBySide(func(r *accountRun) {
		planned, err := r.engine.Plan(ctx, r.manifest, o)
		if err != nil {
			r.fail(ctx, err)
			return
		}
		r.shown, r.plan, r.options, r.planned = planned.Plan, planned.Plan, o, planned
		r.refuse(planned.Problems)
	})
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
