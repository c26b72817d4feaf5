// Package policy reads the policies behind the clouds' roles and judges what they give away. Every service that grants roles
// judges them by it, so that one role means the same wherever it is granted.
//
// Start reading at [Judge].
package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/access"
)

// ErrUnknown is wrapped by every error about a policy that cannot be understood.
var ErrUnknown = errors.New("the policy is not known")

// Statement is one statement of a policy.
type Statement struct {
	Deny bool
	// Actions are sorted patterns "service:resource:operation"; never empty.
	Actions []string
	// Limited marks a statement that holds for some resources, or under some conditions, only. In doubt a denial is limited
	// and an allowance is not, so that nothing is judged too mildly.
	Limited bool
	// Limit is a digest of what the statement is held to, the same for all that are held to the same; "" where it holds for
	// all. What is written in a form that cannot be read is no [Statement.Limited], but has a digest.
	Limit string
}

// Parse reads a policy document. A policy in which one statement cannot be understood is not understood at all: the error
// wraps [ErrUnknown].
//
// API: "Querying the Role List" (roles[].policy), "Creating a Custom Policy".
func Parse(document []byte) ([]Statement, error) {
	var wire struct {
		Statement []struct {
			Effect      string          `json:"Effect"`
			Action      json.RawMessage `json:"Action"`
			NotAction   json.RawMessage `json:"NotAction"`
			Resource    json.RawMessage `json:"Resource"`
			NotResource json.RawMessage `json:"NotResource"`
			Condition   json.RawMessage `json:"Condition"`
		} `json:"Statement"`
	}
	if len(document) == 0 {
		return nil, ErrUnknown
	}
	if err := json.Unmarshal(document, &wire); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	if len(wire.Statement) == 0 {
		return nil, fmt.Errorf("%w: it has no statement", ErrUnknown)
	}
	statements := make([]Statement, 0, len(wire.Statement))
	for i, s := range wire.Statement {
		actions, ok := texts(s.Action)
		if !ok || len(s.NotAction) > 0 || s.Effect != "Allow" && s.Effect != "Deny" {
			return nil, fmt.Errorf("%w: statement %d is of a form that is not supported", ErrUnknown, i+1)
		}
		statement := Statement{
			Deny: s.Effect == "Deny", Actions: actions, Limited: limits(s.Resource) || conditional(s.Condition), Limit: limitOf(s.Resource, s.Condition),
		}
		if statement.Deny && (!deniesAll(actions, s.Resource) || len(s.NotResource) > 0 || !empty(s.Condition)) {
			statement.Limited, statement.Limit = true, digestOf(s.Resource, s.NotResource, s.Condition)
		} else if statement.Deny {
			statement.Limited, statement.Limit = false, ""
		}
		statements = append(statements, statement)
	}
	return statements, nil
}

// texts reads a text or a list of texts, sorted; ok is false for anything else and for an empty list.
func texts(raw json.RawMessage) (list []string, ok bool) {
	var one string
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return []string{one}, true
	}
	if json.Unmarshal(raw, &list) != nil || len(list) == 0 || slices.Contains(list, "") {
		return nil, false
	}
	slices.Sort(list)
	return slices.Compact(list), true
}

// limits reports whether the Resource member of an allowance says less than "all". One of an unknown form is taken to say
// all.
func limits(raw json.RawMessage) bool {
	list, ok := resources(raw)
	return ok && !slices.ContainsFunc(list, isAll)
}

// resources reads a Resource member, sorted; ok is false for one of an unknown form.
func resources(raw json.RawMessage) (list []string, ok bool) {
	if list, ok = texts(raw); ok {
		return list, true
	}
	var paths struct {
		URI json.RawMessage `json:"uri"`
	}
	if json.Unmarshal(raw, &paths) != nil {
		return nil, false
	}
	return texts(paths.URI)
}

// isAll reports whether a resource means every one.
func isAll(resource string) bool {
	if strings.HasPrefix(resource, "/") {
		return ofStars(resource[strings.LastIndexByte(resource, '/')+1:])
	}
	fields := strings.SplitN(resource, ":", 5) // service, region, account, type and path
	return ofStars(fields[len(fields)-1])
}

// ofStars reports whether a part of a resource matches all there is, or nearly: "*", "**", "?*", "*/*".
func ofStars(part string) bool {
	return strings.Contains(part, "*") && strings.Trim(part, "*?:/") == ""
}

// deniesAll reports whether the Resource member of a denial surely takes in every resource that one of the actions is
// about: there is none, or it names all of them, of every service or of the one that all actions are of.
func deniesAll(actions []string, raw json.RawMessage) bool {
	if empty(raw) {
		return true
	}
	list, ok := texts(raw)
	return ok && slices.ContainsFunc(list, func(resource string) bool {
		fields := strings.Split(plain(resource), ":")
		for _, field := range fields[1:] {
			if field != "*" {
				return false
			}
		}
		service := fields[0]
		return service == "*" || len(fields) == 5 && !slices.ContainsFunc(actions, func(action string) bool { return split(action)[0] != service })
	})
}

func conditional(raw json.RawMessage) bool {
	var condition map[string]json.RawMessage
	return json.Unmarshal(raw, &condition) == nil && len(condition) > 0
}

// Effects returns what a role gives: one effect like base for each statement. The effect of a role whose policy is not
// known has no actions. Assumes is set where the holder of the role may act as others without limit.
func Effects(base access.Effect, r Role) (effects []access.Effect, assumes bool) {
	statements, err := Parse(r.Document)
	if err != nil {
		base.Admin = r.administrator()
		return []access.Effect{base}, r.isOneOf(operators)
	}
	assumes = r.isOneOf(operators)
	for _, s := range statements {
		e := base
		e.Deny, e.Actions, e.Limit = s.Deny, s.Actions, s.Limit
		if !s.Deny && !s.Limited {
			e.Admin = slices.ContainsFunc(s.Actions, func(action string) bool { return everything(action) || editsIdentity(action, statements) })
			assumes = assumes || slices.ContainsFunc(s.Actions, func(action string) bool { return assumesIdentity(action, statements) })
		}
		effects = append(effects, e)
	}
	return effects, assumes
}
