package cloudsim_test

import (
	"net/http"
	"slices"
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

// account returns an account of the present state.
func (s *stage) account(name string) *cloudsim.Account {
	w := s.sim.World()
	return w.AccountNamed(name)
}

func TestEditsOfTheAccount(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	enabled := func(name string) any {
		for _, p := range s.call(http.MethodGet, "/v3/projects", "").list("projects") {
			if p["name"] == name {
				return p["enabled"]
			}
		}
		return nil
	}
	edit(t, s, "project", "create", "eu-west-101")
	edit(t, s, "project", "create", "eu-west-101_web")
	assert.Equal(t, true, enabled("eu-west-101_web"))
	edit(t, s, "project", "disable", "eu-west-101_web")
	assert.Equal(t, false, enabled("eu-west-101_web"))
	edit(t, s, "project", "enable", "eu-west-101_web")
	edit(t, s, "grant", "monitoring", "project:eu-west-101_web", "ECS ReadOnlyAccess")
	edit(t, s, "project", "delete", "eu-west-101_web")
	assert.Nil(t, enabled("eu-west-101_web"))
	assert.Equal(t, []string{"all-projects  CES ReadOnlyAccess"}, s.grants("monitoring"), "with it went the grants in it")

	edit(t, s, "enterprise-project", "create", "web")
	edit(t, s, "grant", "monitoring", "enterprise-project:web", "ECS ReadOnlyAccess")
	edit(t, s, "enterprise-project", "disable", "web")
	listed := s.call(http.MethodGet, "/v1.0/enterprise-projects?name=web", "").list("enterprise_projects")
	require.Len(t, listed, 1)
	assert.Equal(t, 2.0, listed[0]["status"])
	assert.Regexp(t, "^[0-9a-f]{8}-[0-9a-f]{4}-", listed[0]["id"])
	edit(t, s, "enterprise-project", "delete", "web")
	assert.Len(t, s.grants("monitoring"), 1)

	edit(t, s, "account", "create", "new-co")
	require.NotNil(t, s.account("new-co"))
	assert.Len(t, s.account("new-co").Projects, 5, "the regions of this one")
	edit(t, s, "set", "monitoring", "trust", "new-co")
	edit(t, s, "account", "delete", "new-co")
	assert.Nil(t, s.account("new-co"))
	assert.Equal(t, "new-co", s.agency("monitoring").Trust.Name, "the trust outlives it")
	edit(t, s, "set", "monitoring", "trust", "op_svc_CFF")
	assert.Equal(t, "op_svc_CFF", s.agency("monitoring").Trust.Name, "a service is a service whoever knows it")
}

func TestEditsOfPolicies(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	edit(t, s, "policy", "create", "backup read", "project", "ecs:*:get ecs:*:list !ecs:*:delete")
	edit(t, s, "grant", "monitoring", "project:"+north, "backup read")
	shown := s.call(http.MethodGet, policiesPath, "").list("roles")
	require.Len(t, shown, 1)
	assert.Equal(t, []any{"XA", "custom_" + s.home + "_0", 1.0}, []any{shown[0]["type"], shown[0]["name"], shown[0]["references"]})
	assert.Len(t, shown[0]["policy"].(map[string]any)["Statement"], 2)
	id := shown[0]["id"]
	edit(t, s, "policy", "set", "backup read", `{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["*:*:*"]}]}`)
	shown = s.call(http.MethodGet, policiesPath, "").list("roles")
	assert.Equal(t, []any{map[string]any{"Effect": "Allow", "Action": []any{"*:*:*"}}}, shown[0]["policy"].(map[string]any)["Statement"])
	assert.Equal(t, id, shown[0]["id"])
	edit(t, s, "policy", "delete", "backup read")
	assert.Empty(t, s.call(http.MethodGet, policiesPath, "").list("roles"))
	assert.Equal(t, []string{"all-projects  CES ReadOnlyAccess"}, s.grants("monitoring"))
}

func TestEditsOfAuthorizations(t *testing.T) {
	parts := map[string]string{"csms": "RDS-FG", "secmaster": "", "fabric": "FABRIC_SMN_POLICY", "lakeformation": "ADMIN_TRUST"}
	for name, part := range parts {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, seeded("a"))
			c := serviceCases(s)[name]
			words := func(verb, project string) []string {
				return slices.DeleteFunc([]string{"authorization", verb, name, project, part}, func(w string) bool { return w == "" })
			}
			edit(t, s, words("create", north)...)
			assert.True(t, s.authorized(c, north))
			edit(t, s, words("create", east)...)
			before := len(s.shown(c.agency))
			edit(t, s, "update", c.agency)
			edit(t, s, "update", c.agency)
			assert.Greater(t, len(s.shown(c.agency)), before+1, "each update adds a role")
			assert.True(t, s.authorized(c, north))
			updated := s.sim.World()
			s.authorize(c, north)
			assert.Equal(t, updated, s.sim.World(), "a call gives what the new version gives")

			edit(t, s, words("delete", north)...)
			assert.NotNil(t, s.agency(c.agency), "the other region needs it")
			edit(t, s, words("delete", east)...)
			assert.Nil(t, s.agency(c.agency))
			assert.False(t, s.authorized(c, north))
		})
	}
	s := newStage(t, cloudsim.Options{})
	edit(t, s, "authorization", "create", "csms", north, "RDS-FG")
	edit(t, s, "authorization", "create", "csms", north, "GaussDB-FG")
	edit(t, s, "authorization", "delete", "csms", north, "RDS-FG")
	assert.Equal(t, []any{"false", "true"}, []any{s.csmsGranted(north, "RDS-FG"), s.csmsGranted(north, "GaussDB-FG")}, "the shared agency stays")
	edit(t, s, "authorization", "create", "lakeformation", north, "JOB_TRUST")
	assert.Equal(t, []string{"project cn-north-4 lakeformation_job_trust"}, s.grants("lakeformation_job_trust"), "the switch holds for edits")
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
		"project|create|cn-north-4":                                  `has a project "cn-north-4" already`,
		"project|create|nowhere_x":                                   `no project "nowhere" to hold "nowhere_x"`,
		"project|delete|cn-north-4":                                  `holds "cn-north-4_data": delete that first`,
		"project|delete|nope":                                        `no project "nope"`,
		"project|enable|cn-north-4":                                  `project "cn-north-4" is enabled already`,
		"project|rename|cn-north-4":                                  `"rename" is none of create, delete, enable, disable`,
		"enterprise-project|create|staging":                          `has an enterprise project "staging" already`,
		"enterprise-project|disable|nope":                            `no enterprise project "nope"`,
		"account|create|partner-co":                                  `an account or a service "partner-co" already`,
		"account|delete|nobody":                                      `no account "nobody"`,
		"account|delete|example-co":                                  "is the account of the demo key",
		"account|disable|partner-co":                                 "is neither create nor delete",
		"policy|create|Tenant Guest|project|obs:a:b":                 `a custom policy "Tenant Guest" already`,
		"policy|create|p|domain|obs:a:b":                             `the scope "domain" of the policy is neither project nor global`,
		"policy|create|p|global|nonsense":                            `the action "nonsense" is not known`,
		"policy|create|p|global|{":                                   "the policy is longer than",
		"policy|set|nope|obs:a:b":                                    `no custom policy "nope", known are Tenant Guest`,
		"policy|delete|nope":                                         `no custom policy "nope"`,
		"authorization|create|csms|cn-north-4":                       "secret_type is neither RDS-FG nor GaussDB-FG",
		"authorization|create|fabric|nope":                           `no project "nope"`,
		"authorization|create|fabric|cn-north-4|NONE":                `the policy type "NONE" is not known`,
		"authorization|create|obs|cn-north-4":                        `the service "obs" is none of csms, secmaster, fabric, lakeformation`,
		"authorization|delete|fabric|cn-north-4":                     "fabric has no agency in account example-co",
		"authorization|delete|lakeformation|cn-north-4|X":            `the type of agency "X" is none of`,
		"authorization|renew|fabric|cn-north-4":                      `"renew" is neither create nor delete`,
		"update|monitoring":                                          "so no service has made it",
		"set|monitoring|trust|op_svc_":                               `nobody to trust is named "op_svc_"`,
		"delete|nope":                                                `no agency "nope"`,
		"expire|nope":                                                `no agency "nope"`,
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
	for _, words := range [][]string{{}, {"fly", "x"}, {"grant", "a", "domain"}, {"grant", "a", "domain", "r", "x"}, {"set", "a", "trust"}, {"create", "a"}, {"delete"}, {"expire", "a", "b"},
		{"policy"}, {"policy", "rename", "a"}, {"policy", "create", "a", "global"}, {"policy", "delete", "a", "b"}, {"project", "create"}, {"account", "create", "a", "b"},
		{"authorization", "create", "fabric"}, {"authorization", "create", "fabric", "cn-north-4", "x", "y"}, {"update"},
	} {
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
