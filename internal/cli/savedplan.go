package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/saved"
)

// flagsWithSaved are the flags of apply that mean something for a saved plan. All others belong to the making of plans,
// and a saved plan is executed as it was reviewed.
var flagsWithSaved = []string{
	"assume", "auto-approve", "endpoint", "fail-on", "file", "log", "log-level", "no-color", "output", "parallelism", "quiet", "rate",
	"self", "sim", "timeout", "verify-key", "verify-timeout",
}

// checkSaved refuses more than one saved plan, and flags that do not go with what is to be applied: a saved plan, or a
// manifest.
func checkSaved(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("apply takes one saved plan, not %d: apply them one after the other", len(args))
	}
	if len(args) == 0 {
		if cmd.Flags().Changed("verify-key") {
			return errors.New("--verify-key goes with a saved plan: apply FILE")
		}
		return nil
	}
	var wrong []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains(flagsWithSaved, f.Name) {
			wrong = append(wrong, "--"+f.Name)
		}
	})
	if len(wrong) > 0 {
		return fmt.Errorf("%s: a saved plan is executed as it was saved; give this to plan --out", strings.Join(wrong, ", "))
	}
	return nil
}

// loadSaved reads a saved plan, and returns it with what of a manifest is needed to connect. With --file, the manifest
// that is named must be the one that the plan was made from.
func (a *app) loadSaved(path string, keyFiles []string) (*saved.Plan, []*plan.Manifest, error) {
	saved, err := a.readSaved(path, keyFiles)
	if err != nil {
		return nil, nil, err
	}
	m := saved.Manifest()
	if len(a.files) > 0 {
		source, err := a.sourceOf(saved)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		// A saved plan knows no addresses of services: they are for who runs it to say.
		m.Endpoints = source.Endpoints
	}
	return saved, []*plan.Manifest{m}, nil
}

// sourceOf returns the manifest that the plan was made from, from among those of --file.
func (a *app) sourceOf(saved *saved.Plan) (*plan.Manifest, error) {
	manifests, err := a.loadValid()
	if err != nil {
		return nil, err
	}
	given := make([]string, len(manifests))
	for i, m := range manifests {
		if m.Digest == saved.Plan.Manifest.Digest {
			return m, nil
		}
		given[i] = m.Digest
	}
	return nil, fmt.Errorf("the plan was made from the manifest with digest %s, and -f has %s; plan again, and have the new plan reviewed",
		saved.Plan.Manifest.Digest, strings.Join(given, ", "))
}

// recheck finds out what is left to do of a saved plan, and tells why nothing may be done.
func (s *session) recheck(ctx context.Context, runs accountRuns, saved *saved.Plan) {
	runs.sideBySide(func(r *accountRun) {
		r.saved = saved
		if err := s.identify(ctx, r, &r.options.Caller); err != nil {
			r.fail(ctx, err)
			return
		}
		rest, err := r.whatIsLeft(ctx)
		if err != nil || rest == nil {
			if err != nil {
				r.fail(ctx, err)
			}
			return
		}
		r.shown, r.plan = rest.Plan, rest.Plan
		if done := len(rest.Done); done > 0 && !rest.Plan.Empty() {
			s.app.remark("%d of the plan's %s done already. What is left is shown; what it says of power is about the whole plan.",
				done, countAre(len(saved.Plan.Changes), "change"))
		}
	})
	s.tell(runs)
}

func countAre(n int, what string) string {
	if n == 1 {
		return render.Count(n, what) + " is"
	}
	return render.Count(n, what) + " are"
}

// whatIsLeft holds the run's saved plan against live state. The rest is nil where the plan is not true any more, which
// the run then tells.
func (r *accountRun) whatIsLeft(ctx context.Context) (*saved.Rest, error) {
	checked, err := r.engine.Recheck(ctx, r.saved, r.options.Caller)
	if err != nil {
		return nil, err
	}
	r.refuse(checked.Problems)
	return checked.Rest, nil
}

// again makes the plan of a run another time, from live state; nil where nothing may be executed any more.
func (r *accountRun) again(ctx context.Context) (*plan.Plan, error) {
	if r.saved != nil {
		rest, err := r.whatIsLeft(ctx)
		if err != nil || rest == nil {
			return nil, err
		}
		return rest.Plan, nil
	}
	planned, err := r.engine.Plan(ctx, r.manifest, r.options)
	if err != nil || planned.Refused() {
		return nil, err
	}
	return planned.Plan, nil
}

// execute carries out the run's plan.
func (r *accountRun) execute(ctx context.Context, options engine.ApplyOptions) *engine.Report {
	if r.saved != nil {
		return r.engine.ApplyRest(ctx, r.saved, &saved.Rest{Plan: r.plan}, options)
	}
	return r.engine.Apply(ctx, r.manifest, r.plan, options)
}
