package policy

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// GuardForbiddenRoles is the guardrail that lists roles that nobody may be granted, and RuleForbiddenRoles the rule of its findings.
const (
	GuardForbiddenRoles = "forbiddenRoles"
	RuleForbiddenRoles  = "forbidden-roles"
)

// GuardrailForbiddenRoles declares how the list of forbidden roles is read.
func GuardrailForbiddenRoles() plan.Guardrail {
	return plan.Guardrail{
		Key: GuardForbiddenRoles, Kind: plan.DenyList, Severity: plan.High,
		Meaning: func(item string) string { return strings.ToLower(ParseReference(item).Name) },
	}
}

// Forbidden are the names of forbidden roles, without what qualifies them.
type Forbidden []string

// ForbiddenBy returns the roles that the guardrails of a manifest forbid.
func ForbiddenBy(guardrails *plan.Node) (names Forbidden) {
	for _, rule := range guardrails.Get(GuardForbiddenRoles).Elements() {
		if name := ParseReference(rule.String()).Name; name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Has reports whether a role that goes by these names or ids, of which any may be "", is forbidden. Case does not count.
func (f Forbidden) Has(names ...string) bool {
	return slices.ContainsFunc(f, func(forbidden string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, forbidden) })
	})
}
