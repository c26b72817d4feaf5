package cloudsim_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

func edit(t *testing.T, s *stage, words ...string) {
	t.Helper()
	e, err := cloudsim.ParseEdit(words)
	require.NoError(t, err)
	require.NoError(t, s.sim.Edit("", e))
}

func TestEditsByHand(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	show := func(name string) map[string]any {
		items := s.call(http.MethodGet, agenciesPath+"?domain_id="+s.home+"&name="+name, "").list("agencies")
		if len(items) == 0 {
			return nil
		}
		return items[0]
	}
	count := func(query string) int {
		return len(s.call(http.MethodGet, assignmentsPath+"?domain_id="+s.home+"&subject.agency_id="+show("by-hand")["id"].(string)+query, "").list("role_assignments"))
	}
	edit(t, s, "create", "by-hand", "op_svc_ecs")
	assert.Equal(t, "op_svc_ecs", show("by-hand")["trust_domain_name"])
	assert.Len(t, show("by-hand")["id"], 32)
	edit(t, s, "set", "by-hand", "trust", "partner-co")
	edit(t, s, "set", "by-hand", "description", "text")
	edit(t, s, "set", "by-hand", "duration", "20")
	got := show("by-hand")
	assert.Equal(t, []any{"partner-co", "text", "480", "2031-04-25T06:07:08.123456"}, []any{got["trust_domain_name"], got["description"], got["duration"], got["expire_time"]})
	for scope, query := range map[string]string{
		"domain": "&scope=domain", "all-projects": "&scope=domain&is_inherited=true", "project:cn-north-4_data": "&scope=project", "enterprise-project:staging": "&scope=enterprise_project",
	} {
		edit(t, s, "grant", "by-hand", scope, "Security Administrator")
		assert.Equal(t, 1, count(query), "a console is not bound by the API's rules")
		edit(t, s, "revoke", "by-hand", scope, "Security Administrator")
		assert.Zero(t, count(query))
	}
	edit(t, s, "set", "by-hand", "duration", "FOREVER")
	assert.Equal(t, "FOREVER", show("by-hand")["duration"])
	edit(t, s, "expire", "by-hand")
	expires, err := time.Parse("2006-01-02T15:04:05.000000", show("by-hand")["expire_time"].(string))
	require.NoError(t, err)
	assert.True(t, expires.Before(s.clock.time()))
	edit(t, s, "delete", "by-hand")
	assert.Nil(t, show("by-hand"))
	edit(t, s, "quota", "agency", "7")
	quotas := s.call(http.MethodGet, "/v3.0/OS-QUOTA/domains/"+s.home+"?type=agency", "").object("quotas")["resources"].([]any)
	assert.EqualValues(t, 7, quotas[0].(map[string]any)["quota"])
}

func TestRefusedEdits(t *testing.T) {
	w := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
	double := w.Roles[0]
	double.ID, double.DisplayName = "a-second-one", "Tenant Guest"
	w.AccountNamed("").Policies = []cloudsim.Role{double}
	s := newStage(t, cloudsim.Options{Seed: w})
	for words, message := range map[string]string{
		"grant|nope|domain|Tenant Administrator":                     `no agency "nope", known are cce_admin_trust, legacy-import, monitoring`,
		"grant|monitoring|domain|Nope":                               `there is no role "Nope", known are`,
		"grant|monitoring|domain|Tenant Guest":                       `2 roles are named "Tenant Guest", use one of the ids`,
		"quota|user|7":                                               `the quota of "user" is none of agency, policy`,
		"hold|nothing|1":                                             `no custom policy "nothing"`,
		"hold|Tenant Guest|many":                                     `"many" is no number`,
		"quota|agency|-1":                                            `the quota "-1" is no number`,
		"grant|monitoring|world|OBS Administrator":                   `the scope "world" is none of`,
		"grant|monitoring|domain:x|OBS Administrator":                `the scope "domain:x" is none of`,
		"grant|monitoring|project:nope|OBS Administrator":            `no project "nope", known are MOS, ap-southeast-1`,
		"grant|monitoring|enterprise-project:nope|OBS Administrator": `no enterprise project "nope", known are default, production, staging`,
		"grant|cce_admin_trust|all-projects|Tenant Administrator":    `has "Tenant Administrator" in all-projects already`,
		"revoke|monitoring|domain|Tenant Administrator":              `does not have "Tenant Administrator" in domain`,
		"set|monitoring|color|red":                                   `"color" is none of trust, description, duration`,
		"set|monitoring|trust|nobody":                                `nobody to trust is named "nobody"`,
		"set|monitoring|duration|soon":                               `the duration "soon" is neither FOREVER nor`,
		"set|monitoring|duration|0":                                  `the duration "0"`,
		"set|monitoring|description|" + strings.Repeat("d", 256):     "longer than 255",
		"create|monitoring|partner-co":                               `has an agency "monitoring" already`,
		"create|new|nobody":                                          `nobody to trust is named "nobody"`,
		"create|" + strings.Repeat("n", 65) + "|partner-co":          "has not 1 to 64 characters",
		"delete|nope": `no agency "nope"`,
		"expire|nope": `no agency "nope"`,
	} {
		t.Run(words, func(t *testing.T) {
			e, err := cloudsim.ParseEdit(strings.Split(words, "|"))
			require.NoError(t, err)
			before := s.sim.World()
			err = s.sim.Edit("", e)
			require.ErrorIs(t, err, cloudsim.ErrEdit)
			require.ErrorContains(t, err, message)
			assert.Equal(t, before, s.sim.World())
		})
	}
	require.ErrorContains(t, s.sim.Edit("nobody", cloudsim.Edit{Verb: cloudsim.EditDelete, Agency: "x"}), `there is no account "nobody", known are audit-partner, example-co`)
	require.ErrorIs(t, s.sim.Edit("", cloudsim.Edit{Verb: "fly", Agency: "monitoring"}), cloudsim.ErrEdit)
	edit(t, s, "grant", "monitoring", "domain", "a-second-one")
}

func TestParseEdit(t *testing.T) {
	for _, words := range [][]string{{}, {"fly", "x"}, {"grant", "a", "domain"}, {"grant", "a", "domain", "r", "x"}, {"set", "a", "trust"}, {"create", "a"}, {"delete"}, {"expire", "a", "b"}} {
		_, err := cloudsim.ParseEdit(words)
		require.ErrorIs(t, err, cloudsim.ErrEdit, "%v", words)
	}
	_, err := cloudsim.ParseEdit([]string{"grant", "a", "domain"})
	require.EqualError(t, err, "cannot edit: write grant AGENCY SCOPE ROLE (quote a name with spaces)")
}

func TestDemoWorlds(t *testing.T) {
	for _, cloud := range []string{cloudsim.HuaweiCloud, cloudsim.OpenTelekomCloud} {
		w := cloudsim.DemoWorld(cloud)
		assert.Equal(t, w, cloudsim.DemoWorld(cloud))
		have := map[string]cloudsim.Role{}
		internal := map[string]string{}
		for _, r := range w.Roles {
			have[r.DisplayName] = r
			assert.Empty(t, internal[r.Name], "the internal name %s is used twice", r.Name)
			internal[r.Name] = r.DisplayName
			assert.NotEmpty(t, r.Policy.Statement, r.DisplayName)
		}
		for _, name := range []string{
			"Tenant Guest", "Tenant Administrator", "Security Administrator", "Agent Operator", "OBS ReadOnlyAccess", "OBS OperateAccess", "OBS Administrator", "ECS ReadOnlyAccess",
			"ECS FullAccess", "EVS ReadOnlyAccess", "VPC ReadOnlyAccess", "VPC FullAccess", "CCE Administrator", "CCE ReadOnlyAccess", "IAM ReadOnlyAccess", "RMS ReadOnlyAccess",
			"RMS FullAccess", "CTS Administrator", "KMS Administrator", "CSMS ReadOnlyAccess", "LTS ReadOnlyAccess", "SMN Administrator", "FunctionGraph FullAccess", "FullAccess",
			"ReadOnlyAccess", "VPCEndpoint Administrator", "BSS Administrator",
		} {
			assert.Contains(t, have, name)
		}
		for _, r := range w.Roles {
			for _, d := range r.Policy.Depends {
				assert.Contains(t, have, d.DisplayName, "%s depends on it", r.DisplayName)
			}
		}
		assert.Equal(t, "secu_admin", have["Security Administrator"].Name)
		assert.Equal(t, "te_agency", have["Agent Operator"].Name)
		assert.NotNil(t, w.AccountNamed("").AgencyNamed("cce_admin_trust"))
	}
}
