package cloudsim

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"strings"
	"sync"
	"time"
)

const (
	// tokenBytes gives tokens of some hundred characters: shorter than the cloud's, too long for a fixed buffer.
	tokenBytes = 240
	// maxCredentials bounds the tokens, and the temporary keys, that a server remembers.
	maxCredentials = 10_000
)

// credential is a token or a temporary key of a caller, for a time.
type credential struct {
	who             caller
	methods         []string
	issued, expires time.Time
}

// temporaryKey is an access key pair that works together with its security token.
type temporaryKey struct {
	credential
	access, secret, token string
}

// credentialStore holds the tokens and temporary keys that were issued. They live in memory: none reaches the state file. Safe
// for concurrent use.
type credentialStore struct {
	mu     sync.Mutex
	tokens map[string]credential
	keys   map[string]temporaryKey
}

func newCredentialStore() *credentialStore {
	return &credentialStore{tokens: map[string]credential{}, keys: map[string]temporaryKey{}}
}

func (v *credentialStore) token(text string) (credential, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	t, known := v.tokens[text]
	return t, known
}

func (v *credentialStore) key(access string) (temporaryKey, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	k, known := v.keys[access]
	return k, known
}

// issueToken returns a new token for the credential.
func (v *credentialStore) issueToken(random io.Reader, t credential) (string, error) {
	text, err := opaque(random, tokenBytes)
	if err != nil {
		return "", err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	dropOldest(v.tokens, func(t credential) time.Time { return t.expires })
	v.tokens[text] = t
	return text, nil
}

// issueKey returns a new temporary key for the credential. A call that is signed with it names its project itself.
func (v *credentialStore) issueKey(random io.Reader, t credential) (temporaryKey, error) {
	var raw [28]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return temporaryKey{}, fmt.Errorf("no randomness for a key: %w", err)
	}
	token, err := opaque(random, tokenBytes)
	if err != nil {
		return temporaryKey{}, err
	}
	t.who.project, t.who.token = "", false
	k := temporaryKey{
		credential: t,
		access:     "HST" + strings.ToUpper(hex.EncodeToString(raw[:8])) + "0",
		secret:     hex.EncodeToString(raw[8:]),
		token:      token,
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	dropOldest(v.keys, func(k temporaryKey) time.Time { return k.expires })
	v.keys[k.access] = k
	return k, nil
}

// dropOldest drops the credential that ends first when the map is full. An expired one is kept as long as there is room: its
// holder is told that it has expired and not that it is unknown.
func dropOldest[T any](m map[string]T, ends func(T) time.Time) {
	if len(m) < maxCredentials {
		return
	}
	var first string
	for key := range maps.Keys(m) {
		if first == "" || ends(m[key]).Before(ends(m[first])) {
			first = key
		}
	}
	delete(m, first)
}

func opaque(random io.Reader, size int) (string, error) {
	raw := make([]byte, size)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("no randomness for a token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}
