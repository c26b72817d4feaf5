package plan

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Check holds the desired resources against each other: every address once, every explicit dependency listed and not
// absent, no circle of dependencies. An explicit dependency is also one on the other's children. Check needs no live state, so
// it also runs offline. Problems are sorted.
func Check(desired []Desired) []Problem {
	first := placesOf(desired)
	problems := check(desired, first)
	for i := range desired {
		if problem := deceptive(&desired[i]); problem != nil && first[desired[i].Address] == i {
			problem.Warning = true // it may be there already
			problems = append(problems, *problem)
		}
	}
	return SortProblems(problems)
}

// placesOf returns where each address is listed first.
func placesOf(desired []Desired) map[addr.Address]int {
	places := make(map[addr.Address]int, len(desired))
	for i := range slices.Backward(desired) {
		places[desired[i].Address] = i
	}
	return places
}

// anyOf reports whether something holds for any of the resources, which are too large to be copied for the question.
func anyOf(desired []Desired, holds func(*Desired) bool) bool {
	for i := range desired {
		if holds(&desired[i]) {
			return true
		}
	}
	return false
}

// check finds what refuses a plan. [Check] adds the warnings.
func check(desired []Desired, first map[addr.Address]int) []Problem {
	var problems []Problem
	if len(first) < len(desired) {
		for i := range desired {
			if d := &desired[i]; first[d.Address] != i {
				problems = append(problems, GivenTwice(&desired[first[d.Address]], d))
			}
		}
	}
	if !areTied(desired, first) {
		return SortProblems(problems)
	}
	children := sync.OnceValue(func() map[addr.Address][]int { return childrenOf(desired) })
	roots := sync.OnceValue(func() *Names { return rootNames(desired) })
	g := newGraph(len(desired))
	for i := range desired {
		d := &desired[i]
		for _, dep := range d.DependsOn {
			on, listed := first[dep.On]
			switch {
			case !listed && dep.Implied:
			case !listed:
				problems = append(problems, unknownDependency(roots(), *d, dep))
			case desired[on].Absent && !d.Absent:
				hint := "remove the dependency, or keep the other resource"
				if to := desired[on].ReplacedBy; !to.IsZero() {
					hint = fmt.Sprintf("depend on %s, which takes its place", to)
				}
				problems = append(problems, Problem{
					At:      dep.At,
					Summary: "dependency on an absent resource",
					Detail:  fmt.Sprintf("%s depends on %s, which %s says is to be deleted", d.Address, dep.On, desired[on].Source),
					Hint:    hint,
				})
			default:
				g.connect(i, on)
				if !dep.Implied && desired[i].Parent != dep.On {
					for _, child := range children()[dep.On] {
						g.connect(i, child)
					}
				}
			}
		}
		if parent, listed := first[d.Parent]; listed && parent != i {
			g.connect(i, parent)
		}
	}
	if _, cycle := g.levels(); cycle != nil {
		problems = append(problems, cycleProblem(desired, cycle))
	}
	return SortProblems(problems)
}

// areTied reports whether any of the resources depends on another that is listed or must be, or is part of what is a part itself: roots
// and their children alone make no circle.
func areTied(desired []Desired, first map[addr.Address]int) bool {
	var last addr.Address // what is part of one root mostly follows each other
	for i := range desired {
		d := &desired[i]
		if d.Parent != last {
			last = d.Parent
			if parent, listed := first[last]; listed && !desired[parent].Parent.IsZero() {
				return true
			}
		}
		for _, dep := range d.DependsOn {
			if _, listed := first[dep.On]; listed || !dep.Implied {
				return true
			}
		}
	}
	return false
}

// GivenTwice returns the problem of two resources at one address, at the place of the second.
func GivenTwice(first, second *Desired) Problem {
	p := Problem{
		At: second.Source, Summary: "duplicate resource", Hint: "remove one of the two",
		Detail: fmt.Sprintf("%s is already given at %s", second.Address, first.Source),
	}
	switch {
	case second.Absent && !first.Absent:
		p.Summary, p.Detail = "wanted and unwanted", fmt.Sprintf("%s must be absent, and is wanted at %s", second.Address, first.Source)
	case first.Absent && !second.Absent:
		p.Summary, p.Detail = "wanted and unwanted", fmt.Sprintf("%s is wanted, and must be absent at %s", second.Address, first.Source)
	}
	return p
}

// childrenOf returns the children of each root, by index.
func childrenOf(desired []Desired) map[addr.Address][]int {
	children := map[addr.Address][]int{}
	for i := range desired {
		if parent := desired[i].Parent; !parent.IsZero() {
			children[parent] = append(children[parent], i)
		}
	}
	return children
}

// rootNames are the addresses that others can depend on.
func rootNames(desired []Desired) *Names {
	var roots []string
	for i := range desired {
		if desired[i].Parent.IsZero() {
			roots = append(roots, desired[i].Address.String())
		}
	}
	return NewNames(roots)
}

func unknownDependency(roots *Names, d Desired, dep Dependency) Problem {
	near := slices.DeleteFunc(roots.Nearest(dep.On.String(), 4), func(root string) bool { return root == d.Address.String() })
	hint := didYouMean(near[:min(3, len(near))])
	if hint == "" {
		hint = "name a resource that this manifest lists, as TYPE/NAME"
	}
	return Problem{
		At:      dep.At,
		Summary: "unknown dependency",
		Detail:  fmt.Sprintf("%s depends on %s, which the manifest does not list", d.Address, dep.On),
		Hint:    hint,
	}
}

func cycleProblem(desired []Desired, cycle []int) Problem {
	// Begin with the smallest address, so that the message does not depend on where the search entered the circle.
	start := 0
	for i := range cycle {
		if addr.Compare(desired[cycle[i]].Address, desired[cycle[start]].Address) < 0 {
			start = i
		}
	}
	var path []addr.Address
	var places []string
	var at Position
	for k := range cycle {
		d := desired[cycle[(start+k)%len(cycle)]]
		next := desired[cycle[(start+k+1)%len(cycle)]]
		path = append(path, d.Address)
		for _, dep := range d.DependsOn {
			if dep.At.IsZero() || dep.On != next.Address && (dep.Implied || dep.On != next.Parent) {
				continue
			}
			if at.IsZero() {
				at = dep.At
			}
			places = append(places, dep.At.String())
		}
	}
	path = append(path, path[0])
	if at.IsZero() {
		at = desired[cycle[start]].Source
	}
	return Problem{
		At:      at,
		Summary: "dependency cycle",
		Detail:  fmt.Sprintf("%s (at %s)", arrows(path), strings.Join(places, ", ")),
		Hint:    "remove one of these dependencies",
	}
}
