package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

func (a *app) validateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate -f PATH",
		Short: "Check manifests offline: structure, names, references, guardrails",
		Long: `Check manifests without any connection: structure, limits, names given twice, references, circles, guardrails.
All problems are told in one run, each with its place, what is wrong, and what to write instead.

Whether the roles, projects and enterprise projects exist is checked by plan, which reads the account.`,
		Example: "  agencyctl validate -f examples/quickstart",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.document(noProblems, a.validate()) },
	}
	a.manifestFlags(cmd)
	return cmd
}

func (a *app) validate() error {
	if err := a.checkOutput("text", "json"); err != nil {
		return err
	}
	manifests, resources, problems, err := a.load()
	if err != nil {
		return err
	}
	fatal := len(plan.Fatal(problems)) > 0
	switch {
	case a.json():
		err = render.ProblemsJSON(a.env.Stdout, problems)
	case len(problems) > 0:
		err = render.Problems(a.env.Stdout, problems, a.view(a.env.StdoutTerminal))
	}
	if err != nil {
		return err
	}
	if fatal {
		return exit(exitRefused)
	}
	if !a.json() {
		_, err = fmt.Fprintf(a.env.Stdout, "Valid: %s in %s.\n", render.Count(resources, "resource"), render.Count(len(manifests), "account"))
	}
	return err
}
