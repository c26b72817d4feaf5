package serviceagency

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// Section is the section of a manifest that services with authorizations share; typ is the first word of the addresses.
const (
	Section = "authorizations"
	typ     = "authorization"
)

// Provider is what is known of every service with authorizations without a connection, for a [providers.Provider] to embed.
// It is immutable and safe for concurrent use.
type Provider struct {
	// Service is the name by which entries and addresses know the service: "csms".
	Service string
	// Title is what people know the service by.
	Title string
	Host  huaweicloud.Host
	// Schema is the JSON Schema of an entry.
	Schema []byte
	// Found names the settings that an authorization is found by.
	Found []string
	// Through returns the agencies that an authorization goes through. It is pure.
	Through func(view *plan.View, of addr.Address) []Agency
	// Agencies are those that the service makes for itself, by name, as far as they are known.
	Agencies huaweicloud.Published
	// Projects: the service is called in projects, and not once in each region. Kinds tell the authorizations of one place
	// apart; none where there is one.
	Projects bool
	Kinds    []string
}

// Name implements [providers.Provider].
func (p Provider) Name() string { return p.Service }

// Prefix is the beginning of the service's addresses.
func (p Provider) Prefix() string { return typ + "/" + p.Service }

// Prefixes implements [providers.Provider].
func (p Provider) Prefixes() []string { return []string{p.Prefix()} }

// Fragments implements [providers.Provider].
func (p Provider) Fragments() []providers.Fragment {
	return []providers.Fragment{
		{Section: Section, Service: p.Service, Schema: slices.Clone(p.Schema)},
		{Definition: "serviceAgencies", Schema: slices.Clone(agenciesSchema)}, directory.GrantsFragment(),
	}
}

// Resolve implements [providers.Provider] for a service whose authorizations name nothing that the catalogue would know: its
// own resources are returned as they are, but for what they state of agencies.
func (p Provider) Resolve(
	desired []plan.Desired, m *plan.Manifest, catalogue *plan.Catalogue,
) (providers.Resolution, []plan.Problem) {
	own := providers.Within(desired, p.Prefix())
	problems := p.ResolveStated(own, m, catalogue)
	return providers.Resolution{Desired: own}, problems
}

// Cover implements [providers.Provider].
func (p Provider) Cover(desired []plan.Desired) (roots []providers.Root, names []string) {
	return providers.RootsOf(desired, p.Prefixes(), p.Found...), nil
}

// Guardrails implements [providers.Provider].
func (Provider) Guardrails() []plan.Guardrail {
	return []plan.Guardrail{policy.GuardrailForbiddenRoles()}
}

// Guard implements [providers.Provider]: an entry may not state a grant of a role that is forbidden. What is live is held against the
// guardrails as a grant.
func (Provider) Guard(m *plan.Manifest) func(*plan.Resource) []plan.Finding {
	forbidden := policy.ForbiddenBy(m.Guardrails)
	return func(r *plan.Resource) (findings []plan.Finding) {
		if len(forbidden) == 0 {
			return nil
		}
		for _, s := range statementsOf(r.Settings) {
			for _, a := range s.Grants {
				if g, ok := directory.GrantOf(plan.Resource{Address: a}); ok && forbidden.Has(g.Role.Name, r.Bindings[a.String()]) {
					findings = append(findings, plan.Finding{
						Rule: policy.RuleForbiddenRoles, Severity: plan.High, Address: r.Address, Attribute: a.String(),
						Message: fmt.Sprintf("%q in scope %s is among guardrails.forbiddenRoles", g.Role, g.Place.Scope),
					})
				}
			}
		}
		return findings
	}
}

// Address returns the address of an authorization: the region or project, and what else tells it from others.
func (p Provider) Address(parts ...string) addr.Address {
	segments := []addr.Segment{addr.Plain(p.Service)}
	for _, part := range parts {
		segments = append(segments, addr.Plain(part))
	}
	return addr.New(typ, segments...)
}

// Parts is the inverse of [Provider.Address]; nil for an address that is none of the service's with so many parts.
func (p Provider) Parts(a addr.Address, count int) []string {
	if a.Type() != typ { // most are not, and the rest costs memory
		return nil
	}
	segments := a.Segments()
	if len(segments) != 1+count || segments[0] != addr.Plain(p.Service) {
		return nil
	}
	parts := make([]string, 0, count)
	for _, s := range segments[1:] {
		if s.Qualifier != "" {
			return nil
		}
		parts = append(parts, s.Text)
	}
	return parts
}

// PlaceOf is the inverse of [Provider.Address] where the region or project is all: ok is false for any other address.
func (p Provider) PlaceOf(a addr.Address) (name string, ok bool) {
	if parts := p.Parts(a, 1); parts != nil {
		return parts[0], true
	}
	return "", false
}

// Entries returns the service's entries of the manifest, with problems about the service or a region not being on offer or left
// unread.
func (p Provider) Entries(m *plan.Manifest) ([]providers.RegionalEntry, []plan.Problem) {
	entries, problems := providers.RegionalEntriesOf(m, Section, p.Service)
	problems = append(problems, p.leftOut(m, entries)...)
	return entries, append(problems, p.Host.NotOffered(m, Section, p.Service)...)
}

// Collapsed returns live authorizations as the section of a manifest, sorted by address; nil for none. Those of one place make
// one entry, with all their values in the list of that key. Told returns the region and the values of an authorization that is to
// be listed.
func (p Provider) Collapsed(live []plan.Live, key string,
	told func(*plan.Live) (region string, values []string, ok bool)) map[string][]*plan.Node {
	sorted := slices.Clone(live)
	slices.SortFunc(sorted, func(a, b plan.Live) int { return addr.Compare(a.Address, b.Address) })
	var entries []*plan.Node
	latest := ""
	for i := range sorted {
		region, values, ok := told(&sorted[i])
		if !ok || sorted[i].ServiceMade {
			continue
		}
		if place := sorted[i].Address.Segments()[1].Text; place != latest {
			entry := &plan.Node{Kind: plan.Map, Entries: []plan.Pair{
				{Key: "service", Value: plan.NewText(p.Service)}, {Key: "region", Value: plan.NewText(region)},
			}}
			if place != region {
				entry.Entries = append(entry.Entries, plan.Pair{Key: "project", Value: plan.NewText(place)})
			}
			entry.Entries = append(entry.Entries, plan.Pair{Key: key, Value: &plan.Node{Kind: plan.List}})
			entries, latest = append(entries, entry), place
		}
		list := entries[len(entries)-1].Get(key)
		for _, value := range values {
			list.Items = append(list.Items, plan.NewText(value))
		}
	}
	if entries == nil {
		return nil
	}
	return map[string][]*plan.Node{Section: entries}
}

// RootAlone is the argument of [Provider.ToRead] for services in which each root is one resource.
func RootAlone(root addr.Address) []addr.Address { return []addr.Address{root} }

// ToRead returns the addresses that an observation of the service reads, sorted, each once: those of request.Only, or else the
// resources of each root of the coverage.
func (p Provider) ToRead(request providers.ObserveRequest, with func(root addr.Address) []addr.Address) []addr.Address {
	all := slices.DeleteFunc(slices.Clone(request.Only), func(a addr.Address) bool { return !p.isMember(a) })
	if request.Only == nil {
		for _, root := range request.Coverage.Within(p.Prefix()) {
			all = append(all, with(root.Address)...)
		}
	}
	slices.SortFunc(all, addr.Compare)
	return slices.Compact(all)
}
