package acceptance

import (
	"context"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/export"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/schema"
)

// exportedAt is after the end of every life of a drawn account.
var exportedAt = time.Date(2031, 1, 2, 0, 0, 0, 0, time.UTC)

// openWorld connects to a new server that has the world.
func openWorld(t require.TestingT, w cloudsim.World) (server *cloudsim.Server, e *engine.Engine, closed func()) {
	server, err := cloudsim.New(cloudsim.Options{Cloud: w.Cloud, Seed: w})
	require.NoError(t, err)
	listening := httptest.NewServer(server)
	env := keyEnv(server)
	if w.Cloud == cloudsim.OpenTelekomCloud {
		env = map[string]string{"OS_ACCESS_KEY": cloudsim.DemoAccessKey, "OS_SECRET_KEY": cloudsim.DemoSecretKey, "OS_DOMAIN_ID": w.Home}
	}
	retry := huaweicloud.DefaultRetry()
	retry.BaseDelay, retry.MaxDelay = time.Millisecond, 10*time.Millisecond
	connection, err := connector(huaweicloud.Lag{Limit: 20 * time.Millisecond, Poll: time.Millisecond}, huaweicloud.WithRetry(retry))(
		context.Background(), providers.Target{
			Cloud: cloudOf(w), Rate: math.Inf(1), Endpoints: map[string]string{"iam": listening.URL}, Getenv: func(name string) string { return env[name] },
		})
	require.NoError(t, err)
	return server, engine.New(services.Registry(), connection.Remotes, nil), func() { connection.Close(); listening.Close() }
}

func cloudOf(w cloudsim.World) plan.Cloud {
	if w.Cloud == cloudsim.OpenTelekomCloud {
		return plan.Cloud{Kind: w.Cloud, Region: "eu-de"}
	}
	return plan.Cloud{Kind: w.Cloud, Region: "cn-north-4"}
}

// exportOf is the export of an account.
func exportOf(t require.TestingT, e *engine.Engine, cloud plan.Cloud) *schema.File {
	snapshot, err := e.ObserveAll(context.Background(), engine.WholeAccount(services.Registry(), plan.Account{}, cloud))
	require.NoError(t, err)
	file, err := export.Manifest(services.Registry(), snapshot, export.Options{Now: exportedAt})
	require.NoError(t, err)
	return file
}

// isWhatIsLive requires that the export of an account is valid, that a plan of it is empty, and that drift tells nothing but what the
// comments of the export say.
func isWhatIsLive(t require.TestingT, e *engine.Engine, cloud plan.Cloud) {
	exported, _ := exportOf(t, e, cloud).Text()
	text := string(exported)
	manifests, _, problems := schema.Parse([]schema.Source{{Name: "m.yaml", Data: exported}})
	require.Empty(t, plan.Fatal(problems), text)
	_, problems = engine.Validate(services.Registry(), manifests[0])
	require.Empty(t, plan.Fatal(problems), text)
	drift, compared, err := e.Drift(context.Background(), manifests[0], engine.DriftOptions{Now: exportedAt})
	require.NoError(t, err, text)
	require.NotNil(t, drift, "%v\n%s", compared.Problems, text)
	comments := commentsOf(text)
	for _, of := range [][]plan.Difference{drift.Changed, drift.Missing, drift.Unexpected} {
		for _, d := range of {
			require.Contains(t, comments, withoutBlanks(d.Address.String()), text)
		}
	}
	for _, d := range drift.Expired {
		require.Contains(t, text, "# expired at ", d.Address)
	}
	pruning := *manifests[0] // as the author may decide once all is listed
	pruning.Ownership.Prune = true
	planned, err := e.Fresh(&pruning, engine.PlanOptions{}).Make(context.Background())
	require.NoError(t, err)
	require.NotNil(t, planned.Plan, text)
	for _, c := range planned.Plan.Changes {
		if c.Action == plan.Delete && !strings.ContainsAny(c.Address.String(), "*?") { // no pattern names such a one alone
			require.Fail(t, "the export keeps it from no delete", "%s\n%s", c.Address, text)
		}
	}
	if !strings.Contains(text, "drift tells it") {
		planned, err := e.Fresh(manifests[0], engine.PlanOptions{}).Make(context.Background())
		require.NoError(t, err)
		require.Empty(t, planned.Plan.Changes, text)
		require.Empty(t, planned.Plan.Unexpected, text)
	}
}

func TestAnExportIsWhatIsLive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawnAccount(t, rapid.SampledFrom([]string{cloudsim.HuaweiCloud, cloudsim.OpenTelekomCloud}).Draw(t, "cloud"))
		_, e, closed := openWorld(t, w)
		defer closed()
		isWhatIsLive(t, e, cloudOf(w))
	})
}

// openServices connects to a new account in which services were authorized as a drawn manifest wants it.
func openServices(t *rapid.T) (server *cloudsim.Server, e *engine.Engine, closed func()) {
	server, e, closed = openWorld(t, cloudsim.DemoWorld(cloudsim.HuaweiCloud))
	job := e.Fresh(drawn(t, true, `"policy/nothing"`), engine.PlanOptions{})
	planned, err := job.Make(context.Background())
	require.NoError(t, err)
	if planned.Plan != nil && !planned.Refused() {
		job.Execute(context.Background(), planned, engine.ApplyOptions{PollInterval: time.Millisecond, VerifyTimeout: 20 * time.Millisecond})
	}
	return server, e, closed
}

func TestAnExportOfServicesIsWhatIsLive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		server, e, closed := openServices(t)
		defer closed()
		for _, words := range rapid.SliceOfN(rapid.SampledFrom(edits), 0, 3).Draw(t, "by hand") {
			edit, err := cloudsim.ParseEdit(words)
			require.NoError(t, err)
			_ = server.Edit("", edit) // one that does not fit the account changes nothing
		}
		isWhatIsLive(t, e, cloudOf(server.World()))
	})
}

// commentsOf are the comments of a manifest, without blanks and line ends.
func commentsOf(text string) string {
	var comments []string
	for line := range strings.Lines(text) {
		if _, comment, found := strings.Cut(line, "# "); found {
			comments = append(comments, comment)
		}
	}
	return withoutBlanks(strings.Join(comments, ""))
}

func withoutBlanks(text string) string { return strings.Join(strings.Fields(text), "") }
