package cloudsim_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

const (
	tokensPath = "/v3/auth/tokens"
	demoUser   = `{"name":"demo-operator","password":"public-demo-password-opens-only-simulators","domain":{"name":"example-co"}}`
)

func passwordBody(user, scope string) string {
	return `{"auth":{"identity":{"methods":["password"],"password":{"user":` + user + `}}` + scope + `}}`
}

func assumeBody(fields, scope string) string {
	return `{"auth":{"identity":{"methods":["assume_role"],"assume_role":{` + fields + `}}` + scope + `}}`
}

// strictStage verifies signatures, so that nobody is anybody without a proof.
func strictStage(t *testing.T, o cloudsim.Options) *stage {
	t.Helper()
	s := &stage{t: t, clock: newClock()}
	o.Clock = s.clock.time
	var err error
	s.sim, err = cloudsim.New(o)
	require.NoError(t, err)
	s.world = s.sim.World()
	s.home = s.world.Home
	return s
}

// token gets a token; the header may be that of another.
func (s *stage) token(body string, header ...string) string {
	s.t.Helper()
	r := s.call(http.MethodPost, tokensPath, body, header...)
	require.Equal(s.t, 201, r.status, r.text)
	return r.header.Get("X-Subject-Token")
}

func TestPasswordTokens(t *testing.T) {
	users := []cloudsim.User{{Name: "ops", ID: "0f0f", Password: "pa55word-of-ops", Account: "partner-co"}}
	s := strictStage(t, cloudsim.Options{Users: users})
	partner := s.world.AccountNamed("partner-co")
	project := s.project("cn-north-4")
	for name, test := range map[string]struct {
		user, scope             string
		account, project, inDoc string
	}{
		"by name, without scope":        {demoUser, "", s.home, "", "domain"},
		"by name, for the account":      {demoUser, `,"scope":{"domain":{"name":"example-co"}}`, s.home, "", "domain"},
		"for a project":                 {demoUser, `,"scope":{"project":{"name":"cn-north-4"}}`, s.home, project, "project"},
		"for a project by id":           {demoUser, `,"scope":{"project":{"id":"` + project + `"}}`, s.home, project, "project"},
		"a project wins":                {demoUser, `,"scope":{"domain":{"name":"partner-co"},"project":{"name":"cn-north-4"}}`, s.home, project, "project"},
		"by id":                         {`{"id":"0f0f","password":"pa55word-of-ops"}`, "", partner.ID, "", "domain"},
		"by name in an account by id":   {`{"name":"ops","password":"pa55word-of-ops","domain":{"id":"` + partner.ID + `"}}`, "", partner.ID, "", "domain"},
		"for the account, by its id":    {`{"id":"0f0f","password":"pa55word-of-ops"}`, `,"scope":{"domain":{"id":"` + partner.ID + `"}}`, partner.ID, "", "domain"},
		"for another account's project": {`{"id":"0f0f","password":"pa55word-of-ops"}`, `,"scope":{"project":{"name":"cn-north-4"}}`, partner.ID, partner.Projects[3].ID, "project"},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.call(http.MethodPost, tokensPath+"?nocatalog=1", passwordBody(test.user, test.scope))
			require.Equal(t, 201, r.status, r.text)
			text := r.header.Get("X-Subject-Token")
			assert.Greater(t, len(text), 200)
			token := r.object("token")
			assert.Equal(t, []any{"password"}, token["methods"])
			assert.Equal(t, "2031-04-05T06:07:08.123456Z", token["issued_at"])
			assert.Equal(t, "2031-04-06T06:07:08.123456Z", token["expires_at"])
			assert.Empty(t, token["catalog"])
			assert.NotContains(t, token, "assumed_by")
			want := test.account
			if test.project != "" {
				want = test.project
				assert.NotContains(t, token, "domain")
			}
			assert.Equal(t, want, token[test.inDoc].(map[string]any)["id"])
			assert.Equal(t, test.account, token["user"].(map[string]any)["domain"].(map[string]any)["id"])
			assert.Equal(t, test.account, s.call(http.MethodGet, "/v3/auth/domains", "", "X-Auth-Token", text).list("domains")[0]["id"])
			shown := s.call(http.MethodGet, tokensPath+"?nocatalog=1", "", "X-Auth-Token", text, "X-Subject-Token", text)
			assert.Equal(t, 200, shown.status)
			assert.Equal(t, token, shown.object("token"))
			agencies := s.call(http.MethodGet, agenciesPath+"?domain_id="+test.account, "", "X-Auth-Token", text)
			if test.project != "" {
				assert.Equal(t, 403, agencies.status, "agencies are no project's")
				return
			}
			require.Equal(t, 200, agencies.status)
			account := s.world.AccountNamed(test.account)
			assert.Len(t, agencies.list("agencies"), len(account.Agencies), "each account's own")
		})
	}
	made := s.call(http.MethodPost, tokensPath, passwordBody(demoUser, ""))
	shown := s.call(http.MethodGet, "/v3/auth/catalog", "", "X-Auth-Token", made.header.Get("X-Subject-Token"))
	assert.Equal(t, made.object("token")["catalog"], shown.body["catalog"], "those who come with keys get it by itself")
	types := map[string]int{}
	for _, entry := range shown.list("catalog") {
		types[entry["type"].(string)] = len(entry["endpoints"].([]any))
	}
	assert.Equal(t, map[string]int{"identity": 3, "iam": 1, "eps": 1, "kms": 1, "secmaster": 1, "fabric": 1, "lakeformation": 1, "smn": 1}, types,
		"identity is found by region")
	for _, call := range s.sim.Calls() {
		assert.False(t, call.Write, "a session is no change of the world")
	}
}

func TestRefusedTokens(t *testing.T) {
	s := strictStage(t, cloudsim.Options{})
	for name, test := range map[string]struct {
		body   string
		status int
	}{
		"a wrong password":             {passwordBody(strings.Replace(demoUser, "public-demo", "guess", 1), ""), 401},
		"an unknown user":              {passwordBody(strings.Replace(demoUser, "demo-operator", "nobody", 1), ""), 401},
		"the account of another":       {passwordBody(strings.Replace(demoUser, "example-co", "partner-co", 1), ""), 401},
		"no account":                   {passwordBody(`{"name":"demo-operator","password":"x"}`, ""), 400},
		"an empty user":                {passwordBody(`{"name":"","password":"","domain":{}}`, ""), 401},
		"the scope of another":         {passwordBody(demoUser, `,"scope":{"domain":{"name":"partner-co"}}`), 403},
		"the scope of nobody":          {passwordBody(demoUser, `,"scope":{"domain":{"name":"nobody"}}`), 404},
		"an unknown project":           {passwordBody(demoUser, `,"scope":{"project":{"name":"mars-1"}}`), 404},
		"an empty scope":               {passwordBody(demoUser, `,"scope":{}`), 400},
		"a method that nobody has":     {`{"auth":{"identity":{"methods":["magic"]}}}`, 400},
		"two methods":                  {`{"auth":{"identity":{"methods":["password","totp"]}}}`, 400},
		"methods that are no list":     {`{"auth":{"identity":{"methods":7}}}`, 400},
		"no identity":                  {`{"auth":{}}`, 400},
		"no JSON":                      {`x`, 400},
		"a token that nobody has":      {`{"auth":{"identity":{"methods":["token"],"token":{"id":"x"}}}}`, 401},
		"no token":                     {`{"auth":{"identity":{"methods":["token"],"token":{}}}}`, 400},
		"an agency, by nobody":         {assumeBody(`"agency_name":"example-operators","domain_name":"partner-co"`, ""), 401},
		"a password that is a number":  {passwordBody(`{"name":"demo-operator","password":7,"domain":{"name":"example-co"}}`, ""), 400},
		"a user that is a text":        {passwordBody(`"demo-operator"`, ""), 400},
		"a domain whose id is another": {passwordBody(strings.Replace(demoUser, `{"name":"example-co"}`, `{"id":"x","name":"example-co"}`, 1), ""), 401},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.call(http.MethodPost, tokensPath, test.body)
			assert.Equal(t, test.status, r.status, r.text)
			assert.Empty(t, r.header.Get("X-Subject-Token"))
			assert.NotContains(t, r.text, "public-demo-password")
		})
	}
	text := s.token(passwordBody(demoUser, ""))
	assert.Equal(t, 401, s.call(http.MethodGet, tokensPath, "", "X-Subject-Token", text).status, "who asks must prove himself, too")
	r := s.call(http.MethodGet, tokensPath, "", "X-Auth-Token", text, "X-Subject-Token", "x")
	assert.Equal(t, []any{400, "IAM.0009"}, []any{r.status, r.body["error_code"]})
}

func TestTokensEnd(t *testing.T) {
	s := strictStage(t, cloudsim.Options{TokenLife: time.Hour})
	text := s.token(passwordBody(demoUser, ""))
	list := func() result { return s.call(http.MethodGet, "/v3/projects", "", "X-Auth-Token", text) }
	s.clock.move(time.Hour - time.Second)
	assert.Equal(t, 200, list().status)
	again := s.token(`{"auth":{"identity":{"methods":["token"],"token":{"id":"` + text + `"}},"scope":{"project":{"name":"cn-north-4"}}}}`)
	assert.Equal(t, 200, s.call(http.MethodGet, "/v1/agency", "", "X-Auth-Token", again).status)
	s.clock.move(time.Second)
	r := list()
	assert.Equal(t, []any{401, "IAM.0066"}, []any{r.status, r.body["error_code"]})
	assert.Equal(t, 401, s.call(http.MethodGet, "/v3/projects", "", "X-Auth-Token", again).status, "a token made of a token lives no longer")
	r = s.call(http.MethodGet, "/v3/projects", "", "X-Auth-Token", "unknown")
	assert.Equal(t, []any{401, "IAM.0067"}, []any{r.status, r.body["error_code"]})
	r = s.call(http.MethodGet, "/v1/csms/agencies", "", "X-Auth-Token", text)
	assert.Equal(t, []any{401, "APIGW.0301"}, []any{r.status, r.body["error_code"]}, "before other services stands the gateway")

	_, err := cloudsim.New(cloudsim.Options{TokenLife: -1})
	assert.Error(t, err)
}

func TestTokensOfProjects(t *testing.T) {
	s := strictStage(t, cloudsim.Options{})
	north, east := s.project("cn-north-4"), s.project("cn-east-3")
	text := s.token(passwordBody(demoUser, `,"scope":{"project":{"name":"cn-north-4"}}`))
	get := func(path string, header ...string) int {
		return s.call(http.MethodGet, path, "", append(header, "X-Auth-Token", text)...).status
	}
	assert.Equal(t, 200, get("/v1/agency"))
	assert.Equal(t, 200, get("/v1/agency", "X-Project-Id", north))
	assert.Equal(t, 403, get("/v1/agency", "X-Project-Id", east))
	assert.Equal(t, 200, get("/v1/"+north+"/agency"))
	assert.Equal(t, 403, get("/v1/"+east+"/agency"))
	assert.Equal(t, 200, get("/v1.0/enterprise-projects"))

	text = s.token(passwordBody(demoUser, ""))
	assert.Equal(t, 403, get("/v1/agency", "X-Project-Id", north), "a token of the account")
	s = strictStage(t, cloudsim.Options{Switches: cloudsim.Switches{AccountTokensInProjects: true}})
	text = s.token(passwordBody(demoUser, ""))
	assert.Equal(t, 200, get("/v1/agency", "X-Project-Id", north))
	assert.Equal(t, 200, get("/v1/"+east+"/agency"))
}

func TestAgencyTokens(t *testing.T) {
	s := strictStage(t, cloudsim.Options{})
	partner := s.world.AccountNamed("partner-co")
	base := s.token(passwordBody(demoUser, ""))
	for name, fields := range map[string]string{
		"as documented":       `"domain_name":"partner-co","agency_name":"example-operators"`,
		"in the older manner": `"domain_id":"` + partner.ID + `","xrole_name":"example-operators"`,
	} {
		t.Run(name, func(t *testing.T) {
			r := s.call(http.MethodPost, tokensPath, assumeBody(fields, `,"scope":{"domain":{"name":"partner-co"}}`), "X-Auth-Token", base)
			require.Equal(t, 201, r.status, r.text)
			token := r.object("token")
			assert.Equal(t, []any{"assume_role"}, token["methods"])
			assert.Equal(t, "partner-co/example-operators", token["user"].(map[string]any)["name"])
			by := token["assumed_by"].(map[string]any)["user"].(map[string]any)
			assert.Equal(t, "demo-operator", by["name"])
			assert.Equal(t, "example-co", by["domain"].(map[string]any)["name"])

			text := r.header.Get("X-Subject-Token")
			made := s.call(http.MethodPost, agenciesPath, `{"agency":{"name":"`+strings.ReplaceAll(name, " ", "-")+`","domain_id":"`+partner.ID+`","trust_domain_name":"audit-partner"}}`, "X-Auth-Token", text)
			assert.Equal(t, 201, made.status, "full rights in the account of the agency")
			assert.Equal(t, 403, s.call(http.MethodGet, agenciesPath+"?domain_id="+s.home, "", "X-Auth-Token", text).status, "and none in the caller's")
			project := s.token(assumeBody(fields, `,"scope":{"project":{"name":"cn-north-4"}}`), "X-Auth-Token", base)
			assert.Equal(t, 200, s.call(http.MethodGet, "/v1/agency", "", "X-Auth-Token", project).status)
		})
	}
	for name, test := range map[string]struct {
		fields string
		status int
	}{
		"an unknown agency":             {`"domain_name":"partner-co","agency_name":"nobody"`, 404},
		"an unknown account":            {`"domain_name":"nobody","agency_name":"example-operators"`, 404},
		"no account":                    {`"agency_name":"example-operators"`, 400},
		"no agency":                     {`"domain_name":"partner-co"`, 400},
		"one that trusts somebody else": {`"domain_name":"example-co","agency_name":"legacy-import"`, 403},
	} {
		r := s.call(http.MethodPost, tokensPath, assumeBody(test.fields, ""), "X-Auth-Token", base)
		assert.Equal(t, test.status, r.status, name)
	}
}

func TestAnAgencyTakesItsAccessBack(t *testing.T) {
	assume := assumeBody(`"domain_name":"partner-co","agency_name":"example-operators"`, "")
	for name, end := range map[string]string{
		"deleted":                "delete example-operators",
		"given to somebody else": "set example-operators trust audit-partner",
		"at the end of its days": "set example-operators duration 1",
	} {
		t.Run(name, func(t *testing.T) {
			s := strictStage(t, cloudsim.Options{TokenLife: 48 * time.Hour})
			base := s.token(passwordBody(demoUser, ""))
			text := s.token(assume, "X-Auth-Token", base)
			assert.Equal(t, 200, s.call(http.MethodGet, "/v3/projects", "", "X-Auth-Token", text).status)
			edit, err := cloudsim.ParseEdit(strings.Fields(end))
			require.NoError(t, err)
			require.NoError(t, s.sim.Edit("partner-co", edit))
			if strings.Contains(name, "days") {
				assert.Equal(t, 200, s.call(http.MethodGet, "/v3/projects", "", "X-Auth-Token", text).status, "not yet")
				s.clock.move(24 * time.Hour)
			}
			assert.Equal(t, 401, s.call(http.MethodGet, "/v3/projects", "", "X-Auth-Token", text).status)
			assert.Contains(t, []int{403, 404}, s.call(http.MethodPost, tokensPath, assume, "X-Auth-Token", base).status)
		})
	}
}

func TestPasswordsAndTokensAreNeverWrittenDown(t *testing.T) {
	state := filepath.Join(t.TempDir(), "sim.json")
	var log strings.Builder
	user := cloudsim.User{Name: "ops", Password: "pa55word-of-ops"}
	s := strictStage(t, cloudsim.Options{State: state, CallLog: &log, Users: []cloudsim.User{user}})
	text := s.token(passwordBody(`{"name":"ops","password":"pa55word-of-ops","domain":{"name":"example-co"}}`, ""))
	require.Equal(t, 201, s.call(http.MethodPost, agenciesPath, `{"agency":{"name":"ops","domain_id":"`+s.home+`","trust_domain_name":"partner-co"}}`, "X-Auth-Token", text).status)
	data, err := os.ReadFile(state)
	require.NoError(t, err)
	for _, written := range []string{string(data), log.String(), fmt.Sprintf("%v %+v %#v", user, user, user)} {
		assert.NotContains(t, written, "pa55word-of-ops")
		assert.NotContains(t, written, text)
	}
	for name, bad := range map[string][]cloudsim.User{
		"an unknown account": {{Name: "ops", Password: "pa55word-of-ops", Account: "nobody"}},
		"no name":            {{Password: "pa55word-of-ops"}},
		"no password":        {{Name: "ops"}},
		"twice":              {user, user},
		"the same id":        {{Name: "a", ID: "x", Password: "pa55word-of-ops"}, {Name: "b", ID: "x", Password: "pa55word-of-ops"}},
		"the demo user":      {{Name: cloudsim.DemoUser, Password: "pa55word-of-ops"}},
	} {
		_, err := cloudsim.New(cloudsim.Options{Users: bad})
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), "pa55word-of-ops")
	}
}
