package huaweicloud

import (
	"net/http"
	"net/url"
	"reflect"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"

	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// outgoing is one attempt of a call, before it is signed.
type outgoing struct {
	method string
	base   *url.URL
	path   string // unescaped, beginning with a slash
	query  url.Values
	body   []byte
	// project is the id of the project to act in; "" acts in the account.
	project string
	// domain is the id of the account to act in, "" when it is not known yet: the key then says it.
	domain string
	pass   *pass
}

// sign returns the headers that authenticate the attempt, made by the vendor's own signer. Each attempt is signed
// afresh: the date is part of the signature and grows stale within minutes.
//
// Traps of the signer: it reads query values only as reflect.Value, it signs a host only when given one as a header,
// it encodes a body that is no string as JSON again, and it never signs content-type.
func sign(keys auth.Keys, o outgoing, now time.Time) (http.Header, error) {
	scope, id := "X-Domain-Id", o.domain
	if o.project != "" {
		scope, id = "X-Project-Id", o.project
	}
	b := request.NewHttpRequestBuilder().
		WithEndpoint(o.base.String()).
		WithMethod(o.method).
		WithPath(o.path).
		AddHeaderParam("Host", o.base.Host).
		AddHeaderParam("X-Sdk-Date", now.UTC().Format(signer.BasicDateFormat))
	header := http.Header{}
	for name, value := range map[string]string{scope: id, "X-Security-Token": keys.SecurityToken.Reveal()} {
		if value != "" {
			b.AddHeaderParam(name, value)
			header.Set(name, value)
		}
	}
	for key, values := range o.query {
		b.AddQueryParam(key, reflect.ValueOf(values))
	}
	if len(o.body) > 0 {
		b.WithBody("", string(o.body))
	}
	signed, err := signer.Sign(b.Build(), keys.Access.Reveal(), keys.Secret.Reveal())
	if err != nil {
		return nil, err
	}
	for name, value := range signed {
		header.Set(name, value)
	}
	return header, nil
}
