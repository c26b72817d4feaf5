package render

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// The limits of Mermaid as forges and editors run it: a text that is longer, or has more edges, is not drawn at all.
const (
	mermaidEdges      = 500
	mermaidCharacters = 50_000
)

// writeMermaid is the format "mermaid", a flow chart that forges draw in comments and pages. Where its limits leave no room for
// everything, rows that are alike are drawn as one, and what is still too much is counted: what changes and administrators come first.
func writeMermaid(w io.Writer, r Report, _ Options) error {
	var pictures []*picture
	for i := range r.Accounts {
		pictures = append(pictures, pictureOf(r.Kind, &r.Accounts[i]))
	}
	failure := ""
	if r.Failure != nil {
		failure = r.Failure.message()
	}
	text := mermaidText(pictures, nil, failure, mermaidWhole)
	if !mermaidFits(text) {
		for _, p := range pictures {
			p.grouped()
		}
		text = mermaidText(pictures, nil, failure, mermaidWhole)
	}
	if !mermaidFits(text) {
		for i, p := range pictures {
			pictures[i] = p.merged()
		}
		text = mermaidText(pictures, nil, failure, mermaidWhole)
	}
	if !mermaidFits(text) {
		text = mermaidCut(pictures, failure)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// mermaidWhole is a length that cuts no note.
const mermaidWhole = 1 << 30

func mermaidFits(m *mermaidWriter) bool {
	return m.edges <= mermaidEdges && m.characters() <= mermaidCharacters
}

// mermaidCut returns the chart of the most rows that fit, and the shorter notes the less room there is.
func mermaidCut(pictures []*picture, failure string) *mermaidWriter {
	type numbered struct{ picture, row, weight int }
	var all []numbered
	for i, p := range pictures {
		for k := range p.rows {
			all = append(all, numbered{i, k, p.rows[k].weight()})
		}
	}
	slices.SortStableFunc(all, func(x, y numbered) int { return cmp.Compare(y.weight, x.weight) })
	var best *mermaidWriter
	for _, notes := range []int{400, 100} {
		low, high := 0, len(all)
		for low <= high {
			n := (low + high) / 2
			shown := map[[2]int]bool{}
			for _, a := range all[:n] {
				shown[[2]int{a.picture, a.row}] = true
			}
			m := mermaidText(pictures, func(picture, row int) bool { return shown[[2]int{picture, row}] }, failure, notes)
			if mermaidFits(m) {
				best, low = m, n+1
			} else {
				high = n - 1
			}
		}
		if best != nil {
			return best
		}
	}
	m := &mermaidWriter{}
	m.line("flowchart LR")
	text := fmt.Sprintf("Nothing of %s fits into the limits of Mermaid: use another format", plan.Counted(len(pictures), "account"))
	m.line("  cut[%s]", mermaidQuote(text))
	return m
}

// weight orders rows by how much a reviewer misses them.
func (r *graphRow) weight() int {
	weight := 0
	if r.mustStandAlone() {
		weight += 2
	}
	for _, t := range r.trusted {
		if t.mark != plan.Kept {
			weight |= 1
		}
	}
	for i := range r.links {
		if r.links[i].mark() != plan.Kept {
			weight |= 1
		}
	}
	return weight
}

// mermaidText writes the rows that shown has; nil has all of them. Each note is cut after so many columns.
func mermaidText(pictures []*picture, shown func(picture, row int) bool, failure string, notes int) *mermaidWriter {
	m := &mermaidWriter{}
	m.line("flowchart LR")
	if failure != "" {
		m.failure("failure", failure)
	}
	for i, p := range pictures {
		m.picture(p, i, func(row int) bool { return shown == nil || shown(i, row) }, notes)
	}
	m.line("  classDef add stroke:#1a7f37,stroke-width:2px")
	m.line("  classDef del stroke:#cf222e,stroke-width:2px,stroke-dasharray:5 4")
	m.line("  classDef power stroke:#c50f1f,stroke-width:4px")
	m.line("  classDef own stroke:#0969da,stroke-width:2px")
	m.line("  classDef other stroke:#bc4c00,stroke-width:2px")
	for _, look := range []struct{ class, style string }{
		{"add", "stroke:#1a7f37"}, {"alter", "stroke:#8a5a00"}, {"del", "stroke:#cf222e"}, {"power", "stroke:#c50f1f,stroke-width:4px"},
	} {
		if numbers := m.styled[look.class]; len(numbers) > 0 {
			m.line("  linkStyle %s %s", strings.Join(numbers, ","), look.style)
		}
	}
	return m
}

// mermaidWriter writes a flow chart.
type mermaidWriter struct {
	strings.Builder
	edges int
	// styled are the numbers of edges by their look.
	styled map[string][]string
}

func (m *mermaidWriter) characters() int { return len([]rune(m.String())) }

func (m *mermaidWriter) line(format string, args ...any) { fmt.Fprintf(m, format+"\n", args...) }

// mermaidQuote returns a label. All but letters, digits and a few harmless characters are written as entities, so that nothing ends
// the label, begins a comment, or is taken for markup. A label must not begin with what Markdown takes for a list: callers begin with a
// word.
func mermaidQuote(lines ...string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, line := range lines {
		if i > 0 {
			b.WriteString("<br>")
		}
		for _, r := range Clean(line) {
			switch {
			case r >= 0x80, 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune(" /.,:-()", r):
				b.WriteRune(r)
			default:
				fmt.Fprintf(&b, "#%d;", r)
			}
		}
	}
	b.WriteByte('"')
	return b.String()
}

// comment writes a text in lines that are not drawn. Braces are left out: with them a comment could be taken for a directive.
func (m *mermaidWriter) comment(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		m.line("  %%%% %s", strings.NewReplacer("{", "(", "}", ")").Replace(Clean(line)))
	}
}

// failure writes a node that says why there is no picture.
func (m *mermaidWriter) failure(id, message string) {
	m.comment("Failed: " + message)
	lines := wrapText(message, 80, 12)
	m.line("  %s[%s]:::power", id, mermaidQuote(append([]string{"Failed"}, lines...)...))
}

// picture writes one account as a sub-graph, with those of its rows that are shown.
func (m *mermaidWriter) picture(p *picture, number int, shown func(row int) bool, notes int) {
	id := func(rank string, i int) string { return fmt.Sprintf("%s%d_%d", rank, number, i) }
	foot := p.foot()
	for i := range foot {
		foot[i] = cutText(foot[i], notes)
		m.comment(foot[i])
	}
	m.line("  subgraph account%d[%s]", number, mermaidQuote(p.title))
	m.line("  direction LR")
	if p.failure != "" {
		m.failure(fmt.Sprintf("failure%d", number), p.failure)
	}
	sources, targets, hidden := map[int]bool{}, map[int]bool{}, 0
	for i := range p.rows {
		if !shown(i) {
			hidden += len(p.rows[i].members)
			continue
		}
		for _, t := range p.rows[i].trusted {
			sources[t.source] = true
		}
		for _, l := range p.rows[i].links {
			targets[l.target] = true
		}
	}
	for i := range p.sources {
		if at := &p.sources[i]; sources[i] {
			lines, class := []string{at.name}, map[principalKind]string{ownAccount: ":::own", foreignAccount: ":::other"}[at.kind]
			if tag := at.tag(); tag != "" {
				lines = append(lines, "("+tag+")")
			}
			m.line("  %s([%s])%s", id("who", i), mermaidQuote(lines...), class)
		}
	}
	for i := range p.rows {
		if shown(i) {
			m.row(&p.rows[i], id("as", i))
		}
	}
	for i := range p.targets {
		if targets[i] {
			m.line("  %s[/%s/]", id("in", i), mermaidQuote(p.targets[i].name))
		}
	}
	for i := range p.rows {
		if shown(i) {
			m.links(&p.rows[i], i, id)
		}
	}
	if hidden > 0 {
		text := fmt.Sprintf("%d more %s not drawn: Mermaid draws at most %d edges and %d characters. The formats svg and dot have all",
			hidden, plan.Agree(hidden, "is", "are"), mermaidEdges, mermaidCharacters)
		m.comment(text)
		m.line("  cut%d[%s]:::power", number, mermaidQuote(text))
	}
	m.line("  foot%d[%s]", number, mermaidQuote(footLines(foot)...))
	m.line("  end")
}

// footLines are the notes of a chart in lines of a readable length.
func footLines(foot []string) (lines []string) {
	for _, note := range foot {
		lines = append(lines, wrapText(note, 90, 4)...)
	}
	if len(lines) == 0 {
		lines = []string{"Nothing is known"}
	}
	return lines
}

func (m *mermaidWriter) row(r *graphRow, id string) {
	lines := []string{r.label()}
	if word := markWord(r.mark); word != "" {
		lines[0] += " (" + word + ")"
	}
	if tags := r.headTags(false); len(tags) > 0 {
		lines = append(lines, "("+strings.Join(tags, ", ")+")")
	}
	class := ""
	if is, _ := r.power(); is {
		class = ":::power"
	} else if r.mark != plan.Kept {
		class = ":::" + markClass(r.mark)
	}
	m.line("  %s[%s]%s", id, mermaidQuote(lines...), class)
}

// links writes the edges of a row. Id names the nodes of a rank.
func (m *mermaidWriter) links(r *graphRow, number int, id func(rank string, i int) string) {
	own := id("as", number)
	for _, t := range r.trusted {
		text := ""
		if word := markWord(t.mark); word != "" {
			text = "trust " + word
		}
		m.edge(id("who", t.source), own, text, t.mark, r.trustPower(t.mark))
	}
	for k := range r.links {
		l := &r.links[k]
		mark, power := l.look()
		m.edge(own, id("in", l.target), plan.Agree(len(l.roles), "role", "roles")+" "+roleTexts(r.shown(l)), mark, power)
	}
}

func (m *mermaidWriter) edge(from, to, text string, mark plan.Mark, power bool) {
	arrow := "-->"
	switch {
	case mark == plan.Removed:
		arrow = "-.->"
	case power:
		arrow = "==>"
	}
	if text != "" {
		arrow += "|" + mermaidQuote(text) + "|"
	}
	m.line("  %s %s %s", from, arrow, to)
	look := markClass(mark)
	if power && mark != plan.Removed {
		look = "power"
	}
	if m.styled == nil {
		m.styled = map[string][]string{}
	}
	m.styled[look] = append(m.styled[look], fmt.Sprint(m.edges))
	m.edges++
}
