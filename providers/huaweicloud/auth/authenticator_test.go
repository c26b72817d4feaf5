package auth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// fakeCloud is a cloud that hands out tokens and keys, and answers every call with the credential that it came with.
type fakeCloud struct {
	mu  sync.Mutex
	now time.Time
	// date makes answers carry the time.
	date bool
	// life is how long what is handed out lasts.
	life time.Duration
	// asked are the requests for tokens and keys, one line each; issued counts what was handed out.
	asked  []string
	issued int
	// refuse answers a request instead, by method and path, as often as its list is long; 0 lets one pass.
	refuse map[string][]int
	// hold is waited for before anything is handed out.
	hold chan struct{}
	// expired are tokens that the cloud takes no longer.
	expired map[string]bool
	// gatewayed makes a gateway in front of a service refuse those, in its own words.
	gatewayed bool
	// token is the answer about a token, "" for one of the account.
	token   string
	domains string
}

func newFakeCloud() *fakeCloud {
	return &fakeCloud{
		now: time.Date(2031, 4, 5, 6, 0, 0, 0, time.UTC), date: true, life: time.Hour, refuse: map[string][]int{}, expired: map[string]bool{},
		domains: `{"domains":[{"id":"` + domain + `","name":"example-co"}]}`,
	}
}

func (d *fakeCloud) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *fakeCloud) advance(hours time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(hours)
}

// lines returns what was asked since the last time.
func (d *fakeCloud) lines() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := d.asked
	d.asked = nil
	return lines
}

// bearer is the credential of a request.
func bearer(r *http.Request) string {
	parts := []string{}
	if token := r.Header.Get("X-Auth-Token"); token != "" {
		parts = append(parts, token)
	}
	if _, rest, signed := strings.Cut(r.Header.Get("Authorization"), "Access="); signed {
		parts = append(parts, strings.Split(rest, ",")[0])
	}
	for _, name := range []string{"X-Security-Token", "X-Domain-Id", "X-Project-Id"} {
		if value := r.Header.Get(name); value != "" {
			parts = append(parts, strings.TrimSuffix(strings.TrimPrefix(name, "X-"), "-Id")+"="+value)
		}
	}
	return strings.Join(parts, " ")
}

func (d *fakeCloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if d.hold != nil && r.Method == http.MethodPost {
		<-d.hold
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.date {
		w.Header().Set("Date", d.now.UTC().Format(http.TimeFormat))
	} else {
		w.Header()["Date"] = nil
	}
	body, _ := io.ReadAll(r.Body)
	key := r.Method + " " + r.URL.Path
	status := 0
	if list := d.refuse[key]; len(list) > 0 {
		status, d.refuse[key] = list[0], list[1:]
	}
	if r.Method == http.MethodPost {
		d.asked = append(d.asked, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.URL.Path, body, bearer(r))))
	}
	switch {
	case status != 0:
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error_msg":"refused, you sent %q %q"}`, body, r.Header)
	case d.expired[r.Header.Get("X-Auth-Token")]:
		w.WriteHeader(http.StatusUnauthorized)
		if d.gatewayed {
			fmt.Fprint(w, `{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information: verify aksk signature fail"}`)
			return
		}
		fmt.Fprintf(w, `{"error_code":"IAM.0066","error_msg":"the token %s has expired"}`, r.Header.Get("X-Auth-Token"))
	case key == "POST /v3/auth/tokens":
		d.issued++
		w.Header().Set("X-Subject-Token", fmt.Sprintf("SECRET-token-%d", d.issued))
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"token":{"expires_at":%q,"domain":{"id":%q,"name":"example-co"},"user":{"name":"ops-bot"}}}`, d.now.Add(d.life).Format(time.RFC3339Nano), domain)
	case key == "POST /v3.0/OS-CREDENTIAL/securitytokens":
		d.issued++
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"credential":{"access":"SECRET-ak-%[1]d","secret":"SECRET-sk-%[1]d","securitytoken":"SECRET-st-%[1]d","expires_at":%[2]q}}`,
			d.issued, d.now.Add(d.life).Format("2006-01-02T15:04:05.000000Z"))
	case key == "GET /v3/auth/tokens":
		if d.token != "" {
			fmt.Fprint(w, d.token)
			return
		}
		fmt.Fprintf(w, `{"token":{"user":{"name":"ops-bot","domain":{"id":%q,"name":"example-co"}}}}`, domain)
	case key == "GET /v3/auth/domains":
		fmt.Fprint(w, d.domains)
	case key == "GET /v5/caller-identity":
		fmt.Fprintf(w, `{"account_id":%q,"principal_urn":"iam::%[1]s:user:ops-bot"}`, domain)
	default:
		_ = json.NewEncoder(w).Encode(map[string]string{"by": bearer(r)})
	}
}

// connection opens a connection to the cloud.
func (d *fakeCloud) connection(t *testing.T, target providers.Target, env map[string]string, options ...huaweicloud.Option) *huaweicloud.Connection {
	t.Helper()
	conn, err := d.connect(t, target, env, options...)
	require.NoError(t, err)
	return conn
}

func (d *fakeCloud) connect(t *testing.T, target providers.Target, env map[string]string, options ...huaweicloud.Option) (*huaweicloud.Connection, error) {
	t.Helper()
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	if target.Cloud.Kind == "" {
		target.Cloud = plan.Cloud{Kind: huaweicloud.HuaweiCloud, Region: "cn-north-4"}
	}
	target.Endpoints = map[string]string{"iam": server.URL}
	target.Rate, target.Getenv = -1, lookup(env)
	conn, err := huaweicloud.Connect(t.Context(), target, append([]huaweicloud.Option{huaweicloud.WithRetry(quick()), huaweicloud.WithClock(d.clock)}, options...)...)
	if conn != nil {
		t.Cleanup(conn.Close)
	}
	return conn, err
}

// by makes a call, in a project unless that is "", and returns the credential that it came with.
func by(t *testing.T, conn *huaweicloud.Connection, project string) string {
	t.Helper()
	call := huaweicloud.Get("iam", "look", nil, "look")
	call.ProjectID = project
	var out struct{ By string }
	require.NoError(t, conn.Do(t.Context(), call, &out))
	return out.By
}

var (
	baseKeys  = map[string]string{"OS_AK": "AKBASE", "OS_SK": "SECRET-base"}
	baseUser  = map[string]string{"OS_USERNAME": "ops-bot", "OS_PASSWORD": "SECRET <pass> \"word\"", "OS_DOMAIN_NAME": "example-co", "OS_DOMAIN_ID": domain}
	baseToken = map[string]string{"HW_AUTH_TOKEN": "SECRET-ready", "HW_DOMAIN_ID": domain}
)

func with(base map[string]string, more ...string) map[string]string {
	all := maps.Clone(base)
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

func TestHowEachKindOfCredentialsAuthenticates(t *testing.T) {
	const other = "0000111122223333444455556666aaaa"
	partner := plan.Account{ID: other, Name: "partner-co"}
	ops := []addr.Address{addr.New("agency", addr.Plain("ops"))}
	for name, test := range map[string]struct {
		target    providers.Target
		env       map[string]string
		account   string
		inProject string
		asked     []string
		identity  providers.Identity
	}{
		"keys": {
			env: with(baseKeys, "OS_DOMAIN_ID", domain), account: "AKBASE Domain=" + domain, inProject: "AKBASE Project=p1",
			identity: providers.Identity{Kind: "access key", Source: "environment: OS_AK, OS_SK"},
		},
		"a user": {
			env: baseUser, account: "SECRET-token-1", inProject: "SECRET-token-2",
			asked: []string{
				`/v3/auth/tokens {"auth":{"identity":{"methods":["password"],"password":{"user":{"domain":{"id":"` + domain + `"},"name":"ops-bot","password":"SECRET <pass> \"word\""}}},"scope":{"domain":{"id":"` + domain + `"}}}}`,
				`/v3/auth/tokens {"auth":{"identity":{"methods":["password"],"password":{"user":{"domain":{"id":"` + domain + `"},"name":"ops-bot","password":"SECRET <pass> \"word\""}}},"scope":{"project":{"id":"p1"}}}}`,
			},
			identity: providers.Identity{Kind: "user", Source: "environment: OS_USERNAME, OS_PASSWORD", Principal: "ops-bot"},
		},
		"a token": {
			env: baseToken, account: "SECRET-ready", inProject: "SECRET-ak-1 Security-Token=SECRET-st-1 Project=p1",
			asked: []string{
				`/v3.0/OS-CREDENTIAL/securitytokens {"auth":{"identity":{"methods":["token"],"token":{"duration_seconds":3600}}}} SECRET-ready`,
			},
			identity: providers.Identity{Kind: "token", Source: "environment: HW_AUTH_TOKEN", Principal: "ops-bot"},
		},
		"an agency by keys": {
			target: providers.Target{Account: partner, Assume: "ops"}, env: with(baseKeys, "OS_DOMAIN_ID", domain),
			account: "SECRET-ak-1 Security-Token=SECRET-st-1 Domain=" + other, inProject: "SECRET-ak-1 Security-Token=SECRET-st-1 Project=p1",
			asked: []string{
				`/v3.0/OS-CREDENTIAL/securitytokens {"auth":{"identity":{"assume_role":{"agency_name":"ops","domain_id":"` + other + `","duration_seconds":3600},"methods":["assume_role"]}}} AKBASE Domain=` + domain,
			},
			identity: providers.Identity{Kind: "access key", Source: "environment: OS_AK, OS_SK", Assumed: "partner-co/ops", CameThrough: ops},
		},
		"an agency by keys on the other cloud": {
			target: providers.Target{Cloud: plan.Cloud{Kind: huaweicloud.OpenTelekomCloud, Region: "eu-de"}, Account: partner, Assume: "ops"}, env: baseKeys,
			account: "SECRET-ak-1 Security-Token=SECRET-st-1 Domain=" + other, inProject: "SECRET-ak-1 Security-Token=SECRET-st-1 Project=p1",
			asked: []string{
				`/v3.0/OS-CREDENTIAL/securitytokens {"auth":{"identity":{"assume_role":{"domain_id":"` + other + `","duration_seconds":3600,"xrole_name":"ops"},"methods":["assume_role"]}}} AKBASE`,
			},
			identity: providers.Identity{Kind: "access key", Source: "environment: OS_AK, OS_SK", Assumed: "partner-co/ops", CameThrough: ops},
		},
		"an agency by a token": {
			target: providers.Target{Account: partner, Assume: "ops"}, env: baseToken, account: "SECRET-token-1", inProject: "SECRET-token-2",
			asked: []string{
				`/v3/auth/tokens {"auth":{"identity":{"assume_role":{"agency_name":"ops","domain_id":"` + other + `"},"methods":["assume_role"]},"scope":{"domain":{"id":"` + other + `"}}}} SECRET-ready`,
				`/v3/auth/tokens {"auth":{"identity":{"assume_role":{"agency_name":"ops","domain_id":"` + other + `"},"methods":["assume_role"]},"scope":{"project":{"id":"p1"}}}} SECRET-ready`,
			},
			identity: providers.Identity{Kind: "token", Source: "environment: HW_AUTH_TOKEN", Assumed: "partner-co/ops", Principal: "ops-bot", CameThrough: ops},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newFakeCloud()
			conn := d.connection(t, test.target, test.env)
			assert.Empty(t, d.lines(), "an account that is claimed costs no call")
			for range 2 {
				assert.Equal(t, test.account, by(t, conn, ""))
				assert.Equal(t, test.inProject, by(t, conn, "p1"))
			}
			assert.Equal(t, test.asked, d.lines(), "nothing is got twice")
			id, err := conn.WhoAmI(t.Context())
			require.NoError(t, err)
			if len(test.asked) > 0 && name != "a token" {
				assert.Equal(t, d.now.Add(time.Hour), id.Expires)
			}
			id.Expires = time.Time{}
			test.identity.Account, test.identity.AccountConfirmed = plan.Account{ID: domain, Name: "example-co"}, true
			assert.Equal(t, test.identity, id)
		})
	}
}

func TestWhatIsHandedOutIsRenewedOnceForAll(t *testing.T) {
	for name, test := range map[string]struct {
		env map[string]string
		// stale makes what was handed out last useless.
		stale func(*fakeCloud)
	}{
		"keys before they end":      {with(baseKeys, "OS_AGENCY_NAME", "ops", "OS_AGENCY_DOMAIN_NAME", "x", "HW_ASSUME_ROLE_DOMAIN_ID", domain), func(d *fakeCloud) { d.advance(56 * time.Minute) }},
		"a token before it ends":    {baseUser, func(d *fakeCloud) { d.advance(56 * time.Minute) }},
		"a token that has ended":    {baseUser, func(d *fakeCloud) { d.advance(2 * time.Hour) }},
		"a token the cloud forgets": {baseUser, func(d *fakeCloud) { d.expired["SECRET-token-1"] = true }},
		"a token a gateway refuses": {baseUser, func(d *fakeCloud) { d.expired["SECRET-token-1"], d.gatewayed = true, true }},
	} {
		t.Run(name, func(t *testing.T) {
			d := newFakeCloud()
			conn := d.connection(t, providers.Target{}, test.env)
			first := by(t, conn, "")
			assert.Equal(t, first, by(t, conn, ""))
			test.stale(d)
			d.lines()
			var all sync.WaitGroup
			got := make([]string, 20)
			for i := range got {
				all.Go(func() { got[i] = by(t, conn, "") })
			}
			all.Wait()
			assert.Len(t, slices.Compact(got), 1)
			assert.NotEqual(t, first, got[0])
			assert.Len(t, d.lines(), 1, "once for all")
		})
	}
}

func TestARenewalThatFailsLeavesWhatStillHolds(t *testing.T) {
	d := newFakeCloud()
	conn := d.connection(t, providers.Target{}, baseUser)
	first := by(t, conn, "")
	d.advance(56 * time.Minute)
	d.lines()
	d.refuse["POST /v3/auth/tokens"] = []int{403}
	assert.Equal(t, first, by(t, conn, ""))
	assert.Equal(t, first, by(t, conn, ""))
	assert.Len(t, d.lines(), 1, "a refusal is not asked for again")
	d.advance(10 * time.Minute)
	require.ErrorIs(t, conn.Do(t.Context(), huaweicloud.Get("iam", "look", nil, "look"), nil), providers.ErrDenied)
	assert.Empty(t, d.lines())
}

func TestATokenThatIsRefusedAgainIsTheEnd(t *testing.T) {
	d := newFakeCloud()
	conn := d.connection(t, providers.Target{}, baseUser)
	for i := range 10 {
		d.expired[fmt.Sprintf("SECRET-token-%d", i)] = true
	}
	for range 3 {
		require.ErrorIs(t, conn.Do(t.Context(), huaweicloud.Get("iam", "look", nil, "look"), nil), providers.ErrDenied)
	}
	assert.Len(t, d.lines(), 2, "one renewal, and nothing after it")

	d = newFakeCloud()
	conn = d.connection(t, providers.Target{}, baseToken)
	d.expired["SECRET-ready"] = true
	require.ErrorIs(t, conn.Do(t.Context(), huaweicloud.Get("iam", "look", nil, "look"), nil), providers.ErrDenied)
	assert.Empty(t, d.lines(), "a token that somebody else made cannot be renewed")
}

func TestAWriteThatATokenIsRefusedForIsMadeOnceMore(t *testing.T) {
	d := newFakeCloud()
	d.gatewayed = true
	conn := d.connection(t, providers.Target{}, baseUser)
	by(t, conn, "")
	d.expired["SECRET-token-1"] = true
	d.lines()
	write := huaweicloud.Call{Service: "iam", Operation: "write", Method: http.MethodPost, Path: []string{"write"}}
	var out struct{ By string }
	require.NoError(t, conn.Do(t.Context(), write, &out))
	assert.Equal(t, "SECRET-token-2", out.By)
	lines := d.lines()
	require.Len(t, lines, 3, "refused, renewed, done")
	assert.Equal(t, "/write  SECRET-token-1", lines[0])
	assert.Equal(t, "/write  SECRET-token-2", lines[2])
}

func TestNothingIsSentWithATokenThatCannotBeRenewed(t *testing.T) {
	d := newFakeCloud()
	conn := d.connection(t, providers.Target{}, baseUser)
	by(t, conn, "")
	d.lines()
	d.refuse["POST /v3/auth/tokens"], d.refuse["GET /look"] = []int{403}, []int{401, 0}
	look := huaweicloud.Get("iam", "look", nil, "look")
	require.ErrorIs(t, conn.Do(t.Context(), look, nil), providers.ErrDenied)
	require.ErrorContains(t, conn.Do(t.Context(), look, nil), "not sent")
	assert.Len(t, d.lines(), 1)
}

func TestWrongCredentialsAreSentOnce(t *testing.T) {
	for name, test := range map[string]struct {
		env  map[string]string
		path string
		says string
	}{
		"a wrong password":   {baseUser, "/v3/auth/tokens", "get a token"},
		"an unknown agency":  {with(baseKeys, "OS_AGENCY_NAME", "ops", "HW_ASSUME_ROLE_DOMAIN_ID", domain), "/v3.0/OS-CREDENTIAL/securitytokens", "assume the agency ops"},
		"no keys for tokens": {baseToken, "/v3.0/OS-CREDENTIAL/securitytokens", "give an access key or a user instead"},
	} {
		for _, status := range []int{401, 403} {
			t.Run(fmt.Sprint(name, status), func(t *testing.T) {
				d := newFakeCloud()
				conn := d.connection(t, providers.Target{}, test.env)
				d.refuse["POST "+test.path] = []int{status, status, status, status}
				call := huaweicloud.Get("iam", "look", nil, "look")
				call.ProjectID = "p1"
				for i := range 3 {
					err := conn.Do(t.Context(), call, nil)
					require.ErrorIs(t, err, providers.ErrDenied)
					if i == 0 {
						assert.ErrorContains(t, err, test.says)
					}
				}
				assert.Len(t, d.lines(), 1)
			})
		}
	}
}

func TestWhoWaitsForACredentialKeepsItsOwnDeadline(t *testing.T) {
	d := newFakeCloud()
	d.hold = make(chan struct{})
	conn := d.connection(t, providers.Target{}, baseUser)
	look := huaweicloud.Get("iam", "look", nil, "look")
	impatient, giveUp := context.WithCancel(t.Context())
	var all sync.WaitGroup
	failed := make([]error, 2)
	all.Go(func() { failed[0] = conn.Do(impatient, look, nil) })
	all.Go(func() { failed[1] = conn.Do(impatient, look, nil) })
	got := make([]string, 5)
	for i := range got {
		all.Go(func() { got[i] = by(t, conn, "") })
	}
	giveUp()
	close(d.hold)
	all.Wait()
	for _, err := range failed {
		if err != nil { // the answer may have been first
			assert.ErrorIs(t, err, context.Canceled)
		}
	}
	assert.Len(t, slices.Compact(got), 1, "whoever gives up does so alone")
}

func TestAttemptsToAuthenticateAreNoneOfTheChange(t *testing.T) {
	d := newFakeCloud()
	conn := d.connection(t, providers.Target{}, baseUser)
	attempts := &providers.Attempts{}
	call := huaweicloud.Call{Service: "iam", Operation: "write", Method: http.MethodPut, Path: []string{"look"}, Attempts: attempts}
	require.NoError(t, conn.Do(t.Context(), call, nil))
	assert.Equal(t, 1, attempts.Count())
}

func TestNoSecretIsEverShown(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"a user":            baseUser,
		"a token":           baseToken,
		"an agency by keys": with(baseKeys, "OS_AGENCY_NAME", "ops", "HW_ASSUME_ROLE_DOMAIN_ID", domain),
		"an agency by user": with(baseUser, "OS_AGENCY_NAME", "ops", "HW_ASSUME_ROLE_DOMAIN_ID", domain),
	} {
		for _, refused := range []string{"POST /v3/auth/tokens", "POST /v3.0/OS-CREDENTIAL/securitytokens", "GET /look"} {
			t.Run(name+" "+refused, func(t *testing.T) {
				var log bytes.Buffer
				d := newFakeCloud()
				d.refuse[refused] = []int{0, 403, 403}
				conn := d.connection(t, providers.Target{Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}, env)
				texts := []string{}
				for range 3 {
					for _, project := range []string{"", "p1", "p2"} {
						call := huaweicloud.Get("iam", "look", nil, "look")
						call.ProjectID = project
						if err := conn.Do(t.Context(), call, nil); err != nil {
							texts = append(texts, err.Error())
						}
					}
					d.advance(time.Hour)
				}
				id, _ := conn.WhoAmI(t.Context())
				texts = append(texts, log.String(), fmt.Sprintf("%+v %#v", conn, conn), fmt.Sprintf("%+v", id))
				for _, text := range texts {
					for _, secret := range []string{"SECRET", "AKBASE", "<pass>", `\u003cpass`} {
						assert.NotContains(t, text, secret)
					}
				}
			})
		}
	}
}
