package iam

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// The rules of risk about agencies and grants; [policy.Rules] are those about what roles give.
const (
	ruleAllProjectsScope       = "all-projects-scope"
	ruleForeignAccountWrites   = "foreign-account-writes"
	ruleForeignTrustWithoutEnd = "foreign-trust-without-end"
	ruleUntrustedAccount       = "untrusted-account"
	ruleUntrustedService       = "untrusted-service"
)

// Rules implements [providers.Provider].
func (Provider) Rules() []plan.Rule {
	return append(policy.Rules(),
		plan.Rule{ID: ruleAllProjectsScope}, plan.Rule{ID: ruleDeceptiveName}, plan.Rule{ID: ruleForeignAccountWrites},
		plan.Rule{ID: ruleForeignTrustWithoutEnd}, plan.Rule{ID: ruleUntrustedAccount}, plan.Rule{ID: ruleUntrustedService},
		plan.Rule{ID: ruleTrustedAccounts, Guardrail: true}, plan.Rule{ID: ruleTrustedServices, Guardrail: true},
		plan.Rule{ID: policy.RuleForbiddenRoles, Guardrail: true}, plan.Rule{ID: ruleMaxDuration, Guardrail: true})
}

// Assess implements [plan.Knowledge].
func (p Provider) Assess(resources []*plan.Resource, m *plan.Manifest, catalogue *plan.Catalogue) []plan.Finding {
	a := assessment{
		known: p, manifest: m, catalogue: catalogue, strangers: map[addr.Address]string{}, trusts: map[directory.Trust]*judgedTrust{},
		accounts: listOf(m.Guardrails.Get(guardTrustedAccounts)), services: listOf(m.Guardrails.Get(guardTrustedServices)),
		foreign: map[foreignPower]plan.Finding{}, roles: map[plan.Reference]judged{}, judged: map[directory.Grant]*judged{},
		findings: make([]plan.Finding, 0, len(resources)/3), // growing a long list by doubling would copy it many times
	}
	for _, r := range resources { // grants are judged by whom their agencies trust
		if r.Address.Type() == directory.TypeAgency {
			a.name(r)
			a.agency(r)
		}
	}
	for _, r := range resources {
		switch r.Address.Type() {
		case directory.TypeGrant:
			a.grant(r)
		case directory.TypePolicy:
			a.name(r)
			a.policy(r)
		}
	}
	return plan.SortFindings(a.findings)
}

type assessment struct {
	known     Provider
	manifest  *plan.Manifest
	catalogue *plan.Catalogue
	// accounts and services are those that may be trusted, nil where no guardrail says so.
	accounts, services []string
	// strangers are the other accounts that agencies trust, by agency, and trusts what is known of whom agencies trust: few trusts stand
	// behind many agencies.
	strangers map[addr.Address]string
	trusts    map[directory.Trust]*judgedTrust
	// foreign are the powers of other accounts judged so far.
	foreign map[foreignPower]plan.Finding
	// roles are the roles judged so far, and judged the grants of whatever agency: few roles and places stand behind many grants.
	roles    map[plan.Reference]judged
	judged   map[directory.Grant]*judged
	findings []plan.Finding
}

// judged is what is known of a grant by its role and its place.
type judged struct {
	// findings are about the role, and in the scope of all projects about that. They have no address yet.
	findings []plan.Finding
	writes   policy.Writing
	// known is set where the role changes nothing else, and administers where a finding says that its holder can come to
	// everything.
	known, administers bool
}

func (j *judged) onlyReads() bool { return j.known && len(j.writes.Actions) == 0 }

func (a *assessment) add(rule string, severity plan.Severity, r *plan.Resource, attribute, message, hint string) {
	a.findings = append(a.findings, plan.Finding{Rule: rule, Severity: severity, Address: r.Address, Attribute: attribute, Message: message,
		Hint: hint})
}

// judgedTrust is what is known of somebody who is trusted.
type judgedTrust struct {
	// isOwn is set for the account that everything here belongs to.
	isOwn bool
	// flaw says what is wrong with the name, "" where nothing is.
	flaw string
	// unlisted and endless are what findings say of another account.
	unlisted, endless string
}

// trust judges who is trusted, once.
func (a *assessment) trust(t directory.Trust) *judgedTrust {
	if known := a.trusts[t]; known != nil {
		return known
	}
	j := &judgedTrust{isOwn: a.isOwn(t)}
	if t.Kind != directory.TrustAccountID {
		j.flaw = a.flawOfTrusted(t.Value)
	}
	if t.Kind != directory.TrustService && !j.isOwn {
		j.unlisted = fmt.Sprintf("the account %q is trusted, and no guardrail says which accounts may be", t.Value)
		j.endless = fmt.Sprintf("the account %q is trusted for ever", t.Value)
	}
	a.trusts[t] = j
	return j
}

// agency weighs who is trusted and for how long. Whom a guardrail speaks of is weighed by that guardrail.
func (a *assessment) agency(r *plan.Resource) {
	t, ok := directory.TrustOf(*r)
	if !ok {
		a.add(policy.RuleUnknownContent, plan.Medium, r, directory.AttributeTrust, "it cannot be told who is trusted",
			"look it up in the console of IAM")
		return
	}
	trusted := a.trust(t)
	if trusted.flaw != "" {
		a.add(ruleDeceptiveName, plan.High, r, directory.AttributeTrust, trusted.flaw, hintDeceptiveTrust)
	}
	switch {
	case t.Kind == directory.TrustService:
		if _, made, _ := a.known.serviceMadeName(directory.NameOf(r.Address)); !made && a.services == nil {
			a.add(ruleUntrustedService, plan.Low, r, directory.AttributeTrust,
				fmt.Sprintf("the service %q is trusted, and no guardrail says which services may be", t.Value),
				"list the services that may be trusted in guardrails.trustedServices")
		}
	case trusted.isOwn:
	default:
		a.strangers[r.Address] = t.Value
		if a.accounts == nil {
			a.add(ruleUntrustedAccount, plan.Medium, r, directory.AttributeTrust, trusted.unlisted,
				"list the accounts that may be trusted in guardrails.trustedAccounts")
		}
		if duration, _ := r.Attributes[attributeDuration].AsString(); duration == forever {
			a.add(ruleForeignTrustWithoutEnd, plan.Medium, r, attributeDuration, trusted.endless,
				"give it a duration, so that the trust ends unless somebody renews it")
		}
	}
}

// isOwn reports whether t is the account that everything here belongs to.
func (a *assessment) isOwn(t directory.Trust) bool {
	canonical, id, _ := canonicalTrust(t, a.catalogue)
	if e, known := a.catalogue.ByID(directory.KindAccount, id); known && e.Own {
		return true
	}
	own := a.manifest.Account
	return own.ID != "" && id == own.ID || own.Name != "" && canonical.Kind == directory.TrustAccount && canonical.Value == own.Name
}

func (a *assessment) grant(r *plan.Resource) {
	grant, ok := directory.GrantOf(*r)
	if !ok {
		return
	}
	j := a.judge(grant)
	a.findings = append(a.findings, j.findings...)
	for i := len(a.findings) - len(j.findings); i < len(a.findings); i++ {
		a.findings[i].Address = r.Address
	}
	a.foreignWrites(r, grant, j)
}

// foreignWrites weighs what a grant lets another account change. Where the role makes an administrator, that is told already.
func (a *assessment) foreignWrites(r *plan.Resource, grant directory.Grant, role *judged) {
	account, foreign := a.strangers[r.Parent]
	if !foreign || role.onlyReads() || role.administers {
		return
	}
	power := foreignPower{grant, account}
	f, told := a.foreign[power]
	if !told {
		f = power.finding(role)
		a.foreign[power] = f
	}
	f.Address = r.Address
	a.findings = append(a.findings, f)
}

// foreignPower is what another account has by a grant, whatever the agency.
type foreignPower struct {
	grant   directory.Grant
	account string
}

// finding returns the finding about a power that does more than read, or may do so. It has no address yet.
func (p foreignPower) finding(role *judged) plan.Finding {
	where, wide := "in the whole account", true
	switch p.grant.Place.Scope {
	case directory.Domain:
	case directory.AllProjects:
		where = "in every project"
	case directory.OneProject:
		where, wide = "in project "+p.grant.Place.Name, false
	case directory.EnterpriseProject:
		where, wide = "in enterprise project "+p.grant.Place.Name, false
	}
	f := plan.Finding{Rule: ruleForeignAccountWrites, Severity: plan.Medium}
	if len(role.writes.Actions) == 0 {
		f.Message = fmt.Sprintf("may let account %q write %s: what the role allows cannot be told", p.account, where)
		f.Hint = "look the role up in the console, and grant one that only reads where that is enough"
		return f
	}
	but := ""
	switch {
	case role.writes.Limited:
		but = " (on some resources or conditions only)"
	case wide:
		f.Severity = plan.High
	}
	f.Message = fmt.Sprintf("lets account %q write %s%s: %s", p.account, where, but, policy.Listed(role.writes.Actions))
	f.Hint = "grant a role that only reads where that is enough, or single operations where they are needed"
	return f
}

// judge judges a grant by its role and its place, once.
func (a *assessment) judge(grant directory.Grant) *judged {
	if known := a.judged[grant]; known != nil {
		return known
	}
	j := a.role(grant.Role)
	if grant.Place.Scope == directory.AllProjects {
		f := plan.Finding{Rule: ruleAllProjectsScope, Severity: plan.Medium, Hint: "grant it in the projects that need it"}
		what := "reaches every project, those made later included"
		if j.onlyReads() {
			f.Severity, what = plan.Low, "reads in every project, those made later included"
		}
		f.Message = fmt.Sprintf("%q %s", grant.Role, what)
		j.findings = append(slices.Clip(j.findings), f)
	}
	a.judged[grant] = &j
	return &j
}

// role judges the role that ref means, once.
func (a *assessment) role(ref plan.Reference) judged {
	if known, done := a.roles[ref]; done {
		return known
	}
	content := policy.Role{Title: fmt.Sprintf("%q", ref)}
	if e, err := a.catalogue.Lookup(directory.KindRole, ref); err == nil {
		content = policy.RoleOf(content.Title, e, a.catalogue)
	}
	role := judged{findings: policy.Judge(content)}
	role.writes, role.known = policy.WritingOf(content)
	role.administers = slices.ContainsFunc(role.findings, func(f plan.Finding) bool {
		return f.Severity == plan.High && (f.Rule == policy.RuleAdministrator || f.Rule == policy.RuleEditsIdentity)
	})
	a.roles[ref] = role
	return role
}

// policy weighs a custom policy as it is written, granted or not: nobody looks again when somebody grants it later.
func (a *assessment) policy(r *plan.Resource) {
	document, readable := r.Attributes[attributeStatements].AsDocument()
	content := policy.Role{Title: "the policy", Document: []byte(withURIs(document, placeholderID))}
	if !readable { // its form is another than a manifest's; the catalogue has it as the cloud returns it
		ref := policy.ParseReference(directory.NameOf(r.Address))
		if ref.Qualifier == "" {
			ref.Qualifier = policy.Custom
		}
		if e, err := a.catalogue.Lookup(directory.KindRole, ref); err == nil {
			content.Document = e.Document
		}
	}
	a.findings = append(a.findings, policy.About(r.Address, attributeStatements,
		slices.Concat(policy.Judge(content), policy.JudgeWildcards(content)))...)
}
