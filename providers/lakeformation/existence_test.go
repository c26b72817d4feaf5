package lakeformation_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/lakeformation"
)

func TestAnOldServiceIsCompletedByIAM(t *testing.T) {
	s := newStage(t, cloudsim.Switches{LakeFormationShortAnswer: true})
	o, _ := s.look(t, wants("JOB_TRUST"))
	assert.Nil(t, at(o, "JOB_TRUST"), "IAM has no such agency")
	s.have(t, wants("JOB_TRUST"))
	o, desired := s.look(t, wants("JOB_TRUST"))
	live := at(o, "JOB_TRUST")
	require.NotNil(t, live)
	assert.Equal(t, []string{"authorized", "missing"}, live.Unreadable)
	for _, d := range plan.DiffAttributes(live.Attributes, desired[0].Attributes) {
		assert.Contains(t, live.Unreadable, d.Name)
	}
	o, _ = s.look(t, inEast("JOB_TRUST"))
	assert.Empty(t, o.Resources, "the agency serves another region")
}

func TestWhatNobodyTellsIsSaid(t *testing.T) {
	subject := "authorization/lakeformation/cn-north-4/TABLE_SERVICE_TRUST"
	s := newStage(t, cloudsim.Switches{LakeFormationShortAnswer: true})

	o, _ := s.look(t, wants("JOB_TRUST"))
	require.Len(t, o.NotRead, 1)
	assert.Equal(t, subject, o.NotRead[0].Subject)
	assert.Len(t, o.Coverage, 2, "an unlisted one is not claimed to be read")

	o, _ = s.look(t, gone("TABLE_SERVICE_TRUST"))
	require.Len(t, o.NotRead, 1)
	live := at(o, "TABLE_SERVICE_TRUST")
	require.NotNil(t, live, "a listed one is not compared, but it is not lost either")
	assert.Equal(t, []string{"authorized", "missing"}, live.Unreadable)
	manual := s.remote.Manual(live, nil)
	require.Len(t, manual, 1)
	assert.Empty(t, manual[0].Attribute)
	require.ErrorIs(t, s.remote.Delete(t.Context(), providers.Write{Before: new(live.Resource)}), providers.ErrConflict)
	assert.Empty(t, s.Front.Writes())
}

func TestIAMThatRefusesLeavesAnOldServiceUnread(t *testing.T) {
	s := newStage(t, cloudsim.Switches{LakeFormationShortAnswer: true})
	s.have(t, wants("JOB_TRUST"))
	require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Path: "/v3.0/OS-AGENCY/agencies", Status: 403}}}))
	o, _ := s.look(t, wants("JOB_TRUST"))
	live := at(o, "JOB_TRUST")
	require.NotNil(t, live)
	assert.Equal(t, []string{"authorized", "missing"}, live.Unreadable)
	require.Len(t, o.NotRead, 3)
	assert.Contains(t, o.NotRead[1].Reason, "lakeformation_job_trust")
	whole := lakeformation.New().Complete(s.remote.View)
	require.Len(t, whole.NotCompared, 1, "whom its agency trusts, and what it has, is not known")
	assert.Contains(t, whole.NotCompared[0].Reason, "lakeformation_job_trust")
}

func TestATypeThatTheRegionDoesNotKnow(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{
		{Method: "GET", Path: "/v2/agency", Query: map[string]string{"agency_type": "TABLE_SERVICE_TRUST"}, Status: 400},
	}}))
	o, _ := s.look(t, wants("JOB_TRUST"))
	require.Len(t, o.NotRead, 1, "unlisted, it is said")
	assert.Contains(t, o.NotRead[0].Reason, "does not know")
	assert.Len(t, o.Coverage, 2)
	desired, _ := expand(t, wants("TABLE_SERVICE_TRUST"))
	_, err := s.remote.Observe(t.Context(), providers.ObserveRequest{Coverage: cloudtest.Cover(t, lakeformation.New(), desired, &plan.Manifest{})})
	require.ErrorIs(t, err, providers.ErrInvalid, "listed, it is an error")
	assert.Contains(t, err.Error(), "TABLE_SERVICE_TRUST")
}

func TestCollapseGroupsTypesByRegion(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	s.have(t, wants("JOB_TRUST", "ADMIN_TRUST"), inEast("JOB_TRUST"))
	o, _ := s.look(t, wants("JOB_TRUST"), inEast("JOB_TRUST"))
	entries := lakeformation.New().Collapse(o.Resources, nil)["authorizations"]
	require.Len(t, entries, 2)
	assert.Equal(t, `{"agencyTypes":["JOB_TRUST"],"region":"cn-east-3","service":"lakeformation"}`, string(entries[0].AppendJSON(nil)))
	assert.Equal(t, `{"agencyTypes":["ADMIN_TRUST","JOB_TRUST"],"region":"cn-north-4","service":"lakeformation"}`, string(entries[1].AppendJSON(nil)))
	assert.Nil(t, lakeformation.New().Collapse(nil, nil))
	effects := lakeformation.New().Effects(nil)(o.Resources[0].Resource)
	assert.Equal(t, []access.Effect{{Principal: "service:lakeformation", Scope: "project:cn-east-3"}}, effects)
}
