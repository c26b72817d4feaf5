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
		plan.CatalogueEntry{Kind: directory.KindRole, Name: "single", ID: "c9", Qualifier: "custom",
			Document: json.RawMessage(`{"Statement":{"Effect":"Allow","Action":"iam:users:create"}}`)},
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
		"a policy of another form":            {plan.Resource{Address: addr.New("policy", addr.Plain("single"))}, rails, []string{"high " + policy.RuleEditsIdentity}},
		"a policy that cannot be read":        {plan.Resource{Address: addr.New("policy", addr.Plain("p"))}, rails, []string{"medium " + policy.RuleUnknownContent}},
		"what is not ours":                    {plan.Resource{Address: addr.New("box", addr.Plain("p"))}, rails, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range (iam.Provider{}).Assess([]*plan.Resource{&test.resource}, manifest(t, test.rails), judgedWorld()) {
				got = append(got, f.Severity.String()+" "+f.Rule)
				assert.Equal(t, test.resource.Address, f.Address)
				assert.NotEmpty(t, f.Hint)
			}
			assert.Equal(t, test.rules, got)
		})
	}
}

// TestWritePowerOfAnotherAccount asks about grants together with the agency that has them.
func TestWritePowerOfAnotherAccount(t *testing.T) {
	catalogue := func() *plan.Catalogue {
		told := func(name, document string) plan.CatalogueEntry {
			e := role(name, "id-"+name, "custom", "AA", "custom_"+name)
			e.Document = json.RawMessage(document)
			return e
		}
		allow := func(more, actions string) string {
			return `{"Version":"1.1","Statement":[{"Effect":"Allow","Action":[` + actions + `]` + more + `}]}`
		}
		return world(
			told("reads", allow("", `"ecs:*:get*","obs:bucket:ListBucket","kms:cmk:describeKey"`)),
			told("writes", allow("", `"ecs:servers:get","ecs:servers:delete"`)),
			told("one-bucket", allow(`,"Resource":["obs:*:*:bucket:nightly"]`, `"obs:object:PutObject"`)),
			told("tagged", allow(`,"Condition":{"StringEquals":{"g:UserName":["x"]}}`, `"obs:object:PutObject"`)),
			told("one-and-all", `{"Statement":[{"Effect":"Allow","Action":["obs:object:PutObject"],"Resource":["obs:*:*:bucket:a"]},`+
				`{"Effect":"Allow","Action":["ecs:servers:stop"]}]}`),
			told("denied", `{"Statement":[{"Effect":"Allow","Action":["ecs:servers:delete"]},{"Effect":"Deny","Action":["ecs:*:*"]}]}`),
			told("half-denied", `{"Statement":[{"Effect":"Allow","Action":["ecs:servers:delete","ecs:servers:stop"]},`+
				`{"Effect":"Deny","Action":["ecs:servers:delete"]}]}`),
			told("many", allow("", `"ecs:a:put","ecs:b:put","ecs:c:put","ecs:d:put","ecs:e:get","ecs:f:put"`)),
			told("wild", allow("", `"ecs:*:*"`)), told("l-wild", allow("", `"ecs:servers:l*"`)),
			told("assumes", allow("", `"iam:agencies:assume"`)), told("edits", allow("", `"iam:users:createUser"`)),
			told("everything", allow("", `"*:*:*"`)), told("odd", `{"Statement":[{"Effect":"Allow","NotAction":["ecs:servers:get"]}]}`),
			told("unreadable", `{"Statement":[{"Effect":"Allow","Action":{"ecs":"servers"}}]}`),
			told("half-read", `{"Statement":[{"Effect":"Allow","Action":["ecs:servers:stop"]},{"Effect":"Allow","Action":{"ecs":"servers"}}]}`),
			told("any-user", allow(`,"Condition":{"StringLike":{"g:UserName":["*"]}}`, `"obs:object:PutObject"`)),
			told("in-project", allow(`,"Condition":{"StringEquals":{"g:ProjectName":["cn-north-4"]}}`, `"ecs:servers:stop"`)),
			told("needs", `{"Statement":[{"Effect":"Allow","Action":["smn:topic:get"]}],"Depends":[{"catalog":"SMN","display_name":"SMN Writer"}]}`),
			plan.CatalogueEntry{Kind: directory.KindRole, Name: "SMN Writer", ID: "s1", Qualifier: "system",
				Document: json.RawMessage(allow("", `"smn:topic:put"`))},
			plan.CatalogueEntry{Kind: directory.KindRole, Name: "opaque", ID: "o1", Qualifier: "system"},
			plan.CatalogueEntry{Kind: directory.KindRole, Name: "Tenant Administrator", ID: "t1", Qualifier: "system"},
			plan.CatalogueEntry{Kind: directory.KindAccount, Name: "example-co", ID: "own", Own: true},
			plan.CatalogueEntry{Kind: directory.KindAccount, Name: "partner-co", ID: "p1"},
		)
	}()
	project := directory.Place{Scope: directory.OneProject, Name: "cn-north-4"}
	for name, test := range map[string]struct {
		trust, role string
		place       directory.Place
		found       string
	}{
		"reads":                                 {"account:partner-co", "reads", directory.Place{Scope: directory.Domain}, ""},
		"writes in a project":                   {"account:partner-co", "writes", project, `medium lets account "partner-co" write in project cn-north-4: ecs:servers:delete`},
		"writes in an enterprise project":       {"account:partner-co", "writes", directory.Place{Scope: directory.EnterpriseProject, Name: "default"}, `medium lets account "partner-co" write in enterprise project default: ecs:servers:delete`},
		"writes in the account":                 {"account:partner-co", "writes", directory.Place{Scope: directory.Domain}, `high lets account "partner-co" write in the whole account: ecs:servers:delete`},
		"writes in all projects":                {"accountId:p9", "writes", directory.Place{Scope: directory.AllProjects}, `high lets account "p9" write in every project: ecs:servers:delete`},
		"writes to one thing":                   {"account:partner-co", "one-bucket", directory.Place{Scope: directory.Domain}, `medium lets account "partner-co" write in the whole account (on some resources or conditions only): obs:object:PutObject`},
		"writes under a condition":              {"account:partner-co", "tagged", directory.Place{Scope: directory.Domain}, `medium lets account "partner-co" write in the whole account (on some resources or conditions only): obs:object:PutObject`},
		"writes to one thing, and to all":       {"account:partner-co", "one-and-all", directory.Place{Scope: directory.Domain}, `high lets account "partner-co" write in the whole account: ecs:servers:stop, obs:object:PutObject`},
		"what is denied again":                  {"account:partner-co", "denied", directory.Place{Scope: directory.Domain}, ""},
		"what is denied in part":                {"account:partner-co", "half-denied", project, `medium lets account "partner-co" write in project cn-north-4: ecs:servers:stop`},
		"more than are named":                   {"account:partner-co", "many", project, `medium lets account "partner-co" write in project cn-north-4: ecs:a:put, ecs:b:put, ecs:c:put and 2 more`},
		"a wildcard":                            {"account:partner-co", "wild", project, `medium lets account "partner-co" write in project cn-north-4: ecs:*:*`},
		"a wildcard that may be more than list": {"account:partner-co", "l-wild", project, `medium lets account "partner-co" write in project cn-north-4: ecs:servers:l*`},
		"acting as others":                      {"account:partner-co", "assumes", directory.Place{Scope: directory.Domain}, `high lets account "partner-co" write in the whole account: iam:agencies:assume`},
		"what nobody knows":                     {"account:partner-co", "opaque", directory.Place{Scope: directory.Domain}, `medium may let account "partner-co" write in the whole account: what the role allows cannot be told`},
		"everything but one, told as that":      {"account:partner-co", "odd", project, ""},
		"a form that nobody knows":              {"account:partner-co", "unreadable", project, `medium may let account "partner-co" write in project cn-north-4: what the role allows cannot be told`},
		"a form that nobody knows beside":       {"account:partner-co", "half-read", directory.Place{Scope: directory.Domain}, `high lets account "partner-co" write in the whole account: ecs:servers:stop`},
		"under a condition that limits nothing": {"account:partner-co", "any-user", directory.Place{Scope: directory.Domain}, `high lets account "partner-co" write in the whole account: obs:object:PutObject`},
		"in one project by a condition":         {"account:partner-co", "in-project", directory.Place{Scope: directory.Domain}, `medium lets account "partner-co" write in the whole account (on some resources or conditions only): ecs:servers:stop`},
		"by a role that it needs beside":        {"account:partner-co", "needs", project, `medium lets account "partner-co" write in project cn-north-4: smn:topic:put`},
		"a role that is not there":              {"account:partner-co", "never seen", project, `medium may let account "partner-co" write in project cn-north-4: what the role allows cannot be told`},
		"an administrator, told as that":        {"account:partner-co", "everything", project, ""},
		"an administrator by name, too":         {"account:partner-co", "Tenant Administrator", project, ""},
		"whoever edits identities, too":         {"account:partner-co", "edits", project, ""},
		"the own account":                       {"account:example-co", "writes", directory.Place{Scope: directory.Domain}, ""},
		"the own account by its id":             {"accountId:own", "writes", directory.Place{Scope: directory.Domain}, ""},
		"a service":                             {"service:op_svc_ecs", "writes", directory.Place{Scope: directory.Domain}, ""},
		"a trust that cannot be read":           {"", "writes", directory.Place{Scope: directory.Domain}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			agency := plan.Resource{Address: directory.AgencyAddress("a"), Attributes: plan.Attributes{"duration": plan.StringValue("20d")}}
			if test.trust != "" {
				agency.Attributes["trust"] = plan.StringValue(test.trust)
			}
			given := directory.Grant{Place: test.place, Role: plan.Reference{Name: test.role}}
			other := plan.Resource{Address: given.Address("b"), Parent: directory.AgencyAddress("b")} // of an agency that nobody asks about
			grant := plan.Resource{Address: given.Address("a"), Parent: agency.Address}
			found := ""
			for _, f := range (iam.Provider{}).Assess([]*plan.Resource{&other, &grant, &agency}, manifest(t, ""), catalogue) {
				if f.Rule == "foreign-account-writes" {
					assert.Empty(t, found, "told once")
					assert.Equal(t, grant.Address, f.Address)
					assert.NotEmpty(t, f.Hint)
					found = f.Severity.String() + " " + f.Message
				}
			}
			assert.Equal(t, test.found, found)
		})
	}
}

func TestAssumingLeadsOnToTheOwnAccount(t *testing.T) {
	grant := plan.Resource{Address: addr.New("grant", addr.Plain("a"), addr.Plain("domain"), addr.Plain("switch")), Parent: directory.AgencyAddress("a")}
	assert.Equal(t, []access.Effect{
		{Scope: "domain", Actions: []string{"iam:agencies:assume"}},
		{As: "account:example-co"},
	}, iam.Provider{}.Effects(judgedWorld())(grant))
}
