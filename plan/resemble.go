package plan

import (
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

// lookAlikes are characters, and pairs of them, that readers take for another one, in lower case.
var lookAlikes = strings.NewReplacer(
	"0", "o", "1", "l", "i", "l", "|", "l", "5", "s", "rn", "m", "vv", "w", "_", "-", ".", "-", " ", "-",
	// Cyrillic, Greek and Latin letters beyond ASCII that look like the ASCII one.
	"а", "a", "в", "b", "с", "c", "ԁ", "d", "е", "e", "һ", "h", "і", "l", "ј", "j", "к", "k", "м", "m", "н", "h", "о", "o", "р", "p",
	"ԛ", "q", "ѕ", "s", "т", "t", "у", "y", "ѵ", "v", "ԝ", "w", "х", "x", "α", "a", "ε", "e", "ι", "l", "κ", "k", "ν", "v", "ο", "o",
	"ρ", "p", "τ", "t", "υ", "u", "χ", "x", "ı", "l", "ɑ", "a", "ɡ", "g", "‐", "-", "‑", "-", "–", "-", "—", "-",
)

// resembled returns the name among known that another name could be taken for, the first of several; "" where there is none. Names
// differ in at most two characters then, in one where a name is shorter than five, or in look-alikes only. The same name is no
// look-alike.
func resembled(name string, known []string) string {
	skeleton := lookAlikes.Replace(strings.ToLower(name))
	for _, other := range known {
		if other == "" || other == name {
			continue
		}
		if skeleton == lookAlikes.Replace(strings.ToLower(other)) {
			return other
		}
		most := 2
		if min(utf8.RuneCountInString(name), utf8.RuneCountInString(other)) < 5 {
			most = 1
		}
		if levenshtein.Distance(name, other, levenshtein.NewParams()) <= most {
			return other
		}
	}
	return ""
}
