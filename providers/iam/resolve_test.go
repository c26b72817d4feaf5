package iam_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/iam"
)

func role(name, id, qualifier, kind, internal string) plan.CatalogueEntry {
	return plan.CatalogueEntry{
		Kind: directory.KindRole, Name: name, ID: id, Qualifier: qualifier, Type: kind, InternalName: internal,
		Document: json.RawMessage(`{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["` + internal + `:*:*"]}]}`),
	}
}

// world is a small account.
func world(more ...plan.CatalogueEntry) *plan.Catalogue {
	return plan.NewCatalogue(append([]plan.CatalogueEntry{
		role("Tenant Guest", "r1", "system", "AA", "readonly"),
		role("OBS ReadOnlyAccess", "r2", "system", "AX", "system_all_2"),
		role("ECS ReadOnlyAccess", "r3", "system", "XA", "system_all_3"),
		role("Agent Operator", "r4", "system", "AX", "te_agency"),
		role("Security Administrator", "r5", "system", "AX", "secu_admin"),
		role("Twice", "r6", "system", "AA", "system_all_6"),
		role("Twice", "r7", "custom", "XA", "custom_7"),
		role("Hidden", "r8", "system", "XX", "system_all_8"),
		role("backup-read", "r9", "custom", "XA", "custom_9"),
		{Kind: directory.KindProject, Name: "cn-north-4", ID: "p1"},
		{Kind: directory.KindProject, Name: "dead", ID: "dead", Unlisted: true},
		{Kind: directory.KindEnterpriseProject, Name: "default", ID: "0"},
		{Kind: directory.KindAccount, Name: "partner-co", ID: "a1"},
		{Kind: directory.KindAccount, Name: "op_svc_ecs", ID: "s1", Qualifier: "service"},
	}, more...)...)
}

func resolve(t *testing.T, text string, catalogue *plan.Catalogue) (providers.Resolution, []plan.Problem) {
	t.Helper()
	m := manifest(t, text)
	desired, problems := iam.Provider{}.Expand(m)
	require.Empty(t, problems)
	return iam.Provider{}.Resolve(desired, m, catalogue)
}

func agencyWith(grants string) string {
	return "agencies: [{name: a, trust: {account: partner-co}, grants: {" + grants + "}}]"
}

func TestResolveBindsNames(t *testing.T) {
	r, problems := resolve(t, agencyWith(`domain: ["id:r2"], allProjects: ["system:Tenant Guest"], projects: {"id:p1": ["custom:Twice"], "id:dead": [backup-read]}, enterpriseProjects: {default: [Tenant Guest]}`), world())
	require.Empty(t, summaries(problems))
	assert.Equal(t, []string{
		"agency/a", "grant/a/domain/OBS ReadOnlyAccess", "grant/a/all-projects/Tenant Guest", "grant/a/project:cn-north-4/custom:Twice",
		"grant/a/project:id%3Adead/backup-read", "grant/a/enterprise-project:default/Tenant Guest",
	}, addresses(r.Desired))
	assert.Equal(t, map[string]string{"trust": "a1"}, r.Desired[0].Bindings)
	assert.Equal(t, map[string]string{"role": "r7", "project": "p1"}, r.Desired[3].Bindings)
	assert.Equal(t, map[string]string{"role": "r9", "project": "dead"}, r.Desired[4].Bindings)
	assert.Equal(t, map[string]string{"role": "r1", "enterpriseProject": "0"}, r.Desired[5].Bindings)
}

func TestResolveRefuses(t *testing.T) {
	for name, test := range map[string]struct{ text, summary, detail, hint string }{
		"an unknown role":         {agencyWith("domain: [OBS ReadOnlyAcces]"), "unknown role", "OBS ReadOnlyAcces", `did you mean "OBS ReadOnlyAccess"`},
		"an internal name":        {agencyWith("domain: [system_all_2]"), "unknown role", "system_all_2", `did you mean "OBS ReadOnlyAccess"`},
		"an unknown project":      {agencyWith("projects: {cn-north-5: [Tenant Guest]}"), "unknown project", "cn-north-5", "cn-north-4"},
		"an unknown enterprise":   {agencyWith("enterpriseProjects: {defautl: [Tenant Guest]}"), "unknown enterprise project", "defautl", "default"},
		"an ambiguous role":       {agencyWith("allProjects: [Twice]"), "ambiguous role", "type XA, id r7", `write "custom:Twice" or "system:Twice"`},
		"the agent operator":      {agencyWith("domain: [Agent Operator]"), "role cannot be granted", "Agent Operator", ""},
		"the security role":       {agencyWith("allProjects: [Security Administrator]"), "role cannot be granted", "Security Administrator", ""},
		"two spellings":           {agencyWith(`allProjects: [Tenant Guest, "id:r1"]`), "grant given twice", "m.yaml:1:75", "remove"},
		"two spellings of places": {agencyWith(`projects: {cn-north-4: [Tenant Guest], "id:p1": [Tenant Guest]}`), "grant given twice", "grant/a/project:cn-north-4/Tenant Guest", ""},
		"a new name that is taken": {
			"policies: [{name: Tenant Guest, scope: global, statements: [{effect: Allow, actions: [\"a:b:c\"]}]}]", "name taken", "Tenant Guest", "another name",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := resolve(t, test.text, world())
			require.Len(t, problems, 1, summaries(problems))
			assert.Equal(t, test.summary, problems[0].Summary)
			assert.Contains(t, problems[0].Detail, test.detail)
			assert.Contains(t, problems[0].Hint, test.hint)
			assert.False(t, problems[0].Warning)
			assert.NotZero(t, problems[0].At.Line)
		})
	}
}

func TestWhatAnAgencyCannotHave(t *testing.T) {
	const hw, otc = "huaweicloud", "opentelekomcloud"
	domain, all := "domain: [ROLE]", "allProjects: [ROLE]"
	project, enterprise := "projects: {cn-north-4: [ROLE]}", "enterpriseProjects: {default: [ROLE]}"
	for name, c := range map[string]struct {
		cloud, role, grants string
		summary             string
		warning             bool
	}{
		"agent operator, account-wide":              {hw, "Agent Operator", domain, "role cannot be granted", false},
		"agent operator, all projects":              {hw, "Agent Operator", all, "role cannot be granted", false},
		"agent operator, one project":               {otc, "Agent Operator", project, "role cannot be granted", false},
		"security, account-wide, huawei":            {hw, "Security Administrator", domain, "role may be refused", true},
		"security, all projects, huawei":            {hw, "Security Administrator", all, "role may be refused", true},
		"security, one project, huawei":             {hw, "Security Administrator", project, "role cannot be granted", false},
		"security, enterprise project, huawei":      {hw, "Security Administrator", enterprise, "role cannot be granted", false},
		"security, account-wide, open telekom":      {otc, "Security Administrator", domain, "role cannot be granted", false},
		"security, all projects, open telekom":      {otc, "Security Administrator", all, "role cannot be granted", false},
		"a custom policy named like one internally": {hw, "\"id:r10\"", all, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			m := manifest(t, agencyWith(strings.ReplaceAll(c.grants, "ROLE", c.role)))
			m.Cloud.Kind = c.cloud
			desired, problems := iam.Provider{}.Expand(m)
			require.Empty(t, problems)
			r, problems := iam.Provider{}.Resolve(desired, m, world(role("mine", "r10", "custom", "AX", "secu_admin")))
			refused := c.summary != "" && !c.warning
			assert.Len(t, r.Desired, map[bool]int{true: 1, false: 2}[refused])
			if c.summary == "" {
				require.Empty(t, problems)
				return
			}
			require.Len(t, problems, 1)
			assert.Equal(t, c.summary, problems[0].Summary)
			assert.Equal(t, c.warning, problems[0].Warning)
			assert.NotZero(t, problems[0].At.Line)
		})
	}
}

func TestResolvePolicies(t *testing.T) {
	text := "policies:\n- {name: new, scope: global, statements: [{effect: Allow, actions: [\"a:b:c\"]}]}\n" +
		"- {name: backup-read, scope: project, statements: [{effect: Allow, actions: [\"d:e:f\"]}]}\n" + agencyWith("domain: [new], projects: {cn-north-4: [\"id:r9\"]}")
	r, problems := resolve(t, text, world())
	require.Empty(t, summaries(problems))
	require.Len(t, r.Entries, 2)
	assert.Empty(t, r.Entries[0].ID)
	assert.JSONEq(t, `{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["a:b:c"]}]}`, string(r.Entries[0].Document))
	assert.Equal(t, "r9", r.Entries[1].ID)
	grants := r.Desired[len(r.Desired)-2:]
	assert.Equal(t, "grant/a/domain/new", grants[0].Address.String())
	assert.NotContains(t, grants[0].Bindings, "role", "a policy that is not there has no id yet")
	assert.Equal(t, "grant/a/project:cn-north-4/backup-read", grants[1].Address.String())
	assert.Equal(t, "r9", grants[1].Bindings["role"])
	for _, g := range grants {
		require.Len(t, g.DependsOn, 1, g.Address)
		assert.True(t, g.DependsOn[0].Implied)
	}
	_, problems = resolve(t, "policies: [{name: backup-read, scope: global, statements: [{effect: Allow, actions: [\"a:b:c\"]}]}]",
		world(role("backup-read", "r10", "custom", "AX", "custom_10")))
	require.Len(t, problems, 1)
	assert.Equal(t, "ambiguous policy", problems[0].Summary)
}

func TestARoleOfAnotherTypeIsAWarning(t *testing.T) {
	for name, test := range map[string]struct{ text, detail, hint string }{
		"an account-wide role": {"projects: {cn-north-4: [OBS ReadOnlyAccess]}", "type AX", "grant it in domain"},
		"a role of projects":   {"domain: [ECS ReadOnlyAccess]", "type XA", "grant it in projects"},
		"a hidden role":        {"allProjects: [Hidden]", "type XX", "another role"},
		"in the project MOS":   {"projects: {MOS: [OBS ReadOnlyAccess, ECS ReadOnlyAccess, Hidden]}", "", ""},
		"in MOS by its id":     {`projects: {"id:p9": ["id:r2"]}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, problems := resolve(t, agencyWith(test.text), world(plan.CatalogueEntry{Kind: directory.KindProject, Name: "MOS", ID: "p9"}))
			assert.Greater(t, len(r.Desired), 1, "the grant is wanted all the same")
			if test.detail == "" {
				assert.Empty(t, summaries(problems))
				return
			}
			require.Len(t, problems, 1, summaries(problems))
			assert.True(t, problems[0].Warning)
			assert.Equal(t, "role may not fit the scope", problems[0].Summary)
			assert.Contains(t, problems[0].Detail, test.detail)
			assert.Contains(t, problems[0].Hint, test.hint)
		})
	}
}

func TestTrustHasOneForm(t *testing.T) {
	twin := plan.CatalogueEntry{Kind: directory.KindAccount, Name: "partner-co", ID: "a2"}
	for name, test := range map[string]struct {
		trust     string
		more      []plan.CatalogueEntry
		want, id  string
		summaries []string
		// pinned is the id that is sent in the place of want.
		pinned string
	}{
		"a known name":              {trust: "account: partner-co", want: "account:partner-co", id: "a1"},
		"a known id":                {trust: "accountId: a1", want: "account:partner-co", id: "a1", pinned: "accountId:a1"},
		"an unknown id":             {trust: "accountId: a9", want: "accountId:a9", id: "a9"},
		"an unknown name":           {trust: "account: other", want: "account:other", summaries: []string{"account cannot be looked up"}},
		"an id with a shared name":  {trust: "accountId: a1", more: []plan.CatalogueEntry{twin}, want: "accountId:a1", id: "a1"},
		"a shared name":             {trust: "account: partner-co", more: []plan.CatalogueEntry{twin}, summaries: []string{"ambiguous account"}},
		"a service":                 {trust: "service: op_svc_ecs", want: "service:op_svc_ecs", id: "s1"},
		"an unknown service":        {trust: "service: op_svc_new", want: "service:op_svc_new"},
		"the id of a service":       {trust: "accountId: s1", want: "service:op_svc_ecs", id: "s1", pinned: "accountId:s1"},
		"the own name, not yet met": {trust: "account: example-co", want: "account:example-co"},
	} {
		t.Run(name, func(t *testing.T) {
			r, problems := resolve(t, "agencies: [{name: a, trust: {"+test.trust+"}}, {name: b, trust: {"+test.trust+"}}]", world(test.more...))
			var got []string
			for _, p := range problems {
				got = append(got, p.Summary)
			}
			if test.want == "" {
				assert.Contains(t, got, test.summaries[0])
				return
			}
			assert.Equal(t, test.summaries, got, "each name is warned about once")
			for _, d := range r.Desired {
				assert.Equal(t, len(test.summaries) > 0, d.Unproven, "%s", d.Address)
			}
			assert.Equal(t, plan.StringValue(test.want), r.Desired[0].Attributes["trust"])
			assert.Equal(t, test.id, r.Desired[0].Bindings["trust"])
			pinned, _ := r.Desired[0].Settings["trust"].AsString()
			assert.Equal(t, test.pinned, pinned)
		})
	}
	r, problems := resolve(t, "guardrails: {trustedAccounts: [other]}\nagencies: [{name: a, trust: {account: other}}]", world())
	assert.Empty(t, problems, "a listed account needs no warning")
	assert.False(t, r.Desired[0].Unproven)
}

// What was resolved and saved is resolved again. Whose id is sent says who is trusted, whatever name stands beside it.
func TestAPinnedAccountIsWhoeverHasTheID(t *testing.T) {
	for id, want := range map[string]string{"a1": "account:partner-co", "a9": "accountId:a9", "s1": "service:op_svc_ecs"} {
		r, problems := resolve(t, "agencies: [{name: a, trust: {accountId: a1}}]", world())
		require.Empty(t, problems)
		require.Equal(t, plan.StringValue("account:partner-co"), r.Desired[0].Attributes["trust"])
		r.Desired[0].Settings = plan.Attributes{"trust": plan.StringValue("accountId:" + id)}
		again, problems := iam.Provider{}.Resolve(r.Desired, manifest(t, ""), world())
		require.Empty(t, problems)
		assert.Equal(t, plan.StringValue(want), again.Desired[0].Attributes["trust"])
		assert.Equal(t, id, again.Desired[0].Bindings["trust"])
	}
}

func TestGuard(t *testing.T) {
	const rails = "guardrails: {trustedAccounts: [partner-co, aaaabbbbccccddddeeeeffff00001111], trustedServices: [op_svc_ecs], forbiddenRoles: [\"system:Security Administrator\"], maxDuration: 90d}\n"
	m := manifest(t, rails)
	agency := func(trust, duration string, bindings map[string]string) plan.Resource {
		return plan.Resource{Address: directory.AgencyAddress("a"), Bindings: bindings, Attributes: plan.Attributes{
			"trust": plan.StringValue(trust), "duration": plan.StringValue(duration),
		}}
	}
	resolved := func(id string) map[string]string { return map[string]string{"trust": id} }
	grant := func(segment plan.Reference, bindings map[string]string) plan.Resource {
		return plan.Resource{Address: addr.New("grant", addr.Plain("a"), addr.Plain("domain"), segment.Segment()), Bindings: bindings}
	}
	for name, test := range map[string]struct {
		resource plan.Resource
		rules    []string
	}{
		"a trusted account":                {agency("account:partner-co", "90d", resolved("a1")), nil},
		"a stranger":                       {agency("account:partner-c0", "1d", resolved("a2")), []string{"trusted-accounts"}},
		"a stranger by id":                 {agency("accountId:a9", "1d", resolved("a9")), []string{"trusted-accounts"}},
		"an id not resolved yet":           {agency("accountId:a9", "1d", nil), nil},
		"an account trusted by id":         {agency("account:whatever", "1d", resolved("aaaabbbbccccddddeeeeffff00001111")), nil},
		"the own account":                  {agency("account:example-co", "1d", resolved("own")), nil},
		"a trusted service":                {agency("service:op_svc_ecs", "1d", resolved("")), nil},
		"another service":                  {agency("service:op_svc_obs", "1d", resolved("")), []string{"trusted-services"}},
		"for ever":                         {agency("account:partner-co", "forever", resolved("a1")), []string{"max-duration"}},
		"too long":                         {agency("account:partner-co", "91d", resolved("a1")), []string{"max-duration"}},
		"too long in hours":                {agency("account:partner-co", "2161h", resolved("a1")), []string{"max-duration"}},
		"a forbidden role":                 {grant(plan.Reference{Name: "Security Administrator"}, nil), []string{"forbidden-roles"}},
		"a forbidden role, qualified":      {grant(plan.Reference{Qualifier: "custom", Name: "security administrator"}, nil), []string{"forbidden-roles"}},
		"a forbidden role behind its id":   {grant(plan.Reference{Qualifier: "id", Name: "r5"}, map[string]string{"roleName": "Security Administrator"}), []string{"forbidden-roles"}},
		"another role":                     {grant(plan.Reference{Name: "Tenant Guest"}, nil), nil},
		"a policy":                         {plan.Resource{Address: addr.New("policy", addr.Plain("p"))}, nil},
		"an agency that could not be read": {plan.Resource{Address: directory.AgencyAddress("a"), Bindings: map[string]string{}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var rules []string
			for _, f := range (iam.Provider{}).Guard(m)(&test.resource) {
				rules = append(rules, f.Rule)
				assert.Equal(t, test.resource.Address, f.Address)
			}
			assert.Equal(t, test.rules, rules)
			assert.Empty(t, iam.Provider{}.Guard(manifest(t, ""))(&test.resource), "without guardrails all is allowed")
		})
	}
	near := agency("account:partner-c0", "1d", resolved("a2"))
	findings := iam.Provider{}.Guard(m)(&near)
	assert.Contains(t, findings[0].Hint, `"partner-co"`)
}

func TestEffects(t *testing.T) {
	deny := plan.CatalogueEntry{
		Kind: directory.KindRole, Name: "mixed", ID: "m", Qualifier: "custom",
		Document: json.RawMessage(`{"Statement":[{"Effect":"Allow","Action":"ecs:*:*"},{"Effect":"Deny","Action":["b","a"]}]}`),
	}
	opaque := plan.CatalogueEntry{Kind: directory.KindRole, Name: "opaque", ID: "o"}
	catalogue := world(deny, opaque)
	agency := plan.Resource{Address: directory.AgencyAddress("a"), Attributes: plan.Attributes{"trust": plan.StringValue("account:x"), "duration": plan.StringValue("20d")}}
	assert.Equal(t, []access.Effect{{Principal: "account:x", Conveys: agency.Address, Lifetime: "20d", Foreign: true}}, iam.Provider{}.Effects(catalogue)(agency))
	effects := func(name string) []access.Effect {
		return iam.Provider{}.Effects(catalogue)(plan.Resource{
			Address: addr.New("grant", addr.Plain("a"), addr.Qualified("project", "cn-north-4"), addr.Plain(name)), Parent: agency.Address,
		})
	}
	base := access.Effect{Scope: "project:cn-north-4"} // of the parent
	allow, denied := base, base
	allow.Actions, denied.Actions, denied.Deny = []string{"ecs:*:*"}, []string{"a", "b"}, true
	assert.Equal(t, []access.Effect{allow, denied}, effects("mixed"))
	assert.Equal(t, []access.Effect{base}, effects("opaque"), "an unknown document could be anything")
	assert.Equal(t, []access.Effect{base}, effects("never heard of"))
	assert.Empty(t, iam.Provider{}.Effects(catalogue)(plan.Resource{Address: addr.New("policy", addr.Plain("p"))}))
}

func TestAForbiddenRoleThatIsNoneIsTold(t *testing.T) {
	for name, test := range map[string]struct {
		want    string
		warning bool
	}{
		"Tenant Guest":           {"", false},
		"system:Tenant Guest":    {"", false},
		"Twice":                  {"", false},
		"id:r1":                  {"", false},
		"secu_admin":             {`did you mean "Security Administrator"?`, false},
		"Security Administrater": {`did you mean "Security Administrator"?`, true},
		"Of another account":     {"", true},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := resolve(t, `guardrails: {forbiddenRoles: ["`+name+`"]}`, world())
			if test.want == "" && !test.warning {
				assert.Empty(t, summaries(problems))
				return
			}
			require.Len(t, problems, 1)
			assert.Equal(t, "forbidden role unknown", problems[0].Summary)
			assert.Equal(t, test.want, problems[0].Hint)
			assert.Equal(t, test.warning, problems[0].Warning)
			assert.False(t, problems[0].At.IsZero())
		})
	}
}
