package render

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// weight orders results from the gravest.
type weight uint8

const (
	informs weight = iota // what the manifest accepts
	minor                 // a finding of low severity, a warning
	major                 // a finding of medium severity, a difference
	grave                 // a finding of high severity, what could not be verified
	broken                // what makes the run fail
)

// result is what formats for other tools tell one by one: a finding, a difference, a problem or a failure.
type result struct {
	// rule is the id of a rule, or begins with one of the prefixes below.
	rule      string
	weight    weight
	address   addr.Address
	attribute string
	// lines are what is said, one or more. Strangers write in them.
	lines []string
	hint  string
	at    plan.Position
	// accepted is set where the manifest accepts it.
	accepted plan.Accepted
	// fingerprint is the same from run to run, and no two results of an account share it. [collector.add] gives that of a finding to what
	// has none.
	fingerprint string
}

// The rules of what is no finding. A difference has its class as rule.
const (
	problemPrefix  = "problem/" // and the summary of the problem
	ruleRunFailed  = "run-failed"
	ruleUnverified = "unverified"
	ruleLeftOut    = "left-out"
)

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
	return []class{{"changed", d.Changed}, {"missing", d.Missing}, {"unexpected", d.Unexpected}, {"expired", d.Expired}}
}

// resultsOf returns what a report says of one account, the gravest first. Several findings with one fingerprint are one result, with
// all that they say.
func resultsOf(kind Kind, a *Account, o Options) []result {
	c := &collector{account: identityOf(kind, a), places: placesOf(a), index: map[string]int{}}
	switch {
	case kind == Plan && a.Plan != nil:
		c.plan(a.Plan)
	case kind == Drift && a.Drift != nil:
		c.drift(a.Drift)
	case kind == Apply && a.Apply != nil:
		c.apply(a)
	}
	if f := a.failure(); f != nil {
		c.failure(f, "account failed", o)
	}
	return c.sorted()
}

// resultsOfRun returns what a report says of no account: problems of the input and why the run as a whole failed.
func resultsOfRun(r *Report, o Options) []result {
	c := &collector{places: &places{}, index: map[string]int{}}
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
	case kind == Apply && a.Apply != nil:
		return a.Apply.Account
	}
	return a.Account
}

// collector collects the results of one account.
type collector struct {
	account plan.Account
	places  *places
	all     []result
	index   map[string]int // by fingerprint
}

func (c *collector) add(r result) {
	if r.fingerprint == "" {
		f := plan.Finding{Rule: r.rule, Address: r.address, Attribute: r.attribute}
		r.fingerprint = f.FingerprintIn(c.account)
	}
	i, known := c.index[r.fingerprint]
	if !known {
		c.index[r.fingerprint] = len(c.all)
		c.all = append(c.all, r)
		return
	}
	one := &c.all[i]
	if !one.accepted.IsZero() && r.accepted.IsZero() { // what counts, counts
		one.accepted = plan.Accepted{}
	}
	if r.weight > one.weight {
		one.weight, one.hint, one.at = r.weight, r.hint, r.at
	}
	for _, line := range r.lines {
		if !slices.Contains(one.lines, line) {
			one.lines = append(one.lines, line)
		}
	}
}

func (c *collector) sorted() []result {
	slices.SortStableFunc(c.all, func(x, y result) int {
		return cmp.Or(cmp.Compare(y.weight, x.weight), addr.Compare(x.address, y.address), strings.Compare(x.rule, y.rule),
			strings.Compare(x.attribute, y.attribute), strings.Compare(x.text(), y.text()))
	})
	return c.all
}

// findings adds findings, each at its own place, or else at the given one, or else at what it is about.
func (c *collector) findings(findings []plan.Finding, at plan.Position) {
	for i := range findings {
		f := &findings[i]
		r := result{
			rule: f.Rule, weight: weightOf(f.Severity), address: f.Address, attribute: f.Attribute, lines: []string{f.Message}, hint: f.Hint,
			at: cmp.Or(f.Source, at), accepted: f.Accepted,
		}
		if !f.Accepted.IsZero() {
			r.weight = informs
		}
		if r.at.IsZero() {
			r.at = c.places.of(f.Address, f.Attribute)
		}
		c.add(r)
	}
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

func (c *collector) plan(p *plan.Plan) {
	for i := range p.Changes {
		c.findings(p.Changes[i].Findings, p.Changes[i].Source)
	}
	c.besideChanges(p)
}

// besideChanges adds the findings of a plan that no change brings.
func (c *collector) besideChanges(p *plan.Plan) {
	for i := range p.Rules {
		c.findings(p.Rules[i].Findings, p.Rules[i].Source)
	}
	for i := range p.Unexpected {
		c.findings(p.Unexpected[i].Findings, plan.Position{})
	}
	c.findings(p.Findings, plan.Position{})
}

func (c *collector) drift(d *plan.Drift) {
	for _, class := range classesOf(d) {
		for i := range class.differences {
			c.difference(class.name, &class.differences[i])
		}
	}
	c.findings(d.Findings, plan.Position{})
}

func (c *collector) difference(class string, d *plan.Difference) {
	at := d.Source
	if at.IsZero() {
		at = c.places.of(d.Address, "")
	}
	text := differenceText(class, d, "live", "manifest")
	c.add(result{rule: class, weight: major, address: d.Address, lines: []string{text}, at: at})
}

// differenceText says what is different: the reason, the attributes with both values behind the words for their sides, what goes with it,
// and what a person must do.
func differenceText(class string, d *plan.Difference, before, after string) string {
	parts := []string{class}
	if d.Reason != "" {
		parts = append(parts, d.Reason)
	}
	for _, a := range d.Attributes {
		parts = append(parts, a.Name+": "+before+" "+jsonText(a.Before)+", "+after+" "+jsonText(a.After))
	}
	if len(d.With) > 0 {
		names := make([]string, len(d.With))
		for i, with := range d.With {
			names[i] = with.String()
		}
		parts = append(parts, "with "+strings.Join(names, ", "))
	}
	for _, m := range d.Manual {
		parts = append(parts, m.Instruction)
	}
	return strings.Join(parts, "; ")
}

// jsonText writes a value on one line.
func jsonText(v plan.Value) string {
	if v.IsZero() {
		return "(none)"
	}
	var b strings.Builder
	if writeLine(&b, v) != nil {
		return "(unreadable)"
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// apply adds what is there after a run: what the changes that were made bring, what those that were not made would have ended, what
// stays, and what could not be verified.
func (c *collector) apply(a *Account) {
	r := a.Apply
	if a.Plan != nil {
		results := make(map[addr.Address]*engine.Result, len(r.Results))
		for i := range r.Results {
			results[r.Results[i].Address] = &r.Results[i]
		}
		for i := range a.Plan.Changes {
			change := &a.Plan.Changes[i]
			made := results[change.Address]
			if made != nil && (made.Outcome == engine.Applied || made.Attempts > 0) {
				c.findings(change.Findings, change.Source)
			}
			if made == nil || made.Outcome != engine.Applied {
				c.findings(change.Resolves, change.Source)
			}
		}
		c.besideChanges(a.Plan)
	}
	for i := range r.Unverified {
		d := &r.Unverified[i]
		text := differenceText(ruleUnverified, &plan.Difference{Reason: d.Reason, Attributes: d.Attributes}, "expected", "read")
		c.add(result{rule: ruleUnverified, weight: grave, address: d.Address, lines: []string{text}, at: c.places.of(d.Address, "")})
	}
	for i := range r.Results {
		made := &r.Results[i]
		switch made.Outcome {
		case engine.Failed, engine.Partly, engine.Skipped, engine.Cancelled:
			c.add(result{
				rule: made.Outcome.String(), weight: broken, address: made.Address, lines: []string{outcomeText(made)},
				at: c.places.of(made.Address, ""),
			})
		}
	}
}

// outcomeText says what became of a change that was not made in full.
func outcomeText(r *engine.Result) string {
	text := r.Action.String() + " " + r.Outcome.String()
	if len(r.Done) > 0 {
		text += "; done: " + strings.Join(r.Done, ", ")
	}
	if len(r.Open) > 0 {
		text += "; open: " + strings.Join(r.Open, ", ")
	}
	if !r.Cause.IsZero() {
		text += "; because of " + r.Cause.String()
	}
	if r.Err != nil {
		text += "; " + r.Err.Error()
	}
	return text
}

func (c *collector) problem(p plan.Problem) {
	rule := problemPrefix + slug(p.Summary)
	r := result{rule: rule, weight: broken, lines: []string{p.Summary}, hint: p.Hint, at: p.At}
	if p.Detail != "" {
		r.lines[0] += ": " + p.Detail
	}
	if p.Warning {
		r.weight = minor
	}
	if r.at.IsZero() {
		r.at = c.places.account
	}
	r.fingerprint = plan.Fingerprint(cmp.Or(c.account.ID, c.account.Name), rule, p.At.File, p.Detail)
	c.add(r)
}

func (c *collector) failure(f *Failure, summary string, o Options) {
	if f.Err != nil {
		c.add(result{
			rule: ruleRunFailed, weight: broken, lines: []string{summary + ": " + f.Err.Error()}, hint: o.hint(f.Err), at: c.places.account,
			fingerprint: plan.Fingerprint(cmp.Or(c.account.ID, c.account.Name), ruleRunFailed),
		})
	}
	for _, p := range f.Problems {
		c.problem(p)
	}
}

// slug turns a fixed phrase into an id: letters and digits in lower case, with hyphens between them.
func slug(phrase string) string {
	words := strings.FieldsFunc(strings.ToLower(phrase), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return cmp.Or(strings.Join(words, "-"), "untitled")
}
