package plan

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// access is who may do what through which root in one world.
type access struct {
	// base is the world that this one is like but for the principals in differs: of all others it holds nothing itself. Nil
	// for a world that stands alone.
	base    *access
	differs map[string]bool
	// conveys are the roots that a principal may act as, and becomes what other principals a root or principal may act as.
	conveys map[string][]string
	becomes map[string][]string
	effects map[string][]given
	// inside are the resources of the world, by the text of their addresses, but for those that give as in base.
	inside map[string]bool
	// powers are the powers of each principal of its own, and admins the resources that give it everything; made when first
	// asked for.
	powers map[string][]power
	admins map[string][]addr.Address
}

func newAccess() *access {
	return &access{
		conveys: map[string][]string{}, becomes: map[string][]string{}, effects: map[string][]given{}, inside: map[string]bool{},
		powers: map[string][]power{}, admins: map[string][]addr.Address{},
	}
}

func (a *access) add(by addr.Address, effects []Effect) {
	a.inside[by.String()] = true
	for i := range effects {
		e := &effects[i]
		switch {
		case a.base != nil && !a.differs[e.Principal]:
		case !e.Conveys.IsZero():
			a.conveys[e.Principal] = append(a.conveys[e.Principal], e.Conveys.String())
		case e.As != "":
			a.becomes[e.Principal] = append(a.becomes[e.Principal], e.As)
		default:
			a.effects[e.Principal] = append(a.effects[e.Principal], given{e, by})
		}
	}
}

// finish sorts, so that nothing depends on the order of the input.
func (a *access) finish() *access {
	for _, edges := range []map[string][]string{a.conveys, a.becomes} {
		for from, to := range edges {
			slices.Sort(to)
			edges[from] = slices.Compact(to)
		}
	}
	for _, list := range a.effects {
		slices.SortStableFunc(list, func(x, y given) int { return addr.Compare(x.by, y.by) })
	}
	return a
}

// of returns the world that knows the principal.
func (a *access) of(principal string) *access {
	if a.base != nil && !a.differs[principal] {
		return a.base
	}
	return a
}

// own returns the powers that the principal has by itself.
func (a *access) own(principal string) []power {
	a = a.of(principal)
	powers, known := a.powers[principal]
	if !known {
		powers = leastOf(powersOf(a.effects[principal]))
		a.powers[principal] = powers
	}
	return powers
}

// next returns whom a principal may act as, sorted. The list is not the caller's to change.
func (a *access) next(principal string) []string {
	a = a.of(principal)
	conveys, becomes := a.conveys[principal], a.becomes[principal]
	if len(becomes) == 0 {
		return conveys
	}
	next := slices.Concat(conveys, becomes)
	slices.Sort(next)
	return slices.Compact(next)
}

// reach returns all that the principal may do, by itself and as whomever it may act.
func (a *access) reach(principal string) []power {
	seen := map[string]bool{principal: true}
	gathered := newGathering()
	gathered.add(a.own(principal))
	for queue := []string{principal}; len(queue) > 0; queue = queue[1:] {
		for _, next := range a.next(queue[0]) {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
				gathered.add(a.own(next))
			}
		}
	}
	return leastOf(gathered.powers)
}

// gathering collects powers without the commonest repeats: many roots give the same.
type gathering struct {
	powers []power
	seen   map[plainPower]bool
}

// plainPower is a known power with no exceptions.
type plainPower struct{ scope, limit, action string }

func newGathering() *gathering { return &gathering{seen: map[plainPower]bool{}} }

func (g *gathering) add(powers []power) {
	for _, p := range powers {
		if len(p.except) == 0 && p.unknown.IsZero() {
			plain := plainPower{p.scope, p.limit, p.action}
			if g.seen[plain] {
				continue // leastPowers keeps the first of equals too
			}
			g.seen[plain] = true
		}
		g.powers = append(g.powers, p)
	}
}

// worldsOf returns the access before and after the writes of p, and the principals whose effects p touches.
func worldsOf(p *Plan, in Input) (before, after *access, touched map[string]bool) {
	catalogue, later := in.Snapshot.Catalogue, in.Snapshot.Catalogue.With(in.Entries...)
	touched = map[string]bool{}
	touch := func(effects []Effect) []Effect {
		for _, e := range effects {
			touched[e.Principal] = true
		}
		return effects
	}
	gone, changed, made := map[addr.Address]bool{}, map[addr.Address]bool{}, map[addr.Address][]Effect{}
	for i := range p.Changes {
		c := &p.Changes[i]
		if !c.Action.Writes() {
			continue
		}
		changed[c.Address] = true
		gone[c.Address] = true
		for _, child := range c.With {
			gone[child] = true
		}
		if c.After != nil {
			made[c.Address] = touch(in.Knowledge.Effects(*c.After, later))
		}
	}
	before = newAccess()
	kept := make([][]Effect, len(in.Snapshot.Resources)) // nil for what goes
	for i := range in.Snapshot.Resources {
		l := &in.Snapshot.Resources[i]
		effects := in.Knowledge.Effects(l.Resource, catalogue)
		before.add(l.Address, effects)
		switch {
		case gone[l.Address]:
			touch(effects)
		case slices.ContainsFunc(l.Uses, func(use addr.Address) bool { return changed[use] }):
			touch(effects)
			kept[i] = touch(in.Knowledge.Effects(l.Resource, later))
		default:
			kept[i] = effects
		}
	}
	before.finish()
	after = newAccess()
	after.base, after.differs = before, touched
	for a, effects := range made {
		after.add(a, effects)
	}
	for i, effects := range kept {
		if slices.ContainsFunc(effects, func(e Effect) bool { return touched[e.Principal] }) {
			after.add(in.Snapshot.Resources[i].Address, effects)
		}
	}
	return before, after.finish(), touched
}
