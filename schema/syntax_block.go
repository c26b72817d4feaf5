package schema

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/agencyctl/agencyctl/plan"
)

// reader follows the structure of a text that the parser refuses, line by line.
type reader struct {
	lines []string
	// line and pos are where it reads: the index of a line, and of a byte in it.
	line, pos int
	// blocks are the lists and mappings that are open, the outermost first.
	blocks []block
	// anchors are those that the document has defined so far.
	anchors  map[string]bool
	mayQuote bool
	found    *mistake
	// text is where the document begins, if it is neither a list nor a mapping.
	text *mark
	// tab is the first line that holds nothing but a comment behind a tab: the parser may take that for indentation.
	tab *mark
	// unsure is set where the text uses a form of YAML that the reader does not follow.
	unsure bool
}

// block is a list or a mapping whose items or keys stand below one another.
type block struct {
	indent int
	list   bool
	// line is the index of its first line.
	line int
}

// words says how far its items or keys are indented.
func (b block) words() string {
	if b.list {
		return fmt.Sprintf("%s as the - of line %d", plan.Counted(b.indent, "blank"), b.line+1)
	}
	return fmt.Sprintf("%s as the key of line %d", plan.Counted(b.indent, "blank"), b.line+1)
}

// mark is a place in the text.
type mark struct{ line, pos int }

func (r *reader) here() mark { return mark{r.line, r.pos} }

// fail notes the first mistake and ends the reading.
func (r *reader) fail(at mark, detail, hint string) {
	if r.found != nil || r.unsure {
		return
	}
	line := ""
	if at.line < len(r.lines) {
		line = r.lines[at.line]
	}
	r.found = &mistake{
		line: at.line + 1, column: 1 + utf8.RuneCountInString(line[:min(at.pos, len(line))]), detail: detail, hint: hint,
	}
}

func (r *reader) over() bool { return r.found != nil || r.unsure || r.line >= len(r.lines) }

// rest is what of the line is not read yet.
func (r *reader) rest() string {
	if r.line >= len(r.lines) || r.pos >= len(r.lines[r.line]) {
		return ""
	}
	return r.lines[r.line][r.pos:]
}

func (r *reader) nextLine() { r.line, r.pos = r.line+1, 0 }

// emptyLine goes over a line that holds nothing but a comment.
func (r *reader) emptyLine() {
	r.noteTab()
	r.nextLine()
}

func (r *reader) noteTab() {
	line := r.lines[r.line]
	if indent := len(line) - len(strings.TrimLeft(line, " ")); r.tab == nil && indent < len(line) && line[indent] == '\t' {
		r.tab = &mark{r.line, indent}
	}
}

func (r *reader) skipBlanks() { r.pos += blanks(r.rest()) }

// place writes a place of the same file.
func (r *reader) place(at mark) string {
	return fmt.Sprintf("line %d, column %d", at.line+1, 1+utf8.RuneCountInString(r.lines[at.line][:at.pos]))
}

// inQuotes returns a hint that shows how to write a text, where it may be quoted.
func (r *reader) inQuotes(text string) string {
	if !r.mayQuote {
		return "put the text in quotes"
	}
	return "put the text in quotes: " + short(strings.TrimSpace(text))
}

func blanks(text string) int { return len(text) - len(strings.TrimLeft(text, " \t")) }

// isEmpty reports whether nothing but a comment stands in a text that follows a blank or begins a line.
func isEmpty(text string) bool {
	text = strings.TrimLeft(text, " \t")
	return text == "" || text[0] == '#'
}

// opens reports whether a text begins with an indicator that a blank or the end of the line follows.
func opens(text string, indicator byte) bool {
	return text != "" && text[0] == indicator && (len(text) == 1 || text[1] == ' ' || text[1] == '\t')
}

// isMarker reports whether a line begins or ends a document.
func isMarker(line string) bool {
	return (strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...")) && (len(line) == 3 || line[3] == ' ' || line[3] == '\t')
}

func (r *reader) documents() {
	begun, ended := false, false
	for !r.over() {
		line := r.lines[r.line]
		switch {
		case isEmpty(line):
			r.emptyLine()
		case isMarker(line):
			r.blocks, r.anchors, r.text, begun, ended = nil, map[string]bool{}, nil, line[0] == '-', line[0] == '.'
			r.pos = 3
			if isEmpty(r.rest()) {
				r.nextLine()
			} else {
				r.skipBlanks()
				r.value(-1)
			}
		case line[0] == '%' && !begun:
			if !strings.HasPrefix(line, "%YAML ") && !strings.HasPrefix(line, "%TAG ") {
				r.fail(r.here(), "a line that begins with % is a directive, and this one is unknown",
					"remove it, or put a text that begins with % in quotes")
			}
			r.nextLine()
		case ended:
			r.fail(r.here(), "a document begins here, behind the ... that ended the one before",
				"write --- on a line before it, or remove the ...")
		case begun && len(r.blocks) == 0 && r.text != nil:
			r.fail(*r.text, "this line is no key, no item of a list and no comment", "write KEY: VALUE, or begin a comment with #")
		default:
			begun = true
			r.entryLine()
		}
	}
	if r.tab != nil {
		r.badTab(*r.tab)
	}
}

func (r *reader) badTab(at mark) {
	r.fail(at, "a tab stands in the indentation, which is made of blanks only", "write blanks in place of the tab")
}

// indentation reads the blanks at the beginning of a line, and refuses tabs in them.
func (r *reader) indentation() (indent int, ok bool) {
	line := r.lines[r.line]
	indent = len(line) - len(strings.TrimLeft(line, " "))
	if line[indent] == '\t' {
		r.badTab(mark{r.line, indent})
		return 0, false
	}
	return indent, true
}

// entryLine reads a line at whose beginning an item of a list or a key stands, with all that belongs to its value.
func (r *reader) entryLine() {
	indent, ok := r.indentation()
	if !ok {
		return
	}
	r.pos = indent
	if r.lookalike(); r.over() {
		return
	}
	if len(r.blocks) == 0 {
		r.open(indent, -1)
		return
	}
	open := r.blocks
	for len(r.blocks) > 0 && r.blocks[len(r.blocks)-1].indent > indent {
		r.blocks = r.blocks[:len(r.blocks)-1]
	}
	if len(r.blocks) == 0 {
		r.misplaced(open, nil)
		return
	}
	top := r.blocks[len(r.blocks)-1]
	if top.indent < indent {
		r.misplaced(open, &top)
		return
	}
	isItem := opens(r.rest(), '-')
	if top.list && !isItem && len(r.blocks) > 1 && r.blocks[len(r.blocks)-2].indent == indent {
		r.blocks = r.blocks[:len(r.blocks)-1]
		top = r.blocks[len(r.blocks)-1]
	}
	switch {
	case top.list && !isItem && r.noDashBlank(r.line):
	case top.list && !isItem:
		r.fail(r.here(), fmt.Sprintf("an item of the list from line %d is wanted here, and this line begins with no -", top.line+1),
			fmt.Sprintf("begin it with \"- \", or indent it with %s if it belongs to the item above", plan.Counted(indent+2, "blank")))
	case !top.list && isItem:
		r.fail(r.here(), fmt.Sprintf("a key of the mapping from line %d is wanted here, and this line begins with -", top.line+1),
			"indent it deeper if it belongs to a list above, or remove the -")
	default:
		r.entry()
	}
}

// open begins a value that stands on a line of its own: a list, a mapping, or a text.
func (r *reader) open(indent, parent int) {
	r.pos = indent
	rest := r.rest()
	if opens(rest, '-') || keyEnd(rest) >= 0 {
		r.blocks = append(r.blocks, block{indent: indent, list: opens(rest, '-'), line: r.line})
		r.entry()
		return
	}
	if beginsComment(rest) {
		r.fail(r.here(), noComment, commentHint)
		return
	}
	if at := r.here(); parent < 0 {
		r.text = &at
	}
	r.value(parent)
}

// entry reads one item of a list or one key with its value. Items of items on one line open lists of their own.
func (r *reader) entry() {
	for !r.over() {
		column := r.pos
		rest := r.rest()
		if opens(rest, '?') {
			r.unsure = true
			return
		}
		if !opens(rest, '-') {
			r.keyed(column)
			return
		}
		r.pos++
		gap := r.here()
		r.skipBlanks()
		rest = r.rest()
		if isEmpty(rest) {
			r.below(column, false)
			return
		}
		if tab := strings.IndexByte(r.lines[r.line][gap.pos:r.pos], '\t'); tab >= 0 {
			r.fail(mark{r.line, gap.pos + tab}, "a tab stands behind the -, where it counts as indentation", "write a blank in place of the tab")
			return
		}
		if !opens(rest, '-') && keyEnd(rest) < 0 {
			r.value(column)
			return
		}
		r.blocks = append(r.blocks, block{indent: r.pos, list: opens(rest, '-'), line: r.line})
	}
}

// keyed reads a key and its value.
func (r *reader) keyed(column int) {
	rest := r.rest()
	end := keyEnd(rest)
	if end < 0 {
		r.noKey(rest)
		return
	}
	if end == 0 {
		r.fail(r.here(), "a colon stands here, and no key before it", "write KEY: VALUE")
		return
	}
	if !r.begins(rest) {
		return
	}
	if !r.properties() || strings.HasPrefix(r.rest(), "*") && !r.alias() {
		return
	}
	r.pos = column + end + 1
	r.skipBlanks()
	if isEmpty(r.rest()) {
		r.below(column, true)
		return
	}
	r.value(column)
}

// noKey refuses a line that should hold a key.
func (r *reader) noKey(rest string) {
	if !r.begins(rest) {
		return
	}
	at := r.here()
	if colon := strings.IndexByte(rest, ':'); colon > 0 && !strings.ContainsAny(rest[:colon], " \t\"'[{") {
		r.noBlank(mark{at.line, at.pos + colon})
		return
	}
	switch rest[0] {
	case '"', '\'':
		r.quotedScalar()
	case '[', '{':
		r.flow(at.pos - 1)
	}
	if beginsComment(rest) {
		r.fail(at, noComment, commentHint)
	}
	r.fail(at, "a key is wanted here, and the line has no colon with a blank behind it",
		"write KEY: VALUE, or indent the line deeper if it continues the text above")
}

func (r *reader) noBlank(colon mark) {
	hint := "write a blank behind the colon"
	if line := r.lines[colon.line]; r.mayQuote {
		start := strings.LastIndexAny(line[:colon.pos], " \t") + 1
		hint += ": " + shortPlain(line[start:colon.pos+1]+" "+strings.TrimSpace(line[colon.pos+1:]))
	}
	r.fail(colon, "no blank stands behind this colon, so that it does not end a key", hint)
}

// shortPlain cuts a text to a length that stays readable.
func shortPlain(text string) string {
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:60]) + "..."
	}
	return text
}

// below reads the value of a key or an item that stands on the lines below it. Parent is the column of the key or of the dash; the
// list of a key may stand in its own column.
func (r *reader) below(parent int, ofKey bool) {
	for r.nextLine(); r.line < len(r.lines) && isEmpty(r.lines[r.line]); r.emptyLine() {
	}
	if r.line >= len(r.lines) || isMarker(r.lines[r.line]) {
		return
	}
	indent, ok := r.indentation()
	if !ok {
		return
	}
	if indent > parent {
		r.open(indent, parent)
		return
	}
	if ofKey && indent == parent && opens(r.lines[r.line][indent:], '-') {
		r.open(indent, parent)
	}
}
