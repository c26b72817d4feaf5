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
		p.indent(indent)
		p.put(plain, c.Name+":")
		switch {
		case c.After.IsZero():
			p.put(red, " none, was")
			p.whole(indent, red, c.Before)
		case c.Before.IsZero() && isNew:
			p.whole(indent, plain, c.After)
		case c.Before.IsZero():
			p.put(plain, " none"+arrow)
			p.whole(indent, green, c.After)
		default:
			p.bothSides(indent, c)
		}
	}
}

// sentAs tells of the attributes that are sent in another spelling.
func (p *page) sentAs(indent int, c *plan.Change) {
	for _, d := range c.Attributes {
		if sent := c.After.Settings[d.Name]; !sent.IsZero() {
			p.line(indent, plain, d.Name+" is sent as "+short(sent))
		}
	}
}

func (p *page) bothSides(indent int, c plan.AttributeChange) {
	if before, ok := c.Before.AsString(); ok {
		if after, ok := c.After.AsString(); ok {
			p.texts(before, after)
			return
		}
	}
	if before, ok := c.Before.AsSet(); ok {
		if after, ok := c.After.AsSet(); ok {
			p.sets(indent, before, after)
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
	p.sides(short(c.Before), short(c.After))
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

// whole writes one value to the end of the line, and below it if it needs more room.
func (p *page) whole(indent int, look style, value plan.Value) {
	if text, ok := value.AsDocument(); ok {
		p.end()
		for _, line := range documentLines(text) {
			p.line(indent+2, look, line)
		}
		return
	}
	if members, ok := value.AsSet(); ok && p.column+columns(Clean(short(value))) > p.width {
		p.end()
		for _, m := range members {
			p.line(indent+2, look, quote(m))
		}
		return
	}
	p.indent(1)
	p.put(look, short(value))
	p.end()
}

// texts writes two texts: prose that was edited as one text with marks, anything else side by side.
func (p *page) texts(before, after string) {
	if edits, ok := proseEdits(before, after); ok {
		p.put(plain, ` "`)
		for _, e := range edits {
			text := quoter.Replace(strings.Join(e.pieces, ""))
			switch e.kind {
			case kept:
				p.put(plain, text)
			case removed:
				p.put(red, "[-"+text+"-]")
			case added:
				p.put(green, "{+"+text+"+}")
			}
		}
		p.put(plain, `"`)
		p.end()
		return
	}
	p.sides(quote(before), quote(after))
}

// minProseWords is from how many words on a text reads better with marks inside than twice.
const minProseWords = 4

// proseEdits returns the edits between two texts when marks inside one text are the clearer form: both are prose, most
// of it was kept, and neither holds a mark of its own that could be taken for ours.
func proseEdits(before, after string) ([]edit, bool) {
	for _, mark := range []string{"[-", "-]", "{+", "+}"} {
		if strings.Contains(before, mark) || strings.Contains(after, mark) {
			return nil, false
		}
	}
	if len(strings.Fields(before)) < minProseWords && len(strings.Fields(after)) < minProseWords {
		return nil, false
	}
	from, to := words(before), words(after)
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

// sets writes the members that go and come, and how many stay: on the line where they fit, else one below the other.
func (p *page) sets(indent int, before, after []string) {
	type item struct {
		look style
		text string
	}
	var items []item
	gone := without(before, after)
	for _, m := range gone {
		items = append(items, item{red, "- " + quote(m)})
	}
	for _, m := range without(after, before) {
		items = append(items, item{green, "+ " + quote(m)})
	}
	if stay := len(before) - len(gone); stay > 0 {
		items = append(items, item{dim, Count(stay, "other") + " kept"})
	}
	width := p.column
	for _, i := range items {
		width += columns(Clean(i.text)) + len(", ")
	}
	if width > p.width {
		p.end()
		for _, i := range items {
			p.line(indent+2, i.look, i.text)
		}
		return
	}
	for n, i := range items {
		if n > 0 {
			p.put(plain, ",")
		}
		p.indent(1)
		p.put(i.look, i.text)
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

// short returns a value on one line, texts in quotes.
func short(v plan.Value) string {
	if text, ok := v.AsString(); ok {
		return quote(text)
	}
	if members, ok := v.AsSet(); ok {
		quoted := make([]string, len(members))
		for i, m := range members {
			quoted[i] = quote(m)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return v.String()
}

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
