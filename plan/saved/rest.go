package saved

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// checkTrees compares what the plan relies on and does not change itself, and looks for children that nobody planned.
func (r *rechecker) checkTrees() {
	for i := range r.saved.Reliance.Trees {
		tree := &r.saved.Reliance.Trees[i]
		if r.changes[tree.Address] == nil {
			r.checkKept(&tree.Live, plan.Position{})
		}
		root := r.live[tree.Address]
		if root == nil || root.ID != tree.ID {
			continue // its own problem, or its own delete: the children shared its fate
		}
		for k := range tree.Children {
			if child := &tree.Children[k]; r.changes[child.Address] == nil {
				r.checkKept(child, r.source(tree.Address))
			}
		}
		r.checkChildren(tree.Address)
	}
	for _, a := range r.saved.Reliance.Absent {
		r.checkChildren(a)
	}
}

// checkKept compares a resource that the plan leaves as it is.
func (r *rechecker) checkKept(was *plan.Live, at plan.Position) {
	live := r.live[was.Address]
	if live == nil {
		r.moved(at, "%s: it was there when planned and is gone", was.Address)
		return
	}
	for _, m := range differences(was, live) {
		r.moved(at, "%s: %s", was.Address, m)
	}
}

func (r *rechecker) checkChildren(root addr.Address) {
	for _, l := range r.children[root] {
		c := r.changes[l.Address]
		if r.was[l.Address] == nil && (c == nil || c.After == nil) {
			r.moved(r.source(root), "%s: it was not there when planned, and now is", l.Address)
		}
	}
}

// rest makes the plan of what is left.
func (r *rechecker) rest() *Rest {
	p := *r.saved.Plan
	p.Changes = nil
	rest := &Rest{Plan: &p}
	left := map[addr.Address]bool{}
	stands := 0 // holding what is done, what there is to see of it
	for _, c := range r.saved.Plan.Changes {
		if r.state[c.Address] == done {
			rest.Done = append(rest.Done, c.Address)
			if c.After != nil {
				stands++
			}
			continue
		}
		left[c.Address] = r.state[c.Address] != byHand // what waits for it need not wait for the person
		p.Changes = append(p.Changes, r.remainder(c))
	}
	slices.SortFunc(rest.Done, addr.Compare)
	isDone := func(a addr.Address) bool { return !left[a] }
	for i := range p.Changes {
		c := &p.Changes[i]
		c.DependsOn = slices.DeleteFunc(slices.Clone(c.DependsOn), isDone)
		c.RunsAfter = slices.DeleteFunc(slices.Clone(c.RunsAfter), isDone)
		c.Confirms = slices.DeleteFunc(slices.Clone(c.Confirms), isDone)
	}
	counted := count(p.Changes)
	counted.Unchanged, counted.Unmanaged = p.Summary.Unchanged+stands, p.Summary.Unmanaged
	p.Summary = counted
	if p.Writes() == 0 {
		p.Privileges = access.Delta{}
	}
	p.NotRead, p.Warnings = slices.Clone(r.now.Snapshot.NotRead), slices.Clone(p.Warnings)
	return rest
}

// remainder is what is left of a change, with today's ids. A change that writes nothing stays as it was planned.
func (r *rechecker) remainder(c plan.Change) plan.Change {
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
		if c.After == nil {
			c.Attributes = plan.DiffAttributes(live.Attributes, nil)
		} else {
			c.Attributes = r.changesLeft(&c, live)
		}
	case ahead, done:
	}
	if r.state[c.Address] == byHand {
		c.Action = plan.ByHand
	}
	return c
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
