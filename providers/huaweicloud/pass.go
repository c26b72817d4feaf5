package huaweicloud

import (
	"net/http"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/identity"
)

// pass is what lets a call in: an access key, a token, or nothing for the calls that ask for one. It is immutable.
type pass struct {
	keys  identity.Keys
	token identity.Secret
	// expires is when it ends, renew from when it should be replaced; zero is never, or not known.
	expires, renew time.Time
	// account and principal are whom the cloud named when it made the pass.
	account   plan.Account
	principal string
}

// The margin before the end of a pass in which it is renewed: a call that starts with it must end with it, waiting and
// repeating included. A short life has a smaller one.
const (
	renewMargin = 5 * time.Minute
	renewShare  = 5
)

// until returns the pass with its end set.
func (p pass) until(expires, now time.Time) *pass {
	p.expires = expires
	if !expires.IsZero() {
		p.renew = expires.Add(-min(renewMargin, expires.Sub(now)/renewShare))
	}
	return &p
}

// due reports whether the pass should be replaced.
func (p *pass) due(now time.Time) bool { return !p.renew.IsZero() && !now.Before(p.renew) }

// over reports whether the pass is of no use any more.
func (p *pass) over(now time.Time) bool { return !p.expires.IsZero() && !now.Before(p.expires) }

// headers returns what the attempt carries to be let in.
func (p *pass) headers(o outgoing, now time.Time) (http.Header, error) {
	switch {
	case !p.keys.Access.IsZero():
		return sign(p.keys, o, now)
	case !p.token.IsZero():
		return http.Header{"X-Auth-Token": {p.token.Reveal()}}, nil
	}
	return http.Header{}, nil
}
