package render

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// arrow stands between the two sides of a change.
const arrow = " →"

// attributes writes the attributes that differ, one a line, documents and long sets below their name. Of a new resource, only
// the new values are written.
func (p *page) attributes(indent int, changes []plan.AttributeChange, isNew bool) {
	for _, c := range changes {
		if document, is := c.After.AsDocument(); is && isNew {
			if lines, is := statementLines(document); is {
				for _, line := range lines {
					p.line(indent, plain, line)
				}
				continue
			}
		}
		p.indent(indent)
		p.put(plain, title(c.Name)+":")
		switch {
		case c.After.IsZero():
			p.put(red, " none, was")
			p.whole(indent, red, c.Name, c.Before)
		case c.Before.IsZero() && isNew:
			p.whole(indent, plain, c.Name, c.After)
		case c.Before.IsZero():
			p.put(plain, " none"+arrow)
			p.whole(indent, green, c.Name, c.After)
		default:
			p.bothSides(indent, c)
		}
	}
}

// sentAs tells of the attributes that are sent in another spelling.
func (p *page) sentAs(indent int, c *plan.Change) {
	for _, d := range c.Attributes {
		if sent := c.After.Settings[d.Name]; !sent.IsZero() {
			p.line(indent, plain, d.Name+" is sent as "+written(d.Name, sent))
		}
	}
}

func (p *page) bothSides(indent int, c plan.AttributeChange) {
	if before, ok := c.Before.AsString(); ok {
		if after, ok := c.After.AsString(); ok {
			p.texts(c.Name, before, after)
			return
		}
	}
	if before, ok := c.Before.AsSet(); ok {
		if after, ok := c.After.AsSet(); ok {
			p.sets(before, after)
			return
		}
	}
	if before, ok := c.Before.AsDocument(); ok {
		if after, ok := c.After.AsDocument(); ok {
			p.end()
			p.documents(indent+2, before, after)
			return
		}
	}
	p.sides(written(c.Name, c.Before), written(c.Name, c.After))
}

// sides writes both sides in full.
func (p *page) sides(before, after string) {
	p.indent(1)
	p.put(red, before)
	p.put(plain, arrow)
	p.indent(1)
	p.put(green, after)
	p.end()
}

// whole writes one value to the end of the line, or a document below it.
func (p *page) whole(indent int, look style, name string, value plan.Value) {
	if text, ok := value.AsDocument(); ok {
		p.end()
		for _, line := range documentLines(text, ",") {
			p.line(indent+2, look, line)
		}
		return
	}
	p.indent(1)
	p.put(look, written(name, value))
	p.end()
}

// texts writes two texts: prose that was edited as one text with marks, anything else side by side.
func (p *page) texts(name, before, after string) {
	if edits, ok := proseEdits(before, after, words); ok {
		p.put(plain, ` "`)
		p.marked(edits, quoter.Replace)
		p.put(plain, `"`)
		p.end()
		return
	}
	p.sides(written(name, plan.StringValue(before)), written(name, plan.StringValue(after)))
}

// marked writes edits as one text with marks.
func (p *page) marked(edits []edit, spelled func(string) string) {
	for _, e := range edits {
		text := spelled(strings.Join(e.pieces, ""))
		switch e.kind {
		case kept:
			p.put(plain, text)
		case removed:
			p.put(red, "[-"+text+"-]")
		case added:
			p.put(green, "{+"+text+"+}")
		}
	}
}

// blankWords parts a text at its blanks: what has none stays whole.
func blankWords(text string) []string { return strings.SplitAfter(text, " ") }

// minProseWords is from how many words on a text reads better with marks inside than twice.
const minProseWords = 4

// proseEdits returns the edits between two texts when marks inside one text are the clearer form: both are prose, most
// of it was kept, and neither holds a mark of its own that could be taken for ours.
func proseEdits(before, after string, split func(string) []string) ([]edit, bool) {
	for _, mark := range []string{"[-", "-]", "{+", "+}"} {
		if strings.Contains(before, mark) || strings.Contains(after, mark) {
			return nil, false
		}
	}
	if len(strings.Fields(before)) < minProseWords && len(strings.Fields(after)) < minProseWords {
		return nil, false
	}
	from, to := split(before), split(after)
	if len(from) > maxTokens || len(to) > maxTokens {
		return nil, false
	}
	edits := joinSpaces(compareTokens(from, to))
	same := 0
	for _, e := range edits {
		if e.kind == kept {
			same += len(strings.Join(e.pieces, ""))
		}
	}
	return edits, 2*same >= max(len(before), len(after))
}

// sets writes the members that go and come, and how many stay.
func (p *page) sets(before, after []string) {
	gone, come := without(before, after), without(after, before)
	separator := ""
	put := func(look style, text string) {
		p.put(plain, separator+" ")
		p.put(look, text)
		separator = ","
	}
	for _, m := range gone {
		put(red, "- "+inFlow(m))
	}
	for _, m := range come {
		put(green, "+ "+inFlow(m))
	}
	if stay := len(before) - len(gone); stay > 0 {
		put(dim, Count(stay, "other")+" kept")
	}
	p.end()
}

// without returns the members of a that b lacks. Both are sorted.
func without(a, b []string) []string {
	var rest []string
	for _, m := range a {
		if _, found := slices.BinarySearch(b, m); !found {
			rest = append(rest, m)
		}
	}
	return rest
}

const (
	// contextLines is how many unchanged lines of a document stand around a change.
	contextLines = 3
	// maxDocumentDepth bounds what is indented: the indentation of a deeper document would cost the square of its size.
	maxDocumentDepth = 64
)

// documents writes the lines of a document that differ, with a little context. A line that was edited is written once, with marks, where
// that is the clearer form.
func (p *page) documents(indent int, before, after string) {
	edits := compareTokens(documentLines(before, ""), documentLines(after, ""))
	for i := 0; i < len(edits); i++ {
		e := edits[i]
		if e.kind == removed && i+1 < len(edits) && edits[i+1].kind == added && p.editedLines(indent, e.pieces, edits[i+1].pieces) {
			i++
			continue
		}
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

// editedLines writes lines that took the place of as many others with marks, and reports whether it did.
func (p *page) editedLines(indent int, before, after []string) bool {
	all := make([][]edit, len(before))
	for i := range before {
		var ok bool
		if len(before) != len(after) {
			return false
		}
		if all[i], ok = proseEdits(before[i], after[i], blankWords); !ok {
			return false
		}
	}
	for _, edits := range all {
		p.indent(indent)
		p.put(yellow, "~ ")
		p.marked(edits, func(text string) string { return text })
		p.end()
	}
	return true
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

// documentLines returns a policy in words, a statement a line, and any other document as indented JSON; on a single line where it is nested
// too deep. End stands for the comma of a line: with commas, a new last element would change the line before it too.
func documentLines(text, end string) []string {
	if lines, ok := statementLines(text); ok {
		return lines
	}
	if depth(text) > maxDocumentDepth {
		return []string{text}
	}
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", "  "); err != nil {
		return []string{text}
	}
	lines := strings.Split(b.String(), "\n")
	for i, l := range lines {
		if bare, comma := strings.CutSuffix(l, ","); comma {
			lines[i] = bare + end
		}
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
