package plan

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Origin says where a change comes from, when a plan is made against a base: the manifest as it is on the main branch.
// It is told from three things alone: what the base would make of the resource, what the manifest makes of it, and what
// is live. Who did what, and when, no such comparison can tell.
type Origin string

// The origins. The zero Origin, "", means that there was no base to compare with.
const (
	// Yours: the base would leave the resource as it is. The change is here because the manifest differs from its base.
	Yours Origin = "yours"
	// Drifted: base and manifest want the same, and what is live is something that neither of them asks for: it was
	// changed or added by hand, and the change undoes that. (Or the base was changed there, and never applied.)
	Drifted Origin = "drift"
	// Pending: base and manifest want the same, and nothing of it is there yet: a resource to make, or a tombstone to
	// carry out. The base was not applied yet. (Or somebody took the resource away by hand.)
	Pending Origin = "pending"
	// Conflict: the manifest differs from its base, and live differs from both: what this change overwrites is not what
	// its author saw in the base.
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

// Base is what a plan's changes are traced against.
type Base struct {
	Manifest *Manifest
	// Desired are the resolved resources of the base. Those outside what was read are passed over.
	Desired []Desired
}

// trace gives every change its origin. The base is compared with the same live state: what it would change, and how,
// is all that is needed of it.
func (b *builder) trace() {
	if b.in.Base == nil {
		return
	}
	base := &builder{
		in: Input{
			Manifest: b.in.Base.Manifest, Desired: b.in.Base.Desired, Snapshot: b.in.Snapshot, Knowledge: b.in.Knowledge,
			Options: Options{SendWriteOnly: b.in.Options.SendWriteOnly},
		},
		live:    b.live,
		desired: make(map[addr.Address]*Desired, len(b.in.Base.Desired)),
		plan:    &Plan{},
	}
	for i := range base.in.Desired {
		base.desired[base.in.Desired[i].Address] = &base.in.Desired[i]
	}
	base.compareDesired()
	base.classifyLive()
	fates := map[addr.Address]*Change{}
	for i := range base.changes {
		c := &base.changes[i]
		fates[c.Address] = c
		for _, child := range c.With {
			fates[child] = &Change{Address: child, Action: Delete}
		}
	}
	for i := range b.changes {
		b.changes[i].trace(fates, base.isTombstone(b.changes[i].Address) && b.isTombstone(b.changes[i].Address))
	}
}

func (b *builder) isTombstone(a addr.Address) bool { return b.desired[a] != nil && b.desired[a].Absent }

// trace tells the origin from what the base would do at each address.
func (c *Change) trace(fates map[addr.Address]*Change, tombstone bool) {
	fate := fates[c.Address]
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
		c.traceAttributes(fate)
	}
}

// traceAttributes tells the origin of an update attribute by attribute. One call changes them all: where they have not
// all the same origin, that is a conflict too.
func (c *Change) traceAttributes(fate *Change) {
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
}
