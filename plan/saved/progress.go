package saved

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/agencyctl/agencyctl/plan"
)

// progress is how far a change has come.
type progress uint8

const (
	// notStarted: nothing of it is done.
	notStarted progress = iota
	// partly: its execution was cut short.
	partly
	// byHand: only the part that the change leaves to a person is not done.
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
	problems := len(r.problems)
	switch {
	case c.Before == nil:
		r.checkCreate(c, live)
	case c.After == nil:
		r.checkDelete(c, live)
	default:
		r.checkUpdate(c, live)
	}
	if len(r.problems) == problems && r.state[c.Address] <= partly && c.Action.Writes() {
		r.checkManual(c, live)
	}
}

// checkUntouched looks at a change that writes nothing, in a root that the plan does not write: it is done, or it stays.
func (r *rechecker) checkUntouched(c *plan.Change, live *plan.Live) {
	switch {
	case c.After == nil && live == nil,
		c.After != nil && live != nil && len(r.saved.Plan.Remaining(r.asWanted(c), live)) == 0 && c.Renewed(r.was[c.Address], live):
		r.state[c.Address] = done
	}
}

// asWanted returns the change with its desired side resolved again.
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
	for _, d := range r.saved.Plan.Outstanding(current, live) {
		clean = false
		r.moved(c.Source, "%s: it was not there when planned, and now is, with %s %s where the plan makes it %s",
			c.Address, d.Name, plan.InManifest(d.Name, d.Before), plan.InManifest(d.Name, d.After))
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

// settled returns the progress of a change that needs no call any more.
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
	was := r.was[c.Address]
	r.checkUnseen(c, was, live)
	for _, d := range differences(was, live) {
		_, bound := live.Bindings[d.name]
		switch {
		case d.kind == attributeDiffers && isBetween(was.Attributes[d.name], live.Attributes[d.name], plan.SetValue()),
			d.kind == bindingDiffers && !bound:
			// Parts of it are gone: the delete was cut short, or another delete took parts that both share.
			r.state[c.Address] = partly
		default:
			r.moved(c.Source, "%s: %s", c.Address, d.text)
		}
	}
}

// checkUnseen refuses a change of a resource that more may use now than when it was planned.
func (r *rechecker) checkUnseen(c *plan.Change, was, live *plan.Live) {
	if live.Unseen.Count > was.Unseen.Count || live.Unseen.Unknown && !was.Unseen.Unknown {
		r.moved(c.Source, "%s: it had %s when planned and has %s now", c.Address, was.Unseen, live.Unseen)
	}
}

func (r *rechecker) checkUpdate(c *plan.Change, live *plan.Live) {
	if live == nil {
		r.moved(c.Source, "%s: it was there when planned and is gone", c.Address)
		return
	}
	was, current := r.was[c.Address], r.asWanted(c)
	r.checkUnseen(c, was, live)
	begun := c.Renew && live.Expires.After(was.Expires)
	var others, expiry []difference
	for _, d := range differences(was, live) {
		switch {
		case d.kind == attributeDiffers && isBetween(was.Attributes[d.name], live.Attributes[d.name], current.After.Attributes[d.name]),
			d.kind == bindingDiffers && current.After.Bindings[d.name] == live.Bindings[d.name]:
			begun = true
		case d.kind == expiryDiffers:
			expiry = append(expiry, d)
		default:
			others = append(others, d)
		}
	}
	if !begun {
		others = append(others, expiry...) // an update that has begun may have set a new expiry
	}
	for _, d := range others {
		r.moved(c.Source, "%s: %s", c.Address, d.text)
	}
	resend := slices.ContainsFunc(c.Attributes, func(a plan.AttributeChange) bool {
		return slices.Contains(r.writeOnly[c.Address], a.Name)
	})
	switch {
	case len(others) > 0:
	case !resend && begun && c.Renewed(was, live) && len(r.saved.Plan.Outstanding(current, live)) == 0:
		r.state[c.Address] = r.settled(current, live)
	case begun:
		r.state[c.Address] = partly
	}
}

// isBetween reports whether an update from was to wanted, cut short, can have left the value is: all of wanted, or a set with
// some of its members.
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

// checkManual refuses a change whose manual part is not the planned one any more. Of a change that has begun, the manual part may
// be smaller.
func (r *rechecker) checkManual(c *plan.Change, live *plan.Live) {
	now := r.now.Knowledge.Manual(live, r.wanted[c.Address], r.view)
	asWhole := func(m plan.Manual) bool { return m.Attribute == "" }
	if r.state[c.Address] == partly && !slices.ContainsFunc(now, asWhole) {
		return
	}
	if !slices.EqualFunc(now, c.Manual, func(a, b plan.Manual) bool {
		return a.Attribute == b.Attribute && a.Instruction == b.Instruction && slices.Equal(a.Values, b.Values)
	}) {
		r.moved(c.Source, "%s: the part that is left to a person was %s when planned and is %s now",
			c.Address, instructions(c.Manual), instructions(now))
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

// difference is one way in which a live resource differs from the basis.
type difference struct {
	kind differenceKind
	// name is that of the attribute or binding.
	name string
	text string
}

type differenceKind uint8

const (
	idDiffers differenceKind = iota
	attributeDiffers
	attributeUnreadable
	settingDiffers
	bindingDiffers
	expiryDiffers
	meaningDiffers
)

// differences returns how is differs from was: id, attributes by name, settings by name, bindings by name, expiry, and what else a
// plan rests on. Attributes that could be read neither when planned nor now are skipped.
func differences(was, is *plan.Live) []difference {
	var all []difference
	add := func(kind differenceKind, name, format string, arguments ...any) {
		all = append(all, difference{kind, name, fmt.Sprintf(format, arguments...)})
	}
	if was.ID != is.ID {
		add(idDiffers, "", "its id was %q when planned and is %q now: it was made anew", was.ID, is.ID)
	}
	for _, name := range was.Attributes.NamesWith(is.Attributes) {
		before, now := was.Attributes[name], is.Attributes[name]
		switch {
		case slices.Contains(was.Unreadable, name) && slices.Contains(is.Unreadable, name):
		case slices.Contains(was.Unreadable, name):
			add(attributeDiffers, name, "%s could not be read when planned and is %s now", name, plan.InManifest(name, now))
		case slices.Contains(is.Unreadable, name):
			add(attributeUnreadable, name, "%s was %s when planned and cannot be read now", name, plan.InManifest(name, before))
		case !before.Equal(now):
			add(attributeDiffers, name, "%s was %s when planned and is %s now", name, plan.InManifest(name, before), plan.InManifest(name, now))
		}
	}
	for _, name := range was.Settings.NamesWith(is.Settings) {
		if before, now := was.Settings[name], is.Settings[name]; !before.Equal(now) {
			add(settingDiffers, name, "%s was %s when planned and is %s now", name, plan.InManifest(name, before), plan.InManifest(name, now))
		}
	}
	names := slices.AppendSeq(slices.Collect(maps.Keys(was.Bindings)), maps.Keys(is.Bindings))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if before, now := was.Bindings[name], is.Bindings[name]; before != now {
			add(bindingDiffers, name, "%s meant %q when planned and means %q now", name, before, now)
		}
	}
	if !was.Expires.Equal(is.Expires) {
		add(expiryDiffers, "", "its expiry was %s when planned and is %s now", moment(was.Expires), moment(is.Expires))
	}
	if was.Parent != is.Parent {
		add(meaningDiffers, "", "it was part of %q when planned and is of %q now", was.Parent, is.Parent)
	}
	if who, by := madeBy(was), madeBy(is); who != by {
		add(meaningDiffers, "", "it was %s when planned and is %s now", who, by)
	}
	return all
}

// madeBy tells who made a resource: a service's own is not pruned.
func madeBy(l *plan.Live) string {
	switch {
	case l.ServiceMade:
		return "made by a cloud service"
	case l.MaybeServiceMade:
		return "maybe made by a cloud service"
	}
	return "made by the account"
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}
