package serviceagency_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/csms"
	"github.com/agencyctl/agencyctl/providers/fabric"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/lakeformation"
	"github.com/agencyctl/agencyctl/providers/secmaster"
)

// site is a service with one authorization.
type site struct {
	huaweicloud.Service
	// entry is the authorization as a manifest lists it, without its end, and last the end of its address.
	entry, last string
	// kinds is how many calls one region costs, published the regions of the demo account for which the vendor publishes it.
	kinds     int
	published []string
	agency    string
	// named: an entry may name the agency.
	named bool
}

func sites() []site {
	everywhere := []string{"ap-southeast-1", "cn-east-3", "cn-north-4"}
	return []site{
		{csms.Service(), `"service": "csms", "secretTypes": ["RDS-FG"]`, "/RDS-FG", 2, everywhere, csms.SharedAgency, true},
		{fabric.Service(), `"service": "fabric", "policies": []`, "", 1, []string{"cn-north-4"}, "fabric_admin_trust", false},
		{lakeformation.Service(), `"service": "lakeformation", "agencyTypes": ["ADMIN_TRUST"]`, "/ADMIN_TRUST", 3, everywhere, "lakeformation_admin_trust", false},
		{secmaster.Service(), `"service": "secmaster", "roles": []`, "", 1, append(slices.Clone(everywhere), "cn-north-4_data"), secmaster.DefaultAgency, true},
	}
}

func (s site) address(region string) string { return s.prefix() + region + s.last }

func (s site) prefix() string { return "authorization/" + s.Provider.Name() + "/" }

// home is the account that is looked at.
func home(stage *cloudtest.Stage) *cloudsim.Account {
	world := stage.Sim.World()
	return world.AccountNamed("")
}

// authorize makes the authorization of a region.
func (s site) authorize(t *testing.T, stage *cloudtest.Stage, region string) {
	t.Helper()
	desired, _ := s.Provider.Expand(cloudtest.Manifest(t, `, "authorizations": [{`+s.entry+`, "region": "`+region+`"}]`))
	_, err := cloudtest.Open(t, stage.Conn, huaweicloud.Lag{}, s.Service, besideThem).Create(t.Context(), providers.Write{After: new(desired[0].Resource)})
	require.NoError(t, err)
	if s.agency == secmaster.DefaultAgency { // whose entry lists no role, so that no name has to be resolved
		stage.ByHand(edit(cloudsim.EditGrant, s.agency, "project:"+region, "CTS ReadOnlyAccess"))(t)
	}
}

// see observes for a manifest, and returns the addresses that are there and the places that were read, in a run of its own.
func (s site) see(
	t *testing.T, stage *cloudtest.Stage, rest string, notRead ...string,
) (o *providers.Observation, there, read []string, err error) {
	t.Helper()
	m := cloudtest.Manifest(t, rest)
	m.NotRead = notRead
	o, err = cloudtest.Open(t, stage.Conn, huaweicloud.Lag{}, s.Service, besideThem).See(t, m)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, l := range o.Resources {
		there = append(there, l.Address.String())
	}
	for _, c := range o.Coverage {
		place, _, _ := strings.Cut(strings.TrimPrefix(c.String(), s.prefix()), "/")
		read = append(read, place)
	}
	slices.Sort(there)
	slices.Sort(read)
	return o, there, slices.Compact(read), nil
}

// calls counts the calls of the service itself since the last time.
func (s site) calls(stage *cloudtest.Stage, before int) (n int) {
	for _, c := range stage.Sim.Calls()[before:] {
		if c.Service == s.Host.Name {
			n++
		}
	}
	return n
}

const owned = `, "ownership": {"include": ["authorization/**"]}`

func TestAnOwnedAuthorizationIsSeenWithoutAnEntry(t *testing.T) {
	for _, s := range sites() {
		t.Run(s.Provider.Name(), func(t *testing.T) {
			stage := cloudtest.Start(t, cloudsim.Options{})
			_, there, read, err := s.see(t, stage, owned)
			require.NoError(t, err)
			assert.Empty(t, there, "nothing is there yet")
			assert.Equal(t, s.published, read)

			s.authorize(t, stage, "cn-east-3")
			before := len(stage.Sim.Calls())
			o, there, read, err := s.see(t, stage, owned)
			require.NoError(t, err)
			assert.Equal(t, []string{s.address("cn-east-3")}, there)
			assert.Contains(t, read, "cn-east-3", "its agency holds a grant there, whatever the vendor publishes")
			assert.Equal(t, s.kinds*len(read), s.calls(stage, before), "one call for each region and type")
			assert.Empty(t, o.NotRead)

			entry := `, "authorizations": [{` + s.entry + `}]`
			_, there, read, err = s.see(t, stage, entry)
			require.NoError(t, err)
			assert.NotContains(t, there, s.address("cn-east-3"), "not owned")
			assert.Equal(t, []string{"cn-north-4"}, read)
			_, there, _, err = s.see(t, stage, entry+owned)
			require.NoError(t, err)
			assert.Contains(t, there, s.address("cn-east-3"), "beside an entry of another region")
		})
	}
}

func TestOnlyWhatIsOwnedIsRead(t *testing.T) {
	for _, s := range sites() {
		t.Run(s.Provider.Name(), func(t *testing.T) {
			stage := cloudtest.Start(t, cloudsim.Options{})
			for ownership, want := range map[string][]string{
				`{"include": ["agency/*", "policy/*", "authorization/other/**"]}`:                            nil,
				`{"include": ["` + s.prefix() + `cn-north-4", "` + s.prefix() + `cn-north-4/*"]}`:            {"cn-north-4"},
				`{"include": ["authorization/*/cn-north-4` + s.last + `"]}`:                                  {"cn-north-4"},
				`{"include": ["authorization/**"], "exclude": ["authorization/*/ap-*", "authorization/**"]}`: nil,
				`{"include": ["authorization/**"], "exclude": ["authorization/*/cn-*", "authorization/*/*/*"]}`: slices.DeleteFunc(slices.Clone(s.published),
					func(region string) bool { return s.last != "" || strings.HasPrefix(region, "cn-") }),
			} {
				before := len(stage.Sim.Calls())
				_, _, read, err := s.see(t, stage, `, "ownership": `+ownership)
				require.NoError(t, err)
				if len(want) == 0 {
					assert.Empty(t, read, ownership)
				} else {
					assert.Equal(t, want, read, ownership)
				}
				assert.Equal(t, s.kinds*len(want), s.calls(stage, before), ownership)
			}
		})
	}
}

// answerIn lets the service answer in the projects of these regions.
func (s site) answerIn(stage *cloudtest.Stage, status int, body string, regions ...string) (calls *atomic.Int64) {
	calls = new(atomic.Int64)
	var ids []string
	for _, p := range home(stage).Projects {
		if slices.Contains(regions, p.Name) {
			ids = append(ids, p.ID)
		}
	}
	stage.Front.Answer(func(r *http.Request) bool {
		its := slices.Contains(ids, r.Header.Get("X-Project-Id")) && r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/v3")
		if its {
			calls.Add(1)
		}
		return its
	}, status, body)
	return calls
}

func TestARegionInWhichTheServiceIsNotOfferedIsNamed(t *testing.T) {
	for _, s := range sites() {
		t.Run(s.Provider.Name(), func(t *testing.T) {
			stage := cloudtest.Start(t, cloudsim.Options{})
			missing := slices.DeleteFunc(slices.Clone(s.published), func(region string) bool { return region == "cn-east-3" })
			calls := s.answerIn(stage, http.StatusNotFound, `{"error_code": "APIGW.0101", "error_msg": "The API does not exist"}`, missing...)
			o, _, read, err := s.see(t, stage, owned)
			require.NoError(t, err)
			subject := s.Provider.Name()
			if len(missing) == 1 {
				subject += ":" + missing[0]
			}
			assert.Equal(t, []plan.NotRead{{Subject: subject, Reason: "the service is not offered there", Regions: missing}}, o.NotRead)
			assert.NotSubset(t, read, missing)
			assert.EqualValues(t, s.kinds*len(missing), calls.Load(), "no call is repeated")

			_, _, _, err = s.see(t, stage, owned+`, "authorizations": [{`+s.entry+`}]`)
			require.ErrorIs(t, err, providers.ErrNotFound, "an entry needs it")
		})
	}
}

func TestARefusalWhereSomethingIsOwnedNamesTheSetting(t *testing.T) {
	for _, s := range sites() {
		t.Run(s.Provider.Name(), func(t *testing.T) {
			var parts []string
			for _, region := range s.published {
				parts = append(parts, s.Provider.Name()+":"+region)
			}
			setting := "leave it unread by cloud.notRead: " + cloudtest.List(parts...)
			for name, c := range map[string]struct {
				status int
				code   string
				kind   error
				named  bool
			}{
				"no permission":                 {http.StatusForbidden, "X.1", providers.ErrDenied, true},
				"not found by another's answer": {http.StatusNotFound, "APIG.0106", providers.ErrNotFound, true},
				"a broken service":              {http.StatusInternalServerError, "X.2", providers.ErrUnavailable, false},
			} {
				stage := cloudtest.Start(t, cloudsim.Options{})
				s.answerIn(stage, c.status, `{"error_code": "`+c.code+`", "error_msg": "no"}`, s.published...)
				_, _, _, err := s.see(t, stage, owned)
				require.ErrorIs(t, err, c.kind, name)
				if !c.named {
					assert.NotContains(t, err.Error(), "cloud.notRead", name)
					continue
				}
				assert.ErrorContains(t, err, setting, name)
				assert.NotContains(t, err.Error(), "\n", "%s: one error for all regions", name)
			}

			stage := cloudtest.Start(t, cloudsim.Options{})
			calls := s.answerIn(stage, http.StatusForbidden, "", s.published...)
			_, _, read, err := s.see(t, stage, owned, parts...)
			require.NoError(t, err, "what it names is left out")
			assert.Empty(t, read)
			_, _, read, err = s.see(t, stage, owned, s.Provider.Name())
			require.NoError(t, err)
			assert.Empty(t, read)
			assert.Zero(t, calls.Load())
		})
	}
}

func TestADisabledProjectIsNamedAndNotCalled(t *testing.T) {
	for _, s := range sites() {
		t.Run(s.Provider.Name(), func(t *testing.T) {
			world := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
			projects := world.AccountNamed("").Projects
			for i := range projects {
				projects[i].Disabled = projects[i].Name == "cn-north-4"
			}
			stage := cloudtest.Start(t, cloudsim.Options{Seed: world})
			o, _, read, err := s.see(t, stage, owned)
			require.NoError(t, err)
			assert.NotContains(t, read, "cn-north-4")
			assert.Equal(t, []plan.NotRead{{Subject: s.Provider.Name() + ":cn-north-4", Reason: "its project is disabled", Regions: []string{"cn-north-4"}}},
				o.NotRead)
		})
	}
}

// TestWhatHoldsInTheWholeAccountIsToldOnce: a service that knows its agency for the whole account answers yes in every region.
func TestWhatHoldsInTheWholeAccountIsToldOnce(t *testing.T) {
	const rds = "FunctionGraphAgencyForRotateRDSByCSMSV3"
	for name, c := range map[string]struct {
		service string
		// secMaster is the name of SecMaster's agency.
		secMaster string
		edits     []cloudsim.Edit
	}{
		"secmaster with roles in the account": {service: "secmaster", edits: []cloudsim.Edit{
			edit(cloudsim.EditGrant, secmaster.DefaultAgency, "domain", "RMS ReadOnlyAccess"),
			edit(cloudsim.EditRevoke, secmaster.DefaultAgency, "project:cn-east-3", "CTS ReadOnlyAccess"),
		}},
		"secmaster through an agency of another name": {service: "secmaster", secMaster: "another"},
		"csms in all projects": {service: "csms", edits: []cloudsim.Edit{
			edit(cloudsim.EditGrant, csms.SharedAgency, "all-projects", csms.SharedAgency),
			edit(cloudsim.EditRevoke, csms.SharedAgency, "project:cn-east-3", csms.SharedAgency),
			edit(cloudsim.EditGrant, rds, "all-projects", rds), edit(cloudsim.EditRevoke, rds, "project:cn-east-3", rds),
		}},
		"an agency of lakeformation that was left over": {service: "lakeformation", edits: []cloudsim.Edit{
			edit(cloudsim.EditRevoke, "lakeformation_admin_trust", "project:cn-east-3", "ReadOnlyAccess"),
			edit(cloudsim.EditRevoke, "lakeformation_admin_trust", "project:cn-east-3", "VPCEndpoint Administrator"),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			i := slices.IndexFunc(sites(), func(s site) bool { return s.Provider.Name() == c.service })
			s := sites()[i]
			stage := cloudtest.Start(t, cloudsim.Options{SecMasterAgency: c.secMaster})
			if c.secMaster != "" {
				s.agency = ""
			}
			s.authorize(t, stage, "cn-east-3")
			for _, e := range c.edits {
				stage.ByHand(e)(t)
			}
			_, there, read, err := s.see(t, stage, owned)
			require.NoError(t, err)
			assert.Equal(t, []string{s.address("cn-north-4")}, there, "in the cloud's own region")
			assert.Equal(t, s.published, read)
			_, there, _, err = s.see(t, stage, `, "ownership": {"include": ["authorization/**"], "exclude": ["authorization/*/cn-north-4", "authorization/*/cn-north-4/*"]}`)
			require.NoError(t, err)
			assert.Equal(t, []string{s.address("ap-southeast-1")}, there, "in the first of those that are owned")
			_, there, _, err = s.see(t, stage, owned+`, "authorizations": [{`+s.entry+`, "region": "cn-east-3"}]`)
			require.NoError(t, err)
			assert.Equal(t, []string{s.address("cn-east-3")}, there, "at the entry")
		})
	}
}

func TestAnOwnedAuthorizationIsTakenAwayAndReadBack(t *testing.T) {
	for _, s := range sites() {
		t.Run(s.Provider.Name(), func(t *testing.T) {
			stage := cloudtest.Start(t, cloudsim.Options{})
			s.authorize(t, stage, "cn-east-3")
			m := cloudtest.Manifest(t, `, "ownership": {"include": ["authorization/**"], "prune": true}`)
			run := cloudtest.Open(t, stage.Conn, huaweicloud.Lag{}, s.Service, besideThem)
			live := run.Only(t, m)
			require.Empty(t, run.Manual(&live, nil))
			require.NoError(t, run.Delete(t.Context(), providers.Write{Before: &live.Resource}))
			before := len(stage.Sim.Calls())
			o, err := run.Observe(t.Context(), providers.ObserveRequest{
				Coverage: cloudtest.Cover(t, s.Provider, nil, m), Only: []addr.Address{live.Address},
			})
			require.NoError(t, err)
			assert.Empty(t, o.Resources)
			assert.Equal(t, []addr.Pattern{addr.Exactly(live.Address)}, o.Coverage)
			assert.Equal(t, 1, s.calls(stage, before), "what is read back is read alone")
			assert.Nil(t, home(stage).AgencyNamed(s.agency), "nobody else needs it")
		})
	}
}
