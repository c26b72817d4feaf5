package render

import (
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// trustOf returns, in words, the principals that may act as the root of a change: those after it, and of a root that goes, those
// before it.
func trustOf(c *plan.Change) []string { return spokenEach(c.Principals) }

// groupsOf sorts changes into groups by their root, by address.
func groupsOf(changes []plan.Change) []sheetGroup {
	byRoot := map[addr.Address][]*plan.Change{}
	var roots []addr.Address
	for i := range changes {
		root := changes[i].Root()
		if byRoot[root] == nil {
			roots = append(roots, root)
		}
		byRoot[root] = append(byRoot[root], &changes[i])
	}
	slices.SortFunc(roots, addr.Compare)
	groups := make([]sheetGroup, len(roots))
	for i, root := range roots {
		all := byRoot[root]
		slices.SortStableFunc(all, func(a, b *plan.Change) int { return addr.Compare(a.Address, b.Address) })
		groups[i] = groupOf(root, all)
	}
	return groups
}

func groupOf(root addr.Address, changes []*plan.Change) sheetGroup {
	g := sheetGroup{Address: root}
	var children []*plan.Change
	var source plan.Position
	notes := changes[0].Notes
	g.Trust = trustOf(changes[0])
	for _, c := range changes {
		for _, f := range c.Findings {
			g.Grave = g.Grave || f.Severity == plan.High && f.Accepted.IsZero()
		}
		g.Grave = g.Grave || c.Action == plan.Delete
		if c.Address != root {
			children = append(children, c)
			continue
		}
		notes = c.Notes
		g.Mark, g.Fate, g.Reason, g.Place = markOf(c.Action), fateOf(c), c.Reason, placeOf(c.Source)
		g.count.act(c.Action)
		g.Rows, source = ownRows(c, len(g.Trust) > 0), c.Source
	}
	g.Notes = strings.Join(notesOf(notes), " · ")
	g.Rows = append(g.Rows, childRows(root, children, notes, source.File)...)
	return g
}

// fateOf says what the sign of a change cannot say.
func fateOf(c *plan.Change) string {
	would := "change"
	switch {
	case c.After == nil:
		would = "delete"
	case c.Before == nil:
		would = "create"
	}
	words := would
	switch c.Action {
	case plan.ByHand:
		words += " by hand"
	case plan.Blocked:
		words = "blocked: " + words
	}
	for _, part := range []string{withParts(c.With), originText(c.Origin)} {
		if part != "" {
			words += " " + part
		}
	}
	if c.Renew {
		words += " (renewed)"
	}
	return words
}

// ownRows say what differs in one resource, what goes with it, what is left to a person, and what the rules say.
func ownRows(c *plan.Change, trustIsTold bool) []sheetRow {
	var rows []sheetRow
	if c.After != nil {
		differing := c.Attributes
		arrow := " → "
		if c.Before == nil {
			arrow = ""
			differing = slices.DeleteFunc(slices.Clone(differing), func(d plan.AttributeChange) bool {
				members, isSet := d.After.AsSet()
				text, isText := d.After.AsString()
				isEmpty := isSet && len(members) == 0 || isText && text == ""
				return isEmpty || trustIsTold && d.Name == attributeTrust
			})
		}
		rows = attributeRows(differing, "", arrow)
		for _, d := range c.Attributes {
			if sent := c.After.Settings[d.Name]; !sent.IsZero() {
				rows = append(rows, sheetRow{Label: d.Name + " is sent as", Text: valueText(sent)})
			}
		}
	}
	rows = append(rows, partRows(c.Address, markOf(c.Action), c.With)...)
	rows = append(rows, manualRows(c.Manual)...)
	for _, f := range c.Findings {
		rows = append(rows, findingRow(f, c.Address))
	}
	for _, f := range c.Resolves {
		row := sheetRow{Severity: "ends " + f.Severity.String(), Rule: f.Rule, Text: f.Message}
		if f.Address != c.Address {
			row.Link = f.Address
		}
		rows = append(rows, row)
	}
	return rows
}

func manualRows(all []plan.Manual) []sheetRow {
	rows := make([]sheetRow, len(all))
	for i, m := range all {
		rows[i] = sheetRow{Mark: "!", Label: "by hand", Text: m.Instruction}
		if m.Attribute != "" {
			rows[i].Label += ", " + m.Attribute
		}
		if len(m.Values) > 0 {
			rows[i].Label += " " + itemsText(m.Values)
		}
	}
	return rows
}

// partRows name the children that share the fate of a root, those of one scope on one line.
func partRows(root addr.Address, mark string, with []addr.Address) []sheetRow {
	var rows []sheetRow
	mixed := isMixed(with)
	for _, a := range with {
		where, what := below(root, a, mixed)
		if n := len(rows); n > 0 && rows[n-1].Label == where {
			rows[n-1].Text += ", " + what
			rows[n-1].Tells = append(rows[n-1].Tells, a)
			continue
		}
		rows = append(rows, sheetRow{Mark: mark, Label: where, Text: what, Tells: []addr.Address{a}})
	}
	return rows
}

func isMixed(all []addr.Address) bool {
	return slices.ContainsFunc(all, func(a addr.Address) bool { return a.Type() != all[0].Type() })
}

// below returns the part of a child's address that its root does not have: where, and what. The type stands before it among
// children of several types.
func below(root, child addr.Address, withType bool) (where, what string) {
	prefix, segments := root.Segments(), child.Segments()
	if len(segments) <= len(prefix) || !slices.Equal(prefix, segments[:len(prefix)]) {
		return "", title(child.String())
	}
	segments = segments[len(prefix):]
	var parts []string
	if withType {
		parts = append(parts, child.Type())
	}
	for _, s := range segments[:len(segments)-1] {
		parts = append(parts, title(s.String()))
	}
	return strings.Join(parts, "/"), title(segments[len(segments)-1].String())
}

// childRows are the changes of children, those of one scope with the same fate on one line.
func childRows(root addr.Address, children []*plan.Change, notes plan.Notes, file string) []sheetRow {
	addresses := make([]addr.Address, len(children))
	for i, c := range children {
		addresses[i] = c.Address
	}
	mixed := isMixed(addresses)
	var rows []sheetRow
	var fates []childFate
	for _, c := range children {
		where, what := below(root, c.Address, mixed)
		row := sheetRow{Mark: markOf(c.Action), Label: where, Text: what, Place: placeOf(c.Source), Tells: []addr.Address{c.Address}}
		if file != "" && c.Source.File == file && c.Source.Line > 0 {
			row.Place = "line " + strconv.Itoa(c.Source.Line) // the file stands above
		}
		row.count.act(c.Action)
		row.Under = ownRows(c, false)
		for i := range row.Under {
			if row.Under[i].Link.IsZero() && row.Under[i].Rule != "" {
				row.Under[i].Link = c.Address // it may stand below several
			}
		}
		sameNotes := c.Notes == notes || c.Notes.IsZero()
		if !sameNotes {
			row.Under = append(row.Under, sheetRow{Text: strings.Join(notesOf(c.Notes), " · ")})
		}
		fate := childFate{words: childFateOf(c), isPlain: sameNotes && len(c.Attributes)+len(c.Manual)+len(c.With) == 0}
		n := len(rows)
		if n > 0 && fate.isPlain && fates[n-1] == fate && rows[n-1].Mark == row.Mark && rows[n-1].Label == where {
			last := &rows[n-1]
			last.Text += ", " + what
			last.Tells = append(last.Tells, c.Address)
			last.Under = append(last.Under, row.Under...)
			last.count.add(row.count)
			if last.Place != row.Place {
				last.Place = ""
			}
			continue
		}
		rows, fates = append(rows, row), append(fates, fate)
	}
	for i := range rows {
		if fates[i].words != "" {
			rows[i].Text += "  " + fates[i].words
		}
	}
	return rows
}

// childFate is what becomes of a child. Plain ones with the same words stand on one line.
type childFate struct {
	words   string
	isPlain bool
}

// childFateOf leaves out what the mark says.
func childFateOf(c *plan.Change) string {
	words := fateOf(c)
	if c.Action.Writes() {
		_, words, _ = strings.Cut(words, " ")
	}
	if c.Reason != "" {
		words = strings.TrimSpace(words + " (" + c.Reason + ")")
	}
	return words
}
