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
	if len(s.Accounts) == 1 && s.Accounts[0].source.Plan != nil && !s.Several {
		s.Verdict, s.Rest = s.Accounts[0].Verdict, s.Accounts[0].Rest
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
	a.NotRead = notReadRows(p.NotRead)

	a.section(rulesHead(p, o), ruleRows(p.Rules))
	a.section("Power", powerRows(p))
	a.section("New ways to everything", wayRows(p.Privileges))
	var leaving []sheetRow
	for _, l := range p.Leaving {
		fate := map[plan.Fate]string{
			plan.FateDeleted: "deleted by prune", plan.FateByHand: "to be deleted by hand", plan.FateBlocked: "blocked",
			plan.FateStays: "stays", plan.FateNotRead: "not read, and stays if it is there",
		}[l.Fate]
		leaving = append(leaving, sheetRow{Link: l.Address, Text: fate, Place: place(l.Source), count: sheetCount{other: 1}})
	}
	a.section("No longer managed"+o.told(), leaving)
	var found []sheetRow
	for _, f := range staying {
		found = append(found, findingRow(f, addr.Address{}))
	}
	a.section("Findings about what stays", found)
	var unexpected []sheetRow
	for i := range p.Unexpected {
		u := &p.Unexpected[i]
		row := sheetRow{Link: u.Address, Text: companions(u.With), count: sheetCount{other: 1}}
		if u.ServiceMade {
			row.Text = strings.TrimPrefix(row.Text+", made by a cloud service", ", ")
		}
		unexpected = append(unexpected, row)
	}
	a.section("Unexpected (owned, not in the manifest, not touched)", unexpected)
	for _, part := range []struct {
		title  string
		inPlan bool
	}{{"Left out by the selection", true}, {"In the manifest, and not in this saved plan", false}} {
		var left []sheetRow
		for _, l := range p.LeftOut {
			if l.NotInPlan != part.inPlan {
				left = append(left, sheetRow{Mark: sign(l.Action), Link: l.Address, Text: l.Action.String(), count: sheetCount{other: 1}})
			}
		}
		a.section(part.title, left)
	}
	a.section("Not compared", notComparedRows(p.NotCompared))
	a.section("May go from the manifest", remarkRows(p.Remarks))
	a.section("Unmanaged (not touched)", addressRows(p.Unmanaged))
	a.section("Warnings", textRows(p.Warnings))
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

func remarkRows(all []plan.Remark) []sheetRow {
	rows := make([]sheetRow, len(all))
	for i, r := range all {
		text := map[plan.RemarkKind]string{
			plan.RemarkTombstone: "the tombstone is done", plan.RemarkRename: "the rename is done: previously may go",
			plan.RemarkAcceptance: "no finding of " + r.Rule + " is there, and it would hide a later one",
		}[r.Kind]
		rows[i] = sheetRow{Label: r.Address.String(), Text: text, Place: place(r.Source), count: sheetCount{other: 1}}
	}
	return rows
}
