package render

import (
	"html"
	"slices"
	"strconv"
	"strings"
)

// mdFailure is a failure with its problems, each an item of its own: there may be thousands.
func mdFailure(f *sheetRow) []mdItem {
	text := "- **failed:** "
	if f.Label != "" { // else it is the run
		text += mdCode(mdBrief(f.Label)) + ": "
	}
	text += mdProse(mdCut(f.Text, mdLongest)) + "\n"
	items := []mdItem{{text: text, count: f.count}}
	for i := range f.Under {
		items = append(items, rowItem("", &f.Under[i], func(h *mdHints) string { return mdLine("  ", "", &f.Under[i], h) }))
	}
	return items
}

// mdList is one item for each row.
func mdList(account string, rows []sheetRow) []mdItem {
	items := make([]mdItem, len(rows))
	for i := range rows {
		items[i] = rowItem(account, &rows[i], func(h *mdHints) string { return mdLine("", account, &rows[i], h) })
	}
	return items
}

// rowItem is a row with what it tells of the account.
func rowItem(account string, r *sheetRow, write func(*mdHints) string) mdItem {
	return mdItem{row: write, count: r.all(), mentions: mentionsIn(account, r.allMentions())}
}

// mentionsIn tells the mentions of accounts apart.
func mentionsIn(account string, all []mention) []mention {
	for i := range all {
		all[i].key = account + "\x00" + all[i].key
	}
	return all
}

// mdLine is a row as an item of a list, with those below it.
func mdLine(indent, account string, r *sheetRow, h *mdHints) string {
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
			text += mdCode(h.cut(r.Text))
		} else {
			text += mdProse(h.cut(r.Text))
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
	under := h.under(r)
	for i := range under {
		text += mdLine(indent+"  ", "", &under[i], h)
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
	rows := g.Rows
	if about := g.about(); about != "" {
		rows = append([]sheetRow{{Text: about}}, rows...)
	}
	block := mdFenced(b.String(), account, rows)
	block.count, block.mentions, block.noun = g.count, mentionsIn(account, slices.Clone(g.mentions)), mdNoun{noun: "line"}
	return mdItem{block: &block}
}

func mdSection(account string, section sheetSection) mdItem {
	begin := "<details><summary>"
	if account != "" {
		begin += mdHTML(account) + " "
	}
	count := countOf(section.Rows)
	block := mdFenced(begin+section.Title+": "+strconv.Itoa(count.sum())+"</summary>\n\n", account, section.Rows)
	block.noun.title = section.Title
	return mdItem{block: &block}
}

// mdFenced is a block of lines of code, each beginning with its mark, as a diff is written.
func mdFenced(begin, account string, rows []sheetRow) mdBlock {
	block := mdBlock{begin: begin, end: "</details>\n", isCode: true}
	if len(rows) == 0 {
		return block
	}
	longest := 2
	for i := range rows {
		item := rowItem(account, &rows[i], func(h *mdHints) string { return fencedLines("", &rows[i], h) })
		longest = max(longest, longestRun(item.row(&mdHints{fresh: map[string]bool{}})))
		block.items = append(block.items, item)
	}
	fence := strings.Repeat("`", longest+1)
	block.begin += fence + "diff\n"
	block.end = fence + "\n\n" + block.end
	return block
}
