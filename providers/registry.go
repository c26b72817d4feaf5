package providers

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Registry holds the known services and answers for all of them together. It is immutable and safe for concurrent use.
type Registry struct {
	providers []Provider
	byPrefix  map[string]Provider
	// byType has the services to which all addresses of a type belong.
	byType map[string]Provider
}

var _ plan.Knowledge = (*Registry)(nil)

// NewRegistry returns a registry of the given services. Two services with one name or prefix are an error.
func NewRegistry(all ...Provider) (*Registry, error) {
	r := &Registry{providers: slices.Clone(all), byPrefix: map[string]Provider{}, byType: map[string]Provider{}}
	slices.SortFunc(r.providers, func(a, b Provider) int { return strings.Compare(a.Name(), b.Name()) })
	for i, p := range r.providers {
		if i > 0 && r.providers[i-1].Name() == p.Name() {
			return nil, fmt.Errorf("registry: two providers are named %s", p.Name())
		}
		for _, prefix := range p.Prefixes() {
			if other, taken := r.byPrefix[prefix]; taken {
				return nil, fmt.Errorf("registry: prefix %s belongs to both %s and %s", prefix, other.Name(), p.Name())
			}
			r.byPrefix[prefix] = p
		}
	}
	for prefix, p := range r.byPrefix {
		isLonger := func(other string) bool { return strings.HasPrefix(other, prefix+"/") }
		if !strings.Contains(prefix, "/") && !slices.ContainsFunc(r.Prefixes(), isLonger) {
			r.byType[prefix] = p
		}
	}
	return r, nil
}

// Providers returns all services, sorted by name. The caller owns the slice.
func (r *Registry) Providers() []Provider { return slices.Clone(r.providers) }

// Prefixes implements [plan.Knowledge]: those of all services, sorted.
func (r *Registry) Prefixes() []string { return slices.Sorted(maps.Keys(r.byPrefix)) }

// For returns the service that the address belongs to.
func (r *Registry) For(a addr.Address) (Provider, bool) {
	if p, whole := r.byType[a.Type()]; whole {
		return p, true
	}
	for prefix := a.String(); prefix != ""; {
		if p, ok := r.byPrefix[prefix]; ok {
			return p, true
		}
		cut := strings.LastIndexByte(prefix, '/')
		if cut < 0 {
			return nil, false
		}
		prefix = prefix[:cut]
	}
	return nil, false
}

// Expand asks every service, and returns all desired resources and problems, guardrail breaches, acceptances of what cannot be
// accepted, patterns of unknown types, and unknown words of what is left unread included, sorted by position.
func (r *Registry) Expand(m *plan.Manifest) ([]plan.Desired, []plan.Problem) {
	var desired []plan.Desired
	var problems []plan.Problem
	for _, p := range r.providers {
		d, pr := p.Expand(m)
		desired = join(desired, d)
		problems = append(problems, pr...)
	}
	problems = append(problems, r.breaches(desired, m)...)
	problems = append(problems, r.acceptances(m)...)
	problems = append(problems, r.unknownParts(m)...)
	problems = append(problems, r.unknownTypes(m)...)
	return desired, plan.SortProblems(problems)
}

// Resolve asks every service to resolve its own. A problem of guardrails that only resolved names reveal is among the
// problems.
func (r *Registry) Resolve(desired []plan.Desired, m *plan.Manifest, catalogue *plan.Catalogue) (Resolution, []plan.Problem) {
	var all Resolution
	var problems []plan.Problem
	for _, p := range r.providers {
		resolution, pr := p.Resolve(desired, m, catalogue)
		all.Desired = join(all.Desired, resolution.Desired)
		all.Entries = append(all.Entries, resolution.Entries...)
		problems = append(problems, pr...)
	}
	problems = append(problems, r.breaches(all.Desired, m)...)
	return all, plan.SortProblems(problems)
}

// join appends, and spares a copy where only one service has anything. Nothing is ever written behind a service's own.
func join[T any](all, more []T) []T {
	if len(all) == 0 {
		return slices.Clip(more)
	}
	return append(all, more...)
}

// Collapse turns live resources back into manifest sections, by section name: the inverse of Expand and Resolve. What a service made for
// itself, and what no entry can say, is left out.
func (r *Registry) Collapse(live []plan.Live, catalogue *plan.Catalogue) map[string][]*plan.Node {
	own := make(map[string][]plan.Live, len(r.providers))
	for _, l := range live {
		if p, known := r.For(l.Address); known {
			own[p.Name()] = append(own[p.Name()], l)
		}
	}
	sections := map[string][]*plan.Node{}
	for _, p := range r.providers {
		for section, entries := range p.Collapse(own[p.Name()], catalogue) {
			sections[section] = append(sections[section], entries...)
		}
	}
	return sections
}

// Statement returns the keys that state what is live behind a desired root, to be added to its entry; nil where there are none.
func (r *Registry) Statement(view *plan.View, of addr.Address) *plan.Node {
	if p, known := r.For(of); known {
		if stater, is := p.(Stater); is {
			return stater.Statement(view, of)
		}
	}
	return nil
}

// Effects implements [plan.Knowledge] by asking the service the resource belongs to.
func (r *Registry) Effects(catalogue *plan.Catalogue) func(plan.Resource) []access.Effect {
	byName := make(map[string]func(plan.Resource) []access.Effect, len(r.providers))
	return func(resource plan.Resource) []access.Effect {
		p, ok := r.For(resource.Address)
		if !ok {
			return nil
		}
		effects := byName[p.Name()]
		if effects == nil {
			effects = p.Effects(catalogue)
			byName[p.Name()] = effects
		}
		return effects(resource)
	}
}

// Manual implements [plan.Knowledge] by asking the service the resource belongs to.
func (r *Registry) Manual(before *plan.Live, after *plan.Desired, view *plan.View) []plan.Manual {
	address := addr.Address{}
	if after != nil {
		address = after.Address
	} else if before != nil {
		address = before.Address
	}
	if p, ok := r.For(address); ok {
		return p.Manual(before, after, view)
	}
	return nil
}
