package iam_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/iam"
)

// assuming is a policy that names these resources.
func assuming(resources string) string {
	return "policies:\n- {name: assume, scope: global, statements: [{effect: Allow, actions: [\"iam:agencies:assume\"], resources: " + resources + "}]}\n"
}

// policyNamed returns the document of a policy as the simulated cloud was sent it.
func (s *stage) policyNamed(t *testing.T, name string) cloudsim.Policy {
	t.Helper()
	i := slices.IndexFunc(s.home().Policies, func(p cloudsim.Role) bool { return p.DisplayName == name })
	require.GreaterOrEqual(t, i, 0, name)
	return s.home().Policies[i].Policy
}

func TestAgenciesInAPolicyAreBound(t *testing.T) {
	live := world(plan.CatalogueEntry{Kind: directory.KindAgency, Name: "ops", ID: "g1"})
	named := `{"Statement":[{"Effect":"Allow","Action":["iam:agencies:assume"],"Resource":{"uri":["/iam/agencies/g2","agency/ops"]}}]}`
	for name, resources := range map[string]string{
		"an address":          `[agency/ops, /iam/agencies/g2]`,
		"an address, escaped": `["agency/%6Fps", /iam/agencies/g2]`,
		"a path":              `[/iam/agencies/g1, /iam/agencies/g2]`,
		"the API's object":    `{uri: [/iam/agencies/g2, /iam/agencies/g1]}`,
		"the same twice":      `{uri: [agency/ops, /iam/agencies/g2, /iam/agencies/g1]}`,
	} {
		t.Run(name, func(t *testing.T) {
			r, problems := resolve(t, assuming(resources), live)
			require.Empty(t, summaries(problems))
			d := r.Desired[0]
			document, _ := d.Attributes["statements"].AsDocument()
			assert.Equal(t, named, document)
			assert.Equal(t, map[string]string{"agency/ops": "g1"}, d.Bindings)
			assert.Empty(t, d.DependsOn)
			assert.Contains(t, string(r.Entries[0].Document), "/iam/agencies/g1", "roles are judged by what is sent")
			assert.NotContains(t, string(r.Entries[0].Document), "agency/ops")
			again, problems := iam.Provider{}.Resolve(r.Desired, &plan.Manifest{}, live)
			require.Empty(t, summaries(problems))
			assert.Equal(t, r.Desired, again.Desired, "what is resolved can be resolved again")
			_, names := iam.Provider{}.Cover(r.Desired)
			assert.Equal(t, []string{directory.KindAgency}, names)
		})
	}
}

func TestAPolicyWaitsForAnAgencyOfTheSamePlan(t *testing.T) {
	text := assuming("[agency/a]") + agencyWith("domain: [assume]")
	r, problems := resolve(t, text, world())
	require.Empty(t, summaries(problems))
	d := r.Desired[0]
	assert.Equal(t, []plan.Dependency{{On: directory.AgencyAddress("a"), Implied: true}}, d.DependsOn)
	assert.Empty(t, d.Bindings)
	for _, f := range (iam.Provider{}).Assess([]*plan.Resource{&d.Resource}, &plan.Manifest{}, world()) {
		assert.NotEqual(t, plan.High, f.Severity, "it names one agency, made or not: %s", f.Message)
	}
	s := newStage(t, cloudsim.Options{})
	w := providers.Write{After: &d.Resource, IDs: providers.IDs{}}
	_, err := s.remote.Create(t.Context(), w)
	require.ErrorIs(t, err, providers.ErrInvalid)
	assert.ErrorContains(t, err, "the id of the agency/a of policy/assume is not known")
	w.IDs[directory.AgencyAddress("a")] = cloudtest.ID("a")
	_, err = s.remote.Create(t.Context(), w)
	require.NoError(t, err)
	made := s.policyNamed(t, "assume")
	assert.JSONEq(t, `{"uri":["/iam/agencies/`+cloudtest.ID("a")+`"]}`, string(made.Statement[0].Resource))
}

func TestWhatIsSentKeepsTheAuthorsOrderAndMeansWhatWasPlanned(t *testing.T) {
	text := "policies: [{name: p, scope: global, statements: [" +
		`{effect: Deny, actions: ["ecs:b:c", "ecs:a:c"], condition: {StringEquals: {"g:UserName": [b, a]}}}, ` +
		`{effect: Allow, actions: ["obs:a:b"], resources: ["obs:*:*:bucket:z", "obs:*:*:bucket:a"]}]}]`
	r, problems := resolve(t, text, world())
	require.Empty(t, summaries(problems))
	s := newStage(t, cloudsim.Options{})
	_, err := s.remote.Create(t.Context(), providers.Write{After: &r.Desired[0].Resource})
	require.NoError(t, err)
	made := s.policyNamed(t, "p").Statement
	assert.Equal(t, "Deny", made[0].Effect)
	assert.Equal(t, []string{"ecs:b:c", "ecs:a:c"}, made[0].Action)
	assert.Equal(t, `{"StringEquals":{"g:UserName":["b","a"]}}`, string(made[0].Condition))
	assert.Equal(t, `["obs:*:*:bucket:z","obs:*:*:bucket:a"]`, string(made[1].Resource))

	// A saved plan that somebody has edited may compare one policy and send another.
	forged := r.Desired[0]
	other, err := plan.DocumentValue([]byte(`{"Statement":[{"Effect":"Allow","Action":["*:*:*"]}]}`))
	require.NoError(t, err)
	forged.Settings = plan.Attributes{"written": other}
	_, problems = iam.Provider{}.Resolve([]plan.Desired{forged}, &plan.Manifest{}, world())
	require.Len(t, problems, 1)
	assert.Equal(t, "bad statements", problems[0].Summary)
	_, err = s.remote.Create(t.Context(), providers.Write{After: &forged.Resource})
	require.ErrorIs(t, err, providers.ErrInvalid)
	assert.ErrorContains(t, err, "are not those that were planned")
}

func TestALivePolicyShowsTheNamesOfAgencies(t *testing.T) {
	for name, switches := range map[string]cloudsim.Switches{"respelled": {}, "as sent": {PoliciesAsSent: true}} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{Seed: heldWorld(0), Switches: switches})
			whole, err := s.observe(t, manifest(t, ""))
			require.NoError(t, err)
			statements := liveOf(t, whole, policyAt("assume")).Attributes["statements"]
			document, _ := statements.AsDocument()
			assert.Contains(t, document, `{"uri":["agency/ops-live"]}`)
			assert.Contains(t, document, `{"uri":["/iam/agencies/`+cloudtest.ID("gone")+`"]}`, "an agency that is gone has no name")
			_, known := plan.NewCatalogue(whole.Entries...).ByID(directory.KindAgency, cloudtest.ID("ops-live"))
			assert.False(t, known, "the manifest lists no policy")
			back, err := s.observe(t, manifest(t, ""), policyAt("assume"))
			require.NoError(t, err)
			assert.Equal(t, statements, liveOf(t, back, policyAt("assume")).Attributes["statements"], "read alone it reads the same")
			asked, err := s.observe(t, manifest(t, assuming("[agency/ops-live]")))
			require.NoError(t, err)
			_, known = plan.NewCatalogue(asked.Entries...).ByID(directory.KindAgency, cloudtest.ID("ops-live"))
			assert.True(t, known)
		})
	}
}
