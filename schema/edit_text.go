package schema

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/agencyctl/agencyctl/plan"
)

// surrounding says what a value stands in.
type surrounding struct {
	flow bool
	// column is that of the key of a mapping in block style; -1 in a list.
	column int
	// blocky is set where the mapping's values stand on lines of their own, whatever their length.
	blocky bool
}

var inList = surrounding{column: -1}

// valueOf returns what the value of a key stands in.
func valueOf(mapping, key *span, l *layout) surrounding {
	if mapping.isFlow() {
		return surrounding{flow: true}
	}
	return surrounding{column: key.start - l.begin(key.start), blocky: isBlocky(mapping)}
}

// isBlocky reports whether all that a value holds is in block style, and there is such a thing.
func isBlocky(s *span) bool {
	found := false
	for _, part := range s.parts {
		if len(part.parts) > 0 {
			if part.isFlow() || !isBlocky(part) && slices.ContainsFunc(part.parts, func(p *span) bool { return len(p.parts) > 0 }) {
				return false
			}
			found = true
		}
	}
	return found
}

// addition is what is added behind a unit of a list or mapping; -1 is in front of all.
type addition struct {
	after int
	// lines are its text, without the indent. In flow style it is one, without what separates it from others.
	lines []string
	// apart is set for what has a blank line before it.
	apart bool
	// pair is a mapping with nothing but the key that is added; nil for an item.
	pair *plan.Node
}

func (a addition) text() string { return strings.Join(a.lines, "\n") }

func (w *rewriter) newPair(s *span, pair plan.Pair, after int) addition {
	if after < 0 {
		after = 0
	}
	single := &plan.Node{Kind: plan.Map, Entries: []plan.Pair{pair}}
	if s.isFlow() {
		text := flowText(single, quotesOf(s.parts))
		return addition{after: after, lines: []string{strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}")}, pair: single}
	}
	return addition{after: after, lines: blockLines(single, isBlocky(s))}
}

func (w *rewriter) newItem(s *span, st step, after int, entries bool) addition {
	if s.isFlow() {
		return addition{after: after, lines: []string{flowText(st.node, quotesOf(s.parts))}}
	}
	isBlock := func(p *span) bool { return !p.isFlow() }
	if after >= 0 && len(st.comments) == 0 && !slices.ContainsFunc(s.parts, isBlock) {
		return addition{after: after, lines: []string{"- " + flowText(st.node, quotesOf(s.parts))}}
	}
	blocky := isBlocky(s)
	if entries {
		blocky = slices.ContainsFunc(s.parts, isBlocky)
	}
	a := addition{after: after, lines: itemLines(st, quotesOf(s.parts), blocky)}
	if entries {
		a.apart = len(s.parts) == 1 && len(a.lines) > 1
		for i := 1; i < len(s.parts); i++ {
			a.apart = a.apart || w.hasBlankLine(s.parts[i-1].end, s.parts[i].mark)
		}
	}
	return a
}

// hasBlankLine reports whether a blank line stands between two offsets.
func (w *rewriter) hasBlankLine(from, to int) bool {
	l := w.layout
	for at := l.next(from); at < l.begin(to); at = l.next(at) {
		if trimmed, _ := l.lineAt(at); trimmed == "" {
			return true
		}
	}
	return false
}

// itemLines are the lines of an item that is added to a list in block style, with the comments above it.
func itemLines(st step, quotes yaml.Style, blocky bool) []string {
	c := &fileWriter{lines: map[string][]int{}}
	c.comments("", st.comments)
	var lines []string
	if text := c.text.String(); text != "" {
		lines = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	}
	if st.node.Kind != plan.Map && st.node.Kind != plan.List {
		return append(lines, "- "+flowText(st.node, quotes))
	}
	return append(lines, blockLines(&plan.Node{Kind: plan.List, Items: []*plan.Node{st.node}}, blocky)...)
}

// blockLines are the lines of a list or mapping. Blocky are those of which nothing is written on one line.
func blockLines(n *plan.Node, blocky bool) []string {
	if !blocky {
		return encode(n)
	}
	tree, _, _ := yamlNode(n)
	eachNode(tree, func(t *yaml.Node) {
		if len(t.Content) > 0 {
			t.Style &^= yaml.FlowStyle
		}
	})
	return encodeNode(tree)
}

// flowText is a value on one line. Texts have the given quotes where they have any.
func flowText(n *plan.Node, quotes yaml.Style) string {
	tree, _, _ := yamlNode(n)
	if n.Kind == plan.Map || n.Kind == plan.List {
		tree.Style |= yaml.FlowStyle
	}
	eachNode(tree, func(t *yaml.Node) {
		if t.Kind == yaml.ScalarNode && t.Tag == "!!str" && quotes != 0 && !strings.ContainsAny(t.Value, "\r\n") {
			t.Style = quotes
		}
	})
	return strings.Join(encodeNode(tree), " ")
}

func eachNode(n *yaml.Node, do func(*yaml.Node)) {
	do(n)
	for _, child := range n.Content {
		eachNode(child, do)
	}
}

// quotesOf returns the quotes that all the texts among some values have; 0 where one has others, or there is none.
func quotesOf(parts []*span) (quotes yaml.Style) {
	for _, p := range parts {
		if p.node.Kind != yaml.ScalarNode || p.node.Tag != "!!str" {
			continue
		}
		q := p.node.Style & (yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle)
		if q == 0 || quotes != 0 && q != quotes {
			return 0
		}
		quotes = q
	}
	return quotes
}

// text returns the text with all cuts made.
func (w *rewriter) text() string {
	cuts := slices.Clone(w.cuts)
	slices.SortStableFunc(cuts, func(a, b cut) int { return a.start - b.start })
	newline := "\n"
	if first := strings.IndexByte(w.layout.text, '\n'); first > 0 && w.layout.text[first-1] == '\r' {
		newline = "\r\n"
	}
	var b strings.Builder
	at := 0 // what is before has been copied or left out
	for _, c := range cuts {
		if c.start > at {
			b.WriteString(w.layout.text[at:c.start])
			at = c.start
		}
		b.WriteString(strings.ReplaceAll(c.text, "\n", newline))
		at = max(at, c.end)
	}
	b.WriteString(w.layout.text[at:])
	return b.String()
}

// insertLines adds lines before the line that begins at an offset, or at the end of the text.
func (w *rewriter) insertLines(at int, indent int, lines []string) {
	var b strings.Builder
	for _, line := range lines {
		if line != "" {
			b.WriteString(strings.Repeat(" ", indent) + line)
		}
		b.WriteString("\n")
	}
	text := b.String()
	if at == len(w.layout.text) && at > w.layout.begin(at) {
		text = "\n" + strings.TrimSuffix(text, "\n")
	}
	w.cuts = append(w.cuts, cut{at, at, text})
}

// replace writes another value in the place of one.
func (w *rewriter) replace(s *span, now *plan.Node, in surrounding) {
	if in.column < 0 { // an item of a list
		w.cuts = append(w.cuts, cut{s.content, s.end, flowText(now, 0)})
		return
	}
	if s.mark < 0 {
		w.fail(whyUnproven)
		return
	}
	l, start := w.layout, s.content
	if l.line(s.start) != l.line(start) { // an anchor above the value, that nobody uses
		start = s.start
	}
	var quotes yaml.Style
	if s.node.Kind == yaml.ScalarNode && s.node.Tag == "!!str" {
		quotes = quotesOf([]*span{s})
	}
	text := flowText(now, quotes)
	if start == s.end && s.mark == start {
		text = " " + text // behind the colon
	}
	lines := linesBelow(now, in)
	switch onKeyLine := l.line(start) == l.line(s.mark); {
	case lines != nil:
		w.replaceByLines(s, "", in.column, lines)
	case onKeyLine:
		w.cuts = append(w.cuts, cut{start, s.end, text})
	default:
		w.cuts = append(w.cuts, cut{s.mark, s.mark, " " + text}, cut{l.next(s.mark), l.next(s.end), ""})
	}
}

// linesBelow are the lines of a value that stands below its key, in block style; nil for one that is written on one line.
func linesBelow(n *plan.Node, in surrounding) []string {
	tree, _, _ := yamlNode(n)
	if in.flow || in.column < 0 || len(tree.Content) == 0 || !in.blocky && tree.Style&yaml.FlowStyle != 0 {
		return nil
	}
	return blockLines(&plan.Node{Kind: plan.Map, Entries: []plan.Pair{{Key: "k", Value: n}}}, in.blocky)[1:]
}

// replaceByLines writes lines below a key in the place of its value. The anchor, with its &, stands behind the key; "" for none.
func (w *rewriter) replaceByLines(s *span, anchor string, indent int, lines []string) {
	l := w.layout
	if anchor != "" {
		anchor = " " + anchor
	}
	if l.line(s.start) == l.line(s.mark) {
		if strings.Trim(l.behind(s.end), " \t") == "" {
			w.cuts = append(w.cuts, cut{s.mark, l.end(s.end), anchor})
		} else {
			w.cuts = append(w.cuts, cut{s.mark, s.end, anchor})
		}
		w.insertLines(l.next(s.end), indent, lines)
		return
	}
	w.cuts = append(w.cuts, cut{s.mark, s.mark, anchor}, cut{l.next(s.mark), l.next(s.end), ""})
	w.insertLines(l.next(s.mark), indent, lines)
}

// refill makes the steps of a section of which no entry is left.
func (w *rewriter) refill(s *span, steps []step) {
	if s.mark < 0 {
		w.fail(whyUnproven)
		return
	}
	var list plan.Node
	list.Kind = plan.List
	var lines []string
	for _, st := range steps {
		if st.node == nil {
			continue
		}
		list.Items = append(list.Items, st.node)
		added := itemLines(st, 0, false)
		if len(lines) > 0 && len(added) > 1 {
			lines = append(lines, "")
		}
		lines = append(lines, added...)
	}
	column := len(w.layout.before(s.mark)) - len(strings.TrimLeft(w.layout.before(s.mark), " "))
	switch isFlow := strings.HasPrefix(w.layout.text[s.content:], "["); {
	case len(s.parts) > 0 && !isFlow: // comments between the entries stay
		removed := make([]bool, len(s.parts))
		for i := range removed {
			removed[i] = true
		}
		if len(lines) == 0 {
			w.cuts = append(w.cuts, cut{s.mark, s.mark, " []"})
		} else {
			w.insertLines(w.layout.next(s.end), column+2, lines)
		}
		w.units(s, unitsOfList(s), removed, nil)
	case len(lines) > 0 && !w.isInFlow(s):
		w.replaceByLines(s, "", column+2, lines)
	default:
		w.replace(s, &list, surrounding{flow: true})
	}
}

// isInFlow reports whether a section stands in a document in flow style.
func (w *rewriter) isInFlow(s *span) bool {
	return slices.ContainsFunc(w.documents, func(d *editableDocument) bool {
		return d.root != nil && d.root.isFlow() && slices.Contains(d.root.parts, s)
	})
}

// addSection adds a section at the end of a document: a list of entries, or a mapping.
func (w *rewriter) addSection(d *editableDocument, name string, value *plan.Node) {
	root := d.root
	if root == nil || root.node.Kind != yaml.MappingNode || len(root.parts) == 0 {
		w.fail(whyUnproven)
		return
	}
	last := len(root.parts)/2 - 1
	pair := w.newPair(root, plan.Pair{Key: name, Value: value}, last)
	if pair.apart = !root.isFlow(); pair.apart && value.Kind == plan.List {
		pair.lines = []string{name + ":"}
		for k, i := range w.added[d][name] {
			lines := itemLines(step{node: w.edits[i].Node, comments: w.edits[i].Comments}, 0, false)
			if k > 0 && len(lines) > 1 {
				pair.lines = append(pair.lines, "")
			}
			for _, line := range lines {
				pair.lines = append(pair.lines, "  "+line)
			}
		}
	}
	w.units(root, unitsOfMapping(root), make([]bool, last+1), []addition{pair})
}
