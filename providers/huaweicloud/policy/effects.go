package policy

import "github.com/agencyctl/agencyctl/plan/access"

// Effects returns the effects of a role: a copy of base for each statement, and one without actions where the role may give more than
// is understood. assumes reports whether the role allows to act as others without limit. What a role needs is not among its effects:
// the cloud does not grant it along.
func Effects(base access.Effect, r Role) (effects []access.Effect, assumes bool) {
	statements, err := Parse(r.Document)
	c := content(statements)
	assumes = r.isOneOf(operators)
	if err != nil {
		unknown := base
		unknown.Admin = r.administrator()
		effects = append(effects, unknown)
	}
	most := c.administrator()
	for _, s := range c {
		e := base
		e.Deny, e.Actions, e.Limit = s.Deny, s.Actions, s.Limit
		if !s.Deny {
			e.LimitUnsure = s.Limit != "" && !s.Limited
			e.Admin = !s.Limited && most.action != "" && !most.limited
			for _, action := range s.Actions {
				a := allowed{action, s}
				e.Admin = e.Admin || !s.Limited && everything(action) || !s.limitsIdentity() && c.editsIdentity(a)
				assumes = assumes || !s.limitsIdentity() && c.assumesIdentity(a)
			}
		}
		effects = append(effects, e)
	}
	return effects, assumes
}
