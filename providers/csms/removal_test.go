package csms_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/csms"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

const goneRDS = `, "authorizations": [{"service": "csms", "secretTypes": ["RDS-FG"], "state": "absent"}]`

func TestARemovalThatStoppedHalfWayIsSeenAgain(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	require.NoError(t, s.create(t, "cn-north-4", "RDS-FG"))
	m := cloudtest.Manifest(t, goneRDS)
	gone := s.remote.Only(t, m)
	require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Method: "DELETE", Path: "/v3.0/OS-AGENCY/agencies/*", Skip: 1, Status: 403}}}))
	require.Error(t, s.remote.Delete(context.Background(), providers.Write{Before: new(gone.Resource)}))
	require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{}))
	s.remote = newRemote(t, connectTo(t, s.Sim))
	o, err := s.remote.See(t, m)
	require.NoError(t, err)
	require.Len(t, o.Resources, 1, "something of the authorization is left, so the next run must see it")
	require.NoError(t, s.remote.Delete(context.Background(), providers.Write{Before: new(o.Resources[0].Resource)}))
	assert.Empty(t, s.agencies())
}

func TestWhatIsCalledAFailureAndIsThereIsWaitedFor(t *testing.T) {
	s := newStage(t, cloudsim.Options{Switches: cloudsim.Switches{CSMSRepeatFails: true}})
	require.NoError(t, s.create(t, "cn-north-4", "RDS-FG"))
	require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{LaggedReads: 4}))
	s.remote = patient(t, s.Conn, huaweicloud.Lag{Limit: time.Minute, Poll: time.Millisecond})
	assert.NoError(t, s.create(t, "cn-north-4", "GaussDB-FG"), "the shared agency exists already, the other one is made")
}

func TestAnAgencyOfAnotherSortIsNoneOfOnesOwn(t *testing.T) {
	for _, name := range []string{csms.SharedAgency, gaussAgency} {
		_, problems := csms.New().Expand(cloudtest.Manifest(t,
			`, "authorizations": [{"service": "csms", "secretTypes": ["RDS-FG"], "state": "absent", "agency": "`+name+`"}]`))
		require.Len(t, problems, 1)
		assert.Equal(t, "agency of another secret type", problems[0].Summary)
	}
	_, problems := csms.New().Expand(cloudtest.Manifest(t, `, "authorizations": [{"service": "csms", "secretTypes": ["RDS-FG", "GaussDB-FG"], "agency": "x"}]`))
	require.Len(t, problems, 1)
	assert.Equal(t, "one agency for several secret types", problems[0].Summary)
	_, problems = csms.New().Expand(cloudtest.Manifest(t, `, "authorizations": [{"service": "csms", "secretTypes": ["RDS-FG"], "agency": "x"},
		{"service": "csms", "region": "cn-east-3", "secretTypes": ["RDS-FG"], "agency": "y"}]`))
	require.Len(t, problems, 1)
	assert.Equal(t, "contradictory authorizations", problems[0].Summary)
}

func TestAMisspeltAgencyIsLeftToAPerson(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	require.NoError(t, s.create(t, "cn-north-4", "GaussDB-FG"))
	m := cloudtest.Manifest(t, `, "authorizations": [{"service": "csms", "secretTypes": ["GaussDB-FG"], "state": "absent", "agency": "GausAgency"}]`)
	s.remote = newRemote(t, connectTo(t, s.Sim))
	o, err := s.remote.See(t, m)
	require.NoError(t, err)
	require.Len(t, o.Resources, 1)
	require.Len(t, s.remote.Manual(&o.Resources[0], nil), 1)
	require.ErrorIs(t, s.remote.Delete(context.Background(), providers.Write{Before: new(o.Resources[0].Resource)}), providers.ErrConflict)
	assert.ElementsMatch(t, []string{csms.SharedAgency, gaussAgency}, s.agencies(), "nothing is taken by halves")
}

func TestRemovalKeepsWhatOthersNeed(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	for _, region := range []string{"cn-north-4", "cn-east-3"} {
		for _, secretType := range []string{"RDS-FG", "GaussDB-FG"} {
			require.NoError(t, s.create(t, region, secretType))
		}
	}
	remove := func(region, secretType string) {
		s.remote = newRemote(t, connectTo(t, s.Sim)) // as a run of its own
		require.NoError(t, s.remote.Delete(context.Background(), providers.Write{Before: new(authorization(t, region, secretType))}))
	}
	grants := func(agency string) (projects []string) {
		world := s.Sim.World()
		for _, a := range world.AccountNamed("").Agencies {
			if a.Name == agency {
				for _, g := range a.Grants {
					projects = append(projects, g.Target)
				}
			}
		}
		return projects
	}
	remove("cn-north-4", "RDS-FG")
	assert.Equal(t, []string{cloudtest.ID("cn-east-3")}, grants(rdsAgency))
	assert.Len(t, grants(csms.SharedAgency), 2, "GaussDB-FG needs it in both regions")
	remove("cn-north-4", "GaussDB-FG")
	assert.Equal(t, []string{cloudtest.ID("cn-east-3")}, grants(csms.SharedAgency))
	remove("cn-east-3", "RDS-FG")
	assert.ElementsMatch(t, []string{csms.SharedAgency, gaussAgency}, s.agencies())
	remove("cn-east-3", "GaussDB-FG")
	assert.Empty(t, s.agencies())
}

func TestRemovingAllAtOnceUnderReadLagLeavesNothing(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	for _, secretType := range []string{"RDS-FG", "GaussDB-FG"} {
		require.NoError(t, s.create(t, "cn-north-4", secretType))
	}
	require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{LaggedReads: 1000}))
	for _, secretType := range []string{"RDS-FG", "GaussDB-FG"} {
		require.NoError(t, s.remote.Delete(context.Background(), providers.Write{Before: new(authorization(t, "cn-north-4", secretType))}))
	}
	assert.Empty(t, s.agencies())
}

func TestARegionThatIsMadeWhileAnotherGoesKeepsItsAgencies(t *testing.T) {
	for name, order := range map[string][]string{"made first": {"cn-east-3", "cn-north-4"}, "removed first": {"cn-north-4", "cn-east-3"}} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{})
			require.NoError(t, s.create(t, "cn-north-4", "RDS-FG"))
			s.remote = newRemote(t, connectTo(t, s.Sim)) // as a run of its own
			gone := s.remote.Only(t, cloudtest.Manifest(t, `, "authorizations": [{"service": "csms", "secretTypes": ["RDS-FG"], "state": "absent"},
				{"service": "csms", "region": "cn-east-3", "secretTypes": ["RDS-FG"]}]`))
			require.Empty(t, s.remote.Manual(&gone, nil))
			require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{LaggedReads: 1000}))
			for _, region := range order {
				if region == "cn-east-3" {
					require.NoError(t, s.create(t, region, "RDS-FG"))
				} else {
					require.NoError(t, s.remote.Delete(context.Background(), providers.Write{Before: new(gone.Resource)}))
				}
			}
			world := s.Sim.World()
			for _, agency := range []string{csms.SharedAgency, rdsAgency} {
				a := world.AccountNamed("").AgencyNamed(agency)
				require.NotNil(t, a, agency)
				require.Len(t, a.Grants, 1)
				assert.Equal(t, cloudtest.ID("cn-east-3"), a.Grants[0].Target)
			}
		})
	}
}

func TestATypeThatIsMadeWhileAnotherGoesKeepsTheSharedAgency(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	require.NoError(t, s.create(t, "cn-north-4", "RDS-FG"))
	gone := s.remote.Only(t, cloudtest.Manifest(t, `, "authorizations": [{"service": "csms", "secretTypes": ["RDS-FG"], "state": "absent"},
		{"service": "csms", "secretTypes": ["GaussDB-FG"]}]`))
	require.NoError(t, s.remote.Delete(context.Background(), providers.Write{Before: new(gone.Resource)}))
	assert.Equal(t, []string{csms.SharedAgency}, s.agencies())
}
