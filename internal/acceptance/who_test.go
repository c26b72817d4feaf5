package acceptance

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// whoDid returns who made each difference of a drift, by address: "WHO FITS", or "" for not known.
func (f *front) whoDid(t *testing.T, manifest string) map[string]string {
	t.Helper()
	o := f.run(t, "drift", "-f", manifest, "-o", "json")
	require.Equal(t, 2, o.code, o.String())
	type difference struct {
		Address string
		Trace   *struct {
			Who  string
			Fits int
		}
	}
	var all struct {
		Accounts []struct{ Changed, Missing, Unexpected []difference }
	}
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &all))
	who := map[string]string{}
	for _, list := range [][]difference{all.Accounts[0].Changed, all.Accounts[0].Missing, all.Accounts[0].Unexpected} {
		for _, d := range list {
			if who[d.Address] = ""; d.Trace != nil {
				who[d.Address] = fmt.Sprint(d.Trace.Who, " ", d.Trace.Fits)
			}
		}
	}
	return who
}

// Whatever a trace leaves out, whoever made the changes is named, and it is never who only reads or fails.
func TestEveryReadingOfTraces(t *testing.T) {
	const head = `guardrails: {trustedAccounts: [partner-co]}
agencies:
  - {name: ops, trust: {account: partner-co}`
	none := file(t, head+"}\n")
	each := file(t, head+", grants: {domain: [Tenant Guest], allProjects: [Tenant Guest], projects: {cn-north-4: [Tenant Guest]}, "+
		"enterpriseProjects: {default: [ECS ReadOnlyAccess]}}}\n")
	const (
		domain, project = "grant/ops/domain/Tenant Guest", "grant/ops/project:cn-north-4/Tenant Guest"
		inherited       = "grant/ops/all-projects/Tenant Guest"
		enterprise      = "grant/ops/enterprise-project:default/ECS ReadOnlyAccess"
	)
	for name, c := range map[string]struct {
		switches cloudsim.Switches
		// actor is who is named, and unnamed how often operations whose names have no verb fit: a grant may be the revoke too.
		actor   string
		unnamed int
		// blind is set where nothing tells what was done to many at once.
		blind bool
	}{
		"as guessed":        {cloudsim.Switches{}, "user demo-operator", 2, false},
		"all tell a scope":  {cloudsim.Switches{TracesNameScopes: true}, "user demo-operator", 2, false},
		"all are named":     {cloudsim.Switches{TracesNameAllGrants: true}, "user demo-operator", 1, false},
		"twice":             {cloudsim.Switches{TracesTwice: true}, "user demo-operator", 2, false},
		"users are a text":  {cloudsim.Switches{TraceUserText: true}, "user demo-operator", 2, false},
		"users are nobody":  {cloudsim.Switches{TracesWithoutUser: true}, "a system action of the cloud", 2, false},
		"only by the path":  {cloudsim.Switches{TracesByURL: true}, "user demo-operator", 2, true},
		"not yet on record": {cloudsim.Switches{LateTraces: true}, "", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFront(t, cloudsim.Options{Switches: c.switches})
			expected := func(unnamed int) map[string]string {
				if c.actor == "" {
					return map[string]string{domain: "", project: "", inherited: "", enterprise: ""}
				}
				once, several := c.actor+" 1", fmt.Sprint(c.actor, " ", unnamed)
				want := map[string]string{domain: once, project: once, inherited: several, enterprise: several}
				if c.blind {
					want[enterprise] = ""
				}
				return want
			}
			apply := func(manifest string) {
				t.Helper()
				o := f.run(t, "apply", "-f", manifest, "--auto-approve")
				require.Zero(t, o.code, o.String())
			}
			apply(each)
			assert.Equal(t, expected(1), f.whoDid(t, none), "granted")
			apply(none)
			assert.Equal(t, expected(c.unnamed), f.whoDid(t, each), "revoked")
		})
	}
}

// A drift without a difference costs no call for it, and any other one.
func TestAskingWhoCostsOneCall(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	manifest := file(t, `ownership: {include: ["ops-*"]}
guardrails: {trustedAccounts: [partner-co]}
`)
	calls := func(code int, args ...string) (all, traces int) {
		t.Helper()
		f.server.ResetCalls()
		o := f.run(t, append([]string{"drift", "-f", manifest}, args...)...)
		require.Equal(t, code, o.code, o.String())
		for _, call := range f.server.Calls() {
			if all++; call.Service == "cts" {
				traces++
			}
		}
		return all, traces
	}
	quiet, traces := calls(0)
	assert.Zero(t, traces)
	for i := range 30 {
		f.edit(t, "create", fmt.Sprint("ops-", i), "partner-co")
	}
	loud, traces := calls(2)
	assert.Equal(t, 1, traces)
	assert.Equal(t, quiet+1, loud)
	loud, traces = calls(2, "--who=false")
	assert.Zero(t, traces)
	assert.Equal(t, quiet, loud)
}
