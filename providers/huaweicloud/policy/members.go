package policy

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// member is one member of a JSON object, as it is written.
type member struct {
	name  string
	value json.RawMessage
}

// membersOf returns the members of a JSON object in order, those of one name too; ok is false for what is no object. The text must be
// valid JSON. The standard decoder would keep one of several members whose names differ in case only, and the cloud may keep another.
func membersOf(text json.RawMessage) (members []member, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil, false
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, false
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return nil, false
		}
		text, _ := name.(string)
		members = append(members, member{text, value})
	}
	return members, true
}

// named returns the values, but for null, of the members of that name in any case. Sure is set where one member has such a name, and it
// is spelt as here: only then the cloud surely reads the value.
func named(members []member, name string) (values []json.RawMessage, sure bool) {
	for _, m := range members {
		if strings.EqualFold(m.name, name) && !isNull(m.value) {
			values = append(values, m.value)
		}
	}
	spelt := func(m member) bool { return m.name == name }
	return values, count(members, name) == 1 && slices.ContainsFunc(members, spelt)
}

// count returns how many members have that name, in any case.
func count(members []member, name string) (n int) {
	for _, m := range members {
		if strings.EqualFold(m.name, name) {
			n++
		}
	}
	return n
}

func isNull(raw json.RawMessage) bool { return string(bytes.TrimSpace(raw)) == "null" }

// isEmpty reports whether raw is an object or a list of nothing.
func isEmpty(raw json.RawMessage) bool {
	var b bytes.Buffer
	return json.Compact(&b, raw) == nil && (b.String() == "{}" || b.String() == "[]")
}

// elements returns the elements of a list; ok is false for what is no list.
func elements(raw json.RawMessage) (list []json.RawMessage, ok bool) {
	return list, json.Unmarshal(raw, &list) == nil && !isNull(raw)
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

// patternsIn returns the patterns of actions in values, sorted, whatever else stands beside them. Known is set where nothing else does,
// and exact where no pattern has blanks around it.
func patternsIn(values []json.RawMessage) (list []string, known, exact bool) {
	known, exact = true, true
	for _, value := range values {
		items, isList := elements(value)
		if !isList {
			items = []json.RawMessage{value}
		}
		for _, item := range items {
			var text string
			if json.Unmarshal(item, &text) != nil || strings.TrimSpace(text) == "" {
				known = false
				continue
			}
			exact = exact && text == strings.TrimSpace(text)
			list = append(list, strings.TrimSpace(text))
		}
	}
	slices.Sort(list)
	return slices.Compact(list), known && len(list) > 0, exact
}

// canonical returns a value that is equal for members that differ only in blanks and in the order of names and of listed texts.
func canonical(raw json.RawMessage) any {
	if list, ok := texts(raw); ok {
		return list
	}
	members, ok := membersOf(raw)
	if !ok {
		return string(raw)
	}
	all := make(map[string][]any, len(members))
	for _, m := range members {
		all[m.name] = append(all[m.name], canonical(m.value))
	}
	return all
}
