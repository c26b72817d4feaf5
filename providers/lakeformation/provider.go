// Package lakeformation knows the authorization of LakeFormation, which lets it use other services through agencies that
// it makes itself: one for each sort of agency.
//
// Start reading at [Provider], and at [Remote] for what needs a connection.
package lakeformation

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// section and service say which entries of a manifest are LakeFormation's.
const (
	section = "authorizations"
	service = "lakeformation"
	// typ is the first word of the addresses, and prefix their beginning.
	typ    = "authorization"
	prefix = typ + "/" + service
	// displayName is what people know the service by.
	displayName = "LakeFormation"
	// agencyTitle names in errors what an agency of the service's is.
	agencyTitle = "an agency of " + displayName
)

//go:embed authorization.schema.json
var entrySchema []byte

// Provider is what is known of LakeFormation without a connection. The zero value is ready for use, immutable and safe for
// concurrent use.
type Provider struct{}

var _ providers.Provider = Provider{}

// Name implements [providers.Provider].
func (Provider) Name() string { return service }

// Prefixes implements [providers.Provider].
func (Provider) Prefixes() []string { return []string{prefix} }

// Fragments implements [providers.Provider].
func (Provider) Fragments() []providers.Fragment {
	return []providers.Fragment{{Section: section, Service: service, Schema: slices.Clone(entrySchema)}}
}

// Resolve implements [providers.Provider]. An authorization names nothing that the catalogue would know: its own
// resources are returned as they are, with what forbids to authorize.
func (Provider) Resolve(desired []plan.Desired, _ *plan.Manifest, catalogue *plan.Catalogue) (providers.Resolution, []plan.Problem) {
	return providers.Resolution{Desired: serviceagency.Held(providers.Within(desired, prefix), catalogue)}, nil
}

// Guard implements [providers.Provider]. No guardrail speaks of service authorizations.
func (Provider) Guard([]plan.Resource, *plan.Manifest) []plan.Finding { return nil }

// Effects implements [plan.Knowledge]: the service may do in the region's project what its agency is granted, which it
// does not tell.
func (Provider) Effects(*plan.Catalogue) func(plan.Resource) []access.Effect {
	return func(r plan.Resource) []access.Effect {
		region, _, ok := parts(r.Address)
		if !ok {
			return nil
		}
		return []access.Effect{{Principal: "service:" + service, Scope: "project:" + region}}
	}
}

// Assess implements [plan.Knowledge]: the service does not tell what its agencies are granted.
func (Provider) Assess(resources []plan.Resource, _ *plan.Manifest, _ *plan.Catalogue) []plan.Finding {
	var findings []plan.Finding
	for _, r := range resources {
		_, agencyType, ok := parts(r.Address)
		if !ok {
			continue
		}
		findings = append(findings, plan.Finding{
			Rule: policy.RuleUnknownContent, Severity: plan.Medium, Address: r.Address,
			Message: fmt.Sprintf("the service does not tell what its agency for %s may do", agencyType),
			Hint:    "look it up in the console of IAM after the authorization, and accept the finding if it is as it should be",
		})
	}
	return plan.SortFindings(findings)
}

// Rules implements [providers.Provider].
func (Provider) Rules() []plan.Rule { return []plan.Rule{{ID: policy.RuleUnknownContent}} }

// Manual implements [plan.Knowledge]. A removal that cannot be judged or divided, and everything that goes through an agency
// that ownership.protect holds or that trusts somebody else, is left to a person.
func (Provider) Manual(before *plan.Live, after *plan.Desired) []plan.Manual {
	if before == nil || after != nil {
		return serviceagency.HeldByHand(after)
	}
	if agencyType := before.Bindings[bindingUnknown]; agencyType != "" {
		return []plan.Manual{{Instruction: "it cannot be told whether the service has an agency of type " + agencyType +
			" here, and who else uses it: look in the console of " + displayName + ", and withdraw it there"}}
	}
	return serviceagency.Manual(before, serviceagency.Words{
		Service: displayName, ByHand: "withdraw the authorization in the console of " + displayName, Attribute: authorized, Roles: []string{""},
	})
}
