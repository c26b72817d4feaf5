package plan

import (
	"slices"
	"strings"
)

// arrows shows a path of dependencies.
func arrows(path []Address) string {
	texts := make([]string, len(path))
	for i, a := range path {
		texts[i] = a.String()
	}
	return strings.Join(texts, " → ")
}

// graph holds which node runs after which others. Nodes are numbered from 0.
type graph struct {
	after [][]int
	edges map[[2]int]bool
}

func newGraph(nodes int) *graph { return &graph{after: make([][]int, nodes), edges: map[[2]int]bool{}} }

// connect says that node runs after other. Repeats are kept out.
func (g *graph) connect(node, other int) {
	if edge := [2]int{node, other}; !g.edges[edge] {
		g.edges[edge] = true
		g.after[node] = append(g.after[node], other)
	}
}

// has reports whether node runs after other directly.
func (g *graph) has(node, other int) bool { return g.edges[[2]int{node, other}] }

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

// levels returns for each node the earliest step it can run in: 0 for a node that waits for nothing, else one more than
// the latest of what it runs after. When there is a circle it returns no levels but the nodes of one circle, in order
// of dependency.
func (g *graph) levels() (levels, cycle []int) {
	dependents := make([][]int, len(g.after))
	waiting := make([]int, len(g.after))
	for node, others := range g.after {
		waiting[node] = len(others)
		for _, other := range others {
			dependents[other] = append(dependents[other], node)
		}
	}
	levels = make([]int, len(g.after))
	var ready []int
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

// findCycle follows dependencies among the nodes that still wait until one comes round again: each of them has one
// that waits too.
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
