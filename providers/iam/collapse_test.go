package iam_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/iam"
)

const exported = `
policies:
  - name: backup-read
    description: read backups
    scope: project
    statements:
      - {effect: Allow, actions: ["obs:bucket:ListBucket", "obs:object:GetObject"], resources: ["obs:*:*:bucket:*"]}
      - {effect: Deny, actions: ["iam:*:*"], condition: {StringEquals: {"g:DomainName": [a]}}}
  - name: custom:odd
    scope: global
    statements: [{effect: Allow, actions: ["a:b:c"], resources: ["/iam/agencies/1", agency/a%2Fb, agency/ops-live]}]
agencies:
  - name: a/b
    trust: {accountId: e1b2c3d4e5f60718293a4b5c6d7e8f90}
  - name: ops-backup
    trust: {account: partner-co}
    description: nightly copies
    duration: 20d
    grants:
      domain: [OBS ReadOnlyAccess, "custom:custom:odd"]
      allProjects: [Tenant Guest]
      projects: {cn-north-4: [ECS ReadOnlyAccess, backup-read, "custom:Twice"], "id:dead": [Tenant Guest]}
      enterpriseProjects: {default: [Tenant Guest]}
  - name: svc
    trust: {service: op_svc_ecs}
`

// withoutPlaces drops positions, so that trees compare by what they say.
func withoutPlaces(n *plan.Node) *plan.Node {
	c := &plan.Node{Kind: n.Kind, Text: n.Text, Bool: n.Bool, Int: n.Int}
	for _, item := range n.Items {
		c.Items = append(c.Items, withoutPlaces(item))
	}
	for _, pair := range n.Entries {
		c.Entries = append(c.Entries, plan.Pair{Key: pair.Key, Value: withoutPlaces(pair.Value)})
	}
	return c
}

func TestCollapseIsTheInverseOfExpandAndResolve(t *testing.T) {
	m := manifest(t, exported)
	catalogue := world(role("custom:odd", "r20", "custom", "AX", "custom_20"),
		plan.CatalogueEntry{Kind: directory.KindAgency, Name: "ops-live", ID: "g1"})
	desired, problems := iam.Provider{}.Expand(m)
	require.Empty(t, problems)
	r, problems := iam.Provider{}.Resolve(desired, m, catalogue)
	require.Empty(t, summaries(problems))
	var live []plan.Live
	for _, d := range r.Desired {
		live = append(live, plan.Live{Resource: d.Resource})
	}
	made := plan.Live{Resource: r.Desired[2].Resource, ServiceMade: true}
	made.Address = directory.AgencyAddress("cce_admin_trust")
	sections := iam.Provider{}.Collapse(append(live, made), catalogue)
	for name, entries := range m.Sections {
		require.Len(t, sections[name], len(entries), name)
		for i := range entries {
			assert.Equal(t, withoutPlaces(entries[i]), sections[name][i], name)
		}
	}
	again, problems := iam.Provider{}.Expand(&plan.Manifest{Sections: sections})
	require.Empty(t, problems)
	rr, problems := iam.Provider{}.Resolve(again, m, catalogue)
	require.Empty(t, summaries(problems))
	require.Len(t, rr.Desired, len(r.Desired))
	for i := range r.Desired {
		assert.Equal(t, r.Desired[i].Resource, rr.Desired[i].Resource)
	}
}

func TestCollapseLeavesOutWhatAManifestCannotSay(t *testing.T) {
	policy := func(document string) plan.Live {
		value, err := plan.DocumentValue([]byte(document))
		require.NoError(t, err)
		return plan.Live{Resource: plan.Resource{Address: addr.New("policy", addr.Plain("p")), Attributes: plan.Attributes{
			"scope": plan.StringValue("global"), "description": plan.StringValue(""), "statements": value,
		}}}
	}
	for _, document := range []string{
		`{"Statement":[]}`, `{"Statement":[{"Effect":"Allow","NotAction":["a"]}]}`, `{"Statement":[{"Effect":"Allow","Action":{"a":1}}]}`,
		`{"Statement":[{"Effect":"Allow","Action":["a"],"Resource":{"uri":["x"]}}]}`,
		`{"Statement":[{"Effect":"Allow","Action":["a"],"Resource":["/iam/agencies/1"]}]}`,
		`{"Statement":[{"Effect":"Allow","Action":["a"],"Resource":{"uri":["agency%2Fops"]}}]}`, `{"Statement":[{"Effect":"Allow","Action":["a"],"Resource":7}]}`,
	} {
		assert.Empty(t, iam.Provider{}.Collapse([]plan.Live{policy(document)}, world()), document)
	}
	trustless := plan.Live{Resource: plan.Resource{Address: directory.AgencyAddress("v5"), Attributes: plan.Attributes{}}}
	assert.Empty(t, iam.Provider{}.Collapse([]plan.Live{trustless}, world()))
}
