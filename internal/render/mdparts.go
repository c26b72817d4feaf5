package render

import (
	"html"
	"strconv"
	"strings"
)

// mdFailure is a failure with its problems, each an item of its own: there may be thousands.
func mdFailure(f *sheetRow) []mdItem {
	text := "- **failed:** "
	if f.Label != "" { // else it is the run
		text += mdCode(mdBrief(f.Label)) + ": "
	}
	text += mdProse(mdLong(f.Text)) + "\n"
	items := []mdItem{{text: text, count: f.count}}
	for i := range f.Under {
		items = append(items, mdItem{text: mdLine("  ", "", &f.Under[i]), count: f.Under[i].all()})
	}
	return items
}

// mdList is one item for each row.
func mdList(account string, rows []sheetRow) []mdItem {
	items := make([]mdItem, len(rows))
	for i := range rows {
		items[i] = mdItem{text: mdLine("", account, &rows[i]), count: rows[i].all()}
	}
	return items
}

// mdLine is a row as an item of a list, with those below it.
func mdLine(indent, account string, r *sheetRow) string {
	var parts []string
	if account != "" {
		parts = append(parts, mdCode(account))
	}
	if r.Severity != "" {
		parts = append(parts, "**"+r.Severity+"**")
	}
	if !r.Link.IsZero() {
		parts = append(parts, mdCode(r.Link.String()))
	}
	if r.Label != "" {
		parts = append(parts, mdProse(r.Label))
	}
	text := strings.Join(parts, " ")
	if r.Text != "" {
		if text != "" {
			text += ": "
		}
		if r.Code {
			text += mdCode(mdLong(r.Text))
		} else {
			text += mdProse(mdLong(r.Text))
		}
	}
	if r.Rule != "" {
		text += " " + mdCode("["+r.Rule+"]")
	}
	if r.Place != "" {
		text += " (" + mdCode(r.Place) + ")"
	}
	if text == "" { // what is below would read as a heading
		text = "(no text)"
	}
	text = indent + "- " + text + "\n"
	for i := range r.Under {
		text += mdLine(indent+"  ", "", &r.Under[i])
	}
	return text
}

// mdGroup is a resource with its changes, folded.
func mdGroup(account string, g *sheetGroup) mdItem {
	var b strings.Builder
	b.WriteString("<details><summary>")
	if account != "" {
		b.WriteString(mdHTML(account) + " ")
	}
	if g.Mark != "" {
		b.WriteString("<b>" + g.Mark + "</b> ")
	}
	b.WriteString(mdHTML(g.Address.String()))
	if g.Fate != "" {
		b.WriteString(" " + html.EscapeString(g.Fate))
	}
	if len(g.Trust) > 0 {
		b.WriteString(", trusts " + mdHTML(strings.Join(g.Trust, ", ")))
	}
	b.WriteString("</summary>\n\n")
	count := g.count
	rows := g.Rows
	if about := g.about(); about != "" {
		rows = append([]sheetRow{{Text: about}}, rows...)
	}
	block := mdFenced(b.String(), rows)
	block.count = count
	for i := range block.items {
		count.add(block.items[i].count)
	}
	return mdItem{block: &block, count: count}
}

func mdSection(account string, section sheetSection) mdItem {
	begin := "<details><summary>"
	if account != "" {
		begin += mdHTML(account) + " "
	}
	var count sheetCount
	for i := range section.Rows {
		count.add(section.Rows[i].all())
	}
	block := mdFenced(begin+section.Title+": "+strconv.Itoa(count.sum())+"</summary>\n\n", section.Rows)
	return mdItem{block: &block, count: count}
}

// mdFenced is a block of lines of code, each beginning with its mark, as a diff is written.
func mdFenced(begin string, rows []sheetRow) mdBlock {
	block := mdBlock{end: "</details>\n"}
	longest := 2
	for i := range rows {
		item := mdItem{count: rows[i].all()}
		item.text = fencedLines("", &rows[i])
		longest = max(longest, longestRun(item.text))
		block.items = append(block.items, item)
	}
	fence := strings.Repeat("`", longest+1)
	block.begin = begin + fence + "diff\n"
	block.end = fence + "\n\n</details>\n"
	block.rest = func(c sheetCount) string {
		return strings.ReplaceAll(strings.TrimPrefix(mdCut("line")(c), "\n"), "**", "")
	}
	if len(rows) == 0 {
		block.begin, block.end = begin, "</details>\n"
	}
	return block
}
