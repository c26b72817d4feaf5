package render

import (
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// remarks are what a reader must know beside the changes: breaches, and everything that was not looked at.
type remarks struct {
	findings []plan.Finding
	// least is the severity from which findings are written out.
	least       plan.Severity
	unexpected  []remark
	notRead     []plan.NotRead
	notCompared []plan.NotCompared
	warnings    []string
}

// remark is a subject and what is said about it.
type remark struct{ subject, text string }

// remarks writes each list that is not empty under its title, followed by an empty line.
func (p *page) remarks(r remarks) {
	p.findings(r.findings, r.least)
	p.table("Unexpected (owned, not in the manifest, not touched):", r.unexpected)
	p.table("Not read:", byReason(r.notRead))
	notCompared := make([]remark, len(r.notCompared))
	for i, n := range r.notCompared {
		notCompared[i] = remark{title(n.Address.String()) + " " + n.Attribute, n.Reason}
	}
	p.table("Not compared:", notCompared)
	if len(r.warnings) > 0 {
		p.line(0, bold, "Warnings:")
		for _, text := range r.warnings {
			p.block(2, yellow, text)
		}
		p.gap()
	}
}

// byReason puts subjects that were not read for one reason on one line, in the order of the first of each. What several
// in a row begin with, up to a slash, is written once.
func byReason(all []plan.NotRead) []remark {
	var rows []remark
	index, begin := map[string]int{}, map[string]string{}
	for _, n := range all {
		subject := title(n.Subject)
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

// table writes a titled list in two aligned columns.
func (p *page) table(title string, rows []remark) {
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
	for _, r := range rows {
		p.indent(2)
		p.put(plain, r.subject)
		if r.text != "" {
			p.to(2 + column + 2)
			p.put(dim, r.text)
		}
		p.end()
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
