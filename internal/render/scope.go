package render

import (
	"strconv"

	"github.com/agencyctl/agencyctl/plan"
)

// maxLeftOut is how many changes that are left out are named; the JSON output names all.
const maxLeftOut = 20

// leftOut tells what a selection left out of a plan: whoever reads the plan must not take it for the whole.
func (p *page) leftOut(all []plan.LeftOut) {
	if len(all) == 0 {
		return
	}
	p.line(0, yellow, "Left out by --target/--exclude: "+Count(len(all), "change"))
	for _, l := range all[:min(len(all), maxLeftOut)] {
		p.indent(2)
		p.put(actionStyle(l.Action), sign(l.Action)+" ")
		p.put(plain, title(l.Address.String()))
		p.end()
	}
	if more := len(all) - maxLeftOut; more > 0 {
		p.line(2, dim, "and "+strconv.Itoa(more)+" more")
	}
	p.gap()
}

// notYet is the last word of an apply that left something out.
func notYet(all []plan.LeftOut) string {
	were := "were"
	if len(all) == 1 {
		were = "was"
	}
	return "The account is not yet as the manifest says: " + Count(len(all), "change") + " " + were + " left out by --target/--exclude."
}

// origin marks a change with where it comes from.
func (p *page) origin(o plan.Origin) {
	if o != "" {
		p.put(originStyle(o), "  ["+string(o)+"]")
	}
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

// originFoot counts the changes by origin; "" when they have none.
func originFoot(changes []plan.Change) string {
	count := map[plan.Origin]int{}
	for i := range changes {
		count[changes[i].Origin]++
	}
	var t tally
	for _, o := range []plan.Origin{plan.Yours, plan.Drifted, plan.Pending, plan.Conflict} {
		t.add(count[o], string(o))
	}
	if len(t) == 0 {
		return ""
	}
	return "Against the base: " + t.String() + "."
}
