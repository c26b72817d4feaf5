package render

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// maxTokens bounds what is compared piece by piece: the comparison of two wholly different sides costs the square of
// their length. Longer ones count as replaced.
const maxTokens = 2000

// edit is a run of pieces that both sides have, or that only one of them has.
type edit struct {
	kind   editKind
	pieces []string
}

type editKind uint8

const (
	kept editKind = iota
	removed
	added
)

// compareTokens returns the edits that lead from before to after. The pieces of kept and removed edits are before, those
// of kept and added ones after.
func compareTokens(before, after []string) []edit {
	if len(before) > maxTokens || len(after) > maxTokens {
		return replaced(before, after)
	}
	// Each distinct piece stands for one character of a made-up text, so that a piece is never cut.
	letters := map[string]rune{}
	var pieces []string
	spell := func(tokens []string) []rune {
		text := make([]rune, len(tokens))
		for i, t := range tokens {
			r, known := letters[t]
			if !known {
				r = rune(len(pieces) + 1)
				letters[t] = r
				pieces = append(pieces, t)
			}
			text[i] = r
		}
		return text
	}
	from, to := spell(before), spell(after)
	differ := diffmatchpatch.New()
	differ.DiffTimeout = 0 // a time limit would make the output depend on how busy the machine is
	var edits []edit
	for _, d := range differ.DiffMainRunes(from, to, false) {
		e := edit{kind: kept}
		switch d.Type {
		case diffmatchpatch.DiffDelete:
			e.kind = removed
		case diffmatchpatch.DiffInsert:
			e.kind = added
		case diffmatchpatch.DiffEqual:
		}
		for _, r := range d.Text {
			e.pieces = append(e.pieces, pieces[r-1])
		}
		edits = append(edits, e)
	}
	return edits
}

func replaced(before, after []string) []edit {
	var edits []edit
	if len(before) > 0 {
		edits = append(edits, edit{removed, before})
	}
	if len(after) > 0 {
		edits = append(edits, edit{added, after})
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
func joinSpaces(edits []edit) []edit {
	var joined []edit
	for i := 0; i < len(edits); {
		if edits[i].kind == kept {
			joined = append(joined, edits[i])
			i++
			continue
		}
		var out, in []string
		for ; i < len(edits); i++ {
			e := edits[i]
			if e.kind == kept {
				if i+1 == len(edits) || strings.TrimSpace(strings.Join(e.pieces, "")) != "" {
					break
				}
				out, in = append(out, e.pieces...), append(in, e.pieces...)
				continue
			}
			if e.kind == removed {
				out = append(out, e.pieces...)
			} else {
				in = append(in, e.pieces...)
			}
		}
		joined = append(joined, replaced(out, in)...)
	}
	return joined
}
