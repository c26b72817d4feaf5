package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Saved is a plan that is kept to be executed later, with all that must still be true then. [Save] makes it,
// [Saved.Encode] writes it, [DecodeSaved] reads it and [Recheck] holds it against live state. Nothing changes it in
// between.
type Saved struct {
	Plan    *Plan
	Reading Reading
	// MaxDeletes is the limit that the plan was made under; nil means none.
	MaxDeletes *int
	Reliance   Reliance
}

// Reading is what a service must be told to read live state again as it was read for the plan.
type Reading struct {
	// Desired are the addresses of all roots that the manifest lists, and of the children of those that the plan
	// touches, sorted.
	Desired   []Listed
	NotRead   []string
	Ownership Ownership
}

// Listed is a resource as far as a service needs to know it in order to read it.
type Listed struct {
	Address  addr.Address
	Absent   bool
	Settings Attributes
	Bindings map[string]string
}

// Reliance is the part of live state that a plan rests on. What lies outside may change.
type Reliance struct {
	// Covered are the patterns that must be read again: those that the touched resources lie in.
	Covered []addr.Pattern
	// Trees are the live roots that the plan touches, as they were, sorted by address. A root is touched when it or a
	// child of it is written, and when a child of it refers to something whose content is written.
	Trees []Tree
	// Absent are the roots that the plan creates, sorted.
	Absent []addr.Address
	// Documents are the texts behind the names that the touched roots will refer to, sorted by kind and id.
	Documents []Document
}

// Tree is a live root with all of its children, sorted by address. Of the resources, what is compared is kept: Uses and
// ServiceMade are not.
type Tree struct {
	Live
	Children []Live
}

// deletesOf is the limit as a number. A share was weighed when the plan was made: it allowed these deletes and no more.
func deletesOf(p *Plan, in Input) *int {
	owned := in.Manifest.Ownership
	switch {
	case in.MaxDeletes != nil:
		return in.MaxDeletes
	case in.MaxDeleteShare != nil, owned.MaxDeleteShare != nil:
		deletes := p.Summary.Delete
		return &deletes
	}
	return owned.MaxDeletes
}

// Save returns p with all that it relies on. The input must be the one that p was built from, and p must be free of fatal
// problems.
func Save(p *Plan, in Input) *Saved {
	k := &keeper{
		in: in, written: map[addr.Address]*Change{}, touched: map[addr.Address]bool{}, changed: map[string]bool{},
		saved: &Saved{Plan: p, MaxDeletes: deletesOf(p, in)},
	}
	k.touch(p)
	k.keepReading()
	k.keepTrees(p)
	k.keepCoverage(p)
	k.keepDocuments(p)
	return k.saved
}

// keeper collects what a plan relies on.
type keeper struct {
	in    Input
	saved *Saved
	// written are the changes of roots that write; touched all roots that the plan relies on.
	written map[addr.Address]*Change
	touched map[addr.Address]bool
	// changed are the ids of what the plan itself writes.
	changed map[string]bool
}

func (k *keeper) touch(p *Plan) {
	for i := range p.Changes {
		c := &p.Changes[i]
		if !c.Action.Writes() {
			continue
		}
		k.touched[rootOf(c.Address, c.Parent)] = true
		if c.Parent.IsZero() {
			k.written[c.Address] = c
		}
		if c.ID != "" {
			k.changed[c.ID] = true
		}
	}
	for i := range k.in.Snapshot.Resources {
		l := &k.in.Snapshot.Resources[i]
		if slices.ContainsFunc(l.Uses, func(use addr.Address) bool { return k.written[use] != nil }) {
			k.touched[rootOf(l.Address, l.Parent)] = true
		}
	}
}

func (k *keeper) keepReading() {
	m := k.in.Manifest
	reading := Reading{NotRead: m.NotRead, Ownership: m.Ownership}
	reading.Ownership.MaxDeletes, reading.Ownership.MaxDeletesAt = nil, Position{}
	for _, d := range k.in.Desired {
		if d.Parent.IsZero() || k.touched[d.Parent] {
			reading.Desired = append(reading.Desired, Listed{Address: d.Address, Absent: d.Absent, Settings: d.Settings, Bindings: d.Bindings})
		}
	}
	slices.SortFunc(reading.Desired, func(a, b Listed) int { return addr.Compare(a.Address, b.Address) })
	k.saved.Reading = reading
}

func (k *keeper) keepTrees(p *Plan) {
	trees := map[addr.Address]*Tree{}
	for _, l := range k.in.Snapshot.Resources {
		if l.Parent.IsZero() && k.touched[l.Address] {
			trees[l.Address] = &Tree{Live: asKept(l)}
		}
	}
	for _, l := range k.in.Snapshot.Resources {
		if tree := trees[l.Parent]; tree != nil {
			tree.Children = append(tree.Children, asKept(l))
		}
	}
	r := &k.saved.Reliance
	for _, a := range slices.SortedFunc(maps.Keys(k.touched), addr.Compare) {
		tree := trees[a]
		if tree == nil {
			r.Absent = append(r.Absent, a)
			continue
		}
		slices.SortFunc(tree.Children, func(x, y Live) int { return addr.Compare(x.Address, y.Address) })
		r.Trees = append(r.Trees, *tree)
	}
}

// asKept returns what is compared of a live resource.
func asKept(l Live) Live {
	l.Uses, l.ServiceMade, l.Expires = nil, false, l.Expires.UTC()
	l.Unreadable = slices.Sorted(slices.Values(l.Unreadable))
	return l
}

// keepCoverage keeps the patterns that the touched trees lie in. A pattern for a single resource counts where that is
// touched, any other where it is about a type of resource that touched trees consist of: a child that is not there yet
// has no address that could be held against it.
func (k *keeper) keepCoverage(p *Plan) {
	types, exact := map[string]bool{}, map[string]bool{}
	note := func(a addr.Address) {
		types[a.Type()] = true
		exact[a.String()] = true
	}
	rootTypes := map[string]bool{}
	for a := range k.touched {
		note(a)
		rootTypes[a.Type()] = true
	}
	for _, c := range p.Changes {
		if c.Action.Writes() {
			note(c.Address)
		}
	}
	part := func(r Resource) {
		switch {
		case r.Parent.IsZero():
		case k.touched[r.Parent]:
			note(r.Address)
		case rootTypes[r.Parent.Type()]:
			types[r.Address.Type()] = true
		}
	}
	for _, l := range k.in.Snapshot.Resources {
		part(l.Resource)
	}
	for _, d := range k.in.Desired {
		part(d.Resource)
	}
	r := &k.saved.Reliance
	for _, pattern := range k.in.Snapshot.Coverage {
		typ, _, _ := strings.Cut(pattern.String(), "/")
		if exact[pattern.String()] || types[typ] && strings.ContainsAny(pattern.String(), "*?") {
			r.Covered = append(r.Covered, pattern)
		}
	}
	slices.SortFunc(r.Covered, func(a, b addr.Pattern) int { return strings.Compare(a.String(), b.String()) })
	r.Covered = slices.Compact(r.Covered)
}

// Manifest returns what services need to know of the manifest to read live state for the plan. Its sections and
// guardrails are not part of a saved plan.
func (s *Saved) Manifest() *Manifest {
	m := &Manifest{
		Account: s.Plan.Account, Cloud: s.Plan.Cloud, NotRead: s.Reading.NotRead, Ownership: s.Reading.Ownership,
		Digest: s.Plan.ManifestDigest, Sections: map[string][]*Node{},
	}
	m.Ownership.MaxDeletes = s.MaxDeletes
	return m
}

// Desired returns what services need to know of the desired resources to read live state for the plan: addresses, settings,
// bindings, and which are to be absent.
func (s *Saved) Desired() []Desired {
	sources := make(map[addr.Address]Position, len(s.Plan.Changes))
	for _, c := range s.Plan.Changes {
		sources[c.Address] = c.Source
	}
	desired := make([]Desired, 0, len(s.Reading.Desired))
	for _, l := range s.Reading.Desired {
		desired = append(desired, Desired{
			Resource: Resource{Address: l.Address, Settings: l.Settings, Bindings: maps.Clone(l.Bindings)}, Absent: l.Absent, Source: sources[l.Address],
		})
	}
	return desired
}

// Wanted returns the desired side of every change that has one, in the order of the addresses. A service can resolve
// the names in it again.
func (s *Saved) Wanted() []Desired {
	writeOnly := s.writeOnly()
	var wanted []Desired
	for _, c := range s.Plan.Changes {
		if c.After != nil {
			wanted = append(wanted, Desired{Resource: *c.After, WriteOnly: writeOnly[c.Address], Source: c.Source, Notes: c.Notes})
		}
	}
	slices.SortFunc(wanted, func(a, b Desired) int { return addr.Compare(a.Address, b.Address) })
	return wanted
}

// Touched are the roots that the plan relies on: those that it writes to, or whose meaning it changes. A name in a change of
// any other root, which is manual or blocked, may mean something else by now, or nothing.
func (s *Saved) Touched() map[addr.Address]bool {
	touched := make(map[addr.Address]bool, len(s.Reliance.Trees)+len(s.Reliance.Absent))
	for i := range s.Reliance.Trees {
		touched[s.Reliance.Trees[i].Address] = true
	}
	for _, a := range s.Reliance.Absent {
		touched[a] = true
	}
	return touched
}

// writeOnly returns the attributes that cannot be read back, by address.
func (s *Saved) writeOnly() map[addr.Address][]string {
	names := map[addr.Address][]string{}
	for _, n := range s.Plan.NotCompared {
		if n.WriteOnly {
			names[n.Address] = append(names[n.Address], n.Attribute)
		}
	}
	return names
}
