package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// whoamiOptions are the flags of whoami.
type whoamiOptions struct {
	permissions, offline bool
	purpose              string
	cloud                cloudChoice
}

// The commands that permissions are listed for.
const (
	forPlan  = "plan"
	forDrift = "drift" // what plan needs; what else it makes use of is optional
	forApply = "apply"
)

func (a *app) whoamiCommand() *cobra.Command {
	var o whoamiOptions
	cmd := &cobra.Command{
		Use:   "whoami [-f PATH]",
		Short: "Show whose credentials are used, and what a manifest needs",
		Long: `Ask the cloud whose credentials these are, and show the account, the caller, where the credentials were found (never
their value), an assumed agency, and where calls go. With -f, do so for each account of the manifests, and tell whether
the credentials belong to it; without, for the cloud and region that the flags name.

With --permissions, also print the least custom policies that plan, drift or apply of these manifests needs, ready to be
pasted into the cloud's console, what each action is for, and which calls have no documented fine-grained action. Then try the
reads, and print each refusal; for drift, Cloud Trace is asked too, which is optional. Writes cannot be tried without writing.
--offline makes no call, so that the policies can be made before there are credentials.

Exit codes:
  0    the cloud says that the account is the manifest's, and with --permissions all reads work
  1    it does not, could not be asked, or refused a read; bad input
  130  interrupted
With --offline, 0 says only that the policies were printed.`,
		Example: `  agencyctl whoami --cloud huaweicloud --region cn-north-4
  agencyctl whoami -f iam/
  agencyctl whoami --permissions --for drift -f iam/
  agencyctl whoami --permissions --offline -f examples/quickstart`,
		Args: a.noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.whoami(cmd, o) },
	}
	a.outputFlags(cmd, render.Whoami)
	a.manifestFlags(cmd)
	a.cloudFlags(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.permissions, "permissions", false, "print the least permissions that the manifests need, and try the reads")
	f.StringVar(&o.purpose, "for", forApply, "with --permissions: list them for this `COMMAND`: plan, drift or apply")
	f.BoolVar(&o.offline, "offline", false, "with --permissions: do not call the cloud")
	o.cloud.flags(cmd, "without -f: ")
	return cmd
}

// check refuses flags that contradict each other, before any work is done.
func (o whoamiOptions) check(cmd *cobra.Command, hasManifest bool) error {
	given := cmd.Flags().Changed
	if err := cmp.Or(choose("for", o.purpose, forPlan, forDrift, forApply), o.cloud.check()); err != nil {
		return err
	}
	switch {
	case !o.permissions && (o.offline || given("for")):
		return errors.New("--for and --offline go with --permissions")
	case o.permissions && !hasManifest:
		return errors.New("--permissions needs a manifest: name a file or a directory with -f PATH")
	case hasManifest && (given("cloud") || given("region")):
		return errManifestSaysCloud
	}
	return nil
}

func (a *app) whoami(cmd *cobra.Command, o whoamiOptions) error {
	hasManifest := len(a.files) > 0
	if err := o.check(cmd, hasManifest); err != nil {
		return err
	}
	if o.offline {
		return a.whoamiOffline(o)
	}
	load := a.loadValid
	if !hasManifest {
		load = func() ([]*plan.Manifest, error) {
			return []*plan.Manifest{{Cloud: o.cloud.cloud(a.env.Getenv)}}, nil
		}
	}
	ctx, s, err := a.begin(cmd, load)
	if err != nil {
		return err
	}
	defer s.close()
	runs := s.open(ctx)
	defer runs.close()
	for _, r := range runs {
		r.result.Caller = a.callerOf(r.manifest, o, s.assume[r.manifest.Account])
	}
	runs.sideBySide(func(r *accountRun) {
		if err := a.complete(ctx, r); err != nil {
			r.fail(ctx, err)
		}
	})
	for _, r := range runs {
		if r.failed() && r.result.Caller.Permissions != nil {
			r.result.Caller.Check = notTried("the cloud could not be asked whose credentials these are")
		}
	}
	return s.end(runs, exitOK, nil)
}

// whoamiOffline prints permissions, which follow from the manifests alone.
func (a *app) whoamiOffline(o whoamiOptions) error {
	manifests, err := a.loadValid()
	if err != nil {
		return err
	}
	assume, err := parseAssume(a.assume, manifests)
	if err != nil {
		return err
	}
	report := render.Report{Kind: render.Whoami}
	for _, m := range manifests {
		report.Accounts = append(report.Accounts, render.Account{Account: m.Account, Caller: a.callerOf(m, o, assume[m.Account])})
	}
	return a.end(report, exitOK)
}

// callerOf returns a caller with all that is known without a call. Assumed is the agency that --assume names, "" for none.
func (a *app) callerOf(m *plan.Manifest, o whoamiOptions, assumed string) *render.Caller {
	c := &render.Caller{Account: m.Account, Cloud: m.Cloud}
	if m.Account != (plan.Account{}) {
		c.Manifest = &render.CallerManifest{Account: m.Account, Matches: render.MatchesUnknown}
	}
	if o.permissions {
		c.Permissions = a.leastPermissions(m, o.purpose)
		if assumed != "" {
			c.Permissions.AlsoNeeded = append(c.Permissions.AlsoNeeded, assumedNeed(assumed))
		}
	}
	return c
}

// complete adds the cloud's answers to the caller of a run.
func (a *app) complete(ctx context.Context, run *accountRun) error {
	c := run.result.Caller
	for _, e := range run.connection.Endpoints {
		c.Endpoints = append(c.Endpoints, render.CallerEndpoint{Service: e.Service, URL: e.URL, Source: e.Source})
	}
	identity, err := run.connection.WhoAmI(ctx)
	if err != nil {
		return err
	}
	c.Account = identity.Account
	c.Identity = callerIdentity(identity)
	if c.Manifest != nil {
		c.Manifest.Matches = matches(run.manifest.Account, identity)
	}
	switch {
	case c.Permissions == nil:
	case c.Manifest.Matches == render.MatchesNo:
		c.Check = notTried("the credentials belong to another account than the manifest is for")
	default:
		c.Check = a.tryReads(ctx, run, c.Permissions.For == forDrift)
	}
	return nil
}

func notTried(why string) *render.CallerCheck {
	return &render.CallerCheck{Reads: render.ReadsNotTried, Problems: []string{why}}
}

// tryReads makes every reading call of a plan, and those by which drift asks who made a difference. Without these drift works too.
func (a *app) tryReads(ctx context.Context, run *accountRun, isDrift bool) *render.CallerCheck {
	desired, _ := engine.Validate(a.env.Registry, run.manifest)
	observed, err := run.engine.Observe(ctx, run.manifest, desired)
	if err != nil {
		return readsProblem(err)
	}
	notRead := slices.Clip(observed.Snapshot.NotRead)
	if isDrift && run.connection.Explainer != nil {
		view := plan.NewView(observed.Snapshot, run.manifest.Ownership, desired)
		if _, asked := run.connection.Explainer("").Explain(ctx, nil, view); asked.Problem != "" {
			notRead = append(notRead, plan.NotRead{Subject: asked.Asked, Reason: asked.Problem})
		}
	}
	return &render.CallerCheck{Reads: render.ReadsAllowed, NotRead: notRead}
}

// callerIdentity returns an identity as reports hold it.
func callerIdentity(i providers.Identity) *render.CallerIdentity {
	c := &render.CallerIdentity{
		AccountConfirmed: i.AccountConfirmed, Kind: i.Kind, Source: i.Source, Principal: i.Principal, Assumed: i.Assumed,
	}
	if !i.Expires.IsZero() {
		c.Expires = i.Expires.UTC().Format(time.RFC3339)
	}
	return c
}

// matches compares the manifest's account with the cloud's answer. An account that only the credentials claim proves nothing.
func matches(wanted plan.Account, i providers.Identity) render.Matches {
	switch {
	case !i.AccountConfirmed:
		return render.MatchesUnknown
	case wanted.ID != "" && i.Account.ID != "" && wanted.ID != i.Account.ID,
		wanted.Name != "" && i.Account.Name != "" && wanted.Name != i.Account.Name:
		return render.MatchesNo
	case wanted.ID != "" && i.Account.ID == "", wanted.Name != "" && i.Account.Name == "":
		return render.MatchesUnknown
	}
	return render.MatchesYes
}

// leastPermissions returns the permissions that the command of that name needs for the manifest.
func (a *app) leastPermissions(m *plan.Manifest, purpose string) *render.CallerPermissions {
	desired, _ := engine.Validate(a.env.Registry, m)
	all := a.env.Registry.Permissions(desired, m)
	needed := all.ForPlan()
	if purpose == forApply {
		needed = all.ForApply()
	}
	result := &render.CallerPermissions{For: purpose}
	actions := map[providers.PermissionScope][]string{}
	for _, p := range needed {
		if p.Action == "" {
			result.AlsoNeeded = append(result.AlsoNeeded, render.CallerNeed{Role: p.Role, Scope: string(p.Scope), Why: p.Why})
			continue
		}
		actions[p.Scope] = append(actions[p.Scope], p.Action)
		result.Actions = append(result.Actions, render.CallerAction{Action: p.Action, Scope: string(p.Scope), Why: p.Why})
	}
	for _, p := range all.Optional {
		result.Optional = append(result.Optional, render.CallerAction{Action: p.Action, Scope: string(p.Scope), Why: p.Why})
	}
	for _, scope := range []providers.PermissionScope{providers.GlobalScope, providers.ProjectScope} {
		result.Policies = append(result.Policies, render.PolicyDocuments(string(scope), actions[scope])...)
	}
	return result
}

// assumedNeed returns the permission that the credentials need in their own account to assume an agency.
func assumedNeed(agency string) render.CallerNeed {
	return render.CallerNeed{
		Role: "Agent Operator", Scope: string(providers.GlobalScope),
		Why: "assume " + agency + ": the credentials need it in their own account, " +
			"or a policy there that allows iam:agencies:assume for that agency alone",
	}
}

// readsProblem returns the check of reads that failed. Joined errors stand on lines of their own.
func readsProblem(err error) *render.CallerCheck {
	reads := render.ReadsFailed
	if errors.Is(err, providers.ErrDenied) {
		reads = render.ReadsRefused
	}
	return &render.CallerCheck{Reads: reads, Problems: strings.Split(providers.Words(err), "\n")}
}
