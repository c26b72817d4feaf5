package schema

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// unit is an item of a list, or a key of a mapping with its value: what is added and removed as a whole.
type unit struct{ start, end int }

func unitsOfList(s *span) (units []unit) {
	for _, part := range s.parts {
		u := unit{part.start, part.end}
		if !s.isFlow() {
			u.start = part.mark
		}
		units = append(units, u)
	}
	return units
}

func unitsOfMapping(s *span) (units []unit) {
	for i := 0; i+1 < len(s.parts); i += 2 {
		units = append(units, unit{s.parts[i].start, max(s.parts[i+1].end, s.parts[i+1].mark)})
	}
	return units
}

// units removes units of a list or mapping, and adds others. One unit stays at least, unless nothing is added.
func (w *rewriter) units(s *span, units []unit, removed []bool, additions []addition) {
	if s.isFlow() {
		w.removeInFlow(units, removed)
		w.addInFlow(units, removed, additions)
		return
	}
	column := units[0].start - w.layout.begin(units[0].start)
	for i, u := range units {
		if lead := strings.TrimLeft(w.layout.before(u.start), " "); lead != "" && (i > 0 || strings.Trim(lead, "- ") != "") {
			w.fail(whyUnproven) // a key behind "?", or a tab
			return
		}
	}
	for i := range units {
		if removed[i] {
			w.removeLines(units, i, removed, column)
		}
	}
	for _, a := range additions {
		lines := a.lines
		if a.apart {
			lines = append([]string{""}, lines...)
		}
		if a.after < 0 {
			if strings.Trim(w.layout.before(units[0].start), " ") != "" {
				a.after = 0
			} else {
				w.insertLines(w.above(w.layout.begin(units[0].start), column), column, a.lines)
				continue
			}
		}
		w.insertLines(w.below(units[a.after].end, column), column, lines)
	}
}

// above returns where the comments begin that stand directly above the line at an offset, and no further right than a column.
func (w *rewriter) above(begin, column int) int {
	for begin > 0 {
		line := w.layout.begin(begin - 1)
		if trimmed, indent := w.layout.lineAt(line); !strings.HasPrefix(trimmed, "#") || indent > column {
			break
		}
		begin = line
	}
	return begin
}

// below returns where the lines end of what ends at an offset, with the comments below it that stand further right than a column.
func (w *rewriter) below(end, column int) int {
	below := w.layout.next(end)
	for at := below; at < len(w.layout.text); at = w.layout.next(at) {
		trimmed, indent := w.layout.lineAt(at)
		if trimmed != "" && (trimmed[0] != '#' || indent <= column) {
			break
		}
		if trimmed != "" {
			below = w.layout.next(at)
		}
	}
	return below
}

// removeLines removes a unit in block style, with the comments above and behind it.
func (w *rewriter) removeLines(units []unit, i int, removed []bool, column int) {
	l, u := w.layout, units[i]
	from, to := l.begin(u.start), w.below(u.end, column)
	if strings.Trim(l.before(u.start), " ") != "" { // behind the dash of an item
		following := i + 1
		for following < len(units) && removed[following] {
			following++
		}
		if following < len(units) && strings.Trim(l.text[l.next(units[following-1].end):l.begin(units[following].start)], " \r\n") == "" {
			w.cuts = append(w.cuts, cut{u.start, units[following].start, ""})
		} else {
			w.cuts = append(w.cuts, cut{u.start, l.end(u.end), ""})
		}
		return
	}
	from = w.above(from, column)
	isBlank := func(at int) bool {
		trimmed, _ := l.lineAt(at)
		return trimmed == ""
	}
	blankAbove := from > 0 && isBlank(l.begin(from-1))
	switch {
	case to == len(l.text):
		for from > 0 && isBlank(l.begin(from-1)) {
			from = l.begin(from - 1)
		}
	case isBlank(to) && (blankAbove || i == 0):
		for to < len(l.text) && isBlank(to) {
			to = l.next(to)
		}
	}
	w.cuts = append(w.cuts, cut{from, to, ""})
}

// isAlone reports whether a unit in flow style has lines of its own, perhaps with a comma and a comment behind it.
func (w *rewriter) isAlone(u unit) bool {
	behind := strings.TrimLeft(w.layout.behind(u.end), " \t")
	behind = strings.TrimLeft(strings.TrimPrefix(behind, ","), " \t")
	return strings.Trim(w.layout.before(u.start), " \t") == "" && (behind == "" || behind[0] == '#')
}

func (w *rewriter) removeInFlow(units []unit, removed []bool) {
	text := w.layout.text
	for i := 0; i < len(units); i++ {
		if !removed[i] {
			continue
		}
		last := i
		for last+1 < len(units) && removed[last+1] {
			last++
		}
		from, to := units[i].start, units[last].end
		if last+1 < len(units) {
			to = units[last+1].start
		} else if i > 0 {
			from = units[i-1].end
		}
		alone := true
		for k := i; k <= last; k++ {
			alone = alone && w.isAlone(units[k])
		}
		switch {
		case alone:
			for k := i; k <= last; k++ {
				begin := w.layout.begin(units[k].start)
				w.cuts = append(w.cuts, cut{w.above(begin, units[k].start-begin), w.layout.next(units[k].end), ""})
			}
		case strings.ContainsAny(text[from:units[i].start]+text[units[last].end:to], "#\r\n"):
			for k := i; k <= last; k++ { // no comment of others, and no line end
				end := units[k].end
				if rest := strings.TrimLeft(text[end:], " "); k+1 < len(units) && strings.HasPrefix(rest, ",") {
					end = len(text) - len(rest) + 1
				}
				w.cuts = append(w.cuts, cut{units[k].start, end, ""})
			}
		default:
			w.cuts = append(w.cuts, cut{from, to, ""})
		}
		i = last
	}
}

func (w *rewriter) addInFlow(units []unit, removed []bool, additions []addition) {
	text := w.layout.text
	for i := 0; i < len(additions); {
		after := additions[i].after
		var texts []string
		for ; i < len(additions) && additions[i].after == after; i++ {
			texts = append(texts, additions[i].text())
		}
		if after < 0 || removed[after] {
			first := 0
			for removed[first] {
				first++
			}
			w.cuts = append(w.cuts, cut{units[first].start, units[first].start, strings.Join(texts, ", ") + ", "})
			continue
		}
		u := units[after]
		if !w.isAlone(u) {
			w.cuts = append(w.cuts, cut{u.end, u.end, ", " + strings.Join(texts, ", ")})
			continue
		}
		comma := ","
		if !strings.HasPrefix(strings.TrimLeft(text[u.end:], " \t"), ",") {
			w.cuts = append(w.cuts, cut{u.end, u.end, ","})
			comma = ""
		}
		for k := range texts {
			if k+1 < len(texts) {
				texts[k] += ","
			} else {
				texts[k] += comma
			}
		}
		w.insertLines(w.layout.next(u.end), len(w.layout.before(u.start)), texts)
	}
}

// partLine gives each key of an item on one line a line of its own, where what is added to it is too long for one. It reports whether it
// did.
func (w *rewriter) partLine(s *span, additions []addition) bool {
	isLong := func(a addition) bool { return utf8.RuneCountInString(a.text()) > wide }
	if !slices.ContainsFunc(additions, isLong) || !s.isFlow() || s.mark < 0 || s.start != s.content || !w.isOneLine(s) {
		return false // s.mark is the dash: in flow style there is none
	}
	for i := 1; i < len(s.parts); i += 2 {
		if mark := s.parts[i].mark; mark < 0 || w.layout.text[mark] != ' ' {
			return false // a key alone, or a colon that is one only between braces
		}
	}
	column := s.start - w.layout.begin(s.start)
	newLine := "\n" + strings.Repeat(" ", column)
	units := unitsOfMapping(s)
	last := len(units) - 1
	for _, a := range additions {
		lines := blockLines(a.pair, false)
		if a.after == last { // behind a comment
			w.insertLines(w.layout.next(s.end), column, lines)
		} else {
			w.cuts = append(w.cuts, cut{units[a.after].end, units[a.after].end, newLine + strings.Join(lines, newLine)})
		}
	}
	w.cuts = append(w.cuts, cut{s.start, units[0].start, ""})
	for i := range last {
		w.cuts = append(w.cuts, cut{units[i].end, units[i+1].start, newLine})
	}
	w.cuts = append(w.cuts, cut{units[last].end, s.end, ""})
	return true
}
