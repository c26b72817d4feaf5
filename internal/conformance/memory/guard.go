package memory

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
)

// The guardrails of the service, which are also the names of its rules.
const (
	// GuardTrustedOwners (a list) names the only owners that a box may have; not held when it is left out.
	GuardTrustedOwners = "trustedOwners"
	// GuardForbiddenKinds (a list) names the kinds that no item may have.
	GuardForbiddenKinds = "forbiddenKinds"
)

// RuleEveryAction is the rule about an item that gives every action.
const RuleEveryAction = "every-action"

// Guardrails implements [providers.Provider].
func (Provider) Guardrails() []plan.Guardrail {
	return []plan.Guardrail{
		{Key: GuardForbiddenKinds, Kind: plan.DenyList, Severity: plan.High},
		{Key: GuardTrustedOwners, Kind: plan.AllowList, Severity: plan.Medium, Names: true},
	}
}

// Rules implements [providers.Provider].
func (Provider) Rules() []plan.Rule {
	return []plan.Rule{{ID: RuleEveryAction}, {ID: GuardForbiddenKinds, Guardrail: true}, {ID: GuardTrustedOwners, Guardrail: true}}
}

// Assess implements [plan.Knowledge]: an item that gives the action "*" is risky.
func (p Provider) Assess(resources []*plan.Resource, _ *plan.Manifest, catalogue *plan.Catalogue) []plan.Finding {
	var findings []plan.Finding
	effects := p.Effects(catalogue)
	for _, r := range resources {
		if slices.ContainsFunc(effects(*r), func(e access.Effect) bool { return e.Admin }) {
			findings = append(findings, plan.Finding{Rule: RuleEveryAction, Severity: plan.High, Address: r.Address, Message: "gives every action"})
		}
	}
	return findings
}

// Guard implements [providers.Provider].
func (Provider) Guard(m *plan.Manifest) func(*plan.Resource) []plan.Finding {
	trusted, forbidden := m.Guardrails.Get(GuardTrustedOwners), texts(m.Guardrails.Get(GuardForbiddenKinds))
	return func(r *plan.Resource) []plan.Finding {
		switch r.Address.Type() {
		case typeBox:
			owner, _ := r.Attributes[AttributeOwner].AsString()
			if trusted != nil && !slices.Contains(texts(trusted), owner) {
				return []plan.Finding{{
					Rule: GuardTrustedOwners, Severity: plan.High, Address: r.Address, Attribute: AttributeOwner,
					Message: fmt.Sprintf("%q is not among the trusted owners", owner), Hint: plan.DidYouMean(owner, texts(trusted)),
				}}
			}
		case typeItem:
			if _, _, kind, ok := itemParts(r.Address); ok && slices.Contains(forbidden, kind.Name) {
				return []plan.Finding{{
					Rule: GuardForbiddenKinds, Severity: plan.High, Address: r.Address, Message: fmt.Sprintf("the kind %q is forbidden", kind.Name),
				}}
			}
		}
		return nil
	}
}

func texts(list *plan.Node) []string {
	var all []string
	for _, item := range list.Elements() {
		all = append(all, item.String())
	}
	return all
}
