package serviceagency_test

import (
	"testing"
	"time"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/providers/fabric"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/lakeformation"
)

// row is one service in the suite.
type row struct {
	service  huaweicloud.Service
	switches cloudsim.Switches
	states   []state
	byHand   []drift
	// withoutUpdates is set where only a change by hand makes an update.
	withoutUpdates bool
}

// state is a manifest; remains are the addresses of which something stays that nobody documents.
type state struct {
	name, sections string
	remains        []string
}

type drift struct {
	name, in string
	edit     cloudsim.Edit
	want     []string
}

func rows() map[string]row {
	fabricStates := []state{
		{"nothing", `{"service": "fabric", "state": "absent"}, {"service": "fabric", "region": "cn-east-3", "state": "absent"}`, nil},
		{"the least", `{"service": "fabric", "policies": []}, {"service": "fabric", "region": "cn-east-3", "state": "absent"}`, nil},
		{"everything", `{"service": "fabric", "policies": ["FABRIC_COMMON_POLICY", "FABRIC_SMN_POLICY", "FABRIC_OBS_POLICY"]},
			{"service": "fabric", "region": "cn-east-3", "policies": ["FABRIC_SMN_POLICY", "FABRIC_OBS_POLICY", "FABRIC_COMMON_POLICY"]}`, nil},
		{"one region goes", `{"service": "fabric", "state": "absent"}, {"service": "fabric", "region": "cn-east-3", "policies": ["FABRIC_LAKEFORMATION_POLICY", "FABRIC_SMN_POLICY"]}`, nil},
	}
	fabricDrifts := []drift{
		{"somebody revokes an optional policy", "everything", edit(cloudsim.EditRevoke, "fabric_admin_trust", "project:cn-east-3", "FABRIC_SMN_POLICY"),
			[]string{"update authorization/fabric/cn-east-3"}},
		{"somebody revokes a required policy", "everything", edit(cloudsim.EditRevoke, "fabric_admin_trust", "project:cn-north-4", "FABRIC_LTS_POLICY"),
			[]string{"update authorization/fabric/cn-north-4"}},
		{"somebody deletes the agency", "everything", cloudsim.Edit{Verb: cloudsim.EditDelete, Agency: "fabric_admin_trust"},
			[]string{"create authorization/fabric/cn-east-3", "create authorization/fabric/cn-north-4"}},
		{"somebody grants a role that is none of its policies", "the least", edit(cloudsim.EditGrant, "fabric_admin_trust", "project:cn-north-4", "ECS ReadOnlyAccess"),
			[]string{"manual authorization/fabric/cn-north-4"}},
	}
	const job, table = "lakeformation/cn-north-4/JOB_TRUST", "lakeformation/cn-north-4/TABLE_SERVICE_TRUST"
	const jobInEast, tableInEast = "lakeformation/cn-east-3/JOB_TRUST", "lakeformation/cn-east-3/TABLE_SERVICE_TRUST"
	lakeStates := []state{
		{"nothing", `{"service": "lakeformation", "agencyTypes": ["JOB_TRUST", "ADMIN_TRUST", "TABLE_SERVICE_TRUST"], "state": "absent"},
			{"service": "lakeformation", "region": "cn-east-3", "agencyTypes": ["JOB_TRUST", "ADMIN_TRUST", "TABLE_SERVICE_TRUST"], "state": "absent"}`, nil},
		{"one type", `{"service": "lakeformation", "agencyTypes": ["JOB_TRUST"]},
			{"service": "lakeformation", "region": "cn-east-3", "agencyTypes": ["JOB_TRUST", "ADMIN_TRUST", "TABLE_SERVICE_TRUST"], "state": "absent"}`, []string{job}},
		{"everything", `{"service": "lakeformation", "agencyTypes": ["JOB_TRUST", "TABLE_SERVICE_TRUST", "ADMIN_TRUST"]},
			{"service": "lakeformation", "region": "cn-east-3", "agencyTypes": ["JOB_TRUST", "TABLE_SERVICE_TRUST", "ADMIN_TRUST"]}`, []string{jobInEast, tableInEast, job, table}},
		{"one region goes", `{"service": "lakeformation", "agencyTypes": ["JOB_TRUST", "TABLE_SERVICE_TRUST", "ADMIN_TRUST"], "state": "absent"},
			{"service": "lakeformation", "region": "cn-east-3", "agencyTypes": ["JOB_TRUST", "ADMIN_TRUST"]}`, []string{jobInEast}},
	}
	lakeDrifts := []drift{
		{"somebody deletes an agency", "everything", cloudsim.Edit{Verb: cloudsim.EditDelete, Agency: "lakeformation_job_trust"},
			[]string{"create authorization/lakeformation/cn-east-3/JOB_TRUST", "manual authorization/" + tableInEast,
				"create authorization/lakeformation/cn-north-4/JOB_TRUST", "manual authorization/" + table}},
	}
	oldDrifts := []drift{lakeDrifts[0]}
	oldDrifts[0].want = []string{"create authorization/" + jobInEast, "create authorization/" + job}
	partial := drift{"somebody takes away a part", "everything", edit(cloudsim.EditRevoke, "lakeformation_admin_trust", "project:cn-north-4", "ReadOnlyAccess"),
		[]string{"manual authorization/" + jobInEast, "manual authorization/" + tableInEast,
			"update authorization/lakeformation/cn-north-4/ADMIN_TRUST", "manual authorization/" + job, "manual authorization/" + table}}
	return map[string]row{
		"fabric": {service: fabric.Service(), states: fabricStates, byHand: fabricDrifts},
		"fabric in its other readings": {service: fabric.Service(), states: fabricStates, byHand: fabricDrifts,
			switches: cloudsim.Switches{FabricAbsent404: true, FabricEmptyAnswer: true, ServiceDeleteSparesRegions: true}},
		"lakeformation": {service: lakeformation.Service(), states: lakeStates, byHand: append(lakeDrifts, partial), withoutUpdates: true},
		"lakeformation of old": {service: lakeformation.Service(), byHand: oldDrifts, withoutUpdates: true,
			switches: cloudsim.Switches{LakeFormationShortAnswer: true}, states: []state{
				{"nothing", `{"service": "lakeformation", "agencyTypes": ["JOB_TRUST", "ADMIN_TRUST"], "state": "absent"},
					{"service": "lakeformation", "region": "cn-east-3", "agencyTypes": ["JOB_TRUST", "ADMIN_TRUST"], "state": "absent"}`, nil},
				{"everything", `{"service": "lakeformation", "agencyTypes": ["JOB_TRUST", "ADMIN_TRUST"]},
					{"service": "lakeformation", "region": "cn-east-3", "agencyTypes": ["JOB_TRUST", "ADMIN_TRUST"]}`, []string{jobInEast, job}},
				{"one region goes", `{"service": "lakeformation", "agencyTypes": ["JOB_TRUST", "ADMIN_TRUST"], "state": "absent"},
					{"service": "lakeformation", "region": "cn-east-3", "agencyTypes": ["JOB_TRUST"]}`, []string{jobInEast}},
			}},
	}
}

func edit(verb, agency, scope, role string) cloudsim.Edit {
	return cloudsim.Edit{Verb: verb, Agency: agency, Scope: scope, Role: role}
}

func TestConformance(t *testing.T) {
	for name, r := range rows() {
		t.Run(name, func(t *testing.T) {
			var states []conformance.State
			for _, s := range r.states {
				var remains []string
				for _, a := range s.remains {
					remains = append(remains, "manual authorization/"+a)
				}
				states = append(states, conformance.State{Name: s.name, Manifest: cloudtest.Authorizations(t, s.sections), Remains: remains})
			}
			conformance.Run(t, conformance.Suite{
				Provider: r.service.Provider, Beside: besideThem.Provider, States: states, WithoutUpdates: r.withoutUpdates,
				New: func(t testing.TB) conformance.World { return newWorld(t, r) },
			})
		})
	}
}

func newWorld(t testing.TB, r row) conformance.World {
	s := cloudtest.Start(t, cloudsim.Options{Switches: r.switches})
	var byHand []conformance.Drift
	for _, d := range r.byHand {
		byHand = append(byHand, conformance.Drift{Name: d.name, In: d.in, Want: d.want, Make: s.ByHand(d.edit)})
	}
	lag := huaweicloud.Lag{Limit: 10 * time.Millisecond, Poll: time.Millisecond}
	w := s.World(r.service, lag, byHand)
	w.Beside = besideThem.Connect(s.Conn, lag)
	return w
}
