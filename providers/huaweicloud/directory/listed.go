package directory

import (
	_ "embed"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// The keys of a manifest's lists of grants, which say where the roles below them hold.
const (
	keyDomain             = "domain"
	keyAllProjects        = "allProjects"
	keyProjects           = "projects"
	keyEnterpriseProjects = "enterpriseProjects"
)

//go:embed grants.schema.json
var grantsSchema []byte

// GrantsFragment returns the definition of a key that lists grants. A service whose entries have such a key returns it among its
// fragments, and refers to it as "#/$defs/grants".
func GrantsFragment() providers.Fragment {
	return providers.Fragment{Definition: "grants", Schema: slices.Clone(grantsSchema)}
}

// ListedGrant is a grant as a manifest lists it, before its names are resolved.
type ListedGrant struct {
	Grant
	// At is where the role stands, PlaceAt where its scope, project or enterprise project does.
	At, PlaceAt plan.Position
}

// ListedGrants returns the grants below a key of a manifest that lists grants by scope, in the order of the text; nil lists
// none. What the schema refuses is left out: it has been reported.
func ListedGrants(grants *plan.Node) iter.Seq[ListedGrant] {
	return func(yield func(ListedGrant) bool) {
		for _, scope := range grants.Pairs() {
			switch scope.Key {
			case keyDomain:
				if !listIn(Place{Scope: Domain}, scope, yield) {
					return
				}
			case keyAllProjects:
				if !listIn(Place{Scope: AllProjects}, scope, yield) {
					return
				}
			case keyProjects, keyEnterpriseProjects:
				kind := OneProject
				if scope.Key == keyEnterpriseProjects {
					kind = EnterpriseProject
				}
				for _, place := range scope.Value.Pairs() {
					if place.Key != "" && !listIn(Place{Scope: kind, Name: place.Key}, place, yield) {
						return
					}
				}
			}
		}
	}
}

// listIn yields the roles of one place, and returns false once the caller wants no more.
func listIn(place Place, roles plan.Pair, yield func(ListedGrant) bool) bool {
	for _, role := range roles.Value.Elements() {
		if role.String() == "" {
			continue
		}
		listed := ListedGrant{Grant: Grant{Place: place, Role: policy.ParseReference(role.String())}, At: role.At, PlaceAt: roles.KeyAt}
		if !yield(listed) {
			return false
		}
	}
	return true
}

// CheckListed returns the problems of grants that stand in a part of the account which the manifest leaves unread. Such grants would
// never be compared. Owner is what lists them.
func CheckListed(owner addr.Address, grants *plan.Node, m *plan.Manifest) []plan.Problem {
	if len(m.NotRead) == 0 {
		return nil
	}
	var problems []plan.Problem
	check := func(part string, at plan.Position) {
		if problem := LeftOut(owner.String()+", with its grants here,", part, at, m); problem != nil {
			problems = append(problems, *problem)
		}
	}
	for _, scope := range grants.Pairs() {
		switch scope.Key {
		case keyAllProjects:
			if len(scope.Value.Elements()) > 0 {
				check(huaweicloud.PartAllProjects, scope.KeyAt)
			}
		case keyEnterpriseProjects:
			if len(scope.Value.Pairs()) > 0 {
				check(huaweicloud.PartEnterpriseProjects, scope.KeyAt)
			}
		case keyProjects:
			for _, project := range scope.Value.Pairs() {
				check(huaweicloud.PartProject+project.Key, project.KeyAt)
			}
		}
	}
	return problems
}

// LeavesNothingOut returns the warning about a word of cloud.notRead that means nothing in this account. The names are those that it could
// mean.
func LeavesNothingOut(m *plan.Manifest, part, why string, names ...string) plan.Problem {
	_, name, _ := strings.Cut(part, ":")
	hint := plan.DidYouMean(name, names)
	if hint == "" {
		hint = "remove it"
	}
	return plan.Problem{
		At: m.NotReadAt[part], Summary: "leaves nothing out", Warning: true, Hint: hint,
		Detail: fmt.Sprintf("cloud.notRead: %s: %s", part, why),
	}
}

// LeftOut returns the problem of an entry that needs a part which the manifest leaves unread; nil where it does not leave it out.
func LeftOut(what, part string, at plan.Position, m *plan.Manifest) *plan.Problem {
	if !slices.Contains(m.NotRead, part) {
		return nil
	}
	return &plan.Problem{
		At: at, Summary: "left unread", Hint: "remove the entry, or the part from cloud.notRead",
		Detail: fmt.Sprintf("%s needs what cloud.notRead leaves out at %s: %s", what, m.NotReadAt[part], part),
	}
}
