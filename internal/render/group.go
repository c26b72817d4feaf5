package render

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// maxParents bounds the climb from a resource to its root, against parents that go round in a circle.
const maxParents = 8

// impliedChild is the type of child that is not written below a root: nearly all children have it.
const impliedChild = "grant"

// group is a root resource with the changes of it and of all that is part of it.
type group struct {
	root addr.Address
	// own is the root's own change; nil when only children change.
	own      *plan.Change
	children []*plan.Change
}

// groupByRoot sorts changes into groups by the address of their root, the children of each by address.
func groupByRoot(changes []plan.Change) []group {
	parents := make(map[addr.Address]addr.Address, len(changes))
	for i := range changes {
		if parent := changes[i].Parent; !parent.IsZero() {
			parents[changes[i].Address] = parent
		}
	}
	index := map[addr.Address]int{}
	var groups []group
	for i := range changes {
		c := &changes[i]
		root := c.Address
		for range maxParents {
			parent, found := parents[root]
			if !found {
				break
			}
			root = parent
		}
		at, found := index[root]
		if !found {
			at = len(groups)
			index[root] = at
			groups = append(groups, group{root: root})
		}
		if c.Address == root && groups[at].own == nil {
			groups[at].own = c
		} else {
			groups[at].children = append(groups[at].children, c)
		}
	}
	slices.SortFunc(groups, func(a, b group) int { return addr.Compare(a.root, b.root) })
	for _, g := range groups {
		slices.SortStableFunc(g.children, func(a, b *plan.Change) int { return addr.Compare(a.Address, b.Address) })
	}
	return groups
}

// notes returns the notes of the group as a whole: those of the root's change, or those that all children share.
func (g *group) notes() plan.Notes {
	if g.own != nil {
		return g.own.Notes
	}
	for _, c := range g.children[1:] {
		if c.Notes != g.children[0].Notes {
			return plan.Notes{}
		}
	}
	return g.children[0].Notes
}

// label is a child's name below its root, in two columns: where, and what.
type label struct{ where, what string }

// labelOf returns the part of a child's address that its root does not have.
func labelOf(root, child addr.Address) label {
	prefix, segments := root.Segments(), child.Segments()
	if len(segments) <= len(prefix) || !slices.Equal(prefix, segments[:len(prefix)]) {
		return label{what: title(child.String())}
	}
	segments = segments[len(prefix):]
	var l label
	if child.Type() != impliedChild {
		l.where = child.Type()
	}
	for _, s := range segments[:len(segments)-1] {
		if l.where != "" {
			l.where += "/"
		}
		l.where += title(s.String())
	}
	l.what = title(segments[len(segments)-1].String())
	return l
}
