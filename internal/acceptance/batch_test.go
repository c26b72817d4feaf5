package acceptance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// inProjects is a manifest of one agency that has a role in n enterprise projects, and more roles in the first.
func inProjects(t *testing.T, n int, more ...string) (path string, seed cloudsim.World) {
	t.Helper()
	seed = cloudsim.DemoWorld(cloudsim.HuaweiCloud)
	home := slices.IndexFunc(seed.Accounts, func(a cloudsim.Account) bool { return a.ID == seed.Home })
	account := &seed.Accounts[home]
	account.EnterpriseProjects = nil
	var b strings.Builder
	b.WriteString("apiVersion: agencyctl/v1\naccount: {name: example-co}\ncloud: {kind: huaweicloud, region: cn-north-4}\nagencies:\n" +
		"  - name: ops-projects\n    trust: {account: partner-co}\n    grants:\n      enterpriseProjects:\n")
	for i := range n {
		account.EnterpriseProjects = append(account.EnterpriseProjects, cloudsim.EnterpriseProject{ID: fmt.Sprintf("%032x", i+1), Name: fmt.Sprintf("unit-%03d", i)})
		fmt.Fprintf(&b, "        unit-%03d: [%s]\n", i, strings.Join(append([]string{"Tenant Guest"}, more...), ", "))
		more = nil
	}
	path = filepath.Join(t.TempDir(), "m.yaml")
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
	return path, seed
}

// batches returns the statuses of the calls that give or take roles in enterprise projects.
func batches(f *front, method string) (statuses []int) {
	for _, c := range f.server.Calls() {
		if c.Method == method && strings.HasSuffix(c.Path, "/enterprise-project/role-assignments") {
			statuses = append(statuses, c.Status)
		}
	}
	return statuses
}

func TestManyGrantsInEnterpriseProjectsAreOneWrite(t *testing.T) {
	for n, calls := range map[int]int{40: 1, 251: 2} {
		path, seed := inProjects(t, n)
		f := newFront(t, cloudsim.Options{Seed: seed})
		f.succeeds(t, "apply", "-f", path, "--auto-approve")
		require.Len(t, batches(f, http.MethodPut), calls)
		require.Equal(t, 1+calls, written(f.server), "the agency, and its grants")

		text, err := os.ReadFile(path)
		require.NoError(t, err)
		until, _, _ := strings.Cut(string(text), "    grants:")
		require.NoError(t, os.WriteFile(path, []byte(until), 0o600))
		f.succeeds(t, "apply", "-f", path, "--auto-approve")
		require.Len(t, batches(f, http.MethodDelete), calls)
		require.Equal(t, 1+2*calls, written(f.server))
	}
}

// TestARefusedGrantOfManyIsToldAlone: whatever a cloud does with the others, each has its own outcome.
func TestARefusedGrantOfManyIsToldAlone(t *testing.T) {
	for name, switches := range map[string]cloudsim.Switches{
		"all or nothing": {}, "in order": {BatchAppliesInOrder: true}, "illegal": {BatchUnknownIllegal: true},
		"in order, and no grant twice": {BatchAppliesInOrder: true, ConflictOnRepeatedGrant: true},
	} {
		t.Run(name, func(t *testing.T) {
			path, seed := inProjects(t, 20)
			f := newFront(t, cloudsim.Options{Seed: seed, Switches: switches})
			f.edit(t, "create", "ops-projects", "partner-co")
			f.edit(t, "set", "ops-projects", "duration", "FOREVER")
			f.interrupts(beforeWrite(1), f.byHand(t, "enterprise-project | delete | unit-005"))
			o := f.run(t, "apply", "-f", path, "--auto-approve", "-o", "json")
			require.Equal(t, 3, o.code, o.String())
			var done applied
			require.NoError(t, json.Unmarshal([]byte(o.stdout), &done), o.String())
			require.Len(t, done.Accounts[0].Results, 20)
			for _, result := range done.Accounts[0].Results {
				if strings.Contains(result.Address, "unit-005") {
					require.Equal(t, "failed", result.Outcome)
					require.Regexp(t, `HTTP 40[04]`, result.Error)
				} else {
					require.Equal(t, "applied", result.Outcome, result.Error)
				}
			}
			require.Len(t, batches(f, http.MethodPut), 1+20)
		})
	}
}

// TestManyGrantsOfANewAgencyWaitTogether: the cloud knows a new agency late, and says so in one way or another.
func TestManyGrantsOfANewAgencyWaitTogether(t *testing.T) {
	for _, switches := range []cloudsim.Switches{{GrantNeedsVisibleAgency: true}, {GrantNeedsVisibleAgency: true, BatchUnknownIllegal: true}} {
		path, seed := inProjects(t, 20)
		f := newFront(t, cloudsim.Options{Seed: seed, Switches: switches, Faults: cloudsim.Faults{ReadLag: 400 * time.Millisecond}})
		f.succeeds(t, "apply", "-f", path, "--auto-approve")
		statuses := batches(f, http.MethodPut)
		require.Greater(t, len(statuses), 1)
		require.Less(t, len(statuses), 20)
		require.Equal(t, http.StatusOK, statuses[len(statuses)-1])
	}
}
