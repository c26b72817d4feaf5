// Package policy reads the policies behind the clouds' roles and judges which permissions they give. Every service that
// grants roles uses it, so that one role means the same wherever it is granted.
//
// What is not understood never makes a role look harmless: of two readings, an allowance gives the more and a denial takes the less.
// Start reading at [Judge].
package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrUnknown is wrapped by every error about a policy that cannot be understood.
var ErrUnknown = errors.New("the policy is not known")

// Statement is one statement of a policy.
type Statement struct {
	Deny bool
	// Actions are sorted patterns "service:resource:operation"; never empty. A statement of NotAction has all actions.
	Actions []string
	// Except are the patterns of NotAction, sorted: what the statement does not allow of Actions.
	Except []string
	// Limited marks an allowance that surely holds for some resources or under some conditions only, and a denial that may do so.
	Limited bool
	// InProject marks an allowance that is limited by the project of its caller alone. Services without projects are not.
	InProject bool
	// Limit is a digest of what may limit the statement; equal limits have equal digests. It is "" where nothing does. An allowance
	// with a limit that is not understood is not Limited, but has a digest.
	Limit string
}

// text is how findings name an action of the statement.
func (s Statement) text(action string) string {
	if len(s.Except) == 0 {
		return action
	}
	return action + " without " + Listed(s.Except)
}

// limitsIdentity reports whether the statement's limit is one for a service without projects, such as those of identities.
func (s Statement) limitsIdentity() bool { return s.Limited && !s.InProject }

// languages are the versions of the language whose members are known. The canonical form of a manifest's policy has none.
var languages = []string{`"1.0"`, `"1.1"`, `"5.0"`}

// Parse reads a policy document. Where a statement, or a part of one, cannot be understood, the others are returned with an error that
// wraps [ErrUnknown]: then the policy may give more. Members count in any case and each time that they occur. A limit or a denial is
// believed only where the cloud surely reads it: in the spelling of the documentation, once, and in a language that is known.
//
// API: "Querying the Role List" (roles[].policy), "Creating a Custom Policy", "JSON Element Reference" (NotAction).
func Parse(document []byte) ([]Statement, error) {
	if len(document) == 0 {
		return nil, ErrUnknown
	}
	if !json.Valid(document) {
		return nil, fmt.Errorf("%w: it is not JSON", ErrUnknown)
	}
	members, _ := membersOf(document)
	values, sure := named(members, "Statement")
	versions, once := named(members, "Version")
	sure = sure && (len(versions) == 0 || once && slices.Contains(languages, string(versions[0])))
	var statements []Statement
	var err error
	number := 0
	for _, value := range values {
		list, isList := elements(value)
		if !isList {
			list, sure = []json.RawMessage{value}, false
		}
		for _, raw := range list {
			number++
			s, known := statementOf(raw, sure)
			if len(s.Actions) > 0 {
				statements = append(statements, s)
			}
			if !known && err == nil {
				err = fmt.Errorf("%w: statement %d is of a form that is not supported", ErrUnknown, number)
			}
		}
	}
	if number == 0 {
		err = fmt.Errorf("%w: it has no statement", ErrUnknown)
	}
	return statements, err
}

// Same reports whether two documents, both understood as a whole, allow and deny the same actions. The order of statements, and what
// exactly limits them, does not count.
func Same(x, y []byte) bool {
	told := func(document []byte) (all []string, understood bool) {
		statements, err := Parse(document)
		for _, s := range statements {
			all = append(all, fmt.Sprintf("%t %t %q %q", s.Deny, s.Limited, s.Actions, s.Except))
		}
		slices.Sort(all)
		return slices.Compact(all), err == nil
	}
	one, understood := told(x)
	other, otherToo := told(y)
	return understood && otherToo && slices.Equal(one, other)
}

// all is the pattern that matches every action.
const all = "*:*:*"

// statementOf reads a statement; it has no action where none is understood. Known is set where no part that may allow something was
// skipped. Sure is set where the cloud surely reads the statement as written.
func statementOf(raw json.RawMessage, sure bool) (s Statement, known bool) {
	members, known := membersOf(raw)
	deny, effectKnown := effectOf(members)
	given, _ := named(members, "Action")
	excepted, exceptSure := named(members, "NotAction")
	actions, actionsKnown, exact := patternsIn(given)
	s = Statement{Deny: deny, Actions: actions}
	if len(excepted) > 0 { // all actions but these, beside those of Action
		except, exceptKnown, _ := patternsIn(excepted)
		if sure && exceptSure && exceptKnown && len(given) == 0 {
			s.Except = except
		}
		actionsKnown = actionsKnown || len(given) == 0
		s.Actions = slices.Compact(slices.Sorted(slices.Values(append(actions, all))))
	}
	held := heldBy(members, s.Actions)
	switch {
	case !deny:
		s.Limited, s.InProject = allowanceLimits(members, s.Actions, sure)
		if len(held) > 0 && !s.Limited {
			held["Unsure"] = []any{true} // another limit than one that is sure
		}
	case len(held) > 0 || !sure || !actionsKnown || !exact || !familiar(members):
		s.Limited, s.Except = true, nil
		held["Deny"] = []any{true} // another limit than that of an allowance
	}
	s.Limit = digestOf(held)
	return s, known && effectKnown && actionsKnown
}

// effectOf reports whether a statement surely takes away: every effect that it names is to deny. Known is false where nobody can tell.
func effectOf(members []member) (deny, known bool) {
	values, _ := named(members, "Effect")
	deny, known = len(values) > 0, len(values) > 0
	for _, value := range values {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = ""
		}
		denies := strings.EqualFold(text, "Deny")
		deny, known = deny && denies, known && (denies || strings.EqualFold(text, "Allow"))
	}
	return deny, known
}

// familiar reports whether every member of a denial is there once, and spelt as in the documentation.
func familiar(denial []member) bool {
	return !slices.ContainsFunc(denial, func(m member) bool {
		known := slices.Contains([]string{"Sid", "Effect", "Action", "Resource", "Condition"}, m.name)
		return !known || count(denial, m.name) != 1 || m.name == "Effect" && string(m.value) != `"Deny"`
	})
}

// allowanceLimits returns [Statement.Limited] and [Statement.InProject] of an allowance.
func allowanceLimits(members []member, actions []string, sure bool) (limited, inProject bool) {
	resources, once := named(members, "Resource")
	others, _ := named(members, "NotResource")
	limited = once && len(others) == 0 && len(resources) == 1 && limitsResources(resources[0], actions)
	if conditions, once := named(members, "Condition"); once && len(conditions) == 1 {
		always, project := limitsCondition(conditions[0])
		limited, inProject = limited || always, project
	}
	inProject = sure && inProject && !limited
	return sure && (limited || inProject), inProject
}
