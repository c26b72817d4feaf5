package auth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

func TestTheAccountIsFound(t *testing.T) {
	own := `{"id":"` + domain + `","name":"example-co"}`
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
		"not at all":                     {domains: `{"domains":[]}`, refuse: map[string][]int{"GET /v5/caller-identity": {404}}, says: "HUAWEICLOUD_SDK_DOMAIN_ID"},
		"not on the other cloud":         {target: otc, domains: `{"domains":[]}`, says: "HUAWEICLOUD_SDK_DOMAIN_ID"},
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
	_, err = conn.ConfirmedAccount(t.Context())
	require.ErrorIs(t, err, providers.ErrConflict, "the caller identity is another's")

	d.refuse["GET /v3/auth/domains"] = []int{403}
	_, err = conn.ConfirmedAccount(t.Context())
	require.ErrorIs(t, err, providers.ErrDenied, "an id without a name is not enough where the name may not be read")
	assert.ErrorContains(t, err, "iam:users:getUser")

	d.refuse["GET /v5/caller-identity"] = []int{403, 403}
	_, err = conn.ConfirmedAccount(t.Context())
	require.ErrorIs(t, err, providers.ErrDenied)
	assert.ErrorContains(t, err, "iam:users:getUser")
	id, err = conn.WhoAmI(t.Context())
	require.NoError(t, err)
	assert.False(t, id.AccountConfirmed)
	assert.Equal(t, plan.Account{ID: other, Name: "example-co"}, id.Account)
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
