package plan

import (
	"fmt"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// A renamed resource is two resources to the cloud: one to create, and a tombstone with ReplacedBy.

// renames returns the live resources that are replaced, by the address of the new one.
func (b *builder) renames() map[addr.Address]addr.Address {
	old := map[addr.Address]addr.Address{}
	for i := range b.in.Desired {
		if d := &b.in.Desired[i]; d.Absent && !d.ReplacedBy.IsZero() && b.live[d.Address] != nil {
			old[d.ReplacedBy] = d.Address
		}
	}
	return old
}

// tombstoneReason says why a tombstone's resource is deleted.
func tombstoneReason(d *Desired) string {
	if d.ReplacedBy.IsZero() {
		return "state: absent"
	}
	return fmt.Sprintf("renamed to %s, but the API cannot rename: deleted when the new one is seen to be complete", d.ReplacedBy)
}

// creationReason says why a resource is made that replaces old, "" where it replaces none.
func (b *builder) creationReason(old addr.Address) string {
	switch {
	case old.IsZero():
		return ""
	case b.in.Manifest.Ownership.Protects(old, old):
		return fmt.Sprintf("renamed from %s, which is protected: made anew beside it", old)
	}
	return fmt.Sprintf("renamed from %s, but the API cannot rename: made anew with another id, and the old one deleted last", old)
}

// replacements adds the edges of renames: the old resource is deleted after all changes of the new one were made and read back.
func (o *orderer) replacements() {
	for i := range o.b.in.Desired {
		d := &o.b.in.Desired[i]
		old, changes := o.byAddr[d.Address]
		if !changes || !d.Absent || d.ReplacedBy.IsZero() {
			continue
		}
		for _, made := range o.tree(d.ReplacedBy) {
			o.need(old, made)
			o.confirms[old] = append(o.confirms[old], made)
		}
	}
}
