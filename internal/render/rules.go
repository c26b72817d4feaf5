package render

import (
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// rules writes the rules that the manifest gives otherwise than its base, each with what weakens it below. It stands before the
// changes: they are judged by these rules.
func (p *page) rules(pl *plan.Plan, o Options) {
	if len(pl.Rules) == 0 {
		return
	}
	head := "Rules changed"
	if pl.RulesFromBase {
		head += " (not in force: this plan is judged by the rules of the base)"
	}
	p.line(0, bold, head+o.told()+":")
	for i := range pl.Rules {
		r := &pl.Rules[i]
		p.ruleLines(r)
		for _, f := range r.Findings {
			f.Attribute = "" // it stands above, in the key
			p.finding(childIndent, f, false, p.verbose)
		}
	}
	p.gap()
}

// ruleLines writes a line for each item that goes or comes, with its place; one line for a value that becomes another.
func (p *page) ruleLines(r *plan.RuleChange) {
	look := green
	if r.Weakens {
		look = yellow
	}
	line := func(sign, text string, at *plan.Node) {
		p.put(look, "  "+sign+" ")
		p.put(bold, title(r.Key))
		p.put(plain, ": "+text)
		source := r.Source
		if !at.Position().IsZero() {
			source = at.Position()
		}
		p.endWith(place(source))
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
}

// oneLine writes a value of a manifest on one line.
func oneLine(n *plan.Node) string {
	switch {
	case n == nil:
		return ""
	case n.Kind == plan.Text && strings.ContainsAny(n.Text, `,{}[]"→`): // it could look like several values
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
