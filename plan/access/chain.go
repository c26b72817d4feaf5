package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// The bounds of [Delta.Chains].
const (
	// MaxChains is how many chains are told.
	MaxChains = 100
	// maxChainLinks is how many principals a listed chain goes through unless there is no shorter one, and maxChainSteps how
	// many links are followed to list them.
	maxChainLinks = 8
	maxChainSteps = 100_000
)

// Chain is a way from a principal to everything.
type Chain struct {
	// Path begins with a principal from outside and leads through all that it may act as in turn.
	Path []string `json:"path"`
	// Through is the resource that gives the last one everything.
	Through addr.Address `json:"through"`
}

func compareChains(x, y Chain) int {
	return cmp.Or(slices.Compare(x.Path, y.Path), addr.Compare(x.Through, y.Through))
}

// newChains returns the chains of the given principals that after has and before has not, sorted. Whoever comes to
// everything through a resource, and did not before, has a chain among them, however large the search. Cut is set where
// there may be more.
func newChains(before, after *Graph, principals []string) (chains []Chain, cut bool) {
	was, wasAll, _ := chainsOf(before, principals)
	is, isAll, cut := chainsOf(after, principals)
	old, told := map[string]bool{}, map[string]bool{}
	if wasAll && isAll { // else the two lists cannot be compared
		for _, c := range was {
			old[c.key()] = true
		}
		for _, c := range is {
			if !old[c.key()] {
				chains = append(chains, c)
				told[c.ends()] = true
			}
		}
	}
	for _, principal := range principals {
		reached := map[addr.Address]bool{}
		for _, c := range shortest(before, principal) {
			reached[c.Through] = true
		}
		for _, c := range shortest(after, principal) {
			if !reached[c.Through] && !told[c.ends()] {
				chains = append(chains, c)
			}
		}
	}
	slices.SortFunc(chains, compareChains)
	return chains, cut
}

// shortest returns one of the shortest chains from the principal through each resource that gives somebody everything.
func shortest(a *Graph, principal string) []Chain {
	var chains []Chain
	seen, through := map[string]bool{principal: true}, map[addr.Address]bool{}
	for queue := [][]string{{principal}}; len(queue) > 0; queue = queue[1:] {
		path := queue[0]
		last := path[len(path)-1]
		for _, by := range a.administrators(last) {
			if !through[by] {
				through[by] = true
				chains = append(chains, Chain{Path: path, Through: by})
			}
		}
		for _, next := range a.next(last) {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, append(slices.Clip(path), next))
			}
		}
	}
	return chains
}

// ends is the same for chains that begin with the same principal and lead through the same resource.
func (c Chain) ends() string { return c.Path[0] + "\x00" + c.Through.String() }

func (c Chain) key() string { return strings.Join(c.Path, "\x00") + "\x00" + c.Through.String() }

// chainsOf returns the chains of the given principals within the bounds, no principal twice in one. All is unset where the
// search ended before it was through all within the bounds, and cut where chains may be left out, longer ones too.
func chainsOf(a *Graph, principals []string) (chains []Chain, all, cut bool) {
	steps := 0
	for _, principal := range principals {
		for queue := [][]string{{principal}}; len(queue) > 0; queue = queue[1:] {
			if steps == maxChainSteps {
				return chains, false, true
			}
			path := queue[0]
			steps++
			last := path[len(path)-1]
			for _, by := range a.administrators(last) {
				chains = append(chains, Chain{Path: path, Through: by})
			}
			for _, next := range a.next(last) {
				switch {
				case slices.Contains(path, next):
				case len(path) == maxChainLinks:
					cut = true
				default:
					queue = append(queue, append(slices.Clip(path), next))
				}
			}
		}
	}
	return chains, true, cut
}

// administrators returns the resources that give the principal everything, sorted, each once.
func (a *Graph) administrators(principal string) []addr.Address {
	a = a.holding(principal)
	by, known := a.admins[principal]
	if known {
		return by
	}
	effects := a.effects[principal]
	if !slices.ContainsFunc(effects, func(g sourced) bool { return g.Admin }) {
		return nil
	}
	for _, p := range powersOf(effects) {
		if p.admin {
			by = append(by, p.by)
		}
	}
	slices.SortFunc(by, addr.Compare)
	by = slices.Compact(by)
	a.admins[principal] = by
	return by
}
