package auth

import (
	"net/http"
	"reflect"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
)

// Sign sets the headers that show that the holder of keys sends r at the time now: X-Sdk-Date, Authorization and, for
// temporary keys, X-Security-Token. Each attempt is signed afresh: the cloud refuses a date that is about 15 minutes off.
// body is what r will send, nil for nothing; r.Body is not read. r.Header must not be nil. The headers that r already has
// are signed too, and those that are set later are not.
//
// Traps of the vendor's signer, which makes the signature: it reads query values only as reflect.Value, it signs a host
// only when given one as a header, and it encodes a body that is no string as JSON again.
func Sign(r *http.Request, body []byte, keys Keys, now time.Time) error {
	if !keys.SecurityToken.IsZero() {
		r.Header.Set("X-Security-Token", keys.SecurityToken.Reveal())
	}
	b := request.NewHttpRequestBuilder().
		WithEndpoint(r.URL.Scheme+"://"+r.URL.Host).
		WithMethod(r.Method).
		WithPath(r.URL.Path).
		AddHeaderParam("Host", r.URL.Host).
		AddHeaderParam("X-Sdk-Date", now.UTC().Format(signer.BasicDateFormat))
	for name := range r.Header {
		b.AddHeaderParam(name, r.Header.Get(name))
	}
	for key, values := range r.URL.Query() {
		b.AddQueryParam(key, reflect.ValueOf(values))
	}
	if len(body) > 0 {
		b.WithBody("", string(body))
	}
	signed, err := signer.Sign(b.Build(), keys.Access.Reveal(), keys.Secret.Reveal())
	if err != nil {
		return err
	}
	for name, value := range signed {
		r.Header.Set(name, value)
	}
	return nil
}
