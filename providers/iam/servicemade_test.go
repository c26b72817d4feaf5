package iam_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
)

func TestAPolicyThatAServiceNeedsIsNeverPruned(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	made := func() (is, found bool) {
		o, err := s.observe(t, cloudtest.Manifest(t, ""))
		require.NoError(t, err)
		for _, l := range o.Resources {
			if l.Address == cloudtest.Address(t, "policy/backup-read") {
				is, found = l.ServiceMade, true
			}
			if l.Address == cloudtest.Address(t, "agency/ops-live") {
				assert.False(t, l.ServiceMade)
			}
		}
		return is, found
	}
	is, found := made()
	require.True(t, found)
	assert.False(t, is, "only an agency that a person made has it")

	s.ByHand(cloudsim.Edit{Verb: cloudsim.EditGrant, Agency: "cce_admin_trust", Scope: "project:cn-north-4", Role: "backup-read"})(t)
	is, _ = made()
	assert.True(t, is)
	s.ByHand(cloudsim.Edit{Verb: cloudsim.EditRevoke, Agency: "cce_admin_trust", Scope: "project:cn-north-4", Role: "backup-read"})(t)
	is, _ = made()
	assert.False(t, is)
}
