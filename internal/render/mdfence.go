package render

import "strings"

// fenceWidth is where a line of a block of code is broken: a longer one has to be pushed to be read.
const fenceWidth = 110

// fencedLines is a row as lines of a diff, with those below it: the mark in the first column, so that it is coloured.
func fencedLines(indent string, r *sheetRow, h *mdHints) string {
	var b strings.Builder
	mark, text := r.Mark, rowText(r)
	switch mark {
	case "":
		mark = " "
	case "~", "×": // a diff has no sign for a change
		mark, text = " ", mark+" "+text
	}
	if h.longest > 0 {
		text = mdCut(text, h.longest)
	}
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			line = "| " + line // so that a text of strangers cannot look like a line of ours
		}
		if r.Code { // blanks count in it
			b.WriteString(mark + " " + indent + Clean(line) + "\n")
			continue
		}
		for k, part := range breakLine(Clean(line), fenceWidth-2-len(indent)) {
			if k > 0 {
				part = "    " + part
			}
			b.WriteString(strings.TrimRight(mark+" "+indent+part, " ") + "\n")
		}
	}
	under := h.under(r)
	for i := range under {
		b.WriteString(fencedLines(indent+"  ", &under[i], h))
	}
	return b.String()
}

// rowText is a row on one line, without its mark.
func rowText(r *sheetRow) string {
	var parts []string
	for _, part := range []string{r.Severity, title(r.Link.String()), r.Label} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	text := strings.Join(parts, " ")
	switch {
	case text == "":
		text = r.Text
	case r.Text != "":
		text += ": " + r.Text
	case len(r.Under) > 0:
		text += ":"
	}
	if r.Rule != "" {
		text += " [" + r.Rule + "]"
	}
	if r.Place != "" {
		text += "  " + r.Place
	}
	return text
}
