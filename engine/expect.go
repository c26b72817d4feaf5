package engine

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// standing says which side of a change live state must be on.
type standing uint8

const (
	// isBefore: nothing of it was sent. It is also that of a resource without a change.
	isBefore standing = iota
	// isEither: it is about to be sent, maybe by another run, so both sides and all between are right.
	isEither
	// isCutShort: some of it may be made, so what a service tells of the whole may read in any way.
	isCutShort
	// isAfter: it is made, and must show.
	isAfter
)

func (s standing) isOpen() bool { return s == isEither || s == isCutShort }

// expectation is what roots are expected to be: as they were read before the run, with the changes made in them. The manifest has
// no say in it: a resource that nobody has changed is as it was.
type expectation struct {
	run *run
	// roots are sorted. All of each is compared: its id, its attributes, and its children.
	roots []addr.Address
	// touched are those of roots that have changes of their own; the others are referred to.
	touched   []addr.Address
	standings map[addr.Address]standing
	// ids are those of resources that the run has made.
	ids providers.IDs
	// exact leaves no room for children that the manifest does not list, also where these are left alone.
	exact bool
}

// deviation is a difference from what is expected.
type deviation struct {
	Difference
	root addr.Address
	// foreign deviations were made by somebody else during the run. Any other may be a read that lags behind the run's own writes.
	foreign bool
	// atOnce is set for a foreign deviation that no second look must confirm: somebody else may act as the root.
	atOnce bool
}

// comparison is how roots differ from what is expected of them.
type comparison struct {
	deviations []deviation
	// beside are the children that the manifest does not list, and that it leaves alone, by root.
	beside map[addr.Address][]addr.Address
	// others are the changes by somebody else that are no deviation.
	others []Difference
	// made are the resources that show what the run has made of them.
	made map[addr.Address]bool
}

// compare holds live state that was read back against what is expected. Seen are the resources of which an earlier look has shown what
// the run has made of them.
func (x *expectation) compare(back *readBack, seen map[addr.Address]bool) *comparison {
	look := &looked{
		expectation: x, snapshot: back.snapshot, now: back.view, seen: seen,
		live: map[addr.Address]*plan.Live{}, children: map[addr.Address][]addr.Address{},
		effects: x.run.engine.registry.Effects(back.snapshot.Catalogue),
		found:   &comparison{beside: map[addr.Address][]addr.Address{}, made: map[addr.Address]bool{}},
	}
	for i := range back.snapshot.Resources {
		l := &back.snapshot.Resources[i]
		look.live[l.Address] = l
		if !l.Parent.IsZero() {
			look.children[l.Parent] = append(look.children[l.Parent], l.Address)
		}
	}
	for _, root := range x.roots {
		look.root(root)
	}
	return look.found
}

// looked is one look at live state while it is compared.
type looked struct {
	*expectation
	snapshot *plan.Snapshot
	now      *plan.View
	seen     map[addr.Address]bool
	live     map[addr.Address]*plan.Live
	children map[addr.Address][]addr.Address
	effects  func(plan.Resource) []access.Effect
	found    *comparison
	// at is the root that is compared now.
	at addr.Address
}

func (l *looked) root(root addr.Address) {
	l.at = root
	l.resource(root)
	live, was, c := l.live[root], l.run.view.Live(root), l.change(root)
	switch {
	case live == nil && was == nil && !l.seen[root]: // made a moment ago: what was made in it cannot be there yet
		for _, i := range l.run.inRoot[root] {
			if c := &l.run.plan.Changes[i]; !c.Parent.IsZero() {
				l.resource(c.Address)
			}
		}
		return
	case live == nil, was != nil && was.ID != live.ID, c != nil && c.After == nil:
		return // of what is gone, is to go, or was made anew, the children say nothing
	}
	all := map[addr.Address]bool{}
	for _, child := range l.run.view.Children(root) {
		all[child.Address] = true
	}
	for _, child := range l.children[root] {
		all[child] = true
	}
	for _, i := range l.run.inRoot[root] {
		if c := &l.run.plan.Changes[i]; !c.Parent.IsZero() {
			all[c.Address] = true
		}
	}
	beside := l.run.view.AllowsBeside(root)
	for _, child := range slices.SortedFunc(maps.Keys(all), addr.Compare) {
		if beside && l.change(child) == nil && !l.run.view.Wants(child) {
			l.unlisted(root, child)
			continue
		}
		l.resource(child)
	}
}

// unlisted is about a child that the manifest does not list and leaves alone.
func (l *looked) unlisted(root, child addr.Address) {
	was, live := l.run.view.Live(child), l.live[child]
	if live != nil {
		l.found.beside[root] = append(l.found.beside[root], child)
	}
	reason := ""
	switch {
	case (was == nil) == (live == nil):
		return
	case live == nil && !l.snapshot.Covers(child):
		return
	case live == nil:
		reason = takenAway
	default:
		reason = added
	}
	if l.exact {
		l.foreign(child, reason, nil)
	} else {
		l.found.others = append(l.found.others, Difference{Address: child, Reason: reason})
	}
}

// The reasons of what somebody else has done.
const (
	added     = "added by somebody else during this run"
	takenAway = "taken away by somebody else during this run"
	madeAnew  = "deleted and made anew by somebody else during this run"
	// A trust of a form that cannot be read is no trust that we know.
	unreadable = "changed by somebody else during this run, so that it cannot be read any more who may act as it"
)

// notRead is the reason of a resource that was read when the plan was made, or that the run has changed.
const notRead = "it was not read"

// lag adds a difference that a read may show for a while after the run's own write. Once the write was seen, it is somebody else's.
func (l *looked) lag(a addr.Address, reason, undone string, attributes []plan.AttributeChange) {
	if l.seen[a] {
		l.foreign(a, undone, attributes)
		return
	}
	l.found.deviations = append(l.found.deviations, deviation{
		Difference: Difference{Address: a, Reason: reason, Attributes: attributes}, root: l.at,
	})
}

func (l *looked) foreign(a addr.Address, reason string, attributes []plan.AttributeChange) {
	l.found.deviations = append(l.found.deviations, deviation{
		Difference: Difference{Address: a, Reason: reason, Attributes: attributes}, root: l.at, foreign: true,
	})
}

func (x *expectation) change(a addr.Address) *plan.Change {
	if i, changes := x.run.index[a]; changes && x.run.plan.Changes[i].Action != plan.Blocked {
		return &x.run.plan.Changes[i]
	}
	return nil
}

// resource compares one resource, and notes one that shows what the run has made of it.
func (l *looked) resource(a addr.Address) {
	found := len(l.found.deviations)
	l.compareResource(a)
	if l.standings[a] == isAfter && len(l.found.deviations) == found {
		l.found.made[a] = true
	}
}

func (l *looked) compareResource(a addr.Address) {
	was, live, c, standing := l.run.view.Live(a), l.live[a], l.change(a), l.standings[a]
	if !l.snapshot.Covers(a) {
		if standing == isAfter || !standing.isOpen() && l.run.view.Covers(a) {
			l.lag(a, notRead, "it was not read any more", nil)
		}
		return
	}
	before, after := was != nil, c != nil && c.After != nil
	switch {
	case live == nil:
		switch {
		case standing == isBefore && !before, standing == isAfter && !after, standing.isOpen() && (!before || !after):
		case standing == isAfter && !before:
			l.lag(a, "it is not there yet", takenAway, nil)
		default:
			l.foreign(a, takenAway, nil)
		}
	case standing == isBefore && !before:
		l.foreign(a, added, nil)
	case l.isAnother(live, was, c, standing):
	case standing == isAfter && !after:
		l.lag(a, "it is still there", added, nil)
	default:
		l.attributes(live, was, c, standing)
	}
}

// isAnother reports whether a resource of the same address has taken the place of the one that is expected. Then it says so.
func (l *looked) isAnother(live, was *plan.Live, c *plan.Change, standing standing) bool {
	id := l.ids[live.Address]
	if was != nil {
		id = was.ID
	}
	if id == "" || live.ID == "" || id == live.ID {
		return false
	}
	differing := []plan.AttributeChange{{Name: "id", Before: plan.StringValue(id), After: plan.StringValue(live.ID)}}
	if was != nil {
		for _, d := range plan.DiffAttributes(was.Attributes, live.Attributes) {
			if !slices.Contains(live.Unreadable, d.Name) && (c == nil || standing != isAfter) {
				differing = append(differing, d)
			}
		}
	}
	l.foreign(live.Address, madeAnew, differing)
	return true
}

// attributes compares the attributes of a resource that must be there.
func (l *looked) attributes(live, was *plan.Live, c *plan.Change, standing standing) {
	expected := live.Resource
	expected.Attributes = plan.Attributes{}
	if was != nil {
		maps.Copy(expected.Attributes, was.Attributes)
	}
	beside := l.besides(live)
	if d := l.now.Desired(live.Address); was == nil && d != nil { // what follows from the roots that it answers for
		for name, value := range d.Attributes {
			if !value.IsZero() && !slices.Contains(d.WriteOnly, name) {
				expected.Attributes[name] = value
				l.besideNew(live, name, value, beside)
			}
		}
	}
	open := map[string]bool{}
	if c != nil && c.After != nil && standing != isBefore {
		for name, value := range c.After.Attributes {
			if !value.IsZero() {
				expected.Attributes[name] = value
			}
		}
		for _, d := range l.run.plan.Outstanding(c, live) {
			open[d.Name] = true
		}
	}
	var lagging, foreign []plan.AttributeChange
	for _, name := range slices.Sorted(maps.Keys(expected.Attributes)) {
		want, now := expected.Attributes[name], withoutMembers(live.Attributes[name], expected.Attributes[name], beside)
		changes := c != nil && c.After != nil && standing != isBefore && !c.After.Attributes[name].IsZero()
		old := plan.Value{}
		if was != nil {
			old = was.Attributes[name]
		}
		switch {
		case standing == isCutShort && !isText(want):
			continue
		case changes && !open[name], !changes && (now.Equal(want) || l.cannotTell(live, was, name)):
			continue
		case changes && (now.Equal(old) || isBetween(old, now, want)):
			if standing == isAfter {
				lagging = append(lagging, plan.AttributeChange{Name: name, Before: want, After: now})
			}
		default:
			foreign = append(foreign, plan.AttributeChange{Name: name, Before: want, After: now})
		}
	}
	if len(lagging) > 0 {
		l.lag(live.Address, fmt.Sprintf("%s still reads %s", lagging[0].Name, lagging[0].After), setByOther(lagging), lagging)
	}
	if was != nil && standing == isAfter && len(lagging) == 0 && !c.Renewed(was, live) {
		ends := "it still expires at " + live.Expires.UTC().Format(time.RFC3339)
		l.lag(live.Address, ends, ends, nil)
	}
	if len(foreign) > 0 {
		l.foreign(live.Address, setByOther(foreign), foreign)
	}
	if !live.Parent.IsZero() || len(lagging) > 0 {
		return
	}
	// Who else may act as the root matters at once; one that both sides of a change allow is no stranger.
	hands := l.effects(live.Resource)
	stranger := !plan.SameHands(hands, l.effects(expected)) && (was == nil || !plan.SameHands(hands, l.effects(was.Resource)))
	if stranger && len(foreign) == 0 {
		l.foreign(live.Address, unreadable, nil)
	}
	if stranger {
		l.found.deviations[len(l.found.deviations)-1].atOnce = true
	}
}

func setByOther(attributes []plan.AttributeChange) string {
	return fmt.Sprintf("%s reads %s, set by somebody else during this run", attributes[0].Name, attributes[0].After)
}

// cannotTell reports whether an attribute that the run does not change cannot be compared.
func (l *looked) cannotTell(live, was *plan.Live, name string) bool {
	return slices.Contains(live.Unreadable, name) || was != nil && slices.Contains(was.Unreadable, name) ||
		slices.ContainsFunc(l.run.plan.NotCompared, func(n plan.NotCompared) bool { return n.Address == live.Address && n.Attribute == name })
}

// isText reports whether a value is a text or a document, which a service takes as a whole or not at all.
func isText(v plan.Value) bool {
	_, text := v.AsString()
	_, document := v.AsDocument()
	return text || document
}

// isBetween reports whether now may be read on the way from old to want: a set whose members are all from one of them, and any value
// that takes two forms only.
func isBetween(old, now, want plan.Value) bool {
	if _, two := now.AsBool(); two || now.IsZero() {
		return true
	}
	members, isSet := now.AsSet()
	if !isSet {
		return false
	}
	from, _ := old.AsSet()
	to, _ := want.AsSet()
	return !slices.ContainsFunc(members, func(m string) bool { return !slices.Contains(from, m) && !slices.Contains(to, m) })
}
