package iam_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/iam"
)

// listedIn returns the things of a list by name.
func listedIn(name string, s *plan.Snapshot) map[string]plan.Listed {
	all := map[string]plan.Listed{}
	for _, item := range (iam.Provider{}).List(name, s) {
		all[item.Name] = item
	}
	return all
}

// entry returns a role that allows something.
func entry(name, id, qualifier, roleType, document string) plan.CatalogueEntry {
	return plan.CatalogueEntry{
		Kind: directory.KindRole, Name: name, ID: id, Qualifier: qualifier, Type: roleType, InternalName: "internal-" + id, Description: "of " + name,
		Document: []byte(document),
	}
}

func TestARoleIsListedAsAGrantNamesIt(t *testing.T) {
	const reads = `{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["obs:bucket:Get*"]}]}`
	s := &plan.Snapshot{Cloud: plan.Cloud{Kind: "huaweicloud"}, Catalogue: plan.NewCatalogue(
		entry("custom:odd", "r1", "system", "AX", reads), entry("twice", "r2", "system", "XA", reads), entry("twice", "r3", "system", "XA", reads),
		plan.CatalogueEntry{Kind: directory.KindRole, Name: "r4", ID: "r4", Unlisted: true},
	)}
	listed := listedIn("roles", s)
	require.Len(t, listed, 4)
	assert.Equal(t, "r1", listed["system:custom:odd"].ID, "a name that reads like a qualified one is qualified")
	assert.Equal(t, plan.SetValue("domain", "allProjects", "enterpriseProjects"), listed["system:custom:odd"].Attributes["scopes"])
	assert.Equal(t, "r2", listed["id:r2"].ID)
	assert.Equal(t, "r3", listed["id:r3"].ID)
	assert.Equal(t, "twice", listed["id:r3"].Title, "or nobody could look for it")
	assert.Contains(t, listed["id:r4"].Unusable, "no list of the cloud")
	assert.Empty(t, listed["id:r4"].Title)
	s.Catalogue = s.Catalogue.With(entry("twice", "r5", "custom", "AX", reads))
	listed = listedIn("roles", s)
	assert.Equal(t, "r5", listed["custom:twice"].ID)
	assert.Empty(t, listed["custom:twice"].Title, "the cloud makes it up")
	assert.Equal(t, plan.BoolValue(true), listed["custom:twice"].Attributes["custom"])
}

func TestARoleIsListedWithWhatItAllowsAndHowWideThatIs(t *testing.T) {
	for name, c := range map[string]struct {
		entry         plan.CatalogueEntry
		administrator bool
		statements    string
		rules         []string
		needs         plan.Value
		unusable      string
	}{
		"an administrator by what it allows": {
			entry:         entry("a", "r1", "system", "AA", `{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["*:*:*"]}]}`),
			administrator: true, statements: `{"Statement":[{"Effect":"Allow","Action":["*:*:*"]}]}`,
			rules: []string{"administrator-role", "edits-identity"},
		},
		"under a condition": {
			entry: entry("a", "r1", "custom", "AX",
				`{"Version":"1.1","Statement":[{"Condition":{"StringEquals":{"g:UserName":"b"}},"Action":["*:*:*"],"Effect":"Allow"}]}`),
			statements: `{"Statement":[{"Effect":"Allow","Action":["*:*:*"],"Condition":{"StringEquals":{"g:UserName":["b"]}}}]}`,
			rules:      []string{"administrator-role", "edits-identity", "wildcard-action"},
		},
		"what it needs beside it": {
			entry: entry("a", "r1", "system", "XA",
				`{"Version":"1.0","Statement":[{"Effect":"Allow","Action":["b:c:d","a:*:get"]}],"Depends":[{"catalog":"BASE","display_name":"Guest"}]}`),
			statements: `{"Statement":[{"Effect":"Allow","Action":["a:*:get","b:c:d"]}]}`, needs: plan.SetValue("Guest"), rules: []string{"unknown-content"},
		},
		"a form that is not ours": {
			entry:         entry("a", "r1", "system", "AX", `{"Version":"5.0","Statement":[{"Effect":"Allow","NotAction":["iam:*:*"]},{"Effect":"Deny","Action":["b:c:d"]}]}`),
			statements:    `{"Statement":[{"Effect":"Allow","NotAction":["iam:*:*"]},{"Effect":"Deny","Action":["b:c:d"]}]}`,
			administrator: true, rules: []string{"administrator-role"},
		},
		"a member that a library would drop": {
			entry: entry("a", "r1", "system", "AX",
				`{"Statement":[{"Effect":"Allow","Action":["*:*:*"],"Action":["a:b:c"]}]}`),
			administrator: true, statements: `{"Statement":[{"Effect":"Allow","Action":["*:*:*"],"Action":["a:b:c"]}]}`,
			rules: []string{"administrator-role", "edits-identity"},
		},
		"nothing that is told": {entry: entry("a", "r1", "system", "AX", ``), rules: []string{"unknown-content"}},
		"what no agency can have": {
			entry: plan.CatalogueEntry{Kind: directory.KindRole, Name: "Agent Operator", ID: "r1", Qualifier: "system", Type: "AA", InternalName: "te_agency"},
			rules: []string{"assumes-identity"}, unusable: `the cloud does not let an agency have "Agent Operator" in scope domain`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &plan.Snapshot{Cloud: plan.Cloud{Kind: "huaweicloud"}, Catalogue: plan.NewCatalogue(c.entry)}
			item := iam.Provider{}.List("roles", s)[0]
			assert.Equal(t, plan.BoolValue(c.administrator), item.Attributes["administrator"])
			assert.Equal(t, c.unusable, item.Unusable)
			statements, _ := item.Detail.Attributes["statements"].AsDocument()
			assert.Equal(t, c.statements, statements)
			assert.Equal(t, c.needs, item.Detail.Attributes["needs"])
			var rules []string
			for _, r := range item.Detail.Risks {
				rules = append(rules, r.Rule)
			}
			assert.ElementsMatch(t, c.rules, rules)
		})
	}
}

func TestLiveThingsAreListedByWhatTheirEntriesSay(t *testing.T) {
	document, err := plan.DocumentValue([]byte(`{"Statement":[{"Effect":"Allow","Action":["iam:agencies:assume"],"Resource":{"uri":["agency/ops"]}}]}`))
	require.NoError(t, err)
	live := func(address, id string, attributes plan.Attributes) plan.Live {
		a, err := addr.Parse(address)
		require.NoError(t, err)
		return plan.Live{Resource: plan.Resource{Address: a, Attributes: attributes}, ID: id}
	}
	made := live("agency/a%2Fb", "a1", plan.Attributes{"description": plan.StringValue("d"), "trust": plan.StringValue("service:op_svc_x")})
	made.ServiceMade, made.Unreadable, made.Expires = true, []string{"duration"}, time.Date(2031, 6, 30, 0, 0, 0, 0, time.UTC)
	policy := live("policy/reads", "p1", plan.Attributes{"scope": plan.StringValue("global"), "statements": document})
	s := &plan.Snapshot{
		Cloud: plan.Cloud{Kind: "huaweicloud"}, Resources: []plan.Live{made, policy, live("policy/id:p2", "p2", plan.Attributes{})},
		Catalogue: plan.NewCatalogue(
			entry("reads", "p1", "custom", "AX", `{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["iam:agencies:assume"],"Resource":{"uri":["/iam/agencies/9"]}}]}`),
			plan.CatalogueEntry{Kind: directory.KindProject, Name: "p", ID: "j1", Unusable: "it is disabled"},
			plan.CatalogueEntry{Kind: directory.KindProject, Name: "p", ID: "j2"},
		),
	}
	assert.Equal(t, map[string]plan.Listed{"a/b": {
		Name: "a/b", ID: "a1", Description: "d", Attributes: plan.Attributes{
			"trust": plan.StringValue("service:op_svc_x"), "serviceMade": plan.BoolValue(true), "expires": plan.StringValue("2031-06-30T00:00:00Z"),
			"unreadable": plan.SetValue("duration"),
		},
	}}, listedIn("agencies", s))
	policies := listedIn("policies", s)
	require.Len(t, policies, 2)
	assert.Equal(t, document, policies["reads"].Detail.Attributes["statements"], "agencies by name, as in the manifest")
	assert.Equal(t, document, listedIn("roles", s)["reads"].Detail.Attributes["statements"])
	assert.Equal(t, "p2", policies["id:p2"].ID)
	assert.Equal(t, map[string]plan.Listed{
		"id:j1": {Name: "id:j1", ID: "j1", Title: "p", Unusable: "it is disabled", Attributes: plan.Attributes{}},
		"id:j2": {Name: "id:j2", ID: "j2", Title: "p", Attributes: plan.Attributes{}},
	}, listedIn("projects", s))
}
