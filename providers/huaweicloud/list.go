package huaweicloud

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/agencyctl/agencyctl/providers"
)

// List is an array of an answer that must be there. Every list of the cloud is read by it: an answer without the array is some other
// answer, and reading it as "nothing" would hide everything.
type List[T any] struct {
	items   []Item[T]
	present bool
}

// Item is an element of a list.
type Item[T any] struct {
	Value T
	// Odd is set for an element that is not as documented, which has no Value then.
	Odd *Odd
}

func (List[T]) elementType() reflect.Type { return reflect.TypeFor[T]() }

// Odd is what can be told of an element of a list that is not as documented. It is comparable.
type Odd struct {
	// ID and Name are what the element says of itself, "" where that cannot be used.
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	// Of is the id of the agency that a grant is of, "" where it cannot be used, and for all but grants.
	Of string `json:"of,omitempty"`
	// Fault says what is wrong, in words.
	Fault string `json:"fault"`
}

// String returns the id and what is wrong.
func (o Odd) String() string {
	if o.ID == "" {
		return o.Fault
	}
	return fmt.Sprintf("id %s: %s", o.ID, o.Fault)
}

// UnmarshalJSON implements [json.Unmarshaler]. What is no array is an error; null counts as not there. An element that cannot be
// decoded is odd, and the others are as good as without it.
func (l *List[T]) UnmarshalJSON(text []byte) error {
	l.items, l.present = nil, !bytes.Equal(text, []byte("null"))
	var values []*T // an element that is null must not pass for an empty one
	if err := json.Unmarshal(text, &values); err == nil && !slices.Contains(values, nil) {
		l.items = make([]Item[T], 0, len(values))
		for _, value := range values {
			l.items = append(l.items, Item[T]{Value: *value})
		}
		return nil
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(text, &elements); err != nil {
		return err
	}
	for _, element := range elements {
		l.items = append(l.items, decodeItem[T](element))
	}
	return nil
}

func decodeItem[T any](text json.RawMessage) (item Item[T]) {
	switch err := json.Unmarshal(text, &item.Value); {
	case bytes.Equal(text, []byte("null")):
		return Item[T]{Odd: &Odd{Fault: "it is null"}}
	case err == nil:
		return item
	}
	odd := oddOf(text, item.Value)
	odd.Fault = misfit(text, reflect.TypeFor[T]())
	return Item[T]{Odd: &odd}
}

// Named is implemented by elements of lists that have a name.
type Named interface {
	// NameKeys are the keys of the name: the first that holds a text counts.
	NameKeys() []string
}

// oddOf finds what an element says of itself.
func oddOf(text json.RawMessage, element any) (o Odd) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil {
		return Odd{}
	}
	read := func(field string) (value string) {
		if json.Unmarshal(fields[field], &value) != nil {
			return ""
		}
		return value
	}
	if o.ID = read("id"); !ValidID(o.ID) {
		o.ID = ""
	}
	if named, is := element.(Named); is {
		for _, key := range named.NameKeys() {
			o.Name = cmp.Or(o.Name, read(key))
		}
	}
	var agency struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(fields["agency"], &agency) == nil && ValidID(agency.ID) {
		o.Of = agency.ID
	}
	return o
}

// Items returns the elements. An answer that has no array is an error, which says what it should be a list of.
func (l List[T]) Items(call Call, of string) ([]Item[T], error) {
	if !l.present {
		return nil, &providers.CallError{Operation: call.Operation, Service: call.Service, Message: "the answer holds no list of " + of}
	}
	return l.items, nil
}

// All returns the values, for a list in which every element counts: one that is not as documented is an error.
func (l List[T]) All(call Call, of string) ([]T, error) {
	items, err := l.Items(call, of)
	if err != nil {
		return nil, err
	}
	all := make([]T, 0, len(items))
	for i, item := range items {
		if item.Odd != nil {
			return nil, &providers.CallError{
				Operation: call.Operation, Service: call.Service,
				Message: fmt.Sprintf("the answer is not as documented: number %d of the list of %s: %s", i+1, of, item.Odd),
			}
		}
		all = append(all, item.Value)
	}
	return all, nil
}
