package iam

import (
	_ "embed"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// The sections of a manifest that belong to this service.
const (
	sectionAgencies = "agencies"
	sectionPolicies = "policies"
)

// The attributes of agencies and policies, beside [directory.AttributeTrust].
const (
	attributeDescription = "description"
	// attributeDuration is how long an agency lives from when it was set: "forever", or days as in "20d". Live agencies
	// may show hours, as in "36h".
	attributeDuration = "duration"
	// attributeScope is where a policy can be granted: "project" or "global".
	attributeScope = "scope"
	// attributeStatements is the policy as a document {"Statement":[...]} in canonical order.
	attributeStatements = "statements"
)

// The bindings of agencies and grants, beside those of the directory.
const (
	// bindingTrust is the id of the trusted account.
	bindingTrust = "trust"
	// bindingRoleName is a role's display name, where the address holds its id instead.
	bindingRoleName = "roleName"
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
func (Provider) Prefixes() []string {
	return []string{directory.TypeAgency, directory.TypeGrant, directory.TypePolicy}
}

// Fragments implements [providers.Provider].
func (Provider) Fragments() []providers.Fragment {
	return []providers.Fragment{
		{Section: sectionAgencies, Schema: slices.Clone(agenciesSchema)},
		{Section: sectionPolicies, Schema: slices.Clone(policiesSchema)},
	}
}

// Manual implements [plan.Knowledge]: this service can do every change itself.
func (Provider) Manual(*plan.Live, *plan.Desired) []plan.Manual { return nil }
