package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// power is one thing that somebody may do: a pattern of actions in a scope, less what is denied there.
type power struct {
	scope, action string
	// limit is that of the effect: the power holds for a part of the scope only.
	limit string
	// except is what is denied of it, sorted; each in the scope or in a narrower one.
	except []exception
	// unknown is the resource that gives it, for a power whose actions are not known.
	unknown addr.Address
	admin   bool
	// by is the resource that gives it.
	by addr.Address
}

// exception is a denied pattern that overlaps the action of a power, in the part of its scope where it is denied.
type exception struct{ scope, action string }

func compareExceptions(x, y exception) int {
	return cmp.Or(strings.Compare(x.scope, y.scope), strings.Compare(x.action, y.action))
}

// coveredBy reports whether o denies all that e does.
func (e exception) coveredBy(o exception) bool {
	return scopeWithin(e.scope, o.scope) && actionCovered(e.action, []string{o.action})
}

// sourced is an effect, not to be changed, and the resource it comes from.
type sourced struct {
	*Effect
	by addr.Address
}

// powersOf returns what the effects of one root come to: what is allowed, less what is denied for sure. The order is that
// holding the effects.
func powersOf(effects []sourced) []power {
	var denies []Effect
	size := 0
	for _, g := range effects {
		size += max(1, len(g.Actions))
		if g.Deny && g.AboutActions() && g.Actions != nil {
			denies = append(denies, *g.Effect)
		}
	}
	powers := make([]power, 0, size)
	for _, g := range effects {
		if g.Deny || !g.AboutActions() {
			continue
		}
		if g.Actions == nil {
			powers = append(powers, power{scope: g.Scope, limit: g.Limit, unknown: g.by, admin: g.Admin, by: g.by})
			continue
		}
		for _, action := range g.Actions {
			p := power{scope: g.Scope, action: action, limit: g.Limit, admin: g.Admin, by: g.by}
			if len(denies) == 0 || p.exceptDenied(denies) {
				powers = append(powers, p)
			}
		}
	}
	return powers
}

// exceptDenied notes what is denied of p and reports whether anything is left. A limited denial takes something for sure only
// from what has the same limit.
func (p *power) exceptDenied(denies []Effect) bool {
	for _, d := range denies {
		if !scopesMeet(p.scope, d.Scope) || !limitWithin(p.limit, d.Limit) {
			continue
		}
		if scopeWithin(p.scope, d.Scope) && actionCovered(p.action, d.Actions) {
			return false
		}
		for _, pattern := range d.Actions {
			if ActionsMeet(p.action, pattern) {
				p.except = append(p.except, exception{narrower(p.scope, d.Scope), pattern})
			}
		}
	}
	p.except = leastExceptions(p.except)
	return true
}

// narrower returns what two scopes that meet have in common.
func narrower(x, y string) string {
	if scopeWithin(y, x) {
		return y
	}
	return x
}

// scopeWithin reports whether all of inner lies in outer.
func scopeWithin(inner, outer string) bool {
	prefix, wide := strings.CutSuffix(outer, "*")
	return inner == outer || wide && strings.HasPrefix(inner, prefix)
}

// leastExceptions returns the exceptions that no other one covers, sorted, each once.
func leastExceptions(all []exception) []exception {
	slices.SortFunc(all, compareExceptions)
	all = slices.Compact(all)
	var least []exception
	for i, e := range all {
		others := slices.Concat(all[:i], all[i+1:])
		if !slices.ContainsFunc(others, func(o exception) bool { return e.coveredBy(o) && (!o.coveredBy(e) || compareExceptions(o, e) < 0) }) {
			least = append(least, e)
		}
	}
	return least
}

// coveredBy reports whether q gives all that p gives, but for missing: what q denies of it and p does not.
func (p power) coveredBy(q power) (missing []exception, ok bool) {
	if !scopeWithin(p.scope, q.scope) || !limitWithin(p.limit, q.limit) || !q.unknown.IsZero() || !p.unknown.IsZero() {
		return nil, q.unknown == p.unknown && q.scope == p.scope && q.limit == p.limit && !p.unknown.IsZero()
	}
	if !actionCovered(p.action, []string{q.action}) {
		return nil, false
	}
	for _, e := range q.except {
		if !scopesMeet(p.scope, e.scope) || !ActionsMeet(p.action, e.action) {
			continue
		}
		e.scope = narrower(p.scope, e.scope)
		if slices.ContainsFunc(p.except, e.coveredBy) {
			continue
		}
		if e.scope == p.scope && actionCovered(p.action, []string{e.action}) {
			return nil, false
		}
		missing = append(missing, e)
	}
	return missing, true
}

// overlap returns what p gives of what e denies.
func (p power) overlap(e exception) power {
	q := p
	q.scope, q.except = e.scope, nil
	if actionCovered(e.action, []string{p.action}) {
		q.action, q.admin = e.action, false
	}
	for _, denied := range p.except {
		if scopesMeet(q.scope, denied.scope) && ActionsMeet(q.action, denied.action) {
			q.except = append(q.except, exception{narrower(q.scope, denied.scope), denied.action})
		}
	}
	q.except = leastExceptions(q.except)
	return q
}

// powerIndex holds powers by scope, so that a power meets only those that could give it.
type powerIndex struct {
	byScope map[string][]power
	// wide are the powers in scopes that hold others.
	wide []power
}

func indexPowers(powers []power) *powerIndex {
	s := &powerIndex{byScope: map[string][]power{}}
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
func (s *powerIndex) nearest(p power) (missing []exception, ok bool) {
	for _, list := range [][]power{s.byScope[p.scope], s.wide} {
		for _, q := range list {
			if lacks, gives := p.coveredBy(q); gives && (!ok || len(lacks) < len(missing)) {
				missing, ok = lacks, true
				if len(missing) == 0 {
					return nil, true
				}
			}
		}
	}
	return missing, ok
}

// exceptDenied returns what of powers the others do not give. Where another one gives all but what it denies, that is what is left.
func subtract(powers, others []power) []power {
	var rest []power
	have := indexPowers(others)
	for _, p := range powers {
		missing, found := have.nearest(p)
		if !found {
			rest = append(rest, p)
			continue
		}
		for _, e := range missing {
			rest = append(rest, p.overlap(e))
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
			case powers[i].redundant(powers[start:end]) || powers[i].redundant(wide):
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

// redundant reports whether another of the powers gives p; of two equal ones the first stays.
func (p *power) redundant(by []power) bool {
	for i := range by {
		q := &by[i]
		missing, ok := p.coveredBy(*q)
		if !ok || len(missing) > 0 || comparePowers(*p, *q) == 0 {
			continue
		}
		if back, both := q.coveredBy(*p); !both || len(back) > 0 || comparePowers(*q, *p) < 0 {
			return true
		}
	}
	return false
}

func comparePowers(x, y power) int {
	if c := strings.Compare(x.scope, y.scope); c != 0 {
		return c // most differ here, or in the next two
	}
	if c := cmp.Or(strings.Compare(x.limit, y.limit), strings.Compare(x.action, y.action)); c != 0 {
		return c
	}
	return cmp.Or(addr.Compare(x.unknown, y.unknown), slices.CompareFunc(x.except, y.except, compareExceptions))
}
