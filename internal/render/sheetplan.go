package render

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// plans fills in what the plans of all accounts say.
func (s *sheet) plans(o Options) {
	var changes []plan.Change
	var risks, left []plan.Finding
	empty := true
	for i := range s.Accounts {
		a := &s.Accounts[i]
		if p := a.source.Plan; p != nil {
			a.plan(p, o)
			empty = empty && !p.Differs()
			changes, risks, left = append(changes, p.Changes...), append(risks, newRisks(p)...), append(left, p.RaisedByLeaving()...)
		}
	}
	s.Kinds = kindsOf(changes)
	_, total := kindColumns(s.Kinds)
	switch {
	case len(changes) > 0:
		s.Verdict = total.acts.tally().String()
	case !s.Failed && empty:
		s.Verdict = "nothing to do"
	case !s.Failed:
		s.Verdict = "no changes"
	}
	if !s.Failed || len(changes)+len(risks)+len(left) > 0 {
		s.Risks = riskText(risks, left)
	}
}

// riskText counts the risks that plans bring, and those that nobody manages any more.
func riskText(risks, left []plan.Finding) string {
	text := "No new risks"
	if len(risks) > 0 {
		text = "New risks: " + joined(severities(risks))
	}
	if len(left) > 0 {
		text += ". " + titleLeft + ": " + joined(severities(left))
	}
	return text
}

// plan fills in what the plan of one account says.
func (a *sheetAccount) plan(p *plan.Plan, o Options) {
	a.Cloud = cloudOf(p.Account, p.Cloud)
	verdict, rest := planVerdict(p, "")
	base := strings.Replace(againstBase(p, o), "against", "Against", 1)
	a.Verdict, a.Rest, a.Risks = verdict, sentence(rest.String(), base), riskText(newRisks(p), p.RaisedByLeaving())
	a.urgent("Deletes", deleteRows(p.Changes))
	staying := gravest(staying(p))
	a.urgent("High findings", highRows(p, staying))
	a.urgent("Changed trust", trustRows(p.Changes))
	a.Groups = sheetGroups(p.Changes)
	a.kept(rulesHead(p, o), ruleRows(p.Rules))
	a.kept("Power", powerRows(p))
	a.kept("New ways to everything", wayRows(p.Privileges))
	left := leaving(mustSeeFirst(p.Leaving, func(l *plan.Leaving) bool { return hasHigh(l.Findings) }), o, true)
	a.kept(left.title, left.rows())
	a.kept(titleLeft+o.unprovenNote(), findingsOf(gravest(p.RaisedByLeaving())))
	a.section("Findings left in place", findingsOf(staying))
	a.leftOut(p.LeftOut)
	a.remarks(&remarks{
		unexpected: unexpected(p), notRead: p.NotRead, notCompared: p.NotCompared, unmanaged: p.Unmanaged, removable: p.Remarks,
		warnings: p.Warnings,
	})
}

// findingsOf are findings, each with what it is about.
func findingsOf(all []plan.Finding) (rows []sheetRow) {
	for _, f := range all {
		rows = append(rows, findingRow(f, addr.Address{}))
	}
	return rows
}

// leftOut adds the changes that a selection left out, and those that a saved plan does not have.
func (a *sheetAccount) leftOut(all []plan.LeftOut) {
	for _, of := range byCause(all) {
		var rows []sheetRow
		for _, l := range of.changes {
			text := parts(", ", l.Action.String(), acknowledged(l.Accepted))
			rows = append(rows, sheetRow{Mark: sign(l.Action), Link: l.Address, Text: text, count: sheetCount{other: 1}})
		}
		a.section(of.cause.title, rows)
	}
}

func deleteRows(changes []plan.Change) []sheetRow {
	var rows []sheetRow
	for i := range changes {
		c := &changes[i]
		if c.Action != plan.Delete {
			continue
		}
		told := deleteMention(c.Address)
		row := sheetRow{Mark: "-", Link: c.Address, Place: place(c.Source), count: told.count, mentions: []mention{told}}
		trusted := ""
		if len(c.Principals) > 0 {
			trusted = "trusted by " + Clean(spokenAll(c.Principals))
		}
		row.Text = parts("; ", trusted, companions(c.With), c.Reason, originText(c.Origin), acknowledged(c.Accepted))
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(x, y sheetRow) int { return addr.Compare(x.Link, y.Link) })
	return rows
}

// trustRows say which resources are trusted by somebody else afterwards.
func trustRows(changes []plan.Change) []sheetRow {
	var rows []sheetRow
	for i := range changes {
		c := &changes[i]
		if !changesTrust(c) {
			continue
		}
		row := sheetRow{Mark: sign(c.Action), Link: c.Address, Place: place(c.Source), count: sheetCount{other: 1}}
		for _, a := range c.Attributes {
			if a.Name == attributeTrust {
				t := differing(a, false)
				row.Text = parts("; ", strings.TrimPrefix(joined(t.words), " "), fate(c), c.Reason, originText(c.Origin), acknowledged(c.Accepted))
			}
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(x, y sheetRow) int { return addr.Compare(x.Link, y.Link) })
	return rows
}

// highRows are the high findings: those that the plan brings, and, where nobody accepted them, those that nobody manages any more and
// those of what stays.
func highRows(p *plan.Plan, staying []plan.Finding) []sheetRow {
	var rows []sheetRow
	add := func(all []plan.Finding, state string) {
		for _, f := range all {
			if f.Severity == plan.High {
				row := findingRow(f, addr.Address{})
				row.Severity = strings.TrimSpace(state + " high")
				rows = append(rows, row)
			}
		}
	}
	add(gravest(newRisks(p)), "new")
	add(plan.AtLeast(p.RaisedByLeaving(), plan.High), "no longer managed,")
	add(plan.AtLeast(staying, plan.High), "")
	return rows
}

// ruleRows are the rules that differ, those that are weaker first, and what weakens one before its lines, of which there may be many.
func ruleRows(all []plan.RuleChange) []sheetRow {
	var rows []sheetRow
	for _, r := range mustSeeFirst(all, func(r *plan.RuleChange) bool { return len(r.Findings) > 0 }) {
		for _, f := range r.Findings {
			row := findingRow(f, f.Address)
			row.Label = r.Key
			rows = append(rows, row)
		}
		for _, l := range ruleLines(&r) {
			rows = append(rows, sheetRow{Mark: l.sign, Label: r.Key, Text: Clean(l.text), Place: place(l.at), count: sheetCount{other: 1}})
		}
	}
	return rows
}

// powerRows say which principals gain and lose what, and whom a change of what others hold reaches. Those come first whom a change that
// must be seen lets act.
func powerRows(pl *plan.Plan) []sheetRow {
	var rows []sheetRow
	whole, first, told := page{verbose: true}, actingAnew(pl), wordsOfFindings(pl)
	for _, who := range mustSeeFirst(pl.Privileges.Principals, func(d *access.PrincipalDelta) bool { return first[d.Principal] }) {
		row := sheetRow{Label: Clean(spoken(who.Principal)), count: sheetCount{other: 1}}
		for _, power := range whole.powers("gains", who.Gained, told) {
			row.Under = append(row.Under, sheetRow{Mark: "+", Label: Clean(power.subject), Text: Clean(power.text)})
		}
		for _, power := range whole.powers("loses", who.Lost, told) {
			row.Under = append(row.Under, sheetRow{Mark: "-", Label: Clean(power.subject), Text: Clean(power.text)})
		}
		rows = append(rows, row)
	}
	for _, c := range mustSeeFirst(reachingOf(pl.Changes), func(c **plan.Change) bool { return gravityOf(*c) == mustSee }) {
		row := sheetRow{Link: c.Address, Text: reachVerb(c), count: sheetCount{other: 1}}
		for _, h := range c.Holders {
			row.Under = append(row.Under, sheetRow{Link: h.Address, Text: holderFate(h)})
		}
		if c.Unseen != (plan.Unseen{}) {
			row.Under = append(row.Under, sheetRow{Text: c.Unseen.String()})
		}
		rows = append(rows, row)
	}
	return rows
}

func wayRows(d access.Delta) []sheetRow {
	var rows []sheetRow
	for _, c := range d.Chains {
		rows = append(rows, sheetRow{Mark: "!", Text: Clean(wayText(c)), count: sheetCount{other: 1}})
	}
	if d.MoreChains > 0 {
		rows = append(rows, sheetRow{Text: "and " + plan.Counted(d.MoreChains, "more way"), count: sheetCount{other: d.MoreChains}})
	}
	if d.ChainsCut {
		rows = append(rows, sheetRow{Text: waysCut})
	}
	return rows
}
