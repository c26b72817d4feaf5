package render

import (
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// rulesHead is the title of the rules that the manifest gives otherwise than its base.
func rulesHead(pl *plan.Plan, o Options) string {
	head := "Rules changed"
	if pl.RulesFromBase {
		head += " (not in force: this plan is judged by the rules of the base)"
	}
	return head + o.unprovenNote()
}

// rules writes the rules that the manifest gives otherwise than its base, each with what weakens it below. It stands before the
// changes: they are judged by these rules.
func (p *page) rules(pl *plan.Plan, o Options) {
	if len(pl.Rules) == 0 {
		return
	}
	p.gap()
	p.line(0, bold, rulesHead(pl, o)+":")
	for i := range pl.Rules {
		r := &pl.Rules[i]
		look := green
		if r.Weakens {
			look = yellow
		}
		for _, l := range ruleLines(r) {
			p.put(look, "  "+l.sign+" ")
			p.put(bold, title(r.Key))
			p.put(plain, ": "+l.text)
			p.endWith(place(l.at))
		}
		for _, f := range r.Findings {
			f.Attribute = "" // it stands above, in the key
			p.finding(childIndent, f, false, p.verbose)
		}
	}
	p.gap()
}

// ruleLine tells of a rule that differs.
type ruleLine struct {
	sign, text string
	at         plan.Position
}

// ruleLines returns a line for each item that goes or comes, with its place; one line for a value that becomes another.
func ruleLines(r *plan.RuleChange) (lines []ruleLine) {
	line := func(sign, text string, at *plan.Node) {
		l := ruleLine{sign, text, at.Position()}
		if l.at.IsZero() {
			l.at = r.Source
		}
		lines = append(lines, l)
	}
	gone, come := r.Items()
	switch {
	case r.Before == nil:
		line("+", oneLine(r.After), r.After)
	case r.After == nil:
		line("-", oneLine(r.Before), r.Before)
	case r.Before.Kind != r.After.Kind, r.Before.Kind != plan.List && r.Before.Kind != plan.Map:
		line("~", oneLine(r.Before)+" → "+oneLine(r.After), r.After)
	default:
		for _, item := range gone {
			line("~", "- "+oneLine(item), item)
		}
		for _, item := range come {
			line("~", "+ "+oneLine(item), item)
		}
	}
	return lines
}

// oneLine writes a value of a manifest on one line.
func oneLine(n *plan.Node) string {
	switch {
	case n.Kind == plan.Text && (n.Text == "" || strings.ContainsAny(n.Text, `,{}[]"→`)): // it could look like none, or like several values
		return quote(n.Text)
	case n.Kind == plan.Text:
		return title(n.Text)
	case n.Kind == plan.List && len(n.Items) == 0:
		return "[]"
	case n.Kind == plan.List:
		items := make([]string, len(n.Items))
		for i, item := range n.Items {
			items[i] = oneLine(item)
		}
		return strings.Join(items, ", ")
	case n.Kind == plan.Map:
		pairs := make([]string, len(n.Entries))
		for i, e := range n.Entries {
			pairs[i] = title(e.Key) + ": " + oneLine(e.Value)
		}
		return "{" + strings.Join(pairs, ", ") + "}"
	}
	return string(n.AppendJSON(nil))
}
