package plan

import (
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// FormatVersion is the version of the JSON that plans are written in.
const FormatVersion = "1"

// Action is what a change does.
type Action uint8

// The actions. The zero Action is invalid.
const (
	// Create makes a resource that is not there.
	Create Action = iota + 1
	// Update changes attributes of a resource in place.
	Update
	// Delete removes a resource.
	Delete
	// ByHand is a difference that no API call of ours can remove: a person must, as the change's Manual says. In
	// outputs it reads "manual".
	ByHand
	// Blocked is a change that is held back: the resource is protected, or the change needs one that is held back.
	Blocked
)

// String returns the word used in every output: create, update, delete, manual or blocked.
func (a Action) String() string {
	switch a {
	case Create:
		return "create"
	case Update:
		return "update"
	case Delete:
		return "delete"
	case ByHand:
		return "manual"
	case Blocked:
		return "blocked"
	}
	return "invalid"
}

// Writes reports whether executing the change sends a write.
func (a Action) Writes() bool { return a == Create || a == Update || a == Delete }

// Plan is what would be done, as data: it can be printed, compared, reviewed and executed. Build makes it; nothing
// changes it afterwards.
type Plan struct {
	Account        Account
	Cloud          Cloud
	ManifestDigest string
	Summary        Summary
	// Changes are sorted by the earliest step they can run in, in it creates of what is unproven first, then by address.
	Changes []Change
	// Findings are about what the plan manages and leaves in place. What a change brings or ends stands with the change.
	Findings []Finding
	// Privileges is what the executed plan gives to whom and takes from whom.
	Privileges access.Delta
	// Unmanaged are live roots outside the manifest's responsibility, by address.
	Unmanaged []addr.Address
	// Unexpected are live roots that the manifest owns by pattern and does not list, and that this plan does not
	// delete. Sorted by address.
	Unexpected []Unexpected
	// LeftOut are the changes that the selection left out, by address. The account will not be as the manifest says.
	LeftOut     []LeftOut
	NotRead     []NotRead
	NotCompared []NotCompared
	Warnings    []string
}

// Summary counts the changes of a plan, and what it leaves alone.
type Summary struct {
	Create    int `json:"create"`
	Update    int `json:"update"`
	Delete    int `json:"delete"`
	Manual    int `json:"manual"`
	Blocked   int `json:"blocked"`
	Unchanged int `json:"unchanged"`
	Unmanaged int `json:"unmanaged"`
}

// Change is one step of a plan, complete in itself: the executor needs nothing else.
type Change struct {
	Address addr.Address
	// Parent is the parent resource, zero for a root. Its id is among the ids the executor passes on.
	Parent addr.Address
	Action Action
	// ID is the cloud's id of the live resource; empty for a create and for resources without one.
	ID string
	// ParentID is the id of the live parent; empty when the parent is created by this plan or has none.
	ParentID string
	// Reason says in words why the change is there. For the reader only: nothing may branch on it.
	Reason string
	// Origin says where the change comes from, when the plan was made against a base.
	Origin Origin
	// Before is the live side, nil for a create; After the desired side, nil for a delete. For a blocked or manual
	// change they say what it would have been.
	Before, After *Resource
	// Attributes are the differences, sorted by name.
	Attributes []AttributeChange
	// With are the live children that go with a delete, sorted. They have no change of their own.
	With   []addr.Address
	Manual []Manual
	// DependsOn are changes that must succeed first, RunsAfter changes that must be over first, whatever became of
	// them. Both are sorted, disjoint, and name changes of this plan only.
	DependsOn, RunsAfter []addr.Address
	// Confirms are those of DependsOn whose result must have been read back from the cloud before this change starts.
	Confirms []addr.Address
	// Findings are about what the change brings, and Resolves about what it ends.
	Findings, Resolves []Finding
	Source             Position
	Notes              Notes
}

// Root returns the address of the root that the change is about: its parent, or its own address.
func (c *Change) Root() addr.Address {
	if c.Parent.IsZero() {
		return c.Address
	}
	return c.Parent
}

// AttributeChange is a difference in one attribute. Before or After is the zero Value where that side has none.
type AttributeChange struct {
	Name   string `json:"name"`
	Before Value  `json:"before"`
	After  Value  `json:"after"`
	// Origin is set for an update's attributes when the plan was made against a base.
	Origin Origin   `json:"origin,omitempty"`
	At     Position `json:"-"`
}

// NotCompared is an attribute that could not be compared, and why.
type NotCompared struct {
	Address   addr.Address `json:"address"`
	Attribute string       `json:"attribute"`
	Reason    string       `json:"reason"`
	// WriteOnly is set where the service never tells the attribute.
	WriteOnly bool `json:"-"`
}

// Unexpected is a live root that is owned and not listed.
type Unexpected struct {
	Live
	// With are its children, sorted.
	With []addr.Address
	// Findings are about it and its children.
	Findings []Finding
}

// Empty reports whether the plan has no change at all, manual and blocked ones included.
func (p *Plan) Empty() bool { return len(p.Changes) == 0 }

// Differs reports whether live state is not as the manifest says, also in what the plan leaves out.
func (p *Plan) Differs() bool { return len(p.Changes)+len(p.LeftOut) > 0 }

// Writes returns how many changes send a write.
func (p *Plan) Writes() int { return p.Summary.Create + p.Summary.Update + p.Summary.Delete }

// Raised returns the findings about what the plan's changes bring, sorted: what a limit on risk is held against. What is
// held back brings nothing.
func (p *Plan) Raised() []Finding {
	var raised []Finding
	for i := range p.Changes {
		if p.Changes[i].Action != Blocked {
			raised = append(raised, p.Changes[i].Findings...)
		}
	}
	return SortFindings(raised)
}
