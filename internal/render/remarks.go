package render

import (
	"slices"
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
	// counted is how many warnings are not written, and brief are those that share the rows of the last paragraph.
	counted int
	brief   []string
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
// leaves them to the last paragraph.
func (p *page) warnings(r *remarks, nothingToDo bool) {
	shown := r.warnings
	switch {
	case p.verbose:
	case nothingToDo:
		r.brief = r.warnings
		return
	default:
		shown = r.warnings[:min(len(r.warnings), maxWarnings)]
	}
	rows := make([][]piece, len(shown))
	for i, text := range shown {
		rows[i] = []piece{{yellow, text}}
	}
	p.titled("Warnings:", rows)
	r.counted = len(r.warnings) - len(shown)
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

// byReason puts subjects with the same reason on one line, in the order of the first of each. A beginning up to a slash that
// several in a row share is written once.
func (p *page) byReason(all []plan.NotRead) []listed {
	var rows []listed
	index, begin := map[string]int{}, map[string]string{}
	for _, n := range all {
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

// unexpectedRoots says of each unexpected root who made it, as far as that is known.
func unexpectedRoots(live []plan.Unexpected) []listed {
	rows := make([]listed, len(live))
	for i := range live {
		made := ""
		if live[i].ServiceMade {
			made = "made by a cloud service"
		}
		rows[i] = listed{about: live[i].Address, text: parts(", ", companions(live[i].With), made)}
	}
	return rows
}

// leaving says what becomes of each resource that leaves the manifest, and where the base lists it.
func leaving(all []plan.Leaving, o Options) titled {
	words := map[plan.Fate]string{
		plan.FateDeleted: "deleted by prune", plan.FateByHand: "to be deleted by hand", plan.FateBlocked: "blocked",
		plan.FateStays: "stays", plan.FateNotRead: "not read, and stays if it is there",
	}
	rows := make([]listed, len(all))
	stays := ""
	for i, l := range all {
		rows[i] = listed{about: l.Address, text: words[l.Fate], at: l.Source}
		if l.Fate == plan.FateStays {
			stays = " (`state: absent` deletes what stays)"
			rows[i].text += stayingText(&l)
		}
	}
	return titled{"No longer managed" + o.unprovenNote() + stays, rows}
}

// stayingText says of what leaves the manifest and stays why, whom it trusts, and what it has.
func stayingText(l *plan.Leaving) string {
	var text []string
	if l.Reason != "" {
		text = append(text, l.Reason)
	}
	if len(l.Principals) > 0 {
		text = append(text, "trusts "+spokenAll(l.Principals))
	}
	if len(l.With) > 0 {
		var places []string
		for _, line := range companionsOf(l.Address, l.With) {
			places = append(places, parts(": ", line.where, texts(line.what).joined()))
		}
		more := ""
		if n := len(places) - maxNamed; n > 0 {
			places, more = places[:maxNamed], " and "+plan.Counted(n, "place")+" more"
		}
		noun := strings.TrimPrefix(companions(l.With), "with its ")
		text = append(text, noun+" ("+strings.Join(places, "; ")+")"+more)
	}
	if len(text) == 0 {
		return ""
	}
	return ": " + strings.Join(text, "; ")
}

// unexpected are the resources that are owned and not listed, without those that are told of as leaving the manifest.
func unexpected(p *plan.Plan) []plan.Unexpected {
	leaves := make(map[addr.Address]bool, len(p.Leaving))
	for i := range p.Leaving {
		leaves[p.Leaving[i].Address] = true
	}
	return slices.DeleteFunc(slices.Clone(p.Unexpected), func(u plan.Unexpected) bool { return leaves[u.Address] })
}

// removable says why each may go, and where it stands.
func removable(all []plan.Remark) titled {
	rows := make([]listed, len(all))
	for i, r := range all {
		rows[i] = listed{name: title(r.Address.String()), at: r.Source}
		switch r.Kind {
		case plan.RemarkTombstone:
			rows[i].text = "the tombstone is done"
		case plan.RemarkRename:
			rows[i].text = "the rename is done: previously may go"
		case plan.RemarkAcceptance:
			rows[i].text = "no finding of " + r.Rule + " is there, and it would hide a later one"
		}
	}
	return titled{"May go from the manifest", rows}
}

// The titles of what is left out.
const (
	titleSelected  = "Left out by --target/--exclude"
	titleNotInPlan = "In the manifest, and not in this saved plan"
)

// maxLeftOut is how many changes that are left out are named.
const maxLeftOut = 20

// leftOut names the changes that a selection left out, or that a saved plan does not have, so that nobody takes the plan for the whole.
func (p *page) leftOut(all []plan.LeftOut) {
	selected, notInPlan := byCause(all)
	p.leftOutBy(titleSelected, selected)
	p.leftOutBy(titleNotInPlan, notInPlan)
}

// byCause tells apart what a selection left out, and what a saved plan does not have.
func byCause(all []plan.LeftOut) (selected, notInPlan []plan.LeftOut) {
	for _, l := range all {
		if l.NotInPlan {
			notInPlan = append(notInPlan, l)
		} else {
			selected = append(selected, l)
		}
	}
	return selected, notInPlan
}

func (p *page) leftOutBy(cause string, all []plan.LeftOut) {
	if len(all) == 0 {
		return
	}
	p.gap()
	p.line(0, yellow, cause+": "+plan.Counted(len(all), "change"))
	shown := all
	if !p.verbose {
		shown = all[:min(len(all), maxLeftOut)]
	}
	for _, l := range shown {
		p.indent(2)
		p.put(actionStyle(l.Action), sign(l.Action)+" ")
		p.put(plain, title(l.Address.String()))
		p.end()
	}
	if len(shown) < len(all) {
		p.more(2, len(all)-len(shown), "change")
	}
	p.gap()
}
