package render

import (
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
// are indented deeper than what stands below the line. They begin with a bar where there is no room for that, and where their first
// character is no letter, digit, quote or bracket: a name with blanks from the cloud cannot look like a line of ours.
func (p *page) end() {
	if p.width > 0 && p.column > p.width {
		p.wrap()
	} else {
		for _, piece := range p.pieces {
			p.write(piece)
		}
	}
	p.buf.WriteByte('\n')
	p.pieces, p.column = p.pieces[:0], 0
}

func (p *page) wrap() {
	words := wordsOf(p.pieces)
	hang := 8 // deeper than what stands below a line
	if len(words) > 0 {
		hang += words[0].blanks
	}
	hang, narrow := min(hang, p.width/2), hang > p.width/2
	room, column := p.width, 0
	for i := 0; i < len(words); i++ {
		w := words[i]
		if i > 0 && column+w.blanks+w.width > room && column > hang {
			p.buf.WriteByte('\n')
			column = p.begin(hang, w, narrow)
			w.blanks = 0
		}
		if head, tail := w.cut(room - column - w.blanks); len(tail.pieces) > 0 {
			w, words = head, insert(words, i+1, tail)
		}
		p.write(piece{plain, strings.Repeat(" ", w.blanks)})
		for _, piece := range w.pieces {
			p.write(piece)
		}
		column += w.blanks + w.width
	}
}

// begin begins a further row with its indentation, and returns how wide that is.
func (p *page) begin(hang int, w word, narrow bool) int {
	p.write(piece{plain, strings.Repeat(" ", hang)})
	r, _ := utf8.DecodeRuneInString(w.pieces[0].text)
	if !narrow && (isWordy(r) || strings.ContainsRune(`"([{`, r)) {
		return hang
	}
	p.write(piece{dim, bar})
	return hang + len(bar)
}

func insert(words []word, at int, w word) []word {
	return append(words[:at:at], append([]word{w}, words[at:]...)...)
}

// cut takes off what is wider than room; at least one character stays.
func (w word) cut(room int) (head, tail word) {
	if w.width <= room {
		return w, word{}
	}
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

// dot separates facts on a line. It stays with the word before it.
const dot = "·"

// isSign reports whether a word is the sign of a member that goes or comes. It stays with the word behind it.
func (w *word) isSign() bool {
	return len(w.pieces) == 1 && (w.pieces[0].text == "-" || w.pieces[0].text == "+")
}

// wordsOf splits a line at its blanks.
func wordsOf(pieces []piece) (words []word) {
	open := false
	blanks := 0
	for _, part := range pieces {
		rest := part.text
		for rest != "" {
			at := strings.IndexByte(rest, ' ')
			if at == 0 {
				blanks++
				open, rest = false, rest[1:]
				continue
			}
			if at < 0 {
				at = len(rest)
			}
			if last := len(words) - 1; !open && last >= 0 && rest[:at] == dot {
				words[last].pieces = append(words[last].pieces, piece{part.look, " " + dot})
				words[last].width += 2
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
	if code := part.look.code(); p.color && code != "" {
		p.buf.WriteString("\x1b[" + code + "m")
		p.buf.WriteString(part.text)
		p.buf.WriteString("\x1b[0m")
		return
	}
	p.buf.WriteString(part.text)
}
