package iam

import (
	_ "embed"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
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
	// attributeStatements is the policy as a document {"Statement":[...]} in canonical form; see [canonicalPolicy].
	attributeStatements = "statements"
)

// settingWritten is the setting of desired policies that holds the statements in the author's order, as they are sent. It is left out
// where the canonical form is the same.
const settingWritten = "written"

// bindingTrust is the binding of agencies that holds the id of the trusted account.
const bindingTrust = "trust"

// qualifierService is the qualifier of the accounts that cloud services act from.
const qualifierService = "service"

//go:embed agencies.schema.json
var agenciesSchema []byte

//go:embed policies.schema.json
var policiesSchema []byte

// Provider is the offline half of the service. It is immutable and safe for concurrent use; the zero Provider knows of no
// agencies that services of ours make.
type Provider struct{ published huaweicloud.Published }

// New returns the provider. Published are the agencies that other services make for themselves.
func New(published huaweicloud.Published) Provider { return Provider{published} }

// Service returns IAM. Published are the agencies that other services make for themselves.
func Service(published huaweicloud.Published) huaweicloud.Service {
	known := New(published)
	return huaweicloud.Service{
		Provider: known, Host: huaweicloud.Host{Name: huaweicloud.ServiceIAM}, Simulated: "/v3.0",
		Connect: func(conn *huaweicloud.Connection, lag huaweicloud.Lag) providers.Remote {
			return &remote{client: directory.NewClient(conn), cloud: conn.Cloud(), lag: lag.Or(defaultLag), known: known}
		},
	}
}

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
		directory.GrantsFragment(),
	}
}

// Manual implements [plan.Knowledge]: this service can do every change itself.
func (Provider) Manual(*plan.Live, *plan.Desired, *plan.View) []plan.Manual { return nil }

// Complete implements [providers.Provider]: agencies, grants and policies answer for themselves.
func (Provider) Complete(*plan.View) providers.Completion { return providers.Completion{} }

// NotReadWords implements [providers.Provider].
func (Provider) NotReadWords() []string {
	return []string{
		huaweicloud.PartAllProjects, huaweicloud.PartEnterpriseProjects, huaweicloud.PartIAMv5, huaweicloud.PartProject,
		huaweicloud.PartAgency, huaweicloud.PartPolicy,
	}
}

// NotCovered implements [providers.Provider]: what is not read is found when the rest is.
func (Provider) NotCovered(*plan.Snapshot, providers.Coverage) []plan.NotRead { return nil }

// Cover implements [providers.Provider]. Agencies and grants are always read, all of them. Names of enterprise projects are
// read only where something refers to them. Agencies are put into the catalogue where policies are listed, which may name some.
func (Provider) Cover(desired []plan.Desired) (roots []providers.Root, names []string) {
	if slices.ContainsFunc(desired, func(d plan.Desired) bool { return d.Address.Type() == directory.TypePolicy }) {
		names = append(names, directory.KindAgency)
	}
	if slices.ContainsFunc(desired, func(d plan.Desired) bool {
		grant, ok := directory.GrantOf(d.Resource)
		return ok && grant.Place.Scope == directory.EnterpriseProject
	}) {
		names = append(names, directory.KindEnterpriseProject)
	}
	return providers.RootsOf(desired, []string{directory.TypeAgency, directory.TypePolicy}), names
}
