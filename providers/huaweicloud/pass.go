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
	// expires is when it ends, as the cloud says it.
	expires time.Time
	// end is when it ends by our clock, and renew from when it should be replaced; zero is never, or not known.
	end, renew time.Time
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

// until returns the pass with its end set: expires by the cloud's clock, which shows date, "" when that is not known, when
// ours shows now. Our clock may be wrong by more than the pass lives, so the life is what the cloud's own clock gives it,
// counted from now. Without a usable date our clock is trusted, unless it would make the pass due at once: each call would
// then get a new one.
func (p pass) until(expires time.Time, date string, now time.Time) *pass {
	p.expires = expires
	if expires.IsZero() {
		return &p
	}
	life := expires.Sub(now)
	if told, err := http.ParseTime(date); err == nil && expires.After(told) {
		life = expires.Sub(told)
	}
	if life <= 0 {
		return &p
	}
	p.end = now.Add(life)
	p.renew = p.end.Add(-min(renewMargin, life/renewShare))
	return &p
}

// due reports whether the pass should be replaced.
func (p *pass) due(now time.Time) bool { return reached(p.renew, now) }

// over reports whether the pass is of no use any more.
func (p *pass) over(now time.Time) bool { return reached(p.end, now) }

// reached reports whether it is at or after a time, the zero time being never: by the clock that only goes forward, or
// by the one on the wall, as the former stands still while a machine sleeps.
func reached(at, now time.Time) bool {
	return !at.IsZero() && (!now.Before(at) || !now.Round(0).Before(at.Round(0)))
}

// authenticate sets the headers that let the attempt in. A token holds where it was made for, so only keys say where.
func (p *pass) authenticate(r *http.Request, o outgoing, now time.Time) error {
	switch {
	case !p.keys.Access.IsZero():
		if o.project != "" {
			r.Header.Set("X-Project-Id", o.project)
		} else if o.domain != "" {
			r.Header.Set("X-Domain-Id", o.domain)
		}
		return Sign(r, o.body, p.keys, now)
	case !p.token.IsZero():
		r.Header.Set("X-Auth-Token", p.token.Reveal())
	}
	return nil
}
