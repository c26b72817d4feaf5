package cloudsim

import (
	"encoding/json"
	"slices"
)

// respelled is a policy that means the same in another spelling: every order that has no meaning is turned round, and the values of
// conditions are lists of texts.
func respelled(p Policy) Policy {
	statements := make([]Statement, 0, len(p.Statement))
	for _, s := range slices.Backward(p.Statement) {
		s.Action = slices.Clone(s.Action)
		slices.Reverse(s.Action)
		s.Resource, s.Condition = respelledResource(s.Resource), respelledCondition(s.Condition)
		statements = append(statements, s)
	}
	p.Statement = statements
	return p
}

func respelledResource(raw json.RawMessage) json.RawMessage {
	var names []string
	if json.Unmarshal(raw, &names) == nil && names != nil {
		slices.Reverse(names)
		return encode(names)
	}
	var byURI map[string][]string
	if json.Unmarshal(raw, &byURI) != nil || byURI == nil {
		return raw
	}
	slices.Reverse(byURI["uri"])
	return encode(byURI)
}

func respelledCondition(raw json.RawMessage) json.RawMessage {
	var operators map[string]map[string]json.RawMessage
	if json.Unmarshal(raw, &operators) != nil || operators == nil {
		return raw
	}
	for _, tests := range operators {
		for key, value := range tests {
			var list []json.RawMessage
			if json.Unmarshal(value, &list) != nil {
				list = []json.RawMessage{value}
			}
			texts := make([]string, 0, len(list))
			for _, item := range slices.Backward(list) {
				texts = append(texts, string(item))
				var text string
				if json.Unmarshal(item, &text) == nil {
					texts[len(texts)-1] = text
				}
			}
			tests[key] = encode(texts)
		}
	}
	return encode(operators)
}
