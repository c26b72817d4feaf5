package schema

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// keyEnd returns where in a text the colon stands that ends a key at its beginning; -1 where the text begins with no key. A key that
// is a list or a mapping is not looked for.
func keyEnd(text string) int {
	i := 0
	for i < len(text) && (text[i] == '&' || text[i] == '!') { // an anchor or a tag
		end := strings.IndexAny(text[i:], " \t")
		if end < 0 {
			return -1
		}
		i += end
		i += blanks(text[i:])
	}
	if i >= len(text) {
		return -1
	}
	switch quote := text[i]; quote {
	case '"', '\'':
		end := closing(text[i:])
		if end < 0 {
			return -1
		}
		i += end
		i += blanks(text[i:])
		if i < len(text) && text[i] == ':' && (i+1 == len(text) || text[i+1] == ' ' || text[i+1] == '\t') {
			return i
		}
		return -1
	case '[', '{', '#', '|', '>':
		return -1
	}
	return colonIn(text, i)
}

// colonIn returns where the first colon stands that a blank or the end of the line follows, outside a comment; -1 where none does.
func colonIn(text string, from int) int {
	for i := from; i < len(text); i++ {
		switch {
		case text[i] == '#' && i > 0 && (text[i-1] == ' ' || text[i-1] == '\t'):
			return -1
		case opens(text[i:], ':'):
			return i
		}
	}
	return -1
}

// closing returns the length of a text in quotes at the beginning of a line's rest; -1 where it does not end there.
func closing(text string) int {
	quote := text[0]
	for i := 1; i < len(text); i++ {
		switch {
		case quote == '"' && text[i] == '\\':
			i++
		case text[i] == quote && quote == '\'' && i+1 < len(text) && text[i+1] == '\'':
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return -1
}

var blockHeader = regexp.MustCompile(`^[|>]([+-]?[1-9]?|[1-9][+-])(?:[ \t]+(?:#.*)?)?$`)

// value reads a value that begins on this line, behind a key or a dash in the column parent, or on a line of its own.
func (r *reader) value(parent int) {
	if !r.properties() {
		return
	}
	rest := r.rest()
	if isEmpty(rest) {
		r.below(parent, true)
		return
	}
	if !r.begins(rest) {
		return
	}
	start := r.here()
	switch rest[0] {
	case '*':
		if r.alias() {
			r.end(start, "an alias")
		}
	case '"', '\'':
		if r.quotedScalar() {
			r.end(start, "the closing quote")
		}
	case '[', '{':
		if r.flow(parent) {
			r.end(start, "the closing bracket")
		}
	case '|', '>':
		r.blockScalar(parent)
	default:
		r.plainScalar(parent)
	}
}

// begins refuses characters that cannot stand at the beginning of a key or a value.
func (r *reader) begins(rest string) bool {
	at := r.here()
	switch c := rest[0]; {
	case c == '@' || c == '`' || c == '%':
		end := len(rest)
		if colon := keyEnd(rest); colon >= 0 {
			end = colon
		}
		r.fail(at, "a text cannot begin with "+string(c)+" in YAML", r.inQuotes(rest[:end]))
	case c == ']' || c == '}':
		r.fail(at, string(c)+" closes a bracket, and none is open", "remove it, or put a text that begins with it in quotes")
	case c == ',':
		r.fail(at, "a comma stands in place of a value", "remove it, or put a text that begins with it in quotes")
	case opens(rest, '-') && r.behindKey(at):
		r.fail(at, "a list with - stands on the line of its key", "write the list on the lines below the key, or in brackets: [ITEM, ITEM]")
	case opens(rest, '?'):
		r.unsure = true
	default:
		return true
	}
	return false
}

// behindKey reports whether something other than blanks and dashes stands before the place on its line.
func (r *reader) behindKey(at mark) bool {
	return strings.Trim(r.lines[at.line][:at.pos], " \t-") != ""
}

// tagForm is the form of tags that need no directive.
var tagForm = regexp.MustCompile(`^!(?:!?[0-9A-Za-z_;/?:@&=+$.~*'()%-]+|<[0-9A-Za-z_;/?:@&=+$.~*'()!,%-]+>)?$`)

// properties reads anchors and tags before a value.
func (r *reader) properties() bool {
	for {
		rest := r.rest()
		switch {
		case strings.HasPrefix(rest, "&"):
			if !r.anchor() {
				return false
			}
		case strings.HasPrefix(rest, "!"):
			end := strings.IndexAny(rest+" ", " \t")
			tag := rest[:end]
			if !tagForm.MatchString(tag) {
				r.fail(r.here(), "this begins a tag that is not known", "put a text that begins with ! in quotes")
				return false
			}
			r.pos += end
		default:
			return true
		}
		r.skipBlanks()
	}
}

var anchorName = regexp.MustCompile(`^[0-9A-Za-z_-]+`)

// anchor reads the definition of an anchor.
func (r *reader) anchor() bool {
	name := anchorName.FindString(r.rest()[1:])
	if after := r.rest()[1+len(name):]; name == "" || after != "" && !strings.ContainsRune(" \t,]}:", rune(after[0])) {
		r.fail(r.here(), "& begins an anchor, and no name of one follows", "put a text that begins with & in quotes")
		return false
	}
	r.anchors[name] = true
	r.pos += 1 + len(name)
	return true
}

// alias reads the use of an anchor.
func (r *reader) alias() bool {
	at := r.here()
	name := anchorName.FindString(r.rest()[1:])
	hint := "put a text that begins with * in quotes"
	switch after := r.rest()[1+len(name):]; {
	case name == "" || after != "" && !strings.ContainsRune(" \t,]}:", rune(after[0])):
		r.fail(at, "* begins an alias, and no name of an anchor follows", hint)
		return false
	case !r.anchors[name] && !r.mayQuote:
		r.fail(at, "* begins an alias, and no anchor has this name", hint)
		return false
	case !r.anchors[name]:
		r.fail(at, "the alias *"+name+" is used, and nothing above has the anchor &"+name, hint+", or define the anchor above with &"+name)
		return false
	}
	r.pos += 1 + len(name)
	return true
}

// end refuses what follows a value on its line, and goes to the next line.
func (r *reader) end(start mark, after string) {
	rest := r.rest()
	if isEmpty(rest) {
		r.nextLine()
		return
	}
	if r.line > start.line && after == "the closing quote" {
		r.openQuote(start)
		return
	}
	r.skipBlanks()
	hint := "remove it, or put the whole text in quotes"
	switch rest = r.rest(); {
	case rest[0] == ':' && after != "an alias":
		hint = "write a key and its value on a line of their own"
	case after == "the closing quote":
		hint = quoteInside[r.lines[start.line][start.pos]]
	case rest[0] == ']' || rest[0] == '}':
		hint = "remove it: no such bracket is open"
	}
	r.fail(r.here(), "something stands behind "+after+", where the value ends", hint)
}

// quoteInside is how a quote is written inside a text in such quotes.
var quoteInside = map[byte]string{'\'': "write a quote inside such a text twice: ''", '"': `write a quote inside such a text as \"`}

func (r *reader) openQuote(start mark) {
	quote := string(r.lines[start.line][start.pos])
	r.fail(start, "the quote "+quote+" that opens here is not closed on its line", "write "+quote+" at the end of the text")
}

// quotedScalar reads a text in quotes, over several lines too.
func (r *reader) quotedScalar() bool {
	start := r.here()
	quote := r.lines[r.line][r.pos]
	r.pos++
	for {
		line := r.lines[r.line]
		for r.pos < len(line) {
			switch c := line[r.pos]; {
			case c == '\\' && quote == '"':
				size := escapeSize(line[r.pos+1:])
				if size < 0 {
					r.fail(r.here(), `\ begins an escape in a text with ", and this one is unknown`,
						`write \\ for a backslash, or put the text in single quotes`)
					return false
				}
				r.pos += 1 + size
			case c == quote && quote == '\'' && strings.HasPrefix(line[r.pos:], "''"):
				r.pos += 2
			case c == quote:
				r.pos++
				return true
			default:
				r.pos++
			}
		}
		r.nextLine()
		if r.line >= len(r.lines) || isMarker(r.lines[r.line]) {
			r.openQuote(start)
			return false
		}
	}
}

// escapeSize returns how many bytes follow the backslash of an escape; -1 for an unknown one.
func escapeSize(text string) int {
	if text == "" { // the end of the line
		return 0
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[text[0]]
	if digits == 0 {
		if strings.IndexByte("0abt\tnvfre \"'/\\N_LP", text[0]) < 0 {
			return -1
		}
		return 1
	}
	if len(text) < 1+digits {
		return -1
	}
	code, err := strconv.ParseUint(text[1:1+digits], 16, 32)
	if err != nil || code > utf8.MaxRune || 0xd800 <= code && code <= 0xdfff {
		return -1
	}
	return 1 + digits
}

// plainScalar reads a text without quotes, and the lines that continue it.
func (r *reader) plainScalar(parent int) {
	start := r.here()
	rest := r.rest()
	if colon := colonIn(rest, 0); colon >= 0 {
		r.fail(mark{r.line, r.pos + colon}, "a colon with a blank behind it stands inside a text", r.inQuotes(rest))
		return
	}
	commented := hasComment(rest)
	for r.nextLine(); r.line < len(r.lines); r.nextLine() {
		line := r.lines[r.line]
		if strings.TrimLeft(line, " \t") == "" {
			r.noteTab()
			continue
		}
		indent := blanks(line)
		if isMarker(line) || line[indent] == '#' {
			return
		}
		tab := strings.IndexByte(line[:indent], '\t')
		if tab >= 0 && tab <= parent {
			r.badTab(mark{r.line, tab})
			return
		}
		if indent <= parent || commented {
			return
		}
		if colonIn(line, indent) >= 0 {
			r.keyInText(start, parent, mark{r.line, indent}, tab)
			return
		}
		commented = hasComment(line)
	}
}

func hasComment(text string) bool {
	return strings.Contains(text, " #") || strings.Contains(text, "\t#")
}

// blockScalar reads a text that stands below a | or a >.
func (r *reader) blockScalar(parent int) {
	header := r.rest()
	m := blockHeader.FindStringSubmatch(header)
	if m == nil {
		i := 1 + blanks(header[1:])
		if i >= len(header) {
			i = 1
		}
		r.fail(mark{r.line, r.pos + i}, "something stands behind the "+header[:1]+", which begins a text on the lines below",
			"write the text on the next line, indented deeper, or put a text that begins with "+header[:1]+" in quotes")
		return
	}
	indent := 0
	if i := strings.IndexAny(m[1], "123456789"); i >= 0 {
		indent = max(parent, 0) + int(m[1][i]-'0')
	}
	for r.nextLine(); r.line < len(r.lines); r.nextLine() {
		line := r.lines[r.line]
		own := len(line) - len(strings.TrimLeft(line, " "))
		if own == len(line) { // a line of blanks makes the text deeper, as the parser sees it
			continue
		}
		if indent == 0 {
			if own <= parent && line[own] == '\t' {
				r.badTab(mark{r.line, own})
				return
			}
			if own <= parent {
				return
			}
			indent = own
		}
		if own < indent || isMarker(line) {
			return
		}
	}
}
