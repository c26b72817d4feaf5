package plan

import (
	"strings"
	"unicode/utf8"
)

// actionsOverlap reports whether some action is matched by a pattern of a and by one of b. Nil means "not known" and
// overlaps everything: the planner would rather keep access a moment longer than tear a hole.
func actionsOverlap(a, b []string) bool {
	if a == nil || b == nil {
		return true
	}
	for _, x := range a {
		for _, y := range b {
			if patternsMeet(x, y) {
				return true
			}
		}
	}
	return false
}

// actionCovered reports whether one of patterns surely matches all that action does. Nil patterns, "not known", cover
// nothing.
func actionCovered(action string, patterns []string) bool {
	for _, p := range patterns {
		if beginsElsewhere(p, action) {
			continue
		}
		if p == action || matchSegment(strings.ToLower(p), strings.ToLower(action)) {
			return true
		}
	}
	return false
}

// beginsElsewhere reports whether the first characters alone show that pattern does not match: true for most pairs, as most
// are about two services.
func beginsElsewhere(pattern, action string) bool {
	if pattern == "" || action == "" {
		return false
	}
	p, a := pattern[0], action[0]
	return p != '*' && p != '?' && p < utf8.RuneSelf && a < utf8.RuneSelf && lower(p) != lower(a)
}

// patternsMeet reports whether a text exists that both patterns match, where "*" stands for any run of characters.
// Action names are compared without regard to ASCII case, as the clouds do.
func patternsMeet(x, y string) bool {
	// Up to the first star both are literal, which decides nearly every pair.
	for k := 0; ; k++ {
		if k == len(x) || k == len(y) {
			if k == len(x) && k == len(y) {
				return true
			}
			break
		}
		if x[k] == '*' || y[k] == '*' {
			break
		}
		if lower(x[k]) != lower(y[k]) {
			return false
		}
	}
	// meet[j] says whether x[i:] and y[j:] can match one text, for the i of the current round.
	meet := make([]bool, len(y)+1)
	next := make([]bool, len(y)+1)
	for i := len(x); i >= 0; i-- {
		for j := len(y); j >= 0; j-- {
			switch {
			case i == len(x) && j == len(y):
				meet[j] = true
			case i < len(x) && x[i] == '*':
				meet[j] = next[j] || j < len(y) && meet[j+1]
			case j < len(y) && y[j] == '*':
				meet[j] = meet[j+1] || i < len(x) && next[j]
			default:
				meet[j] = i < len(x) && j < len(y) && lower(x[i]) == lower(y[j]) && next[j+1]
			}
		}
		meet, next = next, meet
	}
	return next[0]
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// ActionsMeet reports whether some action is matched by both patterns, in which "*" stands for any run of characters.
// ASCII case does not count.
func ActionsMeet(x, y string) bool { return patternsMeet(x, y) }

// ActionCovers reports whether pattern surely matches all that action, which may be a pattern itself, does.
func ActionCovers(pattern, action string) bool { return actionCovered(action, []string{pattern}) }
