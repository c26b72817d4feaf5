package iam_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/iam"
)

// manifest reads a manifest from YAML, as far as providers see it. The schema is not applied.
func manifest(t *testing.T, text string) *plan.Manifest {
	t.Helper()
	var document yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &document))
	m := &plan.Manifest{Sections: map[string][]*plan.Node{}, Account: plan.Account{Name: "example-co"}}
	if len(document.Content) == 0 {
		return m
	}
	for _, pair := range nodeOf(document.Content[0]).Pairs() {
		switch pair.Key {
		case "guardrails":
			m.Guardrails = pair.Value
		case "notRead":
			m.NotRead = providers.TextsOf(pair.Value)
		default:
			m.Sections[pair.Key] = pair.Value.Elements()
		}
	}
	return m
}

func nodeOf(y *yaml.Node) *plan.Node {
	n := &plan.Node{At: plan.Position{File: "m.yaml", Line: y.Line, Column: y.Column}}
	switch y.Kind {
	case yaml.MappingNode:
		n.Kind = plan.Map
		for i := 0; i < len(y.Content); i += 2 {
			key := y.Content[i]
			n.Entries = append(n.Entries, plan.Pair{
				Key: key.Value, KeyAt: plan.Position{File: "m.yaml", Line: key.Line, Column: key.Column}, Value: nodeOf(y.Content[i+1]),
			})
		}
	case yaml.SequenceNode:
		n.Kind = plan.List
		for _, item := range y.Content {
			n.Items = append(n.Items, nodeOf(item))
		}
	default:
		n.Kind, n.Text = plan.Text, y.Value
	}
	return n
}

func summaries(problems []plan.Problem) []string {
	texts := []string{}
	for _, p := range problems {
		texts = append(texts, fmt.Sprintf("%d:%d %s: %s", p.At.Line, p.At.Column, p.Summary, p.Detail))
	}
	return texts
}

func addresses(desired []plan.Desired) []string {
	texts := []string{}
	for _, d := range desired {
		texts = append(texts, d.Address.String())
	}
	return texts
}

const fullManifest = `
policies:
  - name: backup-read
    scope: project
    description: read backups
    owner: team-a
    statements:
      - {effect: Allow, actions: ["obs:object:GetObject", "obs:bucket:ListBucket", "obs:object:GetObject"], resources: ["obs:*:*:bucket:*"]}
      - {effect: Deny, actions: ["iam:*:*"], condition: {StringEquals: {"g:Domain<>": [a]}}}
  - name: assume-one
    scope: global
    statements:
      - {effect: Allow, actions: ["iam:agencies:assume"], resources: ["/iam/agencies/2", "/iam/agencies/1"]}
agencies:
  - name: ops-backup
    trust: {account: partner-co}
    description: nightly copies
    duration: 020d
    dependsOn: [policy/assume-one]
    grants:
      domain: [OBS ReadOnlyAccess]
      allProjects: [Tenant Guest]
      projects: {cn-north-4: [ECS ReadOnlyAccess, "custom:backup-read"]}
      enterpriseProjects: {default: ["system:ECS ReadOnlyAccess"]}
  - name: ops-retired
    state: absent
  - name: a/b
    trust: {accountId: e1b2c3d4e5f60718293a4b5c6d7e8f90}
    grantsMode: additive
  - name: svc
    trust: {service: op_svc_ecs}
`

func TestExpand(t *testing.T) {
	desired, problems := iam.Provider{}.Expand(manifest(t, fullManifest))
	require.Empty(t, problems)
	assert.Equal(t, []string{
		"policy/backup-read", "policy/assume-one",
		"agency/ops-backup", "grant/ops-backup/domain/OBS ReadOnlyAccess", "grant/ops-backup/all-projects/Tenant Guest",
		"grant/ops-backup/project:cn-north-4/ECS ReadOnlyAccess", "grant/ops-backup/project:cn-north-4/custom:backup-read",
		"grant/ops-backup/enterprise-project:default/system:ECS ReadOnlyAccess",
		"agency/ops-retired", "agency/a%2Fb", "agency/svc",
	}, addresses(desired))
	by := map[string]plan.Desired{}
	for _, d := range desired {
		by[d.Address.String()] = d
	}
	backup := by["agency/ops-backup"]
	assert.Equal(t, plan.Attributes{
		"trust": plan.StringValue("account:partner-co"), "description": plan.StringValue("nightly copies"), "duration": plan.StringValue("20d"),
	}, backup.Attributes)
	assert.Equal(t, "policy/assume-one", backup.DependsOn[0].On.String())
	assert.Equal(t, plan.Position{File: "m.yaml", Line: 16, Column: 12}, backup.SourceOf("trust"))
	assert.Equal(t, plan.Attributes{
		"trust": plan.StringValue("accountId:e1b2c3d4e5f60718293a4b5c6d7e8f90"),
	}, by["agency/a%2Fb"].Attributes)
	assert.Equal(t, plan.Attributes{"description": plan.StringValue(""), "duration": plan.StringValue("forever")}, by["agency/a%2Fb"].Kept,
		"what an additive entry leaves out stays as it is live")
	assert.True(t, by["agency/a%2Fb"].Additive)
	assert.True(t, by["agency/ops-retired"].Absent)
	custom := by["grant/ops-backup/project:cn-north-4/custom:backup-read"]
	assert.Equal(t, []plan.Dependency{{On: addr.New("policy", addr.Plain("backup-read")), Implied: true}}, custom.DependsOn)
	assert.Equal(t, backup.Address, custom.Parent)
	assert.NotEqual(t, custom.Source, backup.Source, "a grant has its own place")
	document, _ := by["policy/backup-read"].Attributes["statements"].AsDocument()
	assert.Equal(t, `{"Statement":[{"Effect":"Allow","Action":["obs:bucket:ListBucket","obs:object:GetObject"],"Resource":["obs:*:*:bucket:*"]},`+
		`{"Effect":"Deny","Action":["iam:*:*"],"Condition":{"StringEquals":{"g:Domain<>":["a"]}}}]}`, document)
	document, _ = by["policy/assume-one"].Attributes["statements"].AsDocument()
	assert.Equal(t, `{"Statement":[{"Effect":"Allow","Action":["iam:agencies:assume"],"Resource":{"uri":["/iam/agencies/1","/iam/agencies/2"]}}]}`, document)
	assert.Equal(t, &plan.Notes{Owner: "team-a"}, by["policy/backup-read"].Notes)
}

// published are agencies of other services, as the program hands them to IAM.
var published = huaweicloud.Published{
	"CSMSAccessFunctionGraph": {Service: "csms"}, "fabric_admin_trust": {Service: "fabric"}, "SecMaster_Agency": {Service: "secmaster", Likely: true},
}

// policyWith is a manifest with a policy of one statement.
func policyWith(statement string) string {
	return "policies:\n- {name: p, scope: global, statements: [{effect: Allow, " + statement + "}]}"
}

func TestExpandFindsEveryProblem(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"two ways to trust":               {"agencies: [{name: a, trust: {account: x, service: op_svc_x}}]", "1:29 bad trust"},
		"no trust":                        {"agencies: [{name: a}]", "1:12 bad trust"},
		"a duration of zero":              {"agencies: [{name: a, trust: {account: x}, duration: 0d}]", "bad duration"},
		"a duration with a sign":          {"agencies: [{name: a, trust: {account: x}, duration: +1d}]", "bad duration"},
		"a duration in hours":             {"agencies: [{name: a, trust: {account: x}, duration: 24h}]", "bad duration"},
		"a duration beyond all limits":    {"agencies: [{name: a, trust: {account: x}, duration: 99999999999999999999d}]", "bad duration"},
		"grants of a tombstone":           {"agencies: [{name: a, state: absent, grants: {domain: [x]}}]", "grants of an absent agency"},
		"grant of an absent policy":       {"policies: [{name: p, state: absent}]\nagencies: [{name: a, trust: {account: x}, grants: {domain: [p]}}]", "2:61 grant of an absent policy"},
		"a published name":                {"agencies: [{name: cce_admin_trust, trust: {service: op_svc_cce}}]", "1:19 agency of a service"},
		"a published prefix":              {"agencies: [{name: ma_agency_x, trust: {service: op_svc_x}}]", "agency of a service"},
		"an owned name":                   {"authorizations: [{service: fabric}]\nagencies: [{name: fabric_admin_trust, grantsMode: additive, trust: {service: op_svc_x}}]", "belongs to the service fabric"},
		"an owned name, to be deleted":    {"authorizations: [{service: csms}]\nagencies: [{name: CSMSAccessFunctionGraph, state: absent}]", "belongs to the service csms"},
		"an agency that an entry names":   {"authorizations: [{service: csms, agency: my-fg}]\nagencies: [{name: my-fg, grantsMode: additive, trust: {service: op_svc_x}}]", "belongs to the authorizations entry that names it at "},
		"an agency of another service":    {"authorizations: [{service: csms, agency: fabric_admin_trust}]", "agency of another service"},
		"an owned name, only likely":      {"authorizations: [{service: secmaster}]\nagencies: [{name: SecMaster_Agency, grantsMode: additive, trust: {service: op_svc_x}}]", "belongs to the service secmaster"},
		"unmanaged enterprise grants":     {"notRead: [enterprise-projects]\nagencies: [{name: a, trust: {account: x}, grants: {enterpriseProjects: {default: [x]}}}]", "left unread"},
		"grants in all projects left out": {"notRead: [all-projects]\nagencies: [{name: a, trust: {account: x}, grants: {allProjects: [x]}}]", "left unread"},
		"grants in a project left out":    {"notRead: ['project:p']\nagencies: [{name: a, trust: {account: x}, grants: {projects: {p: [x]}}}]", "left unread"},
		"an agency left out":              {"notRead: ['agency:a']\nagencies: [{name: a, trust: {account: x}}]", "left unread"},
		"a policy left out":               {"notRead: ['policy:p']\npolicies: [{name: p, state: absent}]", "left unread"},
		"a scope that is none":            {"policies: [{name: p, scope: x, statements: []}]", "bad scope"},
		"a policy too long": {
			"policies: [{name: p, scope: global, statements: [{effect: Allow, actions: [\"a:b:" + strings.Repeat("x", 6100) + "\"]}]}]", "policy too long",
		},
		"an action of one part":        {policyWith(`actions: [ecs]`), "2:67 action without three parts"},
		"an action of four parts":      {policyWith(`actions: ["a:b:c:d"]`), "action without three parts"},
		"an action with an empty part": {policyWith(`actions: ["ecs::get"]`), "action without three parts"},
		"an action of two parts":       {policyWith(`actions: ["ecs:*"]`), "action without three parts"},
		"resources of two forms":       {policyWith(`actions: ["a:b:c"], resources: ["obs:*:*:bucket:x", "/iam/agencies/1"]`), "2:109 resources of two forms"},
		"an agency beside five parts":  {policyWith(`actions: ["a:b:c"], resources: ["agency/x", "obs:*:*:bucket:x"]`), "resources of two forms"},
		"five parts as a path":         {policyWith(`actions: ["a:b:c"], resources: {uri: ["obs:*:*:bucket:x"]}`), "resources of two forms"},
		"a grant for an agency":        {policyWith(`actions: ["a:b:c"], resources: ["agency/x/y"]`), "2:89 bad address"},
		"no address":                   {"agencies: [{name: a, trust: {account: x}, dependsOn: [nonsense]}]", "bad address"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := iam.New(published).Expand(manifest(t, test.text))
			require.Len(t, problems, 1, summaries(problems))
			assert.Contains(t, summaries(problems)[0], test.want)
		})
	}
	_, problems := iam.New(published).Expand(manifest(t, "agencies: [{name: cce_admin_trust, grantsMode: additive, trust: {service: op_svc_cce}}]"))
	assert.Empty(t, problems, "a published name may be listed additively")
	_, problems = iam.New(published).Expand(manifest(t, "agencies: [{name: SecMaster_Agency, trust: {account: partner-co}}]"))
	require.Len(t, problems, 1)
	assert.True(t, problems[0].Warning, "a name that is only likely a service's own")
}

func TestWhatNobodyDocumentsOfADescriptionIsAWarning(t *testing.T) {
	for text, doubtful := range map[string]bool{
		"nightly copies": false, "ночные копии, 夜间": false, "a < b": true, "two\nlines": true, "mail@example.com": true, "100%": true,
	} {
		_, problems := iam.Provider{}.Expand(manifest(t, fmt.Sprintf("agencies: [{name: a, trust: {account: x}, description: %q}]", text)))
		if !doubtful {
			assert.Empty(t, summaries(problems), text)
			continue
		}
		require.Len(t, problems, 1, text)
		assert.Equal(t, "description may be refused", problems[0].Summary)
		assert.True(t, problems[0].Warning)
	}
	_, problems := iam.Provider{}.Expand(manifest(t,
		`policies: [{name: p, scope: global, description: "a < b", statements: [{effect: Allow, actions: ["a:b:c"]}]}]`))
	assert.Empty(t, summaries(problems), "of policies nobody says so")
}

func TestAPolicyOfExactlyTheLimitIsAccepted(t *testing.T) {
	frame := len(`{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["a:b:"]}]}`)
	for extra, want := range map[int]int{0: 0, 1: 1} {
		text := "policies: [{name: p, scope: global, statements: [{effect: Allow, actions: [\"a:b:" + strings.Repeat("é", 6144-frame+extra) + "\"]}]}]"
		_, problems := iam.Provider{}.Expand(manifest(t, text))
		assert.Len(t, problems, want)
	}
}

func TestProviderIsWellFormed(t *testing.T) {
	registry, err := providers.NewRegistry(iam.Provider{})
	require.NoError(t, err)
	for _, text := range []string{"agency/a", "grant/a/domain/r", "policy/p"} {
		address, err := addr.Parse(text)
		require.NoError(t, err)
		_, ok := registry.For(address)
		assert.True(t, ok, text)
	}
	for _, f := range (iam.Provider{}).Fragments() {
		assert.Contains(t, string(f.Schema), "description", f.Section)
	}
}
