package cloudsim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// signer is a caller with a key pair, as any client is.
type signer struct {
	t                     *testing.T
	server                *Server
	now                   *time.Time
	access, secret, token string
}

func newSigner(t *testing.T, o Options) signer {
	t.Helper()
	now := vectorDate
	o.Clock = func() time.Time { return now }
	s, err := New(o)
	require.NoError(t, err)
	return signer{t: t, server: s, now: &now, access: DemoAccessKey, secret: DemoSecretKey}
}

func (s signer) call(method, target, body string, header ...string) (int, map[string]any) {
	s.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", jsonType)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if s.token != "" {
		r.Header.Set(securityTokenHeader, s.token)
	}
	if s.access != "" {
		r.Header.Set(dateHeader, s.now.Format(signDateFormat))
		sig := signature{access: s.access, headers: []string{"host", "x-sdk-date"}}
		r.Header.Set("Authorization", signAlgorithm+" Access="+s.access+", SignedHeaders=host;x-sdk-date, Signature="+
			sig.sign(r, canonicalQuery(r.URL.Query(), false), hashHex([]byte(body)), s.secret))
	}
	w := serve(s.server, r)
	var out map[string]any
	require.NoError(s.t, json.Unmarshal(w.Body.Bytes(), &out), w.Body)
	return w.Code, out
}

// with is the same caller with a temporary key.
func (s signer) with(credential any, access, secret, token string) signer {
	s.t.Helper()
	c, is := credential.(map[string]any)
	require.True(s.t, is)
	s.access, s.secret, s.token = c[access].(string), c[secret].(string), c[token].(string)
	return s
}

const keysPath = "/v3.0/OS-CREDENTIAL/securitytokens"

func (s signer) temporary(body string, header ...string) signer {
	s.t.Helper()
	status, out := s.call(http.MethodPost, keysPath, body, header...)
	require.Equal(s.t, 201, status, "%v", out)
	return s.with(out["credential"], "access", "secret", "securitytoken")
}

func (s signer) domain() any {
	s.t.Helper()
	status, out := s.call(http.MethodGet, "/v3/auth/domains", "")
	if status != 200 {
		return status
	}
	return out["domains"].([]any)[0].(map[string]any)["name"]
}

const assumePartner = `{"auth":{"identity":{"methods":["assume_role"],"assume_role":{"domain_name":"partner-co","agency_name":"example-operators"`

func TestTemporaryKeys(t *testing.T) {
	s := newSigner(t, Options{})
	r := httptest.NewRequest(http.MethodPost, "/v3/auth/tokens", strings.NewReader(
		`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"demo-operator","password":"`+DemoUserPassword+`","domain":{"name":"example-co"}}}}}}`))
	r.Header.Set("Content-Type", jsonType)
	w := serve(s.server, r)
	require.Equal(t, 201, w.Code)
	token := w.Header().Get(subjectHeader)
	nobody := s
	nobody.access = ""
	for name, test := range map[string]struct {
		by     signer
		body   string
		header []string
		domain string
	}{
		"of an agency, signed":        {s, assumePartner + `}}}}`, nil, "partner-co"},
		"of an agency, by a token":    {nobody, assumePartner + `,"session_user":{"name":"ops"}}}}}`, []string{tokenHeader, token}, "partner-co"},
		"of a token in the body":      {nobody, `{"auth":{"identity":{"methods":["token"],"token":{"id":"` + token + `"}}}}`, nil, "example-co"},
		"of a token in the header":    {nobody, `{"auth":{"identity":{"methods":["token"]}}}`, []string{tokenHeader, token}, "example-co"},
		"of the holder of a key pair": {s, `{"auth":{"identity":{"methods":["token"],"token":{"duration_seconds":900}}}}`, nil, "example-co"},
	} {
		t.Run(name, func(t *testing.T) {
			now := vectorDate
			*s.now = now
			k := test.by.temporary(test.body, test.header...)
			assert.Greater(t, len(k.token), 200)
			assert.Equal(t, test.domain, k.domain())
			without := k
			without.token = ""
			assert.Equal(t, 401, without.domain(), "only together with its security token")
			without.token = k.token + "x"
			assert.Equal(t, 401, without.domain())
			wrong := k
			wrong.secret += "x"
			assert.Equal(t, 401, wrong.domain())
			*s.now = now.Add(15*time.Minute - time.Second)
			assert.Equal(t, test.domain, k.domain())
			*s.now = now.Add(15 * time.Minute)
			assert.Equal(t, 401, k.domain(), "expired")
		})
	}
	*s.now = vectorDate
	agencies, out := s.temporary(assumePartner+`,"duration_seconds":86400}}}}`).call(http.MethodGet, "/v3.0/OS-AGENCY/agencies?domain_id="+demoID("account", "partner-co"), "")
	assert.Equal(t, 200, agencies)
	assert.Len(t, out["agencies"], 1)
	assert.Equal(t, 401, nobody.withoutKey(assumePartner+`}}}}`))
	for _, seconds := range []string{"899", "86401", `"900"`, "900.5", "1e99"} {
		status, _ := s.call(http.MethodPost, keysPath, assumePartner+`,"duration_seconds":`+seconds+`}}}}`)
		assert.Equal(t, 400, status, seconds)
	}
}

func (s signer) withoutKey(body string) int {
	status, _ := s.call(http.MethodPost, keysPath, body)
	return status
}

func TestSTS(t *testing.T) {
	s := newSigner(t, Options{})
	home, partner := demoID("account", "example-co"), demoID("account", "partner-co")
	urn := "iam::" + partner + ":agency:" + DemoPartnerAgency
	agency := demoID("agency", "partner-co/"+DemoPartnerAgency)
	body := func(urn, session, more string) string {
		return `{"agency_urn":"` + urn + `","agency_session_name":"` + session + `"` + more + `}`
	}
	status, out := s.call(http.MethodGet, "/v5/caller-identity", "")
	require.Equal(t, 200, status)
	assert.Equal(t, map[string]any{"account_id": home, "principal_urn": "iam::" + home + ":user:demo-operator", "principal_id": userID(home, DemoUser)}, out)

	status, out = s.call(http.MethodPost, "/v5/agencies/assume", body(urn, "deploy", `,"source_identity":"ops"`))
	require.Equal(t, 200, status, "%v", out)
	assert.Equal(t, "ops", out["source_identity"])
	principal := map[string]any{"urn": "sts::" + partner + ":assumed-agency:example-operators/deploy", "id": agency + ":deploy"}
	assert.Equal(t, principal, out["assumed_agency"])
	assert.Equal(t, vectorDate.Add(time.Hour).Format(time.RFC3339), out["credentials"].(map[string]any)["expiration"])
	k := s.with(out["credentials"], "access_key_id", "secret_access_key", "security_token")
	status, out = k.call(http.MethodGet, "/v5/caller-identity", "")
	require.Equal(t, 200, status)
	assert.Equal(t, map[string]any{"account_id": partner, "principal_urn": principal["urn"], "principal_id": principal["id"]}, out)
	assert.Equal(t, "partner-co", k.domain())

	status, out = k.call(http.MethodPost, "/v5/agencies/assume", body("iam::"+home+":agency:nobody", "deploy", `,"duration_seconds":3601`))
	assert.Equal(t, 400, status, "a chain lives an hour at most: %v", out)
	for name, test := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"an unknown agency":             {body("iam::"+partner+":agency:nobody", "deploy", ""), 404, "PAP5.0012"},
		"an unknown account":            {body("iam::nobody:agency:example-operators", "deploy", ""), 404, "PAP5.0012"},
		"one that trusts somebody else": {body("iam::"+home+":agency:legacy-import", "deploy", ""), 403, "PAP5.0001"},
		"no URN":                        {body("example-operators", "deploy", ""), 400, "IAM.0011"},
		"a short name":                  {body(urn, "x", ""), 400, "IAM.0011"},
		"too long a life":               {body(urn, "deploy", `,"duration_seconds":43201`), 400, "IAM.0011"},
		"no JSON":                       {"x", 400, "IAM.0011"},
	} {
		status, out := s.call(http.MethodPost, "/v5/agencies/assume", test.body)
		assert.Equal(t, test.status, status, name)
		assert.Equal(t, test.code, out["error_code"], name)
		assert.NotEmpty(t, out["request_id"], name)
	}
	nobody := s
	nobody.access = ""
	status, _ = nobody.call(http.MethodPost, "/v5/agencies/assume", body(urn, "deploy", ""))
	assert.Equal(t, 401, status)

	other := newSigner(t, Options{Cloud: OpenTelekomCloud})
	for method, path := range map[string]string{http.MethodGet: "/v5/caller-identity", http.MethodPost: "/v5/agencies/assume"} {
		status, out := other.call(method, path, "{}")
		assert.Equal(t, []any{404, "APIGW.0101"}, []any{status, out["error_code"]})
	}
}

func TestInstanceMetadata(t *testing.T) {
	s := newSigner(t, Options{})
	door := Metadata(s.server, "monitoring")
	ask := func(door http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		return w
	}
	const session, key = "/meta-data/latest/api/token", "/openstack/latest/securitykey"
	open := func(door http.Handler) string {
		w := ask(door, http.MethodPut, session, metadataTTLHeader, "60")
		require.Equal(t, 200, w.Code)
		return w.Body.String()
	}
	assert.Equal(t, 400, ask(door, http.MethodPut, session).Code)
	assert.Equal(t, 400, ask(door, http.MethodPut, session, metadataTTLHeader, "21601").Code)
	assert.Equal(t, 401, ask(door, http.MethodGet, key).Code, "without a session")
	token := open(door)
	w := ask(door, http.MethodGet, key, metadataTokenHeader, token)
	require.Equal(t, 200, w.Code)
	var out map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &out))
	k := s.with(out["credential"], "access", "secret", "securitytoken")
	assert.Equal(t, "example-co", k.domain())
	status, who := k.call(http.MethodGet, "/v5/caller-identity", "")
	assert.Equal(t, 200, status)
	assert.Contains(t, who["principal_urn"], ":assumed-agency:monitoring/")
	*s.now = s.now.Add(time.Minute)
	assert.Equal(t, 401, ask(door, http.MethodGet, key, metadataTokenHeader, token).Code, "the session has ended")
	*s.now = s.now.Add(6 * time.Hour)
	assert.Equal(t, 401, k.domain(), "and so has the key")

	for _, agency := range []string{"", "legacy-import"} {
		door := Metadata(s.server, agency)
		w := ask(door, http.MethodGet, key, metadataTokenHeader, open(door))
		assert.Equal(t, 401, w.Code)
		assert.Contains(t, w.Body.String(), noInstanceAgency)
	}
}

func TestTheVaultForgetsWhatEndsFirst(t *testing.T) {
	m := map[string]time.Time{}
	for i := range maxCredentials {
		m[hashHex([]byte{byte(i), byte(i >> 8)})] = vectorDate.Add(time.Duration(i) * time.Second)
	}
	first := hashHex([]byte{0, 0})
	require.Contains(t, m, first)
	dropOldest(m, func(t time.Time) time.Time { return t })
	assert.NotContains(t, m, first)
	assert.Len(t, m, maxCredentials-1)
}

func TestEachKeyServesItsOwnAccount(t *testing.T) {
	s := newSigner(t, Options{Keys: []Key{{Access: "PARTNERKEY", Secret: "partner-secret", Account: "partner-co"}}})
	partner := s
	partner.access, partner.secret = "PARTNERKEY", "partner-secret"
	world := s.server.World()
	for name, key := range map[string]signer{"example-co": s, "partner-co": partner} {
		for _, account := range world.Accounts {
			status, out := key.call(http.MethodGet, "/v3.0/OS-AGENCY/agencies?domain_id="+account.ID, "")
			if account.Name != name {
				assert.Equal(t, 403, status, "%s in %s", name, account.Name)
				continue
			}
			assert.Equal(t, 200, status)
			listed := []string{}
			for _, g := range out["agencies"].([]any) {
				listed = append(listed, g.(map[string]any)["id"].(string))
			}
			own := []string{}
			for _, g := range account.Agencies {
				own = append(own, g.ID)
			}
			assert.ElementsMatch(t, own, listed)
			assert.NotEmpty(t, own)
		}
	}
}
