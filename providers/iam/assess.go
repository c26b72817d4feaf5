package iam

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// The rules of risk about agencies and grants; [policy.Rules] are those about what roles give.
const (
	RuleAllProjectsScope       = "all-projects-scope"
	RuleForeignTrustWithoutEnd = "foreign-trust-without-end"
	RuleUntrustedAccount       = "untrusted-account"
	RuleUntrustedService       = "untrusted-service"
)

// Rules implements [providers.Provider].
func (Provider) Rules() []plan.Rule {
	return append(policy.Rules(),
		plan.Rule{ID: RuleAllProjectsScope}, plan.Rule{ID: RuleForeignTrustWithoutEnd},
		plan.Rule{ID: RuleUntrustedAccount}, plan.Rule{ID: RuleUntrustedService},
		plan.Rule{ID: RuleTrustedAccounts, Guardrail: true}, plan.Rule{ID: RuleTrustedServices, Guardrail: true},
		plan.Rule{ID: RuleForbiddenRoles, Guardrail: true}, plan.Rule{ID: RuleMaxDuration, Guardrail: true})
}

// Assess implements [plan.Knowledge].
func (Provider) Assess(resources []plan.Resource, m *plan.Manifest, catalogue *plan.Catalogue) []plan.Finding {
	a := assessment{manifest: m, catalogue: catalogue, judged: map[plan.Reference]judged{}}
	for _, r := range resources {
		switch r.Address.Type() {
		case typeAgency:
			a.agency(r)
		case typeGrant:
			a.grant(r)
		case typePolicy:
			a.policy(r)
		}
	}
	return plan.SortFindings(a.findings)
}

type assessment struct {
	manifest  *plan.Manifest
	catalogue *plan.Catalogue
	// judged are the roles judged so far: few roles stand behind many grants.
	judged   map[plan.Reference]judged
	findings []plan.Finding
}

// judged is what is known of a role.
type judged struct {
	findings  []plan.Finding
	onlyReads bool
}

func (a *assessment) add(rule string, severity plan.Severity, r plan.Resource, attribute, message, hint string) {
	a.findings = append(a.findings, plan.Finding{Rule: rule, Severity: severity, Address: r.Address, Attribute: attribute, Message: message, Hint: hint})
}

// agency weighs who is trusted and for how long. Whom a guardrail speaks of is weighed by that guardrail.
func (a *assessment) agency(r plan.Resource) {
	t, ok := trustOf(r)
	switch {
	case !ok:
		a.add(policy.RuleUnknownContent, plan.Medium, r, AttributeTrust, "it cannot be told who is trusted", "look it up in the console of IAM")
	case t.kind == trustService:
		if _, made, _ := serviceMadeName(nameOf(r.Address)); !made && listOf(a.manifest.Guardrails.Get(guardTrustedServices)) == nil {
			a.add(RuleUntrustedService, plan.Low, r, AttributeTrust, fmt.Sprintf("the service %q is trusted, and no guardrail says which services may be", t.value),
				"list the services that may be trusted in guardrails.trustedServices")
		}
	case a.own(t):
	default:
		if listOf(a.manifest.Guardrails.Get(guardTrustedAccounts)) == nil {
			a.add(RuleUntrustedAccount, plan.Medium, r, AttributeTrust, fmt.Sprintf("the account %q is trusted, and no guardrail says which accounts may be", t.value),
				"list the accounts that may be trusted in guardrails.trustedAccounts")
		}
		if duration, _ := r.Attributes[AttributeDuration].AsString(); duration == forever {
			a.add(RuleForeignTrustWithoutEnd, plan.Medium, r, AttributeDuration, fmt.Sprintf("the account %q is trusted for ever", t.value),
				"give it a duration, so that the trust ends unless somebody renews it")
		}
	}
}

// own reports whether t is the account that everything here belongs to.
func (a *assessment) own(t trust) bool {
	canonical, id, _ := canonicalTrust(t, a.catalogue)
	if e, known := a.catalogue.ByID(KindAccount, id); known && e.Own {
		return true
	}
	own := a.manifest.Account
	return own.ID != "" && id == own.ID || own.Name != "" && canonical.kind == trustAccount && canonical.value == own.Name
}

func (a *assessment) grant(r plan.Resource) {
	_, place, ref, ok := grantParts(r.Address)
	if !ok {
		return
	}
	role := a.role(ref, r.Bindings[BindingRoleName])
	a.findings = append(a.findings, policy.About(r.Address, "", role.findings)...)
	if place.Scope == directory.AllProjects {
		severity, what := plan.Medium, "reaches every project, those made later included"
		if role.onlyReads {
			severity, what = plan.Low, "reads in every project, those made later included"
		}
		a.add(RuleAllProjectsScope, severity, r, "", fmt.Sprintf("%q %s", ref, what), "grant it in the projects that need it")
	}
}

// role judges the role that ref means, once. Name is the display name of one that is written by its id.
func (a *assessment) role(ref plan.Reference, name string) judged {
	if known, done := a.judged[ref]; done {
		return known
	}
	content := policy.Role{Title: fmt.Sprintf("%q", ref), DisplayName: name}
	if e, err := a.catalogue.Lookup(KindRole, ref); err == nil {
		content = policy.RoleOf(content.Title, e)
	}
	role := judged{findings: policy.Judge(content), onlyReads: policy.OnlyReads(content)}
	a.judged[ref] = role
	return role
}

// policy weighs a custom policy as it is written, granted or not: nobody looks again when somebody grants it later.
func (a *assessment) policy(r plan.Resource) {
	document, _ := r.Attributes[AttributeStatements].AsDocument()
	content := policy.Role{Title: "the policy", Document: []byte(document)}
	a.findings = append(a.findings, policy.About(r.Address, AttributeStatements, slices.Concat(policy.Judge(content), policy.JudgeWildcards(content)))...)
}
