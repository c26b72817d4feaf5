package memory

import (
	"encoding/json"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/providers"
)

// Effects implements [plan.Knowledge]: a box's owner may act as the box, and an item gives its box what the item's kind
// allows in the item's scope. An item whose kind is not in the catalogue gives something that is not known.
func (Provider) Effects(catalogue *plan.Catalogue) func(plan.Resource) []access.Effect {
	return func(r plan.Resource) []access.Effect {
		switch r.Address.Type() {
		case typeBox:
			owner, _ := r.Attributes[AttributeOwner].AsString()
			life, _ := r.Attributes[AttributeLife].AsString()
			return []access.Effect{{Principal: "owner:" + owner, Conveys: r.Address, Lifetime: life}}
		case typeItem:
			return itemEffects(r, catalogue)
		}
		return nil
	}
}

func itemEffects(r plan.Resource, catalogue *plan.Catalogue) []access.Effect {
	box, scope, ref, ok := itemParts(r.Address)
	if !ok {
		return nil
	}
	given := access.Effect{Principal: BoxAddress(box).String(), Scope: scope}
	entry, known := catalogue.ByID(KindKind, r.Bindings[BindingKind])
	if !known {
		var err error
		if entry, err = catalogue.Lookup(KindKind, ref); err != nil {
			return []access.Effect{given}
		}
	}
	var content rules
	if err := json.Unmarshal(entry.Document, &content); err != nil {
		return []access.Effect{given}
	}
	var effects []access.Effect
	if len(content.Allow) > 0 {
		allowed := given
		allowed.Actions, allowed.Admin = content.Allow, slices.Contains(content.Allow, "*")
		effects = append(effects, allowed)
	}
	if len(content.Deny) > 0 {
		denied := given
		denied.Deny, denied.Actions = true, content.Deny
		effects = append(effects, denied)
	}
	return effects
}

// Manual implements [plan.Knowledge]: nobody but a person takes [LockedTag] off, or deletes a box that bears it.
func (Provider) Manual(before *plan.Live, after *plan.Desired, _ *plan.View) []plan.Manual {
	if before == nil || !locked(before.Attributes) {
		return nil
	}
	if after == nil || after.Absent {
		return []plan.Manual{{Instruction: `take the tag "` + LockedTag + `" off in the console, then run again`}}
	}
	if _, managed := after.Attributes[AttributeTags]; !managed || locked(after.Attributes) ||
		slices.Contains(before.Unreadable, AttributeTags) {
		return nil
	}
	manual := plan.Manual{
		Attribute: AttributeTags, Values: []string{LockedTag}, Instruction: `take the tag "` + LockedTag + `" off in the console`,
	}
	if onlyLockDiffers(before, after) {
		manual.Attribute = ""
	}
	return []plan.Manual{manual}
}

// Complete implements [providers.Provider]: boxes answer for themselves.
func (Provider) Complete(*plan.View) providers.Completion { return providers.Completion{} }

// onlyLockDiffers reports whether taking the tag off is all that there is to do.
func onlyLockDiffers(before *plan.Live, after *plan.Desired) bool {
	for _, c := range plan.DiffAttributes(before.Attributes, after.Attributes) {
		if slices.Contains(after.WriteOnly, c.Name) || slices.Contains(before.Unreadable, c.Name) {
			continue
		}
		if c.Name != AttributeTags || !keepLock(c.Before, c.After).Equal(c.Before) {
			return false
		}
	}
	return true
}

func locked(attributes plan.Attributes) bool {
	tags, _ := attributes[AttributeTags].AsSet()
	return slices.Contains(tags, LockedTag)
}

// keepLock returns the tags that the service makes of an update from before to after.
func keepLock(before, after plan.Value) plan.Value {
	old, _ := before.AsSet()
	if !slices.Contains(old, LockedTag) {
		return after
	}
	tags, _ := after.AsSet()
	return plan.SetValue(append(tags, LockedTag)...)
}
