package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shows reports whether r is seen as what it is. Control characters, changes of writing direction, invisible
// characters and all spaces but the plain one are not.
func shows(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return ' ' <= r && r <= '~'
	case r == '\u2800': // a braille cell without dots: a printable character that nobody sees
		return false
	default:
		return unicode.IsPrint(r) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) &&
			!unicode.Is(unicode.Variation_Selector, r)
	}
}

// Clean returns s with everything that does not show written as an escape: \n, \x1b, \u202e. Clean text is returned as
// it is.
func Clean(s string) string {
	dirty := false
	for _, r := range s {
		if r == utf8.RuneError || !shows(r) {
			dirty = true
			break
		}
	}
	if !dirty {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case shows(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += size
	}
	return b.String()
}

// quoter escapes what would let a text end its own quotes, or pretend to hold an escape.
var quoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// quote returns s in double quotes, so that its end is certain. What does not show is left to Clean.
func quote(s string) string { return `"` + quoter.Replace(s) + `"` }

// title returns a name as it stands at the head of a line. Two spaces in a row are what sets our own words apart there,
// so a name that holds them is put in quotes.
func title(name string) string {
	if strings.Contains(name, "  ") || strings.HasPrefix(name, " ") || strings.HasSuffix(name, " ") {
		return quote(name)
	}
	return name
}
