package plan

import (
	"maps"
	"slices"
)

// Delta is what an executed plan gives to whom and takes from whom, and which ways to everything it opens. It speaks of
// principals from outside: those that are no resource of ours.
type Delta struct {
	// Principals are those that gain or lose something, by name.
	Principals []PrincipalDelta `json:"principals"`
	// Chains are the new ways of principals to effects that are marked as [Effect.Admin], sorted; at most [MaxChains].
	Chains []Chain `json:"chains"`
	// MoreChains counts those beyond.
	MoreChains int `json:"moreChains,omitempty"`
	// ChainsCut is set where not all ways were followed. Even then each principal that newly comes to everything through some
	// resource has a chain for it.
	ChainsCut bool `json:"chainsCut,omitempty"`
}

// IsZero reports whether nothing is gained or lost.
func (d Delta) IsZero() bool { return len(d.Principals)+len(d.Chains) == 0 }

// PrincipalDelta is what one principal gains and loses, through whatever resource.
type PrincipalDelta struct {
	Principal string  `json:"principal"`
	Gained    []Power `json:"gained"`
	Lost      []Power `json:"lost"`
}

// Power is what somebody may do in one scope. Lists are sorted, and hold nothing that another item covers.
type Power struct {
	Scope string `json:"scope"`
	// Actions may hold "*", and Except is what is denied of them. Except is the same for all of Actions.
	Actions []string `json:"actions"`
	Except  []string `json:"except"`
	// Unknown are resources that give what nobody can tell.
	Unknown []Address `json:"unknown"`
	// Limited is set where all of it holds for some resources, or under some conditions, only.
	Limited bool `json:"limited,omitempty"`
}

// DeltaOf compares what the principals may do before p and after all its writes. The input must be the one that p was
// built from. It is pure, and the same for any order of the input.
func DeltaOf(p *Plan, in Input) Delta {
	d, _ := deltaOf(p, in)
	return d
}

// deltaOf also returns every new chain.
func deltaOf(p *Plan, in Input) (Delta, []Chain) {
	if p.Writes() == 0 {
		return Delta{}, nil
	}
	before, after, touched := worldsOf(p, in)
	var d Delta
	concerned := concernedBy(touched, before, after)
	for _, principal := range concerned {
		old, now := before.reach(principal), after.reach(principal)
		gained, lost := less(now, old), less(old, now)
		if len(gained)+len(lost) > 0 {
			d.Principals = append(d.Principals, PrincipalDelta{Principal: principal, Gained: compact(gained), Lost: compact(lost)})
		}
	}
	chains, cut := newChains(before, after, concerned)
	d.ChainsCut = cut && len(chains) > 0
	d.Chains = chains[:min(len(chains), MaxChains)]
	d.MoreChains = len(chains) - len(d.Chains)
	return d, chains
}

// access is who may do what through which root in one world.
type access struct {
	// conveys are the roots that a principal may act as, and becomes what other principals a root or principal may act as.
	conveys map[string][]string
	becomes map[string][]string
	effects map[string][]given
	// inside are the resources of the world, by the text of their addresses.
	inside map[string]bool
	// powers are the powers of each principal of its own, and admins the resources that give it everything; made when first
	// asked for.
	powers map[string][]power
	admins map[string][]Address
}

func newAccess() *access {
	return &access{
		conveys: map[string][]string{}, becomes: map[string][]string{}, effects: map[string][]given{}, inside: map[string]bool{}, powers: map[string][]power{},
		admins: map[string][]Address{},
	}
}

func (a *access) add(by Address, effects []Effect) {
	a.inside[by.String()] = true
	for _, e := range effects {
		switch {
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
		slices.SortStableFunc(list, func(x, y given) int { return CompareAddresses(x.by, y.by) })
	}
	return a
}

// own returns the powers that the principal has by itself.
func (a *access) own(principal string) []power {
	powers, known := a.powers[principal]
	if !known {
		powers = leastPowers(powersOf(a.effects[principal]))
		a.powers[principal] = powers
	}
	return powers
}

// next returns whom a principal may act as, sorted.
func (a *access) next(principal string) []string {
	next := slices.Concat(a.conveys[principal], a.becomes[principal])
	slices.Sort(next)
	return slices.Compact(next)
}

// reach returns all that the principal may do, by itself and as whomever it may act.
func (a *access) reach(principal string) []power {
	seen := map[string]bool{principal: true}
	powers := slices.Clone(a.own(principal))
	for queue := []string{principal}; len(queue) > 0; queue = queue[1:] {
		for _, next := range a.next(queue[0]) {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
				powers = append(powers, a.own(next)...)
			}
		}
	}
	return leastPowers(powers)
}

// worldsOf returns the access before and after the writes of p, and the principals whose effects p touches.
func worldsOf(p *Plan, in Input) (before, after *access, touched map[string]bool) {
	catalogue, later := in.Snapshot.Catalogue, in.Snapshot.Catalogue.With(in.Entries...)
	before, after, touched = newAccess(), newAccess(), map[string]bool{}
	gone, changed := map[Address]bool{}, map[Address]bool{}
	touch := func(effects []Effect) []Effect {
		for _, e := range effects {
			touched[e.Principal] = true
		}
		return effects
	}
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
			after.add(c.Address, touch(in.Knowledge.Effects(*c.After, later)))
		}
	}
	for i := range in.Snapshot.Resources {
		l := &in.Snapshot.Resources[i]
		effects := in.Knowledge.Effects(l.Resource, catalogue)
		before.add(l.Address, effects)
		switch {
		case gone[l.Address]:
			touch(effects)
		case slices.ContainsFunc(l.Uses, func(use Address) bool { return changed[use] }):
			touch(effects)
			after.add(l.Address, touch(in.Knowledge.Effects(l.Resource, later)))
		default:
			after.add(l.Address, effects)
		}
	}
	return before.finish(), after.finish(), touched
}

// concernedBy returns the principals from outside, no resources of ours, that are touched or may act as one that is,
// before or after; sorted. Nothing changes for any other.
func concernedBy(touched map[string]bool, worlds ...*access) []string {
	inside, behind := map[string]bool{}, map[string][]string{}
	for _, a := range worlds {
		maps.Copy(inside, a.inside)
		for _, edges := range []map[string][]string{a.conveys, a.becomes} {
			for from, list := range edges {
				for _, to := range list {
					behind[to] = append(behind[to], from)
				}
			}
		}
	}
	concerned := maps.Clone(touched)
	for queue := slices.Collect(maps.Keys(touched)); len(queue) > 0; queue = queue[1:] {
		for _, from := range behind[queue[0]] {
			if !concerned[from] {
				concerned[from] = true
				queue = append(queue, from)
			}
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(concerned)), func(name string) bool { return inside[name] })
}

// compact puts the powers, sorted by scope, together as far as scope and exceptions are the same. What is denied in a part
// of the scope only is not told with it: rather too much than too little.
func compact(powers []power) []Power {
	list := []Power{}
	for _, p := range powers {
		except, limited := p.everywhere(), p.limit != ""
		i := slices.IndexFunc(list, func(have Power) bool {
			return have.Scope == p.scope && have.Limited == limited && slices.Equal(have.Except, except)
		})
		if i < 0 {
			i = len(list)
			list = append(list, Power{Scope: p.scope, Actions: []string{}, Except: except, Unknown: []Address{}, Limited: limited})
		}
		switch into := &list[i]; {
		case !p.unknown.IsZero():
			if !slices.Contains(into.Unknown, p.unknown) {
				into.Unknown = append(into.Unknown, p.unknown)
			}
		case !slices.Contains(into.Actions, p.action):
			into.Actions = append(into.Actions, p.action)
		}
	}
	for _, power := range list {
		slices.Sort(power.Actions)
		slices.SortFunc(power.Unknown, CompareAddresses)
	}
	return list
}

// everywhere returns the patterns that are denied in all of the scope.
func (p power) everywhere() []string {
	patterns := []string{}
	for _, e := range p.except {
		if e.scope == p.scope {
			patterns = append(patterns, e.action)
		}
	}
	return patterns
}
