package plan

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Protection holds what is there: once a protected root is live, nothing of it changes. One that is not live is made, with its
// children, as a whole: what would be missing of it could not be made later.

// Protects reports whether the resource at a, or the root it belongs to, must not be changed once it is live.
func (o Ownership) Protects(a, root addr.Address) bool {
	return addr.MatchAny(o.Protect, a) || addr.MatchAny(o.Protect, root)
}

// holds reports whether protection holds a live resource. A rename takes no protection away.
func (o Ownership) holds(l *Live) bool {
	return l != nil && (o.Protects(l.Address, l.Root()) || !l.Was.IsZero() && addr.MatchAny(o.Protect, l.Was))
}

// Forbids returns why protection forbids the change, "" where it does not. Live returns a resource as it was when the change was planned,
// nil where it was not there.
func (o Ownership) Forbids(c *Change, live func(a addr.Address) *Live) string {
	root := c.Root()
	switch {
	case c.Before == nil && addr.MatchAny(o.Protect, root) && live(root) != nil:
		return fmt.Sprintf("protected by ownership.protect: %s is there, and this is missing, until a reviewed change takes the protection "+
			"out for one run", root)
	case c.Before != nil && (o.Protects(c.Address, root) || o.holds(live(c.Address))):
		return "protected by ownership.protect"
	case slices.ContainsFunc(c.With, func(child addr.Address) bool { return o.Protects(child, root) || o.holds(live(child)) }):
		return "would take with it what ownership.protect holds"
	}
	return ""
}

// wholes returns, for each protected root that is to be made, the changes that make it: its own and those of its children.
func (o *orderer) wholes() [][]int {
	var all [][]int
	for i := range o.changes {
		if c := &o.changes[i]; c.Parent.IsZero() && o.adds(i) && addr.MatchAny(o.b.in.Manifest.Ownership.Protect, c.Address) {
			all = append(all, o.tree(c.Address))
		}
	}
	return all
}

// startLate makes a protected root wait for all that its children need: it is not begun where a part of it cannot follow.
func (o *orderer) startLate() {
	for _, whole := range o.wholes() {
		root := whole[0]
		for _, part := range whole[1:] {
			for _, needed := range slices.Clone(o.hard.after[part]) {
				if !slices.Contains(whole, needed) && !o.all.ancestors(needed)[root] {
					o.need(root, needed)
				}
			}
		}
	}
}

// blockWholes blocks all changes that make a protected root where one of them is blocked or left out. It reports whether it blocked
// any. What is left to a person holds back nothing: nobody could do it before the root is there.
func (o *orderer) blockWholes() (blocked bool) {
	for _, whole := range o.wholes() {
		at := slices.IndexFunc(whole, func(i int) bool { return o.changes[i].Action == Blocked })
		if at < 0 {
			continue
		}
		missing := o.changes[whole[at]].Address
		why := "blocked"
		if o.b.isLeftOut(missing) {
			why = o.b.leftOutBy(missing)
		}
		for _, i := range whole {
			if c := &o.changes[i]; c.Action.Writes() {
				c.Action, blocked = Blocked, true
				c.Reason = fmt.Sprintf("needs %s, which is %s: what is protected is made as a whole, with its parts", missing, why)
			}
		}
	}
	return blocked
}
