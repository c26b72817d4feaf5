package fast

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/agencyctl/agencyctl/plan"
)

// kindSet is a set of node kinds; the empty set allows every kind.
type kindSet uint16

func (k kindSet) has(kind plan.Kind) bool { return k == 0 || k&(1<<kind) != 0 }

// kindsOf returns the kinds that the keyword type allows.
func kindsOf(value any) (kindSet, error) {
	names := []string{textOf(value)}
	if list, is := value.([]any); is {
		var err error
		if names, err = textsOf(list); err != nil {
			return 0, err
		}
	}
	var kinds kindSet
	for _, name := range names {
		switch name {
		case "null":
			kinds |= 1 << plan.Null
		case "boolean":
			kinds |= 1 << plan.Bool
		case "integer":
			kinds |= 1 << plan.Int
		case "number":
			kinds |= 1<<plan.Int | 1<<plan.Float
		case "string":
			kinds |= 1 << plan.Text
		case "array":
			kinds |= 1 << plan.List
		case "object":
			kinds |= 1 << plan.Map
		default:
			return 0, fmt.Errorf("unknown type %v", value)
		}
	}
	return kinds, nil
}

// Valid reports whether n is valid. Sure is false where only the library can tell; valid is then worth nothing.
func (s *Schema) Valid(n *plan.Node) (valid, sure bool) {
	v := validation{sure: true}
	valid = v.valid(s, n)
	return valid, v.sure
}

// validation is the state of one call of [Schema.Valid].
type validation struct {
	sure bool
	name plan.Node // the key that is looked at
}

func (v *validation) valid(s *Schema, n *plan.Node) bool {
	if n.Kind == plan.Float {
		v.sure = false // "1.0" is an integer too, and numbers compare by value
		return false
	}
	if !s.types.has(n.Kind) || s.hasValues && (n.Kind != plan.Text || !slices.Contains(s.values, n.Text)) {
		return false
	}
	if s.truth != nil && (n.Kind != plan.Bool || n.Bool != *s.truth) {
		return false
	}
	switch n.Kind {
	case plan.Text:
		if !s.validText(n.Text) {
			return false
		}
	case plan.Int:
		if s.minimum != nil && n.Int < *s.minimum || s.maximum != nil && n.Int > *s.maximum {
			return false
		}
	case plan.List:
		if !v.validList(s, n) {
			return false
		}
	case plan.Map:
		if !v.validMap(s, n) {
			return false
		}
	}
	return v.validParts(s, n)
}

// validParts reports whether n is valid by the schemas that speak of the same value.
func (v *validation) validParts(s *Schema, n *plan.Node) bool {
	for _, part := range s.all {
		if !v.valid(part, n) {
			return false
		}
	}
	if s.not != nil && v.valid(s.not, n) {
		return false
	}
	if s.condition == nil {
		return true
	}
	branch := s.otherwise
	if v.valid(s.condition, n) {
		branch = s.then
	}
	return branch == nil || v.valid(branch, n)
}

func (s *Schema) validText(t string) bool {
	if s.minLength != nil || s.maxLength != nil {
		length := int64(utf8.RuneCountInString(t))
		if s.minLength != nil && length < *s.minLength || s.maxLength != nil && length > *s.maxLength {
			return false
		}
	}
	return (s.pattern == nil || s.pattern(t)) && (s.format == nil || s.format(t))
}

func (v *validation) validList(s *Schema, n *plan.Node) bool {
	if !within(len(n.Items), s.minItems, s.maxItems) || s.unique && !v.unique(n.Items) {
		return false
	}
	if s.items == nil {
		return true
	}
	for _, item := range n.Items {
		if !v.valid(s.items, item) {
			return false
		}
	}
	return true
}

func (v *validation) validMap(s *Schema, n *plan.Node) bool {
	if !within(len(n.Entries), s.minProperties, s.maxProperties) {
		return false
	}
	for _, key := range s.required {
		if !n.Has(key) {
			return false
		}
	}
	for i := range n.Entries {
		e := &n.Entries[i]
		if s.propertyNames != nil {
			v.name = plan.Node{Kind: plan.Text, Text: e.Key}
			if !v.valid(s.propertyNames, &v.name) {
				return false
			}
		}
		value, known := s.properties[e.Key]
		switch {
		case known:
		case s.closed:
			return false
		default:
			value = s.others
		}
		if value != nil && !v.valid(value, e.Value) {
			return false
		}
	}
	return true
}

// unique reports whether no two items are the same. Only texts are compared here.
func (v *validation) unique(items []*plan.Node) bool {
	const few = 16
	seen := map[string]bool{}
	for i, item := range items {
		if item.Kind != plan.Text {
			v.sure = v.sure && len(items) <= 1
			continue
		}
		if len(items) > few {
			if seen[item.Text] {
				return false
			}
			seen[item.Text] = true
			continue
		}
		for _, other := range items[:i] {
			if other.Kind == plan.Text && other.Text == item.Text {
				return false
			}
		}
	}
	return true
}

func within(n int, least, most *int64) bool {
	return (least == nil || int64(n) >= *least) && (most == nil || int64(n) <= *most)
}
