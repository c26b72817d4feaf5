package acceptance

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// twoAgencies is a manifest of agencies with three grants, of which the last one belongs to ops-b.
const twoAgencies = `ownership: {include: ["ops-*"]}
agencies:
  - {name: ops-a, trust: {account: partner-co}, duration: 20d, grants: {domain: [OBS ReadOnlyAccess], projects: {cn-north-4: [ECS ReadOnlyAccess]}}}
  - {name: ops-b, trust: {account: partner-co}, duration: 20d, grants: {domain: [Tenant Guest]}}
`

// hide takes an agency out of the list of all agencies. Its grants stay in their lists.
func (f *front) hide(t *testing.T, name string) (id string) {
	world := f.server.World()
	edit := func(r *http.Request, body []byte) []byte {
		if r.Method != http.MethodGet || r.URL.Path != "/v3.0/OS-AGENCY/agencies" {
			return body
		}
		var answer map[string]any
		require.NoError(t, json.Unmarshal(body, &answer))
		kept := []any{}
		for _, agency := range answer["agencies"].([]any) {
			if agency.(map[string]any)["name"] != name {
				kept = append(kept, agency)
			} else if n, told := answer["total_number"].(float64); told {
				answer["total_number"] = n - 1
			}
		}
		answer["agencies"] = kept
		edited, err := json.Marshal(answer)
		require.NoError(t, err)
		return edited
	}
	f.answer.Store(&edit)
	return world.AccountNamed("").AgencyNamed(name).ID
}

// TestGrantsOfAnAgencyThatNoListShows: every command does its work, and tells which agency it could not see.
func TestGrantsOfAnAgencyThatNoListShows(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("m.yaml", []byte(head+twoAgencies), 0o600))
	f.succeeds(t, "apply", "-f", "m.yaml", "--auto-approve")
	warning := "1 grant belongs to an agency that the list of agencies does not show, as may be with a new or a deleted one: id " + f.hide(t, "ops-b")
	f.succeeds(t, "export", "--format", "snapshot", "--out", "account.json")
	for _, from := range []string{"the cloud", "a snapshot"} {
		run := func(code int, words ...string) string {
			var o outcome
			if from == "the cloud" {
				o = f.run(t, words...)
			} else {
				o = f.offline(t, append(words, "--live", "account.json")...)
			}
			assert.Equal(t, code, o.code, "%s %v: %s", from, words, o)
			return o.stdout
		}
		told := run(0, "plan", "-f", "m.yaml")
		assert.Contains(t, told, "Warning: "+warning)
		assert.Contains(t, told, "2 to create")
		told = run(2, "drift", "-f", "m.yaml", "--quiet")
		assert.Contains(t, told, "Warning: "+warning)
		assert.Contains(t, told, "2 missing")
		assert.Contains(t, run(2, "drift", "-f", "m.yaml", "--quiet", "--patch"), "# warning: "+warning+"\n")
		assert.Contains(t, run(0, "audit"), "Warning: "+warning)
		comments := strings.ReplaceAll(run(0, "export"), "\n#  ", "")
		assert.Contains(t, comments, "\n# warning: "+warning+"\n")
	}
	updated := f.succeeds(t, "export", "--update", "m.yaml", "--quiet")
	assert.Equal(t, "warning: "+warning+"\n", updated.stderr)
	_, notes, err := cloudsim.LoadSeed("account.json")
	require.NoError(t, err)
	assert.Equal(t, []string{"grants: 1 of agencies that it does not list"}, notes)
}

// TestAnAgencyThatIsDeletedBetweenTwoCalls: a list of all grants lacks its own, and a list of its own alone says that it is not there.
func TestAnAgencyThatIsDeletedBetweenTwoCalls(t *testing.T) {
	for name, c := range map[string]struct {
		before string
		// first deletes the first agency of the list, by which it is found out whether a place can be read at all.
		first bool
	}{
		"all grants": {before: "/OS-PERMISSION/role-assignments"}, "of the account": {before: "/OS-AGENCY/domains/"},
		"in projects": {before: "/OS-AGENCY/projects/"}, "in all projects": {before: "/OS-INHERIT/domains/"},
		"the first, in projects": {"/OS-AGENCY/projects/", true}, "the first, in all projects": {"/OS-INHERIT/domains/", true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t, cloudsim.Options{})
			path := manifestOn(t, "huaweicloud", "cn-north-4, notRead: [enterprise-projects]", twoAgencies)
			f.succeeds(t, "apply", "-f", path, "--auto-approve")
			world := f.server.World()
			deleted := world.AccountNamed("").AgencyNamed("ops-b")
			inBulk := strings.HasSuffix(c.before, "role-assignments")
			if !inBulk {
				refused := cloudsim.Fault{Path: "/v3.0/OS-PERMISSION/role-assignments", Status: http.StatusForbidden}
				require.NoError(t, f.server.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{refused}}))
			}
			w := f.interrupts(func(_ []string, call string) bool {
				if c.first {
					all := world.AccountNamed("").Agencies
					deleted = &all[max(0, slices.IndexFunc(all, func(a cloudsim.Agency) bool { return strings.Contains(call, a.ID) }))]
				}
				return strings.Contains(call, c.before) && (inBulk || strings.Contains(call, deleted.ID))
			}, func() { f.edit(t, "delete", deleted.Name) })
			if o := f.run(t, "drift", "-f", path); inBulk {
				assert.Equal(t, 2, o.code, "%s", o)
			} else {
				assert.Equal(t, 1, o.code, "%s", o)
				assert.Contains(t, o.stderr, "Could not find agency: "+deleted.ID)
				assert.Contains(t, o.stderr, "hint: run plan again: what the call names is not there")
				assert.NotContains(t, o.stderr, "cloud.notRead", "nothing has to be left unread for it")
			}
			require.GreaterOrEqual(t, w.done, 0)
			again := f.run(t, "drift", "-f", path)
			isListed := strings.HasPrefix(deleted.Name, "ops-")
			assert.Equal(t, isListed, strings.Contains(again.stdout, "missing"), "%s", again)
		})
	}
}
