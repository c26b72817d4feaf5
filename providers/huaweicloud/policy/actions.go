package policy

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/access"
)

// parts are the three parts of an action: service, resource and operation.
type parts [3]string

// split returns the parts of an action, in lower case and with one star for each run of stars. Parts that a pattern such as
// "*" or "obs:*" leaves out match everything. Further colons belong to the operation.
func split(action string) parts {
	p := parts{"*", "*", "*"}
	copy(p[:], strings.SplitN(plain(action), ":", 3))
	return p
}

// plain returns one spelling for all patterns of the same meaning. Only ASCII letters have a case.
func plain(pattern string) string {
	if !strings.Contains(pattern, "**") && !strings.ContainsFunc(pattern, upper) {
		return pattern
	}
	var b strings.Builder
	for i := range len(pattern) {
		c := pattern[i]
		switch {
		case c == '*' && i > 0 && pattern[i-1] == '*':
			continue
		case upper(rune(c)):
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}

func upper(r rune) bool { return 'A' <= r && r <= 'Z' }

// covers reports whether p matches every action that q matches.
func (p parts) covers(q parts) bool {
	return access.ActionCovers(p[0], q[0]) && access.ActionCovers(p[1], q[1]) && access.ActionCovers(p[2], q[2])
}

// meets reports whether some action matches both p and q.
func (p parts) meets(q parts) bool {
	return access.ActionsMeet(p[0], q[0]) && access.ActionsMeet(p[1], q[1]) && access.ActionsMeet(p[2], q[2])
}

// everything reports whether the pattern matches every action.
func everything(action string) bool { return split(action) == parts{"*", "*", "*"} }

// readVerbs begin the operations that change nothing.
var readVerbs = []string{"check", "count", "describe", "get", "head", "list", "query", "search", "show", "view"}

// reads reports whether all operations that the pattern matches only read.
func reads(operation string) bool {
	return slices.ContainsFunc(readVerbs, func(verb string) bool { return strings.HasPrefix(operation, verb) })
}

// identity is the service that manages permissions.
const identity = "iam"

// assuming are the actions to act as an agency, or to pass an agency to a service.
var assuming = []parts{
	{identity, "agencies", "assume"}, {identity, "agencies", "pass"}, {identity, "agencies", "passrole"},
	{"sts", "agencies", "assume"}, {"sts", "agencies", "assumeagency"},
}

// editsIdentity reports whether the pattern matches an action that changes permissions, and no statement denies it.
func editsIdentity(action string, statements []Statement) bool {
	p := split(action)
	if !access.ActionsMeet(p[0], identity) || reads(p[2]) || slices.Contains(assuming, p) {
		return false
	}
	p[0] = identity
	return !denied(p, statements)
}

// assumesIdentity reports whether the pattern matches an action of [assuming], and no statement denies it. For the pattern
// that matches everything only the actions of iam count: it makes an administrator in any case, and a denial of all of iam
// beside it is the usual way to exclude identities.
func assumesIdentity(action string, statements []Statement) bool {
	p := split(action)
	return slices.ContainsFunc(assuming, func(target parts) bool {
		if target[0] != identity && everything(action) {
			return false
		}
		return p.meets(target) && !denied(target, statements)
	})
}

// denied reports whether a statement without limits denies every action that p matches.
func denied(p parts, statements []Statement) bool {
	return slices.ContainsFunc(statements, func(s Statement) bool {
		return s.Deny && !s.Limited && slices.ContainsFunc(s.Actions, func(d string) bool { return split(d).covers(p) })
	})
}

// Writing is what a role changes: the actions that it allows, does not deny again, and that do more than read, sorted. Limited is set
// where all of them hold for some resources or under some conditions only. A role that only reads has no such action.
type Writing struct {
	Actions []string
	Limited bool
}

// WritingOf returns what a role changes; known is false where its policy is not known.
func WritingOf(r Role) (w Writing, known bool) {
	statements, err := Parse(r.Document)
	if err != nil {
		return Writing{}, false
	}
	w.Limited = true
	for _, s := range statements {
		for _, action := range s.Actions {
			if p := split(action); !s.Deny && !reads(p[2]) && !denied(p, statements) {
				w.Actions, w.Limited = append(w.Actions, action), w.Limited && s.Limited
			}
		}
	}
	slices.Sort(w.Actions)
	w.Actions, w.Limited = slices.Compact(w.Actions), w.Limited && w.Actions != nil
	return w, true
}

// AllowsOnly reports whether a role is known to allow no action but these.
func AllowsOnly(r Role, actions []string) bool {
	statements, err := Parse(r.Document)
	if err != nil {
		return false
	}
	for _, s := range statements {
		if !s.Deny && slices.ContainsFunc(s.Actions, func(action string) bool {
			return !slices.ContainsFunc(actions, func(allowed string) bool { return split(allowed).covers(split(action)) })
		}) {
			return false
		}
	}
	return true
}
