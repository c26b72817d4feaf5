package iam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// Resolve implements [providers.Provider].
func (Provider) Resolve(desired []plan.Desired, m *plan.Manifest, catalogue *plan.Catalogue) (providers.Resolution, []plan.Problem) {
	r := resolver{manifest: m, catalogue: catalogue, unseen: map[string]bool{}, meanings: map[name]*meaning{}, bound: map[bound]*shared{}}
	own := 0
	for i := range desired {
		switch d := &desired[i]; d.Address.Type() {
		case directory.TypePolicy:
			r.policy(*d)
			own++
		case directory.TypeAgency, directory.TypeGrant:
			own++
		}
	}
	r.out.Desired = make([]plan.Desired, 0, own)
	r.grants = make(map[addr.Address]int, own)
	r.after = catalogue.With(r.out.Entries...)
	r.checkForbidden()
	for _, d := range desired {
		switch d.Address.Type() {
		case directory.TypePolicy:
			r.out.Desired = append(r.out.Desired, d)
		case directory.TypeAgency:
			r.agency(d)
		case directory.TypeGrant:
			r.grant(d)
		}
	}
	return r.out, r.problems
}

type resolver struct {
	manifest *plan.Manifest
	// catalogue is the world as it is, after with what the manifest makes of its policies. Names are looked up in the
	// latter and spelled by the former, as live resources are.
	catalogue, after *plan.Catalogue
	// grants are where the resolved grants so far stand in out; unseen the account names warned about.
	grants map[addr.Address]int
	unseen map[string]bool
	// meanings are the names looked up so far, and bound what grants of one role in one place share: few of both stand behind
	// many grants.
	meanings map[name]*meaning
	bound    map[bound]*shared
	out      providers.Resolution
	problems []plan.Problem
}

// name is what a grant refers to.
type name struct {
	kind string
	ref  plan.Reference
}

// meaning is what a name means in the world after the plan, or why it means nothing.
type meaning struct {
	entry plan.CatalogueEntry
	// spelled is the entry's one spelling, made of the live world where the entry is in it.
	spelled plan.Reference
	// made is set for a custom policy that the manifest makes.
	made bool
	err  error
}

// bound is what parts and bindings of a grant depend on, and shared those.
type bound struct {
	scope       directory.Scope
	place, role *meaning
}

type shared struct {
	parts    directory.Grant
	bindings map[string]string
}

// lookUp finds what a name means, once.
func (r *resolver) lookUp(kind string, ref plan.Reference) *meaning {
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
	if kind == directory.KindRole && m.entry.ID != "" {
		m.spelled = r.catalogue.Spell(m.entry)
	}
	m.made = kind == directory.KindRole && m.entry.Qualifier == policy.Custom && r.makes(m.entry.Name)
	return m
}

func (r *resolver) problem(at plan.Position, summary, hint, format string, arguments ...any) {
	r.problems = append(r.problems, plan.Problem{At: at, Summary: summary, Detail: fmt.Sprintf(format, arguments...), Hint: hint})
}

// policy adds the catalogue entry that a desired policy makes. A new policy cannot take the name of a role that the
// cloud has: then grants of that role would change their address half-way through an apply.
func (r *resolver) policy(d plan.Desired) {
	name := directory.NameOf(d.Address)
	var live []plan.CatalogueEntry
	taken := false
	for _, e := range r.catalogue.Named(directory.KindRole, name) {
		if e.Qualifier == policy.Custom {
			live = append(live, e)
		} else {
			taken = true
		}
	}
	switch {
	case len(live) > 1:
		r.problem(d.Source, "ambiguous policy", "delete or rename all but one of them by hand",
			"the account has %d custom policies named %q, and nothing tells them apart", len(live), name)
		return
	case d.Absent:
		return
	case len(live) == 0 && taken:
		r.problem(d.Source, "name taken", "choose another name",
			"the cloud has a role named %q, so a policy of that name would make every grant of it ambiguous", name)
		return
	}
	scope, _ := d.Attributes[attributeScope].AsString()
	document, _ := d.Attributes[attributeStatements].AsDocument()
	entry := plan.CatalogueEntry{
		Kind: directory.KindRole, Name: name, Qualifier: policy.Custom, Type: typeOfScope(scope), Document: wirePolicy(document),
	}
	if len(live) == 1 {
		entry.ID, entry.InternalName = live[0].ID, live[0].InternalName
	}
	r.out.Entries = append(r.out.Entries, entry)
}

func (r *resolver) agency(d plan.Desired) {
	t, ok := directory.TrustOf(d.Resource)
	if !ok || d.Absent {
		r.out.Desired = append(r.out.Desired, d)
		return
	}
	at := d.SourceOf(directory.AttributeTrust)
	canonical, id, candidates := canonicalTrust(t, r.catalogue)
	if len(candidates) > 0 {
		var ids []string
		for _, e := range candidates {
			ids = append(ids, e.ID)
		}
		r.problem(at, "ambiguous account", "write accountId: with the id of the one that is meant",
			"%d accounts that live agencies trust are named %q: %s", len(ids), t.Value, strings.Join(ids, ", "))
		return
	}
	if canonical.Kind == directory.TrustAccount && id == "" && r.isUnproven(canonical.Value) {
		d.Unproven = true
		r.warnUnseen(at, canonical.Value)
	}
	if canonical != t {
		d.Attributes = withTrust(d.Attributes, canonical)
	}
	d.Bindings = map[string]string{}
	if id != "" {
		d.Bindings[bindingTrust] = id
	}
	r.out.Desired = append(r.out.Desired, d)
}

// withTrust is a copy of the attributes with another trust.
func withTrust(attributes plan.Attributes, t directory.Trust) plan.Attributes {
	changed := make(plan.Attributes, len(attributes))
	for name, value := range attributes {
		changed[name] = value
	}
	changed[directory.AttributeTrust] = plan.StringValue(t.String())
	return changed
}

// isUnproven reports whether nothing but the manifest's own word says that an account has this name.
func (r *resolver) isUnproven(name string) bool {
	return r.manifest.Guardrails.Get(guardTrustedAccounts) == nil && name != r.manifest.Account.Name
}

// warnUnseen says once for each account that nobody can check its name: a stranger may have taken it.
func (r *resolver) warnUnseen(at plan.Position, name string) {
	if r.unseen[name] {
		return
	}
	r.unseen[name] = true
	r.problems = append(r.problems, plan.Problem{
		At: at, Summary: "account cannot be looked up", Warning: true,
		Detail: fmt.Sprintf("no agency of this account trusts %q yet, and another account's name cannot be checked", name),
		Hint:   "check the spelling, and list the accounts that may be trusted in guardrails.trustedAccounts",
	})
}

func (r *resolver) grant(d plan.Desired) {
	written, ok := directory.GrantOf(d.Resource)
	if !ok {
		r.problem(d.Source, "bad grant", "", "%s does not name a grant", d.Address)
		return
	}
	var target *meaning
	place := written.Place
	if kind := place.Kind(); kind != "" {
		target = r.lookUp(kind, plan.ParseReference(place.Name))
		if target.err != nil {
			r.problems = append(r.problems, lookupProblem(d.SourceOf(attributeScope), r.after, target.err))
		} else {
			place.Name = target.spelled.String()
		}
	}
	role := r.lookUp(directory.KindRole, written.Role)
	if role.err != nil {
		r.problems = append(r.problems, lookupProblem(d.Source, r.after, role.err))
		return
	}
	if target != nil && target.err != nil || !r.fits(d, place, role.entry) {
		return
	}
	if role.entry.Qualifier != policy.Custom {
		if len(d.DependsOn) > 0 {
			d.DependsOn = slices.DeleteFunc(slices.Clone(d.DependsOn), func(dep plan.Dependency) bool { return dep.Implied })
		}
	} else if on := r.policyBehind(role); !slices.ContainsFunc(d.DependsOn, func(dep plan.Dependency) bool { return dep.On == on }) {
		d.DependsOn = append(slices.Clone(d.DependsOn), plan.Dependency{On: on, Implied: true})
	}
	shared := r.shared(place, target, role)
	if place != written.Place || role.spelled != written.Role {
		d.Address = shared.parts.Address(directory.NameOf(d.Parent))
	}
	d.Bindings, d.Parts = shared.bindings, &shared.parts
	if first, twice := r.grants[d.Address]; twice {
		r.problem(d.Source, "grant given twice", "remove one of the two", "%s is already given at %s, perhaps in another spelling", d.Address,
			r.out.Desired[first].Source)
		return
	}
	r.grants[d.Address] = len(r.out.Desired)
	r.out.Desired = append(r.out.Desired, d)
}

// policyBehind returns the address of the custom policy behind a role.
func (r *resolver) policyBehind(role *meaning) addr.Address {
	namesakes := 0
	for _, e := range r.catalogue.Named(directory.KindRole, role.entry.Name) {
		if e.Qualifier == policy.Custom {
			namesakes++
		}
	}
	if namesakes > 1 {
		return directory.PolicyAddress(plan.Reference{Qualifier: "id", Name: role.entry.ID})
	}
	return directory.PolicyAddress(plan.Reference{Name: role.entry.Name})
}

// shared returns what all grants of the role in the place have in common.
func (r *resolver) shared(place directory.Place, target, role *meaning) *shared {
	key := bound{place.Scope, target, role}
	if known := r.bound[key]; known != nil {
		return known
	}
	s := &shared{parts: directory.Grant{Place: place, Role: role.spelled}, bindings: map[string]string{}}
	r.bound[key] = s
	if target != nil {
		s.bindings[place.Binding()] = target.entry.ID
	}
	if role.entry.ID != "" {
		s.bindings[directory.BindingRole] = role.entry.ID
	}
	if role.spelled.Qualifier == "id" && !role.entry.Unlisted {
		s.bindings[bindingRoleName] = role.entry.Name
	}
	return s
}

// makes reports whether the manifest makes the custom policy of that name.
func (r *resolver) makes(name string) bool {
	return slices.ContainsFunc(r.out.Entries, func(e plan.CatalogueEntry) bool { return e.Name == name })
}

// fittingTypes are the types of roles that work in each scope. In enterprise projects the documents say nothing, so
// every visible type is let through.
var fittingTypes = map[directory.Scope][]string{
	directory.Domain:            {"AX", "AA"},
	directory.AllProjects:       {"AX", "XA", "AA"},
	directory.OneProject:        {"XA", "AA"},
	directory.EnterpriseProject: {"AX", "XA", "AA"},
}

// fits reports whether the role can be granted in the place; where it cannot, that is a problem.
func (r *resolver) fits(d plan.Desired, place directory.Place, role plan.CatalogueEntry) bool {
	if !r.grantable(d, place, role) {
		return false
	}
	t := role.Type
	if t == "" || slices.Contains(fittingTypes[place.Scope], t) {
		return true
	}
	hint := "choose another role"
	switch t {
	case "AX":
		hint = "grant it in domain: it is about account-wide services"
	case "XA":
		hint = "grant it in projects or allProjects: it is about services of projects"
	}
	r.problem(d.Source, "role does not fit the scope", hint, "%q is of type %s and would have no effect in scope %s", role.Name, t,
		place.Scope)
	return false
}
