package render

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// drift writes how live state differs from the manifest, in sections, then the parts that were not read, and last one line
// with the counts.
func (p *page) drift(d *plan.Drift, o Options) {
	begin, isBrief := p.buf.Len(), !d.Drifted() && !p.verbose
	if !isBrief {
		head := "Drift of"
		if !d.Drifted() {
			head = "No drift in"
		}
		p.heading(head, d.Account, d.Cloud, p.verbose)
		if counts := differences(d); len(counts) > 0 {
			p.put(bold, ": "+counts.String())
		}
		if o.ShowNow {
			p.put(plain, ", checked at "+d.Now.UTC().Format(time.RFC3339))
		}
		var below [][]piece
		if len(d.Findings) > 0 {
			below = append(below, append([]piece{{plain, "findings: "}}, severities(d.Findings)...))
		}
		if types := driftTypes(d); types != "" {
			below = append(below, []piece{{plain, types}})
		}
		p.headEnd(below)
	}
	for _, section := range driftSections(d) {
		if len(section.list) == 0 || isBrief {
			continue
		}
		p.gap()
		p.line(0, bold, section.title)
		for _, alike := range p.ofOneScope(section.list) {
			p.difference(alike, section.sign, section.look, tellsStates(d), o)
		}
		p.gap()
	}
	if !isBrief {
		p.findings(d.Findings, true)
		p.acknowledged(d)
	}
	p.who(d.Who)
	r := remarks{notRead: d.NotRead, notCompared: d.NotCompared, unmanaged: d.Unmanaged, besides: d.Besides, warnings: d.Warnings}
	p.warnings(&r, !d.Drifted())
	if !isBrief {
		p.list(removable(d.Remarks))
	}
	if p.verbose {
		p.remarksInFull(&r)
	}
	p.driftClosing(d, &r, begin, o)
}

// ofOneScope groups differences that one line can tell: parts of a root that are of one scope and differ in their name only. With
// --verbose each stands alone.
func (p *page) ofOneScope(all []plan.Difference) (groups [][]*plan.Difference) {
	for i := range all {
		d := &all[i]
		if last := len(groups) - 1; last >= 0 && !p.verbose && tellsBoth(groups[last][0], d) {
			groups[last] = append(groups[last], d)
			continue
		}
		groups = append(groups, []*plan.Difference{d})
	}
	return groups
}

func tellsBoth(a, b *plan.Difference) bool {
	isPlain := func(d *plan.Difference) bool {
		return len(d.Attributes)+len(d.With)+len(d.Manual) == 0 && d.Expires.IsZero() && len(d.Address.Segments()) > 2
	}
	return isPlain(a) && isPlain(b) && a.Reason == b.Reason && a.Notes == b.Notes && a.Protected == b.Protected &&
		a.State == b.State && a.StateReason == b.StateReason && a.Source.File == b.Source.File && traceText(a.Trace) == traceText(b.Trace) &&
		scopeOf(a.Address) == scopeOf(b.Address)
}

// scopeOf is an address without its last segment.
func scopeOf(a addr.Address) string {
	text := a.Type()
	for _, s := range a.Segments()[:len(a.Segments())-1] {
		text += "/" + s.String()
	}
	return text
}

// difference writes what one line tells, and what is below it.
func (p *page) difference(alike []*plan.Difference, sign string, look style, tellsState bool, o Options) {
	d, at := alike[0], place(alike[0].Source)
	p.indent(2)
	p.put(look, sign+" ")
	if len(alike) == 1 {
		p.put(plain, title(d.Address.String()))
	} else {
		var names texts
		places := make([]*plan.Change, len(alike))
		for i, of := range alike {
			segments := of.Address.Segments()
			names = append(names, segments[len(segments)-1].String())
			places[i] = &plan.Change{Source: of.Source}
		}
		p.put(plain, title(scopeOf(d.Address))+": "+names.joined())
		at = placeOfAll(places)
	}
	if len(d.With) > 0 {
		p.put(look, "  "+companions(d.With))
	}
	if tellsState && d.State != "" {
		p.put(stateStyle(d.State), "  "+string(d.State))
	}
	p.facts(notesOf(d.Notes))
	if reason := differenceReason(d); reason != "" {
		p.put(dim, "  ("+reason+")")
	}
	p.endWith(at)
	if d.StateReason != "" {
		p.block(6, stateStyle(d.State), d.StateReason)
	}
	if text := traceText(d.Trace); text != "" {
		p.line(6, plain, text)
	}
	if text := differenceProtected(d); text != "" {
		p.line(6, cyan, text)
	}
	if command := o.renew(d); command != "" {
		p.unbroken(6, plain, "to renew it: "+command)
	}
	differing := d.Attributes
	if !p.verbose {
		differing = tellingOf(d)
	}
	for _, c := range differing {
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

// tellingOf returns the attributes of a difference that tell something: where one side has none at all, as of what is missing or
// unexpected, not the empty ones.
func tellingOf(d *plan.Difference) []plan.AttributeChange {
	saysNothing := func(a plan.AttributeChange) bool { return isEmpty(a.Before) || isEmpty(a.After) }
	telling := slices.DeleteFunc(slices.Clone(d.Attributes), saysNothing)
	hasBoth := func(a plan.AttributeChange) bool { return !a.Before.IsZero() && !a.After.IsZero() }
	if len(telling) == 0 || slices.ContainsFunc(d.Attributes, hasBoth) {
		return d.Attributes
	}
	return telling
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
		t.side(c.Before)
	case c.Before.IsZero():
		t.put(plain, " manifest")
		t.side(c.After)
	case liveDocument && wantedDocument:
		t.put(dim, " (- manifest, + live)")
		t.documents(wanted, live)
	case liveSet && wantedSet:
		t.driftSets(without(had, has), without(has, had))
	default:
		t.put(plain, " live ")
		t.put(red, apart(c.Name, c.Before))
		t.put(plain, ", manifest ")
		t.put(green, apart(c.Name, c.After))
	}
	return t
}

// apart returns a value so that it does not read on with the words around it: prose is in quotes.
func apart(attribute string, v plan.Value) string {
	if text, is := v.AsString(); is && attribute != attributeTrust && strings.ContainsAny(text, " ,") {
		return quote(text)
	}
	return written(attribute, v)
}

// side tells the value of one side.
func (t *attributeText) side(v plan.Value) {
	if _, is := v.AsString(); is {
		t.put(plain, " "+apart(t.name, v))
		return
	}
	t.whole(plain, v)
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

// differences counts what differs and counts, by how.
func differences(d *plan.Drift) (differs tally) {
	for _, class := range classesOf(d) {
		differs.add(len(counting(class.differences)), class.name)
	}
	return differs
}

// driftTypes counts what differs by type, with the signs of how; "" where all is of one type.
func driftTypes(d *plan.Drift) string {
	counts := map[string][]string{}
	for _, class := range driftSections(d) {
		if class.title == titleExpiring {
			continue
		}
		of := map[string]int{}
		for i := range class.list {
			of[class.list[i].Address.Type()]++
		}
		for _, typ := range slices.Sorted(maps.Keys(of)) {
			counts[typ] = append(counts[typ], class.sign+strconv.Itoa(of[typ]))
		}
	}
	if len(counts) < 2 {
		return ""
	}
	var all []string
	for _, typ := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, plan.Plural(typ)+" "+strings.Join(counts[typ], " "))
	}
	return strings.Join(all, " "+dot+" ")
}

// driftSection are the resources that differ in one way.
type driftSection struct {
	title, sign string
	look        style
	list        []plan.Difference
}

func driftSections(d *plan.Drift) []driftSection {
	return []driftSection{
		{"Changed:", "~", yellow, counting(d.Changed)},
		{"Missing:", "-", red, counting(d.Missing)},
		{"Unexpected:", "+", magenta, counting(d.Unexpected)},
		{"Expired:", "!", red, counting(d.Expired)},
		{titleExpiring, "!", yellow, d.Expiring},
	}
}

// driftCounts counts what differs, and the findings that nobody accepted.
func driftCounts(d *plan.Drift) (differs tally) {
	differs = differences(d)
	if n := len(plan.AtLeast(d.Findings, plan.Low)); n > 0 {
		differs = append(differs, plan.Counted(n, "finding"))
	}
	return differs
}

// driftVerdict returns what a drift comes to, with where added to a sentence on an account, and the counts of what else there is.
func driftVerdict(d *plan.Drift, where string) (verdict string, rest tally) {
	rest.add(len(d.Expiring), "expiring soon")
	if share := managedShare(d); share != "" {
		rest = append(rest, share)
	}
	none := "No drift" + where + ": all that was read is as the manifest says"
	if len(d.Accepted()) > 0 {
		none += ", or acknowledged"
	}
	return cmp.Or(driftCounts(d).String(), none), rest
}

// DriftVerdict returns in one line what a drift comes to.
func DriftVerdict(d *plan.Drift) string {
	if counts := driftCounts(d); len(counts) > 0 {
		return "Drift of " + accountName(d.Account) + ": " + counts.String()
	}
	verdict, _ := driftVerdict(d, " in "+accountName(d.Account))
	return verdict
}

// driftClosing writes what a drift comes to and what it leaves alone. Begin is where the drift begins on the page.
func (p *page) driftClosing(d *plan.Drift, r *remarks, begin int, o Options) {
	verdict, rest := driftVerdict(d, " in "+accountName(d.Account))
	var below []string
	if !d.Drifted() && !p.verbose {
		below = slices.DeleteFunc([]string{silenced(d), upcoming(d)}, func(text string) bool { return text == "" })
		p.abridged = p.abridged || silenced(d) != "" || len(d.Expiring) > 0 || len(d.Remarks) > 1
	}
	switch {
	case len(driftCounts(d)) == 0:
		if o.ShowNow {
			verdict += ", checked at " + d.Now.UTC().Format(time.RFC3339)
		}
	case p.isLong(begin):
		verdict = "Drift: " + verdict
	default:
		verdict = "" // its head is in sight
	}
	p.closing(verdict, rest, r)
	for _, text := range below {
		p.block(0, plain, text)
	}
}
