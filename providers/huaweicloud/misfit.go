package huaweicloud

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/providers"
)

// listOf is implemented by [List], which decodes itself.
type listOf interface{ elementType() reflect.Type }

// undecodable is the error of a success whose answer is not of the form of out. It names the call, the field and what was expected there.
func (c *Connection) undecodable(call Call, a answer, out any) error {
	path, _ := call.path()
	message, hint := fmt.Sprintf("the answer of %s %s is not as documented: ", call.Method, path), ""
	switch body := bytes.TrimSpace(a.body); {
	case len(body) == 0:
		message = "the answer is empty"
	case looksLikeHTML(body):
		message, hint = htmlPage+", not data", hintNotTheService
	case !json.Valid(body):
		message, hint = message+"it is not JSON, or it breaks off", hintNotTheService
	default:
		message += c.redactor.line(misfit(body, reflect.TypeOf(out)))
	}
	return &providers.CallError{
		Operation: call.Operation, Service: call.Service, Status: a.status, Message: message, Hint: cmp.Or(hint, hintUndocumented),
		RequestID: c.redactor.requestID(a.header),
	}
}

// misfit says which value of a JSON text does not fit the type that it is to be decoded into, and what was expected there: "roles[3].id
// is a number, a text is expected". It is for errors only: it decodes parts of the text several times.
func misfit(text []byte, t reflect.Type) string {
	path, value, t := misfitAt("", text, t)
	if path == "" {
		path = "it"
	}
	return fmt.Sprintf("%s is %s, %s is expected", strings.TrimPrefix(path, "."), kindOfJSON(value), expected(t))
}

// misfitAt returns the deepest value below path that does not fit its type, the first of several.
func misfitAt(path string, text json.RawMessage, t reflect.Type) (string, json.RawMessage, reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	element := elementOf(t)
	_, decodesItself := reflect.New(t).Interface().(json.Unmarshaler)
	switch {
	case element != nil:
		var items []json.RawMessage
		if json.Unmarshal(text, &items) != nil {
			return path, text, t
		}
		for i, item := range items {
			if !fits(item, element) {
				return misfitAt(fmt.Sprintf("%s[%d]", path, i), item, element)
			}
		}
	case decodesItself:
	case t.Kind() == reflect.Map || t.Kind() == reflect.Struct:
		var values map[string]json.RawMessage
		if json.Unmarshal(text, &values) != nil {
			return path, text, t
		}
		for _, key := range slices.Sorted(maps.Keys(values)) {
			if of := valueType(t, key); of != nil && !fits(values[key], of) {
				return misfitAt(path+"."+key, values[key], of)
			}
		}
	}
	return path, text, t
}

func fits(text json.RawMessage, t reflect.Type) bool {
	return json.Unmarshal(text, reflect.New(t).Interface()) == nil
}

// elementOf returns the type of the elements of a list, nil for what is no list.
func elementOf(t reflect.Type) reflect.Type {
	if list, ok := reflect.Zero(t).Interface().(listOf); ok {
		return list.elementType()
	}
	if t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 {
		return t.Elem()
	}
	return nil
}

// valueType returns the type that the value of a key is decoded into; nil where the key is not read.
func valueType(t reflect.Type, key string) reflect.Type {
	if t.Kind() == reflect.Map {
		return t.Elem()
	}
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			name = field.Name
		}
		if field.IsExported() && !field.Anonymous && strings.EqualFold(name, key) {
			return field.Type
		}
	}
	return nil
}

func expected(t reflect.Type) string {
	_, decodesItself := reflect.New(t).Interface().(json.Unmarshaler)
	switch {
	case elementOf(t) != nil:
		return "a list"
	case decodesItself:
		return "another value"
	}
	return providers.TypeWords(t)
}

// kindOfJSON returns what a JSON value is, in words.
func kindOfJSON(text json.RawMessage) string {
	switch trimmed := strings.TrimSpace(string(text)); trimmed[0] {
	case '"':
		return "a text"
	case '[':
		return "a list"
	case '{':
		return "an object"
	case 't', 'f':
		return trimmed
	case 'n':
		return "null"
	}
	return "a number"
}
