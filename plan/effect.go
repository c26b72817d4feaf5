package plan

import "github.com/agencyctl/agencyctl/plan/addr"

// Effect is what a resource lets somebody do, said without the words of any cloud, so that the planner can order
// changes and weigh them.
type Effect struct {
	// Principal is who gains: the text of an address for one of our resources ("agency/ops-backup"), or a name with a
	// prefix for someone outside ("account:partner-co").
	Principal string
	// Scope is where it holds. Two scopes have something in common when they are equal, or when one ends in "*" and the
	// other begins with what stands before it.
	Scope string
	// Deny marks an effect that takes away instead of giving.
	Deny bool
	// Actions are what may be done, each possibly with "*" wildcards. Nil with a zero Conveys and As means "not known",
	// which the planner treats as anything.
	Actions []string
	// Limit is the same text wherever actions hold for the same part of the scope only, such as some resources or some
	// conditions; "" where they hold for all of it. Nothing is read out of it: two different limits may have anything in
	// common.
	Limit string
	// Conveys is set when Principal may act as that resource, and so have all its effects.
	Conveys addr.Address
	// As is set when Principal may also act as the principal of that name, one from outside, and so through every resource
	// that conveys to it. Such an effect has no actions of its own.
	As string
	// Admin marks actions that come down to everything: nearly all that there is, or whatever else its holder gives itself
	// with them.
	Admin bool
	// Lifetime is how long a conveying effect lasts, in the provider's canonical form; "" where that has no meaning.
	Lifetime string
}

// limitWithin reports whether all of inner surely lies in outer.
func limitWithin(inner, outer string) bool { return outer == "" || inner == outer }

// acts reports whether e is about actions, and not about acting as somebody else.
func (e Effect) acts() bool { return e.Conveys.IsZero() && e.As == "" }

// Knowledge is what the planner asks a provider about the meaning of resources. Implementations are pure: the same
// question has the same answer, with no network behind it. They must be safe for concurrent use.
type Knowledge interface {
	// Effects tells what r gives to whom. Names inside r are looked up in catalogue.
	Effects(r Resource, catalogue *Catalogue) []Effect
	// Assess tells what is risky about the resources that are the provider's own. Names inside them are looked up in
	// catalogue, and m says whom the author trusts. What cannot be judged is a finding of its own, never silence.
	Assess(resources []Resource, m *Manifest, catalogue *Catalogue) []Finding
	// Manual tells which parts of a change the service cannot do by its API. Before is nil for a create, after for a
	// delete. An item with an empty Attribute means that nothing of the change can be done.
	Manual(before *Live, after *Desired) []Manual
}

// Manual is a part of a change that a person must do.
type Manual struct {
	// Attribute is the attribute it is about, and Values the part of it; empty for the change as a whole.
	Attribute string   `json:"attribute,omitempty"`
	Values    []string `json:"values,omitempty"`
	// Instruction says what to do, in the words of the cloud's console or API.
	Instruction string `json:"instruction"`
}
