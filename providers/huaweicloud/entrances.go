package huaweicloud

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"sync"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// Entrances is what several connections know together of the credentials that they use: that one is refused, and that
// one has not been tried yet. The vendor counts wrong attempts by key and by user, not by account, and locks after a few.
// It keeps hashes of credentials, not credentials. Safe for concurrent use; the zero value is not usable.
type Entrances struct {
	mu     sync.Mutex
	trials map[[sha256.Size]byte]*trial
}

// NewEntrances returns what all connections of one run should share.
func NewEntrances() *Entrances { return &Entrances{trials: map[[sha256.Size]byte]*trial{}} }

// WithEntrances shares the knowledge of refused credentials with the other connections that are given e. Without it a
// connection is on its own.
func WithEntrances(e *Entrances) Option { return func(c *Connection) { c.entrances = e } }

// of returns the trial of a credential at a kind of cloud: the same text may be right at one and wrong at the other.
func (e *Entrances) of(cloud string, base auth.Base) *trial {
	parts := []string{cloud}
	switch credential := base.(type) {
	case auth.Keys:
		parts = append(parts, "keys", credential.Access.Reveal(), credential.Secret.Reveal(), credential.SecurityToken.Reveal())
	case auth.Token:
		parts = append(parts, "token", credential.Value.Reveal())
	case auth.User:
		parts = append(parts, "user", credential.ID, credential.Name, credential.Password.Reveal())
		if credential.ID == "" {
			parts = append(parts, credential.DomainID, credential.DomainName)
		}
	case auth.Instance:
		parts = append(parts, "instance")
	}
	key := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	e.mu.Lock()
	defer e.mu.Unlock()
	t, known := e.trials[key]
	if !known {
		t = newTrial()
		e.trials[key] = t
	}
	return t
}

// door is where the calls of one connection go in with one kind of pass. Safe for concurrent use.
type door struct {
	trial *trial

	mu sync.Mutex
	// refused is the first answer that what we come with is not accepted. Nothing is sent after it: it would count.
	refused error
}

// newDoor is a door of passes that the cloud has made for us. What becomes of them says nothing of the credential.
func newDoor() *door { return &door{trial: newTrial()} }

// remember keeps an error that says that we are not accepted. It holds for the other connections only as long as nobody
// was ever accepted with the credential: afterwards the reason is this connection's own, as its account.
func (d *door) remember(err error) {
	if !refuses(err) {
		return
	}
	d.trial.fail(err)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refused == nil {
		d.refused = err
	}
}

// accepted returns why a call is not sent once we are known to be refused; nil before. It does not repeat the refusal's
// own words: whoever got it tells them, and all others would tell them again.
func (d *door) accepted(call Call) error {
	d.mu.Lock()
	refused := d.refused
	d.mu.Unlock()
	if refused == nil {
		refused = d.trial.failure()
	}
	if refused == nil {
		return nil
	}
	return &providers.CallError{
		Kind: providers.ErrDenied, Operation: call.Operation, Service: call.Service, Status: http.StatusUnauthorized,
		Message: "not sent, because the credentials were refused before", Hint: providers.Hint(refused),
	}
}
