package iam

import (
	"fmt"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
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
func verdictOn(role, cloud string, scope directory.Scope) verdict {
	accountWide := scope == directory.Domain || scope == directory.AllProjects
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

// grantable reports whether the cloud lets an agency have the role in the place; where it does not, that is a problem.
func (r *resolver) grantable(d plan.Desired, place directory.Place, role plan.CatalogueEntry) bool {
	if role.Qualifier != policy.System {
		return true // a custom policy has an internal name that the cloud makes up
	}
	switch verdictOn(role.InternalName, r.manifest.Cloud.Kind, place.Scope) {
	case refused:
		r.problem(d.Source, "role cannot be granted", "grant a narrower role instead", "the cloud does not let an agency have %q in scope %s",
			role.Name, place.Scope)
		return false
	case doubtful:
		r.problems = append(r.problems, plan.Problem{
			At: d.Source, Summary: "role may be refused", Warning: true,
			Detail: fmt.Sprintf("the cloud's guide says that an agency cannot have %q, which rules over all identities", role.Name),
			Hint:   "grant a narrower role instead",
		})
	case allowed:
	}
	return true
}
