package cli

import (
	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// pictureFormat is the format of graph where none is named.
const pictureFormat = "dot"

func (a *app) graphCommand() *cobra.Command {
	var o scopeFlags // of which it has those that select
	cmd := &cobra.Command{
		Use:   "graph -f PATH",
		Short: "Draw who may act in the account, and what the plan changes about it",
		Long: `Read live state, plan as plan does, and draw who may act in the account: accounts and services, what they may act as, and
with which roles in which scope. What the plan adds is marked by + and green, what it removes by - and a red dashed line, and
what gets another content by ~. Administrator power is red and thick: it is the verdict of the rules, not the name of a role.
Unmanaged agencies are drawn too; what was not read is named below. No write is sent.

The formats dot and mermaid are text for Graphviz and for Markdown; svg is a picture that stands alone. Above 100 agencies,
svg draws those as one that trust the same and reach the same scopes; an administrator always stands alone. Mermaid draws at
most 500 edges and 50,000 characters: what is cut is counted. dot has every agency with every role.

Exit codes:
  0    drawn, whatever there is to change
  1    refused or failed: bad input, unreadable state, limits
  130  interrupted`,
		Example: `  agencyctl graph -f examples/quickstart --sim -o svg=trust.svg
  agencyctl graph -f iam/ --target 'ops-*' -o mermaid`,
		Args: a.noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.drawGraph(cmd, o) },
	}
	cmd.Annotations = map[string]string{reportOf: string(render.Graph)}
	f := cmd.Flags()
	f.VarP(&outputFlag{&a.outputs, render.Graph}, "output", "o", "output `FORMAT`: "+enumerate(render.FormatsOf(render.Graph), "or")+
		" (default "+pictureFormat+"); FORMAT=FILE writes it to a file, and may be repeated")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "no progress and no remarks on stderr; errors are still printed")
	a.manifestFlags(cmd)
	a.cloudFlags(cmd)
	a.liveFlag(cmd)
	a.selfFlag(cmd)
	f.StringArrayVar(&o.targets, flagTarget, nil,
		"mark only changes of `ADDRESS`, a glob as in grant/ops-*/**; a bare name means agency/NAME (repeatable)")
	f.StringArrayVar(&o.excludes, flagExclude, nil, "leave out changes of `ADDRESS`, a glob as for --target (repeatable)")
	return cmd
}

// drawGraph plans every account and draws it.
func (a *app) drawGraph(cmd *cobra.Command, o scopeFlags) error {
	options, err := o.options(cmd)
	if err != nil {
		return err
	}
	ctx, s, err := a.begin(cmd, a.loadValid)
	if err != nil {
		return err
	}
	defer s.close()
	runs := s.open(ctx)
	defer runs.close()
	s.makePlans(ctx, runs, func(r *accountRun, caller plan.Caller) engine.Job {
		o := options
		o.Caller = caller
		return r.engine.Fresh(r.manifest, o)
	})
	return s.end(runs, exitOK, nil)
}
