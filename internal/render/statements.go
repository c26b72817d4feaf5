package render

import (
	"bytes"
	"encoding/json"
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
// anything that these words cannot say.
func statementLines(document string) (lines []string, ok bool) {
	var policy struct{ Statement []statement }
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&policy) != nil || len(policy.Statement) == 0 {
		return nil, false
	}
	for _, s := range policy.Statement {
		line, ok := s.line()
		if !ok {
			return nil, false
		}
		lines = append(lines, line)
	}
	return lines, true
}

func (s *statement) line() (string, bool) {
	line := map[string]string{"Allow": "allow ", "Deny": "deny "}[s.Effect]
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
			line += begin + inFlow(operator) + " " + inFlow(key) + " [" + s.Condition[operator][key].joined() + "]"
			begin = " and "
		}
	}
	return line, true
}

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
	var below struct{ URI []string }
	if !bytes.HasPrefix(text, []byte("{")) {
		return (*texts)(r).UnmarshalJSON(text)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&below)
	*r = below.URI
	return err
}
