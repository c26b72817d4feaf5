package secmaster_test

import (
	"testing"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/providers/secmaster"
)

func TestConformance(t *testing.T) {
	for name, switches := range map[string]cloudsim.Switches{
		"roles that it needs, errors as in the examples": {},
		"roles that it has, errors as in the schema":     {SecMasterListsGranted: true, SecMasterShapeE2: true},
	} {
		t.Run(name, func(t *testing.T) {
			conformance.Run(t, conformance.Suite{
				Provider: secmaster.New(), Beside: besideIt.Provider, States: conformanceStates(t),
				New: func(t testing.TB) conformance.World { return newConformanceWorld(t, switches) },
			})
		})
	}
}

func conformanceStates(t testing.TB) []conformance.State {
	const (
		north = `{"service": "secmaster"`
		east  = `{"service": "secmaster", "region": "cn-east-3"`
		prod  = `{"service": "secmaster", "project": "cn-north-4_prod"`
		gone  = `, "state": "absent"}`
	)
	entries := func(north, east, prod string) string {
		return `, "authorizations": [` + north + `, ` + east + `, ` + prod + `]`
	}
	return []conformance.State{
		{Name: "nothing", Manifest: cloudtest.Manifest(t, entries(north+gone, east+gone, prod+gone))},
		{Name: "no roles", Manifest: cloudtest.Manifest(t, entries(north+`, "roles": []}`, east+gone, prod+gone))},
		{Name: "one project", Manifest: cloudtest.Manifest(t, entries(north+`, "roles": ["RMS ReadOnlyAccess", "ECS ReadOnlyAccess", "system:Tenant Guest", "id:`+cloudtest.ID("VPC ReadOnlyAccess")+`"],
			"organizations": [{"accountId": "aaaabbbbccccddddeeeeffff00001111", "organizationId": "o-exampleorg01"}]}`, east+gone, prod+gone))},
		{Name: "everywhere", Manifest: cloudtest.Manifest(t, entries(north+`, "roles": ["OBS ReadOnlyAccess", "VPC ReadOnlyAccess"]}`,
			east+`, "roles": ["VPC ReadOnlyAccess", "OBS ReadOnlyAccess"]}`, prod+`, "roles": ["VPC ReadOnlyAccess", "OBS ReadOnlyAccess"]}`))},
		{Name: "another project", Manifest: cloudtest.Manifest(t, entries(north+gone, east+`, "roles": ["ECS ReadOnlyAccess"]}`, prod+gone))},
	}
}

func newConformanceWorld(t testing.TB, switches cloudsim.Switches) conformance.World {
	s := cloudtest.Start(t, cloudsim.Options{Seed: smallWorld(), Switches: switches})
	// What the service says is granted is held against the entry's roles; what nobody speaks of is left to a person.
	inAll := "manual"
	if switches.SecMasterListsGranted {
		inAll = "update"
	}
	edit := func(e cloudsim.Edit) func(testing.TB) {
		e.Agency = secmaster.DefaultAgency
		return s.ByHand(e)
	}
	w := s.World(secmaster.Service(), shortLag, []conformance.Drift{
		{
			Name: "somebody grants a role to the agency", In: "one project", Want: []string{"update authorization/secmaster/cn-north-4"},
			Make: edit(cloudsim.Edit{Verb: cloudsim.EditGrant, Scope: "domain", Role: "OBS ReadOnlyAccess"}),
		},
		{
			Name: "somebody grants a role in all projects", In: "no roles", Want: []string{inAll + " authorization/secmaster/cn-north-4"},
			Make: edit(cloudsim.Edit{Verb: cloudsim.EditGrant, Scope: "all-projects", Role: "Tenant Guest"}),
		},
		{
			Name: "somebody revokes a role in the account", In: "everywhere", Want: []string{
				"update authorization/secmaster/cn-east-3", "update authorization/secmaster/cn-north-4", "update authorization/secmaster/cn-north-4_prod",
			},
			Make: edit(cloudsim.Edit{Verb: cloudsim.EditRevoke, Scope: "domain", Role: "OBS ReadOnlyAccess"}),
		},
		{
			Name: "somebody revokes a role in one project", In: "everywhere", Want: []string{"update authorization/secmaster/cn-east-3"},
			Make: edit(cloudsim.Edit{Verb: cloudsim.EditRevoke, Scope: "project:cn-east-3", Role: "VPC ReadOnlyAccess"}),
		},
		{
			Name: "somebody deletes the agency", In: "one project", Want: []string{"create authorization/secmaster/cn-north-4"},
			Make: edit(cloudsim.Edit{Verb: cloudsim.EditDelete}),
		},
	})
	w.Beside = besideIt.Connect(s.Conn, shortLag)
	return w
}
