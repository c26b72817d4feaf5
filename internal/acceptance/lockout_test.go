package acceptance

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// TestOneMistakeCountsOnceForAllAccounts: a key or a user is locked after a few wrong attempts, whichever accounts they
// were meant for.
func TestOneMistakeCountsOnceForAllAccounts(t *testing.T) {
	const accounts = 6
	for name, env := range map[string]map[string]string{
		"a wrong key":      {"HW_ACCESS_KEY": cloudsim.DemoAccessKey, "HW_SECRET_KEY": "wrong"},
		"a wrong password": {"HW_USER_NAME": cloudsim.DemoUser, "HW_USER_PASSWORD": "wrong", "HW_DOMAIN_NAME": "example-co"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t, cloudsim.Options{})
			f.env = env
			folder := t.TempDir()
			for i := range accounts {
				text := fmt.Sprintf("apiVersion: agencyctl/v1\naccount: {name: account-%d}\ncloud: {kind: huaweicloud, region: cn-north-4}\n"+
					"agencies:\n  - {name: ops, trust: {account: partner-co}}\n", i)
				require.NoError(t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.yaml", i)), []byte(text), 0o600))
			}
			o := f.run(t, "plan", "-f", folder, "--assume", "ops-admin")
			assert.Equal(t, 1, o.code, "%s", o)
			refused := 0
			for _, call := range f.server.Calls() {
				if call.Status == http.StatusUnauthorized {
					refused++
				}
			}
			assert.Equal(t, 1, refused, "%s", o)
			for i := range accounts {
				assert.Contains(t, o.stderr, fmt.Sprintf("account-%d", i))
			}
			assert.Equal(t, accounts-1, strings.Count(o.stderr, "not sent, because the credentials were refused before"), "%s", o)
		})
	}
}
