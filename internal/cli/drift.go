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
Several accounts are read side by side; one that cannot be read does not hide the others.

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
	runs := s.open(ctx)
	defer runs.close()
	s.drift(ctx, runs, now)
	view := a.view(a.env.StdoutTerminal)
	view.ShowNow = nowFlag != ""
	if err := a.showDrifts(runs, view); err != nil {
		return err
	}
	return exit(runs.code())
}

// drift compares every account and tells what failed.
func (s *session) drift(ctx context.Context, runs accountRuns, now time.Time) {
	runs.sideBySide(func(r *accountRun) {
		drift, problems, err := r.engine.Drift(ctx, r.manifest, now)
		if err != nil {
			r.fail(ctx, err)
			return
		}
		r.drift = drift
		if drift != nil && drift.Drifted() {
			r.code = exitDifferences
		}
		r.refuse(problems)
	})
	runs.refuseTwins(func(r *accountRun) plan.Account {
		if r.drift == nil {
			return plan.Account{}
		}
		return r.drift.Account
	})
	s.tell(runs)
}

func (a *app) showDrifts(runs accountRuns, view render.Options) error {
	drifts := make([]*plan.Drift, len(runs))
	for i, r := range runs {
		drifts[i] = r.drift
	}
	if a.json() {
		return render.DriftJSON(a.env.Stdout, drifts, view, runs.failures()...)
	}
	if drifts = present(drifts); len(drifts) == 0 {
		return nil
	}
	return render.Drift(a.env.Stdout, drifts, view)
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
