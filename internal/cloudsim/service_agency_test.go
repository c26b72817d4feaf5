package cloudsim_test

import (
	"cmp"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

const (
	north = "cn-north-4"
	east  = "cn-east-3"
)

// in makes a call in the project of a region.
func (s *stage) in(region, method, target, body string) result {
	s.t.Helper()
	return s.call(method, target, body, "X-Project-Id", s.project(region))
}

// must makes a call in a region that succeeds with the status.
func (s *stage) must(status int, region, method, target, body string) result {
	s.t.Helper()
	r := s.in(region, method, target, body)
	require.Equal(s.t, status, r.status, "%s %s: %s", method, target, r.text)
	return r
}

// edit changes the home account by hand.
func (s *stage) edit(words ...string) {
	s.t.Helper()
	e, err := cloudsim.ParseEdit(words)
	require.NoError(s.t, err)
	require.NoError(s.t, s.sim.Edit("", e))
}

// agency returns the present state of an agency of the home account, or nil.
func (s *stage) agency(name string) *cloudsim.Agency {
	w := s.sim.World()
	return w.AccountNamed("").AgencyNamed(name)
}

// grants lists "SCOPE TARGET ROLE" of an agency, sorted.
func (s *stage) grants(name string) []string {
	out := []string{}
	if g := s.agency(name); g != nil {
		for _, grant := range g.Grants {
			out = append(out, grant.Scope+" "+grant.TargetName+" "+grant.RoleName)
		}
	}
	slices.Sort(out)
	return out
}

// serviceCase is how a service is read and written, and what it makes then.
type serviceCase struct {
	read, write, body, agency, role string
	// granted says whether a read shows everything in place.
	granted func(result) bool
	// shape holds the bodies of errors for which no page has an example, by status.
	shape map[int]string
}

// serviceCases are the four services, for what they share.
func serviceCases(s *stage) map[string]serviceCase {
	flag := func(key string, value any) func(result) bool {
		return func(r result) bool { return r.body[key] == value }
	}
	return map[string]serviceCase{
		"csms": {"/v1/csms/agencies?secret_type=RDS-FG", "/v1/csms/agencies", `{"secret_type":"RDS-FG"}`, "CSMSAccessFunctionGraph",
			"CSMSAccessFunctionGraph", flag("agency_granted", "true"), map[int]string{
				400: `{"error_code":"CSMS.0002","error_msg":"simulated fault: Bad Request"}`}},
		"secmaster": {"/v1/" + s.project(north) + "/agency", "/v1/" + s.project(north) + "/agency", `{}`, "SecMaster_Agency", "", flag("create_agency", true),
			nil},
		"fabric": {"/v1/agency", "/v1/agency", `{}`, "fabric_admin_trust", "FABRIC_COMMON_POLICY", flag("authorized", true), nil},
		"lakeformation": {"/v2/agency?agency_type=ADMIN_TRUST", "/v2/agency", `{"agency_type":"ADMIN_TRUST"}`, "lakeformation_admin_trust",
			"VPCEndpoint Administrator", flag("authorized", true), map[int]string{
				404: `{"common_error_code":"CMM.1008","error_code":"common.01000001","error_msg":"simulated fault: Not Found"}`}},
	}
}

// eachService runs a test on a fresh simulator for each of the services.
func eachService(t *testing.T, o cloudsim.Options, test func(t *testing.T, s *stage, c serviceCase)) {
	for _, name := range []string{"csms", "secmaster", "fabric", "lakeformation"} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, o)
			test(t, s, serviceCases(s)[name])
		})
	}
}

func (s *stage) authorized(c serviceCase, region string) bool {
	s.t.Helper()
	return c.granted(s.must(200, region, http.MethodGet, c.read, ""))
}

func (s *stage) authorize(c serviceCase, region string) {
	s.t.Helper()
	r := s.in(region, http.MethodPost, c.write, c.body)
	require.Less(s.t, r.status, 300, r.text)
}

func TestServiceReadsWhatIAMHolds(t *testing.T) {
	eachService(t, cloudsim.Options{}, func(t *testing.T, s *stage, c serviceCase) {
		assert.False(t, s.authorized(c, north), "at first")
		s.authorize(c, north)
		assert.True(t, s.authorized(c, north), "after the call")

		r := s.call(http.MethodGet, agenciesPath+"?name="+c.agency, "")
		require.Len(t, r.list("agencies"), 1, "IAM lists the agency")
		assert.Regexp(t, "^op_svc_", r.list("agencies")[0]["trust_domain_name"])

		trust := s.agency(c.agency).Trust
		for _, stranger := range []string{"partner-co", "op_svc_ecs"} {
			s.edit("set", c.agency, "trust", stranger)
			assert.True(t, s.authorized(c, north), "the service does not look whom its agency trusts")
			s.authorize(c, north)
			assert.Equal(t, trust, s.agency(c.agency).Trust, "a call takes it back")
		}
		s.edit("set", c.agency, "duration", "1")
		s.clock.move(25 * time.Hour)
		assert.True(t, s.authorized(c, north), "nor whether it has expired")
		s.authorize(c, north)
		assert.Nil(t, s.agency(c.agency).Expires, "renewed")

		if c.role != "" {
			s.edit("revoke", c.agency, "project:"+north, c.role)
			assert.False(t, s.authorized(c, north), "a grant revoked by hand")
			s.authorize(c, north)
			assert.True(t, s.authorized(c, north), "granted again")
		}
		s.edit("delete", c.agency)
		assert.False(t, s.authorized(c, north), "deleted by hand")
		s.authorize(c, north)
		assert.True(t, s.authorized(c, north), "made again")
	})
}

// What a service makes of an agency that trusts somebody else, or has expired, no page says.
func TestServiceReadingsOfAForeignTrust(t *testing.T) {
	for name, tc := range map[string]struct {
		switches       cloudsim.Switches
		granted, fails bool
		trustsInTheEnd string // "" for the service
	}{
		"by default":       {granted: true},
		"it reads as gone": {switches: cloudsim.Switches{ServicesSeeTrust: true}},
		"a call fails":     {switches: cloudsim.Switches{ServicesRefuseForeignAgency: true}, granted: true, fails: true, trustsInTheEnd: "partner-co"},
		"a call leaves it": {switches: cloudsim.Switches{ServicesKeepForeignTrust: true}, granted: true, trustsInTheEnd: "partner-co"},
	} {
		t.Run(name, func(t *testing.T) {
			eachService(t, cloudsim.Options{Switches: tc.switches}, func(t *testing.T, s *stage, c serviceCase) {
				s.authorize(c, north)
				own := s.agency(c.agency).Trust.Name
				s.edit("set", c.agency, "trust", "partner-co")
				assert.Equal(t, tc.granted, s.authorized(c, north))
				r := s.in(north, http.MethodPost, c.write, c.body)
				switch failed := r.list("agencies"); {
				case failed != nil: // CSMS fails inside a 200
					assert.Equal(t, tc.fails, failed[0]["error_msg"] != nil)
				default:
					assert.Equal(t, tc.fails, r.status == 400, r.text)
				}
				assert.Equal(t, cmp.Or(tc.trustsInTheEnd, own), s.agency(c.agency).Trust.Name)
				s.edit("set", c.agency, "trust", own)
				s.edit("expire", c.agency)
				assert.Equal(t, tc.granted, s.authorized(c, north), "expired")
			})
		})
	}
}

// Whom the agencies trust is documented for one alone. The names of the others are likely, and their case is anybody's guess.
func TestServiceNames(t *testing.T) {
	for name, tc := range map[string]struct {
		switches cloudsim.Switches
		want     []string
	}{
		"lower case": {cloudsim.Switches{}, []string{"op_svc_kms", "op_svc_cff", "op_svc_secmaster", "op_svc_fabric", "op_svc_lakeformation"}},
		"upper case": {cloudsim.Switches{UpperCaseServices: true},
			[]string{"op_svc_KMS", "op_svc_CFF", "op_svc_SECMASTER", "op_svc_FABRIC", "op_svc_LAKEFORMATION"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{Switches: tc.switches})
			for _, c := range serviceCases(s) {
				s.authorize(c, north)
				assert.True(t, s.authorized(c, north))
				before := s.sim.World()
				s.authorize(c, north)
				assert.Equal(t, before, s.sim.World(), "its own spelling is its own")
			}
			var got []string
			for _, agency := range []string{"CSMSAccessFunctionGraph", "FunctionGraphAgencyForRotateRDSByCSMSV3", "SecMaster_Agency", fabricName,
				"lakeformation_admin_trust"} {
				got = append(got, s.agency(agency).Trust.Name)
			}
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestServiceRepeatedChangesNothing(t *testing.T) {
	eachService(t, cloudsim.Options{}, func(t *testing.T, s *stage, c serviceCase) {
		s.authorize(c, north)
		before := s.sim.World()
		s.authorize(c, north)
		assert.Equal(t, before, s.sim.World())
	})
}

func TestServiceGrantsInOneProject(t *testing.T) {
	eachService(t, cloudsim.Options{}, func(t *testing.T, s *stage, c serviceCase) {
		s.authorize(c, north)
		id := s.agency(c.agency).ID
		if c.role == "" {
			assert.True(t, s.call(http.MethodGet, "/v1/"+s.project(east)+"/agency", "").body["create_agency"].(bool), "one flag for the account")
			return
		}
		assert.False(t, s.authorized(c, east))
		assert.True(t, s.authorized(c, "cn-north-4_data"), "a subproject stands for its region")
		s.authorize(c, east)
		assert.True(t, s.authorized(c, east))
		assert.Equal(t, id, s.agency(c.agency).ID, "both regions share the agency")
		s.edit("revoke", c.agency, "project:"+east, c.role)
		assert.False(t, s.authorized(c, east))
		assert.True(t, s.authorized(c, north))
		s.edit("grant", c.agency, "all-projects", c.role)
		assert.True(t, s.authorized(c, east), "all projects are this one, too")
	})
}

func TestServiceNeedsAProjectOfTheCaller(t *testing.T) {
	for name, tc := range map[string]struct {
		switches cloudsim.Switches
		project  string
		status   int
	}{
		"no project":           {cloudsim.Switches{}, "", 400},
		"no project, switched": {cloudsim.Switches{ProjectlessStatus403: true}, "", 403},
		"an unknown project":   {cloudsim.Switches{}, "0123456789abcdef0123456789abcdef", 403},
	} {
		t.Run(name, func(t *testing.T) {
			eachService(t, cloudsim.Options{Switches: tc.switches}, func(t *testing.T, s *stage, c serviceCase) {
				for _, r := range []result{
					s.call(http.MethodGet, c.read, "", "X-Project-Id", tc.project),
					s.call(http.MethodPost, c.write, c.body, "X-Project-Id", tc.project),
				} {
					if c.agency == "SecMaster_Agency" && tc.project == "" {
						assert.Less(t, r.status, 300, "its path holds the project: %s", r.text)
						continue
					}
					assert.Equal(t, tc.status, r.status, r.text)
				}
			})
		})
	}
	t.Run("of another account", func(t *testing.T) {
		eachService(t, cloudsim.Options{}, func(t *testing.T, s *stage, c serviceCase) {
			r := s.call(http.MethodGet, c.read, "", "X-Project-Id", s.project(north), "X-Domain-Id", s.world.AccountNamed("partner-co").ID)
			assert.Equal(t, http.StatusForbidden, r.status, r.text)
		})
	})
}

func TestServiceErrorShapes(t *testing.T) {
	eachService(t, cloudsim.Options{}, func(t *testing.T, s *stage, c serviceCase) {
		for status, body := range c.shape {
			require.NoError(t, s.sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Status: status, Times: 1}}}))
			r := s.in(north, http.MethodGet, c.read, "")
			assert.Equal(t, status, r.status)
			assert.JSONEq(t, body, r.text)
			assert.Equal(t, http.StatusOK, s.in(north, http.MethodGet, c.read, "").status, "only once")
		}
		require.NoError(t, s.sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Status: http.StatusGatewayTimeout, Times: 1}}}))
		assert.Equal(t, "APIGW.0203", s.in(north, http.MethodGet, c.read, "").body["error_code"], "the gateway speaks")
		for _, body := range []string{"", "[]", "null", "{", `"text"`} {
			assert.Equal(t, http.StatusBadRequest, s.in(north, http.MethodPost, c.write, body).status, "body %q", body)
		}
		assert.Nil(t, s.agency(c.agency))
	})
}

func TestServiceAgencyTrouble(t *testing.T) {
	full := func(kind string, n int) cloudsim.Options {
		w := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
		w.AccountNamed("").Quotas = map[string]int{kind: n}
		return cloudsim.Options{Seed: w}
	}
	for name, tc := range map[string]struct {
		options cloudsim.Options
		status  int
		message string
	}{
		"agency quota": {full("agency", 3), 400, "iam: agency quota exceeded"},
		"policy quota": {full("policy", 0), 400, "iam: policy quota exceeded"},
		"a fault": {cloudsim.Options{Faults: cloudsim.Faults{Agencies: []cloudsim.AgencyFault{
			{Agency: "fabric_admin_trust", Message: "iam: busy"}, {Agency: "lakeformation_admin_trust", Message: "iam: busy"},
			{Agency: "SecMaster_Agency", Message: "iam: busy"}, {Agency: "CSMSAccessFunctionGraph", Message: "iam: busy"},
		}}}, 500, "iam: busy"},
	} {
		t.Run(name, func(t *testing.T) {
			eachService(t, tc.options, func(t *testing.T, s *stage, c serviceCase) {
				before := s.sim.World().Accounts
				r := s.in(north, http.MethodPost, c.write, c.body)
				switch {
				case c.agency == "SecMaster_Agency" && name == "policy quota":
					assert.Equal(t, http.StatusCreated, r.status, "it makes no policies")
					return
				case c.agency == "CSMSAccessFunctionGraph":
					require.Equal(t, http.StatusOK, r.status)
					assert.Equal(t, map[string]any{"agency_name": c.agency, "error_msg": tc.message}, r.list("agencies")[0])
				default:
					assert.Equal(t, tc.status, r.status)
					assert.Equal(t, tc.message, r.message())
				}
				assert.Nil(t, s.agency(c.agency))
				if name != "a fault" {
					assert.Equal(t, before, s.sim.World().Accounts, "nothing is half made")
				}
			})
		})
	}
}

func TestServiceMayRefuseAForeignAgency(t *testing.T) {
	eachService(t, cloudsim.Options{Switches: cloudsim.Switches{ServicesRefuseForeignAgency: true}}, func(t *testing.T, s *stage, c serviceCase) {
		s.edit("create", c.agency, "partner-co")
		r := s.in(north, http.MethodPost, c.write, c.body)
		assert.Contains(t, r.text, "exists and cannot be used")
		assert.Equal(t, "partner-co", s.agency(c.agency).Trust.Name)
		assert.Empty(t, s.agency(c.agency).Grants, "the stranger gains nothing")
	})
}

func TestServiceReadsLag(t *testing.T) {
	eachService(t, cloudsim.Options{Faults: cloudsim.Faults{LaggedReads: 2}}, func(t *testing.T, s *stage, c serviceCase) {
		s.authorize(c, north)
		assert.False(t, s.authorized(c, north))
		assert.False(t, s.authorized(c, north))
		assert.True(t, s.authorized(c, north))
	})
}

func TestServiceStateSurvivesARestart(t *testing.T) {
	eachService(t, cloudsim.Options{}, func(t *testing.T, _ *stage, c serviceCase) {
		file := filepath.Join(t.TempDir(), "state.json")
		s := newStage(t, cloudsim.Options{State: file})
		s.authorize(c, north)
		world := s.sim.World()
		s = newStage(t, cloudsim.Options{State: file})
		assert.Equal(t, world, s.sim.World())
		assert.True(t, s.authorized(c, north))
		s.edit("set", c.agency, "description", "the service's account is known by now")
		s.edit("set", c.agency, "trust", world.AccountNamed("").AgencyNamed(c.agency).Trust.Name)
	})
}

func TestServiceNoticesAnEditedPolicy(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	c := serviceCases(s)["fabric"]
	s.authorize(c, north)
	id := ""
	for _, p := range s.call(http.MethodGet, policiesPath, "").list("roles") {
		if p["display_name"] == c.role {
			id = p["id"].(string)
			assert.EqualValues(t, 1, p["references"])
			assert.Equal(t, s.home, p["domain_id"])
		}
	}
	require.NotEmpty(t, id)
	r := s.call(http.MethodPatch, policiesPath+"/"+id, `{"role":{"display_name":"FABRIC_COMMON_POLICY","type":"XA","description":"",
		"policy":{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["obs:bucket:ListBucket"]}]}}}`)
	require.Equal(t, http.StatusOK, r.status, r.text)
	assert.False(t, s.authorized(c, north))
	s.authorize(c, north)
	assert.True(t, s.authorized(c, north))
	r = s.call(http.MethodGet, assignmentsPath+"?domain_id="+s.home+"&role_id="+id, "")
	assert.EqualValues(t, 1, r.body["total_num"], "the policy kept its id, and IAM shows its one grant")
}

func TestServiceNoticesADeletedPolicy(t *testing.T) {
	s := newStage(t, cloudsim.Options{Switches: cloudsim.Switches{DeleteGrantedPolicy: true}})
	c := serviceCases(s)["lakeformation"]
	s.authorize(c, north)
	for _, p := range s.call(http.MethodGet, policiesPath, "").list("roles") {
		require.Equal(t, http.StatusOK, s.call(http.MethodDelete, policiesPath+"/"+p["id"].(string), "").status)
	}
	r := s.must(200, north, http.MethodGet, c.read, "")
	assert.Equal(t, []any{"obs:bucket:GetBucketLocation", "obs:bucket:ListBucket"}, r.body["missing_action"])
	s.authorize(c, north)
	assert.True(t, s.authorized(c, north))
}

// FuzzServiceBodies posts anything to every service: each call is answered, and never with trouble of the simulator.
func FuzzServiceBodies(f *testing.F) {
	for _, seed := range []string{
		`{"secret_type":"RDS-FG"}`, `{"policy_types":["FABRIC_SMN_POLICY"]}`, `{"agency_type":"JOB_TRUST"}`, `{}`, `[`, `{"policy_types":null}`,
		`{"organizations":[{"account_id":"aaaabbbbccccddddeeeeffff00001111","organization_id":"o-exampleorg01"}],"role_descriptions":[{"id":1}]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		s := newStage(t, cloudsim.Options{})
		for _, c := range serviceCases(s) {
			for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
				r := s.in(north, method, c.write, body)
				assert.Less(t, r.status, 500, "%s %s: %s", method, c.write, r.text)
			}
		}
	})
}
