package access

// actionsOverlap reports whether an action exists that matches a pattern of a and a pattern of b. Nil means "not known" and
// overlaps everything: then access is kept a moment longer, rather than lost.
func actionsOverlap(a, b []string) bool {
	if a == nil || b == nil {
		return true
	}
	for _, x := range a {
		for _, y := range b {
			if ActionsMeet(x, y) {
				return true
			}
		}
	}
	return false
}

// actionCovered reports whether one of patterns surely matches everything that action matches. Nil patterns, "not known", cover
// nothing.
func actionCovered(action string, patterns []string) bool {
	for _, p := range patterns {
		if p == action || matchesAll(p, action) {
			return true
		}
	}
	return false
}

// matchesAll reports whether pattern matches every text that action, which may be a pattern itself, matches. Only "*" is
// special: a "?" that stood for any character would make a denial cover what it does not deny. ASCII case does not count, and
// no other: the clouds do not take the Kelvin sign for a k.
func matchesAll(pattern, action string) bool {
	star, resume := -1, 0
	p, t := 0, 0
	for t < len(action) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && lower(pattern[p]) == lower(action[t]):
			p++
			t++
		case star >= 0:
			resume++
			p, t = star+1, resume
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// ActionsMeet reports whether a text exists that both patterns match, where "*" stands for any run of characters.
// Action names are compared without regard to ASCII case, as the clouds do.
func ActionsMeet(x, y string) bool {
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

// ActionCovers reports whether pattern surely matches everything that action matches, which may be a pattern itself.
func ActionCovers(pattern, action string) bool { return actionCovered(action, []string{pattern}) }
