package render

import (
	"time"

	"github.com/agencyctl/agencyctl/plan"
)

// drift writes how live state differs from the manifest, in sections, then the parts that were not read, and last one line
// with the counts.
func (p *page) drift(d *plan.Drift, o Options) {
	now := ""
	if o.ShowNow {
		now = ", checked at " + d.Now.UTC().Format(time.RFC3339)
	}
	switch {
	case o.headings():
		p.heading("Drift of", d.Account, d.Cloud, now)
	case o.ShowNow:
		p.line(0, plain, "Checked at "+d.Now.UTC().Format(time.RFC3339))
		p.gap()
	}
	for _, section := range []struct {
		title, sign string
		look        style
		list        []plan.Difference
	}{
		{"Changed:", "~", yellow, d.Changed},
		{"Missing:", "-", red, d.Missing},
		{"Unexpected:", "+", magenta, d.Unexpected},
		{"Expired:", "!", red, d.Expired},
	} {
		if len(section.list) == 0 {
			continue
		}
		p.line(0, bold, section.title)
		for i := range section.list {
			p.difference(&section.list[i], section.sign, section.look, o)
		}
		p.gap()
	}
	besides := make([]remark, len(d.Besides))
	for i, b := range d.Besides {
		besides[i] = remark{title(b.Address.String()), Count(len(b.Children), b.Children[0].Type())}
	}
	p.table("Beside what the manifest lists (left alone):", besides)
	p.remarks(remarks{
		findings: d.Findings, accepted: true, notRead: d.NotRead, notCompared: d.NotCompared, removable: d.Remarks, warnings: d.Warnings,
	})
	p.line(0, bold, driftFoot(d))
}

func (p *page) difference(d *plan.Difference, sign string, look style, o Options) {
	p.indent(2)
	p.put(look, sign+" ")
	p.put(plain, title(d.Address.String()))
	if len(d.With) > 0 {
		p.put(look, "  with its "+companions(d.With))
	}
	switch {
	case d.Reason != "":
		p.put(dim, "  ("+d.Reason+")")
	case !d.Expires.IsZero():
		p.put(dim, "  (expired at "+d.Expires.UTC().Format(time.RFC3339)+")")
	}
	p.endWith(place(d.Source))
	if d.Protected && (d.Reason == "" || !d.Expires.IsZero()) {
		p.line(6, cyan, "protected: it is not mended by apply")
	}
	if command := o.renew(d); command != "" {
		p.line(6, plain, "to renew it: "+command)
	}
	if !o.Quiet {
		p.notes(6, d.Notes)
	}
	for _, c := range d.Attributes {
		p.driftAttribute(6, c)
	}
	p.companionLines(6, d.Address, d.With)
	p.manuals(6, d.Manual, d.Attributes)
}

// driftAttribute names the sides of a difference: an arrow would read as an order of time, and here the manifest is the
// older one.
func (p *page) driftAttribute(indent int, c plan.AttributeChange) {
	live, liveDocument := c.Before.AsDocument()
	wanted, wantedDocument := c.After.AsDocument()
	_, liveSet := c.Before.AsSet()
	_, wantedSet := c.After.AsSet()
	p.indent(indent)
	p.put(plain, c.Name+":")
	switch {
	case c.After.IsZero():
		p.put(plain, " live")
		p.whole(indent, plain, c.Before)
	case c.Before.IsZero():
		p.put(plain, " manifest")
		p.whole(indent, plain, c.After)
	case liveDocument && wantedDocument:
		p.put(dim, " (- manifest, + live)")
		p.end()
		p.documents(indent+2, wanted, live)
	case liveSet && wantedSet:
		p.driftSets(c)
	default:
		p.put(plain, " live ")
		p.put(red, short(c.Before))
		p.put(plain, ", manifest ")
		p.put(green, short(c.After))
		p.end()
	}
}

func (p *page) driftSets(c plan.AttributeChange) {
	live, _ := c.Before.AsSet()
	wanted, _ := c.After.AsSet()
	extra, lost := without(live, wanted), without(wanted, live)
	if len(extra) > 0 {
		p.put(plain, " live has ")
		p.put(red, short(plan.SetValue(extra...)))
	}
	if len(extra) > 0 && len(lost) > 0 {
		p.put(plain, ",")
	}
	if len(lost) > 0 {
		p.put(plain, " live lacks ")
		p.put(green, short(plan.SetValue(lost...)))
	}
	p.end()
}

// driftFoot returns the last line: the counts, or that nothing differs.
func driftFoot(d *plan.Drift) string {
	var differs tally
	differs.add(len(d.Changed), "changed")
	differs.add(len(d.Missing), "missing")
	differs.add(len(d.Unexpected), "unexpected")
	differs.add(len(d.Expired), "expired")
	counting := len(plan.AtLeast(d.Findings, plan.Low))
	if n := counting; n > 0 {
		differs = append(differs, Count(n, "finding"))
	}
	text := "No drift: all that was read is as the manifest says."
	if len(differs) > 0 {
		text = "Drift: " + differs.String() + "."
	}
	var rest tally
	if n := len(d.Findings) - counting; n > 0 {
		rest = append(rest, Count(n, "finding")+" accepted")
	}
	rest.add(len(d.Unmanaged), "unmanaged (not touched)")
	if len(rest) > 0 {
		text += " " + rest.String() + "."
	}
	return text
}
