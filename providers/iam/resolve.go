package iam

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// Resolve implements [providers.Provider].
func (Provider) Resolve(desired []plan.Desired, m *plan.Manifest, catalogue *plan.Catalogue) (providers.Resolution, []plan.Problem) {
	r := resolver{
		manifest: m, catalogue: catalogue, agencies: map[addr.Address]*plan.Desired{}, unseen: map[string]bool{}, gone: map[string]bool{},
		renamed: map[string]string{}, trusts: map[directory.Trust]*resolvedTrust{},
	}
	for i := range desired {
		if d := &desired[i]; d.Address.Type() == directory.TypeAgency {
			r.agencies[d.Address] = d
		}
	}
	policies := map[int]plan.Desired{}
	r.checkLeftOut()
	own := 0
	for i := range desired {
		switch d := &desired[i]; d.Address.Type() {
		case directory.TypePolicy:
			policies[i] = r.policy(*d)
			own++
		case directory.TypeAgency, directory.TypeGrant:
			own++
		default:
			continue
		}
		r.checkParent(&desired[i])
	}
	r.out.Desired = make([]plan.Desired, 0, own)
	r.names = directory.NewGrantResolver(catalogue, r.out.Entries, m.Cloud.Kind)
	r.checkForbidden()
	for i := range desired {
		switch desired[i].Address.Type() {
		case directory.TypePolicy:
			r.out.Desired = append(r.out.Desired, policies[i])
		case directory.TypeAgency:
			r.add(&desired[i], r.agency)
		case directory.TypeGrant:
			r.add(&desired[i], r.grant)
		}
	}
	return r.out, r.problems
}

// add adds a copy of d to what is resolved, if resolve says so: it resolves the copy in place.
func (r *resolver) add(d *plan.Desired, resolve func(*plan.Desired) bool) {
	last := len(r.out.Desired)
	r.out.Desired = append(r.out.Desired, *d)
	if !resolve(&r.out.Desired[last]) {
		r.out.Desired = r.out.Desired[:last]
	}
}

// checkLeftOut warns of parts that the manifest leaves unread and the account does not have.
func (r *resolver) checkLeftOut() {
	for _, part := range r.manifest.NotRead {
		project, is := strings.CutPrefix(part, huaweicloud.PartProject)
		switch {
		case part == huaweicloud.PartIAMv5 && !huaweicloud.TraitsOf(r.manifest.Cloud.Kind).IdentityV5:
			r.problems = append(r.problems, directory.LeavesNothingOut(r.manifest, part, "the cloud has none"))
		case is:
			_, err := r.catalogue.Lookup(directory.KindProject, plan.ParseReference(project))
			var unknown *plan.UnknownError
			if errors.As(err, &unknown) {
				r.problems = append(r.problems, directory.LeavesNothingOut(r.manifest, part, "the account has no such project",
					r.catalogue.Names(directory.KindProject)...))
			}
		}
	}
}

// checkPlace returns why nothing can be granted in the place of a grant, nil where something can. A project that the manifest leaves unread
// may have another name there than here.
func (r *resolver) checkPlace(g *directory.ResolvedGrant, d *plan.Desired) *plan.Problem {
	at := d.SourceOf(attributeScope)
	if len(r.manifest.NotRead) > 0 && g.Place.Scope == directory.OneProject {
		for _, name := range []string{g.Target.Name, "id:" + g.Target.ID} {
			if left := directory.LeftOut(d.Parent.String()+", with its grants here,", huaweicloud.PartProject+name, at, r.manifest); left != nil {
				return left
			}
		}
	}
	return r.names.CheckUsable(g, d.Source, at)
}

// checkParent refuses a resource that is part of something else than its address says. No manifest gives one, but what was saved may.
func (r *resolver) checkParent(d *plan.Desired) {
	is := d.Parent.IsZero()
	if d.Address.Type() == directory.TypeGrant {
		is = d.Parent.Type() == directory.TypeAgency && directory.NameOf(d.Parent) == directory.NameOf(d.Address)
	}
	if !is {
		r.problem(d.Source, "bad parent", "", "%s cannot be part of %q", d.Address, d.Parent)
	}
}

type resolver struct {
	manifest  *plan.Manifest
	catalogue *plan.Catalogue
	trusts    map[directory.Trust]*resolvedTrust
	// agencies are those that are given.
	agencies map[addr.Address]*plan.Desired
	names    *directory.GrantResolver
	// grants are where the resolved grants so far stand in out, nil as long as each is spelled as it is resolved: then none can be given
	// twice. Unseen are the account names warned about.
	grants map[addr.Address]int
	unseen map[string]bool
	// gone are the names of the policies that the manifest deletes.
	gone map[string]bool
	// renamed are the new names of the policies that the manifest renames, by the old ones.
	renamed  map[string]string
	out      providers.Resolution
	problems []plan.Problem
}

func (r *resolver) problem(at plan.Position, summary, hint, format string, arguments ...any) {
	r.problems = append(r.problems, plan.Problem{At: at, Summary: summary, Detail: fmt.Sprintf(format, arguments...), Hint: hint})
}

// agency resolves whom an agency trusts, in place. It is false where that is refused.
func (r *resolver) agency(d *plan.Desired) bool {
	t, ok := sentTrust(&d.Resource)
	if !ok || d.Absent {
		return true
	}
	at := d.SourceOf(directory.AttributeTrust)
	if service, is := directory.ServiceNamed(t.Value); is && t.Kind == directory.TrustAccount { // no manifest says so, but what was saved may
		r.problem(at, "service as an account", hintService+service, "the account %+q can only mean a cloud service", t.Value)
		return false
	}
	resolved := r.trust(t)
	canonical := resolved.canonical
	if len(resolved.candidates) > 0 {
		var ids []string
		for _, e := range resolved.candidates {
			ids = append(ids, e.ID)
		}
		r.problem(at, "ambiguous account", "write accountId: with the id of the one that is meant",
			"%d accounts that live agencies trust are named %q: %s", len(ids), t.Value, strings.Join(ids, ", "))
		return false
	}
	if canonical.Kind == directory.TrustAccount && len(resolved.bindings) == 0 && r.isUnproven(canonical.Value) {
		d.Unproven = true
		r.warnUnseen(at, canonical.Value)
	}
	if said, _ := directory.TrustOf(d.Resource); said != canonical { // also where what was saved says something else than it sends
		d.Attributes = withTrust(d.Attributes, canonical)
	}
	if canonical != t && t.Kind == directory.TrustAccountID { // pinned: by the name that it has today the cloud may find another
		d.Settings = plan.Attributes{directory.AttributeTrust: plan.StringValue(t.String())}
	}
	d.Bindings = resolved.bindings
	return true
}

// resolvedTrust is whom a trust means. It is shared, and nobody changes it.
type resolvedTrust struct {
	canonical directory.Trust
	bindings  map[string]string
	// candidates are all accounts that it may mean, where these are several.
	candidates []plan.CatalogueEntry
}

// trust looks up whom a trust means, once: few trusts stand behind many agencies.
func (r *resolver) trust(t directory.Trust) *resolvedTrust {
	if known := r.trusts[t]; known != nil {
		return known
	}
	resolved := &resolvedTrust{bindings: map[string]string{}}
	var id string
	if resolved.canonical, id, resolved.candidates = canonicalTrust(t, r.catalogue); id != "" {
		resolved.bindings[bindingTrust] = id
	}
	r.trusts[t] = resolved
	return resolved
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

// grant resolves the names of a grant, in place. It is false where the grant is refused, or is one that was given before.
func (r *resolver) grant(d *plan.Desired) bool {
	written, ok := directory.GrantOf(d.Resource)
	if !ok {
		r.problem(d.Source, "bad grant", "", "%s does not name a grant", d.Address)
		return false
	}
	if name := r.renamed[written.Role.Name]; name != "" && r.isUnknown(written.Role) {
		r.problem(d.Source, "policy is renamed", fmt.Sprintf("write %q", name), "%s names the policy %q, which is renamed to %q", d.Address,
			written.Role.Name, name)
		return false
	}
	if d.Absent && r.cannotBeThere(d, written.Role) {
		return false
	}
	g, problems := r.names.Resolve(directory.ListedGrant{Grant: written, At: d.Source, PlaceAt: d.SourceOf(attributeScope)})
	r.problems = append(r.problems, problems...)
	if g == nil {
		return false
	}
	if problem := r.checkPlace(g, d); problem != nil && !d.Absent {
		if !slices.Contains(r.problems, *problem) { // it is one mistake, however many roles are granted there
			r.problems = append(r.problems, *problem)
		}
		return false
	}
	if problem := r.names.CheckGrantable(g, d.Source); problem != nil && !d.Absent { // whatever is there may be taken away
		r.problems = append(r.problems, *problem)
		if !problem.Warning {
			return false
		}
	}
	if g.Entry.Qualifier != policy.Custom || d.Absent {
		if len(d.DependsOn) > 0 {
			d.DependsOn = slices.DeleteFunc(slices.Clone(d.DependsOn), func(dep plan.Dependency) bool { return dep.Implied })
		}
	} else if on := r.policyBehind(g.Entry); !slices.ContainsFunc(d.DependsOn, func(dep plan.Dependency) bool { return dep.On == on }) {
		d.DependsOn = append(slices.Clone(d.DependsOn), plan.Dependency{On: on, Implied: true})
	}
	d.Bindings, d.Parts = g.Bindings, &g.Grant
	if g.Grant != written {
		d.Address = g.Address(directory.NameOf(d.Parent))
		r.indexGrants()
	}
	return r.grants == nil || r.isFirst(d)
}

// indexGrants begins to tell where the resolved grants stand, with those before the last.
func (r *resolver) indexGrants() {
	if r.grants != nil {
		return
	}
	r.grants = map[addr.Address]int{}
	for i := range r.out.Desired[:len(r.out.Desired)-1] {
		if d := &r.out.Desired[i]; d.Address.Type() == directory.TypeGrant {
			r.grants[d.Address] = i
		}
	}
}

// isFirst notes where the last of what is resolved stands, which is the grant d. It is false for one that is given already: that is a
// problem, but for joint ones.
func (r *resolver) isFirst(d *plan.Desired) bool {
	i, twice := r.grants[d.Address]
	if !twice {
		r.grants[d.Address] = len(r.out.Desired) - 1
		return true
	}
	first := &r.out.Desired[i]
	if r.isJoint(first, d) {
		first.Notes = first.Notes.And(d.Notes)
		return false
	}
	problem := plan.GivenTwice(first, d)
	problem.Detail += ", perhaps in another spelling"
	if d.Absent == first.Absent {
		problem.Summary = "grant given twice"
	}
	r.problems = append(r.problems, problem)
	return false
}

// isJoint reports whether two wishes for a grant, of which each has a spelling of its own, are of two of the entries that are laid
// together for an agency: these stand in several files.
func (r *resolver) isJoint(one, other *plan.Desired) bool {
	agency := r.agencies[one.Parent]
	return agency != nil && len(agency.SaidBeside().Entries) > 0 && one.Absent == other.Absent && one.Source.File != other.Source.File
}

// policyBehind returns the address of the custom policy behind a role.
func (r *resolver) policyBehind(role plan.CatalogueEntry) addr.Address {
	namesakes := 0
	for _, e := range r.catalogue.Named(directory.KindRole, role.Name) {
		if e.Qualifier == policy.Custom {
			namesakes++
		}
	}
	if namesakes > 1 {
		return directory.PolicyAddress(plan.Reference{Qualifier: "id", Name: role.ID})
	}
	return directory.PolicyAddress(plan.Reference{Name: role.Name})
}

// cannotBeThere reports whether a grant that must be absent is of a role that the account does not have, for a good reason: the
// manifest deletes it, or it is known by its id alone, and whoever had it lost it. A name that nobody knows is no good reason: it
// may be misspelt.
func (r *resolver) cannotBeThere(d *plan.Desired, role plan.Reference) bool {
	switch {
	case !r.isUnknown(role):
		return false
	case role.Qualifier == "id":
		r.problem(d.Source, "unknown role", "remove it, if it is not to be kept out any more",
			"the account has no role %q, so nobody has it", role)
		r.problems[len(r.problems)-1].Warning = true
		return true
	}
	return r.gone[role.Name] && (role.Qualifier == "" || role.Qualifier == policy.Custom)
}

// isUnknown reports whether the account does not have the role, once all is made.
func (r *resolver) isUnknown(role plan.Reference) bool {
	_, err := r.names.After().Lookup(directory.KindRole, role)
	var unknown *plan.UnknownError
	return errors.As(err, &unknown)
}
