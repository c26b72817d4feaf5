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

// verification is what is known of one credential. Until the cloud has accepted it, one attempt is sent at a time: reads
// start side by side, and one mistake would count many times. Safe for concurrent use.
type verification struct {
	turn     chan struct{} // holds one element while an attempt runs
	verified chan struct{} // closed when the cloud has accepted the credential
	once     sync.Once

	mu sync.Mutex
	// refused is the error by which the cloud refused a credential that it had never accepted.
	refused error
}

func newVerification() *verification {
	return &verification{turn: make(chan struct{}, 1), verified: make(chan struct{})}
}

// begin waits until an attempt may be sent. The caller calls end when the outcome is known.
func (v *verification) begin(ctx context.Context) (end func(), err error) {
	select {
	case <-v.verified:
		return func() {}, nil
	default:
	}
	select {
	case <-v.verified:
		return func() {}, nil
	case v.turn <- struct{}{}:
		return func() { <-v.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (v *verification) accept() { v.once.Do(func() { close(v.verified) }) }

// refuse keeps the first refusal, unless the credential was accepted before.
func (v *verification) refuse(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	select {
	case <-v.verified:
	default:
		if v.refused == nil {
			v.refused = err
		}
	}
}

func (v *verification) refusal() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.refused
}

// Guard stops the calls of one connection once a credential of it was refused. Safe for concurrent use.
type Guard struct {
	verification *verification

	mu sync.Mutex
	// refused is the first refusal. Nothing is sent after it, because every further attempt counts.
	refused error
}

// newGuard returns a guard of credentials that the cloud has made for us. Their refusal says nothing about the credential
// of the user.
func newGuard() *Guard { return &Guard{verification: newVerification()} }

// Begin waits until an attempt may be sent; the error is the one of ctx. The caller calls end after [Guard.Report].
func (g *Guard) Begin(ctx context.Context) (end func(), err error) { return g.verification.begin(ctx) }

// Report tells the guard how an attempt ended. A refusal is kept unless the credential is renewable.
func (g *Guard) Report(err error, renewable bool) {
	switch {
	case accepted(err):
		g.verification.accept()
	case !renewable:
		g.refuse(err)
	}
}

// refuse keeps a refusal; other errors are ignored. The refusal holds for the other connections only if the credential was
// never accepted. If it was, the reason is in this connection, for example in its account.
func (g *Guard) refuse(err error) {
	if !Refused(err) {
		return
	}
	g.verification.refuse(err)
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
		refused = g.verification.refusal()
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
