package huaweicloud

import (
	"encoding/base64"
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDisguises is how many escapings inside each other are undone.
const maxDisguises = 6

// maxEntityBytes bounds an escaping of HTML from its ampersand to its semicolon.
const maxEntityBytes = 12

// bared is a text without what servers put into it when they repeat what they were sent: escapings of addresses, JSON
// and HTML undone, and white space, control characters, plus signs (which may be spaces) and backslashes left out.
type bared struct {
	text []byte
	// from and to are where in the original text each byte of the text stands.
	from, to []int
}

// bare undoes the disguises of a text.
func bare(original string) bared {
	b := bared{text: []byte(original), from: make([]int, len(original)), to: make([]int, len(original))}
	for i := range b.text {
		b.from[i], b.to[i] = i, i+1
	}
	for range maxDisguises {
		if !b.undo() {
			break
		}
	}
	return b.strip()
}

// undo takes one layer of escapes away, and reports whether there was one.
func (b *bared) undo() bool {
	if !strings.ContainsAny(string(b.text), `%\&`) {
		return false
	}
	next := bared{text: make([]byte, 0, len(b.text)), from: make([]int, 0, len(b.text)), to: make([]int, 0, len(b.text))}
	changed := false
	for i := 0; i < len(b.text); {
		plain, width := unescape(b.text[i:])
		if width == 0 {
			plain, width = string(b.text[i:i+1]), 1
		} else {
			changed = true
		}
		for j := range len(plain) {
			next.text = append(next.text, plain[j])
			next.from, next.to = append(next.from, b.from[i]), append(next.to, b.to[i+width-1])
		}
		i += width
	}
	*b = next
	return changed
}

// strip leaves out what may come and go on the way.
func (b bared) strip() bared {
	kept := bared{text: b.text[:0], from: b.from[:0], to: b.to[:0]}
	for i := 0; i < len(b.text); {
		r, width := utf8.DecodeRune(b.text[i:])
		if r != '+' && r != '\\' && !unicode.IsSpace(r) && !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) {
			kept.text = append(kept.text, b.text[i:i+width]...)
			kept.from, kept.to = append(kept.from, b.from[i:i+width]...), append(kept.to, b.to[i:i+width]...)
		}
		i += width
	}
	return kept
}

// unescape returns what an escape at the beginning of text stands for, and how long it is: 0 for none.
func unescape(text []byte) (plain string, width int) {
	switch {
	case len(text) >= 3 && text[0] == '%':
		if n, err := strconv.ParseUint(string(text[1:3]), 16, 8); err == nil {
			return string([]byte{byte(n)}), 3
		}
	case len(text) >= 2 && text[0] == '\\':
		return unescapeJSON(text)
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

func unescapeJSON(text []byte) (plain string, width int) {
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

// encodings returns how a text looks inside a longer one that was encoded in base64, by where in it the text begins: only
// the letters that do not depend on what stands around it.
func encodings(text string) []string {
	var all []string
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before, lost := range []int{0, 2, 3} {
			letters := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + text))
			all = append(all, letters[min(lost, len(letters)):min(len(letters), (before+len(text))*8/6)])
		}
	}
	return all
}
