package iam

import (
	"fmt"
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// rename reads "previously" of an agency's entry. The cloud cannot rename an agency, so the old one becomes a tombstone
// that is carried out when the new one is complete.
func (x *expansion) rename(entry *plan.Node, d plan.Desired) {
	address, at, is := x.previousOf(entry, d, x.agencies, directory.AgencyAddress)
	if is {
		x.desired = append(x.desired, plan.Desired{
			Resource: plan.Resource{Address: address}, Absent: true, ReplacedBy: d.Address, Source: at, Notes: d.Notes,
		})
	}
}

// renamePolicy reads "previously" of a policy's entry. The cloud can rename a policy.
func (x *expansion) renamePolicy(entry *plan.Node, d *plan.Desired) {
	address, at, is := x.previousOf(entry, *d, x.policies, func(name string) addr.Address {
		return directory.PolicyAddress(plan.Reference{Name: name})
	})
	if !is {
		return
	}
	d.Previously = address
	d.Sources.Set(plan.AttributeName, at)
	forbidden := policy.ForbiddenBy(x.manifest.Guardrails)
	if old, name := directory.NameOf(address), directory.NameOf(d.Address); forbidden.Has(old) && !forbidden.Has(name) {
		x.problem(at, "renamed and forbidden", fmt.Sprintf("list %q in guardrails.forbiddenRoles too", name),
			"guardrails.forbiddenRoles lists %q, and would not forbid it under its new name", old)
	}
}

// previousOf returns the former address of an entry's resource, and where it stands. Others are the entries of its kind by name.
func (x *expansion) previousOf(
	entry *plan.Node, d plan.Desired, others map[string]*plan.Node, addressOf func(name string) addr.Address,
) (address addr.Address, at plan.Position, is bool) {
	node := entry.Get("previously")
	old := node.String()
	if old == "" {
		return addr.Address{}, plan.Position{}, false
	}
	address = addressOf(old)
	kind := address.Type()
	if first := x.previous[address]; !first.IsZero() {
		x.problem(node.At, "renamed twice", "keep previously in one of the two", "%s is already the previous name of the entry at %s", address,
			first)
		return address, node.At, false
	}
	x.previous[address] = node.At
	other := others[old]
	switch {
	case d.Absent:
		x.problem(node.At, "previous name of an absent "+kind, "remove previously; to delete the old "+kind+", list it with state: absent",
			"%s is to be deleted, and takes the place of nothing", d.Address)
	case address == d.Address:
		x.problem(node.At, "renamed to itself", "write the name that the "+kind+" had before, or remove previously",
			"%s is its own previous name", d.Address)
	case other != nil && providers.IsAbsent(other):
		x.problem(node.At, "renamed and deleted", "remove the tombstone: after the rename, nothing has the old name",
			"%s has an entry of its own at %s with state: absent", address, other.Position())
	case other != nil && kind == directory.TypePolicy:
		x.problem(node.At, "previous name is listed",
			"rename in two steps: first give the policy its new name, and then make another of the old one",
			"%s has an entry of its own at %s, and would take what it is renamed from", address, other.Position())
	case other != nil:
		x.warning(node.At, "previous name is listed", "remove previously", "%s has an entry of its own at %s, so it is kept", address,
			other.Position())
	case x.isServiceMade(old):
		x.problem(node.At, kind+" of a service", "remove previously", "%q is the name of what a cloud service makes for itself", old)
	case slices.ContainsFunc(x.manifest.Ownership.Exclude, func(p addr.Pattern) bool { return p.Match(address) }):
		x.problem(node.At, "renamed and excluded", "remove previously, or narrow ownership.exclude",
			"%s was the name of the %s, and ownership excludes it", address, kind)
	default:
		return address, node.At, true
	}
	return address, node.At, false
}

func (x *expansion) isServiceMade(name string) bool {
	_, made, guessed := x.known.serviceMadeName(name)
	return made && !guessed
}

// Renames implements [providers.Renamer]: custom policies are renamed in place, and their grants have the names of policies in their
// addresses.
func (Provider) Renames(s *plan.Snapshot, desired []plan.Desired) plan.Renames {
	var live map[addr.Address]*plan.Live
	to, all := map[addr.Address]addr.Address{}, plan.Renames{}
	for i := range desired {
		d := &desired[i]
		if d.Previously.IsZero() || d.Address.Type() != directory.TypePolicy {
			continue
		}
		if live == nil {
			live = make(map[addr.Address]*plan.Live, len(s.Resources))
			for i := range s.Resources {
				live[s.Resources[i].Address] = &s.Resources[i]
			}
		}
		is, was, name := live[d.Address], live[d.Previously], directory.NameOf(d.Address)
		switch {
		case is != nil && is.Was == d.Previously && was == nil: // it was, and is read again beside what may have its old name
		case is == nil && was != nil && len(s.Catalogue.Named(directory.KindRole, name)) == 0:
			is = was
		default:
			continue
		}
		to[d.Previously] = d.Address
		if entry, known := s.Catalogue.ByID(directory.KindRole, is.ID); known {
			entry.Name = name
			all.Entries = append(all.Entries, entry)
		}
	}
	if len(to) == 0 {
		return all
	}
	all.To = maps.Clone(to)
	for i := range s.Resources {
		l := &s.Resources[i]
		grant, is := directory.GrantOf(l.Resource)
		if !is {
			continue
		}
		for _, used := range l.Uses {
			if address, renamed := to[used]; renamed {
				grant.Role = plan.Reference{Name: directory.NameOf(address)}
				all.To[l.Address] = grant.Address(directory.NameOf(l.Parent))
			}
		}
	}
	return all
}
