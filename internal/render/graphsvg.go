package render

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// writeSVG is the format "svg": one picture that stands alone, the accounts one below the other. It has no script and refers to
// nothing outside.
func writeSVG(w io.Writer, r Report, _ Options) error {
	var pictures []*picture
	if r.Failure != nil {
		pictures = append(pictures, &picture{title: "Who may act", failure: r.Failure.message()})
	}
	for i := range r.Accounts {
		pictures = append(pictures, pictureOf(r.Kind, &r.Accounts[i]))
	}
	svg, _ := drawSVG(pictures, "")
	_, err := io.WriteString(w, svg)
	return err
}

// drawSVG draws pictures one below the other. A picture that stands alone has the style sheet, and says all. One that is embedded has
// ids that begin with the name; the page has [graphStyle], and says what stands above and below the ranks. The width is in pixels.
func drawSVG(pictures []*picture, embeddedAs string) (svg string, width int) {
	var body bytes.Buffer
	alone := embeddedAs == ""
	width = leastPicture
	y := pictureMargin
	var titles, descriptions []string
	for _, p := range pictures {
		if len(p.rows) > groupedAbove {
			p.grouped()
		}
		m := p
		if len(p.rows) > groupedAbove {
			m = p.merged()
			m.order()
		}
		p.order()
		d := svgWriter{Buffer: &body}
		used, bottom := d.picture(m, y, alone)
		width, y = max(width, used), bottom+pictureMargin
		titles = append(titles, p.title)
		descriptions = append(descriptions, p.description(alone))
	}
	var out bytes.Buffer
	d := svgWriter{Buffer: &out}
	d.printf(`<svg xmlns="http://www.w3.org/2000/svg" role="img" class="trustgraph" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d"`,
		width, y)
	titled, described := "title", "desc"
	if !alone {
		d.printf(` aria-labelledby="%[1]s-title" aria-describedby="%[1]s-text"`, embeddedAs)
		titled, described = fmt.Sprintf(`title id="%s-title"`, embeddedAs), fmt.Sprintf(`desc id="%s-text"`, embeddedAs)
	}
	d.WriteString(">\n")
	d.element(titled, strings.Join(titles, "; "))
	d.element(described, strings.Join(descriptions, "\n"))
	if alone {
		d.printf("<style>%s</style>\n", graphStyle)
	}
	d.printf(`<path class="paper" d="M0 0H%dV%dH0z"/>`+"\n", width, y)
	out.Write(body.Bytes())
	out.WriteString("</svg>\n")
	return out.String(), width
}

// description tells in words what the picture shows at a glance, and, where it stands alone, everything that it has no room for.
func (p *picture) description(alone bool) string {
	lines := []string{p.title + "."}
	if p.failure != "" {
		lines = append(lines, "Failed: "+p.failure)
	}
	if p.summary != "" {
		lines = append(lines, p.summary, p.administratorsText(len(p.administrators)))
	}
	for i := range lines {
		lines[i] = Clean(lines[i])
	}
	if alone {
		for _, note := range p.notes() {
			lines = append(lines, Clean(note))
		}
	}
	return strings.Join(lines, "\n")
}

// administratorsText names who may do everything, at most so many of them.
func (p *picture) administratorsText(most int) string {
	if len(p.administrators) == 0 {
		return "Administrator power: nobody."
	}
	return "Administrator power: " + plan.Counted(len(p.administrators), "actor") + ": " + firstOf(p.administrators, most) + "."
}

// headNames is how many administrators the head of a picture names.
const headNames = 8

// picture draws one account from the height y on, and returns its width and where it ends. Only one that stands alone has a head and
// notes.
func (d svgWriter) picture(p *picture, y int, alone bool) (width, bottom int) {
	width = leastPicture
	l := p.lay(0)
	if len(p.rows) > 0 {
		width = l.width
	}
	room := (width - 2*pictureMargin) * columnDivide / columnUnits
	lines := func(class, text string, most int) {
		for _, line := range wrapText(text, room, most) {
			d.text(pictureMargin, y, class, line)
			y += rowLineHeight
		}
	}
	if alone {
		lines("h", p.title, 3)
	}
	if alone && p.failure != "" {
		lines("power", "Failed: "+strings.ReplaceAll(p.failure, "\n", "; "), 12)
	}
	if alone && p.summary != "" {
		lines("dim", p.summary, 3)
		class := ""
		if len(p.administrators) > 0 {
			class = "power"
		}
		lines(class, p.administratorsText(headNames), 6)
	}
	if p.summary != "" {
		d.legend(y, p.legend)
		y += rowLineHeight
	}
	if len(p.rows) > 0 {
		y += rowLineHeight
		for _, rank := range []struct {
			boxes []graphBox
			title string
		}{{l.sources, "Who"}, {l.rows, "→ may act as"}, {l.targets, "→ where"}} {
			if len(rank.boxes) > 0 {
				d.text(rank.boxes[0].x, y, "dim", rank.title)
			}
		}
		l = p.lay(y + rowLineHeight + boxPadding)
		d.edges(p, l)
		d.places(p.sources, l.sources, true)
		d.rows(p, l)
		d.places(p.targets, l.targets, false)
		y = l.bottom
	} else if p.summary != "" {
		lines("", nobody, 2)
	}
	y += pictureGap
	if alone {
		for _, note := range p.notes() {
			lines("dim", note, 3)
		}
	}
	return width, y
}

// nobody says that there is nothing to draw.
const nobody = "Nobody from outside may act in this account, as far as was read."

// legend explains the marks.
func (d svgWriter) legend(y int, marks [3]string) {
	d.printf(`<text x="%d" y="%d" class="dim">`, pictureMargin, y+12)
	for _, part := range []struct{ class, text string }{
		{"add", marks[0]}, {"del", marks[1]}, {"alter", marks[2]}, {"power", "administrator"},
	} {
		d.printf(`<tspan class="%s">%s</tspan>  `, part.class, part.text)
	}
	d.WriteString("(thick: gives everything, as the rules judge)</text>\n")
}

// edges draws the edges of all rows, those of one row and class as one path, administrators last and so on top.
func (d svgWriter) edges(p *picture, l *graphLayout) {
	ordinary, strong := svgWriter{new(bytes.Buffer)}, svgWriter{new(bytes.Buffer)}
	for i := range p.rows {
		r := &p.rows[i]
		paths := map[string]string{}
		for _, t := range r.trusted {
			from, mark := l.sources[t.source], t.mark
			class := edgeClass(mark, r.trustPower(mark))
			paths[class] += fmt.Sprintf("M%d %dL%d %d", from.x+from.width, from.middle(), l.rows[i].x, l.head(i))
			if mark != r.mark { // else the row's own sign says it
				x, y := (from.x+from.width+l.rows[i].x)/2, (from.middle()+l.head(i))/2
				strong.text(x, y-rowLineHeight, markClass(mark), strings.TrimSpace(markSign(mark)))
			}
		}
		for k := range r.links {
			to, class := l.targets[r.links[k].target], edgeClass(r.links[k].look())
			paths[class] += fmt.Sprintf("M%d %dL%d %d", l.rows[i].x+l.rows[i].width, l.anchors[i][k], to.x, to.middle())
		}
		for _, class := range slices.Sorted(maps.Keys(paths)) {
			into := ordinary
			if strings.HasPrefix(class, "power") {
				into = strong
			}
			into.begin("<path", class)
			into.printf(` d="%s"/>`+"\n", paths[class])
		}
	}
	if l.compact {
		d.printf(`<g class="dense">%s</g>`+"\n", ordinary.Bytes())
	} else {
		d.Write(ordinary.Bytes())
	}
	d.Write(strong.Bytes())
}

// head is the height at which edges from the left meet a row.
func (l *graphLayout) head(i int) int {
	if l.compact {
		return l.rows[i].middle()
	}
	return l.rows[i].y + boxPadding + rowLineHeight/2
}

// places draws sources or targets; tagged ones have a second line that says of what kind they are.
func (d svgWriter) places(places []graphPlace, boxes []graphBox, tagged bool) {
	for i := range places {
		at, b := &places[i], boxes[i]
		class := map[principalKind]string{ownAccount: "own", foreignAccount: "other"}[at.kind]
		label := Clean(at.name)
		shown := cutText(label, maxPlace)
		d.WriteString("<g>")
		if shown != label {
			d.titled(at.name, at.tag())
		}
		d.rect(b, class)
		d.text(b.x+boxPadding, b.y+boxPadding, "", shown)
		if tag := at.tag(); tagged && tag != "" {
			if class == "" {
				class = "dim"
			}
			d.text(b.x+boxPadding, b.y+boxPadding+rowLineHeight, class, tag)
		}
		d.WriteString("</g>\n")
	}
}

// rows draws the actors.
func (d svgWriter) rows(p *picture, l *graphLayout) {
	if l.compact {
		d.WriteString(`<g class="dense">`)
		defer d.WriteString("</g>\n")
	}
	for i := range p.rows {
		r, b := &p.rows[i], l.rows[i]
		class := markClass(r.mark)
		if is, _ := r.power(); is {
			class = edgeClass(r.mark, true)
		}
		if slices.Contains(r.remarks, "unmanaged") {
			class = strings.TrimSpace(class + " out")
		}
		d.WriteString("<g>")
		d.rowTitle(p, r, l.compact)
		if !l.compact || class != "" && class != "out" {
			d.rect(b, class)
		}
		top := b.y + boxPadding
		if l.compact {
			top = b.y + compactGap
		}
		d.heading(b.x+boxPadding, top, p, r, l.compact)
		for k, line := range l.lines[i] {
			d.printf(`<text x="%d" y="%d">`, b.x+2*boxPadding, top+rowLineHeight*(k+1)+12)
			if line.where != "" {
				d.span("dim", line.where)
			}
			for n := range line.roles {
				if n > 0 {
					d.WriteString(", ")
				}
				d.role(&line.roles[n])
			}
			d.WriteString("</text>\n")
		}
		d.WriteString("</g>\n")
	}
}

// heading draws the first line of a row: its name, and what is to be said of it as a whole.
func (d svgWriter) heading(x, y int, p *picture, r *graphRow, compact bool) {
	label := markSign(r.mark) + Clean(r.label())
	rest := strings.TrimPrefix(p.heading(r, compact), label)
	widest := maxRow
	if compact {
		widest = maxLine
	}
	name := cutText(label, max(minRow, widest-columns(rest)))
	d.printf(`<text x="%d" y="%d">`, x, y+12)
	look := markClass(r.mark)
	if !compact {
		look += " h"
	}
	d.begin("<tspan", look)
	d.WriteByte('>')
	d.escape(name)
	d.WriteString("</tspan>")
	is, was := r.power()
	for k, tag := range r.headTags(compact) {
		d.WriteString("  ")
		class := "dim"
		switch {
		case k == 0 && is:
			class = "power"
		case k == 0 && was:
			class = "del"
		case strings.HasPrefix(tag, changesTag):
			class = "alter"
		}
		d.span(class, tag)
		rest = strings.TrimPrefix(rest, "  "+Clean(tag))
	}
	d.escape(rest) // in a compact picture only
	d.WriteString("</text>\n")
}

// role draws what one resource gives.
func (d svgWriter) role(r *graphRole) {
	text, mark := cutText(r.text(), maxRow), markSign(r.mark)
	class := markClass(r.mark)
	if r.administrator && r.mark != plan.Removed {
		d.span(class, mark)
		text, class = strings.TrimPrefix(text, mark), "power"
	}
	d.span(class, text)
}

// titleBytes is about how much a compact picture spends on roles in the titles of all its rows together.
const titleBytes = 100_000

// rowTitle writes what the row's box has no room for: all members of a group, and in a compact picture the roles, as far as a row's share
// goes.
func (d svgWriter) rowTitle(p *picture, r *graphRow, compact bool) {
	var lines []string
	if len(r.members) > 1 || columns(Clean(r.label())) > maxRow/2 {
		lines = append(lines, strings.Join(r.members, ", "))
	}
	long := compact || r.differ
	for i := range r.links {
		long = long || columns(Clean(p.targets[r.links[i].target].name)) > maxPlace
		for k := range r.links[i].roles {
			long = long || columns(Clean(r.links[i].roles[k].text())) > maxRow
		}
	}
	if long {
		share, used, left := titleBytes/len(p.rows), 0, 0
		for i := range r.links {
			text := p.targets[r.links[i].target].name + ": " + roleTexts(r.links[i].roles)
			if used += len(text); (compact || r.differ) && used > share {
				left += len(r.links[i].roles)
				continue
			}
			lines = append(lines, text)
		}
		if left > 0 {
			lines = append(lines, "and "+plan.Counted(left, "more role")+" (the format dot has all)")
		}
	}
	if len(lines) > 0 {
		d.titled(strings.Join(lines, "; "), "")
	}
}
