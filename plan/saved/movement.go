package saved

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/agencyctl/agencyctl/plan"
)

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
