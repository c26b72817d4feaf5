package memory

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// World is one account of the service, kept in memory. It is what the calls of a [Remote] read and change, and what a
// test arranges, breaks and looks at. All methods are safe for concurrent use.
type World struct {
	mu       sync.Mutex
	account  plan.Account
	scopes   []plan.CatalogueEntry
	kinds    []plan.CatalogueEntry
	notRead  []plan.NotRead
	warnings []string

	boxes map[string]*history[box]
	docs  map[string]*history[doc]
	items map[itemKey]*history[item]

	ids   int // how many ids were given out
	reads int // how many observations have begun to read
	lag   int

	faults []*fault
	hook   Hook
	clock  int // ticks once for each call that starts or ends
	calls  []Call
}

type box struct {
	id          string
	attributes  plan.Attributes // never changed in place
	expires     time.Time
	serviceMade bool
	unreadable  []string
}

type doc struct {
	id         string
	attributes plan.Attributes // never changed in place
}

type item struct{}

// itemKey identifies an item: what it is inside of, by name, and its kind, by id.
type itemKey struct{ box, scope, kind string }

// history is what became of one thing: its versions in order, nil for "not there".
type history[T any] struct{ versions []version[T] }

type version[T any] struct {
	value *T
	// visible is the observation, counted from 1, from which on the version can be seen.
	visible int
}

// now returns the last version, whatever observations show.
func (h *history[T]) now() *T {
	if h == nil || len(h.versions) == 0 {
		return nil
	}
	return h.versions[len(h.versions)-1].value
}

// seen returns the version that the observation of that number shows.
func (h *history[T]) seen(read int) *T {
	if h == nil {
		return nil
	}
	for _, v := range slices.Backward(h.versions) {
		if v.visible <= read {
			return v.value
		}
	}
	return nil
}

// change writes a new version of the thing at key, which observations show after lag more reads.
func change[K comparable, T any](w *World, things map[K]*history[T], key K, value *T, lag int) {
	h := things[key]
	if h == nil {
		h = &history[T]{}
		things[key] = h
	}
	h.versions = append(h.versions, version[T]{value, w.reads + lag + 1})
}

// newID gives out an id that no other thing has.
func (w *World) newID(prefix string) string {
	w.ids++
	return fmt.Sprintf("%s-%04d", prefix, w.ids)
}

// Account returns the account that the world is.
func (w *World) Account() plan.Account { return w.account }

// SetLag makes the next reads observations after a write show what was there before it. It holds for the writes of
// calls that follow; changes by the Put and Remove methods are seen at once.
func (w *World) SetLag(reads int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lag = reads
}

// Live returns what is there, sorted by address, without lag and without being recorded as a call.
func (w *World) Live() []plan.Live {
	w.mu.Lock()
	defer w.mu.Unlock()
	resources, _ := w.view(latest)
	return resources
}

// Catalogue returns the names that can be looked up, without lag and without being recorded as a call.
func (w *World) Catalogue() *plan.Catalogue {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, entries := w.view(latest)
	return plan.NewCatalogue(entries...)
}

// latest stands for an observation that shows every version.
const latest = int(^uint(0) >> 1)

// view returns the live resources in canonical form, sorted by address, and the catalogue, as the observation of that
// number shows them.
func (w *World) view(read int) ([]plan.Live, []plan.CatalogueEntry) {
	entries := slices.Concat(w.scopes, w.kinds)
	var resources []plan.Live
	for name, h := range w.docs {
		if d := h.seen(read); d != nil {
			resources = append(resources, plan.Live{
				ID: d.id, Resource: plan.Resource{Address: DocAddress(name), Attributes: d.attributes},
			})
			entries = append(entries, plan.CatalogueEntry{
				Kind: KindKind, Name: name, ID: d.id, Qualifier: qualifierCustom, Type: TypeDoc, Document: documentOf(d.attributes),
			})
		}
	}
	for name, h := range w.boxes {
		if b := h.seen(read); b != nil {
			resources = append(resources, boxLive(name, b))
		}
	}
	catalogue := plan.NewCatalogue(entries...)
	for key, h := range w.items {
		if h.seen(read) != nil && w.boxes[key.box].seen(read) != nil {
			resources = append(resources, w.itemLive(key, catalogue))
		}
	}
	slices.SortFunc(resources, func(a, b plan.Live) int { return addr.Compare(a.Address, b.Address) })
	return resources, catalogue.Entries()
}

func boxLive(name string, b *box) plan.Live {
	attributes := plan.Attributes{}
	for key, value := range b.attributes {
		if !slices.Contains(b.unreadable, key) {
			attributes[key] = value
		}
	}
	return plan.Live{
		ID: b.id, Resource: plan.Resource{Address: BoxAddress(name), Attributes: attributes},
		ServiceMade: b.serviceMade, Expires: b.expires, Unreadable: slices.Clone(b.unreadable),
	}
}

func (w *World) itemLive(key itemKey, catalogue *plan.Catalogue) plan.Live {
	kind := plan.Reference{Qualifier: "id", Name: key.kind}
	var uses []addr.Address
	if entry, known := catalogue.ByID(KindKind, key.kind); known {
		kind = catalogue.Spell(entry)
		if entry.Type == TypeDoc {
			uses = []addr.Address{DocAddress(entry.Name)}
		}
	}
	return plan.Live{
		Resource: plan.Resource{
			Address: ItemAddress(key.box, key.scope, kind), Parent: BoxAddress(key.box), Attributes: plan.Attributes{},
			Bindings: map[string]string{BindingKind: key.kind, BindingScope: scopeID(key.scope)},
		},
		Uses: uses,
	}
}

func scopeID(name string) string { return "scope-" + name }
