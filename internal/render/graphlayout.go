package render

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// sweeps is how often the ranks are ordered by each other. More change little; the number is fixed so that the same graph gives the same
// picture.
const sweeps = 8

// barycentre is a barycentre as an exact fraction: sums of whole numbers do not depend on the machine, as floating point may.
type barycentre struct{ sum, n int }

func (m *barycentre) add(position int) { m.sum, m.n = m.sum+position, m.n+1 }

// round is the mean as a whole number, or other for the mean of nothing.
func (m barycentre) round(other int) int {
	if m.n == 0 {
		return other
	}
	return m.sum / m.n
}

// compareMeans orders by barycentre; what has none comes last.
func compareMeans(x, y barycentre) int {
	if x.n == 0 || y.n == 0 {
		return cmp.Compare(y.n, x.n)
	}
	return cmp.Compare(x.sum*y.n, y.sum*x.n)
}

// order sorts the three ranks so that few edges cross: sources by the targets that they reach, rows by their sources and then by their
// targets, targets by their rows. Ties are sorted by name. The parts must be sorted by name before.
func (p *picture) order() {
	// The places of each part, by its number in the order of names.
	sourceAt, rowAt, targetAt := numbersBelow(len(p.sources)), numbersBelow(len(p.rows)), numbersBelow(len(p.targets))
	for range sweeps {
		bySource := make([]barycentre, len(p.sources))
		for i := range p.rows {
			for _, t := range p.rows[i].trusted {
				for _, l := range p.rows[i].links {
					bySource[t.source].add(targetAt[l.target])
				}
			}
		}
		sourceAt = ranked(len(p.sources), func(x, y int) int { return compareMeans(bySource[x], bySource[y]) })
		left, right := make([]barycentre, len(p.rows)), make([]barycentre, len(p.rows))
		for i := range p.rows {
			for _, t := range p.rows[i].trusted {
				left[i].add(sourceAt[t.source])
			}
			for _, l := range p.rows[i].links {
				right[i].add(targetAt[l.target])
			}
		}
		rowAt = ranked(len(p.rows), func(x, y int) int { return cmp.Or(compareMeans(left[x], left[y]), compareMeans(right[x], right[y])) })
		byTarget := make([]barycentre, len(p.targets))
		for i := range p.rows {
			for _, l := range p.rows[i].links {
				byTarget[l.target].add(rowAt[i])
			}
		}
		targetAt = ranked(len(p.targets), func(x, y int) int { return compareMeans(byTarget[x], byTarget[y]) })
	}
	p.sources, p.rows, p.targets = permuted(p.sources, sourceAt), permuted(p.rows, rowAt), permuted(p.targets, targetAt)
	p.renumber(sourceAt, targetAt)
}

// renumber follows sources and targets to their new places.
func (p *picture) renumber(sourceAt, targetAt []int) {
	for i := range p.rows {
		r := &p.rows[i]
		for k := range r.trusted {
			r.trusted[k].source = sourceAt[r.trusted[k].source]
		}
		for k := range r.links {
			r.links[k].target = targetAt[r.links[k].target]
		}
		r.sort()
	}
}

func numbersBelow(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// ranked returns the place of each of n parts, in the order that compare gives; ties keep the order of numbers.
func ranked(n int, compare func(x, y int) int) []int {
	order := numbersBelow(n)
	slices.SortStableFunc(order, compare)
	at := make([]int, n)
	for place, i := range order {
		at[i] = place
	}
	return at
}

func permuted[T any](parts []T, at []int) []T {
	moved := make([]T, len(parts))
	for i, part := range parts {
		moved[at[i]] = part
	}
	return moved
}

// The measures of a picture, in units of SVG. A column is the width of a character of the fixed-width font at 12 units; 29/4 is a little
// more than the 0.6 em of most such fonts.
const (
	rowLineHeight = 16
	boxPadding    = 5
	pictureGap    = 7
	compactGap    = 2
	rankGap       = 130
	wideGap       = 220 // in a compact picture, whose edges are long
	maxPlace      = 34  // columns of a source or target
	maxRow        = 84  // columns of a row
	maxLine       = 112 // columns of a row that is one line
	minRow        = 24
	leastPicture  = 640
	pictureMargin = 16
	columnUnits   = 29
	columnDivide  = 4
	// namedAbove is the number of rows above which each says where its roles are, as its edges lead out of sight.
	namedAbove = 12
)

func unitsOf(columns int) int { return (columns*columnUnits + columnDivide - 1) / columnDivide }

// graphBox is a rectangle, with the height at which edges meet it.
type graphBox struct{ x, y, width, height int }

func (b graphBox) middle() int { return b.y + b.height/2 }

// graphLayout is where everything of a picture stands.
type graphLayout struct {
	sources, rows, targets []graphBox
	// lines are those of each row below its label, and anchors the heights at which the row's links leave it.
	lines   [][]roleLine
	anchors [][]int
	// compact draws a row as one line.
	compact       bool
	width, bottom int
}

// roleLine is a line of roles; where is what stands before them, "" for nothing.
type roleLine struct {
	where string
	roles []graphRole
}

// lay places the parts of an ordered picture, from the height top on.
func (p *picture) lay(top int) *graphLayout {
	l := &graphLayout{compact: p.isCompact(), anchors: make([][]int, len(p.rows)), lines: make([][]roleLine, len(p.rows))}
	sourceWidth, rowWidth, targetWidth := widestPlace(p.sources, true), minRow, widestPlace(p.targets, false)
	gap, widest := pictureGap, maxRow
	if l.compact {
		gap, widest = compactGap, maxLine
	}
	y := top
	for i := range p.rows {
		r := &p.rows[i]
		rowWidth = max(rowWidth, min(widest, columns(p.heading(r, l.compact))))
		b := graphBox{y: y, height: rowLineHeight + 2*boxPadding}
		if l.compact {
			b.height = rowLineHeight + compactGap
		}
		for k := range r.links {
			anchor := b.middle()
			if !l.compact {
				where := ""
				if len(p.rows) > namedAbove {
					where = p.targets[r.links[k].target].name
				}
				lines := wrapRoles(where, r.shown(&r.links[k]), maxRow)
				anchor = y + boxPadding + rowLineHeight*(1+len(l.lines[i])) + rowLineHeight/2
				l.lines[i] = append(l.lines[i], lines...)
			}
			l.anchors[i] = append(l.anchors[i], anchor)
		}
		for _, line := range l.lines[i] {
			rowWidth = max(rowWidth, 2+line.columns())
		}
		b.height += rowLineHeight * len(l.lines[i])
		l.rows = append(l.rows, b)
		y += b.height + gap
	}
	rowsBottom := y
	atSource, atTarget := make([]barycentre, len(p.sources)), make([]barycentre, len(p.targets))
	for i := range p.rows {
		for _, t := range p.rows[i].trusted {
			atSource[t.source].add(l.head(i))
		}
		for k, link := range p.rows[i].links {
			atTarget[link.target].add(l.anchors[i][k])
		}
	}
	if len(p.rows) > namedAbove { // so that some of them are in sight wherever the reader is
		for i := range atTarget {
			atTarget[i] = barycentre{sum: top*2*len(atTarget) + (rowsBottom-top)*(2*i+1), n: 2 * len(atTarget)}
		}
	}
	l.sources = spread(atSource, top, rowsBottom, 2*rowLineHeight+2*boxPadding)
	l.targets = spread(atTarget, top, rowsBottom, rowLineHeight+2*boxPadding)
	rowWidth = min(rowWidth, widest+2)
	x, columnGap := pictureMargin, rankGap
	if l.compact {
		columnGap = wideGap
	}
	place := func(boxes []graphBox, width int) {
		for i := range boxes {
			boxes[i].x, boxes[i].width = x, unitsOf(width)+2*boxPadding
		}
		x += unitsOf(width) + 2*boxPadding + columnGap
	}
	place(l.sources, sourceWidth)
	place(l.rows, rowWidth)
	place(l.targets, targetWidth)
	l.width, l.bottom = max(leastPicture, x-columnGap+pictureMargin), rowsBottom
	for _, boxes := range [][]graphBox{l.sources, l.targets} {
		if len(boxes) > 0 {
			last := boxes[len(boxes)-1]
			l.bottom = max(l.bottom, last.y+last.height+gap)
		}
	}
	return l
}

// widestPlace is the width of the widest box of a rank; in a tagged one, the kind of each has a line of its own.
func widestPlace(places []graphPlace, tagged bool) int {
	widest := minRow / 2
	for i := range places {
		widest = max(widest, min(maxPlace, columns(Clean(places[i].name))))
		if tagged {
			widest = max(widest, columns(places[i].tag()))
		}
	}
	return widest
}

// heading is the first line of a row. In a compact picture it is the only one, and tells how many roles the row has and where.
func (p *picture) heading(r *graphRow, compact bool) string {
	text := markSign(r.mark) + Clean(r.label())
	for _, tag := range r.headTags(compact) {
		text += "  " + Clean(tag)
	}
	if !compact {
		return text
	}
	roles := 0
	for i := range r.links {
		roles += len(r.links[i].roles)
	}
	text += "  " + plan.Counted(roles, "role")
	if r.differ {
		text += " in all"
	}
	kind := ""
	for i := range r.links {
		at := &p.targets[r.links[i].target]
		name := cutText(at.name, maxPlace)
		if rest, same := strings.CutPrefix(name, kind); same && kind != "" {
			name = rest
		}
		separator := ", "
		if i == 0 {
			separator = ": "
		}
		more := " and " + plan.Counted(len(r.links)-i, "more scope")
		if i == 0 {
			more = " in " + plan.Counted(len(r.links), "scope")
		}
		room := maxLine - columns(text+separator+name)
		if room < 0 || i+1 < len(r.links) && room < columns(more) {
			return text + more
		}
		text += separator + name
		if kind, _, _ = strings.Cut(at.name, " "); kind != "" {
			kind += " "
		}
	}
	return text
}

// tags are the words behind the row's name.
func (r *graphRow) tags() []string {
	tags := slices.Clone(r.remarks)
	if is, was := r.power(); is {
		tags = append([]string{"administrator"}, tags...)
	} else if was {
		tags = append([]string{"- administrator"}, tags...)
	}
	return tags
}

// changesTag begins the tag that counts the roles with marks.
const changesTag = "changes: "

// headTags are the tags of a heading. A compact picture does not name the roles of a row that stays, so it counts those with marks.
func (r *graphRow) headTags(compact bool) []string {
	tags := r.tags()
	if r.differ && !compact {
		tags = append(tags, "roles differ")
	}
	if !compact || r.mark != plan.Kept {
		return tags
	}
	counts := map[plan.Mark]int{}
	for i := range r.links {
		for k := range r.links[i].roles {
			role := &r.links[i].roles[k]
			counts[role.mark] += max(1, role.of)
		}
	}
	if changes := markCounts(counts); changes != "" {
		tags = append(tags, changesTag+changes)
	}
	return tags
}

// markCounts says how many there are of each mark: "+2 -1"; "" where all are kept.
func markCounts(counts map[plan.Mark]int) string {
	var texts []string
	for _, mark := range []plan.Mark{plan.Added, plan.Removed, plan.Altered} {
		if counts[mark] > 0 {
			texts = append(texts, strings.TrimSpace(markSign(mark))+strconv.Itoa(counts[mark]))
		}
	}
	return strings.Join(texts, " ")
}

// spread places boxes of one height near the height that each is wanted at, in their order and without overlap. The bottom is where the
// rows end; boxes that need more room go beyond it.
func spread(wanted []barycentre, top, bottom, height int) []graphBox {
	n := len(wanted)
	boxes := make([]graphBox, n)
	next := top
	for i := range boxes {
		boxes[i] = graphBox{y: max(wanted[i].round(next+height/2)-height/2, next), height: height}
		next = boxes[i].y + height + pictureGap
	}
	limit := bottom
	for i := n - 1; i >= 0; i-- {
		lowest := top + i*(height+pictureGap) // the boxes above need that much
		boxes[i].y = max(min(boxes[i].y, limit-height-pictureGap), lowest)
		limit = boxes[i].y
	}
	return boxes
}

// moreRoles begins a line that goes on with the roles of the one before.
const moreRoles = "  "

// wrapRoles puts roles into lines of at most width columns, the first of which says where. A role that is longer than a line has one of
// its own.
func wrapRoles(where string, roles []graphRole, width int) (lines []roleLine) {
	line := roleLine{}
	if where != "" {
		line.where = cutText(where, maxPlace) + ": "
	}
	used := columns(line.where)
	for _, r := range roles {
		wide := columns(Clean(r.text()))
		if len(line.roles) > 0 && used+2+wide > width {
			lines, line, used = append(lines, line), roleLine{where: moreRoles}, len(moreRoles)
		}
		if len(line.roles) > 0 {
			used += 2
		}
		line.roles, used = append(line.roles, r), used+wide
	}
	return append(lines, line)
}

// columns is how wide the line is drawn.
func (l *roleLine) columns() int { return min(maxRow, columns(l.where+Clean(roleTexts(l.roles)))) }
