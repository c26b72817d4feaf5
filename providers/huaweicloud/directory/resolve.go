package directory

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// GrantResolver resolves the names in the grants of one manifest: few roles and places stand behind many grants, so each
// name is looked up once. It is not safe for concurrent use.
type GrantResolver struct {
	// live is the account as it is, after with the policies that the manifest makes. Names are looked up in the latter and
	// spelled by the former, as live resources are.
	live, after *plan.Catalogue
	made        []plan.CatalogueEntry
	cloud       string
	meanings    map[name]*meaning
	bound       map[bound]*ResolvedGrant
	// known are those that were resolved, as they are written.
	known map[Grant]*ResolvedGrant
}

// NewGrantResolver returns a resolver for an account. Made are the entries of the custom policies that the manifest makes, cloud the
// kind of cloud.
func NewGrantResolver(live *plan.Catalogue, made []plan.CatalogueEntry, cloud string) *GrantResolver {
	return &GrantResolver{
		live: live, after: live.With(made...), made: made, cloud: cloud, meanings: map[name]*meaning{}, bound: map[bound]*ResolvedGrant{},
		known: map[Grant]*ResolvedGrant{},
	}
}

// After returns the catalogue that names are looked up in.
func (r *GrantResolver) After() *plan.Catalogue { return r.after }

// ResolvedGrant is a grant in its one spelling, with the ids behind its names. It is shared, and nobody changes it.
type ResolvedGrant struct {
	Grant
	Bindings map[string]string
	// Entry is the role, and Made is set where it is a policy that the manifest makes.
	Entry plan.CatalogueEntry
	Made  bool
	// Target is the project or enterprise project; zero in an account-wide scope.
	Target plan.CatalogueEntry
}

// name is what a grant refers to.
type name struct {
	kind string
	ref  plan.Reference
}

// meaning is what a name means in the account after the plan, or why it means nothing.
type meaning struct {
	entry plan.CatalogueEntry
	// spelled is the entry's one spelling, made of the live account where the entry is in it.
	spelled plan.Reference
	err     error
}

// bound is what the bindings of a grant depend on.
type bound struct {
	scope       Scope
	place, role *meaning
}

// Resolve resolves the names of a grant exactly. A name that is unknown or ambiguous is a problem at its place, and the grant is
// then nil.
func (r *GrantResolver) Resolve(g ListedGrant) (*ResolvedGrant, []plan.Problem) {
	if known := r.known[g.Grant]; known != nil {
		return known, nil
	}
	var problems []plan.Problem
	var target *meaning
	if kind := g.Place.Kind(); kind != "" {
		target = r.lookUp(kind, plan.ParseReference(g.Place.Name))
		if target.err != nil {
			problems = append(problems, LookupProblem(g.PlaceAt, r.after, target.err))
		}
	}
	role := r.lookUp(KindRole, g.Role)
	if role.err != nil {
		problems = append(problems, LookupProblem(g.At, r.after, role.err))
	}
	if len(problems) > 0 {
		return nil, problems
	}
	resolved := r.resolved(g.Place.Scope, target, role)
	r.known[g.Grant] = resolved
	return resolved, nil
}

// lookUp finds what a name means, once.
func (r *GrantResolver) lookUp(kind string, ref plan.Reference) *meaning {
	key := name{kind, ref}
	if known := r.meanings[key]; known != nil {
		return known
	}
	m := &meaning{}
	r.meanings[key] = m
	if m.entry, m.err = r.after.Lookup(kind, ref); m.err != nil {
		return m
	}
	m.spelled = r.after.Spell(m.entry)
	if kind == KindRole && m.entry.ID != "" {
		m.spelled = r.live.Spell(m.entry)
	}
	return m
}

// resolved returns what all grants of the role in the place have in common. Target is nil in an account-wide scope.
func (r *GrantResolver) resolved(scope Scope, target, role *meaning) *ResolvedGrant {
	key := bound{scope, target, role}
	if known := r.bound[key]; known != nil {
		return known
	}
	g := &ResolvedGrant{Grant: Grant{Place: Place{Scope: scope}, Role: role.spelled}, Bindings: map[string]string{}, Entry: role.entry}
	r.bound[key] = g
	if target != nil {
		g.Place.Name, g.Target = target.spelled.String(), target.entry
		g.Bindings[g.Place.Binding()] = target.entry.ID
	}
	if role.entry.ID != "" {
		g.Bindings[BindingRole] = role.entry.ID
	}
	if role.spelled.Qualifier == "id" && !role.entry.Unlisted {
		g.Bindings[BindingRoleName] = role.entry.Name
	}
	g.Made = role.entry.Qualifier == policy.Custom &&
		slices.ContainsFunc(r.made, func(e plan.CatalogueEntry) bool { return e.Name == role.entry.Name })
	return g
}
