package render

import (
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// labelHint stands before what to do about the row above.
const labelHint = "hint"

// failureRow says why there is no result, problem by problem. An account without a name is the whole run.
func failureRow(account string, f *Failure, o Options) sheetRow {
	row := sheetRow{Label: account, count: sheetCount{other: 1}}
	if f.Err != nil {
		row.Text = f.Err.Error()
	}
	if hint := o.hint(f.Err); hint != "" {
		row.Under = append(row.Under, sheetRow{Label: labelHint, Text: hint})
	}
	for _, p := range f.Problems {
		row.Under = append(row.Under, problemRow(p))
	}
	if row.Text == "" {
		row.Text = problemCount(f.Problems)
	}
	return row
}

func problemRow(p plan.Problem) sheetRow {
	row := sheetRow{Mark: "!", Label: p.Summary, Text: p.Detail, Place: p.At.String(), count: sheetCount{other: 1}}
	if p.Warning {
		row.Label = "warning: " + row.Label
	}
	if p.Hint != "" {
		row.Under = []sheetRow{{Label: labelHint, Text: p.Hint}}
	}
	return row
}

func cloudOf(account plan.Account, cloud plan.Cloud) string {
	id := ""
	if account.Name != "" && account.ID != "" {
		id = "account " + account.ID
	}
	return Clean(parts(", ", cloud.Kind, cloud.Region, id))
}

// findingRow is one finding. Its address is left out where that is what stands above.
func findingRow(f plan.Finding, above addr.Address) sheetRow {
	row := sheetRow{Mark: "!", Severity: f.Severity.String(), Rule: f.Rule, Label: f.Attribute, Text: f.Message}
	row.count.findings[f.Severity]++
	row.mentions = []mention{findingMention(&f)}
	if f.Address != above {
		row.Link = f.Address
	}
	switch {
	case !f.Accepted.IsZero():
		row.Under = []sheetRow{{Label: "accepted until " + f.Accepted.ReviewBy, Text: f.Accepted.Reason}}
	case f.Hint != "":
		row.Under = []sheetRow{{Label: labelHint, Text: f.Hint}}
	}
	row.Under = append(whoRows(f.Trace), row.Under...)
	return row
}

// list adds a list.
func (a *sheetAccount) list(l titled) { a.section(l.title, l.rows()) }

func (l *titled) rows() []sheetRow {
	rows := make([]sheetRow, len(l.all))
	for i, of := range l.all {
		rows[i] = sheetRow{Link: of.about, Label: Clean(of.name), Text: of.text, Place: place(of.at), count: sheetCount{other: 1}}
	}
	return rows
}

// remarks adds what stays as it was, and the parts of the account that were not read or not compared.
func (a *sheetAccount) remarks(r *remarks) {
	a.section("Warnings", textRows(r.warnings))
	a.list(removable(r.removable))
	last := titled{}
	for _, l := range (&page{verbose: true}).lists(r) {
		switch l.title {
		case titleNotRead:
			a.NotRead = l.rows()
		case titleUnmanaged:
			last = l // there may be thousands
		default:
			a.list(l)
		}
	}
	a.list(last)
	count := map[string]int{}
	for _, n := range r.notRead {
		count[n.Reason]++
	}
	for i := range a.NotRead {
		a.NotRead[i].count.other = count[a.NotRead[i].Text]
	}
}

func textRows(texts []string) []sheetRow {
	rows := make([]sheetRow, len(texts))
	for i, text := range texts {
		rows[i] = sheetRow{Text: text, count: sheetCount{other: 1}}
	}
	return rows
}
