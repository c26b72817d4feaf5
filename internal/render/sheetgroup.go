package render

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// sheetGroups are the changes of each root and of its parts.
func sheetGroups(changes []plan.Change) []sheetGroup {
	groups := groupByRoot(changes)
	all := make([]sheetGroup, len(groups))
	for i := range groups {
		all[i] = groups[i].sheet()
	}
	return all
}

func (g *group) sheet() sheetGroup {
	notes, file := g.notes(), ""
	s := sheetGroup{Address: g.root, Trust: spokenEach(g.first().Principals), Notes: strings.Join(notesOf(notes), " · ")}
	if c := g.own; c != nil {
		s.Mark, s.Fate, s.Reason, s.Place = sign(c.Action), fateInFull(c), c.Reason, place(c.Source)
		s.count.acts[c.Action]++
		if c.Action == plan.Delete {
			s.mentions = []mention{deleteMention(c.Address)}
		}
		s.Rows, s.Gravity, file = changeRows(c), gravityOf(c), c.Source.File
	}
	var children []sheetRow
	for _, l := range g.lines(false) {
		c := l.changes[0]
		row := l.row(sign(c.Action))
		if words := parts(" ", fate(c), whyText(c)); words != "" {
			row.Text += "  " + words
		}
		row.Place = placeOfAll(l.changes)
		if lines, same := strings.CutPrefix(row.Place, file+":"); same && file != "" { // the file stands above
			row.Place = plan.Agree(1+strings.Count(lines, "-"), "line", "lines") + " " + lines
		}
		for _, c := range l.changes {
			row.count.acts[c.Action]++
			if c.Action == plan.Delete {
				row.mentions = append(row.mentions, deleteMention(c.Address))
			}
			s.Gravity = max(s.Gravity, gravityOf(c))
			row.mustSee = row.mustSee || gravityOf(c) == mustSee
		}
		if c.Notes != notes && !c.Notes.IsZero() {
			row.Under = append(row.Under, sheetRow{Text: strings.Join(notesOf(c.Notes), " · ")})
		}
		row.Under = append(row.Under, changeRows(c)...)
		children = append(children, row)
	}
	s.Rows = append(s.Rows, mustSeeFirst(children, func(r *sheetRow) bool { return r.mustSee })...)
	return s
}

// fateInFull says what happens to a root in words alone, where the change comes from, and until when the difference is acknowledged.
func fateInFull(c *plan.Change) string {
	if c.Action.Writes() {
		return parts(" ", would(c), fate(c), originText(c.Origin), acknowledged(c.Accepted))
	}
	return parts(" ", fate(c), originText(c.Origin), acknowledged(c.Accepted))
}

// whyText is what why says.
func whyText(c *plan.Change) string {
	var words []string
	for _, w := range why(c) {
		words = append(words, Clean(w.text))
	}
	return strings.Join(words, " ")
}

// parts joins texts that are not empty.
func parts(separator string, texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), separator)
}

// changeRows say what differs in one resource, what goes with it, what is left to a person, and what the rules say.
func changeRows(c *plan.Change) []sheetRow {
	var rows []sheetRow
	if c.After != nil {
		mark := "~"
		if c.Before == nil {
			mark = "+"
		}
		for _, d := range telling(c) {
			t := differing(d, c.Before == nil)
			rows = append(rows, t.rows(mark)...)
		}
		for _, sent := range sentAs(c) {
			rows = append(rows, sheetRow{Label: sent.subject, Text: Clean(sent.text)})
		}
	}
	rows = append(rows, companionRows(c.Address, sign(c.Action), c.With)...)
	rows = append(rows, manualRows(c.Manual, c.Attributes)...)
	for _, f := range c.Findings {
		rows = append(rows, findingRow(f, c.Address))
	}
	for _, f := range c.Resolves {
		row := sheetRow{Severity: "ends " + f.Severity.String(), Rule: f.Rule, Text: f.Message}
		if f.Address != c.Address {
			row.Link = f.Address
		}
		rows = append(rows, row)
	}
	return rows
}

func manualRows(all []plan.Manual, differing []plan.AttributeChange) []sheetRow {
	rows := make([]sheetRow, len(all))
	for i, m := range all {
		rows[i] = sheetRow{Mark: "!", Label: Clean(manualHead(m, differing)), Text: m.Instruction}
	}
	return rows
}

func companionRows(root addr.Address, mark string, with []addr.Address) []sheetRow {
	var rows []sheetRow
	for _, l := range companionsOf(root, with) {
		rows = append(rows, l.row(mark))
	}
	return rows
}

func (l *childLine) row(mark string) sheetRow {
	return sheetRow{Mark: mark, Label: Clean(l.where), Text: Clean(texts(l.what).joined()), Tells: l.about}
}

// rows are what is said of an attribute, as a statement with the lines of a document below it. Lines without a sign have the mark of all.
func (t *attributeText) rows(mark string) []sheetRow {
	row := sheetRow{Mark: mark, Label: t.name, Text: strings.TrimPrefix(joined(t.words), " ")}
	for _, l := range t.below {
		text := joined(l.pieces)
		if l.sign != "" { // a line without one begins with its indentation
			text = strings.TrimPrefix(text, l.sign+" ")
		}
		row.Under = append(row.Under, sheetRow{Mark: strings.TrimSpace(cmp.Or(l.sign, mark)), Text: text, Code: true})
	}
	if t.linesOnly {
		return row.Under
	}
	return []sheetRow{row}
}
