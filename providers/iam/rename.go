package iam

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// rename reads "previously" of an agency's entry. The cloud cannot rename an agency, so the old one becomes a tombstone
// that is carried out when the new one is complete.
func (x *expansion) rename(entry *plan.Node, d plan.Desired) {
	node := entry.Get("previously")
	old := node.String()
	if old == "" {
		return
	}
	address := directory.AgencyAddress(old)
	if first := x.previous[old]; !first.IsZero() {
		x.problem(node.At, "renamed twice", "keep previously in one of the two", "%s is already the previous name of the entry at %s", address,
			first)
		return
	}
	x.previous[old] = node.At
	other := x.agencies[old]
	switch {
	case d.Absent:
		x.problem(node.At, "previous name of an absent agency", "remove previously; to delete the old agency, list it with state: absent",
			"%s is to be deleted, and takes the place of nothing", d.Address)
	case address == d.Address:
		x.problem(node.At, "renamed to itself", "write the name that the agency had before, or remove previously", "%s is its own previous name",
			d.Address)
	case other != nil && providers.IsAbsent(other):
		x.problem(node.At, "renamed and deleted", "remove the tombstone: previously deletes the old agency, and in the right order",
			"%s has an entry of its own at %s with state: absent", address, other.Position())
	case other != nil:
		x.warning(node.At, "previous name is listed", "remove previously", "%s has an entry of its own at %s, so it is kept", address,
			other.Position())
	case x.isServiceMade(old):
		x.problem(node.At, "agency of a service", "remove previously", "%q is the name of an agency that a cloud service makes for itself", old)
	case slices.ContainsFunc(x.manifest.Ownership.Exclude, func(p addr.Pattern) bool { return p.Match(address) }):
		x.problem(node.At, "renamed and excluded", "remove previously, or narrow ownership.exclude",
			"%s was the agency's name, and ownership excludes it", address)
	default:
		x.desired = append(x.desired, plan.Desired{
			Resource: plan.Resource{Address: address}, Absent: true, ReplacedBy: d.Address, Source: node.At, Notes: d.Notes,
		})
	}
}

func (x *expansion) isServiceMade(name string) bool {
	_, made, guessed := x.known.serviceMadeName(name)
	return made && !guessed
}
