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
	live, err := s.live()
	if err != nil {
		return err
	}
	wasLive := func(a addr.Address) bool { return live[a] != nil }
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
		if c.Action.Writes() && s.Basis.Rules.Ownership.Forbids(c, wasLive) != "" {
			return fmt.Errorf("%s is protected and yet to be written", c.Address)
		}
	}
	counted := plan.Count(p.Changes)
	counted.Unchanged, counted.Unmanaged, counted.Leaving = p.Summary.Unchanged, p.Summary.Unmanaged, len(p.Leaving)
	counted.Rules = len(p.Rules)
	if counted != p.Summary {
		return errors.New("the summary does not count the changes")
	}
	// A share was held against all that is managed, which the file does not hold.
	if limit := s.deleteLimit(); limit.Count != nil && p.Summary.Delete > *limit.Count {
		return fmt.Errorf("it deletes %d resources, and its own limit is %d", p.Summary.Delete, *limit.Count)
	}
	if err := checkOrder(p.Changes, index); err != nil {
		return err
	}
	if err := s.checkBasis(index, live); err != nil {
		return err
	}
	return s.checkHolders(index)
}

// live returns the live resources that the plan was made from, by address. It refuses two of one address.
func (s *Plan) live() (map[addr.Address]*plan.Live, error) {
	live := make(map[addr.Address]*plan.Live, len(s.Basis.Snapshot.Resources))
	for i := range s.Basis.Snapshot.Resources {
		l := &s.Basis.Snapshot.Resources[i]
		if live[l.Address] != nil {
			return nil, fmt.Errorf("it relies on %s twice", l.Address)
		}
		live[l.Address] = l
	}
	return live, nil
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
	}
	needed := make(map[addr.Address]bool, len(c.DependsOn))
	for _, a := range c.DependsOn {
		needed[a] = true
	}
	if slices.ContainsFunc(c.Confirms, func(a addr.Address) bool { return !needed[a] }) {
		return errors.New("it confirms what it does not depend on")
	}
	return nil
}

// checkOrder refuses a change that waits for something outside the plan, or for a change that does not stand before it:
// planning sorts changes by step, so that no circle can hide.
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

// checkBasis refuses a plan that was not built from the live resources that the file holds.
func (s *Plan) checkBasis(index map[addr.Address]int, live map[addr.Address]*plan.Live) error {
	for i := range s.Plan.Changes {
		c := &s.Plan.Changes[i]
		was, parent := live[c.Address], live[c.Parent]
		_, made := index[c.Parent]
		switch {
		case (c.Before != nil) != (was != nil), was != nil && (was.ID != c.ID || was.Parent != c.Parent ||
			!sameAttributes(was.Attributes, c.Before.Attributes)):
			return fmt.Errorf("it does not rely on %s as the change finds it", c.Address)
		case c.Renew && (was == nil || c.After == nil || was.Expires.IsZero() || !slices.Contains(s.Basis.Options.Renew, c.Address)):
			return fmt.Errorf("%s has no life to renew, or was not to be renewed", c.Address)
		case parent != nil && parent.ID != c.ParentID:
			return fmt.Errorf("the parent of %s has two ids", c.Address)
		case c.Action.Writes() && !c.Parent.IsZero() && parent == nil && (was != nil || !made):
			return fmt.Errorf("%s is part of %s, which is neither there nor made", c.Address, c.Parent)
		}
	}
	return nil
}

// checkHolders refuses a plan that takes a resource from what uses it, or changes it there, against its own rules.
func (s *Plan) checkHolders(index map[addr.Address]int) error {
	removed, inUse := map[addr.Address]bool{}, map[addr.Address]bool{}
	for i := range s.Plan.Changes {
		if c := &s.Plan.Changes[i]; c.Action == plan.Delete {
			removed[c.Address] = true
			for _, child := range c.With {
				removed[child] = true
			}
		}
	}
	for i := range s.Basis.Desired {
		if d := &s.Basis.Desired[i]; d.DeleteInUse {
			inUse[d.Address] = true
		}
	}
	for i := range s.Basis.Snapshot.Resources {
		l := &s.Basis.Snapshot.Resources[i]
		if removed[l.Address] && l.Unseen.Count > 0 && !inUse[l.Address] {
			return fmt.Errorf("%s is deleted, and has %s", l.Address, l.Unseen)
		}
		for _, use := range l.Uses {
			k, changes := index[use]
			switch {
			case removed[l.Address]:
			case removed[use]:
				return fmt.Errorf("%s is deleted, and %s still uses it", use, l.Address)
			case changes && s.Plan.Changes[k].Action == plan.Update && s.Basis.Rules.Ownership.Protects(l.Address, l.Root()) &&
				slices.ContainsFunc(s.Plan.Changes[k].Holders, func(h plan.Holder) bool { return h.Address == l.Address }):
				return fmt.Errorf("%s is changed, and %s uses it and is protected", use, l.Address)
			}
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
