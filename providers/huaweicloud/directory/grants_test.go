package directory_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

const bulkPath = "/v3.0/OS-PERMISSION/role-assignments"

// records are n grants to agencies in the scope that the cloud would show them in.
func records(n int, scope map[string]any, inherited bool) []map[string]any {
	items := make([]map[string]any, n)
	for i := range items {
		items[i] = map[string]any{
			"agency": map[string]any{"id": fmt.Sprintf("a%d", i)}, "role": map[string]any{"id": "r1"}, "scope": scope, "is_inherited": inherited,
		}
	}
	return items
}

var (
	inDomain     = map[string]any{"domain": map[string]any{"id": domain}}
	inProject    = map[string]any{"project": map[string]any{"id": "p1"}}
	inEnterprise = map[string]any{"enterprise_project": map[string]any{"id": "0"}}
)

func TestBulkReadFindsTheEnd(t *testing.T) {
	pageTotal := func(n, limit int) func(http.ResponseWriter, *http.Request) {
		items := records(n, inProject, false)
		return func(w http.ResponseWriter, r *http.Request) {
			page, _ := strconv.Atoi(r.URL.Query().Get("page"))
			from := min((page-1)*limit, len(items))
			part := items[from:min(from+limit, len(items))]
			_ = json.NewEncoder(w).Encode(map[string]any{"role_assignments": part, "total_num": len(part)})
		}
	}
	for name, test := range map[string]struct {
		answer      func(http.ResponseWriter, *http.Request)
		want, calls int
	}{
		"nothing":                             {pages("role_assignments", records(0, nil, false), 0, "total_num"), 0, 1},
		"a short page":                        {pages("role_assignments", records(49, inProject, false), 0, "total_num"), 49, 1},
		"one full page, which proves nothing": {pages("role_assignments", records(50, inProject, false), 0, "total_num"), 50, 2},
		"full pages, and an empty one":        {pages("role_assignments", records(100, inProject, false), 0, "total_num"), 100, 3},
		"many pages":                          {pages("role_assignments", records(2501, inProject, false), 0, "total_num"), 2501, 51},
		"no total":                            {pages("role_assignments", records(120, inProject, false), 0, ""), 120, 3},
		"no total, full last page":            {pages("role_assignments", records(100, inProject, false), 0, ""), 100, 3},
		"a total of the page":                 {pageTotal(120, 50), 120, 3},
		"a total of the page, full last page": {pageTotal(100, 50), 100, 3},
		"smaller pages than asked for":        {pages("role_assignments", records(45, inProject, false), 20, "total_num"), 45, 3},
		"all in one page":                     {whole("role_assignments", records(130, inProject, false)), 130, 1},
		"grants to others are passed over":    {say(`{"role_assignments":[{"user":{"id":"u"},"role":{"id":"r"},"scope":{"domain":{"id":"d"}}}],"total_num":1}`), 0, 1},
		"a total that is no number":           {say(`{"role_assignments":[],"total_num":"many"}`), 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud()
			c.on(bulkPath, test.answer)
			got, err := c.client(t, huaweicloud.HuaweiCloud).Assignments(t.Context(), directory.OneProject, "")
			require.NoError(t, err)
			assert.Len(t, got.All, test.want)
			assert.Len(t, c.asked, test.calls)
		})
	}
}

func TestBulkReadRefusesLess(t *testing.T) {
	var calls atomic.Int32
	for name, test := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		fault  string
	}{
		"another answer": {say(`{}`), "no list of grants"},
		"the same page only": {func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(map[string]any{"role_assignments": records(50, inProject, false), "total_num": 120})
		}, "do not add up"},
		"the same page again, no total": {whole("role_assignments", records(50, inProject, false)), "page 2 repeats earlier ones"},
		"an empty page, more counted":   {say(`{"role_assignments":[],"total_num":7}`), "do not add up"},
		"a long page, more counted": {func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(map[string]any{"role_assignments": records(60, inProject, false), "total_num": 120})
		}, "do not add up"},
		"a total that never rests": {func(w http.ResponseWriter, r *http.Request) {
			pages("role_assignments", records(100+int(calls.Add(1)), inProject, false), 0, "total_num")(w, r)
		}, "do not add up"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud()
			c.on(bulkPath, test.answer)
			_, err := c.client(t, huaweicloud.HuaweiCloud).Assignments(t.Context(), directory.OneProject, "")
			require.ErrorContains(t, err, test.fault)
		})
	}
}

func TestARecordSaysItselfWhereItHolds(t *testing.T) {
	text := `{"role_assignments":[
		{"agency":{"id":"a"},"role":{"id":"r"},"scope":{"domain":{"id":"d"}},"is_inherited":false},
		{"agency":{"id":"a"},"role":{"id":"r"},"scope":{"domain":{"id":"d"}},"is_inherited":true},
		{"agency":{"id":"a"},"role":{"id":"r"},"scope":{"domain":{"id":"d"}}},
		{"agency":{"id":"a"},"role":{"id":"r"},"scope":{"project":{"id":"p"}}},
		{"agency":{"id":"a"},"role":{"id":"r"},"scope":{"enterprise_projects":{"id":"0"}}}]}`
	want := func(scope directory.Scope, target string) directory.Assignment {
		return directory.Assignment{AgencyID: "a", RoleID: "r", Scope: scope, TargetID: target}
	}
	c := newCloud()
	c.on(bulkPath, say(text))
	client := c.client(t, huaweicloud.HuaweiCloud)
	for pass, silent := range map[directory.Scope]directory.Scope{directory.Domain: directory.Domain, directory.AllProjects: directory.AllProjects} {
		got, err := client.Assignments(t.Context(), pass, "")
		require.NoError(t, err)
		assert.ElementsMatch(t, slices.Compact([]directory.Assignment{
			want(directory.Domain, ""), want(directory.AllProjects, ""), want(directory.OneProject, "p"), want(directory.EnterpriseProject, "0"),
		}), got.All, silent)
	}
}

// TestAnOddGrantOfTheAgencyThatWasAskedFor is that agency's where the record does not say whose it is.
func TestAnOddGrantOfTheAgencyThatWasAskedFor(t *testing.T) {
	c := newCloud()
	c.on(bulkPath, say(`{"role_assignments":[{"role":{"id":"r"}},{"agency":{"id":"a2"}},{"user":{"id":"u"}},{"group":{"id":"g"},"agency":null}]}`))
	client := c.client(t, huaweicloud.HuaweiCloud)
	for asked, want := range map[string][]string{"": {"", "a2"}, "a1": {"a1", "a2"}} {
		got, err := client.Assignments(t.Context(), directory.Domain, asked)
		require.NoError(t, err)
		var of []string
		for _, odd := range got.Odd {
			of = append(of, odd.Of)
		}
		assert.Equal(t, want, of, "a user and a group are not ours")
	}
}

// bulk answers the four passes: a status above 299 refuses the scope.
func bulk(status map[directory.Scope]int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		scope, record := directory.Domain, records(1, inDomain, false)
		switch {
		case q.Get("scope") == "project":
			scope, record = directory.OneProject, records(1, inProject, false)
		case q.Get("scope") == "enterprise_project":
			scope, record = directory.EnterpriseProject, records(1, inEnterprise, false)
		case q.Get("is_inherited") == "true":
			scope, record = directory.AllProjects, records(1, inDomain, true)
		}
		if status[scope] > 299 {
			refuse(status[scope])(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"role_assignments": record, "total_num": 1})
	}
}

func TestReadGrants(t *testing.T) {
	all := func(status int) map[directory.Scope]int {
		m := map[directory.Scope]int{}
		for _, scope := range directory.Scopes() {
			m[scope] = status
		}
		return m
	}
	only := func(scope directory.Scope, status int) map[directory.Scope]int {
		return map[directory.Scope]int{scope: status}
	}
	three := []directory.Scope{directory.Domain, directory.AllProjects, directory.OneProject}
	notProjects := []directory.Scope{directory.Domain, directory.AllProjects, directory.EnterpriseProject}
	for name, test := range map[string]struct {
		status                map[directory.Scope]int
		skip, wanted          bool
		mos                   int
		scopes                []directory.Scope
		found, gaps, warnings int
		singles               int
		fault                 string
		faultKind             error
	}{
		"all by the bulk read":                       {scopes: directory.Scopes(), found: 4},
		"one scope refused":                          {status: only(directory.Domain, 403), scopes: directory.Scopes(), found: 5, singles: 2},
		"one scope refused by each project":          {status: only(directory.OneProject, 403), scopes: directory.Scopes(), found: 7, singles: 4},
		"all refused, enterprise projects unmanaged": {status: all(403), skip: true, scopes: three, found: 8, gaps: 1, singles: 8},
		"all refused":                                {status: all(403), fault: "cloud.notRead: [enterprise-projects]", faultKind: providers.ErrDenied},
		"no such API, none wanted":                   {status: all(404), scopes: three, found: 8, gaps: 1, warnings: 1, singles: 8},
		"no such API, some wanted":                   {status: all(404), wanted: true, fault: "cloud.notRead: [enterprise-projects]", faultKind: providers.ErrNotFound},
		"enterprise projects refused":                {status: only(directory.EnterpriseProject, 403), fault: "list enterprise project grants", faultKind: providers.ErrDenied},
		"a scope that fails":                         {status: only(directory.AllProjects, 500), fault: "list all projects grants", faultKind: providers.ErrUnavailable},
		"credentials that are not accepted":          {status: all(401), skip: true, fault: "access denied", faultKind: providers.ErrDenied},
		"object storage hidden":                      {status: only(directory.OneProject, 403), mos: 403, scopes: notProjects, found: 5, gaps: 1, singles: 3},
		"object storage missing":                     {status: only(directory.OneProject, 403), mos: 404, scopes: notProjects, found: 5, gaps: 1, singles: 3},
		"object storage failing":                     {status: only(directory.OneProject, 403), mos: 500, fault: "list project grants of an agency", faultKind: providers.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud()
			c.on(bulkPath, bulk(test.status))
			c.on("/v3/projects", say(`{"projects":[{"id":"p1","name":"cn-north-4"},{"id":"m1","name":"MOS"}]}`))
			roles := say(`{"roles":[{"id":"r9","name":"x"}],"links":{}}`)
			for _, agency := range []string{"b0", "b1"} {
				c.on("/v3.0/OS-AGENCY/domains/"+domain+"/agencies/"+agency+"/roles", roles)
				c.on("/v3.0/OS-INHERIT/domains/"+domain+"/agencies/"+agency+"/roles/inherited_to_projects", roles)
				c.on("/v3.0/OS-AGENCY/projects/p1/agencies/"+agency+"/roles", roles)
				mos := roles
				if test.mos != 0 {
					mos = refuse(test.mos)
				}
				c.on("/v3.0/OS-AGENCY/projects/m1/agencies/"+agency+"/roles", mos)
			}
			got, err := directory.New(c.client(t, huaweicloud.HuaweiCloud)).ReadGrants(t.Context(), directory.GrantsRequest{
				Agencies: func(context.Context) ([]directory.Agency, error) {
					return []directory.Agency{{ID: "b0"}, {ID: "b1"}}, nil
				},
				SkipEnterpriseProjects: test.skip, EnterpriseProjectsWanted: test.wanted,
			})
			if test.fault != "" {
				require.ErrorContains(t, err, test.fault)
				assert.ErrorIs(t, err, test.faultKind)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.scopes, got.Read)
			if test.mos != 0 {
				assert.Equal(t, []directory.Project{{ID: "p1", Name: "cn-north-4"}}, got.Projects, "the scope was not read in full")
			} else {
				assert.Empty(t, got.Projects)
			}
			assert.Len(t, got.Assignments, test.found)
			assert.Len(t, got.Gaps, test.gaps)
			assert.Len(t, got.Warnings, test.warnings)
			singles := 0
			for _, asked := range c.asked {
				if strings.Contains(asked, "/agencies/") {
					singles++
				}
			}
			assert.Equal(t, test.singles, singles)
		})
	}
}

// TestAPlaceThatRefusesHidesNoOther reads grants where the bulk read is refused and single projects, or all projects, refuse too.
func TestAPlaceThatRefusesHidesNoOther(t *testing.T) {
	const (
		p1 = "/v3.0/OS-AGENCY/projects/p1"
		p2 = "/v3.0/OS-AGENCY/projects/p2"
		p3 = "/v3.0/OS-AGENCY/projects/p3"
	)
	inherit := "/v3.0/OS-INHERIT/domains/" + domain
	gap := func(subject, reason string) directory.Gap { return directory.Gap{Subject: subject, Reason: reason} }
	one := func(id string) string {
		return "id " + id + ": the cloud does not let the grants in it be listed one by one (HTTP 403)"
	}
	for name, test := range map[string]struct {
		// refused are the statuses by the beginnings of paths.
		refused map[string]int
		project string // the record of the second project; "" for a good one
		skip    directory.GrantsRequest
		gaps    []directory.Gap
		fault   string
		calls   int // to the project that refuses; 0 for any number
	}{
		"none":                    {},
		"a project by 403":        {refused: map[string]int{p2: 403}, gaps: []directory.Gap{gap("project:cn-east-3", one("p2"))}, calls: 1},
		"a project by 404":        {refused: map[string]int{p2: 404}, gaps: []directory.Gap{gap("project:cn-east-3", strings.ReplaceAll(one("p2"), "403", "404"))}, calls: 1},
		"a project by 401":        {refused: map[string]int{p2: 401}, gaps: []directory.Gap{gap("project:cn-east-3", strings.ReplaceAll(one("p2"), "403", "401"))}, calls: 1},
		"a project that fails":    {refused: map[string]int{p2: 500}, fault: "list project grants"},
		"every project":           {refused: map[string]int{p1: 403, p2: 403, p3: 403}, fault: "list project grants"},
		"a disabled project":      {refused: map[string]int{p2: 403}, project: `{"id":"p2","name":"cn-east-3","enabled":false}`, gaps: []directory.Gap{gap("project:cn-east-3", "id p2: it is disabled, and the cloud does not let the grants in it be listed one by one (HTTP 403)")}},
		"a disabled one that can": {project: `{"id":"p2","name":"cn-east-3","enabled":false}`},
		"a project without name":  {refused: map[string]int{p2: 403}, project: `{"id":"p2"}`, gaps: []directory.Gap{gap("project:id:p2", one("p2"))}},
		"all projects":            {refused: map[string]int{inherit: 403}, fault: "write cloud.notRead: [all-projects] in the manifest"},
		"all projects by 401":     {refused: map[string]int{inherit: 401}, fault: "write cloud.notRead: [all-projects] in the manifest"},
		"the account":             {refused: map[string]int{"/v3.0/OS-AGENCY/domains": 403}, fault: "list domain grants"},
		"a project left out":      {refused: map[string]int{p2: 500}, skip: directory.GrantsRequest{SkipProjects: []string{"cn-east-3"}}, gaps: []directory.Gap{gap("project:cn-east-3", directory.ReasonLeftOut)}},
		"a project left out, id":  {refused: map[string]int{p2: 500}, skip: directory.GrantsRequest{SkipProjects: []string{"id:p2"}}, gaps: []directory.Gap{gap("project:cn-east-3", directory.ReasonLeftOut)}},
		"all projects left out":   {refused: map[string]int{inherit: 500}, skip: directory.GrantsRequest{SkipAllProjects: true}, gaps: []directory.Gap{gap("all-projects", directory.ReasonLeftOut)}},
	} {
		t.Run(name, func(t *testing.T) {
			second := test.project
			if second == "" {
				second = `{"id":"p2","name":"cn-east-3","enabled":true}`
			}
			asked := 0
			server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				path := r.URL.Path
				switch {
				case path == "/v3/projects":
					say(`{"projects":[{"id":"p1","name":"cn-north-4"},`+second+`,{"id":"p3","name":"eu-de"}]}`)(w, r)
					return
				case path == bulkPath:
					refuse(http.StatusForbidden)(w, r)
					return
				}
				for prefix, status := range test.refused {
					if strings.HasPrefix(path, prefix) {
						asked++
						refuse(status)(w, r)
						return
					}
				}
				say(`{"roles":[{"id":"r9"}]}`)(w, r)
			})
			c := newCloud()
			c.fallback = server
			d := directory.New(c.client(t, huaweicloud.HuaweiCloud))
			_, err := d.Projects(t.Context()) // the credentials are accepted
			require.NoError(t, err)
			request := test.skip
			request.Agencies = func(context.Context) ([]directory.Agency, error) {
				return []directory.Agency{{ID: "b0"}, {ID: "b1"}}, nil
			}
			request.SkipEnterpriseProjects = true
			got, err := d.ReadGrants(t.Context(), request)
			if test.fault != "" {
				require.ErrorContains(t, err, test.fault)
				return
			}
			require.NoError(t, err)
			if test.calls > 0 {
				assert.Equal(t, test.calls, asked)
			}
			assert.Equal(t, append(test.gaps, gap("enterprise-projects", directory.ReasonLeftOut)), got.Gaps)
			want := map[string]int{"": 4, "p1": 2, "p2": 2, "p3": 2}
			for _, g := range test.gaps {
				if g.Subject == "all-projects" {
					want[""] = 2
				} else {
					delete(want, "p2")
				}
			}
			found := map[string]int{}
			for _, a := range got.Assignments {
				found[a.TargetID]++
			}
			assert.Equal(t, want, found)
		})
	}
}

// TestARefusalOfTheBulkReadIsAboutItsScope refuses one scope by 401, after other calls with the same credentials were accepted.
func TestARefusalOfTheBulkReadIsAboutItsScope(t *testing.T) {
	for scope, fault := range map[directory.Scope]string{
		directory.Domain: "", directory.AllProjects: "", directory.OneProject: "", directory.EnterpriseProject: "cloud.notRead: [enterprise-projects]",
	} {
		t.Run(scope.String(), func(t *testing.T) {
			c := newCloud()
			c.on("/v3/projects", say(`{"projects":[{"id":"p1","name":"cn-north-4"}]}`))
			c.on(bulkPath, bulk(map[directory.Scope]int{scope: http.StatusUnauthorized}))
			c.fallback = http.HandlerFunc(say(`{"roles":[{"id":"r9"}]}`))
			d := directory.New(c.client(t, huaweicloud.HuaweiCloud))
			_, err := d.Projects(t.Context())
			require.NoError(t, err)
			got, err := d.ReadGrants(t.Context(), directory.GrantsRequest{
				Agencies: func(context.Context) ([]directory.Agency, error) { return []directory.Agency{{ID: "b0"}}, nil },
			})
			if fault == "" {
				require.NoError(t, err)
				assert.Equal(t, directory.Scopes(), got.Read)
				return
			}
			require.ErrorContains(t, err, fault)
			require.ErrorContains(t, err, "other calls with the same credentials are accepted")
			assert.NotContains(t, providers.Hint(err), "key")
			assert.Contains(t, providers.Hint(err), "allow this call")
		})
	}
}

func TestEachAgencyIsAskedForByID(t *testing.T) {
	c := newCloud()
	c.on(bulkPath, bulk(nil))
	_, err := directory.New(c.client(t, huaweicloud.HuaweiCloud)).ReadGrants(t.Context(), directory.GrantsRequest{
		Agencies: func(context.Context) ([]directory.Agency, error) { return []directory.Agency{{ID: "b0"}}, nil },
		Each:     true,
	})
	require.NoError(t, err)
	assert.Len(t, c.asked, 4)
	for _, asked := range c.asked {
		assert.Contains(t, asked, "subject.agency_id=b0")
		assert.NotContains(t, asked, "subject=agency", "the two exclude each other")
	}
}
