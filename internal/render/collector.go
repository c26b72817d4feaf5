package render

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// collector collects the results of one account.
type collector struct {
	account plan.Account
	places  *places
	all     []result
	index   map[string]int // by fingerprint
	// counts are the findings by weight, each once, and counted which they are: several may share a result.
	counts  map[weight]int
	counted map[plan.Finding]bool
	// unproven follows what a plan says of its base, where nobody has proven that.
	unproven string
}

func newCollector(account plan.Account, places *places) *collector {
	return &collector{account: account, places: places, index: map[string]int{}, counts: map[weight]int{}, counted: map[plan.Finding]bool{}}
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
	one.effect, one.trace = min(one.effect, r.effect), cmp.Or(one.trace, r.trace)
	if !strings.Contains(one.hint, r.hint) { // each may name a place of its own
		one.hint = parts("; ", one.hint, r.hint)
	}
	if r.weight > one.weight {
		one.weight, one.at = r.weight, r.at
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
			rule: f.Rule, weight: weightOf(f.Severity), address: f.Address, attribute: f.Attribute,
			lines: []string{parts("; ", f.Message, traceText(f.Trace))}, hint: f.Hint,
			at: cmp.Or(f.Source, at), accepted: f.Accepted, trace: f.Trace,
		}
		if !f.Accepted.IsZero() {
			r.weight, r.effect = informs, tells
		}
		if r.at.IsZero() {
			r.at = c.places.of(f.Address, f.Attribute)
		}
		c.add(r)
		same := *f
		same.Seen, same.Fingerprint, same.Trace = "", "", nil // what a change brings has none
		if !c.counted[same] {
			c.counted[same] = true
			c.counts[r.weight]++
		}
	}
}

// fact adds what is no finding. Its weight and its effect follow from its rule. Of several with one rule that are about no address,
// identity tells one from the other.
func (c *collector) fact(r result, identity string) {
	if r.weight, r.effect = standingOf(r.rule); !r.accepted.IsZero() {
		r.weight, r.effect = informs, tells
	}
	if r.at.IsZero() {
		r.at = c.places.of(r.address, "")
	}
	if identity != "" {
		f := plan.Finding{Rule: r.rule, Attribute: identity}
		r.fingerprint = f.FingerprintIn(c.account)
	}
	c.add(r)
}

// remarks adds what a run leaves out, what it did not look at, and its warnings.
func (c *collector) remarks(r *remarks, leftOut []plan.LeftOut) {
	for i := range leftOut {
		l := &leftOut[i]
		text := parts(", ", l.Action.String()+" "+causeOf(l).words, acknowledged(l.Accepted))
		c.fact(result{rule: ruleLeftOut, address: l.Address, lines: []string{text}}, "")
	}
	for _, text := range r.warnings {
		c.fact(result{rule: ruleWarning, lines: []string{text}}, placeOfWarning.ReplaceAllString(text, ""))
	}
	for _, n := range r.notRead {
		text := "not read: " + n.Subject + ": " + n.Reason
		if len(n.Regions) > 0 {
			text += " (" + strings.Join(n.Regions, ", ") + ")"
		}
		c.fact(result{rule: ruleNotRead, lines: []string{text}}, n.Subject)
	}
	for _, n := range r.notCompared {
		c.fact(result{rule: ruleNotCompared, address: n.Address, attribute: n.Attribute, lines: []string{"not compared: " + n.Reason}}, "")
	}
}

// placeOfWarning is the place in the manifest that a warning may begin with. A fingerprint must not move with it.
var placeOfWarning = regexp.MustCompile(`^[^\n]*?:\d+:\d+: `)

func (c *collector) plan(p *plan.Plan) {
	for i := range p.Changes {
		change := &p.Changes[i]
		c.findings(change.Findings, change.Source)
		c.unmade(change)
	}
	c.remarks(&remarks{notRead: p.NotRead, notCompared: p.NotCompared, warnings: p.Warnings}, p.LeftOut)
	c.besideChanges(p)
}

// asTold returns findings with a word on who says so, where nobody has proven it.
func (c *collector) asTold(findings []plan.Finding) []plan.Finding {
	if c.unproven == "" {
		return findings
	}
	findings = slices.Clone(findings)
	for i := range findings {
		findings[i].Message += c.unproven
	}
	return findings
}

// besideChanges adds the findings of a plan that no change brings.
func (c *collector) besideChanges(p *plan.Plan) {
	for i := range p.Rules {
		c.findings(c.asTold(p.Rules[i].Findings), p.Rules[i].Source)
	}
	for i := range p.Unexpected {
		c.findings(p.Unexpected[i].Findings, plan.Position{})
	}
	for i := range p.Rules {
		if r := &p.Rules[i]; len(r.Findings) == 0 { // else these tell it
			c.fact(result{rule: ruleRules, lines: []string{r.Key + " is not as in the base" + c.unproven}, at: r.Source}, r.Key)
		}
	}
	for i := range p.Leaving {
		if l := &p.Leaving[i]; l.Untouched() {
			text := parts(": ", "no longer managed, "+leavingWords[l.Fate], l.Reason) + c.unproven
			c.fact(result{rule: ruleLeaving, address: l.Address, lines: []string{text}}, "")
		}
	}
	c.findings(c.asTold(p.RaisedByLeaving()), plan.Position{}) // where the base lists it is no place in the manifest
	c.findings(p.Findings, plan.Position{})
}

// unmade adds a change that is blocked or left to a person, with the reason.
func (c *collector) unmade(change *plan.Change) {
	if change.Action.Writes() {
		return
	}
	text := differenceText(change.Action.String(), &plan.Difference{
		Reason: change.Reason, Attributes: change.Attributes, With: change.With, Manual: change.Manual,
	}, "live", "manifest")
	c.fact(result{rule: change.Action.String(), address: change.Address, lines: []string{text}, at: change.Source}, "")
}

func (c *collector) drift(d *plan.Drift) {
	c.remarks(&remarks{notRead: d.NotRead, notCompared: d.NotCompared, warnings: d.Warnings}, nil)
	for _, class := range classesOf(d) {
		for i := range class.differences {
			c.difference(class.name, &class.differences[i])
		}
	}
	for i := range d.Expiring {
		of := &d.Expiring[i]
		c.fact(result{rule: ruleExpiring, address: of.Address, lines: []string{differenceReason(of)}, at: of.Source}, "")
	}
	c.findings(d.Findings, plan.Position{})
}

func (c *collector) audit(a *plan.Audit) {
	c.remarks(&remarks{notRead: a.NotRead, notCompared: a.NotCompared, warnings: a.Warnings}, nil)
	for i := range a.Expired {
		c.difference("expired", &a.Expired[i])
	}
	for _, l := range a.Lost {
		text := "refers to what no list of the cloud shows (gone, or hidden): " + l.Kind + " " + l.ID
		c.fact(result{rule: ruleLost, address: l.Address, attribute: l.Kind, lines: []string{text}}, "")
	}
	for _, u := range a.Unused {
		text := "made by a service, and not in use as far as was read: " + u.Reason
		c.fact(result{rule: ruleUnused, address: u.Address, lines: []string{text}}, "")
	}
	c.findings(a.Findings, plan.Position{})
}

func (c *collector) difference(class string, d *plan.Difference) {
	text := parts("; ", differenceText(class, d, "live", "manifest"), stateText(d))
	c.fact(result{
		rule: class, address: d.Address, lines: []string{text}, short: shortText(class, d), at: d.Source, accepted: d.Accepted, state: d.State,
		trace: d.Trace,
	}, "")
}

// stateText says what has become of a difference since it was accepted; "" where no acceptance is about it, or one holds.
func stateText(d *plan.Difference) string {
	if d.State != plan.StateWorsened && d.State != plan.StateOverdue {
		return d.StateReason
	}
	return parts(": ", string(d.State), d.StateReason)
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
	if who := traceText(d.Trace); who != "" {
		parts = append(parts, who)
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
		begun, open := becameOf(a.Plan, r)
		for _, change := range begun {
			c.findings(change.Findings, change.Source)
		}
		for _, change := range open {
			c.findings(change.Resolves, change.Source)
			c.unmade(change)
		}
		c.besideChanges(a.Plan)
	}
	for i := range r.Unverified {
		d := &r.Unverified[i]
		text := differenceText(ruleUnverified, &plan.Difference{Reason: d.Reason, Attributes: d.Attributes}, "expected", "read")
		c.fact(result{rule: ruleUnverified, address: d.Address, lines: []string{text}}, "")
	}
	for i := range r.Results {
		made := &r.Results[i]
		switch made.Outcome {
		case engine.Failed, engine.Partly, engine.Skipped, engine.Cancelled:
			c.fact(result{rule: made.Outcome.String(), address: made.Address, lines: []string{outcomeText(made)}}, "")
		case engine.ByHand, engine.Blocked:
			if a.Plan == nil { // else the plan says why
				c.fact(result{rule: made.Outcome.String(), address: made.Address, lines: []string{made.Outcome.String()}}, "")
			}
		case engine.Applied:
		}
	}
	for i := range r.ChangedByOthers {
		d := &r.ChangedByOthers[i]
		text := differenceText(ruleOthers, &plan.Difference{Reason: d.Reason, Attributes: d.Attributes}, "expected", "read")
		c.fact(result{rule: ruleOthers, address: d.Address, lines: []string{text}}, "")
	}
	c.remarks(&remarks{notRead: r.NotRead, notCompared: r.NotCompared, warnings: r.Warnings}, r.LeftOut)
}

// becameOf returns the changes of a plan whose writes were sent or not needed, and those that were not applied in full: what the first
// bring is there, and what the others would have ended stays. A change whose write failed is among both.
func becameOf(p *plan.Plan, r *engine.Report) (begun, open []*plan.Change) {
	results := make(map[addr.Address]*engine.Result, len(r.Results))
	for i := range r.Results {
		results[r.Results[i].Address] = &r.Results[i]
	}
	for i := range p.Changes {
		change := &p.Changes[i]
		made := results[change.Address]
		if made != nil && (made.Outcome == engine.Applied || made.Attempts > 0) {
			begun = append(begun, change)
		}
		if made == nil || made.Outcome != engine.Applied {
			open = append(open, change)
		}
	}
	return begun, open
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
		r.weight, r.effect = minor, tells
	}
	if r.at.IsZero() {
		r.at = c.places.account
	}
	r.fingerprint = plan.Fingerprint(cmp.Or(c.account.ID, c.account.Name), rule, p.At.File, p.Detail)
	c.add(r)
}

// failure adds that the run or the account failed, and below it each problem.
func (c *collector) failure(f *Failure, summary string, o Options) {
	why := problemCount(f.Problems)
	if f.Err != nil {
		why = f.Err.Error()
	}
	c.add(result{
		rule: ruleRunFailed, weight: broken, lines: []string{summary + ": " + why}, hint: o.hint(f.Err), at: c.places.account,
		fingerprint: plan.Fingerprint(cmp.Or(c.account.ID, c.account.Name), ruleRunFailed),
	})
	for _, p := range f.Problems {
		c.problem(p)
	}
}

// slug turns a fixed phrase into an id: letters and digits in lower case, with hyphens between them.
func slug(phrase string) string {
	words := strings.FieldsFunc(strings.ToLower(phrase), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return cmp.Or(strings.Join(words, "-"), "untitled")
}
