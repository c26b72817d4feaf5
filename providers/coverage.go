package providers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Coverage says what of an account is to be read. It follows from what a manifest lists and owns, not from what is wanted of
// it: a manifest that wants a resource, and one that wants it gone, cover the same.
type Coverage struct {
	Cloud plan.Cloud
	// Roots are to be read whether they are there or not, sorted by address, each once. A service that is not asked for
	// account-wide state finds its regions and types here.
	Roots []Root
	// Names are the kinds of catalogue entries that must be readable, because the manifest refers to some, sorted.
	Names []string
	// Owned says which roots must be read although nothing lists them. Only Include and Exclude are set.
	Owned plan.Ownership
	// Lenient is set where nothing is planned of what is read: what is owned and not as documented is told as not read, and fails nothing.
	Lenient bool
	// NotRead are the parts that the author leaves unread, sorted, in words that providers document.
	NotRead []string
	// NotReadAt is where each of them stands.
	NotReadAt map[string]plan.Position
}

// Root is a root resource that is to be read.
type Root struct {
	Address addr.Address
	// Additive is set for one whose entry lists only some of its children, as [plan.Desired.Additive].
	Additive bool
	// Settings are those that it is found by.
	Settings plan.Attributes
}

// Has reports whether the root is among those that are covered by name.
func (c Coverage) Has(root addr.Address) bool {
	_, found := slices.BinarySearchFunc(c.Roots, root, func(r Root, a addr.Address) int { return addr.Compare(r.Address, a) })
	return found
}

// Within returns the roots whose addresses lie below the prefix, a whole beginning such as "box", in the same order.
func (c Coverage) Within(prefix string) []Root {
	var own []Root
	beginning := prefix + "/"
	for _, r := range c.Roots {
		if strings.HasPrefix(r.Address.String(), beginning) {
			own = append(own, r)
		}
	}
	return own
}

// LeavesOut reports whether the author leaves a part unread.
func (c Coverage) LeavesOut(part string) bool { return slices.Contains(c.NotRead, part) }

// RootsOf returns those of desired that are roots below the prefixes, as [Coverage.Roots] wants them, with those of their
// settings that are named.
func RootsOf(desired []plan.Desired, prefixes []string, settings ...string) []Root {
	var roots []Root
	for i := range desired {
		d := &desired[i]
		if !d.Parent.IsZero() || !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(d.Address.String(), p+"/") }) {
			continue
		}
		root := Root{Address: d.Address, Additive: d.Additive}
		for _, name := range settings {
			if value, has := d.Settings[name]; has {
				if root.Settings == nil {
					root.Settings = plan.Attributes{}
				}
				root.Settings[name] = value
			}
		}
		roots = append(roots, root)
	}
	return roots
}

// Cover asks every service what of its own must be read for what is desired. Desired are the resources of all services, as
// expanded; for a saved plan, those that it has kept.
func (r *Registry) Cover(desired []plan.Desired, m *plan.Manifest) Coverage {
	all := Coverage{
		Cloud: m.Cloud, Owned: plan.Ownership{Include: m.Ownership.Include, Exclude: m.Ownership.Exclude},
		NotRead: slices.Sorted(slices.Values(m.NotRead)), NotReadAt: m.NotReadAt,
	}
	for _, p := range r.providers {
		roots, names := p.Cover(desired)
		all.Roots, all.Names = append(all.Roots, roots...), append(all.Names, names...)
	}
	slices.SortStableFunc(all.Roots, func(a, b Root) int { return addr.Compare(a.Address, b.Address) })
	all.Roots = slices.CompactFunc(all.Roots, func(a, b Root) bool { return a.Address == b.Address })
	slices.Sort(all.Names)
	all.Names = slices.Compact(all.Names)
	return all
}

// unknownTypes finds patterns in the manifest's settings that can select nothing, because no service has such addresses.
func (r *Registry) unknownTypes(m *plan.Manifest) []plan.Problem {
	var problems []plan.Problem
	prefixes := r.Prefixes()
	for _, s := range m.Selectors {
		if hint := plan.TypeHint(s.Pattern, prefixes); hint != "" {
			problems = append(problems, plan.Problem{
				At: s.At, Summary: "unknown type", Hint: hint,
				Detail: fmt.Sprintf("%s: no address is like %q, so it holds nothing", s.Setting, s.Pattern),
			})
		}
	}
	return problems
}

// unknownParts finds words of [plan.Manifest.NotRead] that no service knows.
func (r *Registry) unknownParts(m *plan.Manifest) []plan.Problem {
	var known []string
	for _, p := range r.providers {
		known = append(known, p.NotReadWords()...)
	}
	var problems []plan.Problem
	for _, part := range m.NotRead {
		service, place, inPlace := strings.Cut(part, ":")
		if place != "" && slices.Contains(known, service+":") || !inPlace && slices.Contains(known, part) {
			continue
		}
		var words, spelled []string
		for _, word := range slices.Sorted(slices.Values(known)) {
			word, named := strings.CutSuffix(word, ":")
			switch {
			case named && slices.Contains(known, word):
				continue
			case named:
				spelled = append(spelled, word+":NAME")
			default:
				spelled = append(spelled, word)
			}
			words = append(words, word)
		}
		hint := plan.DidYouMean(service, words)
		switch {
		case slices.Contains(known, service+":") && !slices.Contains(known, service):
			hint = "write " + service + ":NAME"
		case hint == "":
			hint = "parts that are known: " + strings.Join(spelled, ", ")
		}
		problems = append(problems, plan.Problem{
			At: m.NotReadAt[part], Summary: "unknown part", Hint: hint,
			Detail: fmt.Sprintf("cloud.notRead: %q is no part of an account that can be left unread", part),
		})
	}
	return problems
}
