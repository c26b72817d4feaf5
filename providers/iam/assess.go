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
	ruleAllProjectsScope       = "all-projects-scope"
	ruleForeignTrustWithoutEnd = "foreign-trust-without-end"
	ruleUntrustedAccount       = "untrusted-account"
	ruleUntrustedService       = "untrusted-service"
)

// Rules implements [providers.Provider].
func (Provider) Rules() []plan.Rule {
	return append(policy.Rules(),
		plan.Rule{ID: ruleAllProjectsScope}, plan.Rule{ID: ruleForeignTrustWithoutEnd},
		plan.Rule{ID: ruleUntrustedAccount}, plan.Rule{ID: ruleUntrustedService},
		plan.Rule{ID: ruleTrustedAccounts, Guardrail: true}, plan.Rule{ID: ruleTrustedServices, Guardrail: true},
		plan.Rule{ID: policy.RuleForbiddenRoles, Guardrail: true}, plan.Rule{ID: ruleMaxDuration, Guardrail: true})
}

// Assess implements [plan.Knowledge].
func (p Provider) Assess(resources []plan.Resource, m *plan.Manifest, catalogue *plan.Catalogue) []plan.Finding {
	a := assessment{known: p, manifest: m, catalogue: catalogue, judged: map[plan.Reference]judged{}}
	for _, r := range resources {
		switch r.Address.Type() {
		case directory.TypeAgency:
			a.agency(r)
		case directory.TypeGrant:
			a.grant(r)
		case directory.TypePolicy:
			a.policy(r)
		}
	}
	return plan.SortFindings(a.findings)
}

type assessment struct {
	known     Provider
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
	a.findings = append(a.findings, plan.Finding{Rule: rule, Severity: severity, Address: r.Address, Attribute: attribute, Message: message,
		Hint: hint})
}

// agency weighs who is trusted and for how long. Whom a guardrail speaks of is weighed by that guardrail.
func (a *assessment) agency(r plan.Resource) {
	t, ok := directory.TrustOf(r)
	switch {
	case !ok:
		a.add(policy.RuleUnknownContent, plan.Medium, r, directory.AttributeTrust, "it cannot be told who is trusted",
			"look it up in the console of IAM")
	case t.Kind == directory.TrustService:
		if _, made, _ := a.known.serviceMadeName(directory.NameOf(r.Address)); !made &&
			listOf(a.manifest.Guardrails.Get(guardTrustedServices)) == nil {
			a.add(ruleUntrustedService, plan.Low, r, directory.AttributeTrust,
				fmt.Sprintf("the service %q is trusted, and no guardrail says which services may be", t.Value),
				"list the services that may be trusted in guardrails.trustedServices")
		}
	case a.own(t):
	default:
		if listOf(a.manifest.Guardrails.Get(guardTrustedAccounts)) == nil {
			a.add(ruleUntrustedAccount, plan.Medium, r, directory.AttributeTrust,
				fmt.Sprintf("the account %q is trusted, and no guardrail says which accounts may be", t.Value),
				"list the accounts that may be trusted in guardrails.trustedAccounts")
		}
		if duration, _ := r.Attributes[attributeDuration].AsString(); duration == forever {
			a.add(ruleForeignTrustWithoutEnd, plan.Medium, r, attributeDuration, fmt.Sprintf("the account %q is trusted for ever", t.Value),
				"give it a duration, so that the trust ends unless somebody renews it")
		}
	}
}

// own reports whether t is the account that everything here belongs to.
func (a *assessment) own(t directory.Trust) bool {
	canonical, id, _ := canonicalTrust(t, a.catalogue)
	if e, known := a.catalogue.ByID(directory.KindAccount, id); known && e.Own {
		return true
	}
	own := a.manifest.Account
	return own.ID != "" && id == own.ID || own.Name != "" && canonical.Kind == directory.TrustAccount && canonical.Value == own.Name
}

func (a *assessment) grant(r plan.Resource) {
	grant, ok := directory.GrantOf(r)
	if !ok {
		return
	}
	role := a.role(grant.Role, r.Bindings[directory.BindingRoleName])
	a.findings = append(a.findings, policy.About(r.Address, "", role.findings)...)
	if grant.Place.Scope == directory.AllProjects {
		severity, what := plan.Medium, "reaches every project, those made later included"
		if role.onlyReads {
			severity, what = plan.Low, "reads in every project, those made later included"
		}
		a.add(ruleAllProjectsScope, severity, r, "", fmt.Sprintf("%q %s", grant.Role, what), "grant it in the projects that need it")
	}
}

// role judges the role that ref means, once. Name is the display name of one that is written by its id.
func (a *assessment) role(ref plan.Reference, name string) judged {
	if known, done := a.judged[ref]; done {
		return known
	}
	content := policy.Role{Title: fmt.Sprintf("%q", ref), DisplayName: name}
	if e, err := a.catalogue.Lookup(directory.KindRole, ref); err == nil {
		content = policy.RoleOf(content.Title, e)
	}
	role := judged{findings: policy.Judge(content), onlyReads: policy.OnlyReads(content)}
	a.judged[ref] = role
	return role
}

// policy weighs a custom policy as it is written, granted or not: nobody looks again when somebody grants it later.
func (a *assessment) policy(r plan.Resource) {
	document, _ := r.Attributes[attributeStatements].AsDocument()
	content := policy.Role{Title: "the policy", Document: []byte(document)}
	a.findings = append(a.findings, policy.About(r.Address, attributeStatements,
		slices.Concat(policy.Judge(content), policy.JudgeWildcards(content)))...)
}
