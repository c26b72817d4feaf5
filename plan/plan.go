// Package plan is the pure core of agencyctl: the nouns (values, resources, manifests, snapshots), the comparison of desired with
// live, the order of changes, and the plan itself as data. Addresses, access and saved plans have packages of their own
// below it.
//
// Nothing here reads a file, a clock, the network or the environment, and nothing here knows a cloud: providers say through
// [Knowledge] what a resource means. The same input gives the same bytes, in any process, on any machine.
//
// Start reading at [Build], which turns a [Manifest], the resources it asks for and a [Snapshot] into a [Plan].
package plan

import (
	"bytes"
	"encoding/json"
	"fmt"

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
	// Blocked is a change that must not be made: the resource is protected, or the change depends on one that is not made.
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

// MarshalText implements [encoding.TextMarshaler].
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (a *Action) UnmarshalText(text []byte) error {
	for action := Create; action <= Blocked; action++ {
		if action.String() == string(text) {
			*a = action
			return nil
		}
	}
	return fmt.Errorf("%.20q is no action", text)
}

// Writes reports whether executing the change sends a write.
func (a Action) Writes() bool { return a == Create || a == Update || a == Delete }

// Plan is what would be done, as data: it can be printed, compared, reviewed and executed. Build makes it; nothing
// changes it afterwards.
type Plan struct {
	Account  Account    `json:"account"`
	Cloud    Cloud      `json:"cloud"`
	Manifest ManifestID `json:"manifest"`
	Summary  Summary    `json:"summary"`
	// Changes are sorted by step, the earliest that they can run in; within a step unproven creates come first, then by
	// address.
	Changes []Change `json:"changes"`
	// Findings are about what the plan manages and leaves in place. What a change brings or ends stands with the change.
	Findings []Finding `json:"findings"`
	// Privileges is what the executed plan gives to whom and takes from whom.
	Privileges access.Delta `json:"privileges"`
	// Unmanaged are live roots outside the manifest's responsibility that the plan leaves alone, by address.
	Unmanaged []addr.Address `json:"unmanaged"`
	// Unexpected are live roots that the manifest owns by pattern and does not list, and that this plan does not
	// delete. Sorted by address.
	Unexpected []Unexpected `json:"unexpected"`
	// Leaving are the resources that the base lists and the manifest does not, by address; empty without a base. Like changes,
	// they are differences.
	Leaving []Leaving `json:"leaving"`
	// Rules are the rules that the manifest gives otherwise than its base: those of sections by key, then those of entries by
	// address. Empty without a base. Like changes, they are differences.
	Rules []RuleChange `json:"rules"`
	// RulesFromBase says that the plan was made, and is judged, by the rules of the base.
	RulesFromBase bool `json:"rulesFromBase,omitempty"`
	// LeftOut are the changes that the selection left out, by address. The account will not be as the manifest says.
	LeftOut     []LeftOut     `json:"leftOut"`
	NotRead     []NotRead     `json:"notRead"`
	NotCompared []NotCompared `json:"notCompared"`
	// Remarks name what can go from the manifest, by its place there. They are no differences.
	Remarks  []Remark `json:"remarks"`
	Warnings []string `json:"warnings"`
}

// ManifestID identifies the manifest that a plan was made from.
type ManifestID struct {
	// Digest is that of the [Manifest].
	Digest string `json:"digest"`
}

// Summary counts the changes of a plan, and the resources that it leaves alone.
type Summary struct {
	Create    int `json:"create"`
	Update    int `json:"update"`
	Delete    int `json:"delete"`
	Manual    int `json:"manual"`
	Blocked   int `json:"blocked"`
	Unchanged int `json:"unchanged"`
	Unmanaged int `json:"unmanaged"`
	// Leaving counts those of Plan.Leaving. Those with a change are counted there too.
	Leaving int `json:"leaving"`
	// Rules counts those of Plan.Rules.
	Rules int `json:"rules"`
}

// Count counts the changes by action. The other counts stay zero.
func Count(changes []Change) Summary {
	var s Summary
	for i := range changes {
		switch changes[i].Action {
		case Create:
			s.Create++
		case Update:
			s.Update++
		case Delete:
			s.Delete++
		case ByHand:
			s.Manual++
		case Blocked:
			s.Blocked++
		}
	}
	return s
}

// Change is one step of a plan, complete in itself: the executor needs nothing else.
type Change struct {
	Address addr.Address `json:"address"`
	// Parent is the parent resource, zero for a root. Its id is among the ids the executor passes on.
	Parent addr.Address `json:"parent,omitzero"`
	// Type is the type of the address, and set in the published form only; see [Plan.Published].
	Type string `json:"type"`
	// ID is the cloud's id of the live resource; empty for a create and for resources without one.
	ID string `json:"id,omitempty"`
	// ParentID is the id of the live parent; empty when the parent is created by this plan or has none.
	ParentID string `json:"parentId,omitempty"`
	Action   Action `json:"action"`
	// Reason says in words why the change is there. For the reader only: nothing may branch on it.
	Reason string `json:"reason,omitempty"`
	// Origin says where the change comes from, when the plan was made against a base.
	Origin Origin `json:"origin,omitempty"`
	// Before is the live side, nil for a create; After the desired side, nil for a delete. For a blocked or manual
	// change they say what it would have been.
	Before *Resource `json:"before"`
	After  *Resource `json:"after"`
	// Attributes are the differences, sorted by name.
	Attributes []AttributeChange `json:"attributes"`
	// Renew is set for an update that gives the resource its whole life again, also where no attribute differs.
	Renew bool `json:"renew,omitempty"`
	// With are the live children that go with a delete, sorted. They have no change of their own.
	With   []addr.Address `json:"with"`
	Manual []Manual       `json:"manual"`
	// Holders are the live resources that use what is deleted, or what gets another content, and that the plan does not take it
	// from first, by address. Unseen are those that the snapshot does not show.
	Holders []Holder `json:"holders"`
	Unseen  Unseen   `json:"unseen,omitzero"`
	// Principals are those who may act as the root that the change is about, once the plan is carried out; where the root goes, those who
	// may now. Sorted.
	Principals []string `json:"principals"`
	// DependsOn are changes that must succeed first, RunsAfter changes that must be over first, whatever became of
	// them. Both are sorted, disjoint, and name changes of this plan only.
	DependsOn []addr.Address `json:"dependsOn"`
	RunsAfter []addr.Address `json:"runsAfter"`
	// Confirms are those of DependsOn whose result must have been read back from the cloud before this change starts.
	Confirms []addr.Address `json:"confirms"`
	// Findings are about what the change brings, and Resolves about what it ends.
	Findings []Finding `json:"findings"`
	Resolves []Finding `json:"resolves"`
	// Accepted is set where the manifest accepts the difference that the change ends: drift is silent about it. The change is made all
	// the same.
	Accepted Accepted `json:"accepted,omitzero"`
	Source   Position `json:"source,omitzero"`
	Notes    Notes    `json:"entry,omitzero"`
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
	Origin Origin `json:"origin,omitempty"`
	// At is where the manifest gives the attribute; set for updates only.
	At Position `json:"-"`
}

// NotCompared is an attribute that could not be compared, and why.
type NotCompared struct {
	Address   addr.Address `json:"address"`
	Attribute string       `json:"attribute"`
	Reason    string       `json:"reason"`
}

// Unexpected is a live root that is owned and not listed.
type Unexpected struct {
	Live
	// With are its children, sorted.
	With []addr.Address `json:"with"`
	// Findings are about it and its children.
	Findings []Finding `json:"findings"`
	// Accepted is set where the manifest accepts that it is there.
	Accepted Accepted `json:"accepted,omitzero"`
}

// Empty reports whether the plan has no change at all, manual and blocked ones included.
func (p *Plan) Empty() bool { return len(p.Changes) == 0 }

// Differs reports whether live state is not as the manifest says, also in what the plan leaves out, or whether something leaves
// the manifest or a rule of it changes.
func (p *Plan) Differs() bool { return len(p.Changes)+len(p.LeftOut)+len(p.Leaving)+len(p.Rules) > 0 }

// Writes returns how many changes send a write.
func (p *Plan) Writes() int { return p.Summary.Create + p.Summary.Update + p.Summary.Delete }

// Raised returns, sorted, the findings that the plan's changes bring, and those about rules that change: those that a limit on risk
// is held against. Blocked changes bring none.
func (p *Plan) Raised() []Finding {
	var raised []Finding
	for i := range p.Changes {
		if p.Changes[i].Action != Blocked {
			raised = append(raised, p.Changes[i].Findings...)
		}
	}
	return SortFindings(raised)
}

// RaisedByRules returns, sorted, the findings about rules that are weaker than in the base. Of a saved plan they are as the file has them.
func (p *Plan) RaisedByRules() []Finding {
	var raised []Finding
	for i := range p.Rules {
		raised = append(raised, p.Rules[i].Findings...)
	}
	return SortFindings(raised)
}

// RaisedByLeaving returns, sorted, the findings about what leaves the manifest and stays. Of a saved plan they are as the file has them.
func (p *Plan) RaisedByLeaving() []Finding {
	var raised []Finding
	for i := range p.Leaving {
		raised = append(raised, p.Leaving[i].Findings...)
	}
	return SortFindings(raised)
}

// MarshalJSON gives the plan as one element of "accounts" in the published plan format, without indent. The same plan gives
// the same bytes.
func (p *Plan) MarshalJSON() ([]byte, error) {
	type fields Plan // has no MarshalJSON
	return marshal((*fields)(p.Published()))
}

// Published returns a copy of p in its published form: no list is nil, each change has its Type and each finding its Fingerprint, and
// the two sides of a change have no address, which is that of the change. To write further keys beside those of a plan, embed a type
// that is defined as Plan: it has the fields, and no MarshalJSON.
func (p *Plan) Published() *Plan {
	out := *p
	out.Changes = make([]Change, len(p.Changes))
	for i, c := range p.Changes {
		c.Type = c.Address.Type()
		c.Before, c.After = publishedSide(c.Before), publishedSide(c.After)
		c.Attributes, c.With, c.Manual = list(c.Attributes), list(c.With), list(c.Manual)
		c.DependsOn, c.RunsAfter, c.Confirms = list(c.DependsOn), list(c.RunsAfter), list(c.Confirms)
		c.Holders, c.Principals = list(c.Holders), list(c.Principals)
		c.Findings, c.Resolves = PublishedFindings(p.Account, c.Findings), PublishedFindings(p.Account, c.Resolves)
		out.Changes[i] = c
	}
	out.Unexpected = make([]Unexpected, len(p.Unexpected))
	for i, u := range p.Unexpected {
		side := publishedSide(&u.Resource)
		out.Unexpected[i] = Unexpected{
			Live: Live{Resource: Resource{Address: u.Address, Attributes: side.Attributes}, ID: u.ID, ServiceMade: u.ServiceMade},
			With: list(u.With), Findings: PublishedFindings(p.Account, u.Findings), Accepted: u.Accepted,
		}
	}
	out.Rules = make([]RuleChange, len(p.Rules))
	for i, r := range p.Rules {
		r.Findings = PublishedFindings(p.Account, r.Findings)
		out.Rules[i] = r
	}
	out.Findings, out.Privileges = PublishedFindings(p.Account, p.Findings), p.Privileges.Published()
	out.Leaving = make([]Leaving, len(p.Leaving))
	for i, l := range p.Leaving {
		l.Findings = PublishedFindings(p.Account, l.Findings)
		out.Leaving[i] = l
	}
	out.Unmanaged, out.LeftOut = list(p.Unmanaged), list(p.LeftOut)
	out.NotRead, out.NotCompared, out.Remarks, out.Warnings = list(p.NotRead), list(p.NotCompared), list(p.Remarks), list(p.Warnings)
	return &out
}

// Unpublish takes from a plan in its published form what only that form has, and gives both sides of each change its address. Lists
// stay as they are. It works in place: the plan must share no list with another one.
func (p *Plan) Unpublish() {
	bare := func(findings []Finding) {
		for i := range findings {
			findings[i].Fingerprint = ""
		}
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		c.Type = ""
		for _, side := range []*Resource{c.Before, c.After} {
			if side != nil {
				side.Address, side.Parent = c.Address, c.Parent
			}
		}
		bare(c.Findings)
		bare(c.Resolves)
	}
	for i := range p.Unexpected {
		bare(p.Unexpected[i].Findings)
	}
	for i := range p.Rules {
		bare(p.Rules[i].Findings)
	}
	for i := range p.Leaving {
		bare(p.Leaving[i].Findings)
	}
	bare(p.Findings)
}

func publishedSide(r *Resource) *Resource {
	if r == nil {
		return nil
	}
	side := Resource{Attributes: r.Attributes, Settings: r.Settings, Bindings: r.Bindings}
	if side.Attributes == nil {
		side.Attributes = Attributes{}
	}
	return &side
}

// list gives [] instead of null.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// marshal gives JSON without the escapes that only HTML needs.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
