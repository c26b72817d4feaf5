package huaweicloud

import (
	"encoding/base64"
	"encoding/json"
	"hash/maphash"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

const (
	// maxMessageRunes bounds a server's text in our messages.
	maxMessageRunes = 300
	// maxRedactedBytes bounds the text that is searched for secrets; the rest is dropped.
	maxRedactedBytes = 64 << 10
	// delimiters end the rest of a secret that was cut off.
	delimiters = " \t\r\n\"'`<>,;(){}[]"
	// An escaped secret is found by its first prefixBytes bytes, a shorter one by all of its own, but by no fewer than
	// minPrefixBytes: shorter texts occur by chance.
	prefixBytes    = 8
	minPrefixBytes = 6

	redacted = "[redacted]"
)

var signatureText = regexp.MustCompile(`(?i)(signature=)[0-9a-f]{8,}`)

// redactor removes secrets from texts: all keys, tokens and passwords that a connection ever used, because an answer may come
// late, or echo what was sent before. The zero value knows none. Safe for concurrent use.
type redactor struct {
	mu sync.RWMutex
	// spellings are sorted, longest first, so that no secret leaves a part of a longer one behind.
	spellings []auth.Secret
	// prefixes are the secrets as [unescape] returns them, by a hash of their first bytes.
	prefixes map[uint64][]auth.Secret
}

var prefixSeed = maphash.MakeSeed()

// learn adds secrets, in the spellings in which a server may echo them.
func (r *redactor) learn(secrets ...auth.Secret) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range secrets {
		if secret.IsZero() {
			continue
		}
		if len(secret.Reveal()) >= minPrefixBytes {
			for _, text := range append(base64Parts(secret.Reveal()), secret.Reveal()) {
				r.addPrefix(string(unescape(text).text))
			}
		}
		for _, spelling := range spellings(secret.Reveal()) {
			if !slices.ContainsFunc(r.spellings, func(known auth.Secret) bool { return known.Reveal() == spelling }) {
				r.spellings = append(r.spellings, auth.NewSecret(spelling))
			}
		}
	}
	slices.SortStableFunc(r.spellings, func(a, b auth.Secret) int { return len(b.Reveal()) - len(a.Reveal()) })
}

func (r *redactor) addPrefix(text string) {
	if len(text) < minPrefixBytes {
		return
	}
	if r.prefixes == nil {
		r.prefixes = map[uint64][]auth.Secret{}
	}
	hash := maphash.String(prefixSeed, text[:min(prefixBytes, len(text))])
	if !slices.ContainsFunc(r.prefixes[hash], func(known auth.Secret) bool { return known.Reveal() == text }) {
		r.prefixes[hash] = append(r.prefixes[hash], auth.NewSecret(text))
	}
}

// spellings returns a text as it is, as part of an address, of JSON, and of JSON that is quoted in JSON.
func spellings(text string) []string {
	safe, _ := json.Marshal(text) // a text always encodes
	once := quoted(text)
	return []string{text, url.QueryEscape(text), url.PathEscape(text), string(safe[1 : len(safe)-1]), once, quoted(once)}
}

// quoted returns text as inside the quotes of JSON, escaped no more than it must be.
func quoted(text string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a text always encodes
	line := strings.TrimSuffix(b.String(), "\n")
	return line[1 : len(line)-1]
}

// base64Parts returns how a text looks inside a longer one that was encoded in base64, for each position at which it can
// begin. Letters that depend on the text around it are left out.
func base64Parts(text string) []string {
	var all []string
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before, lost := range []int{0, 2, 3} {
			letters := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + text))
			all = append(all, letters[min(lost, len(letters)):min(len(letters), (before+len(text))*8/6)])
		}
	}
	return all
}

// line returns text from a server fit for a terminal: redacted, on one line, without control characters, shortened.
// Redaction comes before shortening, or half a secret could stay behind.
func (r *redactor) line(text string) string {
	if len(text) > maxRedactedBytes {
		text = text[:maxRedactedBytes]
		text = text[:strings.LastIndexAny(text, delimiters)+1] // a word that is cut off may be the beginning of a secret
	}
	text = r.redact(strings.ToValidUTF8(text, "\uFFFD"))
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

// redact removes secrets and signatures: gateways echo request headers in their error texts, escaped and cut off in many
// ways.
func (r *redactor) redact(text string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, secret := range r.spellings {
		text = strings.ReplaceAll(text, secret.Reveal(), redacted)
	}
	return r.redactEscaped(signatureText.ReplaceAllString(text, "${1}"+redacted))
}

// redactEscaped removes secrets in other spellings, and the beginnings of secrets that were cut off. The lock is held.
func (r *redactor) redactEscaped(text string) string {
	if len(r.prefixes) == 0 {
		return text
	}
	u := unescape(text)
	var clean strings.Builder
	done := 0
	for i := 0; i < len(u.text); {
		length, whole := r.secretAt(u.text[i:])
		if length == 0 || u.from[i] < done {
			i++
			continue
		}
		clean.WriteString(text[done:u.from[i]])
		clean.WriteString(redacted)
		i += length
		done = u.to[i-1]
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

// secretAt returns how many bytes at the beginning of text are those of a secret, and whether they are all of it.
func (r *redactor) secretAt(text []byte) (length int, whole bool) {
	for first := minPrefixBytes; first <= min(prefixBytes, len(text)); first++ {
		for _, secret := range r.prefixes[maphash.Bytes(prefixSeed, text[:first])] {
			known := secret.Reveal()
			n := 0
			for n < min(len(known), len(text)) && known[n] == text[n] {
				n++
			}
			if n >= first && n > length {
				length, whole = n, n == len(known)
			}
		}
	}
	return length, whole
}

const (
	// maxEscapes is how many escapings inside each other are undone.
	maxEscapes = 6
	// maxEntityBytes bounds an escape of HTML from its ampersand to its semicolon.
	maxEntityBytes = 12
)

// unescaped is a text without the changes that servers make when they echo it: the escapes of addresses, JSON and HTML are
// undone, and white space, control characters, plus signs (which may be spaces) and backslashes are left out.
type unescaped struct {
	text []byte
	// from and to are the place of each byte in the original text.
	from, to []int
}

func unescape(original string) unescaped {
	u := unescaped{text: []byte(original), from: make([]int, len(original)), to: make([]int, len(original))}
	for i := range u.text {
		u.from[i], u.to[i] = i, i+1
	}
	for range maxEscapes {
		if !u.undo() {
			break
		}
	}
	return u.withoutBlanks()
}

// undo removes one layer of escapes, and reports whether there was one.
func (u *unescaped) undo() bool {
	if !strings.ContainsAny(string(u.text), `%\&`) {
		return false
	}
	next := unescaped{text: make([]byte, 0, len(u.text)), from: make([]int, 0, len(u.text)), to: make([]int, 0, len(u.text))}
	changed := false
	for i := 0; i < len(u.text); {
		plain, width := readEscape(u.text[i:])
		if width == 0 {
			plain, width = string(u.text[i:i+1]), 1
		} else {
			changed = true
		}
		for j := range len(plain) {
			next.text = append(next.text, plain[j])
			next.from, next.to = append(next.from, u.from[i]), append(next.to, u.to[i+width-1])
		}
		i += width
	}
	*u = next
	return changed
}

// withoutBlanks leaves out the characters that servers add or drop.
func (u unescaped) withoutBlanks() unescaped {
	kept := unescaped{text: u.text[:0], from: u.from[:0], to: u.to[:0]}
	for i := 0; i < len(u.text); {
		r, width := utf8.DecodeRune(u.text[i:])
		if r != '+' && r != '\\' && !unicode.IsSpace(r) && !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) {
			kept.text = append(kept.text, u.text[i:i+width]...)
			kept.from, kept.to = append(kept.from, u.from[i:i+width]...), append(kept.to, u.to[i:i+width]...)
		}
		i += width
	}
	return kept
}

// readEscape returns the meaning of an escape at the beginning of text and its width, 0 for none.
func readEscape(text []byte) (plain string, width int) {
	switch {
	case len(text) >= 3 && text[0] == '%':
		if n, err := strconv.ParseUint(string(text[1:3]), 16, 8); err == nil {
			return string([]byte{byte(n)}), 3
		}
	case len(text) >= 2 && text[0] == '\\':
		return readJSONEscape(text)
	case len(text) >= 3 && text[0] == '&':
		for i := 1; i < min(len(text), maxEntityBytes); i++ {
			if text[i] == ';' {
				entity := string(text[:i+1])
				if plain := html.UnescapeString(entity); plain != entity {
					return plain, i + 1
				}
				break
			}
		}
	}
	return "", 0
}

func readJSONEscape(text []byte) (plain string, width int) {
	switch text[1] {
	case '"', '/', '\\':
		return string(text[1:2]), 2
	case 'b', 'f', 'n', 'r', 't':
		return " ", 2
	case 'u':
		first, ok := codeUnit(text)
		if !ok {
			return "", 0
		}
		if second, ok := codeUnit(text[6:]); ok && utf16.IsSurrogate(first) {
			if r := utf16.DecodeRune(first, second); r != unicode.ReplacementChar {
				return string(r), 12
			}
		}
		return string(first), 6
	}
	return "", 0
}

// codeUnit reads an escape like \u002B.
func codeUnit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil
}
