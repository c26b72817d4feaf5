package policy

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// parts are the three parts of an action: service, resource and operation.
type parts [3]string

// split takes an action apart. Parts that a pattern such as "*" or "obs:*" leaves out may be anything; what is too many
// belongs to the operation.
func split(action string) parts {
	p := parts{"*", "*", "*"}
	copy(p[:], strings.SplitN(strings.ToLower(action), ":", 3))
	return p
}

// covers reports whether p matches all that q does.
func (p parts) covers(q parts) bool {
	return plan.ActionCovers(p[0], q[0]) && plan.ActionCovers(p[1], q[1]) && plan.ActionCovers(p[2], q[2])
}

func (p parts) meets(q parts) bool {
	return plan.ActionsMeet(p[0], q[0]) && plan.ActionsMeet(p[1], q[1]) && plan.ActionsMeet(p[2], q[2])
}

// everything reports whether the pattern matches every action.
func everything(action string) bool { return split(action) == parts{"*", "*", "*"} }

// readVerbs begin the operations that change nothing.
var readVerbs = []string{"check", "count", "describe", "get", "head", "list", "query", "search", "show", "view"}

// reads reports whether all operations that the pattern matches only read.
func reads(operation string) bool {
	return slices.ContainsFunc(readVerbs, func(verb string) bool { return strings.HasPrefix(operation, verb) })
}

// identity is the service that says who may do what.
const identity = "iam"

// assuming are the actions by which one acts as somebody else, or hands an agency on to a service. A wildcard for the
// service does not reach sts: its actions are written out.
var assuming = []parts{
	{identity, "agencies", "assume"}, {identity, "agencies", "pass"}, {identity, "agencies", "passrole"},
	{"sts", "agencies", "assume"}, {"sts", "agencies", "assumeagency"},
}

// editsIdentity reports whether the pattern matches an action that changes who may do what, and no statement denies it.
func editsIdentity(action string, statements []Statement) bool {
	p := split(action)
	if !plan.ActionsMeet(p[0], identity) || reads(p[2]) || slices.Contains(assuming, p) {
		return false
	}
	p[0] = identity
	return !denied(p, statements)
}

// assumesIdentity reports whether the pattern matches an action of [assuming], and no statement denies it.
func assumesIdentity(action string, statements []Statement) bool {
	p := split(action)
	return slices.ContainsFunc(assuming, func(target parts) bool {
		if target[0] != identity && p[0] != target[0] {
			return false
		}
		return p.meets(target) && !denied(target, statements)
	})
}

func denied(p parts, statements []Statement) bool {
	return slices.ContainsFunc(statements, func(s Statement) bool {
		return s.Deny && !s.Limited && slices.ContainsFunc(s.Actions, func(d string) bool { return split(d).covers(p) })
	})
}

// OnlyReads reports whether a role is known to change nothing.
func OnlyReads(r Role) bool {
	statements, err := Parse(r.Document)
	if err != nil {
		return false
	}
	for _, s := range statements {
		if !s.Deny && slices.ContainsFunc(s.Actions, func(action string) bool { return !reads(split(action)[2]) }) {
			return false
		}
	}
	return true
}
