package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/agencyctl/agencyctl/providers"
)

// Guards keep the connections of a run from locking a credential: they share which credentials were refused and which were
// not tried yet. The vendor counts wrong attempts by key and by user, not by account, and locks after a few. Guards hold
// hashes of credentials, not credentials. The zero value is ready for use. Safe for concurrent use.
type Guards struct {
	mu            sync.Mutex
	verifications map[[sha256.Size]byte]*verification
}

// of returns the verification of a credential at a kind of cloud: the same text may be right at one and wrong at the other.
func (g *Guards) of(cloud string, base Base) *verification {
	parts := []string{cloud}
	switch credential := base.(type) {
	case Keys:
		parts = append(parts, "keys", credential.Access.Reveal(), credential.Secret.Reveal(), credential.SecurityToken.Reveal())
	case Token:
		parts = append(parts, "token", credential.Value.Reveal())
	case User:
		parts = append(parts, "user", credential.ID, credential.Name, credential.Password.Reveal())
		if credential.ID == "" {
			parts = append(parts, credential.DomainID, credential.DomainName)
		}
	case Instance:
		parts = append(parts, "instance")
	}
	key := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.verifications == nil {
		g.verifications = map[[sha256.Size]byte]*verification{}
	}
	v, known := g.verifications[key]
	if !known {
		v = newVerification()
		g.verifications[key] = v
	}
	return v
}

// verification is what the connections of a run know of one credential. Until the cloud has accepted it, one attempt is sent
// at a time: reads start side by side, and one mistake would count many times.
type verification struct {
	turn     chan struct{} // holds one element while an attempt runs
	verified chan struct{} // closed when the cloud has accepted the credential

	mu sync.Mutex
	// refused is the error by which the cloud refused a credential that it had never accepted.
	refused error
}

func newVerification() *verification {
	return &verification{turn: make(chan struct{}, 1), verified: make(chan struct{})}
}

// isVerified reports whether the cloud has accepted the credential.
func (v *verification) isVerified() bool {
	select {
	case <-v.verified:
		return true
	default:
		return false
	}
}

// Guard stops the calls of one connection once a credential of it was refused. Safe for concurrent use.
type Guard struct {
	shared *verification

	mu sync.Mutex
	// refused is the first refusal. Nothing is sent after it, because every further attempt counts.
	refused error
	// accepted is set once the cloud has accepted the credential in a call of this connection.
	accepted bool
}

// newGuard returns a guard of credentials that the cloud has made for us. Their refusal says nothing about the credential
// of the user.
func newGuard() *Guard { return &Guard{shared: newVerification()} }

// Begin waits until an attempt may be sent; the error is the one of ctx. The caller calls end after [Guard.Report].
func (g *Guard) Begin(ctx context.Context) (end func(), err error) {
	if g.shared.isVerified() {
		return func() {}, nil
	}
	select {
	case <-g.shared.verified:
		return func() {}, nil
	case g.shared.turn <- struct{}{}:
		return func() { <-g.shared.turn }, nil
	case <-ctx.Done():
		return nil, providers.ContextError(ctx, ctx.Err())
	}
}

// Verified reports whether the cloud has accepted the credential in a call of this connection, so in its account too.
func (g *Guard) Verified() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.accepted
}

// Report records how an attempt ended. A refusal is kept unless the credential is renewable, or the refusal is about one place.
func (g *Guard) Report(err error, renewable bool) {
	if accepted(err) {
		g.mu.Lock()
		g.accepted = true
		g.mu.Unlock()
		g.shared.mu.Lock()
		defer g.shared.mu.Unlock()
		if !g.shared.isVerified() {
			close(g.shared.verified)
		}
	} else if !renewable {
		g.refuse(err)
	}
}

// refuse keeps the first refusal; other errors are ignored. It holds for the other connections only if the credential was
// never accepted. If it was, the reason is in this connection, for example in its account.
func (g *Guard) refuse(err error) {
	if !Refused(err) {
		return
	}
	g.shared.mu.Lock()
	defer g.shared.mu.Unlock()
	if g.shared.refused == nil && !g.shared.isVerified() {
		g.shared.refused = err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refused == nil {
		g.refused = err
	}
}

// Check returns the error of a call that is not sent because the credential was refused, nil as long as it was not. The
// error leaves out the text of the refusal, which the refused call reports.
func (g *Guard) Check(operation, service string) error {
	g.mu.Lock()
	refused := g.refused
	g.mu.Unlock()
	if refused == nil {
		g.shared.mu.Lock()
		refused = g.shared.refused
		g.shared.mu.Unlock()
	}
	if refused == nil {
		return nil
	}
	return &providers.CallError{
		Kind: providers.ErrDenied, Operation: operation, Service: service, Status: http.StatusUnauthorized,
		Message: "not sent, because the credentials were refused before", Hint: providers.Hint(refused),
	}
}

// Refused reports whether an error says that the cloud does not accept the credential.
func Refused(err error) bool {
	var failed *providers.CallError
	return errors.As(err, &failed) && failed.Status == http.StatusUnauthorized
}

// accepted reports whether the outcome of an attempt proves that the cloud checked the credential and accepted it. A server
// that fails or redirects may not have checked it, nor one that throttles.
func accepted(err error) bool {
	if err == nil {
		return true
	}
	var failed *providers.CallError
	if !errors.As(err, &failed) || failed.Status < 400 || failed.Status >= 500 {
		return false
	}
	switch failed.Status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return true
}
