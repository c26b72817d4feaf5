package export

import (
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// listing has the entries of a manifest, and what becomes of them.
type listing struct {
	manifest *plan.Manifest
	entries  []*listedEntry
	// holders are the entries that have a value at a place.
	holders map[plan.Position][]*listedEntry
}

// listedEntry is an entry, with what becomes of it.
type listedEntry struct {
	section  string
	was, now *plan.Node // now is nil for an entry that goes, was for one that is added
	comments []string
	roots    []addr.Address
	// live is what an added entry says.
	live []plan.Live
	// kept is set while the entry is left as it is, and why is what was wrong with the text when its edit was made last.
	kept bool
	why  string
}

func listingOf(m *plan.Manifest) listing {
	l := listing{manifest: m, holders: map[plan.Position][]*listedEntry{}}
	for _, section := range slices.Sorted(maps.Keys(m.Sections)) {
		for _, node := range m.Sections[section] {
			e := &listedEntry{section: section, was: node, now: node}
			l.entries = append(l.entries, e)
			walk(node, func(n *plan.Node) {
				if held := l.holders[n.At]; !slices.Contains(held, e) {
					l.holders[n.At] = append(held, e)
				}
			})
		}
	}
	return l
}

func walk(n *plan.Node, do func(*plan.Node)) {
	do(n)
	for _, item := range n.Items {
		walk(item, do)
	}
	for _, pair := range n.Entries {
		walk(pair.Value, do)
	}
}

// entryOf returns the entry that a root is listed by; nil where it is none or there are several.
func (l *listing) entryOf(d *plan.Desired) *listedEntry {
	held := l.holders[d.Source]
	for _, e := range held {
		if e.was.At == d.Source {
			return e
		}
	}
	if len(held) != 1 {
		return nil
	}
	return held[0]
}

// manifestNow returns the manifest of what the entries say now.
func (l *listing) manifestNow() *plan.Manifest {
	m := *l.manifest
	m.Sections = map[string][]*plan.Node{}
	for _, e := range l.entries {
		if e.now != nil {
			m.Sections[e.section] = append(m.Sections[e.section], e.now)
		}
	}
	return &m
}

// takeOutGone takes out what lists a resource, one of the desired, and reports whether it could.
func (l *listing) takeOutGone(desired []plan.Desired, d *plan.Desired) bool {
	root := d
	if k := slices.IndexFunc(desired, func(r plan.Desired) bool { return r.Address == d.Parent }); k >= 0 {
		root = &desired[k]
	}
	e := l.entryOf(root)
	if e == nil || e.now == nil || d.Absent || root.Absent || root.Additive || len(root.SaidBeside().Entries) > 0 {
		return false
	}
	if e.was.At == d.Source {
		e.now, e.roots = nil, []addr.Address{root.Address}
		return true
	}
	now, found := without(e.now, d.Source)
	if found {
		e.now = now
	}
	return found
}

// compareBefore compares the manifest of the author. What cannot be planned because the account has it no longer is taken out before.
func (u *updater) compareBefore() (*compared, []plan.Problem) {
	desired, _ := engine.Validate(u.registry, u.manifest)
	var gone []plan.Desired
	for {
		c, problems := u.compare(u.manifestNow())
		if c != nil {
			c.gone = gone
			return c, nil
		}
		before := len(gone)
		for _, p := range plan.Fatal(problems) {
			for i := range desired {
				d := &desired[i]
				isLive := func(l plan.Live) bool { return l.Address == d.Address }
				if d.Source == p.At && !slices.ContainsFunc(u.snapshot.Resources, isLive) && u.takeOutGone(desired, d) {
					u.gone[d.Address] = p
					gone = append(gone, *d)
				}
			}
		}
		if len(gone) == before {
			return nil, problems
		}
	}
}

// compareAfter compares a manifest that was edited. What is gone and could not be taken out of the text is no part of the plan.
func (u *updater) compareAfter(m *plan.Manifest) (*compared, []plan.Problem) {
	l := listingOf(m)
	var gone []plan.Desired
	if len(u.gone) > 0 {
		desired, _ := engine.Validate(u.registry, m)
		for i := range desired {
			if _, is := u.gone[desired[i].Address]; is && l.takeOutGone(desired, &desired[i]) {
				gone = append(gone, desired[i])
			}
		}
	}
	c, problems := u.compare(l.manifestNow())
	if c != nil {
		c.manifest, c.gone = m, gone
	}
	return c, plan.Fatal(problems)
}
