package huaweicloud

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

func TestSignatureMatchesTheDocumentedVectors(t *testing.T) {
	const domain = "d0a1b2c3d4e5f60718293a4b5c6d7e8f"
	keys := auth.Keys{Access: auth.NewSecret("EXAMPLEAK0000000001"), Secret: auth.NewSecret("ExampleSecret/For+Tests0000000000000000")}
	now := time.Date(2025, 3, 14, 9, 26, 53, 0, time.UTC)
	base := &url.URL{Scheme: "https", Host: "iam.eu-test-1.example.test"}
	for name, test := range map[string]struct {
		out       outgoing
		signature string
	}{
		"a query with a space": {
			outgoing{method: "GET", base: base, path: "/v3.0/OS-AGENCY/agencies", query: url.Values{"name": {"ci runner"}, "domain_id": {domain}}},
			"534d8d8542e2cdfc0e95309129a2250bf8c849fd36696f3431ffe407fc314c75",
		},
		"a body": {
			outgoing{
				method: "POST", base: base, path: "/v3.0/OS-AGENCY/agencies",
				body: []byte(`{"agency":{"name":"ci-runner","domain_id":"d0a1b2c3d4e5f60718293a4b5c6d7e8f","trust_domain_name":"partner-co"}}`),
			},
			"cf98b34ce479c9a4c4e39cf9bdf5fde65adf669ba75df4cb8ff79c0be6d60d36",
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.out.domain = domain
			header, err := sign(keys, test.out, now)
			require.NoError(t, err)
			assert.Equal(t, "SDK-HMAC-SHA256 Access=EXAMPLEAK0000000001, SignedHeaders=host;x-domain-id;x-sdk-date, Signature="+test.signature,
				header.Get("Authorization"))
			assert.Equal(t, "20250314T092653Z", header.Get("X-Sdk-Date"))
			assert.Equal(t, domain, header.Get("X-Domain-Id"))
		})
	}
}

func TestTemporaryKeysSignTheirToken(t *testing.T) {
	keys := auth.Keys{Access: auth.NewSecret("AK"), Secret: auth.NewSecret("SK"), SecurityToken: auth.NewSecret("token")}
	header, err := sign(keys, outgoing{domain: "d0a1", method: "GET", base: &url.URL{Scheme: "https", Host: "h.test"}, path: "/v3/roles"}, time.Unix(0, 0))
	require.NoError(t, err)
	assert.Equal(t, "token", header.Get("X-Security-Token"))
	assert.Contains(t, header.Get("Authorization"), "SignedHeaders=host;x-domain-id;x-sdk-date;x-security-token,")
}

func TestWhatIsSentIsEscapedAsItIsSigned(t *testing.T) {
	assert.Equal(t, "/v3/a%3Ab%40c%20d/~e", escapePath("/v3/a:b@c d/~e"))
	assert.Equal(t, "a%20b=c%2Bd&e=", escapeQuery(url.Values{"e": {""}, "a b": {"c+d"}}))
}
