package secmaster

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
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
			names := []string{policy.ParseReference(text).Name, r.Bindings[roleBinding+text]}
			for _, rule := range m.Guardrails.Get(forbiddenRoles).Elements() {
				forbidden := policy.ParseReference(rule.String()).Name
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
func (p Provider) Effects(catalogue *plan.Catalogue) func(plan.Resource) []access.Effect {
	return func(r plan.Resource) (effects []access.Effect) {
		project, ok := p.PlaceOf(r.Address)
		if !ok {
			return nil
		}
		names, _ := r.Attributes[roles].AsSet()
		for _, name := range names {
			e, err := catalogue.Lookup(directory.KindRole, policy.ParseReference(name))
			base := access.Effect{Principal: "service:" + service, Scope: addr.Qualified("project", project).String()}
			if err == nil && scopeOf(e.Type) == scopeDomain {
				base.Scope = "domain"
			}
			given, _ := policy.Effects(base, policy.RoleOf("", e))
			effects = append(effects, given...)
		}
		return effects
	}
}

// Assess implements [plan.Knowledge]: each role is judged as it would be in a grant.
func (p Provider) Assess(resources []plan.Resource, _ *plan.Manifest, catalogue *plan.Catalogue) []plan.Finding {
	var findings []plan.Finding
	for _, r := range resources {
		if _, own := p.PlaceOf(r.Address); !own {
			continue
		}
		names, readable := r.Attributes[roles].AsSet()
		if !readable {
			findings = append(findings, plan.Finding{
				Rule: policy.RuleUnknownContent, Severity: plan.Medium, Address: r.Address, Attribute: roles,
				Message: "what its agency is granted could not be read", Hint: "look it up in the console of IAM",
			})
		}
		for _, name := range names {
			role := policy.Role{Title: fmt.Sprintf("%q", name), System: true, DisplayName: name}
			if e, err := catalogue.Lookup(directory.KindRole, policy.ParseReference(name)); err == nil {
				role = policy.RoleOf(role.Title, e)
			}
			findings = append(findings, policy.About(r.Address, roles, policy.Judge(role))...)
		}
	}
	return plan.SortFindings(findings)
}

// Rules implements [providers.Provider].
func (Provider) Rules() []plan.Rule {
	return append(append(serviceagency.Rules(), policy.Rules()...), plan.Rule{ID: ruleForbiddenRoles, Guardrail: true})
}
