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

// Whom an agency trusts does not tell who made it, nor who made the policy that it has.
func TestAnAgencyThatTrustsAServiceMayBeTheServicesOwn(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	s.ByHand(cloudsim.Edit{Verb: cloudsim.EditGrant, Agency: "svc", Scope: "project:cn-north-4", Role: "backup-read"})(t)
	maybe := func(text string) (maybe []string) {
		o, err := s.observe(t, manifest(t, text))
		require.NoError(t, err)
		for _, l := range o.Resources {
			if l.MaybeServiceMade {
				maybe = append(maybe, l.Address.String())
			}
			assert.Equal(t, l.Address.String() == "agency/cce_admin_trust", l.ServiceMade, l.Address)
		}
		return maybe
	}
	assert.Equal(t, []string{"agency/svc", "policy/backup-read"}, maybe(""))
	assert.Empty(t, maybe("agencies: [{name: svc, trust: {service: op_svc_cce}}]"), "who lists an agency says whose it is")
	s.ByHand(cloudsim.Edit{Verb: cloudsim.EditGrant, Agency: "cce_admin_trust", Scope: "project:cn-north-4", Role: "backup-read"})(t)
	o, err := s.observe(t, cloudtest.Manifest(t, ""))
	require.NoError(t, err)
	for _, l := range o.Resources {
		if l.Address.String() == "policy/backup-read" {
			assert.True(t, l.ServiceMade && !l.MaybeServiceMade, "a service is known to need it")
		}
	}
}
