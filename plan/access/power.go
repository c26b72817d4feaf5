package access

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// power is a pattern of actions that a principal may do in a scope, less the denials there.
type power struct {
	scope, action string
	// limit is the effect's: the power holds in a part of the scope.
	limit string
	// limitUnsure is set where it may hold in all of it.
	limitUnsure bool
	// except are the denials that apply to it, sorted; each in the scope or in a narrower one.
	except []exception
	// unknown is the resource that gives the power, where its actions are not known.
	unknown addr.Address
	admin   bool
	// grantedBy is the resource that gives it.
	grantedBy addr.Address
}

// exception is a denied pattern that overlaps the action of a power, in the part of its scope where it is denied.
type exception struct{ scope, action string }

func compareExceptions(x, y exception) int {
	return cmp.Or(strings.Compare(x.scope, y.scope), strings.Compare(x.action, y.action))
}

// coveredBy reports whether o denies everything that e denies.
func (e exception) coveredBy(o exception) bool {
	return scopeWithin(e.scope, o.scope) && actionCovered(e.action, []string{o.action})
}

// grantedEffect is an effect, not to be changed, and the resource it comes from.
type grantedEffect struct {
	*Effect
	grantedBy addr.Address
}

// eachPower returns the powers that the effects of one root give: what they allow, less what they surely deny, in the order of
// the effects. Each is good until the next one is asked for.
func eachPower(effects []grantedEffect) iter.Seq[*power] {
	return func(yield func(*power) bool) {
		var denies []Effect
		for _, g := range effects {
			if g.Deny && g.AboutActions() && g.Actions != nil {
				denies = append(denies, *g.Effect)
			}
		}
		var p power
		for _, g := range effects {
			if g.Deny || !g.AboutActions() {
				continue
			}
			p = power{scope: g.Scope, limit: g.Limit, limitUnsure: g.LimitUnsure, admin: g.Admin, grantedBy: g.grantedBy}
			if g.Actions == nil {
				p.unknown = g.grantedBy
				if !yield(&p) {
					return
				}
				continue
			}
			for _, action := range g.Actions {
				p.action, p.except = action, nil
				if (len(denies) == 0 || p.exceptDenied(denies)) && !yield(&p) {
					return
				}
			}
		}
	}
}

// powersOf returns the same as a list.
func powersOf(effects []grantedEffect) (powers []power) {
	for p := range eachPower(effects) {
		powers = append(powers, *p)
	}
	return powers
}

// exceptDenied adds the exceptions of p and reports whether anything of it is left. A limited denial surely applies only to
// powers with the same limit.
func (p *power) exceptDenied(denies []Effect) bool {
	for _, d := range denies {
		if !scopesMeet(p.scope, d.Scope) || !limitWithin(p.limit, d.Limit) {
			continue
		}
		if p.deniedBy(d) {
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

// deniedBy reports whether the denial d surely takes all of p away.
func (p power) deniedBy(d Effect) bool {
	return scopeWithin(p.scope, d.Scope) && limitWithin(p.limit, d.Limit) && actionCovered(p.action, d.Actions)
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

// coveredBy reports whether q covers p, and which exceptions q adds.
func (p power) coveredBy(q power) (missing []exception, ok bool) {
	if !scopeWithin(p.scope, q.scope) || !limitWithin(p.limit, q.limit) || !q.unknown.IsZero() || !p.unknown.IsZero() {
		return nil, q.unknown == p.unknown && q.scope == p.scope && limitWithin(p.limit, q.limit) && !p.unknown.IsZero()
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

// overlap returns the part of p that e denies.
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

// powerIndex holds powers by scope, to compare a power only with those that may cover it.
type powerIndex struct {
	byScope map[string][]power
	// wide are the powers in scopes that contain other scopes.
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

// nearest returns the fewest exceptions that a power of the index adds where it covers p; ok is false where none covers p.
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

// widest returns the powers as they are where each limit is none that may be.
func widest(powers []power) []power {
	powers = slices.Clone(powers)
	for i := range powers {
		if powers[i].limitUnsure {
			powers[i].limit = ""
		}
	}
	return powers
}

// subtract returns the parts of powers that others do not cover. Where another one covers a power but for exceptions, these are
// the part that is left.
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

// leastPowers returns the powers that no other one covers, sorted by scope and action.
func leastPowers(powers []power) []power { return leastOf(slices.Clone(powers)) }

// leastOf is like leastPowers and may change its argument.
func leastOf(powers []power) []power {
	slices.SortStableFunc(powers, comparePowers)
	powers = slices.CompactFunc(powers, func(x, y power) bool { return comparePowers(x, y) == 0 })
	var wide []power // in scopes that contain other scopes
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

// redundant reports whether another of the powers covers p; of two equal ones the first stays.
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
		return c // most powers differ here, or in the next two
	}
	if c := cmp.Or(strings.Compare(x.limit, y.limit), strings.Compare(x.action, y.action)); c != 0 {
		return c
	}
	return cmp.Or(addr.Compare(x.unknown, y.unknown), slices.CompareFunc(x.except, y.except, compareExceptions))
}
