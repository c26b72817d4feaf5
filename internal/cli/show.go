package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

func (a *app) showCommand() *cobra.Command {
	var keyFiles []string
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "Print a saved plan",
		Long: `Print a plan that plan --out has saved, as plan printed it. The cloud is not asked: whether the plan is still true is
found out by apply FILE.

A file that is damaged, was edited, or is no saved plan is refused. That it is whole does not say who made it: with
--verify-key, it must be signed by one of these keys, or it is not even read.

Exit codes:
  0  printed
  1  refused: bad input, bad file, bad signature`,
		Example: `  agencyctl show plan.json
  agencyctl show plan.json --verify-key reviewers.pub -o json`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error { return a.document(noPlans, a.show(args, keyFiles)) },
	}
	a.outputFlags(cmd)
	cmd.Flags().StringArrayVar(&keyFiles, "verify-key", nil, verifyKeyHelp)
	return cmd
}

func (a *app) show(args, keyFiles []string) error {
	if len(args) != 1 {
		return fmt.Errorf("show takes one saved plan, not %d: write show FILE", len(args))
	}
	if err := a.checkOutput("text", "json"); err != nil {
		return err
	}
	saved, err := a.readSaved(args[0], keyFiles)
	if err != nil {
		return err
	}
	digest, err := saved.Digest()
	if err != nil {
		return err
	}
	a.remark("Saved plan with digest %s, from the manifest with digest %s", digest, render.Clean(saved.Plan.Manifest.Digest))
	plans := []*plan.Plan{saved.Plan}
	if a.json() {
		return render.PlanJSON(a.env.Stdout, plans)
	}
	return render.Plan(a.env.Stdout, plans, a.view(a.env.StdoutTerminal))
}
