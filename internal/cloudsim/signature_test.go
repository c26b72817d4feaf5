package cloudsim

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The test vectors of the two forms of signing.
const (
	vectorAccess = "EXAMPLEAK0000000001"
	vectorSecret = "ExampleSecret/For+Tests0000000000000000"
	vectorDomain = "d0a1b2c3d4e5f60718293a4b5c6d7e8f"
	vectorBody   = `{"agency":{"name":"ci-runner","domain_id":"d0a1b2c3d4e5f60718293a4b5c6d7e8f","trust_domain_name":"partner-co"}}`
)

type vector struct {
	method, target, body, authorization, canonical string
}

func vectors() map[string]vector {
	const signed = "SignedHeaders=host;x-domain-id;x-sdk-date, Signature="
	return map[string]vector{
		"the usual form, a query with a blank": {http.MethodGet, "/v3.0/OS-AGENCY/agencies?name=ci%20runner&domain_id=" + vectorDomain, "",
			"SDK-HMAC-SHA256 Access=" + vectorAccess + ", " + signed + "534d8d8542e2cdfc0e95309129a2250bf8c849fd36696f3431ffe407fc314c75",
			"038584b089836a11aad4ad27b4bbcb8f944c2f8854b095ca305e1ad4f8c7258e"},
		"the usual form, a body": {http.MethodPost, "/v3.0/OS-AGENCY/agencies", vectorBody,
			"SDK-HMAC-SHA256 Access=" + vectorAccess + ", " + signed + "cf98b34ce479c9a4c4e39cf9bdf5fde65adf669ba75df4cb8ff79c0be6d60d36",
			"6624a653735b7a40756d9caf01382c841f6458ec65e4fa1fc4536b2b99d2ce61"},
		"the older, derived form": {http.MethodGet, "/v3.0/OS-AGENCY/agencies?domain_id=" + vectorDomain, "",
			"SDK-HMAC-SHA256 Credential=" + vectorAccess + "/20250314///sdk_request, SignedHeaders=host;x-sdk-date, Signature=d0c74f5f3bf6b7c34d60907b3d31c1380b47d23f94616a8e019d81e7fedc4756",
			"2a7bb7cb27a4d05de2ed0c39481a51be9b27af6d6dde07bd4dd0ba297dbf5e6d"},
	}
}

func (v vector) request() *http.Request {
	r := httptest.NewRequest(v.method, v.target, strings.NewReader(v.body))
	r.Host = "iam.eu-test-1.example.test"
	r.Header.Set("X-Domain-Id", vectorDomain)
	r.Header.Set(dateHeader, "20250314T092653Z")
	r.Header.Set("Authorization", v.authorization)
	r.Header.Set("Content-Type", jsonType)
	return r
}

func TestVectors(t *testing.T) {
	for name, v := range vectors() {
		t.Run(name, func(t *testing.T) {
			r := v.request()
			sig, err := parseSignature(r.Header.Get("Authorization"))
			require.NoError(t, err)
			assert.Equal(t, v.canonical, hashHex([]byte(sig.canonicalRequest(r, canonicalQuery(r.URL.Query(), false), hashHex([]byte(v.body))))))
			assert.True(t, sig.verify(r, r.URL.Query(), []byte(v.body), vectorSecret))
			assert.False(t, sig.verify(r, r.URL.Query(), []byte(v.body+" "), vectorSecret), "another body")
			assert.False(t, sig.verify(r, r.URL.Query(), []byte(v.body), vectorSecret+"x"), "another secret")
			r.Header.Set(dateHeader, "20250314T092654Z")
			assert.False(t, sig.verify(r, r.URL.Query(), []byte(v.body), vectorSecret), "another date")
		})
	}
}

// vectorServer knows the key of the vectors and lives at their date.
func vectorServer(t *testing.T, now time.Time) *Server {
	t.Helper()
	w := DemoWorld(HuaweiCloud)
	w.Accounts = append(w.Accounts, Account{ID: vectorDomain, Name: "vector-co"})
	s, err := New(Options{Seed: w, Clock: func() time.Time { return now }, Keys: []Key{{Access: vectorAccess, Secret: vectorSecret, Account: "vector-co"}}})
	require.NoError(t, err)
	return s
}

func serve(s *Server, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

var vectorDate = time.Date(2025, 3, 14, 9, 26, 53, 0, time.UTC)

func TestSignedCalls(t *testing.T) {
	for name, v := range vectors() {
		t.Run(name, func(t *testing.T) {
			assert.Less(t, serve(vectorServer(t, vectorDate), v.request()).Code, 300)
		})
	}
}

func TestRefusedCalls(t *testing.T) {
	good := vectors()["the usual form, a query with a blank"]
	for name, test := range map[string]struct {
		change func(*http.Request)
		skew   time.Duration
		status int
	}{
		"a date fifteen minutes off is fine": {func(*http.Request) {}, 15 * time.Minute, 200},
		"a date beyond that is not":          {func(*http.Request) {}, 15*time.Minute + time.Second, 401},
		"a date in the future is not":        {func(*http.Request) {}, -16 * time.Minute, 401},
		"no authorization":                   {func(r *http.Request) { r.Header.Del("Authorization") }, 0, 401},
		"a security token of another key":    {func(r *http.Request) { r.Header.Set(securityTokenHeader, "x") }, 0, 401},
		"an unknown key": {func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(good.authorization, vectorAccess, "NOBODY", 1))
		}, 0, 401},
		"a missing date":                          {func(r *http.Request) { r.Header.Del(dateHeader) }, 0, 401},
		"a signed header with another value":      {func(r *http.Request) { r.Header.Set("X-Domain-Id", "other") }, 0, 401},
		"a query that was not signed":             {func(r *http.Request) { r.URL.RawQuery += "&page=1&per_page=1" }, 0, 401},
		"an unsigned project scope":               {func(r *http.Request) { r.Header.Set("X-Project-Id", "p") }, 0, 403},
		"a body hash that is not the body's":      {func(r *http.Request) { r.Header.Set(contentHeader, hashHex([]byte("x"))) }, 0, 401},
		"an unsigned header that nobody looks at": {func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, 0, 200},
	} {
		t.Run(name, func(t *testing.T) {
			r := good.request()
			test.change(r)
			w := serve(vectorServer(t, vectorDate.Add(test.skew)), r)
			assert.Equal(t, test.status, w.Code, w.Body)
			if w.Code == 401 {
				assert.Contains(t, w.Body.String(), `"error_code":"APIGW.0301"`)
				assert.Equal(t, vectorDate.Add(test.skew).Format(http.TimeFormat), w.Header().Get("Date"))
				assert.Contains(t, w.Body.String(), `"request_id":"`+w.Header().Get("X-Request-Id")+`"`)
			}
		})
	}
}

func TestFiveBadSignaturesLockTheKey(t *testing.T) {
	now := vectorDate
	s := vectorServer(t, now)
	s.options.Clock = func() time.Time { return now }
	good := vectors()["the usual form, a query with a blank"]
	bad := good
	bad.authorization += "0"
	for range 4 {
		assert.Equal(t, 401, serve(s, bad.request()).Code)
	}
	assert.Equal(t, 200, serve(s, good.request()).Code, "four in a row do not lock, and a good one starts the count afresh")
	for range 5 {
		assert.Equal(t, 401, serve(s, bad.request()).Code)
	}
	w := serve(s, good.request())
	assert.Equal(t, 401, w.Code)
	assert.Contains(t, w.Body.String(), "AK access failed to reach the limit,forbidden")
	now = now.Add(5 * time.Minute)
	assert.Equal(t, 200, serve(s, good.request()).Code)
}

func TestUnsignedPayload(t *testing.T) {
	v := vectors()["the usual form, a body"]
	r := v.request()
	r.Header.Set(contentHeader, "UNSIGNED-PAYLOAD")
	sig, err := parseSignature(r.Header.Get("Authorization"))
	require.NoError(t, err)
	sig.value = sig.sign(r, "", "UNSIGNED-PAYLOAD", vectorSecret)
	assert.True(t, sig.verify(r, r.URL.Query(), []byte("anything"), vectorSecret))
}

// The older signer hashes the query of a POST without body and leaves the canonical query empty.
func TestDerivedPostWithoutBody(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/v3/x?b=2&a=1&a=0", nil)
	r.Header.Set(dateHeader, "20250314T092653Z")
	sig := signature{access: "a", scope: "20250314/eu-de/iam/sdk_request", headers: []string{"host", "x-sdk-date"}}
	sig.value = sig.sign(r, "", hashHex([]byte("a=1&b=2")), vectorSecret)
	assert.True(t, sig.verify(r, r.URL.Query(), nil, vectorSecret))
	sig.scope = "20250315/eu-de/iam/sdk_request"
	assert.False(t, sig.verify(r, r.URL.Query(), nil, vectorSecret), "a scope of another day")
}
