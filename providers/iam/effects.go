package iam

import (
	"encoding/json"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Effects implements [plan.Knowledge]. An agency lets the trusted party act as it; a grant gives the agency what the
// role's statements say; a policy by itself gives nobody anything. A role whose policy is not known gives an unknown
// effect.
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
		return roleEffects(base, role.Document)
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

// roleEffects returns one effect for each statement of a policy.
func roleEffects(base plan.Effect, document json.RawMessage) []plan.Effect {
	canonical, err := canonicalPolicy(document)
	if err != nil {
		return []plan.Effect{base}
	}
	var policy struct {
		Statement []struct {
			Effect string   `json:"Effect"`
			Action []string `json:"Action"`
		} `json:"Statement"`
	}
	if json.Unmarshal(canonical, &policy) != nil || len(policy.Statement) == 0 {
		return []plan.Effect{base}
	}
	var effects []plan.Effect
	for _, s := range policy.Statement {
		e := base
		e.Deny, e.Actions = s.Effect == "Deny", s.Action
		effects = append(effects, e)
	}
	return effects
}
