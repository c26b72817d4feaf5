package schema

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Fragment is a provider's part of the manifest's schema: the schema of one entry of a section.
type Fragment struct {
	// Section is the section of the manifest: "agencies".
	Section string
	// Service is set in sections that several services share: the fragment holds for entries with "service: NAME".
	Service string
	// Definition is set instead of Section: the fragment is what entries refer to as "#/$defs/DEFINITION".
	Definition string
	// Schema is the JSON Schema (draft 2020-12) of one entry, or of the definition; an object.
	Schema json.RawMessage
}

// entryDef is the definition in the skeleton whose properties every entry gets.
const entryDef = "entry"

// object is one JSON object of a schema.
type object = map[string]any

// Compose builds the manifest's schema from the skeleton and the providers' fragments, whose order does not matter. Every
// entry gets the bookkeeping keys of the skeleton's definition "entry". In a section with services, an entry is told apart by
// its key service, so that an error speaks of the one schema that is meant. The result is indented, with sorted keys.
//
// A definition may come several times, where it is the same. It is an error when a part is not valid JSON, when two fragments
// claim one place, or when a section has both a fragment with a service and one without.
func Compose(base []byte, fragments []Fragment) ([]byte, error) {
	root, err := parseObject(base)
	if err != nil {
		return nil, fmt.Errorf("compose schema: skeleton: %w", err)
	}
	properties, defs := child(root, "properties"), child(root, "$defs")
	bookkeeping := child(child(defs, entryDef), "properties")
	delete(defs, entryDef)

	bySection := map[string]map[string]object{}
	for _, f := range fragments {
		entry, err := parseObject(f.Schema)
		if err != nil {
			return nil, fmt.Errorf("compose schema: fragment %s %s: %w", cmp.Or(f.Section, f.Definition), f.Service, err)
		}
		if f.Definition != "" {
			if other, taken := defs[f.Definition]; taken && !reflect.DeepEqual(other, any(entry)) {
				return nil, fmt.Errorf("compose schema: two different fragments define %s", f.Definition)
			}
			defs[f.Definition] = entry
			continue
		}
		services := bySection[f.Section]
		if services == nil {
			services = map[string]object{}
			bySection[f.Section] = services
		}
		if _, taken := services[f.Service]; taken {
			return nil, fmt.Errorf("compose schema: two fragments for section %s, service %q", f.Section, f.Service)
		}
		own := child(entry, "properties")
		for key, value := range bookkeeping {
			if _, taken := own[key]; taken {
				return nil, fmt.Errorf("compose schema: fragment %s %s: the key %s is the skeleton's", f.Section, f.Service, key)
			}
			own[key] = value
		}
		services[f.Service] = entry
	}

	for _, section := range slices.Sorted(maps.Keys(bySection)) {
		if _, taken := properties[section]; taken {
			return nil, fmt.Errorf("compose schema: section %s is the skeleton's", section)
		}
		if _, taken := defs[section]; taken {
			return nil, fmt.Errorf("compose schema: section %s has the name of a definition", section)
		}
		services := bySection[section]
		entry, single := services[""]
		if single && len(services) > 1 {
			return nil, fmt.Errorf("compose schema: section %s has entries with and without a service", section)
		}
		if !single {
			entry = sharedEntry(section, services, defs)
		}
		defs[section] = entry
		properties[section] = object{
			"description": "A list of entries, in any order and from any number of files. Each: " + text(entry["description"]),
			"type":        "array",
			"items":       object{"description": "One entry of " + section + ".", "$ref": "#/$defs/" + section},
		}
	}

	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("compose schema: %w", err)
	}
	return out.Bytes(), nil
}

// sharedEntry returns the schema of an entry that one of several services describes, and defines theirs.
func sharedEntry(section string, services map[string]object, defs object) object {
	names := slices.Sorted(maps.Keys(services))
	var enum, branches []any
	for _, name := range names {
		def := section + "-" + name
		defs[def] = services[name]
		enum = append(enum, name)
		branches = append(branches, object{
			"if": object{
				"required":   []any{"service"},
				"properties": object{"service": object{"description": "An entry of " + name + ".", "const": name}},
			},
			"then": object{"$ref": "#/$defs/" + def},
		})
	}
	return object{
		"description": "What one service is allowed, as its key service says.",
		"type":        "object",
		"required":    []any{"service"},
		"properties":  object{"service": object{"description": "The service that the entry is about.", "enum": enum}},
		"allOf":       branches,
	}
}

func parseObject(text []byte) (object, error) {
	var o object
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&o); err != nil {
		return nil, err
	}
	if o == nil {
		return nil, fmt.Errorf("a JSON object is wanted")
	}
	return o, nil
}

// child returns the object at key, made when it is missing.
func child(o object, key string) object {
	if existing, ok := o[key].(object); ok {
		return existing
	}
	made := object{}
	o[key] = made
	return made
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
