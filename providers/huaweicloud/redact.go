package huaweicloud

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/agencyctl/agencyctl/providers/huaweicloud/identity"
)

// maxMessageRunes is how much of a server's text is shown.
const maxMessageRunes = 300

var signatureText = regexp.MustCompile(`(?i)(signature=)[0-9a-f]{8,}`)

// secrets are all keys, tokens and passwords that were ever in play on a connection: an answer may come late, or echo
// what was sent before. The zero value knows none. Safe for concurrent use.
type secrets struct {
	mu sync.RWMutex
	// spellings are sorted, longest first, so that no secret leaves a part of a longer one behind.
	spellings []identity.Secret
}

// learn adds secrets, in the spellings that a server may echo them in.
func (s *secrets) learn(all ...identity.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range all {
		if secret.IsZero() {
			continue
		}
		for _, spelling := range spellings(secret.Reveal()) {
			if !slices.ContainsFunc(s.spellings, func(known identity.Secret) bool { return known.Reveal() == spelling }) {
				s.spellings = append(s.spellings, identity.NewSecret(spelling))
			}
		}
	}
	slices.SortStableFunc(s.spellings, func(a, b identity.Secret) int { return len(b.Reveal()) - len(a.Reveal()) })
}

// spellings returns a text as it is, as part of an address, of JSON, and of JSON that is quoted in JSON.
func spellings(text string) []string {
	html, _ := json.Marshal(text) // a text always encodes
	once := quoted(text)
	return []string{text, url.QueryEscape(text), url.PathEscape(text), string(html[1 : len(html)-1]), once, quoted(once)}
}

// quoted is text inside the quotes of JSON, escaped no more than it must be.
func quoted(text string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a text always encodes
	line := strings.TrimSuffix(b.String(), "\n")
	return line[1 : len(line)-1]
}

// redact takes out of text what must never be shown: gateways echo request headers in their error texts.
func (s *secrets) redact(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, secret := range s.spellings {
		text = strings.ReplaceAll(text, secret.Reveal(), "[redacted]")
	}
	return signatureText.ReplaceAllString(text, "${1}[redacted]")
}

// presentable is text from a server fit for a terminal: redacted, on one line, without control characters, shortened.
// Redaction comes before shortening, or half a secret could stay behind.
func (s *secrets) presentable(text string) string {
	text = s.redact(strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, text)), " ")
	if runes := []rune(text); len(runes) > maxMessageRunes {
		return string(runes[:maxMessageRunes]) + "..."
	}
	return text
}

// Presentable is text of an answer fit for a terminal: without secrets, on one line, without control characters, shortened.
func (c *Connection) Presentable(text string) string { return c.secrets.presentable(text) }
