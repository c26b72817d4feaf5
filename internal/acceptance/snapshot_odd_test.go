package acceptance

import (
	"bytes"
	"cmp"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// TestSnapshotsOfOddAccounts takes snapshots where the cloud answers in ways of its own: what is told from the file is what is told online,
// also of what is not read, and the simulated cloud that is made of it says the same, or what it lacks.
func TestSnapshotsOfOddAccounts(t *testing.T) {
	inList := func(path, key, element string) func(*http.Request, []byte) []byte {
		return func(r *http.Request, body []byte) []byte {
			if r.Method != http.MethodGet || r.URL.Path != path {
				return body
			}
			return bytes.Replace(body, []byte(`"`+key+`":[`), []byte(`"`+key+`":[`+element+`,`), 1)
		}
	}
	for name, test := range map[string]struct {
		cloud    string
		switches cloudsim.Switches
		faults   []cloudsim.Fault
		edits    [][]string
		seed     func(*cloudsim.World)
		answer   func(*http.Request, []byte) []byte
		// tells is in what the plan says, and lacks in what the simulated cloud does not have; "" is one that is the same.
		tells, lacks string
	}{
		"on the other cloud": {cloud: cloudsim.OpenTelekomCloud},
		"an odd role":        {answer: inList("/v3/roles", "roles", `{"id":"r9","display_name":"Odd","type":7}`), tells: "role:Odd", lacks: "roles: 1 that are not as documented"},
		"an odd project":     {answer: inList("/v3/projects", "projects", `{"id":"j9","name":7}`), tells: "project:id:j9", lacks: "projects: 1 that are not as documented"},
		"no bulk reads": {
			faults:   []cloudsim.Fault{{Path: "/v3.0/OS-PERMISSION/role-assignments", Status: 404}},
			switches: cloudsim.Switches{RefuseMOS: true}, tells: "project:MOS", lacks: "grants enterprise-project: the cloud did not tell",
		},
		"no enterprise projects":      {switches: cloudsim.Switches{NoEnterpriseProjects: true}, lacks: "enterprise projects: the cloud did not tell"},
		"a project that is off":       {edits: [][]string{{"grant", "monitoring", "project:cn-east-3", "ECS ReadOnlyAccess"}, {"project", "disable", "cn-east-3"}}, tells: "it is disabled"},
		"a service that is not there": {faults: []cloudsim.Fault{{Path: "/v1/csms/agencies", Query: map[string]string{}, Status: 404, Body: `{"error_code":"APIGW.0101","error_msg":"no such API"}`}}, tells: "not offered there"},
		"a role and a project that are gone": {seed: func(w *cloudsim.World) {
			w.Lost = []string{"gone-project", "gone-role"}
			g := w.AccountNamed("").AgencyNamed("monitoring")
			g.Grants = append(g.Grants, cloudsim.Grant{Scope: cloudsim.ScopeDomain, Role: "gone-role"},
				cloudsim.Grant{Scope: cloudsim.ScopeProject, Target: "gone-project", Role: w.Roles[0].ID})
		}, tells: "gone-role"},
		"accounts with one name, and an account that is renamed": {seed: func(w *cloudsim.World) {
			home := w.AccountNamed("")
			home.AgencyNamed("monitoring").Trust = cloudsim.Party{ID: "other-partner", Name: "partner-co"}
			home.AgencyNamed("legacy-import").Trust.Name = "renamed-co"
		}, tells: "partner-co"},
		"documents of other forms": {seed: func(w *cloudsim.World) {
			w.Roles[0].Document = `{"Version":"2.0","Statement":[{"Effect":"Allow","Action":"ecs:*:get","Because":"<&>"}]}`
			w.Roles[1].Document = "null"
			g := w.AccountNamed("").AgencyNamed("monitoring")
			for _, role := range w.Roles[:2] {
				g.Grants = append(g.Grants, cloudsim.Grant{Scope: cloudsim.ScopeDomain, Role: role.ID})
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			region, other := "cn-north-4", "cn-east-3"
			if test.cloud == cloudsim.OpenTelekomCloud {
				region, other = "eu-de", "eu-nl"
			}
			world := cloudsim.DemoWorld(cmp.Or(test.cloud, cloudsim.HuaweiCloud))
			if test.seed != nil {
				test.seed(&world)
			}
			f := newFront(t, cloudsim.Options{Seed: world, Switches: test.switches})
			for _, words := range test.edits {
				edit, err := cloudsim.ParseEdit(words)
				require.NoError(t, err)
				require.NoError(t, f.server.Edit("", edit))
			}
			require.NoError(t, f.server.SetFaults(cloudsim.Faults{Targets: test.faults}))
			if test.answer != nil {
				f.answer.Store(&test.answer)
			}
			kind := world.Cloud
			path := manifestOn(t, kind, region, "ownership: {include: [monitoring, \"authorization/csms/**\"]}\nagencies:\n"+
				"  - {name: legacy-import, trust: {account: partner-co}, duration: 20d, grants: {projects: {"+other+": [ECS ReadOnlyAccess]}}}\n")
			snapshot := filepath.Join(t.TempDir(), "account.json")
			written := f.run(t, "export", "--format", "snapshot", "--cloud", kind, "--region", region, "--out", snapshot)
			require.Zero(t, written.code, "%s", written)
			kept, err := os.ReadFile(snapshot)
			require.NoError(t, err)
			again, notes, err := cloudsim.SnapshotWorld(kept)
			require.NoError(t, err)
			if test.lacks == "" {
				assert.Empty(t, notes)
			} else {
				assert.Contains(t, notes, test.lacks)
			}
			rehearsal := newFront(t, cloudsim.Options{Seed: again})
			all := ""
			for _, command := range [][]string{{"plan", "-o", "json"}, {"plan", "--verbose"}, {"drift", "--who=false", "-o", "json", "--now", "2026-11-27"}} {
				command = append(command, "-f", path)
				online, offline := f.run(t, command...).withoutRequests(), f.offline(t, append(command, "--live", snapshot)...).withoutRequests()
				require.Equal(t, online, offline)
				if test.lacks == "" {
					assert.Equal(t, online, rehearsal.run(t, command...).withoutRequests())
				}
				all += online.stdout
			}
			assert.Contains(t, all, test.tells)
		})
	}
}

// TestASnapshotHoldsWhatIsReadAndNothingElse: no credential, no endpoint, nothing of an answer that the program does not know, and no time.
func TestASnapshotHoldsWhatIsReadAndNothingElse(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	const canary = "canary-of-an-answer"
	edit := func(_ *http.Request, body []byte) []byte {
		for _, key := range []string{`"id":`, `"agency_name":`, `"agency_granted":`, `"create_agency":`, `"roles":`, `"agencies":`, `"projects":`} {
			body = bytes.ReplaceAll(body, []byte(key), []byte(`"token":"`+canary+`",`+key))
		}
		return body
	}
	f.answer.Store(&edit)
	snapshot := func() string {
		o := f.run(t, "export", "--format", "snapshot", "--region", "cn-north-4")
		require.Zero(t, o.code, "%s", o)
		return o.stdout
	}
	first := snapshot()
	f.assertNoSecret(t, map[string]string{"the snapshot": first})
	for _, text := range []string{canary, f.url, strings.TrimPrefix(f.url, "http://"), cloudsim.DemoAccessKey} {
		assert.NotContains(t, first, text)
	}
	f.ahead.Store(int64(10 * time.Minute)) // as far as the cloud bears
	assert.Equal(t, first, snapshot())
}

// TestWhatASnapshotDoesNotCoverIsNamed: every part that a manifest needs and the snapshot was written without.
func TestWhatASnapshotDoesNotCoverIsNamed(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	snapshot := filepath.Join(t.TempDir(), "account.json")
	written := f.run(t, "export", "--format", "snapshot", "--region", "cn-north-4", "--out", snapshot)
	require.Zero(t, written.code, "%s", written)
	for entry, part := range map[string]string{
		"{service: fabric, region: cn-east-3, policies: []}":                           "fabric authorization cn-east-3",
		"{service: secmaster, region: cn-east-3, project: cn-north-4_data, roles: []}": "secmaster authorization cn-east-3/cn-north-4_data",
	} {
		path := manifestOn(t, "huaweicloud", "cn-north-4", "authorizations:\n  - "+entry+"\n")
		for _, command := range []string{"plan", "drift", "graph"} {
			o := f.offline(t, command, "-f", path, "--live", snapshot)
			assert.Equal(t, 1, o.code)
			assert.Contains(t, o.stderr, "manifest.yaml:6:5: not in the snapshot of account example-co: "+part)
		}
	}
}
