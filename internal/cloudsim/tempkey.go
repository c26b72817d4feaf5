package cloudsim

import (
	"encoding/json"
	"net/http"
	"time"
)

// The life of a temporary key, in seconds.
const (
	minKeySeconds     = 900
	defaultKeySeconds = 900
	maxKeySeconds     = 86400
)

// createTemporaryKey answers POST /v3.0/OS-CREDENTIAL/securitytokens by assuming an agency or by a token. The method
// "token" without a token, signed with a key pair, makes a temporary key of its holder.
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
	key, err := x.gate.vault.issueKey(x.random, ticket{who: who, issued: x.now, expires: x.now.Add(seconds)})
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusCreated, key.credential()}, nil
}

// credential is how IAM and the metadata service hand out a temporary key.
func (k temporaryKey) credential() map[string]any {
	return map[string]any{"credential": map[string]any{
		"access": k.access, "secret": k.secret, "securitytoken": k.token, "expires_at": k.expires.UTC().Format(tokenTimeFormat)}}
}

// tokenHolder is who holds the token that the call names, or who signed a call that names none.
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

// seconds reads a number of seconds; absent and null mean usual.
func (x *exchange) seconds(in object, key string, least, usual, most int) (time.Duration, error) {
	n := usual
	if raw, given := in[key]; given && string(raw) != "null" {
		if err := json.Unmarshal(raw, &n); err != nil || n < least || n > most {
			return 0, x.fail(http.StatusBadRequest, "'%s' is not a number between %d and %d", key, least, most)
		}
	}
	return time.Duration(n) * time.Second, nil
}
