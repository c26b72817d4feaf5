package render

import (
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

const childIndent = 4

// plan writes a plan for a reviewer: how much there is and what is risky, the changes of each root and of its parts below whom it is
// trusted by, who gains what by them, what leaves the manifest, and in a few lines what was not touched, not read and not compared.
func (p *page) plan(pl *plan.Plan, o Options) {
	begin := p.buf.Len()
	if o.Verbose || !pl.Empty() || len(pl.Rules)+len(pl.Leaving)+len(pl.LeftOut) > 0 {
		p.planHead(pl, o)
	}
	p.rules(pl, o)
	sections := sectionsOf(pl.Changes)
	for i, s := range sections {
		p.gap()
		trusted := s.title
		isSole := i == 0 && len(s.groups) == 1 && s.groups[0].own == nil && (len(sections) == 1 || sections[1].title == "")
		if trusted != "" && !isSole {
			p.line(0, bold, trusted+":")
			trusted = ""
		}
		for i := range s.groups {
			p.group(&s.groups[i], trusted)
		}
	}
	if len(sections) > 1 { // else what comes next is about the one above
		p.gap()
	}
	p.privileges(pl)
	p.order(pl.Changes)
	p.list(leaving(pl.Leaving, o, p.verbose))
	p.leavingRisks(pl.RaisedByLeaving(), o)
	here, elsewhere := concerned(staying(pl), pl.Changes)
	if p.verbose {
		here, elsewhere = slices.Concat(here, elsewhere), nil
	}
	p.findings(here, p.verbose)
	r := remarks{
		findings: elsewhere, unexpected: unexpected(pl), notRead: pl.NotRead, notCompared: pl.NotCompared,
		unmanaged: pl.Unmanaged, removable: pl.Remarks, warnings: pl.Warnings,
	}
	if i := slices.Index(r.warnings, plan.NoBase); i > 0 { // the first is never among what is counted
		r.warnings = slices.Insert(slices.Delete(slices.Clone(r.warnings), i, i+1), 0, plan.NoBase)
	}
	p.warnings(&r, !pl.Differs())
	p.list(removable(r.removable))
	if p.verbose {
		p.remarksInFull(&r)
	}
	p.leftOut(pl.LeftOut)
	p.planClosing(pl, &r, begin)
}

// planHead names the account, and counts what changes, by action and by type, and what is risky about it.
func (p *page) planHead(pl *plan.Plan, o Options) {
	p.heading("Plan for", pl.Account, pl.Cloud, p.verbose)
	if counts := actions(pl); len(counts) > 0 {
		p.put(bold, ": "+counts.String())
	}
	var below [][]piece
	if risks := severities(newRisks(pl)); len(risks) > 0 {
		below = append(below, append([]piece{{plain, "new risks: "}}, risks...))
	}
	if risks := severities(pl.RaisedByLeaving()); len(risks) > 0 {
		below = append(below, append([]piece{{plain, "risks that nobody manages any more: "}}, risks...))
	}
	if kinds := kindsOf(pl.Changes); len(kinds) > 1 { // of one type, the line of each change tells it
		below = append(below, []piece{{plain, kindText(pl.Changes)}})
	}
	if text := againstBase(pl, o); text != "" {
		below = append(below, []piece{{plain, text}})
	}
	p.headEnd(below)
}

// headEnd ends the head of a page with counts: on its line as far as they fit, else on lines of their own below it.
func (p *page) headEnd(below [][]piece) {
	for len(below) > 0 && p.fits("  "+joined(below[0])) {
		p.put(plain, "  ")
		p.putAll(below[0])
		below = below[1:]
	}
	p.end()
	p.rowsBelow(below)
	p.gap()
}

// heading begins a line that names the account, where wanted with its id, and the cloud.
func (p *page) heading(what string, account plan.Account, cloud plan.Cloud, withID bool) {
	p.put(bold, what+" "+accountName(account))
	if withID && account.Name != "" && account.ID != "" {
		p.put(dim, " ("+account.ID+")")
	}
	if cloud.Kind != "" {
		p.put(plain, " on "+cloud.Kind)
	}
	if cloud.Region != "" {
		p.put(plain, ", "+cloud.Region)
	}
}

// group writes a root with its own change, and those of its parts below it. Trusted says of one that does not change itself whom it is
// trusted by; "" where that stands above.
func (p *page) group(g *group, trusted string) {
	notes := g.notes()
	if c := g.own; c != nil {
		p.put(actionStyle(c.Action), sign(c.Action)+" ")
		p.put(bold, title(g.root.String()))
		p.facts(lineFacts(c))
		if about := fate(c); about != "" {
			p.put(actionStyle(c.Action), "  "+about)
		}
		p.facts(notesOf(notes)) // an author writes them: they stand behind what is ours
		p.asides(c)
		below := p.endings(c, c.Resolves)
		p.endWith(place(c.Source))
		p.details(c, childIndent, below)
	} else {
		p.indent(2)
		p.put(bold, title(g.root.String()))
		if trusted != "" {
			p.put(plain, "  "+trusted)
		}
		p.facts(p.fitting(notesOf(notes)))
		p.end()
	}
	replaced := g.replaced()
	for _, l := range g.lines(p.verbose) {
		p.child(&l, g, notes, replaced)
	}
}

// fitting are the facts that fit behind the name of what does not change itself: there they are only context. --verbose tells all.
func (p *page) fitting(facts []string) (fit []string) {
	if p.verbose || p.width == 0 {
		return facts
	}
	for _, fact := range facts {
		if text := strings.Join(append(slices.Clone(fit), fact), factsApart); p.fits("  " + text) {
			fit = append(fit, fact)
		} else {
			p.abridged = true
		}
	}
	return fit
}

// factsApart stands between facts on a line.
const factsApart = " " + dot + " "

// facts writes bookkeeping behind a name.
func (p *page) facts(facts []string) {
	if len(facts) > 0 {
		p.put(plain, "  "+strings.Join(facts, factsApart))
	}
}

// asides writes where a change comes from, and its reason.
func (p *page) asides(c *plan.Change) {
	for _, w := range why(c) {
		p.put(w.look, "  "+w.text)
	}
}

// child writes the changes of a root's parts that go on one line, which are of one scope.
func (p *page) child(l *childLine, g *group, notes plan.Notes, replaced map[risk]bool) {
	c := l.changes[0]
	look := actionStyle(c.Action)
	p.indent(childIndent)
	p.put(look, sign(c.Action)+" ")
	if l.where != "" {
		p.put(plain, l.where+": ")
	}
	p.put(plain, texts(l.what).joined())
	if about := fate(c); about != "" {
		p.put(look, "  "+about)
	}
	p.asides(c)
	below := p.endings(c, slices.DeleteFunc(slices.Clone(c.Resolves), func(f plan.Finding) bool {
		return f.Address == c.Address && replaced[risk{l.where, f.Rule, f.Severity}]
	}))
	if g.own == nil || p.verbose { // else the place of its root, right above, is near enough
		p.endWith(placeOfAll(l.changes))
	} else {
		p.end()
	}
	if c.Notes != notes && !c.Notes.IsZero() {
		p.line(childIndent+4, dim, strings.Join(notesOf(c.Notes), factsApart))
	}
	p.details(c, childIndent+4, below)
}

// details writes the lines below that of a change. Ends is what it ends where its own line does not tell.
func (p *page) details(c *plan.Change, indent int, ends []string) {
	if c.After != nil {
		for _, d := range p.shown(c) {
			t := differing(d, c.Before == nil)
			p.attribute(indent, &t)
		}
		for _, sent := range sentAs(c) {
			p.line(indent, plain, sent.subject+" "+sent.text)
		}
	}
	p.companionLines(indent, c.Address, c.With)
	p.manuals(indent, c.Manual, c.Attributes)
	for _, f := range c.Findings {
		p.finding(indent, f, f.Address != c.Address, p.verbose)
	}
	for _, text := range ends {
		p.line(indent, dim, text)
	}
	if p.verbose {
		p.resolved(indent, c)
	}
}

// manualHead says what an instruction for a person is about. Values are named where they are not all that differs.
func manualHead(m plan.Manual, differing []plan.AttributeChange) string {
	isDifferent := func(d plan.AttributeChange) bool { return d.Name == m.Attribute }
	switch {
	case m.Attribute == "":
		return "by hand"
	case len(differing) > 0 && len(m.Values) == 0 && !slices.ContainsFunc(differing, isDifferent):
		return "note" // apply does all of it; a delete has no differing attributes, and what it leaves is by hand
	case len(m.Values) == 0 || isAllOf(m, differing):
		return "by hand, " + m.Attribute
	}
	return "by hand, " + m.Attribute + " " + written(m.Attribute, plan.SetValue(m.Values...))
}

// manuals tells a person what to do about the parts of a difference that are left to one. What several instructions end with is written
// once.
func (p *page) manuals(indent int, all []plan.Manual, differing []plan.AttributeChange) {
	above := ""
	for _, m := range all {
		text := manualHead(m, differing) + ": "
		first, block, _ := strings.Cut(m.Instruction, "\n")
		if block != "" && block == above {
			p.line(indent, magenta, text+strings.TrimSuffix(first, ":")+" what stands above")
			continue
		}
		above = block
		p.line(indent, magenta, text+first)
		if block != "" {
			p.toPaste(indent, magenta, block)
		}
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

// order writes the steps that a plan runs in, of which each waits for something in one before. Without --verbose it is left to the
// executor.
func (p *page) order(changes []plan.Change) {
	if !p.verbose || len(changes) < 2 {
		return
	}
	step := make(map[addr.Address]int, len(changes))
	var steps [][]*plan.Change
	for i := range changes {
		c, at := &changes[i], 0
		for _, before := range slices.Concat(c.DependsOn, c.RunsAfter) {
			if earlier, known := step[before]; known {
				at = max(at, earlier+1)
			}
		}
		step[c.Address] = at
		for len(steps) <= at {
			steps = append(steps, nil)
		}
		steps[at] = append(steps[at], c)
	}
	p.gap()
	p.line(0, bold, "Order:")
	for i, together := range steps {
		names := make([]string, len(together))
		for k, c := range together {
			names[k] = sign(c.Action) + " " + title(c.Address.String())
		}
		p.line(2, plain, strconv.Itoa(i+1)+". "+strings.Join(names, ", "))
	}
	p.gap()
}
