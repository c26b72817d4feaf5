package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// The bounds of [Delta.Chains].
const (
	// MaxChains is how many chains are listed.
	MaxChains = 100
	// maxChainLinks is the most principals in a listed chain, unless there is no shorter one. maxChainSteps is the most links
	// that are followed to list chains.
	maxChainLinks = 8
	maxChainSteps = 100_000
)

// Chain is how a principal can come to do everything.
type Chain struct {
	// Path begins with a principal from outside. Each of its members may act as the next.
	Path []string `json:"path"`
	// Through is the resource that gives everything to the last member.
	Through addr.Address `json:"through"`
}

func compareChains(x, y Chain) int {
	return cmp.Or(slices.Compare(x.Path, y.Path), addr.Compare(x.Through, y.Through))
}

// newChains returns the chains of the given principals that are in after and not in before, sorted. Every principal that newly
// reaches administrator rights through a resource appears with at least one chain, even when the search is cut. Cut is set
// where there may be more chains.
func newChains(before, after *Graph, principals []string) (chains []Chain, cut bool) {
	was, wasAll, _ := chainsOf(before, principals)
	is, isAll, cut := chainsOf(after, principals)
	old, listed := map[string]bool{}, map[string]bool{}
	if wasAll && isAll { // else the two lists cannot be compared
		for _, c := range was {
			old[c.key()] = true
		}
		for _, c := range is {
			if !old[c.key()] {
				chains = append(chains, c)
				listed[c.ends()] = true
			}
		}
	}
	for _, principal := range principals {
		reached := map[addr.Address]bool{}
		for _, c := range shortest(before, principal) {
			reached[c.Through] = true
		}
		for _, c := range shortest(after, principal) {
			if !reached[c.Through] && !listed[c.ends()] {
				chains = append(chains, c)
			}
		}
	}
	slices.SortFunc(chains, compareChains)
	return chains, cut
}

// shortest returns one of the shortest chains from the principal through each resource that gives somebody everything.
func shortest(g *Graph, principal string) []Chain {
	var chains []Chain
	seen, through := map[string]bool{principal: true}, map[addr.Address]bool{}
	for queue := [][]string{{principal}}; len(queue) > 0; queue = queue[1:] {
		path := queue[0]
		last := path[len(path)-1]
		for _, by := range g.administrators(last) {
			if !through[by] {
				through[by] = true
				chains = append(chains, Chain{Path: path, Through: by})
			}
		}
		for _, next := range g.next(last) {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, append(slices.Clip(path), next))
			}
		}
	}
	return chains
}

// ends is equal for chains with the same first principal and the same Through.
func (c Chain) ends() string { return c.Path[0] + "\x00" + c.Through.String() }

func (c Chain) key() string { return strings.Join(c.Path, "\x00") + "\x00" + c.Through.String() }

// chainsOf returns the chains of the given principals within the bounds; no chain has a principal twice. All is false where the
// search stopped at maxChainSteps. Cut is set where chains are missing, also those with more than maxChainLinks.
func chainsOf(g *Graph, principals []string) (chains []Chain, all, cut bool) {
	steps := 0
	for _, principal := range principals {
		for queue := [][]string{{principal}}; len(queue) > 0; queue = queue[1:] {
			if steps == maxChainSteps {
				return chains, false, true
			}
			path := queue[0]
			steps++
			last := path[len(path)-1]
			for _, by := range g.administrators(last) {
				chains = append(chains, Chain{Path: path, Through: by})
			}
			for _, next := range g.next(last) {
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
func (g *Graph) administrators(principal string) []addr.Address {
	g = g.graphOf(principal)
	by, known := g.admins[principal]
	if known {
		return by
	}
	effects := g.effects[principal]
	if !slices.ContainsFunc(effects, func(e grantedEffect) bool { return e.Admin }) {
		return nil
	}
	for _, p := range powersOf(effects) {
		if p.admin {
			by = append(by, p.grantedBy)
		}
	}
	slices.SortFunc(by, addr.Compare)
	by = slices.Compact(by)
	g.admins[principal] = by
	return by
}
