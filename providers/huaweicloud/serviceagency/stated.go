package serviceagency

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// keyAgencies is the key of an entry that says what the service's agencies are to be, and the setting that holds it.
const keyAgencies = "agencies"

//go:embed agencies.schema.json
var agenciesSchema []byte

// stated is what an entry says of one agency of its service. It is saved with a plan.
type stated struct {
	// Trust is the name of the service's account; "" where the entry does not say.
	Trust string `json:"trust,omitempty"`
	// Exact is set where the entry lists all grants of its part, which may be none.
	Exact  bool           `json:"exact,omitempty"`
	Grants []addr.Address `json:"grants,omitempty"`
	Absent []addr.Address `json:"absent,omitempty"`
}

// State reads what the entry says of the service's agencies into the settings of a resource that it asks for.
func (p Provider) State(d *plan.Desired, entry *plan.Node, m *plan.Manifest) []plan.Problem {
	block := entry.Get(keyAgencies)
	if len(block.Pairs()) == 0 {
		return nil
	}
	d.Sources.Set(keyAgencies, block.Position())
	var problems []plan.Problem
	all := map[string]stated{}
	for _, pair := range block.Pairs() {
		grants, absent := pair.Value.Get("grants"), pair.Value.Get("grantsAbsent")
		s := stated{Trust: pair.Value.Get("trust").Get("service").String(), Exact: grants != nil}
		d.Sources.Set(pair.Key, pair.KeyAt)
		for _, list := range []*plan.Node{grants, absent} {
			problems = append(problems, directory.CheckListed(d.Address, list, m)...)
		}
		for g := range directory.ListedGrants(grants) {
			a := g.Address(pair.Key)
			s.Grants = append(s.Grants, a)
			d.Sources.Set(a.String(), g.At)
		}
		for g := range directory.ListedGrants(absent) {
			a := g.Address(pair.Key)
			if slices.Contains(s.Grants, a) {
				problems = append(problems, bothListed(a, g.At, d.SourceOf(a.String())))
				continue
			}
			s.Absent = append(s.Absent, a)
			d.Sources.Set(a.String(), g.At)
		}
		all[pair.Key] = s
		d.State(plan.Statement{Key: keyAgencies, Value: pair.Key, At: pair.KeyAt})
		for _, part := range pair.Value.Pairs() {
			d.State(plan.Statement{Key: keyAgencies, Value: pair.Key + "." + part.Key, At: part.KeyAt})
		}
	}
	d.Settings = maps.Clone(d.Settings)
	if d.Settings == nil {
		d.Settings = plan.Attributes{}
	}
	d.Settings[keyAgencies] = statedValue(all)
	return problems
}

func bothListed(a addr.Address, at, other plan.Position) plan.Problem {
	return plan.Problem{
		At: at, Summary: "grant listed and absent", Hint: "remove one of the two",
		Detail: fmt.Sprintf("%s is to be absent here, and is listed at %s", a, other),
	}
}

// statedValue returns statements as a setting, and statementsOf takes them out of one.
func statedValue(all map[string]stated) plan.Value {
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // texts and addresses always marshal
	}
	value, err := plan.DocumentValue(text)
	if err != nil {
		panic(err) // a map is an object
	}
	return value
}

func statementsOf(settings plan.Attributes) map[string]stated {
	text, is := settings[keyAgencies].AsDocument()
	if !is {
		return nil
	}
	var all map[string]stated
	if json.Unmarshal([]byte(text), &all) != nil {
		return nil // a file that somebody wrote: its plan is built again from what can be read
	}
	for name, s := range all {
		if !s.isAbout(name) {
			return nil // such a file too: an entry trusts services only, and lists grants of its own agencies
		}
	}
	return all
}

// isAbout reports whether a statement can be that of an entry about the agency.
func (s stated) isAbout(agency string) bool {
	isForeign := func(a addr.Address) bool { return a.Type() != directory.TypeGrant || directory.NameOf(a) != agency }
	return (s.Trust == "" || strings.HasPrefix(s.Trust, directory.ServicePrefix)) &&
		!slices.ContainsFunc(s.Grants, isForeign) && !slices.ContainsFunc(s.Absent, isForeign)
}

// ResolveStated resolves the names in what entries say of the service's agencies, in copies of the settings, and finds what cannot
// be: an agency that the service does not have, and entries that contradict each other.
func (p Provider) ResolveStated(own []plan.Desired, m *plan.Manifest, catalogue *plan.Catalogue) []plan.Problem {
	problems := p.checkLeftOut(m, catalogue)
	resolver := directory.NewGrantResolver(catalogue, nil, m.Cloud.Kind)
	view := plan.NewView(&plan.Snapshot{Catalogue: catalogue}, m.Ownership, own)
	for i := range own {
		d := &own[i]
		all := statementsOf(d.Settings)
		if all == nil {
			continue
		}
		known := p.namesThrough(view, own)
		resolved := map[string]stated{}
		d.Sources = slices.Clone(d.Sources)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			s := all[name]
			if !slices.Contains(known, name) {
				problems = append(problems, p.unknownAgency(d, name, known))
			}
			var bad []plan.Problem
			s.Grants, bad = p.resolveGrants(d, name, s.Grants, resolver)
			problems = append(problems, bad...)
			problems = append(problems, unusable(d, s.Grants, resolver)...)
			s.Absent, bad = p.resolveGrants(d, name, s.Absent, resolver)
			problems = append(problems, bad...)
			resolved[name] = s
		}
		d.Settings = maps.Clone(d.Settings)
		d.Settings[keyAgencies] = statedValue(resolved)
	}
	return append(problems, p.CheckStated(own)...)
}

func (p Provider) unknownAgency(d *plan.Desired, name string, known []string) plan.Problem {
	hint := plan.DidYouMean(name, known)
	if hint == "" {
		hint = fmt.Sprintf("the agencies of %s are %s", p.Title, plan.SetValue(known...))
	}
	return plan.Problem{
		At: d.SourceOf(name), Summary: "agency of another service", Hint: hint,
		Detail: fmt.Sprintf("%q is not among the agencies through which %s is authorized here", name, p.Title),
	}
}

// namesThrough are the names of the agencies that the authorizations go through, sorted.
func (p Provider) namesThrough(view *plan.View, own []plan.Desired) []string {
	var names []string
	for i := range own {
		for _, agency := range p.Through(view, own[i].Address) {
			names = append(names, agency.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// unusable returns the problems of grants that nobody can have, because of the project that they are in.
func unusable(d *plan.Desired, grants []addr.Address, resolver *directory.GrantResolver) (problems []plan.Problem) {
	for _, a := range grants {
		grant, _ := directory.GrantOf(plan.Resource{Address: a})
		at := d.SourceOf(a.String())
		if g, _ := resolver.Resolve(directory.ListedGrant{Grant: grant, At: at, PlaceAt: at}); g != nil {
			if problem := resolver.CheckUsable(g, at, at); problem != nil {
				problems = append(problems, *problem)
			}
		}
	}
	return problems
}

// resolveGrants returns the final addresses of grants, sorted, with the positions that they had.
func (p Provider) resolveGrants(
	d *plan.Desired, agency string, written []addr.Address, resolver *directory.GrantResolver,
) (final []addr.Address, problems []plan.Problem) {
	for _, a := range written {
		grant, ok := directory.GrantOf(plan.Resource{Address: a})
		if !ok {
			continue // a file that somebody wrote
		}
		at := d.SourceOf(a.String())
		g, bad := resolver.Resolve(directory.ListedGrant{Grant: grant, At: at, PlaceAt: at})
		problems = append(problems, bad...)
		if g == nil {
			continue
		}
		spelled := g.Address(agency)
		if slices.Contains(final, spelled) {
			problems = append(problems, plan.Problem{
				At: at, Summary: "grant given twice", Hint: "remove one of the two",
				Detail: fmt.Sprintf("%s is already given at %s, perhaps in another spelling", spelled, d.SourceOf(spelled.String())),
			})
			continue
		}
		d.Sources.Set(spelled.String(), at)
		if d.Bindings = maps.Clone(d.Bindings); d.Bindings == nil {
			d.Bindings = map[string]string{}
		}
		d.Bindings[spelled.String()] = g.Bindings[directory.BindingRole]
		final = append(final, spelled)
	}
	slices.SortFunc(final, addr.Compare)
	return final, problems
}

// statements are what all present entries of a service say of one agency, laid together.
type statements struct {
	trust string
	// account are the grants that belong to no entry's project, as far as some entry lists them exactly.
	account []addr.Address
	exact   bool
	absent  []addr.Address
	// in are the grants in each entry's project, by project, where its entry lists them exactly.
	in map[string][]addr.Address
}

// statementsAbout lays together what the entries say of an agency. Projects are those of all entries that share the agency; first
// is the entry that answers for the account.
func statementsAbout(
	view *plan.View, agency string, first addr.Address, entries []addr.Address, projects map[string]addr.Address,
) statements {
	together := statements{in: map[string][]addr.Address{}}
	for _, entry := range entries {
		s, says := statementsOf(view.Desired(entry).Settings)[agency]
		if !says {
			continue
		}
		if s.Trust != "" {
			together.trust = s.Trust
		}
		together.absent = append(together.absent, s.Absent...)
		if !s.Exact {
			continue
		}
		own := placeOf(entry)
		together.in[own] = append(together.in[own], nil...)
		together.exact = together.exact || entry == first
		for _, a := range s.Grants {
			if project := projectOf(a); project != "" && !projects[project].IsZero() {
				together.in[project] = append(together.in[project], a)
				continue
			}
			together.account, together.exact = append(together.account, a), true
		}
	}
	return together
}

// statedPolicies returns the custom policies that the entries state grants of, sorted. They are the service's also while its agency
// is not there, and then nobody else would hold them.
func (s *shared) statedPolicies(view *plan.View) (policies []addr.Address) {
	grants := slices.Clone(s.stated.account)
	for _, listed := range s.stated.in {
		grants = append(grants, listed...)
	}
	for _, a := range grants {
		g, _ := directory.GrantOf(plan.Resource{Address: a})
		e, err := view.Catalogue().Lookup(directory.KindRole, g.Role)
		if policyAddress := directory.PolicyAddress(g.Role); err == nil && e.Qualifier == policy.Custom && view.Live(policyAddress) != nil &&
			view.Desired(policyAddress) == nil {
			policies = append(policies, policyAddress)
		}
	}
	slices.SortFunc(policies, addr.Compare)
	return slices.Compact(policies)
}

// projectOf returns the project that a grant is in, "" for a grant in another scope.
func projectOf(a addr.Address) string {
	grant, ok := directory.GrantOf(plan.Resource{Address: a})
	if !ok || grant.Place.Scope != directory.OneProject {
		return ""
	}
	return grant.Place.Name
}

// CheckStated finds entries that say different things of one agency: of its trust, of what it has in the account, or of the
// project of another entry.
func (p Provider) CheckStated(own []plan.Desired) []plan.Problem {
	var problems []plan.Problem
	type said struct {
		by *plan.Desired
		stated
	}
	trusts, accounts := map[string]said{}, map[string]said{}
	entries := map[string]*plan.Desired{}
	for i := range own {
		if d := &own[i]; !d.Absent && entries[placeOf(d.Address)] == nil {
			entries[placeOf(d.Address)] = d
		}
	}
	differ := func(d *plan.Desired, name, what string, other said) {
		problems = append(problems, plan.Problem{
			At: d.SourceOf(name), Summary: "contradictory authorizations", Hint: "say it once, or write the same in both entries",
			Detail: fmt.Sprintf("%s says another %s of the agency %s than %s does at %s, and the account has one agency for both",
				d.Address, what, name, other.by.Address, other.by.SourceOf(name)),
		})
	}
	for i := range own {
		d := &own[i]
		if d.Absent {
			continue
		}
		all := statementsOf(d.Settings)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			s := all[name]
			if first, told := trusts[name]; told && s.Trust != "" && first.Trust != s.Trust {
				differ(d, name, "trust", first)
			} else if s.Trust != "" && !told {
				trusts[name] = said{d, s}
			}
			account := stated{}
			for _, a := range s.Grants {
				project := projectOf(a)
				other := entries[project]
				switch {
				case project == "" || other == nil:
					account.Grants = append(account.Grants, a)
				case project != placeOf(d.Address):
					problems = append(problems, plan.Problem{
						At: d.SourceOf(a.String()), Summary: "project of another authorization", Hint: "list it there",
						Detail: fmt.Sprintf("%s lists what the agency %s has in project %s, for which %s at %s answers", d.Address, name, project,
							other.Address, other.Source),
					})
				}
			}
			if first, told := accounts[name]; told && len(account.Grants) > 0 && !slices.Equal(first.Grants, account.Grants) {
				differ(d, name, "set of grants in the account", first)
			} else if len(account.Grants) > 0 && !told {
				accounts[name] = said{d, account}
			}
		}
	}
	return problems
}
