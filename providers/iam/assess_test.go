package iam_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
	"github.com/agencyctl/agencyctl/providers/iam"
)

// judgedWorld is a catalogue in which some roles tell their policies.
func judgedWorld() *plan.Catalogue {
	told := func(name, id, qualifier, internal, actions string) plan.CatalogueEntry {
		e := role(name, id, qualifier, "AA", internal)
		e.Document = json.RawMessage(`{"Version":"1.1","Statement":[{"Effect":"Allow","Action":[` + actions + `]}]}`)
		return e
	}
	return world(
		told("ECS ReadOnlyAccess", "r3", "system", "system_all_3", `"ecs:*:get*"`), told("helper", "h1", "custom", "custom_1", `"iam:*:*"`),
		told("switch", "h2", "custom", "custom_2", `"iam:agencies:assume"`), plan.CatalogueEntry{Kind: directory.KindRole, Name: "Tenant Administrator", ID: "t1", Qualifier: "system"},
		plan.CatalogueEntry{Kind: directory.KindRole, Name: "opaque", ID: "o1", Qualifier: "system"},
		plan.CatalogueEntry{Kind: directory.KindRole, Name: "gone", ID: "gone", Unlisted: true},
		plan.CatalogueEntry{Kind: directory.KindAccount, Name: "example-co", ID: "own", Own: true},
	)
}

func TestAssess(t *testing.T) {
	const rails = "guardrails: {trustedAccounts: [], trustedServices: []}"
	agency := func(name, trust, duration string) plan.Resource {
		r := plan.Resource{Address: directory.AgencyAddress(name), Attributes: plan.Attributes{"duration": plan.StringValue(duration)}}
		if trust != "" {
			r.Attributes["trust"] = plan.StringValue(trust)
		}
		return r
	}
	grant := func(scope, ref string) plan.Resource {
		return plan.Resource{Address: addr.New("grant", addr.Plain("a"), addr.Plain(scope), plan.ParseReference(ref).Segment())}
	}
	custom := func(document string) plan.Resource {
		value, err := plan.DocumentValue([]byte(document))
		assert.NoError(t, err)
		return plan.Resource{Address: addr.New("policy", addr.Plain("p")), Attributes: plan.Attributes{"statements": value}}
	}
	for name, test := range map[string]struct {
		resource plan.Resource
		rails    string
		rules    []string
	}{
		"a stranger, unreviewed":              {agency("a", "account:partner-co", "20d"), "", []string{"medium " + "untrusted-account"}},
		"a stranger for ever":                 {agency("a", "accountId:a9", "forever"), rails, []string{"medium " + "foreign-trust-without-end"}},
		"the own account by name":             {agency("a", "account:example-co", "forever"), "", nil},
		"the own account by id":               {agency("a", "accountId:own", "forever"), "", nil},
		"a service, unreviewed":               {agency("a", "service:op_svc_ecs", "forever"), "", []string{"low " + "untrusted-service"}},
		"a service under guardrails":          {agency("a", "service:op_svc_ecs", "forever"), rails, nil},
		"a service with its own agency":       {agency("cce_admin_trust", "service:op_svc_cce", "forever"), "", nil},
		"a trust that cannot be read":         {agency("a", "", "forever"), rails, []string{"medium " + policy.RuleUnknownContent}},
		"a role that reads":                   {grant("domain", "ECS ReadOnlyAccess"), rails, nil},
		"a role that reads, everywhere":       {grant("all-projects", "ECS ReadOnlyAccess"), rails, []string{"low " + "all-projects-scope"}},
		"a role with a bad policy":            {grant("domain", "helper"), rails, []string{"high " + policy.RuleEditsIdentity}},
		"the same by its id":                  {grant("domain", "id:h1"), rails, []string{"high " + policy.RuleEditsIdentity}},
		"a role whose policy is not told":     {grant("domain", "opaque"), rails, []string{"medium " + policy.RuleUnknownContent}},
		"a known name whose policy is hidden": {grant("domain", "Tenant Administrator"), rails, []string{"high " + policy.RuleAdministrator}},
		"a role that is not listed":           {grant("domain", "id:gone"), rails, []string{"medium " + policy.RuleUnknownContent}},
		"a role that nobody knows":            {grant("all-projects", "never seen"), rails, []string{"medium " + "all-projects-scope", "medium " + policy.RuleUnknownContent}},
		"a policy":                            {custom(`{"Statement":[{"Effect":"Allow","Action":["ecs:servers:get"]}]}`), rails, nil},
		"a policy with wildcards":             {custom(`{"Statement":[{"Effect":"Allow","Action":["iam:*:*"]}]}`), rails, []string{"high " + policy.RuleEditsIdentity, "medium " + policy.RuleWildcardAction}},
		"a policy that cannot be read":        {plan.Resource{Address: addr.New("policy", addr.Plain("p"))}, rails, []string{"medium " + policy.RuleUnknownContent}},
		"what is not ours":                    {plan.Resource{Address: addr.New("box", addr.Plain("p"))}, rails, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range (iam.Provider{}).Assess([]plan.Resource{test.resource}, manifest(t, test.rails), judgedWorld()) {
				got = append(got, f.Severity.String()+" "+f.Rule)
				assert.Equal(t, test.resource.Address, f.Address)
				assert.NotEmpty(t, f.Hint)
			}
			assert.Equal(t, test.rules, got)
		})
	}
}

func TestAssumingLeadsOnToTheOwnAccount(t *testing.T) {
	grant := plan.Resource{Address: addr.New("grant", addr.Plain("a"), addr.Plain("domain"), addr.Plain("switch")), Parent: directory.AgencyAddress("a")}
	assert.Equal(t, []access.Effect{
		{Principal: "agency/a", Scope: "domain", Actions: []string{"iam:agencies:assume"}},
		{Principal: "agency/a", As: "account:example-co"},
	}, iam.Provider{}.Effects(judgedWorld())(grant))
}
