package acceptance

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/schema"
)

// worlds draws accounts and manifests.
type worlds struct{ *rapid.T }

func (w worlds) one(texts ...string) string { return rapid.SampledFrom(texts).Draw(w.T, "one") }

func (w worlds) some(texts ...string) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(texts), 0, -1, rapid.ID).Draw(w.T, "some")
}

func (w worlds) flow(texts ...string) string { return "[" + strings.Join(w.some(texts...), ", ") + "]" }

// manifest is one of what may be there in an account that [worlds.apply] has been at, and of what is not.
func (w worlds) manifest(notRead bool) string {
	var b strings.Builder
	parts := "[]"
	if notRead {
		parts = w.flow(`iam-v5`, `all-projects`, `enterprise-projects`, `"project:cn-north-4_data"`, `"agency:cce_admin_trust"`, `"agency:gone"`,
			`"policy:other"`, `fabric`, `"csms:eu-west-101"`, `"lakeformation:ap-southeast-1"`)
	}
	b.WriteString("apiVersion: agencyctl/v1\naccount: {name: example-co}\ncloud: {kind: huaweicloud, region: " +
		w.one("cn-north-4", "cn-east-3") + ", notRead: " + parts + "}\n")
	include := w.flow(`"*"`, `"ops*"`, `"policy/*"`, `"authorization/**"`, `"authorization/csms/**"`, `"authorization/*/ap-southeast-1/*"`,
		`"authorization/secmaster/*"`, `"authorization/lakeformation/**"`)
	b.WriteString("ownership: {include: " + include + ", exclude: " + w.flow(`"cce_*"`, `"policy/other"`) + ", protect: " + w.flow(`"ops"`, `"policy/*"`) + "}\n")
	b.WriteString("guardrails: {trustedAccounts: [example-co, partner-co, audit-partner], forbiddenRoles: " + w.flow("Security Administrator", "CES ReadOnlyAccess") + "}\n")
	entries := func(section string, lines ...string) {
		if chosen := w.some(lines...); len(chosen) > 0 {
			b.WriteString(section + ":\n  - " + strings.Join(chosen, "\n  - ") + "\n")
		}
	}
	entries("policies",
		`{name: reads, scope: project, statements: [{effect: Allow, actions: ["ecs:servers:`+w.one("get", "list")+`"]}]}`,
		`{name: assumes, scope: global, statements: [{effect: Allow, actions: ["iam:agencies:assume"], resources: [`+w.one("agency/monitoring", "agency/legacy-import")+`]}]}`,
		`{name: mine, state: absent}`)
	enterprise := w.one("", ", enterpriseProjects: {staging: [EVS ReadOnlyAccess]}")
	entries("agencies",
		`{name: ops, trust: {account: `+w.one("partner-co", "audit-partner")+`}, description: `+w.one("a", "b")+`, grants: {allProjects: `+w.flow("Tenant Guest", "OBS ReadOnlyAccess")+enterprise+`}}`,
		`{name: new, trust: {`+w.one("service: op_svc_ecs", "account: example-co")+`}, duration: 20d, grants: {domain: [OBS ReadOnlyAccess], projects: {cn-north-4: [`+w.one("CES FullAccess", "ECS ReadOnlyAccess")+`]}}}`,
		`{name: legacy-import, grantsMode: additive, grantsAbsent: {domain: [OBS OperateAccess]}}`,
		`{name: monitoring, state: absent}`)
	roles := w.flow(`RMS ReadOnlyAccess`, `OBS ReadOnlyAccess`, `ECS ReadOnlyAccess`)
	named := w.one("", "", ", agency: own")
	entries("authorizations",
		`{service: csms, region: cn-north-4, secretTypes: [RDS-FG]`+named+`}`,
		`{service: csms, region: `+w.one("cn-east-3", "ap-southeast-1")+`, secretTypes: `+w.one("[RDS-FG]", "[GaussDB-FG, RDS-FG]")+`, `+w.one("owner: x", "state: absent")+`}`,
		`{service: fabric, region: cn-north-4, policies: `+w.one("[FABRIC_SMN_POLICY]", "[FABRIC_COMMON_POLICY, FABRIC_LTS_POLICY]")+`}`,
		`{service: lakeformation, region: `+w.one("cn-east-3", "cn-north-4")+`, agencyTypes: `+w.one("[JOB_TRUST]", "[ADMIN_TRUST, TABLE_SERVICE_TRUST]")+`, `+w.one("owner: x", "state: absent")+`}`,
		`{service: secmaster, region: cn-north-4, roles: `+roles+w.one("", ", project: cn-north-4_data")+`}`,
		`{service: secmaster, region: cn-east-3, `+w.one("roles: "+roles, "state: absent")+`}`)
	return b.String()
}

// byHand are edits of an account, each of which may fail to fit it.
var byHand = append([][]string{
	{"policy", "create", "mine", "project", "ecs:*:get"}, {"policy", "create", "other", "global", "obs:*:get"}, {"policy", "create", "reads", "project", "ecs:*:list"},
	{"grant", "monitoring", "domain", "mine"}, {"grant", "legacy-import", "enterprise-project:staging", "EVS ReadOnlyAccess"},
	{"grant", "monitoring", "project:cn-north-4_data", "Tenant Guest"}, {"set", "monitoring", "trust", "partner-co"},
	{"grant", "legacy-import", "all-projects", "Hidden Service Operator"}, {"set", "legacy-import", "duration", "20"},
	{"authorization", "create", "csms", "cn-north-4", "RDS-FG"}, {"authorization", "create", "csms", "cn-east-3", "GaussDB-FG"},
	{"authorization", "create", "fabric", "cn-north-4", "FABRIC_SMN_POLICY"},
	{"authorization", "create", "lakeformation", "cn-north-4", "JOB_TRUST"}, {"authorization", "create", "lakeformation", "cn-east-3", "ADMIN_TRUST"},
	{"authorization", "create", "secmaster", "cn-north-4"}, {"authorization", "create", "secmaster", "cn-east-3"},
}, edits...)

// apply makes a random account: by hand, past every check.
func (w worlds) apply(server *cloudsim.Server) {
	for _, words := range rapid.SliceOfN(rapid.SampledFrom(byHand), 0, 12).Draw(w.T, "by hand") {
		edit, err := cloudsim.ParseEdit(words)
		require.NoError(w.T, err, words)
		_ = server.Edit("", edit) // one that does not fit the account changes nothing
	}
}

// TestPlansFromASnapshotAreThoseOfTheCloud lets random manifests be planned from a random account, from the snapshot of it, and from a
// simulated cloud that is made of the snapshot: all must print the same, byte by byte.
func TestPlansFromASnapshotAreThoseOfTheCloud(t *testing.T) {
	dir := t.TempDir()
	path, snapshot := filepath.Join(dir, "manifest.yaml"), filepath.Join(dir, "account.json")
	changes, published := 0, publishedSchema(t, "snapshot")
	rapid.Check(t, func(rt *rapid.T) {
		w := worlds{rt}
		f := newFront(t, cloudsim.Options{Seed: cloudsim.World{RoleSeed: w.one("", "names that no page gives")}})
		w.apply(f.server)
		fault := w.one("", "", "/v3.0/OS-PERMISSION/role-assignments 404", "/v1.0/enterprise-projects 403", "/v3.0/OS-QUOTA/** 403")
		if fault != "" {
			place, status, _ := strings.Cut(fault, " ")
			code := map[string]int{"403": 403, "404": 404}[status]
			require.NoError(rt, f.server.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Path: place, Status: code}}}))
		}
		require.NoError(rt, os.RemoveAll(snapshot))
		written := f.run(t, "export", "--format", "snapshot", "--region", "cn-north-4", "--out", snapshot)
		require.Zero(rt, written.code, "%s", written)
		kept, err := os.ReadFile(snapshot)
		require.NoError(rt, err)
		require.NoError(rt, published.Validate(decodedJSON(rt, kept)))
		world, notes, err := cloudsim.SnapshotWorld(kept)
		require.NoError(rt, err)
		rehearsal := newFront(t, cloudsim.Options{Seed: world})
		text := w.manifest(rapid.Bool().Draw(rt, "not all is read"))
		require.NoError(rt, os.WriteFile(path, []byte(text), 0o600))
		for _, command := range [][]string{
			{"plan", "-o", "json"}, {"plan", "--verbose"}, {"drift", "--who=false", "-o", "json", "--now", "2026-11-27"}, {"drift", "--who=false", "--now", "2026-11-27"},
		} {
			command = append(command, "-f", path)
			online, offline := f.run(t, command...).withoutRequests(), f.offline(t, append(command, "--live", snapshot)...).withoutRequests()
			require.Equal(rt, online, offline, "%v of\n%s", command, text)
			if fault == "" {
				require.Empty(rt, notes)
				require.Equal(rt, offline, rehearsal.run(t, command...).withoutRequests(), "rehearsed: %v of\n%s", command, text)
			}
			changes += strings.Count(online.stdout, `"action"`)
		}
	})
	assert.True(t, changes > 0 || every > 1, "two draws may have nothing to change")
}

// publishedSchema compiles what agencyctl schema NAME prints.
func publishedSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	text, is := schema.Published(name)
	require.True(t, is)
	compiler, url := jsonschema.NewCompiler(), "https://agencyctl.github.io/schema/v1/"+name+".schema.json"
	require.NoError(t, compiler.AddResource(url, bytes.NewReader(text)))
	compiled, err := compiler.Compile(url)
	require.NoError(t, err)
	return compiled
}

func decodedJSON(t require.TestingT, text []byte) (value any) {
	require.NoError(t, json.Unmarshal(text, &value))
	return value
}

var requestIDs = regexp.MustCompile(`,? request id [0-9a-zA-Z-]+`)

// notOfNow is what a run says that takes live state from a file.
var notOfNow = regexp.MustCompile(`(?m)^live state is that of the snapshot .*, and not of now\n`)

// withoutRequests leaves out what tells one call from another, and a run from a file from one online.
func (o outcome) withoutRequests() outcome {
	o.stderr = notOfNow.ReplaceAllString(o.stderr, "")
	o.stdout, o.stderr = requestIDs.ReplaceAllString(o.stdout, ""), requestIDs.ReplaceAllString(o.stderr, "")
	return o
}
