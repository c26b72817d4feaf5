package render

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// plans fills in what the plans of all accounts say.
func (s *sheet) plans(o Options) {
	var changes []plan.Change
	var risks []plan.Finding
	empty := true
	for i := range s.Accounts {
		a := &s.Accounts[i]
		if p := a.source.Plan; p != nil {
			a.plan(p, o)
			empty = empty && !p.Differs()
			changes, risks = append(changes, p.Changes...), append(risks, newRisks(p)...)
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
	if !s.Failed || len(changes) > 0 {
		s.Risks = riskText(risks)
	}
}

func riskText(risks []plan.Finding) string {
	if len(risks) == 0 {
		return "No new risks"
	}
	return "New risks: " + joined(severities(risks))
}

// plan fills in what the plan of one account says.
func (a *sheetAccount) plan(p *plan.Plan, o Options) {
	a.Cloud = cloudOf(p.Account, p.Cloud)
	verdict, rest := planVerdict(p, "")
	base := strings.Replace(againstBase(p, o), "against", "Against", 1)
	a.Verdict, a.Rest, a.Risks = verdict, sentence(rest.String(), base), riskText(newRisks(p))
	a.urgent("Deletes", deleteRows(p.Changes))
	staying := gravest(staying(p))
	a.urgent("High findings", highRows(p, staying))
	a.Groups = sheetGroups(p.Changes)
	a.section(rulesHead(p, o), ruleRows(p.Rules))
	a.section("Power", powerRows(p))
	a.section("New ways to everything", wayRows(p.Privileges))
	a.list(leaving(p.Leaving, o))
	var found []sheetRow
	for _, f := range staying {
		found = append(found, findingRow(f, addr.Address{}))
	}
	a.section("Findings left in place", found)
	a.leftOut(p.LeftOut)
	a.remarks(&remarks{
		unexpected: p.Unexpected, notRead: p.NotRead, notCompared: p.NotCompared, unmanaged: p.Unmanaged, removable: p.Remarks, warnings: p.Warnings,
	})
}

// leftOut adds the changes that a selection left out, and those that a saved plan does not have.
func (a *sheetAccount) leftOut(all []plan.LeftOut) {
	rows := func(all []plan.LeftOut) (rows []sheetRow) {
		for _, l := range all {
			rows = append(rows, sheetRow{Mark: sign(l.Action), Link: l.Address, Text: l.Action.String(), count: sheetCount{other: 1}})
		}
		return rows
	}
	selected, notInPlan := byCause(all)
	a.section(titleSelected, rows(selected))
	a.section(titleNotInPlan, rows(notInPlan))
}

func deleteRows(changes []plan.Change) []sheetRow {
	var rows []sheetRow
	for i := range changes {
		c := &changes[i]
		if c.Action != plan.Delete {
			continue
		}
		row := sheetRow{Mark: "-", Link: c.Address, Place: place(c.Source), count: sheetCount{acts: actionCount{plan.Delete: 1}}}
		trusted := ""
		if len(c.Principals) > 0 {
			trusted = "trusted by " + Clean(spokenAll(c.Principals))
		}
		row.Text = parts("; ", trusted, companions(c.With), c.Reason, originText(c.Origin))
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(x, y sheetRow) int { return addr.Compare(x.Link, y.Link) })
	return rows
}

// highRows are the high findings: those that the plan brings, and those of what stays that nobody accepted.
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
	add(plan.AtLeast(staying, plan.High), "")
	return rows
}
