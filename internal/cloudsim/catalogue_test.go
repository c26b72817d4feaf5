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

func TestRoleList(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	require.Equal(t, 201, s.call(http.MethodPost, policiesPath, policyBody("Tenant Guest", "XA", `["ecs:*:get"]`)).status)
	list := func(query string) result { return s.call(http.MethodGet, "/v3/roles"+query, "") }
	displays := func(r result) []string {
		out := []string{}
		for _, role := range r.list("roles") {
			out = append(out, role["display_name"].(string))
		}
		return out
	}
	system := list("")
	assert.Len(t, system.list("roles"), len(s.world.Roles), "no custom policy without domain_id")
	assert.Equal(t, float64(len(s.world.Roles)), system.body["total_number"])
	assert.Nil(t, system.object("links")["next"])
	own := list("?domain_id=" + s.home)
	assert.Equal(t, []string{"Tenant Guest"}, displays(own), "only custom policies with it")
	assert.Equal(t, s.home, own.list("roles")[0]["domain_id"])
	assert.Equal(t, "CUSTOMED", own.list("roles")[0]["catalog"])
	assert.NotContains(t, own.list("roles")[0], "flag")

	assert.Equal(t, []string{"Security Administrator"}, displays(list("?name=secu_admin")))
	assert.Contains(t, displays(list("?display_name=Administrator")), "Tenant Administrator", "display_name is contained, not equal")
	assert.ElementsMatch(t, []string{"OBS Administrator", "OBS OperateAccess", "OBS ReadOnlyAccess"}, displays(list("?catalog=OBS")))
	for _, role := range list("?permission_type=policy").list("roles") {
		assert.Equal(t, "fine_grained", role["flag"])
	}
	for _, role := range list("?permission_type=role").list("roles") {
		assert.NotContains(t, role, "flag")
		assert.Equal(t, "1.0", role["policy"].(map[string]any)["Version"])
	}
	for query, types := range map[string]string{"domain": "AA AX", "project": "AA XA", "all": "AA AX XA"} {
		for _, role := range list("?type=" + query).list("roles") {
			assert.Contains(t, types, role["type"])
		}
	}
	for _, bad := range []string{"?permission_type=x", "?type=x", "?page=1", "?page=1&per_page=301"} {
		assert.Equal(t, 400, list(bad).status, bad)
	}
	assert.Equal(t, 403, list("?domain_id=other").status)
	assert.Len(t, list("?page=2&per_page=60").list("roles"), len(s.world.Roles)-60)

	role := s.role("CCE Administrator")
	shown := s.call(http.MethodGet, "/v3/roles/"+role, "").object("role")
	assert.Equal(t, "CCE Administrator", shown["display_name"])
	assert.Nil(t, shown["domain_id"])
	assert.NotEmpty(t, shown["policy"].(map[string]any)["Depends"])
	assert.Equal(t, "Could not find role: 77", s.call(http.MethodGet, "/v3/roles/77", "").message())

	otc := newStage(t, cloudsim.Options{Cloud: cloudsim.OpenTelekomCloud})
	r := otc.call(http.MethodGet, "/v3/roles?display_name=Administrator", "")
	assert.Len(t, r.list("roles"), len(otc.world.Roles), "OTC knows no filter")
}

func TestRoleListIsCutAt300(t *testing.T) {
	w := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
	for i := len(w.Roles); i < 420; i++ {
		role := w.Roles[0]
		role.ID, role.DisplayName = "extra"+strconv.Itoa(i), "Extra "+strconv.Itoa(i)
		w.Roles = append(w.Roles, role)
	}
	s := newStage(t, cloudsim.Options{Seed: w})
	r := s.call(http.MethodGet, "/v3/roles", "")
	assert.Len(t, r.list("roles"), 300)
	assert.Equal(t, 420.0, r.body["total_number"])
	assert.Len(t, s.call(http.MethodGet, "/v3/roles?page=2&per_page=300", "").list("roles"), 120)
	s = newStage(t, cloudsim.Options{Seed: w, Switches: cloudsim.Switches{UncappedRoles: true}})
	assert.Len(t, s.call(http.MethodGet, "/v3/roles", "").list("roles"), 420)
	w.Cloud = cloudsim.OpenTelekomCloud
	s = newStage(t, cloudsim.Options{Seed: w})
	r = s.call(http.MethodGet, "/v3/roles", "")
	assert.Len(t, r.list("roles"), 300)
	assert.Equal(t, 420.0, r.body["total_number"])
	assert.Len(t, s.call(http.MethodGet, "/v3/roles?page=2&per_page=300", "").list("roles"), 120)
	s = newStage(t, cloudsim.Options{Seed: w, Switches: cloudsim.Switches{RefuseRolePages: true, UncappedRoles: true}})
	assert.Equal(t, http.StatusBadRequest, s.call(http.MethodGet, "/v3/roles?page=2&per_page=300", "").status)
	assert.Len(t, s.call(http.MethodGet, "/v3/roles", "").list("roles"), 420)
}

func policyBody(name, kind, actions string) string {
	return `{"role":{"display_name":"` + name + `","type":"` + kind + `","description":"d","policy":{"Version":"1.1","Statement":[{"Effect":"Allow","Action":` + actions + `}]}}}`
}

func TestCustomPolicies(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	made := s.call(http.MethodPost, policiesPath, policyBody("backup", "AX", `["obs:object:GetObject"]`))
	require.Equal(t, 201, made.status, made.text)
	id := made.object("role")["id"].(string)
	path := policiesPath + "/" + id
	assert.Equal(t, "custom_"+s.home+"_0", made.object("role")["name"])
	assert.Equal(t, 0.0, made.object("role")["references"])
	assert.Equal(t, 409, s.call(http.MethodPost, policiesPath, policyBody("backup", "AX", `["obs:object:GetObject"]`)).status)

	agency := s.create("ops")
	require.Equal(t, 204, s.call(http.MethodPut, s.domainGrants(agency)+"/"+id, "").status)
	assert.Equal(t, 1.0, s.call(http.MethodGet, path, "").object("role")["references"])
	refused := s.call(http.MethodDelete, path, "")
	assert.Equal(t, 400, refused.status)
	assert.Contains(t, refused.message(), "backup")
	changed := s.call(http.MethodPatch, path, policyBody("backup", "AX", `["obs:object:PutObject"]`))
	assert.Equal(t, 200, changed.status, changed.text)
	assert.Contains(t, changed.text, "obs:object:PutObject")
	assert.Equal(t, 400, s.call(http.MethodPatch, path, `{"role":{"description":"half a body"}}`).status)
	require.Equal(t, 204, s.call(http.MethodDelete, s.domainGrants(agency)+"/"+id, "").status)
	edit(t, s, "hold", "backup", "2")
	assert.Equal(t, 2.0, s.call(http.MethodGet, path, "").object("role")["references"])
	assert.Equal(t, 400, s.call(http.MethodDelete, path, "").status, "users and groups have it")
	edit(t, s, "hold", "backup", "0")
	assert.Equal(t, 200, s.call(http.MethodDelete, path, "").status, "200, not 204")
	gone := s.call(http.MethodGet, path, "")
	assert.JSONEq(t, `{"error_code":"IAM.0004","error_msg":"Could not find role: `+id+`"}`, gone.text)
	for _, method := range []string{http.MethodPatch, http.MethodDelete} {
		assert.Equal(t, 404, s.call(method, path, policyBody("b", "AX", `["obs:object:GetObject"]`)).status)
	}

	s = newStage(t, cloudsim.Options{Switches: cloudsim.Switches{DeleteGrantedPolicy: true, DuplicatePolicyNames: true, NoReferences: true}})
	agency = s.create("ops")
	for i := range 2 {
		made = s.call(http.MethodPost, policiesPath, policyBody("backup", "AX", `["obs:object:GetObject"]`))
		require.Equal(t, 201, made.status)
		assert.Equal(t, "custom_"+s.home+"_"+strconv.Itoa(i), made.object("role")["name"])
		assert.NotContains(t, made.object("role"), "references")
	}
	id = made.object("role")["id"].(string)
	require.Equal(t, 204, s.call(http.MethodPut, s.domainGrants(agency)+"/"+id, "").status)
	assert.Equal(t, 200, s.call(http.MethodDelete, policiesPath+"/"+id, "").status)
	assert.Empty(t, s.call(http.MethodGet, s.domainGrants(agency), "").list("roles"))
	assert.Len(t, s.call(http.MethodGet, policiesPath+"?page=1&per_page=300", "").list("roles"), 1)
	assert.Equal(t, 400, s.call(http.MethodGet, policiesPath+"?page=1", "").status)
}

func TestRefusedPolicies(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	role := func(fields string) string { return `{"role":{` + fields + `}}` }
	document := func(policy string) string {
		return role(`"display_name":"p","type":"AX","description":"d","policy":` + policy)
	}
	statement := func(fields string) string { return document(`{"Version":"1.1","Statement":[{` + fields + `}]}`) }
	allow := `"Effect":"Allow","Action":["obs:object:GetObject"]`
	many := strings.TrimSuffix(strings.Repeat(`"obs:object:GetObject",`, 101), ",")
	for name, test := range map[string]struct{ body, code string }{
		"no JSON":                    {`{`, "IAM.0011"},
		"no role":                    {`{}`, "IAM.0011"},
		"no display name":            {role(`"type":"AX"`), "IAM.0072"},
		"no description":             {role(`"type":"AX","display_name":"p"`), "IAM.0072"},
		"no policy":                  {role(`"type":"AX","display_name":"p","description":"d"`), "IAM.0072"},
		"a name that is a number":    {role(`"display_name":7`), "IAM.0073"},
		"an empty name":              {policyBody("", "AX", `["obs:object:GetObject"]`), "IAM.1002"},
		"a name too long":            {policyBody(strings.Repeat("n", 65), "AX", `["obs:object:GetObject"]`), "IAM.1002"},
		"an unknown type":            {policyBody("p", "AB", `["obs:object:GetObject"]`), "IAM.1004"},
		"a type of system roles":     {policyBody("p", "AA", `["obs:object:GetObject"]`), "IAM.1005"},
		"a catalog":                  {role(`"catalog":"OBS"`), "IAM.1006"},
		"a flag":                     {role(`"flag":"fine_grained"`), "IAM.1007"},
		"an internal name":           {role(`"name":"n"`), "IAM.1008"},
		"a policy too long":          {statement(`"Effect":"Allow","Action":["obs:object:` + strings.Repeat("x", 6144) + `"]`), "IAM.1021"},
		"a policy that is a text":    {document(`"x"`), "IAM.0011"},
		"an old version":             {document(`{"Version":"1.0","Statement":[]}`), "IAM.1024"},
		"no statement":               {document(`{"Version":"1.1","Statement":[]}`), "IAM.1028"},
		"nine statements":            {document(`{"Version":"1.1","Statement":[` + strings.TrimSuffix(strings.Repeat(`{`+allow+`},`, 9), ",") + `]}`), "IAM.1028"},
		"an unknown effect":          {statement(`"Effect":"Maybe","Action":["obs:object:GetObject"]`), "IAM.1029"},
		"no action":                  {statement(`"Effect":"Allow","Action":[]`), "IAM.1033"},
		"too many actions":           {statement(`"Effect":"Allow","Action":[` + many + `]`), "IAM.1033"},
		"an action without service":  {statement(`"Effect":"Allow","Action":["GetObject"]`), "IAM.1036"},
		"a service in capitals":      {statement(`"Effect":"Allow","Action":["OBS:object:GetObject"]`), "IAM.1036"},
		"an action too long":         {statement(`"Effect":"Allow","Action":["obs:object:` + strings.Repeat("x", 128) + `"]`), "IAM.1036"},
		"a condition that is a text": {statement(allow + `,"Condition":"x"`), "IAM.0073"},
		"a resource of two segments": {statement(allow + `,"Resource":["obs:bucket"]`), "IAM.0073"},
		"an unknown resource URI":    {statement(allow + `,"Resource":{"uri":["/iam/users/x"]}`), "IAM.1037"},
		"a resource without URI":     {statement(allow + `,"Resource":{}`), "IAM.1037"},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.call(http.MethodPost, policiesPath, test.body)
			assert.Equal(t, 400, r.status, r.text)
			assert.Equal(t, test.code, r.body["error_code"], r.text)
			assert.NotEmpty(t, r.body["error_msg"])
		})
	}
	world := s.sim.World()
	assert.Empty(t, world.AccountNamed("").Policies)
	assert.Equal(t, 201, s.call(http.MethodPost, policiesPath, statement(allow+`,"Resource":["obs:*:*:bucket:*"],"Condition":{"StringEquals":{"g:UserName":["a"]}}`)).status)
}

func TestProjects(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	list := func(query string) result { return s.call(http.MethodGet, "/v3/projects"+query, "") }
	assert.ElementsMatch(t, []string{"MOS", "ap-southeast-1", "cn-east-3", "cn-north-4", "cn-north-4_data"}, names(list("").list("projects")))
	north := s.project("cn-north-4")
	assert.Equal(t, []string{"cn-north-4_data"}, names(list("?parent_id="+north).list("projects")))
	assert.Len(t, list("?parent_id="+s.home).list("projects"), 4, "a region project's parent is the account")
	assert.Equal(t, []string{"cn-north-4"}, names(list("?name=cn-north-4").list("projects")))
	assert.Len(t, list("?enabled=true&is_domain=false&domain_id="+s.home).list("projects"), 5)
	assert.Empty(t, list("?enabled=false").list("projects"))
	assert.Empty(t, list("?is_domain=true").list("projects"))
	assert.Len(t, list("?page=2&per_page=3").list("projects"), 2)
	for _, bad := range []string{"?page=1", "?page=1&per_page=5001", "?enabled=x", "?is_domain=x"} {
		assert.Equal(t, 400, list(bad).status, bad)
	}
	assert.Equal(t, 403, list("?domain_id=other").status)
	assert.Equal(t, "cn-north-4", s.call(http.MethodGet, "/v3/projects/"+north, "").object("project")["name"])
	assert.Equal(t, 404, s.call(http.MethodGet, "/v3/projects/77", "").status)
	assert.Len(t, s.call(http.MethodGet, "/v3/auth/projects?name=ignored", "").list("projects"), 5)
	assert.Equal(t, []string{"example-co"}, names(s.call(http.MethodGet, "/v3/auth/domains", "").list("domains")))
	s = newStage(t, cloudsim.Options{Switches: cloudsim.Switches{EmptyAuthDomains: true}})
	assert.Equal(t, []any{}, s.call(http.MethodGet, "/v3/auth/domains", "").body["domains"])
}

func TestEnterpriseProjects(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	list := func(query string) result { return s.call(http.MethodGet, "/v1.0/enterprise-projects"+query, "") }
	all := list("")
	assert.Equal(t, []string{"default", "production", "staging"}, names(all.list("enterprise_projects")))
	assert.Equal(t, "0", all.list("enterprise_projects")[0]["id"])
	assert.Equal(t, 3.0, all.body["total_count"])
	part := list("?limit=2&offset=1")
	assert.Equal(t, []string{"production", "staging"}, names(part.list("enterprise_projects")))
	assert.Equal(t, 3.0, part.body["total_count"])
	assert.Empty(t, list("?offset=9").list("enterprise_projects"))
	assert.Equal(t, []string{"staging"}, names(list("?name=stag").list("enterprise_projects")), "the name is fuzzy")
	assert.Equal(t, []string{"default"}, names(list("?id=0").list("enterprise_projects")))
	assert.Empty(t, list("?status=2").list("enterprise_projects"))
	assert.Empty(t, list("?type=poc").list("enterprise_projects"))
	assert.Equal(t, []string{"staging", "production", "default"}, names(list("?sort_key=created_at&sort_dir=desc").list("enterprise_projects")))
	for _, bad := range []string{"?limit=0", "?limit=1001", "?offset=-1", "?status=3"} {
		assert.Equal(t, 400, list(bad).status, bad)
	}
	s = newStage(t, cloudsim.Options{Switches: cloudsim.Switches{NoEnterpriseProjects: true}})
	assert.Equal(t, "APIGW.0101", list("").body["error_code"])
}

func TestCallsOutsideTheAPI(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	for _, test := range [][2]string{
		{http.MethodGet, "/"}, {http.MethodGet, "/v5/agencies"}, {http.MethodPatch, agenciesPath}, {http.MethodGet, "/v3.0/OS-AGENCY/agencies/a/b"},
		{http.MethodGet, "/v3.0/OS-AGENCY/agencies%2Fa"}, {http.MethodPost, "/v3/roles"},
	} {
		r := s.call(test[0], test[1], "")
		assert.Equal(t, 404, r.status, test)
		assert.Equal(t, "APIGW.0101", r.body["error_code"])
		assert.Equal(t, r.header.Get("X-Request-Id"), r.body["request_id"])
	}
	assert.Equal(t, 413, s.call(http.MethodPost, agenciesPath, strings.Repeat(" ", cloudsim.MaxBodyBytes+1)).status)
	assert.Equal(t, 400, s.call(http.MethodGet, agenciesPath+"?a;b", "").status)
}

func TestScopeOfTheCaller(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	list := agenciesPath + "?domain_id=" + s.home
	assert.Equal(t, 403, s.call(http.MethodGet, list, "", "X-Project-Id", s.project("cn-north-4")).status)
	assert.Equal(t, 200, s.call(http.MethodGet, "/v3/projects", "", "X-Project-Id", s.project("cn-north-4")).status)
	assert.Equal(t, 403, s.call(http.MethodGet, list, "", "X-Domain-Id", "58bb150d1977bc14e7287d5d696a88cc").status, "another account's agencies")
	assert.Equal(t, 403, s.call(http.MethodGet, list, "", "X-Domain-Id", "nobody").status)
	s = newStage(t, cloudsim.Options{Switches: cloudsim.Switches{RequireDomainHeader: true}})
	assert.Equal(t, 403, s.call(http.MethodGet, list, "").status)
	assert.Equal(t, 200, s.call(http.MethodGet, list, "", "X-Domain-Id", s.home).status)
}
