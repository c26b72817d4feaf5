package plan

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// act is what one change does to the access that one root conveys.
type act struct {
	change int
	// gives and takes are allowed actions, denies and lifts are denied ones; each only as far as the change alters it.
	gives, takes, denies, lifts []Effect
}

func (a act) isNothing() bool {
	return len(a.gives)+len(a.takes)+len(a.denies)+len(a.lifts) == 0
}

// alter adds to a what the step from before to after does.
func (a *act) alter(before, after []Effect) {
	a.gives = append(a.gives, without(after, before, false)...)
	a.takes = append(a.takes, without(before, after, false)...)
	a.denies = append(a.denies, without(after, before, true)...)
	a.lifts = append(a.lifts, without(before, after, true)...)
}

// keep notes which live resources of the given roots stay as they are.
func (o *orderer) keep(roots []addr.Address) {
	wanted := make(map[addr.Address]bool, len(roots))
	for _, root := range roots {
		wanted[root] = true
	}
	for i := range o.b.in.Snapshot.Resources {
		l := &o.b.in.Snapshot.Resources[i]
		root := rootOf(l.Address, l.Parent)
		if !wanted[root] {
			continue
		}
		if _, changes := o.byAddr[l.Address]; !changes {
			o.kept[root] = append(o.kept[root], l)
		}
	}
}

// actsOf returns what the plan's changes do to the access that root conveys: those of its children, its own update, and
// those of what a child that stays refers to. Sorted by change. A root that goes has none: its children go with it.
func (o *orderer) actsOf(root addr.Address) []act {
	byChange := map[int]*act{}
	alter := func(change int, before, after []Effect) {
		a := byChange[change]
		if a == nil {
			a = &act{change: change}
			byChange[change] = a
		}
		a.alter(before, after)
	}
	if i, changes := o.byAddr[root]; changes {
		if o.removes(i) {
			return nil
		}
		if o.updates(i) {
			alter(i, o.effects(o.changes[i].Before, o.before), o.effects(o.changes[i].After, o.after))
		}
	}
	for _, i := range o.children[root] {
		alter(i, o.effects(o.changes[i].Before, o.before), o.effects(o.changes[i].After, o.after))
	}
	for _, l := range o.kept[root] {
		for _, use := range l.Uses {
			if used, changes := o.byAddr[use]; changes && o.updates(used) {
				alter(used, o.effects(&l.Resource, o.before), o.effects(&l.Resource, o.after))
			}
		}
	}
	var acts []act
	for _, a := range byChange {
		if !a.isNothing() {
			acts = append(acts, *a)
		}
	}
	slices.SortFunc(acts, func(x, y act) int { return x.change - y.change })
	return acts
}

func (o *orderer) effects(r *Resource, catalogue *Catalogue) []Effect {
	if r == nil {
		return nil
	}
	return o.b.in.Knowledge.Effects(*r, catalogue)
}

// without returns what the effects of one sign, allowing or denying, cover beyond others. What is not known is never
// covered. Effects that convey are not counted: who may act as a root is another question than what the root may do.
func without(effects, others []Effect, deny bool) []Effect {
	var rest []Effect
	for _, e := range effects {
		if e.Deny != deny || !e.acts() {
			continue
		}
		if e.Actions != nil {
			e.Actions = slices.DeleteFunc(slices.Clone(e.Actions), func(action string) bool {
				return slices.ContainsFunc(others, func(other Effect) bool {
					return other.Deny == deny && other.acts() && other.Scope == e.Scope && limitWithin(e.Limit, other.Limit) && actionCovered(action, other.Actions)
				})
			})
			if len(e.Actions) == 0 {
				continue
			}
		}
		rest = append(rest, e)
	}
	return rest
}

// scopesMeet reports whether two scopes have anything in common.
func scopesMeet(a, b string) bool {
	inside := func(outer, inner string) bool {
		prefix, wide := strings.CutSuffix(outer, "*")
		return wide && strings.HasPrefix(inner, prefix)
	}
	return a == b || inside(a, b) || inside(b, a)
}

// meet reports whether two lists of effects overlap in some scope.
func meet(a, b []Effect) bool {
	for _, x := range a {
		for _, y := range b {
			if scopesMeet(x.Scope, y.Scope) && actionsOverlap(x.Actions, y.Actions) {
				return true
			}
		}
	}
	return false
}

// meetBeyond reports whether allowed meets denied in more than what own denies there anyway.
func meetBeyond(allowed, denied, own []Effect) bool {
	for _, x := range allowed {
		for _, y := range denied {
			if scopesMeet(x.Scope, y.Scope) && actionsOverlap(x.Actions, beyondOwn(x, y, own)) {
				return true
			}
		}
	}
	return false
}

// beyondOwn returns which of y's actions own does not deny already where x and y both hold. What is not known stays so.
func beyondOwn(x, y Effect, own []Effect) []string {
	if y.Actions == nil {
		return nil
	}
	inner := x.Scope
	if scopeWithin(y.Scope, x.Scope) {
		inner = y.Scope
	}
	return slices.DeleteFunc(slices.Clone(y.Actions), func(action string) bool {
		return slices.ContainsFunc(own, func(o Effect) bool {
			return scopeWithin(inner, o.Scope) && (limitWithin(x.Limit, o.Limit) || limitWithin(y.Limit, o.Limit)) && actionCovered(action, o.Actions)
		})
	})
}

func conveying(effects []Effect) []Effect {
	var found []Effect
	for _, e := range effects {
		if !e.Conveys.IsZero() {
			found = append(found, e)
		}
	}
	return found
}
