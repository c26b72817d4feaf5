package render

import (
	"cmp"
	"maps"
	"strconv"
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
	// told are the mentions and the hints that stand on the page.
	told map[string]bool
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
	// count and mentions are what the beginning alone tells.
	count    sheetCount
	mentions []mention
	// noun is what the items are that are neither changes nor findings, for their count.
	noun mdNoun
	// isCode tells that the rest is counted inside a block of code.
	isCode bool
	// share bounds how much of the page it may take; 0 for no bound.
	share int
	// least is how much of the page is kept for its items, as far as they need it, whatever stands above.
	least int
}

// mdItem is a text, a row or a block of its own.
type mdItem struct {
	text  string
	block *mdBlock
	// row writes a row without the hints that the page has told already.
	row      func(*mdHints) string
	count    sheetCount
	mentions []mention
}

// mdHints are the hints that a page has told. One that repeats for a rule is told once.
type mdHints struct {
	told, fresh map[string]bool
	// longest is after how many characters a row's texts are cut; 0 where there is room for the row.
	longest int
}

func (h *mdHints) cut(text string) string { return mdCut(text, cmp.Or(h.longest, mdLongest)) }

// under returns what is to be told below a row.
func (h *mdHints) under(r *sheetRow) []sheetRow {
	var under []sheetRow
	for i := range r.Under {
		if u := &r.Under[i]; u.Label == labelHint {
			key := cmp.Or(r.Rule, r.Label) + "\x00" + u.Text
			if h.told[key] || h.fresh[key] {
				continue
			}
			h.fresh[key] = true
		}
		under = append(under, r.Under[i])
	}
	return under
}

// item returns the text of an item that is no block, and the hints in it that the page has not told: the whole of it where that fits, else
// with its texts cut.
func (m *mdPage) item(i *mdItem, inside func(length int) bool) (text string, hints map[string]bool) {
	if i.row == nil {
		return i.text, nil
	}
	for _, longest := range []int{0, mdShortest} {
		h := mdHints{told: m.told, fresh: map[string]bool{}, longest: longest}
		if text, hints = i.row(&h), h.fresh; inside(mdLength(text)) {
			break
		}
	}
	return text, hints
}

// maxRest is the longest text that tells what was cut.
const maxRest = 700

// frame is what a block takes with none of its items.
func (b *mdBlock) frame() int { return mdLength(b.begin) + mdLength(b.end) + maxRest }

// room is what is kept for a block while what stands above is written.
func (b *mdBlock) room() int {
	items := 0
	for i := 0; i < len(b.items) && items < b.least; i++ {
		items += b.items[i].length()
	}
	return b.frame() + min(items, b.least)
}

// length is what an item takes as a whole.
func (i *mdItem) length() int {
	if i.block == nil {
		text, _ := (&mdPage{}).item(i, func(int) bool { return true })
		return mdLength(text)
	}
	n := i.block.frame()
	for k := range i.block.items {
		n += i.block.items[k].length()
	}
	return n
}

// block writes what fits of a block, and returns what was cut and stands nowhere above. One that need not be there is not begun where no
// item fits.
func (m *mdPage) block(b *mdBlock, always bool) (cut mdRest) {
	first := 0
	if len(b.items) > 0 {
		text, _ := m.item(&b.items[0], func(length int) bool { return m.fits(b.frame() + length) })
		first = mdLength(text)
	}
	if !always && !m.fits(b.frame()+first) {
		cut.add(b.count, b.noun, m.unseen(b.mentions))
		for i := range b.items {
			cut.add(b.items[i].count, b.noun, m.unseen(b.items[i].mentions))
		}
		return cut
	}
	start := m.used
	m.write(b.begin)
	m.tell(b.mentions, nil)
	m.kept += mdLength(b.end) + maxRest
	inside := func(length int) bool { return m.fits(length) && (b.share == 0 || m.used-start+length <= b.share) }
	for i := range b.items {
		item := &b.items[i]
		if item.block != nil {
			cut.join(m.block(item.block, false))
			continue
		}
		if text, hints := m.item(item, inside); inside(mdLength(text)) {
			m.write(text)
			m.tell(item.mentions, hints)
		} else {
			cut.add(item.count, b.noun, m.unseen(item.mentions))
		}
	}
	m.kept -= mdLength(b.end) + maxRest
	if text := cut.text(); text != "" {
		if b.isCode {
			text = strings.ReplaceAll(strings.TrimPrefix(text, "\n"), "**", "")
		}
		m.write(text)
	}
	m.write(b.end)
	return cut
}

// tell notes what stands on the page.
func (m *mdPage) tell(mentions []mention, hints map[string]bool) {
	if m.told == nil {
		m.told = map[string]bool{}
	}
	for i := range mentions {
		m.told[mentions[i].key] = true
	}
	maps.Copy(m.told, hints)
}

// unseen counts the mentions that stand on the page already, and so are missed by nobody.
func (m *mdPage) unseen(mentions []mention) (there sheetCount) {
	for i := range mentions {
		if m.told[mentions[i].key] {
			there.add(mentions[i].count)
		}
	}
	return there
}

// mdRest counts what was cut.
type mdRest struct {
	count sheetCount
	// others are what is neither a change nor a finding, in the order of the page.
	others []mdOther
}

type mdOther struct {
	noun mdNoun
	n    int
}

// mdNoun names what is neither a change nor a finding: by a noun, or by the title that it stands below.
type mdNoun struct{ noun, title string }

func (o *mdOther) text() string {
	if o.noun.title != "" {
		return strconv.Itoa(o.n) + " more below \"" + o.noun.title + "\""
	}
	return plan.Counted(o.n, "more "+o.noun.noun)
}

// add counts what was cut but for what stands elsewhere.
func (c *mdRest) add(count sheetCount, noun mdNoun, there sheetCount) {
	count = count.less(there)
	c.other(mdOther{noun, count.other})
	count.other = 0
	c.count.add(count)
}

func (c *mdRest) join(d mdRest) {
	c.count.add(d.count)
	for _, o := range d.others {
		c.other(o)
	}
}

func (c *mdRest) other(o mdOther) {
	for i := range c.others {
		if c.others[i].noun == o.noun {
			c.others[i].n += o.n
			return
		}
	}
	if o.n > 0 {
		c.others = append(c.others, o)
	}
}

// maxOthers is how many kinds of other things are named.
const maxOthers = 6

// text says what was cut, "" for nothing.
func (c *mdRest) text() string {
	var parts []string
	if n := c.count.acts.sum(); n > 0 {
		parts = append(parts, plan.Counted(n, "more change")+" ("+c.count.acts.tally().String()+")")
	}
	if n := c.count.findings.sum(); n > 0 {
		parts = append(parts, plan.Counted(n, "more finding")+" ("+joined(c.count.findings.words())+")")
	}
	rest := 0
	for i, o := range c.others {
		if i < maxOthers {
			parts = append(parts, o.text())
		} else {
			rest += o.n
		}
	}
	if rest > 0 {
		parts = append(parts, plan.Counted(rest, "more line"))
	}
	if len(parts) == 0 {
		return ""
	}
	return "\n**Not shown here, for want of room: " + strings.Join(parts, ", ") + ".** See the whole of it in the output of the run.\n"
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

// The longest texts, in characters: those that would take the page alone are cut, and all where a row has no room as a whole.
const (
	mdLongest  = 4000
	mdShortest = 300
)

// mdCut cuts a text after so many characters, and says how much is missing.
func mdCut(text string, longest int) string {
	runes := []rune(text)
	if len(runes) <= longest {
		return text
	}
	return string(runes[:longest]) + " ... and " + plan.Counted(len(runes)-longest, "more character")
}
