package plan

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// latin gives the letters and signs beyond ASCII that look like one of ASCII, in the same case.
var latin = strings.NewReplacer(
	// Cyrillic
	"а", "a", "в", "b", "с", "c", "ԁ", "d", "е", "e", "һ", "h", "н", "h", "і", "i", "ј", "j", "к", "k", "ӏ", "l", "м", "m", "о", "o",
	"р", "p", "ԛ", "q", "г", "r", "ѕ", "s", "т", "t", "у", "y", "ѵ", "v", "ԝ", "w", "х", "x",
	"А", "A", "В", "B", "С", "C", "Е", "E", "Н", "H", "І", "I", "Ј", "J", "К", "K", "М", "M", "О", "O", "Р", "P", "Ѕ", "S", "Т", "T",
	"У", "Y", "Х", "X",
	// Greek
	"α", "a", "ε", "e", "ι", "i", "κ", "k", "ν", "v", "ο", "o", "ρ", "p", "τ", "t", "υ", "u", "χ", "x", "γ", "y", "ω", "w",
	"Α", "A", "Β", "B", "Ε", "E", "Ζ", "Z", "Η", "H", "Ι", "I", "Κ", "K", "Μ", "M", "Ν", "N", "Ο", "O", "Ρ", "P", "Τ", "T", "Υ", "Y",
	"Χ", "X",
	// Latin letters and signs beyond ASCII
	"ı", "i", "ɑ", "a", "ɡ", "g", "ǀ", "l", "‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "―", "-",
	"−", "-",
)

// confusable gives one spelling for characters of ASCII, in lower case, that readers mistake for each other.
var confusable = strings.NewReplacer(
	"0", "o", "1", "l", "i", "l", "|", "l", "5", "s", "rn", "m", "vv", "w", "_", "-", ".", "-", " ", "-",
)

// seenAs returns one spelling for all names that look the same: letters of other scripts as Latin ones, without what nobody sees, in the
// compatible composed form of Unicode, which has no wide, bold or raised letters.
func seenAs(name string) string {
	visible := strings.Map(func(r rune) rune {
		if !Visible(r) {
			return -1
		}
		return r
	}, name)
	return latin.Replace(norm.NFKC.String(strings.TrimSpace(visible)))
}

// mistakenFor returns one spelling for all names that a hasty reader takes for each other: those that look the same, in any case of
// letters and with any of the characters that are mistaken for each other.
func mistakenFor(name string) string {
	return confusable.Replace(latin.Replace(strings.ToLower(seenAs(name)))) // some letters have a look-alike in lower case only
}

// LooksLike returns the first of others that looks the same as name and is not: by letters of another script, by what nobody sees, or by
// its form; "" for none.
func LooksLike(name string, others []string) string {
	seen := seenAs(name)
	for _, other := range others {
		if other != name && seenAs(other) == seen {
			return other
		}
	}
	return ""
}

// knownNames are names that another one may resemble.
type knownNames []knownName

type knownName struct {
	name, mistakenFor string
	runes             []rune
}

func newKnownNames(names []string) knownNames {
	var known knownNames
	for _, name := range names {
		if name != "" {
			known = append(known, knownName{name, mistakenFor(name), []rune(name)})
		}
	}
	return known
}

// resembled returns the known name that another name could be taken for, the first of several; "" where there is none. A hasty reader
// mistakes the two then, or they differ in at most two characters, in one where a name is shorter than five. The same name is no
// look-alike.
func (k knownNames) resembled(name string) string {
	skeleton, runes := mistakenFor(name), []rune(name)
	for _, other := range k {
		if other.name == name {
			continue
		}
		most := 2
		if min(len(runes), len(other.runes)) < 5 {
			most = 1
		}
		if skeleton == other.mistakenFor || within(runes, other.runes, most) {
			return other.name
		}
	}
	return ""
}

// within reports whether at most so many characters must be added, left out or replaced to make y of x. Its time grows with 3
// to the power of most.
func within(x, y []rune, most int) bool {
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	switch {
	case len(x) == 0 || len(y) == 0:
		return len(x)+len(y) <= most
	case most == 0, len(x)-len(y) > most, len(y)-len(x) > most:
		return false
	}
	return within(x[1:], y[1:], most-1) || within(x[1:], y, most-1) || within(x, y[1:], most-1)
}
