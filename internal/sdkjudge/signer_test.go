package sdkjudge

import (
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/identity"
)

// headerLine is a header that can be sent: the name and the value.
var headerLine = regexp.MustCompile("^([-A-Za-z0-9!#$%&'*+.^_`|~]+): ?(.*)$")

// FuzzSigner signs any request with our signer and with the vendor's, which must agree.
//
// Left out is what the two do differently on purpose. The vendor signs no body of another type than JSON, and reads an
// empty hash of the body as one. Ours has headers for the date, the host and the signature of its own.
func FuzzSigner(f *testing.F) {
	const (
		access = "EXAMPLEAK0000000001"
		secret = "ExampleSecret/For+Tests0000000000000000"
	)
	for _, seed := range []struct{ method, path, query, headers, body, token string }{
		{"GET", "/v3.0/OS-AGENCY/agencies", "name=ci%20runner&domain_id=d0a1", "X-Domain-Id: d0a1", "", ""},
		{"POST", "/v3.0/OS-AGENCY/agencies/", "", "X-Project-Id: p\nContent-Type: application/json", `{"a":"<&>"}`, "token"},
		{"PUT", "/a:b@c d~!$&'()*+,;=/é", "b=2&b=10&a=&&c", "X_Trace: 1\nAccept:  a,  b\t", "\x00\xff", ""},
		{"DELETE", "//%2F/.", "%5B=1&AB=2&a~=3&a%FC=4&=x&+=+", "X-Sdk-Content-Sha256: UNSIGNED-PAYLOAD\nX-Language:", "null", ""},
		{"get", "", "a=1;b=2", "x-security-token: old", "", "new"},
		{"PATCH", "*", "%zz", "Content-Type-Of: x\nContent-Length: 3", " ", ""},
	} {
		f.Add(seed.method, "iam.example.test", seed.path, seed.query, seed.headers, []byte(seed.body), access, secret, seed.token, uint32(1741944413))
	}
	f.Fuzz(func(t *testing.T, method, host, path, rawQuery, headers string, body []byte, access, secret, token string, seconds uint32) {
		if method == "" || host == "" {
			return // net/http has defaults for these, the vendor's signer has none
		}
		now := time.Unix(int64(seconds), 0).In(time.FixedZone("", 3600))
		ours := &http.Request{Method: method, Host: host, URL: &url.URL{Scheme: "https", Host: host, Path: path, RawQuery: rawQuery}, Header: http.Header{}}
		for line := range strings.Lines(headers) {
			if m := headerLine.FindStringSubmatch(strings.TrimSuffix(line, "\n")); m != nil {
				ours.Header.Set(m[1], m[2])
			}
		}
		for _, own := range []string{"Host", "Authorization", "X-Sdk-Date"} {
			ours.Header.Del(own)
		}
		if !strings.Contains(ours.Header.Get("Content-Type"), "application/json") {
			ours.Header.Del("Content-Type")
		}
		if ours.Header.Get("X-Sdk-Content-Sha256") == "" {
			ours.Header.Del("X-Sdk-Content-Sha256")
		}

		vendors := request.NewHttpRequestBuilder().WithEndpoint("https://"+host).WithMethod(method).WithPath(path).WithBody("", string(body))
		for name, values := range ours.Header {
			vendors.AddHeaderParam(name, values[0])
		}
		vendors.AddHeaderParam("Host", host)
		vendors.AddHeaderParam("X-Sdk-Date", now.UTC().Format(signer.BasicDateFormat))
		if token != "" {
			vendors.AddHeaderParam("X-Security-Token", token)
		}
		query, malformed := url.ParseQuery(rawQuery)
		for key, values := range query {
			vendors.AddQueryParam(key, reflect.ValueOf(values)) // the vendor's signer passes over what is no reflect.Value
		}
		want, refused := signer.Sign(vendors.Build(), access, secret)

		keys := identity.Keys{Access: identity.NewSecret(access), Secret: identity.NewSecret(secret), SecurityToken: identity.NewSecret(token)}
		err := huaweicloud.Sign(ours, body, keys, now)
		if malformed != nil || refused != nil {
			require.Error(t, err)
			require.Empty(t, ours.Header.Get("Authorization"))
			return
		}
		require.NoError(t, err)
		require.Equal(t, want["Authorization"], ours.Header.Get("Authorization"))
		require.Equal(t, want["X-Sdk-Date"], ours.Header.Get("X-Sdk-Date"))
		if token != "" {
			require.Equal(t, token, ours.Header.Get("X-Security-Token"))
		}
	})
}
