package render

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agencyctl/agencyctl/internal/patch"
)

// maxTokens bounds what is compared piece by piece: the comparison of two wholly different sides costs the square of
// their length. Longer ones count as replaced.
const maxTokens = 2000

// compareTokens returns the edits that lead from before to after.
func compareTokens(before, after []string) []patch.Edit {
	if len(before) > maxTokens || len(after) > maxTokens {
		return replaced(before, after)
	}
	return patch.Compare(before, after)
}

func replaced(before, after []string) []patch.Edit {
	var edits []patch.Edit
	if len(before) > 0 {
		edits = append(edits, patch.Edit{Kind: patch.Removed, Pieces: before})
	}
	if len(after) > 0 {
		edits = append(edits, patch.Edit{Kind: patch.Added, Pieces: after})
	}
	return edits
}

// words cuts a text into words, runs of spaces, and single other characters.
func words(text string) []string {
	var tokens []string
	start, class := 0, -1
	for i, r := range text {
		c := wordClass(r)
		if i > start && (c != class || c == 0) {
			tokens = append(tokens, text[start:i])
			start = i
		}
		class = c
	}
	if start < len(text) {
		tokens = append(tokens, text[start:])
	}
	return tokens
}

func wordClass(r rune) int {
	switch {
	case r == utf8.RuneError:
		return 0
	case r == ' ':
		return 1
	case r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
		return 2
	}
	return 0
}

// joinSpaces adds spaces that are kept between two changes to both of them, so that the marks stand around a phrase and not
// around every word of it.
func joinSpaces(edits []patch.Edit) []patch.Edit {
	var joined []patch.Edit
	for i := 0; i < len(edits); {
		if edits[i].Kind == patch.Kept {
			joined = append(joined, edits[i])
			i++
			continue
		}
		var out, in []string
		for ; i < len(edits); i++ {
			e := edits[i]
			if e.Kind == patch.Kept {
				if i+1 == len(edits) || strings.TrimSpace(strings.Join(e.Pieces, "")) != "" {
					break
				}
				out, in = append(out, e.Pieces...), append(in, e.Pieces...)
				continue
			}
			if e.Kind == patch.Removed {
				out = append(out, e.Pieces...)
			} else {
				in = append(in, e.Pieces...)
			}
		}
		joined = append(joined, replaced(out, in)...)
	}
	return joined
}
