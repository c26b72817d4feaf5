package access

import "slices"

// reach is what a principal may do in each of two graphs, itself and as every principal that it may act as. Much of it is the same in both
// where one is the base of the other.
type reach struct {
	before, after *Graph
	// was and is are whom the principal may act as, itself among them, in each graph.
	was, is     []string
	wasIn, isIn map[string]bool
}

func newReach(before, after *Graph, principal string) *reach {
	r := &reach{before: before, after: after}
	r.was, r.wasIn = before.acting(principal)
	r.is, r.isIn = after.acting(principal)
	return r
}

// isCommon reports whether the principal reaches somebody in both graphs, who has the same effects in both.
func (r *reach) isCommon(who string) bool {
	return r.after.base == r.before && !r.after.differs[who] && r.wasIn[who] && r.isIn[who]
}

// differences returns what the principal gains and loses. What is not common is mostly little, and given otherwise too: then nothing
// is compared with all that the principal may do.
func (r *reach) differences() (gained, lost []power) {
	const few = 64
	was, is := r.beside(r.before, r.was), r.beside(r.after, r.is)
	if len(was)+len(is) <= few && r.gives(is, was) && r.gives(was, widest(is)) {
		return nil, nil
	}
	common := newPowerSet()
	for _, who := range r.was {
		if r.isCommon(who) {
			common.add(r.before.effectsOf(who))
		}
	}
	old, now := leastOf(slices.Concat(common.powers, was)), leastOf(slices.Concat(common.powers, is))
	return subtract(now, old), subtract(old, widest(now)) // what may be kept is not lost
}

// beside returns the powers in one of the graphs that are not common.
func (r *reach) beside(g *Graph, all []string) []power {
	own := newPowerSet()
	for _, who := range all {
		if !r.isCommon(who) {
			own.add(g.effectsOf(who))
		}
	}
	return own.powers
}

// gives reports whether others, or else what is common, cover each of the powers whole.
func (r *reach) gives(powers, others []power) bool {
	covers := func(p, q *power) bool {
		missing, ok := p.coveredBy(*q)
		return ok && len(missing) == 0
	}
	open := slices.DeleteFunc(slices.Clone(powers), func(p power) bool {
		return slices.ContainsFunc(others, func(q power) bool { return covers(&p, &q) })
	})
	for _, who := range r.was {
		if len(open) == 0 {
			break
		}
		if r.isCommon(who) {
			for q := range eachPower(r.before.effectsOf(who)) {
				open = slices.DeleteFunc(open, func(p power) bool { return covers(&p, q) })
			}
		}
	}
	return len(open) == 0
}

// powerSet collects powers. It drops repeats of the most frequent kind, as many roots give the same.
type powerSet struct {
	powers []power
	seen   map[plainPower]bool
}

// plainPower is a known power with no exceptions.
type plainPower struct{ scope, limit, action string }

func newPowerSet() *powerSet { return &powerSet{seen: map[plainPower]bool{}} }

// add adds the powers that the effects of one root give.
func (s *powerSet) add(effects []grantedEffect) {
	for p := range eachPower(effects) {
		if len(p.except) == 0 && p.unknown.IsZero() {
			plain := plainPower{p.scope, p.limit, p.action}
			if s.seen[plain] {
				continue // leastPowers keeps the first of equals too
			}
			s.seen[plain] = true
		}
		s.powers = append(s.powers, *p)
	}
}
