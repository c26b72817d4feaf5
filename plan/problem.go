package plan

import (
	"slices"
	"strconv"
	"strings"
)

// Problem is one thing wrong with a manifest or with a run, for the person who must mend it.
type Problem struct {
	At Position
	// Summary is a fixed phrase for this kind of problem, without values in it: "unknown role".
	Summary string
	// Detail quotes the offending value and says why it matters.
	Detail string
	// Hint says what to write instead. May be empty.
	Hint string
	// Warning marks a problem that does not stop the run.
	Warning bool
}

// String gives the problem on one line: place, summary, detail, and the hint in brackets.
func (p Problem) String() string {
	text := p.Summary + ": " + p.Detail
	if at := p.At.String(); at != "" {
		text = at + ": " + text
	}
	if p.Hint != "" {
		text += " (" + p.Hint + ")"
	}
	return text
}

// SortProblems orders by position, then text, and drops exact repeats. It works in place and returns the shortened
// slice.
func SortProblems(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if c := ComparePositions(a.At, b.At); c != 0 {
			return c
		}
		if c := strings.Compare(a.Summary, b.Summary); c != 0 {
			return c
		}
		return strings.Compare(a.Detail, b.Detail)
	})
	return slices.Compact(problems)
}

// Fatal returns the problems that are not warnings, in the same order.
func Fatal(problems []Problem) []Problem {
	var fatal []Problem
	for _, p := range problems {
		if !p.Warning {
			fatal = append(fatal, p)
		}
	}
	return fatal
}

// Counted returns a number with its noun, for messages: "1 change", "3 changes".
func Counted(n int, noun string) string {
	return strconv.Itoa(n) + " " + Agree(n, noun, Plural(noun))
}

// Agree returns the form of a word that fits a number.
func Agree(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

// Plural returns the plural of a noun that messages or addresses have. The noun is the last word of the text.
func Plural(noun string) string {
	if stem, found := strings.CutSuffix(noun, "y"); found && noun != "y" && !strings.HasSuffix(stem, "a") && !strings.HasSuffix(stem, "e") {
		return stem + "ies"
	}
	return noun + "s"
}
