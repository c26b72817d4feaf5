package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// whoamiOptions are the flags of whoami.
type whoamiOptions struct {
	permissions, offline bool
	purpose              string
	cloud, region        string
}

// The commands that permissions are listed for.
const (
	forPlan  = "plan"
	forApply = "apply"
)

const defaultCloud = "huaweicloud"

func (a *app) whoamiCommand() *cobra.Command {
	var o whoamiOptions
	cmd := &cobra.Command{
		Use:   "whoami [-f PATH]",
		Short: "Show whose credentials are used, and the least permissions that a manifest needs",
		Long: `Ask the cloud whose credentials these are, and show the account, the caller, where the credentials were found (never
their value), an assumed agency, and where calls go. With -f, do so for each account of the manifests, and tell whether
the credentials belong to it; without, for the cloud and region that the flags name.

With --permissions, also print the least custom policies that plan or apply of these manifests needs, ready to be pasted
into the cloud's console, what each action is for, and what no fine-grained action is documented for. Then try the reads:
they are all allowed, or each refusal is told. Writes cannot be tried without writing. --offline leaves the cloud alone,
so that the policies can be made before there are credentials.

Exit codes:
  0    the cloud says that the account is the manifest's, and with --permissions all reads work
  1    it does not, could not be asked, or refused a read; bad input
  130  interrupted
With --offline, 0 says only that the policies were printed.`,
		Example: `  agencyctl whoami --cloud huaweicloud --region cn-north-4
  agencyctl whoami -f iam/
  agencyctl whoami --permissions --for plan -f iam/
  agencyctl whoami --permissions --offline -f examples/quickstart`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.document(noCallers, a.whoami(cmd, o)) },
	}
	a.manifestFlags(cmd)
	a.cloudFlags(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.permissions, "permissions", false, "print the least permissions that the manifests need, and try the reads")
	f.StringVar(&o.purpose, "for", forApply, "with --permissions: list them for this `COMMAND`, plan or apply")
	f.BoolVar(&o.offline, "offline", false, "with --permissions: do not call the cloud")
	f.StringVar(&o.cloud, "cloud", defaultCloud, "without -f: the `KIND` of cloud, huaweicloud or opentelekomcloud")
	f.StringVar(&o.region, "region", "", "without -f: the `REGION` (default: HW_REGION_NAME or OS_REGION_NAME)")
	return cmd
}

// check refuses flags that contradict each other, before any work is done.
func (o whoamiOptions) check(cmd *cobra.Command, hasManifest bool) error {
	given := cmd.Flags().Changed
	switch {
	case o.purpose != forPlan && o.purpose != forApply:
		return fmt.Errorf("--for %q: choose plan or apply", o.purpose)
	case !o.permissions && (o.offline || given("for")):
		return errors.New("--for and --offline go with --permissions")
	case o.permissions && !hasManifest:
		return errors.New("--permissions needs a manifest: name a file or a directory with -f PATH")
	case hasManifest && (given("cloud") || given("region")):
		return errors.New("--cloud and --region are for runs without a manifest; with -f, the manifest says them")
	case o.cloud != defaultCloud && o.cloud != "opentelekomcloud":
		return fmt.Errorf("--cloud %q: choose huaweicloud or opentelekomcloud", o.cloud)
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
		region := cmp.Or(o.region, a.env.Getenv("HW_REGION_NAME"), a.env.Getenv("OS_REGION_NAME"))
		load = func() ([]*plan.Manifest, error) {
			return []*plan.Manifest{{Cloud: plan.Cloud{Kind: o.cloud, Region: region}}}, nil
		}
	}
	ctx, s, err := a.beginWith(cmd, load)
	if err != nil {
		return err
	}
	defer s.close()
	runs := s.open(ctx)
	defer runs.close()
	if err := a.showCallers(s.ask(ctx, runs, o)); err != nil {
		return err
	}
	return exit(runs.code())
}

// whoamiOffline prints permissions, which follow from the manifests alone.
func (a *app) whoamiOffline(o whoamiOptions) error {
	if err := a.checkOutput("text", "json"); err != nil {
		return err
	}
	manifests, err := a.loadValid()
	if err != nil {
		return err
	}
	assume, err := parseAssume(a.assume, manifests)
	if err != nil {
		return err
	}
	callers := make([]render.Caller, 0, len(manifests))
	for _, m := range manifests {
		callers = append(callers, a.callerOf(m, o, assume[m.Account]))
	}
	return a.showCallers(callers)
}

func (a *app) showCallers(callers []render.Caller) error {
	if a.json() {
		return render.CallersJSON(a.env.Stdout, callers)
	}
	return render.Callers(a.env.Stdout, callers, a.view(a.env.StdoutTerminal))
}

// callerOf is what is known without a call. Assumed is the agency that --assume names, "" for none.
func (a *app) callerOf(m *plan.Manifest, o whoamiOptions, assumed string) render.Caller {
	c := render.Caller{Account: m.Account, Cloud: m.Cloud}
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

// ask returns who the callers of all accounts are, and tells what failed.
func (s *session) ask(ctx context.Context, runs accountRuns, o whoamiOptions) []render.Caller {
	callers := make([]render.Caller, len(runs))
	of := map[*accountRun]*render.Caller{}
	for i, r := range runs {
		callers[i] = s.app.callerOf(r.manifest, o, s.assume[r.manifest.Account])
		of[r] = &callers[i]
	}
	runs.sideBySide(func(r *accountRun) {
		well, err := s.app.complete(ctx, r, of[r])
		if err != nil {
			r.fail(ctx, err)
		} else if !well {
			r.code = exitRefused
		}
	})
	for i, r := range runs {
		if failure := r.failure(); failure != nil {
			callers[i].Failure = &render.CallerFailure{Message: failure.Message, Hint: failure.Hint}
			if callers[i].Permissions != nil {
				callers[i].Check = notTried("the cloud could not be asked whose credentials these are")
			}
		}
	}
	s.tell(runs)
	return callers
}

// complete adds to the caller what the cloud says, and reports whether all is well.
func (a *app) complete(ctx context.Context, run *accountRun, c *render.Caller) (well bool, err error) {
	for _, e := range run.connection.Endpoints {
		c.Endpoints = append(c.Endpoints, render.CallerEndpoint{Service: e.Service, URL: e.URL, Source: e.Source})
	}
	identity, err := run.connection.WhoAmI(ctx)
	if err != nil {
		return false, err
	}
	c.Account = identity.Account
	c.Identity = callerIdentity(identity)
	if c.Manifest != nil {
		c.Manifest.Matches = matches(run.manifest.Account, identity)
	}
	well = identity.AccountConfirmed && (c.Manifest == nil || c.Manifest.Matches == render.MatchesYes)
	switch {
	case c.Permissions == nil:
		return well, nil
	case c.Manifest.Matches == render.MatchesNo:
		c.Check = notTried("the credentials belong to another account than the manifest is for")
		return false, nil
	}
	c.Check = a.tryReads(ctx, run)
	return well && c.Check.Reads == render.ReadsAllowed, nil
}

func notTried(why string) *render.CallerCheck {
	return &render.CallerCheck{Reads: render.ReadsNotTried, Problems: []string{why}}
}

// tryReads makes every call that a plan would make.
func (a *app) tryReads(ctx context.Context, run *accountRun) *render.CallerCheck {
	desired, _ := engine.Validate(a.env.Registry, run.manifest)
	snapshot, err := run.engine.Observe(ctx, run.manifest, desired)
	if err != nil {
		return readsProblem(err)
	}
	return &render.CallerCheck{Reads: render.ReadsAllowed, NotRead: snapshot.NotRead}
}
