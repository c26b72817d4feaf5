package iam

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// hasRole reports whether the account has a role of that display name, in whatever case of letters and of whatever class.
func (r *resolver) hasRole(name string) bool {
	return slices.ContainsFunc(r.names.After().Entries(), func(e plan.CatalogueEntry) bool {
		return e.Kind == directory.KindRole && strings.EqualFold(e.Name, name)
	})
}

// checkForbidden tells of roles among guardrails.forbiddenRoles that the account does not have: such a rule forbids nothing.
// One that is the internal name of a role is surely a slip, because manifests name roles as people see them; any other may
// be a role of another account that the same rules are for.
func (r *resolver) checkForbidden() {
	for _, item := range r.manifest.Guardrails.Get(policy.GuardForbiddenRoles).Elements() {
		ref := policy.ParseReference(item.String())
		_, err := r.names.After().Lookup(directory.KindRole, ref)
		var unknown *plan.UnknownError
		if !errors.As(err, &unknown) {
			continue // ambiguous is fine: all of them are forbidden
		}
		if r.hasRole(ref.Name) {
			continue // in another case or class: the guardrail looks at neither
		}
		_, internal := r.names.After().ByInternalName(directory.KindRole, ref.Name)
		problem := plan.Problem{
			At: item.Position(), Summary: "forbidden role unknown", Warning: !internal,
			Detail: fmt.Sprintf("the account has no role %q, so this guardrail forbids nothing", item),
			Hint:   directory.UnknownHint(r.names.After(), unknown),
		}
		r.problems = append(r.problems, problem)
	}
}
