package cloudsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
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

// authenticator knows the keys, the users and who used a key wrongly. Safe for concurrent use.
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

// caller is who makes a call. The zero value is nobody.
type caller struct {
	// account is the id of the account that is acted in.
	account string
	// project is set when the call is scoped to a project instead of the account.
	project string
	// token says that the scope is that of a token, which no header can change.
	token bool
	// id and name are those of the user, or of the agency that was assumed.
	id, name string

	// by is who assumed an agency, and nil for a user. trustee is whom the agency trusted then: by's account, or a cloud
	// service.
	by      *caller
	trustee string
	session string
}

// assumed says that the caller acts as an agency.
func (c caller) assumed() bool { return c.by != nil }

func unauthorized(message string) error {
	return &refusal{shape: ShapeB, status: http.StatusUnauthorized, code: signatureError, message: "Incorrect IAM authentication information: " + message}
}

// badToken refuses a token. IAM answers itself; before the others stands the gateway.
func badToken(rt *route, expired bool) error {
	switch {
	case rt == nil || rt.service != identityName:
		return unauthorized("the token cannot be deciphered or has expired")
	case expired:
		return &refusal{shape: ShapeB, status: http.StatusUnauthorized, code: "IAM.0066", message: "The token has expired."}
	}
	return &refusal{shape: ShapeB, status: http.StatusUnauthorized, code: "IAM.0067", message: "The X-Auth-Token is invalid!"}
}

// authenticate says who makes the call, by a token or by a signature, or refuses it.
func (g *authenticator) authenticate(r *http.Request, rt *route, query url.Values, body []byte, now time.Time) (caller, error) {
	if text := r.Header.Get(tokenHeader); text != "" {
		return g.byToken(rt, text, now)
	}
	header := r.Header.Get("Authorization")
	sig, err := parseSignature(header)
	if g.noSignatures {
		return g.unverified(r, sig, err == nil), nil
	}
	if header == "" && rt != nil && rt.session {
		return caller{}, nil
	}
	if err != nil {
		return caller{}, unauthorized(err.Error())
	}
	who, err := g.bySignature(r, sig, query, body, now)
	who.project = r.Header.Get(projectHeader)
	return who, err
}

// byToken is who holds the token.
func (g *authenticator) byToken(rt *route, text string, now time.Time) (caller, error) {
	t, known := g.issued.token(text)
	if !known || !now.Before(t.expires) {
		return caller{}, badToken(rt, known)
	}
	return t.who, nil
}

// unverified believes what the call says about its caller.
func (g *authenticator) unverified(r *http.Request, sig signature, signed bool) caller {
	who := caller{account: g.home}
	if domain := r.Header.Get("X-Domain-Id"); domain != "" {
		who.account = domain
	}
	who.name = "key-user"
	who.id = userID(who.account, who.name)
	if key, known := g.keys[sig.access]; signed && known {
		who = key.caller()
	} else if key, known := g.issued.key(sig.access); signed && known {
		who = key.who
	}
	who.project = r.Header.Get(projectHeader)
	return who
}

// bySignature is who signed the call.
func (g *authenticator) bySignature(r *http.Request, sig signature, query url.Values, body []byte, now time.Time) (caller, error) {
	var who caller
	var secret, token string
	var expires time.Time
	if key, known := g.keys[sig.access]; known {
		who, secret = key.caller(), key.Secret
	} else if key, known := g.issued.key(sig.access); known {
		who, secret, token, expires = key.who, key.secret, key.token, key.expires
	} else {
		return caller{}, unauthorized("the access key is not known")
	}
	if g.locked(sig.access, now) || g.faults.locks(sig.access) {
		return caller{}, unauthorized("AK access failed to reach the limit,forbidden")
	}
	date, err := time.Parse(signDateFormat, r.Header.Get(dateHeader))
	if err != nil {
		return caller{}, unauthorized(dateHeader + " is missing or malformed")
	}
	if now.Add(g.faults.skew()).Sub(date).Abs() > maxClockSkew {
		return caller{}, unauthorized(dateHeader + " is more than 15 minutes off")
	}
	good := sig.verify(r, query, body, secret)
	g.countAttempt(sig.access, good, now)
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

// byToken is whom the key pair belongs to.
func (k Key) caller() caller {
	name := "key-user"
	if k.Access == DemoAccessKey {
		name = DemoUser
	}
	return caller{account: k.Account, id: userID(k.Account, name), name: name}
}

func (g *authenticator) locked(access string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return now.Before(g.lockedUntil[access])
}

func (g *authenticator) countAttempt(access string, good bool, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if good {
		delete(g.failures, access)
		return
	}
	if g.failures[access]++; g.failures[access] >= badInARow {
		g.lockedUntil[access] = now.Add(lockedFor)
		delete(g.failures, access)
	}
}

// The demo user of a world's home account. The password is public on purpose: it opens simulators and nothing else.
const (
	DemoUser         = "demo-operator"
	DemoUserPassword = "public-demo-password-opens-only-simulators"
)

// User is somebody who can get a token with a password. The demo key pair belongs to DemoUser.
type User struct {
	Name string
	// ID is made from account and name when it is "".
	ID       string
	Password string
	// Account is the name or the id of an account of the world; "" means its home account.
	Account string
}

// String keeps the password out of whatever prints a user.
func (u User) String() string { return u.Account + "/" + u.Name }

// GoString keeps the password out of whatever prints a user.
func (u User) GoString() string { return u.String() }

func userID(account, name string) string { return demoID("user", account+"/"+name) }

// newUsers resolves the accounts of the users, the demo user first.
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

// sameSecret compares in a time that tells nothing about either.
func sameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return hmac.Equal(x[:], y[:])
}
