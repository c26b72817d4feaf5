package acceptance

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/schema"
)

// A grant of a role that is deleted is named, with the id that is all that is left of it. One that no list shows, and that can be looked up,
// is not lost.
func TestAnAuditNamesAGrantOfALostRole(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	for _, role := range []string{"OBS OperateAccess", "ECS FullAccess"} {
		require.NoError(t, f.server.Edit("", cloudsim.Edit{Verb: cloudsim.EditGrant, Agency: "monitoring", Scope: "domain", Role: role}))
	}
	ids := map[string]string{}
	for _, r := range f.server.World().Roles {
		ids[r.DisplayName] = r.ID
	}
	hide := func(r *http.Request, answer []byte) []byte {
		var list map[string]any
		if r.URL.Path != "/v3/roles" || json.Unmarshal(answer, &list) != nil {
			return answer
		}
		roles := list["roles"].([]any)
		list["roles"] = slices.DeleteFunc(slices.Clone(roles), func(role any) bool {
			id := role.(map[string]any)["id"]
			return id == ids["OBS OperateAccess"] || id == ids["ECS FullAccess"]
		})
		list["total_number"] = list["total_number"].(float64) - float64(len(roles)-len(list["roles"].([]any)))
		answer, err := json.Marshal(list)
		assert.NoError(t, err)
		return answer
	}
	f.answer.Store(&hide)
	gone := cloudsim.Fault{Method: http.MethodGet, Path: "/v3/roles/" + ids["OBS OperateAccess"], Status: http.StatusNotFound}
	require.NoError(t, f.server.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{gone}}))
	text := f.succeeds(t, "audit", "--region", "cn-north-4", "--now", "2026-01-01").stdout
	for _, agency := range []string{"legacy-import", "monitoring"} {
		assert.Contains(t, text, "  grant/"+agency+"/domain/id:"+ids["OBS OperateAccess"]+"  ")
	}
	assert.NotContains(t, text, ids["ECS FullAccess"])
	var document struct {
		Accounts []struct {
			Lost []struct{ Address, Kind, ID string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(f.succeeds(t, "audit", "--region", "cn-north-4", "-o", "json").stdout), &document))
	lost := document.Accounts[0].Lost
	require.Len(t, lost, 2)
	assert.Equal(t, "role", lost[0].Kind)
	assert.Equal(t, ids["OBS OperateAccess"], lost[0].ID)
}

// An audit sends no write, and tells of a manifest's own agencies what drift tells of them where nobody lists them.
func TestAnAuditTellsOfAnAccountWhatDriftTells(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	for _, edit := range []cloudsim.Edit{
		{Verb: cloudsim.EditCreate, Agency: "planted", Value: "audit-partner"},
		{Verb: cloudsim.EditGrant, Agency: "planted", Scope: "domain", Role: "Security Administrator"},
		{Verb: cloudsim.EditGrant, Agency: "monitoring", Scope: "project:cn-north-4", Role: "Agent Operator"},
		{Verb: cloudsim.EditAuthorization, Attribute: "create", Name: "fabric", Scope: "cn-north-4", Value: "FABRIC_SMN_POLICY"},
		{Verb: cloudsim.EditSet, Agency: "fabric_admin_trust", Attribute: "trust", Value: "partner-co"},
	} {
		require.NoError(t, f.server.Edit("", edit))
	}
	rails := file(t, `
guardrails: {trustedAccounts: [partner-co], forbiddenRoles: [Tenant Administrator], maxDuration: 90d}
ownership: {include: ["*", "policy/*"]}
authorizations: [{service: fabric, policies: [FABRIC_SMN_POLICY]}]
`)
	type finding struct{ Rule, Severity, Address, Attribute, Message string }
	findings := func(code int, args ...string) map[finding]bool {
		o := f.run(t, append(args, "--now", "2026-01-01", "-o", "json")...)
		require.Equal(t, code, o.code, "%s", o)
		var document struct {
			Accounts []struct{ Findings []finding }
		}
		require.NoError(t, json.Unmarshal([]byte(o.stdout), &document))
		all := map[finding]bool{}
		for _, told := range document.Accounts[0].Findings {
			all[told] = true
		}
		return all
	}
	audit, drift := findings(0, "audit", "--guardrails", rails), findings(2, "drift", "-f", rails)
	require.Greater(t, len(drift), 8)
	for told := range drift {
		if !strings.HasPrefix(told.Address, "authorization/") || told.Rule == "unexplained-trust" { // what an agency has is told of the agency
			assert.True(t, audit[told], "%v", told)
		}
	}
	for _, call := range f.server.Calls() {
		assert.False(t, call.Write, "%s %s", call.Method, call.Path)
	}
}

// What drift tells of a root, and an acceptance holds for, is the same root in the same state in an audit.
func TestAnAuditSeesWhatDriftSees(t *testing.T) {
	t.Parallel()
	compared := 0
	rapid.Check(t, func(t *rapid.T) {
		server, e, closed := openServices(t)
		defer closed()
		cloud := cloudOf(server.World())
		exported, _ := exportOf(t, e, cloud).Text()
		manifests, _, problems := schema.Parse([]schema.Source{{Name: "m.yaml", Data: exported}})
		require.Empty(t, plan.Fatal(problems), string(exported))
		manifests[0].Sections["authorizations"] = slices.DeleteFunc(manifests[0].Sections["authorizations"], func(*plan.Node) bool {
			return rapid.IntRange(0, 3).Draw(t, "left out") == 0 // digests are of what is live alone
		})
		editByHand(server, rapid.SliceOfN(rapid.SampledFrom(slices.Concat(edits, moreEdits)), 1, 4).Draw(t, "by hand"))
		drift, _, err := e.Drift(context.Background(), manifests[0], engine.DriftOptions{Now: exportedAt})
		require.NoError(t, err)
		if drift == nil {
			return
		}
		audit, err := e.Audit(context.Background(), engine.WholeAccount(services.Registry(), plan.Account{}, cloud), exportedAt)
		require.NoError(t, err)
		seen := map[addr.Address]string{}
		for _, f := range audit.Findings {
			seen[f.Address] = f.Seen
		}
		for _, f := range drift.Findings {
			if told, is := seen[f.Address]; is && f.Seen != "" {
				require.Equal(t, told, f.Seen, "%s %s", f.Rule, f.Address)
				compared++
			}
		}
	})
	assert.True(t, compared > 0 || every > 1, "two draws may tell of nothing")
}
