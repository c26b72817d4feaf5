// Package csms knows the authorization of the Cloud Secret Management Service (CSMS), which lets it rotate secrets through
// agencies that it makes itself: one authorization for each sort of secret and region.
//
// The service can be asked whether a type is authorized and told to authorize it, no more. Which of its agencies is
// missing is looked up in IAM, and taking an authorization back is done there as well.
//
// Start reading at [Provider] for what is known offline, at [remote] for the connected half.
package csms

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

const (
	// service is the name by which entries and addresses know it.
	service = "csms"
	// endpoint is the name that its address is found by: it speaks at the key management's host.
	endpoint = "kms"
)

//go:embed authorization.schema.json
var entrySchema []byte

// Provider is what is known of the Cloud Secret Management Service without a connection. It is immutable and safe for
// concurrent use.
type Provider struct{ serviceagency.Provider }

var _ providers.Provider = Provider{}

// New returns the provider.
func New() Provider {
	return Provider{serviceagency.Provider{
		Service: service, Title: "CSMS", Schema: entrySchema, Found: []string{serviceagency.SettingAgency},
		Host: huaweicloud.Host{Name: endpoint, Title: "Cloud Secret Management", ContentType: "application/json;charset=UTF-8",
			APIs: []huaweicloud.API{"GET /v1/csms/agencies", "POST /v1/csms/agencies"}},
		Agencies: published(), Kinds: types[:], Through: through,
	}}
}

// Service returns the Cloud Secret Management Service.
func Service() huaweicloud.Service {
	return huaweicloud.Service{
		Provider: New(), Host: New().Host, Agencies: New().Agencies, Simulated: "/v1",
		Connect: func(conn *huaweicloud.Connection, lag huaweicloud.Lag) providers.Remote {
			return &remote{serviceagency.NewRemote(conn, lag), New()}
		},
	}
}

// Effects implements [plan.Knowledge]: what the agencies of the type let the service do in the region's project. What the
// own agency of GaussDB-FG may do is not documented, so its effect is unknown.
func (p Provider) Effects(*plan.Catalogue) func(plan.Resource) []access.Effect {
	return func(r plan.Resource) []access.Effect {
		t, ok := p.targetOf(r.Address)
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
}

// Assess implements [plan.Knowledge]: what the agencies may do is documented and harmless, as far as it is documented.
func (p Provider) Assess(resources []*plan.Resource, _ *plan.Manifest, catalogue *plan.Catalogue) []plan.Finding {
	findings := p.AssessGranted(resources, catalogue)
	for _, r := range resources {
		t, ok := p.targetOf(r.Address)
		if !ok {
			continue
		}
		if is, _ := r.Attributes[granted].AsBool(); !is || !ownAgencies()[t.secretType].guessed {
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
func (Provider) Rules() []plan.Rule { return serviceagency.Rules() }

// Manual implements [plan.Knowledge]. The service cannot take an authorization back, so a removal is done in IAM; where
// its agencies are not known there, or must not be touched, it is left to a person. So is everything that goes through an
// agency that ownership.protect holds, or that trusts somebody else.
func (p Provider) Manual(before *plan.Live, after *plan.Desired, view *plan.View) []plan.Manual {
	if after != nil {
		return p.LeftToPerson(before, after, view)
	}
	t, ok := p.targetOf(before.Address)
	if !ok || !view.Removes(before.Address) {
		return nil
	}
	byHand := fmt.Sprintf("in IAM, revoke what the agencies of %s are granted in project %s, and delete those with no grant left; "+
		"keep %s while another secret type uses it", t.secretType, t.region, SharedAgency)
	own := ownAgencyOf(t.secretType, serviceagency.AgencyOf(before.Settings))
	if _, found, read := serviceagency.UseIn(view, own.name); own.guessed && read && !found {
		return []plan.Manual{{Instruction: "CSMS cannot take an authorization back, and its agencies were not found in IAM; " + byHand}}
	}
	removals := []serviceagency.Removal{p.removal(view, t, own.name, false)}
	if !p.keepsAnotherType(view, t) {
		removals = append(removals, p.removal(view, t, SharedAgency, true))
	}
	return p.Removing(view, serviceagency.Words{ByHand: byHand, Attribute: granted}, removals...)
}

// removal is the taking away of an authorization from one of its agencies. AnyType says that all secret types use it.
func (p Provider) removal(view *plan.View, t target, agency string, anyType bool) serviceagency.Removal {
	r := serviceagency.Removal{Agency: agency, Project: t.region, Optional: true}
	r.Staying, r.Leaving = p.Sharing(view, p.address(t), 2, func(other []string) bool {
		return anyType || other[1] == t.secretType
	}, serviceagency.IsLive, serviceagency.IsLive)
	return r
}

// keepsAnotherType reports whether another type stays in the region, or comes.
func (p Provider) keepsAnotherType(view *plan.View, t target) bool {
	return slices.ContainsFunc(types[:], func(secretType string) bool {
		other := p.address(target{t.region, secretType})
		return secretType != t.secretType && (view.Wants(other) || view.Live(other) != nil && !view.Removes(other))
	})
}
