package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Origin says where a change comes from, when a plan is made against a base: the manifest as it is on the main branch.
// It follows from three things alone: what the base would make of the resource, what the manifest makes of it, and what
// is live. It does not say who did what, or when.
type Origin string

// The origins. The zero Origin, "", means that there was no base to compare with.
const (
	// Yours: the base would leave the resource as it is. The change is here because the manifest differs from its base.
	Yours Origin = "yours"
	// Drifted: base and manifest want the same, and the live resource differs from both: somebody changed or added it by
	// hand, and the change undoes that. (Or the base was changed there, and never applied.)
	Drifted Origin = "drift"
	// Pending: base and manifest want the same create, or the same delete by a tombstone, and it was not done yet. The base was
	// not applied yet. (Or somebody removed the resource by hand.)
	Pending Origin = "pending"
	// Conflict: the manifest differs from its base, and the live resource differs from both: the change overwrites something
	// that its author did not see in the base.
	Conflict Origin = "conflict"
)

// UnmarshalText implements [encoding.TextUnmarshaler].
func (o *Origin) UnmarshalText(text []byte) error {
	switch origin := Origin(text); origin {
	case Yours, Drifted, Pending, Conflict:
		*o = origin
		return nil
	}
	return fmt.Errorf("%.20q is no origin", text)
}

// Base is what a plan's changes are compared with to find their origin.
type Base struct {
	Manifest *Manifest
	// Desired are the resources of the base. Those that the snapshot covers are resolved; no change can be about the others.
	Desired []Desired
	// Snapshot is live state as the base would see it; nil means as the manifest sees it.
	Snapshot *Snapshot
	// Missing is set where the base does not have the account. It is then empty.
	Missing bool
	// Guardrails are what services declare of the section guardrails.
	Guardrails []Guardrail
	// Proposed is set where the rules of the base hold: it is the manifest as written, whose rules do not. Nil means that the
	// manifest's own rules hold.
	Proposed *Manifest
}

// setOrigins sets the origin of every change. It compares the base with the same live state, to see what the base would change.
func (b *builder) setOrigins() {
	if b.in.Base == nil {
		return
	}
	snapshot := cmp.Or(b.in.Base.Snapshot, b.in.Snapshot)
	view := NewView(snapshot, b.in.Base.Manifest.Ownership, b.in.Base.Desired)
	base := newBuilder(Input{
		Manifest: b.in.Base.Manifest, Desired: b.in.Base.Desired, Snapshot: snapshot, Knowledge: b.in.Knowledge,
		Options: Options{SendWriteOnly: b.in.Options.SendWriteOnly},
	}, view, &Plan{})
	base.compareDesired()
	base.classifyLive()
	base.takeFromHolders()
	fates := map[addr.Address]*Change{}
	for i := range base.changes {
		c := &base.changes[i]
		fates[c.Address] = c
		for _, child := range c.With {
			fates[child] = &Change{Address: child, Action: Delete}
		}
	}
	for i := range b.changes {
		b.changes[i].setOrigin(fates, base.isTombstone(b.changes[i].Address) && b.isTombstone(b.changes[i].Address))
	}
}

// isTombstone reports whether a root is to be deleted once. A child that must be absent is none: the manifest bans it for good, so one
// that is live was added by somebody.
func (b *builder) isTombstone(a addr.Address) bool {
	d := b.entry(a)
	return d != nil && d.Absent && d.Parent.IsZero()
}

// setOrigin sets the origin from the changes that the base would make, by address.
func (c *Change) setOrigin(fates map[addr.Address]*Change, tombstone bool) {
	fate := fates[c.Address]
	if fate == nil && c.Before != nil {
		fate = fates[c.Before.Was]
	}
	switch {
	case fate == nil && slices.ContainsFunc(c.With, func(child addr.Address) bool { return fates[child] != nil }):
		c.Origin = Conflict
	case fate == nil:
		c.Origin = Yours
	case c.After == nil && fate.After == nil && tombstone:
		c.Origin = Pending
	case c.After == nil && fate.After == nil:
		c.Origin = Drifted
	case c.After == nil || fate.After == nil:
		c.Origin = Conflict
	case c.Before == nil:
		c.Origin = Pending
		if len(DiffAttributes(c.After.Attributes, fate.After.Attributes))+len(DiffAttributes(fate.After.Attributes, c.After.Attributes)) > 0 {
			c.Origin = Conflict
		}
	default:
		c.setAttributeOrigins(fate)
	}
}

// setAttributeOrigins sets the origin of each attribute of an update, and of the update. One call changes all attributes, so
// different origins are a conflict.
func (c *Change) setAttributeOrigins(fate *Change) {
	for i := range c.Attributes {
		a := &c.Attributes[i]
		there := slices.IndexFunc(fate.Attributes, func(other AttributeChange) bool { return other.Name == a.Name })
		switch {
		case there < 0:
			a.Origin = Yours
		case a.After.Equal(fate.Attributes[there].After):
			a.Origin = Drifted
		default:
			a.Origin = Conflict
		}
		if c.Origin == "" {
			c.Origin = a.Origin
		}
		if c.Origin != a.Origin {
			c.Origin = Conflict
		}
	}
	if c.Origin == "" {
		c.Origin = Yours // a renewal, which is asked for by whoever runs this
	}
}
