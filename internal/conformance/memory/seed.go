package memory

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan"
)

// ErrBadSeed is wrapped by the errors of arranging a [World]: what was asked for cannot exist in the service.
var ErrBadSeed = errors.New("bad seed")

// Seed is what is there at first.
type Seed struct {
	Account plan.Account
	// Scopes are the names of the places that items can hold in.
	Scopes []string
	Kinds  []Kind
	Docs   []Doc
	Boxes  []Box
	Items  []Item
	// NotRead and Warnings are part of every observation.
	NotRead  []plan.NotRead
	Warnings []string
}

// Kind is a kind of items that the service itself offers. Several may share a name.
type Kind struct {
	ID, Name string
	// Qualifier is "system" when empty.
	Qualifier   string
	Allow, Deny []string
}

// Doc is a kind of items that somebody made.
type Doc struct {
	Name        string
	Allow, Deny []string
}

// Box is a box as somebody made it. The zero values of all fields but Name and Owner are usable.
type Box struct {
	Name, Owner string
	// Life is [Forever] when empty.
	Life  string
	Label string
	Tags  []string
	// Config is the JSON of an object; {} when empty.
	Config string
	// Expires is when the owner's life ends; an update of the life makes it the zero time, which means never.
	Expires     time.Time
	ServiceMade bool
	// Unreadable names attributes that no observation shows.
	Unreadable []string
}

// Item is an item as somebody put it in. Kind is a reference: NAME, system:NAME, custom:NAME or id:ID.
type Item struct{ Box, Scope, Kind string }

// NewWorld returns a world that holds the seed. The error wraps [ErrBadSeed].
func NewWorld(seed Seed) (*World, error) {
	w := &World{
		account: seed.Account, notRead: seed.NotRead, warnings: seed.Warnings,
		boxes: map[string]*history[box]{}, docs: map[string]*history[doc]{}, items: map[itemKey]*history[item]{},
	}
	for _, name := range seed.Scopes {
		if !nameFits(name) {
			return nil, fmt.Errorf("%w: scope %q", ErrBadSeed, name)
		}
		w.scopes = append(w.scopes, plan.CatalogueEntry{Kind: KindScope, Name: name, ID: scopeID(name)})
	}
	for _, k := range seed.Kinds {
		if !nameFits(k.Name) || !nameFits(k.ID) {
			return nil, fmt.Errorf("%w: kind %q with id %q", ErrBadSeed, k.Name, k.ID)
		}
		w.kinds = append(w.kinds, plan.CatalogueEntry{
			Kind: KindKind, Name: k.Name, ID: k.ID, Qualifier: cmp.Or(k.Qualifier, qualifierSystem),
			Document: documentOf(docAttributes(k.Allow, k.Deny)),
		})
	}
	for _, d := range seed.Docs {
		if err := w.PutDoc(d); err != nil {
			return nil, err
		}
	}
	for _, b := range seed.Boxes {
		if err := w.PutBox(b); err != nil {
			return nil, err
		}
	}
	for _, i := range seed.Items {
		if err := w.PutItem(i); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func docAttributes(allow, deny []string) plan.Attributes {
	return plan.Attributes{AttributeAllow: plan.SetValue(allow...), AttributeDeny: plan.SetValue(deny...)}
}

// PutDoc makes the doc, or changes it, as somebody does by hand.
func (w *World) PutDoc(d Doc) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !nameFits(d.Name) || w.kindTaken(d.Name) {
		return fmt.Errorf("%w: doc %q", ErrBadSeed, d.Name)
	}
	id := ""
	if old := w.docs[d.Name].now(); old != nil {
		id = old.id
	} else {
		id = w.newID("doc")
	}
	change(w, w.docs, d.Name, &doc{id: id, attributes: docAttributes(d.Allow, d.Deny)}, 0)
	return nil
}

// PutBox makes the box, or changes it, as somebody does by hand. Its items stay.
func (w *World) PutBox(b Box) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	config, err := canonicalConfig(cmp.Or(b.Config, "{}"))
	if err != nil || !nameFits(b.Name) || b.Owner == "" {
		return fmt.Errorf("%w: box %q: %w", ErrBadSeed, b.Name, cmp.Or(err, errors.New("it needs a name and an owner")))
	}
	made := &box{
		attributes: plan.Attributes{
			AttributeOwner: plan.StringValue(b.Owner), AttributeLife: plan.StringValue(cmp.Or(b.Life, Forever)),
			AttributeLabel: plan.StringValue(b.Label), AttributeTags: plan.SetValue(b.Tags...), AttributeConfig: config,
		},
		expires: b.Expires, serviceMade: b.ServiceMade, unreadable: b.Unreadable,
	}
	if old := w.boxes[b.Name].now(); old != nil {
		made.id = old.id
	} else {
		made.id = w.newID("box")
	}
	change(w, w.boxes, b.Name, made, 0)
	return nil
}

// PutItem puts the item in, as somebody does by hand.
func (w *World) PutItem(i Item) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	key, err := w.keyOf(i)
	if err != nil {
		return err
	}
	if w.boxes[i.Box].now() == nil {
		return fmt.Errorf("%w: no box %q", ErrBadSeed, i.Box)
	}
	change(w, w.items, key, &item{}, 0)
	return nil
}

// RemoveBox removes the box and its items, as somebody does by hand. One that is not there is no error.
func (w *World) RemoveBox(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dropBox(name, 0)
}

// RemoveDoc removes the doc and its uses, as somebody does by hand. One that is not there is no error.
func (w *World) RemoveDoc(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.docs[name].now()
	if d == nil {
		return
	}
	for key, h := range w.items {
		if key.kind == d.id && h.now() != nil {
			change(w, w.items, key, nil, 0)
		}
	}
	change(w, w.docs, name, nil, 0)
}

// RemoveItem takes the item out, as somebody does by hand. One that is not there is no error.
func (w *World) RemoveItem(i Item) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	key, err := w.keyOf(i)
	if err != nil {
		return err
	}
	change(w, w.items, key, nil, 0)
	return nil
}

// keyOf looks up the kind of an item.
func (w *World) keyOf(i Item) (itemKey, error) {
	_, entries := w.view(latest)
	catalogue := plan.NewCatalogue(entries...)
	if _, err := catalogue.Lookup(KindScope, plan.Reference{Name: i.Scope}); err != nil {
		return itemKey{}, fmt.Errorf("%w: %w", ErrBadSeed, err)
	}
	kind, err := catalogue.Lookup(KindKind, parseKind(i.Kind))
	if err != nil {
		return itemKey{}, fmt.Errorf("%w: %w", ErrBadSeed, err)
	}
	return itemKey{i.Box, i.Scope, kind.ID}, nil
}

// dropBox removes a box and all that is in it.
func (w *World) dropBox(name string, lag int) {
	if w.boxes[name].now() == nil {
		return
	}
	for key, h := range w.items {
		if key.box == name && h.now() != nil {
			change(w, w.items, key, nil, lag)
		}
	}
	change(w, w.boxes, name, nil, lag)
}

// kindTaken reports whether the service itself has a kind of that name.
func (w *World) kindTaken(name string) bool {
	for _, k := range w.kinds {
		if k.Name == name {
			return true
		}
	}
	return false
}

// canonicalConfig sorts the keys of a config at every depth.
func canonicalConfig(text string) (plan.Value, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber() // numbers stay as they are written
	var value any
	if err := decoder.Decode(&value); err != nil {
		return plan.Value{}, err
	}
	sorted, err := json.Marshal(value)
	if err != nil {
		return plan.Value{}, err
	}
	return plan.DocumentValue(sorted)
}
