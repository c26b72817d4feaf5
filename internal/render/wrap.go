package render

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// bar begins a row that goes on with a text, where the row could else be taken for a line of ours.
const bar = "| "

// word is a text without blanks, with the pieces that it is made of and the blanks before it.
type word struct {
	blanks, width int
	pieces        []piece
}

// end ends the line. One that is wider than the page is broken between words, and a word that is wider than a row within it. Further rows
// are indented deeper than what stands below the line. All of them begin with a bar where there is no room for that, and where one of
// them begins with no letter, digit, quote or bracket: a name with blanks from the cloud cannot look like a line of ours.
func (p *page) end() {
	if p.apart {
		p.buf.WriteByte('\n')
		p.apart = false
	}
	if p.width > 0 && p.column > p.width {
		p.wrap()
	} else {
		p.row(p.pieces)
	}
	p.pieces, p.column = p.pieces[:0], 0
}

// wrap writes the line in several rows.
func (p *page) wrap() {
	words := wordsOf(p.pieces)
	hang := cmp.Or(p.hang, 8) // deeper than what stands below a line
	if len(words) > 0 {
		hang += words[0].blanks
	}
	hang, barred := min(hang, p.width/2), hang > p.width/2
	rows := rowsOf(words, p.width, hang, barred)
	if !barred && slices.ContainsFunc(rows[1:], func(row []piece) bool { return isOdd(row[1].text) }) {
		rows = rowsOf(words, p.width, hang, true)
	}
	for _, row := range rows {
		p.row(row)
	}
}

// rowsOf parts words into rows, all but the first of which are indented, with a bar or without.
func rowsOf(words []word, width, hang int, barred bool) (rows [][]piece) {
	margin := []piece{{plain, strings.Repeat(" ", hang)}}
	if barred {
		margin = append(margin, piece{dim, bar})
		hang += len(bar)
	}
	words = slices.Clone(words)
	var row []piece
	column := 0
	for i := 0; i < len(words); i++ {
		w := words[i]
		if i > 0 && column+w.blanks+w.width > width && (column > hang || column+w.blanks > width-2) { // there are characters of two columns
			rows, row, column = append(rows, row), slices.Clone(margin), hang
			w.blanks = 0
		}
		if head, tail := w.cut(width - column - w.blanks); len(tail.pieces) > 0 {
			w, words = head, insert(words, i+1, tail)
		}
		if w.blanks > 0 {
			row = append(row, piece{plain, strings.Repeat(" ", w.blanks)})
		}
		row = append(row, w.pieces...)
		column += w.blanks + w.width
	}
	return append(rows, row)
}

// isOdd reports whether the first character of a row could be that of a line of ours.
func isOdd(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return !isWordy(r) && !strings.ContainsRune(`"([{`, r)
}

// row writes one row. A look is set once for all that has it, the blanks between included.
func (p *page) row(pieces []piece) {
	var run piece
	for i, part := range pieces {
		look := part.look &^ whole
		if strings.Trim(part.text, " ") == "" && i+1 < len(pieces) && run.text != "" && pieces[i+1].look&^whole == run.look {
			look = run.look
		}
		if look != run.look {
			p.write(run)
			run = piece{look: look}
		}
		run.text += part.text
	}
	p.write(run)
	p.buf.WriteByte('\n')
}

func insert(words []word, at int, w word) []word {
	return append(words[:at:at], append([]word{w}, words[at:]...)...)
}

// cut takes off what is wider than room, behind a blank or a slash where there is one far enough in; at least one character stays.
func (w word) cut(room int) (head, tail word) {
	if w.width <= room {
		return w, word{}
	}
	least := room / 2
	for at := room; at > least; at-- {
		head, tail = w.split(at)
		if len(head.pieces) == 0 || len(tail.pieces) == 0 {
			break
		}
		last, next := head.pieces[len(head.pieces)-1].text, tail.pieces[0].text
		if strings.HasSuffix(last, "/") || strings.HasPrefix(next, " ") {
			tail.pieces[0].text = strings.TrimPrefix(next, " ")
			tail.width -= len(next) - len(tail.pieces[0].text)
			if tail.pieces[0].text == "" {
				break
			}
			return head, tail
		}
	}
	return w.split(room)
}

// split parts a word at a column; at least one character stays.
func (w word) split(room int) (head, tail word) {
	head.blanks = w.blanks
	for i, part := range w.pieces {
		rest, state := part.text, -1
		for rest != "" {
			var cluster string
			var width int
			cluster, rest, width, state = uniseg.FirstGraphemeClusterInString(rest, state)
			if head.width > 0 && head.width+width > room {
				split := len(part.text) - len(rest) - len(cluster)
				if split > 0 {
					head.pieces = append(head.pieces, piece{part.look, part.text[:split]})
				}
				tail.pieces = append([]piece{{part.look, part.text[split:]}}, w.pieces[i+1:]...)
				tail.width = w.width - head.width
				return head, tail
			}
			head.width += width
		}
		head.pieces = append(head.pieces, part)
	}
	return head, tail
}

// dot separates facts on a line.
const dot = "·"

// count is a number of changes: "+2".
var count = regexp.MustCompile(`^[-+~!×][0-9]+[,;.]?$`)

// staysBehind reports whether a word stays with the one before it: a separator, or the count of what that names.
func staysBehind(word string) bool { return word == dot || count.MatchString(word) }

// isSign reports whether a word is the sign of a change. It stays with the word behind it.
func (w *word) isSign() bool { return len(w.pieces) == 1 && slices.Contains(signs, w.pieces[0].text) }

var signs = []string{"-", "+", "~", "!", "×"}

// wordsOf splits a line at its blanks.
func wordsOf(pieces []piece) (words []word) {
	open := false
	blanks := 0
	for _, part := range pieces {
		rest := part.text
		for rest != "" {
			at := strings.IndexByte(rest, ' ')
			if part.look&whole != 0 {
				at = -1
			}
			if at == 0 {
				blanks++
				open, rest = false, rest[1:]
				continue
			}
			if at < 0 {
				at = len(rest)
			}
			if last := len(words) - 1; !open && last >= 0 && staysBehind(rest[:at]) {
				words[last].pieces = append(words[last].pieces, piece{part.look, " " + rest[:at]})
				words[last].width += 1 + columns(rest[:at])
				blanks, rest = 0, rest[at:]
				continue
			}
			if last := len(words) - 1; !open && last > 0 && words[last].isSign() {
				words[last].pieces = append(words[last].pieces, piece{part.look, " "})
				words[last].width++
				open, blanks = true, 0
			}
			if !open {
				words = append(words, word{blanks: blanks})
				open, blanks = true, 0
			}
			w := &words[len(words)-1]
			w.pieces = append(w.pieces, piece{part.look, rest[:at]})
			w.width += columns(rest[:at])
			rest = rest[at:]
		}
	}
	return words
}

// Wrap breaks a text at its blanks into lines of at most width columns. A word that is longer has a line of its own.
func Wrap(text string, width int) []string {
	lines := breakLine(strings.Join(strings.Fields(text), " "), width)
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], " ")
	}
	return lines
}

// breakLine breaks a line behind its blanks, all of which stay: those at the end of a line do not count.
func breakLine(line string, width int) (lines []string) {
	used := 0
	for _, word := range strings.SplitAfter(line, " ") {
		if used == 0 || used+columns(strings.TrimSuffix(word, " ")) > width {
			lines, used = append(lines, ""), 0
		}
		lines[len(lines)-1] += word
		used += columns(word)
	}
	return lines
}

func (p *page) write(part piece) {
	if part.text == "" {
		return
	}
	if code := part.look.code(); p.color && code != "" {
		p.buf.WriteString("\x1b[" + code + "m")
		p.buf.WriteString(part.text)
		p.buf.WriteString("\x1b[0m")
		return
	}
	p.buf.WriteString(part.text)
}
