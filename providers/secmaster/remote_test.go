package secmaster_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/secmaster"
)

const members = `, "organizations": [{"accountId": "aaaabbbbccccddddeeeeffff00001111", "organizationId": "o-exampleorg01"}]`

func (s *stage) create(t *testing.T, m *plan.Manifest) error {
	t.Helper()
	_, err := s.remote.Create(context.Background(), providers.Write{After: new(resolved(t, m).Resource)})
	return err
}

// update brings what is live to what the manifest says.
func (s *stage) update(t *testing.T, m *plan.Manifest) error {
	t.Helper()
	return s.remote.Update(context.Background(), providers.Write{Before: new(s.remote.Only(t, m).Resource), After: new(resolved(t, m).Resource)})
}

// sent are the calls to the service since the last look, as "METHOD".
func (s *stage) sent() (methods []string) {
	for _, c := range s.Sim.Calls() {
		if strings.HasSuffix(c.Path, "/agency") && strings.HasPrefix(c.Path, "/v1/") {
			methods = append(methods, c.Method)
		}
	}
	s.Sim.ResetCalls()
	return methods
}

func (s *stage) organizations() string {
	world := s.Sim.World()
	return string(world.AccountNamed("").Documents[cloudsim.SecMasterOrganizations])
}

func TestProjectsThatAreNotMentionedAreNotRead(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	s.remote = cloudtest.Open(t, s.Conn, shortLag, secmaster.Service()) // alone
	o, err := s.remote.See(t, cloudtest.Manifest(t, ""))
	require.NoError(t, err)
	assert.Equal(t, &providers.Observation{Run: o.Run}, o)
	assert.Empty(t, s.Sim.Calls(), "no call is made for nothing")
	_, err = s.remote.See(t, entryOf(t, "", `, "project": "nowhere"`))
	require.ErrorContains(t, err, `"nowhere"`)
	assert.ErrorContains(t, err, "cn-north-4")
}

func TestASubprojectIsCalledInItsRegion(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	m := entryOf(t, `"ECS ReadOnlyAccess"`, `, "project": "cn-north-4_prod"`)
	require.NoError(t, s.create(t, m))
	l := s.remote.Only(t, m)
	assert.Equal(t, "authorization/secmaster/cn-north-4_prod", l.Address.String())
	assert.Equal(t, "cn-north-4", l.Settings["region"].String())
	world := s.Sim.World()
	assert.Equal(t, cloudtest.ID("cn-north-4_prod"), world.AccountNamed("").Agencies[0].Grants[0].Target)
}

func TestAllReadingsOfTheAnswer(t *testing.T) {
	for body, want := range map[string]string{
		`{"create_agency":true,"role_descriptions":null}`: "there",
		`{"create_agency":"true"}`:                        "there",
		`{"create_agency":false}`:                         "gone",
		`{"role_descriptions":[]}`:                        "does not say whether the agency is there",
		`{"create_agency":7}`:                             "does not say whether the agency is there",
		``:                                                "the answer is empty",
		`{"create_agency":true,"role_descriptions":"x"}`: "role_descriptions is a text, a list is expected",
	} {
		t.Run(body, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{})
			s.replace(t, func(w http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, "/agency") {
					assert.Equal(t, "en-us", r.Header.Get("X-Language"))
					_, _ = w.Write([]byte(body))
					return true
				}
				return false
			})
			o, err := s.remote.See(t, entryOf(t, ""))
			if want != "there" && want != "gone" {
				require.ErrorContains(t, err, want)
				assert.ErrorContains(t, err, "project cn-north-4")
				return
			}
			require.NoError(t, err)
			assert.Len(t, o.Resources, map[string]int{"there": 1}[want])
		})
	}
}

// replace lets answer take calls before the simulated cloud does.
func (s *stage) replace(t *testing.T, answer func(http.ResponseWriter, *http.Request) bool) {
	s.remote = newRemote(t, connectTo(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !answer(w, r) {
			s.Sim.ServeHTTP(w, r)
		}
	})))
}

func TestRolesAreSentInFull(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	var bodies []map[string][]map[string]string
	s.replace(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			var body map[string][]map[string]string
			raw := readAll(t, r)
			require.NoError(t, json.Unmarshal(raw, &body))
			bodies = append(bodies, body)
		}
		return false
	})
	require.NoError(t, s.create(t, entryOf(t, `"RMS ReadOnlyAccess", "Tenant Guest"`)))
	require.Len(t, bodies, 1)
	assert.NotContains(t, bodies[0], "organizations")
	assert.ElementsMatch(t, []map[string]string{
		{"id": cloudtest.ID("RMS ReadOnlyAccess"), "display_name": "RMS ReadOnlyAccess", "role_description": "what RMS ReadOnlyAccess allows",
			"description": "Collect the list of assets", "scope": "DOMAIN"},
		{"id": cloudtest.ID("Tenant Guest"), "display_name": "Tenant Guest", "role_description": "what Tenant Guest allows",
			"description": "Required by the authorization of SecMaster", "scope": "PROJECT"},
	}, bodies[0]["role_descriptions"], "the service's own texts where it has them, else those of IAM")
}

func TestARoleInFullIsSentAsWritten(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	var sent map[string][]map[string]string
	s.replace(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			require.NoError(t, json.Unmarshal(readAll(t, r), &sent))
		}
		return false
	})
	m := entryOf(t, `{"name": "system:Tenant Guest", "purpose": "Read what is protected", "scope": "DOMAIN"}`)
	require.NoError(t, s.create(t, m))
	assert.Equal(t, []map[string]string{
		{"id": cloudtest.ID("Tenant Guest"), "display_name": "Tenant Guest", "role_description": "what Tenant Guest allows",
			"description": "Read what is protected", "scope": "DOMAIN"},
	}, sent["role_descriptions"])
	assert.Equal(t, "[Tenant Guest]", s.remote.Only(t, m).Attributes["roles"].String())

	_, problems := secmaster.New().Expand(entryOf(t, `"Tenant Guest", {"name": "Tenant Guest"}`))
	require.Len(t, problems, 1)
	assert.Equal(t, "role given twice", problems[0].Summary)
}

func TestAnUpdateAddsWhatIsMissingAndRevokesWhatIsTooMuch(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	require.NoError(t, s.create(t, entryOf(t, `"RMS ReadOnlyAccess", "ECS ReadOnlyAccess"`)))
	s.sent()
	m := entryOf(t, `"RMS ReadOnlyAccess", "VPC ReadOnlyAccess"`)
	require.NoError(t, s.update(t, m))
	assert.Equal(t, []string{"GET", "GET", "POST"}, s.sent())
	assert.Equal(t, "[RMS ReadOnlyAccess, VPC ReadOnlyAccess]", s.remote.Only(t, m).Attributes["roles"].String())

	m = entryOf(t, `"VPC ReadOnlyAccess"`)
	s.sent()
	require.NoError(t, s.update(t, m))
	assert.Equal(t, []string{"GET"}, s.sent(), "taking away is not the service's")
	assert.Equal(t, "[VPC ReadOnlyAccess]", s.remote.Only(t, m).Attributes["roles"].String())
}

func TestOrganizationsAreSentAndNeverCompared(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	m := entryOf(t, `"RMS ReadOnlyAccess"`, members)
	d := resolved(t, m)
	assert.Equal(t, []string{"organizations"}, d.WriteOnly)
	require.NoError(t, s.create(t, m))
	assert.Contains(t, s.organizations(), "o-exampleorg01", "a create sends them")
	assert.NotContains(t, s.remote.Only(t, m).Attributes, "organizations")

	other := entryOf(t, `"RMS ReadOnlyAccess", "ECS ReadOnlyAccess"`, strings.ReplaceAll(members, "o-exampleorg01", "o-exampleorg02"))
	require.NoError(t, s.update(t, other))
	assert.Contains(t, s.organizations(), "o-exampleorg02", "an update that holds them sends them")
	s.sent()
	require.NoError(t, s.update(t, entryOf(t, `"RMS ReadOnlyAccess"`)))
	assert.Equal(t, []string{"GET"}, s.sent(), "one that does not, does not")
}

func TestWhatWasNotSentIsNotOfUnknownOutcome(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	require.NoError(t, s.create(t, entryOf(t, `"RMS ReadOnlyAccess"`)))
	d := resolved(t, entryOf(t, `"RMS ReadOnlyAccess"`, members))
	s.sent()
	s.Front.Answer(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "OS-AGENCY/agencies") }, http.StatusServiceUnavailable, "")
	before := resolved(t, entryOf(t, `"RMS ReadOnlyAccess"`))
	err := s.remote.Update(context.Background(), providers.Write{Before: new(before.Resource), After: new(d.Resource)})
	require.ErrorIs(t, err, providers.ErrUnavailable)
	assert.ErrorContains(t, err, "find out whom the agency SecMaster_Agency trusts")
	assert.NotContains(t, err.Error(), "it is unknown whether secmaster was authorized")
	assert.Equal(t, []string{"GET"}, s.sent())
}

func TestAnAgencyThatIAMDoesNotShowIsNotCompared(t *testing.T) {
	for name, prepare := range map[string]func(*testing.T, *stage){
		"it has another name": func(*testing.T, *stage) {},
		"agencies may not be listed": func(t *testing.T, s *stage) {
			require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Method: "GET", Path: "/v3.0/OS-AGENCY/agencies", Status: 403}}}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var options cloudsim.Options
			if name == "it has another name" {
				options.SecMasterAgency = "Other"
			}
			s := newStage(t, options)
			m := entryOf(t, `"RMS ReadOnlyAccess"`)
			require.NoError(t, s.create(t, m))
			prepare(t, s)
			l := s.remote.Only(t, m)
			assert.Equal(t, []string{"roles"}, l.Unreadable)
			assert.Empty(t, l.Attributes)
			leaving := s.remote.Only(t, cloudtest.Manifest(t, `, "authorizations": [{"service": "secmaster", "state": "absent"}]`))
			manual := s.remote.Manual(&leaving, nil)
			require.Len(t, manual, 1)
			assert.Empty(t, manual[0].Attribute, "nothing of the removal can be done")
			assert.Nil(t, secmaster.New().Collapse([]plan.Live{l}, nil), "an entry without roles would revoke all")
			assert.Error(t, s.remote.Delete(context.Background(), providers.Write{Before: new(l.Resource)}))
			world := s.Sim.World()
			assert.Len(t, world.AccountNamed("").Agencies, 1)
		})
	}
}

func TestAnAgencyOfAnotherNameCanBeNamed(t *testing.T) {
	s := newStage(t, cloudsim.Options{SecMasterAgency: "Other"})
	m := entryOf(t, `"RMS ReadOnlyAccess"`, `, "agency": "Other"`)
	_, err := s.remote.See(t, m)
	require.NoError(t, err)
	require.NoError(t, s.create(t, m))
	assert.Equal(t, "[RMS ReadOnlyAccess]", s.remote.Only(t, m).Attributes["roles"].String())
}

func TestACreateAdoptsNothing(t *testing.T) {
	hidden := newStage(t, cloudsim.Options{SecMasterAgency: "Other"})
	require.NoError(t, hidden.create(t, entryOf(t, `"RMS ReadOnlyAccess"`)))
	hidden.remote = newRemote(t, connectTo(t, hidden.Sim))
	require.ErrorIs(t, hidden.create(t, entryOf(t, `"RMS ReadOnlyAccess"`)), providers.ErrConflict, "what cannot be compared")

	s := newStage(t, cloudsim.Options{})
	require.NoError(t, s.create(t, entryOf(t, `"RMS ReadOnlyAccess"`)))
	s.remote = newRemote(t, connectTo(t, s.Sim)) // as a run of its own
	s.sent()
	require.NoError(t, s.create(t, entryOf(t, `"RMS ReadOnlyAccess"`)))
	assert.Equal(t, []string{"GET"}, s.sent(), "what is there is done")
	require.ErrorIs(t, s.create(t, entryOf(t, `"RMS ReadOnlyAccess", "ECS ReadOnlyAccess"`)), providers.ErrConflict)
	assert.Equal(t, []string{"GET"}, s.sent())
}

func TestBusyIsRepeatedAndLookedAt(t *testing.T) {
	busy := func(method string, times int, after bool) cloudsim.Faults {
		return cloudsim.Faults{Targets: []cloudsim.Fault{{
			Method: method, Path: "/v1/*/agency", Times: times, Status: 500, AfterChange: after, Body: `{"error_code":"csb.00180001","error_msg":"system busy"}`,
		}}}
	}
	lost := cloudsim.Faults{Targets: []cloudsim.Fault{{Method: "POST", Path: "/v1/*/agency", Times: 1, Status: 502, AfterChange: true}}}
	for name, test := range map[string]struct {
		faults cloudsim.Faults
		rest   string
		posts  int
		says   string
	}{
		"a read":                                 {busy("GET", 1, false), "", 1, ""},
		"a write that was not done":              {busy("POST", 1, false), "", 2, ""},
		"a write that was done":                  {busy("POST", 1, true), "", 2, ""},
		"a write whose answer is lost":           {lost, "", 1, ""},
		"a write that is never done":             {busy("POST", 0, false), "", 6, "csb.00180001"},
		"a write whose organizations are unseen": {busy("POST", 1, true), members, 2, ""},
		"the same, and the answer is lost":       {lost, members, 1, "--send-write-only sends them again"},
		"the same, and it stays busy":            {busy("POST", 0, false), members, 3, "csb.00180001"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{Faults: test.faults})
			err := s.create(t, entryOf(t, `"RMS ReadOnlyAccess"`, test.rest))
			posts := slices.DeleteFunc(s.sent(), func(method string) bool { return method != http.MethodPost })
			assert.Len(t, posts, test.posts)
			if test.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, providers.ErrUnavailable)
			assert.ErrorContains(t, err, test.says)
		})
	}
}

func TestARefusalSaysWhichPermissionIsMissing(t *testing.T) {
	for method, want := range map[string]string{"GET": "iam:agencies:getAgency", "POST": "iam:agencies:createAgency"} {
		for _, shaped := range []bool{false, true} {
			s := newStage(t, cloudsim.Options{
				Switches: cloudsim.Switches{SecMasterShapeE2: shaped},
				Faults:   cloudsim.Faults{Targets: []cloudsim.Fault{{Method: method, Path: "/v1/*/agency", Status: 403}}},
			})
			err := s.create(t, entryOf(t, ""))
			require.ErrorIs(t, err, providers.ErrDenied)
			assert.ErrorContains(t, err, want)
		}
	}
}

func TestRemovalKeepsWhatOtherProjectsNeed(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	both := `"RMS ReadOnlyAccess", "ECS ReadOnlyAccess"`
	require.NoError(t, s.create(t, entryOf(t, both)))
	require.NoError(t, s.create(t, entryOf(t, both, `, "region": "cn-east-3"`)), "the agency that was made a moment ago is added to")
	world := s.Sim.World()
	require.Len(t, world.AccountNamed("").Agencies[0].Grants, 3)

	gone := cloudtest.Manifest(t, `, "authorizations": [{"service": "secmaster", "state": "absent"}]`)
	l := s.remote.Only(t, gone)
	require.Empty(t, s.remote.Manual(&l, nil))
	s.remote = newRemote(t, connectTo(t, s.Sim)) // as a run of its own
	require.NoError(t, s.remote.Delete(context.Background(), providers.Write{Before: new(l.Resource)}))
	o, err := s.remote.See(t, gone)
	require.NoError(t, err)
	assert.Empty(t, o.Resources, "its part is gone")
	assert.Equal(t, "[ECS ReadOnlyAccess, RMS ReadOnlyAccess]", s.remote.Only(t, entryOf(t, both, `, "region": "cn-east-3"`)).Attributes["roles"].String())

	last := s.remote.Only(t, cloudtest.Manifest(t, `, "authorizations": [{"service": "secmaster", "region": "cn-east-3", "state": "absent"}]`))
	require.NoError(t, s.remote.Delete(context.Background(), providers.Write{Before: new(last.Resource)}))
	world = s.Sim.World()
	assert.Empty(t, world.AccountNamed("").Agencies)
}

func TestRolesInTheAccountAloneShowNoProject(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	require.NoError(t, s.create(t, entryOf(t, `"RMS ReadOnlyAccess"`)))
	gone := `{"service": "secmaster", "state": "absent"}`
	l := s.remote.Only(t, cloudtest.Manifest(t, `, "authorizations": [`+gone+`]`))
	manual := s.remote.Manual(&l, nil)
	require.Len(t, manual, 1)
	assert.Contains(t, manual[0].Instruction, "does not show which regions use it")
	require.ErrorIs(t, s.remote.Delete(context.Background(), providers.Write{Before: new(l.Resource)}), providers.ErrConflict)

	kept := cloudtest.Manifest(t, `, "authorizations": [`+gone+`, {"service": "secmaster", "region": "cn-east-3", "roles": ["RMS ReadOnlyAccess"]}]`)
	o, err := s.remote.See(t, kept)
	require.NoError(t, err)
	require.Len(t, o.Resources, 1, "where another project needs the agency, this one is done")
	assert.Equal(t, "authorization/secmaster/cn-east-3", o.Resources[0].Address.String())
	world := s.Sim.World()
	assert.Len(t, world.AccountNamed("").Agencies, 1)
}

func TestRemovalIsManualWhereItMustNotOrCannotBeDone(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	require.NoError(t, s.create(t, entryOf(t, `"RMS ReadOnlyAccess", "ECS ReadOnlyAccess"`)))
	gone := `, "authorizations": [{"service": "secmaster", "state": "absent"}]`
	manual := func(l plan.Live) []plan.Manual { return s.remote.Manual(&l, nil) }

	assert.Empty(t, manual(s.remote.Only(t, cloudtest.Manifest(t, gone))))
	held := manual(s.remote.Only(t, cloudtest.Manifest(t, `, "ownership": {"protect": ["agency/Sec*"]}`+gone)))
	require.Len(t, held, 1)
	assert.Contains(t, held[0].Instruction, "ownership.protect")

	unread := cloudtest.Manifest(t, gone)
	unread.NotRead = []string{huaweicloud.PartEnterpriseProjects}
	l := s.remote.Only(t, unread)
	rest := manual(l)
	require.Len(t, rest, 1)
	assert.Equal(t, "roles", rest[0].Attribute, "the project's grants can be revoked, the agency stays")
	require.NoError(t, s.remote.Delete(context.Background(), providers.Write{Before: new(l.Resource)}))
	world := s.Sim.World()
	require.Len(t, world.AccountNamed("").Agencies, 1)
	assert.Len(t, world.AccountNamed("").Agencies[0].Grants, 1)
}

func TestRolesResolveExactlyOrFail(t *testing.T) {
	twin := plan.CatalogueEntry{Kind: "role", Name: "Tenant Guest", ID: cloudtest.ID("twin"), Qualifier: "custom"}
	offered := plan.CatalogueEntry{Kind: "secmaster role", Name: "Hidden Access", ID: cloudtest.ID("hidden")}
	catalogue := plan.NewCatalogue(append(roleEntries(), twin, offered)...)
	for text, want := range map[string]string{
		`"RMS ReadOnlyAccess"`:                              "[RMS ReadOnlyAccess]",
		`"system:RMS ReadOnlyAccess"`:                       "[RMS ReadOnlyAccess]",
		`"id:` + cloudtest.ID("RMS ReadOnlyAccess") + `"`:   "[RMS ReadOnlyAccess]",
		`"custom:Tenant Guest"`:                             "[custom:Tenant Guest]",
		`"Hidden Access"`:                                   "[Hidden Access]",
		`"Tenant Guest"`:                                    `ambiguous role: "Tenant Guest" fits 2 entries: custom:Tenant Guest (custom, id `,
		`"RMS ReadOnlyAcces"`:                               `unknown role: there is no role "RMS ReadOnlyAcces" in this account: did you mean "RMS ReadOnlyAccess`,
		`"RMS ReadOnlyAccess", "system:RMS ReadOnlyAccess"`: "role given twice",
	} {
		t.Run(text, func(t *testing.T) {
			m := entryOf(t, text)
			desired, problems := secmaster.New().Expand(m)
			require.Empty(t, problems)
			resolution, problems := secmaster.New().Resolve(desired, m, catalogue)
			if len(problems) > 0 {
				p := problems[0]
				assert.Contains(t, p.Summary+": "+p.Detail+": "+p.Hint, want)
				assert.NotZero(t, p.At.Line)
				return
			}
			assert.Equal(t, want, resolution.Desired[0].Attributes["roles"].String())
			name := strings.Trim(want, "[]")
			assert.NotEmpty(t, resolution.Desired[0].Bindings["role:"+name])
			assert.Equal(t, "cn-north-4", resolution.Desired[0].Settings["region"].String())
		})
	}
}

func TestAForbiddenRoleIsFound(t *testing.T) {
	m := conformance.Manifest(t, `{"cloud": {"kind": "huaweicloud", "region": "cn-north-4"}, "guardrails": {"forbiddenRoles": ["tenant guest"]},
		"authorizations": [{"service": "secmaster", "roles": ["system:Tenant Guest", "RMS ReadOnlyAccess"]}]}`)
	desired, _ := secmaster.New().Expand(m)
	findings := secmaster.New().Guard(m)(&desired[0].Resource)
	require.Len(t, findings, 1)
	assert.Equal(t, "forbidden-roles", findings[0].Rule)
	assert.Equal(t, plan.High, findings[0].Severity)
	assert.Equal(t, "roles", findings[0].Attribute)
}

func TestEffectsAreWhatTheRolesSay(t *testing.T) {
	m := entryOf(t, `"RMS ReadOnlyAccess", "ECS ReadOnlyAccess"`)
	catalogue := plan.NewCatalogue(roleEntries()...)
	assert.Equal(t, []access.Effect{
		{Principal: "service:secmaster", Scope: "project:cn-north-4", Actions: []string{"ecs:*:get"}},
		{Principal: "service:secmaster", Scope: "domain", Actions: []string{"rms:*:get"}},
	}, secmaster.New().Effects(catalogue)(resolved(t, m).Resource))
	assert.Equal(t, []access.Effect{{Principal: "service:secmaster", Scope: "project:cn-north-4"}, {Principal: "service:secmaster", Scope: "project:cn-north-4"}},
		secmaster.New().Effects(nil)(resolved(t, m).Resource), "what is not known may be anything")
}

func TestARoleOfAPolicyThatGoesIsAProblem(t *testing.T) {
	catalogue := plan.NewCatalogue(append(roleEntries(), plan.CatalogueEntry{Kind: "role", Name: "own", ID: cloudtest.ID("own"), Qualifier: "custom"})...)
	m := entryOf(t, `"own", "RMS ReadOnlyAccess"`)
	desired, problems := secmaster.New().Expand(m)
	require.Empty(t, problems)
	gone := plan.Desired{Resource: plan.Resource{Address: cloudtest.Address(t, "policy/own")}, Absent: true, Source: plan.Position{File: "f", Line: 9}}
	_, problems = secmaster.New().Resolve(append(desired, gone), m, catalogue)
	require.Len(t, problems, 1)
	assert.Equal(t, "role of an absent policy", problems[0].Summary)
	assert.Contains(t, problems[0].Detail, `lists "own", which f:9 says is to be deleted`)
	assert.NotZero(t, problems[0].At.Line)
}
