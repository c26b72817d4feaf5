package render

import (
	"cmp"
	"time"

	"github.com/agencyctl/agencyctl/plan"
)

// drift writes how live state differs from the manifest, in sections, then the parts that were not read, and last one line
// with the counts.
func (p *page) drift(d *plan.Drift, o Options) {
	if d.Drifted() || p.verbose || len(d.Findings)+len(d.Remarks)+len(d.Warnings) > 0 {
		p.heading("Drift of", d.Account, d.Cloud, p.verbose)
		if counts := driftCounts(d); len(counts) > 0 {
			p.put(bold, ": "+counts.String())
		}
		if o.ShowNow {
			p.put(plain, ", checked at "+d.Now.UTC().Format(time.RFC3339))
		}
		p.end()
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
	p.findings(d.Findings, true)
	r := remarks{notRead: d.NotRead, notCompared: d.NotCompared, unmanaged: d.Unmanaged, besides: d.Besides}
	p.warnings(d.Warnings)
	p.list(removable(d.Remarks))
	if p.verbose {
		p.remarksInFull(&r)
	}
	p.remarksInShort(&r)
	p.line(0, bold, driftFoot(d, o))
}

func (p *page) difference(d *plan.Difference, sign string, look style, o Options) {
	p.indent(2)
	p.put(look, sign+" ")
	p.put(plain, title(d.Address.String()))
	if len(d.With) > 0 {
		p.put(look, "  "+companions(d.With))
	}
	p.facts(notesOf(d.Notes))
	if reason := differenceReason(d); reason != "" {
		p.put(dim, "  ("+reason+")")
	}
	p.endWith(place(d.Source))
	if text := differenceProtected(d); text != "" {
		p.line(6, cyan, text)
	}
	if command := o.renew(d); command != "" {
		p.unbroken(6, plain, "to renew it: "+command)
	}
	for _, c := range d.Attributes {
		t := drifted(c)
		p.attribute(6, &t)
	}
	p.companionLines(6, d.Address, d.With)
	p.manuals(6, d.Manual, d.Attributes)
}

// differenceReason says why a resource is told of; "" where what differs says it.
func differenceReason(d *plan.Difference) string {
	if d.Reason == "" && !d.Expires.IsZero() {
		return "expired at " + d.Expires.UTC().Format(time.RFC3339)
	}
	return d.Reason
}

// differenceProtected says of a protected resource what its reason does not.
func differenceProtected(d *plan.Difference) string {
	if d.Protected && (d.Reason == "" || !d.Expires.IsZero()) {
		return "protected: it is not mended by apply"
	}
	return ""
}

// drifted tells of an attribute that differs, with names for the sides: an arrow would read as an order of time, and here the manifest is
// the older one.
func drifted(c plan.AttributeChange) attributeText {
	live, liveDocument := c.Before.AsDocument()
	wanted, wantedDocument := c.After.AsDocument()
	had, liveSet := c.Before.AsSet()
	has, wantedSet := c.After.AsSet()
	t := attributeText{name: c.Name}
	switch {
	case c.After.IsZero():
		t.put(plain, " live")
		t.whole(plain, c.Before)
	case c.Before.IsZero():
		t.put(plain, " manifest")
		t.whole(plain, c.After)
	case liveDocument && wantedDocument:
		t.put(dim, " (- manifest, + live)")
		t.documents(wanted, live)
	case liveSet && wantedSet:
		t.driftSets(without(had, has), without(has, had))
	default:
		t.put(plain, " live ")
		t.put(red, written(c.Name, c.Before))
		t.put(plain, ", manifest ")
		t.put(green, written(c.Name, c.After))
	}
	return t
}

func (t *attributeText) driftSets(extra, lost []string) {
	if len(extra) > 0 {
		t.put(plain, " live has ")
		t.put(red, written(t.name, plan.SetValue(extra...)))
	}
	if len(extra) > 0 && len(lost) > 0 {
		t.put(plain, ",")
	}
	if len(lost) > 0 {
		t.put(plain, " live lacks ")
		t.put(green, written(t.name, plan.SetValue(lost...)))
	}
}

// driftCounts counts what differs.
func driftCounts(d *plan.Drift) (differs tally) {
	for _, class := range classesOf(d) {
		differs.add(len(class.differences), class.name)
	}
	if n := len(plan.AtLeast(d.Findings, plan.Low)); n > 0 {
		differs = append(differs, plan.Counted(n, "finding"))
	}
	return differs
}

// driftVerdict returns what a drift comes to, with where added to a sentence on an account, and the counts of what else there is.
func driftVerdict(d *plan.Drift, where string) (verdict string, rest tally) {
	if n := len(d.Findings) - len(plan.AtLeast(d.Findings, plan.Low)); n > 0 {
		rest = append(rest, plan.Counted(n, "finding")+" accepted")
	}
	rest.add(len(d.Unmanaged), "unmanaged (not touched)")
	return cmp.Or(driftCounts(d).String(), "No drift"+where+": all that was read is as the manifest says"), rest
}

// driftFoot returns the last line.
func driftFoot(d *plan.Drift, o Options) string {
	verdict, rest := driftVerdict(d, " in "+accountName(d.Account))
	if len(driftCounts(d)) > 0 {
		verdict = "Drift: " + verdict
	}
	checked := ""
	if o.ShowNow && !d.Drifted() {
		checked = "Checked at " + d.Now.UTC().Format(time.RFC3339)
	}
	return sentence(verdict, rest.String(), checked)
}
