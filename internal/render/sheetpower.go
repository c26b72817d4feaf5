package render

import (
	"cmp"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

func ruleRows(all []plan.RuleChange) []sheetRow {
	var rows []sheetRow
	text := func(n *plan.Node) string {
		if n == nil {
			return "none"
		}
		return nodeText(n)
	}
	for i := range all {
		r := &all[i]
		row := sheetRow{Mark: "~", Label: r.Key, Place: placeOf(r.Source), count: sheetCount{Other: 1}}
		gone, come := r.Items()
		if len(gone) == 1 && len(come) == 1 && gone[0] == r.Before {
			row.Text = text(r.Before) + " → " + text(r.After)
		} else {
			for _, n := range gone {
				row.Under = append(row.Under, sheetRow{Mark: "-", Text: text(n)})
			}
			for _, n := range come {
				row.Under = append(row.Under, sheetRow{Mark: "+", Text: text(n)})
			}
		}
		for _, f := range r.Findings {
			f.Attribute = "" // it stands above, in the key
			row.Under = append(row.Under, findingRow(f, f.Address))
		}
		rows = append(rows, row)
	}
	return rows
}

// nodeText writes a value of a manifest on one line.
func nodeText(n *plan.Node) string {
	switch {
	case n.Kind == plan.Text && strings.ContainsAny(n.Text, `,{}[]"→`): // it could look like several values
		return Clean(quote(n.Text))
	case n.Kind == plan.Text:
		return titleOrEmpty(n.Text)
	case n.Kind == plan.List && len(n.Items) > 0:
		items := make([]string, len(n.Items))
		for i, item := range n.Items {
			items[i] = nodeText(item)
		}
		return strings.Join(items, ", ")
	case n.Kind == plan.Map:
		pairs := make([]string, len(n.Entries))
		for i, e := range n.Entries {
			pairs[i] = titleOrEmpty(e.Key) + ": " + nodeText(e.Value)
		}
		return "{" + strings.Join(pairs, ", ") + "}"
	}
	return string(n.AppendJSON(nil))
}

// powerRows say which principals gain and lose what, and whom a change of what others hold reaches.
func powerRows(p *plan.Plan) []sheetRow {
	var rows []sheetRow
	for _, who := range p.Privileges.Principals {
		row := sheetRow{Label: inWords(who.Principal), count: sheetCount{Other: 1}}
		row.Under = append(powers("+", "gains", who.Gained), powers("-", "loses", who.Lost)...)
		rows = append(rows, row)
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		if !c.Action.Writes() || len(c.Holders) == 0 && c.Unseen == (plan.Unseen{}) {
			continue
		}
		row := sheetRow{Link: c.Address, Text: "changes for", count: sheetCount{Other: 1}}
		if c.Action == plan.Delete {
			row.Text = "is taken from"
		}
		for _, h := range c.Holders {
			holder := sheetRow{Link: h.Address}
			if h.Fate != plan.HolderManaged {
				holder.Text = "(" + strings.Replace(string(h.Fate), "leftOut", "left out", 1) + ")"
			}
			row.Under = append(row.Under, holder)
		}
		if c.Unseen != (plan.Unseen{}) {
			row.Under = append(row.Under, sheetRow{Text: c.Unseen.String()})
		}
		rows = append(rows, row)
	}
	return rows
}

func powers(mark, verb string, all []access.Power) []sheetRow {
	var rows []sheetRow
	for _, power := range all {
		begin := verb + " in " + inWords(power.Scope)
		if power.Scope == "*" {
			begin = verb + " everywhere"
		}
		switch {
		case power.LimitUnsure:
			begin += ", under a limit that may be none"
		case power.Limited:
			begin += ", on some resources or conditions only"
		}
		if len(power.Actions) > 0 {
			text := strings.Join(power.Actions, ", ")
			if len(power.Except) > 0 {
				text += ", but not " + strings.Join(power.Except, ", ")
			}
			rows = append(rows, sheetRow{Mark: mark, Label: begin, Text: text})
		}
		if len(power.Unknown) > 0 {
			rows = append(rows, sheetRow{Mark: mark, Label: begin, Text: "what nobody can tell, by " + addressList(power.Unknown)})
		}
	}
	return rows
}

func addressList(all []addr.Address) string {
	texts := make([]string, len(all))
	for i, a := range all {
		texts[i] = title(a.String())
	}
	return strings.Join(texts, ", ")
}

func wayRows(d access.Delta) []sheetRow {
	var rows []sheetRow
	for _, c := range d.Chains {
		var way []string
		for _, step := range c.Path {
			if !strings.Contains(step, "/") { // no address: a principal from outside
				step = inWords(step)
			}
			way = append(way, title(step))
		}
		text := strings.Join(append(way, title(c.Through.String())), " → ")
		rows = append(rows, sheetRow{Mark: "!", Text: text, count: sheetCount{Other: 1}})
	}
	if d.MoreChains > 0 {
		rows = append(rows, sheetRow{Text: "and " + Count(d.MoreChains, "more way"), count: sheetCount{Other: d.MoreChains}})
	}
	if d.ChainsCut {
		rows = append(rows, sheetRow{Text: "not all ways were followed: there may be more, but for nobody else and through nothing else"})
	}
	return rows
}

// inWords parts the kind of a principal or scope from its name.
func inWords(name string) string {
	kind, rest, found := strings.Cut(name, ":")
	if !found {
		return title(name)
	}
	return kind + " " + title(cmp.Or(rest, `""`))
}
