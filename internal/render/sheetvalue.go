package render

import (
	"cmp"
	"strings"
)

// rows are what is said of an attribute, as a statement with the lines of a document below it. Lines without a sign have the mark of all.
func (t *told) rows(mark string) []sheetRow {
	row := sheetRow{Mark: mark, Label: t.name, Text: strings.TrimPrefix(joined(t.words), " ")}
	for _, l := range t.below {
		text := strings.TrimPrefix(joined(l.pieces), l.sign+" ")
		row.Under = append(row.Under, sheetRow{Mark: strings.TrimSpace(cmp.Or(l.sign, mark)), Text: text, Code: true})
	}
	if t.bare {
		return row.Under
	}
	return []sheetRow{row}
}
