package schema

import (
	"sort"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// layout finds offsets in the text of a YAML file. Lines end where the YAML parser ends them.
type layout struct {
	text string
	// lines are the offsets at which lines begin.
	lines []int
}

func newLayout(text string) *layout {
	l := &layout{text: text, lines: []int{0}}
	for i := 0; i < len(text); {
		if n := lineBreak(text[i:]); n > 0 {
			i += n
			l.lines = append(l.lines, i)
			continue
		}
		i++
	}
	return l
}

// lineBreak returns how many bytes the line break takes that a text begins with; 0 for none.
func lineBreak(text string) int {
	switch {
	case strings.HasPrefix(text, "\r\n"):
		return 2
	case strings.HasPrefix(text, "\n"), strings.HasPrefix(text, "\r"):
		return 1
	case strings.HasPrefix(text, "\u2028"), strings.HasPrefix(text, "\u2029"):
		return 3
	}
	return 0
}

// offset returns where a place of the text is; false for a place that it does not have.
func (l *layout) offset(line, column int) (int, bool) {
	if line < 1 || line > len(l.lines) || column < 1 {
		return 0, false
	}
	at := l.lines[line-1]
	for range column - 1 {
		if at >= len(l.text) {
			return 0, false
		}
		_, size := utf8.DecodeRuneInString(l.text[at:])
		at += size
	}
	return at, true
}

// line returns the index of the line that an offset is in.
func (l *layout) line(at int) int { return sort.SearchInts(l.lines, at+1) - 1 }

// begin returns where the line of an offset begins, next where the line after it does, and end where its text ends.
func (l *layout) begin(at int) int { return l.lines[l.line(at)] }

func (l *layout) next(at int) int {
	if i := l.line(at) + 1; i < len(l.lines) {
		return l.lines[i]
	}
	return len(l.text)
}

func (l *layout) end(at int) int {
	for at < len(l.text) && lineBreak(l.text[at:]) == 0 {
		at++
	}
	return at
}

// lineAt returns the text of the line that begins at an offset, without blanks around it, and how many blanks it begins with.
func (l *layout) lineAt(begin int) (trimmed string, indent int) {
	line := l.text[begin:l.end(begin)]
	return strings.Trim(line, " \t"), len(line) - len(strings.TrimLeft(line, " "))
}

// before returns the text of a line in front of an offset.
func (l *layout) before(at int) string { return l.text[l.begin(at):at] }

// behind returns the text of a line from an offset on.
func (l *layout) behind(at int) string { return l.text[at:l.end(at)] }

// skip returns the first offset that is neither blank, line break nor comment.
func (l *layout) skip(at int) int {
	for at < len(l.text) {
		switch n := lineBreak(l.text[at:]); {
		case n > 0:
			at += n
		case l.text[at] == ' ' || l.text[at] == '\t':
			at++
		case l.text[at] == '#':
			at = l.end(at)
		default:
			return at
		}
	}
	return at
}

// span is where a value stands: with its anchor and tag from start, without them from content.
type span struct {
	node                *yaml.Node
	start, content, end int
	// parts are the items of a list; of a mapping they are its keys and values in turn.
	parts []*span
	// mark is, for an item of a list in block style, where its dash is, and for the value of a mapping, where the text behind the colon
	// begins. It is -1 where there is none.
	mark int
}

func (s *span) isFlow() bool { return s.node.Style&yaml.FlowStyle != 0 }

// measure returns the spans of a value and all inside it; nil where the text is not as expected. Indent is that of the collection around.
func (l *layout) measure(n *yaml.Node, indent int) *span {
	start, known := l.offset(n.Line, n.Column)
	if !known {
		return nil
	}
	s := &span{node: n, start: start, mark: -1}
	if n.Kind == yaml.AliasNode {
		s.content, s.end = start, start+len("*")+len(n.Value)
		return l.checked(s, strings.HasPrefix(l.text[start:], "*"+n.Value))
	}
	s.content = l.behindProperties(start)
	switch {
	case len(n.Content) > 0 && !s.isFlow():
		return l.measureBlock(s)
	case n.Kind == yaml.MappingNode:
		return l.measureFlow(s, "{", "}")
	case n.Kind == yaml.SequenceNode:
		return l.measureFlow(s, "[", "]")
	}
	return l.measureScalar(s, indent)
}

// checked returns a span if it is as expected.
func (l *layout) checked(s *span, is bool) *span {
	if !is || s.start > s.content || s.content > s.end || s.end > len(l.text) {
		return nil
	}
	return s
}

// behindProperties returns where a value begins that an anchor or a tag may stand before.
func (l *layout) behindProperties(at int) int {
	for at < len(l.text) && (l.text[at] == '&' || l.text[at] == '!') {
		for at < len(l.text) && !strings.ContainsRune(" \t\r\n,]}", rune(l.text[at])) {
			at++
		}
		behind := at
		if at = l.skip(at); at == len(l.text) || strings.ContainsRune(",]}", rune(l.text[at])) {
			return behind // of nothing
		}
	}
	return at
}

func (l *layout) measureBlock(s *span) *span {
	isMap := s.node.Kind == yaml.MappingNode
	for i, child := range s.node.Content {
		indent, dash := s.node.Content[0].Column-1, -1
		if !isMap {
			if at, known := l.offset(child.Line, child.Column); known {
				dash = l.dash(at)
			}
			if dash < 0 {
				return nil
			}
			indent = dash - l.begin(dash)
		}
		part := l.measure(child, indent)
		if isMap && i%2 == 1 {
			part = l.measureValue(s.parts[i-1], part, child)
		}
		if part == nil {
			return nil
		}
		if !isMap {
			part.mark = dash
			if child.Kind == yaml.ScalarNode && child.Value == "" && child.Tag == "!!null" {
				part.start, part.content, part.end = part.mark+1, part.mark+1, part.mark+1
			}
		}
		s.parts = append(s.parts, part)
	}
	s.content, s.end = s.parts[0].start, s.parts[len(s.parts)-1].end
	if !isMap {
		s.content = s.parts[0].mark
	}
	return l.checked(s, true)
}

// measureValue completes the span of a mapping's value with where it is behind the colon. Nothing written is where the colon is.
func (l *layout) measureValue(key, value *span, n *yaml.Node) *span {
	colon := l.skip(key.end)
	has := colon < len(l.text) && l.text[colon] == ':'
	if n.Kind == yaml.ScalarNode && n.Value == "" && n.Tag == "!!null" && n.Anchor == "" {
		at := key.end
		if has {
			at = colon + 1
		}
		value = &span{node: n, start: at, content: at, end: at}
	}
	if value == nil {
		return nil
	}
	if value.mark = -1; has {
		value.mark = colon + 1
	}
	return value
}

// dash returns where the dash of an item stands; -1 where it is not found.
func (l *layout) dash(item int) int {
	for begin, to := l.begin(item), item; ; {
		line := strings.TrimRight(l.text[begin:to], " \t\r\n")
		if dash := strings.LastIndexByte(line, '-'); dash >= 0 && dash == len(line)-1 && strings.Trim(line, " -") == "" {
			return begin + dash
		}
		if line != "" && strings.TrimLeft(line, " ")[0] != '#' || begin == 0 {
			return -1
		}
		to = begin
		begin = l.begin(begin - 1)
		if comment := strings.Index(l.text[begin:to], " #"); comment >= 0 && strings.Trim(l.text[begin:begin+comment], " ") != "" {
			to = begin + comment // a comment behind the dash
		}
	}
}

func (l *layout) measureFlow(s *span, open, closing string) *span {
	if !strings.HasPrefix(l.text[s.content:], open) {
		return nil // a mapping without braces, in a list
	}
	at := s.content + 1
	for i, child := range s.node.Content {
		part := l.measure(child, 0)
		if s.node.Kind == yaml.MappingNode && i%2 == 1 {
			part = l.measureValue(s.parts[i-1], part, child)
		}
		if part == nil || part.start < at {
			return nil
		}
		at = max(part.end, part.mark)
		s.parts = append(s.parts, part)
	}
	at = l.skip(at)
	if strings.HasPrefix(l.text[at:], ",") {
		at = l.skip(at + 1)
	}
	s.end = at + len(closing)
	return l.checked(s, strings.HasPrefix(l.text[at:], closing))
}

func (l *layout) measureScalar(s *span, indent int) *span {
	text := l.text[s.content:]
	switch s.node.Style &^ yaml.TaggedStyle {
	case yaml.DoubleQuotedStyle:
		i := 1
		for i < len(text) && text[i] != '"' {
			if text[i] == '\\' {
				i++
			}
			i++
		}
		s.end = s.content + i + 1
		return l.checked(s, strings.HasPrefix(text, `"`))
	case yaml.SingleQuotedStyle:
		i := 1
		for i < len(text) && (text[i] != '\'' || strings.HasPrefix(text[i:], "''")) {
			if text[i] == '\'' {
				i++
			}
			i++
		}
		s.end = s.content + i + 1
		return l.checked(s, strings.HasPrefix(text, "'"))
	case yaml.LiteralStyle, yaml.FoldedStyle:
		s.end = l.endOfLiteral(s.content, indent)
		return l.checked(s, strings.HasPrefix(text, "|") || strings.HasPrefix(text, ">"))
	}
	length, is := plainLength(text, s.node.Value)
	s.end = s.content + length
	return l.checked(s, is)
}

// endOfLiteral returns where the text of a value ends whose lines are taken as they are. Indent is that of the collection around.
func (l *layout) endOfLiteral(header, indent int) int {
	end, least := l.end(header), 0
	if i := strings.IndexAny(l.text[header:min(header+3, end)], "123456789"); i >= 0 {
		least = indent + int(l.text[header+i]-'0')
	}
	for at := l.next(header); at < len(l.text); at = l.next(at) {
		trimmed, spaces := l.lineAt(at)
		if trimmed == "" {
			continue
		}
		if least == 0 {
			least = max(spaces, indent+1)
		}
		if spaces < least {
			break
		}
		end = l.end(at)
	}
	return end
}

// plainLength returns how many bytes of a text spell a value that is not in quotes. Blanks and line ends of the two differ.
func plainLength(text, value string) (length int, is bool) {
	const blank = " \t\r\n\u2028\u2029"
	at := 0
	for value != "" {
		if rest := strings.TrimLeft(value, blank); len(rest) < len(value) {
			trimmed := strings.TrimLeft(text[at:], blank)
			if len(trimmed) == len(text[at:]) {
				return 0, false
			}
			value, at = rest, len(text)-len(trimmed)
			continue
		}
		if at >= len(text) || text[at] != value[0] {
			return 0, false
		}
		value, at = value[1:], at+1
	}
	return at, true
}
