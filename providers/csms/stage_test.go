package csms_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/csms"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/iam"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// smallWorld is an account with two regions and nothing in it.
func smallWorld() cloudsim.World {
	return cloudsim.World{
		FormatVersion: cloudsim.WorldFormat, Cloud: cloudsim.HuaweiCloud, Home: cloudtest.ID("example-co"),
		Accounts: []cloudsim.Account{
			{ID: cloudtest.ID("example-co"), Name: "example-co", Projects: []cloudsim.Project{
				{ID: cloudtest.ID("cn-north-4"), Name: "cn-north-4"}, {ID: cloudtest.ID("cn-east-3"), Name: "cn-east-3"},
			}},
			{ID: cloudtest.ID("partner-co"), Name: "partner-co"},
		},
	}
}

// connectTo opens a connection to the cloud that handler plays.
func connectTo(t testing.TB, handler http.Handler) *huaweicloud.Connection {
	t.Helper()
	return cloudtest.Connect(t, handler, smallWorld())
}

var (
	shortLag = huaweicloud.Lag{Limit: 10 * time.Millisecond, Poll: time.Millisecond}
	besideIt = iam.Service(huaweicloud.Services{csms.Service()}.Published())
)

// newRemote returns a Remote as a run of its own has it.
func newRemote(t testing.TB, conn *huaweicloud.Connection) *cloudtest.Session {
	return patient(t, conn, shortLag)
}

func patient(t testing.TB, conn *huaweicloud.Connection, lag huaweicloud.Lag) *cloudtest.Session {
	t.Helper()
	return cloudtest.Open(t, conn, lag, csms.Service(), besideIt)
}

// stage is a simulated cloud and a Remote on it.
type stage struct {
	*cloudtest.Stage
	remote *cloudtest.Session
}

func newStage(t *testing.T, options cloudsim.Options) *stage {
	t.Helper()
	if len(options.Seed.Accounts) == 0 {
		options.Seed = smallWorld()
	}
	s := cloudtest.Start(t, options)
	return &stage{Stage: s, remote: newRemote(t, s.Conn)}
}

func authorization(t testing.TB, region, secretType string) plan.Resource {
	a, err := addr.Parse("authorization/csms/" + region + "/" + secretType)
	require.NoError(t, err)
	return plan.Resource{Address: a, Attributes: plan.Attributes{"granted": plan.BoolValue(true), "missing": plan.SetValue()}}
}

func (s *stage) create(t *testing.T, region, secretType string) error {
	t.Helper()
	_, err := s.remote.Create(context.Background(), providers.Write{After: new(authorization(t, region, secretType))})
	return err
}

func (s *stage) agencies() []string {
	var names []string
	world := s.Sim.World()
	for _, a := range world.AccountNamed("").Agencies {
		names = append(names, a.Name)
	}
	return names
}
