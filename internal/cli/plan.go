package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// planOptions are the flags of plan.
type planOptions struct {
	scopeFlags
	detailedExit bool
	base         baseFlags
	now          string
	failOn       failOn
	save         saveOptions
}

func (a *app) planCommand() *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan -f PATH",
		Short: "Show what apply would change; send no write",
		Long: `Read live state, compare it with the manifest and show the changes that would make them equal. No write is sent.

A failed read is an error, and parts of the account that were not read are named: an empty plan means that nothing differs.
With --target and --exclude, the changes that were left out are listed too. With --base, every change says where it comes
from: yours (the manifest differs from its base), drift (both want it, and live state differs), pending (both want it, and
it is not there yet), or conflict (the manifest differs from its base, and live state from both). What the base lists and the
manifest does not is listed with its fate, and the rules that differ are listed, with a finding for each that is weaker.
With --rules-from-base the plan is made and judged by the rules of the base. An account that the base does not have is refused.
Several accounts are read side by side; one that cannot be planned does not hide the others.

With --live, live state is that of a snapshot, and the plan is the one that was right when it was written.

With --out the plan is saved, to be reviewed and then executed by apply FILE as it was reviewed. FILE is written whole or
not at all, readable by its owner only; an older saved plan in it is replaced, anything else is left alone. A plan that is
refused, also by --fail-on, is not saved.

Exit codes:
  0    planned, whatever there is to change
  1    refused or failed: bad input, unreadable state, limits, --fail-on
  2    there is something to change (--detailed-exitcode)
  130  interrupted
With several accounts the worst wins: 130, 1, 2, 0.`,
		Example: `  agencyctl plan -f examples/quickstart --sim
  agencyctl plan -f iam --live account.json
  agencyctl plan -f iam --fail-on high --out plan.json --sign ~/.ssh/id_ed25519`,
		Args: a.noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.plan(cmd, o) },
	}
	a.outputFlags(cmd, render.Plan)
	tellDrawing(cmd)
	a.manifestFlags(cmd)
	a.cloudFlags(cmd)
	a.liveFlag(cmd)
	a.selfFlag(cmd)
	cmd.Flags().BoolVar(&o.detailedExit, "detailed-exitcode", false, "exit with 2 when there is something to change")
	o.base.add(cmd)
	nowFlag(cmd, &o.now)
	o.add(cmd)
	o.failOn.flag(cmd)
	o.save.flags(cmd)
	return cmd
}

func (a *app) plan(cmd *cobra.Command, o planOptions) error {
	options, err := o.options(cmd)
	if err != nil {
		return err
	}
	if options.Now, err = parseNow(o.now); err != nil {
		return err
	}
	saver, err := o.save.prepare(cmd)
	if err != nil {
		return err
	}
	ctx, s, err := a.begin(cmd, func() ([]*plan.Manifest, error) {
		manifests, err := o.keep(a.loadValid())
		return manifests, errors.Join(err, saver.oneAccount(manifests))
	})
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.readBase(o.base); err != nil {
		return err
	}
	runs := s.open(ctx)
	defer runs.close()
	s.makePlans(ctx, runs, func(r *accountRun, caller plan.Caller) engine.Job {
		o := options
		o.Caller, o.Base, o.Bases, o.RulesFromBase = caller, r.base, r.bases, s.rulesFromBase
		return r.engine.Fresh(r.manifest, o)
	})
	o.failOn.refuse(runs)
	code := exitOK
	if o.detailedExit && len(s.warnings) > 0 {
		code = exitDifferences
	}
	var remarks []string
	for _, r := range runs {
		if o.detailedExit && r.result.Plan != nil && r.result.Plan.Differs() {
			code = exitDifferences
		}
		if saver != nil && !r.failed() {
			if remarks, err = a.save(saver, r, r.planned); err != nil {
				r.fail(ctx, err)
			}
		}
	}
	err = s.end(runs, code, nil)
	for _, text := range remarks {
		a.remark("%s", text)
	}
	return err
}
