package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxPolicyRunes is the longest policy that the cloud accepts, as sent.
const maxPolicyRunes = 6144

// errBadPolicy is wrapped by every error about a policy that cannot be understood.
var errBadPolicy = errors.New("bad policy document")

// statementOrder are the known keys of a statement in canonical order; others follow by name, so that nothing that the
// cloud says is lost.
var statementOrder = [...]string{"Effect", "Action", "Resource", "Condition"}

// canonicalPolicy brings a policy into the canonical form {"Statement":[...]}, which is equal for policies that mean the same. Keys
// have a fixed order; statements, actions, resources and condition values are sorted, each once; a lone value is a list, and the
// values of conditions are texts. Empty parts, Version and the like are left out. Respell gives the canonical form of each URI.
func canonicalPolicy(policy []byte, respell func(uri string) string) ([]byte, error) {
	var outer struct {
		Statement []map[string]json.RawMessage `json:"Statement"`
	}
	if err := json.Unmarshal(policy, &outer); err != nil {
		return nil, fmt.Errorf("%w: %w", errBadPolicy, err)
	}
	statements := make([][]byte, len(outer.Statement))
	for i, statement := range outer.Statement {
		var err error
		if statements[i], err = canonicalStatement(statement, respell); err != nil {
			return nil, fmt.Errorf("%w: statement %d: %w", errBadPolicy, i+1, err)
		}
	}
	slices.SortFunc(statements, bytes.Compare)
	statements = slices.CompactFunc(statements, bytes.Equal)
	return slices.Concat([]byte(`{"Statement":[`), bytes.Join(statements, []byte(",")), []byte("]}")), nil
}

func canonicalStatement(statement map[string]json.RawMessage, respell func(string) string) ([]byte, error) {
	return writeStatement(statement, func(key string, raw json.RawMessage) ([]byte, error) { return canonicalMember(key, raw, respell) })
}

// writeStatement writes the members of a statement in canonical order, each as member returns it; nil leaves it out.
func writeStatement(
	statement map[string]json.RawMessage, member func(key string, raw json.RawMessage) ([]byte, error),
) ([]byte, error) {
	keys := make([]string, 0, len(statement))
	for key := range statement {
		if !slices.Contains(statementOrder[:], key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	out := []byte{'{'}
	for _, key := range append(statementOrder[:len(statementOrder):len(statementOrder)], keys...) {
		value, err := member(key, statement[key])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if value == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		name, err := encode(key)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}

// canonicalMember returns the canonical JSON of one member of a statement, nil for one that says nothing.
func canonicalMember(key string, raw json.RawMessage, respell func(string) string) ([]byte, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	switch key {
	case "Action":
		value = canonicalTexts(value)
	case "Resource":
		value = canonicalResource(value, respell)
	case "Condition":
		value = canonicalCondition(value)
	}
	switch v := value.(type) {
	case nil:
		return nil, nil
	case []any:
		if len(v) == 0 && (key == "Action" || key == "Resource") {
			return nil, nil
		}
	case map[string]any:
		if len(v) == 0 {
			return nil, nil
		}
	}
	return encode(value)
}

// canonicalTexts returns a text or a list of texts as a sorted list, each once, and anything else as it is.
func canonicalTexts(value any) any {
	switch v := value.(type) {
	case string:
		return []any{v}
	case []any:
		return sortedTexts(v)
	}
	return value
}

// canonicalResource reads both forms of a Resource: texts of five parts, and URIs in an object.
func canonicalResource(value any, respell func(string) string) any {
	object, is := value.(map[string]any)
	if !is {
		return canonicalTexts(value)
	}
	if uris, is := canonicalTexts(object["uri"]).([]any); is {
		for i, uri := range uris {
			if text, is := uri.(string); is {
				uris[i] = respell(text)
			}
		}
		object["uri"] = sortedTexts(uris)
	}
	return object
}

// conditionKeys are the keys of all services in the spelling of the documentation, which says that keys have no case. Keys of
// single services are left as they are: nobody documents their case.
//
// API: "Policy Syntax" (global condition keys).
var conditionKeys = [...]string{
	"g:CurrentTime", "g:DomainName", "g:MFAAge", "g:MFAPresent", "g:ProjectName", "g:ServiceName", "g:UserId", "g:UserName",
}

// canonicalCondition reads {operator: {key: values}}. The case of operators has a meaning.
func canonicalCondition(value any) any {
	operators, _ := value.(map[string]any)
	for operator, tests := range operators {
		written, is := tests.(map[string]any)
		if !is {
			continue
		}
		spelt, named := make(map[string]any, len(written)), map[string]int{}
		for key := range written {
			named[strings.ToLower(key)]++
		}
		for key, values := range written {
			known := slices.IndexFunc(conditionKeys[:], func(k string) bool { return strings.EqualFold(k, key) })
			if known >= 0 && named[strings.ToLower(key)] == 1 {
				key = conditionKeys[known]
			}
			spelt[key] = conditionValues(values)
		}
		operators[operator] = spelt
	}
	return value
}

// conditionValues returns the values of a condition key as a sorted list of texts; what holds anything but texts, numbers and truth
// values stays as it is.
func conditionValues(value any) any {
	list, is := value.([]any)
	if !is {
		list = []any{value}
	}
	texts := make([]any, len(list))
	for i, item := range list {
		switch v := item.(type) {
		case string:
			texts[i] = v
		case bool:
			texts[i] = strconv.FormatBool(v)
		case json.Number:
			texts[i] = v.String()
		default:
			return value
		}
	}
	return sortedTexts(texts)
}

// sortedTexts sorts a list of texts, each once; a list with anything else in it stays as it is.
func sortedTexts(items []any) []any {
	texts := make([]string, 0, len(items))
	for _, item := range items {
		text, ok := item.(string)
		if !ok {
			return items
		}
		texts = append(texts, text)
	}
	slices.Sort(texts)
	sorted := make([]any, 0, len(texts))
	for _, text := range slices.Compact(texts) {
		sorted = append(sorted, text)
	}
	return sorted
}

// encode is json.Marshal without the escaping meant for web pages, which would count against the size limit.
func encode(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// wirePolicy is the policy as sent, from a document {"Statement":[...]} without names of agencies.
func wirePolicy(document string) json.RawMessage {
	return json.RawMessage(`{"Version":"1.1",` + strings.TrimPrefix(document, "{"))
}
