package render

import (
	"strconv"
	"strings"
)

// Count returns a number with its noun: "1 change", "3 changes".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + plural(noun)
}

// plural handles the nouns of this package and the types of addresses.
func plural(noun string) string {
	if stem, found := strings.CutSuffix(noun, "y"); found && noun != "" && !strings.HasSuffix(stem, "a") && !strings.HasSuffix(stem, "e") {
		return stem + "ies"
	}
	return noun + "s"
}

// tally joins those counts that are not zero: "2 to create, 1 to delete".
type tally []string

func (t *tally) add(n int, words string) {
	if n > 0 {
		*t = append(*t, strconv.Itoa(n)+" "+words)
	}
}

func (t tally) String() string { return strings.Join(t, ", ") }
