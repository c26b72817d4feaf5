package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// graphOptions are the flags of graph.
type graphOptions struct {
	format            graphFormat
	targets, excludes []string
}

// graphFormat is the value of --output of graph: the name of a format that draws.
type graphFormat string

// String implements [pflag.Value].
func (o *graphFormat) String() string { return string(*o) }

// Type implements [pflag.Value].
func (o *graphFormat) Type() string { return "FORMAT" }

// Set implements [pflag.Value].
func (o *graphFormat) Set(name string) error {
	if _, ok := render.GraphFormats()[name]; !ok {
		return withHint(plan.DidYouMean(name, graphFormatNames()), "choose one of %s", strings.Join(graphFormatNames(), ", "))
	}
	*o = graphFormat(name)
	return nil
}

func graphFormatNames() []string { return slices.Sorted(maps.Keys(render.GraphFormats())) }

func (a *app) graphCommand() *cobra.Command {
	o := graphOptions{format: "dot"}
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

` + exitHelp,
		Example: `  agencyctl graph -f examples/quickstart --sim -o svg > trust.svg
  agencyctl graph -f iam/ --target 'ops-*' -o mermaid`,
		Args: a.noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.drawGraph(cmd, o) },
	}
	f := cmd.Flags()
	f.VarP(&o.format, "output", "o", "output `FORMAT`: "+strings.Join(graphFormatNames(), " or "))
	f.BoolVarP(&a.quiet, "quiet", "q", false, "no progress and no remarks on stderr; errors are still printed")
	a.manifestFlags(cmd)
	a.cloudFlags(cmd)
	a.selfFlag(cmd)
	f.StringArrayVar(&o.targets, flagTarget, nil,
		"mark only changes of `ADDRESS`, a glob as in grant/ops-*/**; a bare name means agency/NAME (repeatable)")
	f.StringArrayVar(&o.excludes, flagExclude, nil, "leave out changes of `ADDRESS`, a glob as for --target (repeatable)")
	return cmd
}

// drawGraph runs the command. Every run writes a document; that of a failed one says so.
func (a *app) drawGraph(cmd *cobra.Command, o graphOptions) error {
	report := render.Report{Kind: render.Graph}
	runs, s, err := a.graphRuns(cmd, o)
	if err != nil {
		report.Failure = failureOf(cmd.Context(), err)
	}
	if s != nil {
		defer s.close()
		defer runs.close()
		s.progress.Close()
		report.Problems = s.warnings
	}
	code := exitOK
	for _, r := range runs {
		report.Accounts = append(report.Accounts, r.result)
		code = worst(code, codeOf(&r.result))
	}
	if written := render.GraphFormats()[o.format.String()](a.env.Stdout, report, a.view(false)); written != nil {
		a.fail(written)
		code = worst(code, exitRefused)
	}
	if err != nil {
		return err
	}
	s.printFailures(runs)
	for _, w := range s.warnings {
		a.remark("%s", render.Clean(w.String()))
	}
	return exit(code)
}

// graphRuns plans every account. The session is nil where none was begun.
func (a *app) graphRuns(cmd *cobra.Command, o graphOptions) (accountRuns, *session, error) {
	var options engine.PlanOptions
	var err error
	options.Names = settingNames
	if options.Select.Target, err = patterns(flagTarget, o.targets); err != nil {
		return nil, nil, err
	}
	if options.Select.Exclude, err = patterns(flagExclude, o.excludes); err != nil {
		return nil, nil, err
	}
	ctx, s, err := a.begin(cmd, a.loadValid)
	if err != nil {
		return nil, nil, err
	}
	runs := s.open(ctx)
	s.makePlans(ctx, runs, func(r *accountRun, caller plan.Caller) engine.Job {
		o := options
		o.Caller = caller
		return r.engine.Fresh(r.manifest, o)
	})
	for _, r := range runs {
		if r.planned != nil {
			r.result.Trust = r.planned.TrustGraph()
		}
	}
	return runs, s, nil
}
