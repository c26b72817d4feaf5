package cloudsim

import (
	"slices"
	"sort"
	"strings"
	"time"
)

// view is the moment at which a call reads the state.
type view struct {
	now time.Time
	// read is the ordinal number of the reading call.
	read int64
	// current ignores the read lag, as writes do.
	current bool
}

// lag is how long a change stays hidden from reads: until a time and until a number of reads.
type lag struct {
	// next is the view of the next read.
	next  view
	until time.Time
	reads int64
	on    bool
}

// atLeast returns the lag, lengthened so that a change stays hidden until then.
func (l lag) atLeast(until time.Time) lag {
	l.on = true
	if until.After(l.until) {
		l.until = until
	}
	return l
}

// table holds rows by key, in key order, with the older values that lagging reads still see. Values are never changed in
// place: a change sets a new one. The zero value is an empty table. Not safe for concurrent use.
type table[T any] struct {
	order []*row[T]
	byKey map[string]*row[T]
	// gone counts rows without a value, kept only for lagging reads.
	gone int
}

type row[T any] struct {
	key   string
	value *T
	past  []past[T]
}

type past[T any] struct {
	value *T
	until time.Time
	reads int64
}

func (p past[T]) shown(v view) bool { return v.now.Before(p.until) || v.read <= p.reads }

func (r *row[T]) at(v view) *T {
	if !v.current {
		for _, p := range r.past {
			if p.shown(v) {
				return p.value
			}
		}
	}
	return r.value
}

// search returns the index of key in the order.
func (t *table[T]) search(key string) int {
	return sort.Search(len(t.order), func(i int) bool { return t.order[i].key >= key })
}

// get returns the value of key in the view, nil for none.
func (t *table[T]) get(key string, v view) *T {
	if r := t.byKey[key]; r != nil {
		return r.at(v)
	}
	return nil
}

// each calls fn with every value whose key has the prefix, in key order.
func (t *table[T]) each(prefix string, v view, fn func(key string, value *T)) {
	for i := t.search(prefix); i < len(t.order) && strings.HasPrefix(t.order[i].key, prefix); i++ {
		if value := t.order[i].at(v); value != nil {
			fn(t.order[i].key, value)
		}
	}
}

// set gives key a value, nil to remove it, and hides the change from reads for the lag.
func (t *table[T]) set(key string, value *T, l lag) {
	if t.byKey == nil {
		t.byKey = map[string]*row[T]{}
	}
	r := t.byKey[key]
	if r == nil {
		if value == nil {
			return
		}
		r = &row[T]{key: key}
		t.byKey[key] = r
		if at := t.search(key); at == len(t.order) {
			t.order = append(t.order, r)
		} else {
			t.order = slices.Insert(t.order, at, r)
		}
	} else if r.value == nil {
		t.gone--
	}
	r.past = slices.DeleteFunc(r.past, func(p past[T]) bool { return !p.shown(l.next) })
	if l.on {
		r.past = append(r.past, past[T]{value: r.value, until: l.until, reads: l.reads})
	}
	r.value = value
	if value != nil {
		return
	}
	if len(r.past) == 0 {
		delete(t.byKey, key)
		t.order = slices.Delete(t.order, t.search(key), t.search(key)+1)
		return
	}
	if t.gone++; t.gone > 100 && t.gone > len(t.order)/2 {
		t.sweep(l.next)
	}
}

// sweep drops values that no read from this view on can see.
func (t *table[T]) sweep(v view) {
	kept := t.order[:0]
	for _, r := range t.order {
		r.past = slices.DeleteFunc(r.past, func(p past[T]) bool { return !p.shown(v) })
		if r.value == nil && len(r.past) == 0 {
			delete(t.byKey, r.key)
			continue
		}
		kept = append(kept, r)
	}
	clear(t.order[len(kept):])
	t.order = kept
	t.gone = 0
	for _, r := range t.order {
		if r.value == nil {
			t.gone++
		}
	}
}
