package saved

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/agencyctl/agencyctl/plan"
)

// progress is how far a change has come.
type progress uint8

const (
	// ahead: nothing of it is done.
	ahead progress = iota
	// partly: it was cut short.
	partly
	// byHand: all is done but what the change leaves to a person.
	byHand
	done
)

// checkChange finds out how far a change has come, and whether what it relies on has moved.
func (r *rechecker) checkChange(c *plan.Change) {
	live := r.live[c.Address]
	if !r.touched[c.Root()] {
		r.checkUntouched(c, live)
		return
	}
	told := len(r.problems)
	switch {
	case c.Before == nil:
		r.checkCreate(c, live)
	case c.After == nil:
		r.checkDelete(c, live)
	default:
		r.checkUpdate(c, live)
	}
	if len(r.problems) == told && r.state[c.Address] <= partly && c.Action.Writes() {
		r.checkManual(c, live)
	}
}

// checkUntouched looks at a change that writes nothing, in a root that the plan does not write: it is done, or it stays.
func (r *rechecker) checkUntouched(c *plan.Change, live *plan.Live) {
	switch {
	case c.After == nil && live == nil, c.After != nil && live != nil && len(r.saved.Plan.Remaining(r.asWanted(c), live)) == 0:
		r.state[c.Address] = done
	}
}

// asWanted is the change with its desired side as today's names make it.
func (r *rechecker) asWanted(c *plan.Change) *plan.Change {
	current := *c
	if d := r.wanted[c.Address]; d != nil {
		current.After = &d.Resource
	}
	return &current
}

func (r *rechecker) checkCreate(c *plan.Change, live *plan.Live) {
	if live == nil {
		return
	}
	current := r.asWanted(c)
	clean := true
	for _, d := range r.saved.Plan.Unsettled(current, live) {
		clean = false
		r.moved(c.Source, "%s: it was not there when planned, and now is, with %s %s where the plan makes it %s", c.Address, d.Name, quoted(d.Before), quoted(d.After))
	}
	for _, name := range conflicting(current.After.Bindings, live.Bindings) {
		clean = false
		r.moved(c.Source, "%s: it was not there when planned, and now is, with the %s id %q where the plan means %q",
			c.Address, name, live.Bindings[name], current.After.Bindings[name])
	}
	if clean {
		r.state[c.Address] = r.settled(current, live)
	}
}

// settled is the progress of a change with nothing left for us.
func (r *rechecker) settled(c *plan.Change, live *plan.Live) progress {
	if len(r.saved.Plan.Remaining(c, live)) > 0 {
		return byHand
	}
	return done
}

// conflicting returns the names that both bind, to different ids; sorted.
func conflicting(a, b map[string]string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if id, both := b[name]; both && id != a[name] {
			names = append(names, name)
		}
	}
	return names
}

func (r *rechecker) checkDelete(c *plan.Change, live *plan.Live) {
	if live == nil {
		r.state[c.Address] = done
		return
	}
	for _, m := range differences(r.was[c.Address], live) {
		_, bound := live.Bindings[m.name]
		switch {
		case m.kind == attributeMoved && isBetween(m.was, m.is, plan.SetValue()), m.kind == bindingMoved && !bound:
			// Parts of it are gone: it was cut short, or shares them with something else that goes.
			r.state[c.Address] = partly
		default:
			r.moved(c.Source, "%s: %s", c.Address, m)
		}
	}
}

func (r *rechecker) checkUpdate(c *plan.Change, live *plan.Live) {
	if live == nil {
		r.moved(c.Source, "%s: it was there when planned and is gone", c.Address)
		return
	}
	current := r.asWanted(c)
	begun := false
	var expiry *movement
	var elsewhere []movement
	for _, m := range differences(r.was[c.Address], live) {
		switch {
		case m.kind == attributeMoved && isBetween(m.was, m.is, current.After.Attributes[m.name]),
			m.kind == bindingMoved && current.After.Bindings[m.name] == live.Bindings[m.name]:
			begun = true
		case m.kind == expiryMoved:
			expiry = &m
		default:
			elsewhere = append(elsewhere, m)
		}
	}
	if expiry != nil && !begun {
		elsewhere = append(elsewhere, *expiry) // an update that has begun may well have begun a new life
	}
	for _, m := range elsewhere {
		r.moved(c.Source, "%s: %s", c.Address, m)
	}
	resend := slices.ContainsFunc(c.Attributes, func(a plan.AttributeChange) bool { return slices.Contains(r.writeOnly[c.Address], a.Name) })
	switch {
	case len(elsewhere) > 0:
	case !resend && begun && len(r.saved.Plan.Unsettled(current, live)) == 0:
		r.state[c.Address] = r.settled(current, live)
	case begun:
		r.state[c.Address] = partly
	}
}

// isBetween reports whether an update from was to wanted can have brought about is: all of it, or some members of a set.
func isBetween(was, is, wanted plan.Value) bool {
	if !wanted.IsZero() && is.Equal(wanted) {
		return true
	}
	from, wasSet := was.AsSet()
	now, isSet := is.AsSet()
	to, wantsSet := wanted.AsSet()
	if !wasSet || !isSet || !wantsSet {
		return false
	}
	for _, member := range now {
		if !slices.Contains(from, member) && !slices.Contains(to, member) {
			return false
		}
	}
	return !slices.ContainsFunc(from, func(member string) bool { return slices.Contains(to, member) && !slices.Contains(now, member) })
}

// checkManual refuses a change that a person would have to do now, or to help with, in another way than the plan says. Of
// one that has begun, the person's part may be smaller by now.
func (r *rechecker) checkManual(c *plan.Change, live *plan.Live) {
	now := r.now.Knowledge.Manual(live, r.wanted[c.Address])
	asWhole := func(m plan.Manual) bool { return m.Attribute == "" }
	if r.state[c.Address] == partly && !slices.ContainsFunc(now, asWhole) {
		return
	}
	if !slices.EqualFunc(now, c.Manual, func(a, b plan.Manual) bool {
		return a.Attribute == b.Attribute && a.Instruction == b.Instruction && slices.Equal(a.Values, b.Values)
	}) {
		r.moved(c.Source, "%s: what of it is left to a person was %s when planned and is %s now", c.Address, instructions(c.Manual), instructions(now))
	}
}

func instructions(all []plan.Manual) string {
	if len(all) == 0 {
		return "nothing"
	}
	text := ""
	for i, m := range all {
		if i > 0 {
			text += "; "
		}
		text += fmt.Sprintf("%q", m.Instruction)
	}
	return text
}

// movement is one way in which a live resource is not as it was.
type movement struct {
	kind    movementKind
	name    string
	was, is plan.Value
	text    string
}

type movementKind uint8

const (
	identityMoved movementKind = iota
	attributeMoved
	bindingMoved
	expiryMoved
)

func (m movement) String() string { return m.text }

// differences returns how is differs from was: id first, then attributes by name, bindings by name, and the expiry. An
// attribute that could not be read when planned is not looked at.
func differences(was, is *plan.Live) []movement {
	var all []movement
	if was.ID != is.ID {
		all = append(all, movement{kind: identityMoved, text: fmt.Sprintf("its id was %q when planned and is %q now: it was made anew", was.ID, is.ID)})
	}
	for _, name := range was.Attributes.NamesWith(is.Attributes) {
		before, now := was.Attributes[name], is.Attributes[name]
		switch {
		case slices.Contains(was.Unreadable, name):
		case slices.Contains(is.Unreadable, name):
			all = append(all, movement{kind: identityMoved, text: fmt.Sprintf("%s was %s when planned and cannot be read now", name, quoted(before))})
		case !before.Equal(now):
			all = append(all, movement{
				kind: attributeMoved, name: name, was: before, is: now, text: fmt.Sprintf("%s was %s when planned and is %s now", name, quoted(before), quoted(now)),
			})
		}
	}
	bindings := slices.Sorted(maps.Keys(was.Bindings))
	for name := range is.Bindings {
		if _, both := was.Bindings[name]; !both {
			bindings = append(bindings, name)
		}
	}
	slices.Sort(bindings)
	for _, name := range bindings {
		if before, now := was.Bindings[name], is.Bindings[name]; before != now {
			all = append(all, movement{
				kind: bindingMoved, name: name, text: fmt.Sprintf("%s meant %q when planned and means %q now", name, before, now),
			})
		}
	}
	if !was.Expires.Equal(is.Expires) {
		all = append(all, movement{kind: expiryMoved, text: fmt.Sprintf("its expiry was %s when planned and is %s now", moment(was.Expires), moment(is.Expires))})
	}
	return all
}

// quoted marks where a text begins and ends; it may be empty, and may read like the words around it.
func quoted(v plan.Value) string {
	if text, ok := v.AsString(); ok {
		return strconv.Quote(text)
	}
	return v.String()
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}
