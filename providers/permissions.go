package providers

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// PermissionScope is where a permission has to be granted.
type PermissionScope string

// The scopes.
const (
	// GlobalScope is the account as a whole: services without regions.
	GlobalScope PermissionScope = "global"
	// ProjectScope is the project of a region: services that are called in one.
	ProjectScope PermissionScope = "project"
)

// Permission is one thing that a caller must be allowed to do. It is comparable.
type Permission struct {
	// Action is the service's own name of the action, as its policies spell it; "" where none is documented.
	Action string
	// Role is a predefined role that allows the call where no action is documented; "" where none is documented either.
	Role  string
	Scope PermissionScope
	// Why says in words what the permission is used for, without a full stop.
	Why string
}

// Permissions are the least that a service needs for one manifest.
type Permissions struct {
	// Read is what observing needs, and so every plan and drift.
	Read []Permission
	// Write is what an apply needs beside Read. What both need may stand in both.
	Write []Permission
	// Optional is what a drift makes use of where it is allowed, and goes without where it is not.
	Optional []Permission
}

// ForPlan returns what plan and drift need, in canonical form.
func (p Permissions) ForPlan() []Permission { return mergePermissions(p.Read) }

// ForApply returns what apply needs, reading included, in canonical form.
func (p Permissions) ForApply() []Permission {
	return mergePermissions(slices.Concat(p.Read, p.Write))
}

// Canonical returns the permissions sorted by scope, action, role and reason, each once. Where an action is needed for
// several reasons, these are joined by semicolons. The receiver is not changed.
func (p Permissions) Canonical() Permissions {
	return Permissions{Read: mergePermissions(p.Read), Write: mergePermissions(p.Write), Optional: mergePermissions(p.Optional)}
}

// mergePermissions keeps calls without an action apart by their reason: it is all that tells them from each other.
func mergePermissions(all []Permission) []Permission {
	type key struct {
		scope  PermissionScope
		action string
	}
	reasons := map[key][]string{}
	var merged []Permission
	for _, p := range all {
		if p.Action == "" {
			merged = append(merged, p)
			continue
		}
		k := key{p.Scope, p.Action}
		reasons[k] = append(reasons[k], strings.Split(p.Why, reasonSeparator)...)
	}
	for k, why := range reasons {
		slices.Sort(why)
		merged = append(merged, Permission{Action: k.action, Scope: k.scope, Why: strings.Join(slices.Compact(why), reasonSeparator)})
	}
	slices.SortFunc(merged, comparePermissions)
	return slices.Compact(merged)
}

const reasonSeparator = "; "

func comparePermissions(a, b Permission) int {
	return cmp.Or(
		cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Action, b.Action), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Why, b.Why),
	)
}

// Permissions asks every service for the least that it needs, and returns all of it in canonical form.
func (r *Registry) Permissions(desired []plan.Desired, m *plan.Manifest) Permissions {
	var all Permissions
	for _, p := range r.providers {
		own := p.Permissions(desired, m)
		all.Read = append(all.Read, own.Read...)
		all.Write = append(all.Write, own.Write...)
		all.Optional = append(all.Optional, own.Optional...)
	}
	return all.Canonical()
}

// Makeable returns those of desired below the prefix that a plan may make, protected ones too: protection holds what is there.
func Makeable(desired []plan.Desired, prefix string) []plan.Desired {
	return slices.DeleteFunc(Within(desired, prefix), func(d plan.Desired) bool { return d.Absent })
}

// Changeable returns those of desired below the prefix that a plan may change: all that are wanted and not protected.
func Changeable(desired []plan.Desired, m *plan.Manifest, prefix string) []plan.Desired {
	return slices.DeleteFunc(Makeable(desired, prefix), func(d plan.Desired) bool { return m.Ownership.Protects(d.Address, d.Root()) })
}

// Tombstones returns those of desired below the prefix that are said to be gone, and that a plan may delete.
func Tombstones(desired []plan.Desired, m *plan.Manifest, prefix string) []plan.Desired {
	return slices.DeleteFunc(Within(desired, prefix), func(d plan.Desired) bool {
		return !d.Absent || m.Ownership.Protects(d.Address, d.Root())
	})
}

// MayRead reports whether an observation reads something below the prefix: what is listed, and what is owned.
func MayRead(desired []plan.Desired, m *plan.Manifest, prefix string) bool {
	return MayOwn(m.Ownership, prefix) || len(Within(desired, prefix)) > 0
}

// MayDelete reports whether a plan may delete something below the prefix: what is said to be gone, and what is pruned.
func MayDelete(desired []plan.Desired, m *plan.Manifest, prefix string) bool {
	return MayPrune(m, prefix) || HasTombstones(desired, m, prefix)
}

// HasTombstones reports whether [Tombstones] returns any.
func HasTombstones(desired []plan.Desired, m *plan.Manifest, prefix string) bool {
	return len(Tombstones(desired, m, prefix)) > 0
}

// MayPrune reports whether the manifest deletes what it owns below the prefix and does not list. It errs on the side of yes.
func MayPrune(m *plan.Manifest, prefix string) bool {
	return m.Ownership.Prune && MayOwn(m.Ownership, prefix)
}

// MayOwn reports whether something below the prefix is owned, listed or not. It errs on the side of yes.
func MayOwn(owned plan.Ownership, prefix string) bool {
	return slices.ContainsFunc(owned.Include, func(p addr.Pattern) bool { return reaches(p.String(), prefix) })
}

// reaches reports whether a pattern can match an address below the prefix: every segment of the prefix is met by its own
// text or by one with a wildcard.
func reaches(pattern, prefix string) bool {
	segments := strings.Split(pattern, "/")
	for i, want := range strings.Split(prefix, "/") {
		switch {
		case i >= len(segments):
			return false
		case segments[i] == "**":
			return true
		case segments[i] != want && !strings.ContainsAny(segments[i], "*?"):
			return false
		}
	}
	return true
}
