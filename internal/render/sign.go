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
	return "with its " + plan.Counted(len(with), noun)
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

// acknowledged says until when the manifest accepts a difference; "" where it does not.
func acknowledged(a plan.Accepted) string {
	if a.IsZero() {
		return ""
	}
	return "acknowledged until " + a.ReviewBy
}

// why says where a change comes from, its reason, and until when the difference is acknowledged.
func why(c *plan.Change) (words []piece) {
	if c.Origin != "" {
		words = append(words, piece{originStyle(c.Origin), originText(c.Origin)})
	}
	if c.Reason != "" {
		words = append(words, piece{dim, "(" + c.Reason + ")"})
	}
	if text := acknowledged(c.Accepted); text != "" {
		words = append(words, piece{dim, text})
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

func originText(o plan.Origin) string {
	if o == "" {
		return ""
	}
	return "[" + string(o) + "]"
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

// planVerdict returns what a plan comes to, with where added to a sentence on an account, and the counts of what else there is: of
// resources that stay as they are, of rules, and of what is not touched.
func planVerdict(p *plan.Plan, where string) (verdict string, rest tally) {
	s := p.Summary
	if !p.Empty() {
		rest.add(len(p.LeftOut), "left out")
		rest.add(s.Unchanged, "unchanged")
	}
	if s.Rules > 0 {
		rest = append(rest, plan.Counted(s.Rules, "rule")+" changed")
	}
	rest.add(s.Leaving, "no longer managed")
	rest.add(s.Unmanaged, "unmanaged"+notTouched)
	switch {
	case !p.Empty():
		return actions(p).String(), rest
	case slices.ContainsFunc(p.LeftOut, func(l plan.LeftOut) bool { return causeOf(&l) != bySelection }):
		return "Nothing to do in this plan: " + plan.Counted(len(p.LeftOut), "change") + " left out", rest
	case len(p.LeftOut) > 0:
		return "Nothing to do in what is selected: " + plan.Counted(len(p.LeftOut), "change") + " left out", rest
	case s.Unchanged > 0:
		return "Nothing to do" + where + ": " + plan.Counted(s.Unchanged, "resource") + plan.Agree(s.Unchanged, " is", " are") +
			" as the manifest says", rest
	}
	return "Nothing to do" + where, rest
}

// notTouched stands behind a count of what nobody manages, where nothing else says that it is left alone.
const notTouched = " (not touched)"
