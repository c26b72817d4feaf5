package auth

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/agencyctl/agencyctl/plan"
)

// redacted is what a secret prints as.
const redacted = "[redacted]"

// Secret is a text that must not be shown. Printing, logging and encoding it give "[redacted]", also as part of other
// values: the text is behind a pointer, which package fmt does not follow in fields that it cannot call methods of. The
// zero value is no secret.
type Secret struct{ text *string }

// NewSecret hides text; an empty one gives the zero value.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal returns the text, to be sent to the service that it is meant for, and nowhere else.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.text == nil }

// Format implements [fmt.Formatter] for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText implements [encoding.TextMarshaler], which JSON and slog use.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Scheme is how a credential authenticates a call.
type Scheme int

// The schemes. A call without authentication asks for a token: its body holds the password.
const (
	SchemeNone Scheme = iota
	SchemeToken
	SchemeSignature
)

// Credential authenticates calls: with keys that sign them or with a token. It is immutable.
type Credential struct {
	keys  Keys
	token Secret
	// expires is the end as the cloud reported it.
	expires time.Time
	// end is the end by our clock, and renew the time from which the credential should be replaced. Zero means never, or
	// unknown.
	end, renew time.Time
	// account and principal are those that the cloud named when it made the credential.
	account   plan.Account
	principal string
}

// The margin before the end of a credential in which it is renewed: a call that starts with it must end with it, its waits
// and retries included. The margin is at most the given share of a short life.
const (
	renewMargin = 5 * time.Minute
	renewShare  = 5
)

// expiring returns the credential with its end set. The cloud reports the end as expires and its own time as date, "" when
// unknown, when our clock shows now. Our clock may be wrong by more than the credential's life, so the life is measured by
// the cloud's clock and counted from now. Without a usable date our clock is trusted, unless it would make the credential
// due at once: each call would then get a new one.
func (c Credential) expiring(expires time.Time, date string, now time.Time) *Credential {
	c.expires = expires
	if expires.IsZero() {
		return &c
	}
	life := expires.Sub(now)
	if reported, err := http.ParseTime(date); err == nil && expires.After(reported) {
		life = expires.Sub(reported)
	}
	if life <= 0 {
		return &c
	}
	c.end = now.Add(life)
	c.renew = c.end.Add(-min(renewMargin, life/renewShare))
	return &c
}

// due reports whether the credential should be replaced.
func (c *Credential) due(now time.Time) bool { return reached(c.renew, now) }

// ended reports whether the credential is of no use any more.
func (c *Credential) ended(now time.Time) bool { return reached(c.end, now) }

// reached reports whether now is at or after a time; the zero time is never reached. It compares both the monotonic and
// the wall clock, because the monotonic one stands still while a machine sleeps.
func reached(at, now time.Time) bool {
	return !at.IsZero() && (!now.Before(at) || !now.Round(0).Before(at.Round(0)))
}

// Scheme returns how the credential authenticates a call.
func (c *Credential) Scheme() Scheme {
	switch {
	case !c.keys.Access.IsZero():
		return SchemeSignature
	case !c.token.IsZero():
		return SchemeToken
	}
	return SchemeNone
}

// Authenticate sets the headers that authenticate r for a call in the project, or in the account where projectID is "".
// accountID is "" where it is not known; the keys then imply it. A token holds only in the scope that it was made for, so
// only keys need the ids. body is what r will send. The headers that r already has are signed too.
func (c *Credential) Authenticate(r *http.Request, body []byte, accountID, projectID string, now time.Time) error {
	switch c.Scheme() {
	case SchemeSignature:
		if projectID != "" {
			r.Header.Set("X-Project-Id", projectID)
		} else if accountID != "" {
			r.Header.Set("X-Domain-Id", accountID)
		}
		return Sign(r, body, c.keys, now)
	case SchemeToken:
		r.Header.Set("X-Auth-Token", c.token.Reveal())
	}
	return nil
}
