package iam

import (
	"errors"
	"fmt"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// lowerRoleNames returns the display names of all roles in lower case: the guardrail looks at neither case nor class.
func (r *resolver) lowerRoleNames() map[string]bool {
	names := map[string]bool{}
	for _, name := range r.names.After().Names(directory.KindRole) {
		names[strings.ToLower(name)] = true
	}
	return names
}

// checkForbidden tells of roles among guardrails.forbiddenRoles that the account does not have: such a rule forbids nothing.
// One that is the internal name of a role is surely a slip, because manifests name roles as people see them; any other may
// be a role of another account that the same rules are for.
func (r *resolver) checkForbidden() {
	known := r.lowerRoleNames()
	for _, item := range r.manifest.Guardrails.Get(policy.GuardForbiddenRoles).Elements() {
		ref := policy.ParseReference(item.String())
		_, err := r.names.After().Lookup(directory.KindRole, ref)
		var unknown *plan.UnknownError
		if !errors.As(err, &unknown) {
			continue // ambiguous is fine: all of them are forbidden
		}
		if known[strings.ToLower(ref.Name)] {
			continue
		}
		_, internal := r.names.After().ByInternalName(directory.KindRole, ref.Name)
		problem := plan.Problem{
			At: item.Position(), Summary: "forbidden role unknown", Warning: !internal,
			Detail: fmt.Sprintf("%q forbids nothing: the account has no such role", item),
			Hint:   directory.UnknownHint(r.names.After(), unknown),
		}
		r.problems = append(r.problems, problem)
	}
}
