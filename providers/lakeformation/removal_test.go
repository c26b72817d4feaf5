package lakeformation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/lakeformation"
)

func TestTheLastOneTakesTheAgencyThoughAnotherRunTookTheFirst(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	east := `{"service": "lakeformation", "region": "cn-east-3", "agencyTypes": ["ADMIN_TRUST"]}`
	goneEast := `{"service": "lakeformation", "region": "cn-east-3", "state": "absent", "agencyTypes": ["ADMIN_TRUST"]}`
	_, desired := s.look(t, wants("ADMIN_TRUST"), east)
	for _, d := range desired {
		_, err := s.remote.Create(t.Context(), providers.Write{After: new(d.Resource)})
		require.NoError(t, err)
	}
	o, _ := s.look(t, gone("ADMIN_TRUST"), goneEast)
	by := map[string]plan.Resource{}
	for _, l := range o.Resources {
		by[l.Address.String()] = l.Resource
	}
	north, eastR := by["authorization/lakeformation/cn-north-4/ADMIN_TRUST"], by["authorization/lakeformation/cn-east-3/ADMIN_TRUST"]
	other := cloudtest.Open(t, s.Conn, huaweicloud.Lag{Limit: 20 * time.Millisecond, Poll: time.Millisecond}, lakeformation.Service(), besideIt)
	require.NoError(t, other.Delete(t.Context(), providers.Write{Before: new(north)}))
	require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(north)}))
	require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(eastR)}))
	world := s.Sim.World()
	assert.Nil(t, world.AccountNamed("").AgencyNamed("lakeformation_admin_trust"))
}

func TestWhatSomebodyHasJustRemovedIsDone(t *testing.T) {
	s := newStage(t, cloudsim.Switches{})
	_, desired := s.look(t, wants("ADMIN_TRUST"))
	_, err := s.remote.Create(t.Context(), providers.Write{After: new(desired[0].Resource)})
	require.NoError(t, err)
	o, _ := s.look(t, gone("ADMIN_TRUST"))
	require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{LaggedReads: 20}))
	other := cloudtest.Open(t, s.Conn, huaweicloud.Lag{Limit: 20 * time.Millisecond, Poll: time.Millisecond}, lakeformation.Service(), besideIt)
	require.NoError(t, other.Delete(t.Context(), providers.Write{Before: new(o.Resources[0].Resource)}))
	assert.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: new(o.Resources[0].Resource)}))
}
