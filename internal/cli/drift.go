package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

const flagExpiringWithin = "expiring-within"

// driftOptions are the flags of drift.
type driftOptions struct {
	now         string
	within      string
	save        saveOptions
	maxDeletes  string
	patch       bool
	acknowledge acknowledgeOptions
	// acknowledged takes what is acknowledged as if it were not.
	acknowledged bool
	who          whoFlag
}

func (a *app) driftCommand() *cobra.Command {
	o := driftOptions{who: whoFlag{on: true}}
	cmd := &cobra.Command{
		Use:   "drift -f PATH",
		Short: "Report what is not as the manifest says; change nothing",
		Long: `Compare live state with the manifest and sort the differences: changed, missing, unexpected (there and not listed)
and expired. Guardrails are held against every live resource, unmanaged ones included. Entries whose reviewBy has passed are
findings, and so are acceptances of a whole type or for more than a year. What guardrails.accept accepts is listed with its reason,
and counts no longer, until its reviewBy has passed, or something else is live or wanted than it names. Nothing in the cloud is
ever changed.

Where something differs, and for high findings about live resources, the cloud's record of the last seven days is asked once who did it.
That changes no exit code. Who cannot be named is not known, which is not nobody. A snapshot has no such record.

Several accounts are read side by side; one that cannot be read does not hide the others.

With --notify, people are told of what differs and of a run that failed, in one message for all accounts, and not of a quiet run.
A message that cannot be sent is told on stderr.

With --out the plan that restores the manifest is saved, as plan --out saves it, also where drift ends with 2. What that plan
leaves as it is, is named: what is blocked or manual, what is unexpected and not pruned, and what has expired. --max-deletes is
about that plan alone.

With --patch, standard output is a patch for git apply instead of the report. It edits the lines of the manifests so that they say
what is live; no file is written. Comments before its first file name what it cannot say, and the findings.

With --acknowledge, standard output is a patch for git apply that adds acceptances to guardrails: one for each difference and finding
about that address, or about parts of it, which counts now. So a silence is reviewed like any change; no file is written.

Exit codes:
  0    nothing differs, and there is no finding, but for what the manifest accepts
  1    refused or failed: bad input, unreadable state, --notify-required
  2    something differs, or there is a finding
  130  interrupted
With several accounts the worst wins: 130, 1, 2, 0.`,
		Example: `  agencyctl drift -f examples/quickstart --sim
  agencyctl drift -f iam --out restore.json --sign ~/.ssh/id_ed25519
  agencyctl drift -f iam --patch > accept.diff
  agencyctl drift -f iam --acknowledge ops-x --reason WHY --review-by YYYY-MM-DD`,
		Args: a.noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.drift(cmd, o) },
	}
	a.outputFlags(cmd, render.Drift)
	tellDrawing(cmd)
	a.manifestFlags(cmd)
	a.cloudFlags(cmd)
	a.liveFlag(cmd)
	a.notifyFlags(cmd)
	cmd.Flags().StringVar(&o.now, "now", "",
		"judge expiry and reviews at this `TIME`, as in 2030-01-31 or 2030-01-31T08:00:00Z (default: the clock)")
	cmd.Flags().StringVar(&o.within, flagExpiringWithin, "14d", "list what expires within this `TIME`, as in 30d or 36h; it is no difference")
	cmd.Flags().BoolVar(&o.acknowledged, flagAcknowledged, false, "take what guardrails.accept accepts as if it were not accepted")
	o.save.flags(cmd)
	cmd.Flags().StringVar(&o.maxDeletes, flagMaxDeletes, "",
		"with --out: let that plan delete this many, `N` or a share as N%, instead of ownership.maxDeletes")
	o.acknowledge.flags(cmd)
	cmd.Flags().BoolVar(&o.patch, flagPatch, false,
		"write a patch that makes the manifests say what is live to stdout, instead of the report; for the report, use -o FORMAT=FILE")
	cmd.Flags().Var(&o.who, flagWho, "ask who made the differences; false asks nobody, and a `REGION` is where the record is kept")
	cmd.Flags().Lookup(flagWho).NoOptDefVal = "true"
	return cmd
}

func (a *app) drift(cmd *cobra.Command, o driftOptions) error {
	now, err := parseNow(o.now)
	if err != nil {
		return err
	}
	if o.now == "" {
		now = time.Now().UTC()
	}
	a.showNow = o.now != ""
	within, err := parseWithin(o.within)
	if err != nil {
		return err
	}
	saver, err := o.save.prepare(cmd)
	if err != nil {
		return err
	}
	limit, err := o.deleteLimit(cmd, saver)
	if err != nil {
		return err
	}
	patcher, err := a.patcherOf(&o, now)
	if err != nil {
		return err
	}
	ctx, s, err := a.begin(cmd, func() ([]*plan.Manifest, error) {
		manifests, err := a.loadValid()
		return manifests, errors.Join(err, saver.oneAccount(manifests), patcher.take(a.sources))
	})
	if err != nil {
		return err
	}
	defer s.close()
	if err := a.notify.placeTopics(s.manifests); err != nil {
		return err
	}
	runs := s.open(ctx)
	defer runs.close()
	isTold := a.outputs.writesReport() || len(a.notify.targets) > 0
	options := engine.DriftOptions{Now: now, ExpiringWithin: within, Acknowledged: o.acknowledged}
	runs.sideBySide(func(r *accountRun) {
		var err error
		if r.result.Drift, r.compared, err = r.engine.Drift(ctx, r.manifest, options); err != nil {
			r.fail(ctx, err)
			return
		}
		r.refuse(r.compared.Problems)
		if r.result.Drift != nil && o.who.on && isTold && s.live == nil && r.connection.Explainer != nil {
			r.compared.Explain(ctx, r.connection.Explainer(o.who.region), r.result.Drift)
			if errors.Is(ctx.Err(), context.Canceled) {
				r.fail(ctx, fmt.Errorf("ask who made the differences: %w", ctx.Err()))
			}
		}
	})
	runs.refuseTwins()
	var remarks []string
	if saver != nil {
		remarks = s.saveRestoring(ctx, runs[0], saver, plan.Options{Names: a.restoringNames(&o, saver), MaxDeletes: limit})
	}
	failure := patcher.write(a.env.Registry, runs, now)
	err = s.end(runs, exitOK, failure)
	for _, text := range slices.Concat(remarks, patcher.remarks()) {
		a.remark("%s", text)
	}
	return err
}

// deleteLimit reads --max-deletes, which is about the plan of a saver.
func (o *driftOptions) deleteLimit(cmd *cobra.Command, saver *saver) (plan.DeleteLimit, error) {
	switch {
	case !cmd.Flags().Changed(flagMaxDeletes):
		return plan.DeleteLimit{}, nil
	case saver == nil:
		return plan.DeleteLimit{}, fmt.Errorf("--%s goes with --out FILE, whose plan it is about: drift itself deletes nothing", flagMaxDeletes)
	}
	limit, err := plan.ParseDeleteLimit(o.maxDeletes)
	if err != nil {
		err = fmt.Errorf("--%s %w", flagMaxDeletes, err)
	}
	return limit, err
}

// saveRestoring saves the plan that restores the manifest, and returns remarks: those of the saver, and what the plan leaves. A plan
// that is refused is a warning of the drift. Options are what the command line says of that plan.
func (s *session) saveRestoring(ctx context.Context, r *accountRun, saver *saver, options plan.Options) (remarks []string) {
	if r.failed() {
		return nil
	}
	caller, err := s.identify(ctx, r)
	if err != nil {
		r.fail(ctx, err)
		return nil
	}
	options.Select = r.result.Drift.Restoring()
	restoring := r.compared.Restore(engine.PlanOptions{Options: options, Caller: caller})
	if fatal := plan.Fatal(restoring.Problems); len(fatal) > 0 { // the drift is known all the same
		var warnings []string
		for _, problem := range fatal {
			warnings = append(warnings, "no plan that restores this is saved: "+problem.String())
		}
		r.result.Drift.Warnings = append(warnings, r.result.Drift.Warnings...)
		return nil
	}
	saved, err := s.app.save(saver, r, restoring)
	if err != nil {
		r.fail(ctx, err)
		return saved
	}
	if restoring.Plan.Writes() == 0 {
		remarks = append(remarks, "Nothing to restore: the plan has no change that writes")
	}
	remarks = append(remarks, saved...)
	for _, left := range r.result.Drift.RemainingAfter(restoring.Plan) {
		remarks = append(remarks, render.Clean("Not restored by it: "+left.Address.String()+": "+left.Why))
	}
	return remarks
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

// parseWithin reads how soon something expires: days, or a duration.
func parseWithin(text string) (time.Duration, error) {
	const most = 3650
	if days, isDays := strings.CutSuffix(text, "d"); isDays {
		if n, err := strconv.Atoi(days); err == nil && 0 <= n && n <= most {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if within, err := time.ParseDuration(text); err == nil && 0 <= within && within <= most*24*time.Hour {
		return within, nil
	}
	return 0, fmt.Errorf("--%s %q: write days as 14d, or hours as 36h; at most %dd", flagExpiringWithin, text, most)
}
