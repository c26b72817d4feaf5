package huaweicloud

import (
	"encoding/json"
	"hash/maphash"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// maxMessageRunes is how much of a server's text is shown.
const maxMessageRunes = 300

var signatureText = regexp.MustCompile(`(?i)(signature=)[0-9a-f]{8,}`)

// secrets are all keys, tokens and passwords that were ever in play on a connection: an answer may come late, or echo
// what was sent before. The zero value knows none. Safe for concurrent use.
type secrets struct {
	mu sync.RWMutex
	// spellings are sorted, longest first, so that no secret leaves a part of a longer one behind.
	spellings []auth.Secret
	// marks are the secrets as [bare] leaves them, by a hash of their first letters.
	marks map[uint64][]auth.Secret
}

// A secret is found in disguise by its first markLetters letters, a shorter one by all of its own, but by no fewer than
// fewestLetters: what is that short occurs by chance.
const (
	markLetters   = 8
	fewestLetters = 6
)

var markSeed = maphash.MakeSeed()

// maxRedactedBytes bounds the text that is looked through.
const maxRedactedBytes = 64 << 10

// delimiters end what is left of a secret that was cut off.
const delimiters = " \t\r\n\"'`<>,;(){}[]"

// learn adds secrets, in the spellings that a server may echo them in.
func (s *secrets) learn(all ...auth.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range all {
		if secret.IsZero() {
			continue
		}
		if len(secret.Reveal()) >= fewestLetters {
			for _, text := range append(encodings(secret.Reveal()), secret.Reveal()) {
				s.mark(string(bare(text).text))
			}
		}
		for _, spelling := range spellings(secret.Reveal()) {
			if !slices.ContainsFunc(s.spellings, func(known auth.Secret) bool { return known.Reveal() == spelling }) {
				s.spellings = append(s.spellings, auth.NewSecret(spelling))
			}
		}
	}
	slices.SortStableFunc(s.spellings, func(a, b auth.Secret) int { return len(b.Reveal()) - len(a.Reveal()) })
}

// mark adds what a secret looks like without disguise.
func (s *secrets) mark(text string) {
	if len(text) < fewestLetters {
		return
	}
	if s.marks == nil {
		s.marks = map[uint64][]auth.Secret{}
	}
	first := maphash.String(markSeed, text[:min(markLetters, len(text))])
	if !slices.ContainsFunc(s.marks[first], func(known auth.Secret) bool { return known.Reveal() == text }) {
		s.marks[first] = append(s.marks[first], auth.NewSecret(text))
	}
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

// redact takes out of text what must never be shown: gateways echo request headers in their error texts, spelt and cut
// off as they like.
func (s *secrets) redact(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, secret := range s.spellings {
		text = strings.ReplaceAll(text, secret.Reveal(), "[redacted]")
	}
	return s.unmask(signatureText.ReplaceAllString(text, "${1}[redacted]"))
}

// unmask takes out secrets in other spellings, and the beginnings of secrets that were cut off. The lock is held.
func (s *secrets) unmask(text string) string {
	if len(s.marks) == 0 {
		return text
	}
	b := bare(text)
	var clean strings.Builder
	done := 0
	for i := 0; i < len(b.text); {
		letters, whole := s.markedAt(b.text[i:])
		if letters == 0 || b.from[i] < done {
			i++
			continue
		}
		clean.WriteString(text[done:b.from[i]])
		clean.WriteString("[redacted]")
		i += letters
		done = b.to[i-1]
		if !whole {
			if rest := strings.IndexAny(text[done:], delimiters); rest >= 0 {
				done += rest
			} else {
				done = len(text)
			}
		}
	}
	clean.WriteString(text[done:])
	return clean.String()
}

// markedAt returns how many letters at the beginning of text are those of a secret, and whether they are all of it.
func (s *secrets) markedAt(text []byte) (letters int, whole bool) {
	for first := fewestLetters; first <= min(markLetters, len(text)); first++ {
		for _, secret := range s.marks[maphash.Bytes(markSeed, text[:first])] {
			known := secret.Reveal()
			n := 0
			for n < min(len(known), len(text)) && known[n] == text[n] {
				n++
			}
			if n >= first && n > letters {
				letters, whole = n, n == len(known)
			}
		}
	}
	return letters, whole
}

// presentable is text from a server fit for a terminal: redacted, on one line, without control characters, shortened.
// Redaction comes before shortening, or half a secret could stay behind.
func (s *secrets) presentable(text string) string {
	if len(text) > maxRedactedBytes {
		text = text[:maxRedactedBytes]
		text = text[:strings.LastIndexAny(text, delimiters)+1] // a word that is cut off may be the beginning of a secret
	}
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
