package access

import (
	"cmp"
	"maps"
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

// chainsBetween returns the chains of the given principals that are in after and not in before, and those that are in before and not
// in after, sorted. Every principal that newly reaches administrator rights through a resource appears with at least one
// opened chain, and every one that no longer does with an ended one, even when the search is cut. Cut is set where there may be more
// opened chains.
func chainsBetween(before, after *Graph, principals []string) (opened, ended []Chain, cut bool) {
	was, wasAll, wasCut := chainsOf(before, principals)
	is, isAll, cut := chainsOf(after, principals)
	if wasAll && isAll { // else the two lists cannot be compared
		opened, ended = subtractChains(is, was), subtractChains(was, is)
	}
	if wasCut || cut { // else no chain is missing
		opening, ending := endsOf(opened), endsOf(ended)
		for _, principal := range principals {
			old, now := shortest(before, principal), shortest(after, principal)
			opened = appendNewEnds(opened, now, endsOf(old), opening)
			ended = appendNewEnds(ended, old, endsOf(now), ending)
		}
	}
	slices.SortFunc(opened, compareChains)
	slices.SortFunc(ended, compareChains)
	return opened, ended, cut
}

// subtractChains returns the chains that are not among others.
func subtractChains(chains, others []Chain) (rest []Chain) {
	known := make(map[string]bool, len(others))
	for _, c := range others {
		known[c.key()] = true
	}
	for _, c := range chains {
		if !known[c.key()] {
			rest = append(rest, c)
		}
	}
	return rest
}

// endsOf returns the ends of the chains.
func endsOf(chains []Chain) map[string]bool {
	ends := make(map[string]bool, len(chains))
	for _, c := range chains {
		ends[c.ends()] = true
	}
	return ends
}

// appendNewEnds appends the chains whose ends are in neither set.
func appendNewEnds(list, chains []Chain, there, listed map[string]bool) []Chain {
	for _, c := range chains {
		if !there[c.ends()] && !listed[c.ends()] {
			list = append(list, c)
		}
	}
	return list
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
			if !seen[next.to] {
				seen[next.to] = true
				queue = append(queue, append(slices.Clip(path), next.to))
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
	steps, ahead := 0, g.beforeAdministrators()
	for _, principal := range principals {
		if !ahead[principal] {
			continue
		}
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
			links := g.next(last)
			for i, next := range links {
				switch {
				case !ahead[next.to]:
				case i > 0 && links[i-1].to == next.to: // another resource says the same
				case slices.Contains(path, next.to):
				case len(path) == maxChainLinks:
					cut = true
				default:
					queue = append(queue, append(slices.Clip(path), next.to))
				}
			}
		}
	}
	return chains, true, cut
}

// beforeAdministrators returns the principals with effects that amount to everything, and all that may come to act as one of them, and
// perhaps more: chains to everything lead over these alone.
func (g *Graph) beforeAdministrators() map[string]bool {
	powerful, graphs := maps.Clone(g.powerful), []*Graph{g}
	if g.base != nil {
		maps.Copy(powerful, g.base.powerful)
		graphs = append(graphs, g.base)
	}
	return mayActAs(powerful, graphs...)
}

// administrators returns the resources that give the principal everything, sorted, each once.
func (g *Graph) administrators(principal string) []addr.Address {
	g = g.graphOf(principal)
	by, known := g.admins[principal]
	if known {
		return by
	}
	effects := g.effectsOf(principal)
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

// OpenedBy returns the resources by which a chain of after came to be, which is not in before; see [Compare]. With before and after the
// other way round they are those by which a chain of before ended.
//
// Of each link they are those that give it, unless one of them gave it before: then the link does not hang on the others. Of the last
// step they are those whose denials held Through back. Anew reports that Through itself gave nobody everything before, whatever was
// denied: then the resources are those of the links alone.
func OpenedBy(before, after *Graph, c Chain) (by []addr.Address, anew bool) {
	for i, to := range c.Path[1:] {
		by = append(by, givenAnew(before.to(c.Path[i], to), after.to(c.Path[i], to))...)
	}
	last := c.Path[len(c.Path)-1]
	was := before.effectsOf(last)
	had := adminPowers(slices.DeleteFunc(slices.Clone(was), func(e grantedEffect) bool { return e.grantedBy != c.Through }), c.Through)
	if len(had) == 0 {
		return by, true
	}
	if slices.Contains(before.administrators(last), c.Through) {
		return by, false
	}
	for _, p := range adminPowers(after.effectsOf(last), c.Through) {
		if !slices.ContainsFunc(had, func(h power) bool { return h.scope == p.scope && h.action == p.action && h.limit == p.limit }) {
			by = append(by, c.Through)
		}
		for _, e := range was {
			if e.Deny && p.deniedBy(*e.Effect) {
				by = append(by, e.grantedBy)
			}
		}
	}
	return by, false
}

// to returns the resources by which one may act as another.
func (g *Graph) to(from, to string) (by []addr.Address) {
	for _, l := range g.next(from) {
		if l.to == to {
			by = append(by, l.by)
		}
	}
	return by
}

// givenAnew returns the resources that give something, nil where one of them gave it before.
func givenAnew(before, after []addr.Address) []addr.Address {
	if slices.ContainsFunc(after, func(a addr.Address) bool { return slices.Contains(before, a) }) {
		return nil
	}
	return after
}

// adminPowers returns the powers to do everything that the resource at by gives, less what the effects deny.
func adminPowers(effects []grantedEffect, by addr.Address) []power {
	return slices.DeleteFunc(powersOf(effects), func(p power) bool { return !p.admin || p.grantedBy != by })
}
