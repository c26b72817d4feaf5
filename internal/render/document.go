package render

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

const (
	// contextLines is how many unchanged lines of a document stand around a change.
	contextLines = 3
	// maxDocumentDepth bounds what is indented: the indentation of a deeper document would cost the square of its size.
	maxDocumentDepth = 64
)

// documents writes the lines of a document that differ, with a little context.
func (p *page) documents(indent int, before, after string) {
	edits := compareTokens(documentLines(before), documentLines(after))
	for i, e := range edits {
		switch e.kind {
		case removed:
			for _, text := range e.pieces {
				p.line(indent, red, "- "+text)
			}
		case added:
			for _, text := range e.pieces {
				p.line(indent, green, "+ "+text)
			}
		case kept:
			p.context(indent, e.pieces, i > 0, i+1 < len(edits))
		}
	}
}

// context writes the kept lines next to a change above and below, and how many lie between.
func (p *page) context(indent int, lines []string, above, below bool) {
	head, tail := 0, len(lines)
	if above {
		head = min(contextLines, len(lines))
	}
	if below {
		tail = max(head, len(lines)-contextLines)
	}
	if tail-head == 1 { // saying that one line is left out takes a line too
		head = tail
	}
	for _, text := range lines[:head] {
		p.line(indent, dim, "  "+text)
	}
	if hidden := tail - head; hidden > 0 {
		p.line(indent, dim, "  ... "+strconv.Itoa(hidden)+" lines the same")
	}
	for _, text := range lines[tail:] {
		p.line(indent, dim, "  "+text)
	}
}

// documentLines returns a JSON document indented, a line each; on a single line where it is nested too deep. The commas
// at line ends are left out: with them, a new last element would change the line before it too.
func documentLines(text string) []string {
	if depth(text) > maxDocumentDepth {
		return []string{text}
	}
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", "  "); err != nil {
		return []string{text}
	}
	lines := strings.Split(b.String(), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSuffix(l, ",")
	}
	return lines
}

// depth returns how deep the brackets of a JSON text are nested.
func depth(text string) int {
	deepest, now, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}
