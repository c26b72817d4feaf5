package render

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// attributeRows are the attributes that differ. Where only one side is there, the words are about that side.
func attributeRows(changes []plan.AttributeChange, before, after string) []sheetRow {
	var rows []sheetRow
	for _, c := range changes {
		row := sheetRow{Mark: "~", Label: c.Name}
		was, isDocument := c.Before.AsDocument()
		wanted, willDocument := c.After.AsDocument()
		had, wasSet := c.Before.AsSet()
		has, isSet := c.After.AsSet()
		switch {
		case (isDocument || c.Before.IsZero()) && (willDocument || c.After.IsZero()):
			row.Under = documentRows(was, wanted)
		case wasSet && isSet:
			row.Under = setRows(had, has)
		case c.Before.IsZero() && after == "":
			row.Mark, row.Text = "+", valueText(c.After)
		case c.Before.IsZero():
			row.Text = "none" + after + valueText(c.After)
		case c.After.IsZero() && after == "":
			row.Mark, row.Text = "-", valueText(c.Before)
		default:
			row.Text = before + valueText(c.Before) + after + valueText(c.After)
		}
		rows = append(rows, row)
	}
	return rows
}

// valueText returns a value on one line, as a manifest would have it.
func valueText(v plan.Value) string {
	if text, ok := v.AsString(); ok {
		return titleOrEmpty(text)
	}
	if members, ok := v.AsSet(); ok {
		return itemsText(members)
	}
	if v.IsZero() {
		return "none"
	}
	return v.String()
}

func titleOrEmpty(text string) string {
	if text == "" {
		return `""`
	}
	return Clean(title(text)) // a line end in a value is part of it, and not the end of a line of ours
}

// itemsText joins the members of a set. One that could be taken for several stands in quotes.
func itemsText(members []string) string {
	if len(members) == 0 {
		return "[]"
	}
	texts := make([]string, len(members))
	for i, m := range members {
		texts[i] = titleOrEmpty(m)
		if strings.ContainsAny(m, `,"`) {
			texts[i] = Clean(quote(m))
		}
	}
	return strings.Join(texts, ", ")
}

func setRows(before, after []string) []sheetRow {
	gone := slices.DeleteFunc(slices.Clone(before), func(m string) bool { return slices.Contains(after, m) })
	come := slices.DeleteFunc(slices.Clone(after), func(m string) bool { return slices.Contains(before, m) })
	var rows []sheetRow
	if len(gone) > 0 {
		rows = append(rows, sheetRow{Mark: "-", Text: itemsText(gone)})
	}
	if len(come) > 0 {
		rows = append(rows, sheetRow{Mark: "+", Text: itemsText(come)})
	}
	if stay := len(before) - len(gone); stay > 0 {
		rows = append(rows, sheetRow{Text: Count(stay, "other") + " kept"})
	}
	return rows
}

// sheetContext is how many unchanged lines of a document stand around a change.
const sheetContext = 2

// documentRows are the lines of a document that differ, with a little context; of a document that is on one side only, all.
func documentRows(before, after string) []sheetRow {
	var rows []sheetRow
	edits := compareTokens(linesOrNone(before), linesOrNone(after))
	for i, e := range edits {
		mark, pieces := "", e.pieces
		head, tail := len(pieces), len(pieces)
		switch e.kind {
		case removed:
			mark = "-"
		case added:
			mark = "+"
		case kept:
			head, tail = 0, len(pieces)
			if i > 0 {
				head = min(sheetContext, len(pieces))
			}
			if i+1 < len(edits) {
				tail = max(head, len(pieces)-sheetContext)
			}
			if tail-head < 2 { // saying that one line is left out takes a line too
				head = tail
			}
		}
		for _, line := range pieces[:head] {
			rows = append(rows, sheetRow{Mark: mark, Text: line, Code: true})
		}
		if tail > head {
			rows = append(rows, sheetRow{Text: "... " + Count(tail-head, "line") + " the same", Code: true})
		}
		for _, line := range pieces[tail:] {
			rows = append(rows, sheetRow{Mark: mark, Text: line, Code: true})
		}
	}
	return rows
}

func linesOrNone(document string) []string {
	if document == "" {
		return nil
	}
	return documentLines(document, "")
}
