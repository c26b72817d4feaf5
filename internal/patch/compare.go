// Package patch compares texts, and writes their difference as a patch that git applies.
package patch

import (
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// Edit is a run of pieces that both sides have, or that only one of them has.
type Edit struct {
	Kind   Kind
	Pieces []string
}

// Kind says which side has the pieces of an edit.
type Kind uint8

// Both sides, only the side before, and only the side after.
const (
	Kept Kind = iota
	Removed
	Added
)

// Compare returns the fewest edits that lead from before to after. The pieces of kept and removed edits are before, those of kept and
// added ones after, and what is removed at a place comes before what is added there. Two sides that consist of the same pieces in wholly
// different orders cost the square of their length.
func Compare(before, after []string) []Edit {
	// A piece that one side does not have cannot be kept: leaving it out here makes the comparison of unlike sides cheap.
	inBefore, inAfter := places(before, pieceSet(after)), places(after, pieceSet(before))
	var edits []Edit
	put := func(kind Kind, pieces []string) {
		switch {
		case len(pieces) == 0:
		case len(edits) > 0 && edits[len(edits)-1].Kind == kind:
			edits[len(edits)-1].Pieces = append(edits[len(edits)-1].Pieces, pieces...)
		default:
			edits = append(edits, Edit{kind, append([]string(nil), pieces...)})
		}
	}
	i, j, m, n := 0, 0, 0, 0 // how far before and after are told, and their shared pieces are read
	keep := func(count int) {
		for ; count > 0; count-- {
			put(Removed, before[i:inBefore[m]])
			put(Added, after[j:inAfter[n]])
			put(Kept, before[inBefore[m]:inBefore[m]+1])
			i, j, m, n = inBefore[m]+1, inAfter[n]+1, m+1, n+1
		}
	}
	from, to := spell(before, inBefore, after, inAfter)
	differ := diffmatchpatch.New()
	differ.DiffTimeout = 0 // a time limit would make the output depend on how busy the machine is
	for _, d := range differ.DiffMainRunes(from, to, false) {
		switch count := utf8.RuneCountInString(d.Text); d.Type {
		case diffmatchpatch.DiffDelete:
			m += count
		case diffmatchpatch.DiffInsert:
			n += count
		case diffmatchpatch.DiffEqual:
			keep(count)
		}
	}
	put(Removed, before[i:])
	put(Added, after[j:])
	return edits
}

func pieceSet(pieces []string) map[string]bool {
	set := make(map[string]bool, len(pieces))
	for _, piece := range pieces {
		set[piece] = true
	}
	return set
}

// places returns where the pieces stand that the other side has too.
func places(pieces []string, other map[string]bool) (at []int) {
	for i, piece := range pieces {
		if other[piece] {
			at = append(at, i)
		}
	}
	return at
}

// spell returns both sides as made-up texts, in which each distinct piece is one letter, so that a piece is never cut.
func spell(before []string, inBefore []int, after []string, inAfter []int) (from, to []rune) {
	const surrogates, count = 0xD800, 0x800 // they cannot stand in a text
	letters := map[string]rune{}
	spelled := func(pieces []string, at []int) []rune {
		text := make([]rune, len(at))
		for i, place := range at {
			letter, known := letters[pieces[place]]
			if !known {
				letter = rune(len(letters) + 1)
				if letter >= surrogates {
					letter += count
				}
				letters[pieces[place]] = letter
			}
			text[i] = letter
		}
		return text
	}
	return spelled(before, inBefore), spelled(after, inAfter)
}
