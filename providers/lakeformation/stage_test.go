package lakeformation_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/iam"
	"github.com/agencyctl/agencyctl/providers/lakeformation"
)

var (
	shortLag = huaweicloud.Lag{Limit: 20 * time.Millisecond, Poll: time.Millisecond}
	besideIt = iam.Service(huaweicloud.Services{lakeformation.Service()}.Published())
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
	return &stage{Stage: s, remote: cloudtest.Open(t, s.Conn, shortLag, lakeformation.Service(), besideIt)}
}

// answer replaces the answers to a method on the service's path.
func (s *stage) answer(method string, status int, body string) {
	s.Front.Answer(func(r *http.Request) bool { return r.Method == method && r.URL.Path == "/v2/agency" }, status, body)
}

// expand returns what the provider makes of entries, those of another service among them.
func expand(t *testing.T, entries ...string) ([]plan.Desired, []plan.Problem) {
	t.Helper()
	return lakeformation.New().Expand(cloudtest.Authorizations(t, entries...))
}

// look observes for entries and returns what it found, with what is desired.
func (s *stage) look(t *testing.T, entries ...string) (*providers.Observation, []plan.Desired) {
	t.Helper()
	return s.remote.Look(t, entries...)
}

// wants is the entry of LakeFormation with these types.
func wants(types ...string) string {
	return `{"service": "lakeformation", "agencyTypes": ` + cloudtest.List(types...) + `}`
}

// gone is the tombstone of these types.
func gone(types ...string) string {
	return `{"service": "lakeformation", "state": "absent", "agencyTypes": ` + cloudtest.List(types...) + `}`
}

// inEast is the entry of the region cn-east-3.
func inEast(types ...string) string {
	return `{"service": "lakeformation", "region": "cn-east-3", "agencyTypes": ` + cloudtest.List(types...) + `}`
}

// have makes what the entries want.
func (s *stage) have(t *testing.T, entries ...string) {
	t.Helper()
	_, desired := s.look(t, entries...)
	for _, d := range desired {
		_, err := s.remote.Create(t.Context(), providers.Write{After: new(d.Resource)})
		require.NoError(t, err)
	}
	s.Front.Writes()
}

// at finds the resource of a type in cn-north-4; nil when it is not there.
func at(o *providers.Observation, agencyType string) *plan.Live {
	i := slices.IndexFunc(o.Resources, func(l plan.Live) bool { return l.Address == lakeformation.New().Address("cn-north-4", agencyType) })
	if i < 0 {
		return nil
	}
	return &o.Resources[i]
}
