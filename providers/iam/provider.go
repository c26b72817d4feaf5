package iam

import (
	_ "embed"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// The sections of a manifest that belong to this service.
const (
	SectionAgencies = "agencies"
	SectionPolicies = "policies"
)

// The attributes of agencies and policies.
const (
	// AttributeTrust is who may act as the agency: "account:NAME", "accountId:ID" or "service:op_svc_NAME".
	AttributeTrust       = "trust"
	AttributeDescription = "description"
	// AttributeDuration is how long an agency lives from when it was set: "forever", or days as in "20d". Live agencies
	// may show hours, as in "36h".
	AttributeDuration = "duration"
	// AttributeScope is where a policy can be granted: "project" or "global".
	AttributeScope = "scope"
	// AttributeStatements is the policy as a document {"Statement":[...]} in canonical order.
	AttributeStatements = "statements"
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
)

// The bindings of resources: ids behind names.
const (
	BindingTrust             = "trust"
	BindingRole              = "role"
	BindingProject           = "project"
	BindingEnterpriseProject = "enterpriseProject"
	// BindingRoleName is a role's display name, where the address holds its id instead.
	BindingRoleName = "roleName"
)

// qualifierService is the qualifier of the accounts that cloud services act from.
const qualifierService = "service"

//go:embed agencies.schema.json
var agenciesSchema []byte

//go:embed policies.schema.json
var policiesSchema []byte

// Provider is the offline half of the service. The zero value is ready and safe for concurrent use.
type Provider struct{}

var _ providers.Provider = Provider{}

// Name implements [providers.Provider].
func (Provider) Name() string { return "iam" }

// Prefixes implements [providers.Provider].
func (Provider) Prefixes() []string { return []string{typeAgency, typeGrant, typePolicy} }

// Fragments implements [providers.Provider].
func (Provider) Fragments() []providers.Fragment {
	return []providers.Fragment{
		{Section: SectionAgencies, Schema: slices.Clone(agenciesSchema)},
		{Section: SectionPolicies, Schema: slices.Clone(policiesSchema)},
	}
}

// Manual implements [plan.Knowledge]: this service can do every change itself.
func (Provider) Manual(*plan.Live, *plan.Desired) []plan.Manual { return nil }
