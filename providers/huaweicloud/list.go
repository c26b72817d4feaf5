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
	ID, Name string
	// Of is the id of the agency that a grant is of, "" where it cannot be used, and for all but grants.
	Of string
	// Fault says what is wrong, in words.
	Fault string
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

// Bounds of one list: far more than any account has, and an end for a server that never stops.
const (
	maxListed = 100_000
	maxPages  = 2000
)

// Pages collects a list that comes in pages, each item once: an item may move to a later page while the list is read. Pages that
// repeat are an error, as are those that never end: the list would not be whole. It is not safe for concurrent use.
type Pages[T any] struct {
	call Call
	size int
	key  func(T) string
	seen map[string]bool
	all  []T
	read int
}

// NewPages returns an empty list for the answers to a call, of size items a page, of which key identifies each. What it
// gives no key is taken every time: nothing tells it from another one.
func NewPages[T any](call Call, size int, key func(T) string) *Pages[T] {
	return &Pages[T]{call: call, size: size, key: key, seen: map[string]bool{}}
}

// Read returns how many pages were added.
func (p *Pages[T]) Read() int { return p.read }

// All returns the items of all pages, in the cloud's order.
func (p *Pages[T]) All() []T { return p.all }

// Add adds the next page. Total is how many items the cloud says that the list has, 0 where it does not say. It returns true after
// the last page: one that is short, unless more are counted, or longer than was asked for, as from a server that knows no pages.
func (p *Pages[T]) Add(page []T, total int) (last bool, err error) {
	fresh := p.collect(page)
	counted := total > len(p.all)
	switch {
	case counted && (fresh == 0 || len(page) > p.size):
		return false, p.fail("the cloud counts %d and lists %d", total, len(p.all))
	case len(page) > p.size, len(page) < p.size && !counted:
		return true, nil
	case fresh == 0:
		return false, p.fail("page %d repeats earlier ones, so that the rest of the list cannot be read", p.read)
	}
	return false, p.checkEnd()
}

// AddLinked adds a page of a list that links its next page; more says that there is a link.
func (p *Pages[T]) AddLinked(page []T, more bool) error {
	if fresh := p.collect(page); more && fresh == 0 {
		return p.fail("page %d brings nothing new and links a further page, so that the rest of the list cannot be read", p.read)
	}
	return p.checkEnd()
}

// collect adds those items of a page that are new, and counts them.
func (p *Pages[T]) collect(page []T) (fresh int) {
	p.read++
	for _, item := range page {
		switch key := p.key(item); {
		case key == "": // a page of these alone must not look like progress
			p.all = append(p.all, item)
		case !p.seen[key]:
			p.seen[key] = true
			p.all = append(p.all, item)
			fresh++
		}
	}
	return fresh
}

func (p *Pages[T]) checkEnd() error {
	if len(p.all) > maxListed || p.read >= maxPages {
		return p.fail("the list has more than %d items or %d pages, or no end", maxListed, maxPages)
	}
	return nil
}

func (p *Pages[T]) fail(format string, arguments ...any) error {
	return &providers.CallError{Operation: p.call.Operation, Service: p.call.Service, Message: fmt.Sprintf(format, arguments...)}
}
