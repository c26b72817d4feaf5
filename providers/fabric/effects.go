package fabric

import (
	"encoding/json"
	"fmt"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// Effects implements [plan.Knowledge]: each policy lets the service do the policy's actions in the region's project. A
// policy that the catalogue does not know gives an unknown effect.
func (p Provider) Effects(catalogue *plan.Catalogue) func(plan.Resource) []access.Effect {
	return func(r plan.Resource) (effects []access.Effect) {
		region, ok := p.PlaceOf(r.Address)
		if !ok {
			return nil
		}
		for _, name := range policiesOf(&r) {
			base := access.Effect{Principal: "service:" + service, Scope: "project:" + region}
			given, _ := policy.Effects(base, roleOf(catalogue, region, name))
			effects = append(effects, given...)
		}
		return effects
	}
}

// Assess implements [plan.Knowledge]: each policy is judged by its actions.
func (p Provider) Assess(resources []*plan.Resource, _ *plan.Manifest, catalogue *plan.Catalogue) []plan.Finding {
	findings := p.AssessGranted(resources, catalogue)
	for _, r := range resources {
		region, ok := p.PlaceOf(r.Address)
		if !ok {
			continue
		}
		for _, name := range policiesOf(r) {
			findings = append(findings, policy.About(r.Address, policies, policy.Judge(roleOf(catalogue, region, name)))...)
		}
	}
	return plan.SortFindings(findings)
}

// Rules implements [providers.Provider].
func (Provider) Rules() []plan.Rule { return serviceagency.Rules() }

// roleOf returns what the service told of a policy; the document is empty where it told nothing.
func roleOf(catalogue *plan.Catalogue, region, name string) policy.Role {
	role := policy.Role{Title: fmt.Sprintf("%q", name)}
	actions := actionsOf(catalogue, region, name)
	if len(actions) == 0 {
		return role
	}
	text, err := json.Marshal(map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", "Action": actions}}})
	if err == nil { // a list of texts always marshals
		role.Document = text
	}
	return role
}

// actionsOf returns what the service told of the actions of a policy; none where it told nothing.
func actionsOf(catalogue *plan.Catalogue, region, name string) []string {
	var document policyDocument
	if e, err := policyIn(catalogue, region, name); err != nil || json.Unmarshal(e.Document, &document) != nil {
		return nil
	}
	return document.Actions
}
