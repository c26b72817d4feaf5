package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// setPrincipals notes who may act as the root of each change.
func (b *builder) setPrincipals() {
	own := map[addr.Address]*Change{}
	for i := range b.plan.Changes {
		if c := &b.plan.Changes[i]; c.Parent.IsZero() {
			own[c.Address] = c
		}
	}
	known := map[addr.Address][]string{}
	for i := range b.plan.Changes {
		c := &b.plan.Changes[i]
		root := c.Root()
		principals, told := known[root]
		if !told {
			principals = b.principals(root, own[root])
			known[root] = principals
		}
		c.Principals = principals
	}
}

// principals returns who may act as a root that has the change, nil for none.
func (b *builder) principals(root addr.Address, c *Change) []string {
	var state *Resource
	switch live := b.liveAt(root); {
	case c != nil && c.After != nil && (c.Action.Writes() || c.Before == nil):
		state = c.After
	case live != nil:
		state = &live.Resource
	case b.entry(root) != nil: // it is there, and was not read
		state = &b.entry(root).Resource
	default:
		return nil
	}
	var names []string
	for _, e := range access.Conveying(b.effects(*state, b.after)) {
		if e.Conveys == root {
			names = append(names, e.Principal)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// setPrivileges compares what principals may do before the plan and after all its writes, and makes the findings about chains to
// everything.
func (b *builder) setPrivileges() {
	if b.plan.Writes() == 0 {
		return
	}
	before, after, touched := graphsOf(b.plan, b.in)
	delta, opened, ended := access.Compare(before, after, touched)
	b.plan.Privileges = delta
	b.findWays(before, after, opened, func(c *Change, f Finding) { c.Findings = append(c.Findings, f) })
	b.endedWays = map[addr.Address]Finding{}
	b.findWays(after, before, ended, func(c *Change, f Finding) { b.endedWays[c.Address] = f })
}

// Privileges returns what the writes of p give to whom and take from whom in the live state of in, which may be another than p was built
// from.
func Privileges(p *Plan, in Input) access.Delta {
	if p.Writes() == 0 {
		return access.Delta{}
	}
	delta, _, _ := access.Compare(graphsOf(p, in))
	return delta
}

// PrivilegeRoots returns the roots that the privileges of p follow from, the chains to everything among them: all that give
// anything to a principal who gains or loses by p, or to whomever he may act as. The input must be the one that p was built from.
func PrivilegeRoots(p *Plan, in Input) map[addr.Address]bool {
	roots := map[addr.Address]bool{}
	if p.Writes() == 0 {
		return roots
	}
	before, after, touched := graphsOf(p, in)
	involved := access.Involved(before, after, touched)
	effects := in.Knowledge.Effects(in.Snapshot.Catalogue)
	for i := range in.Snapshot.Resources {
		l := &in.Snapshot.Resources[i]
		if slices.ContainsFunc(effects(l.Resource), func(e access.Effect) bool { return involved[e.To(l.Parent)] }) {
			roots[l.Root()] = true
		}
	}
	return roots
}

// graphsOf returns the access before and after the writes of p, and the principals whose effects p touches.
func graphsOf(p *Plan, in Input) (before, after *access.Graph, touched map[string]bool) {
	catalogue, later := in.Snapshot.Catalogue, in.Snapshot.Catalogue.With(in.Entries...)
	effectsNow, effectsLater := in.Knowledge.Effects(catalogue), in.Knowledge.Effects(later)
	touched = map[string]bool{}
	type giving struct {
		parent  addr.Address
		effects []access.Effect
	}
	touch := func(r *Resource, effects []access.Effect) giving {
		for i := range effects {
			touched[effects[i].To(r.Parent)] = true
		}
		return giving{r.Parent, effects}
	}
	// Gone are the resources that give nothing more as before. Made is what they give after the writes, by address: of those that are
	// written, and of those that use what is.
	gone, changed, made := map[addr.Address]bool{}, map[addr.Address]bool{}, map[addr.Address]giving{}
	for i := range p.Changes {
		c := &p.Changes[i]
		if !c.Action.Writes() {
			continue
		}
		changed[c.Address] = true
		gone[c.Address] = true
		for _, child := range c.With {
			gone[child] = true
		}
		if c.After != nil {
			made[c.Address] = touch(c.After, effectsLater(*c.After))
		}
	}
	before = access.NewGraph(len(in.Snapshot.Resources))
	for i := range in.Snapshot.Resources {
		l := &in.Snapshot.Resources[i]
		effects := effectsNow(l.Resource)
		before.Add(l.Address, l.Parent, effects)
		switch {
		case gone[l.Address]:
			touch(&l.Resource, effects)
		case slices.ContainsFunc(l.Uses, func(use addr.Address) bool { return changed[use] }):
			touch(&l.Resource, effects)
			gone[l.Address], made[l.Address] = true, touch(&l.Resource, effectsLater(l.Resource))
		}
	}
	after = access.NewOverlay(before.Finish(), touched, func(by addr.Address) bool { return gone[by] })
	for a, given := range made {
		after.Add(a, given.parent, given.effects)
	}
	return before, after.Finish(), touched
}

// findWays calls found with a finding for each change that opens one of the chains to everything, which are in after and not in before:
// one by which the chain gets one of its links, or loses the denial that held it back. Where the grant of everything itself is
// new, another rule already reports it. The other way round it finds the changes that end chains.
func (b *builder) findWays(before, after *access.Graph, chains []access.Chain, found func(c *Change, f Finding)) {
	if len(chains) == 0 {
		return
	}
	changes := b.writesOf()
	opened := make([][]access.Chain, len(b.plan.Changes))
	for _, chain := range chains {
		by, anew := access.OpenedBy(before, after, chain)
		if anew {
			continue
		}
		opens := map[int]bool{}
		for _, a := range by {
			for _, i := range changes(a) {
				opens[i] = true
			}
		}
		for i := range opens {
			opened[i] = append(opened[i], chain)
		}
	}
	for i, chains := range opened {
		if len(chains) == 0 {
			continue
		}
		c := &b.plan.Changes[i]
		found(c, Finding{
			Rule: RuleWayToEverything, Severity: High, Address: c.Address, Message: waysInWords("opens a way to everything", chains),
			Hint: "take away what gives everything first, or trust somebody else with less",
		})
	}
}

// waysInWords tells the first of several ways to everything, and counts the others.
func waysInWords(begin string, chains []access.Chain) string {
	first := chains[0]
	text := fmt.Sprintf("%s: %s → %s", begin, strings.Join(first.Path, " → "), first.Through)
	if more := len(chains) - 1; more > 0 {
		text += fmt.Sprintf(", and by %d more ways", more)
	}
	return text
}

// writesOf returns a function that returns the changes by which the meaning of a resource may differ, as indices: those that write it,
// or else those that write what it uses.
func (b *builder) writesOf() func(a addr.Address) []int {
	index := make(map[addr.Address]int, len(b.plan.Changes))
	for i := range b.plan.Changes {
		if c := &b.plan.Changes[i]; c.Action.Writes() {
			index[c.Address] = i
			for _, child := range c.With {
				index[child] = i
			}
		}
	}
	return func(a addr.Address) (changes []int) {
		if i, changed := index[a]; changed {
			return []int{i}
		}
		if l := b.liveAt(a); l != nil {
			for _, use := range l.Uses {
				if i, changed := index[use]; changed {
					changes = append(changes, i)
				}
			}
		}
		return changes
	}
}
