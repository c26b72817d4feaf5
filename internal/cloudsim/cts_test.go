package cloudsim_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// traces lists them in a region, with further parameters of the query.
func (s *stage) traces(region, more string) result {
	id := s.project(region)
	return s.call(http.MethodGet, "/v3/"+id+"/traces?trace_type=system&service_type=IAM"+more, "", "X-Project-Id", id)
}

// week is the window of all that is kept.
func (s *stage) week() string {
	now := s.clock.time()
	return fmt.Sprintf("&from=%d&to=%d&limit=200", now.Add(-7*24*time.Hour).UnixMilli(), now.UnixMilli()+1)
}

func named(all []map[string]any) []string {
	names := []string{}
	for _, t := range all {
		names = append(names, t["trace_name"].(string))
	}
	return names
}

func TestEveryOperationLeavesATrace(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	id := s.granted("ops")
	s.clock.move(time.Second)
	require.Equal(t, 204, s.call(http.MethodDelete, s.domainGrants(id)+"/"+s.role("ReadOnlyAccess"), "").status)
	s.clock.move(time.Second)
	require.Equal(t, 409, s.call(http.MethodPost, agenciesPath, `{"agency":{"name":"ops","domain_id":"`+s.home+`","trust_domain_name":"partner-co"}}`).status)
	s.clock.move(time.Second)
	require.Equal(t, 200, s.call(http.MethodGet, agenciesPath+"/"+id, "").status)

	all := s.traces("cn-north-4", s.week()).list("traces")
	assert.Equal(t, []string{
		"showAgency", "createAgency", "unassignRoleToAgencyOnDomain", "bindAgencyRole", "operateAgencyRole",
		"assignRoleToAgencyOnProject", "assignRoleToAgencyOnDomain", "createAgency",
	}, named(all), "the newest first; nobody documents the names of two of them")
	read, failed, revoked := all[0], all[1], all[2]
	assert.Equal(t, true, read["read_only"])
	assert.Equal(t, "409", failed["code"])
	assert.Equal(t, "warning", failed["trace_rating"])
	assert.Equal(t, "200", revoked["code"])
	assert.Equal(t, "ApiCall", revoked["trace_type"])
	assert.Equal(t, "roleAgencyDomain", revoked["resource_type"])
	assert.Contains(t, revoked["request"], id)
	assert.Equal(t, "key-user", revoked["user"].(map[string]any)["name"])
	assert.Equal(t, "ops", all[7]["resource_name"])
	assert.Equal(t, id, all[7]["resource_id"])

	world := s.sim.World()
	assert.Len(t, world.AccountNamed("").Traces, 6, "reads and failed attempts are no part of the state")
}

func TestTheQuirksOfTheList(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	for range 12 {
		s.clock.move(time.Minute)
		s.create(fmt.Sprint("ops-", s.clock.time().Unix()))
	}
	assert.Len(t, s.traces("cn-north-4", "").list("traces"), 10, "unless more are asked for")
	first := s.traces("cn-north-4", "&limit=8")
	require.Len(t, first.list("traces"), 8)
	marker := first.object("meta_data")["marker"]
	assert.Equal(t, first.list("traces")[7]["trace_id"], marker)
	rest := s.traces("cn-north-4", "&limit=8&next="+marker.(string))
	assert.Len(t, rest.list("traces"), 4, "towards earlier ones")
	assert.Contains(t, rest.object("meta_data"), "marker")
	assert.Nil(t, rest.object("meta_data")["marker"])

	latest := first.list("traces")[0]["time"].(float64)
	between := func(from, to float64) int {
		return len(s.traces("cn-north-4", fmt.Sprintf("&limit=200&from=%.0f&to=%.0f", from, to)).list("traces"))
	}
	assert.Equal(t, 0, between(latest, latest+1), "both bounds are exclusive")
	assert.Equal(t, 0, between(latest-1, latest))
	assert.Equal(t, 1, between(latest-1, latest+1))

	s.clock.move(50 * time.Minute)
	assert.Len(t, s.traces("cn-north-4", "&limit=200").list("traces"), 10, "without a window it is the last hour")
	assert.Len(t, s.traces("cn-north-4", s.week()).list("traces"), 12)
	assert.Empty(t, s.traces("cn-east-3", s.week()).list("traces"), "another region has none, and says nothing of it")
	assert.Len(t, s.traces("ap-southeast-1", s.week()).list("traces"), 12)
	s.clock.move(8 * 24 * time.Hour)
	assert.Empty(t, s.traces("cn-north-4", s.week()).list("traces"))
	assert.Empty(t, s.traces("cn-north-4", fmt.Sprintf("&limit=200&from=%.0f&to=%.0f", latest-1, latest+1)).list("traces"), "seven days are kept")

	id := s.project("cn-north-4")
	for name, c := range map[string]struct {
		query, project string
		status         int
	}{
		"no type":            {"", id, 400},
		"half a window":      {"?trace_type=system&from=1930000000000", id, 400},
		"a window in words":  {"?trace_type=system&from=1&to=2", id, 400},
		"a page too large":   {"?trace_type=system&limit=201", id, 400},
		"no project":         {"?trace_type=system", "", 400},
		"the wrong project":  {"?trace_type=system", s.project("cn-east-3"), 403},
		"a page of the most": {"?trace_type=system&limit=200", id, 200},
	} {
		assert.Equal(t, c.status, s.call(http.MethodGet, "/v3/"+id+"/traces"+c.query, "", "X-Project-Id", c.project).status, name)
	}
}

func TestOneRegionKeepsTheTraces(t *testing.T) {
	s := newStage(t, cloudsim.Options{TraceRegion: "ap-southeast-1"})
	s.create("ops")
	assert.Empty(t, s.traces("cn-north-4", s.week()).list("traces"))
	assert.Len(t, s.traces("ap-southeast-1", s.week()).list("traces"), 1)
}

func TestEditsOnRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	s := newStage(t, cloudsim.Options{State: path})
	by := func(name string, words ...string) {
		t.Helper()
		e, err := cloudsim.ParseEdit(words)
		require.NoError(t, err)
		e.By = name
		require.NoError(t, s.sim.Edit("", e))
		s.clock.move(time.Second)
	}
	by("", "create", "nobody-saw", "partner-co")
	by("night-shift", "create", "by-hand", "partner-co")
	by("night-shift", "grant", "by-hand", "project:cn-north-4", "Tenant Guest")
	by("night-shift", "set", "by-hand", "description", "x")
	by("night-shift", "revoke", "by-hand", "project:cn-north-4", "Tenant Guest")
	by("night-shift", "policy", "create", "own", "project", "ecs:*:get")
	by("night-shift", "policy", "set", "own", "ecs:*:list")
	by("night-shift", "policy", "delete", "own")
	by("night-shift", "delete", "by-hand")
	by("night-shift", "authorization", "create", "fabric", "cn-north-4")
	s = newStage(t, cloudsim.Options{State: path})
	s.clock.move(time.Minute)
	all := s.traces("cn-north-4", s.week()).list("traces")
	assert.Equal(t, []string{
		"deleteAgency", "deletePolicy", "updatePolicy", "createPolicy", "unassignRoleToAgencyOnProject", "updateAgency",
		"assignRoleToAgencyOnProject", "createAgency",
	}, named(all)[len(all)-8:])
	last := all[len(all)-1]
	assert.Equal(t, "ConsoleAction", last["trace_type"])
	assert.Equal(t, "203.0.113.7", last["source_ip"])
	assert.Equal(t, "by-hand", last["resource_name"])
	user := last["user"].(map[string]any)
	assert.Equal(t, "night-shift", user["name"])
	assert.Equal(t, []any{"service.console"}, user["invoked_by"])
	ids := map[any]bool{}
	for _, trace := range all {
		ids[trace["trace_id"]] = true
	}
	assert.Len(t, ids, len(all))
}

// What a service does to its agency is on record as nobody's, or as its caller's.
func TestTracesOfServices(t *testing.T) {
	for _, named := range []bool{false, true} {
		s := newStage(t, cloudsim.Options{Switches: cloudsim.Switches{ServiceTracesNameCaller: named}})
		id := s.project("cn-north-4")
		r := s.call(http.MethodPost, "/v1/agency", `{"agency_policies":["FABRIC_COMMON_POLICY"]}`, "X-Project-Id", id)
		require.Less(t, r.status, 300, r.text)
		all := s.traces("cn-north-4", s.week()).list("traces")
		require.NotEmpty(t, all)
		for _, trace := range all {
			assert.Equal(t, named, trace["user"] != nil)
		}
	}
}

func TestTheSwitchesOfTraces(t *testing.T) {
	shown := func(switches cloudsim.Switches) (all []map[string]any, status int) {
		s := newStage(t, cloudsim.Options{Switches: switches})
		s.granted("ops")
		r := s.traces("cn-north-4", s.week())
		return r.list("traces"), r.status
	}
	_, status := shown(cloudsim.Switches{TracesOff: true})
	assert.Equal(t, 404, status)
	_, status = shown(cloudsim.Switches{TracesDenied: true})
	assert.Equal(t, 403, status)
	all, _ := shown(cloudsim.Switches{LateTraces: true})
	assert.Empty(t, all)
	all, _ = shown(cloudsim.Switches{TracesTwice: true})
	assert.Len(t, all, 10)
	all, _ = shown(cloudsim.Switches{TraceUserText: true})
	assert.IsType(t, "", all[0]["user"])
	all, _ = shown(cloudsim.Switches{TracesWithoutUser: true})
	assert.Nil(t, all[0]["user"])
	assert.Nil(t, all[0]["source_ip"])
	all, _ = shown(cloudsim.Switches{TracesByURL: true})
	assert.Empty(t, all[0]["request"])
	assert.NotEmpty(t, all[0]["resource_url"])
	all, _ = shown(cloudsim.Switches{TracesNameScopes: true})
	assert.Contains(t, named(all), "roleAgencyInherited")
	all, _ = shown(cloudsim.Switches{TracesNameAllGrants: true})
	assert.Contains(t, named(all), "assignRoleToAgencyOnAllProjects")
	for _, isTold := range []bool{false, true} {
		s := newStage(t, cloudsim.Options{Switches: cloudsim.Switches{TracesNameDeleted: isTold}})
		id := s.create("ops")
		s.clock.move(time.Second)
		require.Equal(t, 204, s.call(http.MethodDelete, agenciesPath+"/"+id, "").status)
		deleted := s.traces("cn-north-4", s.week()).list("traces")[0]
		assert.Equal(t, "deleteAgency", deleted["trace_name"])
		assert.Equal(t, id, deleted["resource_id"])
		assert.Equal(t, isTold, deleted["resource_name"] == "ops")
	}
}

// The newest are kept, and a trace holds no secret of whoever signs in.
func TestTracesAreBounded(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	id := s.create("ops")
	for i := range 1100 {
		s.clock.move(time.Second)
		require.Equal(t, 200, s.call(http.MethodPut, agenciesPath+"/"+id, fmt.Sprintf(`{"agency":{"description":"%d"}}`, i)).status)
	}
	world := s.sim.World()
	kept := world.AccountNamed("").Traces
	assert.LessOrEqual(t, len(kept), 1000)
	assert.Greater(t, len(kept), 700)
	assert.Contains(t, kept[len(kept)-1].Request, "1099")
}
