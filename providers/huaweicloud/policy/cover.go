package policy

import (
	"fmt"
	"slices"
	"strings"
)

// covered reports whether patterns, together, match every action that target matches, where no single one may: "a*:*:*", "b*:*:*" and so
// on allow everything. Words are of small letters: nobody gains by a pattern for services whose names begin with a digit.
func covered(target parts, by []parts) bool {
	c := cover{target: target.String(), seen: map[string]bool{}}
	var start []place
	for _, p := range by {
		if p.meets(target) {
			start = append(start, place{len(c.patterns), 0})
			c.patterns = append(c.patterns, p.String())
		}
	}
	return c.all(0, false, c.closed(start))
}

// maxCoverSteps is how many places the search of [covered] looks at: a policy that somebody made to be hard must not hold up a plan. What
// is not decided by then counts as covered.
const maxCoverSteps = 100_000

// cover walks through the words that the target matches, and the places where the patterns are on the way.
type cover struct {
	target   string
	patterns []string
	seen     map[string]bool
	steps    int
}

// place is a position in a pattern.
type place struct{ pattern, at int }

// all reports whether every word that the target matches from at on is matched from one of the places. Inside is set where the current
// part has a letter already.
func (c *cover) all(at int, inside bool, places []place) bool {
	if c.steps += len(places); c.steps > maxCoverSteps {
		return true
	}
	key := fmt.Sprint(at, inside, places)
	switch {
	case len(places) == 0:
		return false
	case c.seen[key]:
		return true
	case at == len(c.target):
		return slices.ContainsFunc(places, func(p place) bool { return p.at == len(c.patterns[p.pattern]) })
	}
	c.seen[key] = true
	if c.target[at] != '*' {
		return c.all(at+1, false, c.after(places, c.target[at]))
	}
	if inside && !c.all(at+1, false, places) {
		return false
	}
	for _, letter := range c.letters(places) {
		if !c.all(at, true, c.after(places, letter)) {
			return false
		}
	}
	return true
}

// letters returns those at which the places differ, and one that stands for all others, first: it decides nearly every search.
func (c *cover) letters(places []place) (letters []byte) {
	var special string
	for _, p := range places {
		if pattern := c.patterns[p.pattern]; p.at < len(pattern) {
			special += pattern[p.at : p.at+1]
		}
	}
	other := false
	for letter := byte('a'); letter <= 'z'; letter++ {
		switch named := strings.IndexByte(special, letter) >= 0; {
		case named:
			letters = append(letters, letter)
		case !other:
			other = true
			letters = append([]byte{letter}, letters...)
		}
	}
	return letters
}

// after returns the places after a letter or a colon. A star does not go over a colon.
func (c *cover) after(places []place, letter byte) (next []place) {
	for _, p := range places {
		switch pattern := c.patterns[p.pattern]; {
		case p.at == len(pattern):
		case pattern[p.at] == letter:
			next = append(next, place{p.pattern, p.at + 1})
		case pattern[p.at] == '*' && letter != ':':
			next = append(next, p)
		}
	}
	return c.closed(next)
}

// closed adds the places that are reached by a star which matches nothing, and sorts.
func (c *cover) closed(places []place) []place {
	for i := 0; i < len(places); i++ {
		if p := places[i]; p.at < len(c.patterns[p.pattern]) && c.patterns[p.pattern][p.at] == '*' {
			places = append(places, place{p.pattern, p.at + 1})
		}
	}
	slices.SortFunc(places, func(x, y place) int {
		if x.pattern != y.pattern {
			return x.pattern - y.pattern
		}
		return x.at - y.at
	})
	return slices.Compact(places)
}
