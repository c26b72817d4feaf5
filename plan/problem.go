package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
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
		if c := comparePositions(a.At, b.At); c != 0 {
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

// Nearest returns up to most of candidates that look like word, the likeliest first: the same but for case, differing
// in a few letters, or containing one another. Equal candidates are given once. Nil when nothing is near.
func Nearest(word string, candidates []string, most int) []string {
	type scored struct {
		text  string
		score float64
	}
	params := levenshtein.NewParams()
	lower := strings.ToLower(word)
	var near []scored
	for _, c := range candidates {
		other := strings.ToLower(c)
		score := levenshtein.Similarity(lower, other, params)
		if len(lower) >= 3 && (strings.Contains(other, lower) || len(other) >= 3 && strings.Contains(lower, other)) {
			score = max(score, 0.65)
		}
		if score >= 0.6 {
			near = append(near, scored{c, score})
		}
	}
	slices.SortFunc(near, func(a, b scored) int {
		return cmp.Or(
			cmp.Compare(b.score, a.score),
			cmp.Compare(commonStart(b.text, word), commonStart(a.text, word)),
			strings.Compare(a.text, b.text))
	})
	var texts []string
	for _, n := range near {
		if len(texts) < most && !slices.Contains(texts, n.text) {
			texts = append(texts, n.text)
		}
	}
	return texts
}

// commonStart is how many bytes two texts begin alike.
func commonStart(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && lowerASCII(a[n]) == lowerASCII(b[n]) {
		n++
	}
	return n
}

// DidYouMean returns a hint built from [Nearest], such as `did you mean "Tenant Guest"?`, or "" when nothing is near.
func DidYouMean(word string, candidates []string) string {
	near := Nearest(word, candidates, 3)
	switch len(near) {
	case 0:
		return ""
	case 1:
		return `did you mean "` + near[0] + `"?`
	default:
		return `did you mean "` + strings.Join(near[:len(near)-1], `", "`) + `" or "` + near[len(near)-1] + `"?`
	}
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
