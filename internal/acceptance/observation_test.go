package acceptance

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/schema"
)

// drawn is a manifest of random wishes for what all manifests of one listing list, in the parts of an account that they read. Owned are
// the patterns of what they are responsible for.
func drawn(t *rapid.T, bulk bool, owned string) *plan.Manifest {
	one := func(texts ...string) string { return rapid.SampledFrom(texts).Draw(t, "wish") }
	some := func(texts ...string) string {
		return strings.Join(rapid.SliceOfNDistinct(rapid.SampledFrom(texts), 0, -1, rapid.ID).Draw(t, "some"), ", ")
	}
	notRead, enterprise := "", ", enterpriseProjects: {staging: [EVS ReadOnlyAccess]}"
	if !bulk {
		notRead, enterprise = ", enterpriseProjects: unmanaged", ""
	}
	policies := some("FABRIC_COMMON_POLICY", "FABRIC_SMN_POLICY") // both regions must agree
	roles := some(`RMS ReadOnlyAccess`, `OBS ReadOnlyAccess`, `ECS ReadOnlyAccess`)
	entry := func(head, wanted string) string { return "  - {" + head + ", " + one("state: absent", wanted) + "}\n" }
	text := "apiVersion: agencyctl/v1\naccount: {name: example-co}\ncloud: {kind: huaweicloud, region: cn-north-4" + notRead + "}\n" +
		"ownership: {prune: " + one("true", "false") + ", protect: [" + some(`"agency/*"`, `"agency/ops"`, `"agency/fabric_admin_trust"`, `"authorization/**"`, `"agency/CSMS*"`) +
		"], include: [\"policy/none\", " + owned + "]}\n" +
		"policies:\n" + entry("name: reads", `scope: project, statements: [{effect: Allow, actions: ["ecs:servers:`+one("get", "list")+`"]}]`) +
		"agencies:\n  - {name: anchor, trust: {account: partner-co}, grants: {domain: [OBS ReadOnlyAccess], projects: {cn-north-4: [ECS ReadOnlyAccess]}" + enterprise + "}}\n" +
		entry("name: ops", "trust: {account: "+one("partner-co", "vendor-co")+"}, description: "+one("a", "b")+
			", grants: {allProjects: ["+some("Tenant Guest", "OBS ReadOnlyAccess")+"]}") +
		"authorizations:\n"
	for _, region := range []string{"cn-north-4", "cn-east-3"} {
		for _, secretType := range []string{"RDS-FG", "GaussDB-FG"} {
			text += entry("service: csms, region: "+region+", secretTypes: ["+secretType+"]", "owner: x")
		}
		text += entry("service: fabric, region: "+region, "policies: ["+policies+"]")
		text += entry("service: lakeformation, region: "+region+", agencyTypes: [JOB_TRUST]", "owner: x")
		text += entry("service: secmaster, region: "+region, "roles: ["+roles+"]")
	}
	manifests, _, problems := schema.Parse([]schema.Source{{Name: "drawn.yaml", Data: []byte(text)}})
	require.Empty(t, plan.Fatal(problems), text)
	return manifests[0]
}

// observe reads the account as a new run of the program does, and encodes all that it shows.
func observe(t *rapid.T, connection *cli.Connection, m *plan.Manifest) string {
	registry := services.Registry()
	desired, problems := engine.Validate(registry, m)
	require.Empty(t, plan.Fatal(problems))
	observed, err := engine.New(registry, connection.Remotes, nil).Observe(context.Background(), m, desired)
	require.NoError(t, err)
	s := observed.Snapshot
	parts := make([]string, 0, len(s.Resources))
	for _, l := range s.Resources {
		parts = append(parts, fmt.Sprintf("%#v", l.Parts))
	}
	text, err := json.MarshalIndent([]any{
		s.Account, s.Cloud, s.Resources, parts, s.Catalogue.Entries(), s.Quotas, s.Coverage, s.NotRead, s.Warnings, registry.Cover(desired, m),
	}, "", " ")
	require.NoError(t, err)
	return string(text)
}

// edits are what somebody may do by hand.
var edits = [][]string{
	{"grant", "ops", "domain", "OBS Administrator"}, {"set", "ops", "description", "by hand"}, {"delete", "ops"}, {"expire", "ops"},
	{"create", "fabric_admin_trust", "partner-co"}, {"create", "CSMSAccessFunctionGraph", "op_svc_kms"}, {"delete", "SecMaster_Agency"},
	{"grant", "lakeformation_job_trust", "project:cn-east-3", "ECS FullAccess"}, {"grant", "SecMaster_Agency", "domain", "OBS ReadOnlyAccess"},
	{"delete", "CSMSAccessFunctionGraph"}, {"delete", "fabric_admin_trust"}, {"set", "fabric_admin_trust", "trust", "partner-co"},
}

// TestWhatIsReadDoesNotDependOnWhatIsWanted lets two random manifests that list and own the same, and want other things of it, read
// one random account: both must see the same, byte by byte, over whichever connection and after whatever that did before.
func TestWhatIsReadDoesNotDependOnWhatIsWanted(t *testing.T) {
	retry := huaweicloud.DefaultRetry()
	retry.BaseDelay, retry.MaxDelay = time.Millisecond, 10*time.Millisecond
	resources, differ := 0, false
	rapid.Check(t, func(t *rapid.T) {
		server, err := cloudsim.New(cloudsim.Options{})
		require.NoError(t, err)
		listening := httptest.NewServer(server)
		defer listening.Close()
		env := keyEnv(server)
		open := func() *cli.Connection {
			connection, err := connector(huaweicloud.Lag{Limit: 20 * time.Millisecond, Poll: time.Millisecond}, huaweicloud.WithRetry(retry))(
				context.Background(), providers.Target{
					Cloud: plan.Cloud{Kind: huaweicloud.HuaweiCloud, Region: "cn-north-4"}, Rate: math.Inf(1),
					Endpoints: map[string]string{"iam": listening.URL}, Getenv: func(name string) string { return env[name] },
				})
			require.NoError(t, err)
			return connection
		}
		bulk := rapid.Bool().Draw(t, "bulk reads are allowed")
		owned := strings.Join(rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
			`"agency/*"`, `"authorization/csms/**"`, `"authorization/*/ap-southeast-1/*"`, `"authorization/*/cn-*"`, `"policy/*"`,
		}), 0, -1, rapid.ID).Draw(t, "owned"), ", ")
		first, second := open(), open()
		defer first.Close()
		defer second.Close()
		job := engine.New(services.Registry(), first.Remotes, nil).Fresh(drawn(t, true, owned), engine.PlanOptions{})
		planned, err := job.Make(context.Background())
		require.NoError(t, err)
		if planned.Plan != nil && !planned.Refused() {
			job.Execute(context.Background(), planned, engine.ApplyOptions{PollInterval: time.Millisecond, VerifyTimeout: 20 * time.Millisecond})
		}
		for _, words := range rapid.SliceOfN(rapid.SampledFrom(edits), 0, 3).Draw(t, "by hand") {
			edit, err := cloudsim.ParseEdit(words)
			require.NoError(t, err)
			_ = server.Edit("", edit) // one that does not fit the account changes nothing
		}
		if !bulk {
			require.NoError(t, server.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Path: "/v3.0/OS-PERMISSION/role-assignments", Status: 403}}}))
		}
		a, b := drawn(t, bulk, owned), drawn(t, bulk, owned)
		seen := observe(t, first, a)
		require.Equal(t, seen, observe(t, second, b))
		require.Equal(t, seen, observe(t, first, b))
		resources += strings.Count(seen, "authorization/")
		differ = differ || a.Digest != b.Digest
	})
	require.Positive(t, resources)
	require.True(t, differ)
}
