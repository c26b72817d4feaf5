package saved

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Seal puts the digest that fits into an edited file, as a forger would; nil where the file does not begin like one.
func Seal(text []byte) []byte {
	if len(text) < len(beforeDigest)+digestLength {
		return nil
	}
	head, rest := text[:len(beforeDigest)], text[len(beforeDigest)+digestLength:]
	return append(append([]byte(head), digest(head, rest)...), rest...)
}

// Respell gives a file the bytes and the digest that Encode would, without any of the checks of reading it; nil where it is not
// even of that form.
func Respell(text []byte) []byte {
	var f file
	if json.Unmarshal(text, &f) != nil {
		return nil
	}
	p, basis := f.parts()
	respelled, err := encode(p, f.Tool, basis)
	if err != nil {
		return nil
	}
	return respelled
}

// Forge gives a file the plan that follows from its basis, as a forger with this program would; nil where no plan does.
func Forge(text []byte, program Program) []byte {
	var f file
	if json.Unmarshal(text, &f) != nil {
		return nil
	}
	p, basis := f.parts()
	s := &Plan{Tool: f.Tool, Basis: basis}
	built, err := s.build(p, program)
	if err != nil {
		return nil
	}
	h := &comparison{file: p.Published(), built: built.Published(), inBasis: basis.addresses()}
	h.takeFromFile()
	h.built.Summary.Unmanaged = len(h.built.Unmanaged)
	forged, err := encode(h.built, f.Tool, basis)
	if err != nil {
		return nil
	}
	return forged
}

// Shape tells what the bytes of a file follow from: its version, and its keys in their order, with what leaves them out.
func Shape() string {
	var b strings.Builder
	fmt.Fprintf(&b, "formatVersion %s\n", FormatVersion)
	var write func(path string, t reflect.Type)
	write = func(path string, t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
			if t.Implements(reflect.TypeFor[json.Marshaler]()) {
				return
			}
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
			return
		}
		for i := range t.NumField() {
			field := t.Field(i)
			name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			switch {
			case name == "-":
			case name == "" && field.Anonymous:
				write(path, field.Type)
			default:
				fmt.Fprintf(&b, "%s.%s %s\n", path, name, options)
				write(path+"."+name, field.Type)
			}
		}
	}
	write("", reflect.TypeFor[file]())
	return b.String()
}
