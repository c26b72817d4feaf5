package addr

import (
	"fmt"
	"strings"
)

// Pattern selects addresses. It is written like an address in which "*" stands for any run of characters inside one
// segment, "?" for one character, and a last segment "**" for one or more segments of any form.
//
// The zero Pattern matches nothing.
type Pattern struct{ text string }

// ParsePattern reads a pattern. The error wraps [ErrMalformed].
func ParsePattern(text string) (Pattern, error) {
	if len(text) > maxAddressBytes {
		return Pattern{}, fmt.Errorf("%w: pattern longer than %d bytes", ErrMalformed, maxAddressBytes)
	}
	typ, rest, found := strings.Cut(text, "/")
	if !found || !isWord(typ) {
		return Pattern{}, fmt.Errorf("%w pattern %q: write TYPE/NAME; * stands for any text", ErrMalformed, text)
	}
	parts := strings.Split(rest, "/")
	for i, part := range parts {
		if part == "**" {
			if i != len(parts)-1 {
				return Pattern{}, fmt.Errorf("%w pattern %q: ** may only stand at the end", ErrMalformed, text)
			}
			continue
		}
		s, err := parseSegment(part)
		if err != nil {
			return Pattern{}, fmt.Errorf("%w pattern %q: %w", ErrMalformed, text, err)
		}
		if s.Text == "" {
			return Pattern{}, fmt.Errorf("%w pattern %q: %w", ErrMalformed, text, errEmptySegment)
		}
		parts[i] = s.String()
	}
	return Pattern{text: typ + "/" + strings.Join(parts, "/")}, nil
}

// Exactly returns the pattern that selects a, and nothing else where a holds no "*" and no "?".
func Exactly(a Address) Pattern { return Pattern(a) }

// String returns the text form, which [ParsePattern] reads back.
func (p Pattern) String() string { return p.text }

// MarshalText implements [encoding.TextMarshaler].
func (p Pattern) MarshalText() ([]byte, error) { return []byte(p.text), nil }

// UnmarshalText implements [encoding.TextUnmarshaler] by [ParsePattern].
func (p *Pattern) UnmarshalText(text []byte) error {
	parsed, err := ParsePattern(string(text))
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}

// HasWildcard reports whether p may select more than one address. A pattern without a wildcard selects the address of the same text.
func (p Pattern) HasWildcard() bool { return strings.ContainsAny(p.text, "*?") }

// Match reports whether p selects a.
func (p Pattern) Match(a Address) bool {
	pattern, address := p.text, a.text
	if pattern == "" || address == "" {
		return false
	}
	if differsBeforeWildcard(pattern, address) { // most patterns do, of many that are tried
		return false
	}
	for {
		part, restPattern, morePattern := strings.Cut(pattern, "/")
		if part == "**" {
			return true
		}
		segment, restAddress, moreAddress := strings.Cut(address, "/")
		if !matchSegment(part, segment) || morePattern != moreAddress {
			return false
		}
		if !morePattern {
			return true
		}
		pattern, address = restPattern, restAddress
	}
}

// differsBeforeWildcard reports whether text is another one than the pattern up to its first wildcard.
func differsBeforeWildcard(pattern, text string) bool {
	for i := range len(pattern) {
		if c := pattern[i]; c == '*' || c == '?' {
			return false
		} else if i >= len(text) || text[i] != c {
			return true
		}
	}
	return len(text) > len(pattern)
}

// MatchAny reports whether one of patterns selects a.
func MatchAny(patterns []Pattern, a Address) bool {
	for _, p := range patterns {
		if p.Match(a) {
			return true
		}
	}
	return false
}

// matchSegment is the usual two-pointer glob match: linear but for one remembered star, so that no pattern can make it
// exponential.
func matchSegment(pattern, text string) bool {
	star, resume := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && pattern[p] == '?':
			p++
			t += width(text[t:])
		case p < len(pattern) && pattern[p] == text[t]:
			p++
			t++
		case star >= 0:
			resume += width(text[resume:])
			p, t = star+1, resume
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// width is how many bytes of an escaped segment its first character takes.
func width(text string) int {
	if text[0] == '%' && len(text) >= 3 {
		return 3
	}
	size, _ := character(text)
	return size
}

// IsNarrow reports whether the segment after the type begins with two characters that stand for themselves, or has no wildcard.
func (p Pattern) IsNarrow() bool {
	_, rest, _ := strings.Cut(p.text, "/")
	segment, _, _ := strings.Cut(rest, "/")
	wild := strings.IndexAny(segment, "*?")
	if wild < 0 {
		return segment != ""
	}
	if wild == 0 {
		return false
	}
	return width(segment) < wild
}

// Below reports whether p can select an address that begins with prefix, whole segments of it, and goes on.
func (p Pattern) Below(prefix string) bool {
	_, below := p.after(prefix)
	return below
}

// after returns what of p stands behind its beginning that selects prefix; below is false where p selects nothing below it.
func (p Pattern) after(prefix string) (rest string, below bool) {
	rest = p.text
	for part := range strings.SplitSeq(prefix, "/") {
		segment, after, more := strings.Cut(rest, "/")
		if segment == "**" {
			return segment, true
		}
		if !matchSegment(segment, part) || !more {
			return "", false
		}
		rest = after
	}
	return rest, true
}

// CoversMost reports whether p selects all addresses that begin with prefix, whole segments of them, or nearly all: it holds two
// characters that stand for themselves neither in the first nor in the last segment after the prefix, and has a wildcard in both.
func (p Pattern) CoversMost(prefix string) bool {
	rest, below := p.after(prefix)
	first, _, _ := strings.Cut(rest, "/")
	return below && isVague(first) && isVague(rest[strings.LastIndexByte(rest, '/')+1:])
}

// isVague reports whether a segment has a wildcard, and fewer than two characters that stand for themselves.
func isVague(segment string) bool {
	literals, wild := 0, false
	for segment != "" {
		size := 1
		if segment[0] == '*' || segment[0] == '?' {
			wild = true
		} else {
			literals, size = literals+1, width(segment)
		}
		segment = segment[size:]
	}
	return wild && literals < 2
}

// IsWholeType reports whether p selects what it does by the type alone, as type/* and type/** do.
func (p Pattern) IsWholeType() bool {
	_, rest, _ := strings.Cut(p.text, "/")
	return rest != "" && strings.Trim(rest, "*/") == ""
}

// BeginsWild reports whether the segment after the type begins with a wildcard.
func (p Pattern) BeginsWild() bool {
	_, rest, _ := strings.Cut(p.text, "/")
	return strings.HasPrefix(rest, "*") || strings.HasPrefix(rest, "?")
}

// Covers reports whether p selects at least what q selects. Where that is not plain from the texts, it says no.
func (p Pattern) Covers(q Pattern) bool {
	if strings.HasSuffix(q.text, "/**") && !strings.HasSuffix(p.text, "/**") {
		return false
	}
	return p.Match(Address(q)) // a star in p also stands for a star in q
}
