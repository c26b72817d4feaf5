package cloudsim

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"
)

const (
	defaultTokenLife = 24 * time.Hour
	tokenTimeFormat  = "2006-01-02T15:04:05.000000Z"
)

// createToken answers POST /v3/auth/tokens by password, by another token, or by assuming an agency.
func createToken(x *exchange) (answer, error) {
	auth, err := x.envelope("auth")
	if err != nil {
		return answer{}, err
	}
	identity, method, err := x.identity(auth, "password", "token", "assume_role")
	if err != nil {
		return answer{}, err
	}
	t := credential{methods: []string{method}, issued: x.now, expires: x.now.Add(x.tokenLife)}
	switch method {
	case "password":
		t.who, err = x.passwordHolder(identity)
	case "assume_role":
		t.who, _, err = x.assumeRole(identity)
	case "token":
		var old credential
		old, err = x.namedToken(identity)
		// A token that could renew itself would never end.
		t.who, t.expires = old.who, old.expires
	}
	if err != nil {
		return answer{}, err
	}
	if x.state.accounts[t.who.account] == nil {
		return answer{}, x.denied()
	}
	if t.who.project, err = x.scope(auth, t.who); err != nil {
		return answer{}, err
	}
	t.who.token = true
	text, err := x.authenticator.issued.issueToken(x.random, t)
	if err != nil {
		return answer{}, err
	}
	x.header = map[string]string{subjectHeader: text}
	return answer{http.StatusCreated, map[string]any{"token": x.tokenObject(t)}}, nil
}

// showToken answers GET /v3/auth/tokens, which describes the token in X-Subject-Token.
func showToken(x *exchange) (answer, error) {
	text := x.request.Header.Get(subjectHeader)
	t, known := x.authenticator.issued.token(text)
	if !known || !x.now.Before(t.expires) || !x.state.stillTrusted(&t.who, x.now) || x.state.accounts[t.who.account] == nil {
		return answer{}, x.failCode(http.StatusBadRequest, "IAM.0009", "The %s is invalid or has expired.", subjectHeader)
	}
	if t.who.account != x.account.ID {
		return answer{}, x.denied()
	}
	x.header = map[string]string{subjectHeader: text}
	return answer{http.StatusOK, map[string]any{"token": x.tokenObject(t)}}, nil
}

// identity returns the object identity and the single method that it uses.
func (x *exchange) identity(auth object, known ...string) (identity object, method string, err error) {
	if identity, err = x.child(auth, "identity"); err != nil {
		return nil, "", err
	}
	var methods []string
	if json.Unmarshal(identity["methods"], &methods) == nil && len(methods) == 1 {
		for _, name := range known {
			if methods[0] == name {
				return identity, name, nil
			}
		}
	}
	return nil, "", x.fail(http.StatusBadRequest, "'methods' must be one of %q", known)
}

// passwordHolder returns the user whose name, or id, and password were sent. The error does not say which of them is wrong.
func (x *exchange) passwordHolder(identity object) (caller, error) {
	outer, err := x.child(identity, "password")
	if err != nil {
		return caller{}, err
	}
	in, err := x.child(outer, "user")
	if err != nil {
		return caller{}, err
	}
	values, err := x.texts(in, "id", "name", "password")
	if err != nil {
		return caller{}, err
	}
	id, name, password := values[0], values[1], values[2]
	account := ""
	if id == "" {
		domain, err := x.child(in, "domain")
		if err != nil {
			return caller{}, err
		}
		if values, err = x.texts(domain, "id", "name"); err != nil {
			return caller{}, err
		}
		for _, a := range x.state.accounts {
			if a.ID == values[0] || values[0] == "" && a.Name == values[1] {
				account = a.ID
			}
		}
	}
	for _, u := range x.authenticator.users {
		if (id != "" && u.ID == id || id == "" && u.Name == name && u.Account == account) && sameSecret(password, u.Password) {
			return u.caller(), nil
		}
	}
	return caller{}, x.fail(http.StatusUnauthorized, "The username or password is wrong.")
}

// namedToken returns the token of the body, or else the one of the header X-Auth-Token.
func (x *exchange) namedToken(identity object) (credential, error) {
	text := ""
	if _, given := identity["token"]; given {
		in, err := x.child(identity, "token")
		if err != nil {
			return credential{}, err
		}
		if text, _, err = x.text(in, "id"); err != nil {
			return credential{}, err
		}
	}
	text = cmp.Or(text, x.request.Header.Get(tokenHeader))
	if text == "" {
		return credential{}, x.fail(http.StatusBadRequest, "'id' of the token is a required property")
	}
	t, known := x.authenticator.issued.token(text)
	if !known || !x.now.Before(t.expires) {
		return credential{}, badToken(x.route, known)
	}
	if !x.state.stillTrusted(&t.who, x.now) {
		return credential{}, badToken(x.route, false)
	}
	return t, nil
}

// scope returns the id of the project in the scope, "" for the account. A project wins over an account.
func (x *exchange) scope(auth object, who caller) (project string, err error) {
	if raw, given := auth["scope"]; !given || string(raw) == "null" {
		return "", nil
	}
	in, err := x.child(auth, "scope")
	if err != nil {
		return "", err
	}
	own := x.state.accounts[who.account]
	if own == nil {
		return "", x.denied()
	}
	if _, given := in["project"]; given {
		wanted, err := x.child(in, "project")
		if err != nil {
			return "", err
		}
		values, err := x.texts(wanted, "id", "name")
		if err != nil {
			return "", err
		}
		for _, p := range own.Projects {
			if p.ID == values[0] || values[0] == "" && p.Name == values[1] {
				return p.ID, nil
			}
		}
		return "", x.fail(http.StatusNotFound, "Could not find project: %s", cmp.Or(values[0], values[1]))
	}
	wanted, err := x.child(in, "domain")
	if err != nil {
		return "", err
	}
	values, err := x.texts(wanted, "id", "name")
	if err != nil {
		return "", err
	}
	domain, err := x.accountNamed(values[0], values[1])
	if err == nil && domain.ID != own.ID {
		err = x.denied()
	}
	return "", err
}

func (x *exchange) tokenObject(t credential) map[string]any {
	out := map[string]any{
		"methods":    t.methods,
		"issued_at":  t.issued.UTC().Format(tokenTimeFormat),
		"expires_at": t.expires.UTC().Format(tokenTimeFormat),
		"roles":      []map[string]any{{"id": "0", "name": "te_admin"}},
		"catalog":    []map[string]any{},
		"user":       x.userObject(t.who),
	}
	if t.who.assumed() {
		out["assumed_by"] = map[string]any{"user": x.userObject(*t.who.by)}
	}
	own := x.state.accounts[t.who.account]
	if p := own.project(t.who.project); p != nil {
		out["project"] = map[string]any{"id": p.ID, "name": p.Name, "domain": own.party()}
	} else {
		out["domain"] = own.party()
	}
	if x.query.Get("nocatalog") == "" {
		out["catalog"] = x.catalog(own)
	}
	return out
}

// userObject returns a caller as tokens show it; an agency is shown as a user of its account.
func (x *exchange) userObject(who caller) map[string]any {
	own := Party{ID: who.account}
	if a := x.state.accounts[who.account]; a != nil {
		own = a.party()
	}
	name := who.name
	if who.assumed() {
		name = own.Name + "/" + name
	}
	return map[string]any{"id": who.id, "name": name, "domain": own, "password_expires_at": ""}
}

// catalog returns the endpoints of the services, which are all on this server. The entry "identity" is that of Keystone's clients,
// which look it up by the region that they work in.
func (x *exchange) catalog(a *account) []map[string]any {
	regions := []string{}
	for _, p := range a.Projects {
		if p.Parent == "" && p.Name != "MOS" {
			regions = append(regions, p.Name)
		}
	}
	everywhere := []string{"*"}
	out := []map[string]any{}
	for _, s := range []struct {
		name, kind, path string
		regions          []string
	}{
		{"keystone", "identity", "/v3", regions}, {"iam", "iam", "/v3.0", everywhere}, {"eps", "eps", "/v1.0", everywhere},
		{"kms", "kms", "/v1", everywhere}, {"secmaster", "secmaster", "/v1", everywhere}, {"fabric", "fabric", "/v1", everywhere},
		{"lakeformation", "lakeformation", "/v2", everywhere}, {"smn", "smn", "/v2", everywhere},
	} {
		endpoints := []map[string]any{}
		for _, region := range s.regions {
			endpoints = append(endpoints, map[string]any{
				"id": demoID("endpoint", s.name+"/"+region), "interface": "public", "region": region, "region_id": region, "url": x.link(s.path),
			})
		}
		out = append(out, map[string]any{"id": demoID("service", s.name), "name": s.name, "type": s.kind, "endpoints": endpoints})
	}
	return out
}

// showCatalog answers GET /v3/auth/catalog, for callers without a token, which would hold the catalogue.
func showCatalog(x *exchange) (answer, error) {
	return answer{http.StatusOK, map[string]any{"catalog": x.catalog(x.account), "links": x.links("/v3/auth/catalog")}}, nil
}

func (a *account) party() Party { return Party{ID: a.ID, Name: a.Name} }

// child returns an object inside an object.
func (x *exchange) child(o object, key string) (object, error) {
	var in object
	if err := json.Unmarshal(o[key], &in); err != nil || in == nil {
		return nil, x.fail(http.StatusBadRequest, "'%s' is a required property", key)
	}
	return in, nil
}

// texts returns strings; absent ones are "".
func (x *exchange) texts(o object, keys ...string) ([]string, error) {
	out := make([]string, len(keys))
	for i, key := range keys {
		var err error
		if out[i], _, err = x.text(o, key); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// The life of a temporary key, in seconds.
const (
	minKeySeconds     = 900
	defaultKeySeconds = 900
	maxKeySeconds     = 86400
)

// createTemporaryKey answers POST /v3.0/OS-CREDENTIAL/securitytokens by assuming an agency or by a token. The method "token"
// without a token, signed with a key pair, makes a temporary key for the owner of the pair.
func createTemporaryKey(x *exchange) (answer, error) {
	auth, err := x.envelope("auth")
	if err != nil {
		return answer{}, err
	}
	identity, method, err := x.identity(auth, "assume_role", "token")
	if err != nil {
		return answer{}, err
	}
	var who caller
	var in object
	if method == "assume_role" {
		who, in, err = x.assumeRole(identity)
	} else {
		who, in, err = x.tokenHolder(identity)
	}
	if err != nil {
		return answer{}, err
	}
	seconds, err := x.seconds(in, "duration_seconds", minKeySeconds, defaultKeySeconds, maxKeySeconds)
	if err != nil {
		return answer{}, err
	}
	key, err := x.authenticator.issued.issueKey(x.random, credential{who: who, issued: x.now, expires: x.now.Add(seconds)})
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusCreated, key.json()}, nil
}

// json returns a temporary key in the form of IAM and the metadata service.
func (k temporaryKey) json() map[string]any {
	return map[string]any{"credential": map[string]any{
		"access": k.access, "secret": k.secret, "securitytoken": k.token,
		"expires_at": k.expires.UTC().Format(tokenTimeFormat),
	}}
}

// tokenHolder returns the caller of the token in the body. Without one it is the caller that signed.
func (x *exchange) tokenHolder(identity object) (caller, object, error) {
	in := object{}
	if _, given := identity["token"]; given {
		var err error
		if in, err = x.child(identity, "token"); err != nil {
			return caller{}, nil, err
		}
	}
	id, _, err := x.text(in, "id")
	if err != nil {
		return caller{}, nil, err
	}
	if id == "" {
		return x.who, in, x.signedIn()
	}
	t, err := x.namedToken(identity)
	return t.who, in, err
}

// seconds reads a number of seconds; usual is the default.
func (x *exchange) seconds(in object, key string, least, usual, most int) (time.Duration, error) {
	n := usual
	if raw, given := in[key]; given && string(raw) != "null" {
		if err := json.Unmarshal(raw, &n); err != nil || n < least || n > most {
			return 0, x.fail(http.StatusBadRequest, "'%s' is not a number between %d and %d", key, least, most)
		}
	}
	return time.Duration(n) * time.Second, nil
}
