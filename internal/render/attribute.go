package render

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/internal/patch"
	"github.com/agencyctl/agencyctl/plan"
)

// arrow stands between the two sides of a change.
const arrow = " →"

// attributeText is what is said of an attribute that differs: behind its name, and in lines of their own below it.
type attributeText struct {
	name string
	// linesOnly is set where the lines below tell what they are, without the name.
	linesOnly bool
	words     []piece
	below     []attributeLine
}

// attributeLine is a line of a document, beginning with its sign and a blank: of a whole document, there is no sign.
type attributeLine struct {
	sign   string
	pieces []piece
}

func (t *attributeText) put(look style, text string) { t.words = append(t.words, piece{look, text}) }

func (t *attributeText) line(sign string, look style, text string) {
	if sign != "" {
		text = sign + " " + text
	}
	t.below = append(t.below, attributeLine{sign, []piece{{look, text}}})
}

// joined returns the text of pieces, in which a line end is part of a name or value.
func joined(pieces []piece) string {
	var b strings.Builder
	for _, part := range pieces {
		b.WriteString(Clean(part.text))
	}
	return b.String()
}

// attribute writes what is said of an attribute.
func (p *page) attribute(indent int, t *attributeText) {
	if !t.linesOnly {
		p.indent(indent)
		p.put(plain, title(t.name)+":")
		p.putAll(t.words)
		p.end()
		indent += 2
	}
	for _, l := range t.below {
		p.indent(indent)
		p.putAll(l.pieces)
		p.end()
	}
}

// differing tells of an attribute that differs. Of a new resource, only the new value is told.
func differing(c plan.AttributeChange, isNew bool) attributeText {
	t := attributeText{name: c.Name}
	if document, is := c.After.AsDocument(); is && isNew {
		if lines, is := statementLines(document); is {
			t.linesOnly = true
			for _, line := range lines {
				t.line("", plain, line)
			}
			return t
		}
	}
	switch {
	case c.After.IsZero():
		t.put(red, " none, was")
		t.whole(red, c.Before)
	case c.Before.IsZero() && isNew:
		t.whole(plain, c.After)
	case c.Before.IsZero():
		t.put(plain, " none"+arrow)
		t.whole(green, c.After)
	default:
		t.bothSides(c)
	}
	return t
}

// sentAs are the attributes that are sent in another spelling.
func sentAs(c *plan.Change) (sent []remark) {
	for _, d := range c.Attributes {
		if v := c.After.Settings[d.Name]; !v.IsZero() {
			sent = append(sent, remark{subject: d.Name + " is sent as", text: written(d.Name, v)})
		}
	}
	return sent
}

func (t *attributeText) bothSides(c plan.AttributeChange) {
	if before, ok := c.Before.AsString(); ok {
		if after, ok := c.After.AsString(); ok {
			t.texts(before, after)
			return
		}
	}
	if before, ok := c.Before.AsSet(); ok {
		if after, ok := c.After.AsSet(); ok {
			t.sets(before, after)
			return
		}
	}
	if before, ok := c.Before.AsDocument(); ok {
		if after, ok := c.After.AsDocument(); ok {
			t.documents(before, after)
			return
		}
	}
	t.sides(c.Before, c.After)
}

// sides tells both sides in full.
func (t *attributeText) sides(before, after plan.Value) {
	t.put(plain, " ")
	t.value(red, before)
	t.put(plain, arrow+" ")
	t.value(green, after)
}

// value tells a value on the line. The members of a set are whole.
func (t *attributeText) value(look style, v plan.Value) {
	members, is := v.AsSet()
	if !is {
		t.put(look, written(t.name, v))
		return
	}
	open := "["
	for i, m := range members {
		end := ","
		if i == len(members)-1 {
			end = "]"
		}
		t.put(look|whole, open+inFlow(m)+end)
		if open = ""; end == "," {
			t.put(look, " ")
		}
	}
	if len(members) == 0 {
		t.put(look, "[]")
	}
}

// whole tells a value, a document below the name.
func (t *attributeText) whole(look style, value plan.Value) {
	text, is := value.AsDocument()
	if !is {
		t.put(plain, " ")
		t.value(look, value)
		return
	}
	for _, line := range documentLines(text, ",") {
		t.line("", look, line)
	}
}

// texts tells two texts: prose that was edited as one text with marks, anything else side by side.
func (t *attributeText) texts(before, after string) {
	edits, ok := proseEdits(before, after, words)
	if !ok {
		t.sides(plan.StringValue(before), plan.StringValue(after))
		return
	}
	t.put(plain, ` "`)
	t.words = append(t.words, marked(edits, quoter.Replace)...)
	t.put(plain, `"`)
}

// marked returns edits as one text with marks.
func marked(edits []patch.Edit, spelled func(string) string) []piece {
	pieces := make([]piece, len(edits))
	for i, e := range edits {
		text := spelled(strings.Join(e.Pieces, ""))
		switch e.Kind {
		case patch.Kept:
			pieces[i] = piece{plain, text}
		case patch.Removed:
			pieces[i] = piece{red, "[-" + text + "-]"}
		case patch.Added:
			pieces[i] = piece{green, "{+" + text + "+}"}
		}
	}
	return pieces
}

// blankWords parts a text at its blanks: what has none stays whole.
func blankWords(text string) []string { return strings.SplitAfter(text, " ") }

// minProseWords is from how many words on a text reads better with marks inside than twice.
const minProseWords = 4

// proseEdits returns the edits between two texts when marks inside one text are the clearer form: both are prose, most
// of it was kept, and neither holds a mark of its own that could be taken for ours.
func proseEdits(before, after string, split func(string) []string) ([]patch.Edit, bool) {
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
		if e.Kind == patch.Kept {
			same += len(strings.Join(e.Pieces, ""))
		}
	}
	return edits, 2*same >= max(len(before), len(after))
}

// sets tells the members that go and come, and how many stay.
func (t *attributeText) sets(before, after []string) {
	gone, come := without(before, after), without(after, before)
	separator := " "
	put := func(look style, text string) {
		t.put(plain, separator)
		t.put(look, text)
		separator = ", "
	}
	for _, m := range gone {
		put(red|whole, "- "+inFlow(m))
	}
	for _, m := range come {
		put(green|whole, "+ "+inFlow(m))
	}
	if stay := len(before) - len(gone); stay > 0 {
		put(dim, plan.Counted(stay, "other")+" kept")
	}
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

// documents tells the lines of a document that differ, with a little context. A line that was edited is told once, with marks, where
// that is the clearer form.
func (t *attributeText) documents(before, after string) {
	edits := compareTokens(documentLines(before, ""), documentLines(after, ""))
	for i := 0; i < len(edits); i++ {
		e := edits[i]
		if e.Kind == patch.Removed && i+1 < len(edits) && edits[i+1].Kind == patch.Added && t.editedLines(e.Pieces, edits[i+1].Pieces) {
			i++
			continue
		}
		switch e.Kind {
		case patch.Removed:
			for _, text := range e.Pieces {
				t.line("-", red, text)
			}
		case patch.Added:
			for _, text := range e.Pieces {
				t.line("+", green, text)
			}
		case patch.Kept:
			t.context(e.Pieces, i > 0, i+1 < len(edits))
		}
	}
}

// editedLines tells lines that took the place of as many others with marks, and reports whether it did.
func (t *attributeText) editedLines(before, after []string) bool {
	if len(before) != len(after) {
		return false
	}
	all := make([]attributeLine, len(before))
	for i := range before {
		edits, ok := proseEdits(before[i], after[i], blankWords)
		if !ok {
			return false
		}
		all[i] = attributeLine{"~", append([]piece{{yellow, "~ "}}, marked(edits, func(text string) string { return text })...)}
	}
	t.below = append(t.below, all...)
	return true
}

// context tells the kept lines next to a change above and below, and how many lie between.
func (t *attributeText) context(lines []string, above, below bool) {
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
		t.line(" ", dim, text)
	}
	if hidden := tail - head; hidden > 0 {
		t.line(" ", dim, "... "+strconv.Itoa(hidden)+" lines the same")
	}
	for _, text := range lines[tail:] {
		t.line(" ", dim, text)
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
		if text, comma := strings.CutSuffix(l, ","); comma {
			lines[i] = text + end
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
