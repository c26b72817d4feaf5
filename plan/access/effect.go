// Package access works out from the effects of resources what every principal may do: its own powers, those of the principals it
// may act as, what it gains and loses between two states, and the chains that lead it to everything.
//
// Everything is pure, and nothing here knows a cloud. Start reading at [Effect], [Graph] and [Compare].
package access

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Effect is what a resource lets a principal do, in words of no cloud, so that the planner can order changes and judge them.
type Effect struct {
	// Principal is who gains: the text of an address for one of our resources ("agency/ops-backup"), or a name with a
	// prefix for someone outside ("account:partner-co"). "" is the parent of the resource, so that the parts of many roots can share
	// their effects; one that conveys names somebody.
	Principal string
	// Scope is where it holds. Two scopes overlap when they are equal, or when one ends in "*" and the other begins with the
	// text before the star.
	Scope string
	// Deny marks an effect that takes away instead of giving.
	Deny bool
	// Actions are what may be done, each possibly with "*" wildcards. Nil with a zero Conveys and As means "not known",
	// which the planner treats as anything.
	Actions []string
	// Limit identifies the part of the scope in which the actions hold, such as some resources or some conditions; "" where
	// they hold in all of it. Only equality counts: two different limits may overlap.
	Limit string
	// LimitUnsure is set where Limit may be none: nobody can tell whether the actions hold in all of the scope.
	LimitUnsure bool
	// Conveys is set when Principal may act as that resource, and so has all its effects.
	Conveys addr.Address
	// As is set when Principal may also act as the principal of that name, one from outside, and so through every resource
	// that conveys to it. Such an effect has no actions of its own.
	As string
	// Admin marks actions that amount to everything: nearly all actions, or those with which the holder can give itself any
	// other.
	Admin bool
	// Lifetime is how long a conveying effect lasts, in the provider's canonical form; "" where that has no meaning. Endless is set where
	// it has no end.
	Lifetime string
	Endless  bool
	// Foreign is set on a conveying effect whose Principal is neither of the account nor one of the cloud's own services.
	Foreign bool
}

// To returns who gains by the effect of a resource with that parent.
func (e *Effect) To(parent addr.Address) string {
	if e.Principal == "" {
		return parent.String()
	}
	return e.Principal
}

// limitWithin reports whether all of inner surely lies in outer.
func limitWithin(inner, outer string) bool { return outer == "" || inner == outer }

// AboutActions reports whether e is about actions, and not about acting as somebody else.
func (e Effect) AboutActions() bool { return e.Conveys.IsZero() && e.As == "" }

// Without returns the allowing effects, or with deny the denying ones, without the actions that others cover. Effects whose
// actions are not known stay. Effects that convey are skipped: who may act as a root is another question than what the root
// may do.
func Without(effects, others []Effect, deny bool) []Effect {
	var rest []Effect
	for _, e := range effects {
		if e.Deny != deny || !e.AboutActions() {
			continue
		}
		if e.Actions != nil {
			e.Actions = slices.DeleteFunc(slices.Clone(e.Actions), func(action string) bool {
				return slices.ContainsFunc(others, func(other Effect) bool {
					return other.Deny == deny && other.AboutActions() && other.Scope == e.Scope && limitWithin(e.Limit, other.Limit) &&
						actionCovered(action, other.Actions)
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

// scopesMeet reports whether two scopes overlap.
func scopesMeet(a, b string) bool {
	inside := func(outer, inner string) bool {
		prefix, wide := strings.CutSuffix(outer, "*")
		return wide && strings.HasPrefix(inner, prefix)
	}
	return a == b || inside(a, b) || inside(b, a)
}

// Meet reports whether two lists of effects overlap in some scope.
func Meet(a, b []Effect) bool {
	for _, x := range a {
		for _, y := range b {
			if scopesMeet(x.Scope, y.Scope) && actionsOverlap(x.Actions, y.Actions) {
				return true
			}
		}
	}
	return false
}

// MeetBeyond reports whether denied overlaps allowed in actions that own does not deny already.
func MeetBeyond(allowed, denied, own []Effect) bool {
	for _, x := range allowed {
		for _, y := range denied {
			if scopesMeet(x.Scope, y.Scope) && actionsOverlap(x.Actions, beyondOwn(x, y, own)) {
				return true
			}
		}
	}
	return false
}

// beyondOwn returns the actions of y that own does not deny already where x and y both hold. Nil, "not known", stays nil.
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
			return scopeWithin(inner, o.Scope) && (limitWithin(x.Limit, o.Limit) || limitWithin(y.Limit, o.Limit)) &&
				actionCovered(action, o.Actions)
		})
	})
}

// Conveying returns the effects that let their principal act as a resource.
func Conveying(effects []Effect) []Effect {
	var found []Effect
	for _, e := range effects {
		if !e.Conveys.IsZero() {
			found = append(found, e)
		}
	}
	return found
}
