package render

import (
	"strings"
	"unicode/utf8"

	"github.com/agencyctl/agencyctl/plan"
)

// maxComment is the longest comment that GitHub takes, in characters.
const maxComment = 65536

// mdPage collects a page up to a limit.
type mdPage struct {
	text        strings.Builder
	used, limit int
	// kept is room for what must be written behind what is written now.
	kept int
}

// mdLength counts the characters of a text, and never fewer than any site does: in UTF-16, with line ends of two.
func mdLength(text string) int {
	n := strings.Count(text, "\n")
	for _, r := range text {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

func (m *mdPage) write(text string) {
	m.text.WriteString(text)
	m.used += mdLength(text)
}

func (m *mdPage) fits(length int) bool { return m.used+m.kept+length <= m.limit }

// mdBlock is a part of a page that can be cut between its items. What is cut is counted.
type mdBlock struct {
	begin, end string
	items      []mdItem
	// count is what the beginning alone tells.
	count sheetCount
	// rest says how much was cut, on its own line.
	rest func(c sheetCount) string
	// share bounds how much of the page it may take; 0 for no bound.
	share int
}

// mdItem is a text or a block of its own.
type mdItem struct {
	text  string
	block *mdBlock
	count sheetCount
}

// maxRest is the longest text that tells what was cut.
const maxRest = 400

// frame is what a block takes with none of its items.
func (b *mdBlock) frame() int { return mdLength(b.begin) + mdLength(b.end) + maxRest }

// block writes what fits of a block, and returns what was cut. One that need not be there is not begun where no item fits.
func (m *mdPage) block(b *mdBlock, always bool) (cut sheetCount) {
	first := 0
	if len(b.items) > 0 {
		first = mdLength(b.items[0].text)
	}
	if !always && !m.fits(b.frame()+first) {
		cut.add(b.count)
		for i := range b.items {
			cut.add(b.items[i].count)
		}
		return cut
	}
	start := m.used
	m.write(b.begin)
	m.kept += mdLength(b.end) + maxRest
	inside := func(length int) bool { return m.fits(length) && (b.share == 0 || m.used-start+length <= b.share) }
	for i := range b.items {
		item := &b.items[i]
		switch length := mdLength(item.text); {
		case item.block != nil:
			cut.add(m.block(item.block, false))
		case inside(length):
			m.write(item.text)
		default:
			cut.add(item.count)
		}
	}
	m.kept -= mdLength(b.end) + maxRest
	if cut != (sheetCount{}) {
		m.write(b.rest(cut))
	}
	m.write(b.end)
	return cut
}

// mdCut says what was cut.
func mdCut(noun string) func(c sheetCount) string {
	return func(c sheetCount) string {
		var parts []string
		if n := c.acts.sum(); n > 0 {
			parts = append(parts, plan.Counted(n, "more change")+" ("+c.acts.tally().String()+")")
		}
		if n := c.findings.sum(); n > 0 {
			parts = append(parts, plan.Counted(n, "more finding")+" ("+joined(c.findings.words())+")")
		}
		if c.other > 0 {
			parts = append(parts, plan.Counted(c.other, "more "+noun))
		}
		return "\n**Not shown here, for want of room: " + strings.Join(parts, ", ") + ".** See the whole of it in the output of the run.\n"
	}
}

// mdBrief cuts a text that stands in the head.
func mdBrief(text string) string {
	const longest = 120
	text = Clean(text)
	if utf8.RuneCountInString(text) <= longest {
		return text
	}
	return string([]rune(text)[:longest]) + "..."
}

// mdLong cuts a message that would take the page alone, and says how much is missing.
func mdLong(text string) string {
	const longest = 4000
	runes := []rune(text)
	if len(runes) <= longest {
		return text
	}
	return string(runes[:longest]) + " ... and " + plan.Counted(len(runes)-longest, "more character")
}
