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

// findings writes what the rules say beside the changes, the gravest first. What is accepted is only counted, and so is
// what weighs less than least.
func (p *page) findings(all []plan.Finding, least plan.Severity) {
	if len(all) == 0 {
		return
	}
	var shown []plan.Finding
	slight, accepted := 0, 0
	for _, f := range all {
		switch {
		case !f.Accepted.IsZero():
			accepted++
		case f.Severity < least:
			slight++
		default:
			shown = append(shown, f)
		}
	}
	slices.SortStableFunc(shown, func(a, b plan.Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	more := max(0, len(shown)-maxFindings)
	p.line(0, bold, "Findings:")
	for _, f := range shown[:len(shown)-more] {
		p.finding(2, f, true)
	}
	if more > 0 {
		p.line(2, dim, "and "+strconv.Itoa(more)+" more")
	}
	if slight > 0 {
		p.line(2, dim, Count(slight, "finding")+" of less weight, listed by -o json")
	}
	if accepted > 0 {
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
