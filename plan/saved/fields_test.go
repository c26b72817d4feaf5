package saved_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/schema"
)

// fields are the fields of the published format of saved plans, by path: "changes[].address", "basis.desired[].attributes.*".
type fields map[string]map[string]any

// publishedFields reads the fields of the published schema, with those of the schemas that it refers to. The rules of a manifest
// have a schema of their own, and are one field here.
func publishedFields(t testing.TB) fields {
	t.Helper()
	documents := map[string]map[string]any{}
	load := func(name string) map[string]any {
		if documents[name] == nil {
			text, ok := schema.Published(name)
			require.True(t, ok, name)
			documents[name] = decoded(t, text)
		}
		return documents[name]
	}
	all := fields{}
	var add func(path, document string, node map[string]any)
	add = func(path, document string, node map[string]any) {
		if to, refers := node["$ref"].(string); refers {
			file, inside, _ := strings.Cut(to, "#/")
			if file != "" {
				document = strings.TrimSuffix(file, ".schema.json")
			}
			if document == "manifest" {
				all[path] = node
				return
			}
			target := load(document)
			for step := range strings.SplitSeq(inside, "/") {
				target = target[step].(map[string]any)
			}
			add(path, document, target)
			return
		}
		if path != "" {
			all[path] = node
		}
		either, _ := node["oneOf"].([]any)
		for _, one := range either {
			add(path, document, one.(map[string]any))
		}
		if len(either) > 0 {
			all[path] = node
		}
		of, _ := node["properties"].(map[string]any)
		for key, property := range of {
			add(strings.TrimPrefix(path+"."+key, "."), document, property.(map[string]any))
		}
		if items, is := node["items"].(map[string]any); is {
			add(path+"[]", document, items)
		}
		if values, is := node["additionalProperties"].(map[string]any); is {
			add(path+".*", document, values)
		}
	}
	add("", "saved-plan", load("saved-plan"))
	return all
}

// place is where a field stands in one file: the steps to it, and its path among the [fields].
type place struct {
	steps []any
	path  string
}

func (p place) String() string {
	var text strings.Builder
	for _, step := range p.steps {
		switch step := step.(type) {
		case int:
			text.WriteString("[" + strconv.Itoa(step) + "]")
		case string:
			text.WriteString("." + step)
		}
	}
	return strings.TrimPrefix(text.String(), ".")
}

// places returns where the fields stand in a file, in the order of the keys. What lies below the last known field, such as the inside
// of a document, belongs to that field.
func (all fields) places(file any) []place {
	var found []place
	var walk func(at place, value any)
	walk = func(at place, value any) {
		if len(at.steps) > 0 {
			found = append(found, at)
		}
		below := func(step any, path string) place {
			if _, known := all[path]; !known {
				path = at.path
			}
			return place{append(slices.Clone(at.steps), step), path}
		}
		switch value := value.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(value)) {
				path := strings.TrimPrefix(at.path+"."+key, ".")
				if _, known := all[path]; !known {
					path = at.path + ".*"
				}
				walk(below(key, path), value[key])
			}
		case []any:
			for i := range value {
				walk(below(i, at.path+"[]"), value[i])
			}
		}
	}
	walk(place{}, file)
	return found
}

func decoded(t testing.TB, text []byte) map[string]any {
	t.Helper()
	var file map[string]any
	require.NoError(t, json.Unmarshal(text, &file))
	return file
}
