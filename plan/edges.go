package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// finish refuses circles, blocks the dependents of blocked changes, and writes the edges into the changes. It sorts the changes
// by step; within a step unproven creates come first, then by address.
func (o *orderer) finish() {
	for i := range o.changes {
		if o.b.isLeftOut(o.changes[i].Address) { // it will not run: it waits for nothing and closes no circle
			o.all.after[i], o.hard.after[i] = nil, nil
		}
	}
	for _, after := range o.all.after {
		slices.Sort(after) // the circle that is reported must not depend on the order of the input
	}
	levels, cycle := o.all.levels()
	if cycle != nil {
		path := make([]addr.Address, 0, len(cycle)+1)
		for _, i := range cycle {
			path = append(path, o.changes[i].Address)
		}
		path = append(path, path[0])
		o.b.problems = append(o.b.problems, Problem{
			At:      o.changes[cycle[0]].Source,
			Summary: "no safe order",
			Detail:  "each of these changes must wait for the next: " + arrows(path),
			Hint:    "apply the change in two steps, or remove a dependsOn",
		})
		levels = make([]int, len(o.changes))
	}
	o.blockDependents(levels)
	if cycle == nil {
		levels = o.applyQuotas(o.b.in.Snapshot.Quotas, levels)
	}
	for i := range o.changes {
		c := &o.changes[i]
		for _, j := range o.all.after[i] {
			other := &o.changes[j]
			switch {
			case o.hard.has(i, j):
				c.DependsOn = append(c.DependsOn, other.Address)
			case other.Action.Writes() && c.Action.Writes():
				c.RunsAfter = append(c.RunsAfter, other.Address)
			}
		}
		for _, j := range o.confirms[i] {
			c.Confirms = append(c.Confirms, o.changes[j].Address)
		}
		slices.SortFunc(c.DependsOn, addr.Compare)
		slices.SortFunc(c.RunsAfter, addr.Compare)
		slices.SortFunc(c.Confirms, addr.Compare)
	}
	rank := make(map[addr.Address]int, len(o.changes))
	for i := range o.changes {
		c := &o.changes[i]
		rank[c.Address] = 2*levels[i] + 1
		if d := o.b.desired[c.Address]; c.Before == nil && d.Unproven {
			rank[c.Address]-- // before the others of its step
		}
	}
	slices.SortFunc(o.changes, func(x, y Change) int {
		return cmp.Or(rank[x.Address]-rank[y.Address], addr.Compare(x.Address, y.Address))
	})
}

// blockDependents blocks every change that depends on a blocked, manual or left-out one.
func (o *orderer) blockDependents(levels []int) {
	sorted := make([]int, len(o.changes))
	for i := range sorted {
		sorted[i] = i
	}
	slices.SortStableFunc(sorted, func(x, y int) int { return levels[x] - levels[y] })
	selection := cmp.Or(o.b.in.Options.Names.Select, "the selection")
	missing := map[int]addr.Address{} // the left-out change behind a blocked one
	for _, i := range sorted {
		c := &o.changes[i]
		if !c.Action.Writes() {
			continue
		}
		held := slices.Clone(o.hard.after[i])
		slices.Sort(held)
		for _, j := range held {
			other := o.changes[j]
			if other.Action.Writes() {
				continue
			}
			c.Action = Blocked
			left, indirect := missing[j]
			switch {
			case o.b.isLeftOut(other.Address):
				missing[i] = other.Address
				c.Reason = fmt.Sprintf("needs %s, which is left out by %s", other.Address, selection)
			case indirect:
				missing[i] = left
				c.Reason = fmt.Sprintf("needs %s, which is blocked: %s is left out by %s", other.Address, left, selection)
			default:
				c.Reason = fmt.Sprintf("needs %s, which is %s", other.Address, other.Action)
			}
			break
		}
	}
}

// applyQuotas adds the edges that the quotas need, and returns the levels.
func (o *orderer) applyQuotas(quotas []Quota, levels []int) []int {
	changed := false
	for _, q := range quotas {
		changed = o.applyQuota(q) || changed
	}
	if changed {
		levels, _ = o.all.levels() // the new edges close no circle
	}
	return levels
}
