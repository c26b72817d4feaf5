package serviceagency

import (
	"fmt"

	"github.com/agencyctl/agencyctl/plan"
)

// Contradictions finds authorizations that want another value of the attribute than the first one does, although all share
// one agency of the account. Places is what the authorizations differ by, in the plural. Tombstones want nothing.
func Contradictions(desired []plan.Desired, attribute, places string) []plan.Problem {
	var problems []plan.Problem
	var first *plan.Desired
	for i := range desired {
		d := &desired[i]
		switch {
		case d.Absent:
		case first == nil:
			first = d
		case first.Address != d.Address && !first.Attributes[attribute].Equal(d.Attributes[attribute]):
			problems = append(problems, plan.Problem{
				At:      d.SourceOf(attribute),
				Summary: "contradictory authorizations",
				Detail: fmt.Sprintf("%s wants other %s than %s at %s, and both %s share one agency of the account",
					d.Address, attribute, first.Address, first.SourceOf(attribute), places),
				Hint: fmt.Sprintf("write the same %s for both %s", attribute, places),
			})
		}
	}
	return problems
}
