package plan

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Visible reports whether r is seen as the character that it is. Control characters, changes of writing direction, invisible
// characters and all spaces but the plain one are not.
func Visible(r rune) bool {
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

// HiddenIn says what of a name no reader sees, as in "holds the invisible character U+200B"; "" for nothing. Two names that
// differ by it alone look the same.
func HiddenIn(name string) string {
	for i, r := range name {
		if r == utf8.RuneError && !strings.HasPrefix(name[i:], string(utf8.RuneError)) {
			return "holds bytes that are no text"
		}
		if !Visible(r) {
			return fmt.Sprintf("holds the invisible character %U", r)
		}
	}
	switch {
	case strings.Trim(name, " ") != name:
		return "begins or ends with a blank"
	case !norm.NFC.IsNormalString(name):
		return "is not in the composed form of Unicode (NFC), so that another name looks the same"
	}
	return ""
}

// together are the scripts that one word may mix: what UTS 39 calls highly restrictive.
var together = [][]string{
	{"Latin", "Han", "Hiragana", "Katakana"}, {"Latin", "Han", "Bopomofo"}, {"Latin", "Han", "Hangul"},
}

// MixedScripts returns the scripts of the first word that mixes some which no language writes together, as Latin with Cyrillic or
// Greek; sorted, nil for none. A word is a run of letters.
func MixedScripts(name string) []string {
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		scripts := scriptsOf(word)
		if len(scripts) > 1 && !slices.ContainsFunc(together, func(allowed []string) bool {
			return !slices.ContainsFunc(scripts, func(s string) bool { return !slices.Contains(allowed, s) })
		}) {
			return scripts
		}
	}
	return nil
}

// scriptsOf returns the scripts of a word's letters, sorted.
func scriptsOf(word string) []string {
	var scripts []string
	for _, r := range word {
		script := "Latin"
		if r >= utf8.RuneSelf {
			script = scriptOf(r)
		}
		if script != "Common" && script != "Inherited" && !slices.Contains(scripts, script) {
			scripts = append(scripts, script)
		}
	}
	slices.Sort(scripts)
	return scripts
}

// scriptOf returns the script of a letter. Each has one, so that the order of the table does not matter.
func scriptOf(r rune) string {
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return "Common"
}
