package render

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

const (
	// maxNamed is how many things a fact names.
	maxNamed = 6
	// maxClosingRows is how many rows the last paragraph may have before it counts what it would else name; beside few changes, one less.
	maxClosingRows = 3
	// usualWidth is how wide a page counts that breaks no line, where it is asked whether something fits.
	usualWidth = 120
	// longPage is from how many lines on the totals at its head are told again at its end.
	longPage = 40
	// closingHang is how deep further rows of the last paragraph are indented: nothing stands below it.
	closingHang = 4
)

// fact is one of what the last paragraph tells, in forms of which each is shorter than the one before.
type fact [][]piece

// named is a fact that names the first of so many things. Where there is no room, it names the first of those that no count may hide, and
// counts the others.
func (p *page) named(title string, names, grave []string, all int, noun string) fact {
	grave = grave[:min(len(grave), maxNamed)]
	count := plan.Counted(all, noun)
	if rest := all - len(grave); len(grave) > 0 {
		count = strings.Join(grave, ", ")
		if rest > 0 {
			count += " and " + plan.Counted(rest, "more "+noun)
		}
	}
	return fact{{{plain, title + ": " + p.some(names, maxNamed)}}, {{plain, title + ": " + count}}}
}

// leftAlone tells in a few words what is not touched, not read and not compared.
func (p *page) leftAlone(r *remarks) (facts []fact) {
	if len(r.findings) > 0 {
		facts = append(facts, fact{append([]piece{{plain, "Left in place: "}}, severities(r.findings)...)})
	}
	add := func(title string, all []listed, grave []string, count int, noun string) {
		if len(all) == 0 {
			return
		}
		names := make([]string, len(all))
		for i := range all {
			names[i] = all[i].subject()
		}
		facts = append(facts, p.named(title, names, grave, count, noun))
	}
	var high, unusual []string
	for i := range r.unexpected {
		if u := &r.unexpected[i]; hasHigh(u.Findings) {
			high = append(high, title(u.Address.String()))
		}
	}
	for _, n := range r.notRead {
		if !n.Usual { // what the manifest leaves out, or what nobody could read, may hide anything
			unusual = append(unusual, title(n.Subject)+p.regions(n))
		}
	}
	add("Unexpected and not touched", unexpectedRoots(r.unexpected), high, len(r.unexpected), "resource")
	var beside []listed
	children := 0
	for _, b := range r.besides {
		beside = append(beside, listed{name: plan.Counted(len(b.Children), b.Children[0].Type()) + " of " + title(b.Address.String())})
		children += len(b.Children)
	}
	add("Beside the manifest and left alone", beside, nil, children, "resource")
	add(titleNotRead, p.byReason(r.notRead), unusual, len(r.notRead), "part")
	add("Not compared", notCompared(r.notCompared), nil, len(r.notCompared), "attribute")
	if len(r.counted) > 0 {
		facts = append(facts, p.warningKinds(r.counted, "warning"))
	}
	return facts
}

// warningKinds counts warnings by kind, those of which there are fewest first, or all of them.
func (p *page) warningKinds(all []string, noun string) fact {
	count := map[string]int{}
	for _, text := range all {
		count[warningKind(text)]++
	}
	kinds := slices.SortedFunc(maps.Keys(count), func(x, y string) int {
		return cmp.Or(cmp.Compare(count[x], count[y]), strings.Compare(x, y))
	})
	for i, kind := range kinds {
		kinds[i] = cutText(kind, leastWarning)
		if n := count[kind]; n > 1 {
			kinds[i] = strconv.Itoa(n) + " × " + kinds[i]
		}
	}
	total := plan.Counted(len(all), noun)
	return fact{{{yellow, total + ": " + p.some(kinds, maxNamed)}}, {{yellow, total}}}
}

// warningKind is the summary of a warning: the words before the first colon, behind its place in the manifest.
func warningKind(text string) string {
	kind, _, _ := strings.Cut(placeOfWarning.ReplaceAllString(text, ""), ": ")
	return kind
}

// eachKindFirst returns warnings with the first of each kind before the others, both in their order.
func eachKindFirst(all []string) []string {
	var first, others []string
	known := map[string]bool{}
	for _, text := range all {
		if kind := warningKind(text); known[kind] {
			others = append(others, text)
		} else {
			known[kind] = true
			first = append(first, text)
		}
	}
	return append(first, others...)
}

// closing writes the last paragraph: what a page comes to, the counts of what else there is, and what was left alone. What makes it too
// long is counted, that which saves the most first. --verbose has written it above.
func (p *page) closing(verdict string, rest tally, r *remarks) {
	var facts []fact
	if !p.verbose {
		facts = p.leftAlone(r)
	}
	p.abridged = p.abridged || len(facts) > 0
	most := maxClosingRows
	if verdict == "" {
		most--
	}
	if len(r.brief) > 0 {
		rows, left := p.briefWarnings(r.brief, verdict, rest, facts)
		most -= rows
		if len(left) > 0 {
			facts = append(facts, p.warningKinds(left, "more warning"))
		}
	}
	for {
		p.paragraph(verdict, rest, facts)
		at := -1
		for i, f := range facts {
			if saving := f.saving(); saving > 0 && (at < 0 || saving > facts[at].saving()) {
				at = i
			}
		}
		if p.rows() <= most || at < 0 {
			break
		}
		facts[at] = facts[at][1:]
		p.drop()
	}
	if p.column == 0 {
		return
	}
	if p.buf.Len() != p.joins {
		p.gap()
	}
	p.hang = closingHang
	p.end()
	p.hang, p.abridged = 0, false
}

// briefWarnings writes before the last paragraph as many warnings in full as leave it room, and returns in how many rows, and those
// that are left for it to count. Where there is no room for one, it writes the first, cut to a row, and the count.
func (p *page) briefWarnings(all []string, verdict string, rest tally, facts []fact) (rows int, left []string) {
	short := slices.Clone(facts)
	for i, f := range short {
		short[i] = f[len(f)-1:]
	}
	p.gap()
	defer func() { p.joins = p.buf.Len() }()
	abridged := p.abridged
	for n := min(len(all), maxClosingRows-1); n > 0; n-- {
		rows, left = 0, all[n:]
		for _, text := range all[:n] {
			p.warning(text)
			rows += p.rows()
			p.drop()
		}
		if p.width == 0 { // no line is broken
			rows = n
		}
		end := short
		if len(left) > 0 {
			end = append(slices.Clone(short), p.warningKinds(left, "more warning")[1:])
		}
		p.abridged = abridged || len(left) > 0
		p.paragraph(verdict, rest, end)
		total := rows + p.rows()
		p.drop()
		if total <= maxClosingRows {
			for _, text := range all[:n] {
				p.warning(text)
				p.end()
			}
			return rows, left
		}
	}
	text, tail := all[0], " (--verbose)"
	if len(all) > 1 {
		kinds := map[string]bool{}
		for _, one := range all {
			kinds[warningKind(one)] = true
		}
		tail = fmt.Sprintf(" (1 of %d", len(all))
		if n := len(kinds); 1 < n && n < len(all) {
			tail += ", " + plan.Counted(n, "kind")
		}
		tail += ", --verbose)"
	}
	if p.width > 0 {
		text = cutText(text, max(p.width-len(warningHead)-len(tail), leastWarning))
	}
	p.abridged = false // this line says how to see the rest
	p.warning(text)
	p.put(dim, tail)
	p.end()
	return 1, nil
}

const (
	warningHead = "Warning: "
	// leastWarning is how many columns of a warning are told on the narrowest page.
	leastWarning = 40
)

// warning begins a line with a warning.
func (p *page) warning(text string) {
	p.put(bold, warningHead)
	p.put(yellow, text)
}

// drop takes what stands on the line away.
func (p *page) drop() { p.pieces, p.column = nil, 0 }

// saving is how many columns the next form saves.
func (f fact) saving() int {
	if len(f) == 1 {
		return 0
	}
	return columns(joined(f[0])) - columns(joined(f[1]))
}

// paragraph puts the last paragraph on the line.
func (p *page) paragraph(verdict string, rest tally, facts []fact) {
	separator := ""
	sentence := func(look style, parts ...piece) {
		p.put(look, separator)
		p.putAll(parts)
		p.put(parts[len(parts)-1].look, ".")
		separator = " "
	}
	if verdict != "" {
		sentence(plain, piece{bold, verdict})
	}
	if last := len(rest) - 1; last >= 0 {
		rest[last] = strings.TrimSuffix(rest[last], notTouched) // all of what the paragraph tells is left alone
		sentence(plain, piece{plain, rest.String()})
	}
	for _, f := range facts {
		sentence(plain, f[0]...)
	}
	if p.abridged {
		p.put(dim, separator+verboseTells)
	}
}

// verboseTells says how to see what was left out.
const verboseTells = "(--verbose tells all)"

// rows returns how many rows the line takes.
func (p *page) rows() int {
	scratch := page{width: p.room(), hang: closingHang, pieces: slices.Clone(p.pieces), column: p.column}
	scratch.end()
	return bytes.Count(scratch.buf.Bytes(), []byte("\n"))
}

// room is how many columns there are to decide by whether something fits.
func (p *page) room() int {
	if p.width == 0 {
		return usualWidth
	}
	return p.width
}

// fits reports whether a text still fits on the line.
func (p *page) fits(text string) bool { return p.column+columns(Clean(text)) <= p.room() }

// isLong reports whether a page is so long that its head is out of sight at its end.
func (p *page) isLong(begin int) bool {
	return bytes.Count(p.buf.Bytes()[begin:], []byte("\n")) > longPage
}

// planClosing writes what a plan comes to and what it leaves alone. Begin is where the plan begins on the page: what its head says is
// told again where that is far above.
func (p *page) planClosing(pl *plan.Plan, r *remarks, begin int) {
	where := ""
	if name := accountName(pl.Account); name != "" {
		where = " in " + name
	}
	verdict, rest := planVerdict(pl, where)
	switch n := pl.Summary.Unchanged; {
	case pl.Empty() && len(r.brief) > 0 && len(pl.LeftOut) == 0 && n > 0: // warnings need the room of the sentence
		verdict, rest = "Nothing to do"+where, append(tally{strconv.Itoa(n) + " unchanged"}, rest...)
	case pl.Empty():
	case p.isLong(begin):
		verdict = "Plan: " + verdict
	default:
		verdict = ""
	}
	p.closing(verdict, rest, r)
}
