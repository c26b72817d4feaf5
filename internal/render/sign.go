package render

import (
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// companions counts what goes with a delete, by the type of the first; "" for nothing.
func companions(with []addr.Address) string {
	if len(with) == 0 {
		return ""
	}
	noun := with[0].Type()
	if slices.ContainsFunc(with, func(a addr.Address) bool { return a.Type() != noun }) {
		noun = "part"
	}
	return "with its " + Count(len(with), noun)
}

// fate says what the sign of a change cannot say: the action of a change that is not executed, and the children that go with
// a delete.
func fate(c *plan.Change) string {
	var words []string
	switch {
	case c.Action.Writes():
	case c.Action == plan.Blocked:
		words = append(words, "blocked:", would(c))
	default:
		words = append(words, would(c), "by hand")
	}
	if len(c.With) > 0 {
		words = append(words, companions(c.With))
	}
	return strings.Join(words, " ")
}

// would says what a change does, or would do if it were made.
func would(c *plan.Change) string {
	switch {
	case c.After == nil:
		return "delete"
	case c.Before == nil:
		return "create"
	}
	return "update"
}

// why says where a change comes from, and its reason.
func why(c *plan.Change) (words []piece) {
	if c.Origin != "" {
		words = append(words, piece{originStyle(c.Origin), "  [" + string(c.Origin) + "]"})
	}
	if c.Reason != "" {
		words = append(words, piece{dim, "  (" + c.Reason + ")"})
	}
	return words
}

// accountName returns the name of an account, or its id where that is all that is known.
func accountName(a plan.Account) string {
	if a.Name == "" {
		return title(a.ID)
	}
	return title(a.Name)
}

// place returns file and line; a column would only be noise behind a whole change.
func place(at plan.Position) string { return plan.Position{File: at.File, Line: at.Line}.String() }

// placeOfAll returns the place of changes on one line: of several lines of a file the first and the last, and none for several files.
func placeOfAll(changes []*plan.Change) string {
	first, last := changes[0].Source, changes[0].Source
	for _, c := range changes[1:] {
		switch at := c.Source; {
		case at.File != first.File:
			return ""
		case at.Line < first.Line:
			first = at
		case at.Line > last.Line:
			last = at
		}
	}
	text := place(first)
	if last.Line > first.Line {
		text += "-" + strconv.Itoa(last.Line)
	}
	return text
}

func sign(a plan.Action) string {
	switch a {
	case plan.Create:
		return "+"
	case plan.Update:
		return "~"
	case plan.Delete:
		return "-"
	case plan.ByHand:
		return "!"
	case plan.Blocked:
		return "×"
	}
	return "?"
}

func actionStyle(a plan.Action) style {
	switch a {
	case plan.Create:
		return green
	case plan.Update:
		return yellow
	case plan.Delete:
		return red
	case plan.ByHand:
		return magenta
	case plan.Blocked:
		return cyan
	}
	return plain
}

func originStyle(o plan.Origin) style {
	switch o {
	case plan.Drifted:
		return yellow
	case plan.Conflict:
		return red
	case plan.Yours, plan.Pending:
	}
	return dim
}

// actions counts the changes of a plan by what is done.
func actions(p *plan.Plan) (do tally) {
	s := p.Summary
	do.add(s.Create, "to create")
	do.add(s.Update, "to change")
	do.add(s.Delete, "to delete")
	do.add(s.Manual, "by hand")
	do.add(s.Blocked, "blocked")
	return do
}

// planFoot returns the last line: the counts of changes, and of resources that stay as they are.
func planFoot(p *plan.Plan) string {
	s := p.Summary
	var rest tally
	if s.Rules > 0 {
		rest = append(rest, Count(s.Rules, "rule")+" changed")
	}
	rest.add(s.Leaving, "no longer managed")
	rest.add(s.Unmanaged, "unmanaged (not touched)")
	if p.Empty() {
		text, in := "Nothing to do", ""
		if name := accountName(p.Account); name != "" {
			in = " in " + name
		}
		switch {
		case len(p.LeftOut) > 0:
			of := " in what is selected"
			if _, notInPlan := byCause(p.LeftOut); len(notInPlan) > 0 {
				of = " in this plan"
			}
			text += of + ": " + Count(len(p.LeftOut), "change") + " left out."
		case s.Unchanged == 1:
			text += in + ": 1 resource is as the manifest says."
		case s.Unchanged > 1:
			text += in + ": " + Count(s.Unchanged, "resource") + " are as the manifest says."
		default:
			text += in + "."
		}
		if len(rest) > 0 {
			text += " " + rest.String() + "."
		}
		return text
	}
	var left tally
	left.add(len(p.LeftOut), "left out")
	left.add(s.Unchanged, "unchanged")
	left = append(left, rest...)
	text := "Plan: " + actions(p).String() + "."
	if len(left) > 0 {
		text += " " + left.String() + "."
	}
	return text
}

// originCounts counts the changes by origin, none where there was no base. What leaves the manifest without a change is yours.
func originCounts(pl *plan.Plan) tally {
	count := map[plan.Origin]int{}
	for i := range pl.Changes {
		count[pl.Changes[i].Origin]++
	}
	for i := range pl.Leaving {
		if pl.Leaving[i].Untouched() {
			count[plan.Yours]++
		}
	}
	var t tally
	for _, o := range []plan.Origin{plan.Yours, plan.Drifted, plan.Pending, plan.Conflict} {
		t.add(count[o], string(o))
	}
	return t
}
