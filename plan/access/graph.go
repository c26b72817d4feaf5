package access

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Graph holds, for one state of the account, who may do what through which resource. Fill it by [Graph.Add], then call
// [Graph.Finish]. A Graph keeps answers, so it is not safe for concurrent use.
type Graph struct {
	// base is looked up for every principal that is not in differs; this graph stores only those that differ. Nil for a graph
	// without a base.
	base    *Graph
	differs map[string]bool
	// conveys are the roots that a principal may act as, and becomes the other principals that a root or principal may act as.
	conveys map[string][]string
	becomes map[string][]string
	effects map[string][]grantedEffect
	// resources are the resources that were added, by the text of their addresses.
	resources map[string]bool
	// powers are the own powers of each principal, and admins the resources that give it everything. Both are computed when
	// first asked for.
	powers map[string][]power
	admins map[string][]addr.Address
}

// NewOverlay returns a graph that answers as base does for every principal that is not in differs.
func NewOverlay(base *Graph, differs map[string]bool) *Graph {
	g := NewGraph()
	g.base, g.differs = base, differs
	return g
}

// NewGraph returns an empty graph.
func NewGraph() *Graph {
	return &Graph{
		conveys: map[string][]string{}, becomes: map[string][]string{}, effects: map[string][]grantedEffect{}, resources: map[string]bool{},
		powers: map[string][]power{}, admins: map[string][]addr.Address{},
	}
}

// Add adds the effects of the resource at by.
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
			a.effects[e.Principal] = append(a.effects[e.Principal], grantedEffect{e, by})
		}
	}
}

// Finish sorts, so that nothing depends on the order of Add. It returns the graph.
func (a *Graph) Finish() *Graph {
	for _, edges := range []map[string][]string{a.conveys, a.becomes} {
		for from, to := range edges {
			slices.Sort(to)
			edges[from] = slices.Compact(to)
		}
	}
	for _, list := range a.effects {
		slices.SortStableFunc(list, func(x, y grantedEffect) int { return addr.Compare(x.grantedBy, y.grantedBy) })
	}
	return a
}

// graphOf returns the graph that stores the principal: this one or its base.
func (a *Graph) graphOf(principal string) *Graph {
	if a.base != nil && !a.differs[principal] {
		return a.base
	}
	return a
}

// own returns the powers that the principal has by itself.
func (a *Graph) own(principal string) []power {
	a = a.graphOf(principal)
	powers, known := a.powers[principal]
	if !known {
		powers = leastOf(powersOf(a.effects[principal]))
		a.powers[principal] = powers
	}
	return powers
}

// next returns whom a principal may act as, sorted. The list is not the caller's to change.
func (a *Graph) next(principal string) []string {
	a = a.graphOf(principal)
	conveys, becomes := a.conveys[principal], a.becomes[principal]
	if len(becomes) == 0 {
		return conveys
	}
	next := slices.Concat(conveys, becomes)
	slices.Sort(next)
	return slices.Compact(next)
}

// reach returns everything that the principal may do, itself and as every principal it may act as.
func (a *Graph) reach(principal string) []power {
	seen := map[string]bool{principal: true}
	all := newPowerSet()
	all.add(a.own(principal))
	for queue := []string{principal}; len(queue) > 0; queue = queue[1:] {
		for _, next := range a.next(queue[0]) {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
				all.add(a.own(next))
			}
		}
	}
	return leastOf(all.powers)
}

// powerSet collects powers. It drops repeats of the most frequent kind, as many roots give the same.
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
