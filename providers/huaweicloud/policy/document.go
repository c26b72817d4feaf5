// Package policy reads the policies behind the clouds' roles and judges which permissions they give. Every service that
// grants roles uses it, so that one role means the same wherever it is granted.
//
// Start reading at [Judge].
package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
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
	// Limited marks a statement that holds only for some resources or under some conditions. In doubt a denial is limited and
	// an allowance is not, so that no risk is judged too low.
	Limited bool
	// Limit is a digest of these resources and conditions; equal limits have equal digests. It is "" where there are none. An
	// allowance with a limit that cannot be read is not Limited, but has a digest.
	Limit string
}

// Parse reads a policy document. If one statement cannot be understood, the whole policy is unknown: the error wraps
// [ErrUnknown].
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
			Deny:    s.Effect == "Deny",
			Actions: actions,
			Limited: limits(s.Resource) || conditional(s.Condition),
			Limit:   limitOf(s.Resource, s.Condition),
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

// limits reports whether the Resource member of an allowance names less than all resources. A member of an unknown form counts
// as all.
func limits(raw json.RawMessage) bool {
	list, ok := resources(raw)
	return ok && !slices.ContainsFunc(list, isAll)
}

// resources returns the texts of a Resource member, sorted; ok is false for an unknown form.
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

// isAll reports whether a resource of a policy means every resource.
func isAll(resource string) bool {
	if strings.HasPrefix(resource, "/") {
		return ofStars(resource[strings.LastIndexByte(resource, '/')+1:])
	}
	fields := strings.SplitN(resource, ":", 5) // service, region, account, type and path
	return ofStars(fields[len(fields)-1])
}

// ofStars reports whether a part of a resource matches everything, or nearly: "*", "**", "?*", "*/*".
func ofStars(part string) bool {
	return strings.Contains(part, "*") && strings.Trim(part, "*?:/") == ""
}

// deniesAll reports whether a denial surely covers every resource of its actions: it has no Resource member, or one that names
// all resources of every service or of the actions' only service.
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
		other := func(action string) bool { return split(action)[0] != service }
		return service == "*" || len(fields) == 5 && !slices.ContainsFunc(actions, other)
	})
}

func conditional(raw json.RawMessage) bool {
	var condition map[string]json.RawMessage
	return json.Unmarshal(raw, &condition) == nil && len(condition) > 0
}

// limitOf returns [Statement.Limit] for the members Resource and Condition of a statement.
func limitOf(resource, condition json.RawMessage) string {
	held := map[string]any{}
	switch list, ok := resources(resource); {
	case !ok && !empty(resource):
		held["resource"] = canonical(resource)
	case ok && !slices.ContainsFunc(list, isAll):
		held["resource"] = list
	}
	if !empty(condition) {
		held["condition"] = canonical(condition)
	}
	if len(held) == 0 {
		return ""
	}
	return sumOf(held)
}

// digestOf returns the limit of a denial that does not surely cover all, whatever its members hold.
func digestOf(members ...json.RawMessage) string {
	held := make([]any, len(members))
	for i, member := range members {
		held[i] = canonical(member)
	}
	return sumOf(held)
}

func sumOf(held any) string {
	text, err := json.Marshal(held)
	if err != nil {
		panic(err) // values from JSON can be written as JSON
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// empty reports whether a member is missing or holds nothing.
func empty(raw json.RawMessage) bool {
	text := string(bytes.TrimSpace(raw))
	return text == "" || text == "null" || text == "{}" || text == "[]"
}

// canonical returns a value that is equal for members that differ only in blanks and in the order of names and of listed texts.
func canonical(raw json.RawMessage) any {
	if list, ok := texts(raw); ok {
		return list
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return string(raw)
	}
	all := make(map[string]any, len(members))
	for name, member := range members {
		all[name] = canonical(member)
	}
	return all
}

// Effects returns the effects of a role: a copy of base for each statement. The effect of a role whose policy is not known has
// no actions. assumes reports whether the role allows to act as others without limit.
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
			for _, action := range s.Actions {
				e.Admin = e.Admin || everything(action) || editsIdentity(action, statements)
				assumes = assumes || assumesIdentity(action, statements)
			}
		}
		effects = append(effects, e)
	}
	return effects, assumes
}
