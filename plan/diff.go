package plan

import (
	"slices"
)

// DiffAttributes returns what differs between live and desired attributes, sorted by name. Attributes that the desired
// side does not have are not managed and never differ. Either side may be nil: then every attribute of the other is
// a difference.
func DiffAttributes(before, after Attributes) []AttributeChange {
	var changes []AttributeChange
	for _, name := range before.NamesWith(after) {
		b, a := before[name], after[name]
		if after != nil && a.IsZero() || a.Equal(b) {
			continue
		}
		changes = append(changes, AttributeChange{Name: name, Before: b, After: a})
	}
	return changes
}

// Outstanding returns how live differs from the desired side of the change, which must not be a delete. Before is live, After is
// desired. Attributes that cannot be compared do not count, nor do differences that the plan leaves to a person.
func (p *Plan) Outstanding(c *Change, live *Live) []AttributeChange {
	return slices.DeleteFunc(p.Remaining(c, live), c.leavesToPerson)
}

// Remaining is like [Plan.Outstanding], and includes the differences that the plan leaves to a person.
func (p *Plan) Remaining(c *Change, live *Live) []AttributeChange {
	return slices.DeleteFunc(DiffAttributes(live.Attributes, c.After.Attributes), func(d AttributeChange) bool {
		return slices.Contains(live.Unreadable, d.Name) || slices.ContainsFunc(p.NotCompared, func(n NotCompared) bool {
			return n.Address == c.Address && n.Attribute == d.Name
		})
	})
}

// isForPerson reports whether nothing of the change is left for us: a person must make all of it, or every member by which sets
// differ. A renewal is ours.
func (c *Change) isForPerson() bool {
	if slices.ContainsFunc(c.Manual, func(m Manual) bool { return m.Attribute == "" }) {
		return true
	}
	if c.Renew || c.Before == nil || c.After == nil || len(c.Attributes) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.Attributes, func(d AttributeChange) bool {
		_, isSet := d.Before.AsSet()
		return !isSet || !c.leavesToPerson(d)
	})
}

// Renewed reports whether live has the new life that the change gives: its end is another than that of before. What is no renewal needs
// none.
func (c *Change) Renewed(before, live *Live) bool {
	return !c.Renew || !live.Expires.Equal(before.Expires)
}

// leavesToPerson reports whether all of a difference is left to a person by the change.
func (c *Change) leavesToPerson(d AttributeChange) bool {
	was, isSet := d.Before.AsSet()
	wanted, _ := d.After.AsSet()
	for _, m := range c.Manual {
		if m.Attribute != d.Name {
			continue
		}
		if !isSet || len(m.Values) == 0 {
			return true
		}
		// Members on one side only.
		rest := slices.Concat(subtract(was, wanted), subtract(wanted, was))
		return len(subtract(rest, m.Values)) == 0
	}
	return false
}

// subtract returns the members that are not among others.
func subtract(members, others []string) []string {
	return slices.DeleteFunc(slices.Clone(members), func(s string) bool { return slices.Contains(others, s) })
}
