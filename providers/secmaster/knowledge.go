package secmaster

import (
	"fmt"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// Guard implements [providers.Provider]: a role that may be granted to no agency may not be granted to this one.
func (p Provider) Guard(m *plan.Manifest) func(*plan.Resource) []plan.Finding {
	stated, forbidden := p.Provider.Guard(m), policy.ForbiddenBy(m.Guardrails)
	return func(r *plan.Resource) []plan.Finding {
		findings := stated(r)
		wanted, _ := r.Attributes[roles].AsSet()
		for _, text := range wanted {
			if forbidden.Has(policy.ParseReference(text).Name, r.Bindings[roleBinding+text]) {
				findings = append(findings, plan.Finding{
					Rule: policy.RuleForbiddenRoles, Severity: plan.High, Address: r.Address, Attribute: roles,
					Message: fmt.Sprintf("%q is among guardrails.forbiddenRoles", text),
				})
			}
		}
		return findings
	}
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
			given, _ := policy.Effects(base, policy.RoleOf("", e, catalogue))
			effects = append(effects, given...)
		}
		return effects
	}
}

// Assess implements [plan.Knowledge]: each role is judged as it would be in a grant.
func (p Provider) Assess(resources []*plan.Resource, _ *plan.Manifest, catalogue *plan.Catalogue) []plan.Finding {
	findings := p.AssessGranted(resources, catalogue)
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
				role = policy.RoleOf(role.Title, e, catalogue)
			}
			findings = append(findings, policy.About(r.Address, roles, policy.Judge(role))...)
		}
	}
	return plan.SortFindings(findings)
}

// Rules implements [providers.Provider].
func (Provider) Rules() []plan.Rule { return serviceagency.Rules() }
