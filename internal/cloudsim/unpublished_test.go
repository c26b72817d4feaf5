package cloudsim_test

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// seeded are options of a world in which services give their agencies roles that no page names.
func seeded(seed string) cloudsim.Options {
	return cloudsim.Options{Seed: cloudsim.World{RoleSeed: seed}}
}

// shown lists "SCOPE ROLE" of the grants of an agency that IAM's reads show, sorted. Roles that cannot be read are an error.
func (s *stage) shown(agency string) []string {
	s.t.Helper()
	roles := map[any]string{}
	for _, list := range []string{"/v3/roles?page=1&per_page=300", "/v3/roles?page=1&per_page=300&domain_id=" + s.home} {
		for _, r := range s.call(http.MethodGet, list, "").list("roles") {
			roles[r["id"]] = r["display_name"].(string)
		}
	}
	out := []string{}
	r := s.call(http.MethodGet, assignmentsPath+"?domain_id="+s.home+"&subject.agency_id="+s.agency(agency).ID, "")
	for _, grant := range r.list("role_assignments") {
		name, known := roles[grant["role"].(map[string]any)["id"]]
		require.True(s.t, known, "a role is shown before its grant")
		for scope := range grant["scope"].(map[string]any) {
			out = append(out, scope+" "+name)
		}
	}
	slices.Sort(out)
	return out
}

// added returns what is in after and not in before.
func added(before, after []string) []string {
	return slices.DeleteFunc(slices.Clone(after), func(g string) bool { return slices.Contains(before, g) })
}

// known are the grants of the service's agency in a world where it gives no other roles than those that pages name.
func known(t *testing.T, service string) []string {
	s := newStage(t, cloudsim.Options{})
	c := serviceCases(s)[service]
	s.authorize(c, north)
	return s.shown(c.agency)
}

func TestServicesGiveRolesThatNoPageNames(t *testing.T) {
	kinds := map[string]bool{}
	for _, name := range []string{"csms", "secmaster", "fabric", "lakeformation"} {
		t.Run(name, func(t *testing.T) {
			usual := known(t, name)
			s := newStage(t, seeded("a"))
			c := serviceCases(s)[name]
			s.authorize(c, north)
			assert.True(t, s.authorized(c, north))
			first := added(usual, s.shown(c.agency))
			require.Len(t, first, 1)
			s.clock.move(29 * time.Second)
			assert.Len(t, added(usual, s.shown(c.agency)), 1)
			s.clock.move(2 * time.Second)
			both := added(usual, s.shown(c.agency))
			require.Len(t, both, 2, "a second one, half a minute later")
			assert.Subset(t, both, first)

			w := s.sim.World()
			for _, g := range both {
				scope, role, _ := strings.Cut(g, " ")
				custom := slices.ContainsFunc(w.AccountNamed("").Policies, func(r cloudsim.Role) bool { return r.DisplayName == role })
				kinds[scope+" "+map[bool]string{true: "custom", false: "system"}[custom]] = true
			}

			for _, g := range s.agency(c.agency).Grants {
				if slices.Contains(both, g.Scope+" "+g.RoleName) {
					s.edit("revoke", c.agency, strings.TrimSuffix(g.Scope+":"+g.TargetName, ":"), g.RoleName)
				}
			}
			assert.Equal(t, usual, s.shown(c.agency))
			assert.True(t, s.authorized(c, north), "the service does not look at them")
			s.authorize(c, north)
			s.clock.move(time.Minute)
			assert.Equal(t, both, added(usual, s.shown(c.agency)), "a call gives them again")
			before := s.sim.World()
			s.authorize(c, north)
			assert.Equal(t, before, s.sim.World())

			again, other := newStage(t, seeded("a")), newStage(t, seeded("b"))
			again.authorize(c, north)
			other.authorize(c, north)
			assert.Equal(t, first, added(usual, again.shown(c.agency)), "the same seed, the same name")
			assert.Empty(t, slices.DeleteFunc(other.shown(c.agency), func(g string) bool { return !slices.Contains(both, g) }), "another seed, another name")
		})
	}
	assert.Len(t, kinds, 4, "custom and system policies, in the project and in the account")
}

// The name of a role that a page speaks of without naming it is drawn, too, and the service looks at that one.
func TestRolesWithoutANameAreDrawn(t *testing.T) {
	for name, c := range map[string]serviceCase{
		"the job agency of LakeFormation": {"/v2/agency?agency_type=JOB_TRUST", "/v2/agency", `{"agency_type":"JOB_TRUST"}`, "lakeformation_job_trust", "",
			func(r result) bool { return r.body["authorized"] == true }, nil},
		"the second agency of CSMS": {"/v1/csms/agencies?secret_type=GaussDB-FG", "/v1/csms/agencies", `{"secret_type":"GaussDB-FG"}`,
			"FunctionGraphAgencyForRotateGaussDBByCSMSV3", "", func(r result) bool { return r.body["agency_granted"] == "true" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, seeded("a"))
			s.authorize(c, north)
			looked := 0
			for _, g := range s.agency(c.agency).Grants {
				assert.NotEqual(t, c.agency, g.RoleName)
				require.True(t, s.authorized(c, north))
				s.edit("revoke", c.agency, strings.TrimSuffix(g.Scope+":"+g.TargetName, ":"), g.RoleName)
				if !s.authorized(c, north) {
					looked++
				}
				s.authorize(c, north)
			}
			assert.Equal(t, 1, looked)
		})
	}
}

// The seed is drawn once for a state file, so the names stay, and they are others in the next file.
func TestTheRoleSeedIsKeptInTheStateFile(t *testing.T) {
	grants := func(path string) []string {
		sim, err := cloudsim.New(cloudsim.Options{State: path, NoSignatures: true})
		require.NoError(t, err)
		s := &stage{t: t, sim: sim, clock: newClock(), world: sim.World(), home: sim.World().Home}
		s.authorize(serviceCases(s)["fabric"], north)
		return s.grants(fabricName)
	}
	folder := t.TempDir()
	one, two := filepath.Join(folder, "one.json"), filepath.Join(folder, "two.json")
	first := grants(one)
	assert.Equal(t, first, grants(one))
	assert.NotEqual(t, first, grants(two))

	w, err := cloudsim.LoadState(one)
	require.NoError(t, err)
	assert.NotEmpty(t, w.RoleSeed)
	reader, err := cloudsim.New(cloudsim.Options{State: one, NoSignatures: true})
	require.NoError(t, err)
	s := &stage{t: t, sim: reader, clock: newClock(), world: reader.World(), home: w.Home}
	assert.Len(t, s.shown(fabricName), 4, "the next process shows the second one at once")

	w.OnlyPublishedRoles = true
	w.AccountNamed("").Agencies = nil
	require.NoError(t, cloudsim.SaveState(one, &w))
	assert.Len(t, grants(one), 2, "a world may leave them out")
}
