package acceptance

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// TestOddThingsKeepNoAccountFromBeingExported: what is not as documented is told. The rest is exported and audited, and a plan of the
// export is empty.
func TestOddThingsKeepNoAccountFromBeingExported(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	for name, test := range map[string]struct{ path, key, element, told string }{
		"an agency with a name": {"/v3.0/OS-AGENCY/agencies", "agencies", `{"id":"a9","name":"odd one","duration":[]}`, "odd one"},
		"an agency without name": {"/v3.0/OS-AGENCY/agencies", "agencies", `{"id":"a9","name":"","duration":"FOREVER","trust_domain_name":"op_svc_ecs"}`,
			"agency:id:a9"},
		"a policy without name": {"/v3.0/OS-ROLE/roles", "roles", `{"id":"p9","name":7,"display_name":7,"policy":{},"type":"AX"}`, "policy:id:p9"},
		"a custom policy":       {"/v3.0/OS-ROLE/roles", "roles", `{"id":"p9","display_name":"odd","policy":{},"type":7}`, "policy:odd"},
		"a grant of an agency": {"/v3.0/OS-PERMISSION/role-assignments", "role_assignments",
			`{"agency":{"id":"` + agencyID(t, f, "monitoring") + `"},"role":{"id":7},"scope":{"domain":{}}}`, "agency:monitoring"},
		"a role":                  {"/v3/roles", "roles", `{"id":"r9","display_name":"Odd","type":7}`, "role:Odd"},
		"a project without names": {"/v3/projects", "projects", `{"id":"j9","name":7}`, "project:id:j9"},
	} {
		t.Run(name, func(t *testing.T) {
			edit := withElement(test.path, test.key, test.element)
			f.answer.Store(&edit)
			defer f.answer.Store(nil)
			path := filepath.Join(t.TempDir(), "live.yaml")
			exported := f.succeeds(t, "export", "--region", "cn-north-4").stdout
			assert.Contains(t, exported, test.told)
			assert.Equal(t, name == "a grant of an agency", strings.Contains(exported, "    - monitoring # not read in whole"))
			require.NoError(t, os.WriteFile(path, []byte(exported), 0o600))
			assert.Contains(t, f.succeeds(t, "plan", "-f", path).stdout, "Nothing to do")
			pruning := strings.Replace(exported, "\nownership:\n", "\nownership:\n  prune: true\n", 1)
			require.NoError(t, os.WriteFile(path, []byte(pruning), 0o600))
			assert.Contains(t, f.succeeds(t, "plan", "-f", path).stdout, "Nothing to do")
			assert.Contains(t, f.succeeds(t, "audit", "--region", "cn-north-4").stdout, test.told)
		})
	}
}

// withElement puts an element into a list that the cloud answers.
func withElement(path, key, element string) func(*http.Request, []byte) []byte {
	return func(r *http.Request, body []byte) []byte {
		beginning := `"` + key + `":[`
		switch {
		case r.Method != http.MethodGet || r.URL.Path != path:
			return body
		case bytes.Contains(body, []byte(beginning+"]")): // custom policies: there are none
			return bytes.Replace(body, []byte(beginning), []byte(beginning+element), 1)
		}
		return bytes.Replace(body, []byte(beginning), []byte(beginning+element+","), 1)
	}
}

// TestAnExportSaysWhereNoPlanIsMadeOfIt: what shows neither name nor id may be owned, and nothing leaves it unread.
func TestAnExportSaysWhereNoPlanIsMadeOfIt(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	for kind, list := range map[string]struct{ path, key, element string }{
		"agency": {"/v3.0/OS-AGENCY/agencies", "agencies", `{"id":"","name":"","duration":"FOREVER","trust_domain_name":"op_svc_ecs"}`},
		"policy": {"/v3.0/OS-ROLE/roles", "roles", `{"id":7,"name":7,"display_name":7,"policy":{},"type":"AX"}`},
	} {
		t.Run(kind, func(t *testing.T) {
			edit := withElement(list.path, list.key, list.element)
			f.answer.Store(&edit)
			defer f.answer.Store(nil)
			says := func(arguments ...string) (text, path string) {
				path = filepath.Join(t.TempDir(), "live.yaml")
				text = f.succeeds(t, append([]string{"export", "--region", "cn-north-4"}, arguments...)...).stdout
				require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
				return strings.Join(strings.Fields(strings.ReplaceAll(text, "\n#", " ")), " "), path
			}
			const noPlan = "no plan is made of this manifest until it is repaired"
			text, path := says()
			assert.Contains(t, text, noPlan)
			assert.Contains(t, f.run(t, "plan", "-f", path).stderr, "ownership.include may cover it")
			text, path = says("--include", map[string]string{"agency": "policy/*", "policy": "*"}[kind])
			assert.Contains(t, text, "Not read: one "+kind+" without name and id")
			assert.NotContains(t, text, noPlan)
			f.succeeds(t, "plan", "-f", path)
		})
	}
}

// TestARoleOfANameThatTwoHaveIsNotLost: only its id tells it from the other one, and it is there.
func TestARoleOfANameThatTwoHaveIsNotLost(t *testing.T) {
	w := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
	i := slices.IndexFunc(w.Roles, func(r cloudsim.Role) bool { return r.DisplayName == "OBS OperateAccess" })
	twin := w.Roles[i]
	twin.ID = strings.Repeat("9", 32)
	w.Roles = append(w.Roles, twin)
	_, e, closed := openWorld(t, w)
	defer closed()
	text, _ := exportOf(t, e, cloudOf(w)).Text()
	assert.Contains(t, string(text), "id:"+w.Roles[i].ID)
	assert.NotContains(t, string(text), "any more")
}

// agencyID returns the id of an agency of the account.
func agencyID(t *testing.T, f *front, name string) string {
	t.Helper()
	w := f.server.World()
	for _, g := range w.AccountNamed(w.Home).Agencies {
		if g.Name == name {
			return g.ID
		}
	}
	t.Fatalf("no agency %s", name)
	return ""
}
