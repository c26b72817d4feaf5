package iam

import (
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// Effects implements [plan.Knowledge]. An agency lets the trusted party act as it; a grant gives the agency what the
// role's statements say; a policy by itself gives nobody anything. A role whose policy is not known gives an unknown
// effect, and one that lets its holder act as others leads on to the agencies that trust the own account.
func (Provider) Effects(r plan.Resource, catalogue *plan.Catalogue) []plan.Effect {
	switch r.Address.Type() {
	case typeAgency:
		if t, ok := trustOf(r); ok {
			lifetime, _ := r.Attributes[AttributeDuration].AsString()
			return []plan.Effect{{Principal: t.String(), Conveys: r.Address, Lifetime: lifetime}}
		}
	case typeGrant:
		agency, place, ref, ok := grantParts(r.Address)
		if !ok {
			return nil
		}
		base := plan.Effect{Principal: AgencyAddress(agency).String(), Scope: scopeOf(place)}
		role, err := catalogue.Lookup(KindRole, ref)
		if err != nil {
			return []plan.Effect{base}
		}
		effects, assumes := policy.Effects(base, policy.RoleOf("", role))
		if assumes {
			if own := ownAccount(catalogue); own != "" {
				effects = append(effects, plan.Effect{Principal: base.Principal, As: own})
			}
		}
		return effects
	}
	return nil
}

// scopeOf is where a grant holds. What is granted in all projects reaches the other scopes too, on one of the clouds even
// the account-wide services, so it is taken to meet them all.
func scopeOf(place Place) string {
	if place.Scope == directory.AllProjects {
		return "*"
	}
	return place.segment().String()
}

// ownAccount returns the principal of the account's own identities, as trust names it; "" where it is not known.
func ownAccount(catalogue *plan.Catalogue) string {
	for _, e := range catalogue.Entries() {
		if e.Kind == KindAccount && e.Facts[FactOwn] == "true" {
			canonical, _, _ := canonicalTrust(trust{trustAccountID, e.ID}, catalogue)
			return canonical.String()
		}
	}
	return ""
}
