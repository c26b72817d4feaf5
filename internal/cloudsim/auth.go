package cloudsim

import (
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

// gate knows the keys, the users and who used a key wrongly. Safe for concurrent use.
type gate struct {
	keys   map[string]Key // by access key; Account holds an account id
	users  []User         // Account holds an account id
	vault  *vault
	faults *troublemaker
	open   bool
	home   string

	mu   sync.Mutex
	bad  map[string]int
	lock map[string]time.Time
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

// admit says who makes the call, by a token or by a signature, or refuses it.
func (g *gate) admit(r *http.Request, rt *route, query url.Values, body []byte, now time.Time) (caller, error) {
	if text := r.Header.Get(tokenHeader); text != "" {
		return g.holder(rt, text, now)
	}
	header := r.Header.Get("Authorization")
	sig, err := parseSignature(header)
	if g.open {
		return g.unsigned(r, sig, err == nil), nil
	}
	if header == "" && rt != nil && rt.session {
		return caller{}, nil
	}
	if err != nil {
		return caller{}, unauthorized(err.Error())
	}
	who, err := g.signer(r, sig, query, body, now)
	who.project = r.Header.Get(projectHeader)
	return who, err
}

// holder is who holds the token.
func (g *gate) holder(rt *route, text string, now time.Time) (caller, error) {
	t, known := g.vault.token(text)
	if !known || !now.Before(t.expires) {
		return caller{}, badToken(rt, known)
	}
	return t.who, nil
}

// unsigned believes what the call says about its caller.
func (g *gate) unsigned(r *http.Request, sig signature, signed bool) caller {
	who := caller{account: g.home}
	if domain := r.Header.Get("X-Domain-Id"); domain != "" {
		who.account = domain
	}
	who.name = "key-user"
	who.id = userID(who.account, who.name)
	if key, known := g.keys[sig.access]; signed && known {
		who = key.holder()
	} else if key, known := g.vault.key(sig.access); signed && known {
		who = key.who
	}
	who.project = r.Header.Get(projectHeader)
	return who
}

// signer is who signed the call.
func (g *gate) signer(r *http.Request, sig signature, query url.Values, body []byte, now time.Time) (caller, error) {
	var who caller
	var secret, token string
	var expires time.Time
	if key, known := g.keys[sig.access]; known {
		who, secret = key.holder(), key.Secret
	} else if key, known := g.vault.key(sig.access); known {
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
	g.note(sig.access, good, now)
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

// holder is whom the key pair belongs to.
func (k Key) holder() caller {
	name := "key-user"
	if k.Access == DemoAccessKey {
		name = DemoUser
	}
	return caller{account: k.Account, id: userID(k.Account, name), name: name}
}

func (g *gate) locked(access string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return now.Before(g.lock[access])
}

func (g *gate) note(access string, good bool, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if good {
		delete(g.bad, access)
		return
	}
	if g.bad[access]++; g.bad[access] >= badInARow {
		g.lock[access] = now.Add(lockedFor)
		delete(g.bad, access)
	}
}
