package render_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

var untilJune = plan.Accepted{Reason: "a trial, until June", ReviewBy: "2031-06-30"}

// driftInAllStates has a difference in each state, and one that will be.
func driftInAllStates(t testing.TB) *plan.Drift {
	t.Helper()
	at := func(line int) plan.Position { return plan.Position{File: "m.yaml", Line: line} }
	return &plan.Drift{
		Account: account, Cloud: cloud,
		Changed: []plan.Difference{
			{Address: address(t, "agency/ops-a"), State: plan.StateAccepted, Accepted: untilJune, Source: at(4), Attributes: []plan.AttributeChange{
				attribute("duration", text("20d"), text("30d")),
			}},
			{Address: address(t, "agency/ops-b"), State: plan.StateOverdue, StateReason: "accepted until 2030-06-30 at m.yaml:31:7", Source: at(8)},
			{Address: address(t, "agency/ops-c"), State: plan.StateNew, Source: at(12), StateReason: "accepted on another state at m.yaml:32:7: seen sha256:0123456789ab then, sha256:ba9876543210 now"},
		},
		Missing: []plan.Difference{{Address: address(t, "policy/backup-read"), State: plan.StateNew, Source: at(16)}},
		Unexpected: []plan.Difference{
			{Address: address(t, "agency/ops-probe"), State: plan.StateWorsened, StateReason: "added since the state that was accepted at m.yaml:33:7: grant/ops-probe/domain/A",
				Reason: "owned by ownership.include and not listed"},
			{Address: address(t, "grant/ops-a/domain/A"), State: plan.StateAccepted, Accepted: plan.Accepted{Reason: "the contract ends", ReviewBy: "2031-01-31"},
				Reason: "not listed in the manifest"},
		},
		Expiring: []plan.Difference{{Address: address(t, "agency/ops-d"), Reason: "expires at 2031-01-09T00:00:00Z", Expires: time.Date(2031, 1, 9, 0, 0, 0, 0, time.UTC), Source: at(20)}},
		Managed:  []plan.Managed{{Type: "agency", Managed: 23, Live: 31}, {Type: "policy", Managed: 4, Live: 4}},
	}
}

// quietNight is a drift of which all is accepted.
func quietNight(t testing.TB) *plan.Drift {
	t.Helper()
	d := driftInAllStates(t)
	d.Changed, d.Missing, d.Unexpected, d.Expiring = d.Changed[:1], nil, d.Unexpected[1:], nil
	d.Unmanaged = append(d.Unmanaged, address(t, "agency/x"))
	d.Findings = []plan.Finding{{Rule: "wide-scope", Severity: plan.High, Address: address(t, "agency/ops-a"), Message: "is wide", Accepted: untilJune}}
	return d
}

// A night without drift takes three lines at most: one counts what is acknowledged, with the reasons, and one what is to be done one day.
func TestANightWithoutDriftIsQuiet(t *testing.T) {
	d := quietNight(t)
	require.False(t, d.Drifted())
	assert.Equal(t, `No drift in example-co: all that was read is as the manifest says, or acknowledged. 23 of 31 agencies and 4 of 4 policies are managed. (--verbose tells all)
2 differences, 1 finding acknowledged, the first until 2031-01-31: the contract ends; a trial, until June
`, driftText(t, d, render.Options{}))
	full := driftText(t, d, render.Options{Verbose: true})
	assert.True(t, strings.HasPrefix(full, "No drift in example-co"), full)
	assert.Contains(t, full, "Acknowledged:\n  agency/ops-a  m.yaml:4\n      acknowledged until 2031-06-30: a trial, until June\n      duration: live 20d, manifest 30d\n")
	assert.Contains(t, full, "accepted until 2031-06-30: a trial, until June")

	later := plan.Difference{Address: address(t, "agency/ops-a"), Expires: time.Date(2031, 1, 10, 0, 0, 0, 0, time.UTC)}
	d.Expiring = append([]plan.Difference{later}, driftInAllStates(t).Expiring...)
	gone := plan.Remark{Kind: plan.RemarkTombstone, Address: addr.Exactly(address(t, "agency/ops-e")), Source: plan.Position{File: "m.yaml", Line: 24}}
	d.Remarks = []plan.Remark{gone, gone}
	told := driftText(t, d, render.Options{})
	assert.True(t, strings.HasSuffix(told, "\nExpiring soon: agency/ops-d, at 2031-01-09T00:00:00Z, and 1 more. May go from the manifest: 2 entries\n"), told)
	assert.Equal(t, 3, strings.Count(told, "\n"))
	d.Expiring, d.Remarks = d.Expiring[1:], d.Remarks[:1]
	assert.True(t, strings.HasSuffix(driftText(t, d, render.Options{}),
		"\nExpiring soon: agency/ops-d, at 2031-01-09T00:00:00Z. May go from the manifest: agency/ops-e  the tombstone is done  m.yaml:24\n"))

	d.Changed, d.Unexpected, d.Findings, d.Expiring, d.Remarks = nil, nil, nil, nil, nil
	assert.Equal(t, 1, strings.Count(driftText(t, d, render.Options{}), "\n"))
}

// Where all is new, no line says so.
func TestStatesAreToldWhereNotAllIsNew(t *testing.T) {
	d := driftInAllStates(t)
	assert.Contains(t, driftText(t, d, render.Options{}), "- policy/backup-read  new  m.yaml:16\n")
	overdue := d.Changed[1:2]
	d.Changed, d.Unexpected = nil, nil
	assert.Contains(t, driftText(t, d, render.Options{}), "- policy/backup-read  m.yaml:16\n")
	d.Changed, d.Missing = overdue, nil
	assert.Contains(t, driftText(t, d, render.Options{}), "~ agency/ops-b  overdue  m.yaml:8\n")
}

// What other tools know a difference by stays the same when somebody accepts it, and when that is over. Accepted, it raises no alert.
func TestTheStateIsNoPartOfAFingerprint(t *testing.T) {
	prints := func(d *plan.Drift) (alerts, all map[string]string) {
		alerts, all = map[string]string{}, map[string]string{}
		for _, result := range sarif(t, drifts(d)).Runs[0].Results {
			about, _, _ := strings.Cut(result.Message.Text, ": ")
			alerts[about] = result.Fingerprints["agencyctl/v1"]
		}
		var quality []struct {
			Description, Fingerprint, Severity string
		}
		require.NoError(t, json.Unmarshal([]byte(writtenIn(t, "gitlab-codequality", drifts(d), machineOptions)), &quality))
		for _, q := range quality {
			all[q.Fingerprint] = q.Severity
		}
		return alerts, all
	}
	d := driftInAllStates(t)
	alerts, all := prints(d)
	require.Len(t, alerts, 5, "four count, and one expires soon")
	for i := range d.Changed {
		d.Changed[i].State, d.Changed[i].Accepted = plan.StateNew, plan.Accepted{}
	}
	louder, again := prints(d)
	require.Len(t, louder, 6)
	for address, fingerprint := range alerts {
		require.Equal(t, fingerprint, louder[address])
	}
	for fingerprint := range all {
		require.Contains(t, again, fingerprint)
	}
	require.Equal(t, "info", all[louder["agency/ops-a"]])
	require.Equal(t, "major", again[louder["agency/ops-a"]])
}
