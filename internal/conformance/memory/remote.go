package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// Remote is a connection to a [World]. Any number of them may share one.
type Remote struct{ world *World }

var _ providers.Remote = (*Remote)(nil)

// NewRemote returns a connection to w.
func NewRemote(w *World) *Remote { return &Remote{world: w} }

// Observe implements [providers.Remote]. With request.Only it covers exactly those roots, with their items.
func (r *Remote) Observe(ctx context.Context, request providers.ObserveRequest) (*providers.Observation, error) {
	w := r.world
	var o *providers.Observation
	err := w.perform(ctx, Call{Operation: Observe, Only: slices.Clone(request.Only)}, nil, func() (bool, error) {
		coverage, err := coverageOf(request.Only)
		if err != nil {
			return false, err
		}
		w.reads++
		resources, entries := w.view(w.reads)
		if request.Only != nil {
			resources = slices.DeleteFunc(resources, func(l plan.Live) bool { return !addr.MatchAny(coverage, l.Address) })
		}
		o = &providers.Observation{
			Resources: resources, Entries: entries, Coverage: coverage, Account: w.account,
			NotRead: slices.Clone(w.notRead), Warnings: slices.Clone(w.warnings),
		}
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	return o, nil
}

// coverageOf returns the patterns of what is read: these roots with their items, or everything when only is nil.
func coverageOf(only []addr.Address) ([]addr.Pattern, error) {
	texts := []string{typeBox + "/*", typeDoc + "/*", typeItem + "/*/*/*"}
	if only != nil {
		texts = nil
		for _, a := range only {
			texts = append(texts, a.String())
			if a.Type() == typeBox {
				texts = append(texts, typeItem+"/"+a.Segments()[0].String()+"/**")
			}
		}
	}
	var patterns []addr.Pattern
	for _, text := range texts {
		p, err := addr.ParsePattern(text)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", providers.ErrInvalid, err)
		}
		patterns = append(patterns, p)
	}
	return patterns, nil
}

// Create implements [providers.Remote]. An item needs the id of its box among ids, and that of a doc which its
// bindings do not name yet.
func (r *Remote) Create(ctx context.Context, write providers.Write) (id string, err error) {
	w, resource := r.world, *write.After
	call := Call{Operation: Create, Address: resource.Address, Attributes: slices.Sorted(maps.Keys(resource.Attributes)),
		IDs: maps.Clone(write.IDs)}
	err = w.perform(ctx, call, write.Attempts, func() (changed bool, err error) {
		switch resource.Address.Type() {
		case typeBox:
			id, changed, err = w.createBox(nameOf(resource.Address), resource.Attributes, write.View)
		case typeDoc:
			id, changed, err = w.createDoc(nameOf(resource.Address), resource.Attributes)
		case typeItem:
			changed, err = w.createItem(resource, write.IDs)
		default:
			err = providers.ErrInvalid
		}
		return changed, err
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// Update implements [providers.Remote]. [LockedTag] stays where it is.
func (r *Remote) Update(ctx context.Context, write providers.Write) error {
	w, after := r.world, write.After
	differing := plan.DiffAttributes(write.Before.Attributes, after.Attributes)
	call := Call{Operation: Update, Address: after.Address, IDs: maps.Clone(write.IDs)}
	for _, d := range differing {
		call.Attributes = append(call.Attributes, d.Name)
	}
	return w.perform(ctx, call, write.Attempts, func() (bool, error) {
		name := nameOf(after.Address)
		switch after.Address.Type() {
		case typeBox:
			return w.updateBox(name, write.ID, differing, write.Renew)
		case typeDoc:
			return w.updateDoc(name, write.ID, differing)
		}
		return false, providers.ErrInvalid
	})
}

// Delete implements [providers.Remote]. A box goes with its items; a doc that is in use, and a box that bears
// [LockedTag], are a conflict.
func (r *Remote) Delete(ctx context.Context, write providers.Write) error {
	w, resource := r.world, *write.Before
	call := Call{Operation: Delete, Address: resource.Address, IDs: maps.Clone(write.IDs)}
	return w.perform(ctx, call, write.Attempts, func() (bool, error) {
		switch resource.Address.Type() {
		case typeBox:
			return w.deleteBox(nameOf(resource.Address), write.ID)
		case typeDoc:
			return w.deleteDoc(nameOf(resource.Address), write.ID)
		case typeItem:
			return w.deleteItem(resource, write.IDs)
		}
		return false, providers.ErrInvalid
	})
}
