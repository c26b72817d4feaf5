package render

import (
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
)

func ruleRows(all []plan.RuleChange) []sheetRow {
	var rows []sheetRow
	for i := range all {
		r := &all[i]
		for _, l := range ruleLines(r) {
			rows = append(rows, sheetRow{Mark: l.sign, Label: r.Key, Text: Clean(l.text), Place: place(l.at), count: sheetCount{other: 1}})
		}
		for _, f := range r.Findings {
			f.Attribute = "" // it stands above, in the key
			rows = append(rows, findingRow(f, f.Address))
		}
	}
	return rows
}

// powerRows say which principals gain and lose what, and whom a change of what others hold reaches.
func powerRows(pl *plan.Plan) []sheetRow {
	var rows []sheetRow
	whole := page{verbose: true}
	for _, who := range pl.Privileges.Principals {
		row := sheetRow{Label: Clean(spoken(who.Principal)), count: sheetCount{other: 1}}
		for _, power := range whole.powers("gains", who.Gained) {
			row.Under = append(row.Under, sheetRow{Mark: "+", Label: Clean(power.subject), Text: Clean(power.text)})
		}
		for _, power := range whole.powers("loses", who.Lost) {
			row.Under = append(row.Under, sheetRow{Mark: "-", Label: Clean(power.subject), Text: Clean(power.text)})
		}
		rows = append(rows, row)
	}
	for _, c := range reachingOf(pl.Changes) {
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
		rows = append(rows, sheetRow{Text: "and " + Count(d.MoreChains, "more way"), count: sheetCount{other: d.MoreChains}})
	}
	if d.ChainsCut {
		rows = append(rows, sheetRow{Text: waysCut})
	}
	return rows
}
