package cloudsim_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

func TestGrantLifeInEachScope(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	id, role := s.create("ops"), s.role("ReadOnlyAccess")
	inherited := s.inheritedGrant(id, role)
	for name, test := range map[string]struct{ one, list string }{
		"domain":       {s.domainGrants(id) + "/" + role, s.domainGrants(id)},
		"project":      {s.projectGrants(s.project("cn-north-4_data"), id) + "/" + role, s.projectGrants(s.project("cn-north-4_data"), id)},
		"all projects": {inherited, strings.Replace(inherited, "/"+role, "", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, 404, s.call(http.MethodHead, test.one, "").status)
			missing := s.call(http.MethodDelete, test.one, "")
			assert.Equal(t, 404, missing.status)
			assert.Contains(t, missing.message(), role)
			for range 2 {
				r := s.call(http.MethodPut, test.one, "")
				assert.Equal(t, 204, r.status, "a repeated grant is harmless")
				assert.Empty(t, r.text)
			}
			head := s.call(http.MethodHead, test.one, "")
			assert.Equal(t, 204, head.status)
			roles := s.call(http.MethodGet, test.list, "").list("roles")
			require.Len(t, roles, 1)
			assert.Equal(t, role, roles[0]["id"])
			if name == "all projects" {
				assert.NotContains(t, roles[0], "display_name")
				assert.NotContains(t, roles[0], "type")
			} else {
				assert.Equal(t, "ReadOnlyAccess", roles[0]["display_name"])
				assert.Contains(t, roles[0], "policy")
			}
			assert.Equal(t, 204, s.call(http.MethodDelete, test.one, "").status)
			assert.Empty(t, s.call(http.MethodGet, test.list, "").list("roles"))
		})
	}
}

func TestRefusedGrants(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	id, role, north := s.create("ops"), s.role("ReadOnlyAccess"), s.project("cn-north-4")
	for name, test := range map[string]struct {
		path   string
		status int
	}{
		"an unknown agency":   {s.domainGrants("77") + "/" + role, 404},
		"an unknown role":     {s.domainGrants(id) + "/77", 404},
		"an unknown project":  {s.projectGrants("77", id) + "/" + role, 404},
		"an empty project":    {s.projectGrants("", id) + "/" + role, 404},
		"a foreign domain":    {"/v3.0/OS-AGENCY/domains/other/agencies/" + id + "/roles/" + role, 403},
		"a foreign heritage":  {"/v3.0/OS-INHERIT/domains/other/agencies/" + id + "/roles/" + role + "/inherited_to_projects", 403},
		"the MOS project":     {s.projectGrants(s.project("MOS"), id) + "/" + role, 204},
		"a type out of scope": {s.projectGrants(north, id) + "/" + s.role("OBS ReadOnlyAccess"), 204},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.status, s.call(http.MethodPut, test.path, "").status) })
	}
	assert.Equal(t, "Could not find role: 77", s.call(http.MethodPut, s.domainGrants(id)+"/77", "").message())
}

func TestRolesThatAgenciesMayNotHave(t *testing.T) {
	operator, security, refuse := "Agent Operator", "Security Administrator", cloudsim.Switches{RefuseSecurityAdministrator: true}
	for name, test := range map[string]struct {
		cloud                             string
		switches                          cloudsim.Switches
		role                              string
		domain, project, inherited, batch int
	}{
		"the operator on Huawei Cloud":   {cloudsim.HuaweiCloud, cloudsim.Switches{}, operator, 403, 403, 403, 403},
		"the operator on OTC":            {cloudsim.OpenTelekomCloud, cloudsim.Switches{}, operator, 403, 403, 403, 403},
		"the security administrator":     {cloudsim.HuaweiCloud, cloudsim.Switches{}, security, 204, 403, 204, 403},
		"the same, refused everywhere":   {cloudsim.HuaweiCloud, refuse, security, 403, 403, 403, 403},
		"the same on OTC":                {cloudsim.OpenTelekomCloud, cloudsim.Switches{}, security, 403, 403, 403, 403},
		"a global role, types checked":   {cloudsim.HuaweiCloud, cloudsim.Switches{RefuseTypeMismatch: true}, "OBS ReadOnlyAccess", 204, 403, 204, 200},
		"a regional role, types checked": {cloudsim.HuaweiCloud, cloudsim.Switches{RefuseTypeMismatch: true}, "ECS ReadOnlyAccess", 403, 204, 204, 200},
		"a hidden role, types checked":   {cloudsim.HuaweiCloud, cloudsim.Switches{RefuseTypeMismatch: true}, "Hidden Service Operator", 403, 403, 403, 403},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{Cloud: test.cloud, Switches: test.switches})
			id, role := s.create("ops"), s.role(test.role)
			assert.Equal(t, test.domain, s.call(http.MethodPut, s.domainGrants(id)+"/"+role, "").status, "domain")
			assert.Equal(t, test.project, s.call(http.MethodPut, s.projectGrants(s.project("MOS"), id)+"/"+role, "").status, "project")
			assert.Equal(t, test.inherited, s.call(http.MethodPut, s.inheritedGrant(id, role), "").status, "all projects")
			assert.Equal(t, test.batch, s.call(http.MethodPut, batchPath, s.batch(id, "0", role)).status, "enterprise project")
		})
	}
}

func TestGrantSwitches(t *testing.T) {
	s := newStage(t, cloudsim.Options{Switches: cloudsim.Switches{ConflictOnRepeatedGrant: true, RevokeOfMissingSucceeds: true, RefuseMOS: true, BatchRevokeStatus200: true}})
	id, role := s.create("ops"), s.role("ReadOnlyAccess")
	one := s.domainGrants(id) + "/" + role
	assert.Equal(t, 204, s.call(http.MethodDelete, one, "").status)
	assert.Equal(t, 204, s.call(http.MethodPut, one, "").status)
	assert.Equal(t, 409, s.call(http.MethodPut, one, "").status)
	assert.Equal(t, 404, s.call(http.MethodPut, s.projectGrants(s.project("MOS"), id)+"/"+role, "").status)
	assert.Equal(t, 200, s.call(http.MethodDelete, batchPath, s.batch(id, "0", role)).status)
	assert.Equal(t, 200, s.call(http.MethodPut, batchPath, s.batch(id, "0", role)).status)
	assert.Equal(t, 409, s.call(http.MethodPut, batchPath, s.batch(id, "0", role)).status)
}

func TestBatch(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	id, role, production := s.create("ops"), s.role("ReadOnlyAccess"), s.enterpriseProject("production")
	item := func(agency, project, role string) string {
		return `{"agency_id":"` + agency + `","enterprise_project_id":"` + project + `","role_id":"` + role + `"}`
	}
	body := func(items ...string) string { return `{"role_assignments":[` + strings.Join(items, ",") + `]}` }
	granted := func() int {
		return len(s.call(http.MethodGet, assignmentsPath+"?domain_id="+s.home+"&scope=enterprise_project", "").list("role_assignments"))
	}
	var many []string
	for range 251 {
		many = append(many, item(id, "0", role))
	}
	for name, test := range map[string]struct {
		body   string
		status int
	}{
		"no JSON":              {`{`, 400},
		"no items":             {`{"role_assignments":[]}`, 400},
		"no list":              {`{"role_assignments":7}`, 400},
		"an item without id":   {body(`{"agency_id":"x"}`), 400},
		"an id that is a list": {body(`{"agency_id":[1],"enterprise_project_id":"0","role_id":"x"}`), 400},
		"too many":             {body(many...), 400},
		"an unknown agency":    {body(item(id, "0", role), item("77", "0", role)), 404},
		"an unknown project":   {body(item(id, "0", role), item(id, "77", role)), 404},
		"an unknown role":      {body(item(id, "0", role), item(id, "0", "77")), 404},
		"an id with a slash":   {body(item(id, "0", role), item(id+"/x", "0", role)), 400},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.call(http.MethodPut, batchPath, test.body)
			assert.Equal(t, test.status, r.status, r.text)
			if test.status == 400 {
				assert.Equal(t, "Illegal request", r.message())
			}
			assert.Zero(t, granted(), "all or nothing")
		})
	}
	r := s.call(http.MethodPut, batchPath, body(many[:249]...))
	assert.Equal(t, 200, r.status)
	assert.Empty(t, r.text)
	assert.Equal(t, 200, s.call(http.MethodPut, batchPath, body(item(id, production, role))).status)
	assert.Equal(t, 2, granted())
	assert.Equal(t, 404, s.call(http.MethodDelete, batchPath, body(item(id, "0", role), item(id, s.enterpriseProject("staging"), role))).status)
	assert.Equal(t, 2, granted(), "all or nothing")
	assert.Equal(t, 204, s.call(http.MethodDelete, batchPath, body(item(id, "0", role), item(id, production, role))).status)
	assert.Zero(t, granted())

	s = newStage(t, cloudsim.Options{Switches: cloudsim.Switches{BatchAppliesInOrder: true, BatchUnknownIllegal: true}})
	id = s.create("ops")
	assert.Equal(t, 400, s.call(http.MethodPut, batchPath, body(item(id, "0", role), item("77", "0", role))).status)
	assert.Equal(t, 1, granted(), "the switch keeps what came before the bad one")
}

// granted gives an agency one role in every scope, and returns its id.
func (s *stage) granted(name string) string {
	s.t.Helper()
	id, role := s.create(name), s.role("ReadOnlyAccess")
	require.Equal(s.t, 204, s.call(http.MethodPut, s.domainGrants(id)+"/"+role, "").status)
	require.Equal(s.t, 204, s.call(http.MethodPut, s.projectGrants(s.project("cn-north-4"), id)+"/"+role, "").status)
	require.Equal(s.t, 204, s.call(http.MethodPut, s.inheritedGrant(id, role), "").status)
	require.Equal(s.t, 200, s.call(http.MethodPut, batchPath, s.batch(id, "0", role)).status)
	return id
}

func TestAssignments(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	id, role, north := s.granted("ops"), s.role("ReadOnlyAccess"), s.project("cn-north-4")
	list := func(query string) result {
		return s.call(http.MethodGet, assignmentsPath+"?domain_id="+s.home+query, "")
	}
	agency := "&subject.agency_id=" + id
	for query, want := range map[string]int{
		"":                                      7, // three of them in the demo world
		"&subject=agency":                       7,
		"&subject=user":                         0,
		"&subject=group":                        0,
		"&subject.user_id=":                     7,
		"&subject.user_id=x&include_group=true": 0,
		agency:                                  4,
		"&subject.agency_id=77":                 0,
		"&role_id=" + role:                      4,
		agency + "&role_id=77":                  0,
		agency + "&scope=domain":                1,
		agency + "&scope=domain&is_inherited=false":      1,
		agency + "&scope=domain&is_inherited=true":       1,
		agency + "&scope.domain_id=" + s.home:            1,
		"&scope=domain&is_inherited=true":                3,
		agency + "&scope=project":                        1,
		agency + "&scope.project_id=" + north:            1,
		agency + "&scope.project_id=77":                  0,
		agency + "&scope=enterprise_project":             1,
		agency + "&scope.enterprise_projects_id=0":       1,
		agency + "&scope.enterprise_project_id=0":        1,
		agency + "&scope.enterprise_projects_id=77":      0,
		agency + "&page=1&per_page=3":                    3,
		agency + "&page=2&per_page=3":                    1,
		agency + "&page=3&per_page=3":                    0,
		agency + "&scope=project&page=1&per_page=50":     1,
		agency + "&scope=domain&is_inherited=True":       1,
		"&subject=agency&scope=project":                  1,
		"&is_inherited=true":                             7, // out of place, and ignored, as are the next ones
		agency + "&scope=project&is_inherited=true":      1,
		"&subject=agency&include_group=true":             7,
		agency + "&include_group=false":                  4,
		"&subject=agency&scope=enterprise_project":       1,
		"&subject=agency&scope=domain&page=1&per_page=1": 1,
	} {
		r := list(query)
		assert.Equal(t, 200, r.status, query)
		assert.Len(t, r.list("role_assignments"), want, query)
	}
	for _, query := range []string{
		"&subject=agency&subject.agency_id=x", "&subject.user_id=x&subject.agency_id=x", "&subject=robot", "&scope=world",
		"&scope=domain&scope.project_id=x", "&scope.project_id=x&scope.enterprise_projects_id=0",
		"&scope=domain&is_inherited=maybe", "&include_group=perhaps", "&page=1", "&per_page=50", "&page=1&per_page=51", "&page=0&per_page=5",
	} {
		assert.Equal(t, 400, list(query).status, query)
	}
	assert.Equal(t, 400, s.call(http.MethodGet, assignmentsPath, "").status)
	assert.Equal(t, 403, s.call(http.MethodGet, assignmentsPath+"?domain_id=other", "").status)
	assert.Equal(t, 403, list("&scope.domain_id=other").status)

	r := list(agency + "&scope=domain&is_inherited=true")
	assert.JSONEq(t, `{"total_num":1,"role_assignments":[{"agency":{"id":"`+id+`"},"role":{"id":"`+role+`"},"scope":{"domain":{"id":"`+s.home+`"}},"is_inherited":true}]}`, r.text)
	r = list(agency + "&scope=enterprise_project")
	assert.JSONEq(t, `{"total_num":1,"role_assignments":[{"agency":{"id":"`+id+`"},"role":{"id":"`+role+`"},"scope":{"enterprise_project":{"id":"0"}},"is_inherited":false}]}`, r.text)
	assert.Equal(t, 4.0, list(agency + "&page=2&per_page=3").body["total_num"])
	s = newStage(t, cloudsim.Options{Switches: cloudsim.Switches{TotalCountsPage: true, UnscopedWithoutInherited: true}})
	agency = "&subject.agency_id=" + s.granted("ops")
	r = list(agency + "&page=1&per_page=2")
	assert.Equal(t, 2.0, r.body["total_num"])
	assert.Len(t, list(agency).list("role_assignments"), 3)
}

// Thousands of agencies and grants must stay quick in memory, in writes as in paging.
func TestManyGrants(t *testing.T) {
	w := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
	home := w.AccountNamed("")
	home.Quotas = map[string]int{"agency": 10_000}
	for i := range 5000 {
		g := cloudsim.Agency{ID: "agency" + strconv.Itoa(i), Name: "bulk-" + strconv.Itoa(i), Trust: home.Agencies[0].Trust, Created: home.Agencies[0].Created}
		for j := range 10 {
			g.Grants = append(g.Grants, cloudsim.Grant{Scope: cloudsim.ScopeProject, Target: home.Projects[j%2].ID, Role: w.Roles[j].ID})
		}
		home.Agencies = append(home.Agencies, g)
	}
	s := newStage(t, cloudsim.Options{Seed: w})
	total, page := 0, 1
	for ; ; page++ {
		n := len(s.call(http.MethodGet, assignmentsPath+"?domain_id="+s.home+"&scope=project&page="+strconv.Itoa(page*10)+"&per_page=50", "").list("role_assignments"))
		total += n
		if n == 0 {
			break
		}
	}
	assert.Equal(t, 101, page, "every tenth of a thousand pages")
	assert.Equal(t, 5000, total)
	for i := range 500 {
		require.Equal(t, 204, s.call(http.MethodPut, s.domainGrants("agency"+strconv.Itoa(i))+"/"+w.Roles[0].ID, "").status)
	}
}
