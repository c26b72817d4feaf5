package render

import (
	"slices"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// pictureNotes are what a picture does not show: what was not read, and what the plan leaves as it is.
func pictureNotes(p *plan.Plan, g *plan.TrustGraph) (notes []string) {
	add := func(head string, items []string) {
		if len(items) > 0 {
			notes = append(notes, head+": "+strings.Join(items, ", ")+".")
		}
	}
	var reasons []string
	subjects := map[string][]string{} // by reason
	for _, n := range p.NotRead {
		subject := n.Subject
		if len(n.Regions) > 0 {
			subject += " in " + strings.Join(n.Regions, " and ")
		}
		if subjects[n.Reason] == nil {
			reasons = append(reasons, n.Reason)
		}
		subjects[n.Reason] = append(subjects[n.Reason], subject)
	}
	for _, reason := range reasons {
		notes = append(notes, "Not read: "+strings.Join(subjects[reason], ", ")+" ("+reason+").")
	}
	var unreadable []string
	for i := range g.Actors {
		if a := &g.Actors[i]; len(a.Unreadable) > 0 {
			unreadable = append(unreadable, title(a.Address.String())+" ("+strings.Join(a.Unreadable, ", ")+")")
		}
	}
	slices.Sort(unreadable)
	add("Could not be read, so that more may be given than is drawn", unreadable)
	add("Unmanaged, and not touched", addressNames(p.Unmanaged))
	var unexpected []string
	for i := range p.Unexpected {
		unexpected = append(unexpected, title(p.Unexpected[i].Address.String()))
	}
	add("Owned and not listed", unexpected)
	var blocked, manual, leftOut []string
	for i := range p.Changes {
		switch c := &p.Changes[i]; c.Action {
		case plan.Blocked:
			blocked = append(blocked, title(c.Address.String()))
		case plan.ByHand:
			manual = append(manual, title(c.Address.String()))
		case plan.Create, plan.Update, plan.Delete:
		}
	}
	for i := range p.LeftOut {
		leftOut = append(leftOut, title(p.LeftOut[i].Address.String()))
	}
	add("Blocked changes, drawn as it is now", blocked)
	add("Changes for a person to make, drawn as it is now", manual)
	add("Changes left out, drawn as it is now", leftOut)
	for _, w := range p.Warnings {
		notes = append(notes, "Warning: "+w)
	}
	return notes
}

func addressNames(all []addr.Address) []string {
	names := make([]string, len(all))
	for i, a := range all {
		names[i] = title(a.String())
	}
	return names
}

// cutText returns a clean text in at most width columns, with an ellipsis for what is missing.
func cutText(text string, width int) string {
	text = Clean(text)
	if columns(text) <= width {
		return text
	}
	first, _ := splitColumns(text, width-1)
	return strings.TrimRight(first, " ") + "…"
}

// splitColumns parts a clean text after at most width columns, between characters as people see them.
func splitColumns(text string, width int) (first, rest string) {
	rest = text
	used, state := 0, -1
	for rest != "" {
		var after string
		var wide int
		_, after, wide, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used += wide; used > width {
			break
		}
		rest = after
	}
	return text[:len(text)-len(rest)], rest
}

// wrapText breaks a text into lines of at most width columns, at blanks where there are some. Of the lines beyond most, the last one
// says how many characters are missing.
func wrapText(text string, width, most int) []string {
	var words []string
	for _, word := range strings.Fields(Clean(text)) {
		for columns(word) > width {
			first, rest := splitColumns(word, width)
			if first == "" { // a character that is wider than the line
				break
			}
			words, word = append(words, first), rest
		}
		words = append(words, word)
	}
	if len(words) == 0 {
		return nil
	}
	lines := Wrap(strings.Join(words, " "), width)
	if len(lines) > most {
		left := uniseg.GraphemeClusterCount(strings.Join(lines[most-1:], " "))
		lines = append(lines[:most-1], "… and "+Count(left, "more character"))
	}
	return lines
}
