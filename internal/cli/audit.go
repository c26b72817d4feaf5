package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

const flagGuardrails = "guardrails"

// auditOptions are the flags of audit.
type auditOptions struct {
	cloud      cloudChoice
	guardrails string
	now        string
	failOn     failOn
}

func (a *app) auditCommand() *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Judge a whole account by every rule; no manifest is needed",
		Long: `Read all of the account whose credentials are used, and judge every live resource by every rule, what services made
for themselves too: what is wrong, the worst first, who may act in the account from outside and through which agencies, the ways
to everything, agencies that have expired or that another account may use for ever, grants of roles that are gone, and agencies
of services that no authorization goes through. What could not be read is named. Nothing is ever written.

--guardrails takes a manifest, and of it the sections account, cloud and guardrails, nothing else: the account is the one that the
credentials must belong to, what cloud.notRead names is left unread and named, and what guardrails.accept accepts is listed with
its reason, and counts for no limit. A manifest without any entry is enough.

Exit codes:
  0    the account was read, whatever was found
  1    it could not be read, bad input, or --fail-on
  130  interrupted`,
		Example: `  agencyctl audit --cloud huaweicloud --region cn-north-4
  agencyctl audit --guardrails iam/ --fail-on high -o sarif=audit.sarif
  agencyctl audit --sim`,
		Args: a.noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.audit(cmd, &o) },
	}
	a.outputFlags(cmd, render.Audit)
	tellDrawing(cmd)
	a.cloudFlags(cmd)
	a.liveFlag(cmd)
	o.cloud.flags(cmd, "")
	f := cmd.Flags()
	f.StringVar(&o.guardrails, flagGuardrails, "",
		"hold the account against the guardrails of the manifest at `PATH`, which also names account and cloud: a file, a directory, or -")
	f.StringVar(&o.now, "now", "", "judge expiry and reviews at this `TIME`, as in 2030-01-31 or 2030-01-31T08:00:00Z (default: the clock)")
	f.Var(&o.failOn, flagFailOn, "exit with 1 on a finding of this `SEVERITY` (low, medium or high) or higher that nobody accepts")
	return cmd
}

func (a *app) audit(cmd *cobra.Command, o *auditOptions) error {
	if err := cmp.Or(o.cloud.check(), a.checkLiveCloud(cmd)); err != nil {
		return err
	}
	if given := cmd.Flags().Changed; o.guardrails != "" && (given("cloud") || given("region")) {
		return errors.New("--cloud and --region are for runs without --" + flagGuardrails + "; with it, the manifest says them")
	}
	now, err := parseNow(o.now)
	if err != nil {
		return err
	}
	if o.now == "" {
		now = time.Now().UTC()
	}
	a.showNow = o.now != ""
	ctx, s, err := a.begin(cmd, func() ([]*plan.Manifest, error) {
		manifests, err := a.loadWhole(&o.cloud)()
		if err == nil && o.guardrails != "" {
			err = a.addGuardrails(manifests[0], o.guardrails)
		}
		return manifests, err
	})
	if err != nil {
		return err
	}
	defer s.close()
	runs := s.open(ctx)
	defer runs.close()
	runs.sideBySide(func(r *accountRun) {
		var err error
		if r.result.Audit, err = r.engine.Audit(ctx, r.manifest, now); err != nil {
			r.fail(ctx, err)
			return
		}
		r.result.Account = r.result.Audit.Account
		r.refuse(o.failOn.auditProblems(r.result.Audit))
	})
	return s.end(runs, exitOK, nil)
}

// addGuardrails takes from the manifest at a path what is about the account as a whole: the sections account, cloud and guardrails.
func (a *app) addGuardrails(whole *plan.Manifest, path string) error {
	sources, err := schema.Load([]string{path}, a.env.Stdin)
	if err != nil {
		return fmt.Errorf("--%s: %w", flagGuardrails, pathHint("--"+flagGuardrails, []string{path}, err))
	}
	manifests, _, problems := schema.Parse(sources)
	if fatal := plan.Fatal(problems); len(fatal) > 0 {
		return &refusal{fatal}
	}
	if len(manifests) > 1 {
		return withHint("name the files of one of the accounts", "--%s %s: it is for %d accounts, and an audit reads one",
			flagGuardrails, path, len(manifests))
	}
	m := manifests[0]
	rules := plan.Manifest{
		Account: m.Account, AccountAt: m.AccountAt, Cloud: m.Cloud, Endpoints: m.Endpoints, NotRead: m.NotRead, NotReadAt: m.NotReadAt,
		Guardrails: m.Guardrails, Acceptances: m.Acceptances,
	}
	for _, s := range m.Selectors {
		if strings.HasPrefix(s.Setting, flagGuardrails+".") {
			rules.Selectors = append(rules.Selectors, s)
		}
	}
	if _, problems := engine.Validate(a.env.Registry, &rules); len(plan.Fatal(problems)) > 0 {
		return &refusal{problems}
	}
	rules.Ownership = whole.Ownership
	*whole = rules
	return nil
}

// auditProblems returns the problem of an audit that has findings of that severity or higher.
func (f *failOn) auditProblems(audit *plan.Audit) []plan.Problem {
	if !f.on {
		return nil
	}
	n := len(plan.AtLeast(audit.Findings, f.least))
	if n == 0 {
		return nil
	}
	severity := f.least.String()
	if f.least < plan.High {
		severity += " or higher"
	}
	return []plan.Problem{{
		Summary: f.least.String() + " risk",
		Detail:  fmt.Sprintf("%s of severity %s that nobody accepts (--%s %s)", plan.Counted(n, "finding"), severity, flagFailOn, f.least),
		Hint:    "mend what they name, or accept them in the guardrails of --" + flagGuardrails,
	}}
}
