package iam_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/iam"
)

const banned = `agencies: [{name: a, trust: {account: partner-co}, owner: ops, grantsMode: additive, grants: {domain: [OBS ReadOnlyAccess]}, grantsAbsent: {`

func TestGrantsThatMustBeAbsent(t *testing.T) {
	r, problems := resolve(t, banned+`domain: [Hidden, Agent Operator], allProjects: ["system:Tenant Guest"], projects: {"id:p1": ["custom:Twice"]}, enterpriseProjects: {default: [Tenant Guest]}}}]`, world())
	require.Empty(t, summaries(problems), "a role that fits nowhere, or that the cloud refuses, may be there all the same")
	assert.Equal(t, []string{
		"agency/a", "grant/a/domain/OBS ReadOnlyAccess", "grant/a/domain/Hidden", "grant/a/domain/Agent Operator",
		"grant/a/all-projects/Tenant Guest", "grant/a/project:cn-north-4/custom:Twice", "grant/a/enterprise-project:default/Tenant Guest",
	}, addresses(r.Desired))
	for i, d := range r.Desired {
		assert.Equal(t, i > 1, d.Absent, d.Address)
		if d.Absent {
			assert.Equal(t, r.Desired[0].Address, d.Parent)
			assert.Equal(t, "ops", d.Notes.Owner)
		}
	}
	assert.Equal(t, map[string]string{"role": "r7", "project": "p1"}, r.Desired[5].Bindings)
	_, names := iam.Provider{}.Cover(r.Desired)
	assert.Equal(t, []string{"enterprise project"}, names, "they are read by name")
}

func TestGrantsThatMustBeAbsentAreNamedExactly(t *testing.T) {
	for name, c := range map[string]struct{ text, summary, detail, hint string }{
		"an unknown role":          {banned + `domain: [Tenant Gest]}}]`, "unknown role", "Tenant Gest", `did you mean "Tenant Guest"`},
		"an unknown project":       {banned + `projects: {cn-nort-4: [Tenant Guest]}}}]`, "unknown project", "cn-nort-4", "cn-north-4"},
		"an ambiguous role":        {banned + `allProjects: [Twice]}}]`, "ambiguous role", "type XA, id r7", `write "custom:Twice" or "system:Twice"`},
		"wanted too, in two words": {banned + `domain: ["id:r2"]}}]`, "wanted and unwanted", "grant/a/domain/OBS ReadOnlyAccess must be absent, and is wanted at m.yaml:1:", "remove one of the two"},
		"an unknown policy that the manifest deletes under another name": {
			`policies: [{name: other, state: absent}]` + "\n" + banned + `domain: [mine]}}]`, "unknown role", "mine", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := resolve(t, c.text, world())
			require.Len(t, problems, 1, "%v", summaries(problems))
			assert.Equal(t, c.summary, problems[0].Summary)
			assert.Contains(t, problems[0].Detail, c.detail)
			assert.Contains(t, problems[0].Hint, c.hint)
			assert.False(t, problems[0].Warning)
		})
	}
}

func TestAPolicyThatGoesMayNotBeGranted(t *testing.T) {
	text := `policies: [{name: backup-read, state: absent}, {name: was-there, state: absent}]` + "\n" +
		banned + `projects: {cn-north-4: [backup-read, was-there, "custom:was-there"]}}}]`
	r, problems := resolve(t, text, world())
	require.Empty(t, summaries(problems), "what has gone already cannot be granted")
	assert.Equal(t, []string{
		"policy/backup-read", "policy/was-there", "agency/a", "grant/a/domain/OBS ReadOnlyAccess", "grant/a/project:cn-north-4/backup-read",
	}, addresses(r.Desired))
	assert.Empty(t, plan.Check(r.Desired))
}

func TestAnIDThatNobodyHasGuardsNothing(t *testing.T) {
	r, problems := resolve(t, banned+`domain: ["id:gone"]}}]`, world())
	require.Len(t, problems, 1)
	assert.True(t, problems[0].Warning, "it is live no more, which was the wish")
	assert.Len(t, r.Desired, 2)
}

func TestAnAbsentAgencyBansNothing(t *testing.T) {
	_, problems := iam.Provider{}.Expand(manifest(t, `agencies: [{name: a, state: absent, grantsAbsent: {domain: [Tenant Guest]}}]`))
	require.Len(t, problems, 1)
	assert.Equal(t, "grants of an absent agency", problems[0].Summary)
	assert.Equal(t, "remove grantsAbsent", problems[0].Hint)
}

func TestWhatIsNotReadCannotBeKeptOut(t *testing.T) {
	_, problems := iam.Provider{}.Expand(manifest(t, "notRead: [enterprise-projects]\n"+banned+`enterpriseProjects: {default: [Tenant Guest]}}}]`))
	require.Len(t, problems, 1)
	assert.Equal(t, "left unread", problems[0].Summary)
	assert.Contains(t, problems[0].Detail, "needs what cloud.notRead leaves out")
}
