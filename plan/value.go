package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrBadValue is wrapped by every error of decoding a [Value].
var ErrBadValue = errors.New("bad attribute value")

// valueKind is the kind of a [Value].
type valueKind uint8

const (
	noValue valueKind = iota
	stringValue
	boolValue
	setValue
	documentValue
)

// Value is one attribute value: a string, a bool, a set of strings, or an ordered document. There are no other kinds, so that
// every value can be compared, printed and saved in one way.
//
// The zero Value is "no value": the attribute is missing on that side of a change. Values are immutable.
type Value struct {
	kind valueKind
	is   bool
	// text is the string, or the canonical JSON of the document.
	text string
	set  []string
}

// StringValue returns a string value; "" is a value too.
func StringValue(s string) Value { return Value{kind: stringValue, text: s} }

// BoolValue returns a bool value.
func BoolValue(b bool) Value { return Value{kind: boolValue, is: b} }

// SetValue returns a set of the given strings, sorted, each once. The empty set is a value too.
func SetValue(members ...string) Value {
	set := slices.Clone(members)
	slices.Sort(set)
	return Value{kind: setValue, set: slices.Compact(set)}
}

// DocumentValue returns an ordered document from its JSON, which must be an object. Key order inside the text is kept
// and compared: the provider brings it into one canonical order first. The error wraps [ErrBadValue].
func DocumentValue(text []byte) (Value, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return Value{}, fmt.Errorf("%w: document: %w", ErrBadValue, err)
	}
	if compact.Len() == 0 || compact.Bytes()[0] != '{' {
		return Value{}, fmt.Errorf("%w: a document must be a JSON object", ErrBadValue)
	}
	return Value{kind: documentValue, text: compact.String()}, nil
}

// IsZero reports whether v is "no value".
func (v Value) IsZero() bool { return v.kind == noValue }

// AsString returns the string of a string value; ok is false for any other.
func (v Value) AsString() (s string, ok bool) { return v.text, v.kind == stringValue }

// AsBool returns the bool of a bool value; ok is false for any other.
func (v Value) AsBool() (b, ok bool) { return v.is, v.kind == boolValue }

// AsSet returns the sorted members of a set; ok is false for any other. The caller owns the slice.
func (v Value) AsSet() (members []string, ok bool) { return slices.Clone(v.set), v.kind == setValue }

// AsDocument returns the compact JSON of a document; ok is false for any other.
func (v Value) AsDocument() (text string, ok bool) {
	if v.kind != documentValue {
		return "", false
	}
	return v.text, true
}

// Equal reports whether both are the same value of the same kind.
func (v Value) Equal(w Value) bool {
	return v.kind == w.kind && v.text == w.text && v.is == w.is && slices.Equal(v.set, w.set)
}

// String returns a short form for people: the text itself, "true", "[a, b]", or the document's JSON; "(none)" for no
// value.
func (v Value) String() string {
	switch v.kind {
	case stringValue, documentValue:
		return v.text
	case boolValue:
		return strconv.FormatBool(v.is)
	case setValue:
		return "[" + strings.Join(v.set, ", ") + "]"
	case noValue:
		return "(none)"
	}
	panic("plan: value of unknown kind")
}

// MarshalJSON gives a JSON string, bool, array of strings, object, or null.
func (v Value) MarshalJSON() ([]byte, error) { return v.appendJSON(nil), nil }

func (v Value) appendJSON(b []byte) []byte {
	switch v.kind {
	case stringValue:
		return appendJSONString(b, v.text)
	case boolValue:
		return strconv.AppendBool(b, v.is)
	case setValue:
		b = append(b, '[')
		for i, m := range v.set {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSONString(b, m)
		}
		return append(b, ']')
	case documentValue:
		return append(b, v.text...)
	case noValue:
		return append(b, "null"...)
	}
	panic("plan: value of unknown kind")
}

// UnmarshalJSON reads what MarshalJSON writes; any other JSON is an error that wraps [ErrBadValue].
func (v *Value) UnmarshalJSON(text []byte) error {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return fmt.Errorf("%w: empty", ErrBadValue)
	}
	switch text[0] {
	case 'n':
		if string(text) != "null" {
			break
		}
		*v = Value{}
		return nil
	case '"':
		var s string
		if err := json.Unmarshal(text, &s); err != nil {
			return fmt.Errorf("%w: %w", ErrBadValue, err)
		}
		*v = StringValue(s)
		return nil
	case 't', 'f':
		var b bool
		if err := json.Unmarshal(text, &b); err != nil {
			return fmt.Errorf("%w: %w", ErrBadValue, err)
		}
		*v = BoolValue(b)
		return nil
	case '[':
		var members []*string
		if err := json.Unmarshal(text, &members); err != nil {
			return fmt.Errorf("%w: a set holds strings only: %w", ErrBadValue, err)
		}
		texts := make([]string, len(members))
		for i, m := range members {
			if m == nil {
				return fmt.Errorf("%w: a set holds strings only", ErrBadValue)
			}
			texts[i] = *m
		}
		*v = SetValue(texts...)
		return nil
	case '{':
		document, err := DocumentValue(text)
		if err != nil {
			return err
		}
		*v = document
		return nil
	}
	return fmt.Errorf("%w: %.20q is no string, bool, set or document", ErrBadValue, text)
}

// Attributes are the managed properties of a resource by name. A missing name is not managed; an empty value is a
// value.
type Attributes map[string]Value

// NamesWith returns the names of a and b, sorted, each once.
func (a Attributes) NamesWith(b Attributes) []string {
	names := make([]string, 0, len(a)+len(b))
	for name := range a {
		names = append(names, name)
	}
	for name := range b {
		if _, both := a[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// InManifest returns the value of an attribute on one line, as a manifest may write it: texts are in quotes, so that they do not read
// like the words around them, and a trust is {account: NAME}.
func InManifest(attribute string, v Value) string {
	text, is := v.AsString()
	if !is {
		return v.String()
	}
	if kind, name, both := strings.Cut(text, ":"); both && attribute == "trust" {
		return "{" + kind + ": " + name + "}"
	}
	return strconv.Quote(text)
}
