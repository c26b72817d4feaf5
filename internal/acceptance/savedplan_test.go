package acceptance

import (
	"context"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/saved"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/schema"
)

// TestASavedRemovalIsOfTheAgencyThatWasReviewed saves a plan that withdraws an authorization, and then lets the service name
// another agency for it.
func TestASavedRemovalIsOfTheAgencyThatWasReviewed(t *testing.T) {
	const head = "apiVersion: agencyctl/v1\naccount: {name: example-co}\ncloud: {kind: huaweicloud, region: cn-north-4}\nauthorizations:\n"
	manifest := func(entry string) *plan.Manifest {
		manifests, _, problems := schema.Parse([]schema.Source{{Name: "fabric.yaml", Data: []byte(head + entry)}})
		require.Empty(t, plan.Fatal(problems))
		return manifests[0]
	}
	server, err := cloudsim.New(cloudsim.Options{Switches: cloudsim.Switches{OnlyPublishedRoles: true}})
	require.NoError(t, err)
	var renamed atomic.Bool
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/agency" || !renamed.Load() {
			server.ServeHTTP(w, r)
			return
		}
		recorded := httptest.NewRecorder()
		server.ServeHTTP(recorded, r)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(recorded.Code)
		_, _ = w.Write([]byte(strings.ReplaceAll(recorded.Body.String(), "fabric_admin_trust", "fabric_other_trust")))
	}))
	defer listening.Close()
	env := keyEnv(server)
	connection, err := connector(huaweicloud.Lag{Limit: 20 * time.Millisecond, Poll: time.Millisecond})(context.Background(), providers.Target{
		Cloud: plan.Cloud{Kind: huaweicloud.HuaweiCloud, Region: "cn-north-4"}, Rate: math.Inf(1),
		Endpoints: map[string]string{"iam": listening.URL}, Getenv: func(name string) string { return env[name] },
	})
	require.NoError(t, err)
	defer connection.Close()
	e := engine.New(services.Registry(), connection.Remotes, nil)
	planned := func(job engine.Job) *engine.Planned {
		p, err := job.Make(context.Background())
		require.NoError(t, err)
		return p
	}

	wanted := e.Fresh(manifest("  - {service: fabric, policies: [FABRIC_SMN_POLICY]}\n"), engine.PlanOptions{})
	wanted.Execute(context.Background(), planned(wanted), engine.ApplyOptions{PollInterval: time.Millisecond})
	for _, words := range [][]string{
		{"create", "fabric_other_trust", "op_svc_fabric"}, {"grant", "fabric_other_trust", "project:cn-north-4", "ECS FullAccess"},
	} {
		edit, err := cloudsim.ParseEdit(words)
		require.NoError(t, err)
		require.NoError(t, server.Edit("", edit))
	}
	gone := planned(e.Fresh(manifest("  - {service: fabric, state: absent}\n"), engine.PlanOptions{}))
	file, err := gone.Save(saved.Program{Services: services.Registry(), Version: "test"})
	require.NoError(t, err)

	again := planned(e.Saved(file, engine.SavedOptions{}))
	require.Empty(t, again.Problems)
	require.Len(t, again.Plan.Changes, 1)
	renamed.Store(true)
	moved := planned(e.Saved(file, engine.SavedOptions{}))
	require.Len(t, moved.Problems, 1)
	require.Contains(t, moved.Problems[0].Detail, "agency was \"fabric_admin_trust\" when planned and is \"fabric_other_trust\" now")
}
