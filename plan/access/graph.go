package access

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Graph holds, for one state of the account, who may do what through which resource. Fill it by [Graph.Add], then call
// [Graph.Finish]. A Graph keeps answers, so it is not safe for concurrent use.
type Graph struct {
	// base is looked up for every principal that is not in differs; this graph stores only those that differ. Nil for a graph
	// without a base.
	base    *Graph
	differs map[string]bool
	// links are whom a root or a principal may act as, sorted.
	links map[string][]link
	// own are the effects that a principal has by itself. What is added for one principal mostly follows each other, so the last one's
	// are at hand.
	own         map[string]*[]grantedEffect
	last        string
	lastEffects *[]grantedEffect
	// powerful are the principals with an effect that amounts to everything, were it not denied.
	powerful map[string]bool
	// resources are the addresses that were added.
	resources []addr.Address
	// admins are the resources that give a principal everything, computed when first asked for.
	admins map[string][]addr.Address
}

// link says that the resource at by lets somebody act as to, a root or a principal.
type link struct {
	to string
	by addr.Address
}

func compareLinks(x, y link) int {
	return cmp.Or(strings.Compare(x.to, y.to), addr.Compare(x.by, y.by))
}

// NewOverlay returns a graph that answers as base does for every principal that is not in differs.
func NewOverlay(base *Graph, differs map[string]bool) *Graph {
	g := NewGraph(0)
	g.base, g.differs = base, differs
	return g
}

// NewGraph returns an empty graph with room for so many resources.
func NewGraph(resources int) *Graph {
	return &Graph{
		links: map[string][]link{}, powerful: map[string]bool{}, own: map[string]*[]grantedEffect{}, admins: map[string][]addr.Address{},
		resources: make([]addr.Address, 0, resources),
	}
}

// Add adds the effects of the resource at by.
func (g *Graph) Add(by addr.Address, effects []Effect) {
	g.resources = append(g.resources, by)
	for i := range effects {
		e := &effects[i]
		switch {
		case g.base != nil && !g.differs[e.Principal]:
		case !e.Conveys.IsZero():
			g.links[e.Principal] = append(g.links[e.Principal], link{e.Conveys.String(), by})
		case e.As != "":
			g.links[e.Principal] = append(g.links[e.Principal], link{e.As, by})
		default:
			list := g.listOf(e.Principal)
			*list = append(*list, grantedEffect{e, by})
			if e.Admin {
				g.powerful[e.Principal] = true
			}
		}
	}
}

// listOf returns the list of what a principal has by itself, to append to.
func (g *Graph) listOf(principal string) *[]grantedEffect {
	if g.lastEffects == nil || principal != g.last {
		list := g.own[principal]
		if list == nil {
			room := make([]grantedEffect, 0, 8) // as many as are usual
			list = &room
			g.own[principal] = list
		}
		g.last, g.lastEffects = principal, list
	}
	return g.lastEffects
}

// Finish sorts, so that nothing depends on the order of Add. It returns the graph.
func (g *Graph) Finish() *Graph {
	for from, links := range g.links {
		slices.SortFunc(links, compareLinks)
		g.links[from] = slices.Compact(links)
	}
	for _, list := range g.own {
		slices.SortStableFunc(*list, func(x, y grantedEffect) int { return addr.Compare(x.grantedBy, y.grantedBy) })
	}
	return g
}

// graphOf returns the graph that stores the principal: this one or its base.
func (g *Graph) graphOf(principal string) *Graph {
	if g.base != nil && !g.differs[principal] {
		return g.base
	}
	return g
}

// next returns whom a principal may act as, sorted; somebody more than once where several resources say so. The list is not the
// caller's to change.
func (g *Graph) next(principal string) []link { return g.graphOf(principal).links[principal] }

// reachBoth returns everything that the principal may do in each of two graphs, itself and as every principal it may act as. Much of it
// is the same in both where one is the base of the other, and is looked at once.
func reachBoth(before, after *Graph, principal string) (old, now []power) {
	was, wasIn := before.acting(principal)
	is, isIn := after.acting(principal)
	same := func(who string) bool { return after.base == before && !after.differs[who] && wasIn[who] && isIn[who] }
	common := newPowerSet()
	for _, who := range was {
		if same(who) {
			common.add(before.effectsOf(who))
		}
	}
	reach := func(g *Graph, all []string) []power {
		own := common.clone()
		for _, who := range all {
			if !same(who) {
				own.add(g.effectsOf(who))
			}
		}
		return leastOf(own.powers)
	}
	return reach(before, was), reach(after, is)
}

// acting returns the principal and all that it may act as, the nearest first, and the same as a set.
func (g *Graph) acting(principal string) (order []string, all map[string]bool) {
	order, all = []string{principal}, map[string]bool{principal: true}
	for i := 0; i < len(order); i++ {
		for _, next := range g.next(order[i]) {
			if !all[next.to] {
				all[next.to] = true
				order = append(order, next.to)
			}
		}
	}
	return order, all
}

// effectsOf returns the effects that the principal has by itself. The list is not the caller's to change.
func (g *Graph) effectsOf(principal string) []grantedEffect {
	if list := g.graphOf(principal).own[principal]; list != nil {
		return *list
	}
	return nil
}

// powerSet collects powers. It drops repeats of the most frequent kind, as many roots give the same.
type powerSet struct {
	powers []power
	seen   map[plainPower]bool
}

// plainPower is a known power with no exceptions.
type plainPower struct{ scope, limit, action string }

func (s *powerSet) clone() *powerSet { return &powerSet{slices.Clone(s.powers), maps.Clone(s.seen)} }

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
