package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/patch"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/schema"
)

const (
	flagAcknowledge  = "acknowledge"
	flagReason       = "reason"
	flagReviewBy     = "review-by"
	flagAcknowledged = "acknowledged"
)

// maxReason is how many characters guardrails.accept takes as a reason.
const maxReason = 1024

// acknowledgeOptions are the flags that say what to accept.
type acknowledgeOptions struct {
	addresses        []string
	reason, reviewBy string
}

func (o *acknowledgeOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.addresses, flagAcknowledge, nil, "write a patch that accepts what is told about `ADDRESS` and its parts to stdout, "+
		"instead of the report: a glob, as in ops-*; a bare name means agency/NAME (repeatable)")
	f.StringVar(&o.reason, flagReason, "", "why it is accepted, a `TEXT`")
	f.StringVar(&o.reviewBy, flagReviewBy, "", "the `DATE` by which it is to be looked at again, as YYYY-MM-DD, within a year")
}

// acknowledging is what a patch makes manifests accept.
type acknowledging struct {
	about []addr.Pattern
	as    plan.Accepted
}

// read reads the flags; nil where nothing is to be accepted.
func (o *acknowledgeOptions) read(now time.Time) (*acknowledging, error) {
	if len(o.addresses) == 0 {
		if o.reason != "" || o.reviewBy != "" {
			return nil, fmt.Errorf("--%s and --%s belong to --%s ADDRESS", flagReason, flagReviewBy, flagAcknowledge)
		}
		return nil, nil
	}
	about, err := patterns(flagAcknowledge, o.addresses)
	if err != nil {
		return nil, err
	}
	latest := now.UTC().AddDate(1, 0, 0)
	day, err := time.Parse(time.DateOnly, o.reviewBy)
	switch {
	case strings.TrimSpace(o.reason) == "":
		return nil, fmt.Errorf("--%s wants --%s TEXT: whoever reviews the patch is to know why", flagAcknowledge, flagReason)
	case !utf8.ValidString(o.reason) || strings.ContainsFunc(o.reason, func(r rune) bool { return !unicode.IsPrint(r) }):
		return nil, fmt.Errorf("--%s: write it on one line, in characters that can be seen, as UTF-8", flagReason)
	case utf8.RuneCountInString(o.reason) > maxReason:
		return nil, fmt.Errorf("--%s: at most %d characters", flagReason, maxReason)
	case o.reviewBy == "":
		return nil, fmt.Errorf("--%s wants --%s DATE: the day by which somebody is to look again", flagAcknowledge, flagReviewBy)
	case err != nil:
		return nil, fmt.Errorf("--%s %q: write a day that exists, as YYYY-MM-DD", flagReviewBy, o.reviewBy)
	case o.reviewBy < now.UTC().Format(time.DateOnly):
		return nil, fmt.Errorf("--%s %s: the day has passed", flagReviewBy, o.reviewBy)
	case day.After(latest):
		return nil, fmt.Errorf("--%s %s: at most a year ahead, until %s", flagReviewBy, o.reviewBy, latest.Format(time.DateOnly))
	}
	return &acknowledging{about, plan.Accepted{Reason: o.reason, ReviewBy: o.reviewBy}}, nil
}

// patcherOf returns what writes the patch that the flags ask for; nil for none.
func (a *app) patcherOf(o *driftOptions, now time.Time) (*patcher, error) {
	acknowledge, err := o.acknowledge.read(now)
	switch {
	case err != nil:
		return nil, err
	case acknowledge == nil && !o.patch:
		return nil, nil
	case acknowledge == nil:
		return a.newPatcher(flagPatch)
	case o.patch:
		return nil, fmt.Errorf("--%s and --%s write two patches: give one of them", flagAcknowledge, flagPatch)
	case o.acknowledged:
		return nil, fmt.Errorf("--%s does not go with --%s: what is accepted already needs no second acceptance", flagAcknowledge,
			flagAcknowledged)
	}
	for _, pattern := range acknowledge.about {
		if hint := plan.TypeHint(pattern, a.env.Registry.Prefixes()); hint != "" {
			return nil, withHint(hint, "--%s %s: no address is like it", flagAcknowledge, pattern)
		}
	}
	p, err := a.newPatcher(flagAcknowledge)
	if err == nil {
		p.acknowledge = acknowledge
	}
	return p, err
}

// writeAcceptances writes the patch that makes the manifests of all accounts accept what is told now. First come comments, with
// what cannot be accepted. A failure is one of the run as a whole.
func (p *patcher) writeAcceptances(registry *providers.Registry, runs accountRuns) *render.Failure {
	working := slices.Clone(p.sources)
	missed := slices.Clone(p.acknowledge.about)
	counts := make([]int, len(working))
	for _, r := range runs {
		if r.failed() || r.result.Drift == nil {
			missed = nil // nobody knows what is there
			continue
		}
		p.told = append(p.told, render.Clean(render.DriftVerdict(r.result.Drift)))
		ack := r.compared.Acknowledge(r.result.Drift, p.acknowledge.about, p.acknowledge.as)
		missed = slices.DeleteFunc(missed, func(pattern addr.Pattern) bool { return !slices.Contains(ack.Missed, pattern) })
		left := ack.Left
		var accept func([]plan.Acceptance) error
		accept = func(acceptances []plan.Acceptance) error {
			if len(acceptances) == 0 {
				return nil
			}
			i, text, err := acceptIn(working, r.manifest.Account, acceptances)
			half := len(acceptances) / 2
			switch {
			case err == nil:
				working[i].Data = text
				counts[i] += len(acceptances)
			case errors.Is(err, schema.ErrNoEdit) && half > 0: // one of them stands where nothing can be edited
				return errors.Join(accept(acceptances[:half]), accept(acceptances[half:]))
			case errors.Is(err, schema.ErrNoEdit):
				of := acceptances[0]
				left = append(left, plan.Remaining{Address: addr.Address(of.Address), Why: of.Rule + ": " + err.Error()})
			default:
				return err
			}
			return nil
		}
		if err := accept(ack.Acceptances); err != nil {
			return &render.Failure{Kind: render.Refused, Err: err}
		}
		for _, of := range left {
			p.comment(runs.of(r.manifest.Account, fmt.Sprintf("cannot be accepted: %s: %s", of.Address, of.Why)))
		}
		if n := len(left); n > 0 {
			p.told = append(p.told, fmt.Sprintf("%d cannot be accepted: see the comments of the patch", n))
		}
	}
	if len(missed) > 0 {
		return &render.Failure{Kind: render.Refused, Err: withHint("name an address that drift tells of",
			"--%s %s: nothing that counts is told about it", flagAcknowledge, missed[0])}
	}
	if problems := fatalOf(registry, working); len(problems) > 0 {
		return &render.Failure{Kind: render.Refused, Problems: problems}
	}
	for i, s := range p.sources {
		p.out.Write(patch.Unified(p.paths[i], s.Data, working[i].Data))
		if counts[i] > 0 {
			p.told = append(p.told, fmt.Sprintf("patch of %s: %s", render.Clean(s.Name), plan.Counted(counts[i], "acceptance")))
		}
	}
	return nil
}

// acceptIn adds acceptances to the manifest of an account, and returns the index of the source that changes and its new text.
func acceptIn(sources []schema.Source, account plan.Account, acceptances []plan.Acceptance) (int, []byte, error) {
	manifests, _, _ := schema.Parse(sources)
	i := slices.IndexFunc(manifests, func(m *plan.Manifest) bool { return m.Account == account })
	if i < 0 {
		return 0, nil, errors.New("the manifest cannot be read again")
	}
	return schema.Accept(sources, manifests[i], acceptances)
}

// fatalOf returns the problems of manifests that refuse them.
func fatalOf(registry *providers.Registry, sources []schema.Source) []plan.Problem {
	manifests, _, problems := schema.Parse(sources)
	for _, m := range manifests {
		_, more := engine.Validate(registry, m)
		problems = append(problems, more...)
	}
	return plan.SortProblems(plan.Fatal(problems))
}
