package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

func (a *app) driftCommand() *cobra.Command {
	var now string
	cmd := &cobra.Command{
		Use:   "drift -f PATH",
		Short: "Report what is not as the manifest says; change nothing",
		Long: `Compare live state with the manifest and sort the differences: changed, missing, unexpected (there and not listed)
and expired. Guardrails are held against every live resource, unmanaged ones included. Nothing is ever written.

` + exitHelp,
		Example: "  agencyctl drift -f examples/quickstart --sim",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.document(noDrifts, a.drift(cmd, now)) },
	}
	a.manifestFlags(cmd)
	a.cloudFlags(cmd)
	cmd.Flags().StringVar(&now, "now", "", "judge expiry at this time, as in 2030-01-31 or 2030-01-31T08:00:00Z (default: the clock)")
	return cmd
}

func (a *app) drift(cmd *cobra.Command, nowFlag string) error {
	now, err := parseNow(nowFlag)
	if err != nil {
		return err
	}
	ctx, s, err := a.begin(cmd)
	if err != nil {
		return err
	}
	defer s.close()
	code := exitOK
	var drifts []*plan.Drift
	for _, m := range s.manifests {
		drift, c := s.driftAccount(ctx, m, now)
		code = worst(code, c)
		if drift != nil {
			drifts = append(drifts, drift)
		}
	}
	s.progress.Close()
	view := a.view(a.env.StdoutTerminal)
	view.ShowNow = nowFlag != ""
	if a.json() {
		err = render.DriftJSON(a.env.Stdout, drifts, view)
	} else if len(drifts) > 0 {
		err = render.Drift(a.env.Stdout, drifts, view)
	}
	if err != nil {
		return err
	}
	return exit(code)
}

// driftAccount compares one account; the drift is nil where that failed, and what there is to tell has been told.
func (s *session) driftAccount(ctx context.Context, m *plan.Manifest, now time.Time) (*plan.Drift, int) {
	run, err := s.connect(ctx, m)
	if err != nil {
		s.tellFailure(m, err)
		return nil, exitRefused
	}
	defer run.close()
	drift, problems, err := run.engine.Drift(ctx, m, now)
	if err != nil {
		s.tellFailure(m, err)
		return nil, exitRefused
	}
	s.tellPlanProblems(problems)
	switch {
	case drift == nil:
		return nil, exitRefused
	case drift.Drifted():
		return drift, exitDifferences
	}
	return drift, exitOK
}

// parseNow reads --now; without it, the clock tells.
func parseNow(text string) (time.Time, error) {
	if text == "" {
		return time.Now().UTC(), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("--now %q: write a date as 2030-01-31, or a time as 2030-01-31T08:00:00Z", text)
}
