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

func (p parts) String() string { return strings.Join(p[:], ":") }

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

// readVerbs are the first words of the operations that change nothing.
var readVerbs = []string{"check", "count", "describe", "get", "head", "list", "query", "search", "show", "view"}

// reads reports whether all operations that an action pattern matches surely only read: the operation is a read verb, followed by nothing,
// by a star, or by words that begin with a capital letter. An operation of two verbs, as getOrUpdate, does not, and nor does one whose
// words nothing parts, as getaway. So the action must come as it is written, before its letters are lower-cased.
func reads(action string) bool {
	operation := "*"
	if parts := strings.SplitN(action, ":", 3); len(parts) == 3 {
		operation = parts[2]
	}
	return slices.ContainsFunc(readVerbs, func(verb string) bool {
		if len(operation) < len(verb) || !strings.EqualFold(operation[:1], verb[:1]) || operation[1:len(verb)] != verb[1:] {
			return false
		}
		rest := operation[len(verb):]
		return rest == "" || (rest[0] == '*' || upper(rune(rest[0]))) && !joins(rest)
	})
}

// joins reports whether words that begin with a capital letter hold one that joins two verbs.
func joins(words string) bool {
	for i := range words {
		for _, joint := range []string{"And", "Or"} {
			after, found := strings.CutPrefix(words[i:], joint)
			if found && (after == "" || after[0] == '*' || upper(rune(after[0]))) {
				return true
			}
		}
	}
	return false
}

// identity is the service that manages permissions.
const identity = "iam"

// identities are the services that manage permissions: by permission sets and who has them, and by what an organization allows its
// accounts and delegates to them.
//
// API: "Creating an Account Assignment" (IdentityCenter:accountAssignment:create), "Registering a Delegated Administrator".
var identities = []string{identity, "identitycenter", "organizations"}

// assuming are the actions to act as an agency, or to pass an agency to a service.
var assuming = []parts{
	{identity, "agencies", "assume"}, {identity, "agencies", "pass"}, {identity, "agencies", "passrole"},
	{"sts", "agencies", "assume"}, {"sts", "agencies", "assumeagency"},
}

// content is what a role's policy says.
type content []Statement

// allowed is an action that a statement allows, all or some of it.
type allowed struct {
	action string
	by     Statement
}

// everything reports whether the action matches every action, and is not taken away again.
func (c content) everything(a allowed) bool {
	return everything(a.action) && !c.withholds(split(a.action), a.by)
}

// editsIdentity reports whether the action changes permissions, and is not taken away again. Of the pattern that matches everything only
// the actions of iam count: it makes an administrator in any case, and a denial of all of iam beside it is the usual way to exclude
// identities.
func (c content) editsIdentity(a allowed) bool {
	p := split(a.action)
	return slices.ContainsFunc(identities, func(service string) bool {
		if !access.ActionsMeet(p[0], service) || reads(a.action) || slices.Contains(assuming, p) || service != identity && everything(a.action) {
			return false
		}
		return !c.withholds(parts{service, p[1], p[2]}, a.by)
	})
}

// assumesIdentity reports whether the action matches one of [assuming] that is not taken away again. Of the pattern that matches
// everything only the actions of iam count, as in editsIdentity.
func (c content) assumesIdentity(a allowed) bool {
	p := split(a.action)
	return slices.ContainsFunc(assuming, func(target parts) bool {
		return (target[0] == identity || !everything(a.action)) && p.meets(target) && !c.withholds(target, a.by)
	})
}

// withholds reports whether every action that p matches is surely denied, or excepted by the statement that allows it.
func (c content) withholds(p parts, by Statement) bool {
	covers := func(pattern string) bool { return split(pattern).covers(p) }
	return slices.ContainsFunc(by.Except, covers) || slices.ContainsFunc(c, func(s Statement) bool {
		return s.Deny && !s.Limited && slices.ContainsFunc(s.Actions, covers)
	})
}

// written returns every action that a statement allows, taken away again or not.
func (c content) written() (list []allowed) {
	for _, s := range c {
		for _, action := range s.Actions {
			if !s.Deny {
				list = append(list, allowed{action, s})
			}
		}
	}
	return list
}

// allows returns what the statements allow that is not taken away again.
func (c content) allows() []allowed {
	return slices.DeleteFunc(c.written(), func(a allowed) bool { return c.withholds(split(a.action), a.by) })
}

// Writing is what a role changes: the actions that it allows, does not deny again, and that do more than read, sorted. Limited is set
// where all of them surely hold for some resources or under some conditions only. A role that only reads has no such action.
type Writing struct {
	Actions []string
	Limited bool
}

// WritingOf returns what a role changes; known is false where it may change more.
func WritingOf(r Role) (w Writing, known bool) {
	w.Limited, known = true, true
	for _, role := range append([]Role{r}, r.Needs...) {
		statements, err := Parse(role.Document)
		known = known && err == nil
		for _, a := range content(statements).allows() {
			if !reads(a.action) {
				w.Actions, w.Limited = append(w.Actions, a.by.text(a.action)), w.Limited && a.by.Limited
			}
		}
	}
	slices.Sort(w.Actions)
	w.Actions, w.Limited = slices.Compact(w.Actions), w.Limited && w.Actions != nil
	return w, known
}

// AllowsOnly reports whether a role is known to allow no action but these.
func AllowsOnly(r Role, actions []string) bool {
	statements, err := Parse(r.Document)
	if err != nil || len(r.Needs) > 0 {
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
