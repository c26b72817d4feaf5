package plan

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// arrows returns a path of dependencies as text.
func arrows(path []addr.Address) string {
	texts := make([]string, len(path))
	for i, a := range path {
		texts[i] = a.String()
	}
	return strings.Join(texts, " → ")
}

// graph holds which node runs after which others. Nodes are numbered from 0.
type graph struct {
	after [][]int
	// edges holds the edges of nodes with more than fewEdges: a short list is searched faster.
	edges map[[2]int]bool
}

const fewEdges = 16

func newGraph(nodes int) *graph { return &graph{after: make([][]int, nodes), edges: map[[2]int]bool{}} }

// connect says that node runs after other. Repeats are kept out.
func (g *graph) connect(node, other int) {
	if g.has(node, other) {
		return
	}
	g.after[node] = append(g.after[node], other)
	switch n := len(g.after[node]); {
	case n == fewEdges+1:
		for _, o := range g.after[node] {
			g.edges[[2]int{node, o}] = true
		}
	case n > fewEdges:
		g.edges[[2]int{node, other}] = true
	}
}

// has reports whether node runs after other directly.
func (g *graph) has(node, other int) bool {
	if len(g.after[node]) <= fewEdges {
		return slices.Contains(g.after[node], other)
	}
	return g.edges[[2]int{node, other}]
}

// dependents returns the nodes that run after each node directly.
func (g *graph) dependents() [][]int {
	counts, total := make([]int, len(g.after)), 0
	for _, others := range g.after {
		for _, other := range others {
			counts[other]++
		}
		total += len(others)
	}
	room := make([]int, total)
	dependents := make([][]int, len(g.after))
	for node, n := range counts {
		dependents[node], room = room[:0:n], room[n:]
	}
	for node, others := range g.after {
		for _, other := range others {
			dependents[other] = append(dependents[other], node)
		}
	}
	return dependents
}

// ancestors returns every node that node runs after, directly or not.
func (g *graph) ancestors(node int) map[int]bool {
	seen := map[int]bool{}
	stack := slices.Clone(g.after[node])
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[n] {
			continue
		}
		seen[n] = true
		stack = append(stack, g.after[n]...)
	}
	return seen
}

// levels returns for each node the earliest step it can run in: 0 for a node without dependencies, else one more than the
// highest level among them. If there is a circle, it returns the nodes of one circle instead, in order of dependency.
func (g *graph) levels() (levels, cycle []int) {
	dependents := g.dependents()
	waiting := make([]int, len(g.after))
	for node, others := range g.after {
		waiting[node] = len(others)
	}
	levels = make([]int, len(g.after))
	ready := make([]int, 0, len(g.after))
	for node, n := range waiting {
		if n == 0 {
			ready = append(ready, node)
		}
	}
	done := 0
	for ; len(ready) > 0; done++ {
		node := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		for _, d := range dependents[node] {
			levels[d] = max(levels[d], levels[node]+1)
			if waiting[d]--; waiting[d] == 0 {
				ready = append(ready, d)
			}
		}
	}
	if done == len(g.after) {
		return levels, nil
	}
	return nil, g.findCycle(waiting)
}

// findCycle follows dependencies among the nodes that still wait until it meets a node again: each waiting node has a waiting
// dependency.
func (g *graph) findCycle(waiting []int) []int {
	node := slices.IndexFunc(waiting, func(n int) bool { return n > 0 })
	place := map[int]int{}
	var path []int
	for {
		if start, seen := place[node]; seen {
			return path[start:]
		}
		place[node] = len(path)
		path = append(path, node)
		next := slices.IndexFunc(g.after[node], func(other int) bool { return waiting[other] > 0 })
		node = g.after[node][next]
	}
}
