package saved

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Rest is what is left to do of a saved plan.
type Rest struct {
	// Plan has the changes that are not done yet, in the order of the saved plan, made ready for execution: with the ids and
	// names of what was done before. It is empty when all is done. Privileges stay those of the whole plan until nothing is
	// left to be written.
	Plan *plan.Plan
	// Done are the finished changes, sorted.
	Done []addr.Address
}

// rest makes the plan of what is left.
func (r *rechecker) rest() *Rest {
	saved := r.saved.Plan
	var changes []plan.Change
	var finished []addr.Address
	made := 0 // how many of the finished changes leave a resource behind
	for i := range saved.Changes {
		switch c := &saved.Changes[i]; {
		case r.state[c.Address] != done:
			changes = append(changes, r.remainder(*c))
		case c.After != nil:
			made++
			fallthrough
		default:
			finished = append(finished, c.Address)
		}
	}
	slices.SortFunc(finished, addr.Compare)
	summary := plan.Count(changes)
	summary.Unchanged, summary.Unmanaged, summary.Leaving = saved.Summary.Unchanged+made, saved.Summary.Unmanaged, saved.Summary.Leaving
	summary.Rules = saved.Summary.Rules
	p := &plan.Plan{
		Rules: saved.Rules, RulesFromBase: saved.RulesFromBase,
		Account: saved.Account, Cloud: saved.Cloud, Manifest: saved.Manifest, Summary: summary, Changes: changes,
		Findings: saved.Findings, Unmanaged: saved.Unmanaged, Unexpected: saved.Unexpected, Leaving: saved.Leaving,
		LeftOut: saved.LeftOut, NotRead: r.now.Snapshot.NotRead, NotCompared: saved.NotCompared, Remarks: saved.Remarks,
		Warnings: saved.Warnings,
	}
	if p.Writes() > 0 {
		p.Privileges = saved.Privileges
	}
	return &Rest{Plan: p, Done: finished}
}

// remainder returns what is left of a change, with the ids of now. A manual or blocked change stays as it was planned. Edges to
// finished changes go.
func (r *rechecker) remainder(c plan.Change) plan.Change {
	c.DependsOn, c.RunsAfter, c.Confirms = r.notDone(c.DependsOn), r.notDone(c.RunsAfter), r.notDone(c.Confirms)
	live := r.live[c.Address]
	if !c.Action.Writes() {
		return c
	}
	if parent := r.live[c.Parent]; parent != nil {
		c.ParentID = parent.ID
	}
	if d := r.wanted[c.Address]; d != nil {
		c.After = &d.Resource
	}
	switch r.state[c.Address] {
	case partly, byHand:
		c.ID, c.Before = live.ID, &live.Resource
		c.Renew = c.Renew && !c.Renewed(r.was[c.Address], live)
		if c.After == nil {
			c.Attributes = plan.DiffAttributes(live.Attributes, nil)
		} else {
			c.Attributes = r.changesLeft(&c, live)
		}
	case notStarted, done:
	}
	if r.state[c.Address] == byHand {
		c.Action = plan.ByHand
	}
	return c
}

// notDone returns the changes that must still be waited for. Parts that are left to a person are not waited for.
func (r *rechecker) notDone(changes []addr.Address) []addr.Address {
	return slices.DeleteFunc(slices.Clone(changes), func(a addr.Address) bool {
		return r.state[a] == done || r.state[a] == byHand
	})
}

// changesLeft returns the differences that remain, with the places of the planned ones.
func (r *rechecker) changesLeft(c *plan.Change, live *plan.Live) []plan.AttributeChange {
	left := slices.DeleteFunc(plan.DiffAttributes(live.Attributes, c.After.Attributes), func(d plan.AttributeChange) bool {
		return !slices.ContainsFunc(c.Attributes, func(a plan.AttributeChange) bool { return a.Name == d.Name })
	})
	for i := range left {
		k := slices.IndexFunc(c.Attributes, func(a plan.AttributeChange) bool { return a.Name == left[i].Name })
		left[i].At = c.Attributes[k].At
	}
	return left
}
