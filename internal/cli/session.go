package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/notify"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// session is the work on the accounts of one command line.
type session struct {
	app       *app
	kind      render.Kind
	manifests []*plan.Manifest
	sim       *simulation // nil without --sim
	live      liveFiles   // nil without --live
	// record keeps what services answer, for the snapshot of one account; nil keeps nothing.
	record *providers.Recording
	points map[string]string
	assume assumed
	self   ownWays
	base   *baseManifests // nil without --base
	// rulesFromBase judges by the rules of the base.
	rulesFromBase bool
	// warnings are about the input as a whole: accounts that are in the base and in no manifest. Each is a difference.
	warnings []plan.Problem
	progress *render.Progress
	notice   *interruptNotice
	// stopNow is closed when running calls are not waited for any more.
	stopNow <-chan struct{}
	cancel  context.CancelFunc
	// tell sends notifications: see [app.tell].
	tell func(r render.Report, runs accountRuns, code int, err error) error
}

// begin starts every command on a cloud: it takes the manifests from load, reads the flags for accounts, starts the simulated
// cloud, and bounds the time. Close the session when done.
func (a *app) begin(cmd *cobra.Command, load func() ([]*plan.Manifest, error)) (context.Context, *session, error) {
	if err := a.checkCloud(); err != nil {
		return nil, nil, err
	}
	points, err := parseEndpoints(a.points)
	if err != nil {
		return nil, nil, err
	}
	live, err := a.readLive()
	if err != nil {
		return nil, nil, err
	}
	manifests, err := load()
	if err != nil {
		return nil, nil, err
	}
	a.manifests = manifests
	if err := a.outputs.fits(len(manifests)); err != nil {
		return nil, nil, err
	}
	assume, err := parseAssume(a.assume, manifests)
	if err != nil {
		return nil, nil, err
	}
	self, err := parseSelf(a.self, manifests)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := a.deadline(cmd.Context())
	s := &session{
		app: a, kind: render.Kind(cmd.Annotations[reportOf]), manifests: manifests, live: live, points: points, assume: assume, self: self,
		progress: a.progress(),
	}
	if a.sim.on {
		if s.sim, err = a.startSimulation(ctx, manifests); err != nil {
			cancel()
			return nil, nil, err
		}
	}
	var release func()
	s.stopNow, release = stopNow(cmd.Context(), ctx, a.env.StopNow)
	s.cancel = func() { release(); cancel() }
	s.tell = func(r render.Report, runs accountRuns, code int, err error) error {
		return a.tell(cmd.Context(), r, runs, code, err)
	}
	s.notice = newInterruptNotice(ctx, a.env.Stderr, s.progress, a.grace())
	return ctx, s, nil
}

// close ends the session. An error is printed and changes no exit code: the report is written already.
func (s *session) close() {
	s.notice.close()
	s.cancel()
	s.progress.Close()
	if s.sim == nil {
		return
	}
	if err := s.sim.stop(); err != nil {
		s.app.fail(err)
	}
}

// open connects to every account, in the order of the manifests. A run that could not be connected has failed. Close
// them when done.
func (s *session) open(ctx context.Context, sinks ...engine.Sink) accountRuns {
	runs := make(accountRuns, len(s.manifests))
	for i, m := range s.manifests {
		runs[i] = &accountRun{manifest: m, base: s.base.of(m), bases: s.base.all(), result: render.Account{Account: m.Account}}
	}
	runs.sideBySide(func(r *accountRun) {
		if err := s.connect(ctx, r, sinks); err != nil {
			r.fail(ctx, err)
		}
	})
	return runs
}

// connect opens the account of a run. It is safe for concurrent use.
func (s *session) connect(ctx context.Context, r *accountRun, sinks []engine.Sink) (err error) {
	m, err := s.ruled(r)
	if err != nil {
		return err
	}
	target := providers.Target{
		Account: m.Account, Cloud: m.Cloud, Assume: s.assume[r.manifest.Account], Endpoints: s.points, ManifestEndpoints: m.Endpoints,
		Rate: s.app.rate, Getenv: s.app.env.Getenv, Environ: s.app.variables(), Regions: regionsNamed(s.manifests), Logger: s.app.logger(),
		Record: s.record,
	}
	if len(s.manifests) > 1 {
		target.Logger = target.Logger.With("account", m.Account.String())
	}
	switch {
	case s.sim != nil:
		s.sim.redirect(&target)
	case s.live != nil:
		if target.Recorded, err = s.live.of(r.manifest, len(s.manifests)); err != nil {
			return err
		}
	}
	defer s.progress.Connecting(m.Account)()
	if r.connection, err = s.app.env.Connect(ctx, target); err != nil {
		return err
	}
	r.engine = engine.New(s.app.env.Registry, r.connection.Remotes, func(e engine.Event) {
		s.progress.Sink(e)
		for _, more := range sinks {
			more(e)
		}
	})
	s.notice.addEngine(r.engine)
	return nil
}

// variables returns the names of the environment variables that are set to something, but for those of notifications, which their own
// flag reads.
func (a *app) variables() []string {
	if a.env.Environ == nil {
		return nil
	}
	var names []string
	for _, variable := range a.env.Environ() {
		if name, value, _ := strings.Cut(variable, "="); value != "" && !notify.IsVariable(name) {
			names = append(names, name)
		}
	}
	return names
}

// regionsNamed returns the regions that manifests name, for the cloud or in an entry; nil where one has no entries to look at, as behind
// a saved plan.
func regionsNamed(manifests []*plan.Manifest) []string {
	regions := []string{}
	for _, m := range manifests {
		if m.Sections == nil {
			return nil
		}
		regions = append(regions, m.Cloud.Region)
		for _, entries := range m.Sections {
			for _, entry := range entries {
				regions = append(regions, entry.Get("region").String(), entry.Get("project").String())
			}
		}
	}
	slices.Sort(regions)
	return slices.DeleteFunc(slices.Compact(regions), func(region string) bool { return region == "" })
}

// identify asks the cloud whose credentials these are, and returns the resources that they came through, which must not be
// changed. --self can only add to the cloud's answer.
func (s *session) identify(ctx context.Context, r *accountRun) (plan.Caller, error) {
	said := s.self[r.manifest.Account]
	caller := plan.Caller{Named: said.addresses, Setting: "--self"}
	if r.connection.WhoAmI == nil || s.live != nil {
		return caller, nil // nothing with credentials
	}
	defer s.progress.Connecting(r.manifest.Account)()
	identity, err := r.connection.WhoAmI(ctx)
	if err != nil {
		return caller, fmt.Errorf("%w: whose credentials these are: %w", engine.ErrUnreadable, err)
	}
	caller.Self = identity.CameThrough
	caller.Unknown = identity.CameThroughUnknown && !said.none && len(said.addresses) == 0
	return caller, nil
}

// makePlans makes the plan of every account. A run whose plan must not be executed has failed.
func (s *session) makePlans(ctx context.Context, runs accountRuns, job func(*accountRun, plan.Caller) engine.Job) {
	runs.sideBySide(func(r *accountRun) {
		caller, err := s.identify(ctx, r)
		if err != nil {
			r.fail(ctx, err)
			return
		}
		r.job = job(r, caller)
		if r.planned, err = r.job.Make(ctx); err != nil {
			r.fail(ctx, err)
			return
		}
		r.result.Plan = r.planned.Plan
		r.refuse(r.planned.Problems)
		s.base.refuse(r)
	})
	runs.refuseMisses()
	runs.refuseTwins()
}

// end ends a command on accounts: it writes the report, and then prints the failures that were not printed yet. Failure is that
// of the run as a whole, or nil. Code is the least exit code; results can make it worse.
func (s *session) end(runs accountRuns, code int, failure *render.Failure) error {
	s.notice.close()
	s.progress.Close()
	report := render.Report{Kind: s.kind, Problems: s.warnings, Failure: failure}
	for _, r := range runs {
		if s.app.outputs.tellPlaces() {
			r.tellPlaces()
		}
		if s.kind == render.Graph || s.app.outputs.draw() {
			s.draw(r)
		}
		report.Accounts = append(report.Accounts, r.result)
		code = worst(code, codeOf(&r.result))
	}
	if failure != nil {
		code = worst(code, codeAfter(report))
	}
	err := s.app.end(report, code)
	s.printFailures(runs)
	if failure != nil {
		s.app.printFailure(plan.Account{}, failure)
	}
	if s.app.outputs.stdout() != textFormat { // which tells them
		for _, w := range s.warnings {
			s.app.remark("%s", render.Clean(w.String()))
		}
	}
	return s.tell(report, runs, code, err)
}

// draw adds to the result who may act in the account. A plan that was not executed, or is of a wrong selection, leaves nothing to draw.
func (s *session) draw(r *accountRun) {
	switch {
	case r.result.Apply != nil:
		r.result.Trust = r.planned.DoneGraph(r.result.Apply)
	case r.result.Audit != nil:
		r.result.Trust = r.result.Audit.Trust
	case r.result.Drift != nil:
		r.result.Trust = r.compared.LiveGraph()
	case r.result.Plan != nil && s.kind != render.Apply:
		r.result.Trust = r.planned.TrustGraph()
	}
}

// codeOf is the exit code that one account alone would give.
func codeOf(a *render.Account) int {
	switch {
	case a.Failure != nil:
		return exitRefused
	case a.Apply != nil && a.Apply.Interrupted:
		return exitInterrupted
	case a.Apply != nil && a.Apply.OK():
		return exitOK
	case a.Apply != nil && a.Apply.Sent():
		return exitIncomplete
	case a.Apply != nil, a.Caller != nil && a.Caller.Wrong() != "":
		return exitRefused
	case a.Drift != nil && a.Drift.Drifted():
		return exitDifferences
	}
	return exitOK
}

// printFailures prints on standard error why accounts failed, in the order of the accounts. Nothing is printed twice.
func (s *session) printFailures(runs accountRuns) {
	s.notice.flush()
	s.progress.Close()
	for _, r := range runs {
		if r.failed() && !r.printed {
			r.printed = true
			s.app.printFailure(r.manifest.Account, r.result.Failure)
		}
	}
}
