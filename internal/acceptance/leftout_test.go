package acceptance

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// TestWhatIsLeftOutIsNotPruned leaves an agency and a policy unread that can be read: no plan may say anything about them.
func TestWhatIsLeftOutIsNotPruned(t *testing.T) {
	const made = `policies: [{name: ops-write, scope: project, statements: [{effect: Allow, actions: ['ecs:servers:get']}]}]
agencies: [{name: ops-live, trust: {account: partner-co}, duration: 20d, grants: {projects: {cn-north-4: [ops-write]}}}]
`
	const owned = "ownership: {include: ['ops-*', 'policy/ops-*'], prune: true}\n"
	f := newFront(t, cloudsim.Options{})
	base := manifestOn(t, "huaweicloud", "cn-north-4", made)
	f.succeeds(t, "apply", "-f", base, "--auto-approve")
	require.Contains(t, f.succeeds(t, "plan", "-f", manifestOn(t, "huaweicloud", "cn-north-4", owned)).stdout, "2 to delete", "else nothing is at stake")
	world := f.server.World()
	account := world.AccountNamed("")
	policyID := account.Policies[0].ID
	for name, words := range map[string]string{
		"by name": "agency:ops-live, policy:ops-write",
		"by id":   "'agency:id:" + account.AgencyNamed("ops-live").ID + "', 'policy:id:" + policyID + "'",
	} {
		t.Run(name, func(t *testing.T) {
			path := manifestOn(t, "huaweicloud", "cn-north-4, notRead: ["+words+"]", owned)
			o := f.succeeds(t, "plan", "-f", path, "--base", base, "--verbose").stdout
			assert.Contains(t, o, "cloud.notRead leaves it out")
			assert.NotContains(t, o, "leaves nothing out")
			assert.NotContains(t, o, "to delete")
			assert.Regexp(t, `agency/ops-live +not read, and stays if it is there`, o)
			assert.Regexp(t, `policy/ops-write +not read, and stays if it is there`, o)
			f.succeeds(t, "apply", "-f", path, "--auto-approve")
			f.succeeds(t, "drift", "-f", path)
			more := manifestOn(t, "huaweicloud", "cn-north-4, notRead: ["+words+"]", owned+
				"agencies: [{name: new-"+strings.ReplaceAll(name, " ", "-")+", trust: {account: partner-co}, duration: 20d}]\n")
			saved := filepath.Join(t.TempDir(), "saved.plan")
			f.succeeds(t, "plan", "-f", more, "--out", saved)
			text, err := os.ReadFile(saved)
			require.NoError(t, err)
			assert.Contains(t, string(text), `"gaps":["agency/ops-live","grant/ops-live/**","policy/`)
			f.succeeds(t, "apply", saved, "--auto-approve")
			world := f.server.World()
			require.NotNil(t, world.AccountNamed("").AgencyNamed("ops-live"))
			require.Len(t, world.AccountNamed("").Policies, 1)
		})
	}
	t.Run("an entry needs it", func(t *testing.T) {
		path := manifestOn(t, "huaweicloud", "cn-north-4, notRead: ['agency:id:"+account.AgencyNamed("ops-live").ID+"']", made)
		f.refused(t, []string{"manifest.yaml:6:", "agency/ops-live is listed", "cloud.notRead leaves it out"}, "plan", "-f", path)
	})
}

// TestAPolicyThatIsOddAfterTheWrite spoils the record of a policy once the delete is sent: it may not count as gone.
func TestAPolicyThatIsOddAfterTheWrite(t *testing.T) {
	const made = "policies: [{name: ops-write, scope: project, statements: [{effect: Allow, actions: ['ecs:servers:get']}]}]\n"
	f := newFront(t, cloudsim.Options{})
	f.succeeds(t, "apply", "-f", manifestOn(t, "huaweicloud", "cn-north-4", made), "--auto-approve")
	var before []byte
	gone := false
	edit := func(r *http.Request, body []byte) []byte {
		switch {
		case r.Method == http.MethodDelete && strings.HasPrefix(r.URL.Path, "/v3.0/OS-ROLE/roles/"):
			gone = true
		case r.Method == http.MethodGet && r.URL.Path == "/v3.0/OS-ROLE/roles" && !gone:
			before = body
		case r.Method == http.MethodGet && r.URL.Path == "/v3.0/OS-ROLE/roles":
			return bytes.Replace(before, []byte(`"display_name":"ops-write"`), []byte(`"display_name":"ops-write","catalog":7`), 1)
		}
		return body
	}
	f.answer.Store(&edit)
	const owned = "ownership: {include: ['policy/ops-*'], prune: true}\n"
	o := f.run(t, "apply", "-f", manifestOn(t, "huaweicloud", "cn-north-4", owned), "--auto-approve", "--verify-timeout", "300ms")
	assert.NotZero(t, o.code, "%s", o)
	assert.NotContains(t, o.stdout, "Applied 1 change, verified")
	assert.Contains(t, o.String(), "policy/ops-write is not as documented")
}
