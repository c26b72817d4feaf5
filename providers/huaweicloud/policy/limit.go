package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

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

// digestOf is the limit of a denial that does not surely hold for all, whatever its members say.
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
		panic(err) // what was read from JSON can be written as JSON
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// empty reports whether a member is missing or says nothing.
func empty(raw json.RawMessage) bool {
	text := string(bytes.TrimSpace(raw))
	return text == "" || text == "null" || text == "{}" || text == "[]"
}

// canonical returns what the member says, so that blanks, the order of names and that of listed texts make no difference.
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
