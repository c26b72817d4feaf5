// Package addr is how resources are named: [Address], one text form used in manifests, plans, logs and errors alike, and
// [Pattern], which selects addresses. It imports nothing of ours and knows no cloud.
package addr

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxAddressBytes bounds the text form of an address: room for every name the clouds allow, with each byte escaped.
const maxAddressBytes = 4096

// ErrMalformed is wrapped by every error of [Parse] and [ParsePattern].
var ErrMalformed = errors.New("bad address")

var errEmptySegment = errors.New("a part between slashes is empty")

// Segment is one part of an [Address] after its type.
type Segment struct {
	// Qualifier says how Text is meant, as in "project:eu-de" or "id:7c21". Empty for a plain segment. Lower-case
	// letters and hyphens only.
	Qualifier string
	// Text is the unescaped name.
	Text string
}

// Plain returns a segment without a qualifier.
func Plain(text string) Segment { return Segment{Text: text} }

// Qualified returns a segment that reads "qualifier:text".
func Qualified(qualifier, text string) Segment { return Segment{Qualifier: qualifier, Text: text} }

// String returns the escaped form of the segment, as it stands inside an address.
func (s Segment) String() string {
	if s.Qualifier == "" {
		return escapeSegment(s.Text)
	}
	return s.Qualifier + ":" + escapeSegment(s.Text)
}

// Address is our name for a resource: a type and one or more segments, as in "grant/ops-backup/domain/Tenant Guest".
// It is comparable, usable as a map key, and has one text form, used in manifests, plans, logs and errors alike. The
// cloud's own id is not part of it, because desired resources have none.
//
// The zero Address names nothing.
type Address struct{ text string }

// New returns the address of type typ with the given segments. It panics if typ is not a lower-case word or a
// qualifier is malformed: both are constants of the program, never input.
func New(typ string, segments ...Segment) Address {
	if !isWord(typ) {
		panic("addr: address type " + typ)
	}
	size := len(typ)
	for _, s := range segments {
		size += 2 + len(s.Qualifier) + len(s.Text)
	}
	var b strings.Builder
	b.Grow(size)
	b.WriteString(typ)
	for _, s := range segments {
		if s.Qualifier != "" && !isWord(s.Qualifier) {
			panic("addr: address qualifier " + s.Qualifier)
		}
		b.WriteByte('/')
		if s.Qualifier != "" {
			b.WriteString(s.Qualifier)
			b.WriteByte(':')
		}
		b.WriteString(escapeSegment(s.Text))
	}
	return Address{text: b.String()}
}

// Parse reads the text form of an address. Needless escapes are normalised, so that two spellings of one address
// compare equal. The error wraps [ErrMalformed].
func Parse(text string) (Address, error) {
	if len(text) > maxAddressBytes {
		return Address{}, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, maxAddressBytes)
	}
	typ, rest, found := strings.Cut(text, "/")
	if !isWord(typ) {
		return Address{}, fmt.Errorf("%w %q: it must begin with a type, as in type/NAME", ErrMalformed, text)
	}
	if !found {
		return Address{}, fmt.Errorf("%w %q: a name must follow the type, as in %s/NAME", ErrMalformed, text, typ)
	}
	var segments []Segment
	for part := range strings.SplitSeq(rest, "/") {
		s, err := parseSegment(part)
		if err != nil {
			return Address{}, fmt.Errorf("%w %q: %w", ErrMalformed, text, err)
		}
		if s.Text == "" {
			return Address{}, fmt.Errorf("%w %q: %w", ErrMalformed, text, errEmptySegment)
		}
		segments = append(segments, s)
	}
	return New(typ, segments...), nil
}

// IsZero reports whether a names nothing.
func (a Address) IsZero() bool { return a.text == "" }

// String returns the text form, which [Parse] reads back.
func (a Address) String() string { return a.text }

// Type returns the first word of the address; empty for the zero Address.
func (a Address) Type() string {
	if end := strings.IndexByte(a.text, '/'); end >= 0 {
		return a.text[:end]
	}
	return a.text
}

// Segments returns the parts after the type, unescaped. The caller owns the slice.
func (a Address) Segments() []Segment {
	_, rest, found := strings.Cut(a.text, "/")
	if !found {
		return nil
	}
	return a.AppendSegments(make([]Segment, 0, strings.Count(rest, "/")+1))
}

// AppendSegments appends the parts after the type to segments, unescaped. With room for them there, it costs no memory.
func (a Address) AppendSegments(segments []Segment) []Segment {
	rest := a.text
	for start := strings.IndexByte(rest, '/'); start >= 0; start = strings.IndexByte(rest, '/') {
		rest = rest[start+1:]
		segments = append(segments, a.segmentAt(rest))
	}
	return segments
}

// First returns the first part after the type, unescaped; the zero Segment where there is none.
func (a Address) First() Segment {
	start := strings.IndexByte(a.text, '/')
	if start < 0 {
		return Segment{}
	}
	return a.segmentAt(a.text[start+1:])
}

// segmentAt returns the segment that stands at the start of the rest of the address.
func (a Address) segmentAt(rest string) Segment {
	part := rest
	if end := strings.IndexByte(rest, '/'); end >= 0 {
		part = rest[:end]
	}
	if strings.IndexByte(part, '%') < 0 { // then it says what it means, as every address is well formed
		if colon := strings.IndexByte(part, ':'); colon >= 0 {
			return Segment{Qualifier: part[:colon], Text: part[colon+1:]}
		}
		return Segment{Text: part}
	}
	s, err := parseSegment(part)
	if err != nil {
		panic("addr: address with a malformed segment: " + a.text) // no constructor lets one through
	}
	return s
}

// MarshalText implements [encoding.TextMarshaler].
func (a Address) MarshalText() ([]byte, error) { return []byte(a.text), nil }

// UnmarshalText implements [encoding.TextUnmarshaler] by [Parse]; empty text gives the zero Address.
func (a *Address) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*a = Address{}
		return nil
	}
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}

// Compare orders addresses by their text form, byte by byte.
func Compare(a, b Address) int { return cmp.Compare(a.text, b.text) }

func parseSegment(part string) (Segment, error) {
	qualifier, escaped, found := strings.Cut(part, ":")
	if !found {
		qualifier, escaped = "", part
	} else if !isWord(qualifier) {
		return Segment{}, fmt.Errorf("%q is not a qualifier; write a colon that belongs to the name as %%3A", qualifier)
	}
	text, err := unescapeSegment(escaped)
	if err != nil {
		return Segment{}, err
	}
	return Segment{Qualifier: qualifier, Text: text}, nil
}

// mustEscape reports whether the ASCII byte b cannot stand for itself inside a segment: it is structure, or it would let
// a name forge terminal output.
func mustEscape(b byte) bool { return b == '/' || b == ':' || b == '%' || b < 0x20 || b == 0x7f }

func escapeSegment(text string) string {
	if isClean(text) {
		return text
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(text); {
		size, clean := character(text[i:])
		if clean {
			b.WriteString(text[i : i+size])
		} else {
			for _, c := range []byte(text[i : i+size]) {
				b.WriteByte('%')
				b.WriteByte(hex[c>>4])
				b.WriteByte(hex[c&15])
			}
		}
		i += size
	}
	return b.String()
}

// isClean reports whether text is plain ASCII that stands for itself.
func isClean(text string) bool {
	for i := range len(text) {
		if c := text[i]; c >= utf8.RuneSelf || mustEscape(c) {
			return false
		}
	}
	return true
}

// character returns the length of the first character of text, and whether it may stand for itself. Beyond ASCII that
// is what can be seen: a direction mark or a broken byte would forge output, or not survive JSON.
func character(text string) (size int, clean bool) {
	if text[0] < utf8.RuneSelf {
		return 1, !mustEscape(text[0])
	}
	r, size := utf8.DecodeRuneInString(text)
	return size, unicode.IsGraphic(r) && !(r == utf8.RuneError && size == 1)
}

func unescapeSegment(escaped string) (string, error) {
	for i := range len(escaped) {
		if c := escaped[i]; c != '%' && mustEscape(c) {
			return "", fmt.Errorf("write the byte %q as %%%02X", c, c)
		}
	}
	if !strings.Contains(escaped, "%") {
		return escaped, nil
	}
	var b strings.Builder
	for i := 0; i < len(escaped); i++ {
		if escaped[i] != '%' {
			b.WriteByte(escaped[i])
			continue
		}
		if i+2 >= len(escaped) || unhex(escaped[i+1]) < 0 || unhex(escaped[i+2]) < 0 {
			return "", errors.New("a percent sign must be followed by two hexadecimal digits; write the sign itself as %25")
		}
		b.WriteByte(byte(unhex(escaped[i+1])<<4 | unhex(escaped[i+2])))
		i += 2
	}
	return b.String(), nil
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// isWord reports whether s is a type or qualifier: lower-case letters, digits and hyphens, beginning with a letter.
func isWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || i > 0 && ('0' <= c && c <= '9' || c == '-')) {
			return false
		}
	}
	return s != ""
}
