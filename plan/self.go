package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Caller says through which resources the running credentials came into the account. The zero Caller came through none that a
// plan could change.
type Caller struct {
	// Self are the roots that the credentials are known to have come through, and Named those that the user says they
	// did. A named one that is not there is a problem: misspelt, it would guard nothing.
	Self, Named []addr.Address
	// Unknown is set when the credentials may have come through a resource that nobody knows. A plan that changes
	// a live resource or adds a child to one then has a warning, or a problem where it IsToRun.
	Unknown, IsToRun bool
	// Setting is how the user gives Named; messages quote it.
	Setting string
}

// All returns Self and Named.
func (c Caller) All() []addr.Address { return slices.Concat(c.Self, c.Named) }

// Problems holds the caller against live state and against a plan, which may be nil. In a plan that was made for other
// credentials, a change of a root that these came through is a problem; [Build] blocks such changes.
func (c Caller) Problems(s *Snapshot, p *Plan) []Problem {
	var problems []Problem
	for _, a := range c.Named {
		if problem, missing := c.notThere(a, s); missing {
			problems = append(problems, problem)
		}
	}
	if p == nil {
		return problems
	}
	reasons := ownWay(c.All(), s.Resources)
	risky := 0
	for i := range p.Changes {
		change := &p.Changes[i]
		if !change.Action.Writes() {
			continue
		}
		if reason := reasons[change.Root()]; reason != "" {
			problems = append(problems, Problem{
				At: change.Source, Summary: "own way in", Detail: fmt.Sprintf("%s %s: %s", change.Action, change.Address, reason),
				Hint: "run it with other credentials, or plan again with these, which leaves it alone",
			})
		}
		// A new child changes the root that it becomes a part of.
		if change.Action != Create || change.ParentID != "" {
			risky++
		}
	}
	if c.Unknown && risky > 0 {
		problems = append(problems, Problem{
			Summary: "own way in unknown",
			Detail: fmt.Sprintf("the credentials are temporary and do not tell what they came through, and this plan holds %s to "+
				"what is there: %s may cut off the caller", Counted(risky, "change"), Agree(risky, "it", "one of them")),
			Hint: fmt.Sprintf("say %[1]s ADDRESS for what they came through, or %[1]s none if they came through nothing in this account",
				c.setting()),
			Warning: !c.IsToRun,
		})
	}
	return SortProblems(problems)
}

func (c Caller) setting() string { return cmp.Or(c.Setting, "self") }

func (c Caller) notThere(a addr.Address, s *Snapshot) (problem Problem, missing bool) {
	var roots []string
	for i := range s.Resources {
		l := &s.Resources[i]
		if !l.Parent.IsZero() {
			continue
		}
		if l.Address == a {
			return Problem{}, false
		}
		if l.Address.Type() == a.Type() {
			roots = append(roots, l.Address.String())
		}
	}
	hint := DidYouMean(a.String(), roots)
	if hint == "" {
		hint = fmt.Sprintf("write the address as a plan shows it, behind the account where there are several: %s ACCOUNT=ADDRESS", c.setting())
	}
	return Problem{
		Summary: "own way in not found",
		Detail:  fmt.Sprintf("%s names %s, and the account has none, so that it would guard nothing", c.setting(), a),
		Hint:    hint,
	}, true
}

// ownWay returns, by address, why a root must not be changed: the running credentials came through it, or through a root that
// refers to it. An apply that changes such a root may lock its own credentials out half-way.
func ownWay(self []addr.Address, live []Live) map[addr.Address]string {
	if len(self) == 0 {
		return nil
	}
	reasons := map[addr.Address]string{}
	for i := range live {
		l := &live[i]
		root := l.Root()
		if !slices.Contains(self, root) {
			continue
		}
		for _, use := range l.Uses {
			reason := fmt.Sprintf("the running credentials came through %s, which has it", root)
			if reasons[use] == "" || reasons[use] > reason { // the same words whatever the order of the input
				reasons[use] = reason
			}
		}
	}
	for _, root := range self {
		reasons[root] = fmt.Sprintf("the running credentials came through %s", root)
	}
	return reasons
}
