package saved

import (
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

type savedDelta struct {
	Chains     []access.Chain   `json:"chains"`
	ChainsCut  bool             `json:"chainsCut,omitempty"`
	MoreChains int              `json:"moreChains,omitempty"`
	Principals []savedPrincipal `json:"principals"`
}

type savedPrincipal struct {
	Gained    []savedPower `json:"gained"`
	Lost      []savedPower `json:"lost"`
	Principal string       `json:"principal"`
}

type savedPower struct {
	Actions []string       `json:"actions"`
	Except  []string       `json:"except"`
	Limited bool           `json:"limited,omitempty"`
	Scope   string         `json:"scope"`
	Unknown []addr.Address `json:"unknown"`
}

func deltaFile(d access.Delta) savedDelta {
	return savedDelta{
		Chains: list(d.Chains), ChainsCut: d.ChainsCut, MoreChains: d.MoreChains, Principals: each(d.Principals, func(p access.PrincipalDelta) savedPrincipal {
			return savedPrincipal{Gained: each(p.Gained, powerFile), Lost: each(p.Lost, powerFile), Principal: p.Principal}
		}),
	}
}

func powerFile(p access.Power) savedPower {
	return savedPower{Actions: list(p.Actions), Except: list(p.Except), Limited: p.Limited, Scope: p.Scope, Unknown: list(p.Unknown)}
}

// privilegesOf is the inverse of deltaFile.
func privilegesOf(d savedDelta) access.Delta {
	return access.Delta{
		Chains: d.Chains, ChainsCut: d.ChainsCut, MoreChains: d.MoreChains, Principals: all(d.Principals, func(p savedPrincipal) access.PrincipalDelta {
			return access.PrincipalDelta{Principal: p.Principal, Gained: each(p.Gained, powerOf), Lost: each(p.Lost, powerOf)}
		}),
	}
}

func powerOf(p savedPower) access.Power {
	return access.Power{Scope: p.Scope, Actions: p.Actions, Except: p.Except, Unknown: p.Unknown, Limited: p.Limited}
}
