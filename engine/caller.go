package engine

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Caller is what is known of the way by which the running credentials came in. The zero Caller came through nothing that
// a plan could change.
type Caller struct {
	// Self are the roots that the credentials are known to have come through, and Named those that the user says they
	// did. A named one that is not there is a problem: misspelt, it would guard nothing.
	Self, Named []addr.Address
	// Unknown is set when the credentials may have come through something, and nobody knows what. A plan that changes
	// what is there then has a warning, or a problem where it IsToRun.
	Unknown, IsToRun bool
}

func (c Caller) all() []addr.Address { return slices.Concat(c.Self, c.Named) }

// problems holds what is known of the caller against live state and the plan, which may be nil.
func (c Caller) problems(s *plan.Snapshot, p *plan.Plan) []plan.Problem {
	var problems []plan.Problem
	for _, a := range c.Named {
		if problem, wrong := notThere(a, s); wrong {
			problems = append(problems, problem)
		}
	}
	if !c.Unknown || p == nil {
		return problems
	}
	// A new child changes the root that it becomes a part of.
	changed := len(slices.DeleteFunc(slices.Clone(p.Changes), func(change plan.Change) bool {
		return !change.Action.Writes() || change.Action == plan.Create && change.ParentID == ""
	}))
	if changed == 0 {
		return problems
	}
	return append(problems, plan.Problem{
		Summary: "own way in unknown",
		Detail: fmt.Sprintf("the credentials are temporary and do not tell what they came through, and this plan holds %d changes to "+
			"what is there: one of them may cut off the caller", changed),
		Hint:    "say --self ADDRESS for what they came through, or --self none if they came through nothing in this account",
		Warning: !c.IsToRun,
	})
}

func notThere(a addr.Address, s *plan.Snapshot) (plan.Problem, bool) {
	var roots []string
	for _, l := range s.Resources {
		if !l.Parent.IsZero() {
			continue
		}
		if l.Address == a {
			return plan.Problem{}, false
		}
		if l.Address.Type() == a.Type() {
			roots = append(roots, l.Address.String())
		}
	}
	hint := plan.DidYouMean(a.String(), roots)
	if hint == "" {
		hint = "write the address as a plan shows it, behind the account where there are several: --self ACCOUNT=ADDRESS"
	}
	return plan.Problem{
		Summary: "own way in not found",
		Detail:  fmt.Sprintf("--self names %s, and the account has none, so that it would guard nothing", a),
		Hint:    hint,
	}, true
}
