package memory

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// What the writes do to a world. All of them run with its lock held.

func (w *World) createBox(name string, wanted plan.Attributes, view *plan.View) (id string, changed bool, err error) {
	if old := w.boxes[name].now(); old != nil {
		for _, d := range plan.DiffAttributes(old.attributes, wanted) {
			if d.Name != AttributeNote {
				return "", false, providers.ErrConflict
			}
		}
		if w.hasOtherItems(name, view) {
			return "", false, providers.ErrConflict
		}
		return old.id, false, nil
	}
	attributes := plan.Attributes{
		AttributeLife: plan.StringValue(Forever), AttributeLabel: plan.StringValue(""), AttributeTags: plan.SetValue(),
		AttributeConfig: emptyConfig(),
	}
	maps.Copy(attributes, wanted)
	delete(attributes, AttributeNote)
	if owner, _ := attributes[AttributeOwner].AsString(); owner == "" || !nameFits(name) {
		return "", false, providers.ErrInvalid
	}
	made := &box{id: w.newID("box"), attributes: attributes}
	change(w, w.boxes, name, made, w.lag)
	return made.id, true, nil
}

func emptyConfig() plan.Value {
	empty, err := plan.DocumentValue([]byte("{}"))
	if err != nil {
		panic(err) // an empty object is a document
	}
	return empty
}

// hasOtherItems reports whether the box has items that the plan does not make.
func (w *World) hasOtherItems(box string, view *plan.View) bool {
	_, entries := w.view(latest)
	catalogue := plan.NewCatalogue(entries...)
	for key, h := range w.items {
		if key.box == box && h.now() != nil && (view == nil || !view.Wants(w.itemLive(key, catalogue).Address)) {
			return true
		}
	}
	return false
}

func (w *World) createDoc(name string, wanted plan.Attributes) (id string, changed bool, err error) {
	if old := w.docs[name].now(); old != nil {
		if len(plan.DiffAttributes(old.attributes, wanted)) > 0 {
			return "", false, providers.ErrConflict
		}
		return old.id, false, nil
	}
	switch {
	case !nameFits(name):
		return "", false, providers.ErrInvalid
	case w.kindTaken(name):
		return "", false, providers.ErrConflict
	}
	made := &doc{id: w.newID("doc"), attributes: maps.Clone(wanted)}
	change(w, w.docs, name, made, w.lag)
	return made.id, true, nil
}

func (w *World) createItem(r plan.Resource, ids providers.IDs) (changed bool, err error) {
	key, err := w.itemOf(r, ids)
	if err != nil {
		return false, err
	}
	b := w.boxes[key.box].now()
	switch {
	case ids[r.Parent] == "":
		return false, fmt.Errorf("%w: the id of %s is missing", providers.ErrInvalid, r.Parent)
	case b == nil || b.id != ids[r.Parent]:
		return false, fmt.Errorf("%w: no box with id %s", providers.ErrNotFound, ids[r.Parent])
	case w.items[key].now() != nil:
		return false, nil
	}
	change(w, w.items, key, &item{}, w.lag)
	return true, nil
}

// itemOf finds out which item a resource means; its kind must exist.
func (w *World) itemOf(r plan.Resource, ids providers.IDs) (itemKey, error) {
	box, scope, ref, ok := itemParts(r.Address)
	if !ok || !slices.ContainsFunc(w.scopes, func(e plan.CatalogueEntry) bool { return e.Name == scope }) {
		return itemKey{}, providers.ErrInvalid
	}
	id := r.Bindings[BindingKind]
	if id == "" && ref.Qualifier != "id" {
		id = ids[DocAddress(ref.Name)]
	}
	_, entries := w.view(latest)
	if _, known := plan.NewCatalogue(entries...).ByID(KindKind, id); !known {
		return itemKey{}, fmt.Errorf("%w: no kind with id %q", providers.ErrNotFound, id)
	}
	return itemKey{box, scope, id}, nil
}

func (w *World) updateBox(name, id string, differing []plan.AttributeChange, renew bool) (changed bool, err error) {
	old := w.boxes[name].now()
	if old == nil || old.id != id {
		return false, providers.ErrNotFound
	}
	made := *old
	made.attributes = maps.Clone(old.attributes)
	for _, d := range differing {
		switch d.Name {
		case AttributeNote:
			continue
		case AttributeTags:
			made.attributes[d.Name] = keepLock(old.attributes[d.Name], d.After)
		case AttributeLife:
			made.expires = time.Time{}
			made.attributes[d.Name] = d.After
		default:
			made.attributes[d.Name] = d.After
		}
	}
	if renew && !made.expires.IsZero() {
		made.expires = made.expires.Add(RenewedFor)
	}
	change(w, w.boxes, name, &made, w.lag)
	return true, nil
}

func (w *World) updateDoc(name, id string, differing []plan.AttributeChange) (changed bool, err error) {
	old := w.docs[name].now()
	if old == nil || old.id != id {
		return false, providers.ErrNotFound
	}
	made := &doc{id: old.id, attributes: maps.Clone(old.attributes)}
	for _, d := range differing {
		made.attributes[d.Name] = d.After
	}
	change(w, w.docs, name, made, w.lag)
	return true, nil
}

func (w *World) deleteBox(name, id string) (changed bool, err error) {
	b := w.boxes[name].now()
	switch {
	case b == nil || b.id != id:
		return false, nil
	case locked(b.attributes):
		return false, providers.ErrConflict
	}
	w.dropBox(name, w.lag)
	return true, nil
}

func (w *World) deleteDoc(name, id string) (changed bool, err error) {
	if d := w.docs[name].now(); d == nil || d.id != id {
		return false, nil
	}
	for key, h := range w.items {
		if key.kind == id && h.now() != nil {
			return false, providers.ErrConflict
		}
	}
	change(w, w.docs, name, nil, w.lag)
	return true, nil
}

func (w *World) deleteItem(r plan.Resource, ids providers.IDs) (changed bool, err error) {
	key, err := w.itemOf(r, ids)
	if errors.Is(err, providers.ErrNotFound) {
		return false, nil // an item cannot outlive its kind
	}
	if err != nil {
		return false, err
	}
	if ids[r.Parent] == "" {
		return false, fmt.Errorf("%w: the id of %s is missing", providers.ErrInvalid, r.Parent)
	}
	b := w.boxes[key.box].now()
	if b == nil || b.id != ids[r.Parent] || w.items[key].now() == nil {
		return false, nil
	}
	change(w, w.items, key, nil, w.lag)
	return true, nil
}
