package saved

import (
	"errors"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// check finds out whether a plan from a file can have come from planning. A digest or signature proves who wrote the
// bytes, not that they make sense.
func (s *Plan) check() error {
	p := s.Plan
	if p.Account == (plan.Account{}) {
		return errors.New("it names no account")
	}
	index := make(map[addr.Address]int, len(p.Changes))
	for i := range p.Changes {
		c := &p.Changes[i]
		if _, twice := index[c.Address]; twice {
			return fmt.Errorf("%s changes twice", c.Address)
		}
		index[c.Address] = i
		if err := checkChange(c); err != nil {
			return fmt.Errorf("%s: %w", c.Address, err)
		}
		if c.Action.Writes() && s.Reading.Ownership.Protects(c.Address, c.Root()) {
			return fmt.Errorf("%s is protected and yet to be written", c.Address)
		}
	}
	if counted := count(p.Changes); counted != (plan.Summary{
		Create: p.Summary.Create, Update: p.Summary.Update, Delete: p.Summary.Delete, Manual: p.Summary.Manual, Blocked: p.Summary.Blocked,
	}) {
		return errors.New("the summary does not count the changes")
	}
	if s.MaxDeletes != nil && (*s.MaxDeletes < 0 || p.Summary.Delete > *s.MaxDeletes) {
		return fmt.Errorf("it deletes %d resources, and its own limit is %d", p.Summary.Delete, *s.MaxDeletes)
	}
	if err := checkOrder(p.Changes, index); err != nil {
		return err
	}
	return s.checkReliance()
}

func checkChange(c *plan.Change) error {
	sides := [2]bool{c.Before != nil, c.After != nil}
	switch {
	case c.Address.IsZero() || c.Parent == c.Address:
		return errors.New("it has no address of its own")
	case c.Action == plan.Create && sides != [2]bool{false, true}, c.Action == plan.Update && sides != [2]bool{true, true},
		c.Action == plan.Delete && sides != [2]bool{true, false}, !sides[0] && !sides[1]:
		return fmt.Errorf("action %s does not fit what is before and after", c.Action)
	case c.Before == nil && c.ID != "":
		return errors.New("it has an id before it is there")
	case !within(c.Confirms, c.DependsOn):
		return errors.New("it confirms what it does not depend on")
	}
	return nil
}

func within(some, others []addr.Address) bool {
	known := make(map[addr.Address]bool, len(others))
	for _, a := range others {
		known[a] = true
	}
	return !slices.ContainsFunc(some, func(a addr.Address) bool { return !known[a] })
}

// count counts the changes by action.
func count(changes []plan.Change) plan.Summary {
	var s plan.Summary
	for i := range changes {
		switch changes[i].Action {
		case plan.Create:
			s.Create++
		case plan.Update:
			s.Update++
		case plan.Delete:
			s.Delete++
		case plan.ByHand:
			s.Manual++
		case plan.Blocked:
			s.Blocked++
		}
	}
	return s
}

// checkOrder refuses a change that waits for something outside the plan, or for a change that does not stand before it: planning
// sorts changes by step, so that no circle can hide.
func checkOrder(changes []plan.Change, index map[addr.Address]int) error {
	for i := range changes {
		for _, on := range slices.Concat(changes[i].DependsOn, changes[i].RunsAfter) {
			switch j, ok := index[on]; {
			case !ok:
				return fmt.Errorf("%s waits for %s, which the plan does not change", changes[i].Address, on)
			case j == i:
				return fmt.Errorf("%s waits for itself", on)
			case j > i:
				return fmt.Errorf("%s waits for %s, which comes later", changes[i].Address, on)
			}
		}
	}
	return nil
}

// checkReliance refuses a plan that does not rely on what it writes.
func (s *Plan) checkReliance() error {
	live := map[addr.Address]*plan.Live{}
	absent := map[addr.Address]bool{}
	for _, a := range s.Reliance.Absent {
		absent[a] = true
	}
	for i := range s.Reliance.Trees {
		tree := &s.Reliance.Trees[i]
		if absent[tree.Address] {
			return fmt.Errorf("%s cannot be there and absent", tree.Address)
		}
		if live[tree.Address] != nil {
			return fmt.Errorf("it relies on %s twice", tree.Address)
		}
		live[tree.Address] = &tree.Live
		for k := range tree.Children {
			live[tree.Children[k].Address] = &tree.Children[k]
		}
	}
	for i := range s.Plan.Changes {
		c := &s.Plan.Changes[i]
		root := c.Root()
		was := live[c.Address]
		switch {
		case live[root] == nil && !absent[root]:
			if c.Action.Writes() {
				return fmt.Errorf("it changes %s without relying on what that was", c.Address)
			}
		case (c.Before != nil) != (was != nil):
			return fmt.Errorf("it does not rely on %s as the change finds it", c.Address)
		case was != nil && (was.ID != c.ID || was.Parent != c.Parent || !sameAttributes(was.Attributes, c.Before.Attributes)):
			return fmt.Errorf("it does not rely on %s as the change finds it", c.Address)
		case !c.Parent.IsZero() && live[root] != nil && live[root].ID != c.ParentID:
			return fmt.Errorf("the parent of %s has two ids", c.Address)
		}
	}
	return nil
}

func sameAttributes(a, b plan.Attributes) bool {
	for _, name := range a.NamesWith(b) {
		if !a[name].Equal(b[name]) {
			return false
		}
	}
	return true
}
