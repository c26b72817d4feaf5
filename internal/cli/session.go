package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// session is the work on the accounts of one command line.
type session struct {
	app       *app
	manifests []*plan.Manifest
	sim       *simulation // nil without --sim
	points    map[string]string
	assume    assumed
	self      ownWays
	base      *baseManifests // nil without --base
	progress  *render.Progress
	cancel    context.CancelFunc
}

// begin does what every command on a cloud does first: it reads and checks the manifests, prepares what their accounts
// share, and bounds the time. Close the session when done.
func (a *app) begin(cmd *cobra.Command) (context.Context, *session, error) {
	return a.beginWith(cmd, a.loadValid)
}

// beginWith is begin for manifests that come from load.
func (a *app) beginWith(cmd *cobra.Command, load func() ([]*plan.Manifest, error)) (context.Context, *session, error) {
	if err := errors.Join(a.checkOutput("text", "json"), a.checkCloud()); err != nil {
		return nil, nil, err
	}
	points, err := parseEndpoints(a.points)
	if err != nil {
		return nil, nil, err
	}
	manifests, err := load()
	if err != nil {
		return nil, nil, err
	}
	a.several = len(manifests) > 1
	assume, err := parseAssume(a.assume, manifests)
	if err != nil {
		return nil, nil, err
	}
	self, err := parseSelf(a.self, manifests)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := a.deadline(cmd.Context())
	s := &session{app: a, manifests: manifests, points: points, assume: assume, self: self, progress: render.NewProgress(a.progressWriter()), cancel: cancel}
	if a.sim.on {
		if s.sim, err = a.startSimulation(ctx, manifests); err != nil {
			cancel()
			return nil, nil, err
		}
	}
	return ctx, s, nil
}

// close ends what open began. What goes wrong is told: the results stand already.
func (s *session) close() {
	s.cancel()
	s.progress.Close()
	if s.sim == nil {
		return
	}
	if err := s.sim.stop(); err != nil {
		s.app.fail(err)
	}
}

// connect opens the account that m is for. It is safe for concurrent use.
func (s *session) connect(ctx context.Context, m *plan.Manifest, sinks ...engine.Sink) (*accountRun, error) {
	target := providers.Target{
		Account: m.Account, Cloud: m.Cloud, Assume: s.assume[m.Account], Endpoints: s.points, ManifestEndpoints: m.Endpoints,
		Rate: s.app.rate, Getenv: s.app.env.Getenv, Logger: s.app.logger(),
	}
	if s.app.several {
		target.Logger = target.Logger.With("account", m.Account.String())
	}
	if s.sim != nil {
		s.sim.redirect(&target)
	}
	connection, err := s.app.env.Connect(ctx, target)
	if err != nil {
		return nil, err
	}
	sink := func(e engine.Event) {
		s.progress.Sink(e)
		for _, more := range sinks {
			more(e)
		}
	}
	return &accountRun{manifest: m, connection: connection, engine: engine.New(s.app.env.Registry, connection.Remotes, sink)}, nil
}

// parseEndpoints reads the values of --endpoint. No error shows one: it may be a URL with a password.
func parseEndpoints(values []string) (map[string]string, error) {
	points := map[string]string{}
	for _, v := range values {
		service, url, found := strings.Cut(v, "=")
		if !found || service == "" || url == "" || strings.ContainsAny(service, ":/@?#%") {
			return nil, errors.New("--endpoint: write SERVICE=URL, as in iam=https://host")
		}
		if _, twice := points[service]; twice {
			return nil, fmt.Errorf("--endpoint: %s is given twice", service)
		}
		points[service] = url
	}
	return points, nil
}
