package render

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// maxFindings is how many findings about what stays are written; the JSON output has all.
const maxFindings = 20

// findings writes what the rules say beside the changes, the gravest first; what is accepted is only counted.
func (p *page) findings(all []plan.Finding) {
	var open []plan.Finding
	for _, f := range all {
		if f.Accepted.IsZero() {
			open = append(open, f)
		}
	}
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(open, func(a, b plan.Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	p.line(0, bold, "Findings:")
	shown := open[:min(len(open), maxFindings)]
	for _, f := range shown {
		p.finding(2, f, true)
	}
	if more := len(open) - len(shown); more > 0 {
		p.line(2, dim, "and "+strconv.Itoa(more)+" more")
	}
	if accepted := len(all) - len(open); accepted > 0 {
		p.line(2, dim, Count(accepted, "finding")+" accepted by the manifest")
	}
	p.gap()
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

// untold returns the findings that were not written beside a change already.
func untold(findings []plan.Finding, told map[plan.Finding]bool) []plan.Finding {
	var rest []plan.Finding
	for _, f := range findings {
		if !told[f] {
			rest = append(rest, f)
		}
	}
	return rest
}
