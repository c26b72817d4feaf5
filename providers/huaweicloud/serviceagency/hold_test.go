package serviceagency_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/csms"
	"github.com/agencyctl/agencyctl/providers/fabric"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/lakeformation"
	"github.com/agencyctl/agencyctl/providers/secmaster"
)

// routed is a service with one entry of a manifest and the agency through which that goes.
type routed struct {
	provider providers.Provider
	connect  func(*huaweicloud.Connection) providers.Remote
	entry    string
	agency   string
}

func everyRoute() []routed {
	return []routed{
		{csms.Provider{}, func(c *huaweicloud.Connection) providers.Remote { return csms.NewRemote(c) },
			`"service": "csms", "secretTypes": ["RDS-FG"]`, csms.SharedAgency},
		{csms.Provider{}, func(c *huaweicloud.Connection) providers.Remote { return csms.NewRemote(c) },
			`"service": "csms", "secretTypes": ["RDS-FG"]`, "FunctionGraphAgencyForRotateRDSByCSMSV3"},
		{fabric.Provider{}, func(c *huaweicloud.Connection) providers.Remote { return fabric.NewRemote(c) },
			`"service": "fabric", "policies": []`, "fabric_admin_trust"},
		{lakeformation.Provider{}, func(c *huaweicloud.Connection) providers.Remote { return lakeformation.NewRemote(c) },
			`"service": "lakeformation", "agencyTypes": ["ADMIN_TRUST"]`, "lakeformation_admin_trust"},
		{secmaster.Provider{}, func(c *huaweicloud.Connection) providers.Remote { return secmaster.NewRemote(c) },
			`"service": "secmaster", "roles": []`, secmaster.DefaultAgency},
	}
}

// see observes for a manifest and returns what the one desired resource of it leaves to a person.
func (r routed) see(t *testing.T, remote providers.Remote, m *plan.Manifest) (*providers.Observation, plan.Desired, []plan.Manual) {
	t.Helper()
	o, err := cloudtest.Observe(t, r.provider, remote, m)
	require.NoError(t, err)
	desired, _ := r.provider.Expand(m)
	resolution, problems := r.provider.Resolve(desired, m, plan.NewCatalogue(o.Entries...))
	require.Empty(t, problems)
	require.Len(t, resolution.Desired, 1)
	d := resolution.Desired[0]
	var before *plan.Live
	for i := range o.Resources {
		if o.Resources[i].Address == d.Address {
			before = &o.Resources[i]
		}
	}
	return o, d, r.provider.Manual(before, &d)
}

func TestNothingIsAuthorizedThroughAnAgencyThatTrustsAStranger(t *testing.T) {
	for _, r := range everyRoute() {
		t.Run(r.provider.Name()+" "+r.agency, func(t *testing.T) {
			s := cloudtest.Start(t, cloudsim.Options{})
			m := cloudtest.Manifest(t, `, "authorizations": [{`+r.entry+`}]`)
			o, d, manual := r.see(t, r.connect(s.Conn), m)
			assert.Empty(t, manual, "nothing is there yet")
			assert.Empty(t, o.Warnings)

			s.ByHand(cloudsim.Edit{Verb: cloudsim.EditCreate, Agency: r.agency, Value: "partner-co"})(t)
			_, err := r.connect(s.Conn).Create(t.Context(), d.Resource, nil)
			require.ErrorIs(t, err, providers.ErrConflict, "a plan may be old")
			err = r.connect(s.Conn).Update(t.Context(), "", plan.Resource{Address: d.Address}, withRole(d.Resource), nil)
			require.ErrorIs(t, err, providers.ErrConflict)
			assert.ErrorContains(t, err, "trusts partner-co")
			assert.Empty(t, s.Front.Writes())

			o, _, manual = r.see(t, r.connect(s.Conn), m)
			require.Len(t, o.Warnings, 1)
			assert.Contains(t, o.Warnings[0], "agency "+r.agency+" has the name of")
			require.Len(t, manual, 1)
			assert.Empty(t, manual[0].Attribute, "the whole change")
			assert.Contains(t, manual[0].Instruction, "the agency "+r.agency+", through which")
			assert.Contains(t, manual[0].Instruction, "trusts partner-co")

			s.ByHand(cloudsim.Edit{Verb: cloudsim.EditSet, Agency: r.agency, Attribute: "trust", Value: "op_svc_ecs"})(t)
			o, _, manual = r.see(t, r.connect(s.Conn), m)
			assert.Empty(t, o.Warnings, "nobody documents from which account a service acts, so any service's will do")
			assert.Empty(t, manual)
		})
	}
}

// withRole gives SecMaster's resource a role to be added; the others need none.
func withRole(r plan.Resource) plan.Resource {
	if _, ok := r.Attributes["roles"]; !ok {
		return r
	}
	r.Attributes = plan.Attributes{"roles": plan.SetValue("x")}
	r.Settings = plan.Attributes{"region": plan.StringValue(cloudtest.Region)}
	r.Bindings = map[string]string{"role:x": cloudtest.ID("x")}
	return r
}

func TestAProtectedAgencyHoldsBackItsAuthorizations(t *testing.T) {
	for _, r := range everyRoute() {
		t.Run(r.provider.Name()+" "+r.agency, func(t *testing.T) {
			s := cloudtest.Start(t, cloudsim.Options{})
			m := cloudtest.Manifest(t, `, "ownership": {"protect": ["agency/`+r.agency+`"]}, "authorizations": [{`+r.entry+`}]`)
			_, _, manual := r.see(t, r.connect(s.Conn), m)
			assert.Empty(t, manual, "an agency that is not there is not held")

			s.ByHand(cloudsim.Edit{Verb: cloudsim.EditCreate, Agency: r.agency, Value: "op_svc_ecs"})(t)
			o, _, manual := r.see(t, r.connect(s.Conn), m)
			assert.Empty(t, o.Warnings)
			require.Len(t, manual, 1)
			assert.Empty(t, manual[0].Attribute)
			assert.Contains(t, manual[0].Instruction, "ownership.protect holds agency "+r.agency)

			other := cloudtest.Manifest(t, `, "ownership": {"protect": ["agency/other"]}, "authorizations": [{`+r.entry+`}]`)
			_, _, manual = r.see(t, r.connect(s.Conn), other)
			assert.Empty(t, manual)
		})
	}
}

func TestAMisspeltRegionIsToldWithItsPlace(t *testing.T) {
	for _, r := range everyRoute() {
		t.Run(r.provider.Name(), func(t *testing.T) {
			s := cloudtest.Start(t, cloudsim.Options{})
			m := cloudtest.Manifest(t, `, "authorizations": [{`+r.entry+`, "region": "cn-nort-4"}]`)
			desired, _ := r.provider.Expand(m)
			_, err := cloudtest.Observe(t, r.provider, r.connect(s.Conn), m)
			require.ErrorIs(t, err, providers.ErrNotFound)
			assert.ErrorContains(t, err, desired[0].Source.String()+": ")
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
	live := cloudtest.Only(t, fabric.Provider{}, fabric.NewRemote(s.Conn), m)
	manual := fabric.Provider{}.Manual(&live, nil)
	require.Len(t, manual, 1)
	assert.Contains(t, manual[0].Instruction, "trusts partner-co")
	err := fabric.NewRemote(s.Conn).Delete(t.Context(), "", plan.Resource{Address: live.Address}, nil)
	require.ErrorIs(t, err, providers.ErrConflict)
	assert.Empty(t, s.Front.Writes())
}
