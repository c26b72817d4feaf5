package render

import (
	"strings"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// weight orders results from the gravest.
type weight uint8

const (
	informs weight = iota // what the manifest accepts, what was not read or not compared
	minor                 // a finding of low severity, a warning, a change that the run leaves out
	major                 // a finding of medium severity, a difference, a change that is blocked or left to a person
	grave                 // a finding of high severity, what could not be verified
	broken                // what makes the run fail
)

// effect is what a result means for a test of what the result is about.
type effect uint8

const (
	fails effect = iota // a finding, a difference, a failure
	skips               // a change that this run does not make and was not to make
	tells               // no verdict
)

// result is what formats for other tools tell one by one: a finding, a difference, a change that is not made, a problem, a failure, a
// warning, and a part that was not looked at.
type result struct {
	// rule is the id of a rule of findings, or one of those below.
	rule      string
	weight    weight
	effect    effect
	address   addr.Address
	attribute string
	// lines are what is said, one or more. Strangers write in them.
	lines []string
	// short says the same in a few words, for who cannot read more now; "" where lines are short.
	short string
	hint  string
	at    plan.Position
	// trace says who made it so, nil where that is not known.
	trace *plan.Trace
	// accepted is set where the manifest accepts it.
	accepted plan.Accepted
	// state is that of a difference.
	state plan.State
	// fingerprint is the same from run to run, and no two results of an account share it. [collector.add] gives that of a finding to what
	// has none.
	fingerprint string
}

// The rules of what is no finding. A difference has its class as rule. A change that is not made has its outcome, which is also the word
// for the action of one that is blocked or left to a person.
const (
	problemPrefix   = "problem/" // and the summary of the problem
	ruleRunFailed   = "run-failed"
	ruleUnverified  = "unverified"
	ruleLeftOut     = "left-out"
	ruleLeaving     = "leaving"
	ruleRules       = "rules-changed"
	ruleOthers      = "changed-by-others"
	ruleWarning     = "warning"
	ruleNotRead     = "not-read"
	ruleNotCompared = "not-compared"
	ruleExpiring    = "expiring"
	ruleLost        = "lost-reference"
	ruleUnused      = "unused"
)

// standingOf returns the weight and the effect of what is no finding, by its rule. Problems have theirs from [collector.problem].
func standingOf(rule string) (weight, effect) {
	switch rule {
	case ruleRunFailed, engine.Failed.String(), engine.Partly.String(), engine.Skipped.String(), engine.Cancelled.String():
		return broken, fails
	case ruleUnverified:
		return grave, fails
	case plan.ByHand.String(), plan.Blocked.String():
		return major, skips
	case ruleLeftOut:
		return minor, skips
	case ruleOthers:
		return major, tells
	case ruleWarning, ruleLeaving, ruleLost, ruleUnused, ruleExpiring:
		return minor, tells
	case ruleNotRead, ruleNotCompared, ruleRules:
		return informs, tells
	}
	return major, fails // a difference
}

func weightOf(s plan.Severity) weight {
	switch s {
	case plan.High:
		return grave
	case plan.Medium:
		return major
	case plan.Low:
	}
	return minor
}

// text is what a result says.
func (r *result) text() string { return strings.Join(r.lines, "; ") }

// folded makes a text of strangers harmless where lines count: its further lines carry a bar, as on a page, and no line looks like ours.
func folded(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = Clean(lines[i])
	}
	return strings.Join(lines, "\n| ")
}

// class is one list of differences of a drift.
type class struct {
	name        string
	differences []plan.Difference
}

func classesOf(d *plan.Drift) []class {
	return []class{
		{plan.ClassChanged, d.Changed}, {plan.ClassMissing, d.Missing}, {plan.ClassUnexpected, d.Unexpected}, {plan.ClassExpired, d.Expired},
	}
}

// counting returns those of differences that count: all but the accepted ones.
func counting(all []plan.Difference) (counting []plan.Difference) {
	for i := range all {
		if all[i].Counts() {
			counting = append(counting, all[i])
		}
	}
	return counting
}

// resultsOf returns what a report says of one account, the gravest first. Several findings with one fingerprint are one result, with
// all that they say.
func resultsOf(kind Kind, a *Account, o Options) []result {
	return collect(kind, a, o).sorted()
}

func collect(kind Kind, a *Account, o Options) *collector {
	c := newCollector(identityOf(kind, a), placesOf(a))
	c.unproven = o.unprovenNote()
	switch {
	case kind == Plan && a.Plan != nil:
		c.plan(a.Plan)
	case kind == Drift && a.Drift != nil:
		c.drift(a.Drift)
	case kind == Audit && a.Audit != nil:
		c.audit(a.Audit)
	case kind == Apply && a.Apply != nil:
		c.apply(a)
	}
	if f := a.failure(); f != nil {
		c.failure(f, "account failed", o)
	}
	return c
}

// resultsOfRun returns what a report says of no account: problems of the input and why the run as a whole failed.
func resultsOfRun(r *Report, o Options) []result {
	c := newCollector(plan.Account{}, &places{})
	for _, p := range r.Problems {
		c.problem(p)
	}
	if r.Failure != nil {
		c.failure(r.Failure, "run failed", o)
	}
	return c.sorted()
}

// identityOf returns the account as the result of the report's kind has it, which may know more than the manifest.
func identityOf(kind Kind, a *Account) plan.Account {
	switch {
	case (kind == Plan || kind == Graph) && a.Plan != nil:
		return a.Plan.Account
	case kind == Drift && a.Drift != nil:
		return a.Drift.Account
	case kind == Audit && a.Audit != nil:
		return a.Audit.Account
	case kind == Apply && a.Apply != nil:
		return a.Apply.Account
	}
	return a.Account
}
