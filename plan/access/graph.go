package access

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Graph is who may do what through which root in one world.
type Graph struct {
	// base is the world that this one is like but for the principals in differs: of all others it holds nothing itself. Nil
	// for a world that stands alone.
	base    *Graph
	differs map[string]bool
	// conveys are the roots that a principal may act as, and becomes what other principals a root or principal may act as.
	conveys map[string][]string
	becomes map[string][]string
	effects map[string][]sourced
	// resources are the resources of the world, by the text of their addresses, but for those that give as in base.
	resources map[string]bool
	// powers are the powers of each principal of its own, and admins the resources that give it everything; made when first
	// asked for.
	powers map[string][]power
	admins map[string][]addr.Address
}

// NewOverlay returns a graph that answers as base does for every principal that is not in differs.
func NewOverlay(base *Graph, differs map[string]bool) *Graph {
	g := NewGraph()
	g.base, g.differs = base, differs
	return g
}

func NewGraph() *Graph {
	return &Graph{
		conveys: map[string][]string{}, becomes: map[string][]string{}, effects: map[string][]sourced{}, resources: map[string]bool{},
		powers: map[string][]power{}, admins: map[string][]addr.Address{},
	}
}

func (a *Graph) Add(by addr.Address, effects []Effect) {
	a.resources[by.String()] = true
	for i := range effects {
		e := &effects[i]
		switch {
		case a.base != nil && !a.differs[e.Principal]:
		case !e.Conveys.IsZero():
			a.conveys[e.Principal] = append(a.conveys[e.Principal], e.Conveys.String())
		case e.As != "":
			a.becomes[e.Principal] = append(a.becomes[e.Principal], e.As)
		default:
			a.effects[e.Principal] = append(a.effects[e.Principal], sourced{e, by})
		}
	}
}

// Finish sorts, so that nothing depends on the order of the input.
func (a *Graph) Finish() *Graph {
	for _, edges := range []map[string][]string{a.conveys, a.becomes} {
		for from, to := range edges {
			slices.Sort(to)
			edges[from] = slices.Compact(to)
		}
	}
	for _, list := range a.effects {
		slices.SortStableFunc(list, func(x, y sourced) int { return addr.Compare(x.by, y.by) })
	}
	return a
}

// holding returns the world that knows the principal.
func (a *Graph) holding(principal string) *Graph {
	if a.base != nil && !a.differs[principal] {
		return a.base
	}
	return a
}

// own returns the powers that the principal has by itself.
func (a *Graph) own(principal string) []power {
	a = a.holding(principal)
	powers, known := a.powers[principal]
	if !known {
		powers = leastOf(powersOf(a.effects[principal]))
		a.powers[principal] = powers
	}
	return powers
}

// next returns whom a principal may act as, sorted. The list is not the caller's to change.
func (a *Graph) next(principal string) []string {
	a = a.holding(principal)
	conveys, becomes := a.conveys[principal], a.becomes[principal]
	if len(becomes) == 0 {
		return conveys
	}
	next := slices.Concat(conveys, becomes)
	slices.Sort(next)
	return slices.Compact(next)
}

// reach returns all that the principal may do, by itself and as whomever it may act.
func (a *Graph) reach(principal string) []power {
	seen := map[string]bool{principal: true}
	gathered := newPowerSet()
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

// powerSet collects powers without the commonest repeats: many roots give the same.
type powerSet struct {
	powers []power
	seen   map[plainPower]bool
}

// plainPower is a known power with no exceptions.
type plainPower struct{ scope, limit, action string }

func newPowerSet() *powerSet { return &powerSet{seen: map[plainPower]bool{}} }

func (g *powerSet) add(powers []power) {
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
