package cloudtest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// Region is the region of every connection and manifest made here.
const Region = "cn-north-4"

// ID is a stable id for a name: 32 hexadecimal digits, as the cloud's are.
func ID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:16])
}

// Stage is a simulated cloud, the front before it, and a connection through that.
type Stage struct {
	Sim   *cloudsim.Server
	Front *Front
	Conn  *huaweicloud.Connection
}

// Start makes a stage that lives as long as the test. A seed without accounts means the demo world. Services give their agencies
// roles that no page names only where the seed has a RoleSeed.
func Start(t testing.TB, options cloudsim.Options) *Stage {
	t.Helper()
	options.Switches.OnlyPublishedRoles = options.Seed.RoleSeed == ""
	if len(options.Seed.Accounts) == 0 {
		seed := options.Seed.RoleSeed
		options.Seed = cloudsim.DemoWorld(cmp.Or(options.Cloud, cloudsim.HuaweiCloud))
		options.Seed.RoleSeed = seed
	}
	sim, err := cloudsim.New(options)
	require.NoError(t, err)
	front := &Front{cloud: sim}
	var more []huaweicloud.Option
	if options.Clock != nil {
		more = append(more, huaweicloud.WithClock(options.Clock))
	}
	return &Stage{Sim: sim, Front: front, Conn: Connect(t, front, options.Seed, more...)}
}

// Connect opens a connection to the cloud that handler plays, as the home account of the world. A call that fails is
// repeated once, without waiting. The connection and the server behind it are closed with the test.
func Connect(t testing.TB, handler http.Handler, world cloudsim.World, options ...huaweicloud.Option) *huaweicloud.Connection {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	environment := map[string]string{
		auth.EnvAccessKey: cloudsim.DemoAccessKey, auth.EnvSecretKey: cloudsim.DemoSecretKey, auth.EnvDomainID: world.Home,
	}
	conn, err := huaweicloud.Connect(t.Context(), providers.Target{
		Cloud: plan.Cloud{Kind: world.Cloud, Region: Region}, Endpoints: map[string]string{"iam": server.URL}, Rate: -1,
		Getenv: func(name string) string { return environment[name] },
	}, append([]huaweicloud.Option{huaweicloud.WithRetry(huaweicloud.Retry{
		BaseDelay: time.Millisecond, MaxDelay: time.Millisecond, MaxAttempts: 2, MaxElapsed: time.Minute, MaxRetryAfter: time.Millisecond,
		AttemptTimeout: time.Minute,
	})}, options...)...)
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	return conn
}

// World is the stage as the conformance suite wants it for a service.
func (s *Stage) World(service huaweicloud.Service, lag huaweicloud.Lag, byHand []conformance.Drift) conformance.World {
	return conformance.World{
		Connect: func() providers.Remote { return service.Connect(s.Conn, lag) },
		SetHook: s.Front.SetHook, Settle: s.Front.Settle, ByHand: byHand,
	}
}

// ByHand returns what makes an edit in the simulated cloud's home account.
func (s *Stage) ByHand(e cloudsim.Edit) func(testing.TB) {
	return func(t testing.TB) {
		t.Helper()
		require.NoError(t, s.Sim.Edit("", e))
	}
}
