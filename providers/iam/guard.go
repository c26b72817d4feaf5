package iam

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// The keys of the guardrails section that this service holds resources against.
const (
	guardTrustedAccounts = "trustedAccounts"
	guardTrustedServices = "trustedServices"
	guardMaxDuration     = "maxDuration"
)

// The rules of guardrails.
const (
	ruleTrustedAccounts = "trusted-accounts"
	ruleTrustedServices = "trusted-services"
	ruleMaxDuration     = "max-duration"
)

// Guardrails implements [providers.Provider].
func (Provider) Guardrails() []plan.Guardrail {
	return []plan.Guardrail{
		{Key: guardTrustedAccounts, Kind: plan.AllowList, Severity: plan.Medium, Names: true},
		{Key: guardTrustedServices, Kind: plan.AllowList, Severity: plan.Medium, Names: true},
		{Key: guardMaxDuration, Kind: plan.Bound, Severity: plan.Medium, Size: hoursOf},
		policy.GuardrailForbiddenRoles(),
	}
}

// Guard implements [providers.Provider]. A list that the manifest does not give forbids nothing; an empty one allows
// nothing. The authorization that answers for an agency says which service may be trusted there, and that it lasts.
func (Provider) Guard(m *plan.Manifest) func(*plan.Resource) []plan.Finding {
	g := guard{
		own:      m.Account,
		accounts: listOf(m.Guardrails.Get(guardTrustedAccounts)),
		services: listOf(m.Guardrails.Get(guardTrustedServices)),
		longest:  m.Guardrails.Get(guardMaxDuration).String(), forbidden: policy.ForbiddenBy(m.Guardrails),
	}
	g.limit, g.limited = hoursOf(g.longest)
	g.nearAccounts = sync.OnceValue(func() *plan.Names { return plan.NewNames(g.accounts) })
	g.nearServices = sync.OnceValue(func() *plan.Names { return plan.NewNames(g.services) })
	return func(r *plan.Resource) []plan.Finding {
		switch r.Address.Type() {
		case directory.TypeAgency:
			findings := g.trust(r)
			if r.AnsweredBy.IsZero() {
				findings = append(findings, g.duration(r)...)
			}
			return findings
		case directory.TypeGrant:
			return g.role(r)
		}
		return nil
	}
}

// listOf returns the texts of a list, nil when there is no list.
func listOf(node *plan.Node) []string {
	if node == nil || node.Kind != plan.List {
		return nil
	}
	texts := []string{}
	for _, item := range node.Items {
		texts = append(texts, item.String())
	}
	return texts
}

type guard struct {
	own                plan.Account
	accounts, services []string
	forbidden          policy.Forbidden
	// nearAccounts and nearServices find those that look like another.
	nearAccounts, nearServices func() *plan.Names
	longest                    string
	// limit is how many hours longest has, if limited.
	limit   int
	limited bool
}

func breach(rule string, severity plan.Severity, r *plan.Resource, attribute, message, hint string) []plan.Finding {
	return []plan.Finding{{Rule: rule, Severity: severity, Address: r.Address, Attribute: attribute, Message: message, Hint: hint}}
}

func (g *guard) trust(r *plan.Resource) []plan.Finding {
	if g.accounts == nil && g.services == nil {
		return nil
	}
	t, ok := directory.TrustOf(*r)
	switch {
	case !ok:
	case t.Kind == directory.TrustService:
		if r.AnsweredBy.IsZero() && g.services != nil && !slices.Contains(g.services, t.Value) {
			return breach(ruleTrustedServices, plan.Medium, r, directory.AttributeTrust,
				fmt.Sprintf("%q is not among guardrails.trustedServices", t.Value), g.nearServices().DidYouMean(t.Value))
		}
	case g.accounts != nil && !g.trusted(t, r.Bindings):
		return breach(ruleTrustedAccounts, plan.High, r, directory.AttributeTrust,
			fmt.Sprintf("%q is not among guardrails.trustedAccounts", t.Value), g.nearAccounts().DidYouMean(t.Value))
	}
	return nil
}

// trusted reports whether the account is listed by name or id, or is our own. Before names are resolved an account may
// be written in one way and listed in the other: then the answer waits until they are.
func (g *guard) trusted(t directory.Trust, bindings map[string]string) bool {
	id := bindings[bindingTrust]
	if t.Kind == directory.TrustAccountID {
		id = t.Value
	}
	name := ""
	if t.Kind == directory.TrustAccount {
		name = t.Value
	}
	if name != "" && (name == g.own.Name || slices.Contains(g.accounts, name)) || id != "" &&
		(id == g.own.ID || slices.Contains(g.accounts, id)) {
		return true
	}
	if bindings != nil {
		return false
	}
	return t.Kind == directory.TrustAccountID && len(g.accounts) > 0 || slices.ContainsFunc(g.accounts, looksLikeID)
}

// looksLikeID reports whether text has the form of an account id: 32 hexadecimal digits.
func looksLikeID(text string) bool {
	return len(text) == 32 && strings.Trim(text, "0123456789abcdef") == ""
}

func (g *guard) duration(r *plan.Resource) []plan.Finding {
	if !g.limited {
		return nil
	}
	duration, known := r.Attributes[attributeDuration].AsString()
	if !known {
		return nil
	}
	if hours, ends := hoursOf(duration); duration == forever || ends && hours > g.limit {
		return breach(ruleMaxDuration, plan.Medium, r, attributeDuration,
			fmt.Sprintf("the duration %s exceeds guardrails.maxDuration of %s", duration, g.longest), "")
	}
	return nil
}

func (g *guard) role(r *plan.Resource) []plan.Finding {
	if len(g.forbidden) == 0 {
		return nil
	}
	grant, ok := directory.GrantOf(*r)
	if ok && g.forbidden.Has(grant.Role.Name, r.Bindings[directory.BindingRoleName], r.Bindings[directory.BindingRole]) {
		return breach(policy.RuleForbiddenRoles, plan.High, r, "",
			fmt.Sprintf("%q in scope %s is among guardrails.forbiddenRoles", grant.Role, grant.Place.Scope), "")
	}
	return nil
}
