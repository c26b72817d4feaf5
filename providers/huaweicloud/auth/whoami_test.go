package auth_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

func TestTheAccountIsFound(t *testing.T) {
	own := `{"id":"` + domain + `","name":"example-co"}`
	clouds := filepath.Join(t.TempDir(), "clouds.yaml")
	require.NoError(t, os.WriteFile(clouds, []byte("clouds: {c: {auth: {ak: AKBASE, sk: x}}}"), 0o600))
	otc := providers.Target{Cloud: plan.Cloud{Kind: huaweicloud.OpenTelekomCloud, Region: "eu-de"}}
	for name, test := range map[string]struct {
		target  providers.Target
		env     map[string]string
		domains string
		refuse  map[string][]int
		says    string
	}{
		"in the list":                    {domains: `{"domains":[` + own + `]}`},
		"by its name among several":      {env: with(baseKeys, "OS_DOMAIN_NAME", "example-co"), domains: `{"domains":[{"id":"x","name":"y"},` + own + `]}`},
		"by the name in the manifest":    {target: providers.Target{Account: plan.Account{Name: "example-co"}}, domains: `{"domains":[{"id":"x","name":"y"},` + own + `]}`},
		"by the caller identity":         {domains: `{"domains":[]}`},
		"by it when the list is refused": {refuse: map[string][]int{"GET /v3/auth/domains": {403}}},
		"by a user's token":              {env: map[string]string{"OS_USER_ID": "i", "OS_PASSWORD": "SECRET"}, domains: `{"domains":[]}`},
		"by a token":                     {env: map[string]string{"OS_TOKEN": "SECRET"}, domains: `{"domains":[]}`},
		"of an agency":                   {env: with(baseKeys, "OS_AGENCY_NAME", "ops", "OS_AGENCY_DOMAIN_NAME", "example-co"), domains: `{"domains":[` + own + `]}`},
		"not at all":                     {domains: `{"domains":[]}`, refuse: map[string][]int{"GET /v5/caller-identity": {404}}, says: "not set: OS_DOMAIN_ID (or account.id in the manifest)"},
		"not on the other cloud":         {target: otc, domains: `{"domains":[]}`, says: "not set: OS_DOMAIN_ID (or account.id in the manifest)"},
		"not of a file's keys":           {env: map[string]string{"OS_CLOUD": "c", "OS_CLIENT_CONFIG_FILE": clouds}, domains: `{"domains":[]}`, refuse: map[string][]int{"GET /v5/caller-identity": {404}}, says: "not set: domain_id in file " + clouds + `, entry "c"`},
		"with a file after a failure":    {env: map[string]string{"OS_CLOUD": "c", "OS_CLIENT_CONFIG_FILE": clouds}, refuse: map[string][]int{"GET /v3/auth/domains": {500, 500, 500, 500, 500}}, says: "(set domain_id in file " + clouds},
		"not when several are as good":   {target: otc, domains: `{"domains":[{"id":"x","name":"y"},` + own + `]}`, says: "holds several"},
		"not with an id that is none":    {domains: `{"domains":[{"id":"x/y","name":"y"}]}`, says: "usable id"},
		"not after a failure":            {refuse: map[string][]int{"GET /v3/auth/domains": {500, 500, 500, 500, 500}}, says: "HTTP 500"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newFakeCloud()
			d.domains = test.domains
			for key, list := range test.refuse {
				d.refuse[key] = list
			}
			if test.env == nil {
				test.env = baseKeys
			}
			conn, err := d.connect(t, test.target, test.env)
			if test.says != "" {
				require.ErrorContains(t, err, test.says)
				assert.Nil(t, conn)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, domain, conn.DomainID())
			if test.env["OS_AK"] != "" {
				assert.Contains(t, by(t, conn, ""), "Domain="+domain)
			}
		})
	}
}

func TestOnlyTheCloudConfirmsAnAccount(t *testing.T) {
	const other = "0000111122223333444455556666aaaa"
	claim := with(baseKeys, "OS_DOMAIN_ID", other, "OS_DOMAIN_NAME", "example-co")
	d := newFakeCloud()
	conn := d.connection(t, providers.Target{}, claim)
	_, err := conn.ConfirmedAccount(t.Context())
	require.ErrorIs(t, err, providers.ErrConflict)
	id, err := conn.WhoAmI(t.Context())
	require.NoError(t, err)
	assert.Equal(t, plan.Account{ID: domain, Name: "example-co"}, id.Account, "what the cloud says, not the claim")

	d.domains = `{"domains":[]}`
	conn = d.connection(t, providers.Target{}, claim) // what was told is not asked for again
	_, err = conn.ConfirmedAccount(t.Context())
	require.ErrorIs(t, err, providers.ErrConflict, "the caller identity is another's")

	d.refuse["GET /v3/auth/domains"] = []int{403}
	conn = d.connection(t, providers.Target{}, claim)
	_, err = conn.ConfirmedAccount(t.Context())
	require.ErrorIs(t, err, providers.ErrDenied, "an id without a name is not enough where the name may not be read")
	assert.ErrorContains(t, err, "iam:users:getUser")

	d.refuse["GET /v5/caller-identity"] = []int{403, 403}
	conn = d.connection(t, providers.Target{}, claim)
	_, err = conn.ConfirmedAccount(t.Context())
	require.ErrorIs(t, err, providers.ErrDenied)
	assert.ErrorContains(t, err, "iam:users:getUser")
	id, err = conn.WhoAmI(t.Context())
	require.NoError(t, err)
	assert.False(t, id.AccountConfirmed)
	assert.Equal(t, plan.Account{ID: other, Name: "example-co"}, id.Account)
}

// TestATokenForAProjectIsToldAtOnce: the cloud says what the token is for, and nothing else is asked.
func TestATokenForAProjectIsToldAtOnce(t *testing.T) {
	scoped := func(project string) string {
		return `{"token":{"project":{"id":"p1","name":"` + project + `","domain":{"id":"` + domain + `","name":"example-co"}},"user":{"name":"ops-bot"}}}`
	}
	clouds := filepath.Join(t.TempDir(), "clouds.yaml")
	require.NoError(t, os.WriteFile(clouds, []byte("clouds: {c: {auth: {token: SECRET-ready}}}"), 0o600))
	for name, test := range map[string]struct {
		env           map[string]string
		project, hint string
	}{
		"OS":          {map[string]string{"OS_AUTH_TOKEN": "SECRET-ready"}, "cn-north-4", "leave out the project (OS_PROJECT_NAME, OS_TENANT_NAME) when making it"},
		"HW":          {map[string]string{"HW_AUTH_TOKEN": "SECRET-ready"}, "cn-north-4", "leave out the project (HW_PROJECT_NAME) when making it"},
		"clouds.yaml": {map[string]string{"OS_CLOUD": "c", "OS_CLIENT_CONFIG_FILE": clouds}, "cn-north-4", "leave out the project (project_name) when making it"},
		"subproject":  {map[string]string{"OS_TOKEN": "SECRET-ready"}, "cn-north-4_team", "leave out the project (OS_PROJECT_NAME, OS_TENANT_NAME) when making it"},
	} {
		for _, claimed := range []string{"", domain} {
			t.Run(name+claimed, func(t *testing.T) {
				d := newFakeCloud()
				d.token = scoped(test.project)
				conn, err := d.connect(t, providers.Target{Account: plan.Account{ID: claimed}}, test.env)
				if claimed != "" {
					require.NoError(t, err)
					_, err = conn.ConfirmedAccount(t.Context())
				}
				require.ErrorIs(t, err, providers.ErrDenied)
				assert.Equal(t, "read the token: access denied: the token is scoped to project "+test.project+"; agencies need one for the account (iam)", err.Error())
				assert.Equal(t, test.hint, providers.Hint(err))
			})
		}
	}
}

func TestATokenIsAskedAboutBeforeTheListOfAccounts(t *testing.T) {
	ops := []addr.Address{addr.New("agency", addr.Plain("ops"))}
	account := `"domain":{"id":"` + domain + `","name":"example-co"}`
	for name, test := range map[string]struct {
		token   string
		refused int
		domains string
		want    providers.Identity
	}{
		"of a user":                 {token: `{"token":{` + account + `,"user":{"name":"ops-bot"}}}`, want: providers.Identity{Principal: "ops-bot"}},
		"without the name":          {token: `{"token":{"domain":{"id":"` + domain + `"},"user":{"name":"ops-bot"}}}`, domains: `{"domains":[{"id":"` + domain + `","name":"example-co"}]}`, want: providers.Identity{Principal: "ops-bot"}},
		"that may not be asked":     {refused: 403, domains: `{"domains":[{"id":"` + domain + `","name":"example-co"}]}`, want: providers.Identity{CameThroughUnknown: true}},
		"of an agency":              {token: `{"token":{` + account + `,"user":{"name":"example-co/ops"},"assumed_by":{}}}`, want: providers.Identity{Principal: "example-co/ops", CameThrough: ops}},
		"of an agency, not by name": {token: `{"token":{` + account + `,"user":{"name":"ops"},"assumed_by":{}}}`, want: providers.Identity{CameThroughUnknown: true}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newFakeCloud()
			d.token, d.domains = test.token, test.domains // an empty list of accounts cannot be read: it was not asked for
			d.refuse["GET /v3/auth/tokens"] = []int{test.refused}
			conn := d.connection(t, providers.Target{Account: plan.Account{ID: domain}}, baseToken)
			id, err := conn.WhoAmI(t.Context())
			require.NoError(t, err)
			test.want.Account, test.want.AccountConfirmed = plan.Account{ID: domain, Name: "example-co"}, true
			test.want.Kind, test.want.Source = "token", "environment: HW_AUTH_TOKEN"
			assert.Equal(t, test.want, id)
		})
	}
}

// TestAWrongAccountIDIsTold: keys are refused everywhere with another account's id, so they are asked about without it.
func TestAWrongAccountIDIsTold(t *testing.T) {
	const other = "0000111122223333444455556666aaaa"
	file := filepath.Join(t.TempDir(), "credentials")
	require.NoError(t, os.WriteFile(file, []byte("[global]\nak = AKBASE\nsk = x\ndomain_id = "+other+"\n"), 0o600))
	for name, test := range map[string]struct {
		env     map[string]string
		account plan.Account
		from    string
	}{
		"OS":           {with(baseKeys, "OS_DOMAIN_ID", other), plan.Account{}, "OS_DOMAIN_ID"},
		"HW":           {map[string]string{"HW_ACCESS_KEY": "AKBASE", "HW_SECRET_KEY": "x", "HW_DOMAIN_ID": other}, plan.Account{}, "HW_DOMAIN_ID"},
		"SDK":          {map[string]string{"HUAWEICLOUD_SDK_AK": "AKBASE", "HUAWEICLOUD_SDK_SK": "x", "HUAWEICLOUD_SDK_DOMAIN_ID": other}, plan.Account{}, "HUAWEICLOUD_SDK_DOMAIN_ID"},
		"the manifest": {baseKeys, plan.Account{ID: other}, "account.id in the manifest"},
		"a file":       {map[string]string{"HUAWEICLOUD_SDK_CREDENTIALS_FILE": file}, plan.Account{}, "domain_id in section [global] of " + file},
	} {
		t.Run(name, func(t *testing.T) {
			d := newFakeCloud()
			d.domains = `{"domains":[{"id":"` + domain + `","name":"example-co"}]}`
			d.refuse["GET /v3/auth/domains"] = []int{403}
			_, err := d.connection(t, providers.Target{Account: test.account}, test.env).ConfirmedAccount(t.Context())
			require.ErrorIs(t, err, providers.ErrConflict)
			assert.ErrorContains(t, err, "belong to account "+domain+", and not to "+other+", which "+test.from+" gives")
			assert.Equal(t, "correct "+test.from+", or use credentials of that account", providers.Hint(err))

			d.refuse["GET /v3/auth/domains"] = []int{403, 403}
			d.refuse["GET /v5/caller-identity"] = []int{403}
			_, err = d.connection(t, providers.Target{Account: test.account}, test.env).ConfirmedAccount(t.Context())
			require.ErrorIs(t, err, providers.ErrDenied)
			assert.Contains(t, providers.Hint(err), "check that "+test.from+" ("+other+") is the account that they belong to")
		})
	}
}

// TestAdviceAboutPermissionsIsForRefusals: only the service's own refusal can be changed by a permission, and only a question that may be
// left out can be skipped.
func TestAdviceAboutPermissionsIsForRefusals(t *testing.T) {
	const allow, skip = "allow", "to skip this"
	user := maps.Clone(baseUser)
	delete(user, "OS_DOMAIN_ID")
	keys := map[string]string{"OS_ACCESS_KEY": "AKBASE", "OS_SECRET_KEY": "x"}
	for name, test := range map[string]struct {
		env    map[string]string
		status int
		body   string
		hint   string
		has    string
		never  []string
	}{
		"a page, account given":    {with(keys, "OS_DOMAIN_ID", domain), 404, "<html>no</html>", "a log-in page answers", "HTML page", []string{allow, skip}},
		"a proxy, account given":   {with(keys, "OS_DOMAIN_ID", domain), 403, "<html>no</html>", "a log-in page answers", "HTML page", []string{allow, skip}},
		"no API, account given":    {with(keys, "OS_DOMAIN_ID", domain), 404, `{"error_code":"APIGW.0101","error_msg":"no"}`, "check cloud.kind", "APIGW.0101", []string{allow, skip}},
		"not found, account given": {with(keys, "OS_DOMAIN_ID", domain), 404, "", "check cloud.kind", "not found", []string{allow, skip}},
		"refused, account given":   {with(keys, "OS_DOMAIN_ID", domain), 403, `{"error_code":"IAM.0001","error_msg":"no"}`, "lack the permission", allow, []string{skip}},
		"a page":                   {keys, 404, "<html>no</html>", "a log-in page answers", "HTML page", []string{allow, skip}},
		"a proxy":                  {keys, 403, "<html>no</html>", "a log-in page answers", "HTML page", []string{allow, skip}},
		"no API":                   {keys, 404, `{"error_code":"APIGW.0101","error_msg":"no"}`, "check cloud.kind", "APIGW.0101", []string{allow, skip}},
		"a wrong key":              {keys, 401, `{"error_code":"APIGW.0301","error_msg":"no"}`, "check access key", "HTTP 401", []string{allow, skip}},
		"a failure":                {keys, 500, "", "run again", skip, []string{allow}},
		"a wrong password":         {user, 401, `{"error_code":"IAM.0001","error_msg":"no"}`, "check user, password", "HTTP 401", []string{allow, skip}},
		"an invalid token": {map[string]string{"OS_AUTH_TOKEN": "t"}, 401, `{"error_code":"IAM.0001","error_msg":"no"}`, "get a new one", "HTTP 401",
			[]string{allow, skip}},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}))
			defer server.Close()
			conn, err := huaweicloud.Connect(t.Context(), providers.Target{
				Cloud: plan.Cloud{Kind: huaweicloud.HuaweiCloud, Region: "cn-north-4"}, Getenv: lookup(test.env), Rate: -1,
				Endpoints: map[string]string{"iam": server.URL, "sts": server.URL},
			}, huaweicloud.WithRetry(huaweicloud.Retry{MaxAttempts: 1, AttemptTimeout: time.Minute}))
			if err == nil {
				defer conn.Close()
				_, err = conn.ConfirmedAccount(t.Context())
			}
			require.ErrorContains(t, err, test.has)
			assert.Contains(t, providers.Hint(err), test.hint)
			for _, never := range test.never {
				assert.NotContains(t, err.Error(), never)
			}
		})
	}
}

func TestAClaimAmongSeveralAccountsIsNotConfirmedByTheList(t *testing.T) {
	const other = "0000111122223333444455556666aaaa"
	several := `{"domains":[{"id":"` + other + `","name":"other-co"},{"id":"` + domain + `","name":"example-co"}]}`
	for name, env := range map[string]map[string]string{
		"a user's token": with(baseUser, "OS_DOMAIN_ID", other, "OS_DOMAIN_NAME", "other-co"),
		"a token":        {"HW_AUTH_TOKEN": "SECRET-ready", "HW_DOMAIN_ID": other},
		"keys":           with(baseKeys, "OS_DOMAIN_ID", other),
	} {
		t.Run(name, func(t *testing.T) {
			d := newFakeCloud()
			d.domains = several
			conn := d.connection(t, providers.Target{}, env)
			_, err := conn.ConfirmedAccount(t.Context())
			require.ErrorIs(t, err, providers.ErrConflict)
			id, err := conn.WhoAmI(t.Context())
			require.NoError(t, err)
			assert.Equal(t, plan.Account{ID: domain, Name: "example-co"}, id.Account)
		})
	}
	d := newFakeCloud()
	d.domains = several
	d.refuse["GET /v5/caller-identity"] = []int{404, 404}
	conn := d.connection(t, providers.Target{}, with(baseKeys, "OS_DOMAIN_ID", other))
	_, err := conn.ConfirmedAccount(t.Context())
	require.ErrorIs(t, err, providers.ErrDenied)
	assert.ErrorContains(t, err, "holds several")
}

func TestTheMetadataServiceGivesKeysAndNewOnes(t *testing.T) {
	for name, session := range map[string]int{"with sessions": http.StatusOK, "without": http.StatusNotFound} {
		t.Run(name, func(t *testing.T) {
			d := newFakeCloud()
			var given atomic.Int32
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", d.clock().Format(http.TimeFormat))
				switch {
				case r.Method == http.MethodPut && r.URL.Path == "/meta-data/latest/api/token" && r.Header.Get("X-Metadata-Token-Ttl-Seconds") != "":
					w.WriteHeader(session)
					fmt.Fprint(w, "session-1")
				case r.URL.Path == "/openstack/latest/securitykey" && (session != http.StatusOK || r.Header.Get("X-Metadata-Token") == "session-1"):
					fmt.Fprintf(w, `{"credential":{"access":"AK%[1]d","secret":"SECRET","securitytoken":"ST%[1]d","expires_at":%[2]q}}`,
						given.Add(1), d.clock().Add(time.Hour).Format("2006-01-02T15:04:05.000000Z"))
				default:
					w.WriteHeader(http.StatusUnauthorized)
				}
			}))
			defer service.Close()
			conn := d.connection(t, providers.Target{}, map[string]string{}, huaweicloud.WithMetadataURL(service.URL))
			assert.Equal(t, "AK1 Security-Token=ST1 Domain="+domain, by(t, conn, ""))
			assert.Equal(t, "AK1 Security-Token=ST1 Project=p", by(t, conn, "p"))
			d.advance(56 * time.Minute)
			assert.Equal(t, "AK2 Security-Token=ST2 Domain="+domain, by(t, conn, ""))
			id, err := conn.WhoAmI(t.Context())
			require.NoError(t, err)
			assert.Equal(t, "the metadata service of this server", id.Source)
			assert.Equal(t, "temporary access key", id.Kind)
		})
	}
}

func TestAMetadataServiceThatGivesNothing(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"no agency": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"a proxy":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>log in</html>") },
		"a refusal": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
		"no keys":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"credential":{"access":"A"}}`) },
		"a cut":     func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			service := httptest.NewServer(answer)
			defer service.Close()
			target := providers.Target{Account: plan.Account{ID: domain}}
			_, err := newFakeCloud().connect(t, target, map[string]string{}, huaweicloud.WithMetadataURL(service.URL))
			require.ErrorIs(t, err, auth.ErrNoCredentials)
			assert.ErrorContains(t, err, auth.EnvAccessKey)
		})
	}
}

func TestPasswordsGoToTheirOwnCloudOnly(t *testing.T) {
	for url, ok := range map[string]bool{
		"https://iam.cn-north-4.myhuaweicloud.com:443/v3": true, "https://iam.myhuaweicloud.com/v3/": true, "http://localhost:5000/v3": true,
		"https://keystone.example.test:5000/v3": false, "https://evilmyhuaweicloud.com/v3": false, "https://iam.eu-de.otc.t-systems.com/v3": false,
		"http://iam.myhuaweicloud.com/v3": false, "https://user@iam.myhuaweicloud.com": false, "https://iam.myhuaweicloud.com/x": false, "nonsense": false,
	} {
		t.Run(url, func(t *testing.T) {
			env := with(baseUser, "OS_AUTH_URL", url)
			target := providers.Target{Cloud: plan.Cloud{Kind: huaweicloud.HuaweiCloud, Region: "cn-north-4"}, Getenv: lookup(env)}
			conn, err := huaweicloud.Connect(t.Context(), target)
			if ok {
				require.NoError(t, err)
				conn.Close()
				return
			}
			require.ErrorIs(t, err, huaweicloud.ErrBadEndpoint)
			assert.ErrorContains(t, err, "OS_AUTH_URL")
		})
	}
	d := newFakeCloud()
	server := httptest.NewServer(d)
	defer server.Close()
	target := providers.Target{Cloud: plan.Cloud{Kind: huaweicloud.HuaweiCloud}, Getenv: lookup(with(baseUser, "OS_AUTH_URL", server.URL+"/v3"))}
	conn, err := huaweicloud.Connect(t.Context(), target)
	require.NoError(t, err)
	defer conn.Close()
	assert.Equal(t, "SECRET-token-1", by(t, conn, ""), "the address becomes the endpoint")
}

func TestWhoAsksForTheAccountTooLateHearsWhichTimeIsOver(t *testing.T) {
	conn := connect(t, http.NotFoundHandler())
	over := errors.New("the limit of a test is over")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 0, over)
	defer cancel()
	for range 50 { // its turn and its end come at once, and a select chooses either
		_, err := conn.WhoAmI(ctx)
		require.ErrorIs(t, err, over)
	}
}
