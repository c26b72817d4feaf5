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

// warnings writes all of them, each on lines of its own.
func (p *page) warnings(all []string) {
	if len(all) == 0 {
		return
	}
	p.line(0, bold, "Warnings:")
	for _, text := range all {
		p.block(2, yellow, text)
	}
	p.gap()
}

// maxNamed is how many things a remark in short names.
const maxNamed = 6

// remarksInShort writes in a few words what is not touched, not read and not compared, and how to see all of it.
func (p *page) remarksInShort(r *remarks) {
	if p.verbose {
		return
	}
	separator := ""
	begin := func(text string) {
		p.put(plain, separator+text+": ")
		separator = ". "
		p.abridged = true
	}
	if len(r.findings) > 0 {
		begin("Left in place")
		p.putAll(severities(r.findings))
	}
	name := func(text string, names []string) {
		if len(names) > 0 {
			begin(text)
			p.put(plain, p.some(names, maxNamed))
		}
	}
	subjects := func(all []listed) (names []string) {
		for i := range all {
			names = append(names, all[i].subject())
		}
		return names
	}
	name("Unexpected and not touched", subjects(unexpectedRoots(r.unexpected)))
	var beside []string
	for _, b := range r.besides {
		beside = append(beside, plan.Counted(len(b.Children), b.Children[0].Type())+" of "+title(b.Address.String()))
	}
	name("Beside the manifest and left alone", beside)
	name(titleNotRead, subjects(p.byReason(r.notRead)))
	name("Not compared", subjects(notCompared(r.notCompared)))
	if p.abridged {
		if separator != "" {
			p.put(plain, ". ")
		}
		p.put(dim, "(--verbose tells all)")
	}
	if p.column > 0 {
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

// list writes a table with the place in a manifest of each row.
func (p *page) list(l titled) {
	rows, at := make([]remark, len(l.all)), make([]plan.Position, len(l.all))
	for i := range l.all {
		rows[i], at[i] = remark{l.all[i].subject(), l.all[i].text}, l.all[i].at
	}
	p.aligned(l.title+":", rows, at, maxLabelColumn)
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
	for i, l := range all {
		rows[i] = listed{about: l.Address, text: words[l.Fate], at: l.Source}
	}
	return titled{"No longer managed" + o.unprovenNote(), rows}
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
