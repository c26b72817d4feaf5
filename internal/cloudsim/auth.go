package cloudsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

const (
	maxClockSkew   = 15 * time.Minute
	badInARow      = 5
	lockedFor      = 5 * time.Minute
	signatureError = "APIGW.0301"

	tokenHeader         = "X-Auth-Token"
	subjectHeader       = "X-Subject-Token"
	securityTokenHeader = "X-Security-Token"
	projectHeader       = "X-Project-Id"
)

// authenticator knows the keys and the users, and counts failed attempts. Safe for concurrent use.
type authenticator struct {
	keys         map[string]Key // by access key; Account holds an account id
	users        []User         // Account holds an account id
	issued       *credentialStore
	faults       *faultInjector
	noSignatures bool
	home         string

	mu          sync.Mutex
	failures    map[string]int
	lockedUntil map[string]time.Time
}

// caller is the user or the agency that makes a call. The zero value is a caller without credentials.
type caller struct {
	// account is the id of the account that the call is made in.
	account string
	// project is set when the call is scoped to a project instead of the account.
	project string
	// token means that the scope comes from a token, and no header can change it.
	token bool
	// id and name belong to the user, or to the agency that was assumed.
	id, name string

	// by is the caller that assumed the agency, nil for a user. trustee is the party that the agency trusted then: the account
	// of by, or a cloud service.
	by      *caller
	trustee string
	session string
}

// assumed reports whether the caller acts as an agency.
func (c caller) assumed() bool { return c.by != nil }

func unauthorized(message string) error {
	message = "Incorrect IAM authentication information: " + message
	return &refusal{shape: ShapeB, status: http.StatusUnauthorized, code: signatureError, message: message}
}

// badToken refuses a token. IAM answers itself, and a service whose page says so; for the others the gateway does.
func badToken(rt *route, expired bool) error {
	switch {
	case rt != nil && rt.badToken != nil:
		return rt.badToken(expired)
	case rt == nil || rt.service != identityName:
		return unauthorized("the token cannot be deciphered or has expired")
	case expired:
		return &refusal{shape: ShapeB, status: http.StatusUnauthorized, code: "IAM.0066", message: "The token has expired."}
	}
	return &refusal{shape: ShapeB, status: http.StatusUnauthorized, code: "IAM.0067", message: "The X-Auth-Token is invalid!"}
}

// authenticate returns the caller, by a token or by a signature, or refuses the call.
func (a *authenticator) authenticate(r *http.Request, rt *route, query url.Values, body []byte, now time.Time) (caller, error) {
	if text := r.Header.Get(tokenHeader); text != "" {
		return a.byToken(rt, text, now)
	}
	header := r.Header.Get("Authorization")
	sig, err := parseSignature(header)
	if a.noSignatures {
		return a.unverified(r, sig, err == nil), nil
	}
	if header == "" && rt != nil && rt.session {
		return caller{}, nil
	}
	if err != nil {
		return caller{}, unauthorized(err.Error())
	}
	who, err := a.bySignature(r, sig, query, body, now)
	who.project = r.Header.Get(projectHeader)
	return who, err
}

// byToken returns the caller for whom the token was issued.
func (a *authenticator) byToken(rt *route, text string, now time.Time) (caller, error) {
	t, known := a.issued.token(text)
	if !known || !now.Before(t.expires) {
		return caller{}, badToken(rt, known)
	}
	return t.who, nil
}

// unverified returns the caller that the call claims.
func (a *authenticator) unverified(r *http.Request, sig signature, signed bool) caller {
	who := caller{account: a.home}
	if domain := r.Header.Get("X-Domain-Id"); domain != "" {
		who.account = domain
	}
	who.name = "key-user"
	who.id = userID(who.account, who.name)
	if key, known := a.keys[sig.access]; signed && known {
		who = key.caller()
	} else if key, known := a.issued.key(sig.access); signed && known {
		who = key.who
	}
	who.project = r.Header.Get(projectHeader)
	return who
}

// bySignature returns the caller whose key signed the call.
func (a *authenticator) bySignature(r *http.Request, sig signature, query url.Values, body []byte, now time.Time) (caller, error) {
	var who caller
	var secret, token string
	var expires time.Time
	faults := a.faults.current()
	if key, known := a.keys[sig.access]; known {
		who, secret = key.caller(), key.Secret
	} else if key, known := a.issued.key(sig.access); known {
		who, secret, token, expires = key.who, key.secret, key.token, key.expires
	} else {
		return caller{}, unauthorized("the access key is not known")
	}
	if a.locked(sig.access, now) || slices.Contains(faults.LockedKeys, sig.access) {
		return caller{}, unauthorized("AK access failed to reach the limit,forbidden")
	}
	date, err := time.Parse(signDateFormat, r.Header.Get(dateHeader))
	if err != nil {
		return caller{}, unauthorized(dateHeader + " is missing or malformed")
	}
	if now.Add(faults.ClockSkew).Sub(date).Abs() > maxClockSkew {
		return caller{}, unauthorized(dateHeader + " is more than 15 minutes off")
	}
	good := sig.verify(r, query, body, secret)
	a.countAttempt(sig.access, good, now)
	switch {
	case !good:
		return caller{}, unauthorized("verify aksk signature fail")
	case !sameSecret(r.Header.Get(securityTokenHeader), token):
		return caller{}, unauthorized(securityTokenHeader + " is not that of the access key")
	case token != "" && !now.Before(expires):
		return caller{}, unauthorized("the security token has expired")
	}
	return who, nil
}

// caller returns the user that the key pair belongs to.
func (k Key) caller() caller {
	name := "key-user"
	if k.Access == DemoAccessKey {
		name = DemoUser
	}
	return caller{account: k.Account, id: userID(k.Account, name), name: name}
}

func (a *authenticator) locked(access string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return now.Before(a.lockedUntil[access])
}

func (a *authenticator) countAttempt(access string, good bool, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if good {
		delete(a.failures, access)
		return
	}
	if a.failures[access]++; a.failures[access] >= badInARow {
		a.lockedUntil[access] = now.Add(lockedFor)
		delete(a.failures, access)
	}
}

// The demo user of a world's home account. The password is public on purpose: it opens simulators and nothing else.
const (
	DemoUser         = "demo-operator"
	DemoUserPassword = "public-demo-password-opens-only-simulators"
)

// User can get a token with a password. The demo key pair belongs to DemoUser.
type User struct {
	Name string
	// ID is made from account and name when it is "".
	ID       string
	Password string
	// Account is the name or the id of an account of the world; "" means its home account.
	Account string
}

// String leaves out the password.
func (u User) String() string { return u.Account + "/" + u.Name }

// GoString leaves out the password.
func (u User) GoString() string { return u.String() }

func userID(account, name string) string { return demoID("user", account+"/"+name) }

// newUsers returns the demo user and those of the options, with the ids of their accounts.
func newUsers(o Options, w *World) ([]User, error) {
	var users []User
	for _, u := range append([]User{{Name: DemoUser, Password: DemoUserPassword}}, o.Users...) {
		account := w.AccountNamed(u.Account)
		if account == nil {
			return nil, fmt.Errorf("the user %q is of the account %q, which the simulator does not know", u.Name, u.Account)
		}
		if u.Name == "" || u.Password == "" {
			return nil, fmt.Errorf("a user of the account %q is incomplete: name and password must be there", account.Name)
		}
		u.Account = account.ID
		if u.ID == "" {
			u.ID = userID(account.ID, u.Name)
		}
		for _, other := range users {
			if other.ID == u.ID || other.Account == u.Account && other.Name == u.Name {
				return nil, fmt.Errorf("the user %q of the account %q is there twice", u.Name, account.Name)
			}
		}
		users = append(users, u)
	}
	return users, nil
}

func (u User) caller() caller { return caller{account: u.Account, id: u.ID, name: u.Name} }

// sameSecret compares in constant time.
func sameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return hmac.Equal(x[:], y[:])
}
