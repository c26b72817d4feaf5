package engine

import (
	"fmt"
	"maps"
	"slices"

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
	// isEither: it may be sent or was cut short, so both sides and all between are right.
	isEither
	// isAfter: it is made, and must show.
	isAfter
)

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
	// there are the resources that were read.
	there map[addr.Address]bool
}

// compare holds a snapshot against what is expected. View shows it with what was not read again. Seen are the resources that an
// earlier look has shown.
func (x *expectation) compare(s *plan.Snapshot, view *plan.View, seen map[addr.Address]bool) *comparison {
	look := &looked{
		expectation: x, snapshot: s, now: view, seen: seen, live: map[addr.Address]*plan.Live{}, children: map[addr.Address][]addr.Address{},
		effects: x.run.engine.registry.Effects(s.Catalogue),
		found:   &comparison{beside: map[addr.Address][]addr.Address{}, there: map[addr.Address]bool{}},
	}
	for i := range s.Resources {
		l := &s.Resources[i]
		look.live[l.Address], look.found.there[l.Address] = l, true
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
}

func (l *looked) root(root addr.Address) {
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
)

func (l *looked) lag(a addr.Address, reason string, attributes []plan.AttributeChange) {
	l.found.deviations = append(l.found.deviations, deviation{Difference: Difference{Address: a, Reason: reason, Attributes: attributes}})
}

func (l *looked) foreign(a addr.Address, reason string, attributes []plan.AttributeChange) {
	l.found.deviations = append(l.found.deviations, deviation{
		Difference: Difference{Address: a, Reason: reason, Attributes: attributes}, foreign: true,
	})
}

func (x *expectation) change(a addr.Address) *plan.Change {
	if i, changes := x.run.index[a]; changes && x.run.plan.Changes[i].Action != plan.Blocked {
		return &x.run.plan.Changes[i]
	}
	return nil
}

// resource compares one resource.
func (l *looked) resource(a addr.Address) {
	was, live, c, standing := l.run.view.Live(a), l.live[a], l.change(a), l.standings[a]
	if !l.snapshot.Covers(a) {
		if standing == isAfter {
			l.lag(a, "it was not read", nil)
		}
		return
	}
	before, after := was != nil, c != nil && c.After != nil
	switch {
	case live == nil:
		switch {
		case standing == isBefore && !before, standing == isAfter && !after, standing == isEither && (!before || !after):
		case standing == isAfter && !before && !l.seen[a]:
			l.lag(a, "it is not there yet", nil)
		default:
			l.foreign(a, takenAway, nil)
		}
	case standing == isBefore && !before:
		l.foreign(a, added, nil)
	case l.isAnother(live, was, c, standing):
	case standing == isAfter && !after:
		l.lag(a, "it is still there", nil)
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
	expected := plan.Resource{
		Address: live.Address, Parent: live.Parent, Parts: live.Parts, Bindings: live.Bindings, Attributes: plan.Attributes{},
	}
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
		l.lag(live.Address, fmt.Sprintf("%s still reads %s", lagging[0].Name, lagging[0].After), lagging)
	}
	if len(foreign) == 0 {
		return
	}
	l.foreign(live.Address, fmt.Sprintf("%s reads %s, set by somebody else during this run", foreign[0].Name, foreign[0].After), foreign)
	if live.Parent.IsZero() {
		// Who else may act as the root matters at once; one that both sides of a change allow is no stranger.
		hands := l.effects(live.Resource)
		l.found.deviations[len(l.found.deviations)-1].atOnce = !plan.SameHands(hands, l.effects(expected)) &&
			(was == nil || !plan.SameHands(hands, l.effects(was.Resource)))
	}
}

// cannotTell reports whether an attribute that the run does not change cannot be compared.
func (l *looked) cannotTell(live, was *plan.Live, name string) bool {
	return slices.Contains(live.Unreadable, name) || was != nil && slices.Contains(was.Unreadable, name) ||
		slices.ContainsFunc(l.run.plan.NotCompared, func(n plan.NotCompared) bool { return n.Address == live.Address && n.Attribute == name })
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

// besides notes the resources among a root's sets that are left to a person, because nobody explains them: they are told, and they are
// no difference. It returns them as members.
func (l *looked) besides(live *plan.Live) map[string]bool {
	d := l.now.Desired(live.Address)
	if d == nil || d.Absent {
		return nil
	}
	members := map[string]bool{}
	for _, m := range l.run.engine.registry.Manual(l.now.Live(live.Address), d, l.now) {
		for _, member := range m.Values {
			if a, err := addr.Parse(member); err == nil && m.Attribute != "" && a.String() == member {
				members[member] = true
				l.found.beside[live.Address] = append(l.found.beside[live.Address], a)
			}
		}
	}
	return members
}

// besideNew adds the resources among a set of a new root that nobody wants: they came with it, and the next plan is about them.
func (l *looked) besideNew(live *plan.Live, name string, wanted plan.Value, beside map[string]bool) {
	now, _ := live.Attributes[name].AsSet()
	want, _ := wanted.AsSet()
	for _, member := range now {
		if beside == nil || beside[member] || slices.Contains(want, member) {
			continue
		}
		if a, err := addr.Parse(member); err == nil && a.String() == member {
			beside[member] = true
			l.found.beside[live.Address] = append(l.found.beside[live.Address], a)
		}
	}
}

// withoutMembers returns a set without those of its members that are beside what is wanted.
func withoutMembers(now, wanted plan.Value, beside map[string]bool) plan.Value {
	members, isSet := now.AsSet()
	if !isSet || len(beside) == 0 {
		return now
	}
	expected, _ := wanted.AsSet()
	return plan.SetValue(slices.DeleteFunc(members, func(m string) bool { return beside[m] && !slices.Contains(expected, m) })...)
}
