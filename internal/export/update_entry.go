package export

import (
	"fmt"
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// The reasons to leave an entry as it is.
const (
	whyTombstone = "the entry says that it must not be there: remove the entry, or the resource"
	whyAbsent    = "grantsAbsent says that it must not be there"
	whyAdditive  = "entries with grantsMode: additive say what must be there at least"
	whyTogether  = "several entries list it together"
	whyRename    = "a rename is pending: apply it, or remove previously"
	whyPlace     = "it is listed by way of an anchor that others use too"
	whyNoWords   = "no manifest can say it"
	whyLeft      = "what it is part of is missing, and that is acknowledged"
	whyService   = "a cloud service made it: write it into ownership.exclude, or list the service under authorizations"
)

// edit decides what becomes of each entry.
func (u *updater) edit(c *compared) {
	differs := map[addr.Address][]*plan.Change{}
	for i := range c.plan.Changes {
		change := &c.plan.Changes[i]
		if slices.Contains(u.leave, change.Address) {
			continue
		}
		differs[change.Root()] = append(differs[change.Root()], change)
	}
	for i := range c.in.Desired {
		if d := &c.in.Desired[i]; d.Parent.IsZero() {
			if e := u.entryOf(d); e != nil {
				e.roots = append(e.roots, d.Address)
			}
		}
	}
	for _, e := range u.entries {
		for _, root := range e.roots {
			if d := c.listed[root]; d != nil {
				if why := u.untouchable(c, d); why != "" {
					u.keep(e, why)
				}
			}
		}
	}
	for _, root := range slices.SortedFunc(maps.Keys(differs), addr.Compare) {
		d := c.listed[root]
		if d == nil {
			continue // it goes because of another entry, or is told as unexpected
		}
		e := u.entryOf(d)
		switch {
		case e == nil:
			u.whyEntry[root] = whyPlace
		case e.kept:
		default:
			u.editRoot(c, e, d, differs[root])
		}
	}
	for i := range c.plan.Unexpected {
		if found := &c.plan.Unexpected[i]; !slices.Contains(u.leave, found.Address) {
			u.list(found)
		}
	}
}

// untouchable says why the entry of a root is left as it is, whatever differs; "" where it is not.
func (u *updater) untouchable(c *compared, d *plan.Desired) string {
	live := c.live[d.Address]
	switch {
	case len(d.SaidBeside().Entries) > 0:
		return whyTogether
	case d.Additive:
		return whyAdditive
	case !d.ReplacedBy.IsZero() && live != nil, !d.Previously.IsZero() && live == nil && c.live[d.Previously] != nil:
		return whyRename
	case d.Absent:
		return whyTombstone
	}
	return ""
}

// editRoot edits the entry of a root that differs.
func (u *updater) editRoot(c *compared, e *listedEntry, d *plan.Desired, changes []*plan.Change) {
	live := c.live[d.Address]
	switch {
	case live == nil && slices.Contains(u.leave, d.Address):
		u.whyEntry[d.Address] = whyLeft
		return
	case live == nil:
		u.takeOut(e, d)
		return
	}
	var added []plan.Live
	for _, change := range changes {
		listed := c.listed[change.Address]
		switch {
		case change.Address == d.Address:
			u.setAttributes(c, e, d, *live, change)
		case listed != nil && listed.Absent:
			u.why[change.Address] = whyAbsent
		case change.Before == nil && listed != nil:
			if now, found := without(e.now, listed.Source); found {
				e.now = now
			} else {
				u.why[change.Address] = whyPlace
			}
		case change.After == nil && listed == nil:
			added = append(added, *c.live[change.Address])
		}
	}
	if len(added) == 0 || e.now == nil {
		return
	}
	alone, together := u.collapsed(e.section, *live), u.collapsed(e.section, append([]plan.Live{*live}, added...)...)
	if alone == nil || together == nil {
		for i := range added {
			u.why[added[i].Address] = whyNoWords
		}
		return
	}
	for _, pair := range together.Pairs() {
		if !alone.Has(pair.Key) {
			e.now = withKey(e.now, pair.Key, joined(e.now.Get(pair.Key), pair.Value), together)
		}
	}
}

// collapsed returns the entry of a root that is live; nil where no entry of the section says it.
func (u *updater) collapsed(section string, live ...plan.Live) *plan.Node {
	entries := u.registry.Collapse(live, u.snapshot.Catalogue)[section]
	if len(entries) != 1 {
		return nil
	}
	return entries[0]
}

// takeOut removes the entry of a root that is not live, or what lists the root in an entry of several.
func (u *updater) takeOut(e *listedEntry, d *plan.Desired) {
	e.roots = slices.DeleteFunc(e.roots, func(a addr.Address) bool { return a == d.Address })
	if len(e.roots) == 0 {
		e.now, e.roots = nil, []addr.Address{d.Address}
		return
	}
	if now, found := without(e.now, d.Source); found {
		e.now = now
	} else {
		u.whyEntry[d.Address] = whyPlace
	}
}

// setAttributes gives an entry the live values of the attributes that differ.
func (u *updater) setAttributes(c *compared, e *listedEntry, d *plan.Desired, live plan.Live, change *plan.Change) {
	if change.Before != nil && change.Before.Address != change.Address {
		u.keep(e, whyRename)
		return
	}
	fresh := u.collapsed(e.section, live)
	stated := false
	for _, a := range change.Attributes {
		switch {
		case fresh == nil:
			u.why[d.Address] = whyNoWords
		case fresh.Has(a.Name):
			e.now = withKey(e.now, a.Name, towards(e.now.Get(a.Name), fresh.Get(a.Name)), fresh)
		case e.now.Has(a.Name):
			e.now = withoutKey(e.now, a.Name)
		default:
			stated = true
		}
	}
	if !stated {
		return
	}
	view := plan.NewView(c.in.Snapshot, c.in.Manifest.Ownership, c.in.Desired)
	for _, pair := range u.registry.Statement(view, d.Address).Pairs() {
		e.now = withKey(e.now, pair.Key, towards(e.now.Get(pair.Key), pair.Value), nil)
	}
}

// list adds an entry for what is live, and is not listed. What one entry can say together with the one before is said by that.
func (u *updater) list(found *plan.Unexpected) {
	live := []plan.Live{found.Live}
	for _, child := range u.snapshot.Resources {
		if child.Parent == found.Address {
			live = append(live, child)
		}
	}
	section, node := u.entryFor(live)
	if node == nil {
		if u.why[found.Address] = whyNoWords; found.ServiceMade {
			u.why[found.Address] = whyService
		}
		return
	}
	e := &listedEntry{section: section, now: node, live: live}
	if len(u.added) > 0 {
		last := u.added[len(u.added)-1]
		if _, together := u.entryFor(slices.Concat(last.live, live)); together != nil {
			e, u.added = last, u.added[:len(u.added)-1]
			e.now, e.live = together, slices.Concat(last.live, live)
		}
	}
	e.roots = append(e.roots, found.Address)
	for _, f := range plan.AtLeast(found.Findings, plan.High) {
		e.comments = append(e.comments, fmt.Sprintf("%s: %s (%s)", f.Severity, f.Message, f.Rule))
	}
	if text := expiry(&found.Live, u.options.Now); text != "" {
		e.comments = append(e.comments, text)
	}
	u.added = append(u.added, e)
}

// entryFor returns the one entry that says what is live, with its section; nil where there is none, or several are needed.
func (u *updater) entryFor(live []plan.Live) (section string, node *plan.Node) {
	for name, entries := range u.registry.Collapse(live, u.snapshot.Catalogue) {
		if node != nil || len(entries) != 1 {
			return "", nil
		}
		section, node = name, entries[0]
	}
	return section, node
}
