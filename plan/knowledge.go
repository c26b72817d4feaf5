package plan

import "github.com/agencyctl/agencyctl/plan/access"

// Knowledge is what the planner asks a provider about the meaning of resources. Implementations are pure: the same
// question has the same answer, with no network behind it. They must be safe for concurrent use.
type Knowledge interface {
	// Prefixes are the beginnings of the provider's own addresses, as whole segments: "box", or "box/small". No two providers share
	// one.
	Prefixes() []string
	// Rules are the rules of all findings about the provider's own resources, each once. Providers may share rules.
	Rules() []Rule
	// Effects returns a function that tells what a resource gives to whom, with the names inside it looked up in catalogue.
	// The function may keep what it has found out of the catalogue, so ask for it once, not for each resource; one goroutine
	// uses it at a time. Callers do not change what it returns.
	Effects(catalogue *Catalogue) func(r Resource) []access.Effect
	// Assess tells what is risky about the resources that are the provider's own. Names inside them are looked up in
	// catalogue, and m says whom the author trusts. What cannot be judged is a finding of its own, never silence. A finding about a
	// resource rests on the resource, its parent, and what the catalogue tells, on nothing else. Resources are neither changed nor kept.
	Assess(resources []*Resource, m *Manifest, catalogue *Catalogue) []Finding
	// Manual tells which parts of a change the service cannot do by its API, or must not do. Before is nil for a create, after
	// for a delete. An item with an empty Attribute means that nothing of the change can be done. View shows what else is live
	// and desired; the answer follows from the three alone.
	Manual(before *Live, after *Desired, view *View) []Manual
}

// Manual is a part of a change that a person must do.
type Manual struct {
	// Attribute is the attribute it is about, and Values the part of it; empty for the change as a whole.
	Attribute string   `json:"attribute,omitempty"`
	Values    []string `json:"values,omitempty"`
	// Instruction says what to do, in the words of the cloud's console or API.
	Instruction string `json:"instruction"`
}
