package iam_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/iam"
)

// ownedBy makes a manifest that owns all but what smallWorld brings along.
func ownedBy(t testing.TB, kind, sections string) *plan.Manifest {
	t.Helper()
	return conformance.Manifest(t, `{"cloud": {"kind": "`+kind+`", "region": "cn-north-4"},
		"ownership": {"include": ["agency/*", "agency/c-*", "policy/*"], "exclude": ["agency/ops-live", "agency/svc", "policy/backup-read"], "prune": true},
		"guardrails": {"trustedServices": ["op_svc_ecs"], "maxDuration": "90d"}`+sections+`}`)
}

func conformanceStates(t testing.TB, kind string) []conformance.State {
	return []conformance.State{
		{Name: "nothing", Manifest: ownedBy(t, kind, "")},
		{Name: "the least", Manifest: ownedBy(t, kind, `,
			"agencies": [
				{"name": "a", "trust": {"account": "partner-co"}, "duration": "20d"},
				{"name": "own", "trust": {"account": "example-co"}, "duration": "10d", "grantsMode": "additive", "grants": {"domain": ["OBS ReadOnlyAccess"]}}],
			"policies": [{"name": "p", "scope": "project", "statements": [{"effect": "Allow", "actions": ["ecs:servers:get"]}]}]`)},
		{Name: "everything", Manifest: ownedBy(t, kind, `,
			"agencies": [
				{"name": "a", "trust": {"account": "partner-co"}, "description": "nightly \"copies\" é", "duration": "1d", "grants": {
					"domain": ["OBS ReadOnlyAccess", "q"],
					"allProjects": ["Tenant Guest", "p"],
					"projects": {"cn-north-4": ["ECS ReadOnlyAccess", "custom:p", "backup-read"], "MOS": ["id:`+cloudtest.ID("Tenant Guest")+`"]},
					"enterpriseProjects": {"default": ["system:Tenant Guest", "p"]}}},
				{"name": "b", "trust": {"accountId": "`+cloudtest.ID("audit-partner")+`"}, "duration": "90d", "grants": {"projects": {"cn-north-4": ["p"]}}},
				{"name": "c-1_d", "trust": {"service": "op_svc_ecs"}, "duration": "30d", "dependsOn": ["agency/a"], "grants": {"enterpriseProjects": {"default": ["ECS ReadOnlyAccess", "Tenant Guest"]}}},
				{"name": "own", "trust": {"account": "example-co"}, "duration": "2d"}],
			"policies": [
				{"name": "p", "description": "d", "scope": "project", "statements": [
					{"effect": "Allow", "actions": ["obs:object:GetObject", "obs:bucket:ListBucket"], "resources": ["obs:*:*:bucket:*"],
						"condition": {"StringStartWith": {"g:ProjectName": ["cn-north-4"]}}},
					{"effect": "Deny", "actions": ["ecs:servers:delete"]}]},
				{"name": "q", "scope": "global", "statements": [{"effect": "Allow", "actions": ["iam:agencies:getAgency"],
					"resources": ["agency/ops-live", "agency/b", "/iam/agencies/`+cloudtest.ID("svc")+`"]}]}]`)},
		{Name: "changed", Manifest: ownedBy(t, kind, `,
			"agencies": [
				{"name": "a", "trust": {"account": "audit-partner"}, "duration": "45d", "grants": {
					"domain": ["OBS ReadOnlyAccess"],
					"allProjects": ["ECS ReadOnlyAccess"],
					"projects": {"MOS": ["ECS ReadOnlyAccess"]},
					"enterpriseProjects": {"default": ["ECS ReadOnlyAccess"]}}},
				{"name": "b", "trust": {"accountId": "`+cloudtest.ID("audit-partner")+`"}, "description": "new", "duration": "90d", "grants": {"projects": {"cn-north-4": ["p", "Tenant Guest"]}}},
				{"name": "c-1_d", "state": "absent"}, {"name": "never-there", "state": "absent"},
				{"name": "own", "trust": {"account": "example-co"}, "duration": "2d", "description": "ours", "grantsMode": "additive",
					"grantsAbsent": {"domain": ["OBS ReadOnlyAccess"], "enterpriseProjects": {"default": ["custom:p"]}}}],
			"policies": [
				{"name": "p", "scope": "project", "statements": [
					{"effect": "Allow", "actions": ["obs:object:GetObject"]}, {"effect": "Deny", "actions": ["ecs:servers:delete"]}]},
				{"name": "q", "state": "absent"}]`)},
	}
}

func TestConformance(t *testing.T) {
	for _, kind := range []string{cloudsim.HuaweiCloud, cloudsim.OpenTelekomCloud} {
		t.Run(kind, func(t *testing.T) {
			conformance.Run(t, conformance.Suite{
				Provider: iam.Provider{}, States: conformanceStates(t, kind), Batches: true,
				Dispensable: func(call string) bool { return strings.Contains(call, "/OS-QUOTA/") },
				New: func(t testing.TB) conformance.World {
					w, s := newConformanceWorld(t, kind)
					w.ByHand = drifts(s)
					return w
				},
			})
		})
	}
}

// TestConformanceWithoutBulkReads proves the same where grants can be read agency by agency only, and names need care.
func TestConformanceWithoutBulkReads(t *testing.T) {
	const kind = cloudsim.HuaweiCloud
	manifest := func(sections string) *plan.Manifest {
		return conformance.Manifest(t, `{"cloud": {"kind": "`+kind+`", "region": "cn-north-4", "notRead": ["enterprise-projects", "iam-v5"]},
			"ownership": {"include": ["agency/*", "agency/c-*"], "exclude": ["agency/ops-live", "agency/svc"], "prune": true}`+sections+`}`)
	}
	conformance.Run(t, conformance.Suite{
		Provider: iam.Provider{},
		States: []conformance.State{
			{Name: "nothing", Manifest: manifest("")},
			{Name: "something", Manifest: manifest(`, "agencies": [
				{"name": "a.b c", "trust": {"account": "partner-co"}, "grants": {
					"domain": ["OBS ReadOnlyAccess"], "allProjects": ["Tenant Guest"], "projects": {"cn-north-4": ["backup-read"]}}}]`)},
			{Name: "something else", Manifest: manifest(`, "agencies": [
				{"name": "a.b c", "trust": {"account": "partner-co"}, "description": "new", "grants": {"projects": {"cn-north-4": ["Tenant Guest"], "MOS": ["Tenant Guest"]}}},
				{"name": "x*/y:%?", "trust": {"accountId": "` + cloudtest.ID("partner-co") + `"}, "dependsOn": ["agency/a.b c"], "grants": {"domain": ["Tenant Guest"]}}]`)},
		},
		New: func(t testing.TB) conformance.World {
			w, _ := newConformanceWorld(t, kind, cloudsim.Fault{Path: "/v3.0/OS-PERMISSION/role-assignments", Status: http.StatusForbidden})
			return w
		},
	})
}

func newConformanceWorld(t testing.TB, kind string, faults ...cloudsim.Fault) (conformance.World, *cloudtest.Stage) {
	s := cloudtest.Start(t, cloudsim.Options{Cloud: kind, Seed: smallWorld(kind), Faults: cloudsim.Faults{Targets: faults}})
	return s.World(iam.Service(nil), huaweicloud.Lag{Limit: 3 * time.Millisecond, Poll: time.Millisecond}, nil), s
}

// drifts are changes by hand in the states of conformanceStates.
func drifts(s *cloudtest.Stage) []conformance.Drift {
	return []conformance.Drift{
		{
			Name: "somebody grants a role in an enterprise project", In: "everything", Want: []string{"delete grant/b/enterprise-project:default/Tenant Guest"},
			Make: s.ByHand(cloudsim.Edit{Verb: cloudsim.EditGrant, Agency: "b", Scope: "enterprise-project:default", Role: "Tenant Guest"}),
		},
		{
			Name: "somebody grants a role in all projects", In: "the least", Want: []string{"delete grant/a/all-projects/Tenant Guest"},
			Make: s.ByHand(cloudsim.Edit{Verb: cloudsim.EditGrant, Agency: "a", Scope: "all-projects", Role: "Tenant Guest"}),
		},
		{
			Name: "somebody revokes a custom policy", In: "everything", Want: []string{"create grant/b/project:cn-north-4/p"},
			Make: s.ByHand(cloudsim.Edit{Verb: cloudsim.EditRevoke, Agency: "b", Scope: "project:cn-north-4", Role: "p"}),
		},
		{
			Name: "somebody changes whom an agency trusts", In: "the least", Want: []string{"update agency/a"},
			Make: s.ByHand(cloudsim.Edit{Verb: cloudsim.EditSet, Agency: "a", Attribute: "trust", Value: "audit-partner"}),
		},
		{
			Name: "somebody lets an agency live for ever", In: "the least", Want: []string{"update agency/a"},
			Make: s.ByHand(cloudsim.Edit{Verb: cloudsim.EditSet, Agency: "a", Attribute: "duration", Value: "FOREVER"}),
		},
		{
			Name: "somebody changes a description", In: "the least", Want: []string{"update agency/a"},
			Make: s.ByHand(cloudsim.Edit{Verb: cloudsim.EditSet, Agency: "a", Attribute: "description", Value: "by hand"}),
		},
		{
			Name: "somebody deletes an agency", In: "changed", Want: []string{"create agency/b", "create grant/b/project:cn-north-4/p", "create grant/b/project:cn-north-4/Tenant Guest"},
			Make: s.ByHand(cloudsim.Edit{Verb: cloudsim.EditDelete, Agency: "b"}),
		},
		{
			Name: "somebody makes an agency", In: "nothing", Want: []string{"delete agency/stranger"},
			Make: s.ByHand(cloudsim.Edit{Verb: cloudsim.EditCreate, Agency: "stranger", Value: "partner-co"}),
		},
		{
			Name: "somebody grants a role to an additive agency", In: "the least",
			Make: s.ByHand(cloudsim.Edit{Verb: cloudsim.EditGrant, Agency: "own", Scope: "project:MOS", Role: "Tenant Guest"}),
		},
		{
			Name: "somebody grants a role to an agency that is not ours", In: "everything",
			Make: s.ByHand(cloudsim.Edit{Verb: cloudsim.EditGrant, Agency: "ops-live", Scope: "project:MOS", Role: "p"}),
		},
	}
}
