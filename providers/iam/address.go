package iam

import (
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

const (
	typeAgency = "agency"
	typeGrant  = "grant"
	typePolicy = "policy"

	segmentDomain            = "domain"
	segmentAllProjects       = "all-projects"
	segmentProject           = "project"
	segmentEnterpriseProject = "enterprise-project"
)

// AgencyAddress returns the address of the agency with that name.
func AgencyAddress(name string) addr.Address { return addr.New(typeAgency, addr.Plain(name)) }

// PolicyAddress returns the address of the custom policy that ref means.
func PolicyAddress(ref plan.Reference) addr.Address {
	return addr.New(typePolicy, ref.Segment())
}

// Place is where a grant holds. Name is the project or enterprise project as a manifest writes it: its name, or "id:ID"
// for one that is known by its id alone. It is empty in the account-wide scopes.
type Place struct {
	Scope directory.Scope
	Name  string
}

// segment returns the place as part of an address.
func (p Place) segment() addr.Segment {
	switch p.Scope {
	case directory.Domain:
		return addr.Plain(segmentDomain)
	case directory.AllProjects:
		return addr.Plain(segmentAllProjects)
	case directory.OneProject:
		return addr.Qualified(segmentProject, p.Name)
	case directory.EnterpriseProject:
		return addr.Qualified(segmentEnterpriseProject, p.Name)
	}
	panic("iam: grant without a scope") // no constructor makes one
}

// catalogueKind is the kind of entries that the place's name is looked up in; empty for the account-wide scopes.
func (p Place) catalogueKind() string {
	switch p.Scope {
	case directory.OneProject:
		return KindProject
	case directory.EnterpriseProject:
		return KindEnterpriseProject
	}
	return ""
}

// GrantAddress returns the address of a grant.
func GrantAddress(agency string, place Place, role plan.Reference) addr.Address {
	return addr.New(typeGrant, addr.Plain(agency), place.segment(), role.Segment())
}

// grantParts takes the address of a grant apart; ok is false for any other address.
func grantParts(a addr.Address) (agency string, place Place, role plan.Reference, ok bool) {
	var room [4]addr.Segment
	segments := a.AppendSegments(room[:0])
	if a.Type() != typeGrant || len(segments) != 3 {
		return "", Place{}, plan.Reference{}, false
	}
	switch s := segments[1]; {
	case s == addr.Plain(segmentDomain):
		place.Scope = directory.Domain
	case s == addr.Plain(segmentAllProjects):
		place.Scope = directory.AllProjects
	case s.Qualifier == segmentProject:
		place = Place{directory.OneProject, s.Text}
	case s.Qualifier == segmentEnterpriseProject:
		place = Place{directory.EnterpriseProject, s.Text}
	default:
		return "", Place{}, plan.Reference{}, false
	}
	return segments[0].Text, place, plan.Reference{Qualifier: segments[2].Qualifier, Name: segments[2].Text}, true
}

// nameOf returns the name inside the address of an agency or a policy.
func nameOf(a addr.Address) string {
	var room [4]addr.Segment
	if segments := a.AppendSegments(room[:0]); len(segments) > 0 {
		return segments[0].Text
	}
	return ""
}
