package huaweicloud

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/agencyctl/agencyctl/providers"
)

// List is an array of an answer that must be there. Every list of the cloud is read by it: an answer without the array is some other
// answer, and reading it as "nothing" would hide everything.
type List[T any] struct {
	items   []T
	present bool
}

// UnmarshalJSON implements [json.Unmarshaler]. What is no array is an error; null counts as not there.
func (l *List[T]) UnmarshalJSON(text []byte) error {
	l.items, l.present = nil, !bytes.Equal(text, []byte("null"))
	return json.Unmarshal(text, &l.items)
}

func (List[T]) elementType() reflect.Type { return reflect.TypeFor[T]() }

// All returns the items. An answer that has no array is an error, which says what it should be a list of.
func (l List[T]) All(call Call, of string) ([]T, error) {
	if !l.present {
		return nil, &providers.CallError{Operation: call.Operation, Service: call.Service, Message: "the answer holds no list of " + of}
	}
	return l.items, nil
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

// NewPages returns an empty list for the answers to a call, of size items a page, of which key identifies each.
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
func (p *Pages[T]) AddLinked(page []T, total int, more bool) error {
	fresh := p.collect(page)
	switch {
	case !more && total > len(p.all):
		return p.fail("the cloud counts %d and lists %d", total, len(p.all))
	case more && fresh == 0:
		return p.fail("page %d brings nothing new and links a further page, so that the rest of the list cannot be read", p.read)
	}
	return p.checkEnd()
}

// collect adds those items of a page that are new, and counts them.
func (p *Pages[T]) collect(page []T) (fresh int) {
	p.read++
	for _, item := range page {
		if key := p.key(item); !p.seen[key] {
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
