package acceptance

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// TestAHalfDoneWriteIsNeverCalledNothing breaks writes of several parts in the middle. The report says what is done and what is open,
// and the next apply does the rest.
func TestAHalfDoneWriteIsNeverCalledNothing(t *testing.T) {
	const (
		shared = "CSMSAccessFunctionGraph"
		own    = "FunctionGraphAgencyForRotateRDSByCSMSV3"
	)
	refuse := func(method, path string, skip int) cloudsim.Faults {
		return cloudsim.Faults{Targets: []cloudsim.Fault{{Method: method, Path: path, Skip: skip, Status: 403}}}
	}
	for name, c := range map[string]struct {
		before, wanted string
		faults         cloudsim.Faults
		address        string
		done, open     []string
	}{
		"one of two agencies is made": {
			wanted: "authorizations: [{service: csms, secretTypes: [RDS-FG]}]",
			faults: cloudsim.Faults{Agencies: []cloudsim.AgencyFault{{Agency: own, Message: "quota exceeded"}}}, address: "authorization/csms/cn-north-4/RDS-FG",
			done: []string{"agency " + shared}, open: []string{"agency " + own},
		},
		"one of two agencies is taken back": {
			before: "authorizations: [{service: csms, secretTypes: [RDS-FG]}]", wanted: "authorizations: [{service: csms, secretTypes: [RDS-FG], state: absent}]",
			faults: refuse(http.MethodDelete, "/v3.0/OS-AGENCY/agencies/*", 1), address: "authorization/csms/cn-north-4/RDS-FG",
			done: []string{"take back agency " + shared}, open: []string{"take back agency " + own},
		},
		"policies are granted, and one of two is revoked": {
			before: "authorizations: [{service: fabric, policies: [FABRIC_AOM_POLICY, FABRIC_DNS_POLICY]}]",
			wanted: "authorizations: [{service: fabric, policies: [FABRIC_SMN_POLICY]}]",
			faults: refuse(http.MethodDelete, "/v1/agency", 1), address: "authorization/fabric/cn-north-4",
			done: []string{"grant [FABRIC_SMN_POLICY]", "revoke FABRIC_AOM_POLICY"}, open: []string{"revoke FABRIC_DNS_POLICY"},
		},
		"roles are given, and not taken": {
			before: "authorizations: [{service: secmaster, roles: [RMS ReadOnlyAccess, ECS ReadOnlyAccess]}]",
			wanted: "authorizations: [{service: secmaster, roles: [RMS ReadOnlyAccess, VPC ReadOnlyAccess]}]",
			faults: refuse(http.MethodDelete, "/v3.0/OS-AGENCY/**", 0), address: "authorization/secmaster/cn-north-4",
			done: []string{"authorize [VPC ReadOnlyAccess]"}, open: []string{"revoke [ECS ReadOnlyAccess]"},
		},
		"one of two roles is taken": {
			before: "authorizations: [{service: secmaster, roles: [RMS ReadOnlyAccess, ECS ReadOnlyAccess, VPC ReadOnlyAccess]}]",
			wanted: "authorizations: [{service: secmaster, roles: [RMS ReadOnlyAccess]}]",
			faults: refuse(http.MethodDelete, "/v3.0/OS-AGENCY/**", 1), address: "authorization/secmaster/cn-north-4",
			done: []string{"revoke VPC ReadOnlyAccess of agency SecMaster_Agency"}, open: []string{"revoke ECS ReadOnlyAccess of agency SecMaster_Agency"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFront(t, cloudsim.Options{})
			f.poll = 10 * time.Millisecond
			if c.before != "" {
				f.succeeds(t, "apply", "-f", write(t, c.before), "--auto-approve")
			}
			require.NoError(t, f.server.SetFaults(c.faults))
			wanted := write(t, c.wanted)
			o := f.run(t, "apply", "-f", wanted, "--auto-approve", "-o", "json", "--verify-timeout", "500ms")
			require.Equal(t, 3, o.code, "%s", o)
			var document applied
			require.NoError(t, json.Unmarshal([]byte(o.stdout), &document), o.stdout)
			account := document.Accounts[0]
			require.Len(t, account.Results, 1)
			assert.Equal(t, c.address, account.Results[0].Address)
			assert.Equal(t, "partly", account.Results[0].Outcome)
			assert.Equal(t, c.done, account.Results[0].Done)
			assert.Equal(t, c.open, account.Results[0].Open)
			assert.Empty(t, account.ChangedByOthers)
			if assert.NotNil(t, account.Error) {
				assert.Equal(t, "No change was applied in full; 1 partly applied.", account.Error.Message)
			}

			require.NoError(t, f.server.SetFaults(cloudsim.Faults{}))
			assert.Equal(t, 2, f.run(t, "plan", "-f", wanted, "--detailed-exitcode").code, "the next plan shows what is open")
			f.succeeds(t, "apply", "-f", wanted, "--auto-approve")
			f.succeeds(t, "plan", "-f", wanted, "--detailed-exitcode")
		})
	}
}
