package csms

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

const (
	// bindingUnknown marks an authorization whose own agency was not found under its likely name.
	bindingUnknown = "unknownAgency"
	// bindingSharedHere is set where the manifest keeps another type in the region, which needs the shared agency.
	bindingSharedHere = "sharedHere"
)

// The roles of the two agencies in a removal.
const (
	roleOwn    = ""
	roleShared = ":shared"
)

// Effects implements [plan.Knowledge]: what the agencies of the type let the service do in the region's project. What the
// own agency of GaussDB-FG may do is not documented, so its effect is unknown.
func (Provider) Effects(*plan.Catalogue) func(plan.Resource) []access.Effect { return effectsOf }

func effectsOf(r plan.Resource) []access.Effect {
	t, ok := targetOf(r.Address)
	if is, _ := r.Attributes[granted].AsBool(); !ok || !is {
		return nil
	}
	base := access.Effect{Principal: "service:" + service, Scope: addr.Qualified("project", t.region).String()}
	if t.secretType != RDS {
		return []access.Effect{base}
	}
	base.Actions = slices.Concat(sharedActions[:], rdsActions[:])
	slices.Sort(base.Actions)
	return []access.Effect{base}
}

// Assess implements [plan.Knowledge]: what the agencies may do is documented and harmless, as far as it is documented.
func (Provider) Assess(resources []plan.Resource, _ *plan.Manifest, _ *plan.Catalogue) []plan.Finding {
	var findings []plan.Finding
	for _, r := range resources {
		t, ok := targetOf(r.Address)
		if is, _ := r.Attributes[granted].AsBool(); !ok || !is || !ownAgencies()[t.secretType].guessed {
			continue
		}
		findings = append(findings, plan.Finding{
			Rule: policy.RuleUnknownContent, Severity: plan.Medium, Address: r.Address,
			Message: fmt.Sprintf("the service does not document all that its agency for %s may do", t.secretType),
			Hint:    "look it up in the console of IAM after the authorization, and accept the finding if it is as it should be",
		})
	}
	return plan.SortFindings(findings)
}

// Rules implements [providers.Provider].
func (Provider) Rules() []plan.Rule { return []plan.Rule{{ID: policy.RuleUnknownContent}} }

// Manual implements [plan.Knowledge]. The service cannot take an authorization back, so a removal is done in IAM; where
// its agencies are not known there, or must not be touched, it is left to a person. So is everything that goes through an
// agency that ownership.protect holds, or that trusts somebody else.
func (Provider) Manual(before *plan.Live, after *plan.Desired) []plan.Manual {
	if before == nil || after != nil {
		return serviceagency.HeldByHand(after)
	}
	t, ok := targetOf(before.Address)
	if !ok {
		return nil
	}
	byHand := fmt.Sprintf("in IAM, revoke what the agencies of %s are granted in project %s, and delete those with no grant left; "+
		"keep %s while another secret type uses it", t.secretType, t.region, SharedAgency)
	if before.Bindings[bindingUnknown] != "" {
		return []plan.Manual{{Instruction: "CSMS cannot take an authorization back, and its agencies were not found in IAM; " + byHand}}
	}
	return serviceagency.Manual(before, serviceagency.Words{Service: "CSMS", ByHand: byHand, Attribute: granted, Roles: []string{roleOwn, roleShared}})
}
