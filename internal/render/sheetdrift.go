package render

import (
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// drifts fills in how the live state of all accounts differs.
func (s *sheet) drifts(o Options) {
	var differs, findings int
	for i := range s.Accounts {
		a := &s.Accounts[i]
		if d := a.source.Drift; d != nil {
			a.drift(d, o)
			for _, class := range classesOf(d) {
				differs += len(counting(class.differences))
			}
			findings += len(plan.AtLeast(d.Findings, plan.Low))
		}
	}
	switch {
	case differs+findings > 0:
		s.Verdict = plan.Counted(differs, "difference") + ", " + plan.Counted(findings, "finding")
	case !s.Failed:
		s.Verdict = "no drift"
	}
}

func (a *sheetAccount) drift(d *plan.Drift, o Options) {
	a.Cloud = cloudOf(d.Account, d.Cloud)
	if o.ShowNow {
		a.Cloud += ", checked at " + d.Now.UTC().Format(time.RFC3339)
	}
	verdict, others := driftVerdict(d, "")
	a.Verdict, a.Rest = verdict, sentence(others.String())
	high, rest := findingRows(d.Findings)
	a.urgent("Expired", a.differences(counting(d.Expired), "!", tellsStates(d), o))
	a.urgent("High findings", high)
	a.section("Unexpected", a.differences(counting(d.Unexpected), "+", tellsStates(d), o))
	a.section("Missing", a.differences(counting(d.Missing), "-", tellsStates(d), o))
	a.section("Changed", a.differences(counting(d.Changed), "~", tellsStates(d), o))
	a.section("Findings", rest)
	a.section(strings.TrimSuffix(titleExpiring, ":"), a.differences(d.Expiring, "!", false, o))
	a.section(strings.TrimSuffix(titleAcknowledged, ":"), acceptedRows(d))
	if text := whoText(d.Who); text != "" {
		a.section("Who", textRows([]string{text}))
	}
	a.remarks(&remarks{
		notRead: d.NotRead, notCompared: d.NotCompared, unmanaged: d.Unmanaged, besides: d.Besides, removable: d.Remarks, warnings: d.Warnings,
	})
}

// findingRows returns the high findings that nobody accepted, and the others.
func findingRows(all []plan.Finding) (high, rest []sheetRow) {
	for _, f := range gravest(all) {
		row := findingRow(f, addr.Address{})
		if f.Severity == plan.High && f.Accepted.IsZero() {
			high = append(high, row)
		} else {
			rest = append(rest, row)
		}
	}
	return high, rest
}

// differences are resources that are not as the manifest says. Both sides are named: an arrow would read as an order of time, and
// here the manifest is the older one.
func (a *sheetAccount) differences(all []plan.Difference, mark string, tellsState bool, o Options) []sheetRow {
	rows := make([]sheetRow, len(all))
	for i := range all {
		d := &all[i]
		row := sheetRow{Mark: mark, Link: d.Address, Tells: []addr.Address{d.Address}, Place: place(d.Source), count: sheetCount{other: 1}}
		row.Text = parts("; ", companions(d.With), differenceReason(d), strings.Join(notesOf(d.Notes), " · "), differenceProtected(d))
		state := d.StateReason
		if tellsState {
			state = parts(": ", string(d.State), state)
		}
		row.Text = parts("; ", state, row.Text)
		row.Under = whoRows(d.Trace)
		for _, c := range tellingOf(d) {
			t := drifted(c)
			row.Under = append(row.Under, t.rows("")...)
		}
		row.Under = append(row.Under, companionRows(d.Address, "", d.With)...)
		row.Under = append(row.Under, manualRows(d.Manual, d.Attributes)...)
		if command := o.renew(d); command != "" {
			row.Under = append(row.Under, sheetRow{Label: "to renew it", Text: command, Code: true})
		}
		rows[i] = row
	}
	return rows
}

// acceptedRows are the differences that the manifest accepts, with what differs below them.
func acceptedRows(d *plan.Drift) []sheetRow {
	var rows []sheetRow
	for _, of := range d.Accepted() {
		text := parts("; ", differenceReason(of), acknowledged(of.Accepted)+": "+of.Accepted.Reason)
		row := sheetRow{Link: of.Address, Text: text, Place: place(of.Source), count: sheetCount{other: 1}}
		for _, c := range tellingOf(of) {
			t := drifted(c)
			row.Under = append(row.Under, t.rows("")...)
		}
		rows = append(rows, row)
	}
	return rows
}

// applies fills in what became of the plans of all accounts.
func (s *sheet) applies(o Options) {
	applied, open := 0, 0
	for i := range s.Accounts {
		a := &s.Accounts[i]
		if r := a.source.Apply; r != nil {
			a.apply(r, o)
			applied += r.Count(engine.Applied)
			open += len(r.Results) - r.Count(engine.Applied)
		}
	}
	switch {
	case applied+open > 0:
		t := tally{plan.Counted(applied, "change") + " applied"}
		t.add(open, "not")
		s.Verdict = t.String()
	case !s.Failed:
		s.Verdict = "nothing to do"
	}
}

func (a *sheetAccount) apply(r *engine.Report, o Options) {
	a.Cloud = cloudOf(r.Account, plan.Cloud{})
	if p := a.source.Plan; p != nil {
		a.Cloud = cloudOf(r.Account, p.Cloud)
	}
	verdict, left := applyVerdict(r)
	a.Verdict, a.Rest = verdict, sentence(left.String(), notYet(r.LeftOut), goesOn(r))
	var failed, open, done []sheetRow
	outcomes := outcomesOf(r)
	for i := range r.Results {
		row := resultRow(&r.Results[i], outcomes, o)
		switch r.Results[i].Outcome {
		case engine.Failed, engine.Partly:
			failed = append(failed, row)
		case engine.Applied:
			done = append(done, row)
		case engine.Skipped, engine.Cancelled, engine.ByHand, engine.Blocked:
			open = append(open, row)
		}
	}
	a.urgent("Failed", failed)
	for _, l := range unverifiedLists(r) {
		a.urgent(l.title, l.rows())
	}
	a.urgent("Not done", open)
	brought, inPlace := findingsAfter(a.source.Plan, r)
	newHigh, newRest := findingRows(brought)
	for i := range newHigh {
		newHigh[i].Severity = "new high"
	}
	oldHigh, oldRest := findingRows(inPlace)
	a.urgent("High findings", append(newHigh, oldHigh...))
	a.section("Done", done)
	a.section("New findings", newRest)
	a.section("Findings left in place", oldRest)
	a.leftOut(r.LeftOut)
	a.remarks(&remarks{notRead: r.NotRead, notCompared: r.NotCompared, besides: r.Besides, warnings: r.Warnings})
}

// findingsAfter returns the findings that are there after a run, each once: those that it brought, and those that it left in place.
// There are none where the plan is not known.
func findingsAfter(p *plan.Plan, r *engine.Report) (brought, left []plan.Finding) {
	if p == nil {
		return nil, nil
	}
	begun, open := becameOf(p, r)
	brought = p.RaisedByRules()
	for _, change := range begun {
		brought = append(brought, change.Findings...)
	}
	left = slices.Clone(p.Findings)
	for i := range p.Unexpected {
		left = append(left, p.Unexpected[i].Findings...)
	}
	left = append(left, p.RaisedByLeaving()...)
	for _, change := range open {
		left = append(left, change.Resolves...)
	}
	told := map[plan.Finding]bool{}
	once := func(f plan.Finding) bool {
		f.Seen = "" // what a change brings or ends has none
		known := told[f]
		told[f] = true
		return known
	}
	return slices.DeleteFunc(brought, once), slices.DeleteFunc(left, once)
}

func resultRow(r *engine.Result, outcomes map[addr.Address]engine.Outcome, o Options) sheetRow {
	row := sheetRow{Mark: sign(r.Action), Link: r.Address, Text: r.Outcome.String(), count: sheetCount{other: 1}}
	if r.Action.Writes() { // of any other, the outcome says it
		row.Text = r.Action.String() + " " + row.Text
	}
	row.Text = parts(" ", row.Text, Clean(causeText(r, outcomes)))
	for _, detail := range resultTexts(r) {
		row.Under = append(row.Under, sheetRow{Label: detail.subject, Text: detail.text})
	}
	if r.Err != nil {
		row.Under = append(row.Under, sheetRow{Mark: "!", Text: errorText(r)})
		if hint := o.hint(r.Err); hint != "" {
			row.Under = append(row.Under, sheetRow{Label: labelHint, Text: hint})
		}
	}
	return row
}

// validated fills in what the problems of manifests come to.
func (s *sheet) validated(r *Report) {
	if len(plan.Fatal(r.Problems)) > 0 {
		s.Failed = true
		s.Verdict = problemCount(r.Problems)
	} else if !s.Failed {
		s.Verdict = validText(r)
		if len(r.Problems) > 0 {
			s.Rest = sentence(problemCount(r.Problems))
		}
	}
}

// callers fills in what is known of the credentials, in the words of the format text: there is nothing to fold or to rank in it.
func (s *sheet) callers(o Options) {
	for i := range s.Accounts {
		a := &s.Accounts[i]
		c := a.source.Caller
		if c == nil || a.source.Failure != nil && c.Permissions == nil {
			continue
		}
		p := newPage(Options{Hint: o.Hint})
		p.caller(c, o)
		var rows []sheetRow
		for line := range strings.Lines(p.buf.String()) {
			rows = append(rows, sheetRow{Text: strings.TrimSuffix(line, "\n"), Code: true, count: sheetCount{other: 1}})
		}
		a.section("Who calls, and what for", rows)
	}
}
