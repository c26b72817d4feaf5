package plan

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Resource is what desired and live have in common: a thing with an address, in the canonical form that its provider
// makes, so that comparing two is plain equality of attributes.
type Resource struct {
	Address addr.Address `json:"address,omitzero"`
	// Parent is the resource that this one is part of: it is made after its parent, goes with it, and is owned and
	// protected with it. Zero for a root.
	Parent     addr.Address `json:"parent,omitzero"`
	Attributes Attributes   `json:"attributes"`
	// Settings say how the resource is read and written, where that follows neither from its address nor from its
	// attributes, such as the region that it is called in. They are no part of what it is: desired and live are never compared
	// by them, but a live resource whose settings have changed is not the one that a saved plan is about. One with the name of an
	// attribute is what is sent in the place of its value, and means the same.
	Settings Attributes `json:"settings,omitempty"`
	// Bindings tie the names inside the address and the attributes to the cloud's ids ("role" → "7c21..."). They are
	// never compared. A name that this very plan creates has none yet. Many resources share them, so nobody changes them.
	Bindings map[string]string `json:"bindings,omitempty"`
	// AnsweredBy is the desired root that answers for this live one, which is then neither unmanaged, unexpected nor pruned. It
	// follows from all that is live and desired, and is never saved.
	AnsweredBy addr.Address `json:"-"`
	// Was is the address that a live resource has in the cloud, where it is compared under another one; see [Renamed]. It is never
	// saved.
	Was addr.Address `json:"-"`
	// Parts is what the address says, taken apart: a value of a type that only the provider knows, which nobody changes, or
	// nil. It follows from the address, so it is neither compared nor saved.
	Parts any `json:"-"`
}

// Root returns the address of the root that r is part of: its parent, or r itself.
func (r *Resource) Root() addr.Address {
	if r.Parent.IsZero() {
		return r.Address
	}
	return r.Parent
}

// Desired is a resource that the manifest asks for.
type Desired struct {
	Resource
	// Absent is set for a tombstone: the resource is to be deleted where it exists. A child may be absent where its parent is
	// wanted: it must not be there, whatever the parent leaves alone.
	Absent bool `json:"absent,omitempty"`
	// ReplacedBy is set on the tombstone of a renamed resource: the address of the new one. The old one is deleted only when
	// all changes of the new one and its children were made and read back.
	ReplacedBy addr.Address `json:"replacedBy,omitzero"`
	// Previously is what the resource may still be called. It is then renamed in place: it keeps its id and all that refers to it.
	Previously addr.Address `json:"previously,omitzero"`
	// DeleteInUse, on a tombstone, takes the resource away from all that use it: from what the snapshot shows by changes of their
	// own, and with the delete from the rest.
	DeleteInUse bool `json:"deleteInUse,omitempty"`
	// Additive leaves live children that the manifest does not list alone. By default children are exact.
	Additive bool `json:"additive,omitempty"`
	// Kept are the attributes that the entry leaves out and that stay as they are live, each with its value where the resource is
	// made: the zero Value where an entry must say it then. A binding of the same name is kept with the attribute.
	Kept Attributes `json:"kept,omitempty"`
	// DependsOn are the explicit and the implied dependencies, beside Parent.
	DependsOn []Dependency `json:"dependsOn,omitempty"`
	// Unproven marks a resource that the cloud may refuse for a reason that nobody can check before, such as a name that
	// cannot be looked up. Its create runs before the others of its step.
	Unproven bool `json:"unproven,omitempty"`
	// WriteOnly names attributes that cannot be read back: they are sent on create and never compared.
	WriteOnly []string `json:"writeOnly,omitempty"`
	// Source is where the entry stands; Sources where single attributes stand, as far as known.
	Source  Position `json:"source,omitzero"`
	Sources Sources  `json:"sources,omitempty"`
	// Notes are nil where nothing is noted. Many resources share them, so nobody changes them.
	Notes *Notes `json:"entry,omitzero"`
	// Said is what few entries say beside; nil where nothing is said. It is not saved.
	Said *Said `json:"-"`
}

// Said is what few entries say beside what they want. The zero value is nothing.
type Said struct {
	// States are what else the entry holds live state against. They are compared with those of a base only.
	States []Statement
	// Entries are those that a root is laid together from, by place; none where it has one entry. Its notes are then those of all of
	// them. They are for the reader.
	Entries []Entry
}

// State adds to what else the entry holds live state against.
func (d *Desired) State(statements ...Statement) {
	said := d.SaidBeside()
	said.States = append(said.States, statements...)
	d.Said = &said
}

// SaidBeside returns what the entry says beside, the zero value for nothing.
func (d *Desired) SaidBeside() Said {
	if d.Said == nil {
		return Said{}
	}
	return *d.Said
}

// Entry is one of several entries of a resource.
type Entry struct {
	At    Position
	Notes *Notes
}

// SourceOf returns the position of the attribute in the manifest, or of the entry where the attribute has none.
func (d *Desired) SourceOf(attribute string) Position {
	if at, known := d.Sources.Of(attribute); known {
		return at
	}
	return d.Source
}

// Noted returns what is noted, the zero Notes for nothing.
func (d *Desired) Noted() Notes {
	if d.Notes == nil {
		return Notes{}
	}
	return *d.Notes
}

// Dependency is one edge to another resource.
type Dependency struct {
	On addr.Address `json:"on"`
	// At is where the manifest says so; zero for an implied dependency.
	At Position `json:"source,omitzero"`
	// Implied dependencies follow from what a resource is (a grant of a custom policy needs the policy). They bind only
	// where the other resource is part of the manifest.
	Implied bool `json:"implied,omitempty"`
}

// Notes are the bookkeeping that a manifest entry may carry. They travel into every output and change nothing.
type Notes struct {
	Owner  string `json:"owner,omitempty"`
	Reason string `json:"reason,omitempty"`
	Ticket string `json:"ticket,omitempty"`
	// ReviewBy is a date, YYYY-MM-DD.
	ReviewBy string `json:"reviewBy,omitempty"`
}

// And returns the notes of two entries, of which either may be nil, as those of one: texts that differ one after the other, and the
// earlier day.
func (n *Notes) And(other *Notes) *Notes {
	if n == nil || other == nil {
		return cmp.Or(n, other)
	}
	both := func(one, two, between string) string {
		if one == "" || two == "" || slices.Contains(strings.Split(one, between), two) {
			return cmp.Or(one, two)
		}
		return one + between + two
	}
	day := cmp.Or(n.ReviewBy, other.ReviewBy)
	return &Notes{
		Owner: both(n.Owner, other.Owner, ", "), Reason: both(n.Reason, other.Reason, "; "), Ticket: both(n.Ticket, other.Ticket, ", "),
		ReviewBy: min(day, cmp.Or(other.ReviewBy, day)),
	}
}

// IsZero reports whether nothing is noted.
func (n Notes) IsZero() bool { return n == Notes{} }

// Live is a resource as observed.
type Live struct {
	Resource
	// ID is the cloud's own id. Empty for things that have none, such as a grant.
	ID string `json:"id,omitempty"`
	// Uses are roots that the resource refers to beside its parent, and that give it its meaning: their delete is refused while it
	// exists, or takes it along.
	Uses []addr.Address `json:"uses,omitempty"`
	// Names are roots that the resource refers to and outlives: after their delete it refers to nothing.
	Names []addr.Address `json:"names,omitempty"`
	// Unseen are the uses of the resource that the snapshot does not show.
	Unseen Unseen `json:"unseen,omitzero"`
	// ServiceMade marks a resource that one of the cloud's services made for itself. It is never pruned.
	ServiceMade bool `json:"serviceMade"`
	// MaybeServiceMade marks a resource that may be ServiceMade: nothing tells who made it. It is pruned only where a pattern
	// names it narrowly.
	MaybeServiceMade bool `json:"maybeServiceMade,omitempty"`
	// Expires is when the resource stops working; the zero time means never.
	Expires time.Time `json:"expires,omitzero"`
	// Unreadable names attributes that could not be read and are therefore not compared.
	Unreadable []string `json:"unreadable,omitempty"`
	// Undocumented says that they are in a form that nobody documents. Else the service does not always tell them.
	Undocumented bool `json:"-"`
	// Own, when set, is the resource without what follows from the roots that it answers for. It is never saved.
	Own *Own `json:"-"`
}

// Own is what a resource that answers for others is by itself.
type Own struct {
	Attributes Attributes
	// Answers are the roots that it answers for, alone or with others, live or not, whoever is told to answer for them.
	Answers []addr.Address
}

// Unseen counts uses of a resource by what no snapshot shows. The zero Unseen is none.
type Unseen struct {
	Count int `json:"count,omitempty"`
	// Unknown is set where nobody tells: there may be any number.
	Unknown bool `json:"unknown,omitempty"`
}

// Snapshot is everything a plan knows of reality: the observed resources, the names they refer to, and, just as
// important, what was and what was not read. Planning works from this one value, read live or from a file.
type Snapshot struct {
	Account Account `json:"account,omitzero"`
	Cloud   Cloud   `json:"cloud,omitzero"`
	// Resources are sorted by address; no address occurs twice.
	Resources []Live     `json:"resources,omitempty"`
	Catalogue *Catalogue `json:"catalogue,omitempty"`
	// Quotas are sorted by type. A type without one may have any number of resources.
	Quotas []Quota `json:"quotas,omitempty"`
	// Coverage are the addresses that were read: within it, a resource that is not listed does not exist. Outside it
	// nothing is known.
	Coverage []addr.Pattern `json:"coverage,omitempty"`
	// Gaps are addresses within Coverage of which nothing is known all the same.
	Gaps []addr.Pattern `json:"gaps,omitempty"`
	// NotRead names what exists, or may exist, and was not looked at.
	NotRead  []NotRead `json:"notRead,omitempty"`
	Warnings []string  `json:"warnings,omitempty"`
}

// NotRead is a part of reality that was not looked at, and why.
type NotRead struct {
	// Subject is spelled as in [Manifest.NotRead] where the manifest can leave the part unread.
	Subject string `json:"subject"`
	Reason  string `json:"reason"`
	// Regions are those that it is about, each once; none where it is not about regions. For a service that is called in
	// projects they are the projects.
	Regions []string `json:"regions,omitempty"`
	// Addresses are those that lie in the part, as far as they are known. They are not compared, and not saved.
	Addresses []addr.Pattern `json:"-"`
	// Usual is set where the part is left out of every run like this one, and nothing that was read speaks for anything being there. A
	// reader may count it. It is not compared, and not saved.
	Usual bool `json:"-"`
}

// CompareNotRead orders by subject, reason and regions. It returns 0 for equal ones only.
func CompareNotRead(a, b NotRead) int {
	return cmp.Or(strings.Compare(a.Subject, b.Subject), strings.Compare(a.Reason, b.Reason), slices.Compare(a.Regions, b.Regions))
}

// Covers reports whether the resource at a was read: if it is not in Resources, it is not there.
func (s *Snapshot) Covers(a addr.Address) bool {
	return addr.MatchAny(s.Coverage, a) && !addr.MatchAny(s.Gaps, a)
}
