package auth

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSignatureMatchesTheDocumentedVectors(t *testing.T) {
	const domain = "d0a1b2c3d4e5f60718293a4b5c6d7e8f"
	keys := Keys{Access: NewSecret("EXAMPLEAK0000000001"), Secret: NewSecret("ExampleSecret/For+Tests0000000000000000")}
	now := time.Date(2025, 3, 14, 9, 26, 53, 0, time.UTC)
	for name, test := range map[string]struct{ method, url, body, signature string }{
		"a query with a space": {
			"GET", "https://iam.eu-test-1.example.test/v3.0/OS-AGENCY/agencies?domain_id=" + domain + "&name=ci%20runner", "",
			"534d8d8542e2cdfc0e95309129a2250bf8c849fd36696f3431ffe407fc314c75",
		},
		"a body": {
			"POST", "https://iam.eu-test-1.example.test/v3.0/OS-AGENCY/agencies",
			`{"agency":{"name":"ci-runner","domain_id":"d0a1b2c3d4e5f60718293a4b5c6d7e8f","trust_domain_name":"partner-co"}}`,
			"cf98b34ce479c9a4c4e39cf9bdf5fde65adf669ba75df4cb8ff79c0be6d60d36",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequest(test.method, test.url, strings.NewReader(test.body))
			require.NoError(t, err)
			c := Credential{keys: keys}
			require.NoError(t, c.Authenticate(r, []byte(test.body), domain, "", now))
			assert.Equal(t, "SDK-HMAC-SHA256 Access=EXAMPLEAK0000000001, SignedHeaders=host;x-domain-id;x-sdk-date, Signature="+test.signature,
				r.Header.Get("Authorization"))
			assert.Equal(t, "20250314T092653Z", r.Header.Get("X-Sdk-Date"))
			assert.Equal(t, domain, r.Header.Get("X-Domain-Id"))
		})
	}
}

func TestTemporaryKeysSignTheirToken(t *testing.T) {
	c := Credential{keys: Keys{Access: NewSecret("AK"), Secret: NewSecret("SK"), SecurityToken: NewSecret("token")}}
	r, err := http.NewRequest("GET", "https://h.test/v3/roles", nil)
	require.NoError(t, err)
	require.NoError(t, c.Authenticate(r, nil, "d0a1", "", time.Unix(0, 0)))
	assert.Equal(t, "token", r.Header.Get("X-Security-Token"))
	assert.Contains(t, r.Header.Get("Authorization"), "SignedHeaders=host;x-domain-id;x-sdk-date;x-security-token,")
}
