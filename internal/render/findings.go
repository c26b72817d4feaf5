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
