package schema

import (
	"fmt"

	"github.com/agencyctl/agencyctl/plan"
)

// maxProblems bounds what is told in one run: more than anybody reads, less than hurts.
const maxProblems = 10_000

// problems collects what is wrong, up to [maxProblems].
type problems struct {
	all  []plan.Problem
	more int
}

func (p *problems) add(found ...plan.Problem) {
	room := max(0, min(maxProblems-len(p.all), len(found)))
	p.all = append(p.all, found[:room]...)
	p.more += len(found) - room
}

// join adds what another collection holds.
func (p *problems) join(other *problems) {
	p.add(other.all...)
	p.more += other.more
}

// sorted returns all problems by position; the last one tells how many were left out.
func (p *problems) sorted() []plan.Problem {
	all := plan.SortProblems(p.all)
	if p.more > 0 {
		all = append(all, plan.Problem{
			At:      all[len(all)-1].At,
			Summary: "too many problems",
			Detail:  fmt.Sprintf("%d more problems are not shown", p.more),
			Hint:    "mend these first",
		})
	}
	return all
}
