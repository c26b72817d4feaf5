package iam

import (
	"slices"
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
	// Few roles and places stand behind many grants, and few accounts behind many agencies.
	byRole, given, trusted := map[plan.Reference][]access.Effect{}, map[directory.Grant][]access.Effect{}, map[string]*access.Effect{}
	own := sync.OnceValue(func() string { return ownAccount(catalogue) })
	return func(r plan.Resource) []access.Effect {
		switch r.Address.Type() {
		case directory.TypeAgency:
			text, _ := r.Attributes[directory.AttributeTrust].AsString()
			trust, known := trusted[text]
			if !known {
				if t, ok := directory.ParseTrust(text); ok {
					canonical, _, _ := canonicalTrust(t, catalogue)
					isForeign := canonical.Kind != directory.TrustService && canonical.String() != own()
					trust = &access.Effect{Principal: t.String(), Foreign: isForeign}
				}
				trusted[text] = trust
			}
			if trust == nil {
				return nil
			}
			effect := *trust
			effect.Conveys = r.Address
			effect.Lifetime, _ = r.Attributes[attributeDuration].AsString()
			effect.Endless = effect.Lifetime == forever
			return []access.Effect{effect}
		case directory.TypeGrant:
			grant, ok := directory.GrantOf(r)
			if !ok {
				return nil
			}
			shared, known := given[grant]
			if !known {
				role, known := byRole[grant.Role]
				if !known {
					role = roleEffects(grant.Role, catalogue)
					byRole[grant.Role] = role
				}
				shared = effectsIn(grant.Place, role)
				given[grant] = shared
			}
			return shared
		}
		return nil
	}
}

// effectsIn is what a role gives its holder in a place.
func effectsIn(place directory.Place, role []access.Effect) []access.Effect {
	effects, scope := slices.Clone(role), scopeOf(place)
	for i := range effects {
		if effects[i].As == "" {
			effects[i].Scope = scope
		}
	}
	return effects
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
