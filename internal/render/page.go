package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/agencyctl/agencyctl/plan"
)

// style is how a piece of text looks on a terminal with colours.
type style uint8

const (
	plain style = iota
	bold
	dim
	green
	yellow
	red
	magenta
	cyan
)

// whole is added to the style of a text that is broken nowhere, if it fits into a row.
const whole style = 0x80

// code returns the ANSI parameters of the style.
func (s style) code() string {
	switch s &^ whole {
	case bold:
		return "1"
	case dim:
		return "2"
	case green:
		return "32"
	case yellow:
		return "33"
	case red:
		return "31"
	case magenta:
		return "35"
	case cyan:
		return "36"
	case plain:
	}
	return ""
}

// page collects lines of text. All text passes through put, which makes it harmless, and no line is wider than the page.
type page struct {
	buf     bytes.Buffer
	color   bool
	verbose bool
	// width is the number of columns; 0 breaks no line.
	width int
	// pieces are the line so far, column columns wide.
	pieces []piece
	column int
	// hang is how deep further rows of the line are indented; 0 is deeper than what may stand below it.
	hang int
	// apart is set where an empty line is to stand before the next.
	apart bool
	// joins is how long the page was where the last paragraph follows at once, without an empty line; 0 for nowhere.
	joins int
	// abridged is set once something was left out that --verbose shows.
	abridged bool
}

// piece is a text in one style. Those of a page have been cleaned.
type piece struct {
	look style
	text string
}

func newPage(o Options) *page { return &page{color: o.Color, verbose: o.Verbose, width: o.Width} }

// put writes text in a style. Line ends inside the text become visible; only end ends a line.
func (p *page) put(s style, text string) {
	text = Clean(text)
	if text == "" {
		return
	}
	p.column += columns(text)
	p.pieces = append(p.pieces, piece{s, text})
}

func (p *page) putAll(pieces []piece) {
	for _, part := range pieces {
		p.put(part.look, part.text)
	}
}

// indent writes n spaces.
func (p *page) indent(n int) {
	if n > 0 {
		p.put(plain, strings.Repeat(" ", n))
	}
}

// to moves to a column, counted from 0; a line that is already there gets at least two spaces.
func (p *page) to(column int) { p.indent(max(2, column-p.column)) }

// endWith ends the line with a dimmed text after two spaces; where it does not fit, only with --verbose.
func (p *page) endWith(text string) {
	if text = Clean(text); text != "" && (p.width == 0 || p.verbose || p.column+2+columns(text) <= p.width) {
		p.indent(2)
		p.put(dim, text)
	}
	p.end()
}

// line writes one whole line.
func (p *page) line(indent int, s style, text string) {
	p.indent(indent)
	p.put(s, text)
	p.end()
}

// unbroken writes a line that is to be copied, however wide it is.
func (p *page) unbroken(indent int, s style, text string) {
	width := p.width
	p.width = 0
	p.line(indent, s, text)
	p.width = width
}

// toPaste writes lines that are to be copied, however wide they are, each behind a bar.
func (p *page) toPaste(indent int, s style, text string) {
	width := p.width
	p.width = 0
	for line := range strings.SplitSeq(text, "\n") {
		p.barred(indent, s, line)
	}
	p.width = width
}

// barred writes a line behind a bar.
func (p *page) barred(indent int, s style, text string) {
	p.indent(indent)
	p.put(dim, bar)
	p.put(s, text)
	p.end()
}

// block writes a text that may have several lines. The further ones carry a bar, so that a text from the cloud cannot
// look like a line of ours.
func (p *page) block(indent int, s style, text string) {
	first, rest, more := strings.Cut(text, "\n")
	if beginsAsChange(first) {
		first = bar + first
	}
	p.line(indent, s, first)
	for more {
		first, rest, more = strings.Cut(rest, "\n")
		p.barred(indent, s, first)
	}
}

// gap sets what comes next apart by an empty line, unless nothing stands before it.
func (p *page) gap() { p.apart = p.apart || p.buf.Len() > 0 }

// send writes the page out in one go. An empty page is not written.
func (p *page) send(w io.Writer) error {
	if p.buf.Len() == 0 {
		return nil
	}
	_, err := w.Write(p.buf.Bytes())
	return err
}

// columns returns how wide a clean text is on a terminal.
func columns(text string) int {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return uniseg.StringWidth(text)
		}
	}
	return len(text)
}

// Clean returns s with an escape in the place of each character that a terminal does not show: \n, \x1b, \u202e. Clean text
// is returned as it is.
func Clean(s string) string {
	dirty := false
	for _, r := range s {
		if r == utf8.RuneError || !plan.Visible(r) {
			dirty = true
			break
		}
	}
	if !dirty {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case plan.Visible(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += size
	}
	return b.String()
}

// quoter escapes quotes and backslashes, so that a text cannot end its own quotes, or pretend to hold an escape.
var quoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// quote returns s in double quotes, so that its end is certain. Characters that do not show are left to Clean.
func quote(s string) string { return `"` + quoter.Replace(s) + `"` }

// title returns a name as it stands at the head of a line. A name that is not what it seems is put in quotes: one with characters
// that do not show or an escape of its own, and one with blanks around it or two in a row, which separate our own words there,
// or one that begins as a change does.
func title(name string) string {
	isSpaced := strings.Contains(name, "  ") || strings.Trim(name, " ") != name
	if isSpaced || beginsAsChange(name) || strings.Contains(name, `\`) || Clean(name) != name {
		return quote(name)
	}
	return name
}

// beginsAsChange reports whether a text begins with a sign of its own, as our lines do.
func beginsAsChange(text string) bool {
	sign, _, spaced := strings.Cut(text, " ")
	return spaced && !strings.ContainsFunc(sign, isWordy)
}

// isWordy reports whether a character is a letter or a digit: no sign of ours has one.
func isWordy(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
