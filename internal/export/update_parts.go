package export

import (
	"iter"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

// partSearch is an entry whose edit was refused, while it is found out what of it the text can say.
type partSearch struct {
	*listedEntry
	refused string
	// next returns the mapping to try next, and can is to say whether it could be said. Found is the result, once there is no next one.
	next  func() (*plan.Node, bool)
	can   bool
	found *plan.Node
}

// sayParts takes out of entries that were refused what their text cannot say. An entry of which nothing is left then is left as it is.
//
// A key of each entry is tried at a time, in one edit for all of them: the file is read as often as one entry has keys, and not as often as
// all have.
func (u *updater) sayParts(s schema.Source, searches []*partSearch) {
	for _, p := range searches {
		if p.was == nil || p.now == nil {
			continue
		}
		next, stop := iter.Pull(func(yield func(*plan.Node) bool) {
			p.found = sayablePart(p.was, p.now, func(n *plan.Node) bool { return yield(n) && p.can })
		})
		defer stop()
		p.next = next
	}
	for left := searches; len(left) > 0; {
		var edits []schema.EntryEdit
		var tried []*partSearch
		for _, p := range left {
			if p.next == nil {
				continue
			}
			if n, more := p.next(); more {
				p.can = true
				edits, tried = append(edits, schema.EntryEdit{At: p.was.At, Node: n}), append(tried, p)
			}
		}
		_, refused := schema.Edit(s, edits)
		for _, r := range refused {
			tried[r.Edit].can = false
		}
		left = tried
	}
	for _, p := range searches {
		if p.found == nil || meaning(p.found) == meaning(p.was) || meaning(p.found) == meaning(p.now) {
			u.keep(p.listedEntry, p.refused)
			continue
		}
		p.now = p.found
		for _, root := range p.roots {
			u.whyEntry[root] = p.refused
		}
	}
}

// sayablePart returns the mapping nearest to now that can be said: each key has what it was, or what it is now, or what lies between.
func sayablePart(was, now *plan.Node, can func(*plan.Node) bool) *plan.Node {
	part := was
	added := slices.DeleteFunc(slices.Clone(now.Entries), func(p plan.Pair) bool { return was.Has(p.Key) })
	for _, pair := range slices.Concat(was.Entries, added) {
		old, value := part.Get(pair.Key), now.Get(pair.Key)
		switch {
		case value == nil:
			if next := withoutKey(part, pair.Key); can(next) {
				part = next
			}
		case old == value:
		case can(withKey(part, pair.Key, value, now)):
			part = withKey(part, pair.Key, value, now)
		case old != nil && old.Kind == plan.Map && value.Kind == plan.Map:
			part = withKey(part, pair.Key, sayablePart(old, value, func(n *plan.Node) bool { return can(withKey(part, pair.Key, n, now)) }), now)
		}
	}
	return part
}
