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
	// tokenBytes makes tokens of some hundred characters: shorter than the cloud's, too long for a fixed buffer.
	tokenBytes = 240
	// maxTickets is how many tokens, and how many temporary keys, a server remembers.
	maxTickets = 10_000
)

// ticket is what was handed out to a caller for a time.
type ticket struct {
	who             caller
	methods         []string
	issued, expires time.Time
}

// temporaryKey is an access key pair that works together with its security token.
type temporaryKey struct {
	ticket
	access, secret, token string
}

// vault keeps the tokens and temporary keys that were handed out. They live in memory: none reaches the state file. Safe
// for concurrent use.
type vault struct {
	mu     sync.Mutex
	tokens map[string]ticket
	keys   map[string]temporaryKey
}

func newVault() *vault {
	return &vault{tokens: map[string]ticket{}, keys: map[string]temporaryKey{}}
}

func (v *vault) token(text string) (ticket, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	t, known := v.tokens[text]
	return t, known
}

func (v *vault) key(access string) (temporaryKey, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	k, known := v.keys[access]
	return k, known
}

// issueToken hands out a token for the ticket.
func (v *vault) issueToken(random io.Reader, t ticket) (string, error) {
	text, err := opaque(random, tokenBytes)
	if err != nil {
		return "", err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	makeRoom(v.tokens, func(t ticket) time.Time { return t.expires })
	v.tokens[text] = t
	return text, nil
}

// issueKey hands out a temporary key for the ticket. A call that is signed with it names its project itself.
func (v *vault) issueKey(random io.Reader, t ticket) (temporaryKey, error) {
	var raw [28]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return temporaryKey{}, fmt.Errorf("no randomness for a key: %w", err)
	}
	token, err := opaque(random, tokenBytes)
	if err != nil {
		return temporaryKey{}, err
	}
	t.who.project, t.who.token = "", false
	k := temporaryKey{ticket: t, token: token,
		access: "HST" + strings.ToUpper(hex.EncodeToString(raw[:8])) + "0",
		secret: hex.EncodeToString(raw[8:])}
	v.mu.Lock()
	defer v.mu.Unlock()
	makeRoom(v.keys, func(k temporaryKey) time.Time { return k.expires })
	v.keys[k.access] = k
	return k, nil
}

// makeRoom forgets what ends first when the map is full. What has expired is kept as long as there is room, so that its
// holder hears that it has expired and not that it never was.
func makeRoom[T any](m map[string]T, ends func(T) time.Time) {
	if len(m) < maxTickets {
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
