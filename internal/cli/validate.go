package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

func (a *app) validateCommand() *cobra.Command {
	var now string
	cmd := &cobra.Command{
		Use:   "validate -f PATH",
		Short: "Check manifests offline: structure, names, references, guardrails",
		Long: `Check manifests without any connection: structure, limits, names given twice, references, circles, guardrails.
All problems are printed in one run, each with its place, what is wrong, and what to write instead.

Whether the roles, projects and enterprise projects exist is checked by plan, which reads the account.

Exit codes:
  0    the manifests are valid; there may be warnings
  1    there are problems, or a file cannot be read
  130  interrupted`,
		Example: "  agencyctl validate -f examples/quickstart",
		Args:    a.noArguments,
		RunE:    func(*cobra.Command, []string) error { return a.validate(now) },
	}
	nowFlag(cmd, &now)
	a.outputFlags(cmd, render.Validate)
	a.manifestFlags(cmd)
	return cmd
}

func (a *app) validate(nowFlag string) (err error) {
	if a.day, err = parseNow(nowFlag); err != nil {
		return err
	}
	manifests, resources, problems, err := a.load()
	if err != nil {
		return err
	}
	report := render.Report{Kind: render.Validate, Problems: problems}
	for _, m := range manifests {
		report.Accounts = append(report.Accounts, render.Account{Account: m.Account, Resources: resources[m]})
	}
	code := exitOK
	if len(plan.Fatal(problems)) > 0 {
		code = exitRefused
	}
	return a.end(report, code)
}

func (a *app) schemaCommand() *cobra.Command {
	names := schema.Names()
	return &cobra.Command{
		Use:   "schema [NAME]",
		Short: "Print a published JSON Schema; the manifest's by default",
		Long: `Print a published JSON Schema: the manifest's, or that of what a command prints with -o json, of a saved plan, or of a
notification.
NAME is ` + enumerate(names, "or") + `.

Exit codes:
  0  printed
  1  there is no such schema`,
		Example:   "  agencyctl schema manifest > manifest.schema.json",
		ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			name := "manifest"
			switch len(args) {
			case 0:
			case 1:
				name = args[0]
			default:
				return fmt.Errorf("schema takes one name, not %d: print one after the other", len(args))
			}
			text, ok := schema.Published(name)
			if !ok {
				return fmt.Errorf("no schema is named %q; %s", name, cmp.Or(plan.DidYouMean(name, names), "choose one of "+strings.Join(names, ", ")))
			}
			_, err := a.env.Stdout.Write(text)
			return err
		},
	}
}
