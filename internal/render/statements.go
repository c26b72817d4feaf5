package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// statement is one of a policy, with all keys that have a form in words.
type statement struct {
	Effect    string
	Action    texts
	NotAction texts
	Resource  resources
	Condition map[string]map[string]texts
}

// statementLines returns a document in the words of a manifest, one statement a line; ok is false for one that is no policy, or has
// anything that these words cannot say. Keys count as they are documented: a cloud may read one in another case, or twice, and a library
// that reads JSON takes the last of them.
func statementLines(document string) (lines []string, ok bool) {
	top, ok := members([]byte(document), "Statement")
	if !ok {
		return nil, false
	}
	var statements []json.RawMessage
	if json.Unmarshal(top["Statement"], &statements) != nil || len(statements) == 0 {
		return nil, false
	}
	for _, text := range statements {
		parts, ok := members(text, "Effect", "Action", "NotAction", "Resource", "Condition")
		if !ok {
			return nil, false
		}
		s, ok := readStatement(parts)
		if !ok {
			return nil, false
		}
		line, ok := s.line()
		if !ok {
			return nil, false
		}
		lines = append(lines, line)
	}
	return lines, true
}

// members returns the members of an object; ok is false where there are others than the known ones, or one twice. Nil known takes all.
func members(text []byte, known ...string) (found map[string]json.RawMessage, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, false
	}
	found = map[string]json.RawMessage{}
	for decoder.More() {
		key, err := decoder.Token()
		name, isText := key.(string)
		var value json.RawMessage
		if err != nil || !isText || decoder.Decode(&value) != nil || found[name] != nil || known != nil && !slices.Contains(known, name) {
			return nil, false
		}
		found[name] = value
	}
	return found, true
}

func readStatement(parts map[string]json.RawMessage) (s statement, ok bool) {
	for name, into := range map[string]any{"Effect": &s.Effect, "Action": &s.Action, "NotAction": &s.NotAction, "Resource": &s.Resource} {
		if text := parts[name]; text != nil && json.Unmarshal(text, into) != nil {
			return s, false
		}
	}
	if parts["Condition"] == nil {
		return s, true
	}
	operators, ok := members(parts["Condition"])
	s.Condition = map[string]map[string]texts{}
	for operator, text := range operators {
		keys, readable := members(text)
		s.Condition[operator] = map[string]texts{}
		for key, values := range keys {
			var wanted texts
			readable = readable && json.Unmarshal(values, &wanted) == nil
			s.Condition[operator][key] = wanted
		}
		ok = ok && readable && len(keys) > 0
	}
	return s, ok
}

func (s *statement) line() (string, bool) {
	line := map[string]string{"Allow": "allow ", "Deny": "deny "}[s.Effect]
	for _, list := range []texts{s.Action, s.NotAction, texts(s.Resource)} {
		if slices.ContainsFunc(list, hasBlank) {
			return "", false // it could be taken for our words
		}
	}
	switch {
	case line == "", (len(s.Action) == 0) == (len(s.NotAction) == 0):
		return "", false
	case len(s.Action) > 0:
		line += s.Action.joined()
	default:
		line += "all but " + s.NotAction.joined()
	}
	if len(s.Resource) > 0 {
		line += " on " + texts(s.Resource).joined()
	}
	begin := " if "
	for _, operator := range slices.Sorted(maps.Keys(s.Condition)) {
		for _, key := range slices.Sorted(maps.Keys(s.Condition[operator])) {
			if hasBlank(operator) || hasBlank(key) {
				return "", false
			}
			line += begin + inFlow(operator) + " " + inFlow(key) + " [" + s.Condition[operator][key].joined() + "]"
			begin = " and "
		}
	}
	return line, true
}

func hasBlank(text string) bool { return strings.Contains(text, " ") }

// texts is a list of texts, or a lone text.
type texts []string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *texts) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte(`"`)) {
		*t = make(texts, 1)
		return json.Unmarshal(text, &(*t)[0])
	}
	return json.Unmarshal(text, (*[]string)(t))
}

func (t texts) joined() string {
	written := make([]string, len(t))
	for i, text := range t {
		written[i] = inFlow(text)
	}
	return strings.Join(written, ", ")
}

// resources are those of a statement: a list, or one below the key uri.
type resources []string

// UnmarshalJSON implements [json.Unmarshaler].
func (r *resources) UnmarshalJSON(text []byte) error {
	if !bytes.HasPrefix(text, []byte("{")) {
		return (*texts)(r).UnmarshalJSON(text)
	}
	below, ok := members(text, "uri")
	if !ok {
		return errors.New("not resources")
	}
	return json.Unmarshal(below["uri"], (*[]string)(r))
}
