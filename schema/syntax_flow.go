package schema

import (
	"regexp"
	"strings"
)

// bracket is a list or a mapping in brackets that is open.
type bracket struct {
	at mark
	// items is set once it holds something; filled when a value stands behind the last comma; paired when that has a colon.
	items, filled, paired bool
	// valued is set when a value stands behind the colon.
	valued bool
}

// keyLine is how a line begins that is meant for no bracket.
var keyLine = regexp.MustCompile(`^(?:- |-$|[A-Za-z][A-Za-z0-9_.-]*:(?:\s|$))`)

// flow reads a list or a mapping in brackets, over several lines too. Parent is the column of the key or dash before it.
func (r *reader) flow(parent int) bool {
	var open []bracket
	// unclosed is the bracket that was open where a line looked like one of the list or mapping around it.
	var unclosed *bracket
	fail := func(at mark, detail, hint string) {
		if unclosed != nil {
			r.openBracket(*unclosed)
			return
		}
		r.fail(at, detail, hint)
	}
	for {
		if r.skipFlowBlanks(parent, open, &unclosed); r.line >= len(r.lines) || isMarker(r.lines[r.line]) && r.pos == 0 {
			if unclosed == nil {
				unclosed = &open[len(open)-1]
			}
			r.openBracket(*unclosed)
			return false
		}
		at, rest := r.here(), r.rest()
		c := rest[0]
		var top *bracket
		if len(open) > 0 {
			top = &open[len(open)-1]
		}
		if top != nil && (c == '[' || c == '{' || c == '"' || c == '\'') && top.complete() {
			fail(at, "no comma stands between two items", "write a comma before this one")
			return false
		}
		switch {
		case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "{%"):
			fail(at, rest[:2]+asInTemplate, templateHint)
			return false
		case c == '[' || c == '{':
			if top != nil {
				top.take()
			}
			open = append(open, bracket{at: at})
			r.pos++
		case c == ']' || c == '}':
			opener := r.lines[top.at.line][top.at.pos]
			if (c == ']') != (opener == '[') {
				fail(at, string(c)+" does not close "+string(opener)+" from "+r.place(top.at),
					"write "+string(map[byte]byte{'[': ']', '{': '}'}[opener])+" before it, or in its place")
				return false
			}
			r.pos++
			if open = open[:len(open)-1]; len(open) == 0 {
				return true
			}
		case c == ',':
			if !top.filled {
				fail(at, "nothing stands before this comma", "remove the comma")
				return false
			}
			top.filled, top.paired, top.valued = false, false, false
			r.pos++
		case c == ':':
			if !top.filled {
				fail(at, "a colon stands here, and no key before it", "write KEY: VALUE, or put a text that begins with a colon in quotes")
				return false
			}
			if top.paired {
				fail(at, "a second colon stands in one item", "write a comma between two items, or put a text with a colon in quotes")
				return false
			}
			top.items, top.filled, top.paired = true, true, true
			r.pos++
		case c == '"' || c == '\'':
			top.take()
			if !r.quotedScalar() {
				if unclosed != nil && !r.unsure {
					r.found = nil
					r.openBracket(*unclosed)
				}
				return false
			}
			if r.line > at.line && r.rest() != "" && !strings.ContainsRune(" \t,]}:", rune(r.rest()[0])) {
				r.openQuote(at)
				return false
			}
		case c == '&':
			if !r.anchor() {
				return false
			}
		case c == '!':
			if !r.properties() {
				return false
			}
		case c == '*':
			if !r.alias() {
				return false
			}
			top.take()
		case opens(rest, '-'):
			fail(at, "a list item with - stands inside brackets", "write the items of a list in brackets with commas between them")
			return false
		case opens(rest, '?'):
			r.unsure = true
			return false
		case strings.IndexByte("@`%|>", c) >= 0:
			end := strings.IndexAny(rest+",", ",]}")
			fail(at, "a text cannot begin with "+string(c)+" here", r.inQuotes(rest[:end]))
			return false
		default:
			if top.complete() {
				if quote := quoteInside[r.lines[at.line][max(at.pos-1, 0)]]; quote != "" {
					fail(at, "something stands behind the closing quote, where the value ends", quote)
					return false
				}
				fail(at, "no comma stands between two items", "write a comma before this one")
				return false
			}
			if !r.flowText(parent, top, open, &unclosed, fail) {
				return false
			}
			top.take()
		}
	}
}

// complete reports whether nothing but a comma, a colon or the end may follow.
func (b *bracket) complete() bool { return b.filled && (!b.paired || b.valued) }

// take notes that a value was read.
func (b *bracket) take() {
	if b.paired {
		b.valued = true
	}
	b.items, b.filled = true, true
}

func endsFlowKey(rest string) bool { return rest == "" || strings.IndexByte(" \t,[]{}", rest[0]) >= 0 }

// flowText reads a text without quotes inside brackets. It may go on over lines, and then is no key.
func (r *reader) flowText(parent int, top *bracket, open []bracket, unclosed **bracket, fail func(mark, string, string)) bool {
	start := r.here()
	for {
		rest := r.rest()
		i := 0
		for i < len(rest) && strings.IndexByte(",[]{}", rest[i]) < 0 && !(rest[i] == ':' && endsFlowKey(rest[i+1:])) &&
			!(rest[i] == '#' && i > 0 && (rest[i-1] == ' ' || rest[i-1] == '\t')) {
			i++
		}
		r.pos += i
		if i < len(rest) {
			break
		}
		if r.skipFlowBlanks(parent, open, unclosed); r.line >= len(r.lines) || isMarker(r.lines[r.line]) && r.pos == 0 {
			return true // the bracket is reported as open
		}
		if next := r.rest(); strings.IndexByte(",[]{}:", next[0]) >= 0 {
			break
		}
	}
	rest := r.rest()
	if rest == "" || rest[0] != ':' {
		if rest != "" && (rest[0] == '[' || rest[0] == '{') {
			fail(r.here(), "no comma stands between two items", "write a comma before this one, or put a text with brackets in quotes")
			return false
		}
		return true
	}
	if strings.HasPrefix(rest, ":[") || strings.HasPrefix(rest, ":{") {
		fail(r.here(), "no blank stands behind this colon, so that it does not end a key", "write a blank behind the colon")
		return false
	}
	if beginsComment(r.lines[start.line][start.pos:]) {
		fail(start, noComment, commentHint)
		return false
	}
	if r.line > start.line {
		fail(start, "no comma stands behind this text, and a key follows on a line below", "write a comma between two items")
		return false
	}
	if top.paired {
		text := r.lines[start.line][start.pos:r.pos]
		at := start
		if i := strings.LastIndexAny(strings.TrimRight(text, " \t"), " \t"); i >= 0 {
			at.pos += i + 1
		} else {
			at = r.here()
		}
		fail(at, "a second key stands in one item", "write a comma before it, or put a text with a colon in quotes")
		return false
	}
	return true
}

// skipFlowBlanks goes over blanks, comments and ends of lines inside brackets. It notes the bracket that is open where a line looks like
// one of the list or mapping around the brackets.
func (r *reader) skipFlowBlanks(parent int, open []bracket, unclosed **bracket) {
	for r.line < len(r.lines) {
		if r.pos == 0 && isMarker(r.lines[r.line]) {
			return
		}
		r.skipBlanks()
		rest := r.rest()
		if rest != "" && rest[0] != '#' {
			return
		}
		r.nextLine()
		if r.line < len(r.lines) && *unclosed == nil && len(open) > 0 {
			line := r.lines[r.line]
			indent := len(line) - len(strings.TrimLeft(line, " "))
			if indent <= parent && keyLine.MatchString(line[indent:]) {
				last := open[len(open)-1]
				*unclosed = &last
			}
		}
	}
}

func (r *reader) openBracket(b bracket) {
	opener := r.lines[b.at.line][b.at.pos]
	closer := string(map[byte]byte{'[': ']', '{': '}'}[opener])
	r.fail(b.at, "the bracket "+string(opener)+" that opens here is not closed", "write "+closer+" where it ends")
}
