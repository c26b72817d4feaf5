package serviceagency_test

import (
	"net/http"
	"strings"
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

// routed is a service with one entry of a manifest and the agency through which that goes.
type routed struct {
	huaweicloud.Service
	entry  string
	agency string
	// trust is a service that may act as the agency; known is set where a page gives it.
	trust string
	known bool
}

func everyRoute() []routed {
	return []routed{
		{csms.Service(), `"service": "csms", "secretTypes": ["RDS-FG"]`, csms.SharedAgency, "op_svc_kms", true},
		{csms.Service(), `"service": "csms", "secretTypes": ["RDS-FG"]`, "FunctionGraphAgencyForRotateRDSByCSMSV3", "op_svc_CFF", false},
		{fabric.Service(), `"service": "fabric", "policies": []`, "fabric_admin_trust", "op_svc_fabric", false},
		{lakeformation.Service(), `"service": "lakeformation", "agencyTypes": ["ADMIN_TRUST"]`, "lakeformation_admin_trust", "op_svc_lakeformation", false},
		{secmaster.Service(), `"service": "secmaster", "roles": ["RMS ReadOnlyAccess"]`, secmaster.DefaultAgency, "op_svc_secmaster", false},
	}
}

func (r routed) open(t *testing.T, s *cloudtest.Stage) *cloudtest.Session {
	t.Helper()
	return cloudtest.Open(t, s.Conn, huaweicloud.Lag{}, r.Service, besideThem)
}

// see observes for a manifest, in a run of its own, and returns what the one desired resource of it leaves to a person.
func (r routed) see(t *testing.T, s *cloudtest.Stage, m *plan.Manifest) (*providers.Observation, plan.Desired, []plan.Manual) {
	t.Helper()
	run := r.open(t, s)
	o, err := run.See(t, m)
	require.NoError(t, err)
	desired, _ := r.Provider.Expand(m)
	resolution, problems := r.Provider.Resolve(desired, m, run.View.Catalogue())
	require.Empty(t, problems)
	require.Len(t, resolution.Desired, 1)
	d := resolution.Desired[0]
	return o, d, run.Manual(run.View.Live(d.Address), &d)
}

func TestNothingIsAuthorizedThroughAnAgencyThatTrustsAStranger(t *testing.T) {
	for _, r := range everyRoute() {
		t.Run(r.Provider.Name()+" "+r.agency, func(t *testing.T) {
			s := cloudtest.Start(t, cloudsim.Options{})
			m := cloudtest.Manifest(t, `, "authorizations": [{`+r.entry+`}]`)
			_, d, manual := r.see(t, s, m)
			assert.Empty(t, manual, "nothing is there yet")

			s.ByHand(cloudsim.Edit{Verb: cloudsim.EditCreate, Agency: r.agency, Value: "partner-co"})(t)
			_, err := r.open(t, s).Create(t.Context(), providers.Write{After: new(d.Resource)})
			require.ErrorIs(t, err, providers.ErrConflict, "a plan may be old")
			err = r.open(t, s).Update(t.Context(), providers.Write{Before: new(plan.Resource{Address: d.Address}), After: new(withRole(d.Resource, s.Sim.World().Roles[0].ID))})
			require.ErrorIs(t, err, providers.ErrConflict)
			assert.ErrorContains(t, err, "trusts account partner-co")
			assert.Empty(t, s.Front.Writes())

			for _, who := range []string{"account partner-co", "service op_svc_ecs"} {
				if _, value, _ := strings.Cut(who, " "); value != "partner-co" {
					s.ByHand(cloudsim.Edit{Verb: cloudsim.EditSet, Agency: r.agency, Attribute: "trust", Value: value})(t)
				}
				_, _, manual = r.see(t, s, m)
				if r.known {
					assert.Empty(t, manual, "we know whom it must trust, and put that right first")
					continue
				}
				require.Len(t, manual, 1)
				assert.Empty(t, manual[0].Attribute, "the whole change")
				assert.Contains(t, manual[0].Instruction, "the agency "+r.agency+", through which")
				assert.Contains(t, manual[0].Instruction, "trusts "+who)
			}
			s.ByHand(cloudsim.Edit{Verb: cloudsim.EditSet, Agency: r.agency, Attribute: "trust", Value: r.trust})(t)
			_, _, manual = r.see(t, s, m)
			assert.Empty(t, manual, "a likely service will do, in any case")
		})
	}
}

// withRole gives SecMaster's resource a role to be added, of that id; the others need none.
func withRole(r plan.Resource, id string) plan.Resource {
	if _, ok := r.Attributes["roles"]; !ok {
		return r
	}
	r.Attributes = plan.Attributes{"roles": plan.SetValue("x")}
	r.Settings = plan.Attributes{"region": plan.StringValue(cloudtest.Region)}
	r.Bindings = map[string]string{"role:x": id}
	return r
}

func TestAProtectedAgencyHoldsBackItsAuthorizations(t *testing.T) {
	for _, r := range everyRoute() {
		t.Run(r.Provider.Name()+" "+r.agency, func(t *testing.T) {
			s := cloudtest.Start(t, cloudsim.Options{})
			m := cloudtest.Manifest(t, `, "ownership": {"protect": ["agency/`+r.agency+`"]}, "authorizations": [{`+r.entry+`}]`)
			_, _, manual := r.see(t, s, m)
			assert.Empty(t, manual, "an agency that is not there is not held")

			s.ByHand(cloudsim.Edit{Verb: cloudsim.EditCreate, Agency: r.agency, Value: r.trust})(t)
			_, _, manual = r.see(t, s, m)
			require.Len(t, manual, 1)
			assert.Empty(t, manual[0].Attribute)
			assert.Contains(t, manual[0].Instruction, "ownership.protect holds agency "+r.agency)

			other := cloudtest.Manifest(t, `, "ownership": {"protect": ["agency/other"]}, "authorizations": [{`+r.entry+`}]`)
			_, _, manual = r.see(t, s, other)
			assert.Empty(t, manual)
		})
	}
}

func TestAMisspeltRegionIsToldWithWhoNeedsIt(t *testing.T) {
	for _, r := range everyRoute() {
		t.Run(r.Provider.Name(), func(t *testing.T) {
			s := cloudtest.Start(t, cloudsim.Options{})
			m := cloudtest.Manifest(t, `, "authorizations": [{`+r.entry+`, "region": "cn-nort-4"}]`)
			desired, _ := r.Provider.Expand(m)
			_, err := r.open(t, s).See(t, m)
			require.ErrorIs(t, err, providers.ErrNotFound)
			var about *providers.RootError
			require.ErrorAs(t, err, &about)
			assert.Equal(t, []addr.Address{desired[0].Address}, about.Roots)
			assert.ErrorContains(t, err, `the account has no project "cn-nort-4"; did you mean "cn-north-4"`)
		})
	}
}

func TestAnAgencyOfAStrangerIsNotRemoved(t *testing.T) {
	s := cloudtest.Start(t, cloudsim.Options{})
	m := cloudtest.Manifest(t, `, "authorizations": [{"service": "fabric", "state": "absent"}]`)
	s.ByHand(cloudsim.Edit{Verb: cloudsim.EditCreate, Agency: "fabric_admin_trust", Value: "partner-co"})(t)
	s.Front.Answer(func(r *http.Request) bool { return r.Method == http.MethodGet && r.URL.Path == "/v1/agency" }, http.StatusOK,
		`{"agency_name": "fabric_admin_trust", "authorized": true, "agency_policies": []}`)
	run := cloudtest.Open(t, s.Conn, huaweicloud.Lag{}, fabric.Service(), besideThem)
	live := run.Only(t, m)
	manual := run.Manual(&live, nil)
	require.Len(t, manual, 1)
	assert.Contains(t, manual[0].Instruction, "trusts partner-co")
	err := run.Delete(t.Context(), providers.Write{Before: new(plan.Resource{Address: live.Address})})
	require.ErrorIs(t, err, providers.ErrConflict)
	assert.Empty(t, s.Front.Writes())
}
