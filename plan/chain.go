package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// The bounds of [Delta.Chains].
const (
	// MaxChains is how many chains are told.
	MaxChains = 100
	// maxChainLinks is how many principals a chain may go through, and maxChainSteps how many links are followed in
	// search of chains.
	maxChainLinks = 8
	maxChainSteps = 100_000
)

// Chain is a way from a principal to everything.
type Chain struct {
	// Path begins with a principal from outside and leads through all that it may act as in turn.
	Path []string `json:"path"`
	// Through is the resource that gives the last one everything.
	Through Address `json:"through"`
}

func compareChains(x, y Chain) int {
	return cmp.Or(slices.Compare(x.Path, y.Path), CompareAddresses(x.Through, y.Through))
}

// newChains returns the chains of the given principals that after has and before has not, sorted.
func newChains(before, after *access, principals []string) []Chain {
	var chains []Chain
	old := map[string]bool{}
	for _, c := range chainsOf(before, principals) {
		old[c.key()] = true
	}
	for _, c := range chainsOf(after, principals) {
		if !old[c.key()] {
			chains = append(chains, c)
		}
	}
	slices.SortFunc(chains, compareChains)
	return chains
}

// ways notes with each change of a resource on a new chain that it opens a way to everything. Where the change gives the
// last link itself, the rules about that resource have spoken.
func (b *builder) ways(chains []Chain) {
	index := make(map[string]int, len(b.plan.Changes))
	for i, c := range b.plan.Changes {
		if c.Action.Writes() {
			index[c.Address.String()] = i
		}
	}
	opened := map[int][]Chain{}
	for _, chain := range chains {
		if _, changes := index[chain.Through.String()]; changes {
			continue
		}
		for _, step := range chain.Path {
			if i, changes := index[step]; changes {
				opened[i] = append(opened[i], chain)
			}
		}
	}
	for i, chains := range opened {
		first := chains[0]
		message := fmt.Sprintf("opens a way to everything: %s → %s", strings.Join(first.Path, " → "), first.Through)
		if more := len(chains) - 1; more > 0 {
			message += fmt.Sprintf(", and by %d more ways", more)
		}
		c := &b.plan.Changes[i]
		c.Findings = append(c.Findings, Finding{
			Rule: RuleWayToEverything, Severity: High, Address: c.Address, Message: message,
			Hint: "take away what gives everything first, or trust somebody else with less",
		})
	}
}

func (c Chain) key() string { return strings.Join(c.Path, "\x00") + "\x00" + c.Through.String() }

// chainsOf returns every chain of the given principals within the bounds, no principal twice in one.
func chainsOf(a *access, principals []string) []Chain {
	var chains []Chain
	steps := 0
	for _, principal := range principals {
		for queue := [][]string{{principal}}; len(queue) > 0 && steps < maxChainSteps; queue = queue[1:] {
			path := queue[0]
			steps++
			last := path[len(path)-1]
			for _, by := range a.administrators(last) {
				chains = append(chains, Chain{Path: path, Through: by})
			}
			if len(path) == maxChainLinks {
				continue
			}
			for _, next := range a.next(last) {
				if !slices.Contains(path, next) {
					queue = append(queue, append(slices.Clip(path), next))
				}
			}
		}
	}
	return chains
}

// administrators returns the resources that give the principal everything, sorted, each once.
func (a *access) administrators(principal string) []Address {
	effects := a.of(principal).effects[principal]
	if !slices.ContainsFunc(effects, func(g given) bool { return g.Admin }) {
		return nil
	}
	var by []Address
	for _, p := range powersOf(effects) {
		if p.admin {
			by = append(by, p.by)
		}
	}
	slices.SortFunc(by, CompareAddresses)
	return slices.Compact(by)
}
