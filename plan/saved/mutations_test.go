package saved_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/saved"
)

// forgery is one edit of a saved plan's file.
type forgery struct {
	name string
	edit func(file map[string]any)
}

// forger makes forgeries of a file: of each field, at the first place where it stands.
type forger struct {
	fields fields
	file   map[string]any
	places []place
	// values are the values that a field has anywhere, in this file or another one.
	values map[string][]any
}

func newForger(t testing.TB, all fields, text []byte, others ...[]byte) *forger {
	t.Helper()
	f := &forger{fields: all, file: decoded(t, text), values: map[string][]any{}}
	for _, text := range append([][]byte{text}, others...) {
		file := decoded(t, text)
		for _, at := range all.places(file) {
			value := at.of(file)
			if !slices.ContainsFunc(f.values[at.path], func(v any) bool { return equal(v, value) }) {
				f.values[at.path] = append(f.values[at.path], value)
			}
		}
	}
	seen := map[string]bool{}
	for _, at := range all.places(f.file) {
		if !seen[at.path] {
			seen[at.path] = true
			f.places = append(f.places, at)
		}
	}
	return f
}

// of returns the value at the place; nil where a file has none.
func (p place) of(file any) any {
	for _, step := range p.steps {
		switch step := step.(type) {
		case int:
			list, _ := file.([]any)
			if step >= len(list) {
				return nil
			}
			file = list[step]
		case string:
			object, _ := file.(map[string]any)
			file = object[step]
		}
	}
	return file
}

// put changes the value at the place. Where the file has no such place any more, it does nothing.
func (p place) put(file any, change func(container any, last any)) {
	last := len(p.steps) - 1
	if container := (place{steps: p.steps[:last]}).of(file); container != nil {
		change(container, p.steps[last])
	}
}

func (p place) set(file, value any) {
	p.put(file, func(container, last any) {
		switch container := container.(type) {
		case []any:
			if i, is := last.(int); is && i < len(container) {
				container[i] = value
			}
		case map[string]any:
			if key, is := last.(string); is {
				container[key] = value
			}
		}
	})
}

func (p place) remove(file any) {
	p.put(file, func(container, last any) {
		if object, is := container.(map[string]any); is {
			if key, is := last.(string); is {
				delete(object, key)
			}
		}
	})
}

// at returns the forgeries of one place.
func (f *forger) at(p place) []forgery {
	value := p.of(f.file)
	var all []forgery
	add := func(name string, edit func(file map[string]any)) {
		all = append(all, forgery{p.String() + ": " + name, edit})
	}
	become := func(now any) {
		if !equal(now, value) {
			add("becomes "+brief(now), func(file map[string]any) { p.set(file, copied(now)) })
		}
	}
	become(nil)
	if _, isKey := p.steps[len(p.steps)-1].(string); isKey {
		add("is removed", func(file map[string]any) { p.remove(file) })
	}
	node := f.fields[p.path]
	elsewhere := f.elsewhere(p.path, value)
	for _, other := range elsewhere {
		become(other)
	}
	others, _ := node["enum"].([]any)
	for _, other := range others {
		become(other)
	}
	switch value := value.(type) {
	case string:
		become("")
		become(value + "x")
		for _, other := range elsewhere {
			if other, is := other.(string); is && value != "" && other != "" {
				add(fmt.Sprintf("%q is %q everywhere", value, other), func(file map[string]any) { exchange(file, map[string]string{value: other}) })
				add(fmt.Sprintf("%q and %q are exchanged", value, other), func(file map[string]any) {
					exchange(file, map[string]string{value: other, other: value})
				})
			}
		}
	case bool:
		become(!value)
	case float64:
		for _, other := range []float64{value - 1, value + 1, 0, 1 << 40} {
			become(other)
		}
	case []any:
		f.lists(value, become)
	case map[string]any:
		become(map[string]any{})
		f.keys(p, value, add)
	}
	return all
}

func (f *forger) lists(value []any, become func(now any)) {
	if len(value) == 0 {
		return
	}
	become([]any{})
	become(value[1:])
	become(value[:len(value)-1])
	become(slices.Concat(value, value[:1]))
	if len(value) > 1 {
		become(slices.Concat([]any{value[1], value[0]}, value[2:]))
	}
}

// keys adds forgeries that give an object the keys that it has not.
func (f *forger) keys(p place, object map[string]any, add func(name string, edit func(file map[string]any))) {
	for _, path := range slices.Sorted(maps.Keys(f.fields)) {
		key, is := strings.CutPrefix(path, p.path+".")
		if !is || strings.ContainsAny(key, ".[") {
			continue
		}
		if key == "*" {
			key = "extra"
		}
		if _, has := object[key]; has {
			continue
		}
		values := slices.Clone(f.elsewhere(path, nil))
		if value, is := f.fields[path]["const"]; is {
			values = append(values, value)
		}
		for _, value := range values {
			add(fmt.Sprintf("gets %s %s", key, brief(value)), func(file map[string]any) {
				if object, is := p.of(file).(map[string]any); is {
					object[key] = copied(value)
				}
			})
		}
	}
}

// elsewhere returns another value that the field has somewhere, none where it has one value only.
func (f *forger) elsewhere(path string, value any) []any {
	var others []any
	for _, other := range f.values[path] {
		if !equal(other, value) && len(others) == 0 {
			others = append(others, other)
		}
	}
	return others
}

// exchange replaces texts wherever a file has them as a value or as a key.
func exchange(file any, texts map[string]string) any {
	switch file := file.(type) {
	case string:
		if now, is := texts[file]; is {
			return now
		}
	case []any:
		for i := range file {
			file[i] = exchange(file[i], texts)
		}
	case map[string]any:
		for key, value := range file {
			file[key] = exchange(value, texts)
		}
		for old, now := range texts {
			value, is := file[old]
			if _, taken := file[now]; is && !taken {
				delete(file, old)
				file[now] = value
			}
		}
	}
	return file
}

func equal(x, y any) bool { return jsonOf(x) == jsonOf(y) }

// jsonOf is the JSON of a value that was read from JSON.
func jsonOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func brief(v any) string { return fmt.Sprintf("%.60s", jsonOf(v)) }

// copied returns a copy that can be changed.
func copied(v any) any {
	var back any
	if err := json.Unmarshal([]byte(jsonOf(v)), &back); err != nil {
		panic(err)
	}
	return back
}

// spelled returns the files after some edits, with digests that fit: as they were edited, and with the plan that follows from what was
// edited in the basis.
func (f *forger) spelled(in plan.Input, forgeries ...forgery) [][]byte {
	file := copied(f.file).(map[string]any)
	for _, one := range forgeries {
		one.edit(file)
	}
	text := []byte(jsonOf(file))
	texts := [][]byte{saved.Respell(text)}
	if !equal(file["basis"], f.file["basis"]) {
		texts = append(texts, saved.Forge(text, program(in)))
	}
	return texts
}
