package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// PlanOptions change how a plan is made.
type PlanOptions struct {
	plan.Options
	// Caller is whose credentials run: what they came through is never changed.
	Caller plan.Caller
	// Base, when set, is the manifest that every change is traced to. One without a digest is empty, because the base does not
	// have the account.
	Base *plan.Manifest
	// Bases are all manifests of the base. Where Base is empty, the one that names the account which answered is taken: another
	// spelling of an account is no new account.
	Bases []*plan.Manifest
	// RulesFromBase takes the rules of the base in the place of the manifest's own; see [plan.Manifest.RuledBy].
	RulesFromBase bool
	// Now, when set, is the moment that the days of the manifest are judged at.
	Now time.Time
	// ExpiringWithin is how long before its end a live resource is listed as expiring by a drift.
	ExpiringWithin time.Duration
	// Acknowledged takes what the manifest accepts as if it did not.
	Acknowledged bool
}

// Fresh is the job of making a plan of a manifest and executing it. The manifest is validated and all names are resolved
// before anything is compared.
func (e *Engine) Fresh(m *plan.Manifest, options PlanOptions) Job {
	j := &fresh{engine: e, manifest: m, options: options}
	if options.RulesFromBase && options.Base != nil {
		j.manifest, j.proposed = m.RuledBy(options.Base), m
	}
	return j
}

type fresh struct {
	engine   *Engine
	manifest *plan.Manifest
	// proposed is the manifest as written where the rules of the base hold, else nil.
	proposed *plan.Manifest
	options  PlanOptions
}

func (j *fresh) Make(ctx context.Context) (*Planned, error) {
	desired, problems := Validate(j.engine.registry, j.manifest)
	if j.proposed != nil {
		problems = plan.SortProblems(append(problems, excluded(desired, j.manifest.Ownership)...))
	}
	planned := &Planned{Desired: desired, Problems: problems}
	if planned.Refused() {
		return planned, nil
	}
	observed, err := j.engine.Observe(ctx, j.manifest, desired)
	if err != nil {
		return nil, err
	}
	planned.Observed = observed
	j.engine.planFrom(planned, j.manifest, j.proposed, j.options)
	return planned, nil
}

func (j *fresh) Execute(ctx context.Context, p *Planned, options ApplyOptions) *Report {
	return j.engine.apply(ctx, newRun(j.engine, p, j.manifest.Ownership, p.Desired, options))
}

// excluded refuses entries that the base excludes. For the manifest's own rules, that was refused when it was read.
func excluded(desired []plan.Desired, owned plan.Ownership) []plan.Problem {
	var problems []plan.Problem
	for i := range desired {
		if d := &desired[i]; d.Parent.IsZero() && addr.MatchAny(owned.Exclude, d.Address) {
			problems = append(problems, plan.Problem{
				At: d.Source, Summary: "listed and excluded",
				Detail: fmt.Sprintf("%s is listed here, and ownership.exclude of the base excludes it", d.Address),
				Hint:   "remove the entry, or first have ownership.exclude narrowed",
			})
		}
	}
	return problems
}

// planFrom finishes a plan from what was observed; it is pure. Proposed is the manifest as written where m has other rules, else nil.
func (e *Engine) planFrom(planned *Planned, m, proposed *plan.Manifest, options PlanOptions) {
	snapshot := planned.Snapshot
	if problem, wrong := wrongAccount(m, snapshot.Account); wrong {
		planned.Problems = plan.SortProblems(append(planned.Problems, problem))
		return
	}
	in, problems := e.registry.Input(m, planned.Desired, snapshot)
	planned.Problems = plan.SortProblems(append(planned.Problems, problems...))
	if planned.Refused() {
		return
	}
	planned.Desired, planned.Snapshot, planned.answers = in.Desired, in.Snapshot, in.Answers
	planned.Problems = plan.SortProblems(slices.Concat(planned.Problems, in.MissedSettings(), in.Unreadable()))
	if planned.Refused() {
		return
	}
	in.Options, in.Caller, in.Problems = options.Options, options.Caller, planned.Problems
	in.Now, in.ExpiringWithin, in.Acknowledged = options.Now, options.ExpiringWithin, options.Acknowledged
	planned.input = in
	planned.MissedTargets, planned.MissedExcludes = planned.input.Misses()
	planned.MissedRenewals = planned.input.MissedRenewals()
	e.readBase(planned, snapshot, options.baseOf(snapshot.Account))
	if planned.input.Base != nil {
		planned.input.Base.Proposed = proposed
	}
	planned.Plan, problems = plan.Build(planned.input)
	planned.Problems = plan.SortProblems(append(planned.Problems, problems...))
}

// baseOf returns the base of the account that answered; nil without a base.
func (o *PlanOptions) baseOf(live plan.Account) *plan.Manifest {
	if o.Base == nil || o.Base.Digest != "" {
		return o.Base
	}
	for _, base := range o.Bases {
		if base.Account.ID != "" && base.Account.ID == live.ID || base.Account.Name != "" && base.Account.Name == live.Name {
			return base
		}
	}
	return o.Base
}

// readBase makes the base of a plan ready: its names are resolved against the same live state, as observed. A base with fatal
// problems does not stop the plan; its problems are kept apart, and nothing is traced.
func (e *Engine) readBase(planned *Planned, observed *plan.Snapshot, base *plan.Manifest) {
	if base == nil {
		return
	}
	desired, problems := Validate(e.registry, base)
	if planned.BaseProblems = plan.Fatal(problems); len(planned.BaseProblems) > 0 {
		return
	}
	inside, outside := split(desired, observed)
	resolution, problems := e.registry.Resolve(inside, base, observed.Catalogue)
	if planned.BaseProblems = plan.Fatal(problems); len(planned.BaseProblems) > 0 {
		return
	}
	kept, _, _ := plan.AsLive(resolution.Desired, observed)
	whole := e.registry.Complete(observed, base.Ownership, kept)
	planned.input.Base = &plan.Base{
		Manifest: base, Desired: slices.Concat(whole.Desired, outside), Snapshot: whole.Snapshot, Missing: base.Digest == "",
		Guardrails: e.registry.Guardrails(),
	}
}

// split tells apart what lies inside and outside the snapshot. What lies outside the manifest does not mention, so that no change
// can be about it; its names may be missing from the catalogue, and stay unresolved.
func split(desired []plan.Desired, snapshot *plan.Snapshot) (inside, outside []plan.Desired) {
	for _, d := range desired {
		if snapshot.Covers(d.Address) {
			inside = append(inside, d)
		} else {
			outside = append(outside, d)
		}
	}
	return inside, outside
}

// Compared is what a drift follows from. It cannot be executed.
type Compared struct {
	// Problems are sorted, warnings among them.
	Problems []plan.Problem
	// Desired are the resources that the manifest asks for.
	Desired []plan.Desired
	planned *Planned

	engine   *Engine
	manifest *plan.Manifest
}

// LiveGraph returns who may act in the account now, and how that differs from the manifest; nil where there is no drift.
func (c *Compared) LiveGraph() *plan.TrustGraph {
	if c.planned.Plan == nil {
		return nil
	}
	return plan.LiveGraphOf(c.planned.Plan, c.planned.input)
}

// Snapshot returns live state as it was read; nil where there is no drift.
func (c *Compared) Snapshot() *plan.Snapshot { return c.planned.input.Given.Snapshot }

// Restore returns the plan that makes live state as the manifest says, from the state that the drift was found in: nothing is read
// again. It is what [Engine.Fresh] makes of that state with the same options and no base. It may be refused where the drift was not.
func (c *Compared) Restore(options PlanOptions) *Planned {
	if c.planned.Plan == nil { // its problems say why
		return c.planned
	}
	desired, problems := Validate(c.engine.registry, c.manifest)
	restored := &Planned{Desired: desired, Problems: problems, Observed: c.planned.Observed}
	restored.Snapshot = c.Snapshot()
	c.engine.planFrom(restored, c.manifest, nil, options)
	return restored
}

// Acknowledge returns what the manifest must accept so that the drift that was found counts no longer, as far as a pattern selects it;
// see [plan.AcknowledgementOf].
func (c *Compared) Acknowledge(d *plan.Drift, about []addr.Pattern, as plan.Accepted) plan.Acknowledgement {
	return plan.AcknowledgementOf(c.planned.input, d, about, as)
}

// DriftOptions change how a drift is found.
type DriftOptions struct {
	// Now is the moment that expiry and the days of the manifest are judged at.
	Now time.Time
	// ExpiringWithin is how long before its end a live resource is listed as expiring.
	ExpiringWithin time.Duration
	// Acknowledged takes what the manifest accepts as if it did not.
	Acknowledged bool
}

// Drift compares without changing anything and sorts the differences. Guardrails are held
// against every live resource, unmanaged ones included. The drift is nil when there are fatal problems. What would only
// stop an apply, such as that no order of the changes is safe, is a warning here.
func (e *Engine) Drift(ctx context.Context, m *plan.Manifest, options DriftOptions) (*plan.Drift, *Compared, error) {
	lenient := *m
	lenient.Ownership.MaxDeletes = plan.DeleteLimit{} // a limit on deletes says nothing about looking
	planned, err := e.Fresh(&lenient, PlanOptions{
		Now: options.Now, ExpiringWithin: options.ExpiringWithin, Acknowledged: options.Acknowledged,
	}).Make(ctx)
	if err != nil {
		return nil, nil, err
	}
	compared := &Compared{Problems: planned.Problems, Desired: planned.Desired, planned: planned, engine: e, manifest: m}
	if planned.Plan == nil {
		return nil, compared, nil
	}
	for i := range compared.Problems {
		compared.Problems[i].Warning = true
	}
	return plan.DriftOf(planned.Plan, planned.input, compared.Problems), compared, nil
}

// wrongAccount compares the account that the manifest is for with the one the credentials belong to. A name that is not
// told cannot be compared: the id is then enough, and without one nothing is known.
func wrongAccount(m *plan.Manifest, live plan.Account) (plan.Problem, bool) {
	key, wrote, is := "", "", ""
	switch {
	case m.Account.ID != "" && m.Account.ID != live.ID:
		key, wrote, is = "id", m.Account.ID, live.ID
	case m.Account.Name != "" && live.Name == "" && m.Account.ID == "":
		return plan.Problem{
			At:      m.AccountAt,
			Summary: "account not known",
			Detail: fmt.Sprintf("the manifest names the account %q, and of the account that the credentials belong to only the id %q is told",
				m.Account.Name, live.ID),
			Hint: "write the account's id in the manifest too",
		}, true
	case m.Account.Name != "" && live.Name != "" && m.Account.Name != live.Name:
		key, wrote, is = "name", m.Account.Name, live.Name
	default:
		return plan.Problem{}, false
	}
	hint := plan.DidYouMean(wrote, []string{is})
	if hint == "" {
		hint = "use credentials, or a snapshot, of the account that the manifest is for"
	}
	return plan.Problem{
		At:      m.AccountAt,
		Summary: "wrong account",
		Detail:  fmt.Sprintf("the manifest is for the account with %s %q, and what was read is of %q", key, wrote, is),
		Hint:    hint,
	}, true
}
