package schema

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agencyctl/agencyctl/plan"
)

// What is told of a comment in the form of other languages.
const (
	noComment   = "this is no comment in YAML, nor in JSON"
	commentHint = "begin the comment with #, on a line of its own"
)

// What is told of a text that is still to become a manifest.
const (
	asInTemplate = " stands here, as in a template that is not filled in"
	templateHint = "fill in the template, and give what comes out"
)

func beginsComment(text string) bool {
	return strings.HasPrefix(text, "//") || strings.HasPrefix(text, "/*")
}

// conflict finds the first line of a conflict that git left in a text.
func (r *reader) conflict() {
	for i, line := range r.lines {
		if strings.HasPrefix(line, "<<<<<<< ") {
			r.fail(mark{line: i}, "a conflict of a merge is not resolved here",
				"keep one of the two sides, and remove the lines that begin with <<<<<<<, ======= and >>>>>>>")
			return
		}
	}
}

// lookalike refuses a character that looks like a blank, or like nothing, where an item or a key is to begin.
func (r *reader) lookalike() {
	c, _ := utf8.DecodeRuneInString(r.rest())
	if c > unicode.MaxASCII && !plan.Visible(c) {
		r.fail(r.here(), fmt.Sprintf("the invisible character %U stands in the indentation, which is made of blanks only", c),
			"write a blank in place of each such character")
	}
}

// withoutDashBlank reports whether a text looks like an item whose dash has no blank behind it.
func withoutDashBlank(text string) bool {
	if len(text) < 2 || text[0] != '-' {
		return false
	}
	c, _ := utf8.DecodeRuneInString(text[1:])
	return unicode.IsLetter(c) || strings.ContainsRune("\"'{[", c)
}

// dashHint says what to write for such an item.
const dashHint = "write a blank behind the -"

// noDashBlank refuses such an item at the beginning of the line, if it is one.
func (r *reader) noDashBlank(line int) bool {
	text := r.lines[line]
	indent := len(text) - len(strings.TrimLeft(text, " "))
	if !withoutDashBlank(text[indent:]) {
		return false
	}
	r.fail(mark{line, indent}, "no blank stands behind this -, so that it does not begin an item", dashHint)
	return true
}

// misplaced refuses a line whose indentation is that of none of the lists and mappings that are open above it. Around is the one that
// it stands in, nil for none.
func (r *reader) misplaced(open []block, around *block) {
	deepest := open[len(open)-1]
	if r.noDashBlank(deepest.line) {
		return
	}
	if around != nil && *around == deepest {
		r.fail(r.here(), "this line is indented deeper than the one that it follows, which is complete",
			"indent it with "+around.words()+", or mend the line above")
		return
	}
	r.fail(r.here(), "this line is indented as no list or mapping above it", "indent it with "+nearIndent(open, r.pos, opens(r.rest(), '-')))
}

// nearIndent says how far the open list, for an item, or mapping, for a key, is indented that is nearest to a line; two where they are
// equally near.
func nearIndent(open []block, indent int, list bool) string {
	var words string
	nearest := -1
	for _, b := range open {
		distance := max(b.indent-indent, indent-b.indent)
		switch {
		case b.list != list || nearest >= 0 && distance > nearest:
		case distance == nearest:
			words += ", or with " + b.words()
		default:
			words, nearest = b.words(), distance
		}
	}
	return first(words, open[len(open)-1].words())
}

// keyInText refuses a key on a line that continues the text from start.
func (r *reader) keyInText(start mark, parent int, at mark, tab int) {
	text := r.lines[start.line][start.pos:]
	if r.noDashBlank(start.line) {
		return
	}
	if colon := strings.IndexByte(text, ':'); colon > 0 && !strings.ContainsAny(text[:colon], " \t\"'") {
		if !r.behindKey(start) {
			r.noBlank(mark{start.line, start.pos + colon})
			return
		}
	}
	if tab >= 0 {
		r.badTab(mark{at.line, tab})
		return
	}
	if !r.behindKey(start) {
		r.fail(start, "this text has no colon with a blank behind it, and a key follows it on line "+strconv.Itoa(at.line+1),
			"write KEY: VALUE")
		return
	}
	hint := "put the whole text in quotes"
	if parent >= 0 {
		hint = "indent it with " + plan.Counted(parent, "blank") + " as line " + strconv.Itoa(start.line+1) + ", or put the whole text in quotes"
		if indent := r.blocks[len(r.blocks)-1].indent; indent == parent && strings.HasPrefix(strings.TrimLeft(r.lines[start.line], " "), "-") {
			hint = "indent it with " + plan.Counted(parent, "blank") + ", so that it stands below the key of line " + strconv.Itoa(start.line+1)
		}
	}
	r.fail(at, "this key is indented deeper than the line above, whose value is complete", hint)
}
