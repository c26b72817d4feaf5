package plan

import "slices"

// Unsettled returns how live differs from what the change asks for, which must not be a delete: Before is live, After is
// asked for. What cannot be compared, and what the plan leaves to a person, does not count.
func (p *Plan) Unsettled(c *Change, live *Live) []AttributeChange {
	return slices.DeleteFunc(p.Remaining(c, live), c.leavesToPerson)
}

// Remaining returns how live differs from what the change asks for, what is left to a person included.
func (p *Plan) Remaining(c *Change, live *Live) []AttributeChange {
	return slices.DeleteFunc(DiffAttributes(live.Attributes, c.After.Attributes), func(d AttributeChange) bool {
		return slices.Contains(live.Unreadable, d.Name) || slices.ContainsFunc(p.NotCompared, func(n NotCompared) bool {
			return n.Address == c.Address && n.Attribute == d.Name
		})
	})
}

// leavesToPerson reports whether a difference that remains is no more than what the change leaves to a person.
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
		rest := slices.Concat(lacking(was, wanted), lacking(wanted, was))
		return len(lacking(rest, m.Values)) == 0
	}
	return false
}

// lacking returns the members that others have not.
func lacking(members, others []string) []string {
	return slices.DeleteFunc(slices.Clone(members), func(s string) bool { return slices.Contains(others, s) })
}
