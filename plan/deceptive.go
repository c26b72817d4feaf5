package plan

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/agencyctl/agencyctl/plan/addr"
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

// HiddenIn says what of a name the eye does not see, as in "holds the invisible character U+200B"; "" for nothing. Two names that
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

// latin are the letters of Cyrillic and Greek that look like Latin ones.
var latin = strings.NewReplacer(
	"а", "a", "в", "b", "с", "c", "ԁ", "d", "е", "e", "һ", "h", "і", "i", "ј", "j", "к", "k", "ӏ", "l", "м", "m", "о", "o", "р", "p",
	"ԛ", "q", "г", "r", "ѕ", "s", "т", "t", "у", "y", "ѵ", "v", "ԝ", "w", "х", "x",
	"А", "A", "В", "B", "С", "C", "Е", "E", "Н", "H", "І", "I", "Ј", "J", "К", "K", "М", "M", "О", "O", "Р", "P", "Ѕ", "S", "Т", "T",
	"У", "Y", "Х", "X",
	"α", "a", "ε", "e", "ι", "i", "κ", "k", "ν", "v", "ο", "o", "ρ", "p", "τ", "t", "υ", "u", "χ", "x", "γ", "y", "ω", "w",
	"Α", "A", "Β", "B", "Ε", "E", "Ζ", "Z", "Η", "H", "Ι", "I", "Κ", "K", "Μ", "M", "Ν", "N", "Ο", "O", "Ρ", "P", "Τ", "T", "Υ", "Y",
	"Χ", "X",
)

// LooksLike returns the first of others that looks the same as name and is not: by letters of another script, by what the eye does
// not see, or by its form; "" for none.
func LooksLike(name string, others []string) string {
	seen := seenAs(name)
	for _, other := range others {
		if other != name && seenAs(other) == seen {
			return other
		}
	}
	return ""
}

// seenAs returns what the eye takes a name for.
func seenAs(name string) string {
	visible := strings.Map(func(r rune) rune {
		if !Visible(r) {
			return -1
		}
		return r
	}, name)
	return latin.Replace(norm.NFC.String(strings.TrimSpace(visible)))
}

// deceptive returns the problem of a desired root whose name the eye does not see as it is, nil for none.
func deceptive(d *Desired) *Problem {
	if !d.Parent.IsZero() || d.Absent {
		return nil
	}
	for _, s := range d.Address.Segments() {
		if hidden := HiddenIn(s.Text); hidden != "" {
			return &Problem{
				At: d.Source, Summary: "deceptive name", Detail: fmt.Sprintf("%+q %s; nothing can be created under such a name", s.Text, hidden),
				Hint: "write the name without it; what has such a name already can stay, or go by state: absent",
			}
		}
	}
	return nil
}

// liveTwins are the live roots whose names have a composed form that is another name, by the address in that form.
func (b *builder) liveTwins() map[addr.Address]addr.Address {
	twins := map[addr.Address]addr.Address{}
	for i := range b.in.Snapshot.Resources {
		l := &b.in.Snapshot.Resources[i]
		if !l.Parent.IsZero() {
			continue
		}
		segments := l.Address.Segments()
		for j := range segments {
			segments[j].Text = norm.NFC.String(segments[j].Text)
		}
		if composed := addr.New(l.Address.Type(), segments...); composed != l.Address {
			twins[composed] = l.Address
		}
	}
	return twins
}

// checkNames refuses to create what looks like something else.
func (b *builder) checkNames() {
	twins := b.liveTwins()
	for i := range b.changes {
		c := &b.changes[i]
		d := b.desired[c.Address]
		if c.Action != Create || d == nil {
			continue
		}
		if problem := deceptive(d); problem != nil {
			b.problems = append(b.problems, *problem)
		} else if twin, is := twins[c.Address]; is && d.Parent.IsZero() {
			b.problems = append(b.problems, Problem{
				At: d.Source, Summary: "deceptive name",
				Detail: fmt.Sprintf("%s looks the same as %+q, which is there in another form of Unicode", d.Address, twin),
				Hint:   "list the one that is there under its own name, or delete it first by state: absent",
			})
		}
	}
}
