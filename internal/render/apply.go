package render

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// report writes what became of a plan: each change that was not applied with the reason, what could not be verified, what somebody else
// has changed, what is beside the manifest, and last the counts. Applied changes, and most that were not begun, are only counted
// without --verbose. What must be seen by the plan stands first, and is named in any case; the plan may be nil.
func (p *page) report(r *engine.Report, pl *plan.Plan, o Options) {
	outcomes, by := outcomesOf(r), gravitiesOf(pl)
	var shown []*engine.Result
	for i := range r.Results {
		result := &r.Results[i]
		if p.verbose || result.Outcome != engine.Applied && (!notBegun(result) || by[result.Address] == mustSee) {
			shown = append(shown, result)
		}
	}
	if o.Several || p.verbose || len(shown)+len(p.withoutUnread(r).Unverified)+len(r.ChangedByOthers)+len(r.Besides) > 0 {
		p.heading("Apply to", r.Account, plan.Cloud{}, p.verbose)
		p.end()
		p.gap()
	}
	shown = mustSeeFirst(shown, func(of **engine.Result) bool { return by[(*of).Address] == mustSee })
	hints := map[string]bool{}
	for _, alike := range p.alike(shown, r) {
		p.result(alike, outcomes, by, hints, o)
	}
	if len(shown) > 0 {
		p.gap()
	}
	for _, l := range unverifiedLists(p.withoutUnread(r)) {
		p.list(p.together(l, by.withRead(r)))
	}
	p.list(titled{titleBesides, besides(r.Besides)})
	var applied []plan.Change
	for i := range r.Results {
		if r.Results[i].Outcome == engine.Applied {
			applied = append(applied, plan.Change{Address: r.Results[i].Address, Action: r.Results[i].Action})
		}
	}
	p.gap()
	if len(applied) > 0 {
		p.line(0, plain, kindText(applied))
	}
	p.put(bold, reportFoot(r))
	if p.abridged {
		p.put(dim, " "+verboseTells)
		p.abridged = false
	}
	p.end()
	if text := notYet(r.LeftOut); text != "" {
		p.line(0, yellow, text+".")
	}
}

// notBegun reports whether a change was still to come, or waited for its turn, when the run was stopped.
func notBegun(r *engine.Result) bool {
	return r.Outcome == engine.Cancelled && r.Attempts == 0
}

// withoutUnread is a report without what an interrupt or the end of the time kept from being read back: without --verbose, that is
// counted.
func (p *page) withoutUnread(r *engine.Report) *engine.Report {
	if !r.Interrupted && !r.TimedOut || p.verbose {
		return r
	}
	shown := *r
	shown.Unverified = slices.DeleteFunc(slices.Clone(r.Unverified), func(d engine.Difference) bool { return d.Unread })
	return &shown
}

// unverifiedLists are what could not be verified, and what somebody else has changed.
func unverifiedLists(r *engine.Report) []titled {
	return []titled{unverified("Not verified", r.Unverified), unverified("Changed by somebody else during this run", r.ChangedByOthers)}
}

// unverified are resources with what is different about them: of one with several attributes, each.
func unverified(title string, all []engine.Difference) titled {
	rows := make([]listed, len(all))
	for i, d := range all {
		rows[i] = listed{about: d.Address, text: d.Reason}
		for k, a := range d.Attributes {
			if k > 0 { // the reason tells of the first
				rows[i].text += "; " + a.Name + " reads " + written(a.Name, a.After)
			}
		}
	}
	return titled{title, rows}
}

// withRead returns them with what was read with another trust than the run should have left, and with what somebody else has changed, of
// which no plan tells how grave it is.
func (by gravities) withRead(r *engine.Report) gravities {
	all := maps.Clone(by)
	for _, d := range r.Unverified {
		if tellsTrust(d.Attributes) {
			all[d.Address] = mustSee
		}
	}
	for _, d := range r.ChangedByOthers {
		all[d.Address] = mustSee
	}
	return all
}

// together puts what must be seen first, and rows with the same text on one line, unless all is to be told, in the order of the first of
// each.
func (p *page) together(l titled, by gravities) titled {
	l.all = mustSeeFirst(l.all, func(of *listed) bool { return by[of.about] == mustSee })
	if p.verbose {
		return l
	}
	var texts []string
	subjects, graves := map[string][]string{}, map[string]int{}
	for i := range l.all {
		text := l.all[i].text
		if subjects[text] == nil {
			texts = append(texts, text)
		}
		subjects[text] = append(subjects[text], l.all[i].subject())
		if by[l.all[i].about] == mustSee {
			graves[text]++
		}
	}
	rows := make([]listed, len(texts))
	for i, text := range texts {
		names := p.some(subjects[text], max(maxNamed, graves[text]))
		if len(subjects[text]) > 1 {
			names, text = text, names // the reason is the shorter one
		}
		rows[i] = listed{name: names, text: text}
	}
	return titled{l.title, rows}
}

// alike groups results that differ in their addresses only, and in those of causes that are alike themselves, unless all is to be told,
// in the order of the first of each.
func (p *page) alike(results []*engine.Result, report *engine.Report) (groups [][]*engine.Result) {
	keyOf := func(r *engine.Result) string {
		key := outcomeWord(r) + "\n" + r.Action.String()
		if r.Err != nil {
			key += "\n" + errorText(r)
		}
		return key
	}
	causes := map[addr.Address]string{}
	for i := range report.Results {
		causes[report.Results[i].Address] = keyOf(&report.Results[i])
	}
	index := map[string]int{}
	for _, r := range results {
		key := keyOf(r)
		if !r.Cause.IsZero() {
			key += "\n" + cmp.Or(causes[r.Cause], r.Cause.String())
		}
		at, known := index[key]
		if !known || p.verbose || len(r.Done)+len(r.Open) > 0 {
			at = len(groups)
			groups = append(groups, nil)
			if len(r.Done)+len(r.Open) == 0 {
				index[key] = at
			}
		}
		groups[at] = append(groups[at], r)
	}
	return groups
}

// outcomeWord is what became of a change, in the words of plans.
func outcomeWord(r *engine.Result) string {
	switch {
	case r.Outcome == engine.ByHand:
		return "by hand"
	case notBegun(r):
		return "not begun"
	case r.Outcome == engine.Cancelled:
		return "unknown"
	}
	return r.Outcome.String()
}

// result writes changes that were not applied, and that one line tells. A hint that was said is not said again.
func (p *page) result(
	alike []*engine.Result, outcomes map[addr.Address]engine.Outcome, by gravities, hints map[string]bool, o Options,
) {
	const wordColumn, actionColumn, detailIndent = 11, 19, 11
	r := alike[0]
	p.put(outcomeStyle(r.Outcome), outcomeWord(r))
	p.indent(max(1, wordColumn-p.column))
	// For a manual or blocked change the action is the outcome, and once is enough.
	if r.Action.Writes() {
		p.put(plain, r.Action.String())
		p.indent(max(1, actionColumn-p.column))
	}
	names, most := make([]string, len(alike)), 0
	for i, of := range alike {
		names[i] = title(of.Address.String())
		if by[of.Address] == mustSee { // these stand first
			most++
		}
	}
	p.put(plain, p.some(names, max(maxNamed, most)))
	if cause := p.causesText(alike, outcomes); cause != "" {
		p.put(dim, "  "+cause)
	}
	p.end()
	for _, detail := range resultTexts(r) {
		p.block(detailIndent, plain, detail.oneLine())
	}
	if r.Err != nil {
		p.block(detailIndent, plain, errorText(r))
		if hint := o.hint(r.Err); !hints[hint] {
			p.hint(detailIndent, hint)
			hints[hint] = true
		}
	}
}

func outcomesOf(r *engine.Report) map[addr.Address]engine.Outcome {
	outcomes := make(map[addr.Address]engine.Outcome, len(r.Results))
	for i := range r.Results {
		outcomes[r.Results[i].Address] = r.Results[i].Outcome
	}
	return outcomes
}

// causeText says what a change was not made for; "" for nothing.
func causeText(r *engine.Result, outcomes map[addr.Address]engine.Outcome) string {
	return (&page{verbose: true}).causesText([]*engine.Result{r}, outcomes)
}

// causesText says what changes were not made for, whose causes have become the same; "" for nothing.
func (p *page) causesText(alike []*engine.Result, outcomes map[addr.Address]engine.Outcome) string {
	r := alike[0]
	if r.Cause.IsZero() {
		return ""
	}
	var causes []string
	for _, of := range alike {
		if name := title(of.Cause.String()); !slices.Contains(causes, name) {
			causes = append(causes, name)
		}
	}
	text := "because of " + p.some(causes, maxNamed)
	if outcome, known := outcomes[r.Cause]; known {
		text += " (" + outcomeWord(&engine.Result{Outcome: outcome, Attempts: 1}) + ")"
	}
	return text
}

// resultTexts are the parts of a change that were made, and those that were not.
func resultTexts(r *engine.Result) (texts []remark) {
	for _, text := range r.Done {
		texts = append(texts, remark{"done", text})
	}
	for _, text := range r.Open {
		texts = append(texts, remark{"open", text})
	}
	return texts
}

// errorText says why a change was not made, without the action and the address: the line above names them already.
func errorText(r *engine.Result) string {
	return strings.TrimPrefix(r.Err.Error(), r.Action.String()+" "+r.Address.String()+": ")
}

func outcomeStyle(o engine.Outcome) style {
	switch o {
	case engine.Failed, engine.Partly:
		return red
	case engine.Skipped, engine.Cancelled:
		return yellow
	case engine.ByHand:
		return magenta
	case engine.Blocked:
		return cyan
	case engine.Applied:
	}
	return plain
}

// applyVerdict returns what was applied and whether it was read back, and the counts of changes that were not applied.
func applyVerdict(r *engine.Report) (verdict string, open tally) {
	open.add(r.Count(engine.Partly), "partly applied")
	open.add(r.Count(engine.Failed), "failed")
	open.add(r.Count(engine.Skipped), "skipped")
	begun := slices.DeleteFunc(slices.Clone(r.Results), func(result engine.Result) bool { return notBegun(&result) })
	open.add(r.Count(engine.Cancelled)-(len(r.Results)-len(begun)), "with unknown outcome")
	open.add(len(r.Results)-len(begun), "not begun")
	open.add(r.Count(engine.ByHand), "left to do by hand")
	open.add(r.Count(engine.Blocked), "blocked")
	if stop := stopText(r); stop != "" {
		return stoppedVerdict(stop, r), open
	}
	verdict = nothingApplied(r)
	switch n := r.Count(engine.Applied); {
	case n > 0:
		verdict = "Applied " + plan.Counted(n, "change")
	case r.Count(engine.Partly) > 0:
		verdict = "No change was applied in full"
	case len(r.Results)+len(r.LeftOut) == 0:
		verdict = "Nothing to do"
	}
	switch {
	case len(r.Unverified) > 0:
		verdict += ", " + plan.Counted(len(r.Unverified), "resource") + " not verified"
	case r.Count(engine.Applied) == 0:
	case r.Verified:
		verdict += ", verified"
	default:
		verdict += ", not verified"
	}
	return verdict, open
}

// stopText says what stopped a run before its end; "" for nothing.
func stopText(r *engine.Report) string {
	switch {
	case r.Interrupted:
		return "Interrupted. "
	case r.TimedOut:
		return "The time is over. "
	}
	return ""
}

// nothingApplied says that no change is known to be applied: one whose outcome is unknown may be.
func nothingApplied(r *engine.Report) string {
	isUnknown := func(result engine.Result) bool { return result.Outcome == engine.Cancelled && !notBegun(&result) }
	if slices.ContainsFunc(r.Results, isUnknown) {
		return "Nothing is known to be applied"
	}
	return "Nothing was applied"
}

// stoppedVerdict returns what was applied before a run was stopped, and whether it was read back.
func stoppedVerdict(stop string, r *engine.Report) string {
	applied := r.Count(engine.Applied)
	verdict := stop + strconv.Itoa(applied) + " applied"
	differ := slices.ContainsFunc(r.Unverified, func(d engine.Difference) bool { return !d.Unread })
	switch {
	case applied == 0:
		verdict = stop + nothingApplied(r)
	case differ:
		verdict += ", " + plan.Counted(len(r.Unverified), "resource") + " not verified"
	case len(r.Unverified) > 0:
		verdict += " but not read back"
	case r.Verified:
		verdict += " and verified"
	}
	return verdict
}

// goesOn says how to go on after a run that was stopped.
func goesOn(r *engine.Report) string {
	if stopText(r) == "" {
		return ""
	}
	return "Run the same command again: it goes on where it stopped"
}

// reportFoot returns the last line: how many changes were applied, whether they were read back, and how many were not applied.
func reportFoot(r *engine.Report) string {
	verdict, open := applyVerdict(r)
	between := "; "
	if stopText(r) != "" {
		between = ", "
	}
	return sentence(parts(between, verdict, open.String()), goesOn(r))
}

// notYet says that changes were left out of an apply; "" where none was.
func notYet(all []plan.LeftOut) string {
	if len(all) == 0 {
		return ""
	}
	var parts []string
	for _, of := range byCause(all) {
		n := len(of.changes)
		parts = append(parts, plan.Counted(n, "change")+plan.Agree(n, " was ", " were ")+of.cause.words)
	}
	return "The account is not yet as the manifest says: " + strings.Join(parts, ", and ")
}
