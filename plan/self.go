package plan

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// ownWay returns why roots must be left alone: those that the running credentials came through, and what these refer to.
// Whoever changes his own way in may end half-way, locked out.
func ownWay(all []addr.Address, live []Live) map[addr.Address]string {
	if len(all) == 0 {
		return nil
	}
	reasons := map[addr.Address]string{}
	for i := range live {
		l := &live[i]
		self := l.Root()
		if !slices.Contains(all, self) {
			continue
		}
		for _, use := range l.Uses {
			if reasons[use] == "" || reasons[use] > usedBySelf(self) { // the same words whatever the order of the input
				reasons[use] = usedBySelf(self)
			}
		}
	}
	for _, self := range all {
		reasons[self] = fmt.Sprintf("the running credentials came through %s", self)
	}
	return reasons
}

// CutsOff finds the changes of a plan that was made by somebody else's credentials which the running ones, who came through
// self, must not make. The plan of [Build] has none: there they are blocked.
func CutsOff(p *Plan, s *Snapshot, self []addr.Address) []Problem {
	reasons := ownWay(self, s.Resources)
	var problems []Problem
	for _, c := range p.Changes {
		if reason := reasons[c.Root()]; reason != "" && c.Action.Writes() {
			problems = append(problems, Problem{
				At: c.Source, Summary: "own way in", Detail: fmt.Sprintf("%s %s: %s", c.Action, c.Address, reason),
				Hint: "run it with other credentials, or plan again with these, which leaves it alone",
			})
		}
	}
	return SortProblems(problems)
}

func usedBySelf(self addr.Address) string {
	return fmt.Sprintf("the running credentials came through %s, which has it", self)
}
