package cli

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

// starterText is the manifest that init prints.
//
//go:embed starter.yaml
var starterText string

// starter is what differs from one starter manifest to the next, as YAML writes it.
type starter struct{ Account, Kind, Region, File string }

// The account and the regions of a starter manifest where nobody says others: those of the simulated cloud, which has the same account
// in both.
const (
	starterAccount = "example-co"
	starterFile    = "agencies.yaml"
)

var starterRegions = map[string]string{cloudsim.HuaweiCloud: "cn-north-4", cloudsim.OpenTelekomCloud: "eu-de"}

func (a *app) initCommand() *cobra.Command {
	var cloud cloudChoice
	var account, out, ci string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Print a commented manifest to begin with, or write the jobs of a CI",
		Long: `Print a manifest that is valid as it is and lists nothing yet, with the sections that most manifests have as comments: what they
are for, and an example of each. It needs no connection. agencyctl export prints a manifest of what is in an account already, and
agencyctl list shows what a manifest may name.

With --ci, the jobs that plan pull requests, apply them after the merge and look for drift every night are written where that
CI looks for them, and their names are printed. They read manifests in iam/. What to set is said at the top of each file.

Exit codes:
  0  printed, or written
  1  a file exists already, or a flag says what no manifest may`,
		Example: `  agencyctl init --account example-co --region cn-north-4 --out agencies.yaml
  agencyctl init --cloud opentelekomcloud
  agencyctl init --ci github`,
		Args: a.noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed(flagCI) {
				return a.printStarter(cloud, account, out)
			}
			for _, name := range []string{"account", "cloud", "region"} {
				if cmd.Flags().Changed(name) {
					return fmt.Errorf("--%s is about a manifest, and --%s writes none: run init once for each", name, flagCI)
				}
			}
			return a.writePipeline(ci, out)
		},
	}
	f := cmd.Flags()
	f.StringVar(&account, "account", starterAccount, "the `NAME` of the account that it is for")
	cloud.flags(cmd, "")
	f.StringVar(&out, "out", "", "write it to `FILE`, which must not exist, and make its folders; with --ci, the folder to write into "+
		"(default: the current one)")
	f.StringVar(&ci, flagCI, "", "write the jobs of a `CI`: "+strings.Join(slices.Sorted(maps.Keys(pipelineFiles)), " or "))
	f.BoolVarP(&a.quiet, "quiet", "q", false, "no remarks on stderr; errors are still printed")
	return cmd
}

// printStarter prints the starter manifest, or writes it to a file.
func (a *app) printStarter(choice cloudChoice, account, out string) error {
	if err := choice.check(); err != nil {
		return err
	}
	cloud := choice.cloud(a.env.Getenv)
	text, err := a.starter(starter{
		Account: render.InYAML(account), Kind: cloud.Kind, Region: render.InYAML(cmp.Or(cloud.Region, starterRegions[cloud.Kind])),
		File: cmp.Or(out, starterFile),
	})
	if err != nil {
		return err
	}
	if out == "" {
		_, err := a.env.Stdout.Write(text)
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return fmt.Errorf("--out: %w", fileError(filepath.Dir(out), err))
	}
	if err := writeNew(out, text, 0o644); err != nil {
		return err
	}
	a.remark("%s written: put your account into it, and then run agencyctl validate -f %s", render.Clean(out), render.Clean(shellWord(out)))
	return nil
}

// starter returns the starter manifest. It is refused where validate would refuse it.
func (a *app) starter(s starter) ([]byte, error) {
	s.File = render.Clean(shellWord(s.File))
	var b bytes.Buffer
	if err := template.Must(template.New("starter").Parse(starterText)).Execute(&b, s); err != nil {
		return nil, fmt.Errorf("init: %w", err)
	}
	manifests, drafts, problems := schema.Parse([]schema.Source{{Name: s.File, Data: b.Bytes()}})
	for _, m := range append(manifests, drafts...) {
		_, more := engine.Validate(a.env.Registry, m)
		problems = append(problems, more...)
	}
	fatal := plan.Fatal(problems)
	for i := range fatal {
		fatal[i].At = plan.Position{} // the file is not there
	}
	if len(fatal) > 0 {
		return nil, &refusal{fatal}
	}
	return b.Bytes(), nil
}
