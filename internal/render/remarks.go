package render

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
)

// remarks are the lists beside the changes: findings, and the parts of the account that were not read or not compared.
type remarks struct {
	findings []plan.Finding
	// least is the severity from which findings are written out, and accepted whether accepted ones are.
	least       plan.Severity
	accepted    bool
	unexpected  []remark
	notRead     []plan.NotRead
	notCompared []plan.NotCompared
	// removable can go from the manifest.
	removable []plan.Remark
	warnings  []string
}

// remark is a subject and a text about it.
type remark struct{ subject, text string }

// remarks writes each list that is not empty under its title, followed by an empty line.
func (p *page) remarks(r remarks) {
	p.findings(&r)
	p.table("Unexpected (owned, not in the manifest, not touched):", r.unexpected)
	p.table("Not read:", byReason(r.notRead))
	notCompared := make([]remark, len(r.notCompared))
	for i, n := range r.notCompared {
		notCompared[i] = remark{title(n.Address.String()) + " " + n.Attribute, n.Reason}
	}
	p.table("Not compared:", notCompared)
	p.removable(r.removable)
	if len(r.warnings) > 0 {
		p.line(0, bold, "Warnings:")
		for _, text := range r.warnings {
			p.block(2, yellow, text)
		}
		p.gap()
	}
}

// byReason puts subjects with the same reason on one line, in the order of the first of each. A beginning up to a slash that
// several in a row share is written once.
func byReason(all []plan.NotRead) []remark {
	var rows []remark
	index, begin := map[string]int{}, map[string]string{}
	for _, n := range all {
		subject := title(n.Subject) + regions(n)
		family, member, _ := strings.Cut(subject, "/")
		i, known := index[n.Reason]
		switch {
		case !known:
			index[n.Reason] = len(rows)
			rows = append(rows, remark{subject, n.Reason})
		case member != "" && begin[n.Reason] == family:
			rows[i].subject += ", " + member
		default:
			rows[i].subject += ", " + subject
		}
		begin[n.Reason] = family
	}
	return rows
}

// maxRegions is how many regions of one part that was not read are named; the JSON output names all.
const maxRegions = 6

// regions names, in brackets, the regions that a part is about, "" where its subject says it.
func regions(n plan.NotRead) string {
	if len(n.Regions) < 2 {
		return ""
	}
	named := n.Regions[:min(len(n.Regions), maxRegions)]
	if more := len(n.Regions) - len(named); more > 0 {
		return fmt.Sprintf(" (%s and %d more)", strings.Join(named, ", "), more)
	}
	return " (" + strings.Join(named, ", ") + ")"
}

// table writes a titled list in two aligned columns.
func (p *page) table(title string, rows []remark) {
	p.tableAt(title, rows, make([]plan.Position, len(rows)))
}

// tableAt writes a table with the place in a manifest of each row.
func (p *page) tableAt(title string, rows []remark, at []plan.Position) {
	if len(rows) == 0 {
		return
	}
	p.line(0, bold, title)
	column := 0
	for _, r := range rows {
		if w := columns(Clean(r.subject)); w <= maxLabelColumn {
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
		p.endWith(place(at[i]))
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
func unexpectedRoots(live []plan.Unexpected) []remark {
	rows := make([]remark, len(live))
	for i, l := range live {
		rows[i].subject = title(l.Address.String())
		if len(l.With) > 0 {
			rows[i].text = "with its " + companions(l.With)
		}
		if l.ServiceMade {
			rows[i].text = strings.TrimPrefix(rows[i].text+", made by a cloud service", ", ")
		}
	}
	return rows
}

// leaving says what becomes of each resource that leaves the manifest, and where the base lists it.
func (p *page) leaving(all []plan.Leaving, o Options) {
	words := map[plan.Fate]string{
		plan.FateDeleted: "deleted by prune", plan.FateByHand: "to be deleted by hand", plan.FateBlocked: "blocked",
		plan.FateStays: "stays", plan.FateNotRead: "not read, and stays if it is there",
	}
	rows, at := make([]remark, len(all)), make([]plan.Position, len(all))
	for i, l := range all {
		rows[i], at[i] = remark{title(l.Address.String()), words[l.Fate]}, l.Source
	}
	p.tableAt("No longer managed"+o.told()+":", rows, at)
}

// removable says why each may go, and where it stands.
func (p *page) removable(all []plan.Remark) {
	rows, at := make([]remark, len(all)), make([]plan.Position, len(all))
	for i, r := range all {
		text := ""
		switch r.Kind {
		case plan.RemarkTombstone:
			text = "the tombstone is done"
		case plan.RemarkRename:
			text = "the rename is done: previously may go"
		case plan.RemarkAcceptance:
			text = "no finding of " + r.Rule + " is there, and it would hide a later one"
		}
		rows[i], at[i] = remark{title(r.Address.String()), text}, r.Source
	}
	p.tableAt("May go from the manifest:", rows, at)
}

// maxLeftOut is how many changes that are left out are named; the JSON output names all.
const maxLeftOut = 20

// leftOut names the changes that a selection left out, or that a saved plan does not have, so that nobody takes the plan for the whole.
func (p *page) leftOut(all []plan.LeftOut) {
	selected, notInPlan := byCause(all)
	p.leftOutBy("Left out by --target/--exclude: ", selected)
	p.leftOutBy("In the manifest, and not in this saved plan: ", notInPlan)
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
	p.line(0, yellow, cause+Count(len(all), "change"))
	for _, l := range all[:min(len(all), maxLeftOut)] {
		p.indent(2)
		p.put(actionStyle(l.Action), sign(l.Action)+" ")
		p.put(plain, title(l.Address.String()))
		p.end()
	}
	if more := len(all) - maxLeftOut; more > 0 {
		p.line(2, dim, "and "+strconv.Itoa(more)+" more")
	}
	p.gap()
}

// maxFindings is how many findings about what stays are written; the JSON output has all.
const maxFindings = 20

// findings writes findings beside the changes, the gravest first, and accepted ones behind them. Those below r.least are only counted,
// and so are accepted ones without r.accepted.
func (p *page) findings(r *remarks) {
	if len(r.findings) == 0 {
		return
	}
	var shown, accepted []plan.Finding
	slight := 0
	for _, f := range r.findings {
		switch {
		case !f.Accepted.IsZero():
			accepted = append(accepted, f)
		case f.Severity < r.least:
			slight++
		default:
			shown = append(shown, f)
		}
	}
	p.line(0, bold, "Findings:")
	p.gravest(shown)
	if slight > 0 {
		p.line(2, dim, Count(slight, "finding")+" of less weight, listed by -o json")
	}
	if n := len(accepted); n > 0 && r.accepted {
		p.gravest(accepted)
	} else if n > 0 {
		p.line(2, dim, Count(n, "finding")+" accepted by the manifest")
	}
	p.gap()
}

// gravest writes findings by severity, up to a limit.
func (p *page) gravest(all []plan.Finding) {
	slices.SortStableFunc(all, func(a, b plan.Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	more := max(0, len(all)-maxFindings)
	for _, f := range all[:len(all)-more] {
		p.finding(2, f, true)
	}
	if more > 0 {
		p.line(2, dim, "and "+strconv.Itoa(more)+" more")
	}
}

// finding writes one finding and its hint. The address is left out where it stands right above.
func (p *page) finding(indent int, f plan.Finding, withAddress bool) {
	p.indent(indent)
	p.put(severityStyle(f.Severity), f.Severity.String())
	p.indent(len("medium") - len(f.Severity.String()) + 2)
	var about []string
	if withAddress && !f.Address.IsZero() {
		about = append(about, title(f.Address.String()))
	}
	if f.Attribute != "" {
		about = append(about, f.Attribute)
	}
	if len(about) > 0 {
		p.put(plain, strings.Join(about, " ")+": ")
	}
	p.put(plain, f.Message)
	p.put(dim, " ["+f.Rule+"]")
	p.end()
	below := indent + len("medium") + 2
	if !f.Accepted.IsZero() {
		p.block(below, dim, "accepted until "+f.Accepted.ReviewBy+": "+f.Accepted.Reason)
		return
	}
	p.hint(below, f.Hint)
}

// resolved writes a finding that a change ends.
func (p *page) resolved(indent int, f plan.Finding, withAddress bool) {
	text := "ends " + f.Severity.String() + ": "
	if withAddress {
		text += title(f.Address.String()) + ": "
	}
	p.block(indent, dim, text+f.Message+" ["+f.Rule+"]")
}

func severityStyle(s plan.Severity) style {
	switch s {
	case plan.High:
		return red
	case plan.Medium:
		return yellow
	case plan.Low:
	}
	return dim
}

// unwritten returns the findings that were not written beside a change already.
func unwritten(findings []plan.Finding, written map[plan.Finding]bool) []plan.Finding {
	var rest []plan.Finding
	for _, f := range findings {
		key := f
		key.Seen = "" // what a change brings or ends has none
		if !written[key] {
			rest = append(rest, f)
		}
	}
	return rest
}

const (
	// maxActions is how many actions one line of the section on power names, and maxWays how many new ways to everything
	// are written; the JSON output has all.
	maxActions = 12
	maxWays    = 12
)

// privileges writes which principals gain and lose power, who holds what changes, and which principals have a new way to
// everything; nothing for a plan that changes nobody's power.
func (p *page) privileges(pl *plan.Plan) {
	d := pl.Privileges
	reaching := slices.DeleteFunc(slices.Clone(pl.Changes), func(c plan.Change) bool {
		return !c.Action.Writes() || len(c.Holders) == 0 && c.Unseen == (plan.Unseen{})
	})
	if len(d.Principals)+len(reaching) > 0 {
		p.line(0, bold, "Power:")
		for _, who := range d.Principals {
			p.line(2, plain, spoken(who.Principal))
			p.powers("gains", yellow, who.Gained)
			p.powers("loses", dim, who.Lost)
		}
		for i := range reaching {
			p.holders(&reaching[i])
		}
		p.gap()
	}
	if len(d.Chains) == 0 {
		return
	}
	p.line(0, bold, "New ways to everything:")
	shown := d.Chains[:min(len(d.Chains), maxWays)]
	for _, c := range shown {
		var way []string
		for _, step := range c.Path {
			if !strings.Contains(step, "/") { // no address: a principal from outside
				step = spoken(step)
			}
			way = append(way, title(step))
		}
		p.block(2, red, strings.Join(append(way, title(c.Through.String())), " → "))
	}
	if more := len(d.Chains) - len(shown) + d.MoreChains; more > 0 {
		p.line(2, dim, "and "+strconv.Itoa(more)+" more")
	}
	if d.ChainsCut {
		p.line(2, dim, "not all ways were followed: there may be more, but for nobody else and through nothing else")
	}
	p.gap()
}

// holders names all that a change reaches through what it deletes or changes.
func (p *page) holders(c *plan.Change) {
	verb := " changes for"
	if c.Action == plan.Delete {
		verb = " is taken from"
	}
	p.line(2, plain, title(c.Address.String())+verb)
	for _, h := range c.Holders {
		text := title(h.Address.String())
		if h.Fate != plan.HolderManaged {
			text += " (" + strings.Replace(string(h.Fate), "leftOut", "left out", 1) + ")"
		}
		p.block(4, yellow, text)
	}
	if c.Unseen != (plan.Unseen{}) {
		p.block(4, yellow, c.Unseen.String())
	}
}

func (p *page) powers(verb string, look style, powers []access.Power) {
	for _, power := range powers {
		begin := verb + " in " + spoken(power.Scope)
		if power.Scope == "*" {
			begin = verb + " everywhere"
		}
		switch {
		case power.LimitUnsure:
			begin += ", under a limit that may be none"
		case power.Limited:
			begin += ", on some resources or conditions only"
		}
		if len(power.Actions) > 0 {
			text := begin + ": " + some(power.Actions)
			if len(power.Except) > 0 {
				text += ", but not " + some(power.Except)
			}
			p.block(4, look, text)
		}
		if len(power.Unknown) > 0 {
			var from []string
			for _, a := range power.Unknown {
				from = append(from, title(a.String()))
			}
			p.block(4, look, begin+" what nobody can tell, by "+some(from))
		}
	}
}

// some names the first of many.
func some(names []string) string {
	if more := len(names) - maxActions; more > 0 {
		return strings.Join(names[:maxActions], ", ") + " and " + strconv.Itoa(more) + " more"
	}
	return strings.Join(names, ", ")
}

// spoken parts the kind of a principal or scope from its name.
func spoken(name string) string { return strings.Replace(name, ":", " ", 1) }
