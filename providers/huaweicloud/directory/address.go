package directory

import (
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// The types of the addresses of agencies, their grants, and custom policies.
const (
	TypeAgency = "agency"
	TypeGrant  = "grant"
	TypePolicy = "policy"
)

// The kinds of catalogue entries.
const (
	// KindRole are system roles and policies (qualifier "system") and custom policies ("custom"), by display name, with
	// type AX, XA, AA or XX and the policy as document.
	KindRole = "role"
	// KindProject and KindEnterpriseProject are the places of grants.
	KindProject           = "project"
	KindEnterpriseProject = "enterprise project"
	// KindAccount are the accounts that live agencies trust, and the own one. Cloud services have the qualifier "service".
	KindAccount = "account"
	// KindAgency are the agencies of the account. They are read where the manifest lists custom policies, which may name some.
	KindAgency = "agency"
)

// The bindings of grants: ids behind names. BindingRoleName is a role's display name, where the address holds its id instead.
const (
	BindingRoleName          = "roleName"
	BindingRole              = "role"
	BindingProject           = "project"
	BindingEnterpriseProject = "enterpriseProject"
)

// AttributeTrust is the attribute of an agency that says who may act as it, as [Trust.String] writes it.
const AttributeTrust = "trust"

const (
	segmentDomain            = "domain"
	segmentAllProjects       = "all-projects"
	segmentProject           = "project"
	segmentEnterpriseProject = "enterprise-project"
)

// AgencyAddress returns the address of the agency with that name.
func AgencyAddress(name string) addr.Address { return addr.New(TypeAgency, addr.Plain(name)) }

// PolicyAddress returns the address of the custom policy that ref means.
func PolicyAddress(ref plan.Reference) addr.Address { return addr.New(TypePolicy, ref.Segment()) }

// NameOf returns the name inside the address of an agency or a policy.
func NameOf(a addr.Address) string { return a.First().Text }

// Place is where a grant holds. Name is the project or enterprise project as a manifest writes it: its name, or "id:ID"
// for one that is known by its id alone. It is empty in the account-wide scopes.
type Place struct {
	Scope Scope
	Name  string
}

// Segment returns the place as part of an address.
func (p Place) Segment() addr.Segment {
	switch p.Scope {
	case Domain:
		return addr.Plain(segmentDomain)
	case AllProjects:
		return addr.Plain(segmentAllProjects)
	case OneProject:
		return addr.Qualified(segmentProject, p.Name)
	case EnterpriseProject:
		return addr.Qualified(segmentEnterpriseProject, p.Name)
	}
	panic("directory: grant without a scope") // no constructor makes one
}

// Kind is the kind of catalogue entries that the place's name is looked up in; empty for the account-wide scopes.
func (p Place) Kind() string {
	switch p.Scope {
	case OneProject:
		return KindProject
	case EnterpriseProject:
		return KindEnterpriseProject
	}
	return ""
}

// Binding is the binding that holds the id of the place; empty for the account-wide scopes.
func (p Place) Binding() string {
	switch p.Scope {
	case OneProject:
		return BindingProject
	case EnterpriseProject:
		return BindingEnterpriseProject
	}
	return ""
}

// Grant is what the address of a grant says beside its agency, which is the grant's parent. It is the [plan.Resource.Parts]
// of grants, and comparable.
type Grant struct {
	Place Place
	Role  plan.Reference
}

// Address returns the address of the grant to an agency.
func (g Grant) Address(agency string) addr.Address {
	return addr.New(TypeGrant, addr.Plain(agency), g.Place.Segment(), g.Role.Segment())
}

// GrantOf returns what a resource grants; ok is false for one that is no grant. Only a grant that comes from a file has to
// have its address read.
func GrantOf(r plan.Resource) (g Grant, ok bool) {
	if known, is := r.Parts.(*Grant); is {
		return *known, true
	}
	return parseGrant(r.Address)
}

func parseGrant(a addr.Address) (g Grant, ok bool) {
	if a.Type() != TypeGrant {
		return Grant{}, false
	}
	var room [4]addr.Segment
	segments := a.AppendSegments(room[:0])
	if len(segments) != 3 {
		return Grant{}, false
	}
	switch s := segments[1]; {
	case s == addr.Plain(segmentDomain):
		g.Place.Scope = Domain
	case s == addr.Plain(segmentAllProjects):
		g.Place.Scope = AllProjects
	case s.Qualifier == segmentProject:
		g.Place = Place{OneProject, s.Text}
	case s.Qualifier == segmentEnterpriseProject:
		g.Place = Place{EnterpriseProject, s.Text}
	default:
		return Grant{}, false
	}
	g.Role = plan.Reference{Qualifier: segments[2].Qualifier, Name: segments[2].Text}
	return g, true
}

// ServicePrefix begins the names of the accounts that cloud services act from.
const ServicePrefix = "op_svc_"

// ServiceNamed reports whether the name of a trusted party is that of a cloud service, and how the service is written. Whatever the
// case of its letters and the blanks around it, no account can be meant: the cloud keeps the prefix for its services.
func ServiceNamed(name string) (service string, is bool) {
	name = strings.TrimSpace(name)
	if len(name) < len(ServicePrefix) || !strings.EqualFold(name[:len(ServicePrefix)], ServicePrefix) {
		return "", false
	}
	return ServicePrefix + name[len(ServicePrefix):], true
}

// The ways to name who is trusted; also the keys of a manifest's trust.
const (
	TrustAccount   = "account"
	TrustAccountID = "accountId"
	TrustService   = "service"
)

// Trust is who may act as an agency. It is comparable.
type Trust struct{ Kind, Value string }

// String returns the canonical text: "account:NAME", "accountId:ID" or "service:op_svc_NAME".
func (t Trust) String() string { return t.Kind + ":" + t.Value }

// ParseTrust reads the canonical text; ok is false for any other.
func ParseTrust(text string) (t Trust, ok bool) {
	kind, value, found := strings.Cut(text, ":")
	switch kind {
	case TrustAccount, TrustAccountID, TrustService:
		return Trust{kind, value}, found && value != ""
	}
	return Trust{}, false
}

// TrustOf returns the trust of an agency; ok is false where it has none.
func TrustOf(r plan.Resource) (t Trust, ok bool) {
	text, is := r.Attributes[AttributeTrust].AsString()
	if !is {
		return Trust{}, false
	}
	return ParseTrust(text)
}
