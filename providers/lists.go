package providers

import (
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// Lister is implemented by a [Provider] that knows things which manifests may name.
type Lister interface {
	// Lists are those that the service has a part of.
	Lists() []List
	// List returns the service's part of a list, in any order, with a Detail wherever there is one. It is pure. The snapshot holds what
	// the list needs, and maybe more.
	List(name string, s *plan.Snapshot) []plan.Listed
}

// List is a list of things that manifests may name. Services may share one.
type List struct {
	// Name is what somebody asks for: the things, in the plural.
	Name string
	// Entries are the kinds of catalogue entries that must be readable for it, as in [Coverage.Names].
	Entries []string
	// Known is set where all of it is known without live state.
	Known bool
}

// Lists returns all lists that services have, sorted by name, each once: with what any of its services needs.
func (r *Registry) Lists() []List {
	all := map[string]List{}
	for _, p := range r.providers {
		lister, is := p.(Lister)
		if !is {
			continue
		}
		for _, l := range lister.Lists() {
			if other, shared := all[l.Name]; shared {
				l.Entries, l.Known = append(slices.Clone(l.Entries), other.Entries...), l.Known && other.Known
			}
			all[l.Name] = l
		}
	}
	return slices.SortedFunc(maps.Values(all), func(a, b List) int { return strings.Compare(a.Name, b.Name) })
}

// Listers returns the names of the services that have a part of a list.
func (r *Registry) Listers(list string) (names []string) {
	for _, p := range r.providers {
		if lister, is := p.(Lister); is && slices.ContainsFunc(lister.Lists(), func(l List) bool { return l.Name == list }) {
			names = append(names, p.Name())
		}
	}
	return names
}

// List returns all of a list in a snapshot.
func (r *Registry) List(name string, s *plan.Snapshot) plan.Listing {
	all := plan.Listing{List: name}
	for _, p := range r.providers {
		if slices.Contains(r.Listers(name), p.Name()) {
			all.Items = append(all.Items, p.(Lister).List(name, s)...)
		}
	}
	slices.SortFunc(all.Items, func(a, b plan.Listed) int { return strings.Compare(a.Name, b.Name) })
	all.Total = len(all.Items)
	return all
}
