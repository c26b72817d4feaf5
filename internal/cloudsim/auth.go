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
)

// gate knows the keys and who used them wrongly. Safe for concurrent use.
type gate struct {
	keys   map[string]Key // by access key; Account holds an account id
	faults *troublemaker
	open   bool
	home   string

	mu   sync.Mutex
	bad  map[string]int
	lock map[string]time.Time
}

// caller is who makes a call.
type caller struct {
	account string
	// project is set when the call is scoped to a project instead of the account.
	project string
}

func unauthorized(message string) error {
	return &refusal{shape: ShapeB, status: http.StatusUnauthorized, code: signatureError, message: message}
}

// admit says who signed the request, or refuses it.
func (g *gate) admit(r *http.Request, query url.Values, body []byte, now time.Time) (caller, error) {
	who := caller{project: r.Header.Get("X-Project-Id")}
	sig, err := parseSignature(r.Header.Get("Authorization"))
	if g.open {
		who.account = g.home
		if domain := r.Header.Get("X-Domain-Id"); domain != "" {
			who.account = domain
		}
		if key, known := g.keys[sig.access]; err == nil && known {
			who.account = key.Account
		}
		return who, nil
	}
	if err != nil {
		return caller{}, unauthorized("Incorrect IAM authentication information: " + err.Error())
	}
	key, known := g.keys[sig.access]
	if !known {
		return caller{}, unauthorized("Incorrect IAM authentication information: the access key is not known")
	}
	if g.locked(sig.access, now) || g.faults.locks(sig.access) {
		return caller{}, unauthorized("Incorrect IAM authentication information: AK access failed to reach the limit,forbidden")
	}
	date, err := time.Parse(signDateFormat, r.Header.Get(dateHeader))
	if err != nil {
		return caller{}, unauthorized("Incorrect IAM authentication information: " + dateHeader + " is missing or malformed")
	}
	if now.Add(g.faults.skew()).Sub(date).Abs() > maxClockSkew {
		return caller{}, unauthorized("Incorrect IAM authentication information: " + dateHeader + " is more than 15 minutes off")
	}
	good := sig.verify(r, query, body, key.Secret)
	g.note(sig.access, good, now)
	if !good {
		return caller{}, unauthorized("Incorrect IAM authentication information: verify aksk signature fail")
	}
	who.account = key.Account
	return who, nil
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
