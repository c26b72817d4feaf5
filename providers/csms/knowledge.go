package csms

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// The bindings of live authorizations: what taking one back is decided by.
const (
	// bindingAgency and bindingShared are the ids of the type's own and of the shared agency, where they were found.
	bindingAgency = "agency"
	bindingShared = "sharedAgency"
	// bindingProtected names an agency that ownership.protect holds.
	bindingProtected = "protected"
	// bindingPartial is set where grants in enterprise projects are not read, so that nobody knows whether an agency has
	// any left.
	bindingPartial = "enterpriseProjectsUnread"
)

// Effects implements [plan.Knowledge]: what the agencies of the type let the service do in the region's project.
func (Provider) Effects(r plan.Resource, _ *plan.Catalogue) []plan.Effect {
	t, ok := targetOf(r.Address)
	if is, _ := r.Attributes[granted].AsBool(); !ok || !is {
		return nil
	}
	actions := slices.Concat(sharedActions[:], ownActions[:])
	if t.secretType == RDS {
		actions = append(actions, rdsActions[:]...)
	}
	slices.Sort(actions)
	return []plan.Effect{{
		Principal: "service:" + service, Scope: plan.Qualified("project", t.region).String(), Actions: actions,
	}}
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
	own := ownAgencies()[t.secretType]
	byHand := fmt.Sprintf("in IAM, revoke what the agencies of %s are granted in project %s, and delete those with no grant left; "+
		"keep %s while another secret type uses it", t.secretType, t.region, SharedAgency)
	switch {
	case before.Bindings[bindingProtected] != "":
		return []plan.Manual{{Instruction: fmt.Sprintf("ownership.protect holds agency %s; to take the authorization back, %s",
			before.Bindings[bindingProtected], byHand)}}
	case slices.Contains(before.Unreadable, missing), own.guessed && before.Bindings[bindingAgency] == "":
		return []plan.Manual{{Instruction: "CSMS cannot take an authorization back, and its agencies were not found in IAM; " + byHand}}
	case before.Bindings[bindingPartial] != "":
		return []plan.Manual{{
			Attribute: granted,
			Instruction: fmt.Sprintf("the agencies stay, without grants in project %s, because grants in enterprise projects are not read; "+
				"in IAM, delete those with no grant left", t.region),
		}}
	}
	return nil
}
