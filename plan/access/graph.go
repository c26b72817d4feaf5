package access

import (
	"cmp"
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
	// powerful are the principals with an effect that was added and amounts to everything, were it not denied.
	powerful map[string]bool
	// resources are the addresses that were added, sorted once the graph is finished. Unsorted is set where they came in another order.
	resources []addr.Address
	unsorted  bool
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

// NewOverlay returns a graph that answers as base, which is finished, does for every principal that is not in differs. Of the others it
// begins with what base has, less what comes from resources that are gone.
func NewOverlay(base *Graph, differs map[string]bool, gone func(by addr.Address) bool) *Graph {
	g := NewGraph(0)
	g.base, g.differs, g.unsorted = base, differs, true // what is added comes behind what base has
	for principal := range differs {
		links := slices.DeleteFunc(slices.Clone(base.next(principal)), func(l link) bool { return gone(l.by) })
		if len(links) > 0 {
			g.links[principal] = links
		}
		own := slices.DeleteFunc(slices.Clone(base.effectsOf(principal)), func(e grantedEffect) bool { return gone(e.grantedBy) })
		if len(own) > 0 {
			g.own[principal] = &own
		}
	}
	return g
}

// NewGraph returns an empty graph with room for so many resources.
func NewGraph(resources int) *Graph {
	return &Graph{
		links: map[string][]link{}, powerful: map[string]bool{}, own: map[string]*[]grantedEffect{}, admins: map[string][]addr.Address{},
		resources: make([]addr.Address, 0, resources),
	}
}

// Add adds the effects of the resource at by, which is part of parent or is a root.
func (g *Graph) Add(by, parent addr.Address, effects []Effect) {
	if last := len(g.resources) - 1; last >= 0 && addr.Compare(g.resources[last], by) > 0 {
		g.unsorted = true
	}
	g.resources = append(g.resources, by)
	for i := range effects {
		e := &effects[i]
		to := e.To(parent)
		switch {
		case g.base != nil && !g.differs[to]:
		case !e.Conveys.IsZero():
			g.links[to] = append(g.links[to], link{e.Conveys.String(), by})
		case e.As != "":
			g.links[to] = append(g.links[to], link{e.As, by})
		default:
			list := g.listOf(to)
			*list = append(*list, grantedEffect{e, by})
			if e.Admin {
				g.powerful[to] = true
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
	if g.unsorted {
		slices.SortFunc(g.resources, addr.Compare)
		for _, list := range g.own {
			slices.SortStableFunc(*list, func(x, y grantedEffect) int { return addr.Compare(x.grantedBy, y.grantedBy) })
		}
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

// has reports whether the principal is a resource that was added.
func (g *Graph) has(principal string) bool {
	_, has := slices.BinarySearchFunc(g.resources, principal, func(a addr.Address, principal string) int {
		return strings.Compare(a.String(), principal)
	})
	return has
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
