package iam_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/iam"
)

// listPaths are the lists of an observation, by the key of their answers.
var listPaths = map[string]struct{ path, key string }{
	"agencies":            {"/v3.0/OS-AGENCY/agencies", "agencies"},
	"roles":               {"/v3/roles", "roles"},
	"policies":            {"/v3.0/OS-ROLE/roles", "roles"},
	"projects":            {"/v3/projects", "projects"},
	"enterprise projects": {"/v1.0/enterprise-projects", "enterprise_projects"},
	"grants":              {"/v3.0/OS-PERMISSION/role-assignments", "role_assignments"},
}

// plant puts an element at the front of the answers to a list.
func plant(s *stage, list, element string) {
	at := listPaths[list]
	s.Front.Edit(func(r *http.Request) bool { return r.Method == http.MethodGet && r.URL.Path == at.path }, func(body []byte) []byte {
		beginning := []byte(`"` + at.key + `":[`)
		planted := append(slices.Clone(beginning), element...)
		if !bytes.Contains(body, append(slices.Clone(beginning), ']')) {
			planted = append(planted, ',')
		}
		return bytes.Replace(body, beginning, planted, 1)
	})
}

func unread(o *providers.Observation) []string {
	var all []string
	for _, n := range o.NotRead {
		if n.Subject != "iam-v5" {
			all = append(all, n.Subject+": "+n.Reason)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestOneOddThingIsTold plants elements that are not as documented, where no entry names them.
func TestOneOddThingIsTold(t *testing.T) {
	live := cloudtest.ID("svc")
	for name, test := range map[string]struct {
		list, element, manifest, told string
	}{
		"an agency without a name":              {"agencies", `{"id":"a9"}`, "", "agency:id:a9: id a9: the agency with id a9 has no usable name"},
		"an agency with a number":               {"agencies", `{"id":"a9","name":"odd","trust_domain_name":7}`, "", "agency:odd: id a9: trust_domain_name is a number, a text is expected"},
		"an agency without an id":               {"agencies", `{"id":null,"name":"odd"}`, "", `agency:odd: the answer holds an agency with the unusable id ""`},
		"an agency that is null":                {"agencies", `null`, "", "one agency without name and id: it is null"},
		"an agency that is left out":            {"agencies", `{"id":"a9"}`, "notRead: ['agency:id:a9']", "agency:id:a9: cloud.notRead leaves it out"},
		"a role with a number":                  {"roles", `{"id":"r9","display_name":"Odd","type":7}`, "", "role:Odd: id r9: type is a number, a text is expected"},
		"a role that is a text":                 {"roles", `"Odd"`, "", "one role without name and id: it is a text, an object is expected"},
		"a policy with a number":                {"policies", `{"id":"p9","display_name":"odd","description":7}`, "", "policy:odd: id p9: description is a number, a text is expected"},
		"a project without a name":              {"projects", `{"id":"j9"}`, "", "project:id:j9: id j9: the project with id j9 has no usable name"},
		"a project with a text":                 {"projects", `{"id":"j9","name":"eu-west-9","enabled":"yes"}`, "", "project:eu-west-9: id j9: enabled is a text, true or false is expected"},
		"an enterprise project":                 {"enterprise projects", `{"id":"e9"}`, "", "enterprise-project:id:e9: id e9: the project with id e9 has no usable name"},
		"a grant without a role":                {"grants", `{"agency":{"id":"` + live + `"},"scope":{"domain":{"id":"d"}}}`, "", "agency:svc: one of its grants: the answer holds a grant without a role"},
		"a grant without an agency":             {"grants", `{"role":{"id":"r"},"scope":{"domain":{"id":"d"}}}`, "", "grants of an unknown agency: the answer holds a grant of nobody"},
		"a grant with an agency that is null":   {"grants", `{"agency":null,"role":{"id":"r"},"scope":{"domain":{"id":"d"}}}`, "", "grants of an unknown agency: the answer holds a grant of nobody"},
		"a grant with an agency in another key": {"grants", `{"agency_id":"a","role":{"id":"r"},"scope":{"domain":{"id":"d"}}}`, "", "grants of an unknown agency: the answer holds a grant of nobody"},
		"a grant without anything":              {"grants", `{}`, "", "grants of an unknown agency: the answer holds a grant of nobody"},
		"a grant without an agency's id": {"grants", `{"agency":{},"role":{"id":"r"},"scope":{"domain":{"id":"d"}}}`, "",
			`grants of an unknown agency: the answer holds a grant with the unusable id ""`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{})
			plant(s, test.list, test.element)
			o, err := s.observe(t, manifest(t, test.manifest))
			require.NoError(t, err)
			assert.Equal(t, []string{test.told}, unread(o))
			assert.Equal(t, smallLines, lines(o), "the rest is judged as ever")
			covers := func(agency string) bool {
				gap := slices.ContainsFunc(o.Gaps, func(p addr.Pattern) bool { return p.String() == "grant/"+agency+"/**" })
				return slices.Contains(patterns(o), "grant/*/**") && !gap
			}
			ofOne, ofNobody := name == "a grant without a role", strings.HasSuffix(test.told, "of nobody") || strings.Contains(test.told, "of an unknown agency")
			assert.Equal(t, !ofOne && !ofNobody, covers("svc"), "what may have odd grants is not covered")
			assert.Equal(t, !ofNobody, covers("ops-live"))
			assert.Empty(t, o.Warnings)
		})
	}
}

// TestOneOddThingThatIsNamedIsAnError plants such elements where an entry lists them, ownership covers them, or where either may be.
func TestOneOddThingThatIsNamedIsAnError(t *testing.T) {
	live := cloudtest.ID("ops-live")
	listed := "agencies: [{name: odd, trust: {account: partner-co}}]"
	for name, test := range map[string]struct {
		list, element, manifest, include, fault string
	}{
		"a listed agency":                             {"agencies", `{"id":"a9","name":"odd","trust_domain_name":7}`, listed, "", "agency/odd is listed, and is not as documented"},
		"a listed agency that is left out by id":      {"agencies", `{"id":"a9","name":"odd","trust_domain_name":7}`, listed + "\nnotRead: ['agency:id:a9']", "", "agency/odd is listed, and is not as documented"},
		"a listed agency that shows another name too": {"agencies", `{"id":"a9","name":"odd","display_name":"x","trust_domain_name":7}`, listed, "", "agency/odd is listed, and is not as documented"},
		"an owned agency":                             {"agencies", `{"id":"a9","name":"odd","trust_domain_name":7}`, "", "agency/odd", "leave it unread by cloud.notRead: [agency:odd]"},
		"an owned agency that is left out":            {"agencies", `{"id":"a9","name":"odd","trust_domain_name":7}`, "notRead: ['agency:odd']", "agency/odd", ""},
		"an agency that is not owned":                 {"agencies", `{"id":"a9","name":"odd","trust_domain_name":7}`, "", "agency/ops-*", ""},
		"one that may be the listed one":              {"agencies", `{"id":"a9"}`, listed, "", "agency/odd is listed, and is not found, and one agency in the cloud's answer shows no name"},
		"one that may be another":                     {"agencies", `{"id":"a9"}`, "agencies: [{name: ops-live, trust: {account: partner-co}}]", "", ""},
		"one that is said not to be it":               {"agencies", `{"id":"a9"}`, listed + "\nnotRead: ['agency:id:a9']", "", ""},
		"one that may be owned":                       {"agencies", `{"id":"a9"}`, "", "agency/ops-*", "ownership.include may cover it: id a9: the agency with id a9 has no usable name"},
		"one that cannot be owned":                    {"agencies", `{"id":"a9"}`, "", "policy/ops-*", ""},
		"a listed policy":                             {"policies", `{"id":"p9","display_name":"odd","description":7}`, "policies: [{name: odd, state: absent}]", "", "policy/odd is listed, and is not as documented"},
		"a grant of a listed agency": {"grants", `{"agency":{"id":"` + live + `"},"role":{"id":"r"},"scope":{}}`, "agencies: [{name: ops-live, trust: {account: partner-co}}]", "",
			"agency/ops-live is listed, and one of its grants is not as documented in the cloud's answer: the answer holds a grant without a scope"},
		"a grant that may be of a listed agency": {"grants", `{"agency":{},"role":{"id":"r"},"scope":{}}`, "agencies: [{name: ops-live, trust: {account: partner-co}}]", "",
			"agency/ops-live is listed, and one grant in the cloud's answer shows no agency, so that it may be its own: "},
		"a grant that may be beside those of a listed agency": {"grants", `{"agency":{},"role":{"id":"r"},"scope":{}}`, "agencies: [{name: ops-live, grantsMode: additive}]", "", ""},
		"a grant that may be of an owned agency":              {"grants", `{"agency":{},"role":{"id":"r"},"scope":{}}`, "", "agency/ops-*", "ownership.include may cover it: "},
		"a grant of an owned agency":                          {"grants", `{"agency":{"id":"` + live + `"},"role":{"id":"r"},"scope":{}}`, "", "agency/ops-*", "leave it unread by cloud.notRead: [agency:ops-live]"},
		"a grant of an owned agency that is left out":         {"grants", `{"agency":{"id":"` + live + `"},"role":{"id":"r"},"scope":{}}`, "notRead: ['agency:ops-live']", "agency/ops-*", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{})
			plant(s, test.list, test.element)
			m := manifest(t, test.manifest)
			if test.include != "" {
				pattern, err := addr.ParsePattern(test.include)
				require.NoError(t, err)
				m.Ownership.Include = []addr.Pattern{pattern}
			}
			o, err := s.observe(t, m)
			if test.fault != "" {
				require.ErrorContains(t, err, test.fault)
				return
			}
			require.NoError(t, err)
			assert.Len(t, unread(o), 1)
			want := slices.Clone(smallLines)
			if strings.Contains(test.manifest, "agency:ops-live") {
				want = slices.DeleteFunc(want, func(line string) bool { return strings.Contains(line, "/ops-live") })
			}
			assert.Equal(t, want, lines(o))
		})
	}
}

// TestANarrowReadJudgesOddPolicies: what a full read refuses must not pass for absent in a narrow one.
func TestANarrowReadJudgesOddPolicies(t *testing.T) {
	const named = `{"id":"p9","display_name":"odd","description":7}`
	policy := func(name string) addr.Address { return directory.PolicyAddress(plan.Reference{Name: name}) }
	for name, test := range map[string]struct {
		element, manifest string
		only              addr.Address
		fault, told       string
	}{
		"the one that is read":          {named, "", policy("odd"), "policy/odd is not as documented in the cloud's answer: id p9: description is a number", ""},
		"a listed one":                  {named, "policies: [{name: odd, state: absent}]", policy("ops"), "policy/odd is listed, and is not as documented", ""},
		"another one":                   {named, "", policy("ops-read"), "", "policy:odd: id p9: description is a number, a text is expected"},
		"one that may be it":            {`{"id":"p9","display_name":null,"name":7}`, "", policy("odd"), "policy/odd is not found, and one policy in the cloud's answer shows no name, so that it may be it", ""},
		"one that is said not to be it": {`{"id":"p9","display_name":null,"name":7}`, "notRead: ['policy:id:p9']", policy("odd"), "", "policy:id:p9: cloud.notRead leaves it out"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{})
			plant(s, "policies", test.element)
			o, err := s.observe(t, manifest(t, test.manifest), test.only)
			if test.fault != "" {
				require.ErrorContains(t, err, test.fault)
				return
			}
			require.NoError(t, err)
			var told []string
			if test.told != "" {
				told = []string{test.told}
			}
			assert.Equal(t, told, unread(o))
		})
	}
}

// TestTwoAgenciesOfOneName are told as what they are: no address tells them apart.
func TestTwoAgenciesOfOneName(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	plant(s, "agencies", `{"id":"a8","name":"twin"},{"id":"a9","name":"twin"}`)
	o, err := s.observe(t, manifest(t, ""))
	require.NoError(t, err)
	assert.Equal(t, []string{"agency:twin: id a8: 2 agencies have its name", "agency:twin: id a9: 2 agencies have its name"}, unread(o))
	assert.Equal(t, smallLines, lines(o))
	_, err = s.observe(t, manifest(t, "agencies: [{name: twin, trust: {account: partner-co}}]"))
	assert.ErrorContains(t, err, "agency/twin is listed, and is not as documented")
}

// TestOneOddElementChangesNoOther draws an element of any form for any list: the rest is observed as without it, and it is told.
func TestOneOddElementChangesNoOther(t *testing.T) {
	value := rapid.SampledFrom([]string{`null`, `7`, `true`, `[]`, `{}`, `""`, `"a/b"`, `"` + strings.Repeat("x", 2000) + `"`})
	fields := map[string][]string{
		"agencies": {"id", "name", "trust_domain_id", "trust_domain_name"}, "roles": {"id", "name", "display_name", "type"},
		"policies": {"id", "name", "display_name", "type"}, "projects": {"id", "name", "enabled"},
		"enterprise projects": {"id", "name"}, "grants": {"agency", "role", "scope"},
	}
	rapid.Check(t, func(r *rapid.T) {
		list := rapid.SampledFrom([]string{"agencies", "roles", "policies", "projects", "enterprise projects", "grants"}).Draw(r, "list")
		element := value.Draw(r, "element")
		if rapid.Bool().Draw(r, "object") {
			var pairs []string
			for _, field := range fields[list] {
				pairs = append(pairs, fmt.Sprintf("%q:%s", field, value.Draw(r, field)))
			}
			element = "{" + strings.Join(pairs, ",") + "}"
		}
		s := newStage(t, cloudsim.Options{})
		before, err := s.observe(t, manifest(t, ""))
		require.NoError(r, err)
		plant(s, list, element)
		o, err := s.observe(t, manifest(t, ""))
		require.NoError(r, err)
		assert.Equal(r, lines(before), lines(o))
		assert.Equal(r, patterns(before), patterns(o))
		assert.Equal(r, before.Warnings, o.Warnings)
		assert.Len(r, unread(o), 1, "%s: %s", list, element)
	})
}

// TestSeveralOddElements plants several in every list, some without an id: each is told, and two readings say the same.
func TestSeveralOddElements(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	for list, elements := range map[string]string{
		"roles":    `null,null,{"id":"r8","display_name":"Same","type":7},{"id":"r9","display_name":"Same","type":7}`,
		"policies": `{},{},{"id":"p8","display_name":"Same","type":7},{"id":"p9","display_name":"Same","type":7}`,
		"projects": `null,null,{"id":"j8","name":7}`,
		"grants":   `{},null,{"group":{"id":"g"},"role":{"id":"r"},"scope":{"domain":{"id":"d"}}}`,
	} {
		plant(s, list, elements)
	}
	s.Front.Edit(func(r *http.Request) bool { return r.URL.Path == listPaths["agencies"].path }, func(body []byte) []byte {
		var answer map[string]any
		require.NoError(t, json.Unmarshal(body, &answer))
		all := append(answer["agencies"].([]any), nil, map[string]any{"id": "a9", "name": "od\nd", "trust_domain_name": 7}, nil,
			map[string]any{"id": "a8", "name": "odd", "display_name": "other", "trust_domain_name": 7})
		answer["agencies"], answer["total_number"] = all, len(all)
		edited, err := json.Marshal(answer)
		require.NoError(t, err)
		return edited
	})
	first, err := s.observe(t, manifest(t, ""))
	require.NoError(t, err)
	told := strings.Join(unread(first), "\n")
	for _, word := range []string{
		"one agency without name and id: it is null", "agency:odd: id a8", "agency:id:a9", "one role without name and id: it is null", "role:Same: id r8",
		"policy:Same: id p9", "one project without name and id: it is null", "project:id:j8", "grants of an unknown agency",
	} {
		assert.Contains(t, told, word)
	}
	assert.Equal(t, smallLines, lines(first))
	for range 20 {
		again, err := s.observe(t, manifest(t, ""))
		require.NoError(t, err)
		require.Equal(t, first.Entries, again.Entries)
		require.Equal(t, first.NotRead, again.NotRead)
	}
}

// TestARoleThatIsOddCannotBeGranted: nobody knows what it allows and where.
func TestARoleThatIsOddCannotBeGranted(t *testing.T) {
	for list, element := range map[string]string{
		"roles": `{"id":"r9","display_name":"Odd","type":7}`, "policies": `{"id":"r9","display_name":"Odd","description":7}`,
	} {
		s := newStage(t, cloudsim.Options{})
		plant(s, list, element)
		grants := func(keys string) []plan.Problem {
			m := manifest(t, "agencies: [{name: ops-live, trust: {account: partner-co}, "+keys+"}]")
			desired, problems := iam.Provider{}.Expand(m)
			require.Empty(t, problems)
			o, err := s.observe(t, m)
			require.NoError(t, err)
			_, problems = iam.Provider{}.Resolve(desired, m, plan.NewCatalogue(o.Entries...))
			return plan.Fatal(problems)
		}
		problems := grants("grants: {domain: [Odd]}")
		require.Len(t, problems, 1, list)
		assert.Equal(t, "role cannot be used", problems[0].Summary)
		assert.Contains(t, problems[0].Detail, `the role "Odd" (id r9) cannot be granted: it is not as documented: `)
		assert.Empty(t, grants("grantsMode: additive, grantsAbsent: {domain: [Odd]}"), "it may be taken away")
	}
}

// TestAGrantOfAnUnknownAgency is an error where the grants of a listed agency must be known in full.
func TestAGrantOfAnUnknownAgency(t *testing.T) {
	for mode, fault := range map[string]string{
		"":                       "agency/ops-live is listed, and one grant in the cloud's answer shows no agency, so that it may be its own",
		", grantsMode: additive": "",
	} {
		s := newStage(t, cloudsim.Options{})
		plant(s, "grants", `{"role":{"id":"r"},"scope":{"domain":{"id":"d"}}}`)
		_, err := s.observe(t, manifest(t, "agencies: [{name: ops-live, trust: {account: partner-co}"+mode+"}]"))
		if fault == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, fault)
		}
	}
}

// TestADisabledProject cannot be granted in, and can be taken from.
func TestADisabledProject(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	s.Front.Edit(func(r *http.Request) bool { return r.URL.Path == "/v3/projects" }, func(body []byte) []byte {
		return bytes.ReplaceAll(body, []byte(`"enabled":true`), []byte(`"enabled":false`))
	})
	o, err := s.observe(t, manifest(t, ""))
	require.NoError(t, err)
	catalogue := plan.NewCatalogue(o.Entries...)
	id := cloudtest.ID("cn-north-4")
	for _, place := range []string{"cn-north-4", "id:" + id} {
		m := manifest(t, "agencies: [{name: ops-live, trust: {account: partner-co}, grants: {projects: {'"+place+"': [ECS ReadOnlyAccess, Tenant Guest]}}}]")
		desired, problems := iam.Provider{}.Expand(m)
		require.Empty(t, problems)
		_, problems = iam.Provider{}.Resolve(desired, m, catalogue)
		require.Len(t, problems, 1, "one mistake, however many roles")
		assert.Equal(t, "project cannot be used", problems[0].Summary)
		assert.Equal(t, `nothing can be granted in the project "cn-north-4" (id `+id+`): it is disabled`, problems[0].Detail)
		assert.Contains(t, problems[0].Hint, "cloud.notRead: [project:cn-north-4] leaves it unread")
		assert.NotZero(t, problems[0].At.Line)
	}
	m := manifest(t, "agencies: [{name: ops-live, trust: {account: partner-co}, grantsMode: additive, grantsAbsent: {projects: {cn-north-4: [ECS ReadOnlyAccess]}}}]")
	desired, _ := iam.Provider{}.Expand(m)
	_, problems := iam.Provider{}.Resolve(desired, m, catalogue)
	assert.Empty(t, plan.Fatal(problems), "a grant may be taken away there")
}

// TestAGrantInAProjectThatIsLeftUnreadNamesBothPlaces, whichever of its names is in each of them.
func TestAGrantInAProjectThatIsLeftUnreadNamesBothPlaces(t *testing.T) {
	id := cloudtest.ID("cn-north-4")
	for part, place := range map[string]string{"project:id:" + id: "cn-north-4", "project:cn-north-4": "id:" + id} {
		m := manifest(t, "notRead: ['"+part+"']\nagencies: [{name: ops-live, trust: {account: partner-co}, grants: {projects: {'"+place+
			"': [ECS ReadOnlyAccess, Tenant Guest]}}}]")
		m.NotReadAt = map[string]plan.Position{part: {File: "m.yaml", Line: 3, Column: 7}}
		o, err := newStage(t, cloudsim.Options{}).observe(t, manifest(t, "notRead: ['"+part+"']"))
		require.NoError(t, err)
		desired, problems := iam.Provider{}.Expand(m)
		require.Empty(t, problems)
		_, problems = iam.Provider{}.Resolve(desired, m, plan.NewCatalogue(o.Entries...))
		require.Len(t, problems, 1, "one mistake, however many roles")
		assert.Equal(t, "left unread", problems[0].Summary)
		assert.Equal(t, "agency/ops-live, with its grants here, needs what cloud.notRead leaves out at m.yaml:3:7: "+part, problems[0].Detail)
		assert.NotZero(t, problems[0].At.Line)
	}
}

// TestAFrozenProject answers 403, and nothing says beforehand that it would.
func TestAFrozenProject(t *testing.T) {
	id := cloudtest.ID("cn-north-4")
	for _, status := range []int{401, 403, 404} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			s := newStage(t, cloudsim.Options{Faults: cloudsim.Faults{Targets: []cloudsim.Fault{{Path: "/v3.0/OS-PERMISSION/role-assignments", Status: 403}}}})
			s.Front.Answer(func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/projects/"+id+"/") }, status, "")
			o, err := s.observe(t, manifest(t, "notRead: [enterprise-projects]"))
			require.NoError(t, err)
			assert.Equal(t, []string{
				"enterprise-projects: cloud.notRead leaves it out",
				fmt.Sprintf("project:cn-north-4: id %s: the cloud does not let the grants in it be listed one by one (HTTP %d)", id, status),
			}, unread(o))
			want := slices.DeleteFunc(slices.Clone(smallLines), func(line string) bool {
				return strings.Contains(line, "enterprise-project") || strings.Contains(line, "cn-north-4")
			})
			assert.Equal(t, want, lines(o))
			assert.Contains(t, patterns(o), "grant/*/project:MOS/*")
			assert.NotContains(t, patterns(o), "grant/*/project:cn-north-4/*")
			m := manifest(t, "agencies: [{name: ops-live, trust: {account: partner-co}, grants: {projects: {cn-north-4: [Tenant Guest]}}}]")
			desired, _ := iam.Provider{}.Expand(m)
			_, problems := iam.Provider{}.Resolve(desired, m, plan.NewCatalogue(o.Entries...))
			require.Len(t, problems, 1)
			assert.Contains(t, problems[0].Detail, "the grants in it are not read")
		})
	}
}
