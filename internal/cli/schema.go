package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

func (a *app) schemaCommand() *cobra.Command {
	names := schema.Names()
	return &cobra.Command{
		Use:       "schema [" + strings.Join(names, "|") + "]",
		Short:     "Print a published JSON Schema; the manifest's by default",
		Example:   "  agencyctl schema manifest > manifest.schema.json",
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			name := "manifest"
			if len(args) == 1 {
				name = args[0]
			}
			text, ok := schema.Published(name)
			if !ok {
				return fmt.Errorf("no schema is named %q; %s", name, firstOf(plan.DidYouMean(name, names), "choose one of "+strings.Join(names, ", ")))
			}
			_, err := a.env.Stdout.Write(text)
			return err
		},
	}
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
