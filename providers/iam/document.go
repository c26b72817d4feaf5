package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// maxPolicyRunes is the longest policy that the cloud accepts, as sent.
const maxPolicyRunes = 6144

// errBadPolicy is wrapped by every error about a policy that cannot be understood.
var errBadPolicy = errors.New("bad policy document")

// statementOrder are the known keys of a statement in canonical order; others follow by name, so that nothing that the
// cloud says is lost.
var statementOrder = [...]string{"Effect", "Action", "Resource", "Condition"}

// canonicalPolicy brings a policy into the canonical form {"Statement":[...]}: keys in fixed order, actions and
// resources sorted, empty parts left out. Version and the like are not part of it.
func canonicalPolicy(policy []byte) ([]byte, error) {
	var outer struct {
		Statement []map[string]json.RawMessage `json:"Statement"`
	}
	if err := json.Unmarshal(policy, &outer); err != nil {
		return nil, fmt.Errorf("%w: %w", errBadPolicy, err)
	}
	out := []byte(`{"Statement":[`)
	for i, statement := range outer.Statement {
		if i > 0 {
			out = append(out, ',')
		}
		var err error
		if out, err = appendStatement(out, statement); err != nil {
			return nil, fmt.Errorf("%w: statement %d: %w", errBadPolicy, i+1, err)
		}
	}
	return append(out, "]}"...), nil
}

func appendStatement(out []byte, statement map[string]json.RawMessage) ([]byte, error) {
	keys := make([]string, 0, len(statement))
	for key := range statement {
		if !slices.Contains(statementOrder[:], key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	out = append(out, '{')
	first := true
	for _, key := range append(statementOrder[:len(statementOrder):len(statementOrder)], keys...) {
		value, err := canonicalMember(key, statement[key])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if value == nil {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		name, err := encode(key)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}

// canonicalMember returns the canonical JSON of one member of a statement, nil for one that says nothing.
func canonicalMember(key string, raw json.RawMessage) ([]byte, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		if key == "Action" || key == "Resource" {
			value = []any{v}
		}
	case map[string]any:
		if len(v) == 0 {
			return nil, nil
		}
		if uris, ok := v["uri"].([]any); ok && key == "Resource" {
			v["uri"] = sortedTexts(uris)
		}
	}
	if items, ok := value.([]any); ok && (key == "Action" || key == "Resource") {
		if len(items) == 0 {
			return nil, nil
		}
		value = sortedTexts(items)
	}
	return encode(value)
}

// agenciesNamed returns the ids of the agencies that the resources of a policy name, in the order of the policy; none for a policy
// that cannot be understood.
func agenciesNamed(policy []byte) (ids []string) {
	var document struct {
		Statement []struct{ Resource json.RawMessage }
	}
	if json.Unmarshal(policy, &document) != nil {
		return nil
	}
	for _, statement := range document.Statement {
		var byURI struct {
			URI []string `json:"uri"`
		}
		if json.Unmarshal(statement.Resource, &byURI) != nil {
			continue // a list of other resources
		}
		for _, uri := range byURI.URI {
			if id, is := strings.CutPrefix(uri, "/iam/agencies/"); is && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
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

// wirePolicy is the policy as sent, from its canonical document.
func wirePolicy(document string) json.RawMessage {
	return json.RawMessage(`{"Version":"1.1",` + strings.TrimPrefix(document, "{"))
}

// policyNode returns the canonical document of a manifest's statements. Resources that are paths go out as URIs, which
// is how policies about single agencies name them.
func policyNode(statements *plan.Node) ([]byte, error) {
	var list []map[string]json.RawMessage
	for _, node := range statements.Elements() {
		statement := map[string]json.RawMessage{
			"Effect": node.Get("effect").AppendJSON(nil),
			"Action": node.Get("actions").AppendJSON(nil),
		}
		if resources := node.Get("resources"); len(resources.Elements()) > 0 {
			raw := resources.AppendJSON(nil)
			if !slices.ContainsFunc(resources.Elements(), func(n *plan.Node) bool { return !strings.HasPrefix(n.String(), "/") }) {
				raw = slices.Concat([]byte(`{"uri":`), raw, []byte("}"))
			}
			statement["Resource"] = raw
		}
		if condition := node.Get("condition"); condition != nil {
			statement["Condition"] = condition.AppendJSON(nil)
		}
		list = append(list, statement)
	}
	policy, err := json.Marshal(map[string]any{"Statement": list})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBadPolicy, err)
	}
	return canonicalPolicy(policy)
}
