package directory

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// Internal names of roles that the cloud does not let an agency have everywhere.
const (
	roleAgentOperator         = "te_agency"
	roleSecurityAdministrator = "secu_admin"
)

// verdict is what is documented about granting a role to an agency.
type verdict uint8

const (
	allowed verdict = iota
	// doubtful: the page of the call lets it through, and the user guide says that it cannot be given to an agency.
	doubtful
	refused
)

// verdictOn tells what is documented. Agent Operator is refused everywhere. The pages of Open Telekom Cloud refuse Security
// Administrator too; those of Huawei Cloud do so in projects only, where the guide does so everywhere. No page speaks of
// enterprise projects, which are taken to be like projects.
//
// Source: IAM API reference, "Granting Permissions to an Agency for a Global Service Project", "... for a Region-specific
// Project" and "... for All Projects"; IAM user guide, "Delegating Resource Access".
func verdictOn(role, cloud string, scope Scope) verdict {
	accountWide := scope == Domain || scope == AllProjects
	switch {
	case role == roleAgentOperator:
		return refused
	case role != roleSecurityAdministrator:
		return allowed
	case cloud == huaweicloud.HuaweiCloud && accountWide:
		return doubtful
	}
	return refused
}

// CheckUsable returns why the role of a grant, or nothing in its place, can be granted, nil where both can. At is where the role stands,
// placeAt where the place does.
func (r *GrantResolver) CheckUsable(g *ResolvedGrant, at, placeAt plan.Position) *plan.Problem {
	if role := g.Entry; role.Unusable != "" {
		return &plan.Problem{
			At: at, Summary: "role cannot be used", Hint: "have it repaired, or grant another role",
			Detail: fmt.Sprintf("the role %q (id %s) cannot be granted: %s", role.Name, role.ID, role.Unusable),
		}
	}
	target := g.Target
	if target.Unusable == "" {
		return nil
	}
	hint := "remove the grants in it, or see to it that the cloud lets it be used"
	if g.Place.Scope == OneProject {
		hint += "; without them, cloud.notRead: [" + huaweicloud.PartOf(huaweicloud.PartProject, target.Name, target.ID) + "] leaves it unread"
	}
	return &plan.Problem{
		At: placeAt, Summary: target.Kind + " cannot be used", Hint: hint,
		Detail: fmt.Sprintf("nothing can be granted in the %s %q (id %s): %s", target.Kind, target.Name, target.ID, target.Unusable),
	}
}

// fittingTypes are the types of roles that are documented to work in each scope. In enterprise projects the documents say nothing.
var fittingTypes = [...][]string{
	Domain:            {"AX", "AA"},
	AllProjects:       {"AX", "XA", "AA"},
	OneProject:        {"XA", "AA"},
	EnterpriseProject: {"AX", "XA", "AA"},
}

// GrantableIn returns the keys of a manifest below which a role can be granted to an agency, as far as that is documented: where
// [GrantResolver.CheckGrantable] finds nothing. Where there is none, why says what it finds.
func GrantableIn(role plan.CatalogueEntry, cloud string) (keys []string, why string) {
	r := GrantResolver{cloud: cloud}
	for _, scope := range Scopes() {
		problem := r.CheckGrantable(&ResolvedGrant{Grant: Grant{Place: Place{Scope: scope}}, Entry: role}, plan.Position{})
		switch {
		case problem == nil:
			keys = append(keys, [...]string{
				Domain: keyDomain, AllProjects: keyAllProjects, OneProject: keyProjects, EnterpriseProject: keyEnterpriseProjects,
			}[scope])
		case why == "":
			why = problem.Detail
		}
	}
	if len(keys) > 0 {
		return keys, ""
	}
	return nil, why
}

// CheckGrantable returns why the cloud would not let an agency have the grant, or why it may have no effect; nil where the
// grant can be made. At is where the role stands. What nobody documents is a warning.
func (r *GrantResolver) CheckGrantable(g *ResolvedGrant, at plan.Position) *plan.Problem {
	scope, role := g.Place.Scope, g.Entry
	var warning *plan.Problem
	if role.Qualifier == policy.System { // a custom policy has an internal name that the cloud makes up
		switch verdictOn(role.InternalName, r.cloud, scope) {
		case refused:
			return &plan.Problem{
				At: at, Summary: "role cannot be granted", Hint: "grant a narrower role instead",
				Detail: fmt.Sprintf("the cloud does not let an agency have %q in scope %s", role.Name, scope),
			}
		case doubtful:
			warning = &plan.Problem{
				At: at, Summary: "role may be refused", Warning: true,
				Detail: fmt.Sprintf("the cloud's guide says that an agency cannot have %q, which rules over all identities", role.Name),
				Hint:   "grant a narrower role instead",
			}
		case allowed:
		}
	}
	isMOS := g.Place == Place{OneProject, objectStorageProject}
	if warning != nil || role.Type == "" || isMOS || slices.Contains(fittingTypes[scope], role.Type) {
		return warning
	}
	hint := "look whether another role is meant"
	switch role.Type {
	case "AX":
		hint = "where it has no effect, grant it in domain: it is about account-wide services"
	case "XA":
		hint = "where it has no effect, grant it in projects or allProjects: it is about services of projects"
	}
	return &plan.Problem{
		At: at, Summary: "role may not fit the scope", Hint: hint, Warning: true, // nobody documents what the cloud does then
		Detail: fmt.Sprintf("%q is of type %s, and may have no effect in scope %s", role.Name, role.Type, scope),
	}
}
