package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/internal/render"
)

func (a *app) driftCommand() *cobra.Command {
	var now string
	cmd := &cobra.Command{
		Use:   "drift -f PATH",
		Short: "Report what is not as the manifest says; change nothing",
		Long: `Compare live state with the manifest and sort the differences: changed, missing, unexpected (there and not listed)
and expired. Guardrails are held against every live resource, unmanaged ones included. Entries and acceptances whose reviewBy
has passed are findings, and so are acceptances of a whole type or for more than a year. What guardrails.accept accepts is listed
with its reason, and is no difference. Nothing is ever written.
Several accounts are read side by side; one that cannot be read does not hide the others.

With --notify, people are told of what differs and of a run that failed, in one message for all accounts, and not of a quiet run.
A message that cannot be sent is told on stderr.

` + exitHelp,
		Example: "  agencyctl drift -f examples/quickstart --sim",
		Args:    a.noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.drift(cmd, now) },
	}
	a.outputFlags(cmd, render.Drift)
	tellDrawing(cmd)
	a.manifestFlags(cmd)
	a.cloudFlags(cmd)
	a.liveFlag(cmd)
	a.notifyFlags(cmd)
	cmd.Flags().StringVar(&now, "now", "",
		"judge expiry and reviews at this `TIME`, as in 2030-01-31 or 2030-01-31T08:00:00Z (default: the clock)")
	return cmd
}

func (a *app) drift(cmd *cobra.Command, nowFlag string) error {
	now, err := parseNow(nowFlag)
	if err != nil {
		return err
	}
	if nowFlag == "" {
		now = time.Now().UTC()
	}
	a.showNow = nowFlag != ""
	ctx, s, err := a.begin(cmd, a.loadValid)
	if err != nil {
		return err
	}
	defer s.close()
	if err := a.notify.placeTopics(s.manifests); err != nil {
		return err
	}
	runs := s.open(ctx)
	defer runs.close()
	runs.sideBySide(func(r *accountRun) {
		var err error
		if r.result.Drift, r.compared, err = r.engine.Drift(ctx, r.manifest, now); err != nil {
			r.fail(ctx, err)
			return
		}
		r.refuse(r.compared.Problems)
	})
	runs.refuseTwins()
	return s.end(runs, exitOK, nil)
}

// nowFlag adds --now to commands that look at no clock.
func nowFlag(cmd *cobra.Command, now *string) {
	cmd.Flags().StringVar(now, "now", "", "tell what was to be reviewed before this `TIME`, as in 2030-01-31 (default: no day is judged)")
}

// parseNow reads --now; without it, the time is the zero time.
func parseNow(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("--now %q: write a date as 2030-01-31, or a time as 2030-01-31T08:00:00Z", text)
}
