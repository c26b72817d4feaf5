package iam_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/iam"
)

func TestARenamedAgencyLeavesATombstone(t *testing.T) {
	desired, problems := iam.Provider{}.Expand(manifest(t, `
agencies:
  - {name: new, previously: old/er, trust: {service: op_svc_ecs}, owner: team-a, grants: {domain: [A]}}
`))
	require.Empty(t, problems)
	require.Equal(t, []string{"agency/new", "grant/new/domain/A", "agency/old%2Fer"}, addresses(desired))
	tombstone := desired[2]
	require.True(t, tombstone.Absent)
	require.Equal(t, directory.AgencyAddress("new"), tombstone.ReplacedBy)
	require.Equal(t, 3, tombstone.Source.Line)
	require.Equal(t, "team-a", tombstone.Notes.Owner)
	require.Empty(t, plan.Check(desired))

	resolution, problems := iam.Provider{}.Resolve(desired[2:], &plan.Manifest{}, plan.NewCatalogue())
	require.Empty(t, problems)
	require.Equal(t, directory.AgencyAddress("new"), resolution.Desired[0].ReplacedBy)
}

func TestARenameThatCannotBeMeantIsRefused(t *testing.T) {
	for behaviour, c := range map[string]struct{ text, problem string }{
		"a tombstone has no previous name": {
			"agencies: [{name: a, previously: b, state: absent}]", "1:34 previous name of an absent agency: agency/a is to be deleted, and takes the place of nothing",
		},
		"to itself": {
			"agencies: [{name: a, previously: a, trust: {service: op_svc_ecs}}]", "1:34 renamed to itself: agency/a is its own previous name",
		},
		"two of one": {
			"agencies:\n- {name: a, previously: x, trust: {service: op_svc_ecs}}\n- {name: b, previously: x, trust: {service: op_svc_ecs}}",
			"3:25 renamed twice: agency/x is already the previous name of the entry at m.yaml:2:25",
		},
		"a tombstone beside it": {
			"agencies:\n- {name: a, previously: x, trust: {service: op_svc_ecs}}\n- {name: x, state: absent}",
			"2:25 renamed and deleted: agency/x has an entry of its own at m.yaml:3:3 with state: absent",
		},
		"what a service made": {
			"agencies: [{name: a, previously: cce_admin_trust, trust: {service: op_svc_ecs}}]",
			`1:34 agency of a service: "cce_admin_trust" is the name of what a cloud service makes for itself`,
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			_, problems := iam.Provider{}.Expand(manifest(t, c.text))
			require.Equal(t, []string{c.problem}, summaries(problems))
			require.Len(t, plan.Fatal(problems), 1)
		})
	}
}

func TestAPreviousNameThatIsListedIsKept(t *testing.T) {
	desired, problems := iam.Provider{}.Expand(manifest(t, `
agencies:
  - {name: new, previously: old, trust: {service: op_svc_ecs}}
  - {name: old, trust: {service: op_svc_ecs}}
`))
	require.Equal(t, []string{"agency/new", "agency/old"}, addresses(desired))
	require.False(t, desired[1].Absent)
	require.Empty(t, plan.Fatal(problems))
	require.Equal(t, []string{"3:29 previous name is listed: agency/old has an entry of its own at m.yaml:4:5, so it is kept"}, summaries(problems))
}

func TestWhatIsExcludedIsNotRenamed(t *testing.T) {
	m := manifest(t, "agencies: [{name: new, previously: their-old, trust: {service: op_svc_ecs}}]")
	excluded, err := addr.ParsePattern("agency/their-*")
	require.NoError(t, err)
	m.Ownership.Exclude = []addr.Pattern{excluded}
	desired, problems := iam.Provider{}.Expand(m)
	require.Equal(t, []string{"1:36 renamed and excluded: agency/their-old was the name of the agency, and ownership excludes it"}, summaries(problems))
	require.Len(t, desired, 1)
}
