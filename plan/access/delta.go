package access

import (
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Delta is what an executed plan gives to whom and takes from whom, and which chains to everything it opens. It is about
// principals from outside: those that are no resource of the account.
type Delta struct {
	// Principals are those that gain or lose something, by name.
	Principals []PrincipalDelta `json:"principals"`
	// Chains are the new chains to effects that are marked as [Effect.Admin], sorted; at most [MaxChains].
	Chains []Chain `json:"chains"`
	// MoreChains counts the new chains that are not listed.
	MoreChains int `json:"moreChains,omitempty"`
	// ChainsCut is set where the search for chains was cut. Even then each principal that newly comes to everything through a
	// resource has a chain for it.
	ChainsCut bool `json:"chainsCut,omitempty"`
}

// IsZero reports whether nothing is gained or lost.
func (d Delta) IsZero() bool { return len(d.Principals)+len(d.Chains) == 0 }

// Published returns a copy in which no list is nil, as the published plan format has it.
func (d Delta) Published() Delta {
	powers := func(powers []Power) []Power {
		out := make([]Power, len(powers))
		for i, p := range powers {
			p.Actions, p.Except = append([]string{}, p.Actions...), append([]string{}, p.Except...)
			p.Unknown = append([]addr.Address{}, p.Unknown...)
			out[i] = p
		}
		return out
	}
	principals, chains := make([]PrincipalDelta, len(d.Principals)), make([]Chain, len(d.Chains))
	for i, p := range d.Principals {
		principals[i] = PrincipalDelta{Principal: p.Principal, Gained: powers(p.Gained), Lost: powers(p.Lost)}
	}
	for i, c := range d.Chains {
		c.Path = append([]string{}, c.Path...)
		chains[i] = c
	}
	d.Principals, d.Chains = principals, chains
	return d
}

// PrincipalDelta is what one principal gains and loses, through whatever resource.
type PrincipalDelta struct {
	Principal string  `json:"principal"`
	Gained    []Power `json:"gained"`
	Lost      []Power `json:"lost"`
}

// Power is what somebody may do in one scope. Lists are sorted, and hold nothing that another item covers.
type Power struct {
	Scope string `json:"scope"`
	// Actions may hold "*". Except are the actions that are denied, the same for all of Actions.
	Actions []string `json:"actions"`
	Except  []string `json:"except"`
	// Unknown are resources whose actions are not known.
	Unknown []addr.Address `json:"unknown"`
	// Limited is set where the actions hold only for some resources or under some conditions.
	Limited bool `json:"limited,omitempty"`
	// LimitUnsure is set beside Limited where the actions may hold in all of the scope: the limit cannot be judged.
	LimitUnsure bool `json:"limitUnsure,omitempty"`
}

// Compare returns what each principal from outside gains and loses between two graphs, every chain to everything that is new in
// after, and every one that ends with before. The Delta lists the first [MaxChains] of the new ones. Touched are the principals whose
// effects differ: nobody gains or loses but them, and those that may act as one of them. The result is the same for any order of
// effects.
func Compare(before, after *Graph, touched map[string]bool) (d Delta, opened, ended []Chain) {
	concerned := principalsConcerned(touched, before, after)
	for _, principal := range concerned {
		if gained, lost := newReach(before, after, principal).differences(); len(gained)+len(lost) > 0 {
			d.Principals = append(d.Principals, PrincipalDelta{Principal: principal, Gained: compact(gained), Lost: compact(lost)})
		}
	}
	opened, ended, cut := chainsBetween(before, after, concerned)
	d.ChainsCut = cut && len(opened) > 0
	d.Chains = opened[:min(len(opened), MaxChains)]
	d.MoreChains = len(opened) - len(d.Chains)
	return d, opened, ended
}

// mayActAs returns the principals, and all that may act as one of them in any of the graphs.
func mayActAs(principals map[string]bool, graphs ...*Graph) map[string]bool {
	all := maps.Clone(principals)
	if len(all) == 0 {
		return all
	}
	behind := map[string][]string{}
	for _, g := range graphs {
		for from, links := range g.links {
			for _, l := range links {
				behind[l.to] = append(behind[l.to], from)
			}
		}
	}
	for queue := slices.Collect(maps.Keys(all)); len(queue) > 0; queue = queue[1:] {
		for _, from := range behind[queue[0]] {
			if !all[from] {
				all[from] = true
				queue = append(queue, from)
			}
		}
	}
	return all
}

// principalsConcerned returns, sorted, the principals from outside that are touched, or may act as a touched one before or after.
// Nothing changes for any other.
func principalsConcerned(touched map[string]bool, graphs ...*Graph) []string {
	concerned := mayActAs(touched, graphs...)
	maps.DeleteFunc(concerned, func(principal string, _ bool) bool {
		return slices.ContainsFunc(graphs, func(g *Graph) bool { return g.has(principal) })
	})
	return slices.Sorted(maps.Keys(concerned))
}

// Involved returns the principals and roots that the result of [Compare] rests on: the principals concerned, and all that they may
// act as before or after.
func Involved(before, after *Graph, touched map[string]bool) map[string]bool {
	involved := map[string]bool{}
	queue := principalsConcerned(touched, before, after)
	for ; len(queue) > 0; queue = queue[1:] {
		if involved[queue[0]] {
			continue
		}
		involved[queue[0]] = true
		for _, g := range []*Graph{before, after} {
			for _, l := range g.next(queue[0]) {
				queue = append(queue, l.to)
			}
		}
	}
	return involved
}

// compact joins powers that have the same scope, limit and exceptions. Denials in a part of the scope are left out: the result
// says rather too much than too little.
func compact(powers []power) []Power {
	list := []Power{}
	for _, p := range powers {
		except, limited := p.exceptInScope(), p.limit != ""
		i := slices.IndexFunc(list, func(have Power) bool {
			return have.Scope == p.scope && have.Limited == limited && have.LimitUnsure == p.limitUnsure && slices.Equal(have.Except, except)
		})
		if i < 0 {
			i = len(list)
			list = append(list, Power{
				Scope: p.scope, Actions: []string{}, Except: except, Unknown: []addr.Address{}, Limited: limited, LimitUnsure: p.limitUnsure,
			})
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
		slices.SortFunc(power.Unknown, addr.Compare)
	}
	return list
}

// exceptInScope returns the patterns that are denied in all of the scope.
func (p power) exceptInScope() []string {
	patterns := []string{}
	for _, e := range p.except {
		if e.scope == p.scope {
			patterns = append(patterns, e.action)
		}
	}
	return patterns
}
