package fabric_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/fabric"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/iam"
)

var (
	shortLag = huaweicloud.Lag{Limit: 20 * time.Millisecond, Poll: time.Millisecond}
	besideIt = iam.Service(huaweicloud.Services{fabric.Service()}.Published())
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is a simulated cloud and a Remote on it.
type stage struct {
	*cloudtest.Stage
	remote *cloudtest.Session
}

func newStage(t *testing.T, switches cloudsim.Switches) *stage {
	t.Helper()
	s := cloudtest.Start(t, cloudsim.Options{Switches: switches})
	st := &stage{Stage: s}
	st.remote = st.another(t)
	return st
}

// another returns a Remote as a run of its own has it.
func (s *stage) another(t testing.TB) *cloudtest.Session {
	t.Helper()
	return cloudtest.Open(t, s.Conn, shortLag, fabric.Service(), besideIt)
}

// answer replaces the answers to a method on the service's path.
func (s *stage) answer(method string, status int, body string) {
	s.Front.Answer(func(r *http.Request) bool { return r.Method == method && r.URL.Path == "/v1/agency" }, status, body)
}

// expand returns what the provider makes of entries, those of another service among them.
func expand(t *testing.T, entries ...string) ([]plan.Desired, []plan.Problem) {
	t.Helper()
	return fabric.New().Expand(cloudtest.Authorizations(t, entries...))
}

// look observes for entries and returns the resources as a plan sees them, with what is desired of them.
func (s *stage) look(t *testing.T, entries ...string) (*providers.Observation, []plan.Desired) {
	t.Helper()
	return s.remote.Look(t, entries...)
}

// wants is the entry of Fabric with these policies.
func wants(policies ...string) string {
	return `{"service": "fabric", "policies": ` + cloudtest.List(policies...) + `}`
}

// gone is the tombstone of cn-north-4, and goneEast that of cn-east-3.
const (
	gone     = `{"service": "fabric", "state": "absent"}`
	goneEast = `{"service": "fabric", "region": "cn-east-3", "state": "absent"}`
)

// have brings the region cn-north-4 to the policies.
func (s *stage) have(t *testing.T, policies ...string) {
	t.Helper()
	_, desired := s.look(t, wants(policies...))
	_, err := s.remote.Create(t.Context(), providers.Write{After: new(desired[0].Resource)})
	require.NoError(t, err)
	s.Front.Writes()
}
