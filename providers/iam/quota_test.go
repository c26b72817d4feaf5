package iam_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

func TestObserveReadsQuotasOfWhatWillBeMade(t *testing.T) {
	const (
		newAgency  = "agencies: [{name: new, trust: {account: x}}]"
		liveAgency = "agencies: [{name: ops-live, trust: {account: x}}]"
		tombstone  = "agencies: [{name: ops-live, trust: {account: x}}, {name: gone, state: absent}]"
		newPolicy  = "policies: [{name: new, scope: global, statements: [{effect: Allow, actions: [\"a:b:c\"]}]}]"
		livePolicy = "policies: [{name: backup-read, scope: project, statements: [{effect: Allow, actions: [\"a:b:c\"]}]}]"
	)
	agencies, policies := plan.Quota{Type: "agency", Limit: 50, Used: 3}, plan.Quota{Type: "policy", Limit: 200, Used: 1}
	for name, c := range map[string]struct {
		text    string
		asked   []string
		want    []plan.Quota
		notRead string
		status  int
		body    string
	}{
		"nothing is made": {text: liveAgency + "\n" + livePolicy},
		"a tombstone reads no less than what is to be made": {text: tombstone + "\n" + livePolicy, asked: []string{"type=agency"}, want: []plan.Quota{agencies}},
		"an agency":           {text: newAgency + "\n" + livePolicy, asked: []string{"type=agency"}, want: []plan.Quota{agencies}},
		"a policy":            {text: newPolicy + "\n" + liveAgency, asked: []string{"type=policy"}, want: []plan.Quota{policies}},
		"both, with one call": {text: newAgency + "\n" + newPolicy, asked: []string{""}, want: []plan.Quota{agencies, policies}},
		"it is refused": {
			text: newAgency, asked: []string{"type=agency"}, status: http.StatusForbidden, notRead: "the quota of agencies: it could not be read (HTTP 403)",
		},
		"there is no such call": {
			text: newPolicy, asked: []string{"type=policy"}, status: http.StatusNotFound, notRead: "the quota of custom policies: it could not be read (HTTP 404)",
		},
		"it is not told": {
			text: newAgency, asked: []string{"type=agency"}, status: http.StatusOK, body: `{"quotas":{"resources":[]}}`, notRead: "the quota of agencies: the cloud does not tell it",
		},
		"nonsense is told": {text: newAgency, asked: []string{"type=agency"}, status: http.StatusOK, body: `{}`, notRead: "the quota of agencies: it could not be read"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{})
			var asked []string
			s.Front.Answer(func(r *http.Request) bool {
				if !strings.Contains(r.URL.Path, "/OS-QUOTA/") {
					return false
				}
				asked = append(asked, r.URL.RawQuery)
				return c.status != 0
			}, c.status, c.body)
			o, err := s.observe(t, manifest(t, c.text))
			require.NoError(t, err)
			assert.Equal(t, c.asked, asked)
			assert.Equal(t, c.want, o.Quotas)
			var notRead string
			for _, n := range o.NotRead {
				if strings.Contains(n.Subject, "quota") {
					notRead += n.Subject + ": " + n.Reason
				}
			}
			assert.Equal(t, c.notRead, notRead)
		})
	}
}

func TestANarrowObservationReadsNoQuota(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	_, err := s.observe(t, manifest(t, "agencies: [{name: new, trust: {account: x}}]"), directory.AgencyAddress("new"))
	require.NoError(t, err)
	for _, call := range s.Sim.Calls() {
		assert.NotContains(t, call.Path, "OS-QUOTA")
	}
}
