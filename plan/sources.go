package plan

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Sources are where single attributes of a resource stand in a manifest, sorted by attribute. They are few, and there are as many lists as
// resources: a map of one takes ten times the memory of a list. In JSON they are an object.
type Sources []SourcedAttribute

// SourcedAttribute is where an attribute stands.
type SourcedAttribute struct {
	Attribute string
	At        Position
}

// Of returns where an attribute stands, and whether that is known.
func (s Sources) Of(attribute string) (Position, bool) {
	i, known := s.find(attribute)
	if !known {
		return Position{}, false
	}
	return s[i].At, true
}

// Set says where an attribute stands, in place.
func (s *Sources) Set(attribute string, at Position) {
	i, known := s.find(attribute)
	if !known {
		*s = slices.Insert(*s, i, SourcedAttribute{Attribute: attribute})
	}
	(*s)[i].At = at
}

func (s Sources) find(attribute string) (int, bool) {
	return slices.BinarySearchFunc(s, attribute, func(one SourcedAttribute, attribute string) int {
		return strings.Compare(one.Attribute, attribute)
	})
}

// MarshalJSON implements [json.Marshaler].
func (s Sources) MarshalJSON() ([]byte, error) {
	object := make(map[string]Position, len(s))
	for _, one := range s {
		object[one.Attribute] = one.At
	}
	return marshal(object)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (s *Sources) UnmarshalJSON(text []byte) error {
	var object map[string]Position
	if err := json.Unmarshal(text, &object); err != nil {
		return err
	}
	*s = nil
	for _, attribute := range slices.Sorted(maps.Keys(object)) {
		*s = append(*s, SourcedAttribute{attribute, object[attribute]})
	}
	return nil
}
