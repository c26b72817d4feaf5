package plan

import (
	"cmp"
	"slices"
	"strings"
)

// power is one thing that somebody may do: a pattern of actions in a scope, less what is denied there.
type power struct {
	scope, action string
	// except are denied patterns that overlap action, sorted.
	except []string
	// unknown is the resource that gives it, for a power whose actions are not known.
	unknown Address
	admin   bool
	// by is the resource that gives it.
	by Address
}

// given is an effect, not to be changed, and the resource it comes from.
type given struct {
	*Effect
	by Address
}

// powersOf returns what the effects of one root come to: what is allowed, less what is denied for sure. The order is that
// of the effects.
func powersOf(effects []given) []power {
	var denies []Effect
	size := 0
	for _, g := range effects {
		size += max(1, len(g.Actions))
		if g.Deny && g.acts() && g.Actions != nil {
			denies = append(denies, *g.Effect)
		}
	}
	powers := make([]power, 0, size)
	for _, g := range effects {
		if g.Deny || !g.acts() {
			continue
		}
		if g.Actions == nil {
			powers = append(powers, power{scope: g.Scope, unknown: g.by, admin: g.Admin, by: g.by})
			continue
		}
		for _, action := range g.Actions {
			p := power{scope: g.Scope, action: action, admin: g.Admin, by: g.by}
			if len(denies) == 0 || p.subtract(denies) {
				powers = append(powers, p)
			}
		}
	}
	return powers
}

// subtract notes what is denied of p and reports whether anything is left.
func (p *power) subtract(denies []Effect) bool {
	for _, d := range denies {
		if !scopeWithin(p.scope, d.Scope) {
			continue
		}
		if actionCovered(p.action, d.Actions) {
			return false
		}
		for _, pattern := range d.Actions {
			if patternsMeet(p.action, pattern) {
				p.except = append(p.except, pattern)
			}
		}
	}
	p.except = leastPatterns(p.except)
	return true
}

// scopeWithin reports whether all of inner lies in outer.
func scopeWithin(inner, outer string) bool {
	prefix, wide := strings.CutSuffix(outer, "*")
	return inner == outer || wide && strings.HasPrefix(inner, prefix)
}

// leastPatterns returns the patterns that no other one covers, sorted, each once.
func leastPatterns(patterns []string) []string {
	slices.Sort(patterns)
	patterns = slices.Compact(patterns)
	var least []string
	for i, p := range patterns {
		others := slices.Concat(patterns[:i], patterns[i+1:])
		if !slices.ContainsFunc(others, func(o string) bool {
			return actionCovered(p, []string{o}) && (!actionCovered(o, []string{p}) || o < p)
		}) {
			least = append(least, p)
		}
	}
	return least
}

// within reports whether q gives all that p gives, but for missing: patterns that p does not deny and q does.
func (p power) within(q power) (missing []string, ok bool) {
	if !scopeWithin(p.scope, q.scope) || !q.unknown.IsZero() || !p.unknown.IsZero() {
		return nil, q.unknown == p.unknown && q.scope == p.scope && !p.unknown.IsZero()
	}
	if !actionCovered(p.action, []string{q.action}) {
		return nil, false
	}
	for _, e := range q.except {
		if patternsMeet(p.action, e) && !actionCovered(e, p.except) {
			if actionCovered(p.action, []string{e}) {
				return nil, false
			}
			missing = append(missing, e)
		}
	}
	return missing, true
}

// shelf holds powers by scope, so that a power meets only those that could give it.
type shelf struct {
	byScope map[string][]power
	// wide are the powers in scopes that hold others.
	wide []power
}

func shelve(powers []power) *shelf {
	s := &shelf{byScope: map[string][]power{}}
	for _, p := range powers {
		if strings.HasSuffix(p.scope, "*") {
			s.wide = append(s.wide, p)
		} else {
			s.byScope[p.scope] = append(s.byScope[p.scope], p)
		}
	}
	return s
}

// nearest returns what p still lacks from the one of the shelf's powers that gives most of it; ok is false where none does.
func (s *shelf) nearest(p power) (missing []string, ok bool) {
	for _, list := range [][]power{s.byScope[p.scope], s.wide} {
		for _, q := range list {
			if lacks, gives := p.within(q); gives && (!ok || len(lacks) < len(missing)) {
				missing, ok = lacks, true
				if len(missing) == 0 {
					return nil, true
				}
			}
		}
	}
	return missing, ok
}

// less returns what of powers the others do not give. Where another one gives all but what it denies, that is what is left.
func less(powers, others []power) []power {
	var rest []power
	have := shelve(others)
	for _, p := range powers {
		missing, found := have.nearest(p)
		if !found {
			rest = append(rest, p)
			continue
		}
		for _, e := range missing {
			q := p
			if actionCovered(e, []string{p.action}) {
				q = power{scope: p.scope, action: e, by: p.by}
				for _, denied := range p.except {
					if patternsMeet(e, denied) {
						q.except = append(q.except, denied)
					}
				}
			}
			rest = append(rest, q)
		}
	}
	return leastPowers(rest)
}

// leastPowers returns powers without those that another one gives, sorted by scope and action.
func leastPowers(powers []power) []power { return leastOf(slices.Clone(powers)) }

// leastOf is leastPowers of a slice that is given away.
func leastOf(powers []power) []power {
	slices.SortStableFunc(powers, comparePowers)
	powers = slices.CompactFunc(powers, func(x, y power) bool { return comparePowers(x, y) == 0 })
	var wide []power // those in scopes that hold others
	for i := range powers {
		if strings.HasSuffix(powers[i].scope, "*") {
			wide = append(wide, powers[i])
		}
	}
	var least []power // nil as long as all stay
	dropped := 0
	for start, end := 0, 0; start < len(powers); start = end {
		for end = start + 1; end < len(powers) && powers[end].scope == powers[start].scope; {
			end++
		}
		for i := start; i < end; i++ {
			switch {
			case powers[i].covered(powers[start:end]) || powers[i].covered(wide):
				if dropped++; dropped == 1 {
					least = append(make([]power, 0, len(powers)), powers[:i]...) // what was dropped still covers others
				}
			case dropped > 0:
				least = append(least, powers[i])
			}
		}
	}
	if dropped == 0 {
		return powers
	}
	return least
}

// covered reports whether another of the powers gives p; of two equal ones the first stays.
func (p *power) covered(by []power) bool {
	for i := range by {
		q := &by[i]
		missing, ok := p.within(*q)
		if !ok || len(missing) > 0 || comparePowers(*p, *q) == 0 {
			continue
		}
		if back, both := q.within(*p); !both || len(back) > 0 || comparePowers(*q, *p) < 0 {
			return true
		}
	}
	return false
}

func comparePowers(x, y power) int {
	if c := strings.Compare(x.scope, y.scope); c != 0 {
		return c // most differ here, or in the next
	}
	if c := strings.Compare(x.action, y.action); c != 0 {
		return c
	}
	return cmp.Or(CompareAddresses(x.unknown, y.unknown), slices.Compare(x.except, y.except))
}
