package render

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// findings writes findings beside the changes, the gravest first, and accepted ones behind them.
func (p *page) findings(all []plan.Finding, hints bool) {
	if len(all) == 0 {
		return
	}
	p.gap()
	p.line(0, bold, "Findings:")
	for _, f := range gravest(all) {
		p.finding(2, f, true, hints)
	}
	p.gap()
}

// gravest returns findings by severity, those that nobody accepted first.
func gravest(all []plan.Finding) []plan.Finding {
	isAccepted := func(f plan.Finding) int {
		if f.Accepted.IsZero() {
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(all), func(a, b plan.Finding) int {
		return cmp.Or(cmp.Compare(isAccepted(a), isAccepted(b)), cmp.Compare(b.Severity, a.Severity))
	})
}

// finding writes one finding. The address is left out where it stands right above.
func (p *page) finding(indent int, f plan.Finding, withAddress, hints bool) {
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
	p.put(dim, "  ["+f.Rule+"]")
	p.end()
	below := indent + len("medium") + 2
	if text := traceText(f.Trace); text != "" {
		p.line(below, plain, text)
	}
	switch {
	case !f.Accepted.IsZero():
		p.block(below, dim, "accepted until "+f.Accepted.ReviewBy+": "+f.Accepted.Reason)
	case hints:
		p.hint(below, f.Hint)
	case f.Hint != "":
		p.abridged = true
	}
}

// resolved writes the findings that a change ends: in full only with --verbose.
func (p *page) resolved(indent int, c *plan.Change) {
	for _, f := range c.Resolves {
		text := "ends " + f.Severity.String() + ": "
		if f.Address != c.Address {
			text += title(f.Address.String()) + ": "
		}
		p.block(indent, dim, text+f.Message+"  ["+f.Rule+"]")
	}
}

// endings names what a change ends, on its line where all of it fits; what does not fit is for lines below it. --verbose tells all of it
// there.
func (p *page) endings(c *plan.Change, ends []plan.Finding) (below []string) {
	if p.verbose || len(c.Resolves) == 0 {
		return nil
	}
	p.abridged = true
	all := ended(c, ends)
	if text := "  " + strings.Join(all, ", "); len(all) > 0 && p.fits(text) {
		p.put(dim, text)
		return nil
	}
	return all
}

// ended names findings that a change ends, each rule once.
func ended(c *plan.Change, ends []plan.Finding) (all []string) {
	count := map[string]int{}
	for _, f := range gravest(ends) {
		text := "ends " + f.Severity.String()
		if f.Address != c.Address {
			text += " of " + title(f.Address.String())
		}
		text += " [" + f.Rule + "]"
		if count[text]++; count[text] == 1 {
			all = append(all, text)
		}
	}
	for i, text := range all {
		if n := count[text]; n > 1 {
			all[i] += " ×" + strconv.Itoa(n)
		}
	}
	return all
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

// concerned parts high findings about what has a change from the others. A change that is not made brings no finding of its own.
func concerned(findings []plan.Finding, changes []plan.Change) (here, elsewhere []plan.Finding) {
	has, hasRoot := map[addr.Address]bool{}, map[string]bool{}
	for i := range changes {
		c := &changes[i]
		has[c.Address], has[c.Root()] = true, true
		if c.Parent.IsZero() {
			hasRoot[c.Address.Segments()[0].String()] = true // parts of a root begin with its name
		}
	}
	for _, f := range findings {
		about := has[f.Address] || !f.Address.IsZero() && hasRoot[f.Address.Segments()[0].String()]
		if about && f.Severity == plan.High && f.Accepted.IsZero() {
			here = append(here, f)
		} else {
			elsewhere = append(elsewhere, f)
		}
	}
	return here, elsewhere
}

// staying returns the findings of a plan that stand with no change, and not with what leaves the manifest.
func staying(pl *plan.Plan) []plan.Finding {
	written := map[plan.Finding]bool{}
	for _, f := range pl.RaisedByLeaving() {
		f.Seen = ""
		written[f] = true
	}
	for i := range pl.Changes {
		for _, f := range pl.Changes[i].Findings {
			written[f] = true
		}
	}
	rest := slices.Clone(pl.Findings)
	for i := range pl.Unexpected {
		rest = append(rest, pl.Unexpected[i].Findings...)
	}
	return slices.DeleteFunc(rest, func(f plan.Finding) bool {
		f.Seen = "" // what a change brings or ends has none
		return written[f]
	})
}
