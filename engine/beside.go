package engine

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

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
