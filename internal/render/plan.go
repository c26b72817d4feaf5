package render

import (
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

const (
	childIndent = 4
	// maxLabelColumn bounds how far one long name moves the column of all others.
	maxLabelColumn = 40
)

// plan writes a plan for a reviewer: the changes of each root and of its parts, then the lists of what was not touched, not read
// and not compared, and last the counts.
func (p *page) plan(pl *plan.Plan, o Options) {
	if o.headings() {
		p.heading("Plan for", pl.Account, pl.Cloud, "")
	}
	p.rules(pl, o)
	written := map[plan.Finding]bool{}
	for i, g := range groupByRoot(pl.Changes) {
		if i > 0 {
			p.gap()
		}
		p.group(&g, o, written)
	}
	if len(pl.Changes) > 0 {
		p.gap()
	}
	p.privileges(pl)
	p.leaving(pl.Leaving, o)
	findings := slices.Clone(pl.Findings)
	for _, u := range pl.Unexpected {
		findings = append(findings, u.Findings...)
	}
	p.remarks(remarks{
		findings: unwritten(findings, written), least: plan.Medium, unexpected: unexpectedRoots(pl.Unexpected), notRead: pl.NotRead,
		notCompared: pl.NotCompared, removable: pl.Remarks, warnings: pl.Warnings,
	})
	p.leftOut(pl.LeftOut)
	p.line(0, bold, planFoot(pl))
	if counts := originFoot(pl); len(counts) > 0 {
		p.line(0, plain, "Against the base"+o.told()+": "+counts.String()+".")
	}
}

// heading names the account and the cloud, and leaves a line empty.
func (p *page) heading(what string, account plan.Account, cloud plan.Cloud, more string) {
	p.put(bold, what+" "+title(account.String()))
	if account.Name != "" && account.ID != "" {
		p.put(dim, " ("+account.ID+")")
	}
	if cloud.Kind != "" {
		p.put(plain, " on "+cloud.Kind)
	}
	if cloud.Region != "" {
		p.put(plain, ", "+cloud.Region)
	}
	p.put(plain, more)
	p.end()
	p.gap()
}

func (p *page) group(g *group, o Options, written map[plan.Finding]bool) {
	notes := g.notes()
	if g.own != nil {
		p.change(g.own, label{what: title(g.root.String())}, 0, 0)
	} else {
		p.line(2, plain, title(g.root.String()))
	}
	if !o.Quiet {
		p.notes(childIndent, notes)
	}
	if g.own != nil {
		p.changeDetails(g.own, childIndent, written)
	}
	column := 0
	labels := make([]label, len(g.children))
	for i, c := range g.children {
		labels[i] = labelOf(g.root, c.Address)
		if w := columns(Clean(labels[i].where)); w <= maxLabelColumn {
			column = max(column, w)
		}
	}
	for i, c := range g.children {
		p.change(c, labels[i], childIndent, column)
		if !o.Quiet && c.Notes != notes {
			p.notes(childIndent+4, c.Notes)
		}
		p.changeDetails(c, childIndent+4, written)
	}
}

// change writes the one line of a change. Where is padded to column.
func (p *page) change(c *plan.Change, l label, indent, column int) {
	look := actionStyle(c.Action)
	p.indent(indent)
	p.put(look, sign(c.Action)+" ")
	if column > 0 {
		start := p.column
		p.put(plain, l.where)
		p.to(start + column + 2)
	}
	nameStyle := plain
	if indent == 0 {
		nameStyle = bold
	}
	p.put(nameStyle, l.what)
	if about := fate(c); about != "" {
		p.put(look, "  "+about)
	}
	p.origin(c.Origin)
	if c.Reason != "" {
		p.put(dim, "  ("+c.Reason+")")
	}
	p.endWith(place(c.Source))
}

// changeDetails writes the lines below that of a change.
func (p *page) changeDetails(c *plan.Change, indent int, written map[plan.Finding]bool) {
	if c.After != nil {
		p.attributes(indent, c.Attributes, c.Before == nil)
		p.sentAs(indent, c)
	}
	p.companionLines(indent, c.Address, c.With)
	p.manuals(indent, c.Manual, c.Attributes)
	for _, f := range c.Findings {
		written[f] = true
		p.finding(indent, f, f.Address != c.Address)
	}
	for _, f := range c.Resolves {
		p.resolved(indent, f, f.Address != c.Address)
	}
}

// maxCompanions is how many children of one delete are named; the JSON output names all.
const maxCompanions = 20

// companionLines names the children that share the fate of a root, and so the access that goes with it.
func (p *page) companionLines(indent int, root addr.Address, with []addr.Address) {
	column := 0
	shown := with[:min(len(with), maxCompanions)]
	for _, a := range shown {
		if w := columns(Clean(labelOf(root, a).where)); w <= maxLabelColumn {
			column = max(column, w)
		}
	}
	for _, a := range shown {
		l := labelOf(root, a)
		p.indent(indent)
		start := p.column
		p.put(dim, l.where)
		p.to(start + column + 2)
		p.put(dim, l.what)
		p.end()
	}
	if more := len(with) - len(shown); more > 0 {
		p.line(indent, dim, "and "+strconv.Itoa(more)+" more")
	}
}

// manuals tells a person what to do about the parts of a difference that are left to one. Values are named where they are not all that
// differs, and what several instructions end with is written once.
func (p *page) manuals(indent int, all []plan.Manual, differing []plan.AttributeChange) {
	above := ""
	for _, m := range all {
		text := "by hand: "
		isDifferent := func(d plan.AttributeChange) bool { return d.Name == m.Attribute }
		switch {
		case m.Attribute == "":
		case len(differing) > 0 && len(m.Values) == 0 && !slices.ContainsFunc(differing, isDifferent):
			text = "note: " // apply does all of it; a delete has no differing attributes, and what it leaves is by hand
		default:
			text = "by hand, " + m.Attribute
			if len(m.Values) > 0 && !isAllOf(m, differing) {
				text += " " + short(plan.SetValue(m.Values...))
			}
			text += ": "
		}
		first, block, _ := strings.Cut(m.Instruction, "\n")
		if block != "" && block == above {
			p.block(indent, magenta, text+strings.TrimSuffix(first, ":")+" what stands above")
			continue
		}
		above = block
		p.block(indent, magenta, text+m.Instruction)
	}
}

// isAllOf reports whether the values are all members by which the attribute differs.
func isAllOf(m plan.Manual, differing []plan.AttributeChange) bool {
	for _, d := range differing {
		was, isSet := d.Before.AsSet()
		wanted, _ := d.After.AsSet()
		if d.Name != m.Attribute || !isSet {
			continue
		}
		rest := slices.DeleteFunc(was, func(member string) bool { return slices.Contains(wanted, member) })
		return len(rest) == len(m.Values) && !slices.ContainsFunc(wanted, func(member string) bool {
			had, _ := d.Before.AsSet()
			return !slices.Contains(had, member)
		})
	}
	return false
}

// notes writes the bookkeeping of a manifest entry on one line.
func (p *page) notes(indent int, n plan.Notes) {
	if n.IsZero() {
		return
	}
	var parts []string
	for _, note := range []struct{ name, text string }{
		{"owner", n.Owner}, {"ticket", n.Ticket}, {"review by", n.ReviewBy}, {"reason", n.Reason},
	} {
		if note.text != "" {
			parts = append(parts, note.name+" "+note.text)
		}
	}
	p.line(indent, dim, strings.Join(parts, " · "))
}

// companions counts what goes with a delete, by the type of the first.
func companions(with []addr.Address) string {
	typ := with[0].Type()
	for _, a := range with {
		if a.Type() != typ {
			return Count(len(with), "part")
		}
	}
	return Count(len(with), typ)
}

// fate says what the sign of a change cannot say: the action of a change that is not executed, and the children that go with
// a delete.
func fate(c *plan.Change) string {
	var words []string
	if !c.Action.Writes() {
		would := "update"
		switch {
		case c.After == nil:
			would = "delete"
		case c.Before == nil:
			would = "create"
		}
		if c.Action == plan.Blocked {
			words = append(words, "blocked:", would)
		} else {
			words = append(words, would, "by hand")
		}
	}
	if len(c.With) > 0 {
		words = append(words, "with its", companions(c.With))
	}
	return strings.Join(words, " ")
}

// place returns file and line; a column would only be noise behind a whole change.
func place(at plan.Position) string { return plan.Position{File: at.File, Line: at.Line}.String() }

func sign(a plan.Action) string {
	switch a {
	case plan.Create:
		return "+"
	case plan.Update:
		return "~"
	case plan.Delete:
		return "-"
	case plan.ByHand:
		return "!"
	case plan.Blocked:
		return "×"
	}
	return "?"
}

func actionStyle(a plan.Action) style {
	switch a {
	case plan.Create:
		return green
	case plan.Update:
		return yellow
	case plan.Delete:
		return red
	case plan.ByHand:
		return magenta
	case plan.Blocked:
		return cyan
	}
	return plain
}

// planFoot returns the last line: the counts of changes, and of resources that stay as they are.
func planFoot(p *plan.Plan) string {
	s := p.Summary
	var rest tally
	if s.Rules > 0 {
		rest = append(rest, Count(s.Rules, "rule")+" changed")
	}
	rest.add(s.Leaving, "no longer managed")
	rest.add(s.Unmanaged, "unmanaged (not touched)")
	if p.Empty() {
		text := "Nothing to do."
		switch {
		case s.Unchanged == 1:
			text = "Nothing to do: 1 resource is as the manifest says."
		case s.Unchanged > 1:
			text = "Nothing to do: " + Count(s.Unchanged, "resource") + " are as the manifest says."
		}
		if len(p.LeftOut) > 0 {
			of := "what is selected"
			if _, notInPlan := byCause(p.LeftOut); len(notInPlan) > 0 {
				of = "this plan"
			}
			text = "Nothing to do in " + of + ": " + Count(len(p.LeftOut), "change") + " left out."
		}
		if len(rest) > 0 {
			text += " " + rest.String() + "."
		}
		return text
	}
	var do, left tally
	do.add(s.Create, "to create")
	do.add(s.Update, "to change")
	do.add(s.Delete, "to delete")
	do.add(s.Manual, "by hand")
	do.add(s.Blocked, "blocked")
	left.add(len(p.LeftOut), "left out")
	left.add(s.Unchanged, "unchanged")
	left = append(left, rest...)
	text := "Plan: " + do.String() + "."
	if len(left) > 0 {
		text += " " + left.String() + "."
	}
	return text
}

// origin marks a change with where it comes from.
func (p *page) origin(o plan.Origin) {
	if o != "" {
		p.put(originStyle(o), "  ["+string(o)+"]")
	}
}

func originStyle(o plan.Origin) style {
	switch o {
	case plan.Drifted:
		return yellow
	case plan.Conflict:
		return red
	case plan.Yours, plan.Pending:
	}
	return dim
}

// originFoot counts the changes by origin, none where there was no base. What leaves the manifest without a change is yours.
func originFoot(pl *plan.Plan) tally {
	count := map[plan.Origin]int{}
	for i := range pl.Changes {
		count[pl.Changes[i].Origin]++
	}
	for i := range pl.Leaving {
		if pl.Leaving[i].Untouched() {
			count[plan.Yours]++
		}
	}
	var t tally
	for _, o := range []plan.Origin{plan.Yours, plan.Drifted, plan.Pending, plan.Conflict} {
		t.add(count[o], string(o))
	}
	return t
}
