package huaweicloud

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers/huaweicloud/identity"
)

var (
	vectorKeys = identity.Keys{Access: identity.NewSecret("EXAMPLEAK0000000001"), Secret: identity.NewSecret("ExampleSecret/For+Tests0000000000000000")}
	vectorDate = time.Date(2025, 3, 14, 9, 26, 53, 0, time.UTC)
)

// unsigned is a request with the path and the query escaped as net/http does it.
func unsigned(method, host, path string, query url.Values, header map[string]string) *http.Request {
	r := &http.Request{
		Method: method, URL: &url.URL{Scheme: "https", Host: host, Path: path, RawQuery: query.Encode()}, Host: host, Header: http.Header{},
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	return r
}

// The vectors were made by the vendor's signer.
func TestSignaturesAreTheVendors(t *testing.T) {
	const (
		iam    = "iam.eu-test-1.example.test"
		domain = "d0a1b2c3d4e5f60718293a4b5c6d7e8f"
	)
	for name, test := range map[string]struct {
		method, host, path string
		query              url.Values
		header             map[string]string
		body               string
		signed, signature  string
	}{
		"a query with a blank": {
			"GET", iam, "/v3.0/OS-AGENCY/agencies", url.Values{"name": {"ci runner"}, "domain_id": {domain}}, map[string]string{"X-Domain-Id": domain}, "",
			"host;x-domain-id;x-sdk-date", "534d8d8542e2cdfc0e95309129a2250bf8c849fd36696f3431ffe407fc314c75",
		},
		"a body": {
			"POST", iam, "/v3.0/OS-AGENCY/agencies", nil, map[string]string{"X-Domain-Id": domain},
			`{"agency":{"name":"ci-runner","domain_id":"d0a1b2c3d4e5f60718293a4b5c6d7e8f","trust_domain_name":"partner-co"}}`,
			"host;x-domain-id;x-sdk-date", "cf98b34ce479c9a4c4e39cf9bdf5fde65adf669ba75df4cb8ff79c0be6d60d36",
		},
		"a path that ends with a slash": {
			"GET", "h.test", "/v3/roles/", nil, nil, "",
			"host;x-sdk-date", "6f70d6458916e20df92177e66dbd0576ccc6edf6d861ff177822107b531c55f6",
		},
		"two slashes at the end": {
			"GET", "h.test", "/v3//", nil, nil, "",
			"host;x-sdk-date", "33f1a583136d6b08a575e191cedd70edc9e7e53e0f26d439d474941270f2dcbf",
		},
		"no path": {
			"GET", "h.test", "", nil, nil, "",
			"host;x-sdk-date", "191ef2be518addf396ad67723449f70f690466eda33fb1b5803300b66516af40",
		},
		"no method, which is GET": {
			"", "h.test", "/v3/roles/", nil, nil, "",
			"host;x-sdk-date", "6f70d6458916e20df92177e66dbd0576ccc6edf6d861ff177822107b531c55f6",
		},
		"reserved characters in a path": {
			"PUT", "h.test", "/v3/a:b@c d~!$&'()*+,;=-_./é%2", nil, nil, "",
			"host;x-sdk-date", "0c84f2accc7a6309240d69581155b961b1de4028293e0ce03bb35fa37951e001",
		},
		"bytes that are no text": {
			"GET", "h.test", "/\xff\x00/\n", url.Values{"k": {"\xfe"}}, nil, "",
			"host;x-sdk-date", "228063a63495741747b4eb4102d96af0b6b5b5d54729f6061a5db4b79a51cebb",
		},
		"a port": {
			"GET", "h.test:8443", "/v3", nil, nil, "",
			"host;x-sdk-date", "05e97424d81f9e7164e659aa1dd8812b256b7095f69faba8144c0c252c293f55",
		},
		"values of a key out of order": {
			"GET", "h.test", "/v3", url.Values{"b": {"2", "10", "1"}, "a": {"z"}}, nil, "",
			"host;x-sdk-date", "e004cd76a2c863094e123aeaf3b70cb6efc0717fa14028e95aa97874bd28dfb3",
		},
		"keys and values without text": {
			"GET", "h.test", "/v3", url.Values{"limit": {""}, "": {"x"}}, nil, "",
			"host;x-sdk-date", "648a904fb1c16bf4a6fc8663bb2e9e7fbdfc7e298096df11ab10a6877ede96d7",
		},
		"blanks, plus signs and equals signs in a query": {
			"DELETE", "h.test", "/v3", url.Values{"a b": {"c+d", "e=f&g"}}, nil, "",
			"host;x-sdk-date", "47e657139a7ab4078ffb72a064ebdbb1dca5d7caabf1a5516e79820b39423e01",
		},
		"keys whose order changes when they are escaped": {
			"GET", "h.test", "/v3", url.Values{"A[": {"1"}, "AB": {"2"}, "a~": {"3"}, "aü": {"4"}}, nil, "",
			"host;x-sdk-date", "017665fb9c9c48e9df4debfbb8fc32d9bb22f318bb27254782c9a295d474cc2e",
		},
		"a project and a security token": {
			"POST", "h.test", "/v1/p", nil, map[string]string{"X-Project-Id": "0a1b2c3d4e5f60718293a4b5c6d7e8f0", "X-Security-Token": "EXAMPLE/token+of=="}, "{}",
			"host;x-project-id;x-sdk-date;x-security-token", "69c636dbbaf1dbace7404d10468310f62c07ffb2304c19524e73e9b341dde3d6",
		},
		"blanks around and in a header": {
			"GET", "h.test", "/v3", nil, map[string]string{"X-Language": "  en-us,  zh-cn\t"}, "",
			"host;x-language;x-sdk-date", "80b02da9de7ef23681c8946c282318ab0785d0c2d9fe5ec6aa25b1fbf7c2413e",
		},
		"headers that are not signed": {
			"POST", "h.test", "/v3", nil, map[string]string{"Content-Type": "application/json", "X_Trace": "1", "Accept": "*/*"}, "{}",
			"accept;host;x-sdk-date", "9cc3f40a2d2db2f62e9c8bd8d82fa8fa3a17abb956b5e291c9373216fa292ef3",
		},
		"a header without text": {
			"GET", "h.test", "/v3", nil, map[string]string{"X-Language": ""}, "",
			"host;x-language;x-sdk-date", "fb57a8a4c3797d538d174a40e102b8e92c9217f6d724ae69d42f2d5a39030bd9",
		},
		"a hash given for the body": {
			"PUT", "h.test", "/v3", nil, map[string]string{"X-Sdk-Content-Sha256": "UNSIGNED-PAYLOAD"}, "anything",
			"host;x-sdk-content-sha256;x-sdk-date", "c11fb813cfb10b89e8cb49600469ed6fb2808b9d7c890325a137c64d741b4b93",
		},
		"a body of bytes": {
			"PATCH", "h.test", "/v3", nil, nil, "\x00\xff<&>",
			"host;x-sdk-date", "7cf362120aabe6adb2c20a103ea5c942f36b611301bffa850bf2cc67df09f9c5",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := unsigned(test.method, test.host, test.path, test.query, test.header)
			want := "SDK-HMAC-SHA256 Access=EXAMPLEAK0000000001, SignedHeaders=" + test.signed + ", Signature=" + test.signature
			for range 2 { // signed again, nothing of the first signature is left
				require.NoError(t, Sign(r, []byte(test.body), vectorKeys, vectorDate.In(time.FixedZone("", 3600))))
				assert.Equal(t, want, r.Header.Get("Authorization"))
			}
			assert.Equal(t, "20250314T092653Z", r.Header.Get("X-Sdk-Date"))
		})
	}
}

func TestTemporaryKeysSignTheirToken(t *testing.T) {
	r := unsigned("GET", "h.test", "/v3/roles", nil, nil)
	keys := vectorKeys
	keys.SecurityToken = identity.NewSecret("EXAMPLE/token+of==")
	require.NoError(t, Sign(r, nil, keys, vectorDate))
	assert.Equal(t, "EXAMPLE/token+of==", r.Header.Get("X-Security-Token"))
	assert.Contains(t, r.Header.Get("Authorization"), "SignedHeaders=host;x-sdk-date;x-security-token,")
}

func TestTheHostIsTheOneThatIsSent(t *testing.T) {
	want := unsigned("GET", "h.test", "/v3", nil, nil)
	require.NoError(t, Sign(want, nil, vectorKeys, vectorDate))
	for name, change := range map[string]func(*http.Request){
		"not given beside the URL":     func(r *http.Request) { r.Host = "" },
		"another one than the URL's":   func(r *http.Request) { r.URL.Host = "proxy.test" },
		"a header that is never sent":  func(r *http.Request) { r.Header.Set("Host", "other.test") },
		"a signature that was there":   func(r *http.Request) { r.Header.Set("Authorization", "x") },
		"a date that was there before": func(r *http.Request) { r.Header.Set("X-Sdk-Date", "20250314T000000Z") },
	} {
		t.Run(name, func(t *testing.T) {
			r := unsigned("GET", "h.test", "/v3", nil, nil)
			change(r)
			require.NoError(t, Sign(r, nil, vectorKeys, vectorDate))
			assert.Equal(t, want.Header.Get("Authorization"), r.Header.Get("Authorization"))
		})
	}
}

func TestWhatIsEscapedInASegmentStaysInIt(t *testing.T) {
	signature := func(path, raw string) string {
		r := unsigned("GET", "h.test", path, nil, nil)
		r.URL.RawPath = raw
		require.NoError(t, Sign(r, nil, vectorKeys, vectorDate))
		return r.Header.Get("Authorization")
	}
	assert.NotEqual(t, signature("/v3/a/b", ""), signature("/v3/a/b", "/v3/a%2Fb"))
	assert.Equal(t, signature("/v3/a:b", ""), signature("/v3/a:b", "/v3/a%3ab"))
}

func TestWhatCannotBeSignedIsAnErrorWithoutSecrets(t *testing.T) {
	for name, test := range map[string]struct {
		keys  identity.Keys
		query string
		want  string
	}{
		"no access key":     {identity.Keys{Secret: vectorKeys.Secret}, "", "an access key and its secret key are needed"},
		"no secret key":     {identity.Keys{Access: vectorKeys.Access}, "", "an access key and its secret key are needed"},
		"a malformed query": {vectorKeys, "a=1&b=%zz", `the query is malformed: invalid URL escape "%zz"`},
		"a semicolon":       {vectorKeys, "a=1;b=2", "the query is malformed: invalid semicolon separator in query"},
	} {
		t.Run(name, func(t *testing.T) {
			r := unsigned("GET", "h.test", "/v3", nil, nil)
			r.URL.RawQuery = test.query
			assert.EqualError(t, Sign(r, nil, test.keys, vectorDate), test.want)
			assert.Empty(t, r.Header.Get("Authorization"))
		})
	}
}

func TestWhatIsSentIsEscapedAsItIsSigned(t *testing.T) {
	assert.Equal(t, "/v3/a%3Ab%40c%20d/~e", escapePath("/v3/a:b@c d/~e"))
	assert.Equal(t, "a%20b=c%2Bd&e=", encodeQuery(url.Values{"e": {""}, "a b": {"c+d"}}))
}
