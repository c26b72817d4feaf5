package iam

import (
	"sync"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// Effects implements [plan.Knowledge]. An agency lets the trusted party act as it; a grant gives the agency what the
// role's statements say; a policy by itself gives nobody anything. A role whose policy is not known gives an unknown
// effect, and one that lets its holder act as others leads on to the agencies that trust the own account.
func (Provider) Effects(catalogue *plan.Catalogue) func(plan.Resource) []access.Effect {
	byRole := map[plan.Reference][]access.Effect{} // few roles and places stand behind many grants
	scopes := map[directory.Place]string{}
	var room []access.Effect // those of many grants are made at once
	own, foreign := sync.OnceValue(func() string { return ownAccount(catalogue) }), map[directory.Trust]bool{}
	return func(r plan.Resource) []access.Effect {
		switch r.Address.Type() {
		case directory.TypeAgency:
			if t, ok := directory.TrustOf(r); ok {
				lifetime, _ := r.Attributes[attributeDuration].AsString()
				isForeign, known := foreign[t]
				if !known {
					canonical, _, _ := canonicalTrust(t, catalogue)
					isForeign = canonical.Kind != directory.TrustService && canonical.String() != own()
					foreign[t] = isForeign
				}
				return []access.Effect{{
					Principal: t.String(), Conveys: r.Address, Lifetime: lifetime, Endless: lifetime == forever, Foreign: isForeign,
				}}
			}
		case directory.TypeGrant:
			grant, ok := directory.GrantOf(r)
			if !ok {
				return nil
			}
			given, known := byRole[grant.Role]
			if !known {
				given = roleEffects(grant.Role, catalogue)
				byRole[grant.Role] = given
			}
			scope := scopes[grant.Place]
			if scope == "" {
				scope = scopeOf(grant.Place)
				scopes[grant.Place] = scope
			}
			if len(room) < len(given) {
				room = make([]access.Effect, max(len(given), 256))
			}
			effects := room[:len(given):len(given)]
			room = room[len(given):]
			copy(effects, given)
			for i := range effects {
				effects[i].Principal = r.Parent.String()
				if effects[i].As == "" {
					effects[i].Scope = scope
				}
			}
			return effects
		}
		return nil
	}
}

// roleEffects is what a role gives its holder, with neither holder nor scope yet.
func roleEffects(ref plan.Reference, catalogue *plan.Catalogue) []access.Effect {
	role, err := catalogue.Lookup(directory.KindRole, ref)
	if err != nil {
		return []access.Effect{{}}
	}
	effects, assumes := policy.Effects(access.Effect{}, policy.RoleOf("", role, catalogue))
	if assumes {
		if own := ownAccount(catalogue); own != "" {
			effects = append(effects, access.Effect{As: own})
		}
	}
	return effects
}

// scopeOf is where a grant holds. What is granted in all projects reaches the other scopes too, on one of the clouds even
// the account-wide services, so it is taken to meet them all.
func scopeOf(place directory.Place) string {
	if place.Scope == directory.AllProjects {
		return "*"
	}
	return place.Segment().String()
}

// ownAccount returns the principal of the account's own identities, as trust names it; "" where it is not known.
func ownAccount(catalogue *plan.Catalogue) string {
	for _, e := range catalogue.Entries() {
		if e.Kind == directory.KindAccount && e.Own {
			canonical, _, _ := canonicalTrust(directory.Trust{Kind: directory.TrustAccountID, Value: e.ID}, catalogue)
			return canonical.String()
		}
	}
	return ""
}
