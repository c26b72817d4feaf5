package secmaster

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// forbiddenRoles is the guardrail that speaks of roles, and ruleForbiddenRoles the rule of its findings.
const (
	forbiddenRoles     = "forbiddenRoles"
	ruleForbiddenRoles = "forbidden-roles"
)

// Guard implements [providers.Provider]: a role that may be granted to no agency may not be granted to this one.
func (Provider) Guard(resources []plan.Resource, m *plan.Manifest) []plan.Finding {
	var findings []plan.Finding
	for _, r := range resources {
		wanted, _ := r.Attributes[roles].AsSet()
		for _, text := range wanted {
			names := []string{plan.ParseReference(text).Name, r.Bindings[roleBinding+text]}
			for _, rule := range m.Guardrails.Get(forbiddenRoles).Elements() {
				forbidden := plan.ParseReference(rule.String()).Name
				if forbidden != "" && slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, forbidden) }) {
					findings = append(findings, plan.Finding{
						Rule: ruleForbiddenRoles, Severity: plan.High, Address: r.Address, Attribute: roles,
						Message: fmt.Sprintf("%q is among guardrails.forbiddenRoles", text),
					})
					break
				}
			}
		}
	}
	return plan.SortFindings(findings)
}

// Effects implements [plan.Knowledge]: the service gains what its roles say, in the account or in the project. A role
// whose policy is not known gives an unknown effect.
func (Provider) Effects(r plan.Resource, catalogue *plan.Catalogue) []plan.Effect {
	project, ok := projectOf(r.Address)
	if !ok {
		return nil
	}
	names, _ := r.Attributes[roles].AsSet()
	var effects []plan.Effect
	for _, name := range names {
		e, err := catalogue.Lookup(kindRole, plan.ParseReference(name))
		base := plan.Effect{Principal: "service:" + service, Scope: plan.Qualified("project", project).String()}
		if err == nil && scopeOf(e.Facts[factType]) == scopeDomain {
			base.Scope = "domain"
		}
		effects = append(effects, statements(base, e.Document)...)
	}
	return effects
}

// statements returns one effect for each statement of a policy.
func statements(base plan.Effect, document json.RawMessage) []plan.Effect {
	var policy struct {
		Statement []struct {
			Effect string          `json:"Effect"`
			Action json.RawMessage `json:"Action"`
		} `json:"Statement"`
	}
	if len(document) == 0 || json.Unmarshal(document, &policy) != nil || len(policy.Statement) == 0 {
		return []plan.Effect{base}
	}
	var effects []plan.Effect
	for _, s := range policy.Statement {
		var actions []string
		var one string
		if json.Unmarshal(s.Action, &one) == nil && one != "" {
			actions = []string{one}
		} else if json.Unmarshal(s.Action, &actions) != nil || len(actions) == 0 {
			return []plan.Effect{base}
		}
		slices.Sort(actions)
		e := base
		e.Deny, e.Actions = s.Effect == "Deny", actions
		effects = append(effects, e)
	}
	return effects
}

// Manual implements [plan.Knowledge]. The service cannot take an authorization back, so a removal is done in IAM; where
// the agency is not known there, or must not be touched, it is left to a person. So is everything that goes through an
// agency that ownership.protect holds, or that trusts somebody else.
func (Provider) Manual(before *plan.Live, after *plan.Desired) []plan.Manual {
	if before == nil || after != nil {
		return serviceagency.HeldByHand(after)
	}
	project, _ := projectOf(before.Address)
	return serviceagency.Manual(before, serviceagency.Words{
		Service: displayName, Attribute: roles, Roles: []string{""},
		ByHand: fmt.Sprintf("in IAM, revoke from the agency that trusts SecMaster what only project %s needs, or delete it if no other project uses SecMaster", project),
	})
}
