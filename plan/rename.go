package plan

import (
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Renames are the new addresses of live resources that the manifest renames in place.
type Renames struct {
	// To has the new address by the one of now, of the renamed roots and of the resources whose addresses hold their names.
	To map[addr.Address]addr.Address
	// Entries are the renamed entries of the catalogue.
	Entries []CatalogueEntry
}

// AttributeName is the attribute by which a resource differs that is renamed in place. No other has it.
const AttributeName = "name"

// Renamed gives live resources the addresses that they have once they are renamed, and what they were called to [Resource.Was]. The
// renamed ones differ from their entries by the attribute "name". The arguments stay as they are, and doing it twice is the same as once.
func Renamed(s *Snapshot, desired []Desired, renames Renames) (*Snapshot, []Desired) {
	if !anyOf(desired, func(d *Desired) bool { return !d.Previously.IsZero() }) {
		return s, desired
	}
	to, now := renames.To, *s
	now.Catalogue = s.Catalogue.With(renames.Entries...)
	now.Resources, desired = slices.Clone(s.Resources), slices.Clone(desired)
	live := make(map[addr.Address]*Live, len(now.Resources))
	for i := range now.Resources {
		live[now.Resources[i].Address] = nil
	}
	for i := range now.Resources {
		l := &now.Resources[i]
		address, is := to[l.Address]
		if _, taken := live[address]; is && !taken {
			l.Was, l.Address, l.Parts = l.Address, address, nil
		}
		l.Uses = slices.Clone(l.Uses)
		for k, use := range l.Uses {
			if address, is := to[use]; is {
				l.Uses[k] = address
			}
		}
	}
	slices.SortFunc(now.Resources, func(a, b Live) int { return addr.Compare(a.Address, b.Address) })
	for i := range now.Resources {
		live[now.Resources[i].Address] = &now.Resources[i]
	}
	for i := range desired {
		d, is := &desired[i], live[desired[i].Address]
		switch _, named := d.Attributes[AttributeName]; {
		case d.Previously.IsZero() || is == nil:
		case !is.Was.IsZero():
			is.setName(nameIn(is.Was))
			d.setName(nameIn(d.Address))
		case named: // it is renamed since
			is.setName(nameIn(d.Address))
		}
	}
	return &now, desired
}

func (r *Resource) setName(name string) {
	if r.Attributes = maps.Clone(r.Attributes); r.Attributes == nil {
		r.Attributes = Attributes{}
	}
	r.Attributes[AttributeName] = StringValue(name)
}

// nameIn returns the name in the address of a root.
func nameIn(root addr.Address) string { return root.Segments()[0].Text }
