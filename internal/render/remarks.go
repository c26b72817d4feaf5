package render

import (
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// remarks are what stays as it was, and the parts of the account that were not read or not compared.
type remarks struct {
	findings    []plan.Finding
	unexpected  []plan.Unexpected
	notRead     []plan.NotRead
	notCompared []plan.NotCompared
	unmanaged   []addr.Address
	// besides is what additive entries leave alone.
	besides []plan.Beside
	// removable can go from the manifest.
	removable []plan.Remark
	warnings  []string
	// counted are the warnings that are not written, and brief are those that share the rows of the last paragraph.
	counted, brief []string
}

// remark is a subject and a text about it.
type remark struct{ subject, text string }

// oneLine returns the subject, and the text behind it.
func (r *remark) oneLine() string {
	if r.text == "" {
		return r.subject
	}
	return r.subject + ": " + r.text
}

// titlesOf returns the addresses as they stand in texts.
func titlesOf(all []addr.Address) []string {
	titles := make([]string, len(all))
	for i, a := range all {
		titles[i] = title(a.String())
	}
	return titles
}

// listed is a resource of a list, or a part of it that is named, with what is said of it and where it stands in the manifest.
type listed struct {
	about      addr.Address
	name, text string
	at         plan.Position
}

func (l *listed) subject() string {
	if l.about.IsZero() {
		return l.name
	}
	return parts(" ", title(l.about.String()), l.name)
}

// titled is a list with its title.
type titled struct {
	title string
	all   []listed
}

// Titles of lists that stand alone too.
const (
	titleNotRead   = "Not read"
	titleBesides   = "Beside what the manifest lists (left alone)"
	titleUnmanaged = "Unmanaged (not touched)"
)

// lists are the remarks in full, list by list.
func (p *page) lists(r *remarks) []titled {
	return []titled{
		{"Unexpected (owned, not in the manifest, not touched)", unexpectedRoots(r.unexpected)},
		{titleUnmanaged, addresses(r.unmanaged)},
		{titleBesides, besides(r.besides)},
		{titleNotRead, p.byReason(r.notRead)},
		{"Not compared", notCompared(r.notCompared)},
	}
}

// remarksInFull writes each list that is not empty under its title, followed by an empty line.
func (p *page) remarksInFull(r *remarks) {
	for _, l := range p.lists(r) {
		p.list(l)
	}
}

func addresses(all []addr.Address) []listed {
	rows := make([]listed, len(all))
	for i, a := range all {
		rows[i].about = a
	}
	return rows
}

// besides are what additive entries leave alone, by the resource that it is part of.
func besides(all []plan.Beside) []listed {
	rows := make([]listed, len(all))
	for i, b := range all {
		rows[i] = listed{about: b.Address, text: strings.Join(titlesOf(b.Children), ", ")}
	}
	return rows
}

func notCompared(all []plan.NotCompared) []listed {
	rows := make([]listed, len(all))
	for i, n := range all {
		rows[i] = listed{about: n.Address, name: n.Attribute, text: n.Reason}
	}
	return rows
}

// maxWarnings is how many warnings are written beside changes. --verbose writes all.
const maxWarnings = 5

// warnings writes the warnings of r beside changes, each on lines of its own, and counts those beyond the most; where nothing is to do, it
// leaves them to the last paragraph. Without --verbose, one of each kind comes first.
func (p *page) warnings(r *remarks, nothingToDo bool) {
	shown := r.warnings
	switch {
	case p.verbose:
	case nothingToDo:
		r.brief = eachKindFirst(r.warnings)
		return
	default:
		shown = eachKindFirst(r.warnings)
		most := min(len(shown), maxWarnings)
		shown, r.counted = shown[:most], shown[most:]
	}
	rows := make([][]piece, len(shown))
	for i, text := range shown {
		rows[i] = []piece{{yellow, text}}
	}
	p.titled(plan.Agree(len(rows), "Warning:", "Warnings:"), rows)
}

// titled writes rows below a title, set apart. A single row stands behind its title.
func (p *page) titled(title string, rows [][]piece) {
	switch len(rows) {
	case 0:
		return
	case 1:
		p.put(bold, title)
		p.put(plain, " ")
		p.putAll(rows[0])
		p.end()
		return
	}
	p.gap()
	p.line(0, bold, title)
	p.rowsBelow(rows)
	p.gap()
}

func (p *page) rowsBelow(rows [][]piece) {
	for _, row := range rows {
		p.indent(2)
		p.putAll(row)
		p.end()
	}
}

// unusualFirst returns what was not read with what no reader takes for granted before all else, both in their order.
func unusualFirst(all []plan.NotRead) []plan.NotRead {
	return mustSeeFirst(all, func(n *plan.NotRead) bool { return !n.Usual })
}

// byReason puts subjects with the same reason on one line, in the order of the first of each, those first that are not usual. A beginning
// up to a slash that several in a row share is written once.
func (p *page) byReason(all []plan.NotRead) []listed {
	var rows []listed
	index, begin := map[string]int{}, map[string]string{}
	for _, n := range unusualFirst(all) {
		subject := title(n.Subject) + p.regions(n)
		family, member, _ := strings.Cut(subject, "/")
		i, known := index[n.Reason]
		switch {
		case !known:
			index[n.Reason] = len(rows)
			rows = append(rows, listed{name: subject, text: n.Reason})
		case member != "" && begin[n.Reason] == family:
			rows[i].name += ", " + member
		default:
			rows[i].name += ", " + subject
		}
		begin[n.Reason] = family
	}
	return rows
}

// maxRegions is how many regions of one part that was not read are named.
const maxRegions = 6

// regions names, in brackets, the regions that a part is about, "" where its subject says it.
func (p *page) regions(n plan.NotRead) string {
	if len(n.Regions) < 2 {
		return ""
	}
	return " (" + p.some(n.Regions, maxRegions) + ")"
}

// maxLabelColumn bounds how far one long subject moves the column of all others.
const maxLabelColumn = 40

// table writes a titled list in two aligned columns.
func (p *page) table(title string, rows []remark) {
	p.aligned(title, rows, nil, maxLabelColumn)
}

// list writes a table with the place in a manifest of each row, set apart. A single row stands behind its title.
func (p *page) list(l titled) {
	rows, at := make([]remark, len(l.all)), make([]plan.Position, len(l.all))
	for i := range l.all {
		rows[i], at[i] = remark{l.all[i].subject(), l.all[i].text}, l.all[i].at
	}
	switch len(rows) {
	case 0:
		return
	case 1:
	default:
		p.gap()
		p.aligned(l.title+":", rows, at, maxLabelColumn)
		return
	}
	p.put(bold, l.title+":")
	p.put(plain, " "+rows[0].subject)
	if rows[0].text != "" {
		p.put(dim, "  "+rows[0].text)
	}
	p.endWith(place(at[0]))
}

// aligned writes a titled list, with the second column behind the longest subject of at most widest columns.
func (p *page) aligned(title string, rows []remark, at []plan.Position, widest int) {
	if len(rows) == 0 {
		return
	}
	p.line(0, bold, title)
	column := 0
	for _, r := range rows {
		if w := columns(Clean(r.subject)); w <= widest {
			column = max(column, w)
		}
	}
	if p.width > 0 {
		column = min(column, p.width/2)
	}
	for i, r := range rows {
		p.indent(2)
		p.put(plain, r.subject)
		if r.text != "" {
			p.to(2 + column + 2)
			p.put(dim, r.text)
		}
		where := ""
		if at != nil {
			where = place(at[i])
		}
		p.endWith(where)
	}
	p.gap()
}

// hint writes a hint below what it is about; nothing for none.
func (p *page) hint(indent int, text string) {
	if text != "" {
		p.block(indent, cyan, "hint: "+text)
	}
}
