package plan

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
