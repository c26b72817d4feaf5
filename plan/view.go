package plan

import (
	"slices"
	"sync"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// View is the state that a change is judged by: live state as it was read, ownership, and desired resources. It is immutable and
// safe for concurrent use.
type View struct {
	snapshot  *Snapshot
	ownership Ownership
	desired   []Desired
	// What is looked up is made when it is first asked for: much is judged without it. Places are those in the snapshot and in
	// desired. Roots are live and desired ones.
	livePlaces, desiredPlaces func() map[addr.Address]int
	children, users           func() map[addr.Address][]*Live
	roots                     func() []addr.Address
	// asked is called with each address that the view is asked about; nil for nobody.
	asked func(addr.Address)
}

// NewView returns a view of the snapshot for what a manifest owns and desires. Its arguments must not be changed any more.
func NewView(s *Snapshot, owned Ownership, desired []Desired) *View {
	v := &View{snapshot: s, ownership: owned, desired: desired}
	v.livePlaces = sync.OnceValue(func() map[addr.Address]int {
		places := make(map[addr.Address]int, len(s.Resources))
		for i := range s.Resources {
			places[s.Resources[i].Address] = i
		}
		return places
	})
	v.desiredPlaces = sync.OnceValue(func() map[addr.Address]int { return placesOf(desired) })
	v.children = sync.OnceValue(func() map[addr.Address][]*Live {
		roots := 0
		for i := range s.Resources {
			if s.Resources[i].Parent.IsZero() {
				roots++
			}
		}
		all, children := make([]*Live, len(s.Resources)), make(map[addr.Address][]*Live, roots)
		for first, next := 0, 0; first < len(all); first = next { // children of one root mostly follow each other
			parent := s.Resources[first].Parent
			for ; next < len(all) && s.Resources[next].Parent == parent; next++ {
				all[next] = &s.Resources[next]
			}
			if before := children[parent]; before != nil {
				children[parent] = append(before, all[first:next]...)
			} else if !parent.IsZero() {
				children[parent] = all[first:next:next]
			}
		}
		return children
	})
	v.roots = sync.OnceValue(func() (all []addr.Address) {
		for i := range s.Resources {
			if l := &s.Resources[i]; l.Parent.IsZero() {
				all = append(all, l.Address)
			}
		}
		for i := range desired {
			if d := &desired[i]; d.Parent.IsZero() {
				all = append(all, d.Address)
			}
		}
		sortRuns(all, func(x, y *addr.Address) int { return addr.Compare(*x, *y) })
		return slices.Compact(all)
	})
	v.users = sync.OnceValue(func() map[addr.Address][]*Live {
		users := map[addr.Address][]*Live{}
		for i := range s.Resources {
			l := &s.Resources[i]
			for _, use := range l.Uses {
				users[use] = append(users[use], l)
			}
		}
		return users
	})
	return v
}

// Noting returns the same view, which calls asked with each address that an answer rests on. What a provider decides from the
// view follows from these resources.
func (v *View) Noting(asked func(addr.Address)) *View {
	noting := *v
	noting.asked = asked
	return &noting
}

func (v *View) note(a addr.Address) {
	if v.asked != nil {
		v.asked(a)
	}
}

func (v *View) liveAt(a addr.Address) *Live {
	if i, is := v.livePlaces()[a]; is {
		return &v.snapshot.Resources[i]
	}
	return nil
}

func (v *View) desiredAt(a addr.Address) *Desired {
	if i, is := v.desiredPlaces()[a]; is {
		return &v.desired[i]
	}
	return nil
}

// managing returns the entry of the root of each live resource, by its place in the snapshot; nil where the manifest lists none.
func (v *View) managing() []*Desired {
	managing := make([]*Desired, len(v.snapshot.Resources))
	var root addr.Address
	var entry *Desired
	for i := range v.snapshot.Resources {
		if r := v.snapshot.Resources[i].Root(); r != root { // what is part of one root mostly follows each other
			root, entry = r, v.desiredAt(r)
		}
		managing[i] = entry
	}
	return managing
}

// Live returns the live resource at a, nil when none was read.
func (v *View) Live(a addr.Address) *Live {
	v.note(a)
	return v.liveAt(a)
}

// Desired returns what the manifest says of the resource at a, nil where it says nothing. Callers do not change it.
func (v *View) Desired(a addr.Address) *Desired {
	v.note(a)
	return v.desiredAt(a)
}

// Children returns the live children of a root, in the order of the snapshot. Callers do not change the slice.
func (v *View) Children(root addr.Address) []*Live {
	v.note(root)
	return v.children()[root]
}

// Users returns the live resources that use the root at a, in the order of the snapshot. Callers do not change the slice.
func (v *View) Users(a addr.Address) []*Live {
	v.note(a)
	for _, user := range v.users()[a] {
		v.note(user.Root())
	}
	return v.users()[a]
}

// Roots returns the addresses of the live and desired roots that match, sorted.
func (v *View) Roots(matches func(a addr.Address) bool) (all []addr.Address) {
	for _, a := range v.roots() {
		if matches(a) {
			all = append(all, a)
		}
	}
	for _, a := range all {
		v.note(a)
	}
	return all
}

// Catalogue returns the names that live state knows.
func (v *View) Catalogue() *Catalogue { return v.snapshot.Catalogue }

// Covers reports whether the resource at a was read: if it is not live, it is not there.
func (v *View) Covers(a addr.Address) bool { return v.snapshot.Covers(a) }

// CoversAll reports whether all that the pattern matches was read, but for gaps that are neither wider nor narrower than it.
func (v *View) CoversAll(p addr.Pattern) bool {
	isGap := func(gap addr.Pattern) bool { return gap.Covers(p) || p.Covers(gap) }
	isRead := func(read addr.Pattern) bool { return read.Covers(p) }
	return !slices.ContainsFunc(v.snapshot.Gaps, isGap) && slices.ContainsFunc(v.snapshot.Coverage, isRead)
}

// Protects reports whether the manifest holds a root: once it is live, nothing of it may change.
func (v *View) Protects(root addr.Address) bool {
	if l := v.liveAt(root); l != nil {
		return v.ownership.holds(l)
	}
	return v.ownership.Protects(root, root)
}

// Wants reports whether the manifest wants the resource to be there.
func (v *View) Wants(a addr.Address) bool {
	v.note(a)
	d := v.desiredAt(a)
	return d != nil && !d.Absent
}

// Wanted returns the children of a root that the manifest wants to be there, sorted by address. Callers do not change them.
func (v *View) Wanted(root addr.Address) (all []*Desired) {
	v.note(root)
	for i := range v.desired {
		if d := &v.desired[i]; d.Parent == root && !d.Absent {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(x, y *Desired) int { return addr.Compare(x.Address, y.Address) })
	return all
}

// AllowsBeside reports whether live children of a root that the manifest does not list are left alone, so that whoever looks at the
// root again must expect more of them.
func (v *View) AllowsBeside(root addr.Address) bool {
	v.note(root)
	d := v.desiredAt(root)
	return d != nil && d.Additive
}

// Removes reports whether the manifest wants a root gone, by a tombstone or by pruning, and lets it go.
func (v *View) Removes(root addr.Address) bool {
	if v.Protects(root) {
		return false
	}
	v.note(root)
	if d := v.desiredAt(root); d != nil {
		return d.Absent
	}
	l := v.liveAt(root)
	if l == nil {
		return v.ownership.Prune && v.ownership.Owns(root)
	}
	prunes, _ := v.ownership.prunes(l)
	return prunes
}
